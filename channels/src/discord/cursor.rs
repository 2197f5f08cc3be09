//! How far the account has come: what a resume needs, and what to fetch when a session was lost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most channels whose last message is remembered. Those with the oldest messages go first, guilds' before direct.
const MOST_SEEN: usize = 200;

/// What is kept between connections and processes, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    /// The session to resume.
    pub(super) session: Option<Session>,
    /// Who the bot is; a resumed session does not say it again.
    pub(super) me: Option<Me>,
    /// The newest message of each channel.
    pub(super) seen: BTreeMap<String, Seen>,
    /// Channels whose messages after the given one have to be fetched, since a session was lost.
    pub(super) owed: BTreeMap<String, Seen>,
    /// The newest message anywhere.
    pub(super) newest: u64,
    /// The newest message when the last session was lost: what is newer in a channel never seen has to be fetched.
    pub(super) lost_at: Option<u64>,
}

/// A session of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    /// Its id.
    pub(super) id: String,
    /// The number of the last event that was stored.
    pub(super) seq: u64,
    /// Where to resume it.
    pub(super) url: String,
}

/// Who the bot is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Me {
    /// Its user id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Its application, which slash commands belong to.
    pub(super) app: Option<String>,
}

/// How far a channel was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// The newest message.
    pub(super) last: u64,
    /// Its guild; none: direct messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) guild: Option<String>,
}

impl Cursor {
    /// Reads what was stored; what cannot be read counts as nothing.
    pub(super) fn read(stored: Option<String>) -> Self {
        stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Returns what is stored.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Notes that everything up to `seq` is about to be stored.
    pub(super) fn advance(&mut self, seq: u64) {
        if let Some(session) = &mut self.session {
            session.seq = session.seq.max(seq);
        }
    }

    /// Notes a message.
    pub(super) fn saw(&mut self, channel: &str, guild: Option<&str>, message: &str) {
        let Ok(message) = message.parse::<u64>() else { return };
        self.newest = self.newest.max(message);
        if let Some(seen) = self.seen.get_mut(channel) {
            seen.last = seen.last.max(message);
            return;
        }
        self.seen.insert(channel.to_owned(), Seen { last: message, guild: guild.map(str::to_owned) });
        if self.seen.len() > MOST_SEEN {
            let least = self.seen.iter().min_by_key(|(_, seen)| (seen.guild.is_none(), seen.last));
            if let Some(channel) = least.map(|(channel, _)| channel.clone()) {
                self.seen.remove(&channel);
            }
        }
    }

    /// Notes that the session is lost: what came since has to be fetched, channel by channel.
    pub(super) fn lose(&mut self) {
        self.session = None;
        for (channel, seen) in &self.seen {
            self.owed.entry(channel.clone()).or_insert_with(|| seen.clone());
        }
        if self.newest > 0 && self.lost_at.is_none() {
            self.lost_at = Some(self.newest);
        }
    }

    /// Notes that a channel of a guild, which may never have been seen, has messages up to `last`.
    pub(super) fn owe(&mut self, channel: &str, guild: &str, last: u64) {
        let Some(lost_at) = self.lost_at else { return };
        if last > lost_at && self.owed.len() < 2 * MOST_SEEN && !self.seen.contains_key(channel) {
            let from = Seen { last: lost_at, guild: Some(guild.to_owned()) };
            self.owed.entry(channel.to_owned()).or_insert(from);
        }
    }
}
