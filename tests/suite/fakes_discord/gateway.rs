//! Sessions, heartbeats, close codes, compression.

use std::time::Duration;

use flate2::{Decompress, FlushDecompress};
use futures_util::{SinkExt as _, StreamExt as _};
use harness::fakes::discord::{FakeDiscord, GatewayFault, Options, Received, intent};
use harness::{Incoming, Socket};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{Bot, identify, relaxed};

#[tokio::test]
async fn a_session_is_resumed_with_everything_that_was_missed() {
    let discord = relaxed().await;
    let alice = discord.person("Alice");
    let dm = discord.dm(alice);
    let mut bot = Bot::enter(&discord).await;
    discord.say(dm, alice, "one");
    assert_eq!(bot.event("MESSAGE_CREATE").await["content"], "one");
    discord.break_gateway(&GatewayFault::Cut);
    assert_eq!(bot.socket.rest().await.1.0, 1006);
    discord.wait_for("the end", |discord| discord.sessions() == (1, 0)).await;
    discord.say(dm, alice, "two");
    discord.say(dm, alice, "three");
    let mut again = Bot::resume(&discord, &bot.session, bot.seq).await;
    assert_eq!(again.event("MESSAGE_CREATE").await["content"], "two");
    assert_eq!(again.event("MESSAGE_CREATE").await["content"], "three");
    again.event("RESUMED").await;
    assert_eq!(again.seq, bot.seq + 3);
    // Resuming once more from the same place tells the same once more.
    let mut third = Bot::resume(&discord, &bot.session, bot.seq).await;
    assert_eq!(third.event("MESSAGE_CREATE").await["content"], "two");
    assert_eq!(again.close_code().await, 4000);
    let ahead = Bot::resume(&discord, &bot.session, 999).await;
    assert_eq!(ahead.close_code().await, 4007);
}

#[tokio::test]
async fn what_cannot_be_resumed_gets_opcode_9_and_may_identify_on_the_same_line() {
    let discord = relaxed().await;
    let mut bot = Bot::resume(&discord, "unknown", 0).await;
    assert_eq!(bot.frame().await, json!({"op": 9, "d": false}));
    bot.say(2, identify(&discord)).await;
    bot.event("READY").await;
    discord.break_gateway(&GatewayFault::Invalid(true));
    assert_eq!(bot.frame().await, json!({"op": 9, "d": true}));
    discord.break_gateway(&GatewayFault::Reconnect);
    assert_eq!(bot.frame().await["op"], 7);
    let session = Bot::enter(&discord).await;
    let id = session.session.clone();
    drop(session);
    discord.wait_for("the end", |discord| discord.sessions() == (2, 0)).await;
    discord.advance(Duration::from_secs(181));
    let mut late = Bot::resume(&discord, &id, 1).await;
    assert_eq!(late.frame().await, json!({"op": 9, "d": false}), "a session ends after a while");
}

#[tokio::test]
async fn a_polite_goodbye_ends_the_session() {
    let discord = relaxed().await;
    let mut bot = Bot::enter(&discord).await;
    let id = bot.session.clone();
    let goodbye = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    bot.socket.send(Message::Close(Some(goodbye))).await;
    discord.wait_for("the end", |discord| discord.sessions() == (0, 0)).await;
    let mut late = Bot::resume(&discord, &id, 1).await;
    assert_eq!(late.frame().await["op"], 9);
}

#[tokio::test]
async fn wrong_frames_close_with_their_codes() {
    let discord = relaxed().await;
    let properties = json!({"os": "linux"});
    let with =
        |token: &str, intents: Value| json!({"token": token, "intents": intents, "properties": properties});
    let token = discord.token();
    for (op, data, code) in [
        (2, with("wrong", json!(0)), 4004),
        (2, with(&token, json!(1_u64 << 40)), 4013),
        (2, with(&token, Value::Null), 4013),
        (2, with(&token, json!(intent::GUILD_PRESENCES)), 4014),
        (2, json!({"token": token, "intents": 0}), 4002),
        (2, json!({"token": token, "intents": 0, "properties": {}, "shard": [2, 2]}), 4010),
        (3, json!({}), 4003),
        (99, json!({}), 4001),
    ] {
        let mut bot = Bot::open(&discord).await;
        bot.say(op, data.clone()).await;
        assert_eq!(bot.close_code().await, code, "op {op} {data}");
    }
    let mut bot = Bot::open(&discord).await;
    bot.socket.send_text("no json").await;
    assert_eq!(bot.close_code().await, 4002);
    let mut twice = Bot::enter(&discord).await;
    twice.say(2, identify(&discord)).await;
    assert_eq!(twice.close_code().await, 4005);
    let mut busy = Bot::enter(&discord).await;
    for _ in 0..130 {
        busy.say(1, Value::Null).await;
    }
    assert_eq!(busy.close_code().await, 4008);
    assert_eq!(
        Socket::open_with(discord.address(), "/?v=10&compress=zstd-stream", &[]).await.err(),
        Some(400)
    );
}

#[tokio::test]
async fn identifying_too_often_is_an_invalid_session() {
    let discord = FakeDiscord::start(Options::default()).await;
    let _first = Bot::enter(&discord).await;
    let mut second = Bot::open(&discord).await;
    second.say(2, identify(&discord)).await;
    assert_eq!(second.frame().await, json!({"op": 9, "d": false}));
    discord.advance(Duration::from_secs(5));
    second.say(2, identify(&discord)).await;
    second.event("READY").await;
}

#[tokio::test]
async fn heartbeats_are_answered_until_the_line_goes_mute() {
    let discord = relaxed().await;
    let mut bot = Bot::enter(&discord).await;
    bot.say(1, json!(1)).await;
    assert_eq!(bot.frame().await["op"], 11);
    discord.ask_for_heartbeat();
    assert_eq!(bot.frame().await["op"], 1);
    discord.break_gateway(&GatewayFault::Mute);
    bot.say(1, json!(1)).await;
    discord
        .wait_for("the heartbeat", |discord| discord.frames().iter().filter(|(op, _)| *op == 1).count() == 2)
        .await;
    assert!(bot.socket.next_within(Duration::from_millis(50)).await.is_none());
    let silent = Options { heartbeat: Duration::from_millis(60), ..Options::default() };
    let strict = FakeDiscord::start(silent).await;
    let mut socket =
        Socket::open_with(strict.address(), "/?v=10&encoding=json", &[]).await.expect("an upgrade");
    assert_eq!(socket.json().await["d"]["heartbeat_interval"], 60);
    assert_eq!(socket.rest().await.1.0, 4009, "a client without heartbeats is closed");
}

#[tokio::test]
async fn events_come_twice_and_in_the_wrong_order_by_plan() {
    let discord = relaxed().await;
    let alice = discord.person("Alice");
    let dm = discord.dm(alice);
    let mut bot = Bot::enter(&discord).await;
    discord.fault_of_next_event(GatewayFault::Duplicate);
    discord.fault_of_next_event(GatewayFault::OutOfOrder);
    for text in ["twice", "late", "early"] {
        discord.say(dm, alice, text);
    }
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(bot.event("MESSAGE_CREATE").await["content"].as_str().expect("a text").to_owned());
    }
    assert_eq!(seen, ["twice", "twice", "early", "late"]);
    discord.fault_of_next_event(GatewayFault::OutOfOrder);
    discord.say(dm, alice, "alone");
    assert_eq!(bot.event("MESSAGE_CREATE").await["content"], "alone", "it comes even if nothing follows");
}

#[tokio::test]
async fn one_compressed_stream_and_single_compressed_frames() {
    let discord = relaxed().await;
    let alice = discord.person("Alice");
    let dm = discord.dm(alice);
    let url = format!("ws://{}/?v=10&encoding=json&compress=zlib-stream", discord.address());
    let (mut stream, _) = tokio_tungstenite::connect_async(url).await.expect("an upgrade");
    let mut inflate = Decompress::new(true);
    let mut read = async |identify: Option<Value>| {
        if let Some(identify) = identify {
            stream.send(Message::text(json!({"op": 2, "d": identify}).to_string())).await.expect("it reads");
        }
        let Some(Ok(Message::Binary(bytes))) = stream.next().await else { panic!("binary frames only") };
        assert!(bytes.ends_with(&[0, 0, 255, 255]), "each frame ends at a border");
        unpack(&mut inflate, &bytes)
    };
    assert_eq!(read(None).await["op"], 10);
    assert_eq!(read(Some(identify(&discord))).await["t"], "READY");
    let long = "word ".repeat(399);
    discord.say(dm, alice, long.as_str());
    assert_eq!(read(None).await["d"]["content"], long);

    let url = format!("ws://{}/?v=10&encoding=json", discord.address());
    let (mut stream, _) = tokio_tungstenite::connect_async(url).await.expect("an upgrade");
    let _hello = stream.next().await;
    let mut wish = identify(&discord);
    wish["compress"] = json!(true);
    stream.send(Message::text(json!({"op": 2, "d": wish}).to_string())).await.expect("it reads");
    let Some(Ok(Message::Binary(bytes))) = stream.next().await else { panic!("a binary frame") };
    assert_eq!(unpack(&mut Decompress::new(true), &bytes)["t"], "READY");
}

fn unpack(inflate: &mut Decompress, bytes: &[u8]) -> Value {
    let mut out = Vec::with_capacity(1 << 16);
    inflate.decompress_vec(bytes, &mut out, FlushDecompress::Sync).expect("zlib");
    serde_json::from_slice(&out).expect("JSON")
}

#[tokio::test]
async fn an_outage_ends_everything_and_nothing_is_forgotten() {
    let discord = relaxed().await;
    let alice = discord.person("Alice");
    let dm = discord.dm(alice);
    let mut bot = Bot::enter(&discord).await;
    discord.go_down();
    assert!(matches!(bot.socket.next().await, Incoming::Closed((1006, _))));
    assert!(tokio::net::TcpStream::connect(discord.address()).await.is_err(), "nobody listens");
    discord.say(dm, alice, "meanwhile");
    discord.come_back().await;
    let mut again = Bot::resume(&discord, &bot.session, bot.seq).await;
    assert_eq!(again.event("MESSAGE_CREATE").await["content"], "meanwhile");
    let opened = discord.received().into_iter().filter(|one| matches!(one, Received::Opened { .. })).count();
    assert_eq!(opened, 2);
}
