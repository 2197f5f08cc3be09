//! The errors of the REST interface, in Discord's words and numbers.

use serde_json::{Map, Value, json};

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refusal {
    /// A status, a code of Discord's list, its message.
    Plain(u16, u32, &'static str),
    /// Error 50035: what is wrong at which field.
    Form(Vec<Problem>),
}

/// What is wrong with one field of a body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    /// The field, with dots: `embeds.0.title`.
    pub(super) at: String,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) const UNAUTHORIZED: Self = Self::Plain(401, 0, "401: Unauthorized");
    pub(super) const NO_ROUTE: Self = Self::Plain(404, 0, "404: Not Found");
    pub(super) const NO_METHOD: Self = Self::Plain(405, 0, "405: Method Not Allowed");
    pub(super) const UNKNOWN_CHANNEL: Self = Self::Plain(404, 10003, "Unknown Channel");
    pub(super) const UNKNOWN_GUILD: Self = Self::Plain(404, 10004, "Unknown Guild");
    pub(super) const UNKNOWN_MEMBER: Self = Self::Plain(404, 10007, "Unknown Member");
    pub(super) const UNKNOWN_MESSAGE: Self = Self::Plain(404, 10008, "Unknown Message");
    pub(super) const UNKNOWN_USER: Self = Self::Plain(404, 10013, "Unknown User");
    pub(super) const UNKNOWN_EMOJI: Self = Self::Plain(400, 10014, "Unknown Emoji");
    pub(super) const UNKNOWN_WEBHOOK: Self = Self::Plain(404, 10015, "Unknown Webhook");
    pub(super) const UNKNOWN_INTERACTION: Self = Self::Plain(404, 10062, "Unknown interaction");
    pub(super) const UNKNOWN_COMMAND: Self = Self::Plain(404, 10063, "Unknown application command");
    pub(super) const TOO_MANY_PINS: Self = Self::Plain(400, 30003, "Maximum number of pins reached (250)");
    pub(super) const TOO_LARGE: Self = Self::Plain(413, 40005, "Request entity too large");
    pub(super) const ALREADY_ACKNOWLEDGED: Self =
        Self::Plain(400, 40060, "Interaction has already been acknowledged.");
    pub(super) const NO_USER_AGENT: Self = Self::Plain(403, 40333, "internal network error");
    pub(super) const MISSING_ACCESS: Self = Self::Plain(403, 50001, "Missing Access");
    pub(super) const NOT_IN_DM: Self = Self::Plain(403, 50003, "Cannot execute action on a DM channel");
    pub(super) const NOT_THE_AUTHOR: Self =
        Self::Plain(403, 50005, "Cannot edit a message authored by another user");
    pub(super) const EMPTY_MESSAGE: Self = Self::Plain(400, 50006, "Cannot send an empty message");
    pub(super) const CLOSED_DM: Self = Self::Plain(403, 50007, "Cannot send messages to this user");
    pub(super) const NOT_A_TEXT_CHANNEL: Self =
        Self::Plain(400, 50008, "Cannot send messages in a non-text channel");
    pub(super) const MISSING_PERMISSIONS: Self = Self::Plain(403, 50013, "Missing Permissions");
    pub(super) const WRONG_CHANNEL_TYPE: Self =
        Self::Plain(400, 50024, "Cannot execute action on this channel type");
    pub(super) const EXPIRED_TOKEN: Self = Self::Plain(401, 50027, "Invalid Webhook Token");
    pub(super) const NO_RECIPIENT: Self = Self::Plain(400, 50033, "Invalid Recipient(s)");
    pub(super) const INVALID_VERSION: Self = Self::Plain(400, 50041, "Invalid API version");
    pub(super) const ARCHIVED: Self = Self::Plain(400, 50083, "Thread is archived");
    pub(super) const NO_JSON: Self = Self::Plain(400, 50109, "The request body contains invalid JSON.");
    pub(super) const VOICE_WITH_MORE: Self =
        Self::Plain(400, 50159, "Voice messages do not support additional content.");
    pub(super) const VOICE_NOT_ONE_SOUND: Self =
        Self::Plain(400, 50160, "Voice messages must have a single audio attachment.");
    pub(super) const VOICE_WITHOUT_DATA: Self =
        Self::Plain(400, 50161, "Voice messages must have supporting metadata.");
    pub(super) const VOICE_EDITED: Self = Self::Plain(400, 50162, "Voice messages cannot be edited.");
    pub(super) const INVALID_DURATION: Self =
        Self::Plain(400, 50192, "The provided file does not have a valid duration.");
    pub(super) const THREAD_EXISTS: Self =
        Self::Plain(400, 160_004, "A thread has already been created for this message");

    /// Returns error 50035 for one field.
    pub(super) fn field(at: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Form(vec![Problem { at: at.into(), code, message: message.into() }])
    }

    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Plain(status, ..) => *status,
            Self::Form(_) => 400,
        }
    }

    /// Returns the body of the answer.
    pub(super) fn body(&self) -> Value {
        match self {
            Self::Plain(_, code, message) => json!({"message": message, "code": code}),
            Self::Form(problems) => {
                let mut errors = Map::new();
                for problem in problems {
                    nest(&mut errors, problem);
                }
                json!({"message": "Invalid Form Body", "code": 50035, "errors": errors})
            }
        }
    }
}

/// Puts a problem where its field stands: `{"embeds": {"0": {"title": {"_errors": […]}}}}`.
fn nest(errors: &mut Map<String, Value>, problem: &Problem) {
    let mut place = errors;
    for part in problem.at.split('.') {
        let next = place.entry(part).or_insert_with(|| json!({}));
        let Value::Object(next) = next else { return };
        place = next;
    }
    let list = place.entry("_errors").or_insert_with(|| json!([]));
    if let Value::Array(list) = list {
        list.push(json!({"code": problem.code, "message": problem.message}));
    }
}
