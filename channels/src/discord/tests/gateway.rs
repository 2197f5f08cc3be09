//! Listening, against a gateway whose every frame a test decides.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::server::{Answer, Notes, Peer, Server, TOKEN, discord, ready, within};
use crate::channel::{Channel as _, ListenError};
use crate::discord::Discord;
use crate::inbound::Event;

/// A channel that listens, and how that ended.
struct Listening {
    stop: CancellationToken,
    ended: mpsc::UnboundedReceiver<Result<(), ListenError>>,
    _task: JoinSet<()>,
}

impl Listening {
    fn start(discord: Discord, notes: &std::sync::Arc<Notes>) -> Self {
        let stop = CancellationToken::new();
        let (sender, ended) = mpsc::unbounded_channel();
        let mut task = JoinSet::new();
        let (inbox, token) = (notes.inbox(), stop.clone());
        task.spawn(async move {
            let _ = sender.send(discord.listen(inbox, token).await);
        });
        Self { stop, ended, _task: task }
    }

    async fn end(&mut self) -> Result<(), ListenError> {
        within(self.ended.recv()).await.unwrap()
    }
}

async fn identified(server: &mut Server, session: &str) -> (Peer, Value) {
    let mut peer = server.socket().await;
    peer.hello(60_000).await;
    let identify = peer.wait(2).await;
    let address = server.address;
    peer.dispatch(1, "READY", ready(address, session)).await;
    (peer, identify)
}

fn direct(id: &str, text: &str) -> Value {
    json!({"id": id, "channel_id": "50", "content": text, "type": 0,
           "author": {"id": "7", "username": "ada", "global_name": "Ada"}})
}

#[tokio::test]
async fn messages_are_stored_with_their_number_and_the_session_is_resumed() {
    let mut server = Server::start().await;
    let notes = Notes::new();
    let mut listening = Listening::start(server.discord(), &notes);
    let (mut peer, identify) = identified(&mut server, "s1").await;
    assert_eq!(identify["d"]["token"], TOKEN);
    assert_eq!(identify["d"]["intents"], 50_378_241);
    notes.until(|noted| noted.bot.as_ref().is_some_and(|bot| bot.id == "1")).await;
    peer.dispatch(2, "MESSAGE_CREATE", direct("1000", "hello")).await;
    let held = notes.until(|noted| noted.stored.len() == 1).await;
    assert_eq!(held.stored[0].id, "m:1000");
    assert_eq!(held.alive, 0, "only an acknowledged heartbeat is a sign of life");
    assert_eq!(
        notes.cursor()["session"],
        json!({"id": "s1", "seq": 2, "url": format!("ws://{}/resume", server.address)})
    );
    // The platform asks for a new connection: it comes at once and goes on where the other ended.
    peer.send(json!({"op": 7, "d": null})).await;
    assert_eq!(peer.closed().await, Some(4000), "a code that keeps the session");
    let mut peer = server.socket().await;
    peer.hello(60_000).await;
    let resume = peer.wait(6).await;
    assert_eq!(resume["d"], json!({"token": TOKEN, "session_id": "s1", "seq": 2}));
    peer.dispatch(2, "MESSAGE_CREATE", direct("1000", "hello")).await;
    peer.dispatch(3, "MESSAGE_CREATE", direct("1001", "again")).await;
    notes.until(|noted| noted.stored.len() == 2).await;
    // Another process goes on as well.
    listening.stop.cancel();
    assert_eq!(peer.closed().await, Some(4000));
    listening.end().await.unwrap();
    let _listening = Listening::start(server.discord(), &notes);
    let mut peer = server.socket().await;
    peer.hello(60_000).await;
    assert_eq!(peer.wait(6).await["d"]["seq"], 3);
}

#[tokio::test]
async fn after_a_lost_session_what_was_missed_is_fetched_once_and_in_order() {
    let mut server = Server::start().await;
    let notes = Notes::new();
    let mut listening = Listening::start(server.discord(), &notes);
    let (mut peer, _) = identified(&mut server, "s1").await;
    peer.dispatch(2, "MESSAGE_CREATE", direct("1000", "hello")).await;
    peer.dispatch(3, "GUILD_CREATE", json!({"id": "9", "channels": [{"id": "60", "type": 0}], "roles": []}))
        .await;
    let said =
        json!({"id": "1001", "channel_id": "60", "guild_id": "9", "content": "x", "author": {"id": "8"}});
    peer.dispatch(4, "MESSAGE_CREATE", said).await;
    notes.until(|noted| noted.stored.len() == 2).await;
    peer.close(4009).await;
    assert!(matches!(listening.end().await, Err(ListenError::Lost { .. })));
    assert_eq!(notes.cursor()["session"], Value::Null);

    let missed = json!([direct("1003", "second"), direct("1002", "first")]);
    server.answer(
        "GET /channels/50/messages?after=1000&limit=100",
        Answer::Is(503, json!({"message": "down"})),
    );
    server.answer("GET /channels/50/messages?after=1000&limit=100", Answer::Is(200, missed));
    let for_us = json!([
        {"id": "1011", "channel_id": "60", "content": "<@1> hi", "author": {"id": "8"}, "mentions": [{"id": "1"}]},
        {"id": "1010", "channel_id": "60", "content": "among us", "author": {"id": "8"}},
    ]);
    server.answer("GET /channels/60/messages?after=1001&limit=100", Answer::Is(200, for_us));
    let new = json!([
        {"id": "1021", "channel_id": "61", "content": "<@1> here", "author": {"id": "8"}, "mentions": [{"id": "1"}]},
    ]);
    server.answer("GET /channels/61/messages?after=1001&limit=100", Answer::Is(200, new));
    let _listening = Listening::start(server.discord(), &notes);
    let (mut peer, _) = identified(&mut server, "s2").await;
    peer.dispatch(2, "MESSAGE_CREATE", direct("1004", "third")).await;
    let channels = json!([{"id": "60", "type": 0, "last_message_id": "1011"},
                          {"id": "61", "type": 0, "last_message_id": "1021"},
                          {"id": "62", "type": 0, "last_message_id": "900"}]);
    peer.dispatch(3, "GUILD_CREATE", json!({"id": "9", "channels": channels})).await;
    let held = notes.until(|noted| noted.stored.len() == 7).await;
    let ids: Vec<_> = held.stored.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["m:1000", "m:1001", "m:1002", "m:1003", "m:1004", "m:1011", "m:1021"]);
    assert_eq!(notes.cursor()["owed"], json!({}));
    assert!(server.calls().iter().all(|call| !call.what.contains("/channels/62/")));
}

#[tokio::test]
async fn a_command_is_acknowledged_although_the_journal_stands_still() {
    let mut server = Server::start().await;
    let notes = Notes::new();
    let _listening = Listening::start(server.discord(), &notes);
    let (mut peer, _) = identified(&mut server, "s1").await;
    notes.until(|noted| noted.cursor.is_some()).await;
    let permits = notes.gate.forget_permits(usize::MAX);
    for number in 0..2000_u64 {
        peer.dispatch(2 + number, "MESSAGE_CREATE", direct(&format!("{}", 1000 + number), "load")).await;
        if number == 300 {
            break;
        }
    }
    let began = Instant::now();
    let command = json!({"id": "3000", "application_id": "100", "token": "tok-1", "type": 2, "channel_id": "50",
        "user": {"id": "7", "username": "ada"}, "data": {"name": "ask", "options": [{"name": "text", "value": "why?"}]}});
    peer.dispatch(900, "INTERACTION_CREATE", command).await;
    let called = server.called("POST /interactions/3000/tok-1/callback").await;
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert_eq!(called.json(), json!({"type": 5}));
    assert!(notes.now().stored.is_empty());
    notes.gate.add_permits(permits);
    let held = notes.until(|noted| noted.stored.len() == 302).await;
    let command = Event::Command { name: "ask".into(), text: "why?".into(), token: "100/tok-1".into() };
    assert_eq!(held.stored[301].event, command);
}

#[tokio::test]
async fn a_gateway_that_acknowledges_no_heartbeat_is_dead_however_much_it_talks() {
    let mut server = Server::start().await;
    let notes = Notes::new();
    let mut listening = Listening::start(server.discord(), &notes);
    let mut peer = server.socket().await;
    peer.hello(200).await;
    peer.wait(2).await;
    peer.dispatch(1, "READY", ready(server.address, "s1")).await;
    peer.wait(1).await;
    peer.send(json!({"op": 11})).await;
    notes.until(|noted| noted.alive == 1).await;
    peer.wait(1).await;
    peer.dispatch(2, "MESSAGE_CREATE", direct("1000", "I talk")).await;
    let Err(ListenError::Lost { text, .. }) = listening.end().await else { panic!("it must end") };
    assert!(text.contains("heartbeat"), "{text}");
    assert_eq!(notes.now().alive, 1);
    assert_eq!(notes.cursor()["session"]["seq"], 2, "what came is stored before it ends");
}

#[tokio::test]
async fn a_session_that_begins_is_alive_at_once_and_not_before_the_platform_says_so() {
    let mut server = Server::start().await;
    let notes = Notes::new();
    let _listening = Listening::start(server.discord(), &notes);
    let (mut peer, _) = identified(&mut server, "s1").await;
    // Regular heartbeats are a minute apart here.
    let beat = peer.wait(1).await;
    assert_eq!(beat["d"], 1);
    peer.dispatch(2, "MESSAGE_CREATE", direct("1000", "hello")).await;
    let held = notes.until(|noted| noted.stored.len() == 1).await;
    assert_eq!(held.alive, 0, "it has not answered yet");
    peer.send(json!({"op": 11})).await;
    notes.until(|noted| noted.alive == 1).await;
}

#[tokio::test]
async fn what_only_a_person_can_mend_is_refused_in_words() {
    for (code, word) in [(4004, "token is not valid"), (4014, "MESSAGE CONTENT INTENT"), (4013, "intents")] {
        let mut server = Server::start().await;
        let mut listening = Listening::start(server.discord(), &Notes::new());
        let mut peer = server.socket().await;
        peer.hello(60_000).await;
        peer.wait(2).await;
        peer.close(code).await;
        let Err(ListenError::Refused(text)) = listening.end().await else { panic!("{code} is refused") };
        assert!(text.contains(word) && !text.contains(TOKEN), "{text}");
    }
}

#[tokio::test]
async fn no_other_host_is_tried_when_the_gateway_address_cannot_be_had() {
    let server = Server::start().await;
    for (answer, refused) in [
        (Answer::Is(401, json!({"message": "401: Unauthorized", "code": 0})), true),
        (Answer::Is(503, json!({"message": "down"})), false),
        (Answer::Is(200, json!({"url": "https://elsewhere.example"})), false),
        (Answer::Cut, false),
    ] {
        server.answer("GET /gateway", answer);
        let ended = Listening::start(server.discord(), &Notes::new()).end().await;
        assert_eq!(matches!(ended, Err(ListenError::Refused(_))), refused, "{ended:?}");
        assert!(!format!("{ended:?}").contains(TOKEN));
    }
    assert_eq!(server.calls().len(), 4);
    let ended = Listening::start(discord("http://127.0.0.1:1"), &Notes::new()).end().await;
    assert!(matches!(ended, Err(ListenError::Lost { .. })), "{ended:?}");
}

#[tokio::test]
async fn a_thread_that_is_not_known_is_looked_up_once() {
    let mut server = Server::start().await;
    let notes = Notes::new();
    let thread = json!({"id": "71", "type": 11, "parent_id": "70", "guild_id": "9", "name": "Plans"});
    server.answer(
        "GET /channels/71",
        Answer::With(429, vec![("retry-after", "1".into())], json!({"retry_after": 0.01})),
    );
    server.answer("GET /channels/71", Answer::Is(200, thread));
    let _listening = Listening::start(server.discord(), &notes);
    let (mut peer, _) = identified(&mut server, "s1").await;
    for number in 0..2 {
        let message = json!({"id": format!("{}", 1000 + number), "channel_id": "71", "guild_id": "9",
            "content": "x", "author": {"id": "8", "username": "bob"}, "member": {"nick": "Bobby", "roles": ["5"]}});
        peer.dispatch(2 + number, "MESSAGE_CREATE", message).await;
    }
    let held = notes.until(|noted| noted.stored.len() == 2).await;
    let chat = &held.stored[1].chat;
    assert_eq!((chat.id.as_str(), chat.guild.as_deref()), ("70", Some("9")));
    assert_eq!(chat.thread.as_ref().map(|thread| thread.id.as_str()), Some("71"));
    assert_eq!(held.stored[1].sender.name, "Bobby");
    let asked = server.calls().into_iter().filter(|call| call.what == "GET /channels/71").count();
    assert_eq!(asked, 2, "once limited, once told");
}

#[tokio::test]
async fn an_event_that_overtakes_another_does_not_count_as_both() {
    let mut server = Server::start().await;
    let notes = Notes::new();
    let mut listening = Listening::start(server.discord(), &notes);
    let (mut peer, _) = identified(&mut server, "s1").await;
    peer.dispatch(3, "MESSAGE_CREATE", direct("1002", "second")).await;
    notes.until(|noted| noted.stored.len() == 1).await;
    assert_eq!(notes.cursor()["session"]["seq"], 1);
    peer.dispatch(2, "MESSAGE_CREATE", direct("1001", "first")).await;
    notes.until(|noted| noted.stored.len() == 2).await;
    assert_eq!(notes.cursor()["session"]["seq"], 3);
    peer.dispatch(9, "MESSAGE_CREATE", json!({"no": "id"})).await;
    peer.dispatch(4, "TYPING_START", json!({})).await;
    notes.until(|noted| noted.troubles.len() == 1).await;
    peer.close(4000).await;
    assert!(matches!(listening.end().await, Err(ListenError::Lost { .. })));
    assert_eq!(notes.cursor()["session"]["seq"], 4, "what is of no use is passed all the same");
}
