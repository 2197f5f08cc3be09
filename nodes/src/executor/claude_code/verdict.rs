//! Judges how a run of Claude Code ended: what it says about itself, put into the closed list of failures.

use std::process::ExitStatus;

use super::lines::TurnResult;
use crate::executor::{Failure, FailureClass};

/// A start of the program that failed for a reason which another start can cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cure {
    /// The conversation to resume is gone: begin a new one.
    BeginAnew,
    /// The conversation to begin exists: resume it.
    Resume,
}

/// Returns the cure of a failed start. `resumed` says what was tried.
pub(super) fn cure(resumed: bool, last: Option<&TurnResult>, stderr: &str) -> Option<Cure> {
    let says = |text: &str| {
        stderr.contains(text) || last.is_some_and(|last| last.errors.iter().any(|error| error.contains(text)))
    };
    if resumed && last.is_none_or(|last| last.is_error) && says("No conversation found") {
        return Some(Cure::BeginAnew);
    }
    (!resumed && last.is_none() && says("is already in use")).then_some(Cure::Resume)
}

/// Returns the failure that a result with `is_error` means.
pub(super) fn of_result(result: &TurnResult) -> Failure {
    let said = result.text.clone().unwrap_or_else(|| result.errors.join("; "));
    let said = if said.is_empty() { result.subtype.clone() } else { said };
    let (class, code) = match (result.subtype.as_str(), result.api_status) {
        ("error_max_turns", _) => (FailureClass::Budget, "max_turns".to_owned()),
        ("error_max_budget_usd", _) => (FailureClass::Budget, "max_budget".to_owned()),
        (_, Some(401 | 403)) => (FailureClass::Denied, "authentication_failed".to_owned()),
        (_, Some(429)) => (FailureClass::RateLimited, "rate_limited".to_owned()),
        (_, Some(529)) => (FailureClass::Capacity, "overloaded".to_owned()),
        (_, Some(status @ 500..)) => (FailureClass::Capacity, format!("api_{status}")),
        (_, Some(status)) => (FailureClass::Validation, format!("api_{status}")),
        _ if said.contains("/login") => {
            let message = format!(
                "{said}. Log in once with `claude` as the user the gateway runs as, or set ANTHROPIC_API_KEY"
            );
            return Failure::new(FailureClass::Denied, "not_logged_in", message);
        }
        _ if result.terminal_reason.as_deref() == Some("api_error") => {
            (FailureClass::Network, "api_unreachable".to_owned())
        }
        ("error_during_execution", None) => (FailureClass::IsError, "error_during_execution".to_owned()),
        _ => (FailureClass::IsError, "is_error".to_owned()),
    };
    let message = match code.as_str() {
        "max_turns" => "The agent used up its turns; raise `max_turns` of the agent to allow more".to_owned(),
        _ => said,
    };
    Failure::new(class, code, message)
}

/// Returns the failure of a program that ended without any result.
pub(super) fn of_exit(status: Option<ExitStatus>, stderr: &str) -> Failure {
    if stderr.contains("cannot be used with root") {
        let message = "Claude Code refuses the permission mode bypassPermissions to root. Run the gateway as \
                       another user, choose another `permission_mode`, or, if this machine is a sandbox, set \
                       IS_SANDBOX = \"1\" in the agent's `env`";
        return Failure::new(FailureClass::Validation, "root_refused", message);
    }
    let how = status.map_or_else(|| "it ended in an unknown way".to_owned(), |status| status.to_string());
    let said = if stderr.is_empty() { "it wrote nothing to stderr" } else { stderr };
    let message = format!("Claude Code ended without a result ({how}): {said}");
    Failure::new(FailureClass::AgentCrash, "no_result", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Retry;

    fn api(status: Option<u64>, text: &str) -> TurnResult {
        TurnResult {
            subtype: "success".into(),
            is_error: true,
            text: Some(text.into()),
            terminal_reason: Some("api_error".into()),
            api_status: status,
            ..TurnResult::default()
        }
    }

    #[test]
    fn an_api_error_that_calls_itself_success_is_classed_by_its_status() {
        let class = |status| of_result(&api(status, "API Error")).class;
        assert_eq!(class(Some(529)), FailureClass::Capacity);
        assert_eq!(class(Some(429)), FailureClass::RateLimited);
        assert_eq!(class(Some(500)), FailureClass::Capacity);
        assert_eq!(class(Some(401)), FailureClass::Denied);
        assert_eq!(class(Some(400)), FailureClass::Validation);
        assert_eq!(class(None), FailureClass::Network);
        assert_eq!(of_result(&api(Some(529), "x")).retry(), Retry::Later);
    }

    #[test]
    fn a_missing_login_says_what_to_do() {
        let failure = of_result(&api(None, "Not logged in · Please run /login"));
        assert_eq!((failure.class, failure.code.as_str()), (FailureClass::Denied, "not_logged_in"));
        assert!(failure.message.contains("ANTHROPIC_API_KEY"));
    }

    #[test]
    fn root_is_told_its_choices() {
        let failure =
            of_exit(None, "--dangerously-skip-permissions cannot be used with root/sudo privileges");
        assert_eq!(failure.code, "root_refused");
        assert!(failure.message.contains("IS_SANDBOX"));
    }

    #[test]
    fn a_lost_and_an_existing_conversation_have_a_cure() {
        let lost = TurnResult { is_error: true, ..TurnResult::default() };
        let stderr = "No conversation found with session ID: x";
        assert_eq!(cure(true, Some(&lost), stderr), Some(Cure::BeginAnew));
        assert_eq!(cure(false, None, "Error: Session ID x is already in use."), Some(Cure::Resume));
        assert_eq!(cure(true, Some(&lost), "something else"), None);
        // An answer that merely quotes the words is an answer.
        let good = TurnResult { is_error: false, ..TurnResult::default() };
        assert_eq!(cure(true, Some(&good), stderr), None);
    }
}
