//! Single lines, written after what the real program prints.

use serde_json::json;

use super::*;

fn line(value: &Value) -> Line {
    decode(value.to_string().as_bytes())
}

#[test]
fn what_is_not_known_is_passed_over() {
    assert_eq!(decode(b"not json at all\n"), Line::Other);
    assert_eq!(decode(b"\n"), Line::Other);
    assert_eq!(decode(b"[1,2]\n"), Line::Other);
    assert_eq!(line(&json!({"type": 7})), Line::Other);
    assert_eq!(
        line(&json!({"type": "system", "subtype": "thinking_tokens", "estimated_tokens": 3})),
        Line::Other
    );
    assert_eq!(
        line(&json!({"type": "user", "message": {"content": "[Request interrupted by user]"}})),
        Line::Other
    );
}

#[test]
fn success_is_not_believed_without_is_error_false() {
    let Line::Result(result) = line(&json!({"subtype": "success", "result": "x", "type": "result"})) else {
        panic!("not a result")
    };
    assert!(result.is_error);
}

#[test]
fn a_field_of_a_new_shape_costs_only_itself() {
    let Line::Result(result) = line(
        &json!({"is_error": false, "result": "x", "duration_ms": "soon", "usage": [], "type": "result"}),
    ) else {
        panic!("not a result")
    };
    assert_eq!((result.text.as_deref(), result.duration_ms, result.is_error), (Some("x"), 0, false));
}

#[test]
fn a_permission_question_keeps_its_input_as_it_is() {
    let asked = line(
        &json!({"type": "control_request", "request_id": "r", "request": {"subtype": "can_use_tool",
        "tool_name": "Bash", "input": {"command": "rm x", "n": 1.5}, "tool_use_id": "t", "description": "d"}}),
    );
    assert_eq!(
        asked,
        Line::Ask(Ask {
            request: "r".into(),
            tool: "Bash".into(),
            tool_use: Some("t".into()),
            input: json!({"command": "rm x", "n": 1.5}),
            description: Some("d".into()),
        })
    );
}

#[test]
fn a_request_of_another_kind_is_told_apart_so_that_it_can_be_refused() {
    let asked =
        line(&json!({"type": "control_request", "request_id": "r", "request": {"subtype": "hook_callback"}}));
    assert_eq!(asked, Line::UnknownRequest { request: "r".into(), subtype: "hook_callback".into() });
}
