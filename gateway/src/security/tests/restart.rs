//! What a restart must not lose, and what must never reach the disk.

use schemas::methods::devices::SetupAccess;
use secrecy::ExposeSecret as _;

use super::*;

#[tokio::test]
async fn devices_tokens_requests_and_links_survive() {
    let desk = Desk::new();
    let token = token_of(&Knock::app(1).enters(&desk).await);
    Knock::app(2).remote().refused(&desk).await;
    Knock::browser(3).refused(&desk).await;
    let waiting = desk.security.list().pending;
    let approved = waiting.iter().find(|row| row.device_id == Knock::browser(3).id()).expect("waits");
    desk.security.approve(&owner(), &approved.request_id).await.expect("approved");
    let code = desk
        .security
        .create_bootstrap(&owner(), BootstrapKind::Setup(SetupAccess::Full))
        .await
        .expect("made");
    let before = desk.security.list();
    let desk = desk.restart().await;
    let after = desk.security.list();
    assert_eq!(serde_json::to_value(&before).expect("json"), serde_json::to_value(&after).expect("json"));
    Knock::app(1).device_token(&token).enters(&desk).await;
    Knock::browser(3).enters(&desk).await;
    Knock::node(4).bootstrap(code.token.expose_secret()).enters(&desk).await;
    desk.security.approve(&owner(), &desk.pending()).await.expect("approved");
    assert!(matches!(desk.audit().await, AuditState::Whole(n) if n > 6));
}

#[tokio::test]
async fn when_a_token_was_used_is_written_later_and_together() {
    let desk = Desk::new();
    let token = token_of(&Knock::app(1).enters(&desk).await);
    desk.clock.advance(5_000);
    Knock::app(1).device_token(&token).enters(&desk).await;
    let used = |desk: &Desk| desk.security.list().paired[0].tokens[0].last_used_at_ms;
    let at = used(&desk);
    assert_eq!(at, Some(desk.clock.now()));
    desk.security.sweep();
    desk.clock.advance(60_000);
    desk.security.sweep();
    let desk = desk.restart().await;
    assert_eq!(used(&desk), at, "though the device did not come again");
}

#[tokio::test]
async fn after_a_restart_a_new_token_leaves_the_one_before_good() {
    let desk = Desk::new();
    let first = token_of(&Knock::app(1).enters(&desk).await);
    let desk = desk.restart().await;
    let second = token_of(&Knock::app(1).enters(&desk).await);
    assert_ne!(first, second, "only hashes are kept, so the first cannot be told again");
    Knock::app(1).device_token(&first).enters(&desk).await;
    Knock::app(1).device_token(&second).enters(&desk).await;
    let desk = desk.restart().await;
    Knock::app(1).enters(&desk).await;
    assert_eq!(Knock::app(1).device_token(&first).refused(&desk).await, "AUTH_DEVICE_TOKEN_MISMATCH");
    Knock::app(1).device_token(&second).enters(&desk).await;
}

#[tokio::test]
async fn no_token_is_on_the_disk_or_in_debug_output() {
    let desk = Desk::new();
    let token = token_of(&Knock::app(1).enters(&desk).await);
    let made = desk.security.create_bootstrap(&owner(), BootstrapKind::Browser).await.expect("made");
    let printed = format!("{:?}", desk.security);
    let mut files = Vec::new();
    for file in std::fs::read_dir(desk.dir.path()).expect("a folder") {
        files.extend(std::fs::read(file.expect("a file").path()).expect("read"));
    }
    for secret in [SECRET, &token, made.token.expose_secret()] {
        assert!(!printed.contains(secret));
        assert!(!files.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
}

#[tokio::test]
async fn when_the_store_is_gone_nobody_new_gets_in() {
    let desk = Desk::new();
    let token = token_of(&Knock::app(1).enters(&desk).await);
    desk.security.store.close().await;
    let refusal = Knock::app(2).at(&desk).await.expect_err("refused");
    assert_eq!(refusal.error.code, schemas::ErrorCode::Unavailable);
    Knock::app(1).device_token(&token).enters(&desk).await;
}
