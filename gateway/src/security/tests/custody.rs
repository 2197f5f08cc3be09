//! New tokens, ended tokens, removed devices.

use schemas::ErrorCode;
use schemas::methods::devices::{DeviceTokenParams, DeviceTokenRotateParams};

use super::*;
use crate::hub::End;

fn rotating(id: &str, scopes: Option<&[&str]>) -> DeviceTokenRotateParams {
    let scopes = scopes.map(|scopes| scopes.iter().map(|scope| format!("operator.{scope}")).collect());
    DeviceTokenRotateParams { device_id: id.into(), role: "operator".into(), scopes }
}

fn revoking(id: &str) -> DeviceTokenParams {
    DeviceTokenParams { device_id: id.into(), role: "operator".into() }
}

/// A paired device with an open connection.
async fn paired(desk: &Desk, seed: u8) -> (Knock, String, Membership) {
    let app = Knock::app(seed).asking(&["read", "pairing"]);
    let admission = app.enters(desk).await;
    let token = token_of(&admission);
    let place = desk.join(&admission);
    (app.device_token(&token), token, place)
}

#[tokio::test]
async fn rotation_closes_connections_and_the_old_token_is_dead() {
    let desk = Desk::new();
    let (app, old, place) = paired(&desk, 1).await;
    let (_, _, other) = paired(&desk, 2).await;
    let admission = app.enters(&desk).await;
    let own = operator(Some(&app.id()), &["read", "pairing"]);
    let mut answered = None;
    let answer = |output: &schemas::methods::devices::DeviceTokenRotateOutput| {
        assert_eq!(place.member.outbox.ended(), None, "the answer goes first");
        answered = output.token.clone();
    };
    let output = desk.security.rotate(&own, &rotating(&app.id(), None), answer).await.expect("rotated");
    assert_eq!(output.token_delivery, "in-band");
    assert_eq!(place.member.outbox.ended(), Some(End::auth_changed()));
    assert_eq!(other.member.outbox.ended(), None);
    assert!(!desk.security.holds(&admission.seal), "one that was just coming in is told as well");
    assert_eq!(app.refused(&desk).await, "AUTH_DEVICE_TOKEN_MISMATCH");
    let new = answered.expect("told");
    assert_ne!(new, old);
    let back = app.clone().device_token(&new).enters(&desk).await;
    assert!(desk.security.holds(&back.seal));
}

#[tokio::test]
async fn rotation_by_others_tells_no_token_and_never_widens() {
    let desk = Desk::new();
    let (app, _, place) = paired(&desk, 1).await;
    let output = desk.security.rotate(&owner(), &rotating(&app.id(), None), |_| {}).await.expect("rotated");
    assert_eq!((output.token, output.token_delivery.as_str()), (None, "withheld-cross-device"));
    assert!(place.member.outbox.ended().is_some());
    let wider = desk.security.rotate(&owner(), &rotating(&app.id(), Some(&["admin"])), |_| {}).await;
    assert_eq!(wider.expect_err("wider").code, ErrorCode::InvalidRequest);
    let less =
        desk.security.rotate(&owner(), &rotating(&app.id(), Some(&["read"])), |_| {}).await.expect("less");
    assert_eq!(less.scopes, ["operator.read"]);
    let refetched = Knock::app(1).enters(&desk).await;
    assert_eq!(app.device_token(&token_of(&refetched)).refused(&desk).await, "AUTH_SCOPE_MISMATCH");
}

#[tokio::test]
async fn a_device_cannot_touch_another_without_admin() {
    let desk = Desk::new();
    let (a, _, _place) = paired(&desk, 1).await;
    let (b, _, place) = paired(&desk, 2).await;
    let who = operator(Some(&a.id()), &["read", "write", "pairing", "approvals"]);
    let id = b.id();
    let security = &desk.security;
    let codes = [
        security.rotate(&who, &rotating(&id, None), |_| {}).await.expect_err("no").code,
        security.revoke(&who, &revoking(&id), |_| {}).await.expect_err("no").code,
        security.remove(&who, &id, |_| {}).await.expect_err("no").code,
        security.rename(&who, &id, "mine").await.expect_err("no").code,
    ];
    assert_eq!(codes, [ErrorCode::Forbidden; 4]);
    assert_eq!(place.member.outbox.ended(), None);
    b.enters(&desk).await;
    security.rename(&operator(None, &["admin"]), &id, "Kitchen").await.expect("an administrator may");
    assert!(security.list().paired.iter().any(|device| device.display_name.as_deref() == Some("Kitchen")));
    b.enters(&desk).await;
    assert!(security.list().paired.iter().any(|device| device.display_name.as_deref() == Some("Kitchen")));
}

#[tokio::test]
async fn a_revoked_token_does_not_come_back_by_itself() {
    let desk = Desk::new();
    let (app, _, place) = paired(&desk, 1).await;
    desk.security.revoke(&owner(), &revoking(&app.id()), |_| {}).await.expect("revoked");
    assert_eq!(place.member.outbox.ended(), Some(End::auth_changed()));
    assert_eq!(app.refused(&desk).await, "AUTH_DEVICE_TOKEN_MISMATCH");
    assert_eq!(Knock::app(1).refused(&desk).await, "role-upgrade", "nor with the shared token");
    let info = desk.security.list().paired[0].clone();
    assert!(info.roles.is_empty() && info.scopes.is_empty());
    desk.security.approve(&owner(), &desk.pending(), None).await.expect("approved");
    let back = Knock::app(1).enters(&desk).await;
    assert_eq!(back.auth.scopes, ["operator.read"], "what it had before is gone");
    let (_, scopes) = desk.security.state().devices[&app.id()].rights();
    assert_eq!(scopes, ["operator.read"]);
}

#[tokio::test]
async fn removal_forgets_the_device() {
    let desk = Desk::new();
    let (app, _, place) = paired(&desk, 1).await;
    desk.security.remove(&owner(), &app.id(), |_| {}).await.expect("removed");
    assert_eq!(place.member.outbox.ended(), Some(End::auth_changed()));
    assert!(desk.security.list().paired.is_empty());
    assert_eq!(app.refused(&desk).await, "AUTH_DEVICE_TOKEN_MISMATCH");
    let again = desk.security.remove(&owner(), &app.id(), |_| {}).await;
    assert_eq!(again.expect_err("gone").code, ErrorCode::NotFound);
    let desk = desk.restart().await;
    assert!(desk.security.list().paired.is_empty());
}

#[tokio::test]
async fn whoever_removes_itself_and_leaves_is_still_cut_off() {
    let desk = Desk::new();
    let (app, _, place) = paired(&desk, 1).await;
    let own = operator(Some(&app.id()), &["pairing"]);
    let id = app.id();
    let mut removing = Box::pin(desk.security.remove(&own, &id, |_| {}));
    let waker = std::task::Waker::noop();
    let _ = removing.as_mut().poll(&mut std::task::Context::from_waker(waker));
    drop(removing);
    assert_eq!(place.member.outbox.ended(), Some(End::auth_changed()));
}
