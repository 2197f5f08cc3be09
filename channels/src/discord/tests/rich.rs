//! Voice messages and cards, as they are sent.

use serde_json::{Value, json};

use super::calls::{last, send};
use super::server::{Answer, Server};
use crate::channel::Channel as _;
use crate::outbound::{Action, Card, Failure, Media, MediaKind, Outbound, Place, Retry};

fn voice(path: &std::path::Path, caption: &str) -> Action {
    let file = Media { kind: MediaKind::Voice, path: path.to_owned(), name: "note.ogg".into() };
    Action::Media { files: vec![file], caption: caption.into(), reply_to: Some("11".into()), silent: true }
}

/// Returns the JSON part of a form.
fn payload(body: &str) -> Value {
    let start = body.find('{').unwrap();
    let end = body[start..].find("\r\n").unwrap() + start;
    serde_json::from_str(&body[start..end]).unwrap()
}

#[tokio::test]
async fn a_recording_is_a_voice_message_and_anything_else_a_file() {
    let server = Server::start().await;
    let discord = server.discord();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("note.ogg");
    std::fs::write(&path, crate::discord::voice::tests::stream(&[10, 20], 312, 312 + 48_000)).unwrap();
    let receipt = send(&discord, voice(&path, "")).await.unwrap();
    assert_eq!(receipt.note, None);
    let call = server.calls().pop().unwrap();
    assert!(call.body.contains("Content-Type: audio/ogg"), "{}", call.body);
    let sent = payload(&call.body);
    let mut told = sent["attachments"][0].clone();
    assert_eq!(told["waveform"].take(), "f/8=");
    assert_eq!(told, json!({"id": 0, "filename": "note.ogg", "duration_secs": 1.0, "waveform": null}));
    assert_eq!((&sent["flags"], sent.get("content")), (&json!(8192 + 4096), None));
    assert_eq!(sent["message_reference"]["message_id"], "11");
    let file = |call: &str| {
        let sent = payload(call);
        (sent["attachments"][0].get("waveform").is_none(), sent["flags"].clone())
    };
    let refused = json!({"message": "You cannot send voice messages in this channel.", "code": 50_173});
    server.answer("POST /channels/50/messages", Answer::Is(403, refused));
    for (caption, expected) in [("", "takes no voice message there"), ("words", "carries no text")] {
        let note = send(&discord, voice(&path, caption)).await.unwrap().note.unwrap();
        assert!(note.contains(expected), "{note}");
        assert_eq!(file(&server.calls().pop().unwrap().body), (true, json!(4096)));
    }
    std::fs::write(&path, "no sound at all").unwrap();
    let note = send(&discord, voice(&path, "")).await.unwrap().note.unwrap();
    assert!(note.contains("Ogg with Opus"), "{note}");
    assert_eq!(server.calls().len(), 5, "only the refused one took two");
}

#[tokio::test]
async fn cards_are_embeds_that_notify_nobody() {
    let server = Server::start().await;
    let discord = server.discord();
    let cards = |message: Option<&str>| Action::Cards {
        intro: "In *short*:".into(),
        cards: vec![
            Card { title: "Plan".into(), text: "| a |\n|---|\n| 1 |".into() },
            Card { title: "End".into(), text: String::new() },
        ],
        message: message.map(str::to_owned),
        reply_to: Some("11".into()),
        silent: false,
    };
    let embeds = json!([
        {"color": 5_996_454, "title": "Plan", "description": "```\na\n-\n1\n```"}, {"color": 5_996_454, "title": "End"},
    ]);
    let allowed = json!({"parse": [], "replied_user": true});
    send(&discord, cards(None)).await.unwrap();
    let (what, body) = last(&server);
    assert_eq!(what, "POST /channels/50/messages");
    assert_eq!(
        body,
        json!({
            "content": "In *short*:", "embeds": embeds, "allowed_mentions": allowed, "nonce": "k-1", "enforce_nonce": true,
            "message_reference": {"message_id": "11", "fail_if_not_exists": false},
        })
    );
    send(&discord, cards(Some("77"))).await.unwrap();
    let edited =
        json!({"content": "In *short*:", "embeds": embeds, "allowed_mentions": allowed, "components": []});
    assert_eq!(last(&server), ("PATCH /channels/50/messages/77".to_owned(), edited));
    server
        .answer("POST /channels/50/messages", Answer::Is(403, json!({"message": "Missing", "code": 50_013})));
    let refused = send(&discord, cards(None)).await.unwrap_err();
    assert_eq!((refused.failure, refused.retry), (Failure::Gone, Retry::Never), "another way is taken");
}

#[tokio::test]
async fn a_command_whose_cards_are_refused_gets_its_words_where_it_waits() {
    let server = Server::start().await;
    let discord = server.discord();
    let answering = |key: &str, action: Action| Outbound {
        to: Place { chat: "50".into(), thread: None },
        key: key.into(),
        answering: Some("100/abc".into()),
        action,
    };
    let original = "PATCH /webhooks/100/abc/messages/@original";
    let waiting = json!({"id": "5", "flags": 128});
    server.answer("GET /webhooks/100/abc/messages/@original", Answer::Is(200, waiting));
    server.answer(original, Answer::Is(403, json!({"message": "Missing Permissions", "code": 50_013})));
    let cards = Action::Cards {
        intro: String::new(),
        cards: vec![Card { title: "A".into(), text: "b".into() }],
        message: None,
        reply_to: None,
        silent: false,
    };
    discord.send(answering("k-1", cards)).await.unwrap_err();
    let text = Action::Text { text: "A b".into(), reply_to: None, buttons: Vec::new(), silent: false };
    discord.send(answering("k-2", text)).await.unwrap();
    let (what, body) = last(&server);
    assert_eq!((what.as_str(), &body["content"]), (original, &json!("A b")));
}
