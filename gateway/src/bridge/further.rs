//! What else belongs to an outbox row: what to do when the platform refuses it, and what follows what was done instead.
//!
//! What was to be one message may have to become several. They take the row's place in their conversation, one after the
//! other, so that nothing overtakes them; each is stored before it is tried, as everything is.

use channels::{Action, Outbound};
use serde::{Deserialize, Serialize};

use super::courier::{entry, json, repeatable, wire_key};
use crate::store::outbox::{NewOutbox, NextPart, OutboxRow};

/// The value of a row's `instead`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Further {
    /// Once it is done, these follow.
    Then {
        /// In order.
        then: Vec<Action>,
    },
    /// If it is refused, these are done instead.
    Several(Vec<Action>),
    /// If it is refused, this is done instead.
    One(Action),
}

impl Further {
    /// Returns what a row keeps of what to do instead.
    pub(super) fn instead(actions: Vec<Action>) -> Option<String> {
        (!actions.is_empty()).then(|| json(&Self::Several(actions)))
    }

    fn of(row: &OutboxRow) -> Option<Self> {
        serde_json::from_str(row.instead.as_deref()?).ok()
    }
}

/// Returns what a row becomes when the platform refused it; `None`: nothing.
pub(super) fn other_way(row: &OutboxRow, outbound: &Outbound) -> Option<NextPart> {
    let actions = match Further::of(row)? {
        Further::One(action) => vec![action],
        Further::Several(actions) => actions,
        Further::Then { .. } => return None,
    };
    part(row, Outbound { key: wire_key(&format!("{}:instead", row.key)), ..outbound.clone() }, actions)
}

/// Returns what follows a row that was done; `None`: nothing.
pub(super) fn next_part(row: &OutboxRow, outbound: &Outbound) -> Option<NextPart> {
    let Further::Then { then } = Further::of(row)? else { return None };
    let key = wire_key(&format!("{}:then:{}", row.key, then.len()));
    // Only the first message can be the answer to a command.
    part(row, Outbound { key, answering: None, ..outbound.clone() }, then)
}

fn part(row: &OutboxRow, outbound: Outbound, mut actions: Vec<Action>) -> Option<NextPart> {
    if actions.is_empty() {
        return None;
    }
    let rest = actions.split_off(1);
    let action = actions.pop()?;
    Some(NextPart {
        seq: row.seq,
        repeatable: repeatable(&action),
        body: json(&Outbound { action, ..outbound }),
        instead: (!rest.is_empty()).then(|| json(&Further::Then { then: rest })),
    })
}

/// Returns a row of its own for what should have followed a row that ended without being done.
pub(super) fn left_over(row: &OutboxRow) -> Option<NewOutbox> {
    let outbound: Outbound = serde_json::from_str(&row.body).ok()?;
    let part = next_part(row, &outbound)?;
    let body: Outbound = serde_json::from_str(&part.body).ok()?;
    let left = entry(&format!("{}:rest", row.key), &row.lane, body.to, body.action, &row.actor, row.cause);
    Some(NewOutbox { instead: part.instead, ..left })
}
