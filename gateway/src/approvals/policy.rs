//! Which commands may be run without asking: the policy file.

use std::path::{Path, PathBuf};

use schemas::clock::Millis;
use schemas::methods::approvals::{ApprovalDecision, ApprovalRequest};

use super::{Approvals, Open};

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

#[derive(Debug)]
pub(super) struct PolicyFile {
    path: PathBuf,
}

impl PolicyFile {
    pub(super) fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join("exec-approvals.json") }
    }
}

impl Approvals {
    /// Says whether a command may be run.
    pub fn judge(&self, _what: &ExecCase<'_>) -> Judgement {
        Judgement::Ask
    }

    pub(super) fn remember_of(&self, open: &Open, now: Millis) {
        tracing::debug!(path = %self.0.policy.path.display(), id = open.entry.id, now, "Remembered");
    }
}

/// Leaves `allow-always` among the answers only where it can be remembered.
pub(super) fn offer(request: &mut ApprovalRequest) {
    request.allowed_decisions.retain(|decision| *decision != ApprovalDecision::AllowAlways);
}
