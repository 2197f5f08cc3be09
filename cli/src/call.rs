//! `landline call`: any method by name.

use serde_json::Value;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::reach;

/// Arguments of `landline call`.
#[derive(Debug, clap::Args)]
pub(crate) struct CallArgs {
    /// The method, for example sessions.list
    method: String,
    /// Its parameters as JSON (or JSON5); `-` reads them from stdin
    #[arg(default_value = "{}")]
    params: String,
    /// Wait for the second answer of methods that give two, at most this long
    #[arg(long, value_name = "TIME", value_parser = crate::args::time)]
    wait: Option<std::time::Duration>,
}

/// Calls the method and prints its output.
pub(crate) async fn run(global: &Global, args: &CallArgs, output: &Output) -> Outcome {
    let params = parse(&args.params)?;
    let connection = reach::connect(global).await?;
    let value = match args.wait {
        Some(limit) => connection.client.call_two_phase(&args.method, params).await?.last(limit).await?,
        None => connection.client.call_raw(&args.method, params).await?,
    };
    output.value(&value);
    Ok(())
}

/// Reads parameters as people write them.
pub(crate) fn parse(text: &str) -> Result<Value, Failure> {
    let read;
    let text = if text == "-" {
        read = std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::failed(format!("stdin: {error}")))?;
        &read
    } else {
        text
    };
    json5::from_str(text).map_err(|error| {
        Failure::usage(format!("the parameters are no JSON: {error}"))
            .hint("quote them, for example '{\"limit\": 5}'")
    })
}
