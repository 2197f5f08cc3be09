//! `message.action`: one thing done on a platform, as stock clients and agents ask for it (protocol 5.3).

use channels::{Action, Poll};
use schemas::error::WireError;
use schemas::methods::messages::{MessageActionOutput, MessageActionParams};
use serde_json::{Map, Value, json};

use super::files::{self, Wanted};
use super::target::{self, Target};
use crate::methods::Call;

/// Messages that one `read` returns where it asks for no number.
const READ: u32 = 20;

/// Does it once for its key; reading leaves nothing behind and is done at once.
pub async fn act(call: Call, params: MessageActionParams) -> Result<MessageActionOutput, WireError> {
    let given = &params.params;
    let to = text(given, &["to", "target", "channelId", "chatId"])
        .ok_or_else(|| WireError::invalid("/params/to: name the conversation"))?;
    let account = params.account_id.as_deref().or_else(|| given.get("accountId").and_then(Value::as_str));
    let thread = text(given, &["threadId"]);
    let target = Target::read(&to, Some(&params.channel), account, thread.as_deref())?;
    let action = action(&params.action, given)?;
    if matches!(action, Action::Read { .. }) {
        let receipt = call.services.bridge.perform_now(&target.of, target.place, action).await?;
        let messages = receipt.messages.into_iter().map(
            |message| json!({ "id": message.id, "text": message.text, "author": message.forwarded_from }),
        );
        return Ok(MessageActionOutput {
            ok: true,
            messages: Some(messages.collect()),
            ..Default::default()
        });
    }
    let action = with_files(&call, &target, action, given).await?;
    let receipt = super::send::deliver(&call, &target, action, &params.idempotency_key).await?;
    Ok(MessageActionOutput { ok: true, message_id: receipt.message, made: receipt.made, messages: None })
}

fn action(name: &str, given: &Map<String, Value>) -> Result<Action, WireError> {
    let message = || needed(given, &["messageId", "message_id", "id"], "messageId");
    let said = || needed(given, &["message", "text", "content", "caption"], "message");
    // Files need no words.
    let words = || if wanted(given).is_some() { Ok(said().unwrap_or_default()) } else { said() };
    Ok(match name {
        "send" | "thread-reply" => plain(words()?, text(given, &["replyTo", "replyToId"]), given),
        "reply" => plain(words()?, Some(message()?), given),
        "edit" => Action::Edit { message: message()?, text: said()?, buttons: Vec::new() },
        "delete" => Action::Delete { message: message()? },
        "react" => {
            let remove = given.get("remove").and_then(Value::as_bool) == Some(true);
            let emoji = text(given, &["emoji"]).filter(|emoji| !remove && !emoji.is_empty());
            Action::React { message: message()?, emoji }
        }
        "pin" => Action::Pin { message: message()?, pinned: true },
        "unpin" => Action::Pin { message: message()?, pinned: false },
        "thread-create" => Action::Thread {
            title: needed(given, &["threadName", "name", "title"], "threadName")?,
            message: text(given, &["messageId"]),
        },
        "read" => Action::Read {
            before: text(given, &["before"]),
            limit: given
                .get("limit")
                .and_then(Value::as_u64)
                .map_or(READ, |limit| u32::try_from(limit.clamp(1, 100)).unwrap_or(READ)),
        },
        "poll" => Action::Poll(poll(given)?),
        other => {
            return Err(WireError::invalid(format!(
                "/action: unknown action \"{other}\"; use send, reply, edit, delete, react, poll, pin, unpin, thread-create or read"
            )));
        }
    })
}

/// Adds the files that are to be sent with a message.
async fn with_files(
    call: &Call,
    target: &Target,
    action: Action,
    given: &Map<String, Value>,
) -> Result<Action, WireError> {
    match (action, wanted(given)) {
        (Action::Text { text, reply_to, silent, .. }, Some(wanted)) => {
            let key = target::session(call, None, true)?;
            let files = files::gather(call, &target.of, key.as_ref(), &wanted).await?;
            super::send::message(files, text, reply_to, silent)
        }
        (action, _) => Ok(action),
    }
}

/// Returns the files that an action carries, if it carries any.
fn wanted(given: &Map<String, Value>) -> Option<Wanted> {
    let one = text(given, &["media", "mediaUrl", "path", "filePath"]).into_iter();
    let several = given.get("mediaUrls").and_then(Value::as_array).into_iter().flatten();
    let paths = one.chain(several.filter_map(|path| path.as_str().map(ToOwned::to_owned)));
    let paths: Vec<_> = paths.filter(|path| !path.is_empty()).map(|path| ("params/mediaUrl", path)).collect();
    let buffer = text(given, &["buffer", "base64"]).filter(|buffer| !buffer.is_empty());
    let flag = |name: &str| given.get(name).and_then(Value::as_bool) == Some(true);
    (!paths.is_empty() || buffer.is_some()).then(|| Wanted {
        paths,
        buffer,
        filename: text(given, &["filename", "fileName"]),
        content_type: text(given, &["contentType", "mimeType"]),
        voice: flag("asVoice"),
        document: flag("forceDocument") || flag("asDocument"),
    })
}

fn plain(text: String, reply_to: Option<String>, given: &Map<String, Value>) -> Action {
    let silent = given.get("silent").and_then(Value::as_bool) == Some(true);
    Action::Text { text, reply_to, buttons: Vec::new(), silent }
}

fn poll(given: &Map<String, Value>) -> Result<Poll, WireError> {
    let options: Vec<String> = ["pollOption", "options", "pollOptions"]
        .iter()
        .filter_map(|name| given.get(*name)?.as_array())
        .flatten()
        .filter_map(|option| option.as_str().map(ToOwned::to_owned))
        .collect();
    if !(2..=12).contains(&options.len()) {
        return Err(WireError::invalid("/params/pollOption: give 2 to 12 options"));
    }
    let flag = |name: &str| given.get(name).and_then(Value::as_bool);
    Ok(Poll {
        question: needed(given, &["pollQuestion", "question"], "pollQuestion")?,
        options,
        multiple: flag("pollMulti") == Some(true),
        anonymous: flag("pollAnonymous").unwrap_or(flag("pollPublic") != Some(true)),
        seconds: None,
    })
}

/// Returns the first of the fields that holds a text or a number: ids are written as either.
fn text(given: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match given.get(*name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn needed(given: &Map<String, Value>, names: &[&str], field: &str) -> Result<String, WireError> {
    text(given, names)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| WireError::invalid(format!("/params/{field}: is missing")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, given: &Value) -> Result<Action, String> {
        action(name, given.as_object().expect("an object")).map_err(|error| error.message)
    }

    #[test]
    fn what_stock_clients_ask_for() {
        let sent = json!({"channel": "telegram", "to": "telegram:1", "message": "hi", "silent": false, "json": false});
        assert!(matches!(read("send", &sent), Ok(Action::Text { text, .. }) if text == "hi"));
        assert!(matches!(
            read("react", &json!({"messageId": 7, "emoji": "👍"})),
            Ok(Action::React { message, emoji: Some(_) }) if message == "7"
        ));
        assert!(matches!(
            read("react", &json!({"messageId": "7", "emoji": "👍", "remove": true})),
            Ok(Action::React { emoji: None, .. })
        ));
        assert!(matches!(read("read", &json!({"limit": 500})), Ok(Action::Read { limit: 100, .. })));
        let poll = json!({"pollQuestion": "Q", "pollOption": ["a", "b"]});
        assert!(matches!(read("poll", &poll), Ok(Action::Poll(poll)) if poll.anonymous && !poll.multiple));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            read("edit", &json!({"messageId": "1"})).expect_err("no text"),
            "/params/message: is missing"
        );
        assert!(read("delete", &json!({})).expect_err("no id").contains("/params/messageId"));
        assert!(read("explode", &json!({})).expect_err("no such action").contains("explode"));
        assert!(read("poll", &json!({"pollQuestion": "Q", "pollOption": ["a"]})).is_err());
    }
}
