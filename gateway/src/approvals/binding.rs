//! The digest of exactly what is approved.

use std::collections::BTreeMap;

use schemas::methods::approvals::SystemRunPlan;
use sha2::{Digest as _, Sha256};

/// Returns the digest of a plan on a node: of its argument list, folder, environment and the file that decides what is
/// run, and of who it is planned for. What differs in one byte has another digest.
pub fn binding(node: &str, plan: &SystemRunPlan, env: &BTreeMap<String, String>) -> String {
    let mut hasher = Hasher(Sha256::new());
    hasher.text(DOMAIN);
    hasher.text(node);
    hasher.list(plan.argv.iter());
    for part in [&plan.cwd, &plan.agent_id, &plan.session_key] {
        hasher.list(part.iter());
    }
    hasher.list(env.iter().flat_map(|(name, value)| [name, value]));
    let file = plan.mutable_file_operand.as_ref();
    let file = file.map(|file| [file.argv_index.to_string(), file.path.clone(), file.sha256.clone()]);
    hasher.list(file.iter().flatten());
    hex::encode(hasher.0.finalize())
}

/// Writes texts so that none can pass for another's part: lengths and counts stand before them.
struct Hasher(Sha256);

impl Hasher {
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    fn list<'a>(&mut self, texts: impl Iterator<Item = &'a String>) {
        let texts: Vec<_> = texts.collect();
        self.0.update((texts.len() as u64).to_be_bytes());
        for text in texts {
            self.text(text);
        }
    }
}

/// Keeps this digest apart from any other that is made here.
const DOMAIN: &str = "landline approval of a node's plan, 1";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use schemas::methods::approvals::FileOperand;

    use super::*;

    fn plan(argv: &[String], cwd: &str, sha256: &str) -> SystemRunPlan {
        let file = FileOperand { argv_index: 1, path: "/work/run.sh".into(), sha256: sha256.into() };
        SystemRunPlan {
            argv: argv.to_vec(),
            cwd: Some(cwd.into()),
            agent_id: Some("main".into()),
            mutable_file_operand: Some(file),
            ..SystemRunPlan::default()
        }
    }

    proptest! {
        #[test]
        fn one_byte_more_less_or_other_is_another_binding(
            argv in prop::collection::vec("[ -~]{1,8}", 1..5),
            place in any::<prop::sample::Index>(),
            at in any::<prop::sample::Index>(),
            value in "[ -~]{1,8}",
        ) {
            let env = BTreeMap::from([("NAME".to_owned(), value)]);
            let whole = plan(&argv, "/work", "00ff");
            let bound = binding("n1", &whole, &env);
            prop_assert_eq!(&bound, &binding("n1", &whole.clone(), &env.clone()));
            let mut argument = argv.clone();
            let text = &mut argument[place.index(argv.len())];
            let mut bytes = std::mem::take(text).into_bytes();
            let byte = at.index(bytes.len());
            bytes[byte] = if bytes[byte] == b'x' { b'y' } else { b'x' };
            *text = String::from_utf8(bytes).unwrap();
            let mut split = argv.clone();
            let last = split.pop().unwrap();
            let (head, tail) = last.split_at(last.len() / 2);
            split.extend([head.to_owned(), tail.to_owned()]);
            let mut changed = env.clone();
            for value in changed.values_mut() {
                value.push('x');
            }
            let others = [
                binding("n1", &plan(&argument, "/work", "00ff"), &env),
                binding("n1", &plan(&split, "/work", "00ff"), &env),
                binding("n1", &plan(&argv, "/wor", "00ff"), &env),
                binding("n1", &plan(&argv, "/work", "00fe"), &env),
                binding("n2", &whole, &env),
                binding("n1", &whole, &changed),
                binding("n1", &whole, &BTreeMap::new()),
                binding("n1", &SystemRunPlan { cwd: None, ..whole.clone() }, &env),
                binding("n1", &SystemRunPlan { agent_id: None, session_key: Some("main".into()), ..whole.clone() }, &env),
                binding("n1", &SystemRunPlan { mutable_file_operand: None, ..whole.clone() }, &env),
            ];
            prop_assert!(!others.contains(&bound));
        }
    }
}
