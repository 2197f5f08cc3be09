//! What a command is given and what it answers: a payload, or a refusal with a stable code (protocol 8.3).

use std::time::Duration;

use schemas::clock::Millis;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::progress::Progress;

/// One invocation, as a command sees it.
#[derive(Debug)]
pub(super) struct Call {
    /// The command's parameters; `{}` when none were sent.
    pub(super) params: Value,
    /// How long the gateway waits for the answer.
    pub(super) limit: Duration,
    /// Fires when the answer is not wanted any more.
    pub(super) stop: CancellationToken,
    /// Takes output while the command still works.
    pub(super) progress: Progress,
    /// The wall clock when the invocation came.
    pub(super) now: Millis,
}

impl Call {
    /// Reads the parameters.
    pub(super) fn params<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_value(self.params.clone())
            .map_err(|error| Refusal::invalid(format!("invalid parameters: {error}")))
    }
}

/// What a command answers.
pub(super) type Answer = Result<Value, Refusal>;

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub(super) struct Refusal {
    /// What kind of refusal.
    pub(super) code: Code,
    /// What is wrong and what to do.
    pub(super) message: String,
}

/// The codes of a node's refusals (protocol 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The parameters are wrong.
    InvalidRequest,
    /// It failed, or the machine cannot do it now.
    Unavailable,
    /// The policy or the missing approval forbids it.
    SystemRunDenied,
    /// Programs are not run here at all.
    SystemRunDisabled,
    /// The answer is too large for the connection.
    PayloadTooLarge,
    /// There is no camera, or its owner does not offer it.
    CameraDisabled,
    /// The place is not known.
    LocationUnavailable,
    /// The place was not found in time.
    LocationTimeout,
    /// The machine shows no canvas.
    CanvasDisabled,
    /// The page for A2UI is not there.
    A2uiHostUnavailable,
    /// The node is busy; the gateway tries again.
    NodeNotReady,
    /// It took longer than the gateway waits.
    Timeout,
    /// The gateway does not want the answer any more, or the connection was lost.
    Cancelled,
}

impl Code {
    /// Returns the code as it stands on the wire.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::Unavailable => "UNAVAILABLE",
            Self::SystemRunDenied => "SYSTEM_RUN_DENIED",
            Self::SystemRunDisabled => "SYSTEM_RUN_DISABLED",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::CameraDisabled => "CAMERA_DISABLED",
            Self::LocationUnavailable => "LOCATION_UNAVAILABLE",
            Self::LocationTimeout => "LOCATION_TIMEOUT",
            Self::CanvasDisabled => "CANVAS_DISABLED",
            Self::A2uiHostUnavailable => "A2UI_HOST_UNAVAILABLE",
            Self::NodeNotReady => "NODE_NOT_READY",
            Self::Timeout => "TIMEOUT",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl Refusal {
    /// Returns a refusal.
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Returns a refusal of wrong parameters.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, message)
    }

    /// Returns a refusal because of the machine.
    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, message)
    }

    /// Returns a refusal by the policy for programs.
    pub(super) fn denied(message: impl Into<String>) -> Self {
        Self::new(Code::SystemRunDenied, message)
    }
}
