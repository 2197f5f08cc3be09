//! The code with which a phone or another machine pairs itself (protocol 7.4): where the gateway is, a token
//! that works once, and the certificate that will be shown there.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::fingerprint::Fingerprint;

/// What a setup code holds. Fields that are not known are passed over, by stock clients too.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetupCode {
    /// The gateway's address, `ws://` or `wss://`.
    pub url: String,
    /// Lets one device in, once.
    pub bootstrap_token: String,
    /// When the token stops working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<Millis>,
    /// The certificate to pin; absent without TLS and behind a proxy whose certificate is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_fingerprint: Option<Fingerprint>,
}

/// Longest code that is looked at.
const MAX_CODE: usize = 8192;

impl SetupCode {
    /// Returns the code: base64url, without padding, of the JSON.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl FromStr for SetupCode {
    type Err = String;

    /// Reads a code, also as the link `oc-pair://CODE`.
    fn from_str(text: &str) -> Result<Self, String> {
        // The text holds a secret: it is not repeated.
        let bad = || "this is no setup code: make one with `landline devices setup-code`".to_owned();
        let code = text.trim();
        let code = code.strip_prefix("oc-pair://").unwrap_or(code).trim_end_matches(['/', '=']);
        if code.len() > MAX_CODE {
            return Err(bad());
        }
        let bytes = URL_SAFE_NO_PAD.decode(code).map_err(|_| bad())?;
        serde_json::from_slice(&bytes).map_err(|_| bad())
    }
}

impl fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetupCode")
            .field("url", &self.url)
            .field("tls_fingerprint", &self.tls_fingerprint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_written() {
        let code = SetupCode {
            url: "wss://gate.example:18789".into(),
            bootstrap_token: "s3cret".into(),
            expires_at_ms: Some(5),
            tls_fingerprint: Some(Fingerprint::of(b"x")),
        };
        assert_eq!(code.encode().parse(), Ok(code.clone()));
        assert_eq!(format!("oc-pair://{}", code.encode()).parse(), Ok(code.clone()));
        assert!(!format!("{code:?}").contains("s3cret"));
        let plain = URL_SAFE_NO_PAD.encode(r#"{"url":"ws://a","bootstrapToken":"b","urls":["ws://c"]}"#);
        assert_eq!(plain.parse::<SetupCode>().expect("a stock code").tls_fingerprint, None);
    }

    #[test]
    fn what_is_no_code_is_refused_and_not_repeated() {
        for text in ["", "s3cret", "oc-pair://", "e30", &"a".repeat(MAX_CODE + 1)] {
            let error = text.parse::<SetupCode>().expect_err("no code");
            assert!(!error.contains("s3cret"), "{error}");
        }
        let pin = URL_SAFE_NO_PAD.encode(r#"{"url":"ws://a","bootstrapToken":"b","tlsFingerprint":"12"}"#);
        assert!(pin.parse::<SetupCode>().is_err(), "a pin that cannot be read is not passed over");
    }
}
