//! The decision table of protocol 3.5, row by row, with Landline's stricter rows.

use super::*;

#[tokio::test]
async fn without_a_device() {
    let desk = Desk::new();
    let nothing = AuthProof::default();
    let cli = Knock::new("cli", "cli");
    assert_eq!(cli.clone().showing(nothing.clone()).refused(&desk).await, "DEVICE_IDENTITY_REQUIRED");
    assert_eq!(cli.clone().token("wrong").refused(&desk).await, "AUTH_TOKEN_MISMATCH");
    let kept = cli.enters(&desk).await;
    assert_eq!((kept.auth.scopes, kept.method), (vec!["operator.read".into()], "token"));
    assert_eq!(kept.auth.device_token, None);
    assert_eq!(Knock::new("gateway-client", "backend").enters(&desk).await.auth.scopes, ["operator.read"]);
    assert!(Knock::new("app", "ui").enters(&desk).await.auth.scopes.is_empty());
    assert!(Knock::new("cli", "ui").enters(&desk).await.auth.scopes.is_empty());
    assert!(cli.clone().remote().enters(&desk).await.auth.scopes.is_empty());
    let password = AuthProof { password: Some(SECRET.into()), ..nothing.clone() };
    assert_eq!(cli.clone().showing(password).enters(&desk).await.auth.scopes, ["operator.read"]);
    let node = Knock { role: Some("node"), ..cli.clone() };
    assert_eq!(node.refused(&desk).await, "DEVICE_IDENTITY_REQUIRED");
    let mut browser = cli.clone();
    browser.peer.origin = Some("http://localhost:18789".into());
    assert_eq!(browser.refused(&desk).await, "CONTROL_UI_DEVICE_IDENTITY_REQUIRED");
    let unset = Desk::with(None);
    assert_eq!(cli.refused(&unset).await, "AUTH_TOKEN_NOT_CONFIGURED");
    let empty = Desk::with(Some(""));
    assert_eq!(cli.token("").refused(&empty).await, "DEVICE_IDENTITY_REQUIRED");
}

#[tokio::test]
async fn versions_and_roles() {
    let desk = Desk::new();
    let old = Knock {
        tamper: |params| (params.min_protocol, params.max_protocol) = (5, 9),
        ..Knock::new("cli", "cli")
    };
    let refusal = old.at(&desk).await.expect_err("refused");
    assert_eq!((refusal.close_code, refusal.close_reason.as_str()), (1002, "protocol mismatch"));
    let details = refusal.error.details.expect("details");
    assert_eq!((&details["expectedProtocol"], &details["clientMaxProtocol"]), (&4.into(), &9.into()));
    let v3 = Knock {
        tamper: |params| (params.min_protocol, params.max_protocol) = (3, 3),
        ..Knock::new("cli", "cli")
    };
    assert_eq!(v3.enters(&desk).await.protocol, 3);
    let worker = Knock { role: Some("worker"), ..Knock::new("cli", "cli") };
    assert_eq!(worker.at(&desk).await.expect_err("refused").close_reason, "invalid role");
}

#[tokio::test]
async fn the_owner_on_the_unix_socket_needs_nothing() {
    let desk = Desk::with(None);
    let mut cli = Knock::new("cli", "cli").showing(AuthProof::default()).asking(&[]);
    cli.peer.unix_uid = Some(1000);
    let admission = cli.enters(&desk).await;
    assert_eq!(&*admission.principal.actor, "local:1000");
    assert_eq!(admission.auth.scopes.len(), Scopes::all().names().len());
    assert_eq!(admission.method, "local");
    assert_eq!(cli.asking(&["pairing"]).enters(&desk).await.auth.scopes, ["operator.pairing"]);
}

#[tokio::test]
async fn a_program_of_this_machine_is_paired_silently_and_browsers_are_not() {
    let desk = Desk::new();
    assert_eq!(Knock::app(1).showing(AuthProof::default()).refused(&desk).await, "AUTH_TOKEN_MISSING");
    let first = Knock::app(1).enters(&desk).await;
    assert_eq!(first.method, "token");
    assert_eq!(token_of(&first).len(), 43);
    let again = Knock::app(1).asking(&["read", "write"]).enters(&desk).await;
    assert_eq!(token_of(&again), token_of(&first), "the same token is handed out again");
    assert_eq!(again.auth.issued_at_ms, first.auth.issued_at_ms);
    let node = Knock::node(1).enters(&desk).await;
    assert_ne!(token_of(&node), token_of(&first), "a token a role");
    let list = desk.security.list();
    assert_eq!(list.paired[0].roles, ["operator", "node"]);
    assert_eq!(list.paired[0].scopes, ["operator.read", "operator.write"]);
    assert_eq!(list.paired[0].approved_via, "silent");
    let browser = Knock { auth: Knock::app(2).auth, ..Knock::browser(2) };
    assert_eq!(browser.refused(&desk).await, "not-paired");
    let mut proxied = Knock::app(3);
    proxied.peer.local = false;
    assert_eq!(proxied.refused(&desk).await, "not-paired", "loopback alone is no identity");
}

#[tokio::test]
async fn from_afar_somebody_has_to_approve() {
    let desk = Desk::new();
    let app = Knock::app(1).remote();
    let refusal = app.at(&desk).await.expect_err("refused");
    let id = desk.pending();
    assert_eq!(refusal.close_code, 1008);
    assert_eq!(
        refusal.close_reason,
        format!("pairing required: device is not approved yet (requestId: {id})")
    );
    assert!(
        refusal
            .error
            .message
            .ends_with(&format!("run `landline devices approve {id}` on the gateway's machine"))
    );
    let details = refusal.error.details.expect("details");
    assert_eq!(details["recommendedNextStep"], "wait_then_retry");
    assert_eq!((&details["retryable"], &details["pauseReconnect"]), (&true.into(), &false.into()));
    assert_eq!(details["requestedScopes"], serde_json::json!(["operator.read"]));
    desk.security.approve(&owner(), &id).await.expect("approved");
    let token = token_of(&app.enters(&desk).await);
    assert_eq!(app.clone().asking(&["write"]).refused(&desk).await, "scope-upgrade");
    assert_eq!(Knock::node(1).remote().refused(&desk).await, "role-upgrade");
    assert_eq!(Knock::app(1).enters(&desk).await.auth.device_token, Some(token));
}

#[tokio::test]
async fn another_platform_is_another_machine_for_command_line_clients_only() {
    let desk = Desk::new();
    let cli = Knock { client: Knock::new("cli", "cli").client, ..Knock::app(1) };
    let token = token_of(&cli.enters(&desk).await);
    let mut moved = cli.clone();
    moved.client.platform = "darwin".into();
    assert_eq!(moved.refused(&desk).await, "metadata-upgrade");
    assert_eq!(moved.clone().device_token(&token).refused(&desk).await, "metadata-upgrade");
    desk.security.approve(&owner(), &desk.pending()).await.expect("approved");
    moved.enters(&desk).await;
    let mut app = Knock::app(2);
    app.enters(&desk).await;
    app.client.platform = "iOS 18.6".into();
    app.enters(&desk).await;
    let list = desk.security.list();
    assert!(list.paired.iter().any(|device| device.platform.as_deref() == Some("iOS 18.6")));
}

#[tokio::test]
async fn device_tokens() {
    let desk = Desk::new();
    let app = Knock::app(1);
    let token = token_of(&app.clone().asking(&["read", "write"]).enters(&desk).await);
    for knock in [app.clone().device_token(&token), app.clone().token(&token)] {
        let admission = knock.remote().enters(&desk).await;
        assert_eq!(admission.method, "device-token");
        assert_eq!(admission.auth.device_token, None, "the client has it");
        assert_eq!(admission.auth.scopes, ["operator.read"]);
        assert_eq!(&*admission.principal.actor, format!("device:{}", app.id()));
    }
    let own = app.clone().device_token(&token).asking(&[]).enters(&desk).await;
    assert_eq!(own.auth.scopes, ["operator.read", "operator.write"]);
    let both =
        AuthProof { token: Some("stale".into()), device_token: Some(token.clone()), ..AuthProof::default() };
    app.clone().showing(both).enters(&desk).await;
    assert_eq!(
        app.clone().device_token(&token).asking(&["admin"]).refused(&desk).await,
        "AUTH_SCOPE_MISMATCH"
    );
    assert_eq!(app.clone().device_token("old").refused(&desk).await, "AUTH_DEVICE_TOKEN_MISMATCH");
    assert_eq!(Knock::app(2).device_token(&token).refused(&desk).await, "AUTH_DEVICE_TOKEN_MISMATCH");
    assert_eq!(Knock::node(1).device_token(&token).refused(&desk).await, "AUTH_DEVICE_TOKEN_MISMATCH");
    let refusal = app.token("wrong").at(&desk).await.expect_err("refused");
    let details = refusal.error.details.expect("details");
    assert_eq!(details["canRetryWithDeviceToken"], true);
    assert_eq!(details["recommendedNextStep"], "retry_with_device_token");
}

#[tokio::test]
async fn a_known_device_is_let_in_without_a_write() {
    let desk = Desk::new();
    let token = token_of(&Knock::app(1).enters(&desk).await);
    let file = desk.dir.path().join("landline.db-wal");
    let before = std::fs::read(&file).expect("the log");
    for _ in 0..20 {
        desk.clock.advance(1000);
        Knock::app(1).device_token(&token).enters(&desk).await;
        Knock::app(1).enters(&desk).await;
    }
    desk.security.store.write(|_| Ok(())).await.expect("flushed");
    assert!(std::fs::read(&file).expect("the log") == before, "nothing was written");
    desk.clock.advance(60_000);
    Knock::app(1).device_token(&token).enters(&desk).await;
    desk.security.store.write(|_| Ok(())).await.expect("flushed");
    assert!(std::fs::read(&file).expect("the log") != before, "once a minute the times are");
}
