//! Whatever the platform sends, reading it ends without a panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::reading::GOLDEN;
use crate::discord::cursor::Me;
use crate::discord::dispatch::Dispatch;
use crate::discord::known::Known;
use crate::discord::read::{Origin, inbound};
use crate::discord::session::Machine;

const NAMES: [&str; 16] = [
    "READY",
    "RESUMED",
    "GUILD_CREATE",
    "CHANNEL_CREATE",
    "THREAD_UPDATE",
    "THREAD_LIST_SYNC",
    "CHANNEL_DELETE",
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_REMOVE",
    "MESSAGE_POLL_VOTE_ADD",
    "INTERACTION_CREATE",
    "TYPING_START",
];

fn read(name: &str, data: &str) -> usize {
    let Ok(event) = Dispatch::parse(name, data) else { return 0 };
    let me = Me { id: "1".into(), name: "robot".into(), app: None };
    let mut known = Known::default();
    match &event {
        Dispatch::Guild(guild) => known.learn_guild(guild, "1"),
        Dispatch::Channel(channel) => known.learn(channel, None),
        _ => {}
    }
    let found = inbound(&event, &known, &me, Origin { session: "s", seq: 1, now: 0 });
    // It is journalled as JSON and read again.
    for one in &found {
        let text = serde_json::to_string(one).unwrap();
        assert_eq!(&serde_json::from_str::<crate::Inbound>(&text).unwrap(), one);
    }
    found.len()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,20}".prop_map(Value::from),
        "[0-9]{1,22}".prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "id",
        "type",
        "channel_id",
        "guild_id",
        "author",
        "content",
        "member",
        "user",
        "data",
        "options",
        "token",
        "message",
        "emoji",
        "attachments",
        "mentions",
        "referenced_message",
        "application_id",
        "ids",
        "channels",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let object = prop::collection::vec((keys.clone(), inner.clone()), 0..8).prop_map(|fields| {
            fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()
        });
        prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), object]
    })
}

/// Puts `with` in place of the `at`-th value, counted through the whole tree.
fn mutate(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
        *at = usize::MAX;
        return;
    }
    *at -= 1;
    match value {
        Value::Array(list) => list.iter_mut().for_each(|inner| mutate(inner, at, with)),
        Value::Object(fields) => fields.values_mut().for_each(|inner| mutate(inner, at, with)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_payload_is_read_or_passed_over(name in prop::sample::select(NAMES.to_vec()), data in any_json()) {
        read(name, &data.to_string());
    }

    #[test]
    fn a_changed_payload_is_read_or_passed_over(
        which in 0..GOLDEN.len(), at in 1..60_usize, with in any_json(),
    ) {
        let (name, text) = GOLDEN[which];
        let mut data: Value = serde_json::from_str(text).unwrap();
        mutate(&mut data, &mut { at }, &with);
        read(name, &data.to_string());
    }

    #[test]
    fn a_damaged_payload_is_passed_over(which in 0..GOLDEN.len(), cut in 0..2000_usize, noise in "\\PC{0,3}") {
        let (name, text) = GOLDEN[which];
        let cut = text.char_indices().map(|(place, _)| place).nth(cut).unwrap_or(0);
        read(name, &format!("{}{noise}{}", &text[..cut], &text[cut..]));
        read(name, &text[..cut]);
    }

    #[test]
    fn any_frame_is_taken(frames in prop::collection::vec(any_json(), 1..6), text in "\\PC{0,40}") {
        let mut machine = Machine::new(None);
        machine.take(&text);
        for mut frame in frames {
            if let Some(fields) = frame.as_object_mut() {
                fields.insert("op".into(), json!(fields.len() % 12));
            }
            machine.take(&frame.to_string());
        }
    }
}
