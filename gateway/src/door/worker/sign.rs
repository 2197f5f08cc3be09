//! What a worker's request is signed with: a key made of its token, over everything that makes the request what it is.
//!
//! The token alone would let whoever sees one request (a log, a proxy) put other words into it; the signature binds
//! the words to their place, their time and the run they are about.

use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac::{self, HMAC_SHA256};
use sha2::{Digest as _, Sha256};

/// A request as it is signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// Milliseconds since 1970, in decimal digits.
    pub(super) timestamp: &'a str,
    /// Never used before with this token.
    pub(super) nonce: &'a str,
    /// `TASK#FENCE` of the run the body is about, `-` if none or several.
    pub(super) run: &'a str,
    /// The number of the body's first step, `0` if it has none.
    pub(super) seq: &'a str,
    pub(super) body: &'a [u8],
}

impl Signed<'_> {
    /// Says whether `signature` (hex) is its signature by `token`, in a time that tells nothing.
    pub(super) fn fits(&self, token: &str, signature: &str) -> bool {
        let Ok(tag) = hex::decode(signature) else { return false };
        key(token).is_some_and(|key| hmac::verify(&key, self.text().as_bytes(), &tag).is_ok())
    }

    /// Returns the signed text: eight lines. No part can hold a line break but for those that come from the head of an
    /// HTTP request, which cannot either.
    fn text(&self) -> String {
        let digest = hex::encode(Sha256::digest(self.body));
        let Self { method, path, timestamp, nonce, run, seq, .. } = self;
        [VERSION, method, path, timestamp, nonce, run, seq, &digest].join("\n")
    }
}

/// Derives the key (RFC 5869, HKDF-SHA-256).
fn key(token: &str) -> Option<hmac::Key> {
    let made = Salt::new(HKDF_SHA256, VERSION.as_bytes()).extract(token.as_bytes());
    made.expand(&[INFO], HMAC_SHA256).ok().map(hmac::Key::from)
}

const VERSION: &str = "landline-worker-v1";
const INFO: &[u8] = b"request signature";

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Signed<'_> = Signed {
        method: "POST",
        path: "/v1/worker/report",
        timestamp: "1700000000000",
        nonce: "n-1",
        run: "-",
        seq: "0",
        body: b"{}",
    };

    fn signature(of: &Signed<'_>) -> String {
        hex::encode(hmac::sign(&key("llw_token").unwrap(), of.text().as_bytes()))
    }

    #[test]
    fn a_signature_is_for_exactly_this() {
        let good = signature(&REQUEST);
        // The same with Python: see tests/peers/worker.py.
        assert_eq!(good, "a5d7c56725e76983f60565ddc6f4c887b0a3b9ae5df49797666c88d5e752ae99");
        assert!(REQUEST.fits("llw_token", &good));
        assert!(!REQUEST.fits("llw_other", &good));
        assert!(!REQUEST.fits("llw_token", "") && !REQUEST.fits("llw_token", "zz"));
        for other in [
            Signed { method: "GET", ..REQUEST },
            Signed { path: "/v1/worker/poll", ..REQUEST },
            Signed { timestamp: "1700000000001", ..REQUEST },
            Signed { nonce: "n-2", ..REQUEST },
            Signed { run: "a#1", ..REQUEST },
            Signed { seq: "1", ..REQUEST },
            Signed { body: b"{ }", ..REQUEST },
        ] {
            assert!(!other.fits("llw_token", &good), "{other:?}");
        }
    }
}
