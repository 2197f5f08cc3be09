//! `landline config`: shows, checks and changes the configuration, with or without a running gateway.

use clap::Subcommand;
use gateway::config::{Config, ConfigError, ConfigFile, Effective, Mistake, json_schema, prepare_state_dir};
use nodes::client::Client;
use schemas::Clock;
use schemas::methods::NoParams;
use schemas::methods::config::{ConfigGet, ConfigPatch, ConfigPatchParams};
use serde_json::{Value, json};

use crate::args::Global;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GOOD, Output};
use crate::{reach, text};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show values in force and where each comes from
    Get {
        /// A key or its beginning, for example gateway.port or agents.main
        key: Option<String>,
    },
    /// Change one value; comments in the file stay
    Set {
        /// The key, for example agents.main.model
        key: String,
        /// The value: text, or JSON where the key is no text
        value: String,
    },
    /// Take one value out of the file, so that the default holds
    Unset {
        /// The key
        key: String,
    },
    /// Say whether the file is without mistakes
    Check,
    /// Print the JSON Schema of the file
    Schema,
}

/// Does it.
pub(crate) async fn run(global: &Global, command: ConfigCommand, output: &Output) -> Outcome {
    match command {
        ConfigCommand::Get { key } => get(global, key.as_deref(), output).await,
        ConfigCommand::Set { key, value } => {
            let value = read_value(&key, &value)?;
            change(global, &key, &value, output).await
        }
        ConfigCommand::Unset { key } => change(global, &key, &Value::Null, output).await,
        ConfigCommand::Check => check(global, output),
        ConfigCommand::Schema => {
            output.value(&json_schema());
            Ok(())
        }
    }
}

async fn get(global: &Global, key: Option<&str>, output: &Output) -> Outcome {
    if global.url.is_some() {
        let shown = reach::connect(global).await?.client.call::<ConfigGet>(&NoParams {}).await?;
        let pointer = key.map_or_else(String::new, |key| format!("/{}", key.replace('.', "/")));
        let value = shown.config.pointer(&pointer).ok_or_else(|| no_key(key.unwrap_or_default()))?;
        output.value(value);
        return Ok(());
    }
    let mut rows = Config::load(&global.overrides())?.effective();
    if let Some(key) = key {
        rows.retain(|row| {
            row.key == key || row.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))
        });
        if rows.is_empty() {
            return Err(no_key(key));
        }
    }
    output.show(&rows, |rows, output| {
        for Effective { key, value, source } in rows {
            output.line(format_args!("{BOLD}{key}{BOLD:#} = {value}  {DIM}{source}{DIM:#}"));
        }
    });
    Ok(())
}

fn no_key(key: &str) -> Failure {
    Failure::usage(format!("there is no key {key}"))
        .hint("see all: landline config get; all that exist: landline config schema")
}

fn check(global: &Global, output: &Output) -> Outcome {
    match Config::load(&global.overrides()) {
        Ok(config) => {
            let exists = config.path.exists();
            let result = json!({ "valid": true, "path": config.path, "exists": exists, "issues": [] });
            output.show(&result, |_, output| {
                let note = if exists { "" } else { " (no file: defaults hold)" };
                output.line(format_args!("{GOOD}valid{GOOD:#}  {}{note}", config.path.display()));
            });
            Ok(())
        }
        Err(ConfigError::Invalid { file, mistakes }) => {
            if output.is_json() {
                let issues: Vec<_> = mistakes.iter().map(Mistake::issue).collect();
                output.value(&json!({ "valid": false, "path": file, "issues": issues }));
            }
            Err(ConfigError::Invalid { file, mistakes }.into())
        }
        Err(other) => Err(other.into()),
    }
}

/// Sends a merge patch to the gateway, or applies it to the file when no gateway runs.
async fn change(global: &Global, key: &str, value: &Value, output: &Output) -> Outcome {
    let change = patch(key, value)?.to_string();
    let path = match reach::connect(global).await {
        Ok(connection) => through_gateway(&connection.client, change).await?,
        Err(failure) if failure.exit == Exit::NotRunning && global.url.is_none() => in_file(global, &change)?,
        Err(failure) => return Err(failure),
    };
    output.show(&json!({ "ok": true, "key": key, "path": path }), |_, output| {
        output.line(format_args!(
            "{} changed; it takes effect when the gateway is restarted",
            text::clean(&path)
        ));
    });
    Ok(())
}

async fn through_gateway(client: &Client, raw: String) -> Result<String, Failure> {
    let shown = client.call::<ConfigGet>(&NoParams {}).await?;
    let base_hash = shown.exists.then_some(shown.hash);
    let params = ConfigPatchParams {
        raw,
        base_hash,
        session_key: None,
        delivery_context: None,
        note: None,
        restart_delay_ms: None,
        replace_paths: None,
    };
    Ok(client.call::<ConfigPatch>(&params).await?.path)
}

/// Applies a merge patch to the file of the state directory and returns its path; no gateway is asked.
pub(crate) fn in_file(global: &Global, raw: &str) -> Result<String, Failure> {
    let overrides = global.overrides();
    // A file with mistakes can still be mended key by key: only its place is needed here.
    let config = Config::from_text("", &overrides)?;
    prepare_state_dir(&config.state_dir)?;
    let file = ConfigFile::new(&config, overrides, Clock::system());
    let failed = |error: gateway::config::EditError| Failure::failed(error.to_string());
    let shown = file.get().map_err(failed)?;
    let edited = file.patch(raw, shown.exists.then_some(shown.hash.as_str())).map_err(failed)?;
    Ok(edited.path.to_string_lossy().into_owned())
}

/// Returns the merge patch that sets one dotted key.
fn patch(key: &str, value: &Value) -> Result<Value, Failure> {
    if key.is_empty() || key.split('.').any(str::is_empty) {
        return Err(no_key(key));
    }
    Ok(key.rsplit('.').fold(value.clone(), |inner, part| json!({ part: inner })))
}

/// Reads a value: as it stands where the key holds text, else as JSON.
fn read_value(key: &str, text: &str) -> Result<Value, Failure> {
    let schema = json_schema();
    let mut node = &schema;
    for part in key.split('.') {
        node = match (&node["properties"][part], &node["additionalProperties"]) {
            (Value::Null, Value::Null | Value::Bool(_)) => return Err(unknown(part, node)),
            (Value::Null, other) => other,
            (known, _) => known,
        };
    }
    if holds_text(node) {
        return Ok(text.into());
    }
    json5::from_str(text).map_err(|_| {
        Failure::usage(format!("{key}: \"{text}\" is no JSON"))
            .hint("write for example true, 8080 or '[\"one\", \"two\"]'")
    })
}

fn unknown(part: &str, node: &Value) -> Failure {
    let known: Vec<&str> =
        node["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let failure = Failure::usage(format!("there is no key {part}"));
    match gateway::config::nearest(part, &known) {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None if known.is_empty() => failure,
        None => failure.hint(format!("known here: {}", known.join(", "))),
    }
}

/// Says whether a schema allows text: by its type, or as one of several named values.
fn holds_text(node: &Value) -> bool {
    let is_text = |kind: &Value| kind == "string";
    match &node["type"] {
        Value::Array(kinds) => kinds.iter().any(is_text),
        Value::Null => {
            ["anyOf", "oneOf"].iter().filter_map(|name| node[*name].as_array()).flatten().any(holds_text)
        }
        kind => is_text(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_the_type_of_their_key() {
        assert_eq!(read_value("gateway.port", "8080").expect("port"), json!(8080));
        assert_eq!(read_value("gateway.token", "8080").expect("token"), json!("8080"));
        assert_eq!(read_value("agents.ops.executor", "builtin").expect("executor"), json!("builtin"));
        assert_eq!(read_value("agents.ops.timeout", "30m").expect("timeout"), json!("30m"));
        assert_eq!(read_value("agents.ops.command", "['a', 'b']").expect("command"), json!(["a", "b"]));
        assert_eq!(read_value("sessions.queue_mode", "collect").expect("mode"), json!("collect"));
        assert_eq!(read_value("agents.ops.env.KEY", "true").expect("env"), json!("true"));
        let error = read_value("gateway.prot", "1").expect_err("unknown");
        assert_eq!(error.hint.as_deref(), Some("did you mean port?"));
        assert!(read_value("gateway.behind_proxy", "maybe").is_err());
    }

    #[test]
    fn dotted_keys_become_patches() {
        assert_eq!(patch("a.b.c", &json!(1)).expect("patch"), json!({"a": {"b": {"c": 1}}}));
        assert!(patch("a..c", &json!(1)).is_err());
    }
}
