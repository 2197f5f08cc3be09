//! Floods, guesses and hostile payloads: refused, with bounded memory (security 3–5, 8).

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use harness::{Gateway, Knock, Options, Refused, Socket, identity};
use serde_json::json;

const MIB: u64 = 1024 * 1024;

#[tokio::test]
async fn two_hundred_silent_sockets_keep_nobody_out() {
    let gateway = Gateway::start(Options::default()).await;
    let silent = join_all((0..200).map(|_| Socket::open_with(gateway.address(), "/", &[]))).await;
    let start = Instant::now();
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    assert!(start.elapsed() < Duration::from_secs(1), "let in after {:?}", start.elapsed());
    client.ok("health", json!({})).await;
    let mut open = 0;
    for mut socket in silent.into_iter().flatten() {
        let mut ended = false;
        while let Some(said) = socket.next_within(Duration::from_millis(20)).await {
            ended |= matches!(said, harness::Incoming::Closed(_));
            if ended {
                break;
            }
        }
        open += usize::from(!ended);
    }
    assert!(open <= 32, "{open} half-open sockets of one address");
    client.ok("health", json!({})).await;
}

#[tokio::test]
async fn silent_tcp_connections_keep_nobody_out() {
    let gateway = Gateway::start(Options::default()).await;
    let opened = join_all((0..300).map(|_| tokio::net::TcpStream::connect(gateway.address()))).await;
    let start = Instant::now();
    Knock::cli(&gateway).enter(&gateway).await;
    assert!(start.elapsed() < Duration::from_secs(1), "let in after {:?}", start.elapsed());
    drop(opened);
}

/// Tries `count` wrong proofs, a few side by side; returns the refusals in the order of the tries.
async fn guess(gateway: &Gateway, count: usize, knock: impl Fn(usize) -> Knock) -> Vec<Refused> {
    let mut refusals = Vec::new();
    let mut tried = 0;
    while tried < count {
        // The first tries one by one, so that the lockout can be counted.
        let batch = if tried < 20 { 1 } else { 20.min(count - tried) };
        let knocks: Vec<_> = (tried..tried + batch).map(&knock).collect();
        refusals.extend(join_all(knocks.iter().map(|knock| knock.refused(gateway))).await);
        tried += batch;
    }
    refusals
}

fn locked_out_after_ten(refusals: &[Refused]) {
    let before = refusals.iter().position(|refused| refused.detail() == "AUTH_RATE_LIMITED");
    assert!(before.is_some_and(|before| before <= 10), "locked out after {before:?}");
    let after = &refusals[before.unwrap_or(0)..];
    assert!(after.iter().all(|refused| refused.detail() == "AUTH_RATE_LIMITED"), "and stays so");
    let last = refusals.last().expect("some");
    last.expect("INVALID_REQUEST", "AUTH_RATE_LIMITED", 1008);
    assert_eq!(last.error["retryable"], true, "{last:?}");
    assert!(last.error["retryAfterMs"].as_u64().is_some_and(|wait| wait <= 300_000), "{last:?}");
}

#[tokio::test]
async fn a_thousand_wrong_tokens_lock_loopback_out_and_spare_paired_devices() {
    let gateway = Gateway::start(Options::default()).await;
    let paired = Knock::cli(&gateway).device(&identity()).scopes(&["operator.read"]);
    let mut inside = paired.enter(&gateway).await;
    let own = paired.clone().auth(json!({ "deviceToken": inside.device_token() }));
    let refusals = guess(&gateway, 1000, |n| Knock::plain().token(&format!("wrong-{n}"))).await;
    locked_out_after_ten(&refusals);
    let right = Knock::cli(&gateway).refused(&gateway).await;
    right.expect("INVALID_REQUEST", "AUTH_RATE_LIMITED", 1008);
    own.enter(&gateway).await;
    inside.ok("health", json!({})).await;
    gateway.cli(&["health"]).await.ok();
}

#[tokio::test]
async fn a_bogus_device_token_beside_the_guess_changes_nothing() {
    let gateway = Gateway::start(Options::default()).await;
    let device = identity();
    let both = |n: usize| {
        let auth = json!({ "token": format!("wrong-{n}"), "deviceToken": "x".repeat(43) });
        Knock::plain().device(&device).auth(auth)
    };
    locked_out_after_ten(&guess(&gateway, 40, both).await);
    let right = Knock::cli(&gateway).refused(&gateway).await;
    right.expect("INVALID_REQUEST", "AUTH_RATE_LIMITED", 1008);
}

#[tokio::test]
async fn guessed_device_tokens_and_links_are_limited_too() {
    let gateway = Gateway::start(Options::default()).await;
    let device = identity();
    let token =
        |n: usize| Knock::plain().device(&device).auth(json!({ "deviceToken": format!("guess-{n}") }));
    locked_out_after_ten(&guess(&gateway, 30, token).await);
    let link =
        |n: usize| Knock::plain().device(&device).auth(json!({ "bootstrapToken": format!("guess-{n}") }));
    locked_out_after_ten(&guess(&gateway, 30, link).await);
    Knock::cli(&gateway).enter(&gateway).await;
}

#[tokio::test]
async fn guesses_at_metrics_are_limited() {
    let gateway = Gateway::start(Options::default()).await;
    let at = gateway.address();
    for n in 0..15 {
        let wrong = format!("Bearer wrong-{n}");
        let reply = harness::request(at, "GET", "/metrics", &[("Authorization", &wrong)]).await;
        assert!(matches!(reply.status, 401 | 429), "{reply:?}");
    }
    let right = format!("Bearer {}", gateway.token());
    let reply = harness::request(at, "GET", "/metrics", &[("Authorization", &right)]).await;
    assert!(matches!(reply.status, 401 | 429), "locked out: {reply:?}");
}

#[tokio::test]
async fn deep_json_is_refused_without_harm() {
    let gateway = Gateway::start(Options::default()).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for text in [&deep, &objects] {
        let mut socket = Socket::open(gateway.address()).await;
        socket.challenge().await;
        socket.send_text(text).await;
        let (said, close) = socket.rest().await;
        assert!(said.is_empty() && matches!(close.0, 1000 | 1008 | 1009), "{said:?} {close:?}");
    }
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    for text in [&deep, &objects] {
        client.socket.send_text(text).await;
        let frame = format!(r#"{{"type":"req","id":"deep","method":"chat.history","params":{text}}}"#);
        client.socket.send_text(&frame).await;
    }
    client.ok("health", json!({})).await;
}

#[tokio::test]
async fn a_million_keys_are_refused_within_bounded_memory() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let before = gateway.memory("VmRSS");
    let mut keys = String::from("{");
    for n in 0..1_000_000 {
        let _ = write!(keys, "\"k{n}\":1,");
    }
    keys.push_str("\"last\":1}");
    let frame = format!(r#"{{"type":"req","id":"keys","method":"chat.history","params":{keys}}}"#);
    client.socket.send_text(&frame).await;
    let answer = client.answer("keys").await;
    assert_eq!(answer["error"]["code"], "INVALID_REQUEST", "{answer}");
    assert!(answer.to_string().len() < 10_000, "the answer is short");
    client.socket.send_text(&keys).await;
    client.ok("health", json!({})).await;
    let peak = gateway.memory("VmHWM") - before;
    assert!(peak < 400 * MIB, "{} MiB for {} MiB of text", peak / MIB, frame.len() as u64 / MIB);
}

#[tokio::test]
async fn large_first_frames_are_never_held() {
    let gateway = Gateway::start(Options::default()).await;
    let before = gateway.memory("VmRSS");
    let big = "x".repeat(2 * 1024 * 1024);
    for _ in 0..40 {
        let mut socket = Socket::open(gateway.address()).await;
        socket.challenge().await;
        socket.send_text(&big).await;
        let (_, close) = socket.rest().await;
        assert!(matches!(close.0, 1009 | 1006), "{close:?}");
    }
    let grown = gateway.memory("VmHWM").saturating_sub(before);
    assert!(grown < 16 * MIB, "{} KiB", grown / 1024);
    Knock::cli(&gateway).enter(&gateway).await;
}
