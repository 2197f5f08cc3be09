//! `landline node install`: a unit by which the system starts the node and keeps it running.

use nodes::host::Home;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::unit::{self, Service, Unit, text};

/// Arguments of `landline node install`.
#[derive(Debug, clap::Args)]
pub(crate) struct InstallArgs {
    /// Print the file and the command, write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Writes the unit, and says what switches it on.
pub(super) fn run(global: &Global, home: &Home, args: &InstallArgs, output: &Output) -> Outcome {
    let program =
        std::env::current_exe().map_err(|error| Failure::failed(format!("this program: {error}")))?;
    let user = unit::home()?;
    let state = home.dir().parent().unwrap_or(home.dir());
    let mut words = vec![text(&program)?, "node".into(), "run".into(), "--state-dir".into(), text(state)?];
    if let Some(config) = &global.config {
        let config = std::path::absolute(config).map_err(|error| Failure::failed(error.to_string()))?;
        words.extend(["--config".into(), text(&config)?]);
    }
    let unit = Unit::here(&Service { what: "node", home: &user, folder: home.dir(), words: &words })?;
    if home.known().is_none() && !args.dry_run {
        return Err(Failure::failed("this machine belongs to no gateway yet")
            .hint("pair it first: landline node pair CODE"));
    }
    unit.install(args.dry_run, output)
}
