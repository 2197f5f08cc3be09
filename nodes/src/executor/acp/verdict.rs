//! Judges how a run of an agent ended, put into the closed list of failures.

use std::process::ExitStatus;

use agent_client_protocol::{Error, is_connection_terminated, is_incoming_transport_closed};
use serde_json::Value;

use crate::executor::{Failure, FailureClass, Reply};

/// Why there is no answer: what the agent said, or that it is gone.
#[derive(Debug)]
pub(super) enum Trouble {
    Failed(Failure),
    /// The line is closed; how the program ended says more.
    Gone,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Returns the trouble that an agent's error means; `what` it was asked for.
pub(super) fn of_error(what: &str, error: &Error) -> Trouble {
    if is_incoming_transport_closed(error) || is_connection_terminated(error) {
        return Trouble::Gone;
    }
    let data = error.data.clone().unwrap_or_default();
    let detail = match &data {
        Value::Null => String::new(),
        Value::String(text) => format!(": {text}"),
        other => format!(": {other}"),
    };
    let said = format!("The agent refused {what}: {}{detail}", error.message);
    let kind = data["errorKind"].as_str().unwrap_or_default();
    let (class, code) = match (i32::from(error.code), kind) {
        (-32000, _) | (_, "authentication_failed" | "billing_error") => {
            (FailureClass::Denied, "auth_required")
        }
        (_, "rate_limit") => (FailureClass::RateLimited, "rate_limited"),
        (_, "overloaded" | "server_error") => (FailureClass::Capacity, "overloaded"),
        (-32602 | -32601, _) | (_, "invalid_request") => (FailureClass::Validation, "refused"),
        _ => (FailureClass::IsError, "is_error"),
    };
    Failure::new(class, code, said).into()
}

/// Returns the answer that the end of a turn means, or why it is none.
pub(super) fn of_stop(reason: &str, text: String) -> Result<Reply, Failure> {
    match reason {
        "max_turn_requests" => {
            let message = "The agent used up the requests that it allows itself in a turn";
            Err(Failure::new(FailureClass::Budget, "max_turns", message))
        }
        "cancelled" => {
            let message = "The agent ended its turn as cancelled, although nobody stopped it";
            Err(Failure::new(FailureClass::IsError, "cancelled_by_agent", message))
        }
        other => Ok(Reply { text, stop_reason: other.to_owned() }),
    }
}

/// Returns the failure of a program that ended, or closed its line, without an answer.
pub(super) fn of_exit(status: Option<ExitStatus>, line: Option<&Error>, stderr: &str) -> Failure {
    let how = status.map_or_else(|| "it ended in an unknown way".to_owned(), |status| status.to_string());
    let line = line.map_or_else(String::new, |error| {
        format!("; {}", error.data.as_ref().map_or_else(|| error.message.clone(), ToString::to_string))
    });
    let said = if stderr.is_empty() { "it wrote nothing to stderr" } else { stderr };
    let message = format!("The agent ended without an answer ({how}{line}): {said}");
    Failure::new(FailureClass::AgentCrash, "no_result", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(error: &Error) -> FailureClass {
        match of_error("the prompt", error) {
            Trouble::Failed(failure) => failure.class,
            Trouble::Gone => panic!("{error:?}"),
        }
    }

    #[test]
    fn errors_are_classed_by_code_and_by_what_the_agent_says_of_its_provider() {
        assert_eq!(class(&Error::auth_required()), FailureClass::Denied);
        assert_eq!(class(&Error::invalid_params()), FailureClass::Validation);
        let provider = |kind: &str| Error::internal_error().data(serde_json::json!({"errorKind": kind}));
        assert_eq!(class(&provider("rate_limit")), FailureClass::RateLimited);
        assert_eq!(class(&provider("overloaded")), FailureClass::Capacity);
        assert_eq!(class(&Error::internal_error()), FailureClass::IsError);
    }

    #[test]
    fn a_refusal_and_a_cut_answer_are_answers_that_say_so() {
        assert_eq!(of_stop("refusal", "no".into()).unwrap().stop_reason, "refusal");
        assert_eq!(of_stop("max_turn_requests", String::new()).unwrap_err().class, FailureClass::Budget);
    }
}
