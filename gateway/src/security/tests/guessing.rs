//! Guessing secrets, from anywhere, with anything.

use super::*;

#[tokio::test]
async fn a_thousand_wrong_tokens_from_loopback_are_locked_out_within_ten() {
    for extra in [None, Some("bogus")] {
        let desk = Desk::new();
        let token = token_of(&Knock::app(7).enters(&desk).await);
        let mut looked_at = 0;
        for n in 0..1000 {
            let auth = AuthProof {
                token: Some(format!("guess {n}")),
                device_token: extra.map(Into::into),
                ..AuthProof::default()
            };
            let mut knock = Knock::app(1).showing(auth);
            knock.peer.ip = ["127.0.0.1", "::1", "::ffff:127.0.0.1"][n % 3].parse().expect("an address");
            match knock.refused(&desk).await.as_str() {
                "AUTH_RATE_LIMITED" => {}
                "AUTH_TOKEN_MISMATCH" | "AUTH_DEVICE_TOKEN_MISMATCH" => looked_at += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!(looked_at, 10);
        assert_eq!(
            Knock::app(1).refused(&desk).await,
            "AUTH_RATE_LIMITED",
            "even the right one is not looked at"
        );
        Knock::app(7).device_token(&token).enters(&desk).await;
        let mut owner = Knock::new("cli", "cli").showing(AuthProof::default());
        owner.peer.unix_uid = Some(1000);
        owner.enters(&desk).await;
        desk.clock.advance(300_000);
        Knock::app(1).enters(&desk).await;
    }
}

#[tokio::test]
async fn the_lockout_says_how_long() {
    let desk = Desk::new();
    let cli = Knock::new("cli", "cli");
    for _ in 0..10 {
        assert_eq!(cli.clone().token("wrong").refused(&desk).await, "AUTH_TOKEN_MISMATCH");
    }
    desk.clock.advance(1000);
    let refusal = cli.at(&desk).await.expect_err("refused");
    assert_eq!(code(&refusal), "AUTH_RATE_LIMITED");
    assert_eq!(refusal.error.retry_after_ms, Some(299_000));
    assert_eq!(refusal.error.details.expect("details")["retryAfterMs"], 299_000);
}

#[tokio::test]
async fn a_page_locks_out_itself_and_not_the_programs() {
    let desk = Desk::new();
    for _ in 0..12 {
        Knock {
            auth: AuthProof { token: Some("guess".into()), ..AuthProof::default() },
            ..Knock::browser(1)
        }
        .refused(&desk)
        .await;
    }
    let page = Knock { auth: Knock::app(1).auth, ..Knock::browser(1) };
    assert_eq!(page.refused(&desk).await, "AUTH_RATE_LIMITED");
    Knock::new("cli", "cli").enters(&desk).await;
}

#[tokio::test]
async fn guesses_from_many_addresses_lock_shared_secrets_for_all() {
    let desk = Desk::new();
    let token = token_of(&Knock::app(7).enters(&desk).await);
    for n in 0..200_u8 {
        let mut knock = Knock::new("cli", "cli").token("guess");
        knock.peer.ip = IpAddr::from([10, 0, 0, n]);
        knock.refused(&desk).await;
    }
    assert_eq!(Knock::new("cli", "cli").refused(&desk).await, "AUTH_RATE_LIMITED");
    Knock::app(7).device_token(&token).remote().enters(&desk).await;
}

#[tokio::test]
async fn bad_signatures_and_links_count_too() {
    let desk = Desk::new();
    let forged =
        Knock { tamper: |params| params.device.as_mut().expect("set").signature.clear(), ..Knock::app(1) };
    for _ in 0..10 {
        assert_eq!(forged.refused(&desk).await, "DEVICE_AUTH_SIGNATURE_INVALID");
    }
    assert_eq!(forged.refused(&desk).await, "AUTH_RATE_LIMITED");
    let guess = Knock::app(2).bootstrap("guess").remote();
    for _ in 0..10 {
        assert_eq!(guess.refused(&desk).await, "AUTH_BOOTSTRAP_TOKEN_INVALID");
    }
    assert_eq!(guess.refused(&desk).await, "AUTH_RATE_LIMITED");
}
