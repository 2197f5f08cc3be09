//! No secret is written down or shown, and what is private is private on disk (security 6, 27).

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use harness::{Gateway, Knock, Options, identity, request};
use serde_json::json;

/// Files that hold a secret on purpose, for their owner alone.
const KEPT: [&str; 1] = ["config.toml"];

#[tokio::test]
async fn no_secret_is_in_logs_errors_or_the_database() {
    let config = "[agents.main]\nexecutor = \"builtin\"\nenv = { API_KEY = \"sk-config-secret-1\" }\n";
    let options = Options::default().env("LANDLINE_LOG", "trace").config(config);
    let mut gateway = Gateway::start(options).await;
    let mut secrets = vec![gateway.token().to_owned(), "sk-config-secret-1".to_owned()];

    let knock = Knock::cli(&gateway).device(&identity());
    let token = knock.enter(&gateway).await.device_token();
    let mut owner = knock.clone().auth(json!({ "deviceToken": token })).enter(&gateway).await;
    secrets.push(token);
    for wrong in ["wrong-shared-secret-1", "wrong-device-secret-2", "wrong-link-secret-3"] {
        Knock::plain().token(wrong).refused(&gateway).await;
        let device = Knock::plain().device(&identity());
        device.clone().auth(json!({ "deviceToken": wrong })).refused(&gateway).await;
        device.auth(json!({ "bootstrapToken": wrong })).refused(&gateway).await;
        request(gateway.address(), "GET", &format!("/?token={wrong}"), &[]).await;
        request(gateway.address(), "GET", "/metrics", &[("Authorization", &format!("Bearer {wrong}"))]).await;
        secrets.push(wrong.to_owned());
    }
    let code = owner.ok("device.pair.setupCode", json!({})).await;
    secrets.push(code["setupCode"].as_str().expect("a code").to_owned());
    let link =
        gateway.cli(&["dashboard", "--json"]).await.ok().json()["url"].as_str().expect("a link").to_owned();
    secrets.push(link.split_once('=').expect("a token").1.to_owned());
    let shown = owner.ok("config.get", json!({})).await.to_string();
    let tail = owner.ok("logs.tail", json!({ "limit": 5000, "maxBytes": 1_000_000 })).await.to_string();
    let run = owner.chat("agent:main:secrets", "/status").await;
    owner.final_chat(&run).await;
    let rotated =
        owner.ok("device.token.rotate", json!({ "deviceId": knock.device_id(), "role": "operator" })).await;
    secrets.push(rotated["token"].as_str().expect("in-band").to_owned());
    owner.closed().await;
    gateway.stop().await;

    let start_link = gateway.stdout();
    let written = gateway.everything_written(&KEPT).replace(&start_link, "");
    for secret in &secrets {
        assert!(!written.contains(secret.as_str()), "{secret} was written down");
        assert!(!shown.contains(secret.as_str()), "{secret} is in config.get");
        assert!(!tail.contains(secret.as_str()), "{secret} is in logs.tail");
    }
}

#[tokio::test]
async fn config_get_hides_and_keeps_secrets() {
    let config = "[gateway]\ntoken = \"file-secret-0123456789\"\n\n# mine\n[agents.main]\nexecutor = \"builtin\"\nenv = { API_KEY = \"sk-hidden\" }\n";
    let gateway = Gateway::start(Options::default().config(config)).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let shown = owner.ok("config.get", json!({})).await;
    assert!(
        !shown.to_string().contains("sk-hidden") && !shown.to_string().contains("file-secret"),
        "{shown}"
    );
    let raw = shown["raw"].as_str().expect("text");
    assert!(raw.contains("__OPENCLAW_REDACTED__"), "{raw}");
    let edited = format!("{raw}\n[log]\nlevel = \"debug\"\n");
    owner.ok("config.set", json!({ "raw": edited, "baseHash": shown["hash"] })).await;
    let file = std::fs::read_to_string(gateway.state_dir().join("config.toml")).expect("the file");
    assert!(file.contains("sk-hidden") && file.contains("file-secret"), "the secrets stay");
    assert!(file.contains("# mine") && file.contains("debug"));
    let stale = owner.err("config.set", json!({ "raw": edited, "baseHash": shown["hash"] })).await;
    assert_eq!(stale["code"], "INVALID_REQUEST");
    let message = stale["message"].as_str().expect("a message");
    assert!(message.starts_with("config changed since last load; re-run config.get and retry"), "{message}");
    owner.err("config.set", json!({ "raw": edited })).await;
}

#[tokio::test]
async fn what_is_private_has_private_modes() {
    let mut gateway = Gateway::prepare(Options::default());
    std::fs::remove_dir_all(gateway.state_dir()).expect("an empty folder");
    gateway.launch();
    gateway.ready().await;
    let mut owner = Knock::cli(&gateway).device(&identity()).enter(&gateway).await;
    let run = owner.chat("agent:main:modes", "hello").await;
    owner.final_chat(&run).await;
    private(gateway.state_dir());
}

fn private(path: &Path) {
    let mode = std::fs::symlink_metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder").flatten() {
            // Agents work in their own folders; what is in there is theirs, behind a private door.
            if entry.file_name() != "workspaces" {
                private(&entry.path());
            }
        }
    }
}
