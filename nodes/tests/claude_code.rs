//! The Claude Code executor against the real program, offline: the API behind it is `tests/peers/messages-api.mjs`.
//!
//! `LANDLINE_TEST_CLAUDE` names the program (npm `@anthropic-ai/claude-code`); `node` must be on the PATH.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics is a test that failed")]

mod claude {
    pub(crate) mod stage;
}

use std::time::Duration;

use claude::stage::{Answerer, Stage, carriers};
use nodes::executor::{Decision, EndedBy, FailureClass, Step};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_plain_answer_is_streamed_once_and_priced() {
    let stage = Stage::set().await;
    let run = stage.run(stage.task("hello there")).await;
    assert_eq!(run.reply(), "echo: hello there");
    assert_eq!(run.text(), "echo: hello there");
    assert!(run.steps.iter().filter(|step| matches!(step, Step::Text { .. })).count() > 1, "{:?}", run.steps);
    assert!(run.steps.iter().any(|step| matches!(step, Step::Model { .. })));
    let usage = run.outcome.usage.unwrap();
    assert!(usage.input_tokens > 0 && usage.output_tokens > 0 && usage.turns == 1, "{usage:?}");
    assert!(usage.cost_usd.unwrap() > 0.0);
}

#[tokio::test]
async fn an_allowed_tool_runs_and_a_denied_one_does_not() {
    let stage = Stage::set().await;
    let allow = Answerer::always(Decision::Allow { updated_input: None });
    let run = stage.run_with(stage.task("use-tool touch allowed && echo done-$((40+2))"), allow).await;
    assert_eq!(run.asked[0].tool, "Bash");
    assert_eq!(run.asked[0].input["command"], "touch allowed && echo done-$((40+2))");
    assert_eq!(run.reply(), "tool said: done-42");
    assert!(stage.path("allowed").exists());
    let start =
        run.steps.iter().position(|step| matches!(step, Step::ToolStart { name, .. } if name == "Bash"));
    let end = run.steps.iter().position(|step| matches!(step, Step::ToolResult { is_error: false, .. }));
    assert!(start.unwrap() < end.unwrap());

    let deny = Answerer::always(Decision::Deny { message: "not on my watch".into() });
    let run = stage.run_with(stage.task("use-tool touch denied"), deny).await;
    assert!(run.reply().contains("not on my watch"), "{}", run.reply());
    assert!(!stage.path("denied").exists());
    assert!(run.steps.iter().any(|step| matches!(step, Step::ToolResult { is_error: true, .. })));
}

#[tokio::test]
async fn a_changed_input_is_what_runs_and_an_allowed_tool_is_not_asked_about() {
    let stage = Stage::set().await;
    let changed = json!({"command": "touch instead", "description": "changed"});
    let allow = Answerer::always(Decision::Allow { updated_input: Some(changed) });
    stage.run_with(stage.task("use-tool touch first-idea"), allow).await;
    assert!(stage.path("instead").exists() && !stage.path("first-idea").exists());

    let mut task = stage.task("use-tool touch unasked");
    task.agent.allowed_tools = vec!["Bash(touch:*)".into(), "Read".into()];
    let run = stage.run(task).await;
    assert!(run.asked.is_empty());
    assert!(stage.path("unasked").exists());
}

#[tokio::test]
async fn a_conversation_is_resumed_and_each_run_pays_its_own_share() {
    let stage = Stage::set().await;
    let first = stage.run(stage.task("remember the word heron")).await;
    let kept = first.outcome.conversation.unwrap();
    let before = first.outcome.usage.as_ref().unwrap().conversation_cost_usd;
    let mut task = stage.task("history");
    task.conversation.id = kept;
    task.conversation.resume = true;
    task.conversation.cost_before_usd = before;
    let second = stage.run(task).await;
    assert_eq!(second.reply(), "history: remember the word heron");
    assert_eq!(second.outcome.conversation, Some(kept));
    let usage = second.outcome.usage.unwrap();
    let difference = usage.conversation_cost_usd.unwrap() - before.unwrap();
    assert!((usage.cost_usd.unwrap() - difference).abs() < 1e-12 && difference > 0.0, "{usage:?}");
}

#[tokio::test]
async fn a_lost_conversation_is_begun_anew_and_the_user_is_told() {
    let stage = Stage::set().await;
    let mut task = stage.task("still there?");
    task.conversation.resume = true;
    let lost = task.conversation.id;
    let run = stage.run(task).await;
    assert_eq!(run.reply(), "echo: still there?");
    assert!(run.outcome.conversation.is_some_and(|id| id != lost));
    assert!(run.steps.iter().any(|step| matches!(step, Step::Note { .. })));
}

#[tokio::test]
async fn a_conversation_that_exists_already_is_continued() {
    let stage = Stage::set().await;
    let first = stage.run(stage.task("one")).await;
    let mut task = stage.task("history");
    task.conversation.id = first.outcome.conversation.unwrap();
    let run = stage.run(task).await;
    assert_eq!(run.reply(), "history: one");
}

#[tokio::test]
async fn a_run_stopped_while_it_streams_leaves_no_process() {
    let stage = Stage::set().await;
    let task = stage.task("slow 300");
    let marker = task.environment_marker.clone();
    let run = stage.run_with(task, Answerer::stop_at_text("w3 ")).await;
    assert!(run.alive_then > 0);
    assert_eq!(run.outcome.ended_by, EndedBy::Cancelled);
    assert!(run.outcome.conversation.is_some());
    assert!(carriers(&marker).is_empty());
}

#[tokio::test]
async fn a_run_stopped_while_a_tool_runs_leaves_no_process() {
    let stage = Stage::set().await;
    let task = stage.task_with_endless_tool();
    let marker = task.environment_marker.clone();
    let run = stage.run_with(task, Answerer::stop_at_tool()).await;
    assert!(run.alive_then > 1, "the program and its tool ran");
    assert_eq!(run.outcome.ended_by, EndedBy::Cancelled);
    assert!(carriers(&marker).is_empty());
}

#[tokio::test]
async fn a_program_that_was_killed_is_a_failure_and_its_tool_does_not_live_on() {
    let stage = Stage::set().await;
    let task = stage.task_with_endless_tool();
    let marker = task.environment_marker.clone();
    let run = stage.run_with(task, Answerer::kill_at_tool()).await;
    assert!(run.alive_then > 1, "the program and its tool ran");
    let failure = run.outcome.result.unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (FailureClass::AgentCrash, "no_result"));
    assert!(carriers(&marker).is_empty());
}

#[tokio::test]
async fn the_time_limit_ends_a_run() {
    let stage = Stage::set().await;
    let mut task = stage.task("slow 600");
    task.timeout = Duration::from_secs(3);
    let marker = task.environment_marker.clone();
    let run = stage.run(task).await;
    assert_eq!(run.outcome.ended_by, EndedBy::TimedOut);
    assert!(carriers(&marker).is_empty());
}

#[tokio::test]
async fn an_error_of_the_api_is_a_failure_of_its_own_class() {
    let stage = Stage::set().await;
    let wrong = stage.run(stage.task("fail 400")).await.outcome.result.unwrap_err();
    assert_eq!(wrong.class, FailureClass::Validation, "{wrong:?}");
    let mut task = stage.task("fail 529");
    task.agent.env.insert("CLAUDE_CODE_MAX_RETRIES".into(), "1".into());
    let busy = stage.run(task).await;
    assert!(busy.steps.iter().any(|step| matches!(step, Step::Retry { attempt: 1, max: 1, .. })));
    assert_eq!(busy.text(), "");
    assert_eq!(busy.outcome.result.unwrap_err().class, FailureClass::Capacity);
}

#[tokio::test]
async fn an_answer_cut_off_and_streamed_again_is_shown_once() {
    let stage = Stage::set().await;
    let run = stage.run(stage.task("cut-once and again")).await;
    assert_eq!(run.reply(), "echo: and again");
    assert_eq!(run.text(), "echo: and again");
}

#[tokio::test]
async fn a_follow_up_is_answered_within_the_run() {
    let stage = Stage::set().await;
    let run = stage.run_with(stage.task("slow 12"), Answerer::follow_up_at_text("w2 ", "and more")).await;
    assert!(run.followed_up);
    assert!(run.reply().ends_with("w12 \n\necho: and more"), "{:?}", run.reply());
    assert_eq!(run.text(), run.reply());
}

#[tokio::test]
async fn a_follow_up_during_a_tool_joins_the_turn() {
    let stage = Stage::set().await;
    let mut task = stage.task("use-tool sleep 2");
    task.agent.allowed_tools = vec!["Bash(sleep:*)".into()];
    let run = stage.run_with(task, Answerer::follow_up_at_tool("and more")).await;
    assert!(run.followed_up);
    assert!(!run.reply().is_empty());
}

#[tokio::test]
async fn root_without_a_sandbox_is_told_why_it_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let stage = Stage::set().await;
    let mut task = stage.task("hi");
    task.agent.permission_mode = Some("bypassPermissions".into());
    let failure = stage.run(task).await.outcome.result.unwrap_err();
    assert_eq!(failure.code, "root_refused", "{failure:?}");
}

#[tokio::test]
async fn several_runs_at_once_do_not_disturb_each_other() {
    let stage = Stage::set().await;
    let ask = |n: u8| stage.run(stage.task(&format!("number {n}")));
    let (one, two) = tokio::join!(ask(1), ask(2));
    assert_eq!((one.reply().as_str(), two.reply().as_str()), ("echo: number 1", "echo: number 2"));
    assert_ne!(one.outcome.conversation, two.outcome.conversation);
    assert_ne!(one.outcome.conversation, Some(Uuid::nil()));
}
