//! The client against a gateway of a few lines.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use schemas::connect::{AuthProof, ClientInfo};
use schemas::device::{Claim, PublicKey};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::*;

pub(super) fn options() -> Options {
    Options {
        client: ClientInfo {
            id: "cli".into(),
            version: "1".into(),
            platform: "linux".into(),
            mode: "cli".into(),
            display_name: None,
            device_family: Some("Linux".into()),
            model_identifier: None,
            instance_id: None,
            time_zone: None,
        },
        role: "operator".into(),
        scopes: vec!["operator.read".into(), "operator.write".into()],
        caps: Vec::new(),
        surface: Surface::default(),
        auth: AuthProof { token: Some("t0ken".into()), ..AuthProof::default() },
        identity: None,
        connect_timeout: Duration::from_secs(5),
        call_timeout: Duration::from_secs(5),
    }
}

fn hello() -> Value {
    json!({"type":"hello-ok","protocol":4,"server":{"version":"1","connId":"c"},
        "features":{"methods":[],"events":[]},
        "snapshot":{"presence":[],"health":{"ok":true,"ts":0,"durationMs":0,"channels":{},"channelOrder":[],
            "channelLabels":{},"heartbeatSeconds":0,"defaultAgentId":"main","agents":[],
            "sessions":{"path":"","count":0,"recent":[]}},
            "stateVersion":{"presence":1,"health":1},"uptimeMs":1,
            "sessionDefaults":{"defaultAgentId":"main","mainKey":"main","mainSessionKey":"agent:main:main",
                "scope":"per-sender","modelConfigured":true}},
        "auth":{"role":"operator","scopes":["operator.read"]},
        "policy":{"maxPayload":1,"maxBufferedBytes":1,"tickIntervalMs":30000,
            "attachments":{"maxBytes":1,"maxImageBytes":1}}})
}

type Peer = WebSocketStream<TcpStream>;

async fn say(peer: &mut Peer, frame: Value) {
    peer.send(Message::text(frame.to_string())).await.expect("send");
}

async fn hear(peer: &mut Peer) -> Value {
    let message = peer.next().await.expect("open").expect("message");
    serde_json::from_str(message.to_text().expect("text")).expect("json")
}

/// Accepts one connection and sends the challenge; returns the peer and its `connect`.
async fn accept(listener: &TcpListener) -> (Peer, Value) {
    let (stream, _) = listener.accept().await.expect("accept");
    let mut peer = tokio_tungstenite::accept_async(stream).await.expect("websocket");
    say(&mut peer, json!({"type":"event","event":"connect.challenge","payload":{"nonce":"n-1","ts":1000}}))
        .await;
    let request = hear(&mut peer).await;
    (peer, request)
}

async fn listen() -> (TcpListener, Target) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let target = format!("ws://{}", listener.local_addr().expect("address")).parse().expect("target");
    (listener, target)
}

/// Lets a gateway accept while the client connects.
async fn connected() -> (Peer, Connection) {
    let (listener, target) = listen().await;
    let gateway = async {
        let (mut peer, request) = accept(&listener).await;
        say(&mut peer, json!({"type":"res","id":request["id"],"ok":true,"payload":hello()})).await;
        peer
    };
    let wanted = options();
    let (peer, connection) = tokio::join!(gateway, connect(&target, &wanted));
    (peer, connection.expect("connected"))
}

#[tokio::test]
async fn signs_the_challenge() {
    let (listener, target) = listen().await;
    let dir = tempfile::tempdir().expect("dir");
    let wanted = Options {
        identity: Some(IdentityStore::new(dir.path().join("client")).identity().expect("identity")),
        ..options()
    };
    let refuse = json!({"code":"NOT_PAIRED","message":"pairing required: device is not approved yet",
        "details":{"code":"PAIRING_REQUIRED","requestId":"r-7"}});
    let gateway = async {
        let (mut peer, request) = accept(&listener).await;
        say(&mut peer, json!({"type":"res","id":request["id"],"ok":false,"error":refuse})).await;
        request
    };
    let (request, refusal) = tokio::join!(gateway, connect(&target, &wanted));
    let device = &request["params"]["device"];
    let key = PublicKey::decode(device["publicKey"].as_str().expect("key")).expect("key");
    let claim = Claim {
        device_id: key.id(),
        client_id: "cli",
        client_mode: "cli",
        role: "operator",
        scopes: &wanted.scopes,
        signed_at: 1000,
        token: "t0ken",
        nonce: "n-1",
        platform: "linux",
        device_family: "Linux",
    };
    assert!(key.verify(&claim, device["signature"].as_str().expect("signature")));
    let refusal = refusal.expect_err("refused");
    assert_eq!(refusal.pairing_request(), Some("r-7"));
    assert_eq!(refusal.detail_code(), Some("PAIRING_REQUIRED"));
}

#[tokio::test]
async fn answers_find_their_callers_in_any_order() {
    let (mut peer, Connection { client, mut events, hello }) = connected().await;
    assert_eq!(hello.protocol, 4);
    let gateway = async {
        let (one, two) = (hear(&mut peer).await, hear(&mut peer).await);
        say(&mut peer, json!({"type":"event","event":"tick","payload":{"ts":1},"seq":1})).await;
        for request in [two, one] {
            let payload = json!({"method": request["method"]});
            say(&mut peer, json!({"type":"res","id":request["id"],"ok":true,"payload":payload})).await;
        }
    };
    let (first, second, ()) =
        tokio::join!(client.call_raw("a", json!({})), client.call_raw("b", json!({})), gateway);
    assert_eq!(first.expect("a")["method"], "a");
    assert_eq!(second.expect("b")["method"], "b");
    assert_eq!(events.next().await.expect("event").event, "tick");
}

#[tokio::test]
async fn two_answers_and_a_close_code() {
    let (mut peer, Connection { client, mut events, .. }) = connected().await;
    let gateway = async {
        let request = hear(&mut peer).await;
        say(&mut peer, json!({"type":"res","id":request["id"],"ok":true,"payload":{"status":"accepted"}}))
            .await;
        say(&mut peer, json!({"type":"res","id":request["id"],"ok":true,"payload":{"status":"ok"}})).await;
        let frame = CloseFrame { code: 4001.into(), reason: "device revoked".into() };
        peer.send(Message::Close(Some(frame))).await.expect("close");
    };
    let (answer, ()) = tokio::join!(client.call_two_phase("agent", json!({})), gateway);
    let answer = answer.expect("accepted");
    assert_eq!(answer.first["status"], "accepted");
    assert_eq!(answer.last(Duration::from_secs(5)).await.expect("last")["status"], "ok");
    assert!(events.next().await.is_none());
    assert_eq!(events.closed(), Closed { code: Some(4001), reason: "device revoked".into() });
    let error = client.call_raw("health", json!({})).await.expect_err("closed");
    assert!(matches!(error, CallError::Closed(Closed { code: Some(4001), .. })), "{error}");
}

#[tokio::test]
async fn a_silent_gateway_times_out() {
    let (_peer, Connection { client, .. }) = connected().await;
    let error = client.with_timeout(Duration::from_millis(20)).call_raw("health", json!({})).await;
    assert!(matches!(error, Err(CallError::Timeout { .. })), "{error:?}");
}

#[test]
fn addresses() {
    let target: Target = "ws://example.test:18789".parse().expect("target");
    assert_eq!(target.to_string(), "ws://example.test:18789/");
    assert!(matches!("ws://[::1]:5/x".parse(), Ok(Target::Url { authority, .. }) if authority == "[::1]:5"));
    let target: Target = "https://example.test".parse().expect("target");
    assert_eq!(target.to_string(), "wss://example.test/");
    assert!(matches!(&target, Target::Url { authority, .. } if authority == "example.test:443"));
    assert!("example.test".parse::<Target>().is_err());
}

#[test]
fn the_identity_and_its_tokens_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("dir");
    let store = IdentityStore::new(dir.path().join("client"));
    let id = store.identity().expect("identity").public().id().to_owned();
    assert_eq!(store.identity().expect("identity").public().id(), id);
    let token = StoredToken { token: "x".into(), scopes: vec![], issued_at_ms: 1 };
    store.keep_token("ws://a/", "operator", Some(&token)).expect("keep");
    assert_eq!(store.token("ws://a/", "operator").expect("token"), Some(token));
    assert_eq!(store.token("ws://b/", "operator").expect("token"), None);
    store.keep_token("ws://a/", "operator", None).expect("forget");
    assert_eq!(store.token("ws://a/", "operator").expect("token"), None);
    let pin = schemas::Fingerprint::of(b"certificate");
    store.keep_pin("wss://a/", pin).expect("keep");
    assert_eq!(store.pin("wss://a/").expect("pin"), Some(pin));
    assert_eq!(store.pin("wss://b/").expect("pin"), None);
    assert_eq!(store.identity().expect("identity").public().id(), id);
    let mode = std::fs::metadata(dir.path().join("client/identity.json")).expect("file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
