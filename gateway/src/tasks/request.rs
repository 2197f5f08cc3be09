//! What is asked, who asked, and how it ended: the parts of a task that are stored.

use std::sync::Arc;

use nodes::executor::{Attachment, Failure, Usage};
use schemas::clock::Millis;
use schemas::session::SessionKey;
use schemas::task::{QueueMode, TaskState};
use schemas::work::Artifact;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use super::work::Work;

/// What started a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Kind {
    /// A chat message.
    Chat,
    /// The method `agent`.
    Agent,
    /// A wake-up call.
    Wake,
    /// A message from a chat platform.
    Channel,
    /// Work that was dispatched, here or elsewhere.
    Work,
}

/// Everything that is needed to perform the task, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What was said, to the byte.
    pub message: String,
    /// Files that came with it, already stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Model for this run only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Time limit of the run in milliseconds; the agent's own without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// What to do while another run is alive.
    #[serde(default)]
    pub mode: QueueMode,
    /// Whether the message is a command that the gateway itself carries out, beside whatever runs.
    #[serde(default)]
    pub command: bool,
    /// Who asked.
    #[serde(default)]
    pub asker: Asker,
    /// The conditions, if it is dispatched work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Box<Work>>,
}

/// Who asked, as `/whoami` tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The device, if it showed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What its connection may call.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// A task's fixed facts.
#[derive(Debug)]
pub struct Card {
    /// Its number.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub org: Arc<str>,
    /// Who asked.
    pub actor: Arc<str>,
    /// The run's name on the wire.
    pub run_id: String,
    /// What started it.
    pub kind: Kind,
    /// The conversation.
    pub key: SessionKey,
    /// The agent.
    pub agent: String,
    /// What was asked.
    pub request: Request,
    /// When.
    pub created_at: Millis,
    pub(super) stage: watch::Sender<Stage>,
}

/// How far a task has come, for those who wait for it.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Its commit is under way.
    Storing,
    /// It was not stored.
    Refused(Refusal),
    /// It is stored.
    Stored,
    /// It has ended.
    Ended(Arc<End>),
}

/// Why a task was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The conversation has another id by now.
    OtherSession,
    /// The store failed; the log has the cause.
    Store,
}

/// How a task ended, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// The final state.
    pub state: TaskState,
    /// The answer, or what there was of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why it stopped, in the agent's words; for cancelled tasks who stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// When its first run started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Millis,
    /// The conversation's id.
    #[serde(default)]
    pub session_id: String,
    /// The executor.
    #[serde(default)]
    pub provider: String,
    /// The model, if known.
    #[serde(default)]
    pub model: String,
    /// The run that answers this task as well, instead of one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<String>,
    /// What it left besides its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
}

impl End {
    /// Returns the end of a task in `state`, with nothing known but the times.
    pub(super) fn bare(state: TaskState, started_at: Option<Millis>, ended_at: Millis) -> Self {
        Self {
            state,
            text: None,
            stop_reason: None,
            failure: None,
            usage: None,
            started_at,
            ended_at,
            session_id: String::new(),
            provider: String::new(),
            model: String::new(),
            joined: None,
            artifact: None,
        }
    }

    /// Returns it as it is stored.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".into())
    }
}

#[cfg(test)]
impl Card {
    /// Returns a card of a run that only a test knows.
    pub(crate) fn for_test(run_id: &str) -> Self {
        Self {
            seq: 1,
            id: Uuid::nil(),
            org: "default".into(),
            actor: "token".into(),
            run_id: run_id.into(),
            kind: Kind::Chat,
            key: SessionKey::main("main"),
            agent: "main".into(),
            request: Request {
                message: String::new(),
                attachments: Vec::new(),
                model: None,
                timeout_ms: None,
                mode: QueueMode::default(),
                command: false,
                asker: Asker::default(),
                work: None,
            },
            created_at: 0,
            stage: watch::Sender::new(Stage::Stored),
        }
    }
}
