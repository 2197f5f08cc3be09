//! Nodes as workers: dispatch, output, limits, names.

use super::*;

#[tokio::test]
async fn a_task_runs_on_another_machine_with_that_machines_own_program() {
    let mut stage = Stage::new().await;
    let script = "echo on $(basename $HOME) $LANDLINE_GATEWAY_TOKEN; cat; echo; echo end";
    let _machine = stage.machine("builder-1", script, "pool = \"ci\"\nlabels = { zone = \"b\" }").await;
    let row = stage.worker("builder-1").await.expect("a row");
    assert_eq!((&row["status"], &row["transport"]), (&json!("idle"), &json!("websocket")));
    assert_eq!(
        (&row["pool"], &row["agents"], &row["maxConcurrent"]),
        (&json!("ci"), &json!(["main"]), &json!(1))
    );
    for on in ["node:builder-1", "pool:ci", "any", "any[zone=b,command]"] {
        let task = stage.dispatch(on, "hello there", json!({})).await;
        let ended = stage.ended(&task).await;
        assert_eq!(ended["status"], "completed", "{on}: {ended}");
        let text = stage.output(&task).await;
        let lines: Vec<&str> = text.lines().collect();
        // The worker's own credentials are not handed on.
        assert!(lines[0].starts_with("on ") && lines[0].split_whitespace().count() == 2, "{text}");
        assert_eq!(lines[1..], ["hello there", "end"], "{on}");
        assert_eq!(ended["worker"], "builder-1", "{ended}");
    }
    // More than its owner allows is refused before anything starts.
    let wide = json!({"permissions": {"mode": "bypassPermissions"}, "maxRetries": 0});
    let task = stage.dispatch("any", "hello", wide).await;
    let ended = stage.ended(&task).await;
    assert_eq!(ended["status"], "failed", "{ended}");
    assert!(ended["error"].as_str().expect("an error").contains("bypassPermissions"), "{ended}");
}

#[tokio::test]
async fn a_worker_has_no_more_than_its_slots_and_drains() {
    let mut stage = Stage::new().await;
    let go = stage.file("go");
    let script = format!("while [ ! -e {} ]; do sleep 0.05; done; cat", go.display());
    let _machine = stage.machine("w", &script, "max_concurrent = 2").await;
    let mut tasks = Vec::new();
    for n in 0..5 {
        tasks.push(stage.dispatch("node:w", &format!("task {n}"), json!({})).await);
    }
    eventually("two run", async || {
        stage.worker("w").await.is_some_and(|row| row["running"] == 2 && row["status"] == "busy")
    })
    .await;
    let drained = stage.owner.ok("workers.drain", json!({"name": "w", "drain": true})).await;
    assert_eq!(drained["worker"]["status"], "draining");
    std::fs::write(&go, "").expect("written");
    for task in &tasks[..2] {
        assert_eq!(stage.ended(task).await["status"], "completed");
    }
    eventually("it ends what it has", async || {
        stage.worker("w").await.is_some_and(|row| row["running"] == 0)
    })
    .await;
    let waiting = stage.owner.ok("tasks.get", json!({"taskId": tasks[2]})).await;
    assert_eq!(waiting["task"]["status"], "queued", "{waiting}");
    stage.owner.ok("workers.drain", json!({"name": "w", "drain": false})).await;
    for task in &tasks[2..] {
        assert_eq!(stage.ended(task).await["status"], "completed");
    }
    let error = stage.owner.err("workers.drain", json!({"name": "nobody", "drain": true})).await;
    assert_eq!(error["details"]["code"], "NO_WORKER");
}

#[tokio::test]
async fn a_cancelled_task_leaves_no_process() {
    let mut stage = Stage::new().await;
    let marker = stage.file("started");
    let script = format!("touch {}; sleep 600 & sleep 600", marker.display());
    let machine = stage.machine("w", &script, "").await;
    let task = stage.dispatch("any", "", json!({"message": "x"})).await;
    eventually("it runs", async || marker.exists()).await;
    let variable = format!("LANDLINE_WORKER_RUN={}", machine.id);
    assert!(running(&variable) >= 2);
    stage.owner.ok("tasks.cancel", json!({"taskId": task})).await;
    assert_eq!(stage.ended(&task).await["status"], "cancelled");
    eventually("nothing is left", async || running(&variable) == 0).await;
}

#[tokio::test]
async fn nobody_works_unapproved_and_no_name_is_taken_twice() {
    let mut stage = Stage::new().await;
    let _first = stage.machine("twin", "cat", "").await;
    // A second machine of that name is a node like any other, and no worker.
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(home.path().join("state/node")).expect("a folder");
    let config = "name = \"twin\"\n[worker]\nenabled = true\n[worker.agents.main]\nexecutor = \"command\"\ncommand = [\"cat\"]\n";
    std::fs::write(home.path().join("state/node/node.toml"), config).expect("node.toml");
    let code = stage.owner.ok("device.pair.setupCode", json!({"bootstrapProfile": "node"})).await;
    let mut second = Machine { home, node: None, id: String::new() };
    second.start(&["--pair", code["setupCode"].as_str().expect("a code")]).await;
    let list = stage.owner.ok("workers.list", json!({})).await;
    assert_eq!(list["workers"].as_array().map(Vec::len), Some(1), "not approved: {list}");
    stage.approve(&second.id).await;
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let row = stage.worker("twin").await.expect("a row");
    assert_ne!(row["nodeId"], second.id.as_str(), "{row}");
}
