//! What nodes send: answers, progress, events, and the argument schemas of their commands (protocol 8).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parameters of `node.invoke.result`. Older programs send `null` for what is absent and values where text is due.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeResultParams {
    /// Which request is answered.
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// The node itself.
    #[schemars(length(min = 1, max = 64))]
    pub node_id: String,
    /// Whether it was done.
    pub ok: bool,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The same as text; it goes before `payload`.
    #[serde(default, rename = "payloadJSON", skip_serializing_if = "Option::is_none")]
    pub payload_json: Option<Value>,
    /// Why it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<NodeError>,
}

/// A node's reason for not doing something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeError {
    /// Such as `CAMERA_DISABLED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Whether something that a node sent was still waited for.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// Always true.
    pub ok: bool,
    /// True: nobody waits for it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<bool>,
}

impl Taken {
    /// Says whether it was waited for.
    pub fn waited(waited: bool) -> Self {
        Self { ok: true, ignored: (!waited).then_some(true) }
    }
}

/// Parameters of `node.invoke.progress`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeInvokeProgressParams {
    /// Which request it belongs to.
    #[schemars(length(min = 1, max = 128))]
    pub invoke_id: String,
    /// The node itself.
    #[schemars(length(min = 1, max = 64))]
    pub node_id: String,
    /// Its number, from 0.
    pub seq: u64,
    /// Output, at most 16384 bytes.
    #[schemars(length(max = 16384))]
    pub chunk: String,
}

/// Payload of `node.invoke.request`, which goes to the node alone and has no `seq`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeRequest {
    /// To be named in the answer.
    pub id: String,
    /// The node itself.
    pub node_id: String,
    /// The command.
    pub command: String,
    /// Its arguments as text.
    #[serde(default, rename = "paramsJSON", skip_serializing_if = "Option::is_none")]
    pub params_json: Option<String>,
    /// How long the caller still waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The caller's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Payload of `node.invoke.cancel`, which goes to the node alone and has no `seq`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeCancel {
    /// Which request is not waited for any more.
    pub invoke_id: String,
    /// The node itself.
    pub node_id: String,
}

/// Payload of `node.invoke.progress`, which goes to the caller alone, if it asked for it, and has no `seq`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeProgressed {
    /// The caller's key.
    pub idempotency_key: String,
    /// The node.
    pub node_id: String,
    /// Its number, from 0; holes are allowed.
    pub seq: u64,
    /// Output.
    pub chunk: String,
}

/// Parameters of `node.event`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeEventParams {
    /// Its name.
    #[schemars(length(min = 1, max = 128))]
    pub event: String,
    /// Particulars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The same as text; it goes before `payload`.
    #[serde(default, rename = "payloadJSON", skip_serializing_if = "Option::is_none")]
    pub payload_json: Option<String>,
}

/// Output of `node.event`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NodeEventOutput {
    /// Always true.
    pub ok: bool,
    /// Its name.
    pub event: String,
    /// Whether something was done with it.
    pub handled: bool,
    /// What, or why not: `persisted`, `updated`, `unmatched_exec_event`, `unsupported_event` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Parameters of `node.schemas.update`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeSchemasUpdateParams {
    /// A JSON Schema for the arguments of each command that has one; all others from before are forgotten.
    #[schemars(length(max = 512))]
    pub commands: BTreeMap<String, Value>,
}

/// Output of `node.schemas.update`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NodeSchemasUpdateOutput {
    /// Always true.
    pub ok: bool,
    /// How many are in force.
    pub count: u64,
}
