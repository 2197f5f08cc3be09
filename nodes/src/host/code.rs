//! Setup codes: everything a new machine needs to find its gateway and be let in once (protocol 7.4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemas::clock::Millis;
use serde::Deserialize;

/// A decoded setup code.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetupCode {
    /// The gateway.
    pub url: String,
    /// Lets one device in, once.
    pub bootstrap_token: String,
    /// When it ends.
    #[serde(default)]
    pub expires_at_ms: Option<Millis>,
    /// SHA-256 of the gateway's certificate.
    #[serde(default, alias = "tlsFingerprint", alias = "gatewayTlsSha256")]
    pub tls_fingerprint: Option<String>,
}

impl std::fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetupCode").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why a text is no setup code that helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It is something else.
    #[error("that is no setup code: copy the whole line that `landline devices setup-code --access node` prints")]
    NotACode,
    /// It is too old.
    #[error("that setup code has expired: make a new one with `landline devices setup-code --access node`")]
    Expired,
}

impl SetupCode {
    /// Reads a code, with or without `oc-pair://` before it.
    pub fn parse(text: &str, now: Millis) -> Result<Self, CodeError> {
        let text = text.trim();
        let code = text.strip_prefix("oc-pair://").unwrap_or(text).trim_matches('/').trim_end_matches('=');
        let bytes = URL_SAFE_NO_PAD.decode(code).map_err(|_| CodeError::NotACode)?;
        let code: Self = serde_json::from_slice(&bytes).map_err(|_| CodeError::NotACode)?;
        if code.url.is_empty() || code.bootstrap_token.is_empty() {
            return Err(CodeError::NotACode);
        }
        if code.expires_at_ms.is_some_and(|end| end <= now) {
            return Err(CodeError::Expired);
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(json: &str) -> String {
        URL_SAFE_NO_PAD.encode(json)
    }

    #[test]
    fn a_code_with_and_without_its_scheme() {
        let code = encode(r#"{"url":"ws://10.0.0.2:18789","bootstrapToken":"b0","expiresAtMs":100}"#);
        for text in [code.clone(), format!("oc-pair://{code}"), format!(" {code}\n")] {
            let read = SetupCode::parse(&text, 99).expect("a code");
            assert_eq!((read.url.as_str(), read.bootstrap_token.as_str()), ("ws://10.0.0.2:18789", "b0"));
        }
        assert_eq!(SetupCode::parse(&code, 100).err(), Some(CodeError::Expired));
    }

    #[test]
    fn other_texts() {
        for text in ["", "hello", &encode("{}"), &encode(r#"{"url":"","bootstrapToken":"x"}"#), "oc-pair://"] {
            assert_eq!(SetupCode::parse(text, 0).err(), Some(CodeError::NotACode), "{text}");
        }
    }

    #[test]
    fn the_token_is_not_printed() {
        let code = SetupCode::parse(&encode(r#"{"url":"ws://h","bootstrapToken":"s3cret"}"#), 0).unwrap();
        assert!(!format!("{code:?}").contains("s3cret"));
    }
}
