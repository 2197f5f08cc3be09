//! Every command that this machine offers, and each refusal.

use super::*;

const OWNER: &str = r#"
[exec]
env = ["GREETING"]
[[exec.allow]]
program = "uname"
[fs.roots.work]
path = "HOME/work"
write = true
[location]
latitude = 52.5
longitude = 13.4
accuracy_meters = 20.0
[commands."light.set"]
program = ["cat"]
schema = { type = "object", required = ["on"], properties = { on = { type = "boolean" } } }
"#;

async fn stage() -> Stage {
    let mut stage =
        Stage::new("[nodes.commands]\nallow = [\"fs.read\", \"fs.write\", \"fs.stat\"]", OWNER).await;
    std::fs::create_dir(stage.machine.path().join("work")).expect("a folder");
    // The schemas are published after the connection.
    let id = stage.id.clone();
    let owner = &mut stage.owner;
    eventually("the schemas are known", async || {
        let row = owner.ok("node.describe", json!({"nodeId": id})).await;
        row.to_string().contains("\"on\"")
    })
    .await;
    stage
}

#[tokio::test]
async fn what_the_machine_is_and_where() {
    let mut stage = stage().await;
    let info = stage.ok("device.info", json!({})).await;
    assert_eq!(info["platform"], std::env::consts::OS);
    let status = stage.ok("device.status", json!({})).await;
    assert!(status["memory"]["totalBytes"].is_u64(), "{status}");
    let place = stage.ok("location.get", json!({})).await;
    assert_eq!(
        (&place["lat"], &place["lon"], &place["isPrecise"]),
        (&json!(52.5), &json!(13.4), &json!(true))
    );
    let found = stage.ok("system.which", json!({"bins": ["uname", "no-such"]})).await;
    assert_eq!(found["bins"].as_object().map(serde_json::Map::len), Some(1), "{found}");
    let row = stage.owner.ok("node.describe", json!({"nodeId": stage.id})).await;
    assert!(row["hostStats"]["memoryTotalBytes"].is_u64(), "{row}");
    let offered = row["commands"].to_string();
    for command in ["camera.snap", "screen.record", "system.notify"] {
        assert!(!offered.contains(command), "this machine cannot do {command}");
    }
}

#[tokio::test]
async fn files_within_the_root_only() {
    let mut stage = stage().await;
    std::os::unix::fs::symlink("/etc", stage.machine.path().join("work/etc")).expect("a link");
    let write = json!({"path": "work/a/b.txt", "content": "hello", "createParents": true});
    assert_eq!(stage.ok("fs.write", write).await["size"], 5);
    assert_eq!(stage.ok("fs.read", json!({"path": "work/a/b.txt"})).await["content"], "hello");
    assert_eq!(stage.ok("fs.stat", json!({"path": "work/a"})).await["kind"], "folder");
    assert!(stage.ok("fs.listDir", json!({"path": "work"})).await.to_string().contains("work/a"));
    for path in ["/etc/passwd", "work/etc/passwd", "work/../state/node/identity.json", "other/x"] {
        assert_eq!(stage.refused("fs.read", json!({"path": path})).await, "INVALID_REQUEST", "{path}");
        let write = json!({"path": path, "content": "x"});
        assert_eq!(stage.refused("fs.write", write).await, "INVALID_REQUEST", "{path}");
    }
}

#[tokio::test]
async fn programs_by_the_list_by_plan_and_not_at_all() {
    let mut stage = stage().await;
    let listed = stage.ok("system.run", json!({"command": ["uname", "-s"]})).await;
    assert_eq!((&listed["stdout"], &listed["exitCode"]), (&json!("Linux\n"), &json!(0)));
    assert_eq!(stage.refused("system.run", json!({"command": ["id"]})).await, "SYSTEM_RUN_DENIED");
    let claimed = json!({"command": ["id"], "approved": true, "approvalDecision": "allow-once"});
    assert_eq!(stage.refused("system.run", claimed).await, "SYSTEM_RUN_DENIED");
    let env = json!({"command": ["uname"], "env": {"LD_PRELOAD": "/x"}});
    assert_eq!(stage.refused("system.run", env).await, "INVALID_REQUEST");

    // An administrator's `node.exec` prepares and runs the plan.
    let exec = json!({"nodeId": stage.id, "command": ["sh", "-c", "echo $GREETING; echo oops >&2; exit 3"],
        "env": {"GREETING": "hi"}, "idempotencyKey": "k1"});
    let done = stage.owner.ok("node.exec", exec.clone()).await;
    assert_eq!(
        (&done["exitCode"], &done["stdout"], &done["stderr"]),
        (&json!(3), &json!("hi\n"), &json!("oops\n"))
    );
    assert_eq!(stage.owner.ok("node.exec", exec).await["runId"], done["runId"], "a repeat is not run again");
    let slow =
        json!({"nodeId": stage.id, "command": ["sleep", "60"], "timeoutMs": 300, "idempotencyKey": "k2"});
    assert_eq!(stage.owner.ok("node.exec", slow).await["timedOut"], true);
}

#[tokio::test]
async fn output_is_streamed_to_who_asked_for_it() {
    let mut stage = stage().await;
    let params = json!({"nodeId": stage.id, "command": "system.run", "params": {"command": ["uname"]},
        "idempotencyKey": "k", "progress": true});
    let id = stage.owner.send("node.invoke", params).await;
    let event = |event: &Value| event["event"] == "node.invoke.progress";
    let progress = stage.owner.event("output", event).await;
    assert_eq!(progress["payload"]["chunk"], "Linux\n");
    stage.owner.answer(&id).await;
}

#[tokio::test]
async fn the_owners_own_command_with_its_schema() {
    let mut stage = stage().await;
    assert_eq!(stage.ok("light.set", json!({"on": true})).await, json!({"on": true}));
    let error = stage.invoke("light.set", json!({"on": "yes"})).await.expect_err("wrong");
    assert_eq!(error["code"], "INVALID_REQUEST", "the gateway checks before it asks: {error}");
}

#[tokio::test]
async fn a_canvas_in_a_real_browser() {
    if !Path::new("/usr/bin/chromium").exists() {
        eprintln!("skipped: no Chromium is installed");
        return;
    }
    let mut stage = stage().await;
    for url in ["file:///etc/passwd", "http://169.254.169.254/", "http://127.0.0.1:1/x"] {
        assert_eq!(stage.refused("canvas.present", json!({"url": url})).await, "INVALID_REQUEST", "{url}");
    }
    assert_eq!(stage.refused("canvas.snapshot", json!({})).await, "UNAVAILABLE");
    assert_eq!(stage.refused("canvas.a2ui.reset", json!({})).await, "A2UI_HOST_UNAVAILABLE");
    // Whatever the gateway serves there, it is a page of the gateway.
    stage.ok("canvas.present", json!({"url": "/__landline__/nothing", "width": 320, "height": 200})).await;
    let here = stage.ok("canvas.eval", json!({"javaScript": "location.host + ' ' + innerWidth"})).await;
    assert_eq!(here["result"], format!("{} 320", stage.gateway.address()));
    let snapped = stage.ok("canvas.snapshot", json!({"format": "jpeg", "quality": 0.5})).await;
    assert!(snapped["base64"].as_str().is_some_and(|text| text.starts_with("/9j/")), "a JPEG");
    stage.ok("canvas.hide", json!({})).await;
}
