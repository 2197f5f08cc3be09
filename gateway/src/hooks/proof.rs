//! How a call proves itself: by a token, or by a signature over the bytes as they came.

use hmac::{Hmac, KeyInit as _, Mac as _};
use schemas::bounds::SIGNATURE_WINDOW;
use schemas::clock::Millis;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What a call showed, header by header.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// `X-Hub-Signature-256`: `sha256=` and the hex HMAC-SHA256 of the body.
    pub over_body: Option<&'a str>,
    /// `X-Landline-Signature-256`: the same of `TIMESTAMP.DELIVERY.` and the body.
    pub over_all: Option<&'a str>,
    /// `X-Landline-Timestamp`: seconds since 1970.
    pub timestamp: Option<&'a str>,
    /// `X-Landline-Delivery`: a name that the sender gives each call.
    pub delivery: Option<&'a str>,
}

/// Why a call was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// There is no signature.
    Unsigned,
    /// The signature is not one of these bytes with this secret.
    Wrong,
    /// It was signed too long ago.
    Late,
}

/// Checks a call; returns by what a repeat of it is known. What nobody signed cannot tell one call from another.
pub(super) fn check(secret: &str, shown: &Shown<'_>, body: &[u8], now: Millis) -> Result<Vec<u8>, Doubt> {
    if let Some(signature) = shown.over_all {
        let (Some(timestamp), Some(delivery)) = (shown.timestamp, shown.delivery) else {
            return Err(Doubt::Wrong);
        };
        let fits =
            |text: &str| (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let delivered = fits(delivery) && !delivery.contains('.');
        let seconds: i64 = timestamp.parse().map_err(|_| Doubt::Wrong)?;
        let head = format!("{timestamp}.{delivery}.");
        if !delivered || !signed(secret, signature, &[head.as_bytes(), body]) {
            return Err(Doubt::Wrong);
        }
        let window = Millis::try_from(SIGNATURE_WINDOW.as_millis()).unwrap_or(Millis::MAX);
        let apart = seconds.checked_mul(1000).map_or(Millis::MAX, |then| (now - then).saturating_abs());
        return if apart > window {
            Err(Doubt::Late)
        } else {
            Ok(digest(&[b"delivery:", delivery.as_bytes()]))
        };
    }
    let signature = shown.over_body.ok_or(Doubt::Unsigned)?;
    if signed(secret, signature, &[body]) { Ok(digest(&[b"body:", body])) } else { Err(Doubt::Wrong) }
}

/// Returns by what a repeat of an unsigned call is known: nothing, each call counts.
pub(super) fn unsigned() -> Vec<u8> {
    uuid::Uuid::new_v4().as_bytes().to_vec()
}

/// Signs what is sent, in the form that the other side checks.
#[cfg(test)]
fn sign(secret: &str, parts: &[&[u8]]) -> String {
    format!("sha256={}", hex::encode(mac(secret, parts).finalize().into_bytes()))
}

/// Compares two tokens in a time that tells nothing.
pub(super) fn same(given: &str, kept: &str) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(kept)).into()
}

fn signed(secret: &str, signature: &str, parts: &[&[u8]]) -> bool {
    let given = signature.strip_prefix("sha256=").and_then(|hex| hex::decode(hex).ok());
    given.is_some_and(|given| mac(secret, parts).verify_slice(&given).is_ok())
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(secret: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

fn digest(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_795_262_400_000;

    #[test]
    fn the_signature_is_over_the_bytes_as_they_came() {
        // The example of GitHub's own documentation.
        let (secret, body) = ("It's a Secret to Everybody", b"Hello, World!".as_slice());
        let known = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(sign(secret, &[body]), known);
        let shown = Shown { over_body: Some(known), ..Shown::default() };
        assert!(check(secret, &shown, body, NOW).is_ok());
        assert_eq!(check(secret, &shown, b"Hello, World! ", NOW), Err(Doubt::Wrong));
        assert_eq!(check("other", &shown, body, NOW), Err(Doubt::Wrong));
        assert_eq!(check(secret, &Shown::default(), body, NOW), Err(Doubt::Unsigned));
        for bad in ["", "sha256=", "sha256=zz", "sha1=757107ea", &known[..40]] {
            let shown = Shown { over_body: Some(bad), ..Shown::default() };
            assert_eq!(check(secret, &shown, body, NOW), Err(Doubt::Wrong), "{bad}");
        }
    }

    #[test]
    fn a_repeat_is_known_by_what_was_signed() {
        let check_at = |timestamp: &str, delivery: &str, signed: (&str, &str), body: &[u8]| {
            let head = format!("{}.{}.", signed.0, signed.1);
            let signature = sign("s", &[head.as_bytes(), body]);
            let shown = Shown {
                over_all: Some(&signature),
                timestamp: Some(timestamp),
                delivery: Some(delivery),
                ..Shown::default()
            };
            check("s", &shown, body, NOW)
        };
        let seconds = (NOW / 1000).to_string();
        let first = check_at(&seconds, "d1", (&seconds, "d1"), b"x").expect("good");
        assert_eq!(check_at(&seconds, "d1", (&seconds, "d1"), b"y"), Ok(first.clone()));
        assert_ne!(check_at(&seconds, "d2", (&seconds, "d2"), b"x"), Ok(first));
        assert_eq!(check_at(&seconds, "d2", (&seconds, "d1"), b"x"), Err(Doubt::Wrong));
        let late = (NOW / 1000 - 121).to_string();
        assert_eq!(check_at(&late, "d1", (&late, "d1"), b"x"), Err(Doubt::Late));
        assert_eq!(check_at(&seconds, "d1", (&late, "d1"), b"x"), Err(Doubt::Wrong));
        assert_eq!(check_at(&seconds, "a.b", (&seconds, "a.b"), b"x"), Err(Doubt::Wrong));
    }
}
