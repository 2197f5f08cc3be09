//! No JSON makes the reader of updates panic, and one that is nearly right is read as far as it goes.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::bot;
use super::golden::{NOW, cases};
use crate::telegram::update::update_to_inbound;

/// Names that the reader looks for, in all kinds of wrong places.
const NAMES: &[&str] = &[
    "update_id",
    "message",
    "edited_message",
    "channel_post",
    "callback_query",
    "message_reaction",
    "poll_answer",
    "message_id",
    "chat",
    "id",
    "type",
    "title",
    "is_forum",
    "from",
    "sender_chat",
    "first_name",
    "username",
    "is_bot",
    "date",
    "edit_date",
    "text",
    "caption",
    "entities",
    "caption_entities",
    "offset",
    "length",
    "user",
    "photo",
    "file_id",
    "file_size",
    "width",
    "height",
    "document",
    "sticker",
    "location",
    "latitude",
    "longitude",
    "venue",
    "poll",
    "options",
    "reply_to_message",
    "external_reply",
    "origin",
    "quote",
    "forward_origin",
    "data",
    "option_ids",
    "new_reaction",
    "old_reaction",
    "emoji",
    "message_thread_id",
    "is_topic_message",
    "forum_topic_created",
    "media_group_id",
    "migrate_to_chat_id",
    "poll_id",
    "voter_chat",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
        prop_oneof![
            Just("private"),
            Just("supergroup"),
            Just("mention"),
            Just("bot_command"),
            Just("@LandBot 😀")
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        let name = prop_oneof![4 => proptest::sample::select(NAMES).prop_map(str::to_owned), 1 => ".{0,8}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Puts `value` at a place of `target` that `path` chooses, or takes away what is there.
fn mutate(target: &mut Value, path: &[usize], value: Option<Value>) {
    let Some((step, rest)) = path.split_first() else {
        *target = value.unwrap_or(Value::Null);
        return;
    };
    match target {
        Value::Array(all) if !all.is_empty() => {
            let at = step % all.len();
            mutate(&mut all[at], rest, value);
        }
        Value::Object(all) if !all.is_empty() => {
            let name = all.keys().nth(step % all.len()).unwrap().clone();
            match value {
                None if rest.is_empty() => drop(all.remove(&name)),
                value => mutate(&mut all[&name], rest, value),
            }
        }
        _ => *target = value.unwrap_or(Value::Null),
    }
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(update in any_json()) {
        let _ = update_to_inbound(&update, &bot(), NOW);
        let _ = update_to_inbound(&json!({ "update_id": 1, "message": update }), &bot(), NOW);
        let _ = update_to_inbound(&json!({ "update_id": 1, "callback_query": update }), &bot(), NOW);
    }

    #[test]
    fn an_update_with_wrong_parts_is_read_or_refused(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec(
            (proptest::collection::vec(any::<usize>(), 1..6), proptest::option::of(any_json())), 1..4),
    ) {
        let all: Vec<Value> =
            cases().into_iter().flat_map(|(_, case)| case["updates"].as_array().unwrap().clone()).collect();
        let mut update = which.get(&all).clone();
        for (path, value) in changes {
            mutate(&mut update, &path, value);
        }
        for told in update_to_inbound(&update, &bot(), NOW).unwrap_or_default() {
            prop_assert!(!told.id.is_empty() && !told.chat.id.is_empty() && !told.sender.id.is_empty());
        }
    }
}
