//! `landline gateway`: starts the gateway, says where it listens, and stops it when asked to.

use std::path::Path;

use gateway::app::{self, Running, StartOptions};
use gateway::config::{Config, LogFormat, prepare_state_dir};
use schemas::Clock;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::logging;
use crate::output::{BOLD, DIM, Output};

/// Arguments of `landline gateway`.
#[derive(Debug, clap::Args)]
pub(crate) struct GatewayArgs {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Port to listen on; 0 picks a free one [default: 18789]
    #[arg(long)]
    port: Option<u16>,
    /// Form of the log lines on stderr, pretty or json
    #[arg(long, value_name = "FORMAT", value_parser = crate::args::log_format)]
    log_format: Option<LogFormat>,
}

/// Serves until a signal comes.
pub(crate) async fn run(global: &Global, args: &GatewayArgs, output: &Output) -> Outcome {
    if global.url.is_some() {
        return Err(Failure::usage("--url names a gateway that runs already: leave it out"));
    }
    let mut overrides = global.overrides();
    overrides.flags.host.clone_from(&args.host);
    overrides.flags.port = args.port;
    overrides.flags.log_format = args.log_format;
    let config = Config::load(&overrides)?;
    prepare_state_dir(&config.state_dir)?;
    // Dropped last, so that the log's last lines reach the file.
    let _log = logging::start(&config.log, &config.state_dir).map_err(Failure::failed)?;
    // Before anything is started: a signal that comes during the start must not kill half of it.
    let signals = Signals::new()?;
    let state_dir = config.state_dir.clone();
    let options = StartOptions {
        overrides,
        path_env: std::env::var_os("PATH"),
        log_file: logging::file(&state_dir),
        clock: Clock::system(),
    };
    let running = app::start(config, options).await.map_err(|error| Failure::failed(chain(&error)))?;
    let link = running.dashboard_link().await.map_err(|error| Failure::failed(chain(&error)))?;
    tracing::info!(url = running.url(), version = env!("CARGO_PKG_VERSION"), "Serving");
    announce(&running, &link, &state_dir, output);
    let (asked, stop) = oneshot::channel();
    let was_asked = tokio::select! {
        // The second signal is looked at first: whoever sends it has waited enough.
        biased;
        () = signals.twice(asked) => return Err(Failure::failed("stopped at once by a second signal")),
        was_asked = running.wait(async { let _ = stop.await; }) => was_asked,
    };
    if was_asked {
        return Ok(());
    }
    Err(Failure::failed("the gateway could not go on").hint("the cause is in: landline logs"))
}

/// Returns an error with its causes, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// Says where the gateway listens; programs wait for the first line.
fn announce(running: &Running, link: &str, state_dir: &Path, output: &Output) {
    let (url, fingerprint) = (running.url(), running.fingerprint());
    if output.is_json() {
        let pid = std::process::id();
        let mut told = json!({ "event": "listening", "url": url, "pid": pid, "dashboard": link });
        if let Some(fingerprint) = fingerprint {
            told["tlsFingerprint"] = fingerprint.to_string().into();
        }
        output.json_line(&told);
        return;
    }
    output.line(format_args!("landline listening on {url}"));
    if let Some(fingerprint) = fingerprint {
        output.line(format_args!("Certificate SHA-256 {fingerprint}"));
    }
    output.line(format_args!("Open {BOLD}{link}{BOLD:#} (works once, for 10 minutes)"));
    output
        .line(format_args!("{DIM}State in {}; another link: landline dashboard{DIM:#}", state_dir.display()));
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::failed(format!("signals: {error}")));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Reports the first signal and returns at the second.
    async fn twice(mut self, first: oneshot::Sender<()>) {
        self.next().await;
        tracing::info!("Stopping; a second signal stops at once");
        let _ = first.send(());
        self.next().await;
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
