//! A frozen command: exactly what is shown for approval, and checked again before it runs.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use schemas::clock::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::program::{Located, digest, shell_script};
use crate::host::answer::Refusal;

/// A frozen command (protocol 8.4, `systemRunPlan`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    /// Names the plan on this node.
    #[serde(rename = "planId")]
    pub(super) id: String,
    /// The command's words.
    pub(super) argv: Vec<String>,
    /// Its folder, without symbolic links.
    pub(super) cwd: PathBuf,
    /// The words as a shell would take them, for people.
    pub(super) command_text: String,
    /// The script in it, where a shell is given one in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) command_preview: Option<String>,
    /// For which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) agent_id: Option<String>,
    /// For which conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session_key: Option<String>,
    /// Variables that the caller sets.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// The program.
    pub(super) program: Program,
    /// The first file among the words that the program would run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mutable_file_operand: Option<Operand>,
    /// All of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) file_operands: Vec<Operand>,
    /// When the plan ends.
    pub(super) expires_at_ms: Millis,
}

/// The program of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program {
    /// The name it is started by.
    pub(super) path: PathBuf,
    /// The file behind it.
    pub(super) real: PathBuf,
    /// Its content.
    pub(super) sha256: String,
}

/// A file that a command names and that could be changed between approval and execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operand {
    /// Which word.
    pub(super) argv_index: usize,
    /// The file.
    pub(super) path: PathBuf,
    /// Its content.
    pub(super) sha256: String,
}

/// What a plan is made of.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) argv: Vec<String>,
    pub(super) cwd: PathBuf,
    pub(super) env: BTreeMap<String, String>,
    pub(super) agent_id: Option<String>,
    pub(super) session_key: Option<String>,
    pub(super) program: Located,
}

impl Plan {
    /// Freezes a command. Reads the program and its file operands, so it belongs on a thread that may wait.
    pub(super) fn freeze(wanted: Wanted, now: Millis) -> Result<Self, Refusal> {
        let Wanted { argv, cwd, env, agent_id, session_key, program } = wanted;
        let sha256 = digest(&program.real).map_err(|error| {
            Refusal::denied(format!("{} cannot be checked: {error}", program.real.display()))
        })?;
        let file_operands = if program.runs_anything() { operands(&argv, &cwd)? } else { Vec::new() };
        Ok(Self {
            id: uuid::Uuid::new_v4().to_string(),
            command_text: text(&argv),
            command_preview: shell_script(&argv).map(ToOwned::to_owned),
            argv,
            cwd,
            agent_id,
            session_key,
            env,
            program: Program { path: program.path, real: program.real, sha256 },
            mutable_file_operand: file_operands.first().cloned(),
            file_operands,
            expires_at_ms: now + LIFE,
        })
    }

    /// Names the first thing that is not as it was frozen, if any: what runs must be what was approved.
    pub(super) fn differs_from(&self, now: &Self) -> Option<String> {
        let changed = [
            ("argv", self.argv != now.argv),
            ("cwd", self.cwd != now.cwd),
            ("env", self.env != now.env),
            ("agentId", self.agent_id != now.agent_id),
            ("sessionKey", self.session_key != now.session_key),
            ("the program", self.program != now.program),
            ("a file that it names", self.file_operands != now.file_operands),
        ];
        changed.into_iter().find(|(_, changed)| *changed).map(|(what, _)| what.to_owned())
    }
}

/// Returns the files among the words after the first. A program that runs what it is given may run any.
fn operands(argv: &[String], cwd: &Path) -> Result<Vec<Operand>, Refusal> {
    let mut found = Vec::new();
    for (argv_index, word) in argv.iter().enumerate().skip(1) {
        if word.is_empty() || word.len() > MAX_PATH {
            continue;
        }
        let Ok(path) = cwd.join(word).canonicalize() else { continue };
        if !path.is_file() {
            continue;
        }
        if found.len() == MAX_OPERANDS {
            return Err(Refusal::denied(format!("the command names more than {MAX_OPERANDS} files")));
        }
        let sha256 = digest(&path)
            .map_err(|error| Refusal::denied(format!("{} cannot be checked: {error}", path.display())))?;
        found.push(Operand { argv_index, path, sha256 });
    }
    Ok(found)
}

/// Plans that were made here and not yet used.
#[derive(Debug, Default)]
pub(super) struct Plans(Mutex<VecDeque<Plan>>);

impl Plans {
    /// Keeps a plan until it is used, expires or is pushed out by many newer ones.
    pub(super) fn keep(&self, plan: Plan) {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while plans.len() >= MAX_PLANS {
            plans.pop_front();
        }
        plans.push_back(plan);
    }

    /// Takes the plan that `given` names. It must be one of ours, unused, unexpired, and the same in each field
    /// that `given` has: a client may leave fields out, but not change one.
    pub(super) fn take(&self, given: &Value, now: Millis) -> Result<Plan, Refusal> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|plan| plan.expires_at_ms > now);
        let id = given.get("planId").and_then(Value::as_str);
        let at = match id {
            Some(id) => plans.iter().position(|plan| plan.id == id),
            // Clients that keep the standard fields only: the words decide, then everything else is compared.
            None => plans.iter().position(|plan| mismatch(plan, given).is_none()),
        };
        let Some(plan) = at.and_then(|at| plans.get(at)) else {
            return Err(Refusal::denied(
                "the plan is unknown here: it was used, has expired, or was changed; prepare it again",
            ));
        };
        if let Some(field) = mismatch(plan, given) {
            return Err(Refusal::denied(format!("systemRunPlan.{field} is not what was prepared")));
        }
        let taken = at.and_then(|at| plans.remove(at));
        taken.ok_or_else(|| Refusal::denied("the plan was used"))
    }
}

/// Returns the first field of `given` that is not as in `plan`.
fn mismatch(plan: &Plan, given: &Value) -> Option<String> {
    let (Some(given), Ok(Value::Object(own))) = (given.as_object(), serde_json::to_value(plan)) else {
        return Some("argv".into());
    };
    if given.get("argv") != own.get("argv") {
        return Some("argv".into());
    }
    given
        .iter()
        .filter(|(field, _)| field.as_str() != POLICY_SNAPSHOT)
        .find(|(field, value)| !value.is_null() && own.get(*field) != Some(value))
        .map(|(field, _)| field.clone())
}

/// Writes words as a POSIX shell would take them.
pub(super) fn text(argv: &[String]) -> String {
    let quoted = argv.iter().map(|word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// How long a plan can be used: longer than an approval is waited for (protocol 5.12: 30 minutes).
const LIFE: Millis = 35 * 60 * 1000;
/// Most plans that wait.
const MAX_PLANS: usize = 128;
/// Most files that one command may name.
const MAX_OPERANDS: usize = 32;
/// A longer word names no file.
const MAX_PATH: usize = 4096;
/// What others note in a plan; it decides nothing here.
const POLICY_SNAPSHOT: &str = "policySnapshot";

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
