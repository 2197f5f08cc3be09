//! A stranger's JSON of any shape, before and after the handshake: refused by the rules, with bounded memory.

use std::time::{Duration, Instant};

use harness::{Gateway, Incoming, Knock, Options, Rng, Socket};
use serde_json::{Map, Value, json};

/// How long each test goes on.
const TIME: Duration = Duration::from_secs(8);
const MIB: u64 = 1024 * 1024;

/// Returns a value of any shape.
fn any(rng: &mut Rng, depth: u64) -> Value {
    match rng.below(if depth == 0 { 7 } else { 10 }) {
        0 => Value::Null,
        1 => json!(rng.one_in(2)),
        2 => json!(i64::from_ne_bytes(rng.number().to_ne_bytes())),
        3 => json!(rng.below(1000)),
        4 => json!(f64::from_bits(rng.number())),
        5 => json!(word(rng)),
        6 => json!(text(rng)),
        7 => Value::Array((0..rng.below(6)).map(|_| any(rng, depth - 1)).collect()),
        _ => Value::Object((0..rng.below(8)).map(|_| (word(rng).to_owned(), any(rng, depth - 1))).collect()),
    }
}

/// Returns a word that means something in the protocol.
fn word(rng: &mut Rng) -> &'static str {
    const WORDS: [&str; 40] = [
        "type",
        "req",
        "res",
        "event",
        "id",
        "method",
        "params",
        "connect",
        "health",
        "chat.send",
        "client",
        "mode",
        "role",
        "operator",
        "node",
        "scopes",
        "operator.admin",
        "auth",
        "token",
        "device",
        "publicKey",
        "signature",
        "signedAt",
        "nonce",
        "minProtocol",
        "maxProtocol",
        "version",
        "platform",
        "sessionKey",
        "message",
        "idempotencyKey",
        "limit",
        "key",
        "agentId",
        "__proto__",
        "",
        "attachments",
        "raw",
        "deviceId",
        "requestId",
    ];
    rng.pick::<&'static str>(&WORDS)
}

fn text(rng: &mut Rng) -> String {
    const PARTS: [&str; 12] =
        ["a", "\u{0}", "\u{202e}", "\u{1F600}", "\"", "\\", "../", "%00", "'; --", "\n", "<script>", "|"];
    (0..rng.below(30)).map(|_| *rng.pick(&PARTS)).collect()
}

/// Returns a frame that is a request more often than not.
fn frame(rng: &mut Rng, methods: &[&str]) -> Value {
    if rng.one_in(4) {
        return any(rng, 5);
    }
    let mut frame = Map::new();
    frame.insert("type".into(), if rng.one_in(10) { any(rng, 1) } else { json!("req") });
    frame.insert("id".into(), if rng.one_in(10) { any(rng, 1) } else { json!(format!("f{}", rng.number())) });
    let method = if rng.one_in(10) { any(rng, 1) } else { json!(rng.pick(methods)) };
    frame.insert("method".into(), method);
    if !rng.one_in(8) {
        frame.insert("params".into(), any(rng, 5));
    }
    Value::Object(frame)
}

/// Spoils a frame's text now and then: cut short, or with bytes changed.
fn bytes(rng: &mut Rng, frame: &Value) -> Vec<u8> {
    let mut bytes = frame.to_string().into_bytes();
    if rng.one_in(6) {
        let cut = rng.below(bytes.len() as u64 + 1);
        bytes.truncate(usize::try_from(cut).expect("small"));
    }
    if rng.one_in(6) && !bytes.is_empty() {
        let at = usize::try_from(rng.below(bytes.len() as u64)).expect("small");
        bytes[at] = rng.number().to_ne_bytes()[0];
    }
    bytes
}

fn is_request(bytes: &[u8]) -> bool {
    let Ok(Value::Object(frame)) = serde_json::from_slice(bytes) else { return false };
    let filled = |key: &str| frame.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    frame.get("type").and_then(Value::as_str) == Some("req") && filled("id") && filled("method")
}

#[tokio::test]
async fn any_first_frame_is_refused_by_the_rules() {
    let mut rng = Rng::announced("fuzz, first frame");
    let mut gateway = Gateway::start(Options::default()).await;
    let (start, before) = (Instant::now(), gateway.memory("VmRSS"));
    let mut tried = 0;
    while start.elapsed() < TIME {
        let frame = frame(&mut rng, &["connect", "connect", "connect", "health", "chat.send"]);
        let bytes = bytes(&mut rng, &frame);
        let mut socket = Socket::open(gateway.address()).await;
        socket.challenge().await;
        socket.send_binary(&bytes).await;
        let (said, close) = socket.rest().await;
        let shown = String::from_utf8_lossy(&bytes);
        if is_request(&bytes) {
            assert_eq!(said.len(), 1, "{shown}");
            assert_eq!((&said[0]["type"], &said[0]["ok"]), (&json!("res"), &json!(false)), "{shown}");
            assert!(matches!(close.0, 1008 | 1002), "{close:?} to {shown}");
        } else if serde_json::from_slice::<Value>(&bytes).is_ok() {
            assert!(said.is_empty() && close.0 == 1008, "{said:?} {close:?} to {shown}");
        } else {
            // A frame around params that are no JSON (a number beyond all bounds) may be answered by its id.
            assert!(said.len() <= 1 && said.iter().all(|frame| frame["ok"] == false), "{said:?} to {shown}");
            assert!(matches!(close.0, 1000 | 1008), "{close:?} to {shown}");
        }
        tried += 1;
    }
    println!("fuzz: {tried} first frames");
    assert!(gateway.is_alive());
    let grown = gateway.memory("VmRSS").saturating_sub(before);
    assert!(grown < 32 * MIB, "{} KiB more after {tried} frames", grown / 1024);
    Knock::cli(&gateway).enter(&gateway).await;
}

#[tokio::test]
async fn any_frame_after_the_handshake_leaves_the_gateway_alive() {
    let mut rng = Rng::announced("fuzz, connected");
    let mut gateway = Gateway::start(Options::default()).await;
    // An operator who calls what is for nodes is sent away after a few calls; that is tested elsewhere.
    let for_operators = |access| access != schemas::methods::Access::Node;
    let methods = schemas::methods::all();
    let methods = methods.iter().filter(|method| for_operators(method.access));
    let methods: Vec<&str> = methods.map(|method| method.name).collect();
    let (start, before) = (Instant::now(), gateway.memory("VmRSS"));
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let mut tried = 0;
    while start.elapsed() < TIME {
        for _ in 0..50 {
            let frame = frame(&mut rng, &methods);
            let bytes = bytes(&mut rng, &frame);
            client.socket.send_binary(&bytes).await;
            tried += 1;
        }
        let id = client.send("health", json!({})).await;
        let frame = client.try_answer(&id).await.unwrap_or_else(|close| panic!("closed: {close:?}"));
        assert_eq!(frame["ok"], true, "{frame}");
        client.events.clear();
    }
    println!("fuzz: {tried} frames");
    while let Some(Incoming::Json(frame)) = client.socket.next_within(Duration::from_millis(300)).await {
        assert_ne!(frame["error"]["code"], "INTERNAL_ERROR", "{frame}");
    }
    assert!(gateway.is_alive());
    assert!(!gateway.stderr().contains("panicked"), "a handler panicked");
    let grown = gateway.memory("VmRSS").saturating_sub(before);
    assert!(grown < 96 * MIB, "{} KiB more after {tried} frames", grown / 1024);
}

#[tokio::test]
async fn any_bytes_instead_of_frames_end_the_line_alone() {
    let mut rng = Rng::announced("fuzz, bytes");
    let mut gateway = Gateway::start(Options::default()).await;
    let start = Instant::now();
    while start.elapsed() < TIME / 4 {
        let mut client = Knock::cli(&gateway).enter(&gateway).await;
        let noise: Vec<u8> = (0..rng.below(4000)).map(|_| rng.number().to_ne_bytes()[0]).collect();
        let _ = tokio::io::AsyncWriteExt::write_all(client.socket.stream(), &noise).await;
        drop(client);
        let raw: Vec<u8> = (0..rng.below(4000)).map(|_| rng.number().to_ne_bytes()[0]).collect();
        let mut stream = tokio::net::TcpStream::connect(gateway.address()).await.expect("it listens");
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &raw).await;
    }
    assert!(gateway.is_alive());
    Knock::cli(&gateway).enter(&gateway).await;
}
