//! The policy for commands that a node keeps for itself, read and replaced through the gateway.

use harness::Knock;
use serde_json::json;

use super::*;

const OWN: [&str; 3] = ["system.run", "system.execApprovals.get", "system.execApprovals.set"];

#[tokio::test]
async fn an_administrator_reads_and_replaces_it_and_nobody_gets_at_it_by_invoke() {
    let mut stage = Stage::with(Options::default(), &OWN).await;
    let id = stage.id.clone();
    let sent = stage.owner.send("exec.approvals.node.get", json!({ "nodeId": id })).await;
    let asked = request(&mut stage.node).await;
    assert_eq!(asked["command"], "system.execApprovals.get");
    let kept = json!({ "path": "/x", "exists": true, "hash": "h", "file": { "version": 1 } });
    answer(&mut stage.node, &asked, kept.clone()).await;
    assert_eq!(stage.owner.answer(&sent).await["payload"], kept);
    let change = json!({ "nodeId": id, "file": { "version": 1, "defaults": { "security": "deny" } }, "baseHash": "h" });
    let sent = stage.owner.send("exec.approvals.node.set", change).await;
    let asked = request(&mut stage.node).await;
    let params: Value = serde_json::from_str(asked["paramsJSON"].as_str().unwrap()).unwrap();
    assert_eq!(
        params,
        json!({ "file": { "version": 1, "defaults": { "security": "deny" } }, "baseHash": "h" })
    );
    answer(&mut stage.node, &asked, kept.clone()).await;
    assert_eq!(stage.owner.answer(&sent).await["payload"], kept);
    for wrong in
        [json!({}), json!({ "native": { "rules": [] } }), json!({ "file": { "version": 1 }, "native": {} })]
    {
        let mut params = wrong;
        params["nodeId"] = json!(id);
        assert_eq!(stage.owner.err("exec.approvals.node.set", params).await["code"], "INVALID_REQUEST");
    }
    let refused = stage.refused("system.execApprovals.get", json!({})).await;
    assert!(refused["message"].as_str().unwrap().contains("exec.approvals.node"), "{refused}");
    let scopes = ["operator.read", "operator.write", "operator.approvals"];
    let mut other = Knock::cli(&stage.gateway).scopes(&scopes).enter(&stage.gateway).await;
    for method in ["exec.approvals.node.get", "exec.approvals.node.set"] {
        assert_eq!(other.err(method, json!({ "nodeId": id })).await["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_change_of_the_owners_lists_is_in_force_at_once() {
    let mut stage = Stage::new().await;
    let params = json!({ "facing": "front" });
    assert_eq!(
        stage.refused("camera.snap", params.clone()).await["details"]["reason"],
        "command not allowlisted"
    );
    let mut lists = json!({ "nodes": { "commands": { "allow": ["camera.snap"] } } });
    let changed = stage.owner.ok("config.patch", json!({ "raw": lists.to_string() })).await;
    assert_eq!(changed["restartRequired"], false, "{changed}");
    let (sent, asked) = stage.ask("camera.snap", params.clone()).await;
    answer(&mut stage.node, &asked, json!({})).await;
    assert_eq!(stage.owner.answer(&sent).await["ok"], true);
    let shown = stage.owner.ok("config.get", json!({})).await;
    lists["nodes"]["commands"]["deny"] = json!(["camera.snap"]);
    let next = json!({ "raw": lists.to_string(), "baseHash": shown["hash"] });
    stage.owner.ok("config.patch", next).await;
    assert_eq!(stage.refused("camera.snap", params).await["details"]["reason"], "command not allowlisted");
}
