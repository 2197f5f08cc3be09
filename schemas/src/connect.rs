//! The handshake: challenge, `connect`, `hello-ok` (protocol 1 and 3).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::snapshot::{Health, PresenceEntry, StateVersion};

/// Newest protocol version spoken.
pub const PROTOCOL: u32 = 4;
/// Oldest protocol version spoken.
pub const MIN_PROTOCOL: u32 = 3;

/// Returns the version to speak with a client that offers `min..=max`; `None`: none is shared.
pub fn negotiate(min: u32, max: u32) -> Option<u32> {
    let version = max.min(PROTOCOL);
    (min <= max && version >= MIN_PROTOCOL && version >= min).then_some(version)
}

/// Payload of the `connect.challenge` event, the first frame of every connection.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Challenge {
    /// To be signed; good for this connection only.
    pub nonce: String,
    /// The gateway's time, to be used as `signedAt`, so that clock skew does not matter.
    pub ts: Millis,
}

/// Parameters of `connect` (protocol 3.2). Unknown fields are ignored: newer clients add some.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectParams {
    /// Oldest version the client speaks.
    #[schemars(range(min = 1))]
    pub min_protocol: u32,
    /// Newest version the client speaks.
    #[schemars(range(min = 1))]
    pub max_protocol: u32,
    /// The program that connects.
    pub client: ClientInfo,
    /// `operator` (default) or `node`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Scopes asked for.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub scopes: Vec<String>,
    /// Operators: what the client understands. Nodes: families of commands.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub caps: Vec<String>,
    /// Nodes: commands offered.
    #[serde(default)]
    #[schemars(length(max = 512))]
    pub commands: Vec<String>,
    /// Nodes: permissions granted by the machine's owner.
    #[serde(default)]
    pub permissions: BTreeMap<String, bool>,
    /// Nodes: the PATH on which commands are found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_env: Option<String>,
    /// Device identity and signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceProof>,
    /// Tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthProof>,
    /// The person's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The browser's name of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// The program that connects. Ids and modes are open lists: third-party clients exist.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientInfo {
    /// Which program.
    #[schemars(length(min = 1, max = 96))]
    pub id: String,
    /// Its version, free text.
    #[schemars(length(min = 1, max = 96))]
    pub version: String,
    /// Its operating system, free text.
    #[schemars(length(min = 1, max = 96))]
    pub platform: String,
    /// How it is used: webchat, cli, ui, backend, node, probe, test, …
    #[schemars(length(min = 1, max = 32))]
    pub mode: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub display_name: Option<String>,
    /// Kind of device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 96))]
    pub device_family: Option<String>,
    /// Model of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 96))]
    pub model_identifier: Option<String>,
    /// Key of the presence entry of a client without device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub instance_id: Option<String>,
    /// IANA time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub time_zone: Option<String>,
}

/// Device identity and signature (protocol 3.4). Wrong values are told apart by `details.code`, so the
/// schema checks types only.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceProof {
    /// Lowercase hex SHA-256 of the public key.
    pub id: String,
    /// Base64url of the raw key.
    pub public_key: String,
    /// Base64url of the signature.
    pub signature: String,
    /// When it was signed, in milliseconds.
    #[schemars(range(min = 0))]
    pub signed_at: Millis,
    /// The challenge's nonce.
    #[serde(default)]
    pub nonce: String,
}

/// Tokens shown on connect. Their values never reach a log: `Debug` prints which are present.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthProof {
    /// The shared token, or a device token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The shared token under its other name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A device token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// The token of a setup code or of the browser's one-time link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_token: Option<String>,
}

impl AuthProof {
    /// Returns the token that the signature covers (protocol 3.4); a password is never signed.
    pub fn signed_token(&self) -> &str {
        [&self.token, &self.device_token, &self.bootstrap_token]
            .into_iter()
            .find_map(|token| token.as_deref().filter(|token| !token.is_empty()))
            .unwrap_or("")
    }
}

impl std::fmt::Debug for AuthProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthProof")
            .field("token", &self.token.is_some())
            .field("password", &self.password.is_some())
            .field("device_token", &self.device_token.is_some())
            .field("bootstrap_token", &self.bootstrap_token.is_some())
            .finish()
    }
}

/// The answer to a good `connect` (protocol 3.7).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelloOk {
    /// Always `hello-ok`.
    #[serde(rename = "type")]
    pub kind: HelloKind,
    /// The version that is spoken from here on.
    pub protocol: u32,
    /// Who answers.
    pub server: ServerInfo,
    /// What it can do.
    pub features: Features,
    /// The state to start from.
    pub snapshot: Snapshot,
    /// What the connection was granted.
    pub auth: HelloAuth,
    /// Limits to keep.
    pub policy: Policy,
    /// By surface: the base of its capability URLs; for nodes, and for operators with the cap `canvas`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin_surface_urls: Option<BTreeMap<String, String>>,
    /// The same for clients of protocol 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas_host_url: Option<String>,
}

/// The literal `hello-ok`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub enum HelloKind {
    /// The handshake succeeded.
    #[serde(rename = "hello-ok")]
    HelloOk,
}

/// Who answers. There is no `buildId`: a foreign one makes the stock panel reload for ever (protocol 0).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerInfo {
    /// Landline's version.
    pub version: String,
    /// This connection's id.
    pub conn_id: String,
}

/// What the gateway can do; the same for every connection.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Features {
    /// Methods that exist.
    pub methods: Vec<String>,
    /// Events that are pushed.
    pub events: Vec<String>,
}

/// The state that a client starts from.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Who is here.
    pub presence: Vec<PresenceEntry>,
    /// How the gateway is.
    pub health: Health,
    /// Versions of both.
    pub state_version: StateVersion,
    /// Milliseconds since the gateway's start.
    pub uptime_ms: u64,
    /// Where a message goes when no session is named.
    pub session_defaults: SessionDefaults,
    /// Path of the configuration, for administrators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_path: Option<String>,
    /// Path of the state directory, for administrators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_dir: Option<String>,
}

/// Where a message goes when no session is named.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionDefaults {
    /// The agent that answers.
    pub default_agent_id: String,
    /// Last part of the main session's key.
    pub main_key: String,
    /// The main session's key.
    pub main_session_key: String,
    /// How direct conversations are kept apart.
    pub scope: String,
    /// Whether a model is behind the default agent.
    pub model_configured: bool,
}

/// What the connection was granted.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelloAuth {
    /// `operator` or `node`.
    pub role: String,
    /// Scopes in force.
    pub scopes: Vec<String>,
    /// The device's token for its next connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// When that token was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at_ms: Option<Millis>,
    /// Tokens for the device's other roles (protocol 7.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_tokens: Option<Vec<IssuedToken>>,
}

impl std::fmt::Debug for HelloAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HelloAuth")
            .field("role", &self.role)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A device token for one role.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedToken {
    /// The token.
    pub device_token: String,
    /// Its role.
    pub role: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When it was issued.
    pub issued_at_ms: Millis,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Limits to keep.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Largest message in bytes.
    pub max_payload: u64,
    /// Bytes that may lie unread before events are dropped or the socket is closed.
    pub max_buffered_bytes: u64,
    /// Interval of `tick`; a client hears nothing for twice that: the gateway is gone.
    pub tick_interval_ms: u64,
    /// Limits of attachments.
    pub attachments: AttachmentPolicy,
}

/// Limits of attachments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentPolicy {
    /// All attachments of a message together, in bytes.
    pub max_bytes: u64,
    /// One image, in bytes.
    pub max_image_bytes: u64,
}

/// Additional data of a refused `connect`, so that pairing can be finished by hand (protocol 3.6).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingRequired {
    /// Always `PAIRING_REQUIRED`.
    pub code: String,
    /// not-paired, role-upgrade, scope-upgrade or metadata-upgrade.
    pub reason: String,
    /// The request to approve.
    pub request_id: String,
    /// The command that approves it.
    pub remediation_hint: String,
    /// The device.
    pub device_id: String,
    /// Role asked for.
    pub requested_role: String,
    /// Scopes asked for.
    pub requested_scopes: Vec<String>,
    /// Roles it has.
    pub approved_roles: Vec<String>,
    /// Scopes it has.
    pub approved_scopes: Vec<String>,
    /// `wait_then_retry`: keep connecting, approval lets you in.
    pub recommended_next_step: String,
    /// Always true.
    pub retryable: bool,
    /// Always false: clients that would stop reconnecting must not.
    pub pause_reconnect: bool,
}

/// Any JSON value, for parts of the protocol that are accepted but not acted upon.
pub type Ignored = Option<Value>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(negotiate(4, 4), Some(4));
        assert_eq!(negotiate(1, 9), Some(4));
        assert_eq!(negotiate(3, 3), Some(3));
        assert_eq!(negotiate(3, 4), Some(4));
        assert_eq!(negotiate(5, 9), None);
        assert_eq!(negotiate(1, 2), None);
        assert_eq!(negotiate(4, 3), None);
    }

    #[test]
    fn debug_prints_no_token() {
        let auth = AuthProof { token: Some("s3cret".into()), ..AuthProof::default() };
        assert!(!format!("{auth:?}").contains("s3cret"));
    }
}
