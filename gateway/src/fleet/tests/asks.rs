//! What agents must ask for, and what nobody can claim.

use schemas::Scope;
use schemas::methods::approvals::ApprovalDecision;
use schemas::methods::nodes::NodeExecParams;

use super::*;

const SESSION: &str = "agent:main:main";

/// Somebody who may answer.
fn approver(yard: &Yard) -> crate::hub::Membership {
    let member = Member::new("approver".into(), Principal::gateway(), false);
    assert!(member.principal.has(Scope::Approvals));
    yard.hub.join(Arc::new(member))
}

/// Waits for the only request and answers it.
async fn answer(yard: &Yard, decision: ApprovalDecision) -> schemas::methods::approvals::ApprovalEntry {
    loop {
        if let Some(entry) = yard.approvals.list(DEFAULT_ORG).first() {
            let owner = Principal::gateway();
            yard.approvals.resolve(DEFAULT_ORG, &entry.id, decision, owner.actor).await.expect("answered");
            return entry.clone();
        }
        tokio::task::yield_now().await;
    }
}

fn command(argv: &[&str]) -> NodeExecParams {
    NodeExecParams {
        node_id: "n1".into(),
        command: argv.iter().map(|&word| word.to_owned()).collect(),
        cwd: Some("/work".into()),
        env: BTreeMap::new(),
        timeout_ms: None,
        idempotency_key: uuid::Uuid::new_v4().to_string(),
        session_key: None,
        progress: None,
    }
}

/// Plans as a node does.
fn plan(asked: &Value) -> Value {
    let params: Value = serde_json::from_str(asked["paramsJSON"].as_str().expect("text")).expect("json");
    json!({ "plan": {
        "planId": "p1", "argv": params["command"], "cwd": params["cwd"], "commandText": "as it is shown",
        "agentId": params.get("agentId"), "sessionKey": params.get("sessionKey"),
        "program": { "real": "/usr/bin/ls" },
    } })
}

#[tokio::test]
async fn an_agents_program_runs_after_a_yes_and_only_as_planned() {
    let yard = Yard::new();
    let node = yard.node("n1", &["system.run", "system.run.prepare"]).await;
    let _approver = approver(&yard);
    let who = agent(SESSION);
    let exec = yard.fleet.exec(&who, command(&["ls", "-l"]), None);
    let play = async {
        let prepare = node.asked().await;
        assert_eq!(prepare["command"], "system.run.prepare");
        node.says(&yard.fleet, &prepare, plan(&prepare));
        let shown = answer(&yard, ApprovalDecision::AllowOnce).await;
        assert_eq!(shown.request.command, "ls -l");
        assert_eq!(shown.request.node_id.as_deref(), Some("n1"));
        assert_eq!(shown.request.session_key.as_deref(), Some(SESSION));
        let run = node.asked().await;
        assert_eq!(run["command"], "system.run");
        let params: Value = serde_json::from_str(run["paramsJSON"].as_str().expect("text")).expect("json");
        assert_eq!((&params["approved"], &params["approvalDecision"]), (&json!(true), &json!("allow-once")));
        assert_eq!(params["systemRunPlan"]["planId"], "p1", "the plan goes back as the node gave it");
        assert_eq!(params["runId"], shown.id);
        node.says(&yard.fleet, &run, json!({ "exitCode": 0, "success": true, "stdout": "a\n" }));
        shown.id
    };
    let (done, approval) = tokio::join!(exec, play);
    let done = done.expect("it ran");
    assert_eq!((done.exit_code, done.success, done.stdout.as_str()), (Some(0), true, "a\n"));
    assert_eq!(done.approval_id, Some(approval));
}

#[tokio::test]
async fn a_no_reaches_no_node() {
    let yard = Yard::new();
    let node = yard.node("n1", &["system.run", "system.run.prepare"]).await;
    let _approver = approver(&yard);
    let who = agent(SESSION);
    let exec = yard.fleet.exec(&who, command(&["rm", "-r", "/"]), None);
    let play = async {
        let prepare = node.asked().await;
        node.says(&yard.fleet, &prepare, plan(&prepare));
        answer(&yard, ApprovalDecision::Deny).await;
    };
    let (done, ()) = tokio::join!(exec, play);
    let error = done.expect_err("denied");
    let details = error.details.expect("details");
    assert_eq!(
        (&details["code"], &details["reason"]),
        (&json!("EXEC_NOT_APPROVED"), &json!("APPROVAL_DENIED"))
    );
    assert!(node.member.outbox.take().is_none(), "nothing more was asked");
}

#[tokio::test]
async fn a_plan_for_somebody_else_is_not_shown_to_anybody() {
    let yard = Yard::new();
    let node = yard.node("n1", &["system.run", "system.run.prepare"]).await;
    let _approver = approver(&yard);
    let who = agent(SESSION);
    for (field, value) in [
        ("agentId", json!("other")),
        ("sessionKey", json!("agent:main:other")),
        ("argv", json!([])),
        ("argv", json!("ls")),
    ] {
        let exec = yard.fleet.exec(&who, command(&["ls"]), None);
        let play = async {
            let prepare = node.asked().await;
            let mut forged = plan(&prepare);
            forged["plan"][field] = value.clone();
            node.says(&yard.fleet, &prepare, forged);
        };
        let (done, ()) = tokio::join!(exec, play);
        let error = done.expect_err("no plan");
        assert_eq!(error.details.expect("details")["code"], "EXEC_PLAN_INVALID", "{field} {value}");
        assert!(yard.approvals.list(DEFAULT_ORG).is_empty());
    }
}

#[tokio::test]
async fn an_agent_acts_for_its_own_conversation_only() {
    let yard = Yard::new();
    let _node = yard.node("n1", &["system.run", "system.run.prepare"]).await;
    let params = NodeExecParams { session_key: Some("agent:main:other".into()), ..command(&["ls"]) };
    let error = yard.fleet.exec(&agent(SESSION), params, None).await.expect_err("not its own");
    assert!(error.message.contains("/sessionKey"), "{error}");
}

#[tokio::test]
async fn agents_cannot_run_programs_past_the_plan() {
    let yard = Yard::new();
    let node = yard.node("n1", &["system.run", "system.run.prepare"]).await;
    let who = agent(SESSION);
    let plan = yard.fleet.invoke(&who, call("n1", "system.run.prepare", json!({})));
    let error = plan.await.expect_err("refused");
    assert_eq!(error.details.expect("details")["missingScope"], "operator.admin");
    let claims = json!({ "command": ["ls"], "approved": true, "approvalDecision": "allow-once" });
    tokio::select! {
        asked = node.asked() => assert_eq!(asked["command"], "system.run.prepare", "it is planned, and then asked about"),
        ran = yard.fleet.invoke(&who, call("n1", "system.run", claims)) => panic!("nobody allowed it: {ran:?}"),
    }
}

#[tokio::test]
async fn agents_ask_before_dangerous_commands_and_owners_do_not() {
    let yard = Yard::new();
    let node = yard.node("n1", &["camera.snap", "system.notify"]).await;
    let _approver = approver(&yard);
    let who = agent(SESSION);
    for (decision, allowed) in [(ApprovalDecision::Deny, false), (ApprovalDecision::AllowOnce, true)] {
        let snap = yard.fleet.invoke(&who, call("n1", "camera.snap", json!({ "facing": "front" })));
        let play = async {
            let shown = answer(&yard, decision).await;
            assert_eq!(shown.request.tool_name.as_deref(), Some("camera.snap"));
            assert_eq!(shown.request.tool_input, Some(json!({ "facing": "front" })));
            assert!(!shown.request.allowed_decisions.contains(&ApprovalDecision::AllowAlways));
            if allowed {
                let asked = node.asked().await;
                node.says(&yard.fleet, &asked, json!({}));
            }
        };
        let (done, ()) = tokio::join!(snap, play);
        assert_eq!(done.is_ok(), allowed, "{decision}");
    }
    for (who, name) in [(&who, "system.notify"), (&Principal::gateway(), "camera.snap")] {
        let free = yard.fleet.invoke(who, call("n1", name, json!({})));
        let play = async {
            let asked = node.asked().await;
            assert!(yard.approvals.list(DEFAULT_ORG).is_empty());
            node.says(&yard.fleet, &asked, json!({}));
        };
        let (done, ()) = tokio::join!(free, play);
        done.expect("not asked");
    }
}

#[tokio::test]
async fn what_cannot_be_called_is_not_asked_about() {
    let yard = Yard::new();
    let _node = yard.node("n1", &["system.notify"]).await;
    let error =
        yard.fleet.invoke(&agent(SESSION), call("n1", "camera.snap", json!({}))).await.expect_err("refused");
    assert_eq!(error.details.expect("details")["reason"], "command not declared by node");
    assert!(yard.approvals.list(DEFAULT_ORG).is_empty());
}

#[tokio::test]
async fn a_claimed_approval_is_taken_out_and_a_named_one_must_fit() {
    let yard = Yard::new();
    let node = yard.node("n1", &["system.run"]).await;
    let owner = Principal::gateway();
    let claimed = json!({ "command": ["ls"], "approved": true, "approvalDecision": "allow-always" });
    let run = yard.fleet.invoke(&owner, call("n1", "system.run", claimed));
    let play = async {
        let asked = node.asked().await;
        assert_eq!(asked["paramsJSON"], r#"{"command":["ls"]}"#, "the node is not told of an approval");
        node.says(&yard.fleet, &asked, json!({}));
    };
    let (done, ()) = tokio::join!(run, play);
    done.expect("the node decides by its own policy");
    for id in ["approvalId", "runId"] {
        let named = json!({
            "command": ["ls"], "approved": true, id: "never-asked",
            "systemRunPlan": { "argv": ["ls"], "cwd": null, "commandText": "ls", "agentId": null, "sessionKey": null },
        });
        let error =
            yard.fleet.invoke(&owner, call("n1", "system.run", named)).await.expect_err("no such approval");
        assert_eq!(error.details.expect("details")["reason"], "APPROVAL_NOT_FOUND", "{id}");
    }
    let other = json!({ "command": ["rm"], "approved": true, "runId": "x", "systemRunPlan": { "argv": ["ls"], "commandText": "ls" } });
    let error =
        yard.fleet.invoke(&owner, call("n1", "system.run", other)).await.expect_err("another command");
    assert_eq!(error.details.expect("details")["reason"], "APPROVAL_MISMATCH");
}

#[tokio::test]
async fn an_approval_is_used_once_and_for_its_plan_only() {
    let yard = Yard::new();
    let node = yard.node("n1", &["system.run"]).await;
    let _approver = approver(&yard);
    let owner = Principal::gateway();
    let plan =
        json!({ "argv": ["ls"], "cwd": "/work", "commandText": "ls", "agentId": null, "sessionKey": null });
    let parsed = serde_json::from_value(plan.clone()).expect("a plan");
    let ask = crate::approvals::Ask {
        org: DEFAULT_ORG.into(),
        request: schemas::methods::approvals::ApprovalRequest {
            command: "ls".into(),
            host: "node".into(),
            allowed_decisions: vec![ApprovalDecision::AllowOnce],
            ..Default::default()
        },
        by: "test".into(),
        life: crate::approvals::DEFAULT_LIFE,
        binding: Some(crate::approvals::binding("n1", &parsed, &BTreeMap::new())),
        id: Some("a1".into()),
    };
    let pending = yard.approvals.open(ask).await.expect("open");
    answer(&yard, ApprovalDecision::AllowOnce).await;
    pending.decided().await;
    let params = |plan: &Value| json!({ "command": plan["argv"], "systemRunPlan": plan, "approved": true, "runId": "a1" });
    let mut changed = plan.clone();
    changed["cwd"] = json!("/");
    let error =
        yard.fleet.invoke(&owner, call("n1", "system.run", params(&changed))).await.expect_err("changed");
    assert_eq!(error.details.expect("details")["reason"], "APPROVAL_MISMATCH");
    let mut with_env = params(&plan);
    with_env["env"] = json!({ "LD_PRELOAD": "x" });
    let error = yard.fleet.invoke(&owner, call("n1", "system.run", with_env)).await.expect_err("changed");
    assert_eq!(error.details.expect("details")["reason"], "APPROVAL_MISMATCH");
    let run = yard.fleet.invoke(&owner, call("n1", "system.run", params(&plan)));
    let answering = async {
        let asked = node.asked().await;
        let sent: Value = serde_json::from_str(asked["paramsJSON"].as_str().expect("text")).expect("json");
        assert_eq!((&sent["approved"], &sent["approvalDecision"]), (&json!(true), &json!("allow-once")));
        node.says(&yard.fleet, &asked, json!({}));
    };
    let (done, ()) = tokio::join!(run, answering);
    done.expect("it fits");
    let error = yard.fleet.invoke(&owner, call("n1", "system.run", params(&plan))).await.expect_err("twice");
    assert_eq!(error.details.expect("details")["reason"], "APPROVAL_SPENT");
}
