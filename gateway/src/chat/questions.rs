//! What agents ask while they run, put before whoever may answer.

use nodes::executor::{Decision, Question};
use schemas::methods::approvals::{ApprovalDecision, ApprovalRequest};
use serde_json::Value;

use super::Chat;
use crate::approvals::{Ask, DEFAULT_LIFE, Verdict, Why};
use crate::store::tasks as rows;
use crate::supervise::Job;
use crate::tasks::RunFacts;

impl Chat {
    /// Puts a question before whoever may answer it. Without an answer in time it counts as denied; when the run
    /// withdraws it, it goes away.
    pub(super) fn ask(&self, run: &RunFacts, question: Question) {
        let ask = Ask {
            org: run.card.org.clone(),
            request: request_of(run, &question),
            by: format!("agent:{}", run.card.agent).into(),
            life: DEFAULT_LIFE,
            binding: None,
            id: None,
        };
        let (chat, seq) = (self.clone(), run.card.seq);
        self.0.jobs.spawn(Job::Approval, async move { chat.follow(seq, ask, question).await });
    }

    async fn follow(&self, seq: i64, ask: Ask, mut question: Question) {
        let command = ask.request.command.clone();
        let pending = match self.0.approvals.open(ask).await {
            Ok(pending) => pending,
            Err(error) => {
                tracing::error!(%error, "A permission request could not be put before anybody");
                question.answer(Decision::Deny { message: NOT_ASKED.into() });
                return;
            }
        };
        let verdict = tokio::select! {
            biased;
            verdict = pending.decided() => verdict,
            () = question.withdrawn() => Verdict { decision: ApprovalDecision::Deny, by: None, why: Why::Withdrawn },
        };
        let told = match (verdict.decision, verdict.why) {
            (ApprovalDecision::AllowOnce | ApprovalDecision::AllowAlways, _) => {
                Decision::Allow { updated_input: None }
            }
            (ApprovalDecision::Deny, Why::Answered) => Decision::Deny { message: DENIED.into() },
            (ApprovalDecision::Deny, _) => Decision::Deny { message: NO_ANSWER.into() },
        };
        let now = self.0.clock.now();
        let reason = format!("{}: {command}", verdict.decision);
        let actor = verdict.by.unwrap_or_else(|| rows::GATEWAY.into());
        self.0.store.write_later(move |db| rows::audit(db, seq, now, &actor, None, None, &reason));
        question.answer(told);
    }
}

fn request_of(run: &RunFacts, question: &Question) -> ApprovalRequest {
    let asked = &question.request;
    ApprovalRequest {
        command: one_line(&asked.tool, &asked.input),
        cwd: Some(run.cwd.clone()),
        host: "gateway".into(),
        agent_id: Some(run.card.agent.clone()),
        session_key: Some(run.card.key.to_string()),
        run_id: Some(run.card.run_id.clone()),
        tool_name: Some(asked.tool.clone()),
        tool_input: Some(asked.input.clone()),
        warning_text: asked.description.clone(),
        allowed_decisions: vec![ApprovalDecision::AllowOnce, ApprovalDecision::Deny],
        ..ApprovalRequest::default()
    }
}

/// Returns what would be done in one line: a shell command as it is, anything else as tool and input.
fn one_line(tool: &str, input: &Value) -> String {
    let text = match input.get("command").and_then(Value::as_str) {
        Some(command) => command.to_owned(),
        None => format!("{tool} {input}"),
    };
    text.chars().take(4000).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

const DENIED: &str = "The user denied this permission request";
const NO_ANSWER: &str = "Nobody answered the permission request";
const NOT_ASKED: &str = "The permission request could not be stored, so nobody was asked";
