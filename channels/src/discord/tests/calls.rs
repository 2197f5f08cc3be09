//! What is sent, byte for byte where it matters, and what is not sent.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::server::{Answer, Server, TOKEN, discord};
use crate::channel::Channel as _;
use crate::discord::Discord;
use crate::outbound::{
    Action, Button, Failure, Media, MediaKind, Outbound, Place, Poll, Receipt, Retry, SendError,
};

pub(super) fn outbound(action: Action) -> Outbound {
    let to = Place { chat: "50".into(), thread: None };
    Outbound { to, key: "k-1".into(), answering: None, action }
}

fn text(text: &str) -> Action {
    Action::Text { text: text.into(), reply_to: None, buttons: Vec::new(), silent: false }
}

pub(super) async fn send(discord: &Discord, action: Action) -> Result<Receipt, SendError> {
    discord.send(outbound(action)).await
}

pub(super) fn last(server: &Server) -> (String, Value) {
    let call = server.calls().pop().unwrap();
    (call.what.clone(), call.json())
}

#[tokio::test]
async fn a_text_is_sent_once_and_notifies_nobody() {
    let server = Server::start().await;
    let discord = server.discord();
    let action = Action::Text {
        text: "@everyone **hi**".into(),
        reply_to: Some("11".into()),
        buttons: vec![vec![Button { label: "Yes".into(), data: "y".into() }]],
        silent: true,
    };
    let mut message = outbound(action);
    message.to.thread = Some("51".into());
    let receipt = discord.send(message).await.unwrap();
    assert_eq!(receipt.message.as_deref(), Some("777"));
    let (what, body) = last(&server);
    assert_eq!(what, "POST /channels/51/messages");
    let button = json!({"type": 2, "style": 2, "label": "Yes", "custom_id": "y"});
    assert_eq!(
        body,
        json!({
            "content": "@everyone **hi**", "allowed_mentions": {"parse": [], "replied_user": true}, "flags": 4096,
            "nonce": "k-1", "enforce_nonce": true, "components": [{"type": 1, "components": [button]}],
            "message_reference": {"message_id": "11", "fail_if_not_exists": false},
        })
    );
}

#[tokio::test]
async fn every_other_action_is_one_plain_call() {
    let server = Server::start().await;
    let discord = server.discord();
    let message = || "11".to_owned();
    let poll = Poll {
        question: "Lunch?".into(),
        options: vec!["yes".into(), "no".into()],
        seconds: Some(5000),
        ..poll()
    };
    for (action, what, body) in [
        (
            Action::Edit { message: message(), text: "new".into(), buttons: Vec::new() },
            "PATCH /channels/50/messages/11",
            json!({"content": "new", "components": [], "allowed_mentions": {"parse": [], "replied_user": true}}),
        ),
        (Action::Delete { message: message() }, "DELETE /channels/50/messages/11", Value::Null),
        (
            Action::React { message: message(), emoji: Some("👍".into()) },
            "PUT /channels/50/messages/11/reactions/%F0%9F%91%8D/@me",
            Value::Null,
        ),
        (
            Action::React { message: message(), emoji: Some("<:party:66>".into()) },
            "PUT /channels/50/messages/11/reactions/party%3A66/@me",
            Value::Null,
        ),
        (Action::Typing, "POST /channels/50/typing", Value::Null),
        (Action::Pin { message: message(), pinned: true }, "PUT /channels/50/messages/pins/11", Value::Null),
        (
            Action::Pin { message: message(), pinned: false },
            "DELETE /channels/50/messages/pins/11",
            Value::Null,
        ),
        (
            Action::Thread { title: "T".into(), message: Some(message()) },
            "POST /channels/50/messages/11/threads",
            json!({"name": "T", "auto_archive_duration": 1440}),
        ),
        (
            Action::Thread { title: "T".into(), message: None },
            "POST /channels/50/threads",
            json!({"name": "T", "type": 11, "auto_archive_duration": 1440}),
        ),
        (
            Action::Poll(poll),
            "POST /channels/50/messages",
            json!({
            "allowed_mentions": {"parse": [], "replied_user": true}, "nonce": "k-1", "enforce_nonce": true,
            "poll": {"question": {"text": "Lunch?"}, "duration": 2, "allow_multiselect": false, "layout_type": 1,
                "answers": [{"poll_media": {"text": "yes"}}, {"poll_media": {"text": "no"}}]}}),
        ),
        (
            Action::Answer { token: "100/abc".into(), text: "Not yours".into(), alert: false },
            "POST /webhooks/100/abc",
            json!({"content": "Not yours", "flags": 64, "allowed_mentions": {"parse": [], "replied_user": true}}),
        ),
    ] {
        send(&discord, action).await.unwrap();
        assert_eq!(last(&server), (what.to_owned(), body));
    }
}

fn poll() -> Poll {
    Poll { question: String::new(), options: Vec::new(), multiple: false, anonymous: false, seconds: None }
}

#[tokio::test]
async fn the_menu_goes_to_the_bots_application() {
    let server = Server::start().await;
    let discord = server.discord();
    server.answer("GET /applications/@me", Answer::Is(200, json!({"id": "100"})));
    let commands = vec![("ask".to_owned(), "Asks".to_owned()), ("stop".into(), String::new())];
    send(&discord, Action::Menu { commands }).await.unwrap();
    let (what, body) = last(&server);
    assert_eq!(what, "PUT /applications/100/commands");
    assert_eq!((&body[0]["name"], &body[0]["options"][0]["required"]), (&json!("ask"), &json!(true)));
    assert_eq!(body[1], json!({"type": 1, "name": "stop", "description": "—"}));
}

#[tokio::test]
async fn earlier_messages_come_newest_last_and_a_reaction_is_taken_back() {
    let server = Server::start().await;
    let discord = server.discord();
    let said = |id: &str| json!({"id": id, "channel_id": "50", "content": id, "author": {"id": "7"}});
    server.answer(
        "GET /channels/50/messages?limit=2&before=20",
        Answer::Is(200, json!([said("12"), said("11")])),
    );
    let receipt = send(&discord, Action::Read { before: Some("20".into()), limit: 2 }).await.unwrap();
    assert_eq!(receipt.messages.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["11", "12"]);
    let reactions =
        json!([{"me": false, "emoji": {"name": "x"}}, {"me": true, "emoji": {"id": "66", "name": "party"}}]);
    server
        .answer("GET /channels/50/messages/11", Answer::Is(200, json!({"id": "11", "reactions": reactions})));
    send(&discord, Action::React { message: "11".into(), emoji: None }).await.unwrap();
    assert_eq!(last(&server).0, "DELETE /channels/50/messages/11/reactions/party%3A66/@me");
}

#[tokio::test]
async fn a_used_up_limit_is_not_called_into() {
    let server = Server::start().await;
    let discord = server.discord();
    let limited = json!({"message": "slow down", "retry_after": 30.5, "global": false});
    server.answer("POST /channels/50/messages", Answer::Is(429, limited));
    let error = send(&discord, text("a")).await.unwrap_err();
    assert_eq!((error.failure, error.retry), (Failure::Limited, Retry::After(30_500)));
    let error = send(&discord, text("a")).await.unwrap_err();
    assert!(matches!(error.retry, Retry::After(1..=30_500)) && error.failure == Failure::Limited);
    assert_eq!(server.calls().len(), 1, "the second was not made");
    // Another conversation is free; its headers say when it is used up as well.
    let headers = vec![
        ("x-ratelimit-bucket", "b".into()),
        ("x-ratelimit-remaining", "0".into()),
        ("x-ratelimit-reset-after", "20.0".into()),
    ];
    server.answer("POST /channels/51/messages", Answer::With(200, headers, json!({"id": "1"})));
    let other = || Outbound { to: Place { chat: "51".into(), thread: None }, ..outbound(text("b")) };
    discord.send(other()).await.unwrap();
    assert_eq!(discord.send(other()).await.unwrap_err().failure, Failure::Limited);
    server.answer("POST /channels/52/messages", Answer::Is(429, json!({"retry_after": 9.0, "global": true})));
    let third = Outbound { to: Place { chat: "52".into(), thread: None }, ..outbound(text("c")) };
    discord.send(third).await.unwrap_err();
    assert_eq!(send(&discord, Action::Typing).await.unwrap_err().failure, Failure::Limited, "nothing at all");
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn a_failure_says_whether_it_may_have_been_done_and_no_secret() {
    let server = Server::start().await;
    let discord = server.discord();
    for (answer, expected) in [
        (
            Answer::Is(500, json!({"message": "500: Internal Server Error", "code": 0})),
            (Failure::Away, Retry::Later),
        ),
        (Answer::Text(502, "<html>".into()), (Failure::Unknown, Retry::Later)),
        (Answer::Cut, (Failure::Unknown, Retry::Later)),
        (Answer::Text(200, "<html>".into()), (Failure::Unknown, Retry::Later)),
        (Answer::Is(403, json!({"message": "Cannot send", "code": 50_007})), (Failure::Gone, Retry::Never)),
        (Answer::Is(401, json!({"message": "401: Unauthorized"})), (Failure::Refused, Retry::Never)),
    ] {
        server.answer("POST /channels/50/messages", answer.clone());
        let error = send(&discord, text("a")).await.unwrap_err();
        assert_eq!((error.failure, error.retry), expected, "{answer:?}: {error}");
        assert!(!format!("{error:?}").contains(TOKEN));
    }
    server.answer("POST /channels/50/threads", Answer::Cut);
    let error = send(&discord, Action::Thread { title: "T".into(), message: None }).await.unwrap_err();
    assert_eq!(
        (error.failure, error.retry),
        (Failure::Unknown, Retry::Never),
        "a second thread would be made"
    );
    let away = super::server::discord("http://127.0.0.1:1");
    let error = send(&away, text("a")).await.unwrap_err();
    assert_eq!((error.failure, error.retry), (Failure::Away, Retry::Later));
    assert!(!format!("{away:?}{error:?}").contains(TOKEN));
}

#[tokio::test]
async fn ids_cannot_lead_to_other_addresses() {
    let server = Server::start().await;
    let discord = server.discord();
    for wrong in ["", "../../users/@me", "50/../51", "50?x", "５０"] {
        let to = Place { chat: wrong.into(), thread: None };
        let error = discord.send(Outbound { to, ..outbound(text("a")) }).await.unwrap_err();
        assert_eq!(error.failure, Failure::Refused);
        let error = send(&discord, Action::Delete { message: wrong.into() }).await.unwrap_err();
        assert_eq!(error.failure, Failure::Refused);
        for token in [wrong, "100/../x", "100/a/b", "x/abc"] {
            let answer = Action::Answer { token: token.into(), text: "t".into(), alert: false };
            assert_eq!(send(&discord, answer).await.unwrap_err().failure, Failure::Refused);
        }
    }
    assert_eq!(server.calls().len(), 0);
}

#[tokio::test]
async fn a_commands_first_answer_is_its_own_and_is_never_overwritten() {
    let server = Server::start().await;
    let discord = server.discord();
    let answer = |key: &str, words: &str| Outbound {
        answering: Some("100/abc".into()),
        key: key.into(),
        ..outbound(text(words))
    };
    discord.answered.open("100/abc");
    server.answer("PATCH /webhooks/100/abc/messages/@original", Answer::Cut);
    assert_eq!(discord.send(answer("k-1", "one")).await.unwrap_err().retry, Retry::Later);
    discord.send(answer("k-1", "one")).await.unwrap();
    assert_eq!(last(&server).0, "PATCH /webhooks/100/abc/messages/@original");
    discord.send(answer("k-2", "two")).await.unwrap();
    assert_eq!(last(&server).0, "POST /channels/50/messages");
    // After a restart it is found out whether the person still waits.
    let original = "GET /webhooks/100/abc/messages/@original";
    for (found, calls) in [
        (
            Answer::Is(200, json!({"id": "1", "flags": 128, "content": ""})),
            "PATCH /webhooks/100/abc/messages/@original",
        ),
        (Answer::Is(200, json!({"id": "1", "flags": 0, "content": "one"})), "POST /channels/50/messages"),
        (Answer::Is(200, json!({"id": "1", "flags": 0, "content": "two"})), original),
        (
            Answer::Is(404, json!({"code": 10_015, "message": "Unknown Webhook"})),
            "POST /channels/50/messages",
        ),
    ] {
        let discord = server.discord();
        server.answer(original, found);
        discord.send(answer("k-2", "two")).await.unwrap();
        assert_eq!(last(&server).0, calls);
    }
    // Too late: an ordinary message.
    let late = server.discord();
    late.answered.open("100/abc");
    let expired = Answer::Is(401, json!({"code": 50_027, "message": "Invalid Webhook Token"}));
    server.answer("PATCH /webhooks/100/abc/messages/@original", expired);
    late.send(answer("k-3", "three")).await.unwrap();
    assert_eq!(last(&server).0, "POST /channels/50/messages");
    // Where the bot may not speak, the command may still be answered.
    server.answer(
        "POST /channels/50/messages",
        Answer::Is(403, json!({"code": 50_001, "message": "Missing Access"})),
    );
    late.send(answer("k-4", "four")).await.unwrap();
    assert_eq!(last(&server).0, "POST /webhooks/100/abc");
}

#[tokio::test]
async fn files_go_out_with_their_message_and_come_in_whole_or_not_at_all() {
    let server = Server::start().await;
    let discord = server.discord();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    std::fs::write(&path, "the file's words").unwrap();
    let media = Media { kind: MediaKind::Document, path, name: "a/b\"c.txt".into() };
    let action =
        |media| Action::Media { files: vec![media], caption: "See".into(), reply_to: None, silent: false };
    send(&discord, action(media.clone())).await.unwrap();
    let body = server.calls().pop().unwrap().body;
    for part in [
        r#"name="payload_json""#,
        r#""nonce":"k-1""#,
        r#""filename":"abc.txt""#,
        r#"name="files[0]""#,
        "the file's words",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let missing = Media { path: folder.path().join("none"), ..media };
    assert_eq!(send(&discord, action(missing)).await.unwrap_err().failure, Failure::Refused);

    let target = folder.path().join("in.bin");
    let fetch = |file: String, limit| Action::Fetch { file, path: target.clone(), limit };
    let address = |path: &str| format!("http://{}/{path}", server.address);
    server.answer("GET /a", Answer::Text(200, "12345".into()));
    send(&discord, fetch(address("a"), 5)).await.unwrap();
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "12345");
    assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    server.answer("GET /b", Answer::Text(200, "123456".into()));
    assert_eq!(send(&discord, fetch(address("b"), 5)).await.unwrap_err().failure, Failure::Refused);
    server.answer("GET /c", Answer::Text(404, String::new()));
    assert_eq!(send(&discord, fetch(address("c"), 5)).await.unwrap_err().failure, Failure::Gone);
    let elsewhere = super::server::discord("http://127.0.0.1:1");
    let calls = server.calls().len();
    assert_eq!(send(&elsewhere, fetch(address("a"), 5)).await.unwrap_err().failure, Failure::Refused);
    assert_eq!(server.calls().len(), calls, "strangers' addresses are not called");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no parts are left");
}

#[test]
fn it_says_what_it_can() {
    let traits = discord("http://127.0.0.1:1").traits();
    assert_eq!((traits.text.max, traits.text.max_lines), (2000, Some(17)));
    assert!(traits.abilities.contains(crate::Ability::SendOnce));
}
