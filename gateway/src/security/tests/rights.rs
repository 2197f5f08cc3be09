//! Nobody ever gives what they do not have, whatever the way (property test over all of them).

use proptest::prelude::*;
use schemas::Scope;
use schemas::methods::devices::{DeviceTokenRotateParams, SetupAccess};
use secrecy::ExposeSecret as _;
use strum::IntoEnumIterator as _;

use super::*;

fn names() -> impl Strategy<Value = Vec<String>> {
    let all: Vec<String> = Scope::iter().map(|scope| scope.to_string()).collect();
    proptest::sample::subsequence(all, 0..=10)
}

fn kind() -> impl Strategy<Value = BootstrapKind> {
    prop_oneof![
        Just(BootstrapKind::Browser),
        Just(BootstrapKind::Setup(SetupAccess::Full)),
        Just(BootstrapKind::Setup(SetupAccess::Limited)),
        Just(BootstrapKind::Setup(SetupAccess::Node)),
    ]
}

/// Everything that a device may do.
fn held(desk: &Desk, id: &str) -> Scopes {
    let state = desk.security.state();
    state.devices.get(id).map_or_else(Scopes::none, |known| Scopes::parse(&known.rights().1))
}

async fn every_way(approver: Vec<String>, first: Vec<String>, asked: Vec<String>, kind: BootstrapKind) {
    let desk = Desk::new();
    let scopes = Scopes::parse(&approver);
    let who = Principal { scopes, reach: scopes, ..operator(None, &[]) };
    // What the device has by the owner's will is the ground that no approver below may leave.
    let app = Knock { scopes: first, ..Knock::app(1) }.remote();
    app.refused(&desk).await;
    desk.security.approve(&owner(), &desk.pending()).await.expect("the owner may");
    let token = token_of(&app.enters(&desk).await);
    let ground = held(&desk, &app.id());
    let most = ground.union(who.scopes);

    let more = Knock { scopes: asked.clone(), ..app.clone() };
    if more.at(&desk).await.is_err() {
        let outcome = desk.security.approve(&who, &desk.pending()).await;
        assert_eq!(
            outcome.is_ok(),
            who.has(Scope::Pairing) && who.scopes.covers(Scopes::parse(&asked)),
            "by request"
        );
    }
    assert!(most.covers(held(&desk, &app.id())), "by request");

    let before = held(&desk, &app.id());
    let own = Principal { device: Some(app.id().into()), ..who.clone() };
    let params =
        DeviceTokenRotateParams { device_id: app.id(), role: "operator".into(), scopes: Some(asked.clone()) };
    for rotating in [&who, &own] {
        drop(desk.security.rotate(rotating, &params, |_| {}).await);
        assert!(before.covers(held(&desk, &app.id())), "by rotation");
    }

    let stranger = Knock { scopes: asked.clone(), ..Knock::app(2) }.remote();
    if let Ok(made) = desk.security.create_bootstrap(&who, kind).await {
        let knock = stranger.bootstrap(made.token.expose_secret());
        drop(knock.at(&desk).await);
        assert!(who.scopes.covers(held(&desk, &knock.id())), "by setup code");
    }
    let token = app.device_token(&token);
    let wide = Knock { scopes: asked, ..token };
    if let Ok(admission) = wide.at(&desk).await {
        assert!(held(&desk, &wide.id()).covers(admission.principal.scopes), "by token");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_way_grants_more_than_the_approver_has(
        approver in names(), first in names(), asked in names(), kind in kind(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(every_way(approver, first, asked, kind));
    }
}

#[tokio::test]
async fn the_refusal_names_what_is_lacking() {
    let desk = Desk::new();
    Knock::app(1).remote().asking(&["admin", "read"]).refused(&desk).await;
    let who = operator(None, &["read", "pairing"]);
    let error = desk.security.approve(&who, &desk.pending()).await.expect_err("no");
    assert_eq!(error.code, schemas::ErrorCode::Forbidden);
    let details = error.details.expect("details");
    assert_eq!(details["missingScope"], "operator.admin");
    assert_eq!(details["code"], "MISSING_SCOPE");
    assert!(desk.security.list().paired.is_empty());
    desk.security.approve(&owner(), &desk.pending()).await.expect("it still waits for who may");
}
