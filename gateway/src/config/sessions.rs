//! Section `[sessions]`: what happens to input that comes while a conversation is busy.

use schemars::JsonSchema;
use schemas::bounds::MAX_QUEUED_PER_SESSION;
use schemas::task::QueueMode;
use serde::{Deserialize, Serialize};

use super::error::Mistake;

/// Section `[sessions]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionsSection {
    /// What happens to input that comes during a run (protocol 11).
    pub queue_mode: QueueMode,
    /// Inputs of one conversation that may wait; more are refused.
    pub queue_cap: usize,
}

impl Default for SessionsSection {
    fn default() -> Self {
        Self { queue_mode: QueueMode::default(), queue_cap: MAX_QUEUED_PER_SESSION }
    }
}

impl SessionsSection {
    pub(super) fn check(&self, mistakes: &mut Vec<Mistake>) {
        if !(1..=1000).contains(&self.queue_cap) {
            mistakes.push(Mistake::at("sessions.queue_cap", "allowed are 1 to 1000"));
        }
    }
}
