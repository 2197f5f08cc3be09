//! A server under test: started on its own CPU, looked at through `/proc`, ended by its process id.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_setaffinity};

/// The server's CPU; the load runs on the other.
const SERVER_CPU: usize = 0;
const LOAD_CPU: usize = 1;
/// A server that has not said where it listens by then has failed.
const START_LIMIT: Duration = Duration::from_secs(30);
/// A server that has not ended by then is killed.
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// The shared token of every server that is started.
pub const TOKEN: &str = "load-test-shared-token-0123456789abcdef";

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Launch {
    /// `limit` or `product`.
    pub name: &'static str,
    /// Its executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its home and state.
    pub state: PathBuf,
}

/// A running server.
#[derive(Debug)]
pub struct Target {
    /// `limit` or `product`.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// When it was spawned.
    pub spawned: Instant,
    /// From there to its first line.
    pub first_line: Duration,
    child: Child,
    /// Held open: a closed pipe would end the server at its next line.
    _stdout: BufReader<ChildStdout>,
}

/// What a server used up to one moment.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Run time of its live threads, in microseconds.
    pub cpu_us: f64,
    /// Bytes it caused to be written to the disk.
    pub written: f64,
    /// When this was read.
    pub at: Instant,
}

impl Target {
    /// Starts the server and waits for the line that says where it listens.
    pub fn start(launch: &Launch) -> Result<Self> {
        fs::create_dir_all(&launch.state)?;
        let stderr = fs::File::create(launch.state.join("load-stderr.log"))?;
        let mut command = Command::new(&launch.program);
        command
            .args(&launch.args)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &launch.state)
            .env("LANDLINE_GATEWAY_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr);
        // The child inherits the CPU of the thread that spawns it, so no wrapper is part of its start time.
        pin(SERVER_CPU)?;
        let spawned = Instant::now();
        let child = command.spawn();
        pin(LOAD_CPU)?;
        let mut child = child.with_context(|| format!("cannot start {}", launch.program.display()))?;
        let Some(stdout) = child.stdout.take() else { bail!("the child has no stdout") };
        let mut stdout = BufReader::new(stdout);
        match first_line(&mut stdout) {
            Ok(address) => {
                let first_line = spawned.elapsed();
                Ok(Self { name: launch.name, address, spawned, first_line, child, _stdout: stdout })
            }
            Err(error) => {
                child.kill()?;
                child.wait()?;
                let log = fs::read_to_string(launch.state.join("load-stderr.log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(3).collect();
                Err(error
                    .context(format!("{} did not start; its last words: {last:?}", launch.program.display())))
            }
        }
    }

    /// Run time and bytes written so far.
    pub fn usage(&self) -> Result<Usage> {
        let mut nanos = 0_u64;
        for task in fs::read_dir(self.proc("task"))? {
            // A thread may end between the listing and the look at it.
            let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            nanos += text.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        }
        let written = number_after(&fs::read_to_string(self.proc("io"))?, "\nwrite_bytes:").unwrap_or(0.0);
        Ok(Usage { cpu_us: nanos as f64 / 1e3, written, at: Instant::now() })
    }

    /// Resident memory in KiB.
    pub fn rss_kib(&self) -> Result<f64> {
        // VmRSS lags behind by some hundred KiB; the rollup counts the pages themselves.
        let text = fs::read_to_string(self.proc("smaps_rollup")).unwrap_or_default();
        if let Some(rss) = number_after(&text, "\nRss:") {
            return Ok(rss);
        }
        number_after(&fs::read_to_string(self.proc("status"))?, "VmRSS:")
            .context("no VmRSS in /proc/PID/status")
    }

    /// Proportional share of the resident memory in KiB, where the kernel tells.
    pub fn pss_kib(&self) -> f64 {
        let text = fs::read_to_string(self.proc("smaps_rollup")).unwrap_or_default();
        number_after(&text, "\nPss:").unwrap_or(f64::NAN)
    }

    /// Descriptors that the server has open.
    pub fn descriptors(&self) -> Result<usize> {
        Ok(fs::read_dir(self.proc("fd"))?.count())
    }

    /// Asks the server to end and waits; returns how long that took.
    pub fn stop(mut self) -> Result<Duration> {
        let start = Instant::now();
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        while start.elapsed() < STOP_LIMIT {
            if self.child.try_wait()?.is_some() {
                return Ok(start.elapsed());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        bail!("{} was still there {STOP_LIMIT:?} after SIGTERM", self.name)
    }

    fn proc(&self, file: &str) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string()).join(file)
    }
}

impl Drop for Target {
    /// Whatever happened, no server outlives its measurement.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) && self.child.kill().is_ok() {
            // Nothing more can be done when even waiting fails.
            let _ = self.child.wait();
        }
    }
}

/// Binds this thread, and what it spawns, to one CPU; on a machine with one CPU nothing is bound.
pub fn pin(cpu: usize) -> Result<()> {
    if fs::metadata(format!("/sys/devices/system/cpu/cpu{LOAD_CPU}")).is_err() {
        return Ok(());
    }
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(sched_setaffinity(None, &set)?)
}

/// Binds the load to its own CPU.
pub fn pin_load() -> Result<()> {
    pin(LOAD_CPU)
}

/// Reads `…http://HOST:PORT…`, as JSON or as plain text.
fn first_line(stdout: &mut BufReader<ChildStdout>) -> Result<SocketAddr> {
    let limit = Timespec::try_from(START_LIMIT)?;
    let ready = poll(&mut [PollFd::new(stdout.get_ref(), PollFlags::IN)], Some(&limit))?;
    ensure!(ready > 0, "nothing on its stdout within {START_LIMIT:?}");
    let mut line = String::new();
    stdout.read_line(&mut line)?;
    let from = line.find("http://").with_context(|| format!("no http:// in its first line {line:?}"))? + 7;
    let rest = &line[from..];
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).unwrap_or(rest.len());
    rest[..end].parse().with_context(|| format!("no address in its first line {line:?}"))
}

fn number_after(text: &str, key: &str) -> Option<f64> {
    text[text.find(key)? + key.len()..].split_whitespace().next()?.parse().ok()
}
