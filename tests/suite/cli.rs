//! The command line: exit codes, `--json`, and what it says when something is wrong.

mod work;

use harness::{Gateway, Knock, Options, identity};
use serde_json::json;

#[tokio::test]
async fn commands_print_json_and_end_with_0() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let run = client.chat("agent:main:cli", "hello there").await;
    client.final_chat(&run).await;

    let status = gateway.cli(&["status", "--json"]).await.ok().json();
    assert_eq!(status["pid"], gateway.pid());
    assert!(status["runtimeVersion"].is_string() && status["connections"].as_u64() >= Some(1), "{status}");
    let health = gateway.cli(&["health", "--json"]).await.ok().json();
    assert_eq!(health["ok"], true);
    let devices = gateway.cli(&["devices", "list", "--json"]).await.ok().json();
    assert_eq!(devices, json!({ "pending": [], "paired": [] }));
    let sessions = gateway.cli(&["sessions", "list", "--json"]).await.ok().json();
    assert!(sessions.to_string().contains("agent:main:cli"), "{sessions}");
    let called = gateway.cli(&["call", "health"]).await.ok().json();
    assert_eq!(called["ok"], true);
    let link = gateway.cli(&["dashboard", "--json"]).await.ok().json();
    assert!(link["url"].as_str().is_some_and(|url| url.starts_with(&gateway.url())), "{link}");
    let doctor = gateway.cli(&["doctor", "--json"]).await;
    assert_eq!(doctor.code, 0, "{doctor:?}");
    doctor.json();
    let check = gateway.cli(&["config", "check", "--json"]).await.ok().json();
    assert_eq!((&check["valid"], &check["issues"]), (&json!(true), &json!([])));
    gateway.cli(&["logs"]).await.ok();
}

#[tokio::test]
async fn commands_speak_to_people_without_colours_in_a_pipe() {
    let gateway = Gateway::start(Options::default()).await;
    let commands: [&[&str]; 7] = [
        &["status"],
        &["health"],
        &["devices", "list"],
        &["sessions", "list"],
        &["dashboard"],
        &["doctor"],
        &["config", "get"],
    ];
    for command in commands {
        let done = gateway.cli(command).await;
        done.ok();
        assert!(!done.stdout.trim().is_empty(), "{command:?} says nothing");
        assert!(!done.stdout.contains('\u{1b}') && !done.stderr.contains('\u{1b}'), "{command:?}: {done:?}");
    }
}

#[tokio::test]
async fn without_a_gateway_the_exit_code_is_3_with_the_next_step() {
    let gateway = Gateway::prepare(Options::default());
    let commands: [&[&str]; 6] = [
        &["status"],
        &["health"],
        &["devices", "list"],
        &["sessions", "list"],
        &["call", "health"],
        &["dashboard"],
    ];
    for command in commands {
        let done = gateway.cli(command).await;
        assert_eq!(done.code, 3, "{command:?}: {done:?}");
        assert!(done.stderr.contains("landline gateway"), "the next step is named: {done:?}");
        assert!(done.stdout.is_empty(), "{done:?}");
    }
    let done = gateway.cli(&["status", "--json"]).await;
    assert_eq!(done.code, 3);
    let error = done.error();
    assert_eq!(error["error"]["exit"], "not-running", "{error}");
    assert!(error["error"]["hint"].as_str().is_some_and(|hint| hint.contains("landline gateway")), "{error}");
}

#[tokio::test]
async fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    let gateway = Gateway::prepare(Options::default());
    gateway.write_config(
        "[gateway]\nport = 18789\nallowed_orgins = []\n\n[agents.main]\nexecutr = \"builtin\"\n",
    );
    let done = gateway.cli(&["config", "check"]).await;
    assert_ne!(done.code, 0);
    for part in ["config.toml:3", "allowed_orgins", "allowed_origins", "config.toml:6", "executr", "executor"]
    {
        assert!(done.stderr.contains(part), "{part} is not named: {}", done.stderr);
    }
    let checked = gateway.cli(&["config", "check", "--json"]).await;
    assert_ne!(checked.code, 0);
    assert_eq!(checked.json()["valid"], false);
    assert_eq!(checked.json()["issues"].as_array().map(Vec::len), Some(2), "{checked:?}");
    let start = gateway.cli(&["gateway", "--port", "0"]).await;
    assert_ne!(start.code, 0, "a gateway with such a file does not start");
    assert!(start.stderr.contains("allowed_origins"), "{start:?}");
}

#[tokio::test]
async fn wrong_usage_ends_with_2() {
    let gateway = Gateway::prepare(Options::default());
    let commands: [&[&str]; 4] =
        [&["no-such-command"], &["call"], &["status", "--no-such-flag"], &["logs", "-n", "x"]];
    for command in commands {
        assert_eq!(gateway.cli(command).await.code, 2, "{command:?}");
    }
}

#[tokio::test]
async fn refusals_end_with_4_and_failures_with_1() {
    let gateway = Gateway::start(Options::default()).await;
    let unknown = gateway.cli(&["call", "no.such.method", "--json"]).await;
    assert_eq!(unknown.code, 1, "{unknown:?}");
    assert_eq!(unknown.error()["error"]["code"], "INVALID_REQUEST");
    let ws = gateway.url().replace("http", "ws");
    let wrong = gateway.cli(&["status", "--url", &ws, "--token", "wrong-secret-1"]).await;
    assert_eq!(wrong.code, 4, "{wrong:?}");
    assert!(!wrong.stderr.contains("wrong-secret-1"), "{wrong:?}");
    let usage = gateway.cli(&["call", "health", "{not json"]).await;
    assert_eq!(usage.code, 2, "{usage:?}");
}

#[tokio::test]
async fn a_remote_command_pairs_and_comes_back_with_its_own_token() {
    let gateway = Gateway::start(Options::default()).await;
    let ws = gateway.url().replace("http", "ws");
    gateway.cli(&["health", "--url", &ws, "--token", gateway.token()]).await.ok();
    gateway.cli(&["health", "--url", &ws]).await.ok();
    let devices = gateway.cli(&["devices", "list", "--json"]).await.ok().json();
    assert_eq!(devices["paired"].as_array().map(Vec::len), Some(1), "{devices}");
}

#[tokio::test]
async fn devices_are_approved_named_and_revoked() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::browser(&gateway);
    let request = knock.refused(&gateway).await.request_id();
    let shown = gateway.cli(&["devices", "list"]).await;
    assert!(shown.ok().stdout.contains(&request), "{shown:?}");
    gateway.cli(&["devices", "approve", &request]).await.ok();
    knock.enter(&gateway).await;
    let id = knock.device_id();
    gateway.cli(&["devices", "rename", &id, "kitchen tablet"]).await.ok();
    let list = gateway.cli(&["devices", "list", "--json"]).await.ok().json();
    assert_eq!(list["paired"][0]["displayName"], "kitchen tablet", "{list}");
    gateway.cli(&["devices", "revoke", &id]).await.ok();
    knock.refused(&gateway).await;
    let missing = gateway.cli(&["devices", "approve", "no-such-request"]).await;
    assert_ne!(missing.code, 0);
    assert!(missing.stderr.contains("devices list"), "{missing:?}");
}

#[tokio::test]
async fn completions_need_no_gateway() {
    let gateway = Gateway::prepare(Options::default());
    for shell in ["bash", "zsh", "fish"] {
        let done = gateway.cli(&["completions", shell]).await;
        assert!(done.ok().stdout.contains("landline"), "{shell}");
    }
}

#[tokio::test]
async fn the_first_line_says_where_it_listens() {
    let mut gateway = Gateway::prepare(Options::default());
    gateway.launch();
    gateway.ready().await;
    let line: serde_json::Value =
        serde_json::from_str(gateway.stdout().lines().next().expect("a line")).expect("json");
    assert_eq!(line["url"], gateway.url());
    assert_eq!(line["pid"], gateway.pid());
}

#[tokio::test]
async fn an_open_address_needs_a_token_and_a_declared_proxy() {
    let gateway = Gateway::prepare(Options::default().without_token());
    let bare = gateway.cli(&["gateway", "--port", "0", "--host", "0.0.0.0"]).await;
    assert_ne!(bare.code, 0, "{bare:?}");
    assert!(bare.stderr.contains("behind_proxy") && bare.stderr.contains("token"), "{bare:?}");
    let token = [("LANDLINE_GATEWAY_TOKEN", "a-long-enough-token-0123")];
    let exposed = gateway.cli_env(&["gateway", "--port", "0", "--host", "0.0.0.0"], &token).await;
    assert_ne!(exposed.code, 0, "{exposed:?}");
    assert!(exposed.stderr.contains("behind_proxy"), "{exposed:?}");
}

#[tokio::test]
async fn one_message_from_the_command_line_is_answered() {
    let config = "[agents.cat]\nexecutor = \"command\"\ncommand = [\"/bin/cat\"]\n";
    let gateway = Gateway::start(Options::default().config(config)).await;
    let help = gateway.cli(&["agent", "--help"]).await;
    assert!(help.ok().stdout.contains("--agent"), "{help:?}");
    let done = gateway.cli(&["agent", "--agent", "cat", "--message", "echo this please"]).await;
    assert!(done.ok().stdout.contains("echo this please"), "{done:?}");
}

#[tokio::test]
async fn the_owners_socket_is_never_locked_out() {
    let gateway = Gateway::start(Options::default()).await;
    for n in 0..15 {
        Knock::plain().device(&identity()).token(&format!("wrong-{n}")).refused(&gateway).await;
    }
    gateway.cli(&["health"]).await.ok();
}
