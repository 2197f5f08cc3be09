//! Asking a node: the answer, and every way to fail (protocol 8.3).

use harness::{Knock, Options};
use serde_json::{Value, json};

use super::{COMMANDS, Stage, answer, asked, offering, request};

#[tokio::test]
async fn a_node_answers() {
    let mut stage = Stage::new().await;
    let (sent, asked) = stage.ask("system.which", json!({ "bins": ["uname"] })).await;
    assert_eq!((&asked["nodeId"], &asked["command"]), (&json!(stage.id), &json!("system.which")));
    assert_eq!(asked["paramsJSON"], r#"{"bins":["uname"]}"#);
    assert!(asked["timeoutMs"].as_u64().is_some_and(|ms| (29_000..=30_000).contains(&ms)), "{asked}");
    assert!(asked["idempotencyKey"].is_string(), "{asked}");
    let taken = answer(&mut stage.node, &asked, json!({ "bins": { "uname": "/usr/bin/uname" } })).await;
    assert_eq!(taken, json!({ "ok": true }));
    let frame = stage.owner.answer(&sent).await;
    assert_eq!(
        frame["payload"],
        json!({
            "ok": true, "nodeId": stage.id, "command": "system.which",
            "payload": { "bins": { "uname": "/usr/bin/uname" } },
            "payloadJSON": r#"{"bins":{"uname":"/usr/bin/uname"}}"#,
        })
    );
    let late = answer(&mut stage.node, &asked, json!({})).await;
    assert_eq!(late, json!({ "ok": true, "ignored": true }), "nobody waits any more");
}

#[tokio::test]
async fn older_nodes_answer_with_a_value() {
    let mut stage = Stage::new().await;
    for (extra, expected) in [
        (json!({ "payload": { "a": 1 } }), json!({ "a": 1 })),
        (json!({ "payloadJSON": { "a": 2 } }), json!({ "a": 2 })),
        (json!({ "payload": 3, "payloadJSON": null, "error": null }), json!(3)),
        (json!({}), Value::Null),
    ] {
        let (sent, asked) = stage.ask("system.which", json!({})).await;
        let mut params = json!({ "id": asked["id"], "nodeId": asked["nodeId"], "ok": true });
        for (name, value) in extra.as_object().expect("an object") {
            params[name] = value.clone();
        }
        stage.node.ok("node.invoke.result", params).await;
        assert_eq!(stage.owner.answer(&sent).await["payload"]["payload"], expected);
    }
}

#[tokio::test]
async fn what_is_not_allowed_is_told_apart() {
    let config = "[nodes.commands]\ndeny = [\"system.which\"]\n";
    let commands = ["system.which", "system.run", "camera.snap", "made.up"];
    let mut stage = Stage::with(Options::default().config(config), &commands).await;
    for (command, reason, word) in [
        ("system.which", "command not allowlisted", "deny"),
        ("camera.snap", "command not allowlisted", "allow"),
        ("made.up", "command not allowlisted", "linux"),
        ("location.get", "command not declared by node", "offer"),
    ] {
        let error = stage.refused(command, json!({})).await;
        assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
        assert_eq!(error["details"]["reason"], reason, "{error}");
        assert_eq!(error["details"]["command"], command, "{error}");
        let message = error["message"].as_str().expect("text");
        assert!(message.starts_with("node command not allowed: ") && message.contains(word), "{message}");
    }
    let row = stage.row().await;
    assert_eq!(row["commands"], json!(["system.run"]));
    assert_eq!(row["withheld"].as_object().map(serde_json::Map::len), Some(3), "{row}");
}

#[tokio::test]
async fn the_owner_can_allow_dangerous_commands() {
    let config = "[nodes.commands]\nallow = [\"camera.snap\"]\n";
    let mut stage = Stage::with(Options::default().config(config), &COMMANDS).await;
    let (sent, asked) = stage.ask("camera.snap", json!({ "facing": "front" })).await;
    answer(&mut stage.node, &asked, json!({ "format": "jpg" })).await;
    assert_eq!(stage.owner.answer(&sent).await["ok"], true);
}

#[tokio::test]
async fn a_node_that_offers_nothing_or_is_not_approved_cannot_be_asked() {
    let mut stage = Stage::new().await;
    for (knock, word) in [
        (offering(Knock::node(&stage.gateway), &["system.which"]), "approval"),
        (offering(Knock::node(&stage.gateway), &[]), "offers no commands"),
    ] {
        let _node = knock.enter(&stage.gateway).await;
        let params = asked(&knock.device_id(), "system.which", json!({}));
        let error = stage.owner.err("node.invoke", params).await;
        assert_eq!(error["details"]["reason"], "node did not declare commands", "{error}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(word)), "{error}");
    }
}

#[tokio::test]
async fn an_unknown_and_an_absent_node_are_told_apart() {
    let mut stage = Stage::new().await;
    let error = stage.owner.err("node.invoke", asked(&"0".repeat(64), "system.which", json!({}))).await;
    assert_eq!(
        (&error["code"], &error["details"]["code"]),
        (&json!("UNAVAILABLE"), &json!("PAIRING_CHANGED"))
    );
    let Stage { gateway: _gateway, mut owner, node, id, .. } = stage;
    drop(node);
    owner
        .event("it left", |event| event["event"] == "node.presence" && event["payload"]["connected"] == false)
        .await;
    let error = owner.err("node.invoke", asked(&id, "system.which", json!({}))).await;
    assert_eq!((&error["code"], &error["message"]), (&json!("UNAVAILABLE"), &json!("node not connected")));
    assert_eq!(error["details"]["code"], "NOT_CONNECTED");
    assert_eq!(error["details"]["nodeError"]["code"], "NOT_CONNECTED");
    assert_eq!(error["details"]["nodeCommandDispatched"], false);
}

#[tokio::test]
async fn a_deadline_ends_the_wait_and_tells_the_node() {
    let mut stage = Stage::new().await;
    let mut params = asked(&stage.id, "system.which", json!({}));
    params["timeoutMs"] = json!(50);
    let sent = stage.owner.send("node.invoke", params).await;
    let asked = request(&mut stage.node).await;
    let frame = stage.owner.answer(&sent).await;
    let error = &frame["error"];
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("UNAVAILABLE"), &json!("TIMEOUT: node invoke timed out"))
    );
    assert_eq!(error["details"]["nodeCommandDispatched"], true);
    assert_eq!(error["details"]["nodeError"]["code"], "TIMEOUT");
    let cancel = stage.node.event("the end", |event| event["event"] == "node.invoke.cancel").await;
    assert_eq!(cancel["payload"], json!({ "invokeId": asked["id"], "nodeId": stage.id }));
    assert_eq!(answer(&mut stage.node, &asked, json!({})).await["ignored"], true);
}

#[tokio::test]
async fn a_caller_that_leaves_lets_go_of_the_node() {
    let mut stage = Stage::new().await;
    let mut other = Knock::cli(&stage.gateway).enter(&stage.gateway).await;
    other.send("node.invoke", asked(&stage.id, "system.which", json!({}))).await;
    let asked = request(&mut stage.node).await;
    drop(other);
    let cancel = stage.node.event("the end", |event| event["event"] == "node.invoke.cancel").await;
    assert_eq!(cancel["payload"]["invokeId"], asked["id"]);
}

#[tokio::test]
async fn a_node_that_leaves_fails_what_waits_at_once() {
    let mut stage = Stage::new().await;
    let (sent, _) = stage.ask("system.which", json!({})).await;
    let Stage { mut owner, node, gateway: _gateway, .. } = stage;
    drop(node);
    let frame = owner.answer(&sent).await;
    let error = &frame["error"];
    assert_eq!(error["code"], "UNAVAILABLE");
    let message = error["message"].as_str().expect("text");
    assert!(message.starts_with("NOT_CONNECTED: node disconnected ("), "{message}");
    assert_eq!(error["details"]["nodeCommandDispatched"], true);
}

#[tokio::test]
async fn a_node_says_no() {
    let mut stage = Stage::new().await;
    let (sent, asked) = stage.ask("system.which", json!({})).await;
    let error = json!({ "code": "CAMERA_DISABLED", "message": "switched off" });
    let params = json!({ "id": asked["id"], "nodeId": stage.id, "ok": false, "error": error });
    stage.node.ok("node.invoke.result", params).await;
    let frame = stage.owner.answer(&sent).await;
    assert_eq!(frame["error"]["code"], "UNAVAILABLE");
    assert_eq!(frame["error"]["message"], "CAMERA_DISABLED: switched off");
    assert_eq!(frame["error"]["details"]["nodeError"], error);
}

#[tokio::test]
async fn a_node_that_is_not_ready_is_asked_again_up_to_four_times() {
    let mut stage = Stage::new().await;
    let (sent, mut asked) = stage.ask("system.which", json!({})).await;
    for round in 0..5 {
        let error = json!({ "code": "NODE_NOT_READY", "message": "starting" });
        let params = json!({ "id": asked["id"], "nodeId": stage.id, "ok": false, "error": error });
        stage.node.ok("node.invoke.result", params).await;
        if round < 4 {
            asked = request(&mut stage.node).await;
        }
    }
    let frame = stage.owner.answer(&sent).await;
    assert_eq!(frame["error"]["message"], "NODE_NOT_READY: starting");
}

#[tokio::test]
async fn host_commands_need_admin_and_approvals_have_methods_of_their_own() {
    let mut stage = Stage::new().await;
    let mut writer = Knock::cli(&stage.gateway).scopes(&["operator.write"]).enter(&stage.gateway).await;
    for command in ["system.run.prepare", "browser.proxy", "fs.listDir"] {
        let error = writer.err("node.invoke", asked(&stage.id, command, json!({}))).await;
        assert_eq!(
            (&error["code"], &error["details"]["missingScope"]),
            (&json!("FORBIDDEN"), &json!("operator.admin"))
        );
    }
    let sent = writer.send("node.invoke", asked(&stage.id, "system.which", json!({}))).await;
    let which = request(&mut stage.node).await;
    answer(&mut stage.node, &which, json!({})).await;
    assert_eq!(writer.answer(&sent).await["ok"], true, "looking for a program needs write only");
    for command in ["system.execApprovals.get", "system.execApprovals.set"] {
        let error = stage.refused(command, json!({})).await;
        assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
        assert!(
            error["message"].as_str().is_some_and(|text| text.contains("exec.approvals.node")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn only_the_node_that_was_asked_may_answer() {
    let mut stage = Stage::new().await;
    let mut other = offering(Knock::node(&stage.gateway), &COMMANDS).enter(&stage.gateway).await;
    let (sent, asked) = stage.ask("system.which", json!({})).await;
    let params = json!({ "id": asked["id"], "nodeId": stage.id, "ok": true, "payload": "forged" });
    let error = other.err("node.invoke.result", params.clone()).await;
    assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("nodeId mismatch")), "{error}");
    let own = other.hello["auth"].clone();
    assert_eq!(own["role"], "node");
    answer(&mut stage.node, &asked, json!("true")).await;
    assert_eq!(stage.owner.answer(&sent).await["payload"]["payload"], "true");
}

#[tokio::test]
async fn the_newest_connection_of_a_key_fences_the_one_before() {
    let mut stage = Stage::new().await;
    let (sent, asked) = stage.ask("system.which", json!({})).await;
    let mut newer = stage.knock.enter(&stage.gateway).await;
    let frame = stage.owner.answer(&sent).await;
    assert!(frame["error"]["message"].as_str().is_some_and(|text| text.contains("replaced")), "{frame}");
    let late = json!({ "id": asked["id"], "nodeId": stage.id, "ok": true, "payload": "late" });
    stage.node.send("node.invoke.result", late).await;
    let (code, reason) = stage.node.closed().await;
    assert_eq!(code, 1008, "{reason}");
    assert!(reason.contains("newer connection"), "{reason}");
    // The end of the older one does not take the newer one's place.
    let sent = stage.owner.send("node.invoke", super::asked(&stage.id, "system.which", json!({}))).await;
    let asked = request(&mut newer).await;
    answer(&mut newer, &asked, json!("new")).await;
    assert_eq!(stage.owner.answer(&sent).await["payload"]["payload"], "new");
    assert_eq!(stage.row().await["connected"], true);
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_asks_nobody() {
    let mut stage = Stage::new().await;
    let params = asked(&stage.id, "system.which", json!({ "bins": ["a"] }));
    let (one, two) = (
        stage.owner.send("node.invoke", params.clone()).await,
        stage.owner.send("node.invoke", params.clone()).await,
    );
    let asked = request(&mut stage.node).await;
    answer(&mut stage.node, &asked, json!({ "n": 1 })).await;
    for sent in [one, two] {
        assert_eq!(stage.owner.answer(&sent).await["payload"]["payload"], json!({ "n": 1 }));
    }
    assert_eq!(stage.owner.ok("node.invoke", params.clone()).await["payload"], json!({ "n": 1 }));
    assert!(!stage.node.events.iter().any(|event| event["event"] == "node.invoke.request"));
    let mut other = params;
    other["params"] = json!({ "bins": ["b"] });
    let error = stage.owner.err("node.invoke", other).await;
    assert_eq!(error["details"]["code"], "IDEMPOTENCY_CONFLICT", "{error}");
}

#[tokio::test]
async fn output_is_shown_to_who_wants_it() {
    let mut stage = Stage::new().await;
    let mut params = asked(&stage.id, "system.run", json!({ "command": ["ls"] }));
    params["progress"] = json!(true);
    let sent = stage.owner.send("node.invoke", params.clone()).await;
    let asked = request(&mut stage.node).await;
    let piece = |seq: u64, chunk: &str| json!({ "invokeId": asked["id"], "nodeId": stage.id, "seq": seq, "chunk": chunk });
    let (first, again, next) = (piece(0, "one"), piece(0, "again"), piece(1, "two"));
    let long = piece(2, &"x".repeat(16_385));
    assert_eq!(stage.node.ok("node.invoke.progress", first).await, json!({ "ok": true }));
    assert_eq!(stage.node.ok("node.invoke.progress", again).await["ignored"], true);
    assert_eq!(stage.node.ok("node.invoke.progress", next).await, json!({ "ok": true }));
    stage.node.err("node.invoke.progress", long).await;
    answer(&mut stage.node, &asked, json!({ "exitCode": 0 })).await;
    stage.owner.answer(&sent).await;
    let pieces: Vec<_> =
        stage.owner.events.iter().filter(|event| event["event"] == "node.invoke.progress").collect();
    let shown: Vec<_> =
        pieces.iter().map(|event| event["payload"]["chunk"].as_str().expect("text")).collect();
    assert_eq!(shown, ["one", "two"]);
    assert_eq!(pieces[0]["payload"]["idempotencyKey"], params["idempotencyKey"]);
    let over = json!({ "invokeId": asked["id"], "nodeId": stage.id, "seq": 9, "chunk": "late" });
    assert_eq!(stage.node.ok("node.invoke.progress", over).await["ignored"], true);
}

#[tokio::test]
async fn too_many_requests_for_one_node_are_refused() {
    let mut stage = Stage::new().await;
    for _ in 0..64 {
        stage.ask("system.which", json!({})).await;
    }
    let error = stage.refused("system.which", json!({})).await;
    assert_eq!((&error["details"]["code"], &error["retryable"]), (&json!("BUSY"), &json!(true)), "{error}");
}

#[tokio::test]
async fn arguments_are_checked_before_they_are_sent() {
    let mut stage = Stage::new().await;
    let schema = json!({
        "type": "object", "required": ["bins"], "additionalProperties": false,
        "properties": { "bins": { "type": "array", "items": { "type": "string", "pattern": "^[a-z]+$" } } },
    });
    let published =
        stage.node.ok("node.schemas.update", json!({ "commands": { "system.which": schema } })).await;
    assert_eq!(published, json!({ "ok": true, "count": 1 }));
    assert_eq!(stage.row().await["commandSchemas"]["system.which"], schema);
    for bad in [json!({}), json!({ "bins": ["S3CRET"] }), json!({ "bins": [], "more": 1 }), Value::Null] {
        let error = stage.refused("system.which", bad).await;
        assert_eq!(error["details"]["code"], "NODE_ARGUMENTS_INVALID", "{error}");
        assert!(!error.to_string().contains("S3CRET"), "{error}");
    }
    let (sent, asked) = stage.ask("system.which", json!({ "bins": ["ls"] })).await;
    answer(&mut stage.node, &asked, json!({})).await;
    assert_eq!(stage.owner.answer(&sent).await["ok"], true);
    for bad in [
        json!({ "$ref": "#" }),
        json!({ "type": "nonsense" }),
        json!({ "anyOf": [{ "$ref": "#" }] }),
        json!(true),
    ] {
        stage.node.err("node.schemas.update", json!({ "commands": { "system.which": bad } })).await;
    }
    let big = json!({ "description": "x".repeat(300_000) });
    stage.node.err("node.schemas.update", json!({ "commands": { "system.which": big } })).await;
}

#[tokio::test]
async fn large_arguments_and_answers_reach_their_place() {
    let mut stage = Stage::new().await;
    let big = "x".repeat(6 * 1024 * 1024);
    let (sent, asked) = stage.ask("system.which", json!({ "content": big })).await;
    assert_eq!(asked["paramsJSON"].as_str().map(str::len), Some(big.len() + 14));
    answer(&mut stage.node, &asked, json!({ "base64": big })).await;
    let frame = stage.owner.answer(&sent).await;
    assert_eq!(frame["payload"]["payload"]["base64"].as_str().map(str::len), Some(big.len()));
    let (sent, asked) = stage.ask("system.which", json!({})).await;
    answer(&mut stage.node, &asked, json!("still here")).await;
    assert_eq!(stage.owner.answer(&sent).await["payload"]["payload"], "still here");
}
