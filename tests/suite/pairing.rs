//! Devices: how they get in, get more, and lose it (protocol 3.5, 3.9, 7).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Client, Gateway, Knock, Options, identity};
use serde_json::{Value, json};

/// Knocks as a page until refused, approves over the Unix socket, and knocks again.
async fn paired_browser(gateway: &Gateway, scopes: &[&str]) -> (Knock, Client) {
    let knock = Knock::browser(gateway).scopes(scopes);
    let refused = knock.refused(gateway).await;
    gateway.cli(&["devices", "approve", &refused.request_id()]).await.ok();
    let client = knock.enter(gateway).await;
    (knock, client)
}

#[tokio::test]
async fn a_program_on_this_machine_pairs_silently() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::cli(&gateway).device(&identity()).scopes(&["operator.read"]);
    let first = knock.enter(&gateway).await;
    assert_eq!(first.device_token().len(), 43, "base64url of 32 bytes");
    assert_eq!(first.hello["auth"]["role"], "operator");
    let again = knock.enter(&gateway).await;
    assert_eq!(first.device_token(), again.device_token(), "the same until it is rotated");
    assert_eq!(first.hello["auth"]["issuedAtMs"], again.hello["auth"]["issuedAtMs"]);
    let more = knock.clone().scopes(&["operator.write"]).enter(&gateway).await;
    assert_eq!(more.scopes(), ["operator.write"], "more scopes are silent as well");
    let node = knock.client("node-host", "node").role("node").scopes(&[]).enter(&gateway).await;
    assert_eq!(node.hello["auth"]["role"], "node");
    assert_ne!(node.device_token(), first.device_token(), "one token a role");
}

#[tokio::test]
async fn a_page_never_pairs_silently() {
    let gateway = Gateway::start(Options::default()).await;
    let mut operator = Knock::cli(&gateway).enter(&gateway).await;
    let knock = Knock::browser(&gateway);
    let refused = knock.refused(&gateway).await;
    refused.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
    let (details, request) = (&refused.error["details"], refused.request_id());
    assert_eq!(details["reason"], "not-paired");
    assert_eq!(details["deviceId"], knock.device_id());
    assert_eq!(details["requestedRole"], "operator");
    assert_eq!(details["requestedScopes"], json!(["operator.read"]));
    assert_eq!(details["recommendedNextStep"], "wait_then_retry");
    assert_eq!((&details["retryable"], &details["pauseReconnect"]), (&json!(true), &json!(false)));
    let reason = &refused.close.1;
    assert!(reason.contains(&format!("(requestId: {request})")) && reason.len() <= 123, "{reason}");
    let requested = operator.event("a request", |event| event["event"] == "device.pair.requested").await;
    assert_eq!(requested["payload"]["requestId"], request.as_str());
    assert_eq!(knock.refused(&gateway).await.request_id(), request, "a retry keeps its request");

    gateway.cli(&["devices", "approve", &request]).await.ok();
    let resolved = operator.event("a decision", |event| event["event"] == "device.pair.resolved").await;
    assert_eq!(resolved["payload"]["decision"], "approved");
    assert_eq!(knock.enter(&gateway).await.device_token().len(), 43);
}

#[tokio::test]
async fn a_rejected_page_stays_out() {
    let gateway = Gateway::start(Options::default()).await;
    let mut operator = Knock::cli(&gateway).enter(&gateway).await;
    let knock = Knock::browser(&gateway);
    let request = knock.refused(&gateway).await.request_id();
    gateway.cli(&["devices", "reject", &request]).await.ok();
    let resolved = operator.event("a decision", |event| event["event"] == "device.pair.resolved").await;
    assert_eq!(resolved["payload"]["decision"], "rejected");
    operator.err("device.pair.approve", json!({ "requestId": request })).await;
    knock.refused(&gateway).await.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
}

#[tokio::test]
async fn a_device_token_outlives_a_restart() {
    let mut gateway = Gateway::start(Options::default()).await;
    let (knock, client) = paired_browser(&gateway, &["operator.read", "operator.write"]).await;
    let token = client.device_token();
    gateway.restart().await;
    let origin = [("origin".to_owned(), gateway.url())];
    let knock = Knock { headers: origin.into(), ..knock };
    for auth in [
        json!({ "deviceToken": token }),
        json!({ "token": token }),
        json!({ "token": token, "deviceToken": token }),
    ] {
        let back = knock.clone().auth(auth).enter(&gateway).await;
        assert_eq!(back.scopes(), ["operator.read", "operator.write"]);
    }
    let other = Knock { identity: Some(identity()), ..knock.clone() };
    let refused = other.auth(json!({ "deviceToken": token })).refused(&gateway).await;
    refused.expect("INVALID_REQUEST", "AUTH_DEVICE_TOKEN_MISMATCH", 1008);
    let more = knock.scopes(&["operator.admin"]).auth(json!({ "deviceToken": token }));
    more.refused(&gateway).await.expect("INVALID_REQUEST", "AUTH_SCOPE_MISMATCH", 1008);
}

#[tokio::test]
async fn a_page_that_asks_for_more_is_approved_again() {
    let gateway = Gateway::start(Options::default()).await;
    let (knock, _client) = paired_browser(&gateway, &["operator.read"]).await;
    let more = knock.clone().scopes(&["operator.read", "operator.write"]);
    let refused = more.refused(&gateway).await;
    refused.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
    assert_eq!(refused.error["details"]["reason"], "scope-upgrade");
    assert_eq!(refused.error["details"]["approvedScopes"], json!(["operator.read"]));
    assert_eq!(refused.error["details"]["approvedRoles"], json!(["operator"]));
    knock.enter(&gateway).await;
    gateway.cli(&["devices", "approve", &refused.request_id()]).await.ok();
    assert_eq!(more.enter(&gateway).await.scopes(), ["operator.read", "operator.write"]);
    let node = more.role("node").scopes(&[]).refused(&gateway).await;
    assert_eq!(node.error["details"]["reason"], "role-upgrade", "{node:?}");
}

#[tokio::test]
async fn a_changed_request_replaces_the_old_one() {
    let gateway = Gateway::start(Options::default()).await;
    let mut operator = Knock::cli(&gateway).enter(&gateway).await;
    let knock = Knock::browser(&gateway);
    let small = knock.refused(&gateway).await.request_id();
    let big = knock.scopes(&["operator.read", "operator.admin"]);
    let large = big.refused(&gateway).await.request_id();
    assert_ne!(small, large);
    let gone = operator.event("the old one", |event| event["event"] == "device.pair.resolved").await;
    assert_eq!(gone["payload"]["requestId"], small.as_str());
    assert_eq!(gone["payload"]["decision"], "rejected");
    let pending = operator.ok("device.pair.list", json!({})).await["pending"].clone();
    assert_eq!(pending.as_array().map(Vec::len), Some(1), "one request a device: {pending}");
    assert_eq!(pending[0]["requestId"], large.as_str());
    operator.err("device.pair.approve", json!({ "requestId": small })).await;
    big.refused(&gateway).await.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
}

#[tokio::test]
async fn revoking_closes_live_lines_within_a_second() {
    let gateway = Gateway::start(Options::default()).await;
    let (knock, mut client) = paired_browser(&gateway, &["operator.read"]).await;
    let token = client.device_token();
    let id = knock.device_id();
    let start = Instant::now();
    gateway.cli(&["devices", "revoke", &id, "--role", "operator"]).await.ok();
    let done = Instant::now();
    assert_eq!(client.closed().await.0, 4001);
    assert!(done.elapsed() < Duration::from_secs(1), "{:?} after the answer", done.elapsed());
    println!("closed {:?} after the command was started", start.elapsed());
    let back = knock.clone().auth(json!({ "deviceToken": token })).refused(&gateway).await;
    back.expect("INVALID_REQUEST", "AUTH_DEVICE_TOKEN_MISMATCH", 1008);
    let shared = knock.refused(&gateway).await;
    shared.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
}

#[tokio::test]
async fn removing_closes_all_lines_of_the_device() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::cli(&gateway).device(&identity()).scopes(&["operator.read"]);
    let mut operator = knock.enter(&gateway).await;
    let mut node = knock.clone().client("node-host", "node").role("node").scopes(&[]).enter(&gateway).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    owner.ok("device.pair.remove", json!({ "deviceId": knock.device_id() })).await;
    let answered = Instant::now();
    assert_eq!(operator.closed().await.0, 4001);
    assert_eq!(node.closed().await.0, 4001);
    assert!(answered.elapsed() < Duration::from_secs(1));
    let paired = owner.ok("device.pair.list", json!({})).await["paired"].clone();
    assert_eq!(paired, json!([]));
}

#[tokio::test]
async fn rotating_hands_the_token_to_the_device_alone() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::cli(&gateway).device(&identity()).scopes(&["operator.read", "operator.pairing"]);
    let token = knock.enter(&gateway).await.device_token();
    let own = knock.clone().auth(json!({ "deviceToken": token }));
    let mut client = own.enter(&gateway).await;
    let params = json!({ "deviceId": knock.device_id(), "role": "operator" });
    let rotated = client.ok("device.token.rotate", params.clone()).await;
    assert_eq!(rotated["tokenDelivery"], "in-band");
    let fresh = rotated["token"].as_str().expect("the device itself gets it").to_owned();
    assert_ne!(fresh, token);
    assert_eq!(client.closed().await.0, 4001);
    let old = own.refused(&gateway).await;
    old.expect("INVALID_REQUEST", "AUTH_DEVICE_TOKEN_MISMATCH", 1008);
    let mut client = knock.clone().auth(json!({ "deviceToken": fresh })).enter(&gateway).await;

    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let rotated = owner.ok("device.token.rotate", params).await;
    assert_eq!(rotated["tokenDelivery"], "withheld-cross-device");
    assert!(rotated.get("token").is_none_or(Value::is_null), "{rotated}");
    assert_eq!(client.closed().await.0, 4001);
}

#[tokio::test]
async fn the_one_time_link_works_once() {
    let gateway = Gateway::start(Options::default()).await;
    let link = gateway.cli(&["dashboard", "--json"]).await.ok().json();
    let url = link["url"].as_str().expect("a link");
    let (page, token) = url.split_once("#bootstrap=").expect("the token is in the fragment");
    assert_eq!(page.trim_end_matches('/'), gateway.url());
    let scopes =
        ["operator.admin", "operator.read", "operator.write", "operator.approvals", "operator.pairing"];
    let page = Knock::browser(&gateway).scopes(&scopes);
    let knock = page.clone().auth(json!({ "bootstrapToken": token }));
    let client = knock.enter(&gateway).await;
    let device_token = client.device_token();
    assert!(client.scopes().contains(&"operator.admin"), "{:?}", client.scopes());
    let back = knock.clone().auth(json!({ "deviceToken": device_token })).enter(&gateway).await;
    assert_eq!(back.scopes().len(), scopes.len());
    let thief = Knock::browser(&gateway).auth(json!({ "bootstrapToken": token })).refused(&gateway).await;
    thief.expect("INVALID_REQUEST", "AUTH_BOOTSTRAP_TOKEN_INVALID", 1008);
    let wrong =
        Knock::browser(&gateway).auth(json!({ "bootstrapToken": "x".repeat(43) })).refused(&gateway).await;
    wrong.expect("INVALID_REQUEST", "AUTH_BOOTSTRAP_TOKEN_INVALID", 1008);
}

#[tokio::test]
async fn a_setup_code_brings_a_phone_in_with_both_roles() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let code = owner.ok("device.pair.setupCode", json!({})).await;
    let raw = URL_SAFE_NO_PAD.decode(code["setupCode"].as_str().expect("a code")).expect("base64url");
    let code: Value = serde_json::from_slice(&raw).expect("json");
    assert!(code["url"].as_str().is_some_and(|url| url.starts_with("ws")), "{code}");
    assert!(code["expiresAtMs"].as_i64().is_some(), "{code}");
    let bootstrap = json!({ "bootstrapToken": code["bootstrapToken"] });
    let phone = Knock { platform: ("iOS 18.5".into(), "iPhone".into()), ..Knock::plain() };
    let phone = phone.device(&identity()).client("openclaw-ios", "node").role("node");
    let node = phone.clone().auth(bootstrap.clone()).enter(&gateway).await;
    assert_eq!(node.device_token().len(), 43);
    let operator = node.hello["auth"]["deviceTokens"][0].clone();
    assert_eq!(operator["role"], "operator", "{}", node.hello["auth"]);
    owner.event("its end", |event| event["event"] == "device.pair.setup.completed").await;

    let scopes = ["operator.read", "operator.write"];
    let second = phone.clone().client("openclaw-ios", "ui").role("operator").scopes(&scopes);
    let token = json!({ "deviceToken": operator["deviceToken"] });
    assert_eq!(second.auth(token).enter(&gateway).await.scopes(), scopes);
    let thief = Knock { identity: Some(identity()), ..phone };
    let refused = thief.auth(bootstrap).refused(&gateway).await;
    refused.expect("INVALID_REQUEST", "AUTH_BOOTSTRAP_TOKEN_INVALID", 1008);
}
