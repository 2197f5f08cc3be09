//! How a run ended: the answer or the failure, what it cost, and whether trying again can help.

use std::time::Duration;

use schemas::work::Artifact;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::process::LaunchError;

/// The end of a run. Steps are a live view; this is what counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The answer, or why there is none.
    pub result: Result<Reply, Failure>,
    /// What the run cost, as far as the agent said so.
    pub usage: Option<Usage>,
    /// The conversation the agent now holds for the session; `None` when it holds none that can be resumed.
    pub conversation: Option<Uuid>,
    /// Whether the work ended by itself.
    pub ended_by: EndedBy,
    /// What the run left besides its answer, where it was kept apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Left>,
}

/// What a run left besides its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// What it is, its name and its whole size.
    #[serde(flatten)]
    pub artifact: Artifact,
    /// The patch, or the beginning of it; of a branch as well.
    pub text: String,
    /// Whether `text` is not the whole of it.
    #[serde(default)]
    pub truncated: bool,
}

impl Outcome {
    /// Returns the outcome of work that ended by itself with an answer.
    pub fn finished(reply: Reply) -> Self {
        Self {
            result: Ok(reply),
            usage: None,
            conversation: None,
            ended_by: EndedBy::Finished,
            artifact: None,
        }
    }

    /// Returns the outcome of work that ended by itself without an answer.
    pub fn failed(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            usage: None,
            conversation: None,
            ended_by: EndedBy::Finished,
            artifact: None,
        }
    }

    /// Returns the outcome of work that was stopped by whoever ordered it.
    pub fn cancelled() -> Self {
        let failure = Failure::new(FailureClass::Cancelled, "cancelled", "The run was stopped");
        Self {
            result: Err(failure),
            usage: None,
            conversation: None,
            ended_by: EndedBy::Cancelled,
            artifact: None,
        }
    }

    /// Returns the outcome of work that was stopped because `limit` had passed.
    pub fn timed_out(limit: Duration) -> Self {
        let message = format!(
            "The run was stopped after its time limit of {} s; raise `timeout` of the agent to allow more",
            limit.as_secs_f64()
        );
        let failure = Failure::new(FailureClass::Timeout, Failure::TIME_LIMIT, message);
        Self {
            result: Err(failure),
            usage: None,
            conversation: None,
            ended_by: EndedBy::TimedOut,
            artifact: None,
        }
    }
}

/// Who ended the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The work itself, well or badly.
    Finished,
    /// Whoever ordered it.
    Cancelled,
    /// The time limit of the assignment.
    TimedOut,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The final text; it replaces whatever was streamed.
    pub text: String,
    /// Why the agent stopped, in its own words, for example `end_turn`.
    pub stop_reason: String,
}

impl Reply {
    /// Returns an answer that ended in the ordinary way.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), stop_reason: "end_turn".to_owned() }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind of failure it is; set by whoever knows the cause.
    pub class: FailureClass,
    /// The precise cause, stable, in snake case, for example `overloaded`.
    pub code: String,
    /// What happened and what to do about it; safe to show to the user.
    pub message: String,
    /// How long the other side asked to be left alone, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    /// The code of a run that was ended by the time limit of its assignment.
    pub const TIME_LIMIT: &'static str = "time_limit";

    /// Returns a failure of the given kind and cause.
    pub fn new(class: FailureClass, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { class, code: code.into(), message: message.into(), retry_after_ms: None }
    }

    /// Says whether trying again can help. A run that used up its own time limit would only do so again.
    pub fn retry(&self) -> Retry {
        if self.code == Self::TIME_LIMIT {
            return Retry::Never;
        }
        match (self.class.retry(), self.retry_after_ms) {
            (Retry::Later | Retry::After(_), Some(pause)) => {
                Retry::After(Duration::from_millis(pause).min(LONGEST_PAUSE))
            }
            (retry, _) => retry,
        }
    }
}

impl From<LaunchError> for Failure {
    fn from(error: LaunchError) -> Self {
        let code = match error {
            LaunchError::Cwd(_) => "cwd_missing",
            LaunchError::Start { .. } => "not_startable",
        };
        Self::new(FailureClass::Validation, code, format!("The agent could not be started: {error}"))
    }
}

/// The closed list of failure kinds: the first five pass by themselves, the others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// A connection failed on the way.
    Network,
    /// The machine that did the work is gone.
    NodeLost,
    /// Something did not answer in time.
    Timeout,
    /// The other side is too busy.
    Capacity,
    /// The other side refuses more for a while.
    RateLimited,
    /// The request or the configuration is wrong.
    Validation,
    /// Not allowed.
    Denied,
    /// The program of the agent failed.
    AgentCrash,
    /// A limit on turns or money was reached.
    Budget,
    /// The agent itself reported an error.
    IsError,
    /// Stopped on purpose.
    Cancelled,
}

impl FailureClass {
    /// Says whether trying again can help.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Network | Self::NodeLost | Self::Timeout | Self::Capacity => Retry::Later,
            Self::RateLimited => Retry::After(RATE_LIMIT_PAUSE),
            Self::Validation
            | Self::Denied
            | Self::AgentCrash
            | Self::Budget
            | Self::IsError
            | Self::Cancelled => Retry::Never,
        }
    }
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again.
    Never,
    /// It may work a little later.
    Later,
    /// It may work after this time, not before.
    After(Duration),
}

/// What a run cost. Counts are zero where the agent did not give them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read, without the cached ones.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Tokens read from the provider's cache.
    #[serde(default)]
    pub cache_read_tokens: u64,
    /// Tokens written to the provider's cache.
    #[serde(default)]
    pub cache_write_tokens: u64,
    /// Price of this run in US dollars as the agent reckons it; `None` when it is not known.
    #[serde(default)]
    pub cost_usd: Option<f64>,
    /// Price of the whole conversation up to the end of this run, where the agent counts it that way.
    #[serde(default)]
    pub conversation_cost_usd: Option<f64>,
    /// Requests to the model.
    #[serde(default)]
    pub turns: u32,
    /// Wall-clock time in milliseconds as the agent measured it.
    #[serde(default)]
    pub duration_ms: u64,
    /// The model that answered.
    #[serde(default)]
    pub model: Option<String>,
}

/// How long to leave a provider alone that said "too many requests" without saying for how long.
const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that another side may ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_time_limit_is_not_tried_again_but_a_network_timeout_is() {
        let limit = Outcome::timed_out(Duration::from_secs(3)).result.unwrap_err();
        assert_eq!(limit.retry(), Retry::Never);
        assert_eq!(Failure::new(FailureClass::Timeout, "connect", "x").retry(), Retry::Later);
    }

    #[test]
    fn outcomes_travel_as_json() {
        let outcome = Outcome {
            usage: Some(Usage { output_tokens: 3, cost_usd: Some(0.5), ..Usage::default() }),
            ..Outcome::finished(Reply::new("hi"))
        };
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome);
    }
}
