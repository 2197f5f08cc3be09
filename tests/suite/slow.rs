//! A reader that stalls: cut off, within its budget, while the others miss nothing (protocol 2.1, 4.2).

use std::time::Duration;

use harness::{Client, Gateway, Knock, Options, Socket, within};
use serde_json::{Value, json};

const MIB: u64 = 1024 * 1024;
const SESSION: &str = "agent:main:flood";

/// Publishes `count` events of about 64 KiB that must not be dropped.
async fn publish(writer: &mut Client, count: usize) {
    let text = "many words that nobody reads ".repeat(2200);
    for _ in 0..count {
        writer.ok("chat.inject", json!({ "sessionKey": SESSION, "message": text })).await;
    }
}

/// Connects a reader with a small kernel buffer that will never read again.
async fn stalled(gateway: &Gateway) -> Socket {
    let mut socket = Socket::open_narrow(gateway.address(), 8 * 1024, &[]).await.expect("an upgrade");
    let (nonce, ts) = socket.challenge().await;
    let params = Knock::cli(gateway).scopes(&["operator.read"]).params(&nonce, ts);
    socket.send_json(&json!({ "type": "req", "id": "1", "method": "connect", "params": params })).await;
    assert_eq!(socket.json().await["payload"]["type"], "hello-ok");
    socket
}

async fn connections(client: &mut Client) -> u64 {
    client.ok("status", json!({})).await["connections"].as_u64().expect("a number")
}

#[tokio::test]
async fn a_stalled_reader_is_cut_off_within_its_budget() {
    let gateway = Gateway::start(Options::default()).await;
    let mut writer = Knock::cli(&gateway).enter(&gateway).await;
    let mut good = Knock::cli(&gateway).scopes(&["operator.read"]).enter(&gateway).await;
    let mut last = None;
    // The same amount without a stalled reader first: what the store and the allocator need is not its doing.
    for _ in 0..20 {
        publish(&mut writer, 10).await;
        drain(&mut good, 10, &mut last).await;
    }
    let before = gateway.memory("VmRSS");
    let mut lazy = stalled(&gateway).await;
    let there = connections(&mut writer).await;
    let mut most = 0;
    for _ in 0..20 {
        publish(&mut writer, 10).await;
        drain(&mut good, 10, &mut last).await;
        writer.events.clear();
        most = most.max(gateway.memory("VmRSS").saturating_sub(before));
    }
    println!("slow: {} KiB more at most", most / 1024);
    assert!(most <= 8 * MIB, "{} KiB more", most / 1024);
    within(Duration::from_secs(15), "the stalled reader is cut off", async || {
        connections(&mut writer).await < there
    })
    .await;
    let (_, close) = lazy.rest().await;
    assert!(matches!(close.0, 1006 | 1008), "{close:?}");
    assert!(close.0 != 1008 || close.1 == "slow consumer", "{close:?}");
    let health = good.ok("health", json!({})).await;
    assert_eq!(health["ok"], true);
}

/// Reads until `count` more injected lines have come, and checks that no number after `last` is missing.
async fn drain(reader: &mut Client, count: usize, last: &mut Option<u64>) {
    let mut seen = 0;
    while seen < count {
        if reader.events.is_empty() {
            let end = reader.pump(harness::PATIENCE).await.expect("an event");
            assert!(end.is_none(), "a good reader is cut off: {end:?}");
        }
        while let Some(event) = reader.events.pop_front() {
            let seq = event["seq"].as_u64().expect("a seq");
            assert!(last.is_none_or(|last| seq == last + 1), "a hole before {seq}, after {last:?}");
            *last = Some(seq);
            seen += usize::from(is_line(&event));
        }
    }
}

fn is_line(event: &Value) -> bool {
    event["event"] == "chat"
        && event["payload"]["state"] == "final"
        && event["payload"]["sessionKey"] == SESSION
}

#[tokio::test]
async fn answers_to_one_who_does_not_read_cost_no_more_than_it_may_ask_at_once() {
    let gateway = Gateway::start(Options::default()).await;
    let mut writer = Knock::cli(&gateway).enter(&gateway).await;
    publish(&mut writer, 20).await;
    let before = gateway.memory("VmRSS");
    let mut lazy = stalled(&gateway).await;
    let ask =
        json!({ "type": "req", "id": "h", "method": "chat.history", "params": { "sessionKey": SESSION } });
    // Each answer is over 1 MiB; beyond a few of them the requests must wait in the kernel.
    for _ in 0..400 {
        let sent = tokio::time::timeout(Duration::from_millis(200), lazy.send_json(&ask)).await;
        if sent.is_err() {
            break;
        }
    }
    let mut most = 0;
    for _ in 0..20 {
        writer.ok("health", json!({})).await;
        let grown = gateway.memory("VmRSS").saturating_sub(before);
        most = most.max(grown);
    }
    println!("slow: {} KiB more for answers", most / 1024);
    assert!(most <= 160 * MIB, "{} MiB more", most / MIB);
}
