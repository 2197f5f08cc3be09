//! What a failed call means: whether the platform did it, and whether trying again can help.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::limits;
use super::wire::loose;
use crate::channel::ListenError;
use crate::outbound::{Failure, Retry, SendError};

/// A failed call.
#[derive(Debug)]
pub(super) struct Fault {
    /// The HTTP status, if there was an answer.
    pub(super) status: Option<u16>,
    /// Discord's own code of the error.
    pub(super) code: u64,
    /// Whether a rate limit holds for every call and not for this route alone.
    pub(super) everything: bool,
    /// What it means.
    pub(super) error: SendError,
}

/// The body of Discord's errors.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(deserialize_with = "loose")]
    code: u64,
    #[serde(deserialize_with = "loose")]
    message: Option<String>,
    #[serde(deserialize_with = "loose")]
    retry_after: Option<f64>,
    #[serde(deserialize_with = "loose")]
    global: bool,
    errors: Value,
}

/// What an answer's headers say of waiting.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting<'a> {
    /// `Retry-After`.
    pub(super) retry_after: Option<&'a str>,
    /// Whether `X-RateLimit-Global` is set.
    pub(super) global: bool,
}

impl Fault {
    /// Returns a fault that was found before anything was sent.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self::new(None, 0, Failure::Refused, Retry::Never, text)
    }

    /// Returns the fault of a call that a known rate limit forbids.
    pub(super) fn limited(time: Duration) -> Self {
        let text = "Discord's rate limit for this conversation is used up";
        Self::new(None, 0, Failure::Limited, Retry::after(time), text)
    }

    /// Returns the fault of a call that got no whole answer; `again`: repeating it cannot do it twice.
    pub(super) fn broken(error: &reqwest::Error, again: bool) -> Self {
        if error.is_builder() {
            return Self::refused("the call to Discord could not be built; check `api_root`");
        }
        if error.is_connect() {
            let text = "Discord could not be reached";
            return Self::new(None, 0, Failure::Away, Retry::Later, text);
        }
        let text = if error.is_timeout() { "Discord did not answer in time" } else { "the connection broke" };
        Self::unknown(None, &format!("{text} after the call was sent"), again)
    }

    /// Returns the fault of a call that may have been done.
    pub(super) fn unknown(status: Option<u16>, text: &str, again: bool) -> Self {
        let retry = if again { Retry::Later } else { Retry::Never };
        Self::new(status, 0, Failure::Unknown, retry, format!("{text}{PERHAPS}"))
    }

    /// Judges an answer that is no success; `again`: repeating the call cannot do it twice.
    pub(super) fn judge(status: StatusCode, waiting: Waiting<'_>, body: &[u8], again: bool) -> Self {
        let json = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
        let own = json.is_some();
        let body: Body = json.and_then(|json| serde_json::from_value(json).ok()).unwrap_or_default();
        let number = Some(status.as_u16());
        let says = describe(&body);
        let new = |failure, retry, text: String| Self::new(number, body.code, failure, retry, text);
        match status.as_u16() {
            429 => {
                let named = body.retry_after.map(|seconds| seconds.to_string());
                let time = named.as_deref().or(waiting.retry_after).and_then(limits::seconds);
                let time = time.unwrap_or(Duration::from_secs(1)).max(Duration::from_millis(1));
                let text = format!("Discord wants {:.1} s without such calls", time.as_secs_f64());
                let mut fault = new(Failure::Limited, Retry::after(time), text);
                fault.everything = body.global || waiting.global;
                fault
            }
            401 => new(
                Failure::Refused,
                Retry::Never,
                "Discord says that the token is not valid; set a new one".into(),
            ),
            403 if GONE_FORBIDDEN.contains(&body.code) => {
                new(Failure::Gone, Retry::Never, format!("the bot may not act there{says}"))
            }
            404 => new(Failure::Gone, Retry::Never, format!("it is not there any more{says}")),
            408 => Self::unknown(number, "Discord did not take the call in time", again),
            500.. if own => new(Failure::Away, Retry::Later, format!("Discord failed ({status}{says})")),
            500.. => Self::unknown(number, &format!("something before Discord failed ({status})"), again),
            _ => new(Failure::Refused, Retry::Never, format!("Discord refused it ({status}{says})")),
        }
    }

    /// Returns why listening cannot begin.
    pub(super) fn listen(self, doing: &str) -> ListenError {
        let text = format!("{doing}: {}", self.error.text.trim_end_matches(PERHAPS));
        match (self.status, self.error.retry) {
            (Some(401), _) => ListenError::Refused(self.error.text),
            (_, Retry::After(millis)) => {
                ListenError::Lost { text, after: Some(Duration::from_millis(millis)) }
            }
            _ => ListenError::Lost { text, after: None },
        }
    }

    /// Says whether the token of an interaction is unknown or too old.
    pub(super) fn is_expired(&self) -> bool {
        const UNKNOWN_MESSAGE: u64 = 10_008;
        const UNKNOWN_WEBHOOK: u64 = 10_015;
        const UNKNOWN_INTERACTION: u64 = 10_062;
        const INVALID_TOKEN: u64 = 50_027;
        [UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, INVALID_TOKEN].contains(&self.code)
            || matches!(self.status, Some(401 | 404))
    }

    fn new(status: Option<u16>, code: u64, failure: Failure, retry: Retry, text: impl Into<String>) -> Self {
        Self { status, code, everything: false, error: SendError { failure, retry, text: text.into() } }
    }
}

impl From<Fault> for SendError {
    fn from(fault: Fault) -> Self {
        fault.error
    }
}

/// What is added where nobody knows.
const PERHAPS: &str = ": Discord may have done it";
/// No access, no permission, the person takes no messages from this bot.
const GONE_FORBIDDEN: [u64; 3] = [50_001, 50_013, 50_007];

/// Says in Discord's words what was wrong, with the first field that it names. Bounded: it is shown to people.
fn describe(body: &Body) -> String {
    let Some(message) = &body.message else { return String::new() };
    let mut text = format!(": {message}");
    if body.code != 0 {
        text = format!(", {}{text}", body.code);
    }
    if let Some((field, wrong)) = first_error(&body.errors, "") {
        text = format!("{text}; {field}: {wrong}");
    }
    text.chars().take(300).collect()
}

/// Finds the first field error in Discord's nested form.
fn first_error(errors: &Value, path: &str) -> Option<(String, String)> {
    let fields = errors.as_object()?;
    if let Some(first) = fields.get("_errors").and_then(|list| list.get(0)) {
        return Some((path.to_owned(), first.get("message")?.as_str()?.to_owned()));
    }
    fields.iter().find_map(|(name, inner)| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        first_error(inner, &path)
    })
}
