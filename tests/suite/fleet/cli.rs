//! `landline nodes` against the real program.

use harness::{Gateway, Knock, Options};
use serde_json::json;

use super::{COMMANDS, answer, offering, request};

#[tokio::test]
async fn a_node_from_its_request_to_its_end_on_the_command_line() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = offering(Knock::node(&gateway), &["system.which", "system.run", "system.run.prepare"]);
    let mut node = knock.enter(&gateway).await;
    let id = knock.device_id();
    let pending = gateway.cli(&["nodes", "pending", "--json"]).await.ok().json();
    assert_eq!(pending[0]["nodeId"], id);
    let shown = gateway.cli(&["nodes", "pending"]).await;
    assert!(shown.stdout.contains("system.run") && shown.stdout.contains("operator.admin"), "{shown:?}");
    let unasked = gateway.cli(&["nodes", "approve", &id[..8]]).await;
    assert_eq!(unasked.code, 2, "nobody is there to look at it: {unasked:?}");
    let waits = gateway.cli(&["nodes", "invoke", &id[..8], "system.which"]).await;
    assert_eq!(waits.code, 1);
    assert!(waits.stderr.contains("landline nodes approve"), "{waits:?}");
    gateway.cli(&["nodes", "approve", pending[0]["requestId"].as_str().expect("an id")]).await.ok();
    gateway.cli(&["nodes", "rename", &id[..8], "Kitchen Pi"]).await.ok();
    let list = gateway.cli(&["nodes", "list"]).await;
    assert!(list.ok().stdout.contains("Kitchen Pi") && list.stdout.contains("connected"), "{list:?}");

    let words = ["nodes", "which", "kitchen pi", "uname", "nosuch"];
    let asking = gateway.cli(&words);
    let playing = async {
        let asked = request(&mut node).await;
        assert_eq!(asked["paramsJSON"], r#"{"bins":["uname","nosuch"]}"#);
        answer(&mut node, &asked, json!({ "bins": { "uname": "/usr/bin/uname" } })).await;
    };
    let (which, ()) = tokio::join!(asking, playing);
    assert_eq!(which.code, 1, "one is missing");
    assert!(which.stdout.contains("/usr/bin/uname") && which.stderr.contains("nosuch"), "{which:?}");

    let asking = gateway.cli(&["nodes", "exec", "Kitchen Pi", "--", "false", "--flag"]);
    let playing = async {
        let asked = request(&mut node).await;
        assert_eq!(asked["command"], "system.run.prepare");
        let plan = json!({
            "argv": ["/usr/bin/false", "--flag"], "cwd": "/", "commandText": "/usr/bin/false --flag",
            "agentId": null, "sessionKey": null,
        });
        answer(&mut node, &asked, json!({ "plan": plan })).await;
        let asked = request(&mut node).await;
        assert_eq!(asked["command"], "system.run");
        let result = json!({ "exitCode": 1, "success": false, "timedOut": false, "stdout": "out\n", "stderr": "bad\n" });
        answer(&mut node, &asked, result).await;
    };
    let (exec, ()) = tokio::join!(asking, playing);
    assert_eq!((exec.code, exec.stdout.as_str()), (1, "out\n"), "{exec:?}");
    assert!(exec.stderr.contains("bad") && exec.stderr.contains("exit code 1"), "{exec:?}");

    let show = gateway.cli(&["nodes", "show", "Kitchen Pi"]).await;
    assert!(show.ok().stdout.contains("system.which"), "{show:?}");
    let status = gateway.cli(&["status"]).await;
    assert!(status.ok().stdout.contains("1 of 1 connected"), "{status:?}");
    let missing = gateway.cli(&["nodes", "show", "attic"]).await;
    assert_eq!(missing.code, 1);
    gateway.cli(&["nodes", "remove", "Kitchen Pi", "--yes"]).await.ok();
    assert_eq!(node.closed().await.0, 4001);
    assert_eq!(gateway.cli(&["nodes", "list", "--json"]).await.ok().json()["nodes"], json!([]));
}

#[tokio::test]
async fn a_rejected_node_is_told_on_the_command_line() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = offering(Knock::node(&gateway), &COMMANDS);
    let mut node = knock.enter(&gateway).await;
    gateway.cli(&["nodes", "reject", &knock.device_id()[..10]]).await.ok();
    let told = node.event("the decision", |event| event["event"] == "node.pair.resolved").await;
    assert_eq!(told["payload"]["decision"], "rejected");
    let refused = gateway.cli(&["nodes", "approve", "--yes"]).await;
    assert_eq!(refused.code, 1, "{refused:?}");
}
