//! Asking a node to do something.

use std::collections::BTreeMap;
use std::time::Duration;

use nodes::client::Client;
use schemas::methods::nodes::{NodeExec, NodeExecParams, NodeInvoke, NodeInvokeOutput, NodeInvokeParams};
use serde_json::{Value, json};

use super::find;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::text;

/// Arguments of `landline nodes invoke`.
#[derive(Debug, clap::Args)]
pub(crate) struct InvokeArgs {
    /// The node's id, its first characters, or its name
    node: String,
    /// The command, for example device.info
    command: String,
    /// Its arguments as JSON (or JSON5); `-` reads them from stdin
    #[arg(default_value = "{}")]
    params: String,
    /// The conversation on whose behalf
    #[arg(long, value_name = "KEY")]
    session: Option<String>,
}

/// Arguments of `landline nodes exec`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExecArgs {
    /// The node's id, its first characters, or its name
    node: String,
    /// The folder on the node
    #[arg(long, value_name = "DIR")]
    cwd: Option<String>,
    /// Sets an environment variable, NAME=VALUE
    #[arg(long = "env", value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// How long the program may run
    #[arg(long, value_name = "TIME", value_parser = crate::args::time, default_value = "2m")]
    limit: Duration,
    /// The program and its arguments; no shell reads them
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Arguments of `landline nodes which`.
#[derive(Debug, clap::Args)]
pub(crate) struct WhichArgs {
    /// The node's id, its first characters, or its name
    node: String,
    /// Names of programs
    #[arg(required = true)]
    bins: Vec<String>,
}

/// Has a node do something and prints its answer.
pub(super) async fn invoke(
    client: &Client,
    args: InvokeArgs,
    patience: Duration,
    output: &Output,
) -> Outcome {
    let params = crate::call::parse(&args.params)?;
    let done = ask(client, &args.node, (&args.command, params), (args.session, patience)).await?;
    output.show(&done, |done, output| output.value(&done.payload));
    Ok(())
}

/// Finds programs on a node; fails when one is missing, as `which` does.
pub(super) async fn which(client: &Client, args: WhichArgs, patience: Duration, output: &Output) -> Outcome {
    let params = json!({ "bins": args.bins });
    let done = ask(client, &args.node, ("system.which", params), (None, patience)).await?;
    let found = &done.payload["bins"];
    output.show(&done.payload, |_, output| {
        for name in &args.bins {
            let path = found[name].as_str().unwrap_or("not found");
            output.line(format_args!("{}  {}", text::clean(name), text::clean(path)));
        }
    });
    let missing: Vec<&str> =
        args.bins.iter().filter(|name| !found[*name].is_string()).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!("not on this node: {}", missing.join(", "))))
}

async fn ask(
    client: &Client,
    node: &str,
    (command, params): (&str, Value),
    (session_key, patience): (Option<String>, Duration),
) -> Result<NodeInvokeOutput, Failure> {
    let params = NodeInvokeParams {
        node_id: find(client, node).await?.node_id,
        command: command.to_owned(),
        params: Some(params),
        timeout_ms: u64::try_from(patience.as_millis()).ok(),
        idempotency_key: uuid::Uuid::new_v4().to_string(),
        session_key,
        progress: None,
    };
    Ok(client.with_timeout(patience + MARGIN).call::<NodeInvoke>(&params).await?)
}

/// Runs a program on a node; fails when that fails.
pub(super) async fn exec(client: &Client, args: ExecArgs, output: &Output) -> Outcome {
    let params = NodeExecParams {
        node_id: find(client, &args.node).await?.node_id,
        command: args.command,
        cwd: args.cwd,
        env: variables(&args.env)?,
        timeout_ms: u64::try_from(args.limit.as_millis()).ok(),
        idempotency_key: uuid::Uuid::new_v4().to_string(),
        session_key: None,
        progress: None,
    };
    let done = client.with_timeout(args.limit + MARGIN).call::<NodeExec>(&params).await?;
    output.show(&done, |done, output| {
        output.raw(done.stdout.as_bytes());
        let _ = std::io::Write::write_all(&mut anstream::stderr().lock(), done.stderr.as_bytes());
    });
    if done.success {
        return Ok(());
    }
    let why = match (&done.error, done.exit_code) {
        _ if done.timed_out => "it ran too long and was ended".to_owned(),
        (Some(error), _) => text::clean(error),
        (None, Some(code)) => format!("it ended with exit code {code}"),
        (None, None) => "it was ended by a signal".to_owned(),
    };
    Err(Failure::new(if done.timed_out { Exit::Timeout } else { Exit::Failed }, why))
}

fn variables(pairs: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty())?;
        Some((name.to_owned(), value.to_owned()))
    };
    let read = pairs.iter().map(|text| pair(text).ok_or_else(|| Failure::usage("--env takes NAME=VALUE")));
    read.collect()
}

/// What the gateway gets beyond the node's time.
const MARGIN: Duration = Duration::from_secs(15);
