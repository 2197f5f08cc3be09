//! Calls that take their time: how they are given up, and how many there may be.

use harness::{Client, Gateway, Knock, McpClient, Options, Reply, eventually};
use serde_json::{Value, json};

use super::Stage;

const CONFIG: &str = "[nodes.commands]\nallow = [\"camera.snap\"]\nask = []\n";

/// A run, and a node that is asked and does not answer.
async fn stage() -> (Stage, Client, String) {
    let mut stage = Stage::open_with(CONFIG, "").await;
    let mut knock = Knock::node(&stage.gateway);
    knock.caps = vec!["camera".into()];
    knock.extra.insert("commands".into(), json!(["camera.snap"]));
    let node = knock.enter(&stage.gateway).await;
    let list = stage.client.ok("node.pair.list", json!({})).await;
    let request = list["pending"][0]["requestId"].clone();
    stage.client.ok("node.pair.approve", json!({ "requestId": request })).await;
    stage.start().await;
    (stage, node, knock.device_id())
}

fn snap(node: &str, id: u32) -> String {
    let arguments = json!({"nodeId": node, "command": "camera.snap", "timeoutMs": 600_000});
    let params = json!({"name": "node_invoke", "arguments": arguments});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
}

/// Sends a call whose answer is waited for later.
#[expect(clippy::disallowed_methods, reason = "it ends with the runtime of its test")]
fn begin(agent: McpClient, body: String) -> tokio::task::JoinHandle<Reply> {
    tokio::spawn(async move { agent.post(&body, &[]).await })
}

async fn heard(node: &mut Client, name: &str) -> Value {
    node.event(name, |event| event["event"] == name).await["payload"].clone()
}

#[tokio::test]
async fn a_call_ends_when_its_client_gives_it_up() {
    let (stage, mut node, id) = stage().await;
    let agent = stage.agent();
    let (one, body) = (agent.clone(), snap(&id, 7));
    let call = begin(one, body);
    let asked = heard(&mut node, "node.invoke.request").await;
    // Of another id: nothing happens.
    for request in [json!("7"), json!(8), json!(7)] {
        let gone =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request}});
        assert_eq!(agent.post(&gone.to_string(), &[]).await.status, 202);
        assert!(request == 7 || !call.is_finished());
    }
    let reply = call.await.expect("answered");
    assert!(reply.body.contains("given up"), "{reply:?}");
    assert_eq!(heard(&mut node, "node.invoke.cancel").await["invokeId"], asked["id"]);
    stage.finish().await;
}

#[tokio::test]
async fn a_call_ends_when_its_line_breaks_or_its_run_ends() {
    let (stage, mut node, id) = stage().await;
    let (agent, body) = (stage.agent(), snap(&id, 1));
    let call = begin(agent, body);
    let asked = heard(&mut node, "node.invoke.request").await;
    call.abort();
    assert_eq!(heard(&mut node, "node.invoke.cancel").await["invokeId"], asked["id"]);
    let (agent, body) = (stage.agent(), snap(&id, 2));
    let call = begin(agent, body);
    let asked = heard(&mut node, "node.invoke.request").await;
    stage.finish().await;
    assert_eq!(heard(&mut node, "node.invoke.cancel").await["invokeId"], asked["id"]);
    assert!(call.await.expect("answered").body.contains("its run has ended"));
}

#[tokio::test]
async fn one_run_has_sixteen_calls_at_once() {
    let (stage, mut node, id) = stage().await;
    let mut calls = Vec::new();
    for number in 0..16 {
        let (agent, body) = (stage.agent(), snap(&id, number));
        calls.push(begin(agent, body));
        heard(&mut node, "node.invoke.request").await;
    }
    let busy = stage.agent().call("session_describe", json!({})).await;
    assert_eq!(super::refused(&busy), "BUSY");
    let owner = McpClient::new(stage.gateway.address(), Some(stage.gateway.token()));
    assert_eq!(owner.call("list_agents", json!({})).await["isError"], false, "others are not held up");
    for call in calls {
        call.abort();
    }
    let agent = stage.agent();
    eventually("there is room again", async || {
        agent.call("session_describe", json!({})).await["isError"] == false
    })
    .await;
    stage.finish().await;
}

#[tokio::test]
async fn a_client_that_asks_is_told_that_the_call_is_alive() {
    let (stage, mut node, id) = stage().await;
    let mut body: Value = serde_json::from_str(&snap(&id, 1)).expect("JSON");
    body["params"]["_meta"] = json!({"progressToken": "p"});
    let agent = stage.agent();
    let call = begin(agent, body.to_string());
    let asked = heard(&mut node, "node.invoke.request").await;
    // Signs of life come every ten seconds: this is the one test that has to wait for one.
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    let payload = json!({"format": "png", "base64": "AAAA"}).to_string();
    let answer = json!({"id": asked["id"], "nodeId": asked["nodeId"], "ok": true, "payloadJSON": payload});
    node.ok("node.invoke.result", answer).await;
    let body = call.await.expect("answered").body;
    assert!(body.contains("notifications/progress") && body.contains("still waiting"), "{body}");
    assert!(body.contains(r#""type":"image""#) && body.contains("shown as image 1"), "{body}");
    stage.finish().await;
}

#[tokio::test]
async fn an_operator_gives_work_and_follows_it() {
    let config = "[agents.main]\nexecutor = \"builtin\"\nallowed_tools = [\"Read\", \"Grep\"]\n";
    let gateway = Gateway::start(Options::default().config(config)).await;
    let owner = McpClient::new(gateway.address(), Some(gateway.token()));
    let call = async |tool: &str, arguments: Value| {
        let result = owner.call(tool, arguments).await;
        assert_ne!(result["isError"], true, "{tool}: {result}");
        result["structuredContent"].clone()
    };
    let names: Vec<_> =
        owner.tools().await.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect();
    for name in
        ["dispatch_task", "list_agents", "list_tasks", "get_task_result", "cancel_task", "get_task_output"]
    {
        assert!(names.iter().any(|listed| listed == name), "{name} in {names:?}");
    }
    // A coordinator's names, and ours.
    let old =
        json!({"prompt": "hello", "agentName": "local", "maxBudgetUsd": 1, "allowedTools": "Read, Grep"});
    let task = call("dispatch_task", old).await;
    let new = json!({"message": "hello", "on": "local"});
    assert_ne!(call("dispatch_task", new).await["taskId"], task["taskId"]);
    let id = task["taskId"].as_str().expect("an id").to_owned();
    let mut after = json!(0);
    loop {
        let output = call("get_task_output", json!({"taskId": id, "after": after, "waitMs": 5000})).await;
        if output["done"] == true {
            break;
        }
        after = output["next"].clone();
    }
    let ended = call("get_task_result", json!({"taskId": &id[..18]})).await;
    assert_eq!(ended["task"]["status"], "completed", "{ended}");
    assert!(ended["task"]["result"].as_str().is_some_and(|text| !text.is_empty()), "{ended}");
    let listed = call("list_tasks", json!({"status": "completed", "kind": "work"})).await;
    assert!(listed["tasks"].as_array().is_some_and(|tasks| !tasks.is_empty()), "{listed}");
    assert_eq!(call("list_tasks", json!({"status": "dead-letter"})).await["tasks"], json!([]));
    let again = call("retry_task", json!({"taskId": id})).await;
    assert_ne!(again["taskId"], json!(id));
    let late = call("cancel_task", json!({"taskId": id})).await;
    assert_eq!((&late["found"], &late["cancelled"]), (&json!(true), &json!(false)), "{late}");
    assert!(call("task_stats", json!({})).await["tasksDispatched"].as_u64() >= Some(3));
}
