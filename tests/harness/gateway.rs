//! The real program as a child process, with a home of its own.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::wait::PATIENCE;

/// How a gateway is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The shared token; `None`: none is configured.
    pub token: Option<String>,
    /// Text of `config.toml`; empty: there is no file.
    pub config: String,
    /// Further arguments.
    pub args: Vec<String>,
    /// Further environment variables.
    pub env: Vec<(String, String)>,
    /// Port; 0 for a free one at each start.
    pub port: u16,
}

impl Default for Options {
    fn default() -> Self {
        let token = format!("suite-{}", uuid::Uuid::new_v4().simple());
        Self { token: Some(token), config: String::new(), args: Vec::new(), env: Vec::new(), port: 0 }
    }
}

impl Options {
    /// Sets the text of `config.toml`.
    #[must_use]
    pub fn config(self, text: &str) -> Self {
        Self { config: text.to_owned(), ..self }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Stays on one port through all starts, for those who were told where it is.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Starts without a shared token.
    #[must_use]
    pub fn without_token(self) -> Self {
        Self { token: None, ..self }
    }
}

/// A running gateway; dropping it ends the process.
#[derive(Debug)]
pub struct Gateway {
    home: TempDir,
    state: PathBuf,
    options: Options,
    child: Option<Child>,
    address: Option<SocketAddr>,
    first_line: Option<oneshot::Receiver<String>>,
    stdout: Captured,
    stderr: Captured,
}

type Captured = Arc<Mutex<String>>;

/// How a command ended.
#[derive(Debug)]
pub struct Done {
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Done {
    /// Returns stdout as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Returns stderr as JSON.
    pub fn error(&self) -> Value {
        let line = self.stderr.lines().rfind(|line| line.starts_with('{')).unwrap_or(&self.stderr);
        serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON on stderr ({error}): {self:?}"))
    }

    /// Returns the result of a command that must have succeeded.
    pub fn ok(&self) -> &Self {
        assert_eq!(self.code, 0, "the command failed: {self:?}");
        self
    }
}

/// Returns the program under test: `LANDLINE_BIN`, or the one built beside this test.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("LANDLINE_BIN") {
        return path.into();
    }
    let here = std::env::current_exe().expect("the test's own path");
    let path = here.ancestors().nth(2).expect("a target directory").join("landline");
    assert!(path.exists(), "{} is missing; build it first: cargo build -p landline", path.display());
    path
}

/// Returns a port on 127.0.0.1 that nobody uses just now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

impl Gateway {
    /// Starts a gateway on a free port in a fresh home and waits until it serves.
    pub async fn start(options: Options) -> Self {
        let mut gateway = Self::prepare(options);
        gateway.launch();
        gateway.ready().await;
        gateway
    }

    /// Makes the home and its configuration without starting anything.
    pub fn prepare(options: Options) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let state = home.path().join("state");
        std::fs::create_dir(&state).expect("the state directory");
        let gateway = Self {
            home,
            state,
            options,
            child: None,
            address: None,
            first_line: None,
            stdout: Captured::default(),
            stderr: Captured::default(),
        };
        gateway.write_config(&gateway.options.config);
        gateway
    }

    /// Listens on the present port at later starts, too.
    pub fn keep_port(&mut self) {
        self.options.port = self.address().port();
    }

    /// Writes `config.toml` for the next start; an empty text removes it.
    pub fn write_config(&self, text: &str) {
        let path = self.state.join("config.toml");
        if text.is_empty() {
            let _ = std::fs::remove_file(path);
        } else {
            std::fs::write(path, text).expect("config.toml");
        }
    }

    /// Starts the process without waiting for it.
    pub fn launch(&mut self) {
        assert!(self.child.is_none(), "it is running already");
        let mut command = Command::new(binary());
        command
            .args(["gateway", "--port", &self.options.port.to_string(), "--json", "--state-dir"])
            .arg(&self.state);
        command.args(&self.options.args).env_clear().envs(self.environment());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let (sender, receiver) = oneshot::channel();
        keep(child.stdout.take().expect("piped"), &self.stdout, Some(sender));
        keep(child.stderr.take().expect("piped"), &self.stderr, None);
        self.first_line = Some(receiver);
        self.child = Some(child);
        self.address = None;
    }

    /// Waits until the gateway says that it serves; panics when it ends or takes too long.
    pub async fn ready(&mut self) {
        let line = self.first_line.take().expect("launched");
        let line = tokio::time::timeout(PATIENCE, line).await.ok().and_then(Result::ok);
        let line = line.unwrap_or_else(|| panic!("the gateway does not serve; stderr:\n{}", self.stderr()));
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let url = said["url"].as_str().unwrap_or_else(|| panic!("no url: {line}"));
        let (_, address) = url.split_once("://").expect("a scheme");
        let address = address.trim_end_matches('/').replace("0.0.0.0", "127.0.0.1");
        self.address = Some(address.parse().expect("an address"));
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut env: Vec<(OsString, OsString)> = vec![
            ("HOME".into(), self.home.path().into()),
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
        ];
        if let Some(token) = &self.options.token {
            env.push(("LANDLINE_GATEWAY_TOKEN".into(), token.into()));
        }
        env.extend(self.options.env.iter().map(|(name, value)| (name.into(), value.into())));
        env
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address.expect("the gateway serves")
    }

    /// Returns `http://HOST:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the shared token.
    pub fn token(&self) -> &str {
        self.options.token.as_deref().expect("a token is configured")
    }

    /// Returns the state directory.
    pub fn state_dir(&self) -> &Path {
        &self.state
    }

    /// Returns the home directory.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Returns what has been written to stdout so far, by all starts together.
    pub fn stdout(&self) -> String {
        self.stdout.lock().expect("not poisoned").clone()
    }

    /// Returns what has been written to stderr so far, by all starts together.
    pub fn stderr(&self) -> String {
        self.stderr.lock().expect("not poisoned").clone()
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Says whether the process is alive.
    pub fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_none()))
    }

    /// Returns a value of `/proc/PID/status` such as `VmRSS` or `VmHWM`, in bytes.
    pub fn memory(&self, key: &str) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process lives");
        let line = status.lines().find(|line| line.starts_with(key)).expect("known to the system");
        let kib: u64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
        kib * 1024
    }

    /// Ends the process as a power cut would.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        self.address = None;
    }

    /// Asks the process to end (SIGTERM) and waits for it.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("it can be sent");
    }

    /// Waits for the process to end by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            let child = self.child.as_mut().expect("it runs");
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                self.child = None;
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "the gateway does not end; stderr:\n{}", self.stderr());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Starts again in the same state directory; ends the process first if it still runs.
    pub async fn restart(&mut self) {
        self.kill9();
        self.launch();
        self.ready().await;
    }

    /// Runs `landline` with arguments for this gateway's home and state directory.
    pub async fn cli(&self, args: &[&str]) -> Done {
        self.cli_env(args, &[]).await
    }

    /// The same with further environment variables.
    pub async fn cli_env(&self, args: &[&str], env: &[(&str, &str)]) -> Done {
        let mut command = tokio::process::Command::new(binary());
        // Before the rest, which may end in another program's own words.
        command.arg("--state-dir").arg(&self.state).args(args);
        command
            .env_clear()
            .envs(self.environment())
            .env_remove("LANDLINE_GATEWAY_TOKEN")
            .envs(env.iter().copied());
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.unwrap_or_else(|_| panic!("landline {args:?} does not end")).expect("it runs");
        Done {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Returns everything under the home directory and all output as one text, to look for secrets; the
    /// files that `skip` names are left out.
    pub fn everything_written(&self, skip: &[&str]) -> String {
        let mut all = format!("{}\n{}\n", self.stdout(), self.stderr());
        read_all(self.home.path(), skip, &mut all);
        all
    }
}

fn read_all(dir: &Path, skip: &[&str], all: &mut String) {
    for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            read_all(&path, skip, all);
        } else if path.is_file() && !skip.contains(&name.as_str()) {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let _ = writeln!(all, "{name}: {}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// Collects what a pipe says; the first line is told at once.
fn keep(pipe: impl Read + Send + 'static, into: &Captured, mut first: Option<oneshot::Sender<String>>) {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            into.lock().expect("not poisoned").push_str(&text);
            if let Some(first) = first.take() {
                let _ = first.send(text.trim().to_owned());
            }
            line.clear();
        }
    });
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            let stderr = self.stderr();
            let from = stderr.char_indices().rev().nth(6000).map_or(0, |(index, _)| index);
            eprintln!("--- the gateway's stderr (its end) ---\n{}", &stderr[from..]);
        }
    }
}
