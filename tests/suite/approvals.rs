//! Requests for permission over the wire: asked, answered, expired, forgotten by a dead gateway; and the policy that
//! makes asking needless.

use harness::{Client, Gateway, Knock, Options};
use serde_json::{Value, json};

const ASK: &str = "exec.approval.request";

async fn operator(gateway: &Gateway, scopes: &[&str]) -> Client {
    Knock::cli(gateway).scopes(scopes).enter(gateway).await
}

async fn approver(gateway: &Gateway) -> Client {
    operator(gateway, &["operator.approvals"]).await
}

fn reason(error: &Value) -> &str {
    assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
    error["details"]["reason"].as_str().unwrap_or_default()
}

/// Asks in two phases; returns the request's id on the wire and the answer to it.
async fn ask(client: &mut Client, params: Value) -> (String, Value) {
    let mut params = params;
    params["twoPhase"] = json!(true);
    let wire = client.send(ASK, params).await;
    let accepted = client.answer(&wire).await["payload"].clone();
    assert_eq!(accepted["status"], "accepted", "{accepted}");
    (wire, accepted)
}

async fn requested(client: &mut Client, id: &str) -> Value {
    let wanted = |event: &Value| event["event"] == "exec.approval.requested" && event["payload"]["id"] == id;
    client.event("a request", wanted).await["payload"].clone()
}

#[tokio::test]
async fn what_is_asked_in_two_phases_is_shown_answered_and_told_under_the_same_id() {
    let gateway = Gateway::start(Options::default()).await;
    let (mut asker, mut judge) = (approver(&gateway).await, approver(&gateway).await);
    let mut reader = operator(&gateway, &["operator.read", "operator.write"]).await;
    let argv = ["git", "commit", "-m", "it's done"];
    let params = json!({ "id": "mine", "command": "something harmless", "commandArgv": argv, "cwd": "/work",
        "agentId": "main", "sessionKey": "agent:main:main", "resolvedPath": "/usr/bin/git" });
    let (wire, accepted) = ask(&mut asker, params.clone()).await;
    assert_eq!((&accepted["id"], &accepted["deliveryRoute"]), (&json!("mine"), &json!("approval-client")));
    let shown = requested(&mut judge, "mine").await;
    assert_eq!(
        shown["request"]["command"], "git commit -m 'it'\\''s done'",
        "what would be run, not what is said"
    );
    assert_eq!(shown["request"]["allowedDecisions"], json!(["allow-once", "allow-always", "deny"]));
    assert_eq!(shown["expiresAtMs"], accepted["expiresAtMs"]);
    let list = judge.ok("exec.approval.list", json!({})).await;
    assert_eq!(list, json!([shown]));
    let detail = judge.ok("exec.approval.get", json!({ "id": "mine" })).await;
    assert_eq!((&detail["commandText"], &detail["host"]), (&shown["request"]["command"], &json!("gateway")));
    let taken = asker.err(ASK, params).await;
    assert_eq!(reason(&taken), "APPROVAL_ID_TAKEN");
    let waiting = judge.send("exec.approval.waitDecision", json!({ "id": "mine" })).await;
    let yes = json!({ "id": "mine", "decision": "allow-once" });
    assert_eq!(judge.ok("exec.approval.resolve", yes.clone()).await, json!({ "ok": true }));
    let decided = asker.answer(&wire).await["payload"].clone();
    assert_eq!((&decided["id"], &decided["decision"]), (&json!("mine"), &json!("allow-once")));
    assert_eq!(judge.answer(&waiting).await["payload"], decided, "who waits hears the same");
    assert_eq!(judge.ok("exec.approval.waitDecision", json!({ "id": "mine" })).await, decided);
    let resolved = judge.event("the answer", |event| event["event"] == "exec.approval.resolved").await;
    assert_eq!(resolved["payload"]["decision"], "allow-once");
    assert_eq!(resolved["payload"]["resolvedBy"], "token");
    assert_eq!(reason(&asker.err("exec.approval.resolve", yes).await), "APPROVAL_ALREADY_RESOLVED");
    reader.ok("status", json!({})).await;
    let seen = reader.events.iter().filter(|event| event["event"].as_str().unwrap().contains("approval"));
    assert_eq!(seen.count(), 0, "only approvers see requests");
}

#[tokio::test]
async fn without_anybody_who_could_answer_there_is_no_decision_and_no_waiting() {
    let gateway = Gateway::start(Options::default()).await;
    let mut asker = approver(&gateway).await;
    let _reader = operator(&gateway, &["operator.read"]).await;
    let decided = asker.ok(ASK, json!({ "command": "ls", "twoPhase": true })).await;
    assert_eq!((&decided["decision"], &decided["status"]), (&Value::Null, &Value::Null), "{decided}");
    assert!(decided.as_object().unwrap().contains_key("decision"));
    let past = asker.ok("approval.get", json!({ "id": decided["id"] })).await["approval"].clone();
    assert_eq!((&past["status"], &past["reason"]), (&json!("denied"), &json!("no-route")));
    let patient = json!({ "command": "ls", "requireDeliveryRoute": false });
    let (wire, accepted) = ask(&mut asker, patient).await;
    assert_eq!(accepted["deliveryRoute"], "none");
    let mut late = approver(&gateway).await;
    late.ok("exec.approval.resolve", json!({ "id": accepted["id"], "decision": "deny" })).await;
    assert_eq!(asker.answer(&wire).await["payload"]["decision"], "deny");
}

#[tokio::test]
async fn time_that_is_over_is_a_no_and_what_is_unknown_is_told_apart() {
    let gateway = Gateway::start(Options::default()).await;
    let (mut asker, mut judge) = (approver(&gateway).await, approver(&gateway).await);
    let (wire, accepted) = ask(&mut asker, json!({ "command": "ls", "timeoutMs": 50 })).await;
    let decided = asker.answer(&wire).await["payload"].clone();
    assert_eq!((&decided["decision"], &decided["terminalReason"]), (&Value::Null, &json!("timeout")));
    let ended = judge.event("the end", |event| event["event"] == "exec.approval.resolved").await;
    assert_eq!(
        (&ended["payload"]["decision"], &ended["payload"]["resolvedBy"]),
        (&json!("deny"), &Value::Null)
    );
    let late = json!({ "id": accepted["id"], "decision": "allow-once" });
    assert_eq!(reason(&judge.err("exec.approval.resolve", late).await), "APPROVAL_ALREADY_RESOLVED");
    let past = judge.ok("approval.get", json!({ "id": accepted["id"] })).await["approval"].clone();
    assert_eq!((&past["status"], &past["reason"]), (&json!("expired"), &json!("timeout")));
    for method in ["exec.approval.get", "exec.approval.waitDecision", "approval.get"] {
        assert_eq!(
            reason(&judge.err(method, json!({ "id": "nothing" })).await),
            "APPROVAL_NOT_FOUND",
            "{method}"
        );
    }
    let nothing = json!({ "id": "nothing", "decision": "deny" });
    assert_eq!(reason(&judge.err("exec.approval.resolve", nothing).await), "APPROVAL_NOT_FOUND");
}

#[tokio::test]
async fn what_was_open_when_the_gateway_died_is_denied_and_in_the_history() {
    let mut gateway = Gateway::start(Options::default()).await;
    let (mut asker, mut judge) = (approver(&gateway).await, approver(&gateway).await);
    let (_, answered) = ask(&mut asker, json!({ "command": "first" })).await;
    judge.ok("approval.resolve", json!({ "id": answered["id"], "kind": "exec", "decision": "deny" })).await;
    let (_, open) = ask(&mut asker, json!({ "command": "second", "agentId": "main" })).await;
    gateway.kill9();
    gateway.restart().await;
    let mut judge = approver(&gateway).await;
    assert_eq!(judge.ok("exec.approval.list", json!({})).await, json!([]));
    let page = judge.ok("approval.history", json!({ "limit": 1 })).await;
    let latest = &page["items"][0];
    assert_eq!(latest["id"], open["id"]);
    assert_eq!((&latest["status"], &latest["reason"]), (&json!("cancelled"), &json!("gateway-restart")));
    assert_eq!(latest["presentation"]["commandText"], "second");
    let next = judge.ok("approval.history", json!({ "cursor": page["nextCursor"] })).await;
    assert_eq!((&next["items"][0]["id"], &next["items"][0]["decision"]), (&answered["id"], &json!("deny")));
    let decided = judge.ok("exec.approval.waitDecision", json!({ "id": open["id"] })).await;
    assert_eq!((&decided["decision"], &decided["terminalReason"]), (&Value::Null, &json!("gateway-restart")));
    let late = json!({ "id": open["id"], "kind": "exec", "decision": "allow-once" });
    let late = judge.ok("approval.resolve", late).await;
    assert_eq!((&late["applied"], &late["approval"]["status"]), (&json!(false), &json!("cancelled")));
}

#[tokio::test]
async fn an_asker_who_goes_away_finds_the_answer_later() {
    let gateway = Gateway::start(Options::default()).await;
    let mut judge = approver(&gateway).await;
    let mut asker = approver(&gateway).await;
    let (_, accepted) = ask(&mut asker, json!({ "command": "ls" })).await;
    drop(asker);
    judge.ok("exec.approval.resolve", json!({ "id": accepted["id"], "decision": "allow-once" })).await;
    let decided =
        approver(&gateway).await.ok("exec.approval.waitDecision", json!({ "id": accepted["id"] })).await;
    assert_eq!(decided["decision"], "allow-once");
}

#[tokio::test]
async fn what_cannot_be_remembered_is_not_offered() {
    let gateway = Gateway::start(Options::default()).await;
    let (mut asker, mut judge) = (approver(&gateway).await, approver(&gateway).await);
    let whole = json!({ "commandArgv": ["ls"], "agentId": "main", "resolvedPath": "/usr/bin/ls" });
    let changes = [
        (json!({}), true),
        (json!({ "ask": "always" }), false),
        (json!({ "unavailableDecisions": ["allow-always"] }), false),
        (json!({ "resolvedPath": "/usr/bin/python3.12" }), false),
        (json!({ "commandArgv": ["bash", "-c", "ls"] }), false),
        (json!({ "env": { "LD_PRELOAD": "/tmp/x.so" } }), false),
        (json!({ "agentId": null }), false),
    ];
    for (change, offered) in changes {
        let mut params = whole.clone();
        for (name, value) in change.as_object().unwrap() {
            params[name] = value.clone();
        }
        let (_, accepted) = ask(&mut asker, params).await;
        let id = accepted["id"].as_str().unwrap();
        let shown = requested(&mut judge, id).await;
        let decisions = shown["request"]["allowedDecisions"].as_array().unwrap().clone();
        assert_eq!(decisions.contains(&json!("allow-always")), offered, "{change}");
        assert!(decisions.contains(&json!("deny")));
        let always = json!({ "id": id, "decision": "allow-always" });
        if offered {
            judge.ok("exec.approval.resolve", always).await;
        } else {
            let error = judge.err("exec.approval.resolve", always).await;
            assert_eq!(reason(&error), "APPROVAL_DECISION_NOT_OFFERED");
        }
    }
    let node = [
        ("nodeId is required", json!({ "host": "node" })),
        ("systemRunPlan is required", json!({ "host": "node", "nodeId": "n1" })),
    ];
    for (text, mut params) in node {
        params["command"] = json!("ls");
        let error = asker.err(ASK, params).await;
        assert!(error["message"].as_str().unwrap().contains(text), "{error}");
    }
    assert!(
        asker.err(ASK, json!({ "command": "  " })).await["message"]
            .as_str()
            .unwrap()
            .contains("command is required")
    );
}

#[tokio::test]
async fn only_administrators_see_and_change_the_policy_and_nobody_overwrites_what_he_did_not_see() {
    let gateway = Gateway::start(Options::default()).await;
    let mut judge = approver(&gateway).await;
    for method in ["exec.approvals.get", "exec.approvals.set"] {
        assert_eq!(judge.err(method, json!({ "file": { "version": 1 } })).await["code"], "FORBIDDEN");
    }
    let mut reader = operator(&gateway, &["operator.read", "operator.write"]).await;
    for method in [ASK, "exec.approval.list", "approval.history", "approval.get"] {
        assert_eq!(
            reader.err(method, json!({ "id": "x", "command": "ls" })).await["code"],
            "FORBIDDEN",
            "{method}"
        );
    }
    let mut admin = operator(&gateway, &["operator.admin"]).await;
    let empty = admin.ok("exec.approvals.get", json!({})).await;
    let start =
        json!({ "security": "allowlist", "ask": "on-miss", "askFallback": "deny", "autoAllowSkills": false });
    assert_eq!((&empty["exists"], &empty["resolvedDefaults"]), (&json!(false), &start));
    let file = json!({ "version": 1, "socket": { "path": "/x", "token": "secret" }, "defaults": { "security": "deny" },
        "agents": { "main": { "allowlist": [{ "pattern": "/usr/bin/git", "argPattern": "status" }] } } });
    let set = admin.ok("exec.approvals.set", json!({ "file": file, "baseHash": empty["hash"] })).await;
    assert_eq!(
        (&set["resolvedDefaults"]["security"], &set["file"]["socket"]),
        (&json!("deny"), &Value::Null)
    );
    assert_eq!(admin.ok("exec.approvals.get", json!({})).await, set);
    for base in [json!(null), empty["hash"].clone()] {
        let mut params = json!({ "file": { "version": 1 } });
        if base != Value::Null {
            params["baseHash"] = base;
        }
        let error = admin.err("exec.approvals.set", params).await;
        assert!(
            error["message"].as_str().unwrap().contains("re-run exec.approvals.get and retry"),
            "{error}"
        );
    }
    for wrong in [
        json!({ "version": 2 }),
        json!({ "version": 1, "defaults": { "security": "anything" } }),
        json!({ "version": 1, "agents": { "main": { "allowlist": [{ "pattern": "git" }] } } }),
    ] {
        admin.err("exec.approvals.set", json!({ "file": wrong, "baseHash": set["hash"] })).await;
    }
    let path = std::path::Path::new(set["path"].as_str().unwrap());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions());
    assert_eq!((mode & 0o777, path.parent()), (0o600, Some(gateway.state_dir())));
}

#[tokio::test]
async fn the_command_line_lists_answers_and_remembers() {
    let gateway = Gateway::start(Options::default()).await;
    let (mut asker, _judge) = (approver(&gateway).await, approver(&gateway).await);
    let none = gateway.cli(&["approvals", "approve", "--yes"]).await;
    assert_eq!(none.code, 1, "{}", none.stderr);
    let params =
        json!({ "command": "ls", "commandArgv": ["ls"], "agentId": "main", "resolvedPath": "/usr/bin/ls" });
    let (wire, accepted) = ask(&mut asker, params).await;
    let id = accepted["id"].as_str().unwrap();
    let list = gateway.cli(&["--json", "approvals", "list"]).await.ok().json();
    assert_eq!(list[0]["id"], id);
    let text = gateway.cli(&["approvals", "list"]).await.ok().stdout.clone();
    assert!(text.contains(&id[..12]) && text.contains("ls"), "{text}");
    let wrong = gateway.cli(&["approvals", "deny", "zzz"]).await;
    assert_eq!((wrong.code, wrong.stderr.contains("approvals history")), (1, true), "{}", wrong.stderr);
    gateway.cli(&["approvals", "approve", &id[..6], "--always"]).await.ok();
    assert_eq!(asker.answer(&wire).await["payload"]["decision"], "allow-always");
    let again = gateway.cli(&["approvals", "deny", id]).await;
    assert_eq!(again.code, 1);
    let history = gateway.cli(&["--json", "approvals", "history"]).await.ok().json();
    assert_eq!(history["items"][0]["id"], id);
    assert!(gateway.cli(&["approvals", "show", id]).await.ok().stdout.contains("allowed always"));
    let policy = gateway.cli(&["--json", "approvals", "policy"]).await.ok().json();
    let entry = &policy["file"]["agents"]["main"]["allowlist"][0];
    assert_eq!((&entry["pattern"], &entry["source"]), (&json!("/usr/bin/ls"), &json!("allow-always")));
    assert!(gateway.cli(&["approvals", "policy"]).await.ok().stdout.contains("exactly: ls"));
    gateway.cli(&["approvals", "policy", "forget", &entry["id"].as_str().unwrap()[..8]]).await.ok();
    gateway.cli(&["approvals", "policy", "allow", "/usr/bin/git", "--args", "status"]).await.ok();
    let bad = gateway.cli(&["approvals", "policy", "allow", "git"]).await;
    assert_eq!((bad.code, bad.stderr.contains("absolute path")), (1, true), "{}", bad.stderr);
    let set = gateway
        .cli(&["--json", "approvals", "policy", "set", "--security", "full", "--ask", "off"])
        .await
        .ok()
        .json();
    assert_eq!(set["resolvedDefaults"]["security"], "full");
    let lists: Vec<_> = set["file"]["agents"].as_object().unwrap().keys().collect();
    assert_eq!(lists, ["*", "main"]);
    assert_eq!(gateway.cli(&["approvals", "policy", "set", "--security", "some"]).await.code, 2);
}
