//! The conditions of dispatched work, as they are stored with what was asked.

use std::collections::BTreeMap;

use schemas::clock::Millis;
use schemas::methods::tasks::{Need, TaskGroup};
use schemas::target::Target;
use schemas::work::{Isolation, TaskPermissions};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// On which conditions a dispatched task is performed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "options of the request, each its own")]
pub struct Work {
    /// Who performs it.
    pub target: Target,
    /// Whether the agent was named: a worker must then know it, or have its executor.
    pub named: bool,
    /// Whether it has a conversation of its own.
    pub own_session: bool,
    /// What it may do, as asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<TaskPermissions>,
    /// The most that it may cost, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_usd: Option<f64>,
    /// How it is kept apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// More goes first.
    pub priority: i32,
    /// It does not start before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Millis>,
    /// It fails unless it has started by this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
    /// Tasks that come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<(Uuid, Need)>,
    /// The task that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    /// Whether it is stopped when its parent fails or is stopped.
    pub cascade: bool,
    /// The group that it counts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<TaskGroup>,
    /// Further runs that it may have.
    pub max_retries: u32,
    /// Whether a run that used up its time limit is tried again.
    pub retry_on_timeout: bool,
    /// What lists show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Words of the caller's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The task that it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<Uuid>,
}

impl Work {
    /// Says whether something must happen, or a time come, before it may start or when it may not any more.
    pub(super) fn is_conditional(&self) -> bool {
        !self.after.is_empty() || self.not_before.is_some() || self.expires_at.is_some()
    }
}

/// Further runs of a dispatched task where nothing is said (requirements 3.6).
pub const MAX_RETRIES: u32 = 3;
