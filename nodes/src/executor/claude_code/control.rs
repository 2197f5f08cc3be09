//! The lines that are written to the stdin of Claude Code: the user's, answers, and the interrupt.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::executor::Decision;

/// Returns a user's message. `id` comes back when the agent takes it up.
pub(super) fn user(id: Uuid, content: &Value) -> Vec<u8> {
    line(&json!({"type": "user", "uuid": id, "message": {"role": "user", "content": content}}))
}

/// Returns the answer to a permission question; `input` is what was asked about.
pub(super) fn decision(request: &str, decision: Decision, input: Value) -> Vec<u8> {
    let response = match decision {
        Decision::Allow { updated_input } => {
            json!({"behavior": "allow", "updatedInput": updated_input.unwrap_or(input)})
        }
        Decision::Deny { message } => json!({"behavior": "deny", "message": message}),
    };
    let body = json!({"subtype": "success", "request_id": request, "response": response});
    line(&json!({"type": "control_response", "response": body}))
}

/// Returns the refusal of a request this executor does not know, so that the agent does not wait for it.
pub(super) fn unsupported(request: &str, subtype: &str) -> Vec<u8> {
    let error = format!("{subtype} is not supported");
    let body = json!({"subtype": "error", "request_id": request, "error": error});
    line(&json!({"type": "control_response", "response": body}))
}

/// Returns the order to end the present turn.
pub(super) fn interrupt() -> Vec<u8> {
    line(&json!({"type": "control_request", "request_id": "stop", "request": {"subtype": "interrupt"}}))
}

fn line(value: &Value) -> Vec<u8> {
    let mut bytes = value.to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Value {
        assert_eq!(bytes.iter().position(|byte| *byte == b'\n'), Some(bytes.len() - 1), "one line");
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn a_message_stays_one_line_whatever_it_holds() {
        let written = parsed(&user(Uuid::nil(), &json!("two\nlines")));
        assert_eq!(written["message"]["content"], "two\nlines");
        assert_eq!(written["uuid"], "00000000-0000-0000-0000-000000000000");
    }

    #[test]
    fn an_allowed_tool_runs_with_the_input_that_was_asked_about_unless_changed() {
        let asked = json!({"command": "ls"});
        let same = parsed(&decision("q", Decision::Allow { updated_input: None }, asked.clone()));
        assert_eq!(
            same["response"]["response"],
            json!({"behavior": "allow", "updatedInput": {"command": "ls"}})
        );
        let changed = Decision::Allow { updated_input: Some(json!({"command": "pwd"})) };
        let changed = parsed(&decision("q", changed, asked));
        assert_eq!(changed["response"]["response"]["updatedInput"]["command"], "pwd");
    }

    #[test]
    fn a_refusal_names_the_question_and_the_reason() {
        let denied = parsed(&decision("q7", Decision::Deny { message: "no".into() }, Value::Null));
        assert_eq!(denied["response"]["request_id"], "q7");
        assert_eq!(denied["response"]["response"], json!({"behavior": "deny", "message": "no"}));
    }
}
