//! What arrives at the server for each action.

use serde_json::{Value, json};

use super::server::{Reply, Server, fail, ok};
use super::{in_topic, on, text, to};
use crate::channel::{Ability, Channel as _};
use crate::outbound::{Action, Button, Failure, Outbound, Poll, Receipt};

/// Sends to a server that says yes, and returns the method, what arrived and the receipt.
async fn arrives(result: Value, message: Outbound) -> (String, Value, Receipt) {
    let server = Server::turns(vec![ok(result)]);
    let receipt = on(&server).send(message).await.unwrap();
    let seen = server.seen().remove(0);
    assert_eq!(seen.path, format!("/bot{}/{}", super::TOKEN, seen.method));
    (seen.method.clone(), seen.json(), receipt)
}

async fn refusal(message: Outbound) -> String {
    let server = Server::turns(Vec::new());
    let error = on(&server).send(message).await.unwrap_err();
    assert_eq!((error.failure, server.seen().len()), (Failure::Refused, 0));
    error.text
}

fn button(label: &str, data: &str) -> Vec<Vec<Button>> {
    vec![vec![Button { label: label.into(), data: data.into() }]]
}

#[tokio::test]
async fn a_text_goes_as_html_without_previews() {
    let action = Action::Text {
        text: "a < b".into(),
        reply_to: Some("31".into()),
        buttons: button("Yes", "a:1:yes"),
        silent: true,
    };
    let (method, body, receipt) = arrives(json!({ "message_id": 32 }), to("-1001", action)).await;
    assert_eq!(method, "sendMessage");
    assert_eq!(
        body,
        json!({ "chat_id": -1001, "text": "a &lt; b", "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true }, "disable_notification": true,
            "reply_parameters": { "message_id": 31, "allow_sending_without_reply": true },
            "reply_markup": { "inline_keyboard": [[{ "text": "Yes", "callback_data": "a:1:yes" }]] } })
    );
    assert_eq!(receipt, Receipt { message: Some("32".into()), ..Receipt::default() });
}

#[tokio::test]
async fn the_general_topic_is_named_only_while_writing() {
    let done = json!({ "message_id": 1 });
    let (_, body, _) = arrives(done.clone(), in_topic("1", text("hi"))).await;
    assert_eq!(body.get("message_thread_id"), None);
    let (_, body, _) = arrives(done.clone(), in_topic("44", text("hi"))).await;
    assert_eq!(body["message_thread_id"], 44);
    let (method, body, _) = arrives(json!(true), in_topic("1", Action::Typing)).await;
    assert_eq!(
        (method.as_str(), &body["message_thread_id"], &body["action"]),
        ("sendChatAction", &json!(1), &json!("typing"))
    );
}

#[tokio::test]
async fn what_makes_no_request_is_refused_first() {
    assert!(refusal(to("Kitchen", text("hi"))).await.contains("`Kitchen`"));
    assert!(refusal(in_topic("x", text("hi"))).await.contains("topic"));
    let press = |data: &str| Action::Text {
        text: "?".into(),
        reply_to: None,
        buttons: button("Yes", data),
        silent: false,
    };
    assert!(refusal(to("1", press(&"x".repeat(65)))).await.contains("64 bytes"));
    assert!(refusal(to("1", press(""))).await.contains("64 bytes"));
    let (_, body, _) = arrives(json!({}), to("@news", text("hi"))).await;
    assert_eq!(body["chat_id"], "@news");
}

#[tokio::test]
async fn an_edit_without_a_change_is_done() {
    let edit = || to("1", Action::Edit { message: "5".into(), text: "now".into(), buttons: Vec::new() });
    let (method, body, receipt) = arrives(json!({ "message_id": 5 }), edit()).await;
    assert_eq!(
        (method.as_str(), &body["message_id"], body.get("reply_markup")),
        ("editMessageText", &json!(5), None)
    );
    assert_eq!(receipt.message.as_deref(), Some("5"));
    let words = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same";
    let server = Server::turns(vec![fail(400, words)]);
    assert_eq!(on(&server).send(edit()).await.unwrap(), receipt);
}

#[tokio::test]
async fn refused_markup_goes_plain_once() {
    let broken = || fail(400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 3");
    let server = Server::turns(vec![broken(), ok(json!({ "message_id": 2 }))]);
    let receipt = on(&server).send(to("1", text("a < b"))).await.unwrap();
    assert!(receipt.note.unwrap().contains("refused the markup"));
    let seen = server.seen();
    assert_eq!((&seen[1].json()["text"], seen[1].json().get("parse_mode")), (&json!("a < b"), None));

    let server = Server::turns(vec![broken(), broken(), broken()]);
    let error = on(&server).send(to("1", text("a"))).await.unwrap_err();
    assert_eq!((error.failure, server.seen().len()), (Failure::Refused, 2));
}

#[tokio::test]
async fn a_group_that_moved_is_followed_once() {
    let moved = || {
        let body = json!({ "ok": false, "error_code": 400, "parameters": { "migrate_to_chat_id": -1009 },
            "description": "Bad Request: group chat was upgraded to a supergroup chat" });
        Reply::Json(400, body)
    };
    let server = Server::turns(vec![moved(), ok(json!({ "message_id": 2 }))]);
    let receipt = on(&server).send(to("-55", text("hi"))).await.unwrap();
    assert!(receipt.note.unwrap().contains("-1009"));
    assert_eq!(server.seen()[1].json()["chat_id"], -1009);

    let server = Server::turns(vec![moved(), moved(), moved()]);
    let error = on(&server).send(to("-55", text("hi"))).await.unwrap_err();
    assert_eq!((error.failure, server.seen().len()), (Failure::Gone, 2));
}

#[tokio::test]
async fn messages_are_removed_reacted_to_and_pinned() {
    let (method, body, _) = arrives(json!(true), to("1", Action::Delete { message: "7".into() })).await;
    assert_eq!((method.as_str(), body), ("deleteMessage", json!({ "chat_id": 1, "message_id": 7 })));
    let gone = Server::turns(vec![fail(400, "Bad Request: message to delete not found")]);
    assert!(on(&gone).send(to("1", Action::Delete { message: "7".into() })).await.is_ok());

    let react =
        |emoji: Option<&str>| to("1", Action::React { message: "7".into(), emoji: emoji.map(str::to_owned) });
    let (method, body, _) = arrives(json!(true), react(Some("❤\u{fe0f}"))).await;
    assert_eq!(
        (method.as_str(), &body["reaction"]),
        ("setMessageReaction", &json!([{ "type": "emoji", "emoji": "❤" }]))
    );
    assert_eq!(arrives(json!(true), react(None)).await.1["reaction"], json!([]));
    let custom = json!([{ "type": "custom_emoji", "custom_emoji_id": "536" }]);
    assert_eq!(arrives(json!(true), react(Some("custom:536"))).await.1["reaction"], custom);

    let pin = |pinned| to("1", Action::Pin { message: "7".into(), pinned });
    assert_eq!(arrives(json!(true), pin(true)).await.0, "pinChatMessage");
    assert_eq!(arrives(json!(true), pin(false)).await.0, "unpinChatMessage");
}

#[tokio::test]
async fn polls_and_topics_are_made() {
    let poll = |options: &[&str]| {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let question = "Lunch?".to_owned();
        to("1", Action::Poll(Poll { question, options, multiple: true, anonymous: false, seconds: Some(60) }))
    };
    let made = json!({ "message_id": 3, "poll": { "id": "5001" } });
    let (method, body, receipt) = arrives(made, poll(&["Soup", "Salad"])).await;
    assert_eq!(method, "sendPoll");
    assert_eq!(body["options"], json!([{ "text": "Soup" }, { "text": "Salad" }]));
    assert_eq!((&body["is_anonymous"], &body["open_period"]), (&json!(false), &json!(60)));
    assert_eq!((receipt.message.as_deref(), receipt.made.as_deref()), (Some("3"), Some("5001")));
    assert!(refusal(poll(&["one"])).await.contains("2 to 10"));

    let topic = |title: &str| to("-1002", Action::Thread { title: title.into(), message: None });
    let (method, body, receipt) =
        arrives(json!({ "message_thread_id": 90, "name": "x" }), topic(&"x".repeat(200))).await;
    assert_eq!((method.as_str(), body["name"].as_str().unwrap().len()), ("createForumTopic", 128));
    assert_eq!(receipt.made.as_deref(), Some("90"));
}

#[tokio::test]
async fn a_press_is_answered_and_the_menu_set() {
    let answer = Action::Answer { token: "99".into(), text: "x".repeat(300), alert: true };
    let (method, body, _) = arrives(json!(true), to("1", answer)).await;
    assert_eq!((method.as_str(), body["text"].as_str().unwrap().len()), ("answerCallbackQuery", 200));
    let late = Server::turns(vec![fail(
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )]);
    let answer = Action::Answer { token: "99".into(), text: String::new(), alert: false };
    assert_eq!(on(&late).send(to("1", answer)).await.unwrap_err().failure, Failure::Gone);

    let pair = |name: &str| (name.to_owned(), "does it".to_owned());
    let menu = Action::Menu { commands: vec![pair("new"), pair("Bad-Name")] };
    let (method, body, receipt) = arrives(json!(true), to("1", menu)).await;
    assert_eq!(
        (method.as_str(), body),
        ("setMyCommands", json!({ "commands": [{ "command": "new", "description": "does it" }] }))
    );
    assert!(receipt.note.unwrap().contains("Bad-Name"));
}

#[tokio::test]
async fn what_a_bot_cannot_do_is_no_ability() {
    let server = Server::turns(Vec::new());
    let channel = on(&server);
    let error = channel.send(to("1", Action::Read { before: None, limit: 5 })).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unsupported);
    let abilities = channel.traits().abilities;
    assert!(!abilities.contains(Ability::Read) && !abilities.contains(Ability::SendOnce));
    assert!(abilities.is_superset(Ability::Edit | Ability::Thread));
}
