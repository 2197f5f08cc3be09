//! The baseline: the least that a loopback server can do and still speak the same frames.
//!
//! One thread, one epoll loop, its own WebSocket codec, one shared read buffer, and one write per connection and
//! wake-up. No authorisation and no schema checks; with `--sqlite` a writer thread commits runs in groups.

mod answer;
mod greeting;
mod journal;
mod server;
#[cfg(test)]
mod tests;
mod text;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

/// What the baseline is to imitate.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Port on 127.0.0.1; 0 picks one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Bytes of the whole hello-ok frame.
    #[arg(long, default_value_t = 14_800)]
    pub hello_bytes: usize,
    /// Bytes of the whole response to `health`.
    #[arg(long, default_value_t = 1_200)]
    pub health_bytes: usize,
    /// Bytes of the body of `GET /healthz`.
    #[arg(long, default_value_t = 27)]
    pub healthz_bytes: usize,
    /// Least bytes of a whole `presence` event.
    #[arg(long, default_value_t = 305)]
    pub event_bytes: usize,
    /// Verify the Ed25519 signature of `connect`.
    #[arg(long)]
    pub verify: bool,
    /// Store runs and new devices, and answer only after the commit.
    #[arg(long, value_enum)]
    pub sqlite: Option<Durability>,
    /// Where the journal is written.
    #[arg(long)]
    pub state_dir: Option<PathBuf>,
    /// Milliseconds between two `tick` events.
    #[arg(long, default_value_t = 30_000)]
    pub tick_ms: u64,
    /// A connection with more unsent bytes than this is cut off.
    #[arg(long, default_value_t = 4 << 20)]
    pub max_backlog: usize,
}

/// The `synchronous` setting of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// Flushed to the disk at every commit.
    Full,
    /// Flushed at checkpoints only.
    Normal,
}

/// Serves until it is killed; its first line on stdout says where.
pub fn run(options: Options) -> Result<()> {
    let mut server = server::Server::open(options)?;
    let line = format!("{{\"event\":\"listening\",\"url\":\"http://{}\"}}\n", server.address()?);
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.flush()?;
    drop(stdout);
    server.serve()
}
