//! Every way to be turned away: code, message with the next step, details (protocol 3.6), close code.

use schemas::connect::{MIN_PROTOCOL, PROTOCOL, PairingRequired};
use schemas::error::{DetailCode, ErrorCode, WireError};
use schemas::methods::devices::PairingRequest;
use serde_json::{Value, json};

use super::proof::Flaw;

/// A refused `connect`: the error to answer and the close frame that follows.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The error of the response.
    pub error: WireError,
    /// The close code.
    pub close_code: u16,
    /// The close reason, at most 123 bytes.
    pub close_reason: String,
}

impl Refusal {
    fn new(code: ErrorCode, message: &str, next: &str, details: Value) -> Self {
        Self {
            error: WireError::new(code, format!("{message}; {next}")).details(details),
            close_code: POLICY,
            close_reason: cut(message),
        }
    }

    fn auth(detail: DetailCode, reason: &str, message: &str, next: &str, step: &str) -> Self {
        let details = json!({ "code": detail, "authReason": reason, "recommendedNextStep": step });
        Self::new(ErrorCode::InvalidRequest, message, next, details)
    }

    pub(super) fn protocol(min: u32, max: u32) -> Self {
        let details = json!({
            "code": DetailCode::ProtocolMismatch,
            "clientMinProtocol": min,
            "clientMaxProtocol": max,
            "expectedProtocol": PROTOCOL,
            "minimumProtocol": MIN_PROTOCOL,
            "minimumProbeProtocol": MIN_PROTOCOL,
        });
        let next = format!("use a client that speaks version {MIN_PROTOCOL} or {PROTOCOL}");
        let refusal = Self::new(ErrorCode::InvalidRequest, "protocol mismatch", &next, details);
        Self { close_code: PROTOCOL_ERROR, ..refusal }
    }

    pub(super) fn role() -> Self {
        let error = WireError::invalid("invalid role; use operator or node");
        Self { error, close_code: POLICY, close_reason: "invalid role".into() }
    }

    pub(super) fn flaw(flaw: Flaw) -> Self {
        let (detail, reason, message, next) = flaw.words();
        Self::new(ErrorCode::InvalidRequest, message, next, json!({ "code": detail, "reason": reason }))
    }

    pub(super) fn device_required() -> Self {
        Self::new(
            ErrorCode::NotPaired,
            "device identity required",
            "sign the challenge with a device key, or show the gateway's token from this machine",
            json!({ "code": DetailCode::DeviceIdentityRequired }),
        )
    }

    pub(super) fn browser_device_required() -> Self {
        Self::new(
            ErrorCode::NotPaired,
            "device identity required: a browser must sign the challenge",
            "open the page over https or on localhost, where the browser can make a key",
            json!({ "code": DetailCode::ControlUiDeviceIdentityRequired }),
        )
    }

    pub(super) fn token_missing() -> Self {
        Self::auth(
            DetailCode::AuthTokenMissing,
            "token_missing",
            "unauthorized: token missing",
            "show the gateway's token, this device's token, or a setup code (`landline call device.pair.setupCode`)",
            "update_auth_configuration",
        )
    }

    /// `with_device`: the client has a device identity and did not try its own token yet.
    pub(super) fn token_mismatch(with_device: bool) -> Self {
        let step = if with_device { "retry_with_device_token" } else { "update_auth_credentials" };
        let refusal = Self::auth(
            DetailCode::AuthTokenMismatch,
            "token_mismatch",
            "unauthorized: gateway token mismatch",
            "take the token from the gateway's configuration",
            step,
        );
        refusal.also("canRetryWithDeviceToken", json!(with_device))
    }

    pub(super) fn not_configured() -> Self {
        Self::auth(
            DetailCode::AuthTokenNotConfigured,
            "token_not_configured",
            "unauthorized: the gateway has no shared token",
            "set one with `landline gateway --token`, or leave it out and pair the device",
            "update_auth_configuration",
        )
    }

    pub(super) fn device_token_mismatch() -> Self {
        Self::auth(
            DetailCode::AuthDeviceTokenMismatch,
            "device_token_mismatch",
            "unauthorized: device token mismatch",
            "it was replaced or ended: forget it and pair the device again",
            "update_auth_credentials",
        )
    }

    pub(super) fn scope_mismatch(lacking: &[String]) -> Self {
        let refusal = Self::auth(
            DetailCode::AuthScopeMismatch,
            "scope_mismatch",
            "unauthorized: the device token does not carry the scopes asked for",
            &format!("ask without {}, or connect without the token to ask for approval", lacking.join(", ")),
            "review_auth_configuration",
        );
        refusal.also("missingScopes", json!(lacking))
    }

    pub(super) fn bootstrap_invalid() -> Self {
        Self::auth(
            DetailCode::AuthBootstrapTokenInvalid,
            "bootstrap_token_invalid",
            "unauthorized: the link or setup code is unknown, used or expired",
            "make a new one with `landline dashboard` or `landline call device.pair.setupCode`",
            "update_auth_credentials",
        )
    }

    pub(super) fn rate_limited(retry_after: u64) -> Self {
        let refusal = Self::auth(
            DetailCode::AuthRateLimited,
            "rate_limited",
            "unauthorized: too many failed attempts",
            &format!("try again in {} seconds", retry_after.div_ceil(1000)),
            "wait_then_retry",
        );
        let refusal = refusal.also("retryAfterMs", json!(retry_after));
        Self { error: refusal.error.retry_after(retry_after), ..refusal }
    }

    /// `wait_then_retry` without a pause goes to everyone: it is what makes stock clients get in by themselves
    /// once somebody has approved.
    pub(super) fn pairing(reason: Reason, request: &PairingRequest, has: (Vec<String>, Vec<String>)) -> Self {
        let id = &request.request_id;
        let hint = format!("landline devices approve {id}");
        let message = format!("pairing required: {} (requestId: {id})", reason.words());
        let details = PairingRequired {
            code: DetailCode::PairingRequired.to_string(),
            reason: reason.name().into(),
            request_id: id.clone(),
            remediation_hint: hint.clone(),
            device_id: request.device_id.clone(),
            requested_role: request.role.clone(),
            requested_scopes: request.scopes.clone(),
            approved_roles: has.0,
            approved_scopes: has.1,
            recommended_next_step: "wait_then_retry".into(),
            retryable: true,
            pause_reconnect: false,
        };
        let details = serde_json::to_value(details).unwrap_or_default();
        let next = format!("run `{hint}` on the gateway's machine");
        let refusal = Self::new(ErrorCode::NotPaired, &message, &next, details);
        Self { error: WireError { retryable: Some(true), ..refusal.error }, ..refusal }
    }

    pub(super) fn too_many_requests() -> Self {
        let message = "pairing required: too many devices wait already";
        let next = "run `landline devices list`, approve or reject some, then try again";
        let error = WireError::unavailable(format!("{message}; {next}"));
        Self { error: error.detail(DetailCode::Busy), close_code: TRY_LATER, close_reason: cut(message) }
    }

    pub(super) fn ours(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(%error, "An admission could not be written down");
        let error =
            WireError::unavailable("the gateway could not write this down; try again, its log has the cause");
        Self { error, close_code: INTERNAL, close_reason: "internal".into() }
    }

    fn also(mut self, key: &str, value: Value) -> Self {
        if let Some(Value::Object(details)) = &mut self.error.details {
            details.insert(key.to_owned(), value);
        }
        self
    }
}

/// Why a device has to be approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    NotPaired,
    Role,
    Scope,
    Metadata,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::NotPaired => "not-paired",
            Self::Role => "role-upgrade",
            Self::Scope => "scope-upgrade",
            Self::Metadata => "metadata-upgrade",
        }
    }

    /// Short: with the request's id it must fit a close frame's 123 bytes.
    fn words(self) -> &'static str {
        match self {
            Self::NotPaired => "device is not approved yet",
            Self::Role => "device asks for another role",
            Self::Scope => "device asks for more scopes",
            Self::Metadata => "device reports another platform",
        }
    }
}

/// Cuts a text to what a close frame can carry.
fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_REASON);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

const MAX_REASON: usize = 123;
const PROTOCOL_ERROR: u16 = 1002;
const POLICY: u16 = 1008;
const INTERNAL: u16 = 1011;
const TRY_LATER: u16 = 1013;
