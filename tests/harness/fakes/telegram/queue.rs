//! The updates that wait for a bot, and the rules by which `getUpdates` confirms them.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};

/// Kinds that are not sent unless a bot asks for them by name.
const UNASKED: [&str; 3] = ["message_reaction", "message_reaction_count", "chat_member"];

/// How many confirmed updates are kept for [`super::Fault::Duplicates`].
const REMEMBERED: usize = 3;

/// One bot's updates.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    waiting: VecDeque<(i64, Value)>,
    confirmed: VecDeque<(i64, Value)>,
    next: i64,
    allowed: Option<BTreeSet<String>>,
}

impl Queue {
    pub(super) fn new(first: i64) -> Self {
        Self { waiting: VecDeque::new(), confirmed: VecDeque::new(), next: first, allowed: None }
    }

    /// Adds an update of this kind unless the bot does not want it.
    pub(super) fn push(&mut self, kind: &str, body: Value) {
        let wanted = match &self.allowed {
            Some(allowed) => allowed.contains(kind),
            None => !UNASKED.contains(&kind),
        };
        if wanted {
            let mut update = json!({ "update_id": self.next });
            update[kind] = body;
            self.waiting.push_back((self.next, update));
            self.next += 1;
        }
    }

    /// Remembers which kinds the bot wants; an empty list means the usual ones. Waiting updates stay.
    pub(super) fn allow(&mut self, kinds: Option<Value>) {
        let Some(Value::Array(kinds)) = kinds else { return };
        let kinds: BTreeSet<_> = kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        self.allowed = (!kinds.is_empty()).then_some(kinds);
    }

    /// Returns the kinds the bot asked for.
    pub(super) fn allowed(&self) -> Option<Vec<&String>> {
        self.allowed.as_ref().map(|kinds| kinds.iter().collect())
    }

    /// Forgets what `offset` confirms: what is below it, or, if it is negative, all but so many from the end.
    pub(super) fn confirm(&mut self, offset: i64) {
        let forget = if offset < 0 {
            self.waiting.len().saturating_sub(usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX))
        } else {
            self.waiting.iter().take_while(|(id, _)| *id < offset).count()
        };
        for update in self.waiting.drain(..forget) {
            self.confirmed.push_back(update);
        }
        while self.confirmed.len() > REMEMBERED {
            self.confirmed.pop_front();
        }
    }

    /// Forgets all of it.
    pub(super) fn drop_pending(&mut self) {
        self.waiting.clear();
    }

    /// Returns how many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Returns the oldest waiting updates.
    pub(super) fn batch(&self, limit: usize) -> Vec<Value> {
        self.waiting.iter().take(limit).map(|(_, update)| update.clone()).collect()
    }

    /// Returns a few that were confirmed already, then every waiting one twice.
    pub(super) fn doubled(&self, limit: usize) -> Vec<Value> {
        let old = self.confirmed.iter().map(|(_, update)| update.clone());
        let new = self.batch(limit).into_iter().flat_map(|update| [update.clone(), update]);
        old.chain(new).collect()
    }
}
