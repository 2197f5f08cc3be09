//! The process of a plugin: started in a group of its own, ended together with what it started.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::channel::ListenError;

use super::{Options, lost};

/// A running plugin. Dropping it kills its whole group at once.
#[derive(Debug)]
pub(super) struct Process {
    // Dropped first: while its leader was not waited for, the group's number belongs to nobody else.
    group: Group,
    child: Child,
    stderr: Option<ChildStderr>,
    /// The end of what it wrote to stderr.
    tail: VecDeque<u8>,
}

impl Process {
    /// Starts the program. One that does not exist is refused: trying again cannot help.
    pub(super) fn start(options: &Options) -> Result<Self, ListenError> {
        let Some((program, arguments)) = options.command.split_first() else {
            return Err(ListenError::Refused(format!("the plugin {} has no command", options.name)));
        };
        let kept = BASIC_ENVIRONMENT.into_iter().chain(options.env_pass.iter().map(String::as_str));
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(kept.filter_map(|name| Some((name, std::env::var_os(name)?))))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                let text = format!("{program} could not be started: {error}");
                match error.kind() {
                    ErrorKind::NotFound | ErrorKind::PermissionDenied => ListenError::Refused(text),
                    _ => lost(text),
                }
            })?;
        let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
        let stderr = child.stderr.take();
        Ok(Self { group, child, stderr, tail: VecDeque::new() })
    }

    /// Returns its stdin and stdout, once.
    pub(super) fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout)> {
        self.child.stdin.take().zip(self.child.stdout.take())
    }

    /// Reads stderr for ever, so that the program never stalls on it, and keeps its end.
    pub(super) async fn follow_stderr(&mut self) {
        self.read_stderr().await;
        std::future::pending::<()>().await;
    }

    /// Ends the group: the program has had its chance to end by itself, and gets another with SIGTERM.
    ///
    /// Returns what is known of its end, for the error.
    pub(super) async fn end(&mut self) -> String {
        // What it wrote last may still be in the pipe.
        let _ = timeout(LAST_WORDS, self.read_stderr()).await;
        let mut status = timeout(PATIENCE, self.child.wait()).await.ok();
        if status.is_none() {
            self.group.signal(Signal::TERM);
            status = timeout(PATIENCE, self.child.wait()).await.ok();
        }
        self.group.kill();
        let status = match status {
            Some(status) => status.ok(),
            None => timeout(PATIENCE, self.child.wait()).await.ok().and_then(Result::ok),
        };
        let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
        let tail = String::from_utf8_lossy(self.tail.make_contiguous()).into_owned();
        match tail.lines().rev().find(|line| !line.trim().is_empty()) {
            Some(line) => format!("{status}; its last words: {}", line.trim()),
            None => status,
        }
    }

    async fn read_stderr(&mut self) {
        let mut buffer = [0; 1024];
        while let Some(stderr) = &mut self.stderr {
            match stderr.read(&mut buffer).await {
                Ok(count @ 1..) => self.keep(&buffer[..count]),
                _ => self.stderr = None,
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.tail.extend(bytes);
        let excess = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..excess);
    }
}

/// A process group, killed when dropped.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.0 {
            // A group that is gone is what was wanted.
            let _ = kill_process_group(pid, signal);
        }
    }

    fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What every program needs to find programs, files and a language.
const BASIC_ENVIRONMENT: [&str; 8] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ"];

/// How long a program may take to end by itself, and again after SIGTERM.
const PATIENCE: Duration = Duration::from_millis(400);

const LAST_WORDS: Duration = Duration::from_millis(50);

/// Bytes of stderr that are kept.
const KEPT: usize = 4096;
