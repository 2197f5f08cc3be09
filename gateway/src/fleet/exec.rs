//! Running a program on a node: planned by the node, allowed by the policy or by somebody, run as it was planned.
//!
//! What is allowed is the node's frozen plan. Its digest is what an approval is bound to; the node compares again
//! before it runs it. Nobody can claim an approval: what a caller says of one is taken out, unless it names a request
//! that was answered and is about just this.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemas::Scope;
use schemas::error::{DetailCode, ErrorCode, WireError};
use schemas::methods::approvals::{ApprovalDecision, ApprovalRequest, SystemRunPlan};
use schemas::methods::nodes::{NodeExecOutput, NodeExecParams};
use schemas::session::SessionKey;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::list::name;
use super::{Answered, Fleet, Invocation, Watch};
use crate::approvals::{
    ApprovalError, Ask, DEFAULT_LIFE, ExecCase, Judgement, NotPermitted, Permit, binding,
};
use crate::security::Principal;

/// A plan, as the node gave it and as it was understood.
struct Planned {
    raw: Value,
    plan: SystemRunPlan,
    program: PathBuf,
}

impl Fleet {
    /// Runs a program on a node.
    pub async fn exec(
        &self,
        who: &Principal,
        params: NodeExecParams,
        watch: Option<Watch>,
    ) -> Result<NodeExecOutput, WireError> {
        let session = own_session(who, params.session_key.clone())?;
        let whole = Invocation {
            node_id: params.node_id.clone(),
            command: "node.exec".into(),
            params: serde_json::to_value(&params).unwrap_or_default(),
            idempotency_key: Some(params.idempotency_key.clone()),
            ..Invocation::default()
        };
        let work = self.plan_and_run(who, &params, session, watch);
        let answered = self.repeats.once(who, &whole, work).await?;
        serde_json::from_value(answered.payload).map_err(|_| invalid_plan("its answer cannot be read"))
    }

    pub(super) async fn plan_and_run(
        &self,
        who: &Principal,
        params: &NodeExecParams,
        session: Option<String>,
        watch: Option<Watch>,
    ) -> Result<Answered, WireError> {
        let agent = session.as_deref().and_then(|key| SessionKey::parse(key, None).ok());
        let agent = agent.map(|key| key.agent().to_owned());
        let planned = self.plan(who, params, (session.as_deref(), agent.as_deref())).await?;
        let permit = self.permit(who, params, &planned).await?;
        let run_id = permit.approval.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
        let entry = self.entry(
            who,
            "node.exec",
            &params.node_id,
            super::refusal::short(&planned.plan.command_text, 500),
        );
        self.store.write(move |db| crate::store::append_audit(db, &entry)).await?;
        let time = Duration::from_millis(params.timeout_ms.unwrap_or(EXEC_TIME));
        let mut run = Map::from_iter([
            ("command".to_owned(), json!(planned.plan.argv)),
            ("rawCommand".to_owned(), json!(planned.plan.command_text)),
            ("systemRunPlan".to_owned(), planned.raw),
            ("timeoutMs".to_owned(), json!(u64::try_from(time.as_millis()).unwrap_or(EXEC_TIME))),
            ("runId".to_owned(), json!(run_id)),
            ("approved".to_owned(), json!(true)),
            // Whoever asked is told by the answer.
            ("suppressNotifyOnExit".to_owned(), json!(true)),
            ("approvalDecision".to_owned(), json!(permit.decision)),
        ]);
        let plan = &planned.plan;
        for (name, value) in
            [("cwd", &plan.cwd), ("agentId", &plan.agent_id), ("sessionKey", &plan.session_key)]
        {
            if let Some(value) = value {
                run.insert(name.to_owned(), json!(value));
            }
        }
        if !params.env.is_empty() {
            run.insert("env".to_owned(), json!(params.env));
        }
        let call = Invocation {
            node_id: params.node_id.clone(),
            command: "system.run".into(),
            params: Value::Object(run),
            timeout: Some(time + EXEC_MARGIN),
            idempotency_key: Some(params.idempotency_key.clone()),
            session_key: session,
        };
        let answered = self.run(who, &call, watch).await?;
        let output = output(params, run_id, permit.approval, answered.payload);
        let payload = serde_json::to_value(&output).unwrap_or_default();
        Ok(Answered { payload_json: payload.to_string(), payload })
    }

    /// Has the node plan it.
    async fn plan(
        &self,
        who: &Principal,
        params: &NodeExecParams,
        (session, agent): (Option<&str>, Option<&str>),
    ) -> Result<Planned, WireError> {
        let mut wanted = Map::from_iter([("command".to_owned(), json!(params.command))]);
        for (name, value) in [("cwd", params.cwd.as_deref()), ("agentId", agent), ("sessionKey", session)] {
            if let Some(value) = value {
                wanted.insert(name.to_owned(), json!(value));
            }
        }
        if !params.env.is_empty() {
            wanted.insert("env".to_owned(), json!(params.env));
        }
        let call = Invocation {
            node_id: params.node_id.clone(),
            command: "system.run.prepare".into(),
            params: Value::Object(wanted),
            session_key: session.map(str::to_owned),
            ..Invocation::default()
        };
        let answered = self.run(who, &call, None).await?;
        let raw = answered.payload["plan"].clone();
        let plan: SystemRunPlan =
            serde_json::from_value(raw.clone()).map_err(|_| invalid_plan("it cannot be read"))?;
        // Approvers see for whom it is: a node must not say that it is for somebody else.
        if plan.argv.is_empty() || plan.agent_id.as_deref() != agent || plan.session_key.as_deref() != session
        {
            return Err(invalid_plan("it is not for what was asked"));
        }
        let file = raw["program"]["real"].as_str().or(plan.argv.first().map(String::as_str));
        let program = file.map(PathBuf::from).unwrap_or_default();
        Ok(Planned { raw, plan, program })
    }

    /// Has it allowed: an administrator who calls it allows it by that.
    async fn permit(
        &self,
        who: &Principal,
        params: &NodeExecParams,
        planned: &Planned,
    ) -> Result<Permit, WireError> {
        if who.session.is_none() && who.has(Scope::Admin) {
            let by = Some(std::sync::Arc::clone(&who.actor));
            return Ok(Permit { approval: None, by, decision: ApprovalDecision::AllowOnce });
        }
        let plan = &planned.plan;
        let env_keys: Vec<String> = params.env.keys().cloned().collect();
        let case = ExecCase {
            agent: plan.agent_id.as_deref(),
            node: Some(&params.node_id),
            program: &planned.program,
            argv: &plan.argv,
            cwd: plan.cwd.as_deref(),
            env_keys: &env_keys,
        };
        let request = ApprovalRequest {
            command: command_line(&plan.argv),
            command_argv: Some(plan.argv.clone()),
            env_keys: (!env_keys.is_empty()).then(|| env_keys.clone()),
            cwd: plan.cwd.clone(),
            host: "node".into(),
            node_id: Some(params.node_id.clone()),
            resolved_path: absolute(&planned.program),
            agent_id: plan.agent_id.clone(),
            session_key: plan.session_key.clone(),
            warning_text: self.called(&params.node_id).map(|name| format!("on the node {name}")),
            allowed_decisions: vec![
                ApprovalDecision::AllowOnce,
                ApprovalDecision::AllowAlways,
                ApprovalDecision::Deny,
            ],
            ..ApprovalRequest::default()
        };
        let bound = binding(&params.node_id, plan, &params.env);
        let permitted = self.approvals.permit(&case, ask(who, request, Some(bound))).await;
        permitted.map_err(|error| {
            self.denied(who, "node.exec", &params.node_id, &error.to_string());
            not_permitted(error)
        })
    }

    /// Reads or replaces the node's own list of programs; for administrators, which agents never are.
    pub async fn exec_policy(
        &self,
        who: &Principal,
        node: &str,
        command: &str,
        params: Value,
    ) -> Result<Value, WireError> {
        if !who.has(Scope::Admin) || who.session.is_some() {
            return Err(WireError::missing_scope(Scope::Admin));
        }
        let call = Invocation {
            node_id: node.to_owned(),
            command: command.to_owned(),
            params,
            ..Invocation::default()
        };
        let answered = self.run(who, &call, None).await?;
        if command == "system.execApprovals.set" {
            let entry = self.entry(who, "node.execApprovals.set", node, "");
            self.store.write(move |db| crate::store::append_audit(db, &entry)).await?;
        }
        Ok(answered.payload)
    }

    /// Asks somebody before an agent calls a command that the owner wants to be asked about.
    pub(super) async fn ask_first(&self, who: &Principal, call: &Invocation) -> Result<(), WireError> {
        let Some(session) = who.session.as_deref().filter(|_| self.rules().must_ask(&call.command)) else {
            return Ok(());
        };
        self.find(&self.state(), who, call)?;
        let request = ApprovalRequest {
            command: format!("{} {}", call.command, super::refusal::short(&call.params.to_string(), 200)),
            host: "node".into(),
            node_id: Some(call.node_id.clone()),
            agent_id: SessionKey::parse(session, None).ok().map(|key| key.agent().to_owned()),
            session_key: Some(session.to_owned()),
            tool_name: Some(call.command.clone()),
            tool_input: Some(call.params.clone()),
            warning_text: self.called(&call.node_id).map(|name| format!("on the node {name}")),
            allowed_decisions: vec![ApprovalDecision::AllowOnce, ApprovalDecision::Deny],
            ..ApprovalRequest::default()
        };
        let asked = self.approvals.ask_for(ask(who, request, None), || Judgement::Deny).await;
        asked.map(drop).map_err(|error| {
            self.denied(who, &call.command, &call.node_id, &error.to_string());
            not_permitted(error)
        })
    }

    /// Takes out what a caller of `system.run` claims of an approval, or proves it.
    pub(super) async fn prove(&self, who: &Principal, call: &mut Invocation) -> Result<(), WireError> {
        let node = call.node_id.clone();
        let Value::Object(params) = &mut call.params else { return Ok(()) };
        let claims: Vec<Option<Value>> = ["approved", "approvalDecision", "approvalSource"]
            .iter()
            .map(|name| params.remove(*name))
            .collect();
        let claims = claims.iter().flatten().any(|claim| *claim != Value::Bool(false) && !claim.is_null());
        let named = ["approvalId", "runId"].iter().find_map(|name| params.get(*name)?.as_str());
        let (true, Some(id)) = (claims, named.map(str::to_owned)) else { return Ok(()) };
        let plan: Option<SystemRunPlan> =
            params.get("systemRunPlan").and_then(|plan| serde_json::from_value(plan.clone()).ok());
        let env: Option<BTreeMap<String, String>> = match params.get("env") {
            None | Some(Value::Null) => Some(BTreeMap::new()),
            Some(env) => serde_json::from_value(env.clone()).ok(),
        };
        let (Some(plan), Some(env)) = (plan, env) else {
            return Err(not_permitted(NotPermitted::Failed(ApprovalError::OtherPlan)));
        };
        if params.get("command").is_some_and(|command| *command != json!(plan.argv)) {
            return Err(not_permitted(NotPermitted::Failed(ApprovalError::OtherPlan)));
        }
        let spent = self.approvals.spend(&who.org, &id, &binding(&node, &plan, &env)).await;
        let decision = spent.map_err(|error| not_permitted(NotPermitted::Failed(error)))?;
        params.insert("approved".into(), json!(true));
        params.insert("approvalDecision".into(), json!(decision));
        Ok(())
    }

    fn called(&self, node: &str) -> Option<String> {
        self.state().nodes.get(node).and_then(|known| name(&known.record))
    }
}

fn ask(who: &Principal, request: ApprovalRequest, binding: Option<String>) -> Ask {
    Ask {
        org: std::sync::Arc::clone(&who.org),
        request,
        by: std::sync::Arc::clone(&who.actor),
        life: DEFAULT_LIFE,
        binding,
        id: None,
    }
}

/// Returns the conversation on whose behalf it is: an agent cannot act for another than its own.
pub(super) fn own_session(who: &Principal, named: Option<String>) -> Result<Option<String>, WireError> {
    match (who.session.as_deref(), named) {
        (Some(own), Some(named)) if own != named => {
            Err(WireError::invalid("/sessionKey: an agent runs programs for its own conversation only"))
        }
        (Some(own), _) => Ok(Some(own.to_owned())),
        (None, named) => Ok(named),
    }
}

fn output(
    params: &NodeExecParams,
    run_id: String,
    approval_id: Option<String>,
    payload: Value,
) -> NodeExecOutput {
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    NodeExecOutput {
        ok: true,
        node_id: params.node_id.clone(),
        run_id,
        approval_id,
        exit_code: payload["exitCode"].as_i64(),
        timed_out: payload["timedOut"] == true,
        success: payload["success"] == true,
        stdout: text("stdout"),
        stderr: text("stderr"),
        error: payload["error"].as_str().map(str::to_owned),
        payload,
    }
}

/// Returns the words as one would type them; approvers see where each begins and ends.
fn command_line(argv: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    let shown = |word: &String| {
        let bare = !word.is_empty() && word.chars().all(plain);
        if bare {
            word.clone()
        } else {
            format!("'{}'", word.escape_debug().to_string().replace('\'', "'\\''"))
        }
    };
    argv.iter().map(shown).collect::<Vec<_>>().join(" ")
}

fn absolute(program: &Path) -> Option<String> {
    program.is_absolute().then(|| program.to_string_lossy().into_owned())
}

fn not_permitted(error: NotPermitted) -> WireError {
    let text = format!("not approved: {error}");
    let reason = match error {
        NotPermitted::Failed(error) => {
            let known = WireError::from(error);
            if known.code != ErrorCode::InvalidRequest {
                return known;
            }
            known.details.map(|details| details["reason"].clone())
        }
        NotPermitted::Policy => Some(json!("EXEC_POLICY")),
        NotPermitted::Denied(_) => Some(json!("APPROVAL_DENIED")),
        NotPermitted::NoAnswer(_) => Some(json!("APPROVAL_NOT_ANSWERED")),
    };
    WireError::invalid(text).details(json!({ "code": DetailCode::ExecNotApproved, "reason": reason }))
}

pub(super) fn invalid_plan(why: &str) -> WireError {
    WireError::unavailable(format!("the node's plan cannot be used: {why}"))
        .detail(DetailCode::ExecPlanInvalid)
}

/// How long a program may run where nothing is said, in milliseconds.
const EXEC_TIME: u64 = 120_000;
/// What the node gets beyond that to answer.
const EXEC_MARGIN: Duration = Duration::from_secs(10);
