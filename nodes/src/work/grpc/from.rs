//! From what gRPC carried to what gateway and worker mean.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Unreadable, pb};
use crate::executor::{Decision, Failure, Outcome, PermissionRequest, Step};
use crate::work::wire::{Facts, Held, Order, Report, RunKey};

impl pb::Report {
    /// Returns what it says; `None`: something that is not known here.
    pub fn read(self) -> Result<Option<Report>, Unreadable> {
        use pb::report::Kind;
        let Some(kind) = self.kind else { return Ok(None) };
        Ok(Some(match kind {
            Kind::Announce(said) => {
                let runs = said
                    .runs
                    .into_iter()
                    .map(|held| Ok(Held { run: run(held.run, "announce.runs")?, next: held.next }));
                let runs = runs.collect::<Result<_, _>>()?;
                Report::Announce { facts: facts(said.facts.unwrap_or_default())?, runs, life: said.life }
            }
            Kind::Steps(said) => {
                let steps = said.steps.into_iter().map(step).collect::<Result<_, _>>()?;
                Report::Steps { run: run(said.run, "steps.run")?, from: said.from, steps }
            }
            Kind::Ask(said) => {
                Report::Ask { run: run(said.run.clone(), "ask.run")?, request: request(said)? }
            }
            Kind::Withdrawn(said) => {
                Report::Withdrawn { run: run(said.run, "withdrawn.run")?, question: said.question }
            }
            Kind::Taken(said) => {
                Report::Taken { run: run(said.run, "taken.run")?, id: said.id, taken: said.taken }
            }
            Kind::Ended(said) => {
                let outcome = outcome(said.outcome.unwrap_or_default())?;
                Report::Ended { run: run(said.run, "ended.run")?, from: said.from, outcome }
            }
            Kind::Refused(said) => {
                let failure = failure(said.failure.unwrap_or_default(), "refused.failure")?;
                Report::Refused { run: run(said.run, "refused.run")?, failure }
            }
            Kind::Status(said) => {
                Report::Status { running: said.running, facts: said.facts.map(facts).transpose()? }
            }
        }))
    }
}

impl pb::Order {
    /// Returns what it says; `None`: something that is not known here.
    pub fn read(self) -> Result<Option<Order>, Unreadable> {
        use pb::order::Kind;
        let Some(kind) = self.kind else { return Ok(None) };
        Ok(Some(match kind {
            Kind::Start(said) => Order::Start { assignment: parse(&said.json, "start.json")? },
            Kind::Input(said) => {
                Order::Input { run: run(said.run, "input.run")?, id: said.id, text: said.text }
            }
            Kind::Answer(said) => Order::Answer {
                run: run(said.run.clone(), "answer.run")?,
                question: said.question.clone(),
                decision: decision(said)?,
            },
            Kind::Cancel(said) => Order::Cancel { run: run(Some(said), "cancel")? },
            Kind::Forget(said) => Order::Forget { run: run(Some(said), "forget")? },
            Kind::Resend(said) => Order::Resend { run: run(said.run, "resend.run")?, from: said.from },
            Kind::Stored(said) => Order::Stored { run: run(said.run, "stored.run")?, next: said.next },
        }))
    }
}

fn run(said: Option<pb::Run>, field: &str) -> Result<RunKey, Unreadable> {
    let said = said.ok_or_else(|| Unreadable(format!("{field}: name the run")))?;
    let task = Uuid::parse_str(&said.task)
        .map_err(|_| Unreadable(format!("{field}.task: the task's id, as the order has it")))?;
    Ok(RunKey { task, fence: said.fence })
}

/// Reads a value in the words of docs/workers.md.
fn parse<T: DeserializeOwned>(text: &str, field: &str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|error| wrong(field, &error))
}

/// Has a value of plain fields read as if it had been said in JSON: what may be absent is the same in both.
fn assemble<T: DeserializeOwned>(value: Value, field: &str) -> Result<T, Unreadable> {
    serde_json::from_value(value).map_err(|error| wrong(field, &error))
}

fn wrong(field: &str, error: &serde_json::Error) -> Unreadable {
    // The data categories alone: an error's own text may show what it stumbled over.
    let place = format!("line {}, column {}", error.line(), error.column());
    Unreadable(format!("{field}: it is not as docs/workers.md has it ({place})"))
}

fn facts(said: pb::Facts) -> Result<Facts, Unreadable> {
    if !said.json.is_empty() {
        return parse(&said.json, "facts.json");
    }
    Ok(Facts {
        name: said.name,
        pool: (!said.pool.is_empty()).then_some(said.pool),
        labels: said.labels.into_iter().collect(),
        agents: said.agents,
        executors: said.executors,
        max_concurrent: said.max_concurrent,
        os: said.os,
        arch: said.arch,
        version: said.version,
        ..Facts::default()
    })
}

fn step(said: pb::Step) -> Result<Step, Unreadable> {
    match said.step {
        Some(pb::step::Step::Text(delta)) => Ok(Step::Text { delta }),
        Some(pb::step::Step::Json(json)) => parse(&json, "steps.step.json"),
        None => Err(Unreadable("steps.step: give text or json".into())),
    }
}

fn request(said: pb::Ask) -> Result<PermissionRequest, Unreadable> {
    if !said.json.is_empty() {
        return parse(&said.json, "ask.json");
    }
    let input =
        if said.input_json.is_empty() { Value::Null } else { parse(&said.input_json, "ask.input_json")? };
    Ok(PermissionRequest {
        id: said.question,
        tool_use_id: None,
        tool: said.tool,
        input,
        description: (!said.description.is_empty()).then_some(said.description),
    })
}

fn outcome(said: pb::Outcome) -> Result<Outcome, Unreadable> {
    if !said.json.is_empty() {
        return parse(&said.json, "outcome.json");
    }
    let result = match said.result {
        Some(pb::outcome::Result::Reply(reply)) => {
            let stop_reason = if reply.stop_reason.is_empty() { "end_turn" } else { &reply.stop_reason };
            json!({"Ok": {"text": reply.text, "stop_reason": stop_reason}})
        }
        Some(pb::outcome::Result::Failure(said)) => {
            json!({"Err": failure(said, "outcome.failure")?})
        }
        None => return Err(Unreadable("outcome: give reply, failure or json".into())),
    };
    let ended_by = if said.ended_by.is_empty() { "finished" } else { &said.ended_by };
    assemble(json!({"result": result, "ended_by": ended_by}), "outcome.ended_by")
}

fn failure(said: pb::Failure, field: &str) -> Result<Failure, Unreadable> {
    let class = assemble(Value::String(said.class), &format!("{field}.class"))?;
    Ok(Failure { class, code: said.code, message: said.message, retry_after_ms: said.retry_after_ms })
}

fn decision(said: pb::Answer) -> Result<Decision, Unreadable> {
    if !said.allow {
        return Ok(Decision::Deny { message: said.message });
    }
    let updated_input = match said.updated_input_json.as_str() {
        "" => None,
        json => Some(parse(json, "answer.updated_input_json")?),
    };
    Ok(Decision::Allow { updated_input })
}
