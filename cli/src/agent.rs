//! `landline agent`: one message, one answer.

use std::time::Duration;

use schemas::methods::Method as _;
use schemas::methods::agents::{Agent, AgentOutput};
use serde_json::json;

use crate::args::Global;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{DIM, Output};
use crate::{reach, text};

/// Arguments of `landline agent`.
#[derive(Debug, clap::Args)]
pub(crate) struct AgentArgs {
    /// What to say; `-` reads it from stdin
    #[arg(short, long)]
    message: String,
    /// Who should answer
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// In which conversation [default: the agent's main one]
    #[arg(long, value_name = "KEY")]
    session: Option<String>,
    /// Model to use
    #[arg(long)]
    model: Option<String>,
    /// Longest wait for the answer
    #[arg(long, value_name = "TIME", value_parser = crate::args::time, default_value = "30m")]
    wait: Duration,
    /// Key under which a repeat joins the same run instead of starting another
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// Sends the message and prints the answer.
pub(crate) async fn run(global: &Global, args: AgentArgs, output: &Output) -> Outcome {
    let message = read_message(args.message)?;
    let key = args.idempotency_key.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let mut params = json!({ "message": message, "idempotencyKey": key });
    for (name, value) in [("agentId", args.agent), ("sessionKey", args.session), ("model", args.model)] {
        if let Some(value) = value {
            params[name] = value.into();
        }
    }
    let client = reach::connect(global).await?.client;
    let value = client.call_two_phase(Agent::NAME, params).await?.last(args.wait).await?;
    let answer: AgentOutput = serde_json::from_value(value)
        .map_err(|error| Failure::failed(format!("the answer does not have the expected shape: {error}")))?;
    output.show(&answer, show);
    match answer.status.as_str() {
        "ok" => Ok(()),
        "timeout" => Err(Failure::new(Exit::Timeout, "the run took longer than the agent's timeout")
            .hint("set agents.NAME.timeout higher")),
        other => Err(Failure::failed(answer.summary.unwrap_or_else(|| format!("the run ended as {other}")))),
    }
}

fn show(answer: &AgentOutput, output: &Output) {
    let Some(result) = &answer.result else { return };
    for part in &result.payloads {
        output.line(text::clean(&part.text));
    }
    let meta = &result.meta.agent_meta;
    if let Some(usage) = meta.usage.as_ref().filter(|usage| usage.output_tokens > 0) {
        output.remark(format_args!(
            "{DIM}{} · {} tokens in, {} out · ${:.4} · {}{DIM:#}",
            text::clean(&meta.model),
            usage.input_tokens,
            usage.output_tokens,
            usage.cost_usd,
            text::length(result.meta.duration_ms)
        ));
    }
}

/// Returns the message, read from stdin for `-`.
pub(crate) fn read_message(message: String) -> Result<String, Failure> {
    if message != "-" {
        return Ok(message);
    }
    std::io::read_to_string(std::io::stdin()).map_err(|error| Failure::failed(format!("stdin: {error}")))
}
