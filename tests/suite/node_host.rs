//! `landline node`: the real program as a node of the real gateway.

mod commands;
mod life;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use harness::{Client, Gateway, Knock, Options, binary, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A machine with a home of its own on which nodes run.
struct Machine {
    home: TempDir,
}

/// A node that runs; dropping it ends it.
struct Node {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Machine {
    /// Makes one; `config` is the text of `node.toml`, in which `HOME` stands for the home folder.
    fn new(config: &str) -> Self {
        let machine = Self { home: tempfile::tempdir().expect("a folder") };
        std::fs::create_dir_all(machine.state().join("node")).expect("the node's folder");
        let home = machine.home.path().to_str().expect("text");
        std::fs::write(machine.state().join("node/node.toml"), config.replace("HOME", home))
            .expect("node.toml");
        machine
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("node").args(args).arg("--state-dir").arg(self.state());
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs `landline node …` to its end; returns exit code, stdout and stderr.
    async fn run(&self, args: &[&str]) -> (i32, String, String) {
        let done = self.command(args).output().await.expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (done.status.code().unwrap_or(-1), text(done.stdout), text(done.stderr))
    }

    /// Starts `landline node run`.
    fn start(&self, args: &[&str]) -> Node {
        let mut command = self.command(&[&["run", "--json"], args].concat());
        command.stderr(Stdio::inherit());
        let mut child = command.spawn().expect("it starts");
        let said = BufReader::new(child.stdout.take().expect("piped")).lines();
        Node { child, said }
    }
}

impl Node {
    /// Waits until the node says that something happened.
    async fn says(&mut self, event: &str) -> Value {
        let wait = async {
            loop {
                let line = self.said.next_line().await.expect("readable").expect("the node still runs");
                let said: Value = serde_json::from_str(&line).expect("json");
                if said["event"] == event {
                    return said;
                }
            }
        };
        tokio::time::timeout(harness::PATIENCE, wait)
            .await
            .unwrap_or_else(|_| panic!("the node never says {event}"))
    }

    /// Asks it to end (SIGTERM); returns the exit code.
    async fn stop(mut self) -> i32 {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).expect("it runs");
        let pid = rustix::process::Pid::from_raw(pid).expect("a process id");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("sent");
        let ended = tokio::time::timeout(harness::PATIENCE, self.child.wait()).await;
        ended.expect("it ends").expect("waited for").code().unwrap_or(-1)
    }
}

/// A gateway with a node that was paired by a setup code and approved.
struct Stage {
    gateway: Gateway,
    owner: Client,
    machine: Machine,
    node: Node,
    id: String,
}

impl Stage {
    async fn new(gateway: &str, config: &str) -> Self {
        let gateway = Gateway::start(Options::default().config(gateway)).await;
        let mut owner = Knock::cli(&gateway).enter(&gateway).await;
        let code = setup_code(&mut owner).await;
        let machine = Machine::new(config);
        let mut node = machine.start(&["--pair", &code]);
        let id = node.says("connected").await["nodeId"].as_str().expect("an id").to_owned();
        approve(&mut owner, &id).await;
        Self { gateway, owner, machine, node, id }
    }

    async fn invoke(&mut self, command: &str, params: Value) -> Result<Value, Value> {
        let key = uuid::Uuid::new_v4().to_string();
        let params = json!({"nodeId": self.id, "command": command, "params": params, "idempotencyKey": key});
        self.owner.call("node.invoke", params).await.map(|answer| answer["payload"].clone())
    }

    async fn ok(&mut self, command: &str, params: Value) -> Value {
        self.invoke(command, params).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Returns the code of the node's refusal.
    async fn refused(&mut self, command: &str, params: Value) -> String {
        let error = self.invoke(command, params).await.expect_err(command);
        error["details"]["nodeError"]["code"].as_str().unwrap_or_else(|| panic!("{error}")).to_owned()
    }
}

async fn setup_code(owner: &mut Client) -> String {
    let code = owner.ok("device.pair.setupCode", json!({"bootstrapProfile": "node"})).await;
    code["setupCode"].as_str().expect("a code").to_owned()
}

/// Approves what a node offers.
async fn approve(owner: &mut Client, node: &str) {
    let list = owner.ok("node.pair.list", json!({})).await;
    let pending = list["pending"].as_array().expect("a list").iter().find(|row| row["nodeId"] == node);
    if let Some(request) = pending {
        owner.ok("node.pair.approve", json!({"requestId": request["requestId"]})).await;
    }
}

async fn is_connected(owner: &mut Client, node: &str) -> bool {
    owner.ok("node.describe", json!({"nodeId": node})).await["connected"] == true
}

/// Waits until the gateway sees the node connected, or not.
async fn until_connected(owner: &mut Client, node: &str, wanted: bool) {
    eventually("the node's connection", async || is_connected(owner, node).await == wanted).await;
}
