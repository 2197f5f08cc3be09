//! Golden payloads: what each kind of event means.

use serde_json::{Value, json};

use crate::discord::cursor::Me;
use crate::discord::dispatch::Dispatch;
use crate::discord::known::Known;
use crate::discord::read::{Origin, inbound};
use crate::inbound::Inbound;

/// An example of every event that is read.
pub(super) const GOLDEN: [(&str, &str); 14] = [
    ("MESSAGE_CREATE", DIRECT),
    ("MESSAGE_CREATE", REPLY),
    ("MESSAGE_CREATE", FORWARD),
    ("MESSAGE_CREATE", WEBHOOK),
    ("MESSAGE_UPDATE", EDIT),
    ("MESSAGE_DELETE", r#"{"id":"700000000000000001","channel_id":"51","guild_id":"9"}"#),
    ("MESSAGE_DELETE_BULK", r#"{"ids":["11","12"],"channel_id":"51","guild_id":"9"}"#),
    ("MESSAGE_REACTION_ADD", REACTION),
    (
        "MESSAGE_REACTION_REMOVE",
        r#"{"user_id":"7","channel_id":"50","message_id":"11","emoji":{"id":null,"name":"👍"}}"#,
    ),
    ("MESSAGE_POLL_VOTE_ADD", r#"{"user_id":"7","channel_id":"50","message_id":"11","answer_id":2}"#),
    ("INTERACTION_CREATE", COMMAND),
    ("INTERACTION_CREATE", PRESS),
    ("GUILD_CREATE", GUILD),
    (
        "READY",
        r#"{"session_id":"s","resume_gateway_url":"wss://x","user":{"id":"1","username":"robot"},"application":{"id":"100"}}"#,
    ),
];

const DIRECT: &str = r#"{"id":"700000000000000001","channel_id":"50","type":0,"content":"look","flags":0,
 "author":{"id":"7","username":"ada","global_name":"Ada","discriminator":"0","avatar":null},
 "timestamp":"2023-01-01T00:00:00Z","edited_timestamp":null,"tts":false,"mention_everyone":false,"mentions":[],
 "mention_roles":[],"pinned":false,"embeds":[{"type":"link","title":"preview"},{"type":"rich","title":"Card","description":"Words"}],
 "sticker_items":[{"id":"1","name":"wave","format_type":1}],
 "poll":{"question":{"text":"Lunch?"},"answers":[{"answer_id":1,"poll_media":{"text":"yes"}},{"answer_id":2,"poll_media":{"text":"no"}}]},
 "attachments":[
  {"id":"1","filename":"a.png","size":12,"url":"https://cdn.discordapp.com/a.png","proxy_url":"x","content_type":"image/png"},
  {"id":"2","filename":"v.ogg","size":13,"url":"https://cdn.discordapp.com/v.ogg","content_type":"audio/ogg","waveform":"AA","duration_secs":2.5},
  {"id":"3","filename":"m.mp3","size":14,"url":"https://cdn.discordapp.com/m.mp3","content_type":"audio/mpeg"},
  {"id":"4","filename":"x.bin","size":15,"url":"https://cdn.discordapp.com/x.bin"}]}"#;

const REPLY: &str = r#"{"id":"700000000000000002","channel_id":"52","guild_id":"9","type":19,"content":"<@1> and?",
 "author":{"id":"8","username":"bob","bot":true},"member":{"nick":"Bobby","roles":["31","32"],"joined_at":"x"},
 "mentions":[{"id":"1","username":"robot","bot":true}],"mention_roles":["33"],
 "message_reference":{"type":0,"channel_id":"52","message_id":"600"},
 "referenced_message":{"id":"600","channel_id":"52","type":0,"content":"earlier","author":{"id":"1","username":"robot"}}}"#;

const FORWARD: &str = r#"{"id":"700000000000000003","channel_id":"51","guild_id":"9","type":0,"content":"",
 "author":{"id":"8","username":"bob"},"mention_roles":["90"],
 "message_reference":{"type":1,"channel_id":"52","message_id":"600"},
 "message_snapshots":[{"message":{"content":"told","attachments":[{"id":"1","filename":"f","url":"https://cdn.discordapp.com/f","size":1}]}}]}"#;

const WEBHOOK: &str = r#"{"id":"700000000000000004","channel_id":"51","guild_id":"9","type":0,"content":"news",
 "webhook_id":"44","author":{"id":"44","username":"feed"}}"#;

const EDIT: &str = r#"{"id":"700000000000000001","channel_id":"50","content":"better","edited_timestamp":"2023-01-01T00:01:00Z",
 "author":{"id":"7","username":"ada"}}"#;

const REACTION: &str = r#"{"user_id":"7","channel_id":"51","message_id":"11","guild_id":"9",
 "emoji":{"id":"66","name":"party"},"member":{"nick":null,"roles":["31"],"user":{"id":"7","username":"ada"}}}"#;

const COMMAND: &str = r#"{"id":"700000000000000005","application_id":"100","token":"abc","type":2,"guild_id":"9","channel_id":"52",
 "channel":{"id":"52","type":11,"parent_id":"51","name":"Plans"},"member":{"roles":[],"user":{"id":"7","username":"ada"}},
 "data":{"id":"1","type":1,"name":"model","options":[{"name":"text","type":3,"value":"large"}]}}"#;

const PRESS: &str = r#"{"id":"700000000000000006","application_id":"100","token":"abd","type":3,"channel_id":"50",
 "user":{"id":"7","username":"ada"},"message":{"id":"11"},"data":{"component_type":2,"custom_id":"yes:1"}}"#;

const GUILD: &str = r#"{"id":"9","name":"Home","channels":[{"id":"51","type":0,"name":"general"},{"id":"53","type":15,"name":"forum"}],
 "threads":[{"id":"52","type":11,"parent_id":"51","name":"Plans"},{"id":"54","type":11,"parent_id":"53","name":"Post"}],
 "roles":[{"id":"31"},{"id":"90","tags":{"bot_id":"1"}},{"id":"91","tags":{"bot_id":"2"}}]}"#;

fn known() -> Known {
    let mut known = Known::default();
    let Ok(Dispatch::Guild(guild)) = Dispatch::parse("GUILD_CREATE", GUILD) else { panic!("a guild") };
    known.learn_guild(&guild, "1");
    known
}

fn read(name: &str, text: &str) -> Vec<Inbound> {
    let me = Me { id: "1".into(), name: "robot".into(), app: Some("100".into()) };
    let event = Dispatch::parse(name, text).unwrap();
    inbound(&event, &known(), &me, Origin { session: "s", seq: 5, now: 99 })
}

fn one(name: &str, text: &str) -> Value {
    let mut found = read(name, text);
    assert_eq!(found.len(), 1);
    serde_json::to_value(found.remove(0)).unwrap()
}

#[test]
fn a_direct_message_with_everything_that_can_come_with_it() {
    let cdn = |name: &str| format!("https://cdn.discordapp.com/{name}");
    assert_eq!(
        one("MESSAGE_CREATE", DIRECT),
        json!({
            "id": "m:700000000000000001", "at": 1_586_963_405_371_i64,
            "chat": {"id": "50", "kind": "direct"},
            "sender": {"id": "7", "name": "Ada", "handle": "ada", "bot": false},
            "event": {"type": "message", "id": "700000000000000001", "text": "look", "mentionsBot": false, "attachments": [
                {"kind": "photo", "name": "a.png", "mimeType": "image/png", "size": 12, "file": cdn("a.png")},
                {"kind": "voice", "name": "v.ogg", "mimeType": "audio/ogg", "size": 13, "file": cdn("v.ogg")},
                {"kind": "audio", "name": "m.mp3", "mimeType": "audio/mpeg", "size": 14, "file": cdn("m.mp3")},
                {"kind": "document", "name": "x.bin", "size": 15, "file": cdn("x.bin")},
                {"kind": "sticker", "text": "wave"},
                {"kind": "other", "text": "Poll: Lunch? (yes / no)"},
                {"kind": "other", "text": "Card\nWords"},
            ]},
        })
    );
}

#[test]
fn a_reply_in_a_thread_of_a_guild() {
    let found = one("MESSAGE_CREATE", REPLY);
    assert_eq!(
        found["chat"],
        json!({"id": "51", "kind": "channel", "title": "general", "guild": "9",
        "thread": {"id": "52", "title": "Plans"}})
    );
    assert_eq!(
        found["sender"],
        json!({"id": "8", "name": "Bobby", "handle": "bob", "bot": true, "roles": ["31", "32"]})
    );
    assert_eq!(
        found["event"]["replyTo"],
        json!({"id": "600", "author": "robot", "fromBot": true, "text": "earlier"})
    );
    assert_eq!(found["event"]["mentionsBot"], true);
}

#[test]
fn a_reply_carries_the_files_of_what_it_answers() {
    let quoted = |more: Value| {
        let mut message = json!({
            "id": "700", "channel_id": "50", "type": 19, "content": "what is it?", "author": {"id": "8", "username": "bob"},
            "referenced_message": {"id": "600", "channel_id": "50", "content": "", "author": {"id": "9", "username": "eve"}},
        });
        for (name, value) in more.as_object().unwrap() {
            message["referenced_message"][name] = value.clone();
        }
        one("MESSAGE_CREATE", &message.to_string())["event"]["replyTo"].clone()
    };
    let file = |n: usize| json!({"url": format!("https://cdn.discordapp.com/{n}"), "filename": "a.png", "content_type": "image/png"});
    let reply = quoted(json!({"attachments": (0..12).map(file).collect::<Vec<_>>()}));
    assert_eq!(reply["attachments"].as_array().unwrap().len(), 10);
    let first = json!({"kind": "photo", "name": "a.png", "mimeType": "image/png", "file": "https://cdn.discordapp.com/0"});
    assert_eq!(reply["attachments"][0], first);
    let reply = quoted(json!({"embeds": [{"type": "rich", "title": "Plan", "description": "first"}]}));
    assert_eq!((&reply["text"], reply.get("attachments")), (&json!("Plan\nfirst"), None));
}

#[test]
fn a_forward_and_the_mention_of_the_bots_own_role() {
    let event = &one("MESSAGE_CREATE", FORWARD)["event"];
    assert_eq!((&event["text"], &event["mentionsBot"]), (&json!("told"), &json!(true)));
    assert_eq!(event["forwardedFrom"], "somebody on Discord");
    assert_eq!(event["attachments"][0]["file"], "https://cdn.discordapp.com/f");
    assert_eq!(event["replyTo"], Value::Null);
}

#[test]
fn programs_are_marked_and_the_bot_itself_is_not_heard() {
    assert_eq!(one("MESSAGE_CREATE", WEBHOOK)["sender"], json!({"id": "44", "name": "feed", "bot": true}));
    for (name, own) in [
        ("MESSAGE_CREATE", r#"{"id":"11","channel_id":"50","content":"me","author":{"id":"1"}}"#),
        (
            "MESSAGE_UPDATE",
            r#"{"id":"11","channel_id":"50","content":"me","edited_timestamp":"x","author":{"id":"1"}}"#,
        ),
        (
            "MESSAGE_REACTION_ADD",
            r#"{"user_id":"1","channel_id":"50","message_id":"11","emoji":{"name":"x"}}"#,
        ),
        ("MESSAGE_POLL_VOTE_ADD", r#"{"user_id":"1","channel_id":"50","message_id":"11","answer_id":1}"#),
        ("MESSAGE_CREATE", r#"{"id":"11","channel_id":"50","type":7,"content":"","author":{"id":"7"}}"#),
        (
            "MESSAGE_UPDATE",
            r#"{"id":"11","channel_id":"50","content":"link","embeds":[{}],"author":{"id":"7"}}"#,
        ),
    ] {
        assert_eq!(read(name, own), [], "{own}");
    }
}

#[test]
fn edits_deletions_reactions_and_votes_are_events_on_a_message() {
    let edit = one("MESSAGE_UPDATE", EDIT);
    assert_eq!(edit["id"], "e:700000000000000001:2023-01-01T00:01:00Z");
    assert_eq!(edit["event"], json!({"type": "edited", "message": "700000000000000001", "text": "better"}));
    let gone = read("MESSAGE_DELETE_BULK", GOLDEN[6].1);
    assert_eq!(gone.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["d:11", "d:12"]);
    let reaction = one("MESSAGE_REACTION_ADD", REACTION);
    assert_eq!(reaction["id"], "r:s:5");
    assert_eq!(
        reaction["event"],
        json!({"type": "reacted", "message": "11", "emoji": "party:66", "added": true})
    );
    assert_eq!(reaction["sender"]["name"], "ada");
    let taken = one("MESSAGE_REACTION_REMOVE", GOLDEN[8].1);
    assert_eq!((&taken["event"]["emoji"], &taken["event"]["added"]), (&json!("👍"), &json!(false)));
    let vote = one("MESSAGE_POLL_VOTE_ADD", GOLDEN[9].1);
    assert_eq!(vote["event"], json!({"type": "voted", "poll": "11", "options": [1]}));
}

#[test]
fn commands_and_buttons_carry_what_answering_needs() {
    let command = one("INTERACTION_CREATE", COMMAND);
    assert_eq!(
        command["event"],
        json!({"type": "command", "name": "model", "text": "large", "token": "100/abc"})
    );
    assert_eq!(
        (&command["id"], &command["chat"]["thread"]["id"]),
        (&json!("i:700000000000000005"), &json!("52"))
    );
    let press = one("INTERACTION_CREATE", PRESS);
    assert_eq!(
        press["event"],
        json!({"type": "pressed", "message": "11", "data": "yes:1", "token": "100/abd"})
    );
    assert_eq!(press["chat"]["kind"], "direct");
}

#[test]
fn a_forum_post_is_a_thread_of_its_forum() {
    let post = r#"{"id":"11","channel_id":"54","guild_id":"9","content":"post","author":{"id":"7","username":"ada"}}"#;
    let chat = &one("MESSAGE_CREATE", post)["chat"];
    assert_eq!(
        (&chat["id"], &chat["thread"]["id"], &chat["title"]),
        (&json!("53"), &json!("54"), &json!("forum"))
    );
}

#[test]
fn what_is_strange_in_a_message_never_costs_the_message() {
    let strange = r#"{"id":11,"channel_id":"50","content":"hi","author":{"id":"7","username":null,"bot":"no"},
        "attachments":[{"filename":"no address"},7,{"url":"https://cdn.discordapp.com/x","size":"big"}],
        "mentions":null,"embeds":{},"referenced_message":{"no":"id"},"poll":[],"type":"0","member":5}"#;
    let found = one("MESSAGE_CREATE", strange);
    assert_eq!((&found["event"]["text"], &found["event"]["id"]), (&json!("hi"), &json!("11")));
    assert_eq!(found["event"]["attachments"].as_array().map(Vec::len), Some(1));
}
