//! Keeps generated files fresh: `cargo xtask bless` rewrites them, `cargo xtask check` names a stale one.

mod files;
#[cfg(test)]
mod floors;
mod model;
#[cfg(test)]
mod sizes;
mod swift;
mod tables;
mod typescript;

#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <bless|check>
  bless  rewrites schemas/json/, tests/golden/methods.txt and the tables in docs/protocol.md
  check  fails when one of them is stale
";

fn main() -> anyhow::Result<ExitCode> {
    let word = std::env::args().nth(1);
    match word.as_deref() {
        Some("bless") => bless(&root()),
        Some("check") => check(&root()),
        _ => {
            std::io::stderr().write_all(USAGE.as_bytes())?;
            Ok(ExitCode::from(2))
        }
    }
}

/// Returns the workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn bless(root: &Path) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    for file in files::stale(root)? {
        files::write(root, &file)?;
        writeln!(out, "rewrote {}", file.path)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(root: &Path) -> anyhow::Result<ExitCode> {
    let stale = files::stale(root)?;
    let mut err = std::io::stderr();
    for file in &stale {
        writeln!(err, "{} is stale: run `cargo xtask bless` and commit the result", file.path)?;
    }
    Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
