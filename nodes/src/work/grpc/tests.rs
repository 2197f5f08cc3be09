//! Every message survives its trip as Protocol Buffers, and plain fields alone say enough for a whole task.

use proptest::prelude::*;
use prost::Message as _;

use super::pb;
use crate::executor::{EndedBy, FailureClass, Step};
use crate::work::wire::tests::{orders, reports};
use crate::work::wire::{Order, Report};

const TASK: &str = "00000000-0000-0000-0000-00000000002a";

proptest! {
    #[test]
    fn orders_arrive_as_they_were_sent(order in orders()) {
        let bytes = pb::Order::of(&order).unwrap().encode_to_vec();
        let read = pb::Order::decode(bytes.as_slice()).unwrap().read();
        prop_assert_eq!(read, Ok(Some(order)));
    }

    #[test]
    fn reports_arrive_as_they_were_sent(report in reports()) {
        let bytes = pb::Report::of(report.clone()).unwrap().encode_to_vec();
        let read = pb::Report::decode(bytes.as_slice()).unwrap().read();
        prop_assert_eq!(read, Ok(Some(report)));
    }

    #[test]
    fn anything_else_is_an_error_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(report) = pb::Report::decode(bytes.as_slice()) {
            let _ = report.read();
        }
    }

    #[test]
    fn the_plain_fields_of_a_start_say_what_json_says(order in orders()) {
        let Some(pb::order::Kind::Start(start)) = pb::Order::of(&order).unwrap().kind else { return Ok(()) };
        let Order::Start { assignment } = order else { return Ok(()) };
        prop_assert_eq!(start.prompt, assignment.prompt);
        prop_assert_eq!(start.agent, assignment.agent.name);
        prop_assert_eq!(start.timeout_ms, 60_000);
        prop_assert_eq!(start.run.unwrap().task, assignment.task_id.to_string());
    }
}

fn run() -> pb::Run {
    pb::Run { task: TASK.into(), fence: 3 }
}

fn read(kind: pb::report::Kind) -> Result<Option<Report>, String> {
    pb::Report { kind: Some(kind) }.read().map_err(|error| error.to_string())
}

#[test]
fn a_worker_needs_no_json() {
    use pb::report::Kind;
    let facts = pb::Facts { name: "w".into(), max_concurrent: 2, ..pb::Facts::default() };
    let announced = read(Kind::Announce(pb::Announce { facts: Some(facts), runs: Vec::new(), life: None }));
    let Ok(Some(Report::Announce { facts, .. })) = announced else { panic!("{announced:?}") };
    assert!(facts.name == "w" && facts.pool.is_none() && facts.health.ok);

    let text = pb::Step { step: Some(pb::step::Step::Text("hello".into())) };
    let steps = read(Kind::Steps(pb::Steps { run: Some(run()), from: 7, steps: vec![text] }));
    let Ok(Some(Report::Steps { run: key, from: 7, steps })) = steps else { panic!("{steps:?}") };
    assert_eq!(key.to_string(), format!("{TASK}#3"));
    assert_eq!(steps, [Step::Text { delta: "hello".into() }]);

    let outcome = |result, ended_by: &str| {
        let outcome = pb::Outcome { result: Some(result), ended_by: ended_by.into(), json: String::new() };
        read(Kind::Ended(pb::Ended { run: Some(run()), from: 8, outcome: Some(outcome) }))
    };
    let reply = pb::Reply { text: "done".into(), stop_reason: String::new() };
    let Ok(Some(Report::Ended { outcome: well, .. })) = outcome(pb::outcome::Result::Reply(reply), "") else {
        panic!("no end")
    };
    assert!(
        well.ended_by == EndedBy::Finished && well.result.is_ok_and(|reply| reply.stop_reason == "end_turn")
    );
    let failure = pb::Failure {
        class: "agent_crash".into(),
        code: "exit_1".into(),
        message: "It failed".into(),
        retry_after_ms: None,
    };
    let failed = outcome(pb::outcome::Result::Failure(failure.clone()), "cancelled");
    let Ok(Some(Report::Ended { outcome: failed, .. })) = failed else { panic!("{failed:?}") };
    assert_eq!(failed.ended_by, EndedBy::Cancelled);
    assert_eq!(failed.result.map_err(|failure| failure.class), Err(FailureClass::AgentCrash));
    assert!(outcome(pb::outcome::Result::Failure(failure), "somehow").is_err());
}

#[test]
fn what_is_wrong_is_named() {
    use pb::report::Kind;
    let no_run = read(Kind::Taken(pb::Taken::default()));
    assert_eq!(no_run, Err("taken.run: name the run".into()));
    let bad_run = pb::Run { task: "x".into(), fence: 1 };
    let bad_run = read(Kind::Withdrawn(pb::Withdrawn { run: Some(bad_run), question: String::new() }));
    assert_eq!(bad_run, Err("withdrawn.run.task: the task's id, as the order has it".into()));
    let facts = pb::Facts { json: "{\"name\": \"secret\"".into(), ..pb::Facts::default() };
    let bad_facts = read(Kind::Status(pb::Status { running: 0, facts: Some(facts) }));
    let said = bad_facts.unwrap_err();
    assert!(said.starts_with("facts.json: ") && !said.contains("secret"), "{said}");
    assert_eq!(pb::Report { kind: None }.read(), Ok(None));
}
