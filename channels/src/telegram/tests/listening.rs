//! Long polling: what is stored when, and how a connection ends.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::server::{Reply, Seen, Server, fail, nobody, ok};
use super::{bot, channel, on, pace_for};
use crate::channel::{Channel as _, Inbox, Journal, JournalError, ListenError};
use crate::inbound::{Bot, Inbound};
use crate::telegram::update;

/// A journal in memory.
#[derive(Debug, Default)]
struct Memory {
    kept: Mutex<Vec<Inbound>>,
    cursor: Mutex<Option<String>>,
    alive: Mutex<u32>,
    bot: Mutex<Option<Bot>>,
    troubles: Mutex<Vec<String>>,
    full: bool,
    changed: Notify,
}

#[async_trait]
impl Journal for Memory {
    async fn store(&self, batch: Vec<Inbound>, cursor: Option<String>) -> Result<(), JournalError> {
        if self.full {
            return Err(JournalError("the disk is full".to_owned()));
        }
        self.kept.lock().unwrap().extend(batch);
        *self.cursor.lock().unwrap() = cursor;
        self.changed.notify_one();
        Ok(())
    }

    fn cursor(&self) -> Option<String> {
        self.cursor.lock().unwrap().clone()
    }

    fn alive(&self, _: std::time::Duration) {
        *self.alive.lock().unwrap() += 1;
    }

    fn identify(&self, bot: Bot) {
        *self.bot.lock().unwrap() = Some(bot);
    }

    fn trouble(&self, text: &str) {
        self.troubles.lock().unwrap().push(text.to_owned());
    }
}

fn me() -> Reply {
    ok(json!({ "id": 777, "is_bot": true, "first_name": "Landline", "username": "LandBot" }))
}

fn update(number: i64, text: &str) -> Value {
    json!({ "update_id": number, "message": { "message_id": number, "date": 1_760_000_000, "text": text,
        "chat": { "id": 5, "type": "private" }, "from": { "id": 5, "is_bot": false, "first_name": "Ana" } } })
}

/// Listens until the connection ends by itself.
async fn ends(server: &Server, memory: &Arc<Memory>) -> ListenError {
    on(server)
        .paced(pace_for(&[Reply::Stall]))
        .listen(Inbox::new(memory.clone()), CancellationToken::new())
        .await
        .unwrap_err()
}

/// Listens until `count` updates are stored, then stops.
async fn hears(server: &Server, memory: &Arc<Memory>, count: usize) {
    let channel = on(server);
    let stop = CancellationToken::new();
    let enough = async {
        while memory.kept.lock().unwrap().len() < count {
            memory.changed.notified().await;
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(channel.listen(Inbox::new(memory.clone()), stop.clone()), enough);
    ended.unwrap();
}

fn polls(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.method == "getUpdates").collect()
}

#[tokio::test]
async fn nothing_is_confirmed_before_it_is_stored() {
    let memory = Arc::new(Memory::default());
    let stored = memory.clone();
    let server = Server::start(move |seen| {
        let offset = seen.json()["offset"].as_i64();
        match (seen.method.as_str(), offset) {
            ("getMe", _) => me(),
            ("getUpdates", None) => ok(json!([update(10, "a"), update(11, "b")])),
            ("getUpdates", Some(12)) => {
                assert_eq!(stored.kept.lock().unwrap().len(), 2, "confirmed before it was stored");
                ok(json!([update(12, "c")]))
            }
            _ => Reply::Stall,
        }
    });
    hears(&server, &memory, 3).await;
    let texts: Vec<String> = memory.kept.lock().unwrap().iter().map(|one| one.id.clone()).collect();
    assert_eq!(texts, ["m5:10", "m5:11", "m5:12"]);
    assert_eq!(memory.cursor().as_deref(), Some("13"));
    assert_eq!(*memory.bot.lock().unwrap(), Some(bot()));
    let first = polls(&server)[0].json();
    assert_eq!((&first["timeout"], &first["allowed_updates"]), (&json!(0), &json!(update::KINDS)));
}

#[tokio::test]
async fn odd_updates_never_hold_up_the_rest() {
    let memory = Arc::new(Memory::default());
    let server = Server::start(|seen| match (seen.method.as_str(), seen.json()["offset"].as_i64()) {
        ("getMe", _) => me(),
        ("getUpdates", Some(40)) => ok(json!([
            { "update_id": 40, "message": { "text": "no chat" } },
            { "update_id": 41, "something_new": {} },
            "no object",
            { "message": 5 },
            update(43, "fine"),
            update(42, "late"),
        ])),
        ("getUpdates", Some(44)) => ok(json!([{ "update_id": 44, "poll_answer": 1 }])),
        ("getUpdates", Some(45)) => ok(json!([update(45, "end")])),
        _ => Reply::Stall,
    });
    *memory.cursor.lock().unwrap() = Some("40".to_owned());
    hears(&server, &memory, 3).await;
    assert_eq!(memory.troubles.lock().unwrap().len(), 3);
    let ids: Vec<String> = memory.kept.lock().unwrap().iter().map(|one| one.id.clone()).collect();
    assert_eq!(ids, ["m5:42", "m5:43", "m5:45"]);
    assert_eq!(memory.cursor().as_deref(), Some("46"));
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_confirmed() {
    let memory = Arc::new(Memory { full: true, ..Memory::default() });
    let server = Server::turns(vec![me(), ok(json!([update(10, "a")]))]);
    assert!(matches!(ends(&server, &memory).await, ListenError::Journal(_)));
    assert_eq!(polls(&server).len(), 1);
}

#[tokio::test]
async fn only_a_finished_poll_is_a_sign_of_life() {
    let memory = Arc::new(Memory::default());
    let server = Server::turns(vec![me(), ok(json!([])), ok(json!([])), Reply::Stall]);
    let error = ends(&server, &memory).await;
    assert!(
        matches!(&error, ListenError::Lost { text, after: None } if text.contains("no answer")),
        "{error}"
    );
    assert_eq!(*memory.alive.lock().unwrap(), 2);
    assert_eq!(polls(&server)[1].json()["timeout"], 1);
}

#[tokio::test]
async fn a_wrong_token_is_refused_in_plain_words() {
    for reply in [fail(401, "Unauthorized"), fail(404, "Not Found")] {
        let memory = Arc::new(Memory::default());
        let error = ends(&Server::turns(vec![reply]), &memory).await;
        assert!(
            matches!(&error, ListenError::Refused(text) if text.starts_with("the token is not valid")),
            "{error}"
        );
        assert_eq!(*memory.alive.lock().unwrap(), 0);
    }
}

#[tokio::test]
async fn another_poller_is_named() {
    let words =
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    let server = Server::turns(vec![me(), fail(409, words)]);
    let error = ends(&server, &Arc::default()).await;
    let said = matches!(&error, ListenError::Conflict(text) if text.contains("another program polls with this bot's token"));
    assert!(said, "{error}");
}

#[tokio::test]
async fn a_webhook_gives_way_once() {
    let words = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    let memory = Arc::new(Memory::default());
    let server =
        Server::turns(vec![me(), fail(409, words), ok(json!(true)), ok(json!([])), fail(409, words)]);
    assert!(matches!(ends(&server, &memory).await, ListenError::Conflict(_)));
    let methods: Vec<String> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["getMe", "getUpdates", "deleteWebhook", "getUpdates", "getUpdates"]);
    assert_eq!(memory.troubles.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_may_pass_is_lost() {
    let limited = json!({ "ok": false, "error_code": 429, "description": "Too Many Requests",
        "parameters": { "retry_after": 3 } });
    let wait = std::time::Duration::from_secs(3);
    let error = ends(&Server::turns(vec![me(), Reply::Json(429, limited)]), &Arc::default()).await;
    assert!(matches!(error, ListenError::Lost { after: Some(after), .. } if after == wait), "{error}");
    let replies = [
        vec![Reply::Cut],
        vec![ok(json!({}))],
        vec![Reply::Other(404, "<html>")],
        vec![me(), fail(500, "Internal Server Error")],
        vec![me(), Reply::Other(502, "proxy")],
        vec![me(), Reply::Break],
        vec![me(), ok(json!("no list"))],
        vec![me(), ok(json!([{ "message": 1 }]))],
    ];
    for reply in replies {
        let error = ends(&Server::turns(reply), &Arc::default()).await;
        assert!(matches!(error, ListenError::Lost { after: None, .. }), "{error}");
    }
    let inbox = Inbox::new(Arc::<Memory>::default());
    let error = channel(&nobody()).listen(inbox, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(&error, ListenError::Lost { text, .. } if !text.contains("SECRET")), "{error}");
}
