//! Tasks: the seven states and the legal moves between them, in one table (requirements 2.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};

/// Where a task stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum TaskState {
    /// Stored, waits for its turn.
    Pending,
    /// A place is chosen, the work is being prepared.
    Planning,
    /// A run is alive.
    Running,
    /// Between two runs: retry, approval, rate limit, interruption.
    Waiting,
    /// Ended with a result.
    Completed,
    /// Ended with an error.
    Failed,
    /// Ended by request.
    Cancelled,
}

impl TaskState {
    /// Says whether a task may move from this state to `to`.
    ///
    /// The table is that of requirements 2.1, with its one addition: pending → failed, for a task that can
    /// never start.
    pub fn may_become(self, to: Self) -> bool {
        use TaskState::{Cancelled, Completed, Failed, Pending, Planning, Running, Waiting};
        match self {
            Pending => matches!(to, Planning | Failed | Cancelled),
            Planning => matches!(to, Running | Failed | Cancelled),
            Running => matches!(to, Waiting | Completed | Failed | Cancelled),
            Waiting => matches!(to, Running | Failed | Cancelled),
            Completed | Failed | Cancelled => false,
        }
    }

    /// Says whether the state is final.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// What happens with a message that arrives while a run of its session is alive (protocol 11).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum QueueMode {
    /// Handed to the running agent; where that is impossible, as followup.
    #[default]
    Steer,
    /// Its own run afterwards, in order.
    Followup,
    /// One run afterwards for everything that came meanwhile.
    Collect,
    /// The running run is cancelled and this one takes its place.
    Interrupt,
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn all_49_pairs() {
        use TaskState::{Cancelled, Completed, Failed, Pending, Planning, Running, Waiting};
        let legal = [
            (Pending, Planning),
            (Pending, Failed),
            (Pending, Cancelled),
            (Planning, Running),
            (Planning, Failed),
            (Planning, Cancelled),
            (Running, Waiting),
            (Running, Completed),
            (Running, Failed),
            (Running, Cancelled),
            (Waiting, Running),
            (Waiting, Failed),
            (Waiting, Cancelled),
        ];
        let mut pairs = 0;
        for from in TaskState::iter() {
            for to in TaskState::iter() {
                pairs += 1;
                assert_eq!(from.may_become(to), legal.contains(&(from, to)), "{from} -> {to}");
                assert!(!(from.is_terminal() && from.may_become(to)));
            }
        }
        assert_eq!(pairs, 49);
    }
}
