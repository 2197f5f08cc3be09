//! Reads, overrides and changes configurations the way an owner would.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use schemas::Clock;
use schemas::agent::ExecutorKind;
use schemas::methods::config::REDACTED;
use secrecy::{ExposeSecret as _, SecretString};

use super::*;

fn overrides(dir: &Path) -> Overrides {
    Overrides { home: Some(dir.to_owned()), ..Overrides::default() }
}

fn mistakes(text: &str) -> Vec<Mistake> {
    match Config::from_text(text, &overrides(Path::new("/home/me"))) {
        Err(ConfigError::Invalid { mistakes, .. }) => mistakes,
        other => panic!("expected mistakes, got {other:?}"),
    }
}

fn file(dir: &Path, text: &str) -> ConfigFile {
    let overrides = overrides(dir);
    let config = Config::from_text("", &overrides).expect("defaults");
    prepare_state_dir(&config.state_dir).expect("state dir");
    if !text.is_empty() {
        std::fs::write(&config.path, text).expect("write");
    }
    ConfigFile::new(&config, overrides, Clock::manual(1_700_000_000_000))
}

const EXAMPLE: &str = r#"# My gateway
[gateway]
port = 4000 # chosen by me
token = "s3cret-of-mine" # do not tell

[agents.ops]
executor = "command"
command = ["ops", "--run"]
timeout = "90s"
env = { API_KEY = "k3y" }
"#;

#[test]
fn flags_beat_environment_beats_file_beats_defaults() {
    let mut overrides = overrides(Path::new("/home/me"));
    overrides.environment.token = Some(SecretString::from("from-environment"));
    overrides.environment.log_level = Some("debug".into());
    let config = Config::from_text(EXAMPLE, &overrides).expect("config");
    assert_eq!(config.gateway.port, 4000);
    assert_eq!(
        config.gateway.token.as_ref().map(|t| t.expose_secret().to_owned()),
        Some("from-environment".into())
    );
    overrides.flags.port = Some(0);
    overrides.flags.token = Some(SecretString::from("from-flag"));
    let config = Config::from_text(EXAMPLE, &overrides).expect("config");
    assert_eq!(config.gateway.port, 0);
    let rows = config.effective();
    let source = |key: &str| rows.iter().find(|row| row.key == key).map(|row| row.source);
    assert_eq!(source("gateway.port"), Some(Source::Flag));
    assert_eq!(source("gateway.token"), Some(Source::Flag));
    assert_eq!(source("log.level"), Some(Source::Environment));
    assert_eq!(source("agents.ops.timeout"), Some(Source::File));
    assert_eq!(source("gateway.host"), Some(Source::Default));
    let shown = serde_json::to_string(&rows).expect("json");
    assert!(!shown.contains("from-flag") && !shown.contains("k3y") && shown.contains(REDACTED), "{shown}");
    assert!(!format!("{config:?}").contains("from-flag"));
}

#[test]
fn an_unknown_key_names_line_and_nearest_key() {
    let found = mistakes("[gateway]\nhost = \"127.0.0.1\"\n  prot = 1\n[agents.a]\nzzz = 1\n");
    assert_eq!(found[0].place, Some((3, 3)));
    assert_eq!(found[0].key, "gateway.prot");
    assert!(found[0].message.contains("did you mean \"port\""), "{}", found[0].message);
    assert!(found[1].message.contains("known here: executor"), "{}", found[1].message);
    assert!(mistakes("gatway = 1")[0].message.contains("\"gateway\""));
}

#[test]
fn a_wrong_value_names_key_and_line_and_never_a_secret() {
    let found = mistakes("[gateway]\nport = 70000\n");
    assert_eq!((found[0].key.as_str(), found[0].place.map(|p| p.0)), ("gateway.port", Some(2)), "{found:?}");
    assert!(found[0].message.ends_with("allowed are 0 to 65535"), "{found:?}");
    let found = mistakes("[agents.a]\ntimeout = \"soon\"\n");
    assert!(found[0].message.contains("30m"), "{found:?}");
    let found = mistakes("[agents.a]\nexecutor = \"claud\"\n");
    assert!(found[0].message.contains("claude_code"), "{found:?}");
    let found = mistakes("[gateway]\ntoken = 987654321\n");
    assert!(!format!("{found:?}").contains("987654321"), "{found:?}");
    let found = mistakes("[gateway]\ntoken = \"s3cret\n");
    assert!(!format!("{found:?}").contains("s3cret"), "{found:?}");
    assert_eq!(found[0].place.map(|p| p.0), Some(2));
}

#[test]
fn others_get_in_only_behind_a_proxy_with_a_token() {
    let found = mistakes("[gateway]\nhost = \"0.0.0.0\"\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].message.contains("behind_proxy = true"));
    assert!(
        Config::from_text(
            "[gateway]\nhost = \"0.0.0.0\"\nbehind_proxy = true\ntoken = \"0123456789abcdef\"",
            &overrides(Path::new("/home/me"))
        )
        .is_ok()
    );
    assert_eq!(
        mistakes("[gateway]\nallowed_origins = [\"https://a.example/x\"]")[0].key,
        "gateway.allowed_origins"
    );
}

#[test]
fn agents_come_from_the_file_or_from_what_is_found() {
    let home = overrides(Path::new("/home/me"));
    let empty = Config::from_text("", &home).expect("config");
    let agents = empty.agents(None);
    assert_eq!(agents.default_agent().executor, ExecutorKind::Builtin);
    assert!(agents.default_agent().reason.contains("no claude on PATH"));
    assert_eq!(agents.default_agent().cwd, Path::new("/home/me/.landline/workspaces/main"));
    let agents = empty.agents(Some(Path::new("/opt/claude")));
    assert_eq!(agents.default_agent().executor, ExecutorKind::ClaudeCode);
    assert_eq!(agents.default_agent().reason, "claude found at /opt/claude");
    assert_eq!(agents.default_agent().command, ["/opt/claude"]);

    let agents = Config::from_text(EXAMPLE, &home).expect("config").agents(None);
    assert_eq!(agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>(), ["main", "ops"]);
    assert_eq!(agents.get("ops").map(|agent| agent.timeout), Some(Duration::from_secs(90)));
    let text = EXAMPLE.replace("timeout", "default = true\ncwd = \"~/work\"\ntimeout");
    let agents = Config::from_text(&text, &home).expect("config").agents(None);
    assert_eq!(agents.default_name(), "ops");
    assert_eq!(agents.default_agent().cwd, Path::new("/home/me/work"));
    assert!(agents.get("main").is_none());
}

#[test]
fn a_redacted_text_written_back_keeps_the_secrets() {
    let dir = tempfile::tempdir().expect("dir");
    let file = file(dir.path(), EXAMPLE);
    let shown = file.get().expect("shown");
    assert!(!shown.raw.contains("s3cret") && !shown.raw.contains("k3y"), "{}", shown.raw);
    assert!(!shown.parsed.to_string().contains("k3y") && shown.mistakes.is_empty());
    file.set(&shown.raw.replace("4000", "4001"), Some(&shown.hash)).expect("set");
    let text = std::fs::read_to_string(file.path()).expect("text");
    assert_eq!(text, EXAMPLE.replace("4000", "4001"));
    let mode = std::fs::metadata(file.path()).expect("metadata").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let error =
        file.set("[agents.x.env]\nKEY = \"__OPENCLAW_REDACTED__\"", Some(&file.get().expect("get").hash));
    assert!(matches!(error, Err(EditError::Invalid(_))), "{error:?}");
}

#[test]
fn a_patch_keeps_comments_and_order() {
    let dir = tempfile::tempdir().expect("dir");
    let file = file(dir.path(), EXAMPLE);
    let hash = file.get().expect("get").hash;
    let change = "{gateway: {port: 5000, public_url: 'https://me.example'}, agents: {ops: {env: null}, new: {model: 'm'}}}";
    let edited = file.patch(change, Some(&hash)).expect("patch");
    assert!(edited.changed);
    let text = std::fs::read_to_string(file.path()).expect("text");
    assert!(text.starts_with("# My gateway\n[gateway]\nport = 5000 # chosen by me\n"), "{text}");
    assert!(
        text.contains("\"s3cret-of-mine\" # do not tell\npublic_url = \"https://me.example\"\n"),
        "{text}"
    );
    assert!(text.contains("[agents.new]\nmodel = \"m\"") && !text.contains("API_KEY"), "{text}");
    let hash = edited.hash;
    assert!(matches!(file.patch("[1]", Some(&hash)), Err(EditError::Patch(_))));
    assert!(matches!(file.patch("{gateway:{prot:1}}", Some(&hash)), Err(EditError::Invalid(_))));
    assert_eq!(file.get().expect("get").hash, hash, "a refused change writes nothing");
}

#[test]
fn a_patch_makes_the_first_file() {
    let dir = tempfile::tempdir().expect("dir");
    let file = file(dir.path(), "");
    assert!(!file.get().expect("get").exists);
    file.patch("{agents: {ops: {executor: 'builtin'}}}", None).expect("patch");
    assert_eq!(std::fs::read_to_string(file.path()).expect("text"), "[agents.ops]\nexecutor = \"builtin\"\n");
}

#[test]
fn a_stale_or_missing_hash_is_refused() {
    let dir = tempfile::tempdir().expect("dir");
    let file = file(dir.path(), EXAMPLE);
    let hash = file.get().expect("get").hash;
    assert!(matches!(file.set("", None), Err(EditError::Stale)));
    file.patch("{log:{level:'debug'}}", Some(&hash)).expect("patch");
    let error = file.patch("{}", Some(&hash)).expect_err("stale");
    assert_eq!(error.to_string(), "config changed since last load; re-run config.get and retry");
}

#[test]
fn a_text_that_drops_much_is_refused_and_old_versions_are_kept() {
    let dir = tempfile::tempdir().expect("dir");
    let file = file(dir.path(), EXAMPLE);
    let mut hash = file.get().expect("get").hash;
    assert!(matches!(file.set("", Some(&hash)), Err(EditError::Removes(keys)) if keys.len() == 6));
    for port in 1..=13 {
        hash = file.patch(&format!("{{gateway:{{port:{port}}}}}"), Some(&hash)).expect("patch").hash;
        file.clock().advance(1);
    }
    let history = dir.path().join(".landline/config-history");
    let mut kept: Vec<_> =
        std::fs::read_dir(history).expect("history").map(|e| e.expect("entry").path()).collect();
    kept.sort();
    assert_eq!(kept.len(), 10);
    assert!(std::fs::read_to_string(&kept[9]).expect("text").contains("port = 12"));
}

#[test]
fn thirty_writes_a_minute() {
    let clock = Clock::manual(0);
    let limits = WriteLimiter::new(clock.clone());
    for _ in 0..30 {
        assert_eq!(limits.admit("me"), Ok(()));
        clock.advance(1000);
    }
    assert_eq!(limits.admit("me"), Err(30_000));
    assert_eq!(limits.admit("you"), Ok(()));
    clock.advance(30_000);
    assert_eq!(limits.admit("me"), Ok(()));
}

#[test]
fn the_schema_knows_every_section() {
    let schema = json_schema();
    assert_eq!(schema["properties"]["gateway"]["properties"]["port"]["default"], 18789);
    assert!(schema["properties"]["agents"]["additionalProperties"]["properties"]["timeout"].is_object());
    assert!(!schema.to_string().contains("$ref"));
}

#[test]
fn accounts_on_platforms_are_checked_where_they_stand() {
    let one = |section: &str| -> String {
        let found = mistakes(section);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].to_string()
    };
    assert!(one("[channels.telegram.main]").contains("channels.telegram.main.token: missing"));
    assert!(
        one("[channels.telegram.main]\ntoken = \"t\"\ntoken_file = \"f\"").contains("line 2")
            && one("[channels.telegram.main]\ntoken = \"t\"\ntoken_file = \"f\"").contains("only one of")
    );
    assert!(one("[channels.discord.main]\ntoken = \"t\"\ndm_policy = \"open\"").contains("confirm it"));
    assert!(one("[channels.discord.main]\ntoken = \"t\"\napi_root = \"discord.test/\"").contains("api_root"));
    assert!(one("[channels.telegram.main]\ntoken = \"t\"\nintents = 1").contains("discord only"));
    assert!(one("[channels.telegram.main]\ntoken = \"t\"\nmention_patterns = [\"(\"]").contains("regular"));
    assert!(one("[channels.telegram.\"a b\"]\ntoken = \"t\"").contains("1 to 32 characters"));
    let hook = |lines: &str| one(&format!("[channels.telegram.main]\ntoken = \"t\"\n{lines}"));
    assert!(hook("webhook_url = \"https://gate.example\"").contains("gateway.allowed_hosts"));
    assert!(hook("webhook_url = \"http://localhost\"").contains("https://"));
    assert!(hook("webhook_url = \"https://localhost?x=1\"").contains("write it as"));
    assert!(hook("webhook_url = \"https://localhost\"\nwebhook_secret = \"short\"").contains("16 to 256"));
    assert!(hook("webhook_secret_env = \"NAME\"").contains("needs webhook_url"));
    let both = "webhook_url = \"https://localhost\"\nwebhook_secret_env = \"A\"\nwebhook_secret_file = \"b\"";
    assert!(hook(both).contains("only one of"));
    assert!(
        one("[channels.discord.main]\ntoken = \"t\"\nwebhook_url = \"https://localhost\"")
            .contains("telegram only")
    );
    assert!(one("[channels.plugin.files]").contains("command: missing"));
    assert!(one("[channels.telegram.main]\ntokn = \"t\"").contains("did you mean \"token"));
    assert!(
        one("[[bindings]]\nagent = \"a\"\nchannel = \"telegram\"\npeer = \"7\"").contains("belong together")
    );
}

#[test]
fn tokens_of_bots_and_settings_of_plugins_are_never_shown() {
    let text = "[channels.telegram.main]\ntoken = \"123:s3cret\"\n[channels.plugin.files]\ncommand = [\"x\"]\n\
                settings = { password = \"s3cret\" }\n";
    let config = Config::from_text(text, &overrides(Path::new("/home/me"))).expect("config");
    assert!(!config.values().to_string().contains("s3cret"));
    assert!(!format!("{config:?}").contains("s3cret"));
    let dir = tempfile::tempdir().expect("tempdir");
    let shown = format!("{:?}", file(dir.path(), text).get());
    assert!(!shown.contains("s3cret"), "{shown}");
}
