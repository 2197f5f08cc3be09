//! Voice messages: what Discord asks of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::form;
use super::model::flag;
use super::refusal::Refusal;
use super::request::Request;

/// Most points of a waveform.
const MOST_POINTS: usize = 256;

/// Checks a message that says that it is a voice message: one file of sound, told how long it is and how it looks, and
/// nothing else.
pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    let body = &request.body;
    if body["flags"].as_u64().unwrap_or_default() & flag::VOICE == 0 {
        return Ok(());
    }
    let says = |name: &str| match &body[name] {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    if ["content", "embeds", "components", "poll", "sticker_ids"].into_iter().any(says) {
        return Err(Refusal::VOICE_WITH_MORE);
    }
    let [file] = &request.files[..] else { return Err(Refusal::VOICE_NOT_ONE_SOUND) };
    if !file.mime.starts_with("audio/") {
        return Err(Refusal::VOICE_NOT_ONE_SOUND);
    }
    let said = form::list(&body["attachments"]);
    let said = said.iter().find(|one| form::number(&one["id"]) == Some(file.number));
    let (Some(seconds), Some(waveform)) = (
        said.and_then(|said| said["duration_secs"].as_f64()),
        said.and_then(|said| said["waveform"].as_str()),
    ) else {
        return Err(Refusal::VOICE_WITHOUT_DATA);
    };
    if !seconds.is_finite() || seconds <= 0.0 {
        return Err(Refusal::INVALID_DURATION);
    }
    match STANDARD.decode(waveform) {
        Ok(points) if points.len() <= MOST_POINTS => Ok(()),
        _ => Err(Refusal::VOICE_WITHOUT_DATA),
    }
}
