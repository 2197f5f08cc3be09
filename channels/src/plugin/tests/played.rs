//! A plugin played by the test over pipes in memory, under paused time.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio_util::sync::CancellationToken;

use super::super::session::Session;
use super::super::{Options, Plugin};
use crate::channel::{Ability, Channel, ListenError};
use crate::conformance::Memory;
use crate::outbound::{Action, Failure, Outbound, Place, Receipt, Retry, SendError};

/// The program's side of the pipes.
struct Player {
    output: WriteHalf<DuplexStream>,
    input: BufReader<ReadHalf<DuplexStream>>,
}

impl Player {
    async fn write(&mut self, message: &Value) {
        self.raw(&format!("{message}\n")).await;
    }

    async fn raw(&mut self, text: &str) {
        // The gateway may have hung up, which is for the test to see.
        let _ = self.output.write_all(text.as_bytes()).await;
    }

    async fn read(&mut self) -> Value {
        let mut line = String::new();
        self.input.read_line(&mut line).await.unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Reads a request of this method and returns its id and params.
    async fn asked(&mut self, method: &str) -> (Value, Value) {
        let mut message = self.read().await;
        assert_eq!(message["method"], method, "{message}");
        assert_eq!(message["jsonrpc"], "2.0");
        (message["id"].take(), message["params"].take())
    }

    async fn greet(&mut self) {
        let (id, _) = self.asked("initialize").await;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "result": hello() })).await;
    }
}

fn hello() -> Value {
    json!({
        "name": "played",
        "bot": { "id": "b", "name": "Bot" },
        "traits": {
            "abilities": ["edit"],
            "text": { "max": 100, "unit": "bytes", "editIntervalMs": 0 },
            "maxDownload": 1, "maxUpload": 1,
        },
    })
}

fn plugin() -> Plugin {
    Plugin::new(Options {
        name: "played".to_owned(),
        command: Vec::new(),
        env_pass: Vec::new(),
        account: "main".to_owned(),
        settings: json!({ "api": { "token": "s3cr3t-value" } }),
    })
}

fn outbound(text: &str) -> Outbound {
    let action = Action::Text { text: text.to_owned(), reply_to: None, buttons: Vec::new(), silent: false };
    Outbound {
        to: Place { chat: "c".to_owned(), thread: None },
        key: "k".to_owned(),
        answering: None,
        action,
    }
}

/// Runs a session against what the test plays; returns how the session ended and what the play returned.
async fn play<T>(
    plugin: &Plugin,
    journal: &Memory,
    stop: &CancellationToken,
    act: impl AsyncFnOnce(Player) -> T,
) -> (Result<(), ListenError>, T) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let (output, input) = tokio::io::split(near);
    let (far_input, far_output) = tokio::io::split(far);
    let player = Player { output: far_output, input: BufReader::new(far_input) };
    tokio::join!(Session::run(plugin, journal.inbox(), output, input, stop), act(player))
}

async fn opened(plugin: &Plugin) {
    while plugin.state().calls.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_told_first_and_last() {
    let (plugin, journal, stop) = (plugin(), Memory::default(), CancellationToken::new());
    let (ended, ()) = play(&plugin, &journal, &stop, async |mut player| {
        let (id, params) = player.asked("initialize").await;
        let told = json!({
            "protocolVersion": 1, "account": "main", "cursor": null,
            "settings": { "api": { "token": "s3cr3t-value" } },
        });
        assert_eq!(params, told);
        player.write(&json!({ "jsonrpc": "2.0", "id": id, "result": hello() })).await;
        opened(&plugin).await;
        assert_eq!(plugin.traits().abilities, Ability::Edit);
        stop.cancel();
        let (id, _) = player.asked("shutdown").await;
        player.write(&json!({ "jsonrpc": "2.0", "id": id, "result": null })).await;
    })
    .await;
    ended.unwrap();
    assert_eq!(journal.seen().bot.unwrap().name, "Bot");
    assert_eq!(plugin.traits().text.max, 100, "the traits stay known while it is away");
}

#[tokio::test(start_paused = true)]
async fn a_send_and_its_errors() {
    let (plugin, journal, stop) = (plugin(), Memory::default(), CancellationToken::new());
    let answers = [
        json!({ "result": { "message": "m1" } }),
        json!({ "error": { "code": 1, "message": "slow down", "data":
            { "failure": "limited", "retry": { "after": 1500 }, "text": "wait, s3cr3t-value" } } }),
        json!({ "error": { "code": -32602, "message": "what?" } }),
        json!({ "error": { "code": 1, "message": "oops" } }),
        json!({ "result": { "message": 5 } }),
        json!({ "result": null }),
    ];
    let sends = async {
        opened(&plugin).await;
        let mut results = Vec::new();
        for _ in 0..6 {
            results.push(plugin.send(outbound("hi")).await);
        }
        stop.cancel();
        results
    };
    let (results, (ended, _player)) = tokio::join!(
        sends,
        play(&plugin, &journal, &stop, async |mut player| {
            player.greet().await;
            for mut answer in answers {
                let (id, params) = player.asked("send").await;
                assert_eq!(params["action"], json!({ "type": "text", "text": "hi", "silent": false }));
                answer["jsonrpc"] = "2.0".into();
                answer["id"] = id;
                player.write(&answer).await;
            }
            player
        })
    );
    ended.unwrap();
    let error = |failure, retry, text: &str| Err(SendError { failure, retry, text: text.to_owned() });
    assert_eq!(results[0], Ok(Receipt { message: Some("m1".to_owned()), ..Receipt::default() }));
    assert_eq!(results[1], error(Failure::Limited, Retry::After(1500), "wait, ***"));
    assert_eq!(results[2], error(Failure::Refused, Retry::Never, "what?"));
    assert_eq!(results[3], error(Failure::Unknown, Retry::Never, "oops"));
    assert!(results[4].as_ref().is_ok_and(|receipt| receipt.note.is_some()));
    assert_eq!(results[5], Ok(Receipt::default()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_unknown() {
    let (plugin, journal, stop) = (plugin(), Memory::default(), CancellationToken::new());
    let send = async {
        opened(&plugin).await;
        let late = plugin.send(outbound("late")).await;
        let dead = plugin.send(outbound("dead")).await;
        (late, dead)
    };
    let ((late, dead), (ended, ())) = tokio::join!(
        send,
        play(&plugin, &journal, &stop, async |mut player| {
            player.greet().await;
            let (id, _) = player.asked("send").await;
            player.asked("send").await;
            // Too late, and then the end.
            player.write(&json!({ "jsonrpc": "2.0", "id": id, "result": {} })).await;
        })
    );
    assert_eq!(late.unwrap_err().failure, Failure::Unknown);
    assert_eq!(dead.unwrap_err().failure, Failure::Unknown);
    assert!(matches!(ended, Err(ListenError::Lost { .. })));
    assert_eq!(plugin.send(outbound("x")).await.unwrap_err().failure, Failure::Away);
}

#[tokio::test(start_paused = true)]
async fn what_was_never_written_surely_did_not_happen() {
    let (plugin, journal, stop) = (plugin(), Memory::default(), CancellationToken::new());
    // The pipe holds 64 KiB: the second text cannot be written, as nobody reads.
    let long = "x".repeat(60_000);
    let send = async {
        opened(&plugin).await;
        tokio::join!(plugin.send(outbound(&long)), plugin.send(outbound(&long)), plugin.send(outbound(&long)))
    };
    let ((first, second, third), (ended, _player)) = tokio::join!(
        send,
        play(&plugin, &journal, &stop, async |mut player| {
            player.greet().await;
            player
        })
    );
    let failures = [first, second, third].map(|result| result.unwrap_err().failure);
    assert_eq!(failures, [Failure::Unknown, Failure::Unknown, Failure::Away]);
    assert!(ended.unwrap_err().to_string().contains("read nothing"));
}

#[tokio::test(start_paused = true)]
async fn events_are_answered_after_the_commit() {
    let (plugin, journal, stop) = (plugin(), Memory::default(), CancellationToken::new());
    let event = json!({
        "id": "e1", "at": 5, "chat": { "id": "c", "kind": "direct" }, "sender": { "id": "s", "name": "S" },
        "event": { "type": "message", "id": "m", "text": "hi" },
    });
    let (ended, ()) = play(&plugin, &journal, &stop, async |mut player| {
        let (id, _) = player.asked("initialize").await;
        let store = |id: u32, events: Value| {
            json!({ "jsonrpc": "2.0", "id": id, "method": "inbox.store", "params": { "events": events, "cursor": "7" } })
        };
        player.write(&store(1, json!([]))).await;
        assert_eq!(player.read().await["error"]["code"], -32002, "before the handshake");
        player.write(&json!({ "jsonrpc": "2.0", "id": id, "result": hello() })).await;
        player.write(&store(2, json!([event.clone(), event]))).await;
        assert_eq!(player.read().await, json!({ "jsonrpc": "2.0", "id": 2, "result": null }));
        assert_eq!(journal.texts(), ["hi"]);
        assert_eq!(journal.seen().cursor.as_deref(), Some("7"));
        player.write(&store(3, json!([{ "id": 1 }]))).await;
        assert_eq!(player.read().await["error"]["code"], -32602);
        player.write(&json!({ "jsonrpc": "2.0", "id": "x", "method": "no.such" })).await;
        assert_eq!(player.read().await["error"]["code"], -32601);
        player.write(&json!({ "jsonrpc": "2.0", "method": "alive" })).await;
        player.write(&json!({ "jsonrpc": "2.0", "method": "log", "params": { "level": "info", "text": "t" } })).await;
        player
            .write(&json!({ "jsonrpc": "2.0", "method": "trouble", "params": { "text": "a s3cr3t-value" } }))
            .await;
        journal.until("it is troubled", |seen| seen.troubles == ["a ***"]).await.unwrap();
        assert_eq!(journal.seen().alive, 1);
        stop.cancel();
    })
    .await;
    ended.unwrap();
}

#[tokio::test(start_paused = true)]
async fn how_a_plugin_ends_its_connection() {
    let ended = |params: Value| json!({ "jsonrpc": "2.0", "method": "ended", "params": params }).to_string();
    let cases = [
        (
            ended(json!({ "reason": "refused", "text": "the token is wrong" })),
            "Refused(\"the token is wrong\")",
        ),
        (ended(json!({ "reason": "conflict", "text": "twice" })), "Conflict(\"twice\")"),
        (ended(json!({ "reason": "lost", "afterMs": 2000 })), "Lost { text: \"\", after: Some(2s) }"),
        ("no JSON".to_owned(), "not a JSON-RPC message"),
        ("[]".to_owned(), "not a JSON-RPC message"),
        (json!({ "jsonrpc": "1.0", "method": "alive" }).to_string(), "must be \\\"2.0\\\""),
        ("x".repeat(1 << 20), "longer than 1048576 bytes"),
    ];
    for (line, says) in cases {
        let (plugin, journal, stop) = (plugin(), Memory::default(), CancellationToken::new());
        let (ended, ()) = play(&plugin, &journal, &stop, async |mut player| {
            player.greet().await;
            player.raw(&format!("{line}\n")).await;
        })
        .await;
        let ended = format!("{:?}", ended.unwrap_err());
        assert!(ended.contains(says), "{ended} instead of {says}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_fit_is_refused() {
    let mut other = hello();
    other["name"] = "other".into();
    let mut newer = hello();
    newer["protocolVersion"] = 2.into();
    let mut poor = hello();
    poor.as_object_mut().unwrap().remove("traits");
    let mut terse = hello();
    terse["traits"]["text"]["max"] = 1.into();
    let error = |data: Value| json!({ "error": { "code": 1, "message": "no", "data": data } });
    let cases = [
        (json!({ "result": other }), "Refused(\"it says it is `other`"),
        (json!({ "result": newer }), "Refused(\"it needs another version"),
        (
            json!({ "result": poor }),
            "Refused(\"its answer to initialize does not fit: missing field `traits`",
        ),
        (json!({ "result": terse }), "Refused(\"`traits.text` has to allow 40 units"),
        (error(json!({ "reason": "refused", "text": "bad token" })), "Refused(\"bad token"),
        (error(json!({ "reason": "conflict" })), "Conflict(\"no\")"),
        (error(Value::Null), "Lost { text: \"no\""),
    ];
    for (mut answer, says) in cases {
        let (plugin, journal, stop) = (plugin(), Memory::default(), CancellationToken::new());
        let (ended, _player) = play(&plugin, &journal, &stop, async |mut player| {
            let (id, _) = player.asked("initialize").await;
            answer["jsonrpc"] = "2.0".into();
            answer["id"] = id;
            player.write(&answer).await;
            player
        })
        .await;
        let ended = format!("{:?}", ended.unwrap_err());
        assert!(ended.starts_with(says), "{ended} instead of {says}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plugin_that_never_greets_is_lost_and_one_that_never_leaves_is_left() {
    let (plugin, journal, stop) = (plugin(), Memory::default(), CancellationToken::new());
    let (ended, _player) = play(&plugin, &journal, &stop, async |player| player).await;
    assert!(ended.unwrap_err().to_string().contains("initialize within 30 s"));
    let begun = tokio::time::Instant::now();
    let (ended, _player) = play(&plugin, &journal, &stop, async |mut player| {
        player.greet().await;
        stop.cancel();
        player
    })
    .await;
    ended.unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(1));
}
