//! Nobody gives or takes what they do not have: approvals, other people's devices (security 12–14).

use harness::{Client, Gateway, Knock, Options, identity};
use serde_json::{Value, json};

async fn operator(gateway: &Gateway, scopes: &[&str]) -> Client {
    Knock::cli(gateway).scopes(scopes).enter(gateway).await
}

/// Returns a paired device that is here with its own token and has these scopes.
async fn device(gateway: &Gateway, scopes: &[&str]) -> (Knock, Client) {
    let knock = Knock::cli(gateway).device(&identity()).scopes(scopes);
    let token = knock.enter(gateway).await.device_token();
    let knock = knock.auth(json!({ "deviceToken": token }));
    let client = knock.enter(gateway).await;
    (knock, client)
}

#[tokio::test]
async fn an_approver_grants_no_more_than_it_has() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = operator(&gateway, &["operator.admin"]).await;
    let (_, mut small) = device(&gateway, &["operator.pairing", "operator.read"]).await;
    let wishes: [&[&str]; 4] = [
        &["operator.admin"],
        &["operator.write"],
        &["operator.read", "operator.approvals"],
        &["operator.talk"],
    ];
    for wish in wishes {
        let knock = Knock::browser(&gateway).scopes(wish);
        let request = json!({ "requestId": knock.refused(&gateway).await.request_id() });
        let error = small.err("device.pair.approve", request.clone()).await;
        assert_eq!(error["code"], "FORBIDDEN", "{wish:?}: {error}");
        knock.refused(&gateway).await.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
        owner.ok("device.pair.approve", request).await;
        knock.enter(&gateway).await;
    }
    let knock = Knock::browser(&gateway).scopes(&["operator.read"]);
    let request = json!({ "requestId": knock.refused(&gateway).await.request_id() });
    small.ok("device.pair.approve", request).await;
    assert_eq!(knock.enter(&gateway).await.scopes(), ["operator.read"]);
}

#[tokio::test]
async fn the_shared_token_does_not_raise_what_a_page_may_approve() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = operator(&gateway, &["operator.admin"]).await;
    let page = Knock::browser(&gateway).scopes(&["operator.pairing", "operator.read"]);
    let request = json!({ "requestId": page.refused(&gateway).await.request_id() });
    owner.ok("device.pair.approve", request).await;
    let mut page = page.enter(&gateway).await;
    let greedy = Knock::browser(&gateway).scopes(&["operator.admin"]);
    let request = json!({ "requestId": greedy.refused(&gateway).await.request_id() });
    let error = page.err("device.pair.approve", request).await;
    assert_eq!(error["code"], "FORBIDDEN", "{error}");
    greedy.refused(&gateway).await.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
}

#[tokio::test]
async fn a_device_cannot_touch_another_without_admin() {
    let gateway = Gateway::start(Options::default()).await;
    let victim = Knock::cli(&gateway).device(&identity()).scopes(&["operator.read"]);
    let mut line = victim.enter(&gateway).await;
    let token = line.device_token();
    let (_, mut attacker) = device(&gateway, &["operator.pairing", "operator.read", "operator.write"]).await;
    let id = victim.device_id();
    let tries = [
        ("device.token.rotate", json!({ "deviceId": id, "role": "operator" })),
        ("device.token.revoke", json!({ "deviceId": id, "role": "operator" })),
        ("device.pair.remove", json!({ "deviceId": id })),
        ("device.pair.rename", json!({ "deviceId": id, "label": "mine" })),
    ];
    for (method, params) in tries {
        let error = attacker.err(method, params).await;
        assert_eq!(error["code"], "FORBIDDEN", "{method}: {error}");
    }
    line.ok("health", json!({})).await;
    victim.auth(json!({ "deviceToken": token })).enter(&gateway).await;
}

#[tokio::test]
async fn a_rotated_token_carries_no_more_than_before() {
    let gateway = Gateway::start(Options::default()).await;
    let (knock, mut client) = device(&gateway, &["operator.read", "operator.pairing"]).await;
    let more = json!({ "deviceId": knock.device_id(), "role": "operator", "scopes": ["operator.admin"] });
    client.err("device.token.rotate", more).await;
    client.ok("health", json!({})).await;
}

#[tokio::test]
async fn token_values_are_never_listed() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::cli(&gateway).device(&identity()).scopes(&["operator.read"]);
    let token = knock.enter(&gateway).await.device_token();
    let mut owner = operator(&gateway, &["operator.admin"]).await;
    let list = owner.ok("device.pair.list", json!({})).await;
    assert_eq!(list["paired"][0]["deviceId"], knock.device_id());
    assert_eq!(list["paired"][0]["tokens"][0]["role"], "operator");
    assert!(!list.to_string().contains(&token));
}

/// Tries a `connect` that somebody tampered with after it was signed.
async fn tampered(gateway: &Gateway, change: impl FnOnce(&mut Value)) -> harness::Refused {
    let knock = Knock::cli(gateway).device(&identity()).scopes(&["operator.read"]);
    knock.refused_with(gateway, change).await
}

/// Changes params after they were signed.
type Change = fn(&mut Value);

#[tokio::test]
async fn every_flaw_of_a_signature_has_its_own_code() {
    let gateway = Gateway::start(Options::default()).await;
    let invalid = "DEVICE_AUTH_SIGNATURE_INVALID";
    let changes: [(&str, Change); 6] = [
        (invalid, |params| params["scopes"] = json!(["operator.admin"])),
        (invalid, |params| params["client"]["platform"] = json!("darwin")),
        (invalid, |params| params["client"]["id"] = json!("gateway-client")),
        (invalid, |params| params["role"] = json!("node")),
        ("DEVICE_AUTH_DEVICE_ID_MISMATCH", |params| params["device"]["id"] = json!("0".repeat(64))),
        ("DEVICE_AUTH_PUBLIC_KEY_INVALID", |params| params["device"]["publicKey"] = json!("AAAA")),
    ];
    for (code, change) in changes {
        tampered(&gateway, change).await.expect("INVALID_REQUEST", code, 1008);
    }
}

#[tokio::test]
async fn nonces_and_times_must_be_those_of_the_challenge() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::cli(&gateway).device(&identity()).scopes(&["operator.read"]);
    let refused = tampered(&gateway, |params| params["device"]["nonce"] = json!("")).await;
    refused.expect("INVALID_REQUEST", "DEVICE_AUTH_NONCE_REQUIRED", 1008);
    for skew in [121_000, -121_000, i64::from(i32::MAX) * 1000] {
        let mut socket = knock.open(&gateway).await.expect("an upgrade");
        let (nonce, ts) = socket.challenge().await;
        let frame = knock.params(&nonce, ts + skew);
        let refused = knock.refused_on(socket, &frame).await;
        refused.expect("INVALID_REQUEST", "DEVICE_AUTH_SIGNATURE_EXPIRED", 1008);
    }
    let mut socket = knock.open(&gateway).await.expect("an upgrade");
    let (nonce, ts) = socket.challenge().await;
    let frame = knock.params(&nonce, ts - 100_000);
    knock.connect_on(socket, &frame).await.expect("within two minutes");
}

#[tokio::test]
async fn a_connect_frame_is_good_for_its_own_line_only() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::cli(&gateway).device(&identity()).scopes(&["operator.read"]);
    let mut socket = knock.open(&gateway).await.expect("an upgrade");
    let (nonce, ts) = socket.challenge().await;
    let frame = knock.params(&nonce, ts);
    knock.connect_on(socket, &frame).await.expect("let in");
    let mut second = knock.open(&gateway).await.expect("an upgrade");
    second.challenge().await;
    let refused = knock.refused_on(second, &frame).await;
    refused.expect("INVALID_REQUEST", "DEVICE_AUTH_NONCE_MISMATCH", 1008);
}
