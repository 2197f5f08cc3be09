//! How a command ends: exit code, what went wrong, what to do next.

use gateway::config::ConfigError;
use nodes::client::{CallError, ConnectError};
use schemas::{ErrorCode, WireError};
use serde::Serialize;

/// What every command returns.
pub(crate) type Outcome = Result<(), Failure>;

/// Exit codes, as `--help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Exit {
    /// 1: it failed.
    Failed = 1,
    /// 2: wrong usage.
    Usage = 2,
    /// 3: the gateway is not running.
    NotRunning = 3,
    /// 4: refused or not permitted.
    Refused = 4,
    /// 5: no answer in time.
    Timeout = 5,
}

/// Why a command failed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    /// What kind of failure.
    pub(crate) exit: Exit,
    /// The gateway's code, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// What went wrong.
    pub(crate) message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// Returns a failure of a kind.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, code: None, message: message.into(), hint: None }
    }

    /// Returns a plain failure.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// Returns a failure of usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = matches!(error, ConfigError::Invalid { .. })
            .then(|| "mend the file, then: landline config check");
        Self { hint: hint.map(ToOwned::to_owned), ..Self::failed(error.to_string()) }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(error) => refused(&error),
            CallError::Timeout { .. } => Self::new(Exit::Timeout, error.to_string())
                .hint("wait longer with --timeout, or look into: landline logs"),
            CallError::Closed(_) => Self::failed(error.to_string()).hint("see: landline status"),
            CallError::Shape { .. } => Self::failed(error.to_string())
                .hint("gateway and command line may differ in version: see landline status"),
        }
    }
}

/// Says what a refused `connect` means and what to do.
pub(crate) fn not_connected(error: &ConnectError) -> Failure {
    if let Some(request) = error.pairing_request() {
        return Failure {
            code: Some("PAIRING_REQUIRED".into()),
            ..Failure::new(Exit::Refused, "this device is not approved at that gateway yet").hint(format!(
                "on the gateway's machine run: landline devices approve {request}; then repeat this command"
            ))
        };
    }
    match error {
        ConnectError::Refused(wire) => {
            let failure = Failure { exit: Exit::Refused, ..refused(wire) };
            match advice(error.detail_code().unwrap_or_default()) {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        }
        ConnectError::Timeout(_) => Failure::new(Exit::Timeout, error.to_string())
            .hint("see on the gateway's machine: landline doctor"),
        ConnectError::Unreachable { .. } => Failure::new(Exit::NotRunning, error.to_string()),
        ConnectError::OtherCertificate { shown, .. } => Failure {
            code: Some("TLS_FINGERPRINT_MISMATCH".into()),
            ..Failure::new(Exit::Refused, error.to_string()).hint(format!(
                "compare with landline status on the gateway's machine; only if it names {shown}: --tls-fingerprint {shown}"
            ))
        },
        ConnectError::UnknownCertificate { shown, .. } => Failure {
            code: Some("TLS_CERTIFICATE_UNKNOWN".into()),
            ..Failure::new(Exit::Refused, error.to_string()).hint(format!(
                "compare with landline status on the gateway's machine; if it names the same: --tls-fingerprint {shown}"
            ))
        },
        ConnectError::Tls { .. } => Failure::failed(error.to_string())
            .hint("does that port speak TLS? without [gateway.tls] there, the address is ws://"),
        ConnectError::NotAGateway { target, .. } if target.starts_with("ws://") => {
            Failure::failed(error.to_string()).hint("if that port speaks TLS, the address is wss://")
        }
        ConnectError::NotAGateway { .. } | ConnectError::Closed(_) | ConnectError::Protocol(_) => {
            Failure::failed(error.to_string())
        }
    }
}

/// Returns the next step for a `details.code` (protocol 3.6).
fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "AUTH_TOKEN_MISSING" | "AUTH_TOKEN_MISMATCH" | "DEVICE_IDENTITY_REQUIRED" => {
            "give the gateway's token with --token or LANDLINE_GATEWAY_TOKEN"
        }
        "AUTH_TOKEN_NOT_CONFIGURED" => {
            "that gateway has no shared token: set gateway.token there, or connect without --token and get approved"
        }
        "AUTH_DEVICE_TOKEN_MISMATCH" | "AUTH_SCOPE_MISMATCH" => {
            "the stored device token was forgotten: repeat the command to be paired again"
        }
        "AUTH_RATE_LIMITED" => "too many wrong tokens from here: wait five minutes",
        "PROTOCOL_MISMATCH" => "update the older of gateway and command line",
        _ => return None,
    })
}

fn refused(error: &WireError) -> Failure {
    let exit = match error.code {
        ErrorCode::Forbidden | ErrorCode::NotPaired => Exit::Refused,
        _ => Exit::Failed,
    };
    let detail = error.details.as_ref().and_then(|details| details["code"].as_str());
    let code = detail.map_or_else(|| error.code.to_string(), ToOwned::to_owned);
    let hint = match (error.code, error.retry_after_ms) {
        (ErrorCode::InternalError, _) => Some("the cause is in: landline logs".to_owned()),
        (_, Some(wait)) => Some(format!("try again in {} s", wait.div_ceil(1000))),
        _ => None,
    };
    Failure { exit, code: Some(code), message: error.message.clone(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refusals_say_the_next_step() {
        let error = WireError::new(ErrorCode::NotPaired, "pairing required: device is not approved yet")
            .details(json!({"code": "PAIRING_REQUIRED", "requestId": "r-1"}));
        let failure = not_connected(&ConnectError::Refused(error));
        assert_eq!(failure.exit, Exit::Refused);
        assert!(failure.hint.is_some_and(|hint| hint.contains("landline devices approve r-1")));
        let error = WireError::invalid("unauthorized").details(json!({"code": "AUTH_TOKEN_MISMATCH"}));
        let failure = not_connected(&ConnectError::Refused(error));
        assert_eq!((failure.exit, failure.code.as_deref()), (Exit::Refused, Some("AUTH_TOKEN_MISMATCH")));
        assert!(failure.hint.is_some_and(|hint| hint.contains("--token")));
    }

    #[test]
    fn a_missing_scope_is_a_refusal_and_a_wrong_param_a_failure() {
        let scope = CallError::Refused(WireError::missing_scope(schemas::Scope::Admin));
        assert_eq!(Failure::from(scope).exit, Exit::Refused);
        assert_eq!(Failure::from(CallError::Refused(WireError::invalid("x"))).exit, Exit::Failed);
    }
}
