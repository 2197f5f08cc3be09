//! Which commands may be run without asking, by the policy file.

mod file;
mod interpreters;
mod rule;

#[cfg(test)]
mod tests;

use std::path::Path;

use schemas::clock::Millis;
use schemas::exec_policy::{ExecAllowed, ExecAsk, ExecPolicy, ExecSecurity, ExecSource};
use schemas::methods::approvals::{ApprovalDecision, ApprovalRequest};
use uuid::Uuid;

use super::{Approvals, Open};
use crate::security::Principal;
use crate::store::append_audit;

pub(super) use file::PolicyFile;
pub use file::{PolicyError, PolicySnapshot};

/// A command that somebody wants to run.
#[derive(Clone, Copy, Debug)]
pub struct ExecCase<'a> {
    /// The agent that wants it, if it is one.
    pub agent: Option<&'a str>,
    /// The node that would run it; none: the gateway's machine.
    pub node: Option<&'a str>,
    /// The program's file, links followed.
    pub program: &'a Path,
    /// The program as it was named, and its arguments.
    pub argv: &'a [String],
    /// The folder it would be run in.
    pub cwd: Option<&'a str>,
    /// The names of the environment variables that come with the command.
    pub env_keys: &'a [String],
}

/// What the policy says of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It may be run.
    Allow,
    /// Somebody has to be asked.
    Ask,
    /// It may not be run.
    Deny,
}

/// Why an answer is not remembered.
#[derive(Debug, thiserror::Error)]
pub enum NotRemembered {
    /// What it runs is decided by something else than its arguments.
    #[error("{0} runs other programs or code: it is asked for each time")]
    Interpreter(String),
    /// There is not enough to recognise it by.
    #[error(
        "only an agent's command with a resolved program, its arguments and no environment is remembered"
    )]
    Vague,
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] PolicyError),
}

impl Approvals {
    /// Says whether a command may be run. A policy file that cannot be read allows nothing.
    pub fn judge(&self, what: &ExecCase<'_>) -> Judgement {
        self.policy_or_nothing().map_or(Judgement::Deny, |policy| judge(&policy, what))
    }

    /// Says whether a command may be run that nobody was there to decide on (`askFallback`): never
    /// [`Judgement::Ask`].
    pub fn fallback(&self, what: &ExecCase<'_>) -> Judgement {
        self.policy_or_nothing().map_or(Judgement::Deny, |policy| fallback(&policy, what))
    }

    /// Lets a command be run from now on without asking: the same program with the same arguments in the same
    /// folder on the same machine, for the same agent.
    pub fn remember(&self, what: &ExecCase<'_>) -> Result<(), NotRemembered> {
        let (agent, entry) = remembered(what)?;
        self.0.policy.add(agent, entry)?;
        Ok(())
    }

    /// Returns the policy as the file has it.
    pub fn policy(&self) -> Result<PolicySnapshot, PolicyError> {
        self.0.policy.read()
    }

    /// Replaces the policy; `base` is the hash of the file that the caller saw.
    pub async fn set_policy(
        &self,
        who: &Principal,
        policy: ExecPolicy,
        base: Option<&str>,
    ) -> Result<PolicySnapshot, PolicyError> {
        let written = self.0.policy.replace(policy, base)?;
        let entry =
            self.audit(&who.org, &who.actor, "approval.policy", "exec-approvals.json", "ok", &written.hash);
        self.0.store.write(move |db| append_audit(db, &entry)).await?;
        Ok(written)
    }

    fn policy_or_nothing(&self) -> Option<ExecPolicy> {
        let read = self.0.policy.read();
        let read =
            read.inspect_err(|error| tracing::error!(%error, "No command is run: the policy is unreadable"));
        read.ok().map(|read| read.policy)
    }

    /// Remembers what a request was about that was answered with `allow-always`.
    pub(super) fn remember_of(&self, open: &Open, at: Millis) {
        let request = &open.entry.request;
        let Some(case) = case_of(request) else { return };
        let outcome = self.remember(&case).map_err(|error| error.to_string());
        if let Err(error) = &outcome {
            tracing::error!(%error, "A command could not be remembered");
        }
        let word = if outcome.is_ok() { "ok" } else { "denied" };
        let mut entry =
            self.audit(&open.org, "gateway", "approval.remember", &open.entry.id, word, &request.command);
        entry.at = at;
        self.0.store.write_later(move |db| append_audit(db, &entry));
    }
}

/// Leaves `allow-always` among the answers only where it can be remembered; `deny` is always there.
pub(super) fn offer(request: &mut ApprovalRequest) {
    let keeps = case_of(request).is_some_and(|case| remembered(&case).is_ok());
    request.allowed_decisions.retain(|decision| keeps || *decision != ApprovalDecision::AllowAlways);
    if !request.allowed_decisions.contains(&ApprovalDecision::Deny) {
        request.allowed_decisions.push(ApprovalDecision::Deny);
    }
}

fn case_of(request: &ApprovalRequest) -> Option<ExecCase<'_>> {
    Some(ExecCase {
        agent: request.agent_id.as_deref(),
        node: request.node_id.as_deref(),
        program: Path::new(request.resolved_path.as_deref()?),
        argv: request.command_argv.as_deref()?,
        cwd: request.cwd.as_deref(),
        env_keys: request.env_keys.as_deref().unwrap_or_default(),
    })
}

/// Decides by the policy alone.
pub(super) fn judge(policy: &ExecPolicy, what: &ExecCase<'_>) -> Judgement {
    let resolved = policy.resolved_for(what.agent);
    let listed = || is_listed(policy, what);
    match (resolved.security, resolved.ask) {
        (ExecSecurity::Deny, _) => Judgement::Deny,
        (_, ExecAsk::Always) => Judgement::Ask,
        (ExecSecurity::Full, ExecAsk::Off | ExecAsk::OnMiss) => Judgement::Allow,
        (ExecSecurity::Allowlist, _) if listed() => Judgement::Allow,
        (ExecSecurity::Allowlist, ExecAsk::OnMiss) => Judgement::Ask,
        (ExecSecurity::Allowlist, ExecAsk::Off) => Judgement::Deny,
    }
}

/// Decides where nobody was there to be asked. It never allows what `security` does not.
pub(super) fn fallback(policy: &ExecPolicy, what: &ExecCase<'_>) -> Judgement {
    let resolved = policy.resolved_for(what.agent);
    let allowed = match (resolved.security, resolved.ask_fallback) {
        (ExecSecurity::Deny, _) | (_, ExecSecurity::Deny) => false,
        (_, ExecSecurity::Allowlist) => is_listed(policy, what),
        (_, ExecSecurity::Full) => true,
    };
    if allowed { Judgement::Allow } else { Judgement::Deny }
}

fn is_listed(policy: &ExecPolicy, what: &ExecCase<'_>) -> bool {
    policy.allowed_for(what.agent).any(|entry| rule::covers(entry, what))
}

/// Returns the agent and the entry that would remember a command.
fn remembered<'a>(what: &ExecCase<'a>) -> Result<(&'a str, ExecAllowed), NotRemembered> {
    let (Some(agent), Some(program)) = (what.agent, what.program.to_str()) else {
        return Err(NotRemembered::Vague);
    };
    if let Some(name) = interpreters::named(what) {
        return Err(NotRemembered::Interpreter(name));
    }
    let whole = rule::is_absolute(program) && !what.argv.is_empty() && what.env_keys.is_empty();
    if !whole || agent.is_empty() || agent == schemas::exec_policy::EVERYONE {
        return Err(NotRemembered::Vague);
    }
    let entry = ExecAllowed {
        id: Some(Uuid::new_v4().to_string()),
        pattern: rule::on_node(what.node, program),
        source: Some(ExecSource::AllowAlways),
        command_text: Some(what.argv.join(" ").chars().take(MAX_COMMAND_TEXT).collect()),
        arg_pattern: Some(rule::exactly(what)),
        ..ExecAllowed::default()
    };
    Ok((agent, entry))
}

/// Characters of a remembered command that are kept for people.
const MAX_COMMAND_TEXT: usize = 500;
