//! `landline node`: this machine as a node of a gateway.

mod install;
mod status;

use std::path::PathBuf;

use clap::Subcommand;
use nodes::client::{ConnectError, Target};
use nodes::host::{Config, Home, Host, Known, Proof, Start, Stopped, Turn};
use nodes::process::Environment;
use schemas::{Clock, SetupCode};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::args::Global;
use crate::exit::{Exit, Failure, Outcome, not_connected};
use crate::output::{BOLD, DIM, GOOD, Output, WARN};
use crate::{logging, reach};

/// What to do with the node of this machine.
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Connect this machine to a gateway and stay connected until stopped
    Run(RunArgs),
    /// Pair this machine with a gateway by a setup code, once
    Pair {
        /// What `landline devices setup-code --access node` printed on the gateway's machine
        code: String,
        /// The node's name for people [default: the host's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// Show whether the node runs, where it is connected and what it offers
    Status,
    /// Have the system start the node by itself
    Install(install::InstallArgs),
}

/// Arguments of `landline node run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Pair by this setup code first
    #[arg(long, value_name = "CODE")]
    pair: Option<String>,
    /// The gateway, wss://host:port or ws://host:port [default: the one it was paired with]
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// The node's name for people [default: the host's name]
    #[arg(long)]
    name: Option<String>,
}

/// Does it.
pub(crate) async fn run(global: &Global, command: NodeCommand, output: &Output) -> Outcome {
    match command {
        NodeCommand::Run(args) => serve(global, args, output).await,
        NodeCommand::Pair { code, name } => pair(global, &code, name, output).await,
        NodeCommand::Status => status::run(&home(global)?, output),
        NodeCommand::Install(args) => install::run(global, &home(global)?, &args, output),
    }
}

/// Returns the node's own folder.
fn home(global: &Global) -> Result<Home, Failure> {
    Ok(Home::new(reach::state_dir(&global.overrides())?.join("node")))
}

async fn serve(global: &Global, args: RunArgs, output: &Output) -> Outcome {
    let start = prepare(global, args.pair.as_deref(), args.gateway, args.name)?;
    let dir = start.home.dir().to_owned();
    start.home.create().map_err(|error| Failure::failed(error.to_string()))?;
    let _log = logging::start_node(&dir).map_err(Failure::failed)?;
    let stop = CancellationToken::new();
    let signals = stop_on_signals(stop.clone())?;
    let host = Host::new(start).map_err(|error| stopped(&error))?;
    let json = output.is_json();
    let tell = |turn: Turn<'_>| if json { tell_program(&turn, output) } else { tell_person(&turn, output) };
    let ended = tokio::select! {
        ended = host.run(stop, tell) => ended,
        never = signals => never?,
    };
    ended.map_err(|error| stopped(&error))
}

async fn pair(global: &Global, code: &str, name: Option<String>, output: &Output) -> Outcome {
    let start = prepare(global, Some(code), None, name)?;
    let gateway = start.target.to_string();
    let host = Host::new(start).map_err(|error| stopped(&error))?;
    host.pair().await.map_err(|error| stopped(&error))?;
    output.show(&json!({"paired": true, "gateway": gateway, "nodeId": host.node_id()}), |_, output| {
        output.line(format_args!("{GOOD}paired{GOOD:#} with {gateway}"));
        output.line(format_args!("{DIM}now: landline node run, or landline node install{DIM:#}"));
        output.line(format_args!(
            "{DIM}what it offers is approved on the gateway's machine: landline nodes pending{DIM:#}"
        ));
    });
    Ok(())
}

/// Puts flags, environment, `node.toml` and what is remembered together.
fn prepare(
    global: &Global,
    code: Option<&str>,
    gateway: Option<String>,
    name: Option<String>,
) -> Result<Start, Failure> {
    if global.url.is_some() {
        return Err(Failure::usage(
            "--url is for commands that are given to a gateway: name it with --gateway",
        ));
    }
    let home = home(global)?;
    let path: PathBuf = global.config.clone().unwrap_or_else(|| home.config());
    let mut config = Config::load(&path).map_err(|error| Failure::failed(error.to_string()))?;
    config.name = name.or(config.name);
    let clock = Clock::system();
    let code = code.map(|code| decode(code, clock.now())).transpose()?;
    let url = gateway
        .or_else(|| code.as_ref().map(|code| code.url.clone()))
        .or_else(|| config.gateway.clone())
        .or_else(|| home.known().map(|known: Known| known.url));
    let url = url.ok_or_else(|| {
        Failure::usage("which gateway? none is known yet").hint(
            "on the gateway's machine: landline devices setup-code --access node; here: landline node run --pair CODE",
        )
    })?;
    let mut target: Target = url.parse().map_err(Failure::usage)?;
    let named = global.pin().map_err(Failure::usage)?.or(code.as_ref().and_then(|code| code.tls_fingerprint));
    let known = if target.is_tls() {
        let kept = home.identity().pin(&target.to_string());
        config.tls_fingerprint.or(kept.map_err(|error| Failure::failed(error.to_string()))?)
    } else {
        config.tls_fingerprint
    };
    if let Some(pin) = named.or(known) {
        target = target.pinned(pin).map_err(Failure::usage)?;
    }
    let overrides = global.overrides();
    let token = overrides.flags.token.or(overrides.environment.token);
    let token = token.map(|token| token.expose_secret().to_owned());
    let proof = Proof { token, bootstrap: code.map(|code| code.bootstrap_token) };
    Ok(Start { home, config, target, proof, environment: Environment::of_process(), clock })
}

fn decode(text: &str, now: schemas::clock::Millis) -> Result<SetupCode, Failure> {
    let code: SetupCode = text.parse().map_err(Failure::usage)?;
    if code.expires_at_ms.is_some_and(|end| end <= now) {
        return Err(Failure::new(Exit::Refused, "that setup code has expired: codes live for ten minutes")
            .hint("make a new one on the gateway's machine: landline devices setup-code --access node"));
    }
    Ok(code)
}

/// Fires `stop` at the first SIGINT or SIGTERM; ends with a failure at the second.
fn stop_on_signals(
    stop: CancellationToken,
) -> Result<impl Future<Output = Result<Result<(), Stopped>, Failure>>, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::failed(format!("signals: {error}")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        for _ in 0..2 {
            if stop.is_cancelled() {
                tracing::info!("Stopping; a second signal stops at once");
            }
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.is_cancelled() {
                break;
            }
            stop.cancel();
        }
        Err(Failure::failed("stopped at once by a second signal"))
    })
}

fn tell_program(turn: &Turn<'_>, output: &Output) {
    match turn {
        Turn::Connected { node_id, commands } => {
            output.json_line(&json!({"event": "connected", "nodeId": node_id, "commands": commands}));
        }
        Turn::Waiting { error, pause } => {
            let (code, request) = (error.detail_code(), error.pairing_request());
            output.json_line(&json!({"event": "waiting", "error": error.to_string(), "code": code,
                "requestId": request, "retryMs": pause.as_millis()}));
        }
        Turn::Lost { why } => output.json_line(&json!({"event": "lost", "why": why})),
    }
}

fn tell_person(turn: &Turn<'_>, output: &Output) {
    match turn {
        Turn::Connected { node_id, commands } => {
            output.line(format_args!("{GOOD}connected{GOOD:#} as {BOLD}{}{BOLD:#}", &node_id[..12.min(node_id.len())]));
            output.line(format_args!("{DIM}offers {}{DIM:#}", commands.join(" ")));
        }
        Turn::Waiting { error, pause } => match error.pairing_request() {
            Some(request) => output.line(format_args!(
                "{WARN}waiting{WARN:#} for approval; on the gateway's machine: landline devices approve {request}"
            )),
            None => output.line(format_args!("{WARN}waiting{WARN:#} {} s: {error}", pause.as_secs() + 1)),
        },
        Turn::Lost { why } => output.line(format_args!("{WARN}lost{WARN:#} {why}")),
    }
}

fn stopped(error: &Stopped) -> Failure {
    match error {
        Stopped::Refused(refused) if refused.detail_code() == Some("AUTH_BOOTSTRAP_TOKEN_INVALID") => {
            Failure {
                code: Some("AUTH_BOOTSTRAP_TOKEN_INVALID".into()),
                ..Failure::new(
                    Exit::Refused,
                    "the gateway does not know that setup code: it was used or has expired",
                )
                .hint("make a new one on the gateway's machine: landline devices setup-code --access node")
            }
        }
        Stopped::Refused(ConnectError::Refused(_)) if is_missing_token(error) => {
            Failure::new(Exit::Refused, "the gateway lets in only who shows something")
                .hint("pair with a setup code: landline node run --pair CODE")
        }
        Stopped::Refused(refused) => not_connected(refused),
        Stopped::Home(_) | Stopped::Identity(_) => Failure::failed(error.to_string()),
    }
}

fn is_missing_token(error: &Stopped) -> bool {
    matches!(error, Stopped::Refused(refused) if refused.detail_code() == Some("AUTH_TOKEN_MISSING"))
}
