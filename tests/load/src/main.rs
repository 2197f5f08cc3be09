//! Measures the gateway against a bare baseline, alternating, with the server's CPU time per operation first.
#![expect(
    unreachable_pub,
    reason = "a binary exports nothing: `pub` marks what a module offers to its siblings"
)]
#![expect(clippy::cast_precision_loss, reason = "counts, bytes and nanoseconds here stay far below 2^52")]

mod fleet;
mod goals;
mod identity;
mod lab;
mod limit;
mod link;
mod report;
mod scenario;
mod target;
mod wire;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::{Parser, Subcommand};

use lab::{Lab, Settings, say};

/// Measures the gateway against a bare baseline.
#[derive(Debug, Parser)]
#[command(name = "load")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves as the baseline.
    Limit(limit::Options),
    /// Measures both and prints the table.
    Run(Settings),
    /// Fills a state directory with finished runs, for `run --prepared-state`.
    Prepare {
        /// The gateway's executable.
        #[arg(long, default_value = "target/release/landline")]
        product: PathBuf,
        /// The state directory.
        #[arg(long)]
        state_dir: PathBuf,
        /// How many runs to store.
        #[arg(long, default_value_t = 100_000)]
        runs: usize,
    },
}

fn main() -> Result<ExitCode> {
    match Cli::parse().command {
        Command::Limit(options) => limit::run(options).map(|()| ExitCode::SUCCESS),
        Command::Run(settings) => run(settings.shortened()),
        Command::Prepare { product, state_dir, runs } => prepare(product, state_dir, runs),
    }
}

fn run(settings: Settings) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    if settings.list {
        for (name, _) in scenario::GROUPS {
            writeln!(out, "{name}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let start = Instant::now();
    let mut lab = Lab::open(settings)?;
    for (name, measure) in scenario::GROUPS {
        let only = &lab.settings.only;
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        say(name, start);
        if let Err(error) = measure(&mut lab) {
            lab.report.failures.push(((*name).to_owned(), format!("{error:#}")));
        }
    }
    say("done", start);
    out.write_all(lab.report.table()?.as_bytes())?;
    Ok(if lab.report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn prepare(product: PathBuf, state_dir: PathBuf, runs: usize) -> Result<ExitCode> {
    let start = Instant::now();
    let arguments = ["load".into(), "run".into(), "--product".into(), product.into_os_string()];
    let Command::Run(settings) = Cli::try_parse_from(arguments)?.command else {
        return Ok(ExitCode::FAILURE);
    };
    let lab = Lab::open(settings)?;
    let target = lab.start("product", Some(state_dir), &[])?;
    scenario::store_runs(&lab, &target, runs)?;
    target.stop()?;
    say(&format!("{runs} runs stored"), start);
    Ok(ExitCode::SUCCESS)
}
