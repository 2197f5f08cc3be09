//! The fake of Discord against a bot that is written here, frame by frame: what no client library does on purpose.

mod gateway;
mod rest;

use std::time::Duration;

use harness::fakes::discord::{FakeDiscord, Id, Options, Rates, intent};
use harness::{Reply, Socket, request_raw};
use serde_json::{Value, json};

const INTENTS: u64 = intent::ALL & !(intent::PRIVILEGED) | intent::MESSAGE_CONTENT;

/// A fake without limits, where a bot may identify as often as it likes.
async fn relaxed() -> FakeDiscord {
    let options = Options { identify_interval: Duration::ZERO, rates: Rates::none(), ..Options::default() };
    FakeDiscord::start(options).await
}

/// Calls REST as the bot.
async fn call(discord: &FakeDiscord, method: &str, path: &str, body: &Value) -> Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = format!(
        "{method} /api/v10{path} HTTP/1.1\r\nHost: fake\r\nUser-Agent: DiscordBot (test, 1)\r\n\
         Authorization: Bot {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        discord.token(),
        body.len(),
    );
    request_raw(discord.address(), request.as_bytes()).await
}

/// Sends a text.
async fn send(discord: &FakeDiscord, channel: Id, text: &str) -> Reply {
    call(discord, "POST", &format!("/channels/{channel}/messages"), &json!({"content": text})).await
}

/// A connection to the gateway.
struct Bot {
    socket: Socket,
    session: String,
    seq: u64,
}

impl Bot {
    /// Connects and hears HELLO.
    async fn open(discord: &FakeDiscord) -> Self {
        let mut socket =
            Socket::open_with(discord.address(), "/?v=10&encoding=json", &[]).await.expect("an upgrade");
        let hello = socket.json().await;
        assert_eq!(hello["op"], 10, "{hello}");
        assert_eq!(hello["d"]["heartbeat_interval"], 41_250);
        Self { socket, session: String::new(), seq: 0 }
    }

    /// Identifies and hears READY.
    async fn enter(discord: &FakeDiscord) -> Self {
        let mut bot = Self::open(discord).await;
        bot.say(2, identify(discord)).await;
        let ready = bot.event("READY").await;
        ready["session_id"].as_str().expect("a session").clone_into(&mut bot.session);
        bot
    }

    async fn resume(discord: &FakeDiscord, session: &str, seq: u64) -> Self {
        let mut bot = Self::open(discord).await;
        let resume = json!({"token": discord.token(), "session_id": session, "seq": seq});
        bot.say(6, resume).await;
        bot
    }

    async fn say(&mut self, op: u64, data: Value) {
        self.socket.send_json(&json!({"op": op, "d": data})).await;
    }

    /// Returns the next frame.
    async fn frame(&mut self) -> Value {
        let frame = self.socket.json().await;
        self.seq = frame["s"].as_u64().unwrap_or(self.seq);
        frame
    }

    /// Returns the data of the next event, which has this name.
    async fn event(&mut self, name: &str) -> Value {
        let mut frame = self.frame().await;
        assert_eq!(frame["t"], name, "{frame}");
        frame["d"].take()
    }

    /// Returns the code that the connection is closed with.
    async fn close_code(mut self) -> u16 {
        self.socket.rest().await.1.0
    }
}

fn identify(discord: &FakeDiscord) -> Value {
    json!({"token": discord.token(), "intents": INTENTS, "properties": {"os": "linux"}, "shard": [0, 1]})
}
