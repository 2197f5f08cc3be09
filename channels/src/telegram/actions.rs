//! What a bot does besides writing: remove, react, pin, ask, answer a press, begin a topic, set its menu.

use serde_json::{Value, json};

use super::Telegram;
use super::call::Call;
use super::fault::Fault;
use super::send::{Way, made, number, refused, send};
use crate::outbound::{Place, Poll, Receipt, SendError};

/// Removes a message; one that is gone already counts as done.
pub(super) async fn delete(channel: &Telegram, to: &Place, message: &str) -> Result<Receipt, SendError> {
    let id = number(message, "message")?;
    let done = ["message to delete not found", "message_id_invalid"];
    plain(channel, to, &done, |way| {
        Call::new("deleteMessage", json!({ "chat_id": way.chat(), "message_id": id }))
    })
    .await
}

/// Sets the bot's reaction to a message, or takes it back.
pub(super) async fn react(
    channel: &Telegram,
    to: &Place,
    message: &str,
    emoji: Option<&str>,
) -> Result<Receipt, SendError> {
    let id = number(message, "message")?;
    let reaction: Vec<Value> = emoji.map(reaction).into_iter().collect();
    plain(channel, to, &[], |way| {
        let params = json!({ "chat_id": way.chat(), "message_id": id, "reaction": reaction });
        Call::new("setMessageReaction", params)
    })
    .await
}

/// Shows for five seconds that the bot is writing.
pub(super) async fn typing(channel: &Telegram, to: &Place) -> Result<Receipt, SendError> {
    plain(channel, to, &[], |way| {
        let params =
            json!({ "chat_id": way.chat(), "message_thread_id": way.typing_thread(), "action": "typing" });
        Call::new("sendChatAction", params)
    })
    .await
}

/// Pins a message without a sound, or takes the pin away.
pub(super) async fn pin(
    channel: &Telegram,
    to: &Place,
    message: &str,
    pinned: bool,
) -> Result<Receipt, SendError> {
    let id = number(message, "message")?;
    let done: &[&str] = if pinned { &["message is already pinned"] } else { &["message to unpin not found"] };
    plain(channel, to, done, |way| {
        let method = if pinned { "pinChatMessage" } else { "unpinChatMessage" };
        let quiet = pinned.then_some(true);
        Call::new(method, json!({ "chat_id": way.chat(), "message_id": id, "disable_notification": quiet }))
    })
    .await
}

/// Asks a poll.
pub(super) async fn poll(channel: &Telegram, to: &Place, poll: &Poll) -> Result<Receipt, SendError> {
    let mut way = Way::to(to)?;
    let short = |text: &String, most: usize| (1..=most).contains(&text.trim().chars().count());
    let options =
        (2..=10).contains(&poll.options.len()) && poll.options.iter().all(|option| short(option, 100));
    if !options || !short(&poll.question, 300) {
        let text = "a poll on Telegram has a question of 1 to 300 characters and 2 to 10 options of 1 to 100";
        return Err(refused(text));
    }
    let options: Vec<Value> = poll.options.iter().map(|option| json!({ "text": option })).collect();
    let build = |way: &Way| {
        let params = json!({
            "chat_id": way.chat(),
            "message_thread_id": way.thread(),
            "question": poll.question,
            "options": options,
            "is_anonymous": poll.anonymous,
            "allows_multiple_answers": poll.multiple,
            "open_period": poll.seconds,
        });
        Call::new("sendPoll", params)
    };
    let result = send(channel, &mut way, channel.pace.call, build).await?;
    let id = result.get("poll").and_then(|poll| poll.get("id")).and_then(Value::as_str);
    Ok(Receipt { made: id.map(str::to_owned), ..way.receipt(made(&result)) })
}

/// Begins a topic in a supergroup that has topics.
pub(super) async fn thread(channel: &Telegram, to: &Place, title: &str) -> Result<Receipt, SendError> {
    let mut way = Way::to(to)?;
    let name: String = title.trim().chars().take(128).collect();
    if name.is_empty() {
        return Err(refused("a topic on Telegram needs a title"));
    }
    let build = |way: &Way| Call::new("createForumTopic", json!({ "chat_id": way.chat(), "name": name }));
    let result = send(channel, &mut way, channel.pace.call, build).await?;
    let id = result.get("message_thread_id").and_then(Value::as_i64);
    Ok(Receipt { made: id.map(|id| id.to_string()), ..way.receipt(None) })
}

/// Tells who pressed a button that it was noticed. Words beyond 200 characters are cut, as Telegram shows no more.
pub(super) async fn answer(
    channel: &Telegram,
    token: &str,
    text: &str,
    alert: bool,
) -> Result<Receipt, SendError> {
    let text: String = text.chars().take(200).collect();
    let words = (!text.is_empty()).then_some(text);
    let params = json!({ "callback_query_id": token, "text": words, "show_alert": alert.then_some(true) });
    channel.api.call(&Call::new("answerCallbackQuery", params), channel.pace.call).await?;
    Ok(Receipt::default())
}

/// Sets the menu of commands. One whose name Telegram does not take is left out and noted.
pub(super) async fn menu(channel: &Telegram, commands: &[(String, String)]) -> Result<Receipt, SendError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let fits = |name: &str| (1..=32).contains(&name.len()) && name.bytes().all(plain);
    let (taken, left): (Vec<_>, Vec<_>) =
        commands.iter().partition(|(name, words)| fits(name) && !words.is_empty());
    let entry = |(name, words): &(String, String)| {
        let words: String = words.chars().take(256).collect();
        json!({ "command": name, "description": words })
    };
    let entries: Vec<Value> = taken.into_iter().take(100).map(entry).collect();
    channel.api.call(&Call::new("setMyCommands", json!({ "commands": entries })), channel.pace.call).await?;
    let left: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
    let note = (!left.is_empty())
        .then(|| format!("Telegram's menu cannot show: {} (a to z, digits and _ only)", left.join(", ")));
    Ok(Receipt { note, ..Receipt::default() })
}

/// Makes a call whose result says nothing more. Being told one of `done` means that there was nothing to do.
async fn plain(
    channel: &Telegram,
    to: &Place,
    done: &[&str],
    build: impl Fn(&Way) -> Call,
) -> Result<Receipt, SendError> {
    let mut way = Way::to(to)?;
    match send(channel, &mut way, channel.pace.call, build).await {
        Err(Fault::Told(told)) if told.says(done) => {}
        done => drop(done?),
    }
    Ok(way.receipt(None))
}

/// Returns a reaction as Telegram takes it: its list has no variation selectors.
fn reaction(emoji: &str) -> Value {
    match emoji.strip_prefix("custom:") {
        Some(id) => json!({ "type": "custom_emoji", "custom_emoji_id": id }),
        None => json!({ "type": "emoji", "emoji": emoji.replace('\u{fe0f}', "") }),
    }
}
