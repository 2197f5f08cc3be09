//! The life of a pairing request.

use schemas::bounds::MAX_PENDING_PAIRINGS;

use super::*;
use crate::hub::Outgoing;

/// Returns the names of the pairing events that a watching operator was sent.
fn events(watcher: &Membership) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(item) = watcher.member.outbox.take() {
        let Outgoing::Event(bytes, _) = item else { continue };
        let text = String::from_utf8_lossy(&bytes).into_owned() + "}";
        let frame: Value = serde_json::from_str(&text).expect("an event");
        let name = frame["event"].as_str().expect("a name").trim_start_matches("device.pair.");
        let decision = frame["payload"]["decision"].as_str().unwrap_or("");
        seen.push(format!("{name} {decision}").trim().to_owned());
    }
    seen
}

fn watch(desk: &Desk) -> Membership {
    desk.hub.join(Arc::new(Member::new("watcher".into(), operator(None, &["pairing"]), false)))
}

#[tokio::test]
async fn the_same_question_keeps_its_id_and_another_supersedes_it() {
    let desk = Desk::new();
    let watcher = watch(&desk);
    let app = Knock::app(1).remote();
    assert_eq!(app.refused(&desk).await, "not-paired");
    let id = desk.pending();
    desk.clock.advance(200_000);
    app.refused(&desk).await;
    assert_eq!(desk.pending(), id);
    desk.clock.advance(200_000);
    app.refused(&desk).await;
    assert_eq!(desk.pending(), id, "each retry gives it five more minutes");
    app.clone().asking(&["admin"]).refused(&desk).await;
    assert_ne!(desk.pending(), id);
    assert_eq!(events(&watcher), ["requested", "resolved rejected", "requested"]);
    let gone = desk.security.approve(&owner(), &id).await.expect_err("the old one is gone");
    assert_eq!(gone.code, schemas::ErrorCode::NotFound);
}

#[tokio::test]
async fn whatever_was_shown_cannot_change_under_the_approver() {
    let desk = Desk::new();
    let app = Knock::app(1).remote();
    app.refused(&desk).await;
    let shown = desk.security.list().pending[0].clone();
    let changes: [fn(&mut Knock); 6] = [
        |knock| knock.scopes = vec!["operator.admin".into()],
        |knock| knock.client.platform = "darwin".into(),
        |knock| knock.client.display_name = Some("The owner's own laptop".into()),
        |knock| knock.client.id = "cli".into(),
        |knock| knock.peer.ip = IpAddr::from([10, 9, 9, 2]),
        |knock| knock.role = Some("node"),
    ];
    for change in changes {
        let mut other = app.clone();
        change(&mut other);
        other.refused(&desk).await;
        let now = desk.security.list().pending[0].clone();
        assert_ne!(now.request_id, shown.request_id);
        let stale = desk.security.approve(&owner(), &shown.request_id).await;
        assert_eq!(stale.expect_err("stale").code, schemas::ErrorCode::NotFound);
    }
    let now = desk.security.list().pending[0].clone();
    desk.security.approve(&owner(), &now.request_id).await.expect("approved");
}

#[tokio::test]
async fn a_request_runs_out_after_five_minutes() {
    let desk = Desk::new();
    let watcher = watch(&desk);
    Knock::app(1).remote().refused(&desk).await;
    let id = desk.pending();
    desk.clock.advance(299_999);
    assert_eq!(desk.pending(), id);
    desk.clock.advance(1);
    desk.security.sweep();
    assert!(desk.security.list().pending.is_empty());
    assert_eq!(events(&watcher), ["requested", "resolved rejected"]);
    assert!(desk.security.approve(&owner(), &id).await.is_err());
}

#[tokio::test]
async fn rejected_is_rejected() {
    let desk = Desk::new();
    let watcher = watch(&desk);
    Knock::app(1).remote().refused(&desk).await;
    let id = desk.pending();
    let reader = operator(None, &["read", "write"]);
    assert_eq!(desk.security.reject(&reader, &id).await.expect_err("no").code, schemas::ErrorCode::Forbidden);
    desk.security.reject(&owner(), &id).await.expect("rejected");
    assert!(desk.security.approve(&owner(), &id).await.is_err());
    assert_eq!(events(&watcher), ["requested", "resolved rejected"]);
    assert_eq!(Knock::app(1).remote().refused(&desk).await, "not-paired");
}

#[tokio::test]
async fn an_approved_browser_fetches_its_token_with_its_key_once() {
    let desk = Desk::with(None);
    let browser = Knock::browser(1);
    assert_eq!(browser.refused(&desk).await, "not-paired");
    desk.security.approve(&owner(), &desk.pending()).await.expect("approved");
    assert_eq!(Knock::browser(2).refused(&desk).await, "not-paired", "the approval was for one key");
    let token = token_of(&browser.enters(&desk).await);
    desk.clock.advance(30_000);
    assert_eq!(token_of(&browser.enters(&desk).await), token, "the answer may have been lost");
    desk.clock.advance(30_001);
    assert_eq!(browser.refused(&desk).await, "scope-upgrade", "the key alone is over");
    browser.clone().device_token(&token).enters(&desk).await;
}

#[tokio::test]
async fn showing_the_token_ends_the_key_alone() {
    let desk = Desk::with(None);
    let browser = Knock::browser(1);
    browser.refused(&desk).await;
    desk.security.approve(&owner(), &desk.pending()).await.expect("approved");
    let token = token_of(&browser.enters(&desk).await);
    browser.clone().device_token(&token).enters(&desk).await;
    assert_eq!(browser.refused(&desk).await, "scope-upgrade");
    let mut program = browser;
    program.peer.origin = None;
    assert_eq!(program.refused(&desk).await, "AUTH_TOKEN_MISSING");
}

#[tokio::test]
async fn strangers_cannot_fill_the_list_against_those_who_know_the_secret() {
    let desk = Desk::new();
    for n in 0..MAX_PENDING_PAIRINGS + 10 {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&n.to_be_bytes());
        let mut stranger = Knock { device: Some(Identity::from_seed(&seed)), ..Knock::browser(0) };
        stranger.peer.ip = IpAddr::from([10, 0, 0, u8::try_from(n).expect("small")]);
        stranger.refused(&desk).await;
    }
    assert_eq!(desk.security.list().pending.len(), MAX_PENDING_PAIRINGS);
    assert_eq!(Knock::app(200).remote().refused(&desk).await, "not-paired");
    let list = desk.security.list();
    assert_eq!(list.pending.len(), MAX_PENDING_PAIRINGS);
    assert!(list.pending.iter().any(|row| row.device_id == Knock::app(200).id()));
}

#[tokio::test]
async fn a_page_without_a_secret_cannot_ask_without_end() {
    let desk = Desk::new();
    for n in 0..10 {
        assert_eq!(Knock::browser(n).refused(&desk).await, "not-paired");
    }
    assert_eq!(Knock::browser(99).refused(&desk).await, "AUTH_RATE_LIMITED");
}
