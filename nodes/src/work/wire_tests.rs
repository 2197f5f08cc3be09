//! Every message survives its trip as JSON, and the words on the wire stay what docs/workers.md says.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::executor::{AgentSpec, Conversation, EndedBy, ExecutorKind, FailureClass, Reply, Usage};

fn runs() -> impl Strategy<Value = RunKey> {
    (any::<u128>(), 1_u64..1000).prop_map(|(task, fence)| RunKey { task: Uuid::from_u128(task), fence })
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), ".{0,20}".prop_map(Value::from)]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        ".{0,40}".prop_map(|delta| Step::Text { delta }),
        ".{0,40}".prop_map(|delta| Step::Thinking { delta }),
        Just(Step::TextReset),
        any::<u64>().prop_map(|bytes| Step::Gap { bytes }),
        (".{1,8}", ".{1,8}", values()).prop_map(|(id, name, args)| Step::ToolStart { id, name, args }),
        any::<u32>().prop_map(|turns| Step::Usage(Usage { turns, cost_usd: Some(0.25), ..Usage::default() })),
    ]
}

fn failures() -> impl Strategy<Value = Failure> {
    (".{1,12}", ".{0,30}").prop_map(|(code, message)| Failure::new(FailureClass::Denied, code, message))
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let ended_by = prop_oneof![Just(EndedBy::Finished), Just(EndedBy::Cancelled), Just(EndedBy::TimedOut)];
    let result = prop_oneof![".{0,40}".prop_map(|text| Ok(Reply::new(text))), failures().prop_map(Err)];
    (result, ended_by, any::<Option<u128>>()).prop_map(|(result, ended_by, id)| Outcome {
        result,
        usage: None,
        conversation: id.map(Uuid::from_u128),
        ended_by,
        artifact: None,
    })
}

pub(crate) fn assignment(task: Uuid, fence: u64, agent: &str, prompt: &str) -> Assignment {
    Assignment {
        task_id: task,
        run_id: format!("run-{fence}"),
        fence,
        session_key: "agent:main:task:1".into(),
        agent: AgentSpec {
            name: agent.into(),
            executor: ExecutorKind::Builtin,
            command: vec!["the-gateways-own".into()],
            cwd: "/nowhere".into(),
            env_pass: Vec::new(),
            env: BTreeMap::new(),
            model: None,
            permission_mode: None,
            allowed_tools: Vec::new(),
            disallowed_tools: Vec::new(),
            max_turns: None,
        },
        conversation: Conversation { id: Uuid::nil(), resume: false, cost_before_usd: None },
        prompt: prompt.into(),
        attachments: Vec::new(),
        tools: None,
        timeout: Duration::from_mins(1),
        environment_marker: (String::new(), String::new()),
        budget_usd: None,
        isolation: None,
        permissions: None,
        resume_from: None,
    }
}

fn orders() -> impl Strategy<Value = Order> {
    prop_oneof![
        (runs(), ".{0,40}").prop_map(|(run, prompt)| Order::Start {
            assignment: Box::new(assignment(run.task, run.fence, "main", &prompt))
        }),
        (runs(), ".{1,8}", ".{0,40}").prop_map(|(run, id, text)| Order::Input { run, id, text }),
        (runs(), ".{1,8}", values()).prop_map(|(run, question, input)| Order::Answer {
            run,
            question,
            decision: Decision::Allow { updated_input: Some(input).filter(|input| !input.is_null()) }
        }),
        runs().prop_map(|run| Order::Cancel { run }),
        runs().prop_map(|run| Order::Forget { run }),
        (runs(), any::<u64>()).prop_map(|(run, from)| Order::Resend { run, from }),
        (runs(), any::<u64>()).prop_map(|(run, next)| Order::Stored { run, next }),
    ]
}

fn reports() -> impl Strategy<Value = Report> {
    let facts = (".{1,8}", any::<Option<String>>(), 1_u32..32)
        .prop_map(|(name, pool, max_concurrent)| Facts { name, pool, max_concurrent, ..Facts::default() });
    let held = (runs(), any::<u64>()).prop_map(|(run, next)| Held { run, next });
    prop_oneof![
        (facts.clone(), proptest::collection::vec(held, 0..4), proptest::option::of(".{1,8}"))
            .prop_map(|(facts, runs, life)| Report::Announce { facts, runs, life }),
        (runs(), any::<u64>(), proptest::collection::vec(steps(), 0..4))
            .prop_map(|(run, from, steps)| Report::Steps { run, from, steps }),
        (runs(), ".{1,8}").prop_map(|(run, question)| Report::Withdrawn { run, question }),
        (runs(), ".{1,8}", any::<bool>()).prop_map(|(run, id, taken)| Report::Taken { run, id, taken }),
        (runs(), any::<u64>(), outcomes()).prop_map(|(run, from, outcome)| Report::Ended {
            run,
            from,
            outcome
        }),
        (runs(), failures()).prop_map(|(run, failure)| Report::Refused { run, failure }),
        (any::<u32>(), proptest::option::of(facts))
            .prop_map(|(running, facts)| Report::Status { running, facts }),
    ]
}

proptest! {
    #[test]
    fn orders_travel(order in orders()) {
        let json = serde_json::to_string(&order).unwrap();
        prop_assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), order);
    }

    #[test]
    fn reports_travel(report in reports()) {
        let json = serde_json::to_string(&report).unwrap();
        prop_assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}

#[test]
fn the_words_are_the_documented_ones() {
    let run = RunKey { task: Uuid::nil(), fence: 2 };
    let steps = Report::Steps { run, from: 4, steps: vec![Step::Text { delta: "a".into() }] };
    assert_eq!(
        serde_json::to_value(&steps).unwrap(),
        json!({"report": "steps", "task": "00000000-0000-0000-0000-000000000000", "fence": 2, "from": 4,
               "steps": [{"step": "text", "delta": "a"}]})
    );
    let order = Order::Stored { run, next: 5 };
    assert_eq!(
        serde_json::to_value(&order).unwrap(),
        json!({"order": "stored", "task": "00000000-0000-0000-0000-000000000000", "fence": 2, "next": 5})
    );
    let ended = Report::Ended { run, from: 1, outcome: Outcome::finished(Reply::new("hi")) };
    let json = serde_json::to_value(&ended).unwrap();
    assert_eq!(json["outcome"]["result"], json!({"Ok": {"text": "hi", "stop_reason": "end_turn"}}));
}
