//! Small real programs, run as agents.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::executor::{Conversation, ExecutorKind, Observer, channel};

fn task(command: &[&str], prompt: &str) -> Assignment {
    Assignment {
        task_id: Uuid::new_v4(),
        run_id: "run".into(),
        fence: 1,
        session_key: "main".into(),
        agent: AgentSpec {
            name: "test".into(),
            executor: ExecutorKind::Command,
            command: command.iter().map(ToString::to_string).collect(),
            cwd: std::env::temp_dir(),
            env_pass: vec![],
            env: BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]),
            model: None,
            permission_mode: None,
            allowed_tools: vec![],
            disallowed_tools: vec![],
            max_turns: None,
            endpoint: None,
        },
        conversation: Conversation { id: Uuid::new_v4(), resume: false, cost_before_usd: None },
        prompt: prompt.into(),
        attachments: vec![],
        tools: None,
        timeout: Duration::from_secs(20),
        environment_marker: ("LANDLINE_TEST_RUN".into(), Uuid::new_v4().to_string()),
        budget_usd: None,
        isolation: None,
        permissions: None,
        resume_from: None,
    }
}

async fn run(task: Assignment) -> (Outcome, String) {
    let (progress, mut observer) = channel(4);
    let stop = CancellationToken::new();
    let executor = Command::new(Environment::of_process());
    tokio::join!(executor.execute(task, progress, stop), streamed(&mut observer))
}

async fn streamed(observer: &mut Observer) -> String {
    let mut text = String::new();
    while let Some(step) = observer.steps.recv().await {
        if let Step::Text { delta } = step {
            text.push_str(&delta);
        }
    }
    text
}

fn failure(outcome: Outcome) -> Failure {
    outcome.result.unwrap_err()
}

#[tokio::test]
async fn the_prompt_goes_in_and_the_answer_comes_out_once() {
    let prompt = "first line\nsecond: ü\nno line feed at the end";
    let (outcome, text) = run(task(&["cat"], prompt)).await;
    assert_eq!(outcome.result.unwrap().text, prompt);
    assert_eq!(text, prompt);
}

#[tokio::test]
async fn a_prompt_larger_than_any_argument_list_passes() {
    let prompt = "0123456789abcdef\n".repeat(200_000);
    let (outcome, text) = run(task(&["cat"], &prompt)).await;
    assert_eq!(text.len(), prompt.len());
    assert_eq!(outcome.result.unwrap().text.len(), prompt.trim_end().len());
}

#[tokio::test]
async fn a_program_that_reads_nothing_is_fine_and_bytes_need_not_be_text() {
    let (outcome, _) = run(task(&["printf", r"a\377b\n"], &"x".repeat(1_000_000))).await;
    assert_eq!(outcome.result.unwrap().text, "a\u{fffd}b");
}

#[tokio::test]
async fn a_bad_exit_is_a_failure_that_quotes_stderr() {
    let (outcome, _) = run(task(&["ls", "/definitely/not/there"], "")).await;
    let failure = failure(outcome);
    assert_eq!((failure.class, failure.code.as_str()), (FailureClass::AgentCrash, "exit_2"));
    assert!(failure.message.contains("/definitely/not/there"), "{}", failure.message);
}

#[tokio::test]
async fn what_cannot_be_started_says_which_setting_to_change() {
    let missing = failure(run(task(&["no-such-program-anywhere"], "")).await.0);
    assert_eq!((missing.class, missing.code.as_str()), (FailureClass::Validation, "not_startable"));
    assert!(missing.message.contains("no-such-program-anywhere"));
    let empty = failure(run(task(&[], "")).await.0);
    assert!(empty.message.contains("[agents.test]"));
    let mut elsewhere = task(&["cat"], "");
    elsewhere.agent.cwd = "/definitely/not/there".into();
    assert_eq!(failure(run(elsewhere).await.0).code, "cwd_missing");
}

#[tokio::test]
async fn only_the_allowed_variables_are_passed() {
    let mut task = task(&["env"], "");
    task.environment_marker.1 = "the-marker".into();
    let text = run(task).await.1;
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(names.contains(&"PATH") && names.contains(&"GREETING"));
    assert!(text.contains("LANDLINE_TEST_RUN=the-marker"));
    // Cargo sets this one for every test, so a leak would show.
    assert!(!names.contains(&"CARGO_MANIFEST_DIR"), "{names:?}");
}

#[tokio::test]
async fn a_child_that_holds_the_pipe_does_not_hold_the_run() {
    let (outcome, text) = run(task(&["setsid", "-f", "sleep", "600"], "")).await;
    assert_eq!(outcome.result.unwrap().text, "");
    assert_eq!(text, "");
}

#[tokio::test]
async fn the_time_limit_ends_the_program() {
    let mut task = task(&["sleep", "600"], "");
    task.timeout = Duration::from_millis(50);
    let (outcome, _) = run(task).await;
    assert_eq!(outcome.ended_by, EndedBy::TimedOut);
    assert_eq!(failure(outcome).class, FailureClass::Timeout);
}
