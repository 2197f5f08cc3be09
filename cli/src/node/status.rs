//! `landline node status`: does it run, is it connected, what does it offer and why not more.

use nodes::host::{Config, Home, Offered, Report, offered};
use nodes::process::Environment;
use schemas::Clock;
use serde::Serialize;

use crate::exit::{Failure, Outcome};
use crate::output::{DIM, GOOD, Output, WARN};
use crate::text;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Report>,
    gateway: Option<String>,
    node_id: Option<String>,
    dir: String,
    #[serde(flatten)]
    offered: Offered,
}

/// Shows it.
pub(super) fn run(home: &Home, output: &Output) -> Outcome {
    let config = Config::load(&home.config()).map_err(|error| Failure::failed(error.to_string()))?;
    let node = home.report();
    let known = home.known().map(|known| known.url);
    let has_identity = home.dir().join("identity.json").exists();
    let identity = has_identity.then(|| home.identity().identity()).transpose();
    let identity = identity.map_err(|error| Failure::failed(error.to_string()))?;
    let status = Status {
        running: home.is_running(),
        gateway: node.as_ref().map(|node| node.gateway.clone()).or(config.gateway.clone()).or(known),
        node,
        node_id: identity.map(|identity| identity.public().id().to_owned()),
        dir: home.dir().display().to_string(),
        offered: offered(&config, home, Environment::of_process()),
    };
    output.show(&status, show);
    Ok(())
}

fn show(status: &Status, output: &Output) {
    let now = Clock::system().now();
    match (&status.node, status.running) {
        (Some(node), _) if node.connected => output.line(format_args!(
            "{GOOD}connected{GOOD:#} to {} since {}",
            text::clean(&node.gateway),
            text::ago(now, node.since_ms)
        )),
        (Some(node), _) => {
            let why = node.why.as_deref().unwrap_or("starting");
            output.line(format_args!("{WARN}running, not connected{WARN:#}: {}", text::clean(why)));
            if let Some(hint) = &node.hint {
                output.line(format_args!("{DIM}  → on the gateway's machine: {}{DIM:#}", text::clean(hint)));
            }
        }
        (None, true) => output.line(format_args!("{WARN}running{WARN:#}, it has not said how it is yet")),
        (None, false) => {
            output.line(format_args!("{WARN}not running{WARN:#}"));
            let next =
                if status.gateway.is_some() { "landline node run" } else { "landline node run --pair CODE" };
            output.line(format_args!("{DIM}  → start it with: {next}{DIM:#}"));
        }
    }
    if let Some(id) = &status.node_id {
        output.line(format_args!("node     {id}"));
    }
    if let Some(gateway) = &status.gateway {
        output.line(format_args!("gateway  {}", text::clean(gateway)));
    }
    output.line(format_args!("folder   {}", status.dir));
    output.line(format_args!("offers   {}", status.offered.offered.join(" ")));
    for (command, why) in &status.offered.withheld {
        output.line(format_args!("{DIM}not      {command}: {}{DIM:#}", text::clean(why)));
    }
}
