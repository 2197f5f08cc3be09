//! Each flaw in a device's proof has its own code, and none of them lets anyone in.

use super::*;

type Tamper = fn(&mut ConnectParams);

#[tokio::test]
async fn every_flaw_has_its_code() {
    let desk = Desk::new();
    let cases: [(Tamper, &str); 9] = [
        (
            |params| params.device.as_mut().expect("set").public_key = "short".into(),
            "DEVICE_AUTH_PUBLIC_KEY_INVALID",
        ),
        (|params| params.device.as_mut().expect("set").id = "0".repeat(64), "DEVICE_AUTH_DEVICE_ID_MISMATCH"),
        (|params| params.device.as_mut().expect("set").nonce = " ".into(), "DEVICE_AUTH_NONCE_REQUIRED"),
        (|params| params.device.as_mut().expect("set").nonce = "other".into(), "DEVICE_AUTH_NONCE_MISMATCH"),
        (
            |params| params.device.as_mut().expect("set").signature = "AAAA".into(),
            "DEVICE_AUTH_SIGNATURE_INVALID",
        ),
        (|params| params.scopes.push("operator.admin".into()), "DEVICE_AUTH_SIGNATURE_INVALID"),
        (|params| params.role = Some("node".into()), "DEVICE_AUTH_SIGNATURE_INVALID"),
        (|params| params.client.platform = "darwin".into(), "DEVICE_AUTH_SIGNATURE_INVALID"),
        (
            |params| params.auth.as_mut().expect("set").token = Some("other".into()),
            "DEVICE_AUTH_SIGNATURE_INVALID",
        ),
    ];
    for (tamper, expected) in cases {
        let desk = Desk::new();
        assert_eq!(Knock { tamper, ..Knock::app(1) }.refused(&desk).await, expected);
    }
    for (offset, expected) in [(120_001, false), (120_000, true), (-120_000, true), (-120_001, false)] {
        let knock = Knock { signed_at: START + offset, ..Knock::app(1) };
        if expected {
            knock.enters(&desk).await;
        } else {
            assert_eq!(knock.refused(&desk).await, "DEVICE_AUTH_SIGNATURE_EXPIRED");
        }
    }
    let extreme =
        Knock { tamper: |params| params.device.as_mut().expect("set").signed_at = i64::MIN, ..Knock::app(1) };
    assert_eq!(extreme.refused(&desk).await, "DEVICE_AUTH_SIGNATURE_EXPIRED");
}

#[tokio::test]
async fn a_replayed_connect_fails_on_another_connection() {
    let desk = Desk::new();
    let captured = Knock { nonce: "the nonce of another connection", ..Knock::app(1) };
    assert_eq!(captured.refused(&desk).await, "DEVICE_AUTH_NONCE_MISMATCH");
}

#[tokio::test]
async fn a_known_id_with_another_key_is_refused() {
    let desk = Desk::new();
    let token = token_of(&Knock::app(1).enters(&desk).await);
    let thief = Knock::app(2).device_token(&token);
    assert_eq!(thief.refused(&desk).await, "AUTH_DEVICE_TOKEN_MISMATCH");
    let thief = Knock {
        tamper: |params| {
            let known = Identity::from_seed(&[1; 32]);
            params.device.as_mut().expect("set").id = known.public().id().to_owned();
        },
        ..thief
    };
    assert_eq!(thief.refused(&desk).await, "DEVICE_AUTH_DEVICE_ID_MISMATCH");
}

#[tokio::test]
async fn the_signature_is_checked_before_any_token() {
    let desk = Desk::new();
    let forged =
        Knock { tamper: |params| params.device.as_mut().expect("set").signature.clear(), ..Knock::app(1) };
    let right = forged.at(&desk).await.expect_err("refused");
    let wrong = forged.token("wrong").at(&desk).await.expect_err("refused");
    assert_eq!(right.error, wrong.error, "whether the token was right must not show");
}
