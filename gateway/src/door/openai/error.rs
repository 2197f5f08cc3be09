//! Refusals in the shape that OpenAI's libraries read: `{"error": {message, type, param, code}}`.

use axum::body::Body;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use schemas::error::{DetailCode, ErrorCode, WireError};
use serde_json::{Value, json};

use super::super::routes::json_response;
use super::super::visitor::BadBody;

/// Why a request is not answered.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Value,
    /// Seconds to wait before trying again.
    wait: Option<u64>,
}

impl Refusal {
    fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        let error = json!({ "message": message.into(), "type": kind, "param": null, "code": null });
        Self { status, error, wait: None }
    }

    fn coded(status: StatusCode, kind: &str, code: &str, message: impl Into<String>) -> Self {
        let mut refusal = Self::new(status, kind, message);
        refusal.error["code"] = code.into();
        refusal
    }

    /// A wrong request; `param` names the field.
    pub(super) fn invalid(message: impl Into<String>, param: Option<&str>) -> Self {
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, INVALID, message);
        refusal.error["param"] = param.into();
        refusal
    }

    /// A field that agents cannot honour: leaving it out of account would answer another question.
    pub(super) fn unsupported(param: &str, why: &str) -> Self {
        let mut refusal = Self::invalid(format!("{param}: {why}"), Some(param));
        refusal.error["code"] = "unsupported_parameter".into();
        refusal
    }

    pub(super) fn no_such_model(model: &str) -> Self {
        let text = format!("The model {model:?} does not exist: GET /v1/models lists the agents.");
        let mut refusal = Self::coded(StatusCode::NOT_FOUND, INVALID, "model_not_found", text);
        refusal.error["param"] = "model".into();
        refusal
    }

    pub(super) fn no_such_response(id: &str) -> Self {
        let text = format!("There is no response {id:?} to go on from.");
        let mut refusal = Self::coded(StatusCode::NOT_FOUND, INVALID, "previous_response_not_found", text);
        refusal.error["param"] = "previous_response_id".into();
        refusal
    }

    pub(super) fn unauthorized() -> Self {
        let error = json!({ "message": "Unauthorized", "type": "unauthorized" });
        Self { status: StatusCode::UNAUTHORIZED, error, wait: None }
    }

    pub(super) fn locked(wait: u64) -> Self {
        let text = "Too many wrong tokens came from there; wait before trying again.";
        let refusal =
            Self::coded(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "too_many_failures", text);
        Self { wait: Some(wait.div_ceil(1000)), ..refusal }
    }

    pub(super) fn busy() -> Self {
        let text = "Too many answers are under way; try again in a moment.";
        let refusal =
            Self::coded(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "rate_limit_exceeded", text);
        Self { wait: Some(2), ..refusal }
    }

    pub(super) fn off() -> Self {
        let text = "This endpoint is off. Switch it on in the configuration, [gateway.openai], and restart.";
        Self::coded(StatusCode::NOT_FOUND, INVALID, "endpoint_disabled", text)
    }

    pub(super) fn no_such_route() -> Self {
        let text = "Offered are /v1/models, /v1/chat/completions and /v1/responses.";
        Self::coded(StatusCode::NOT_FOUND, INVALID, "unknown_url", text)
    }

    pub(super) fn wrong_method(allowed: &Method) -> Self {
        let text = format!("Only {allowed} is answered here.");
        Self::coded(StatusCode::METHOD_NOT_ALLOWED, INVALID, "method_not_supported", text)
    }

    pub(super) fn body(bad: BadBody) -> Self {
        Self::new(bad.status(), INVALID, bad.message())
    }

    /// Returns the refusal's `error` object, for a stream that has begun.
    pub(super) fn error(&self) -> &Value {
        &self.error
    }

    pub(super) fn response(&self) -> Response<Body> {
        let mut response = json_response(self.status, &json!({ "error": self.error }));
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.wait {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }
}

impl From<WireError> for Refusal {
    fn from(error: WireError) -> Self {
        let detail = error.details.as_ref().and_then(|details| details["code"].as_str()).unwrap_or_default();
        let unknown_agent = detail == DetailCode::UnknownAgentId.to_string();
        let full = detail == DetailCode::Busy.to_string();
        let (status, kind) = match error.code {
            _ if unknown_agent => (StatusCode::NOT_FOUND, INVALID),
            _ if full => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_error"),
            ErrorCode::InvalidRequest => (StatusCode::BAD_REQUEST, INVALID),
            ErrorCode::Forbidden | ErrorCode::NotPaired => (StatusCode::FORBIDDEN, "permission_error"),
            ErrorCode::NotFound => (StatusCode::NOT_FOUND, INVALID),
            ErrorCode::Unavailable if error.retryable == Some(true) => {
                (StatusCode::SERVICE_UNAVAILABLE, "server_error")
            }
            // A run that failed would fail again: client libraries repeat what answers with 500 or more.
            ErrorCode::Unavailable => (StatusCode::UNPROCESSABLE_ENTITY, "agent_error"),
            ErrorCode::InternalError => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        };
        let code = if detail.is_empty() { error.code.to_string() } else { detail.to_owned() };
        let refusal = Self::coded(status, kind, &code.to_ascii_lowercase(), error.message);
        Self { wait: error.retry_after_ms.map(|wait| wait.div_ceil(1000)), ..refusal }
    }
}

const INVALID: &str = "invalid_request_error";

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Scope;

    #[test]
    fn refusals_have_the_status_that_libraries_act_on() {
        let status = |error: WireError| Refusal::from(error).response().status().as_u16();
        assert_eq!(status(WireError::invalid("x")), 400);
        assert_eq!(status(WireError::missing_scope(Scope::Write)), 403);
        assert_eq!(status(WireError::unavailable("stopping")), 503);
        assert_eq!(status(WireError::new(ErrorCode::Unavailable, "the run failed")), 422);
        assert_eq!(status(WireError::unavailable("full").detail(DetailCode::Busy).retry_after(1500)), 429);
        let locked = Refusal::locked(1500).response();
        assert_eq!(locked.headers()[RETRY_AFTER], "2");
        let plain = Refusal::unauthorized();
        assert_eq!(plain.error(), &json!({ "message": "Unauthorized", "type": "unauthorized" }));
        assert_eq!(plain.response().headers()[WWW_AUTHENTICATE], "Bearer");
    }
}
