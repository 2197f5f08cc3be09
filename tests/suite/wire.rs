//! A connection after the handshake: frames, limits, events and the end (protocol 2, 3.7, 4, 6).

use std::time::Duration;

use harness::{Client, Gateway, Incoming, Knock, Options, Socket, request_raw};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn hello_is_as_the_golden_file_says() {
    let gateway = Gateway::start(Options::default()).await;
    let client = Knock::cli(&gateway).device(&harness::identity()).enter(&gateway).await;
    let mut hello = client.hello.clone();
    assert!(hello["server"].get("buildId").is_none(), "a build id makes the stock panel reload for ever");
    assert!(hello["features"].get("capabilities").is_none(), "none are advertised");
    let declared: Vec<_> = schemas::methods::all().iter().map(|method| method.name).collect();
    assert_eq!(hello["features"]["methods"], json!(declared), "what is declared is advertised");
    hello["features"]["methods"] = json!("<methods.txt>");
    mask(&mut hello);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/hello.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&hello).expect("json"));
    if std::env::var_os("LANDLINE_BLESS").is_some() {
        std::fs::write(path, &text).expect("the golden file");
    }
    let golden = std::fs::read_to_string(path).expect("the golden file");
    assert_eq!(text, golden, "hello-ok has changed; if it should, run this test with LANDLINE_BLESS=1");
}

/// Replaces what differs from run to run.
fn mask(value: &mut Value) {
    const VARIES: [&str; 22] = [
        "connId",
        "version",
        "uptimeMs",
        "ts",
        "deviceToken",
        "issuedAtMs",
        "configPath",
        "stateDir",
        "host",
        "path",
        "deviceId",
        "durationMs",
        "memoryBytes",
        "presence",
        "updatedAt",
        "instanceId",
        "pid",
        "onlineSince",
        "lastActivityAt",
        "ip",
        "workspace",
        "reason",
    ];
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::String(_) if VARIES.contains(&key.as_str()) => *inner = json!("<text>"),
                    Value::Number(_) if key == "health" || VARIES.contains(&key.as_str()) => {
                        *inner = json!("<number>");
                    }
                    Value::Array(_) if key == "presence" => *inner = json!("<entries>"),
                    inner => mask(inner),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

#[tokio::test]
async fn policy_says_what_is_enforced() {
    let gateway = Gateway::start(Options::default()).await;
    let hello = Knock::cli(&gateway).enter(&gateway).await.hello;
    assert_eq!(hello["policy"]["tickIntervalMs"], 30_000);
    assert_eq!(hello["policy"]["maxPayload"], 26_214_400);
    assert_eq!(hello["policy"]["maxBufferedBytes"], schemas::bounds::MAX_BUFFERED);
    assert_eq!(hello["policy"]["attachments"]["maxBytes"], 19_464_192);
    assert_eq!(hello["policy"]["attachments"]["maxImageBytes"], 6_291_456);
}

#[tokio::test]
async fn paths_are_for_administrators() {
    let gateway = Gateway::start(Options::default()).await;
    let owner = Knock::cli(&gateway).enter(&gateway).await.hello;
    assert!(owner["snapshot"]["stateDir"].is_string() && owner["snapshot"]["configPath"].is_string());
    let reader = Knock::cli(&gateway).scopes(&["operator.read"]).enter(&gateway).await.hello;
    assert!(reader["snapshot"].get("stateDir").is_none() && reader["snapshot"].get("configPath").is_none());
    assert!(reader["auth"].get("deviceToken").is_none(), "no device, no token");
}

#[tokio::test]
async fn the_path_of_the_upgrade_does_not_matter() {
    let gateway = Gateway::start(Options::default()).await;
    for path in ["/", "/ws", "/gateway/socket?page=2", "/__openclaw__/ws"] {
        let mut socket = Socket::open_with(gateway.address(), path, &[]).await.expect("an upgrade");
        socket.challenge().await;
    }
}

#[tokio::test]
async fn compression_is_not_negotiated() {
    let gateway = Gateway::start(Options::default()).await;
    let offer = [("sec-websocket-extensions", "permessage-deflate; client_max_window_bits")];
    // `Socket` fails when the answer holds an extension.
    let mut socket = Socket::open_with(gateway.address(), "/", &offer).await.expect("an upgrade");
    socket.challenge().await;
    // A frame that claims to be compressed: FIN, RSV1, text, masked, empty.
    socket.stream().write_all(&[0xC1, 0x80, 0, 0, 0, 0]).await.expect("sent");
    let (said, close) = socket.rest().await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(close.0, 1002, "{close:?}");
}

#[tokio::test]
async fn what_is_no_upgrade_gets_400() {
    let gateway = Gateway::start(Options::default()).await;
    let host = gateway.address();
    let bad =
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n");
    let reply = request_raw(host, bad.as_bytes()).await;
    assert_eq!(reply.status, 400, "{reply:?}");
}

#[tokio::test]
async fn wrong_frames_leave_the_line_open() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    client.socket.send_text("garbage").await;
    client.socket.send_binary(&[0xFF, 0xFE, 0x00]).await;
    client.socket.send_text("[]").await;
    let frame = client.answer("invalid").await;
    assert_eq!(
        (frame["ok"].clone(), frame["error"]["code"].clone()),
        (json!(false), json!("INVALID_REQUEST"))
    );
    client.socket.send_text(r#"{"id":"own-id","type":"event"}"#).await;
    assert_eq!(client.answer("own-id").await["error"]["code"], "INVALID_REQUEST");
    let error = client.err("no.such.method", json!({})).await;
    assert_eq!(error["code"], "INVALID_REQUEST");
    assert_eq!(error["message"], "unknown method: no.such.method");
    let error = client.err("connect", json!({ "minProtocol": 4 })).await;
    assert_eq!(error["code"], "INVALID_REQUEST");
    assert_eq!(error["message"], "connect is only valid as the first request");
    client.ok("health", json!({})).await;
}

#[tokio::test]
async fn absent_params_count_as_empty() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    for method in ["health", "status", "system-presence", "last-heartbeat", "sessions.list", "agents.list"] {
        for frame in [
            json!({ "type": "req", "id": format!("none-{method}"), "method": method }),
            json!({ "type": "req", "id": format!("null-{method}"), "method": method, "params": null }),
        ] {
            client.socket.send_json(&frame).await;
            let answer = client.answer(frame["id"].as_str().expect("an id")).await;
            assert_eq!(answer["ok"], true, "{answer}");
        }
    }
    assert!(client.ok("system-presence", json!({})).await.is_array());
    assert!(client.ok("last-heartbeat", json!({})).await.is_null());
}

#[tokio::test]
async fn wrong_params_are_named_and_never_echoed() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let cases = [
        ("chat.send", json!({ "sessionKey": "main", "message": "x" }), "idempotencyKey"),
        (
            "chat.send",
            json!({ "sessionKey": ["s3cret-value"], "message": "x", "idempotencyKey": "k" }),
            "/sessionKey",
        ),
        ("chat.history", json!({ "sessionKey": "main", "limit": "s3cret-value" }), "/limit"),
        ("chat.history", json!({ "sessionKey": "main", "limit": 1001 }), "/limit"),
        ("chat.history", json!({ "sessionKey": "main", "bogus-field": 1 }), "bogus-field"),
        ("device.pair.approve", json!([]), "/"),
    ];
    for (method, params, field) in cases {
        let error = client.err(method, params).await;
        let message = error["message"].as_str().expect("a message");
        assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
        assert!(message.starts_with(&format!("invalid {method} params: ")), "{message}");
        assert!(message.contains(field), "{field} is not named: {message}");
        assert!(!message.contains("s3cret-value"), "{message}");
    }
}

#[tokio::test]
async fn pings_are_answered_with_their_payload() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    client.socket.send(Message::Ping(b"still there?".to_vec().into())).await;
    loop {
        if let Incoming::Pong(payload) = client.socket.next().await {
            assert_eq!(payload, b"still there?");
            break;
        }
    }
}

#[tokio::test]
async fn a_message_over_25_mib_is_closed_with_1009_before_it_arrives() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    // Only the head of a masked binary frame of 26,214,401 bytes.
    let mut head = vec![0x82, 0xFF];
    head.extend_from_slice(&26_214_401_u64.to_be_bytes());
    head.extend_from_slice(&[1, 2, 3, 4]);
    client.socket.stream().write_all(&head).await.expect("sent");
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn requests_run_side_by_side() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let slow = client.send("agent.wait", json!({ "runId": "never", "timeoutMs": 1500 })).await;
    client.ok("health", json!({})).await;
    let answer = client.answer(&slow).await;
    assert_eq!(answer["payload"]["status"], "timeout", "{answer}");
}

/// Reads events until `last` is among them; returns all in order.
async fn events_until(client: &mut Client, last: impl Fn(&Value) -> bool) -> Vec<Value> {
    while !client.events.iter().any(&last) {
        let end = client.pump(harness::PATIENCE).await.expect("an event");
        assert!(end.is_none(), "{end:?}");
    }
    client.events.drain(..).collect()
}

#[tokio::test]
async fn events_are_numbered_from_1_without_holes() {
    let gateway = Gateway::start(Options::default()).await;
    let mut watcher = Knock::cli(&gateway).scopes(&["operator.read"]).enter(&gateway).await;
    let mut writer = Knock::cli(&gateway).enter(&gateway).await;
    let _node = Knock::node(&gateway).enter(&gateway).await;
    for number in 0..5 {
        let run = writer.chat("agent:main:numbers", &format!("number {number}")).await;
        writer.final_chat(&run).await;
    }
    let last = writer.chat("agent:main:numbers", "last").await;
    let end = writer.final_chat(&last).await;
    let ends = |event: &Value| event["event"] == "chat" && event["payload"] == end;
    let events = events_until(&mut watcher, ends).await;
    let seqs: Vec<_> = events.iter().map(|event| event["seq"].as_u64().expect("a seq")).collect();
    let want: Vec<_> = (1..=seqs.len() as u64).collect();
    assert_eq!(seqs, want);
    let presence = events.iter().find(|event| event["event"] == "presence").expect("somebody came");
    assert!(presence["stateVersion"]["presence"].as_u64() > Some(0), "{presence}");
}

#[tokio::test]
async fn events_need_their_scope() {
    let gateway = Gateway::start(Options::default()).await;
    let mut blind = Knock::cli(&gateway).scopes(&[]).enter(&gateway).await;
    let mut writer = Knock::cli(&gateway).enter(&gateway).await;
    let run = writer.chat("agent:main:private", "who hears this?").await;
    writer.final_chat(&run).await;
    blind.ok("health", json!({})).await;
    while blind.pump(Duration::from_millis(50)).await.is_some() {}
    let guarded = |event: &&Value| !matches!(event["event"].as_str(), Some("tick" | "health" | "heartbeat"));
    assert!(!blind.events.iter().any(|event| guarded(&event)), "{:?}", blind.events);
}

#[tokio::test]
async fn shutdown_is_announced_and_closes_with_1012() {
    let mut gateway = Gateway::start(Options::default()).await;
    let mut operator = Knock::cli(&gateway).scopes(&[]).enter(&gateway).await;
    let mut node = Knock::node(&gateway).enter(&gateway).await;
    let stopping = gateway.stop();
    let (status, (), ()) = tokio::join!(stopping, told(&mut operator), told(&mut node));
    assert!(status.success(), "{status:?}");
    assert!(!gateway.state_dir().join("landline.sock").exists(), "the socket is removed");
}

async fn told(client: &mut Client) {
    assert_eq!(client.closed().await, (1012, "service restart".to_owned()));
    let shutdown = client.events.iter().find(|event| event["event"] == "shutdown").expect("it is announced");
    assert_eq!(shutdown["payload"]["reason"], "gateway stopping");
}

#[tokio::test]
async fn ticks_and_pings_come_by_themselves() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).scopes(&[]).enter(&gateway).await;
    let start = std::time::Instant::now();
    let (mut ticked, mut pinged) = (false, false);
    while !(ticked && pinged) {
        let left = Duration::from_secs(45).saturating_sub(start.elapsed());
        match client.socket.next_within(left).await.expect("a tick and a ping each 30 s") {
            Incoming::Json(event) if event["event"] == "tick" => {
                assert!(
                    event["payload"]["ts"].as_i64().is_some() && event["seq"].as_u64().is_some(),
                    "{event}"
                );
                ticked = true;
            }
            Incoming::Ping => pinged = true,
            Incoming::Closed(close) => panic!("closed: {close:?}"),
            Incoming::Json(_) | Incoming::Pong(_) => {}
        }
    }
}

#[tokio::test]
async fn one_device_is_present_once() {
    let gateway = Gateway::start(Options::default()).await;
    let phone = Knock::node(&gateway);
    let node = phone.enter(&gateway).await;
    let second = phone.clone().client("openclaw-ios", "ui").role("operator").scopes(&["operator.read"]);
    let mut operator = second.enter(&gateway).await;
    let list = operator.ok("system-presence", json!({})).await;
    let list = list.as_array().expect("a bare array");
    let own: Vec<_> = list.iter().filter(|entry| entry["deviceId"] == phone.device_id()).collect();
    assert_eq!(own.len(), 1, "{list:?}");
    let mut roles: Vec<_> =
        own[0]["roles"].as_array().expect("roles").iter().filter_map(Value::as_str).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["node", "operator"]);
    assert!(list.iter().any(|entry| entry["mode"] == "gateway" && entry["reason"] == "self"), "{list:?}");
    node.socket.close().await;
    let gone = |event: &Value| {
        event["event"] == "presence" && event.to_string().contains("\"roles\":[\"operator\"]")
    };
    operator.event("one role less", gone).await;
}
