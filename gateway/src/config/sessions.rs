//! Section `[sessions]`: what happens to input that comes while a conversation is busy.

use std::collections::BTreeMap;

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
    /// Which direct conversations share a memory.
    pub dm_scope: DmScope,
    /// People who write from several places: a name, and their ids as `telegram:123`.
    pub identity_links: BTreeMap<String, Vec<String>>,
}

/// Which direct conversations share a memory (protocol 11).
///
/// The protocol's own default is `main`. With it everybody who is let in reads what the others said, so Landline
/// keeps people apart unless the owner says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DmScope {
    /// All go on in the agent's main conversation.
    Main,
    /// One for each person, wherever they write from.
    PerPeer,
    /// One for each person and platform.
    #[default]
    PerChannelPeer,
    /// One for each person, platform and account.
    PerAccountChannelPeer,
}

impl Default for SessionsSection {
    fn default() -> Self {
        Self {
            queue_mode: QueueMode::default(),
            queue_cap: MAX_QUEUED_PER_SESSION,
            dm_scope: DmScope::default(),
            identity_links: BTreeMap::new(),
        }
    }
}

impl SessionsSection {
    pub(super) fn check(&self, mistakes: &mut Vec<Mistake>) {
        if !(1..=1000).contains(&self.queue_cap) {
            mistakes.push(Mistake::at("sessions.queue_cap", "allowed are 1 to 1000"));
        }
        for name in self.identity_links.keys().filter(|name| !super::channels::good_name(name)) {
            mistakes.push(Mistake::at(
                format!("sessions.identity_links.{name}"),
                "a name has 1 to 32 characters of a-z, 0-9, - and _",
            ));
        }
    }
}
