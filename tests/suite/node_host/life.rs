//! Pairing, status, restarts, and the end.

use super::*;

#[tokio::test]
async fn a_machine_pairs_by_code_and_comes_back_by_itself() {
    let mut stage = Stage::new("", "name = \"Kitchen\"").await;
    let row = stage.owner.ok("node.describe", json!({"nodeId": stage.id})).await;
    assert_eq!((&row["displayName"], &row["connected"]), (&json!("Kitchen"), &json!(true)));
    let (code, out, _) = stage.machine.run(&["status", "--json"]).await;
    let status: Value = serde_json::from_str(&out).expect("json");
    assert_eq!((code, &status["running"], &status["node"]["connected"]), (0, &json!(true), &json!(true)));
    assert_eq!(status["nodeId"], stage.id.as_str());
    let (code, _, error) = stage.machine.run(&["run"]).await;
    assert!(code == 1 && error.contains("runs here already"), "{error}");

    stage.gateway.keep_port();
    stage.gateway.stop().await;
    stage.node.says("lost").await;
    stage.node.says("waiting").await;
    stage.gateway.restart().await;
    stage.node.says("connected").await;
    let mut owner = Knock::cli(&stage.gateway).enter(&stage.gateway).await;
    until_connected(&mut owner, &stage.id, true).await;
    stage.owner = owner;
    assert!(stage.ok("device.info", json!({})).await["systemName"].is_string());

    assert_eq!(stage.node.stop().await, 0);
    until_connected(&mut stage.owner, &stage.id, false).await;
    // Without a code: the device token is enough.
    let mut again = stage.machine.start(&[]);
    assert_eq!(again.says("connected").await["nodeId"], stage.id.as_str());
    let identity = stage.machine.state().join("node/identity.json");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(identity).expect("a file").permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_machine_without_a_code_needs_the_shared_token() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let machine = Machine::new("");
    let url = format!("ws://{}", gateway.address());
    let (code, _, error) = machine.run(&["run", "--gateway", &url]).await;
    assert!(code == 4 && error.contains("landline node run --pair"), "{error}");
    let (code, _, error) = machine.run(&["run", "--gateway", &url, "--token", "wrong-token-of-16"]).await;
    assert!(code == 4 && error.contains("token"), "{error}");
    let mut node = machine.start(&["--gateway", &url, "--token", gateway.token()]);
    let id = node.says("connected").await["nodeId"].as_str().expect("an id").to_owned();
    until_connected(&mut owner, &id, true).await;
    // It was let in, and what it offers waits for somebody's word.
    let params = json!({"nodeId": id, "command": "device.info", "idempotencyKey": "k"});
    let refused = owner.err("node.invoke", params).await;
    assert_eq!(refused["details"]["command"], "device.info", "{refused}");
    approve(&mut owner, &id).await;
    let params = json!({"nodeId": id, "command": "device.info", "idempotencyKey": "l"});
    owner.ok("node.invoke", params).await;
    // Who is revoked is out, and says so.
    owner.ok("device.pair.remove", json!({"deviceId": id})).await;
    node.says("lost").await;
}

#[tokio::test]
async fn wrong_codes_and_unknown_gateways_say_what_to_do() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let machine = Machine::new("");
    let (code, _, error) = machine.run(&["run"]).await;
    assert!(code == 2 && error.contains("--pair"), "{error}");
    let (code, _, error) = machine.run(&["pair", "nonsense"]).await;
    assert!(code == 2 && error.contains("setup"), "{error}");
    let setup = setup_code(&mut owner).await;
    let (code, out, error) = machine.run(&["pair", &setup, "--json"]).await;
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("\"paired\": true"), "{out}");
    let (code, _, error) = Machine::new("").run(&["pair", &setup]).await;
    assert!(code == 4 && error.contains("setup-code"), "used twice: {error}");
    let (code, out, error) = machine.run(&["install", "--dry-run"]).await;
    assert!(code == 0 && out.contains("ExecStart") && out.contains("systemctl --user"), "{out}{error}");
    assert!(!machine.path().join(".config/systemd").exists(), "nothing was written");
    let (code, out, _) = machine.run(&["install"]).await;
    assert!(code == 0 && out.contains("wrote"), "{out}");
    let (_, out, _) = machine.run(&["status"]).await;
    assert!(out.contains("not running") && out.contains("offers") && out.contains("fs.read"), "{out}");
    let broken = Machine::new("colour = 1");
    let (code, _, error) = broken.run(&["status"]).await;
    assert!(code == 1 && error.contains("colour"), "{error}");
}

#[tokio::test]
async fn what_a_lost_gateway_had_started_is_ended() {
    let config = "[exec]\nsecurity = \"full\"\nask = \"off\"";
    let mut stage = Stage::new("", config).await;
    let marker = stage.machine.path().join("started");
    let script = format!("touch {}; exec sleep 600", marker.display());
    let params = json!({"nodeId": stage.id, "command": "system.run", "params": {"command": ["sh", "-c", script]},
        "timeoutMs": 600_000, "idempotencyKey": "k"});
    stage.owner.send("node.invoke", params).await;
    eventually("the program runs", async || marker.exists()).await;
    stage.gateway.kill9();
    stage.node.says("lost").await;
    let running = || {
        let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
        let node = format!("LANDLINE_NODE_RUN={}", stage.id);
        let environments = processes.filter_map(|entry| std::fs::read(entry.path().join("environ")).ok());
        environments.filter(|bytes| String::from_utf8_lossy(bytes).contains(&node)).count()
    };
    eventually("nothing is left", async || running() == 0).await;
}
