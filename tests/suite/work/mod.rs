//! Work on other machines: the real gateway, real workers, real outages.

mod apart;
mod http;
mod outage;
mod torture;
mod websocket;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use harness::{Client, Gateway, Knock, Options, binary, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A gateway with nodes that work for it.
struct Stage {
    gateway: Gateway,
    owner: Client,
    /// Agents write what they did here.
    folder: TempDir,
}

/// A machine that works.
struct Machine {
    home: TempDir,
    node: Option<(Child, Lines<BufReader<ChildStdout>>)>,
    id: String,
}

impl Stage {
    async fn new() -> Self {
        let mut gateway = Gateway::start(Options::default()).await;
        gateway.keep_port();
        let owner = Knock::cli(&gateway).enter(&gateway).await;
        Self { gateway, owner, folder: tempfile::tempdir().expect("a folder") }
    }

    /// Adds a machine whose agent `main` runs `script` with the prompt on stdin.
    async fn machine(&mut self, name: &str, script: &str, more: &str) -> Machine {
        self.machine_with(name, script, more, "").await
    }

    /// The same, with more about the agent.
    async fn machine_with(&mut self, name: &str, script: &str, more: &str, agent: &str) -> Machine {
        let home = tempfile::tempdir().expect("a folder");
        let state = home.path().join("state/node");
        std::fs::create_dir_all(&state).expect("the node's folder");
        let config = format!(
            "name = \"{name}\"\n[worker]\nenabled = true\n{more}\n[worker.agents.main]\nexecutor = \"command\"\n\
             command = [\"sh\", \"-c\", {script:?}]\n{agent}"
        );
        std::fs::write(state.join("node.toml"), config).expect("node.toml");
        let code = self.owner.ok("device.pair.setupCode", json!({"bootstrapProfile": "node"})).await;
        let mut machine = Machine { home, node: None, id: String::new() };
        machine.start(&["--pair", code["setupCode"].as_str().expect("a code")]).await;
        self.approve(&machine.id).await;
        self.until_online(name, true).await;
        machine
    }

    async fn approve(&mut self, node: &str) {
        let list = self.owner.ok("node.pair.list", json!({})).await;
        let pending = list["pending"].as_array().expect("a list").iter().find(|row| row["nodeId"] == node);
        if let Some(request) = pending {
            let params = json!({"requestId": request["requestId"]});
            self.owner.ok("node.pair.approve", params).await;
        }
    }

    /// Comes in again, after the gateway was started anew.
    async fn enter(&mut self) {
        self.owner = Knock::cli(&self.gateway).enter(&self.gateway).await;
    }

    async fn worker(&mut self, name: &str) -> Option<Value> {
        let list = self.owner.ok("workers.list", json!({})).await;
        let rows = list["workers"].as_array().expect("a list");
        rows.iter().find(|row| row["name"] == name).cloned()
    }

    async fn until_online(&mut self, name: &str, wanted: bool) {
        eventually("the worker is there, or not", async || {
            self.worker(name).await.is_some_and(|row| row["online"] == wanted)
        })
        .await;
    }

    /// Dispatches a task and returns its id.
    async fn dispatch(&mut self, on: &str, message: &str, more: Value) -> String {
        let mut params =
            json!({"idempotencyKey": uuid::Uuid::new_v4().to_string(), "on": on, "message": message});
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        let task = self.owner.ok("tasks.dispatch", params).await;
        task["taskId"].as_str().expect("an id").to_owned()
    }

    /// Waits for the end of a task; returns it.
    async fn ended(&mut self, task: &str) -> Value {
        let mut seen = Value::Null;
        eventually("the task ends", async || {
            seen = self.owner.ok("tasks.get", json!({"taskId": task})).await["task"].clone();
            matches!(seen["status"].as_str(), Some("completed" | "failed" | "cancelled" | "timed_out"))
        })
        .await;
        seen
    }

    /// Returns all text that a task wrote, as its output log has it.
    async fn output(&mut self, task: &str) -> String {
        let (mut text, mut after) = (String::new(), Value::Null);
        loop {
            let mut params = json!({"taskId": task, "waitMs": 5000});
            if !after.is_null() {
                params["after"] = after.clone();
            }
            let page = self.owner.ok("tasks.output", params).await;
            for chunk in page["chunks"].as_array().expect("chunks") {
                text.push_str(chunk["step"]["delta"].as_str().unwrap_or_default());
            }
            after = page["next"].clone();
            if page["done"] == true {
                return text;
            }
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Machine {
    /// Starts `landline node run` and waits until it is connected.
    async fn start(&mut self, args: &[&str]) {
        let mut command = Command::new(binary());
        command.args(["node", "run", "--json"]).args(args);
        command.arg("--state-dir").arg(self.home.path().join("state"));
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
        let said = BufReader::new(child.stdout.take().expect("piped")).lines();
        self.node = Some((child, said));
        self.says("connected").await["nodeId"].as_str().expect("an id").clone_into(&mut self.id);
    }

    async fn says(&mut self, event: &str) -> Value {
        let (_, said) = self.node.as_mut().expect("it runs");
        let wait = async {
            loop {
                let line = said.next_line().await.expect("readable").expect("the node still runs");
                let said: Value = serde_json::from_str(&line).expect("json");
                if said["event"] == event {
                    return said;
                }
            }
        };
        let said = tokio::time::timeout(harness::PATIENCE, wait).await;
        said.unwrap_or_else(|_| panic!("the node never says {event}"))
    }

    async fn kill9(&mut self) {
        let (mut child, _) = self.node.take().expect("it runs");
        child.kill().await.expect("killed");
    }
}

/// Counts the lines of a file.
fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

/// Says how many processes carry a variable in their environment.
fn running(variable: &str) -> usize {
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let environments = processes.filter_map(|entry| std::fs::read(entry.path().join("environ")).ok());
    environments.filter(|bytes| String::from_utf8_lossy(bytes).contains(variable)).count()
}
