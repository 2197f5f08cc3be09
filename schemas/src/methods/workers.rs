//! Workers: machines that perform tasks for the gateway (docs/workers.md).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ADMIN, Access, READ, methods};
use crate::clock::Millis;
use crate::work::WorkerFacts;

methods! {
    /// What a worker tells of its runs and of itself; the gateway's orders come as `worker.orders`.
    WorkerReport "worker.report" Access::Node, Natural, WorkerReportParams => WorkerReportOutput;
    /// The workers that are connected, and those that were since the gateway started.
    WorkersList "workers.list" READ, Natural, WorkersListParams => WorkersListOutput;
    /// Takes a worker out of use, or back: one that drains is given nothing new and ends what it has.
    WorkersDrain "workers.drain" ADMIN, Natural, WorkersDrainParams => WorkersDrainOutput;
    /// Makes the token with which a worker shows who it is over HTTP and gRPC. It is shown this once; another one of
    /// the same name makes it invalid.
    WorkersTokenCreate "workers.token.create" ADMIN, Natural, WorkersTokenCreateParams => WorkersTokenCreateOutput;
    /// Makes a worker's token invalid and ends its connection.
    WorkersTokenRevoke "workers.token.revoke" ADMIN, Natural, WorkersTokenRevokeParams => WorkersTokenRevokeOutput;
}

/// Parameters of `worker.report`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkerReportParams {
    /// Reports (docs/workers.md), in order; the first of a connection is an announcement.
    #[schemars(length(max = 512))]
    pub messages: Vec<Value>,
}

/// Output of `worker.report`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct WorkerReportOutput {}

/// Payload of `worker.orders`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerOrders {
    /// Orders (docs/workers.md), in order.
    pub messages: Vec<Value>,
}

/// Parameters of `workers.list`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkersListParams {
    /// Only those of this pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Only those that are connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
}

/// Output of `workers.list`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkersListOutput {
    /// By name.
    pub workers: Vec<WorkerRow>,
}

/// How busy a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum WorkerStatus {
    /// It has nothing to do.
    Idle,
    /// It has something to do, and room for more.
    Active,
    /// It has no room.
    Busy,
    /// It is not connected.
    Offline,
    /// It is given nothing new.
    Draining,
}

/// A worker; also, as `worker`, the payload of `workers.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerRow {
    /// What it says of itself.
    #[serde(flatten)]
    pub facts: WorkerFacts,
    /// The node it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// How it is connected: `websocket`, `http`, `grpc`.
    pub transport: String,
    /// Whether it is.
    pub online: bool,
    /// How busy it is.
    pub status: WorkerStatus,
    /// Runs that it was given.
    pub running: u32,
    /// Their tasks.
    pub task_ids: Vec<String>,
    /// Since when it is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Millis>,
    /// When it was last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Millis>,
}

/// Payload of `workers.changed`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkersChanged {
    /// The worker as it is now.
    pub worker: WorkerRow,
}

/// Parameters of `workers.drain`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkersDrainParams {
    /// Which worker.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// Out of use, or back.
    pub drain: bool,
}

/// Output of `workers.drain`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkersDrainOutput {
    /// The worker as it is now.
    pub worker: WorkerRow,
}

/// Parameters of `workers.token.create`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkersTokenCreateParams {
    /// The worker's name.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    pub name: String,
}

/// Output of `workers.token.create`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkersTokenCreateOutput {
    /// The worker's name.
    pub name: String,
    /// The token; the gateway keeps only a digest of it.
    pub token: String,
}

impl std::fmt::Debug for WorkersTokenCreateOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkersTokenCreateOutput").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Parameters of `workers.token.revoke`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkersTokenRevokeParams {
    /// The worker's name.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
}

/// Output of `workers.token.revoke`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkersTokenRevokeOutput {
    /// Whether there was one.
    pub revoked: bool,
}
