//! Every method against every scope: allowed or refused as it is declared, before params are looked at.

use std::collections::HashSet;

use harness::{Client, Gateway, Knock, Options};
use schemas::methods::{Access, Declaration};
use schemas::{Scope, Scopes};
use serde_json::{Value, json};

/// Refusals that a line survives; the next one closes it.
const SAFE_REFUSALS: usize = 9;

fn sets() -> Vec<Vec<&'static str>> {
    vec![
        vec![],
        vec!["operator.read"],
        vec!["operator.write"],
        vec!["operator.approvals"],
        vec!["operator.questions"],
        vec!["operator.pairing"],
        vec!["operator.talk"],
        vec!["operator.read", "operator.pairing", "operator.approvals"],
        vec!["operator.admin"],
    ]
}

fn refused_for_scope(error: &Value) -> bool {
    error["details"]["code"] == "MISSING_SCOPE"
}

/// Params that no method takes: what is let through fails on them instead of doing something.
fn nonsense() -> Value {
    json!({ "noSuchParam": true })
}

#[tokio::test]
async fn the_declared_methods_are_those_of_the_golden_table() {
    let golden = include_str!("../golden/methods.txt");
    let rows: Vec<Vec<&str>> = golden.lines().map(|line| line.split_whitespace().collect()).collect();
    let declared: Vec<Vec<String>> = schemas::methods::all()
        .iter()
        .map(|method| vec![method.name.into(), method.access.to_string(), method.idempotency.to_string()])
        .collect();
    assert_eq!(rows, declared);
}

#[tokio::test]
async fn operators_may_call_what_their_scopes_grant() {
    let gateway = Gateway::start(Options::default()).await;
    for scopes in sets() {
        let granted = Scopes::parse(&scopes);
        let knock = Knock::cli(&gateway).scopes(&scopes);
        let mut client = knock.enter(&gateway).await;
        let mut refusals = 0;
        for method in schemas::methods::all() {
            if refusals == SAFE_REFUSALS {
                client = knock.enter(&gateway).await;
                refusals = 0;
            }
            let answer = client.call(method.name, nonsense()).await;
            refusals += usize::from(check(&method, granted, answer.err().as_ref()));
        }
    }
}

/// Asserts the answer that is right for `granted`; returns whether it was a refusal.
fn check(method: &Declaration, granted: Scopes, error: Option<&Value>) -> bool {
    let needs = match method.access {
        Access::Anyone => None,
        Access::Operator(scope) => Some(scope),
        Access::Node => {
            let error = error.unwrap_or_else(|| panic!("{}: an operator did it", method.name));
            assert_eq!(error["message"], "unauthorized role: operator", "{}", method.name);
            return true;
        }
    };
    let refused = error.is_some_and(refused_for_scope);
    let allowed = needs.is_none_or(|scope| granted.grants(scope));
    assert_eq!(refused, !allowed, "{} with {:?}: {error:?}", method.name, granted.names());
    let (Some(scope), Some(error), true) = (needs, error, refused) else { return false };
    assert_eq!(error["code"], "FORBIDDEN", "{error}");
    assert_eq!(error["message"], format!("missing scope: {scope}"), "{error}");
    assert_eq!(error["details"]["missingScope"], scope.to_string(), "{error}");
    assert_eq!(error["details"]["requiredScopes"], json!([scope.to_string()]), "{error}");
    true
}

#[tokio::test]
async fn nodes_may_call_no_operator_method() {
    let gateway = Gateway::start(Options::default()).await;
    let knock = Knock::node(&gateway);
    let mut node = knock.enter(&gateway).await;
    let mut refusals = 0;
    for method in schemas::methods::all() {
        if refusals == SAFE_REFUSALS {
            node = knock.enter(&gateway).await;
            refusals = 0;
        }
        let answer = node.call(method.name, nonsense()).await;
        if method.access == Access::Anyone {
            assert!(answer.is_ok(), "{}: {answer:?}", method.name);
            continue;
        }
        if method.access == Access::Node {
            let refused = answer.is_err_and(|error| error["message"] == "unauthorized role: node");
            assert!(!refused, "{}: nodes may call it", method.name);
            continue;
        }
        let error = answer.expect_err(method.name);
        assert_eq!(error["code"], "INVALID_REQUEST", "{}: {error}", method.name);
        assert_eq!(error["message"], "unauthorized role: node", "{}", method.name);
        refusals += 1;
    }
}

#[tokio::test]
async fn scopes_that_a_node_asks_for_are_not_given() {
    let gateway = Gateway::start(Options::default()).await;
    let node = Knock::node(&gateway).scopes(&["operator.admin"]).enter(&gateway).await;
    assert_eq!(node.hello["auth"]["scopes"], json!([]));
}

async fn refused_until_closed(client: &mut Client, method: &str) -> usize {
    let mut refused = 0;
    for _ in 0..100 {
        let id = client.send(method, json!({})).await;
        match client.try_answer(&id).await {
            Ok(frame) => assert_eq!(frame["ok"], false, "{frame}"),
            Err(close) => {
                assert_eq!(close, (1008, "repeated unauthorized calls".to_owned()));
                return refused;
            }
        }
        refused += 1;
    }
    panic!("still open after {refused} refusals");
}

#[tokio::test]
async fn ten_refusals_close_the_line() {
    let gateway = Gateway::start(Options::default()).await;
    let mut node = Knock::node(&gateway).enter(&gateway).await;
    assert_eq!(refused_until_closed(&mut node, "chat.send").await, 10);
    let mut reader = Knock::cli(&gateway).scopes(&["operator.read"]).enter(&gateway).await;
    assert_eq!(refused_until_closed(&mut reader, "config.set").await, 10);
}

#[tokio::test]
async fn a_hundred_refused_calls_in_one_go_leave_few_lines_in_the_log() {
    let gateway = Gateway::start(Options::default()).await;
    let mut reader = Knock::cli(&gateway).scopes(&["operator.read"]).enter(&gateway).await;
    for _ in 0..100 {
        reader.send("config.set", json!({})).await;
    }
    assert_eq!(reader.closed().await.0, 1008);
    let lines = gateway.stderr().lines().filter(|line| line.contains("config.set")).count();
    assert!(lines <= 20, "{lines} lines");
}

#[tokio::test]
async fn reset_commands_and_deep_changes_need_admin() {
    let gateway = Gateway::start(Options::default()).await;
    let mut writer = Knock::cli(&gateway).scopes(&["operator.write"]).enter(&gateway).await;
    let session = "agent:main:dynamic";
    writer.ok("sessions.create", json!({ "key": session })).await;
    for command in ["/reset", "/new"] {
        let params = json!({ "message": command, "sessionKey": session, "idempotencyKey": command });
        let error = writer.err("agent", params).await;
        assert!(refused_for_scope(&error), "{command}: {error}");
        assert_eq!(error["details"]["missingScope"], Scope::Admin.to_string());
    }
    writer.ok("sessions.patch", json!({ "key": session, "label": "mine", "pinned": true })).await;
    let error = writer.err("sessions.patch", json!({ "key": session, "sendPolicy": "deny" })).await;
    assert!(refused_for_scope(&error), "{error}");
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    owner.ok("sessions.patch", json!({ "key": session, "sendPolicy": "deny" })).await;
}

#[tokio::test]
async fn every_declared_method_is_served() {
    let gateway = Gateway::start(Options::default()).await;
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let served: HashSet<String> =
        serde_json::from_value(owner.hello["features"]["methods"].clone()).expect("names");
    for method in schemas::methods::all() {
        assert!(served.contains(method.name), "{} is not advertised", method.name);
        // Nodes' own methods refuse an operator, and refusals are counted.
        if method.access == Access::Node {
            continue;
        }
        if let Err(error) = owner.call(method.name, nonsense()).await {
            let message = error["message"].as_str().unwrap_or("");
            assert!(!message.contains("unknown method"), "{}: {error}", method.name);
            assert_ne!(error["code"], "INTERNAL_ERROR", "{}: {error}", method.name);
        }
    }
}
