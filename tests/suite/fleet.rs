//! Nodes: what they offer and who approves it, asking them to do something, and everything that is refused
//! (protocol 5.7, 7.1, 8).

mod cli;
mod exec;
mod invoke;
mod pairing;
mod policy;
mod told;
mod work;

use harness::{Client, Gateway, Knock, Options};
use serde_json::{Value, json};

/// What most nodes of these tests offer.
const COMMANDS: [&str; 4] = ["system.which", "system.run", "system.notify", "camera.snap"];

/// A gateway, its owner, and a node that was approved.
struct Stage {
    gateway: Gateway,
    owner: Client,
    knock: Knock,
    node: Client,
    id: String,
}

impl Stage {
    async fn new() -> Self {
        Self::with(Options::default(), &COMMANDS).await
    }

    async fn with(options: Options, commands: &[&str]) -> Self {
        let gateway = Gateway::start(options).await;
        let mut owner = Knock::cli(&gateway).enter(&gateway).await;
        let knock = offering(Knock::node(&gateway), commands);
        let node = knock.enter(&gateway).await;
        let id = knock.device_id();
        approve(&mut owner, &id).await;
        Self { gateway, owner, knock, node, id }
    }

    /// Asks the node; `Err` is the error. The node does not answer.
    async fn refused(&mut self, command: &str, params: Value) -> Value {
        let params = asked(&self.id, command, params);
        self.owner.err("node.invoke", params).await
    }

    /// Sends a request and returns its id, and what the node is asked.
    async fn ask(&mut self, command: &str, params: Value) -> (String, Value) {
        let sent = self.owner.send("node.invoke", asked(&self.id, command, params)).await;
        (sent, request(&mut self.node).await)
    }

    async fn row(&mut self) -> Value {
        self.owner.ok("node.describe", json!({ "nodeId": self.id })).await
    }
}

/// Returns the params of `node.invoke` with a new key.
#[expect(clippy::needless_pass_by_value, reason = "callers write them down where they call")]
fn asked(node: &str, command: &str, params: Value) -> Value {
    let key = uuid::Uuid::new_v4().to_string();
    json!({ "nodeId": node, "command": command, "params": params, "idempotencyKey": key })
}

/// Waits for what a node is asked.
async fn request(node: &mut Client) -> Value {
    let event = node.event("a request", |event| event["event"] == "node.invoke.request").await;
    assert_eq!(event["seq"], Value::Null, "events for one connection have no seq: {event}");
    event["payload"].clone()
}

/// Answers what a node was asked.
async fn answer(node: &mut Client, asked: &Value, payload: Value) -> Value {
    let params = json!({
        "id": asked["id"], "nodeId": asked["nodeId"], "ok": true, "payloadJSON": payload.to_string(),
    });
    node.ok("node.invoke.result", params).await
}

fn offering(mut knock: Knock, commands: &[&str]) -> Knock {
    knock.caps = vec!["system".into()];
    knock.extra.insert("commands".into(), json!(commands));
    knock
}

/// Returns the request that waits for a node.
async fn pending(owner: &mut Client, node: &str) -> Option<Value> {
    let list = owner.ok("node.pair.list", json!({})).await;
    let pending = list["pending"].as_array().expect("a list");
    pending.iter().find(|request| request["nodeId"] == node).cloned()
}

async fn approve(owner: &mut Client, node: &str) -> Value {
    let request = pending(owner, node).await.expect("a request");
    owner.ok("node.pair.approve", json!({ "requestId": request["requestId"] })).await
}
