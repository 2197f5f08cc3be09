//! When to connect again: soon at first, then less often, never all at once, and when the gateway says.

use std::time::Duration;

use crate::client::ConnectError;

/// Counts attempts that failed in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failed: u32,
}

/// What to do after a refused or failed `connect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Try again.
    Retry,
    /// Try again when a person has approved this node; ask often, they may just be doing it.
    Wait,
    /// The device token is no good: try again without.
    ForgetToken,
    /// The setup code is no good: try again without.
    ForgetCode,
    /// Trying again the same way cannot help.
    Hopeless,
}

impl Backoff {
    /// Starts anew, after a connection that worked.
    pub(super) const fn reset(&mut self) {
        self.failed = 0;
    }

    /// Returns how long to wait now; `random` is between 0 and 1.
    pub(super) fn next(&mut self, next: Next, asked: Option<Duration>, random: f64) -> Duration {
        let most = match next {
            Next::Wait => LONGEST_FOR_APPROVAL,
            Next::Hopeless => LONGEST_HOPELESS,
            _ => LONGEST,
        };
        let full = FIRST.saturating_mul(2_u32.saturating_pow(self.failed.min(16))).min(most);
        self.failed = self.failed.saturating_add(1);
        // Half of it is chance, so that a thousand nodes do not come back in the same second.
        let wait = full.mul_f64(random.clamp(0.0, 1.0).midpoint(1.0));
        asked.map_or(wait, |asked| asked.min(LONGEST_ASKED).max(wait))
    }
}

/// Returns what a failure means (protocol 3.6).
pub(super) fn after(error: &ConnectError) -> Next {
    if matches!(error, ConnectError::OtherCertificate { .. } | ConnectError::UnknownCertificate { .. }) {
        return Next::Hopeless;
    }
    match error.detail_code() {
        Some("PAIRING_REQUIRED") => Next::Wait,
        Some("AUTH_DEVICE_TOKEN_MISMATCH" | "AUTH_SCOPE_MISMATCH") => Next::ForgetToken,
        Some("AUTH_BOOTSTRAP_TOKEN_INVALID") => Next::ForgetCode,
        Some(
            "AUTH_TOKEN_MISSING"
            | "AUTH_TOKEN_MISMATCH"
            | "AUTH_TOKEN_NOT_CONFIGURED"
            | "AUTH_PASSWORD_MISSING"
            | "AUTH_PASSWORD_MISMATCH"
            | "DEVICE_AUTH_DEVICE_ID_MISMATCH"
            | "DEVICE_AUTH_SIGNATURE_INVALID"
            | "DEVICE_AUTH_PUBLIC_KEY_INVALID"
            | "PROTOCOL_MISMATCH",
        ) => Next::Hopeless,
        _ => Next::Retry,
    }
}

/// Returns how long the gateway asks to wait.
pub(super) fn asked(error: &ConnectError) -> Option<Duration> {
    match error {
        ConnectError::Refused(error) => error.retry_after_ms.map(Duration::from_millis),
        _ => None,
    }
}

/// Returns a random number between 0 and 1.
pub(super) fn chance() -> f64 {
    let mut bytes = [0_u8; 4];
    // Without randomness the waits are merely less spread.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
const LONGEST_FOR_APPROVAL: Duration = Duration::from_secs(5);
const LONGEST_HOPELESS: Duration = Duration::from_mins(5);
const LONGEST_ASKED: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use schemas::{ErrorCode, WireError};
    use serde_json::json;

    #[test]
    fn refusals_are_told_apart() {
        for (code, next) in [
            ("PAIRING_REQUIRED", Next::Wait),
            ("AUTH_DEVICE_TOKEN_MISMATCH", Next::ForgetToken),
            ("AUTH_BOOTSTRAP_TOKEN_INVALID", Next::ForgetCode),
            ("AUTH_TOKEN_MISMATCH", Next::Hopeless),
            ("AUTH_RATE_LIMITED", Next::Retry),
            ("SHUTTING_DOWN", Next::Retry),
        ] {
            let error = WireError::new(ErrorCode::InvalidRequest, "no").details(json!({"code": code}));
            assert_eq!(after(&ConnectError::Refused(error)), next, "{code}");
        }
        assert_eq!(after(&ConnectError::Timeout(FIRST)), Next::Retry);
    }

    proptest! {
        #[test]
        fn waits_grow_to_a_limit_and_are_spread(random in 0.0..1.0_f64, asked in prop::option::of(0_u64..5000)) {
            let mut backoff = Backoff::default();
            let asked = asked.map(Duration::from_millis);
            for round in 0..20_u32 {
                let wait = backoff.next(Next::Retry, asked, random);
                let full = FIRST.saturating_mul(2_u32.saturating_pow(round)).min(LONGEST);
                prop_assert!(wait >= full / 2 && wait <= full.max(asked.unwrap_or_default()));
                prop_assert!(asked.is_none_or(|asked| wait >= asked));
            }
            backoff.reset();
            prop_assert!(backoff.next(Next::Retry, None, random) <= FIRST);
        }
    }
}
