//! Starts a program in a process group of its own, with pipes and a marked environment.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::{Environment, Tree};

/// A program to start.
#[derive(Debug)]
pub struct Launch {
    /// The program: a path, or a name to look for on the `PATH` of `environment`.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its working directory.
    pub cwd: PathBuf,
    /// Its whole environment, but for the marker.
    pub environment: Environment,
    /// Name and value of the variable that marks everything the program starts.
    pub marker: (String, String),
}

impl Launch {
    /// Starts the program.
    pub fn start(self) -> Result<Running, LaunchError> {
        if !self.cwd.is_dir() {
            return Err(LaunchError::Cwd(self.cwd));
        }
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.cwd)
            .env_clear()
            .envs(self.environment.iter())
            .env(&self.marker.0, &self.marker.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let failed = |source| LaunchError::Start { program: self.program.clone(), source };
        let mut child = command.spawn().map_err(failed)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take(), child.id());
        let (Some(stdin), Some(stdout), Some(stderr), Some(pid)) = pipes else {
            return Err(failed(io::Error::other("its pipes are missing")));
        };
        let tree = Tree::new(pid, &self.marker);
        Ok(Running { child, tree, stdin: Some(stdin), stdout: Some(stdout), stderr: Some(stderr) })
    }
}

/// A program that was started. Dropping it kills the whole tree at once; [`Running::end`] is the polite way.
#[derive(Debug)]
pub struct Running {
    child: Child,
    tree: Tree,
    /// The program's stdin, until taken.
    pub stdin: Option<ChildStdin>,
    /// The program's stdout, until taken.
    pub stdout: Option<ChildStdout>,
    /// The program's stderr, until taken.
    pub stderr: Option<ChildStderr>,
}

impl Running {
    /// Waits until the program itself has ended; what it started may live on. Safe to cancel and repeat.
    pub async fn exited(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Returns the program's process id, 0 once it was waited for.
    pub fn pid(&self) -> i32 {
        self.child.id().and_then(|pid| i32::try_from(pid).ok()).unwrap_or_default()
    }

    /// Asks the program itself to interrupt its work (SIGINT).
    pub fn interrupt(&self) {
        self.tree.interrupt_root();
    }

    /// Ends everything that belongs to the program: SIGTERM, then SIGKILL after `grace`.
    ///
    /// Returns the program's exit status, if it could be read.
    pub async fn end(&mut self, grace: Duration) -> Option<ExitStatus> {
        let (status, ()) = tokio::join!(self.child.wait(), self.tree.end(grace));
        status.ok()
    }
}

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The working directory is missing.
    #[error("the working directory {0} does not exist; create it or change `cwd` of the agent")]
    Cwd(PathBuf),
    /// The system refused.
    #[error("{program:?} could not be started: {source}")]
    Start {
        /// What was to be started.
        program: OsString,
        /// Why not.
        source: io::Error,
    },
}
