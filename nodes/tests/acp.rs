//! The executor for agents of the Agent Client Protocol: against a program with faults, and against a real agent, offline.
//!
//! `node` must be on the PATH. The real agent is npm `@agentclientprotocol/claude-agent-acp`: `LANDLINE_TEST_ACP` names its
//! `dist/index.js`, `LANDLINE_TEST_NODE` a Node that runs it, `LANDLINE_TEST_CLAUDE` the Claude Code behind it; `setup.sh` of
//! `tests/peers` installs all three. The API behind that is `tests/peers/messages-api.mjs`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics is a test that failed")]

mod acp {
    pub(crate) mod stage;
}

use std::process::Stdio;
use std::time::{Duration, Instant};

use acp::stage::{Stage, carriers};
use nodes::executor::{Decision, EndedBy, FailureClass, Step};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const ALLOW: Decision = Decision::Allow { updated_input: None };

#[tokio::test]
async fn a_plain_answer_is_streamed_once_and_counted() {
    let stage = Stage::fake();
    let task = stage.task("hello over there");
    let id = task.conversation.id;
    let run = stage.run(task).await;
    assert_eq!((run.reply(), run.text()), ("hello over there".into(), "hello over there".into()));
    assert!(run.steps.contains(&Step::Thinking { delta: "hm".into() }), "{:?}", run.steps);
    let usage = run.outcome.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (7, 3));
    assert_eq!(run.outcome.conversation, Some(id));
}

#[tokio::test]
async fn a_conversation_goes_on_in_another_process_and_its_replay_is_not_said_again() {
    let stage = Stage::fake();
    let first = stage.task("one");
    let conversation = first.conversation;
    stage.run(first).await;
    let mut next = stage.task("history");
    next.conversation = conversation;
    next.conversation.resume = true;
    let run = stage.run(next).await;
    assert_eq!((run.reply(), run.text()), ("history: one".into(), "history: one".into()));

    let mut lost = stage.task("history");
    lost.conversation.resume = true;
    let run = stage.run(lost).await;
    assert_eq!(run.reply(), "history: ");
    assert!(run.steps.iter().any(|step| matches!(step, Step::Note { .. })), "{:?}", run.steps);
}

#[tokio::test]
async fn a_question_reaches_the_user_and_only_the_narrowest_option_is_chosen() {
    let mut stage = Stage::fake();
    stage.decision = ALLOW;
    let run = stage.run(stage.task("ask shell ls -l")).await;
    assert!(run.reply().contains(r#""optionId":"once""#), "{}", run.reply());
    assert_eq!((run.asked[0].tool.as_str(), &run.asked[0].input), ("shell", &json!({"command": "ls -l"})));
    assert_eq!(run.asked[0].tool_use_id.as_deref(), Some("c1"));
    stage.decision = Decision::Deny { message: "no".into() };
    let run = stage.run(stage.task("ask shell ls -l")).await;
    assert!(run.reply().starts_with("refused"), "{}", run.reply());
    assert!(run.steps.iter().any(|step| matches!(step, Step::ToolResult { is_error: true, .. })));
}

#[tokio::test]
async fn rules_answer_for_the_user() {
    let stage = Stage::fake();
    let mut task = stage.task("ask Bash git status");
    task.agent.allowed_tools = vec!["Bash(git:*)".into()];
    let run = stage.run(task).await;
    assert!(run.reply().starts_with("allowed") && run.asked.is_empty(), "{}", run.reply());
    let mut task = stage.task("ask Bash git status; rm x");
    task.agent.allowed_tools = vec!["Bash".into()];
    task.agent.disallowed_tools = vec!["Bash(rm:*)".into()];
    let run = stage.run(task).await;
    assert!(run.reply().starts_with("refused") && run.asked.is_empty(), "{}", run.reply());
}

#[tokio::test]
async fn a_crash_says_what_the_program_said_last() {
    let stage = Stage::fake();
    let run = stage.run(stage.task("crash")).await;
    let failure = run.outcome.result.unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (FailureClass::AgentCrash, "no_result"));
    assert!(failure.message.contains("something broke") && failure.message.contains('3'), "{failure}");
    assert!(run.steps.contains(&Step::Text { delta: "half an".into() }));
}

#[tokio::test]
async fn what_is_no_message_is_passed_over() {
    let stage = Stage::fake();
    assert_eq!(stage.run(stage.task("garbage")).await.reply(), "still here");
}

#[tokio::test]
async fn an_error_has_the_class_that_the_agent_gives_it() {
    let stage = Stage::fake();
    let run = stage.run(stage.task("fail")).await;
    assert_eq!(run.outcome.result.unwrap_err().class, FailureClass::RateLimited);
}

#[tokio::test]
async fn an_agent_that_is_cancelled_ends_its_turn_and_one_that_does_not_is_ended_with_all_it_started() {
    let mut stage = Stage::fake();
    stage.stop_at = Some("waiting");
    let begun = Instant::now();
    let run = stage.run(stage.task("wait")).await;
    assert_eq!(run.outcome.ended_by, EndedBy::Cancelled);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    stage.stop_at = Some("hanging");
    let task = stage.task("hang");
    let run = stage.run(task.clone()).await;
    assert_eq!(run.outcome.ended_by, EndedBy::Cancelled);
    assert_eq!(carriers(&task), 0);
    let mut task = stage.task("hang");
    stage.stop_at = None;
    task.timeout = Duration::from_secs(2);
    let run = stage.run(task.clone()).await;
    assert_eq!((run.outcome.ended_by, carriers(&task)), (EndedBy::TimedOut, 0));
}

#[tokio::test]
async fn files_are_offered_only_where_the_rules_allow_them() {
    let stage = Stage::fake();
    let file = stage.path("work/a.txt");
    std::fs::write(&file, "content").unwrap();
    let run = stage.run(stage.task(&format!("read {}", file.display()))).await;
    assert!(run.reply().contains("error -32601") && !run.reply().contains("true"), "{}", run.reply());
    let mut task = stage.task(&format!("read {}", file.display()));
    task.agent.allowed_tools = vec!["Read".into()];
    let run = stage.run(task).await;
    assert!(run.reply().contains("got content"), "{}", run.reply());
    let mut task = stage.task(&format!("write {}", stage.path("sessions/x").display()));
    task.agent.permission_mode = Some("acceptEdits".into());
    let run = stage.run(task).await;
    assert!(run.reply().contains("error"), "{}", run.reply());
    let mut task = stage.task("anything");
    task.agent.permission_mode = Some("bypassPermissions".into());
    let run = stage.run(task).await;
    assert_eq!(run.outcome.result.unwrap_err().code, "no_mode");
}

#[tokio::test]
async fn a_fast_agent_is_slowed_down_and_loses_nothing() {
    let stage = Stage::fake();
    let run = stage.run(stage.task("many 5000")).await;
    assert_eq!(
        run.text(),
        (0..5000).flat_map(|i| ["w".to_owned(), i.to_string(), " ".to_owned()]).collect::<String>()
    );
    assert_eq!(run.reply(), run.text());
}

#[tokio::test]
async fn an_agent_that_cannot_be_started_says_so() {
    let stage = Stage::of(vec!["/nonexistent/agent".into()], std::collections::BTreeMap::new());
    let failure = stage.run(stage.task("x")).await.outcome.result.unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (FailureClass::Validation, "not_startable"));
}

/// Starts the API and sets up the real agent.
async fn real() -> (Stage, Child) {
    let named = |name: &str| {
        std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; tests/peers/setup.sh prints it"))
    };
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/messages-api.mjs");
    let node = named("LANDLINE_TEST_NODE");
    let mut api = Command::new(&node)
        .arg(script)
        .args(["0", "--with-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("LANDLINE_TEST_NODE names a Node");
    let mut first = String::new();
    BufReader::new(api.stdout.take().unwrap()).read_line(&mut first).await.unwrap();
    let line: Value = serde_json::from_str(&first).expect("the API prints its port first");
    let env = [
        ("ANTHROPIC_BASE_URL", format!("http://127.0.0.1:{}", line["port"])),
        ("ANTHROPIC_API_KEY", "dummy".into()),
        ("CLAUDE_CODE_EXECUTABLE", named("LANDLINE_TEST_CLAUDE")),
        ("CLAUDE_CODE_MAX_RETRIES", "1".into()),
        ("DISABLE_TELEMETRY", "1".into()),
        ("DISABLE_ERROR_REPORTING", "1".into()),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".into()),
    ];
    let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    (Stage::of(vec![node, named("LANDLINE_TEST_ACP")], env), api)
}

#[tokio::test]
async fn the_real_agent_answers_and_remembers() {
    let (stage, _api) = real().await;
    let first = stage.task("hello there");
    let conversation = first.conversation;
    let run = stage.run(first.clone()).await;
    assert_eq!((run.reply(), run.text()), ("echo: hello there".into(), "echo: hello there".into()));
    assert_eq!(carriers(&first), 0);
    let usage = run.outcome.usage.unwrap();
    assert!(usage.output_tokens > 0, "{usage:?}");
    let mut next = stage.task("history");
    next.conversation = conversation;
    next.conversation.resume = true;
    let run = stage.run(next).await;
    assert!(run.reply().contains("hello there"), "{} {:?}", run.reply(), run.steps);
}

#[tokio::test]
async fn the_real_agent_asks_before_it_uses_a_tool() {
    let (mut stage, _api) = real().await;
    stage.decision = ALLOW;
    let run = stage.run(stage.task("use-tool touch allowed && echo done-$((40+2))")).await;
    assert_eq!(run.reply(), "tool said: done-42", "{:?}", run.steps);
    assert!(stage.path("work/allowed").exists());
    assert_eq!(run.asked[0].tool, "Bash");
    assert_eq!(run.asked[0].input["command"], "touch allowed && echo done-$((40+2))");
    let end = run.steps.iter().find(|step| matches!(step, Step::ToolResult { .. }));
    assert!(
        matches!(end, Some(Step::ToolResult { name, is_error: false, .. }) if name == "Bash"),
        "{:?}",
        run.steps
    );
    stage.decision = Decision::Deny { message: "no".into() };
    let run = stage.run(stage.task("use-tool touch denied")).await;
    assert!(!stage.path("work/denied").exists(), "{:?}", run.steps);
}

#[tokio::test]
async fn the_real_agent_is_stopped_in_the_middle_and_fails_as_its_provider_does() {
    let (mut stage, _api) = real().await;
    stage.stop_at = Some("w1 ");
    let task = stage.task("slow 600");
    let run = stage.run(task.clone()).await;
    assert_eq!((run.outcome.ended_by, carriers(&task)), (EndedBy::Cancelled, 0));
    for (prompt, class) in [("fail 401", FailureClass::Denied), ("fail 529", FailureClass::Capacity)] {
        let failure = stage.run(stage.task(prompt)).await.outcome.result.unwrap_err();
        assert_eq!(failure.class, class, "{failure:?}");
    }
}
