//! Programs on nodes: planned, allowed, run; and the node's own list of programs.

use harness::{Knock, Options};
use serde_json::{Value, json};

use super::{Stage, answer, asked, request};

const PROGRAMS: [&str; 4] =
    ["system.run", "system.run.prepare", "system.execApprovals.get", "system.execApprovals.set"];

fn command(stage: &Stage, argv: &[&str]) -> Value {
    let key = uuid::Uuid::new_v4().to_string();
    json!({ "nodeId": stage.id, "command": argv, "cwd": "/work", "idempotencyKey": key })
}

/// Answers `system.run.prepare` as a node does.
async fn plan(stage: &mut Stage) -> Value {
    let asked = request(&mut stage.node).await;
    assert_eq!(asked["command"], "system.run.prepare");
    let params: Value = serde_json::from_str(asked["paramsJSON"].as_str().expect("text")).expect("json");
    let plan = json!({
        "argv": params["command"], "cwd": params["cwd"], "commandText": "ls", "agentId": null, "sessionKey": null,
    });
    answer(&mut stage.node, &asked, json!({ "plan": plan })).await;
    plan
}

#[tokio::test]
async fn an_administrator_is_not_asked() {
    let mut stage = Stage::with(Options::default(), &PROGRAMS).await;
    let params = command(&stage, &["ls"]);
    let sent = stage.owner.send("node.exec", params.clone()).await;
    let plan = plan(&mut stage).await;
    let run = request(&mut stage.node).await;
    let told: Value = serde_json::from_str(run["paramsJSON"].as_str().expect("text")).expect("json");
    assert_eq!((&told["systemRunPlan"], &told["approved"]), (&plan, &json!(true)));
    answer(&mut stage.node, &run, json!({ "exitCode": 0, "success": true, "stdout": "a", "stderr": "" }))
        .await;
    let done = stage.owner.answer(&sent).await;
    assert_eq!(
        (&done["payload"]["exitCode"], &done["payload"]["stdout"]),
        (&json!(0), &json!("a")),
        "{done}"
    );
    assert_eq!(stage.owner.ok("node.exec", params).await["stdout"], "a", "a repeat gets the first answer");
}

#[tokio::test]
async fn others_wait_for_somebodys_yes_or_no() {
    let mut stage = Stage::with(Options::default(), &PROGRAMS).await;
    let mut writer = Knock::cli(&stage.gateway).scopes(&["operator.write"]).enter(&stage.gateway).await;
    for (decision, runs) in [("deny", false), ("allow-once", true)] {
        let sent = writer.send("node.exec", command(&stage, &["ls", "-l"])).await;
        plan(&mut stage).await;
        let asked = stage.owner.event("a request", |event| event["event"] == "exec.approval.requested").await;
        assert_eq!(asked["payload"]["request"]["command"], "ls -l");
        assert_eq!(asked["payload"]["request"]["nodeId"], stage.id);
        let id = asked["payload"]["id"].clone();
        stage.owner.ok("exec.approval.resolve", json!({ "id": id, "decision": decision })).await;
        if runs {
            let run = request(&mut stage.node).await;
            answer(&mut stage.node, &run, json!({ "exitCode": 0, "success": true })).await;
            assert_eq!(writer.answer(&sent).await["payload"]["approvalId"], id);
        } else {
            let frame = writer.answer(&sent).await;
            assert_eq!(frame["error"]["details"]["code"], "EXEC_NOT_APPROVED", "{frame}");
            assert_eq!(frame["error"]["details"]["reason"], "APPROVAL_DENIED", "{frame}");
        }
    }
}

#[tokio::test]
async fn a_program_asked_for_by_name_waits_for_a_yes_as_well() {
    let mut stage = Stage::with(Options::default(), &PROGRAMS).await;
    let mut writer = Knock::cli(&stage.gateway).scopes(&["operator.write"]).enter(&stage.gateway).await;
    for (decision, runs) in [("deny", false), ("allow-once", true)] {
        // What it says of an approval counts for nothing.
        let claims =
            json!({ "command": ["ls"], "cwd": "/work", "approved": true, "approvalDecision": "allow-once" });
        let sent = writer.send("node.invoke", asked(&stage.id, "system.run", claims)).await;
        let plan = plan(&mut stage).await;
        let shown = stage.owner.event("a request", |event| event["event"] == "exec.approval.requested").await;
        assert_eq!(shown["payload"]["request"]["command"], "ls");
        let id = shown["payload"]["id"].clone();
        stage.owner.ok("exec.approval.resolve", json!({ "id": id, "decision": decision })).await;
        if !runs {
            let frame = writer.answer(&sent).await;
            assert_eq!(frame["error"]["details"]["reason"], "APPROVAL_DENIED", "{frame}");
            continue;
        }
        let run = request(&mut stage.node).await;
        let told: Value = serde_json::from_str(run["paramsJSON"].as_str().expect("text")).expect("json");
        assert_eq!((&run["command"], &told["systemRunPlan"]), (&json!("system.run"), &plan));
        answer(&mut stage.node, &run, json!({ "exitCode": 0, "success": true, "stdout": "a" })).await;
        let done = writer.answer(&sent).await;
        assert_eq!(done["payload"]["payload"]["stdout"], "a", "{done}");
        assert_eq!(done["payload"]["command"], "system.run");
    }
    let error = writer.err("node.invoke", asked(&stage.id, "system.run", json!({ "command": "ls" }))).await;
    assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
}

#[tokio::test]
async fn a_nodes_own_list_is_for_administrators() {
    let mut stage = Stage::with(Options::default(), &PROGRAMS).await;
    let mut writer = Knock::cli(&stage.gateway).scopes(&["operator.write"]).enter(&stage.gateway).await;
    let params = json!({ "nodeId": stage.id });
    let error = writer.err("exec.approvals.node.get", params.clone()).await;
    assert_eq!(error["details"]["missingScope"], "operator.admin");
    let sent = stage.owner.send("exec.approvals.node.get", params).await;
    let asked = request(&mut stage.node).await;
    assert_eq!(asked["command"], "system.execApprovals.get");
    answer(&mut stage.node, &asked, json!({ "hash": "h", "file": { "version": 1 } })).await;
    assert_eq!(stage.owner.answer(&sent).await["payload"]["hash"], "h");
    let change = json!({ "nodeId": stage.id, "file": { "version": 1 }, "baseHash": "h" });
    let sent = stage.owner.send("exec.approvals.node.set", change).await;
    let asked = request(&mut stage.node).await;
    assert_eq!(asked["command"], "system.execApprovals.set");
    let told: Value = serde_json::from_str(asked["paramsJSON"].as_str().expect("text")).expect("json");
    assert_eq!(told, json!({ "file": { "version": 1 }, "baseHash": "h" }));
    answer(&mut stage.node, &asked, json!({ "hash": "h2" })).await;
    assert_eq!(stage.owner.answer(&sent).await["payload"]["hash"], "h2");
}
