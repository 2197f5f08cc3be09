//! Turns told by their updates, written after what real agents send.

use serde_json::{Value, json};

use super::*;

fn run(turn: &mut Turn, updates: &[Value]) -> Vec<Step> {
    let read = |update: &Value| serde_json::from_value(update.clone()).unwrap();
    updates.iter().flat_map(|update| turn.take(read(update))).collect()
}

fn text(words: &str) -> Value {
    json!({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": words}})
}

#[test]
fn an_answer_before_and_after_a_tool_is_two_paragraphs() {
    let mut turn = Turn::new(Some(0.0));
    let steps = run(
        &mut turn,
        &[
            text("I "),
            text("look"),
            json!({"sessionUpdate": "tool_call", "toolCallId": "t", "title": "ls", "kind": "execute",
                "rawInput": {}, "_meta": {"claudeCode": {"toolName": "Bash"}}}),
            json!({"sessionUpdate": "tool_call_update", "toolCallId": "t", "rawInput": {"command": "ls"}}),
            json!({"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "in_progress"}),
            json!({"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "completed",
                "content": [{"type": "content", "content": {"type": "text", "text": "a.txt"}}]}),
            json!({"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "completed"}),
            text("done"),
        ],
    );
    assert_eq!(turn.reply(), "I look\n\ndone");
    assert_eq!(
        steps[2..5],
        [
            Step::ToolStart { id: "t".into(), name: "Bash".into(), args: json!({}) },
            Step::ToolUpdate {
                id: "t".into(),
                name: "Bash".into(),
                partial: json!({"input": {"command": "ls"}})
            },
            Step::ToolResult { id: "t".into(), name: "Bash".into(), is_error: false, result: json!("a.txt") },
        ]
    );
    assert_eq!(steps.len(), 6);
}

#[test]
fn a_plan_is_progress_and_cost_is_the_runs_own_share() {
    let mut turn = Turn::new(Some(0.5));
    let entry = |status: &str| json!({"content": "x", "priority": "low", "status": status});
    let plan = json!({"sessionUpdate": "plan", "entries": [entry("completed"), entry("pending")]});
    assert_eq!(run(&mut turn, &[plan.clone(), plan]), [Step::Percent { done: 50 }]);
    let cost = json!({"sessionUpdate": "usage_update", "used": 1, "size": 2, "cost": {"amount": 0.75, "currency": "USD"}});
    run(&mut turn, &[cost]);
    turn.counted(&json!({"stopReason": "end_turn", "usage": {"inputTokens": 7, "outputTokens": 2}}));
    let usage = turn.usage().unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.cost_usd), (7, 2, Some(0.25)));
}

#[test]
fn without_a_word_about_usage_there_is_none() {
    let mut turn = Turn::new(None);
    turn.counted(&json!({"stopReason": "end_turn"}));
    assert_eq!(turn.usage(), None);
}
