//! What a test sees: the calls, the messages as people see them, who is typing; and waiting for it without sleeping.

use std::time::Duration;

use serde_json::Value;

use super::limits::LimitCounts;
use super::methods;
use super::transcript::{Call, Outcome, Shown, Typing};
use super::world::{Post, World};
use super::{Chat, FakeTelegram};
use crate::wait::PATIENCE;

/// How long people see a chat action.
const TYPING_SHOWN: Duration = Duration::from_secs(5);

/// How many calls are shown when waiting was in vain.
const SHOWN_CALLS: usize = 20;

impl FakeTelegram {
    /// Returns every call so far.
    pub fn received(&self) -> Vec<Call> {
        self.shared.look(|world| world.calls.clone())
    }

    /// Returns every call of a method so far.
    pub fn calls(&self, method: &str) -> Vec<Call> {
        self.shared.look(|world| world.calls.iter().filter(|call| call.method == method).cloned().collect())
    }

    /// Counts the calls that `which` is true of, without copying them.
    pub fn count(&self, which: impl Fn(&Call) -> bool) -> usize {
        self.shared.look(|world| world.calls.iter().filter(|call| which(call)).count())
    }

    /// Returns the latest call that `which` is true of.
    pub fn last(&self, which: impl Fn(&Call) -> bool) -> Option<Call> {
        self.shared.look(|world| world.calls.iter().rev().find(|call| which(call)).cloned())
    }

    /// Returns the time since the platform started.
    pub fn now(&self) -> Duration {
        self.shared.look(World::age)
    }

    /// Returns the messages of a chat as people see them now, oldest first; of one topic, if it names one.
    pub fn messages(&self, chat: Chat) -> Vec<Shown> {
        self.posts(chat, false)
    }

    /// Returns the messages of a chat that were removed.
    pub fn deleted(&self, chat: Chat) -> Vec<Shown> {
        self.posts(chat, true)
    }

    /// Returns the messages of bots in a chat as people see them now.
    pub fn from_bot(&self, chat: Chat) -> Vec<Shown> {
        self.messages(chat).into_iter().filter(|message| message.from_bot).collect()
    }

    /// Returns one message as people see it now.
    pub fn message(&self, chat: Chat, id: i64) -> Option<Shown> {
        self.shared.look(|world| world.post(chat.key(), id).map(|post| shown(id, post)))
    }

    fn posts(&self, chat: Chat, deleted: bool) -> Vec<Shown> {
        self.shared.look(|world| {
            let posts = world.room(chat.key()).posts.iter().filter(|(_, post)| post.deleted == deleted);
            let all = posts.map(|(id, post)| shown(*id, post));
            all.filter(|message| chat.topic.is_none() || message.topic == chat.topic).collect()
        })
    }

    /// Returns every chat action in a chat.
    pub fn typing(&self, chat: Chat) -> Vec<Typing> {
        self.shared.look(|world| world.room(chat.key()).typing.clone())
    }

    /// Returns whether people see a chat action now.
    pub fn is_typing(&self, chat: Chat) -> bool {
        self.shared.look(|world| {
            let room = world.room(chat.key());
            let Some(last) =
                room.typing.iter().rev().find(|typing| chat.topic.is_none() || typing.topic == chat.topic)
            else {
                return false;
            };
            let written = room.posts.values().filter(|post| post.bot.is_some()).any(|post| post.at > last.at);
            !written && world.age().saturating_sub(last.at) < TYPING_SHOWN
        })
    }

    /// Returns the text of a draft (`sendMessageDraft`).
    pub fn draft(&self, chat: Chat, id: i64) -> Option<String> {
        self.shared.look(|world| world.room(chat.key()).drafts.get(&id).cloned())
    }

    /// Returns how many updates the bot has not confirmed.
    pub fn unconfirmed(&self, bot: usize) -> usize {
        self.shared.look(|world| world.bots[bot].queue.len())
    }

    /// Returns the commands that a bot set, by scope and language.
    pub fn commands(&self, bot: usize) -> Vec<(String, Value)> {
        self.shared.look(|world| world.bots[bot].commands.clone().into_iter().collect())
    }

    /// Returns what the rate limits did to a bot.
    pub fn limit_counts(&self, bot: usize) -> LimitCounts {
        self.shared.look(|world| world.bots[bot].limiter.counts)
    }

    /// Waits until `see` returns something; looks again after every change. Panics with the last calls when it takes
    /// longer than [`PATIENCE`].
    pub async fn wait_until<T>(&self, what: &str, see: impl FnMut(&Self) -> Option<T>) -> T {
        self.wait_within(PATIENCE, what, see).await
    }

    /// Waits until `holds` is true; see [`FakeTelegram::wait_until`].
    pub async fn wait_for(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        self.wait_until(what, |seen| holds(seen).then_some(())).await;
    }

    /// Waits as long as `limit` until `see` returns something.
    pub async fn wait_within<T>(
        &self,
        limit: Duration,
        what: &str,
        mut see: impl FnMut(&Self) -> Option<T>,
    ) -> T {
        let mut changes = self.shared.changes();
        let waiting = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = see(self) {
                    return found;
                }
                changes.changed().await.expect("the platform is there");
            }
        };
        let found = tokio::time::timeout(limit, waiting).await.ok();
        found.unwrap_or_else(|| panic!("did not happen within {limit:?}: {what}\n{}", self.last_calls()))
    }

    fn last_calls(&self) -> String {
        let calls = self.received();
        let last = calls.iter().skip(calls.len().saturating_sub(SHOWN_CALLS));
        let lines = last.map(|call| {
            let outcome = match &call.outcome {
                Outcome::Done(_) => "done".to_owned(),
                other => format!("{other:?}"),
            };
            format!("  #{} {} {:?}: {outcome}", call.index, call.method, call.params)
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn shown(id: i64, post: &Post) -> Shown {
    let body = &post.body;
    let text = methods::shown_text(body).to_owned();
    let entities = body.get("entities").or_else(|| body.get("caption_entities")).and_then(Value::as_array);
    let rows = body.get("reply_markup").and_then(|markup| markup["inline_keyboard"].as_array());
    let button = |button: &Value| {
        let data = button["callback_data"].as_str().or_else(|| button["url"].as_str());
        (button["text"].as_str().unwrap_or_default().to_owned(), data.unwrap_or_default().to_owned())
    };
    let row = |row: &Value| row.as_array().into_iter().flatten().map(button).collect();
    let number = |name: &str| body.get(name).and_then(Value::as_i64);
    Shown {
        id,
        from_bot: post.bot.is_some(),
        from: post.from,
        text,
        entities: entities.cloned().unwrap_or_default(),
        kind: kind(body),
        reply_to: body.get("reply_to_message").and_then(|reply| reply["message_id"].as_i64()),
        topic: number("message_thread_id").filter(|_| body.contains_key("is_topic_message")),
        album: body.get("media_group_id").and_then(Value::as_str).map(str::to_owned),
        earlier: post.earlier.clone(),
        buttons: rows.into_iter().flatten().map(row).collect(),
        reactions: post.reactions.clone(),
        pinned: post.pinned,
        silent: post.silent,
        at: post.at,
        raw: Value::Object(body.clone()),
    }
}

/// Names what a message is.
fn kind(body: &serde_json::Map<String, Value>) -> String {
    const KINDS: [&str; 14] = [
        "text",
        "photo",
        "animation",
        "document",
        "voice",
        "audio",
        "video",
        "video_note",
        "sticker",
        "venue",
        "location",
        "contact",
        "poll",
        "dice",
    ];
    if let Some(kind) = KINDS.iter().find(|kind| body.contains_key(**kind)) {
        return (*kind).to_owned();
    }
    let service =
        |name: &&String| name.starts_with("forum_") || name.contains("migrate_") || name.contains("general_");
    body.keys().find(service).cloned().unwrap_or_default()
}
