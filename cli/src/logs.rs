//! `landline logs`: the gateway's log; read from the file when the gateway is down.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use nodes::client::Client;
use schemas::methods::system::{LogsTail, LogsTailParams};
use serde_json::Value;

use crate::args::Global;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{BAD, DIM, Output, WARN};
use crate::{logging, reach, text};

/// Arguments of `landline logs`.
#[derive(Debug, clap::Args)]
pub(crate) struct LogsArgs {
    /// Go on printing what comes
    #[arg(short, long)]
    follow: bool,
    /// Most lines to begin with
    #[arg(short = 'n', long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5000))]
    lines: u32,
    /// Only lines of these parts of the program, for example `gateway::door`; may be given several times
    #[arg(long, value_name = "PART")]
    part: Vec<String>,
}

impl LogsArgs {
    /// Returns the arguments that show what concerns chat platforms.
    pub(crate) fn of_channels(follow: bool) -> Self {
        Self { follow, lines: 1000, part: vec!["channels".into(), "gateway::bridge".into()] }
    }

    /// Says whether a line is wanted; lines that are no JSON belong to no part.
    fn wants(&self, line: &str) -> bool {
        if self.part.is_empty() {
            return true;
        }
        let entry: Value = serde_json::from_str(line).unwrap_or_default();
        let target = entry["target"].as_str().unwrap_or_default();
        self.part.iter().any(|part| {
            target == part || target.strip_prefix(part).is_some_and(|rest| rest.starts_with("::"))
        })
    }
}

/// Time between two looks at the log.
const INTERVAL: Duration = Duration::from_millis(500);

/// Prints the log.
pub(crate) async fn run(global: &Global, args: &LogsArgs, output: &Output) -> Outcome {
    match reach::connect(global).await {
        Ok(connection) => tail(&connection.client, args, output).await,
        Err(failure) if failure.exit == Exit::NotRunning && global.url.is_none() => {
            from_file(global, args, output, failure)
        }
        Err(failure) => Err(failure),
    }
}

async fn tail(client: &Client, args: &LogsArgs, output: &Output) -> Outcome {
    let mut params = LogsTailParams { limit: Some(args.lines), ..Default::default() };
    loop {
        let page = client.call::<LogsTail>(&params).await?;
        for line in page.lines.iter().filter(|line| args.wants(line)) {
            print(line, output);
        }
        if !args.follow {
            return Ok(());
        }
        params = LogsTailParams { cursor: Some(page.cursor), limit: Some(5000), ..Default::default() };
        if page.lines.is_empty() {
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

/// A gateway that died is the very reason to read its log.
fn from_file(global: &Global, args: &LogsArgs, output: &Output, down: Failure) -> Outcome {
    let path = logging::file(&reach::state_dir(&global.overrides())?);
    let Ok(file) = std::fs::File::open(&path) else { return Err(down) };
    let mut last = VecDeque::new();
    for line in BufReader::new(file).lines().map_while(Result::ok).filter(|line| args.wants(line)) {
        if last.len() == args.lines as usize {
            last.pop_front();
        }
        last.push_back(line);
    }
    for line in &last {
        print(line, output);
    }
    output.remark(format_args!("{DIM}The gateway is not running; this was {}{DIM:#}", path.display()));
    if args.follow { Err(down) } else { Ok(()) }
}

fn print(line: &str, output: &Output) {
    if output.is_json() {
        output.line(line);
    } else {
        output.line(pretty(line));
    }
}

/// Returns a JSON line of the log for people; anything else as it is.
fn pretty(line: &str) -> String {
    let Ok(Value::Object(entry)) = serde_json::from_str::<Value>(line) else { return text::clean(line) };
    let word = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let fields = entry.get("fields").and_then(Value::as_object);
    let message = fields.and_then(|fields| fields.get("message")).and_then(Value::as_str).unwrap_or_default();
    let rest: Vec<String> = fields
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "message")
        .map(|(name, value)| {
            format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
        })
        .collect();
    let level = word("level");
    let style = match level {
        "ERROR" => BAD,
        "WARN" => WARN,
        _ => DIM,
    };
    let tail = text::clean(&rest.join(" "));
    let tail = if tail.is_empty() { tail } else { format!(" {DIM}{tail}{DIM:#}") };
    format!(
        "{DIM}{}{DIM:#} {style}{level:5}{style:#} {}{tail}",
        text::clean(word("timestamp")),
        text::clean(message)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_people() {
        let line = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","fields":{"message":"Gateway listens","port":1},"target":"x"}"#;
        let plain = anstream::adapter::strip_str(&pretty(line)).to_string();
        assert_eq!(plain, "2026-01-01T00:00:00Z INFO  Gateway listens port=1");
        assert_eq!(pretty("not json \u{7}"), "not json \u{fffd}");
    }

    #[test]
    fn one_part_of_the_program() {
        let args = LogsArgs::of_channels(false);
        assert!(
            args.wants(r#"{"target":"channels::telegram"}"#) && args.wants(r#"{"target":"gateway::bridge"}"#)
        );
        assert!(!args.wants(r#"{"target":"channelsx"}"#) && !args.wants("text"));
    }
}
