//! `landline service`: lets the system start the gateway and keep it running.

use clap::Subcommand;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::reach;
use crate::unit::{self, Service, Unit, text};

/// What to do with the service.
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Write a unit for systemd or launchd, and say what switches it on
    Install {
        /// Print the file and the command, write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Writes the unit. No secret stands in it: the token is in the configuration file, which only its owner can read.
pub(crate) fn run(global: &Global, command: &ServiceCommand, output: &Output) -> Outcome {
    let ServiceCommand::Install { dry_run } = command;
    if global.url.is_some() || global.token.is_some() {
        return Err(Failure::usage("--url and --token do not belong into a service")
            .hint("keep the token in the configuration file: landline init"));
    }
    let program =
        std::env::current_exe().map_err(|error| Failure::failed(format!("this program: {error}")))?;
    let state = reach::state_dir(&global.overrides())?;
    let mut words = vec![text(&program)?, "gateway".into(), "--state-dir".into(), text(&state)?];
    if let Some(config) = &global.config {
        let config = std::path::absolute(config).map_err(|error| Failure::failed(error.to_string()))?;
        words.extend(["--config".into(), text(&config)?]);
    }
    let home = unit::home()?;
    Unit::here(&Service { what: "gateway", home: &home, folder: &state, words: &words })?
        .install(*dry_run, output)
}
