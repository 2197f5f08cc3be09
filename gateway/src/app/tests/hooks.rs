//! Calls of other programs, over the real port.

use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use schemas::methods::hooks::{HookSettings, HooksAddParams};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::*;
use crate::store::{messages, sessions};

const TOKEN: &str = "hooks-token-of-the-test";
const SECRET: &str = "the secret of the hook";

async fn start_gateway(home: &Path) -> Running {
    let text = format!(
        "[gateway]\nport = 0\n[hooks]\nenabled = true\ntoken = \"{TOKEN}\"\n\
         [agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/cat\"]\n"
    );
    let overrides = Overrides { home: Some(home.to_owned()), ..Overrides::default() };
    let config = Config::from_text(&text, &overrides).unwrap();
    let log_file = home.join("log");
    let options = StartOptions { overrides, path_env: None, log_file, clock: Clock::system() };
    start(config, options).await.unwrap()
}

/// Posts a body with these headers; returns status, head and body of the answer.
async fn post(gateway: &Running, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String, String) {
    let mut head =
        format!("POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", gateway.address, body.len());
    for (name, value) in headers {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    send(gateway, &[head.as_bytes(), b"Connection: close\r\n\r\n", body].concat()).await
}

async fn send(gateway: &Running, bytes: &[u8]) -> (u16, String, String) {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    drop(stream.write_all(bytes).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, head.to_ascii_lowercase(), body.to_owned())
}

fn signature(parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    for part in parts {
        mac.update(part);
    }
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

async fn add(gateway: &Running, name: &str, template: &str, more: Value) {
    let mut settings = json!({ "name": name, "template": template });
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    let settings: HookSettings = serde_json::from_value(settings).unwrap();
    let secret = (!settings.allow_unsigned).then(|| SECRET.to_owned());
    gateway.services.hooks.add("default", "token", HooksAddParams { settings, secret }).await.unwrap();
}

/// Returns what was said in a conversation, the newest first, once that is as much as expected.
async fn said(gateway: &Running, key: &str, count: usize) -> Vec<String> {
    for _ in 0..2000 {
        let wanted = key.to_owned();
        let read = move |db: &crate::store::Db| {
            let Some(session) = sessions::find(db, "default", &wanted)? else { return Ok(Vec::new()) };
            messages::newest(db, session.transcript, None, 0, 100)
        };
        let found = gateway.services.store.read(read).await.unwrap();
        if found.len() >= count {
            return found.iter().map(|message| message.body.plain()).collect();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{count} messages never came in {key}");
}

#[tokio::test]
async fn the_two_open_addresses_take_text_from_whoever_has_the_token() {
    let home = tempfile::tempdir().unwrap();
    let gateway = start_gateway(home.path()).await;
    let bearer = format!("Bearer {TOKEN}");
    let auth = [("Authorization", bearer.as_str())];
    let (status, head, _) =
        send(&gateway, b"GET /hooks/agent HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status, 405, "{head}");
    assert_eq!(post(&gateway, "/hooks/agent", &[], b"{}").await.0, 401);
    assert_eq!(post(&gateway, "/hooks/agent?token=x", &auth, b"{}").await.0, 400);
    assert_eq!(post(&gateway, "/hooks/agent", &auth, b"{}").await.0, 400);
    assert_eq!(post(&gateway, "/hooks/agent", &auth, b"no json").await.0, 400);
    assert_eq!(post(&gateway, "/hooks/nothing", &auth, b"{}").await.0, 404);
    let long = json!({ "message": "x".repeat(300 * 1024) }).to_string();
    assert_eq!(post(&gateway, "/hooks/agent", &auth, long.as_bytes()).await.0, 413);
    let own = [("X-OpenClaw-Token", TOKEN)];
    let (status, _, body) = post(&gateway, "/hooks/wake", &own, br#"{"text":"look","mode":"now"}"#).await;
    assert_eq!((status, body.as_str()), (200, r#"{"ok":true,"mode":"now"}"#));
    let words = said(&gateway, "agent:main:main", 1).await;
    assert!(
        words.last().unwrap().contains("information") && words.last().unwrap().contains("\"text\":\"look\"")
    );
    let body = br#"{"message":"hello","sessionKey":"agent:main:main"}"#;
    let (status, _, body) = post(&gateway, "/hooks/agent", &auth, body).await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &answer["ok"]), (200, &json!(true)));
    let run = answer["runId"].as_str().unwrap();
    let key = gateway.services.engine.key_of_run("default", run);
    assert_ne!(key.as_deref(), Some("agent:main:main"), "the caller may not choose");
    gateway.stop().await;
}

#[tokio::test]
async fn who_guesses_is_locked_out() {
    let home = tempfile::tempdir().unwrap();
    let gateway = start_gateway(home.path()).await;
    add(&gateway, "ci", "x", json!({})).await;
    for n in 0..20 {
        let path = if n % 2 == 0 { "/hooks/agent" } else { "/hooks/ci" };
        assert_eq!(post(&gateway, path, &[("Authorization", "Bearer wrong")], b"{}").await.0, 401, "{n}");
    }
    let bearer = format!("Bearer {TOKEN}");
    let (status, head, _) = post(&gateway, "/hooks/agent", &[("Authorization", &bearer)], b"{}").await;
    assert!(status == 429 && head.contains("retry-after: "), "{head}");
    let good = signature(&[b"{}"]);
    assert_eq!(post(&gateway, "/hooks/ci", &[("X-Hub-Signature-256", &good)], b"{}").await.0, 429);
    gateway.stop().await;
}

#[tokio::test]
async fn a_signed_call_runs_once_and_what_it_says_is_fenced_off() {
    let home = tempfile::tempdir().unwrap();
    let gateway = start_gateway(home.path()).await;
    add(&gateway, "ci", "{{payload.a[0].b}} of {{payload.o}}", json!({ "instruction": "Look at it." })).await;
    let body = br#"{"a":[{"b":"red"}],"o":{"x":1}}"#;
    let signed = signature(&[body]);
    let good = [("X-Hub-Signature-256", signed.as_str())];
    let (status, _, first) = post(&gateway, "/hooks/ci", &good, body).await;
    assert_eq!(status, 202, "{first}");
    let (status, _, second) = post(&gateway, "/hooks/ci", &good, body).await;
    let (first, second): (Value, Value) =
        (serde_json::from_str(&first).unwrap(), serde_json::from_str(&second).unwrap());
    assert_eq!((status, &second["runId"], &second["repeated"]), (200, &first["runId"], &json!(true)));
    let words = said(&gateway, "agent:main:hook:ci", 2).await;
    assert_eq!(words.len(), 2, "one question and its answer: {words:?}");
    let asked = words.last().unwrap();
    assert!(asked.starts_with("Look at it.") && asked.contains(r#"red of {\"x\":1}"#), "{asked}");
    let other = br#"{"a":[{"b":"green"}],"o":{"x":1}}"#;
    assert_eq!(post(&gateway, "/hooks/ci", &good, other).await.0, 401);
    assert_eq!(post(&gateway, "/hooks/ci", &[], body).await.0, 401);
    let missing = signature(&[b"{}"]);
    assert_eq!(post(&gateway, "/hooks/ci", &[("X-Hub-Signature-256", &missing)], b"{}").await.0, 400);
    gateway.stop().await;
}

#[tokio::test]
async fn ten_good_calls_a_minute_and_repeats_are_told_by_what_was_signed() {
    let home = tempfile::tempdir().unwrap();
    let gateway = start_gateway(home.path()).await;
    add(&gateway, "ci", "{{payload.n}}", json!({ "trusted": true })).await;
    let body = br#"{"n":1}"#;
    let call = |delivery: String| {
        let (gateway, now) = (&gateway, (Clock::system().now() / 1000).to_string());
        async move {
            let signed = signature(&[format!("{now}.{delivery}.").as_bytes(), body]);
            let headers = [
                ("X-Landline-Signature-256", signed.as_str()),
                ("X-Landline-Timestamp", now.as_str()),
                ("X-Landline-Delivery", delivery.as_str()),
            ];
            post(gateway, "/hooks/ci", &headers, body).await.0
        }
    };
    for n in 0..5 {
        let (one, same) = tokio::join!(call(format!("d{n}")), call(format!("d{n}")));
        assert!([one, same].contains(&202) && [one, same].contains(&200), "{one} {same}");
    }
    let mut last = 0;
    for n in 5..12 {
        last = call(format!("d{n}")).await;
    }
    assert_eq!(last, 429);
    let hooks = gateway.services.hooks.list("default").await.unwrap();
    assert!(hooks[0].calls <= 10 && hooks[0].has_secret);
    assert!(!serde_json::to_string(&hooks).unwrap().contains(SECRET));
    assert_eq!(said(&gateway, "agent:main:hook:ci", 2).await.last().map(String::as_str), Some("1"));
    gateway.stop().await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let gateway = start_gateway(home.path()).await;
    add(&gateway, "ci", "x", json!({ "allowUnsigned": true })).await;
    assert_eq!(post(&gateway, "/hooks/ci", &[], b"{}").await.0, 202);
    let hooks = &gateway.services.hooks;
    for (name, template, agent) in [
        ("ci", "x", "main"),
        ("agent", "x", "main"),
        ("A B", "x", "main"),
        ("n", "{{x}}", "main"),
        ("n", "x", "no"),
    ] {
        let settings = json!({ "name": name, "template": template, "agentId": agent });
        let settings: HookSettings = serde_json::from_value(settings).unwrap();
        let params = HooksAddParams { settings, secret: None };
        assert!(hooks.add("default", "token", params).await.is_err(), "{name} {template} {agent}");
    }
    assert!(!hooks.remove("other", "ci").await.unwrap());
    assert!(hooks.remove("default", "ci").await.unwrap());
    assert_eq!(post(&gateway, "/hooks/ci", &[], b"{}").await.0, 404);
    gateway.stop().await;
}
