//! The closed list of error codes and the shape of an error on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strum::{Display, EnumIter, IntoStaticStr};

use crate::scope::Scope;

/// Top-level error codes (protocol 4). `docs/errors.md` lists each with its fix.
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
    IntoStaticStr,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// The request itself is wrong: repeating it unchanged cannot help.
    InvalidRequest,
    /// Temporarily impossible, or the work failed; `retryable` says whether to try again.
    Unavailable,
    /// The connection lacks a scope.
    Forbidden,
    /// The device must be paired first.
    NotPaired,
    /// What the request names does not exist, or the caller may not see it.
    NotFound,
    /// Our fault; the log has the cause under the request id.
    InternalError,
}

/// Codes in `details.code`: why exactly (protocol 3.6 and 4).
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
    IntoStaticStr,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum DetailCode {
    /// A device without any token.
    AuthTokenMissing,
    /// The shared token is wrong.
    AuthTokenMismatch,
    /// A shared token was shown, but none is configured.
    AuthTokenNotConfigured,
    /// The setup code or link is unknown, used or expired.
    AuthBootstrapTokenInvalid,
    /// The device token is unknown, rotated or revoked.
    AuthDeviceTokenMismatch,
    /// The device token does not carry the scopes asked for.
    AuthScopeMismatch,
    /// Too many failed proofs from this address.
    AuthRateLimited,
    /// A device identity is needed.
    DeviceIdentityRequired,
    /// A browser must show a device identity.
    ControlUiDeviceIdentityRequired,
    /// `device.id` is not the hash of `device.publicKey`.
    DeviceAuthDeviceIdMismatch,
    /// `device.signedAt` is too far from the gateway's time.
    DeviceAuthSignatureExpired,
    /// `device.nonce` is missing.
    DeviceAuthNonceRequired,
    /// `device.nonce` is not this connection's challenge.
    DeviceAuthNonceMismatch,
    /// The signature does not fit key and text.
    DeviceAuthSignatureInvalid,
    /// `device.publicKey` is not an Ed25519 key.
    DeviceAuthPublicKeyInvalid,
    /// An operator has to approve first.
    PairingRequired,
    /// Client and gateway share no protocol version.
    ProtocolMismatch,
    /// The connection lacks a scope.
    MissingScope,
    /// No such agent is configured.
    UnknownAgentId,
    /// An agent may not do this; a person may.
    AgentNotAllowed,
    /// An agent named another conversation than its own.
    ForeignSession,
    /// The idempotency key was used for other content.
    IdempotencyConflict,
    /// The gateway is stopping.
    ShuttingDown,
    /// A queue is full.
    Busy,
    /// No such account on a chat platform is configured, or it is stopped.
    UnknownChannel,
    /// The platform has no such thing.
    ChannelUnsupported,
    /// Nobody waits with that code, or nobody of that id is known.
    UnknownPairingRequest,
    /// The platform did not take a message yet; it is kept and sent later.
    OutboundDeliveryQueued,
    /// Nobody knows whether a message arrived.
    OutboundDeliveryUnknown,
    /// The platform refused a message.
    OutboundDeliveryFailed,
    /// A schedule cannot be kept: no such time, expression or time zone.
    ScheduleInvalid,
    /// No scheduled job of that id.
    UnknownSchedule,
    /// There are as many scheduled jobs as are kept.
    TooManySchedules,
    /// A scheduled job was changed by somebody else meanwhile.
    ScheduleChanged,
    /// A webhook cannot be kept: its name, template, agent or target.
    HookInvalid,
    /// A webhook of that name exists.
    HookExists,
    /// No webhook of that name.
    UnknownHook,
    /// A path leads out of the canvas, or is no path.
    CanvasPathInvalid,
    /// The canvas has no such file, or no such canvas is open to the caller.
    CanvasNotFound,
    /// A link, a folder or another thing that is no plain file of the canvas.
    CanvasFileRefused,
    /// A file is larger than a file of a canvas may be.
    CanvasFileTooLarge,
    /// The canvas's files or surfaces are as many as may be.
    CanvasFull,
    /// The canvas of another session than the caller's own.
    CanvasOtherSession,
    /// No page and no node shows the canvas.
    CanvasNoViewer,
    /// A script failed in the page.
    CanvasEvalFailed,
    /// A page did not answer in time.
    CanvasEvalTimeout,
    /// A capability URL is wrong, or has expired.
    CanvasCapabilityInvalid,
    /// Messages are not as A2UI wants them.
    A2uiInvalid,
    /// The node is not connected, or went away before it answered.
    NotConnected,
    /// The node did not answer in time.
    Timeout,
    /// No such node, or it was removed meanwhile.
    PairingChanged,
    /// The node does not offer the command, nobody approved it, or the configuration does not allow it.
    NodeCommandNotAllowed,
    /// The arguments are not what the node says that the command takes.
    NodeArgumentsInvalid,
    /// Running this was not approved.
    ExecNotApproved,
    /// The node's plan is not one that could be approved.
    ExecPlanInvalid,
    /// The command waits until the node's app is in the foreground.
    QueuedUntilForeground,
    /// The node answered with something that is not JSON.
    NodeAnswerInvalid,
    /// The beginning of an id fits several tasks.
    TaskIdAmbiguous,
    /// The task left no changes.
    TaskLeftNothing,
    /// No worker is connected that may take the work.
    NoWorker,
    /// Another machine is the worker of that name.
    WorkerNameTaken,
    /// A worker cannot have that name.
    WorkerNameInvalid,
    /// A worker must say who it is before anything else.
    WorkerNotAnnounced,
    /// Nobody has approved that the node works.
    WorkerNotApproved,
    /// A worker's report is not as docs/workers.md has it.
    WorkerReportInvalid,
    /// A worker's request is not signed, or with another key than its token's.
    WorkerSignatureInvalid,
    /// A worker's request was sent before.
    WorkerNonceReused,
    /// Another process of the worker has taken its place.
    WorkerReplaced,
}

/// An error as a `res` frame carries it (protocol 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireError {
    /// Stable code.
    pub code: ErrorCode,
    /// What went wrong and what to do, without secrets.
    pub message: String,
    /// Machine-readable particulars; `details.code` is a [`DetailCode`] where one fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// Whether trying again can help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// How long to wait before that, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl WireError {
    /// Returns an error with a code and a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None, retryable: None, retry_after_ms: None }
    }

    /// Returns an `INVALID_REQUEST`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    /// Returns a `NOT_FOUND`: absent, or not for this caller to see.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// Returns a retryable `UNAVAILABLE`.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { retryable: Some(true), ..Self::new(ErrorCode::Unavailable, message) }
    }

    /// Returns the refusal for a missing scope (protocol 4).
    pub fn missing_scope(scope: Scope) -> Self {
        let name: &'static str = scope.into();
        Self::new(ErrorCode::Forbidden, format!("missing scope: {name}")).details(json!({
            "code": DetailCode::MissingScope, "missingScope": name, "requiredScopes": [name],
        }))
    }

    /// Adds particulars.
    #[must_use]
    pub fn details(self, details: Value) -> Self {
        Self { details: Some(details), ..self }
    }

    /// Adds `details.code`.
    #[must_use]
    pub fn detail(self, code: DetailCode) -> Self {
        self.details(json!({ "code": code }))
    }

    /// Says how long to wait before trying again.
    #[must_use]
    pub fn retry_after(self, millis: u64) -> Self {
        Self { retryable: Some(true), retry_after_ms: Some(millis), ..self }
    }
}

impl std::fmt::Display for WireError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for WireError {}
