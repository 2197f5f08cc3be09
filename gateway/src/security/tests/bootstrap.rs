//! One-time links and setup codes.

use schemas::methods::devices::SetupAccess;
use secrecy::ExposeSecret as _;

use super::*;

async fn link(desk: &Desk, kind: BootstrapKind) -> String {
    let made = desk.security.create_bootstrap(&owner(), kind).await.expect("made");
    made.token.expose_secret().to_owned()
}

#[tokio::test]
async fn a_link_lets_one_browser_in_once() {
    let desk = Desk::with(None);
    let token = link(&desk, BootstrapKind::Browser).await;
    let mut bare = Knock::browser(1).bootstrap(&token);
    bare.device = None;
    assert_eq!(bare.refused(&desk).await, "CONTROL_UI_DEVICE_IDENTITY_REQUIRED");
    let browser = Knock::browser(1).bootstrap(&token).asking(&["admin", "read"]);
    let admission = browser.enters(&desk).await;
    assert_eq!(admission.auth.method.as_deref(), Some("bootstrap-token"));
    assert_eq!(admission.auth.scopes, ["operator.admin", "operator.read"]);
    assert!(admission.auth.device_tokens.is_none());
    assert_eq!(Knock::browser(2).bootstrap(&token).refused(&desk).await, "AUTH_BOOTSTRAP_TOKEN_INVALID");
    assert_eq!(browser.refused(&desk).await, "AUTH_BOOTSTRAP_TOKEN_INVALID");
    let later = Knock::browser(1).device_token(&token_of(&admission)).asking(&["admin"]);
    later.enters(&desk).await;
    assert_eq!(desk.security.list().paired[0].approved_via, "bootstrap");
}

#[tokio::test]
async fn a_link_runs_out_after_ten_minutes() {
    let desk = Desk::new();
    let token = link(&desk, BootstrapKind::Browser).await;
    desk.clock.advance(599_999);
    let other = link(&desk, BootstrapKind::Browser).await;
    desk.clock.advance(1);
    assert_eq!(Knock::browser(1).bootstrap(&token).refused(&desk).await, "AUTH_BOOTSTRAP_TOKEN_INVALID");
    Knock::browser(1).bootstrap(&other).enters(&desk).await;
}

#[tokio::test]
async fn a_phone_gets_both_tokens_with_one_code() {
    let desk = Desk::with(None);
    let code = link(&desk, BootstrapKind::Setup(SetupAccess::Limited)).await;
    let phone = Knock::node(1).remote().bootstrap(&code);
    let admission = phone.enters(&desk).await;
    assert_eq!(admission.auth.role, "node");
    let operator = admission.auth.device_tokens.clone().expect("tokens");
    assert_eq!((operator.len(), operator[0].role.as_str()), (1, "operator"));
    assert!(!operator[0].scopes.iter().any(|scope| scope == "operator.admin" || scope == "operator.pairing"));
    Knock::node(1).remote().device_token(&token_of(&admission)).enters(&desk).await;
    let second = Knock::app(1).remote().device_token(&operator[0].device_token).asking(&["read", "write"]);
    second.enters(&desk).await;
    assert_eq!(second.asking(&["admin"]).refused(&desk).await, "AUTH_SCOPE_MISMATCH");
    let printed = format!("{admission:?}");
    assert!(!printed.contains(&operator[0].device_token) && !printed.contains(&token_of(&admission)));
}

#[tokio::test]
async fn a_code_for_nodes_makes_no_operator() {
    let desk = Desk::with(None);
    let code = link(&desk, BootstrapKind::Setup(SetupAccess::Node)).await;
    assert_eq!(Knock::app(1).bootstrap(&code).refused(&desk).await, "AUTH_BOOTSTRAP_TOKEN_INVALID");
    let admission = Knock::node(1).bootstrap(&code).enters(&desk).await;
    assert!(admission.auth.device_tokens.is_none());
}

#[tokio::test]
async fn nobody_makes_a_link_for_more_than_they_have() {
    let desk = Desk::new();
    let who = operator(None, &["read", "write", "pairing"]);
    let refused = desk.security.create_bootstrap(&who, BootstrapKind::Browser).await;
    assert_eq!(refused.expect_err("no").code, schemas::ErrorCode::Forbidden);
    let made = desk.security.create_bootstrap(&owner(), BootstrapKind::Browser).await.expect("made");
    assert!(!format!("{made:?}").contains(made.token.expose_secret()));
    assert!(!format!("{:?}", desk.security).contains(made.token.expose_secret()));
}
