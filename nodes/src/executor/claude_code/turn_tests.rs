//! Runs told by their lines, written after what the real program prints.

use serde_json::{Value, json};

use super::*;
use crate::executor::claude_code::lines::decode;

const FIRST: Uuid = Uuid::from_u128(1);
const SECOND: Uuid = Uuid::from_u128(2);

fn run(turns: &mut Turns, lines: &[Value]) -> Vec<Step> {
    lines.iter().flat_map(|line| turns.take(decode(line.to_string().as_bytes()))).collect()
}

fn begun() -> Turns {
    let mut turns = Turns::new(Some(0.2));
    turns.written(FIRST);
    turns
}

fn init() -> Value {
    json!({"type": "system", "subtype": "init", "session_id": SECOND, "model": "m", "tools": ["Bash"]})
}

fn started(line: Uuid) -> Value {
    json!({"type": "command_lifecycle", "command_uuid": line, "state": "started"})
}

fn result(text: &str) -> Value {
    json!({"duration_ms": 7, "is_error": false, "num_turns": 1, "subtype": "success", "result": text,
        "total_cost_usd": 0.5, "usage": {"input_tokens": 10, "output_tokens": 2}, "type": "result"})
}

fn stream(event: &Value) -> Value {
    json!({"type": "stream_event", "event": event, "parent_tool_use_id": null})
}

#[test]
fn a_plain_turn_streams_its_text_once_and_is_complete_at_its_result() {
    let mut turns = begun();
    let steps = run(
        &mut turns,
        &[
            started(FIRST),
            init(),
            json!({"type": "system", "subtype": "brand_new_thing", "x": 1}),
            json!({"type": "never_heard_of"}),
            stream(&json!({"type": "message_start", "message": {"id": "m1"}})),
            stream(&json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hi"}})),
            json!({"type": "assistant", "message": {"id": "m1", "content": [{"type": "text", "text": "hi"}]}}),
            stream(&json!({"type": "message_stop"})),
        ],
    );
    assert_eq!(
        steps,
        [
            Step::Conversation { id: SECOND },
            Step::Model { name: "m".into() },
            Step::Text { delta: "hi".into() },
        ]
    );
    assert!(!turns.complete());
    run(&mut turns, &[result("hi")]);
    assert!(turns.complete());
    assert_eq!(turns.reply(), "hi");
}

#[test]
fn a_tool_call_is_told_with_its_result_and_a_subagents_text_is_not() {
    let mut turns = begun();
    let steps = run(
        &mut turns,
        &[
            json!({"type": "assistant", "message": {"id": "m1", "content":
            [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}]}}),
            json!({"type": "assistant", "parent_tool_use_id": "t1", "message": {"id": "m2", "content":
            [{"type": "text", "text": "thinking aloud elsewhere"}]}}),
            json!({"type": "user", "message": {"content":
            [{"type": "tool_result", "tool_use_id": "t1", "content": "a b", "is_error": true}]}}),
        ],
    );
    assert_eq!(
        steps,
        [
            Step::ToolStart { id: "t1".into(), name: "Bash".into(), args: json!({"command": "ls"}) },
            Step::ToolResult { id: "t1".into(), name: "Bash".into(), is_error: true, result: json!("a b") },
        ]
    );
}

#[test]
fn a_follow_up_that_becomes_a_turn_of_its_own_is_waited_for() {
    let mut turns = begun();
    run(&mut turns, &[started(FIRST), init()]);
    turns.written(SECOND);
    run(&mut turns, &[result("one")]);
    assert!(!turns.complete() && turns.between());
    // It is announced before its turn begins: the old result must not end the run here.
    run(&mut turns, &[started(SECOND)]);
    assert!(!turns.complete());
    run(&mut turns, &[init(), result("two")]);
    assert!(turns.complete());
    assert_eq!(turns.reply(), "one\n\ntwo");
    let usage = turns.usage().unwrap();
    assert_eq!((usage.input_tokens, usage.turns, usage.duration_ms), (20, 2, 14));
    assert!((usage.cost_usd.unwrap() - 0.3).abs() < 1e-9);
}

#[test]
fn a_follow_up_that_joins_the_running_turn_needs_no_second_result() {
    let mut turns = begun();
    run(&mut turns, &[started(FIRST), init()]);
    turns.written(SECOND);
    let replay = json!({"type": "user", "isReplay": true, "uuid": SECOND, "message": {"content": "x"}});
    run(&mut turns, &[replay, result("both")]);
    assert!(turns.complete());
}

#[test]
fn a_version_that_does_not_say_what_it_took_up_is_understood() {
    let mut turns = begun();
    run(&mut turns, &[init(), result("done")]);
    assert!(turns.complete());
}

#[test]
fn the_text_of_an_api_error_is_not_part_of_the_answer() {
    let mut turns = begun();
    let steps = run(
        &mut turns,
        &[
            json!({"type": "system", "subtype": "api_retry", "attempt": 1, "max_retries": 3, "retry_delay_ms": 600,
            "error_status": 529, "error": "overloaded"}),
            json!({"type": "assistant", "is_api_error_message": true, "message": {"id": "m", "model": "<synthetic>",
            "content": [{"type": "text", "text": "API Error: 529 Overloaded"}]}}),
            json!({"subtype": "success", "is_error": true, "result": "API Error: 529", "api_error_status": 529,
            "terminal_reason": "api_error", "type": "result"}),
        ],
    );
    let retry = Step::Retry { attempt: 1, max: 3, delay_ms: 600, error: "overloaded (529)".into() };
    assert_eq!(steps.first(), Some(&retry));
    assert!(!steps.iter().any(|step| matches!(step, Step::Text { .. })));
    assert!(turns.complete() && turns.last.as_ref().unwrap().is_error);
    assert_eq!(turns.reply(), "");
}
