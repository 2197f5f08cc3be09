//! Refusals as RFC 9457 has them (`application/problem+json`), with the `error` that a coordinator's clients read.

use axum::http::StatusCode;
use schemas::error::{DetailCode, ErrorCode, WireError};
use serde_json::{Value, json};

use super::super::visitor::BadBody;

/// Why a request is not answered.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    code: String,
    detail: String,
    /// Machine-readable particulars.
    particulars: Option<Box<Value>>,
    /// The methods that are answered there.
    pub(super) allow: Option<String>,
    /// Seconds to wait before trying again.
    pub(super) wait: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), particulars: None, allow: None, wait: None }
    }

    /// The request is wrong.
    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, <&str>::from(ErrorCode::InvalidRequest), detail)
    }

    /// What is named does not exist.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, <&str>::from(ErrorCode::NotFound), detail)
    }

    /// It cannot be done to what is there now.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", detail)
    }

    pub(super) fn unauthorized() -> Self {
        let text = "Send the gateway's token, or a device's, as bearer.";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", text)
    }

    pub(super) fn locked(wait: u64) -> Self {
        let text = "Too many wrong tokens came from there; wait before trying again.";
        let problem =
            Self::new(StatusCode::TOO_MANY_REQUESTS, <&str>::from(DetailCode::AuthRateLimited), text);
        Self { wait: Some(wait.div_ceil(1000)), ..problem }
    }

    pub(super) fn busy() -> Self {
        let text = "Too many requests are under way; try again in a moment.";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, <&str>::from(DetailCode::Busy), text);
        Self { wait: Some(1), ..problem }
    }

    pub(super) fn no_such_route() -> Self {
        Self::not_found("There is no such route; GET /api/openapi.json lists them.")
    }

    pub(super) fn wrong_method(allowed: &str) -> Self {
        let text = format!("Answered here: {allowed}.");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", text);
        Self { allow: Some(allowed.to_owned()), ..problem }
    }

    /// This gateway has no such thing.
    pub(super) fn absent(what: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "ABSENT", format!("This gateway has no {what}."))
    }

    pub(super) fn bad_body(bad: BadBody) -> Self {
        Self::new(bad.status(), <&str>::from(ErrorCode::InvalidRequest), bad.message())
    }

    pub(super) fn ours() -> Self {
        let text = "internal error; the gateway's log has the cause";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, <&str>::from(ErrorCode::InternalError), text)
    }

    /// Returns the document.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "type": "about:blank", "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(), "detail": self.detail, "code": self.code, "error": self.detail,
        });
        if let Some(particulars) = &self.particulars {
            body["details"] = (**particulars).clone();
        }
        body
    }
}

impl From<WireError> for Problem {
    fn from(error: WireError) -> Self {
        let detail = error.details.as_ref().and_then(|details| details["code"].as_str()).unwrap_or_default();
        let is = |code: DetailCode| detail == code.to_string();
        let missing = is(DetailCode::UnknownAgentId)
            || is(DetailCode::TaskLeftNothing)
            || error.message.starts_with("task not found");
        let status = match error.code {
            _ if missing => StatusCode::NOT_FOUND,
            _ if is(DetailCode::IdempotencyConflict) => StatusCode::CONFLICT,
            _ if is(DetailCode::Busy) => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
            ErrorCode::Forbidden | ErrorCode::NotPaired => StatusCode::FORBIDDEN,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let code = if detail.is_empty() { error.code.to_string() } else { detail.to_owned() };
        let problem = Self::new(status, code, error.message);
        let wait = error.retry_after_ms.map(|wait| wait.div_ceil(1000));
        Self { particulars: error.details.map(Box::new), wait, ..problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Scope;

    #[test]
    fn refusals_of_methods_have_the_right_status() {
        let status = |error: WireError| Problem::from(error).status.as_u16();
        assert_eq!(status(WireError::invalid("x")), 400);
        assert_eq!(status(WireError::invalid("task not found; see")), 404);
        assert_eq!(status(WireError::invalid("x").detail(DetailCode::IdempotencyConflict)), 409);
        assert_eq!(status(WireError::missing_scope(Scope::Write)), 403);
        assert_eq!(status(WireError::unavailable("x")), 503);
        assert_eq!(status(WireError::unavailable("x").detail(DetailCode::Busy)), 429);
        let body = Problem::from(WireError::invalid("x").detail(DetailCode::TaskIdAmbiguous)).body();
        assert_eq!(
            (&body["code"], &body["error"], &body["status"]),
            (&json!("TASK_ID_AMBIGUOUS"), &json!("x"), &json!(400))
        );
    }
}
