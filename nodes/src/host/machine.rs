//! The machine that the node runs on: its programs, and how the node runs one for itself.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::answer::{Code, Refusal};
use crate::process::{Environment, Launch, LaunchError, Running, Tail, find_program};

/// The variable that marks every process which this node starts.
pub(super) const MARKER: &str = "LANDLINE_NODE_RUN";
/// How long a program may take to end when asked to.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// How long to wait for output that is still under way when the program has ended.
pub(super) const DRAIN: Duration = Duration::from_millis(500);

/// What the node knows of its machine.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    environment: Environment,
    home: PathBuf,
    scratch: PathBuf,
    marker: String,
}

/// A program that the node runs for one of its commands.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) cwd: Option<PathBuf>,
    /// What it reads on stdin.
    pub(super) input: Vec<u8>,
    /// Further variables of the node that it is given.
    pub(super) env_pass: Vec<String>,
    /// The longest that it may take.
    pub(super) timeout: Duration,
    /// The most that it may write, in bytes.
    pub(super) limit: usize,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: Option<ExitStatus>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
}

/// A folder that vanishes.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Machine {
    /// Returns the machine; `environment` is the node's own, `scratch` a folder for short-lived files, `name`
    /// tells this node's processes from those of others.
    pub(super) fn new(environment: Environment, scratch: PathBuf, name: &str) -> Self {
        let home = environment.value("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        Self { environment, home, scratch, marker: format!("{name}-") }
    }

    /// Returns the folder where programs run when nobody names another.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// Returns the `PATH`.
    pub(super) fn search(&self) -> &OsStr {
        self.environment.value("PATH").unwrap_or_else(|| OsStr::new("/usr/local/bin:/usr/bin:/bin"))
    }

    /// Finds a program.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        find_program(name, self.search())
    }

    /// Says whether a variable is set, a display's for example.
    pub(super) fn has(&self, variable: &str) -> bool {
        self.environment.value(variable).is_some_and(|value| !value.is_empty())
    }

    /// Returns a variable's value.
    pub(super) fn value(&self, variable: &str) -> Option<String> {
        self.environment.value(variable).and_then(OsStr::to_str).map(ToOwned::to_owned)
    }

    /// Returns what a program is given: the basic variables, and those of the node that are named.
    pub(super) fn environment(&self, pass: &[String]) -> Environment {
        let secret = |name: &&str| !name.to_ascii_uppercase().starts_with("LANDLINE_");
        let names = Environment::BASIC.into_iter().chain(pass.iter().map(String::as_str));
        let mut environment = self.environment.pick(names.filter(secret));
        environment.set_default("PATH", "/usr/local/bin:/usr/bin:/bin");
        environment
    }

    /// Returns a fresh marker for one run.
    pub(super) fn marker(&self) -> (String, String) {
        (MARKER.to_owned(), format!("{}{}", self.marker, uuid::Uuid::new_v4()))
    }

    /// Ends what a node that was killed has left behind; returns how many processes that were.
    pub(super) async fn reap(&self) -> usize {
        let own = self.marker.clone();
        crate::process::reap_marked(MARKER, move |value| value.starts_with(&own), GRACE).await
    }

    /// Makes a folder that vanishes with the returned value.
    pub(super) fn scratch(&self) -> Result<Scratch, Refusal> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = self.scratch.join(uuid::Uuid::new_v4().to_string());
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|error| Refusal::unavailable(format!("{}: {error}", path.display())))?;
        Ok(Scratch(path))
    }

    /// Runs a program to its end and returns what it wrote.
    pub(super) async fn run(&self, tool: Tool, stop: &CancellationToken) -> Result<Finished, Refusal> {
        let launch = Launch {
            program: tool.program.clone().into(),
            arguments: tool.arguments,
            cwd: tool.cwd.unwrap_or_else(|| self.home.clone()),
            environment: self.environment(&tool.env_pass),
            marker: self.marker(),
        };
        let mut running = launch.start()?;
        let errors = Tail::default();
        let (stdin, stdout, stderr) = (running.stdin.take(), running.stdout.take(), running.stderr.take());
        let mut written = Vec::new();
        let work = async {
            let feed = async {
                if let Some(mut stdin) = stdin {
                    // A program that does not read its input is no failure.
                    let _ = stdin.write_all(&tool.input).await;
                }
                Ok(())
            };
            let follow = async {
                if let Some(stderr) = stderr {
                    errors.follow(stderr).await;
                }
                Ok(())
            };
            let talk = async { tokio::try_join!(read_all(stdout, &mut written, tool.limit), follow, feed) };
            if let Some(Err(refusal)) = until_drained(&mut running, talk).await {
                return Err(refusal);
            }
            // Its streams may close before it ends.
            let _ = running.exited().await;
            Ok(())
        };
        let ended = tokio::select! {
            ended = tokio::time::timeout(tool.timeout, work) => ended,
            () = stop.cancelled() => Ok(Err(Refusal::new(Code::Cancelled, "it is not wanted any more"))),
        };
        let status = running.end(GRACE).await;
        let name = tool.program.display();
        match ended {
            Ok(Ok(())) => Ok(Finished { status, stdout: written, stderr: errors.text() }),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(Refusal::new(Code::Timeout, format!("{name} took longer than {:?}", tool.timeout))),
        }
    }
}

impl Finished {
    /// Returns what the program wrote, or why it failed.
    pub(super) fn ok(self, what: &str) -> Result<Vec<u8>, Refusal> {
        if self.status.is_some_and(|status| status.success()) {
            return Ok(self.stdout);
        }
        let how =
            self.status.map_or_else(|| "ended in an unknown way".to_owned(), |status| status.to_string());
        let said = self.stderr.lines().last().map_or_else(String::new, |line| format!(": {line}"));
        Err(Refusal::unavailable(format!("{what} failed ({how}){said}")))
    }
}

impl Scratch {
    /// Returns a path in the folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, "A folder for short-lived files stays behind");
        }
    }
}

impl From<LaunchError> for Refusal {
    fn from(error: LaunchError) -> Self {
        match error {
            LaunchError::Cwd(cwd) => {
                Self::invalid(format!("cwd: the folder {} does not exist on this node", cwd.display()))
            }
            error @ LaunchError::Start { .. } => Self::unavailable(error.to_string()),
        }
    }
}

/// Waits for `read`; when the program itself has ended, a little while only: what it started may hold its pipes
/// open. `None`: that was the case.
pub(super) async fn until_drained<T>(running: &mut Running, read: impl Future<Output = T>) -> Option<T> {
    let drained = async {
        // An error means that there is nothing to wait for.
        let _ = running.exited().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        biased;
        done = read => Some(done),
        () = drained => None,
    }
}

async fn read_all(
    pipe: Option<impl AsyncRead + Unpin>,
    into: &mut Vec<u8>,
    limit: usize,
) -> Result<(), Refusal> {
    let Some(pipe) = pipe else { return Ok(()) };
    let mut pipe = pipe.take(limit as u64 + 1);
    pipe.read_to_end(into).await.map_err(|error| Refusal::unavailable(error.to_string()))?;
    if into.len() > limit {
        return Err(Refusal::new(Code::PayloadTooLarge, format!("it wrote more than {limit} bytes")));
    }
    Ok(())
}
