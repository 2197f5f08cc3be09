//! What one update of the Bot API means: pure, and safe on any JSON.

mod attachment;
mod mention;
mod message;
mod people;
mod types;

pub(super) use message::GENERAL;

use schemas::clock::Millis;
use serde::Deserialize;
use serde_json::Value;

use crate::inbound::{Bot, Chat, ChatKind, Event, Inbound, Sender};
use types::{Post, Press, Reacted, Voted};

/// The kinds of updates that are asked for, by their names in the Bot API. Some must be named to come at all.
pub const KINDS: &[&str] = &[
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "message_reaction",
    "poll_answer",
    "my_chat_member",
];

/// Why an update could not be read; it is left out and noted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an update was left out: {0}")]
pub struct Malformed(String);

impl Malformed {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Reads one update. `bot` is the account itself, `now` dates what the platform gives no time to.
///
/// Mostly one thing happened. None: what came says nothing to anybody (somebody joined, a command is for another bot).
/// Several: somebody exchanged one reaction for another. An answer to a poll comes without its conversation, so its
/// chat is the direct one with whoever answered; the poll's id is what tells.
pub fn update_to_inbound(update: &Value, bot: &Bot, now: Millis) -> Result<Vec<Inbound>, Malformed> {
    let part = KINDS.iter().find_map(|kind| Some((*kind, update.get(kind)?)));
    let Some((kind, part)) = part else {
        return Ok(Vec::new());
    };
    let unread = |error: serde_json::Error| Malformed(format!("its {kind} has an unknown shape ({error})"));
    match kind {
        "message" | "channel_post" => {
            let post = Post::deserialize(part).map_err(unread)?;
            Ok(message::posted(&post, part, bot).into_iter().collect())
        }
        "edited_message" | "edited_channel_post" => {
            let post = Post::deserialize(part).map_err(unread)?;
            Ok(message::edited(&post, bot).into_iter().collect())
        }
        "callback_query" => {
            let press = Press::deserialize(part).map_err(unread)?;
            Ok(pressed(&press, now).into_iter().collect())
        }
        "message_reaction" => {
            let change = Reacted::deserialize(part).map_err(unread)?;
            Ok(reacted(&change, number(update)?))
        }
        "poll_answer" => {
            let vote = Voted::deserialize(part).map_err(unread)?;
            Ok(voted(&vote, number(update)?, now).into_iter().collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// Returns an update's number, which Telegram counts upwards.
pub(super) fn number(update: &Value) -> Result<i64, Malformed> {
    let number = update.get("update_id").and_then(Value::as_i64);
    number.ok_or_else(|| Malformed::new("it has no `update_id`"))
}

fn pressed(press: &Press, now: Millis) -> Option<Inbound> {
    let post = press.message.as_ref()?;
    let mut chat = people::chat(&post.chat)?;
    // A message that the bot can no longer see has date 0 and does not say in which topic it stands.
    if post.date > 0 {
        chat.thread = message::thread(post);
    }
    Some(Inbound {
        id: format!("c{}", press.id),
        at: now,
        chat,
        sender: people::user(&press.from),
        event: Event::Pressed {
            message: post.message_id.to_string(),
            data: press.data.clone()?,
            token: press.id.clone(),
        },
    })
}

fn reacted(change: &Reacted, number: i64) -> Vec<Inbound> {
    let who =
        change.user.as_ref().map(people::user).or_else(|| change.actor_chat.as_ref().map(people::group));
    let (Some(chat), Some(sender)) = (people::chat(&change.chat), who) else {
        return Vec::new();
    };
    let names = |list: &[Value]| list.iter().filter_map(emoji).collect::<Vec<String>>();
    let (before, after) = (names(&change.old_reaction), names(&change.new_reaction));
    let gone = before.iter().filter(|emoji| !after.contains(emoji)).map(|emoji| (emoji, false));
    let come = after.iter().filter(|emoji| !before.contains(emoji)).map(|emoji| (emoji, true));
    let told = gone.chain(come).enumerate().map(|(index, (emoji, added))| Inbound {
        id: if index == 0 { format!("u{number}") } else { format!("u{number}.{index}") },
        at: change.date.saturating_mul(1000),
        chat: chat.clone(),
        sender: sender.clone(),
        event: Event::Reacted { message: change.message_id.to_string(), emoji: emoji.clone(), added },
    });
    told.collect()
}

/// Returns a reaction's emoji, or `custom:` and the id of one that somebody made.
fn emoji(reaction: &Value) -> Option<String> {
    let text = |name: &str| reaction.get(name).and_then(Value::as_str);
    match text("type")? {
        "emoji" => text("emoji").map(str::to_owned),
        "custom_emoji" => text("custom_emoji_id").map(|id| format!("custom:{id}")),
        "paid" => Some("⭐".to_owned()),
        _ => None,
    }
}

fn voted(vote: &Voted, number: i64, now: Millis) -> Option<Inbound> {
    let direct = |sender: &Sender| Chat {
        id: sender.id.clone(),
        kind: ChatKind::Direct,
        title: None,
        thread: None,
        guild: None,
    };
    let (sender, chat) = match (&vote.voter_chat, &vote.user) {
        (Some(group), _) => (people::group(group), people::chat(group)?),
        (None, Some(user)) => {
            let sender = people::user(user);
            let chat = direct(&sender);
            (sender, chat)
        }
        (None, None) => return None,
    };
    let event = Event::Voted { poll: vote.poll_id.clone(), options: vote.option_ids.clone() };
    Some(Inbound { id: format!("u{number}"), at: now, chat, sender, event })
}
