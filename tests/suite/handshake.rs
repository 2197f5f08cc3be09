//! The first frame: every answer and close code of protocol 1, 2.1, 2.2 and 3.

use harness::{Gateway, Incoming, Knock, Options, Socket};
use serde_json::{Value, json};

/// Sends one first frame and returns what came before the close, and the close.
async fn first(gateway: &Gateway, frame: &[u8], binary: bool) -> (Vec<Value>, (u16, String)) {
    let mut socket = Socket::open(gateway.address()).await;
    socket.challenge().await;
    if binary {
        socket.send_binary(frame).await;
    } else {
        socket.send_text(std::str::from_utf8(frame).expect("text")).await;
    }
    socket.rest().await
}

#[tokio::test]
async fn what_is_no_json_is_closed_with_1000() {
    let gateway = Gateway::start(Options::default()).await;
    let frames: [&[u8]; 5] = [b"hello", b"", b"{\"type\":", b"GET / HTTP/1.1\r\n\r\n", b"{\"a\":1}x"];
    for frame in frames {
        for binary in [false, true] {
            let (said, close) = first(&gateway, frame, binary).await;
            assert!(said.is_empty(), "{said:?}");
            assert_eq!(close, (1000, String::new()), "{:?}", String::from_utf8_lossy(frame));
        }
    }
    let (said, close) = first(&gateway, b"\xff\xfe{}", true).await;
    assert!(said.is_empty() && close == (1000, String::new()), "invalid UTF-8: {close:?}");
}

#[tokio::test]
async fn json_that_is_no_request_is_closed_with_1008() {
    let gateway = Gateway::start(Options::default()).await;
    let frames = [
        "[]",
        "[1,2]",
        "null",
        "7",
        "\"req\"",
        "{}",
        r#"{"type":"event","event":"x"}"#,
        r#"{"type":"res","id":"1","ok":true}"#,
        r#"{"type":"req","method":"connect","params":{}}"#,
        r#"{"type":"req","id":"","method":"connect"}"#,
        r#"{"type":"req","id":"1"}"#,
        r#"{"type":"req","id":1,"method":"connect"}"#,
    ];
    for frame in frames {
        for binary in [false, true] {
            let (said, close) = first(&gateway, frame.as_bytes(), binary).await;
            assert!(said.is_empty(), "{said:?}");
            assert_eq!(close, (1008, "invalid request frame".to_owned()), "{frame}");
        }
    }
}

#[tokio::test]
async fn only_connect_is_heard_first() {
    let gateway = Gateway::start(Options::default()).await;
    let text = "invalid handshake: first request must be connect";
    for method in ["health", "chat.send", "no.such.method"] {
        let frame = json!({ "type": "req", "id": "7:x", "method": method, "params": {} }).to_string();
        let (said, close) = first(&gateway, frame.as_bytes(), false).await;
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(said[0]["id"], "7:x");
        assert_eq!(said[0]["ok"], false);
        assert_eq!(said[0]["error"]["code"], "INVALID_REQUEST");
        assert_eq!(said[0]["error"]["message"], text);
        assert_eq!(close, (1008, text.to_owned()));
    }
}

/// Changes the params of a good `connect`.
type Spoil = fn(&mut Value);

#[tokio::test]
async fn invalid_connect_params_are_named_without_their_value() {
    let gateway = Gateway::start(Options::default()).await;
    let spoilt: [(&str, Spoil); 6] = [
        ("minProtocol", |params| params["minProtocol"] = json!("s3cret-value")),
        ("minProtocol", |params| params["minProtocol"] = json!(0)),
        ("/client/id", |params| params["client"]["id"] = json!(["s3cret-value"])),
        ("client", |params| drop(params.as_object_mut().expect("object").remove("client"))),
        ("/scopes", |params| params["scopes"] = json!("s3cret-value")),
        ("/auth", |params| params["auth"]["token"] = json!({"s3cret-value": 1})),
    ];
    for (field, change) in spoilt {
        let refused = Knock::cli(&gateway).refused_with(&gateway, change).await;
        assert_eq!(refused.code(), "INVALID_REQUEST", "{refused:?}");
        let message = refused.error["message"].as_str().expect("a message");
        assert!(message.starts_with("invalid connect params: "), "{message}");
        assert!(message.contains(field), "{field} is not named: {message}");
        assert!(!message.contains("s3cret-value"), "{message}");
        assert_eq!(refused.close.0, 1008, "{refused:?}");
        let (start, _) = message.split_at(message.len().min(100));
        assert!(refused.close.1.starts_with(start) && refused.close.1.len() <= 123, "{refused:?}");
    }
    let frame = br#"{"type":"req","id":"1","method":"connect"}"#;
    let (said, close) = first(&gateway, frame, false).await;
    let message = said[0]["error"]["message"].as_str().expect("a message");
    assert!(message.starts_with("invalid connect params: "), "no params at all: {message}");
    assert_eq!(close.0, 1008);
}

#[tokio::test]
async fn an_unknown_role_is_refused() {
    let gateway = Gateway::start(Options::default()).await;
    for role in ["admin", "", "Operator", "worker"] {
        let refused = Knock::cli(&gateway).role(role).refused(&gateway).await;
        let message = refused.error["message"].as_str().expect("a message");
        assert!(message.starts_with("invalid role"), "{message}");
        assert_eq!((refused.code(), refused.close.0), ("INVALID_REQUEST", 1008), "{refused:?}");
        assert!(refused.close.1.starts_with("invalid role"), "{refused:?}");
    }
    let mut knock = Knock::cli(&gateway);
    knock.role = None;
    assert_eq!(knock.enter(&gateway).await.hello["auth"]["role"], "operator", "operator is the default");
}

#[tokio::test]
async fn versions_are_negotiated() {
    let gateway = Gateway::start(Options::default()).await;
    for (offer, spoken) in [((4, 4), 4), ((3, 3), 3), ((3, 4), 4), ((1, 9), 4), ((1, 3), 3), ((4, 9), 4)] {
        let knock = Knock { protocol: offer, ..Knock::cli(&gateway) };
        assert_eq!(knock.enter(&gateway).await.hello["protocol"], spoken, "{offer:?}");
    }
    for offer in [(5, 9), (1, 2), (5, 5), (4, 3)] {
        let knock = Knock { protocol: offer, ..Knock::cli(&gateway) };
        let refused = knock.refused(&gateway).await;
        refused.expect("INVALID_REQUEST", "PROTOCOL_MISMATCH", 1002);
        let details = &refused.error["details"];
        assert_eq!(details["clientMinProtocol"], offer.0);
        assert_eq!(details["clientMaxProtocol"], offer.1);
        assert_eq!(details["expectedProtocol"], 4);
        assert_eq!(details["minimumProbeProtocol"], 3);
        assert_eq!(refused.close.1, "protocol mismatch");
    }
}

#[tokio::test]
async fn newer_clients_get_in() {
    let gateway = Gateway::start(Options::default()).await;
    let mut knock = Knock::cli(&gateway).client("some-third-party", "hologram");
    knock.extra.insert("modelCatalog".into(), json!({ "sessionKey": "main" }));
    knock.extra.insert("computerUse".into(), json!(true));
    knock.extra.insert("fromTheFuture".into(), json!([1, { "a": null }]));
    let hello = knock.enter(&gateway).await.hello;
    assert_eq!(hello["type"], "hello-ok");
    let scopes = ["operator.read", "operator.holograms"];
    let hello = Knock::cli(&gateway).scopes(&scopes).enter(&gateway).await.hello;
    assert_eq!(hello["auth"]["scopes"], json!(["operator.read"]), "unknown scopes are left out");
}

#[tokio::test]
async fn binary_frames_are_heard_and_text_is_answered() {
    let gateway = Gateway::start(Options::default()).await;
    let mut socket = Socket::open(gateway.address()).await;
    let (nonce, ts) = socket.challenge().await;
    let params = Knock::cli(&gateway).params(&nonce, ts);
    let connect = json!({ "type": "req", "id": "1", "method": "connect", "params": params });
    socket.send_binary(connect.to_string().as_bytes()).await;
    assert_eq!(socket.json().await["payload"]["type"], "hello-ok");
    socket.send_binary(br#"{"type":"req","id":"2","method":"health"}"#).await;
    loop {
        let frame = socket.json().await;
        if frame["id"] == "2" {
            assert_eq!(frame["payload"]["ok"], true);
            break;
        }
    }
}

#[tokio::test]
async fn a_request_may_follow_connect_at_once() {
    let gateway = Gateway::start(Options::default()).await;
    let mut socket = Socket::open(gateway.address()).await;
    let (nonce, ts) = socket.challenge().await;
    let params = Knock::cli(&gateway).params(&nonce, ts);
    socket.send_json(&json!({ "type": "req", "id": "1", "method": "connect", "params": params })).await;
    socket.send_text(r#"{"type":"req","id":"2","method":"health"}"#).await;
    assert_eq!(socket.json().await["id"], "1", "hello comes before any other answer");
    loop {
        let frame = socket.json().await;
        if frame["id"] == "2" {
            assert_eq!(frame["ok"], true);
            break;
        }
    }
}

#[tokio::test]
async fn many_frames_behind_connect_are_answered_or_end_the_line() {
    let gateway = Gateway::start(Options::default()).await;
    // A new device is written down first, so that the frames come while the handshake is being decided.
    let knock = Knock::cli(&gateway).device(&harness::identity());
    let mut socket = Socket::open(gateway.address()).await;
    let (nonce, ts) = socket.challenge().await;
    let params = knock.params(&nonce, ts);
    socket.send_json(&json!({ "type": "req", "id": "1", "method": "connect", "params": params })).await;
    for n in 0..40 {
        socket.send_json(&json!({ "type": "req", "id": format!("h{n}"), "method": "health" })).await;
    }
    let mut answered = 0;
    while answered < 40 {
        match socket.next().await {
            Incoming::Json(frame) => answered += usize::from(frame["ok"] == true && frame["id"] != "1"),
            Incoming::Closed(close) => {
                assert_eq!(close, (1008, "too many pending handshake frames".to_owned()));
                assert_eq!(answered, 0);
                return;
            }
            Incoming::Ping | Incoming::Pong(_) => {}
        }
    }
}

/// Returns a connect frame of exactly `size` bytes.
fn padded(knock: &Knock, nonce: &str, ts: i64, size: usize) -> String {
    let mut frame =
        json!({ "type": "req", "id": "1", "method": "connect", "params": knock.params(nonce, ts) });
    frame["params"]["padding"] = json!("");
    let pad = "x".repeat(size - frame.to_string().len());
    frame["params"]["padding"] = json!(pad);
    let text = frame.to_string();
    assert_eq!(text.len(), size);
    text
}

#[tokio::test]
async fn the_first_frame_may_have_65536_bytes_and_no_more() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::cli(&gateway);
    let mut socket = Socket::open(gateway.address()).await;
    let (nonce, ts) = socket.challenge().await;
    socket.send_text(&padded(&knock, &nonce, ts, 65_536)).await;
    assert_eq!(socket.json().await["payload"]["type"], "hello-ok");

    let mut socket = Socket::open(gateway.address()).await;
    let (nonce, ts) = socket.challenge().await;
    socket.send_text(&padded(&knock, &nonce, ts, 65_537)).await;
    let (said, close) = socket.rest().await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(close.0, 1009, "{close:?}");
    assert!(["", "preauth payload too large"].contains(&close.1.as_str()), "{close:?}");
}

#[tokio::test]
async fn who_says_nothing_is_closed_with_1000() {
    let gateway = Gateway::start(Options::default()).await;
    let mut socket = Socket::open(gateway.address()).await;
    socket.challenge().await;
    let start = std::time::Instant::now();
    let (said, close) = socket.rest().await;
    let waited = start.elapsed().as_secs_f64();
    assert!(said.is_empty() && close == (1000, String::new()), "{said:?} {close:?}");
    assert!((8.0..16.0).contains(&waited), "the deadline is 10 s, it was {waited} s");
}

#[tokio::test]
async fn a_ping_is_no_sign_of_a_handshake() {
    let gateway = Gateway::start(Options::default()).await;
    let mut socket = Socket::open(gateway.address()).await;
    socket.challenge().await;
    let payload = tokio_tungstenite::tungstenite::Message::Ping(vec![1, 2, 3].into());
    socket.send(payload).await;
    match socket.next().await {
        Incoming::Pong(payload) => assert_eq!(payload, [1, 2, 3]),
        other => panic!("no pong: {other:?}"),
    }
    let start = std::time::Instant::now();
    let (_, close) = socket.rest().await;
    assert_eq!(close, (1000, String::new()));
    assert!(start.elapsed().as_secs() < 16, "pings must not prolong the deadline");
}
