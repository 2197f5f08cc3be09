//! What a node offers waits for approval; who may approve it; what stays in force (protocol 7.1, 5.1).

use harness::{Client, Gateway, Knock, Options, identity};
use serde_json::{Value, json};

use super::{COMMANDS, Stage, answer, approve, asked, offering, pending, request};

async fn event(client: &mut Client, name: &str) -> Value {
    client.event(name, |event| event["event"] == name).await["payload"].clone()
}

#[tokio::test]
async fn a_node_waits_for_approval_and_is_told() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let mut knock = offering(Knock::node(&gateway), &COMMANDS);
    knock.extra.insert("permissions".into(), json!({ "camera": true, "microphone": false }));
    knock.extra.insert("pathEnv".into(), json!("/usr/bin:/bin"));
    let mut node = knock.enter(&gateway).await;
    let id = knock.device_id();

    let requested = event(&mut owner, "node.pair.requested").await;
    assert_eq!(requested["nodeId"], id);
    assert_eq!(requested["commands"], json!(["camera.snap", "system.notify", "system.run", "system.which"]));
    assert_eq!(requested["requiredApproveScopes"], json!(["operator.pairing", "operator.admin"]));
    assert_eq!(pending(&mut owner, &id).await, Some(requested.clone()));
    let row = owner.ok("node.describe", json!({ "nodeId": id })).await;
    assert_eq!((&row["approvalState"], &row["commands"]), (&json!("pending-approval"), &json!([])));
    assert_eq!((&row["connected"], &row["pathEnv"]), (&json!(true), &json!("/usr/bin:/bin")));
    assert_eq!(row["pendingRequestId"], requested["requestId"]);

    let approved = owner.ok("node.pair.approve", json!({ "requestId": requested["requestId"] })).await;
    assert_eq!(approved["node"]["approvalState"], "approved");
    assert_eq!(approved["node"]["permissions"], json!({ "camera": true, "microphone": false }));
    let resolved = event(&mut owner, "node.pair.resolved").await;
    assert_eq!((&resolved["decision"], &resolved["nodeId"]), (&json!("approved"), &json!(id)));
    let told = node.event("the decision", |event| event["event"] == "node.pair.resolved").await;
    assert_eq!((&told["payload"], &told["seq"]), (&resolved, &Value::Null));
    let list = owner.ok("node.pair.list", json!({})).await;
    assert_eq!(
        (list["pending"].as_array().map(Vec::len), &list["paired"][0]["nodeId"]),
        (Some(0), &json!(id))
    );
    let again = owner.err("node.pair.approve", json!({ "requestId": requested["requestId"] })).await;
    assert_eq!(again["code"], "NOT_FOUND", "decided once: {again}");
}

/// Sets of scopes.
type Scopes = &'static [&'static [&'static str]];

#[tokio::test]
async fn an_approver_needs_what_the_commands_need() {
    let gateway = Gateway::start(Options::default()).await;
    let table: [(&[&str], Scopes, Scopes); 4] = [
        (
            &["system.run"],
            &[&["operator.pairing"], &["operator.pairing", "operator.write"], &["operator.write"]],
            &[&["operator.admin"]],
        ),
        (&["system.which"], &[&["operator.pairing", "operator.write"]], &[&["operator.admin"]]),
        (
            &["camera.list", "location.get"],
            &[&["operator.pairing"], &["operator.write"]],
            &[&["operator.pairing", "operator.write"], &["operator.admin"]],
        ),
        (&[], &[&["operator.read"]], &[&["operator.pairing"]]),
    ];
    for (commands, refused, allowed) in table {
        for scopes in refused.iter().chain(allowed) {
            let knock = offering(Knock::node(&gateway), commands);
            let _node = knock.enter(&gateway).await;
            let mut owner = Knock::cli(&gateway).enter(&gateway).await;
            let request = pending(&mut owner, &knock.device_id()).await.expect("a request");
            let mut approver = Knock::cli(&gateway).scopes(scopes).enter(&gateway).await;
            let params = json!({ "requestId": request["requestId"] });
            let result = approver.call("node.pair.approve", params).await;
            if allowed.contains(scopes) {
                result.unwrap_or_else(|error| panic!("{commands:?} by {scopes:?}: {error}"));
            } else {
                let error = result.expect_err("refused");
                assert_eq!(error["details"]["code"], "MISSING_SCOPE", "{commands:?} by {scopes:?}: {error}");
                assert!(pending(&mut owner, &knock.device_id()).await.is_some(), "it still waits");
            }
        }
    }
}

#[tokio::test]
async fn a_widened_surface_waits_while_the_old_one_works() {
    let mut stage = Stage::with(Options::default(), &["system.which"]).await;
    let wider = offering(stage.knock.clone(), &["system.which", "system.notify"]);
    let mut node = wider.enter(&stage.gateway).await;
    let row = stage.row().await;
    assert_eq!(
        (&row["approvalState"], &row["commands"]),
        (&json!("pending-reapproval"), &json!(["system.which"]))
    );
    let sent = stage.owner.send("node.invoke", asked(&stage.id, "system.which", json!({}))).await;
    let which = request(&mut node).await;
    answer(&mut node, &which, json!({})).await;
    assert_eq!(stage.owner.answer(&sent).await["ok"], true);
    let error = stage.refused("system.notify", json!({})).await;
    assert_eq!(error["details"]["reason"], "command not declared by node", "{error}");
    approve(&mut stage.owner, &stage.id).await;
    assert_eq!(stage.row().await["commands"], json!(["system.notify", "system.which"]));
}

#[tokio::test]
async fn a_changed_request_supersedes_the_one_before() {
    let mut stage = Stage::with(Options::default(), &["system.which"]).await;
    let _first =
        offering(stage.knock.clone(), &["system.which", "system.notify"]).enter(&stage.gateway).await;
    let old = pending(&mut stage.owner, &stage.id).await.expect("a request");
    let _second = offering(stage.knock.clone(), &["system.which", "system.run"]).enter(&stage.gateway).await;
    let new = pending(&mut stage.owner, &stage.id).await.expect("a request");
    assert_ne!(old["requestId"], new["requestId"]);
    let error = stage.owner.err("node.pair.approve", json!({ "requestId": old["requestId"] })).await;
    assert_eq!(error["code"], "NOT_FOUND", "what was shown is not what would be approved: {error}");
    let superseded = |event: &Value| event["payload"]["decision"] == "superseded";
    let told = stage.owner.event("the end of the first", superseded).await;
    assert_eq!(told["payload"]["requestId"], old["requestId"]);
    let _again = offering(stage.knock.clone(), &["system.run", "system.which"]).enter(&stage.gateway).await;
    let same = pending(&mut stage.owner, &stage.id).await.expect("a request");
    assert_eq!(
        (&same["requestId"], &same["ts"]),
        (&new["requestId"], &new["ts"]),
        "the same words are the same request"
    );
    let _back = offering(stage.knock.clone(), &["system.which"]).enter(&stage.gateway).await;
    assert_eq!(pending(&mut stage.owner, &stage.id).await, None, "nothing more is asked");
}

#[tokio::test]
async fn a_narrowed_surface_takes_effect_at_once() {
    let mut stage = Stage::new().await;
    let _node = offering(stage.knock.clone(), &["system.which"]).enter(&stage.gateway).await;
    let row = stage.row().await;
    assert_eq!((&row["approvalState"], &row["commands"]), (&json!("approved"), &json!(["system.which"])));
    let error = stage.refused("system.notify", json!({})).await;
    assert_eq!(error["details"]["reason"], "command not declared by node");
}

#[tokio::test]
async fn another_kind_of_machine_must_be_approved_anew() {
    let mut stage = Stage::with(Options::default(), &["system.which", "device.info"]).await;
    assert_eq!(stage.row().await["commands"], json!(["system.which"]), "Linux has no device.info");
    let mut other = stage.knock.clone();
    other.platform = ("macOS 26.1".into(), "Mac".into());
    let _node = other.enter(&stage.gateway).await;
    let row = stage.row().await;
    assert_eq!(
        (&row["approvalState"], &row["commands"]),
        (&json!("pending-reapproval"), &json!(["system.which"]))
    );
    approve(&mut stage.owner, &stage.id).await;
    assert_eq!(stage.row().await["commands"], json!(["device.info", "system.which"]));
}

#[tokio::test]
async fn a_rejected_node_keeps_what_it_had() {
    let mut stage = Stage::with(Options::default(), &["system.which"]).await;
    let mut node = offering(stage.knock.clone(), &["system.which", "system.run"]).enter(&stage.gateway).await;
    let request = pending(&mut stage.owner, &stage.id).await.expect("a request");
    let rejected = stage.owner.ok("node.pair.reject", json!({ "requestId": request["requestId"] })).await;
    assert_eq!(rejected, json!({ "requestId": request["requestId"], "nodeId": stage.id }));
    assert_eq!(event(&mut node, "node.pair.resolved").await["decision"], "rejected");
    let row = stage.row().await;
    assert_eq!((&row["approvalState"], &row["commands"]), (&json!("approved"), &json!(["system.which"])));
    let error = stage.owner.err("node.pair.reject", json!({ "requestId": request["requestId"] })).await;
    assert_eq!(error["code"], "NOT_FOUND");
}

#[tokio::test]
async fn surfaces_and_requests_outlive_a_restart() {
    let mut stage = Stage::with(Options::default(), &["system.which"]).await;
    let _node = offering(stage.knock.clone(), &["system.which", "system.notify"]).enter(&stage.gateway).await;
    let request = pending(&mut stage.owner, &stage.id).await.expect("a request");
    stage.owner.ok("node.rename", json!({ "nodeId": stage.id, "displayName": "Kitchen" })).await;
    stage.gateway.restart().await;
    let mut owner = Knock::cli(&stage.gateway).enter(&stage.gateway).await;
    let row = owner.ok("node.describe", json!({ "nodeId": stage.id })).await;
    assert_eq!((&row["displayName"], &row["connected"]), (&json!("Kitchen"), &json!(false)));
    assert_eq!(
        (&row["approvalState"], &row["commands"]),
        (&json!("pending-reapproval"), &json!(["system.which"]))
    );
    owner.ok("node.pair.approve", json!({ "requestId": request["requestId"] })).await;
    stage.gateway.restart().await;
    let mut owner = Knock::cli(&stage.gateway).enter(&stage.gateway).await;
    let row = owner.ok("node.describe", json!({ "nodeId": stage.id })).await;
    assert_eq!(row["approvalState"], "approved");
}

#[tokio::test]
async fn a_removed_node_must_begin_anew() {
    let mut stage = Stage::new().await;
    let mut other = Knock::cli(&stage.gateway).scopes(&["operator.pairing"]).enter(&stage.gateway).await;
    for (method, params) in [
        ("node.pair.remove", json!({ "nodeId": stage.id })),
        ("node.rename", json!({ "nodeId": stage.id, "displayName": "mine" })),
    ] {
        let error = other.err(method, params).await;
        assert_eq!(error["details"]["missingScope"], "operator.admin", "{method}: {error}");
    }
    assert_eq!(
        stage.owner.ok("node.pair.remove", json!({ "nodeId": stage.id })).await,
        json!({ "nodeId": stage.id })
    );
    assert_eq!(stage.node.closed().await.0, 4001);
    let removed = stage.owner.event("its end", |event| event["payload"]["decision"] == "removed").await;
    assert_eq!(removed["event"], "device.pair.resolved");
    let error = stage.refused("system.which", json!({})).await;
    assert_eq!(error["details"]["code"], "PAIRING_CHANGED");
    let _node = stage.knock.enter(&stage.gateway).await;
    assert_eq!(
        stage.row().await["approvalState"],
        "pending-approval",
        "what was approved before is forgotten"
    );
}

#[tokio::test]
async fn a_removed_device_is_no_node_any_more() {
    let mut stage = Stage::new().await;
    stage.owner.ok("device.pair.remove", json!({ "deviceId": stage.id })).await;
    assert_eq!(stage.owner.ok("node.list", json!({})).await["nodes"], json!([]));
    stage.gateway.restart().await;
    let mut owner = Knock::cli(&stage.gateway).enter(&stage.gateway).await;
    assert_eq!(owner.ok("node.list", json!({})).await["nodes"], json!([]));
    let _node = stage.knock.enter(&stage.gateway).await;
    let row = owner.ok("node.describe", json!({ "nodeId": stage.id })).await;
    assert_eq!((&row["approvalState"], &row["commands"]), (&json!("pending-approval"), &json!([])));
}

#[tokio::test]
async fn a_device_that_is_also_an_operator_only_loses_the_node() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let device = identity();
    let page = Knock::cli(&gateway).device(&device).scopes(&["operator.read"]);
    let mut operator = page.enter(&gateway).await;
    let mut knock = offering(Knock::node(&gateway), &COMMANDS);
    knock.identity = Some(device);
    let mut node = knock.enter(&gateway).await;
    owner.ok("node.pair.remove", json!({ "nodeId": knock.device_id() })).await;
    assert_eq!(node.closed().await.0, 4001);
    operator.ok("status", json!({})).await;
    knock.refused(&gateway).await.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
}

#[tokio::test]
async fn nobody_takes_over_another_nodes_id() {
    let mut stage = Stage::new().await;
    let thief = identity();
    let id = stage.id.clone();
    let knock = Knock { identity: Some(thief), ..stage.knock.clone() };
    let refused = knock.refused_with(&stage.gateway, |params| params["device"]["id"] = json!(id)).await;
    assert_eq!(refused.detail(), "DEVICE_AUTH_DEVICE_ID_MISMATCH");
    let mut other = knock.enter(&stage.gateway).await;
    let stats = json!({ "nodeId": stage.id, "id": "x", "ok": true });
    other.err("node.invoke.result", stats).await;
    let (sent, asked) = stage.ask("system.which", json!({})).await;
    answer(&mut stage.node, &asked, json!("mine")).await;
    assert_eq!(stage.owner.answer(&sent).await["payload"]["payload"], "mine");
}

#[tokio::test]
async fn a_phone_with_a_setup_code_is_approved_at_once() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    for (client, platform, commands, state) in [
        ("openclaw-ios", ("iOS 26.1", "iPhone"), vec!["device.info", "camera.snap"], "approved"),
        ("openclaw-android", ("Android 16 (SDK 36)", "Android"), vec!["device.info"], "approved"),
        ("openclaw-ios", ("Android 16", "Android"), vec!["device.info"], "pending-approval"),
        ("openclaw-ios", ("iOS 26.1", "Mac"), vec!["device.info"], "pending-approval"),
        ("openclaw-ios", ("iOS 26.1", "iPhone"), vec!["device.info", "system.run"], "pending-approval"),
        ("somebody-else", ("iOS 26.1", "iPhone"), vec!["device.info"], "pending-approval"),
    ] {
        let code = owner.ok("device.pair.setupCode", json!({})).await["setupCode"].clone();
        let mut knock = offering(Knock::node(&gateway), &commands).client(client, "node");
        knock.platform = (platform.0.into(), platform.1.into());
        let knock = knock.auth(json!({ "bootstrapToken": token(&code) }));
        let _node = knock.enter(&gateway).await;
        let row = owner.ok("node.describe", json!({ "nodeId": knock.device_id() })).await;
        assert_eq!(row["approvalState"], state, "{client} {platform:?} {commands:?}: {row}");
    }
}

fn token(code: &Value) -> String {
    use base64::Engine as _;
    let code = code.as_str().expect("a code");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(code).expect("base64url");
    let json: Value = serde_json::from_slice(&json).expect("json");
    json["bootstrapToken"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn who_may_not_decide_does_not_see_what_waits() {
    let mut stage = Stage::with(Options::default(), &["system.which"]).await;
    let _node = offering(stage.knock.clone(), &["system.which", "system.run"]).enter(&stage.gateway).await;
    let mut reader = Knock::cli(&stage.gateway).scopes(&["operator.read"]).enter(&stage.gateway).await;
    let row = reader.ok("node.describe", json!({ "nodeId": stage.id })).await;
    assert_eq!(
        (&row["pendingRequestId"], &row["pendingDeclaredCommands"]),
        (&Value::Null, &Value::Null),
        "{row}"
    );
    assert_eq!(row["approvalState"], "pending-reapproval");
    assert!(stage.row().await["pendingRequestId"].is_string());
}
