//! Devices and pairing (protocol 5.8, 3.9, 7).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ADMIN, NoParams, PAIRING, methods};
use crate::clock::Millis;
use crate::connect::Ignored;

methods! {
    /// Devices that wait and devices that are paired.
    DevicePairList "device.pair.list" PAIRING, Natural, NoParams => DevicePairListOutput;
    /// Lets a device in.
    DevicePairApprove "device.pair.approve" PAIRING, Natural, RequestParams => DevicePairApproveOutput;
    /// Refuses a device.
    DevicePairReject "device.pair.reject" PAIRING, Natural, RequestParams => DevicePairRejectOutput;
    /// Forgets a device and closes its connections. Others than one's own need admin.
    DevicePairRemove "device.pair.remove" PAIRING, Natural, DeviceParams => DevicePairRemoveOutput;
    /// Names a device. Others than one's own need admin.
    DevicePairRename "device.pair.rename" PAIRING, Natural, DevicePairRenameParams => DevicePairRenameOutput;
    /// Makes a setup code for a phone or another machine.
    DevicePairSetupCode "device.pair.setupCode" ADMIN, Natural, SetupCodeParams => SetupCodeOutput;
    /// Replaces a device's token and closes its connections. Others than one's own need admin.
    DeviceTokenRotate "device.token.rotate" PAIRING, Natural, DeviceTokenRotateParams => DeviceTokenRotateOutput;
    /// Ends a device's token and closes its connections. Others than one's own need admin.
    DeviceTokenRevoke "device.token.revoke" PAIRING, Natural, DeviceTokenParams => DeviceTokenRevokeOutput;
}

/// Parameters that name a pairing request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestParams {
    /// The request.
    #[schemars(length(min = 1, max = 64))]
    pub request_id: String,
}

/// Parameters that name a device.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceParams {
    /// The device.
    #[schemars(length(min = 1, max = 64))]
    pub device_id: String,
}

/// A device that waits for approval; also the payload of `device.pair.requested`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingRequest {
    /// To approve or reject. It is the digest of everything below but `ts`: a request cannot be changed under
    /// its id, and approving the id approves just what was shown.
    pub request_id: String,
    /// The device.
    pub device_id: String,
    /// Its key.
    pub public_key: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// The program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<String>,
    /// Role asked for.
    pub role: String,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// Whether the device is known already and asks for more.
    pub is_repair: bool,
    /// When it asked last.
    pub ts: Millis,
}

/// A paired device.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairedDevice {
    /// The device.
    pub device_id: String,
    /// Its key.
    pub public_key: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// The program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<String>,
    /// Its first role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// All its roles.
    pub roles: Vec<String>,
    /// All its scopes.
    pub scopes: Vec<String>,
    /// `silent`, `owner` or `bootstrap`.
    pub approved_via: String,
    /// When it was first seen.
    pub created_at_ms: Millis,
    /// When it was last approved.
    pub approved_at_ms: Millis,
    /// When it was last here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at_ms: Option<Millis>,
    /// Whether it is here now.
    pub connected: bool,
    /// Its tokens, without their values.
    pub tokens: Vec<TokenInfo>,
}

/// A device token without its value.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenInfo {
    /// Its role.
    pub role: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When it was issued.
    pub created_at_ms: Millis,
    /// When it was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at_ms: Option<Millis>,
    /// When it was ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at_ms: Option<Millis>,
    /// When it was last shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at_ms: Option<Millis>,
}

/// Devices that wait and devices that are paired.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DevicePairListOutput {
    /// Waiting, oldest first.
    pub pending: Vec<PairingRequest>,
    /// Paired, latest first.
    pub paired: Vec<PairedDevice>,
}

/// An approved device.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairApproveOutput {
    /// The request.
    pub request_id: String,
    /// The device.
    pub device: PairedDevice,
}

/// A refused device.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRejectOutput {
    /// The request.
    pub request_id: String,
    /// The device.
    pub device_id: String,
}

/// A forgotten device.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRemoveOutput {
    /// The device.
    pub device_id: String,
}

/// Parameters of `device.pair.rename`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevicePairRenameParams {
    /// The device.
    #[schemars(length(min = 1, max = 64))]
    pub device_id: String,
    /// Its new name.
    #[schemars(length(min = 1, max = 64))]
    pub label: String,
}

/// A named device.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRenameOutput {
    /// The device.
    pub device_id: String,
    /// Its name.
    pub label: String,
}

/// Parameters that name a device's token.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceTokenParams {
    /// The device.
    #[schemars(length(min = 1, max = 64))]
    pub device_id: String,
    /// `operator` or `node`.
    #[schemars(length(min = 1, max = 32))]
    pub role: String,
}

/// Parameters of `device.token.rotate`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceTokenRotateParams {
    /// The device.
    #[schemars(length(min = 1, max = 64))]
    pub device_id: String,
    /// `operator` or `node`.
    #[schemars(length(min = 1, max = 32))]
    pub role: String,
    /// Fewer scopes than before; more are refused. The same if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

/// A replaced token.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTokenRotateOutput {
    /// The device.
    pub device_id: String,
    /// Its role.
    pub role: String,
    /// The new token; only for the device itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When.
    pub rotated_at_ms: Millis,
    /// `in-band` or `withheld-cross-device`.
    pub token_delivery: String,
}

impl std::fmt::Debug for DeviceTokenRotateOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceTokenRotateOutput").field("device_id", &self.device_id).finish_non_exhaustive()
    }
}

/// An ended token.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTokenRevokeOutput {
    /// The device.
    pub device_id: String,
    /// Its role.
    pub role: String,
    /// When.
    pub revoked_at_ms: Millis,
}

/// What a setup code lets its device do (protocol 7.4).
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
    strum::Display,
    strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum SetupAccess {
    /// Node, and operator with every scope.
    #[default]
    Full,
    /// Node, and operator without admin and pairing.
    Limited,
    /// Node only.
    Node,
}

/// Parameters of `device.pair.setupCode`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetupCodeParams {
    /// The address the device shall dial; the gateway's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub public_url: Option<String>,
    /// Whether to draw a QR code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_qr: Option<bool>,
    /// `limited` or `node`; full access if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_profile: Option<SetupAccess>,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub prefer_remote_url: Ignored,
    /// Accepted.
    #[serde(default, skip_serializing)]
    pub join_url: Ignored,
}

/// A setup code.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupCodeOutput {
    /// Names it in `device.pair.setup.completed`.
    pub setup_id: String,
    /// Base64url of `{url, bootstrapToken, expiresAtMs, tlsFingerprint?}`.
    pub setup_code: String,
    /// The same as a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr_data_url: Option<String>,
    /// The address within.
    pub gateway_url: String,
    /// Always `token`.
    pub auth: String,
    /// Where the address came from.
    pub url_source: String,
    /// What it lets the device do.
    pub access: SetupAccess,
    /// When it stops working.
    pub expires_at_ms: Millis,
}

impl std::fmt::Debug for SetupCodeOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetupCodeOutput").field("setup_id", &self.setup_id).finish_non_exhaustive()
    }
}

/// Payload of `device.pair.resolved`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingResolved {
    /// The request.
    pub request_id: String,
    /// The device.
    pub device_id: String,
    /// `approved`, `rejected` or `removed`.
    pub decision: String,
    /// When.
    pub ts: Millis,
}

/// Payload of `device.pair.setup.completed`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupCompleted {
    /// The setup code's id.
    pub setup_id: String,
    /// The device that used it.
    pub device_id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
    /// What it may do.
    pub access: SetupAccess,
    /// When.
    pub ts: Millis,
}
