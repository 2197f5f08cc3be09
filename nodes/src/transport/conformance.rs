//! What every transport must do, as a suite: the same stories over each of them, told by real programs.
//!
//! A transport's test hands in the transport, with the `command` executor at its other end and the agents of [`AGENTS`].

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Transport;
use crate::executor::{
    AgentSpec, Assignment, Conversation, EndedBy, ExecutorKind, FailureClass, Outcome, Step, channel,
};

/// The agents whose runs the stories are about, and their programs: a place that has agents of its own needs these.
pub const AGENTS: [(&str, &[&str]); 8] = [
    ("cat", &["cat"]),
    ("false", &["false"]),
    ("missing", &["no-such-program-anywhere"]),
    ("some", &["seq", "1", "5000"]),
    ("many", &["seq", "1", "20000"]),
    ("endless", &["yes"]),
    ("sleep", &["sleep", "600"]),
    ("slow", &["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.02; done"]),
];

/// Tells all stories over `transport`; panics at the first that goes wrong.
pub async fn all(transport: &dyn Transport) {
    completes(transport).await;
    fails(transport).await;
    streams_in_order(transport).await;
    loses_nothing_to_a_slow_reader(transport).await;
    survives_a_reader_that_leaves(transport).await;
    cancels(transport).await;
    cancels_before_the_start(transport).await;
    times_out(transport).await;
}

async fn completes(transport: &dyn Transport) {
    let outcome = run(transport, task("cat", "hello")).await.0;
    assert_eq!(outcome.result.map(|reply| reply.text), Ok("hello".to_owned()));
    assert_eq!(outcome.ended_by, EndedBy::Finished);
}

async fn fails(transport: &dyn Transport) {
    let outcome = run(transport, task("false", "")).await.0;
    assert_eq!(outcome.result.map_err(|failure| failure.class), Err(FailureClass::AgentCrash));
    let outcome = run(transport, task("missing", "")).await.0;
    assert_eq!(outcome.result.map_err(|failure| failure.class), Err(FailureClass::Validation));
}

async fn streams_in_order(transport: &dyn Transport) {
    let (outcome, text) = run(transport, task("some", "")).await;
    let expected: String = (1..=5000).flat_map(|n| [n.to_string(), "\n".to_owned()]).collect();
    assert_eq!(text, expected);
    assert_eq!(outcome.result.map(|reply| reply.text), Ok(expected.trim_end().to_owned()));
}

/// The reader takes one step at a time and lets others run between; far more is written than any buffer
/// on the way holds.
async fn loses_nothing_to_a_slow_reader(transport: &dyn Transport) {
    let (progress, mut observer) = channel(1);
    let reading = async {
        let (mut lines, mut steps) = (0_u32, 0);
        while let Some(step) = observer.steps.recv().await {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            steps += 1;
            observer.mark_stored(steps);
            if matches!(step, Step::Text { .. }) {
                lines += 1;
            }
        }
        lines
    };
    let running = transport.run(task("many", ""), progress, CancellationToken::new());
    let (outcome, lines) = tokio::join!(running, reading);
    assert!(matches!(&outcome, Ok(outcome) if outcome.result.is_ok()), "{:?}", outcome.err());
    assert_eq!(lines, 20_000);
}

async fn survives_a_reader_that_leaves(transport: &dyn Transport) {
    let (progress, observer) = channel(1);
    drop(observer);
    let outcome = transport.run(task("many", ""), progress, CancellationToken::new()).await;
    let text = outcome.ok().and_then(|outcome| outcome.result.ok()).map(|reply| reply.text);
    assert!(text.is_some_and(|text| text.ends_with("\n20000")));
}

async fn cancels(transport: &dyn Transport) {
    let (progress, mut observer) = channel(1);
    let stop = CancellationToken::new();
    // `yes` writes for ever: it runs once the first line is here, and stands still when nobody reads.
    let stopping = async {
        assert!(observer.steps.recv().await.is_some(), "the program runs");
        stop.cancel();
    };
    let (outcome, ()) = tokio::join!(transport.run(task("endless", ""), progress, stop.clone()), stopping);
    assert_eq!(outcome.map(|outcome| outcome.ended_by), Ok(EndedBy::Cancelled));
}

async fn cancels_before_the_start(transport: &dyn Transport) {
    let (progress, _observer) = channel(1);
    let stop = CancellationToken::new();
    stop.cancel();
    let outcome = transport.run(task("sleep", ""), progress, stop).await;
    assert_eq!(outcome.map(|outcome| outcome.ended_by), Ok(EndedBy::Cancelled));
}

async fn times_out(transport: &dyn Transport) {
    let mut task = task("sleep", "");
    task.timeout = Duration::from_millis(50);
    let outcome = run(transport, task).await.0;
    assert_eq!(outcome.ended_by, EndedBy::TimedOut);
    assert_eq!(outcome.result.map_err(|failure| failure.class), Err(FailureClass::Timeout));
}

/// Runs a task to its end and returns its outcome and the streamed text.
pub async fn run(transport: &dyn Transport, task: Assignment) -> (Outcome, String) {
    let (progress, mut observer) = channel(4);
    let reading = async {
        let (mut text, mut steps) = (String::new(), 0);
        while let Some(step) = observer.steps.recv().await {
            steps += 1;
            observer.mark_stored(steps);
            if let Step::Text { delta } = step {
                text.push_str(&delta);
            }
        }
        text
    };
    let (outcome, text) = tokio::join!(transport.run(task, progress, CancellationToken::new()), reading);
    match outcome {
        Ok(outcome) => (outcome, text),
        Err(error) => panic!("the transport lost the task: {error}"),
    }
}

/// Returns a task for one of [`AGENTS`].
pub fn task(agent: &str, prompt: &str) -> Assignment {
    let program = AGENTS.iter().find(|(name, _)| *name == agent).map_or(&[][..], |(_, program)| program);
    Assignment {
        task_id: Uuid::new_v4(),
        run_id: Uuid::new_v4().to_string(),
        fence: 1,
        session_key: "main".to_owned(),
        agent: AgentSpec {
            name: agent.to_owned(),
            executor: ExecutorKind::Command,
            command: program.iter().map(ToString::to_string).collect(),
            cwd: std::env::temp_dir(),
            env_pass: Vec::new(),
            env: BTreeMap::new(),
            model: None,
            permission_mode: None,
            allowed_tools: Vec::new(),
            disallowed_tools: Vec::new(),
            max_turns: None,
            endpoint: None,
        },
        conversation: Conversation { id: Uuid::new_v4(), resume: false, cost_before_usd: None },
        prompt: prompt.to_owned(),
        attachments: Vec::new(),
        tools: None,
        timeout: Duration::from_mins(1),
        environment_marker: ("LANDLINE_TEST_RUN".to_owned(), Uuid::new_v4().to_string()),
        budget_usd: None,
        isolation: None,
        permissions: None,
        resume_from: None,
    }
}
