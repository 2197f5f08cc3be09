//! From what gateway and worker mean to what gRPC carries. Reports have their `json` and no plain fields beside it.

use serde::Serialize;

use super::pb;
use crate::executor::{Assignment, Decision, Failure, Step};
use crate::work::wire::{Facts, Held, Order, Report, RunKey};

impl pb::Order {
    /// Returns an order as it is sent. Fails where something in it has no form in JSON.
    pub fn of(order: &Order) -> serde_json::Result<Self> {
        use pb::order::Kind;
        let of = |run: &RunKey| Some(pb::Run::of(*run));
        let kind = match order {
            Order::Start { assignment } => Kind::Start(start(assignment)?),
            Order::Input { run, id, text } => {
                Kind::Input(pb::Input { run: of(run), id: id.clone(), text: text.clone() })
            }
            Order::Answer { run, question, decision } => Kind::Answer(answer(*run, question, decision)?),
            Order::Cancel { run } => Kind::Cancel(pb::Run::of(*run)),
            Order::Forget { run } => Kind::Forget(pb::Run::of(*run)),
            Order::Resend { run, from } => Kind::Resend(pb::Resend { run: of(run), from: *from }),
            Order::Stored { run, next } => Kind::Stored(pb::Stored { run: of(run), next: *next }),
        };
        Ok(Self { kind: Some(kind) })
    }
}

impl pb::Report {
    /// Returns a report as it is sent. Fails where something in it has no form in JSON.
    pub fn of(report: Report) -> serde_json::Result<Self> {
        use pb::report::Kind;
        let of = |run| Some(pb::Run::of(run));
        let kind = match report {
            Report::Announce { facts, runs, life } => {
                let runs = runs.iter().map(|Held { run, next }| pb::Held { run: of(*run), next: *next });
                Kind::Announce(pb::Announce { runs: runs.collect(), facts: Some(self::facts(&facts)?), life })
            }
            Report::Steps { run, from, steps } => {
                let steps = steps.into_iter().map(step).collect::<serde_json::Result<_>>()?;
                Kind::Steps(pb::Steps { run: of(run), from, steps })
            }
            Report::Ask { run, request } => {
                Kind::Ask(pb::Ask { run: of(run), json: whole(&request)?, ..pb::Ask::default() })
            }
            Report::Withdrawn { run, question } => Kind::Withdrawn(pb::Withdrawn { run: of(run), question }),
            Report::Taken { run, id, taken } => Kind::Taken(pb::Taken { run: of(run), id, taken }),
            Report::Ended { run, from, outcome } => {
                let outcome = pb::Outcome { json: whole(&outcome)?, ..pb::Outcome::default() };
                Kind::Ended(pb::Ended { run: of(run), from, outcome: Some(outcome) })
            }
            Report::Refused { run, failure } => {
                Kind::Refused(pb::Refused { run: of(run), failure: Some(self::failure(failure)) })
            }
            Report::Status { running, facts } => {
                let facts = facts.map(|facts| self::facts(&facts)).transpose()?;
                Kind::Status(pb::Status { running, facts })
            }
        };
        Ok(Self { kind: Some(kind) })
    }
}

impl pb::Run {
    fn of(run: RunKey) -> Self {
        Self { task: run.task.to_string(), fence: run.fence }
    }
}

fn whole(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value)
}

fn start(assignment: &Assignment) -> serde_json::Result<pb::Start> {
    Ok(pb::Start {
        run: Some(pb::Run::of(RunKey::of(assignment))),
        agent: assignment.agent.name.clone(),
        prompt: assignment.prompt.clone(),
        session_key: assignment.session_key.clone(),
        model: assignment.agent.model.clone().unwrap_or_default(),
        timeout_ms: u64::try_from(assignment.timeout.as_millis()).unwrap_or(u64::MAX),
        json: whole(assignment)?,
    })
}

fn answer(run: RunKey, question: &str, decision: &Decision) -> serde_json::Result<pb::Answer> {
    let mut answer =
        pb::Answer { run: Some(pb::Run::of(run)), question: question.to_owned(), ..pb::Answer::default() };
    match decision {
        Decision::Allow { updated_input } => {
            answer.allow = true;
            answer.updated_input_json = updated_input.as_ref().map(whole).transpose()?.unwrap_or_default();
        }
        Decision::Deny { message } => answer.message.clone_from(message),
    }
    Ok(answer)
}

fn facts(facts: &Facts) -> serde_json::Result<pb::Facts> {
    Ok(pb::Facts { json: whole(facts)?, ..pb::Facts::default() })
}

fn step(step: Step) -> serde_json::Result<pb::Step> {
    let step = match step {
        Step::Text { delta } => pb::step::Step::Text(delta),
        other => pb::step::Step::Json(whole(&other)?),
    };
    Ok(pb::Step { step: Some(step) })
}

fn failure(failure: Failure) -> pb::Failure {
    let class = serde_json::to_value(failure.class).ok();
    let class = class.and_then(|class| class.as_str().map(str::to_owned)).unwrap_or_default();
    pb::Failure {
        class,
        code: failure.code,
        message: failure.message,
        retry_after_ms: failure.retry_after_ms,
    }
}
