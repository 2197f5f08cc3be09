//! The SHA-256 of a TLS certificate: what a person compares, and what a client pins (protocol 7.4, 7.5).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a certificate's DER form. Printed as 64 lowercase hex digits; read with or without colons, in
/// either case, with or without `sha256:` in front.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Returns the fingerprint of a certificate in DER form.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Returns it as `openssl x509 -fingerprint` prints it: pairs of capital digits between colons.
    pub fn colons(&self) -> String {
        self.0.map(|byte| format!("{byte:02X}")).join(":")
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "\"{}\" is no fingerprint: give the SHA-256 of the certificate, 64 hex digits with or without colons",
                text.chars().take(100).collect::<String>()
            )
        };
        let digits = text.trim().to_ascii_lowercase();
        let digits = digits.strip_prefix("sha-256").or(digits.strip_prefix("sha256")).unwrap_or(&digits);
        let digits: String =
            digits.trim_start_matches([':', '=', ' ']).chars().filter(|c| *c != ':').collect();
        let bytes = hex::decode(digits).map_err(|_| bad())?;
        bytes.try_into().map(Self).map_err(|_| bad())
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_spelling_is_the_same() {
        let plain = Fingerprint::of(b"abc");
        assert_eq!(plain.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        for text in [
            plain.to_string(),
            plain.to_string().to_uppercase(),
            plain.colons(),
            format!("sha256:{plain}"),
            format!("SHA-256 {}", plain.colons()),
            format!("sha256 Fingerprint={plain}").replace(" Fingerprint", ""),
            format!(" {plain}\n"),
        ] {
            assert_eq!(text.parse(), Ok(plain), "{text}");
        }
    }

    #[test]
    fn what_is_no_sha256_is_refused() {
        let plain = Fingerprint::of(b"abc").to_string();
        for text in ["", "ba78", &plain[1..], &format!("{plain}00"), &plain.replace('b', "x")] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }
}
