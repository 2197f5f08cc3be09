//! Whether a program may run: the owner's `[exec]`, the list in `exec-approvals.json`, and what both say together.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use schemas::clock::Millis;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::program::{Located, is_interpreter, locate};
use crate::host::answer::Refusal;
use crate::host::config::{Allowed, Ask, Exec, Security};
use crate::host::home::replace;

/// What is to be done with a command, the freest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Judgement {
    /// Run it.
    Allow,
    /// Run it only as an approved plan.
    NeedsApproval,
    /// No.
    Deny,
    /// Nothing is run here.
    Disabled,
}

/// Returns what is to be done with a command that is on the list or not.
pub(super) const fn judge(security: Security, ask: Ask, listed: bool) -> Judgement {
    match (security, ask, listed) {
        (Security::Deny, ..) => Judgement::Disabled,
        (_, Ask::Always, _) | (Security::Allowlist, Ask::OnMiss, false) => Judgement::NeedsApproval,
        (Security::Full, ..) | (_, _, true) => Judgement::Allow,
        (Security::Allowlist, Ask::Off, false) => Judgement::Deny,
    }
}

/// `exec-approvals.json`, in the shape that stock clients read and write (protocol 5.12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    version: u32,
    #[serde(default)]
    defaults: Limits,
    #[serde(default)]
    agents: BTreeMap<String, Agent>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Limits {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    security: Option<Security>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ask: Option<Ask>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Agent {
    #[serde(flatten)]
    limits: Limits,
    #[serde(default)]
    allowlist: Vec<Entry>,
}

/// A program that needs no approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    pattern: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    args: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Millis>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Default for List {
    fn default() -> Self {
        Self { version: 1, defaults: Limits::default(), agents: BTreeMap::new(), rest: Map::new() }
    }
}

impl List {
    /// Returns what the list says for an agent.
    fn says(&self, agent: &str) -> (Option<Security>, Option<Ask>) {
        let own = self.agents.get(agent).map(|agent| &agent.limits);
        (
            own.and_then(|own| own.security).or(self.defaults.security),
            own.and_then(|own| own.ask).or(self.defaults.ask),
        )
    }
}

/// The policy in force.
#[derive(Debug)]
pub(super) struct Policy {
    owner: Exec,
    path: PathBuf,
    /// Keeps two changes of the file from losing one.
    writing: Mutex<()>,
}

impl Policy {
    /// Returns the policy of the owner, with the list in `path`.
    pub(super) fn new(owner: Exec, path: PathBuf) -> Self {
        Self { owner, path, writing: Mutex::new(()) }
    }

    /// Returns security and ask for an agent, as they are shown.
    pub(super) fn limits(&self, agent: &str) -> Result<(Security, Ask), Refusal> {
        let (security, ask) = self.read()?.says(agent);
        Ok((
            security.map_or(self.owner.security, |security| security.min(self.owner.security)),
            ask.map_or(self.owner.ask, |ask| ask.min(self.owner.ask)),
        ))
    }

    /// Returns what is to be done with a command: the stricter of what the owner and the list say.
    pub(super) fn judge(
        &self,
        agent: &str,
        program: &Located,
        args: &[String],
        search: &OsStr,
    ) -> Result<Judgement, Refusal> {
        let listed = self.is_listed(agent, program, args, search)?;
        let list = self.read()?;
        let (security, ask) = list.says(agent);
        let owner = judge(self.owner.security, self.owner.ask, listed);
        let list = judge(security.unwrap_or(self.owner.security), ask.unwrap_or(self.owner.ask), listed);
        Ok(owner.max(list))
    }

    fn is_listed(
        &self,
        agent: &str,
        program: &Located,
        args: &[String],
        search: &OsStr,
    ) -> Result<bool, Refusal> {
        let by_owner = self.owner.allow.iter().any(|allowed| {
            // The owner may let a script run: its words have to be named then, each of them.
            let named = allowed.args.as_ref().is_some_and(|args| !args.iter().any(|word| word.contains('*')));
            (named || !program.runs_anything()) && fits(allowed, program, args, search)
        });
        if by_owner || program.runs_anything() {
            return Ok(by_owner);
        }
        let list = self.read()?;
        let entries = [agent, "*"].into_iter().filter_map(|name| list.agents.get(name));
        Ok(entries.flat_map(|agent| &agent.allowlist).any(|entry| {
            let allowed = Allowed { program: entry.pattern.clone(), args: entry.args.clone() };
            fits(&allowed, program, args, search)
        }))
    }

    /// Puts a command on the list, its arguments as they are. Nothing is kept of a program that runs
    /// whatever it is given; returns whether the command was kept.
    pub(super) fn remember(
        &self,
        agent: &str,
        program: &Located,
        args: &[String],
        now: Millis,
    ) -> Result<bool, Refusal> {
        let Some(pattern) = program.path.to_str().filter(|_| !program.runs_anything()) else {
            return Ok(false);
        };
        // A word with a star would be read as a pattern the next time, and let in more than was approved.
        if args.iter().any(|word| word.contains('*')) {
            return Ok(false);
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list = self.read()?;
        let entry = Entry {
            pattern: pattern.to_owned(),
            args: Some(args.to_vec()),
            last_used_at: Some(now),
            rest: Map::new(),
        };
        let kept = &mut list.agents.entry(agent.to_owned()).or_default().allowlist;
        if kept.iter().any(|old| old.pattern == entry.pattern && old.args == entry.args) {
            return Ok(true);
        }
        if kept.len() >= MAX_ENTRIES {
            return Ok(false);
        }
        kept.push(entry);
        self.write(&list)?;
        Ok(true)
    }

    /// Returns the list as `system.execApprovals.get` shows it.
    pub(super) fn show(&self) -> Result<Value, Refusal> {
        let text = self.text()?;
        let list = parse(text.as_deref())?;
        let (security, ask) = (
            list.defaults.security.map_or(self.owner.security, |value| value.min(self.owner.security)),
            list.defaults.ask.map_or(self.owner.ask, |value| value.min(self.owner.ask)),
        );
        Ok(serde_json::json!({
            "path": self.path,
            "exists": text.is_some(),
            "hash": hash(text.as_deref()),
            "file": list,
            "resolvedDefaults": {
                "security": security, "ask": ask, "askFallback": Security::Deny, "autoAllowSkills": false,
            },
        }))
    }

    /// Replaces the list, if it still is the one of `base`.
    pub(super) fn replace(&self, file: &Value, base: Option<&str>) -> Result<Value, Refusal> {
        let list: List = serde_json::from_value(file.clone())
            .map_err(|error| Refusal::invalid(format!("file: {error}")))?;
        check(&list)?;
        {
            let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            let text = self.text()?;
            if base.is_some_and(|base| base != hash(text.as_deref())) {
                return Err(Refusal::invalid(
                    "baseHash: the list was changed meanwhile; read it again with system.execApprovals.get",
                ));
            }
            self.write(&list)?;
        }
        self.show()
    }

    fn read(&self) -> Result<List, Refusal> {
        parse(self.text()?.as_deref())
    }

    fn text(&self) -> Result<Option<String>, Refusal> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Refusal::denied(format!("exec-approvals.json cannot be read: {error}"))),
        }
    }

    fn write(&self, list: &List) -> Result<(), Refusal> {
        let bytes = serde_json::to_vec_pretty(list).unwrap_or_default();
        replace(&self.path, &bytes).map_err(|error| Refusal::unavailable(error.to_string()))
    }
}

/// A list that cannot be read lets nothing run: it may be the stricter one.
fn parse(text: Option<&str>) -> Result<List, Refusal> {
    let Some(text) = text else { return Ok(List::default()) };
    let list = serde_json::from_str(text)
        .map_err(|error| Refusal::denied(format!("exec-approvals.json is no list of programs: {error}")))?;
    Ok(list)
}

/// Refuses entries that would let in more than they seem to.
fn check(list: &List) -> Result<(), Refusal> {
    if list.version != 1 {
        return Err(Refusal::invalid("file.version: 1 is known"));
    }
    for (agent, entry) in
        list.agents.iter().flat_map(|(name, agent)| agent.allowlist.iter().map(move |e| (name, e)))
    {
        let at = format!("file.agents.{agent}.allowlist: {}", entry.pattern);
        let path = Path::new(&entry.pattern);
        if !path.is_absolute() || entry.pattern.contains(['*', '?', '[', '~']) {
            return Err(Refusal::invalid(format!(
                "{at}: write a program's absolute path, without wildcards"
            )));
        }
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let leads_to = path.canonicalize().ok();
        let real = leads_to.as_deref().and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or_default();
        if is_interpreter(name) || is_interpreter(real) {
            return Err(Refusal::invalid(format!(
                "{at}: it runs whatever it is given and is never remembered"
            )));
        }
        if entry.rest.contains_key("argPattern") {
            return Err(Refusal::invalid(format!("{at}: use args, a list of words, in place of argPattern")));
        }
    }
    match list.agents.values().map(|agent| agent.allowlist.len()).sum::<usize>() {
        0..=MAX_ENTRIES => Ok(()),
        _ => Err(Refusal::invalid(format!("file: more than {MAX_ENTRIES} programs"))),
    }
}

fn fits(allowed: &Allowed, program: &Located, args: &[String], search: &OsStr) -> bool {
    let root = Path::new("/");
    let Some(meant) = locate(&allowed.program, root, search) else { return false };
    meant.path == program.path
        && meant.real == program.real
        && allowed.args.as_deref().is_none_or(|pattern| args_fit(pattern, args))
}

/// Says whether arguments follow a pattern: equal words, `*` for any one, a last `**` for any rest.
pub(super) fn args_fit(pattern: &[String], args: &[String]) -> bool {
    let (pattern, open) = match pattern.split_last() {
        Some((last, before)) if last == "**" => (before, true),
        _ => (pattern, false),
    };
    (args.len() == pattern.len() || (open && args.len() > pattern.len()))
        && pattern.iter().zip(args).all(|(wanted, word)| wanted == "*" || wanted == word)
}

fn hash(text: Option<&str>) -> String {
    hex::encode(Sha256::digest(text.unwrap_or_default().as_bytes()))
}

/// Most programs on the list.
const MAX_ENTRIES: usize = 512;

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
