//! Telegram posts what comes to the gateway's one port: taken once and in order, from nobody else, and never told
//! as received before it is stored.

use harness::fakes::telegram::{Chat, Content, FakeTelegram, Options as Platform};
use harness::{Gateway, Options, Reply, eventually, free_port, request, request_raw};
use serde_json::json;

use super::{CAT, OPEN, answer, ask, config};

const SECRET: &str = "a-secret-of-32-characters-or-more";
const PATH: &str = "/channels/telegram/main";

/// A gateway that is posted to, somebody, and their conversation.
struct Posted {
    telegram: FakeTelegram,
    gateway: Gateway,
    ada: i64,
    chat: Chat,
}

impl Posted {
    async fn new() -> Self {
        let telegram = FakeTelegram::start(Platform::default()).await;
        let ada = telegram.user(7, "Ada");
        let chat = telegram.direct(ada);
        let port = free_port();
        let lines =
            format!("{OPEN}\nwebhook_url = \"http://127.0.0.1:{port}/\"\nwebhook_secret = \"{SECRET}\"");
        let options = Options::default().port(port).config(&config(&telegram, CAT, &lines));
        let posted = Self { gateway: Gateway::start(options).await, telegram, ada, chat };
        posted.connected().await;
        posted
    }

    async fn status(&self) -> serde_json::Value {
        let status = self.gateway.cli(&["channels", "status", "--json"]).await.ok().json();
        status["channelAccounts"]["telegram"][0].clone()
    }

    async fn connected(&self) {
        eventually("the bot is there", async || self.status().await["connected"] == true).await;
    }

    async fn ask(&self, text: &str) {
        ask(&self.telegram, self.chat, self.ada, text, text).await;
    }

    /// Posts a body with a secret and a content type.
    async fn post(&self, path: &str, secret: Option<&str>, kind: &str, body: &str) -> Reply {
        let at = self.gateway.address();
        let secret = secret.map(|secret| format!("X-Telegram-Bot-Api-Secret-Token: {secret}\r\n"));
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: {at}\r\n{}Content-Type: {kind}\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            secret.unwrap_or_default(),
            body.len()
        );
        request_raw(at, text.as_bytes()).await
    }
}

fn update(number: i64, text: &str) -> String {
    let update = json!({ "update_id": number, "message": { "message_id": number, "date": 1_760_000_000, "text": text,
        "chat": { "id": 7, "type": "private" }, "from": { "id": 7, "is_bot": false, "first_name": "Ada" } } });
    update.to_string()
}

#[tokio::test]
async fn what_is_posted_is_answered_in_order_and_nothing_is_polled() {
    let posted = Posted::new().await;
    for number in 0..10 {
        posted.telegram.say(posted.chat, posted.ada, Content::text(format!("number {number}.")));
    }
    answer(&posted.telegram, posted.chat, "number 9.").await;
    let answers: Vec<String> =
        posted.telegram.from_bot(posted.chat).into_iter().map(|shown| shown.text).collect();
    let expected: Vec<String> = (0..10).map(|number| format!("number {number}.")).collect();
    assert_eq!(answers, expected);
    assert!(posted.telegram.calls("getUpdates").is_empty());
    let set = &posted.telegram.calls("setWebhook")[0];
    assert_eq!(set.param("secret_token"), SECRET);
    assert_eq!(set.int("max_connections"), Some(1));
    assert!(set.param("url").ends_with(PATH) && set.param("allowed_updates").contains("callback_query"));
    assert!(!posted.gateway.everything_written(&["config.toml"]).contains(SECRET), "the secret was written");
}

#[tokio::test]
async fn only_telegram_may_post() {
    let posted = Posted::new().await;
    let json = "application/json";
    let status = async |path: &str, secret: Option<&str>, kind: &str, body: &str| {
        posted.post(path, secret, kind, body).await.status
    };
    let good = update(900, "a stranger's words");
    assert_eq!(status(PATH, None, json, &good).await, 401);
    for wrong in ["", "wrong", &SECRET[1..], &format!("{SECRET}x"), "%61-secret"] {
        assert_eq!(status(PATH, Some(wrong), json, &good).await, 403, "{wrong}");
    }
    for path in ["/channels/telegram/other", "/channels/discord/main", "/channels/telegram/main%00"] {
        assert_eq!(status(path, Some(SECRET), json, &good).await, 404, "{path}");
    }
    assert_eq!(status(PATH, Some(SECRET), "text/plain", &good).await, 415);
    assert_eq!(status(PATH, Some(SECRET), json, "{\"update_id\":").await, 400);
    assert_eq!(status(PATH, Some(SECRET), json, "{\"message\":{}}").await, 400);
    let large = format!("{{\"update_id\":1,\"x\":\"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(status(PATH, Some(SECRET), json, &large).await, 413);
    let at = posted.gateway.address();
    // Nothing of the body is waited for before the secret is right, or when its length says enough.
    for (secret, length, expected) in [("wrong", 100, 403), (SECRET, 100_000_000, 413)] {
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {at}\r\nX-Telegram-Bot-Api-Secret-Token: {secret}\r\n\
             Content-Type: {json}\r\nContent-Length: {length}\r\n\r\n"
        );
        assert_eq!(request_raw(at, head.as_bytes()).await.status, expected);
    }
    for method in ["GET", "PUT", "DELETE"] {
        let headers = [("X-Telegram-Bot-Api-Secret-Token", SECRET)];
        assert_eq!(request(at, method, PATH, &headers).await.status, 405, "{method}");
    }
    let headers = [("Host", "evil.test"), ("X-Telegram-Bot-Api-Secret-Token", SECRET)];
    assert_eq!(request(at, "POST", PATH, &headers).await.status, 421);
    assert!(posted.telegram.from_bot(posted.chat).is_empty(), "a refused post was heard");
    posted.ask("the real one is still heard").await;
}

#[tokio::test]
async fn a_repeated_post_is_taken_once() {
    let posted = Posted::new().await;
    for _ in 0..3 {
        let kind = "application/json; charset=utf-8";
        assert_eq!(posted.post(PATH, Some(SECRET), kind, &update(500, "only once")).await.status, 200);
    }
    answer(&posted.telegram, posted.chat, "only once").await;
    posted.ask("and then this").await;
    assert_eq!(posted.telegram.from_bot(posted.chat).len(), 2);
}

#[tokio::test]
async fn what_was_written_while_the_gateway_was_away_is_posted_again() {
    let mut posted = Posted::new().await;
    posted.gateway.kill9();
    posted.telegram.say(posted.chat, posted.ada, Content::text("is anybody there?"));
    posted.telegram.wait_for("a post in vain", |seen| seen.count(|call| call.method == "webhook") > 0).await;
    posted.gateway.launch();
    posted.gateway.ready().await;
    answer(&posted.telegram, posted.chat, "is anybody there?").await;
    posted.connected().await;
}

#[tokio::test]
async fn an_account_that_is_away_takes_nothing() {
    let posted = Posted::new().await;
    // The platform's own interface is away: nobody knows who the bot is, so nothing is taken as heard.
    posted.telegram.down().await;
    for order in ["stop", "start"] {
        posted.gateway.cli(&["channels", order, "telegram"]).await.ok();
    }
    let reply = posted.post(PATH, Some(SECRET), "application/json", &update(600, "too early")).await;
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(posted.status().await["connected"], false);
    posted.telegram.up().await;
    posted.connected().await;
    posted.ask("now").await;
}

#[tokio::test]
async fn back_to_polling_the_webhook_is_removed() {
    let mut posted = Posted::new().await;
    posted.ask("by webhook").await;
    posted.gateway.stop().await;
    posted.telegram.say(posted.chat, posted.ada, Content::text("in between"));
    posted.gateway.write_config(&config(&posted.telegram, CAT, OPEN));
    posted.gateway.launch();
    posted.gateway.ready().await;
    answer(&posted.telegram, posted.chat, "in between").await;
    posted.ask("by polling").await;
    assert_eq!(posted.telegram.calls("deleteWebhook").len(), 1);
    assert_eq!(posted.telegram.from_bot(posted.chat).len(), 3);
}

#[tokio::test]
async fn a_webhook_that_leads_nowhere_is_shown_as_not_connected() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    telegram.say(chat, ada, Content::text("into the void"));
    let nowhere = free_port();
    let lines = format!("{OPEN}\nwebhook_url = \"http://127.0.0.1:{nowhere}\"");
    let gateway = Gateway::start(Options::default().config(&config(&telegram, CAT, &lines))).await;
    let mut shown = json!(null);
    // Said once updates have waited for 15 s, at the next look: more than others of these tests wait.
    harness::within(std::time::Duration::from_mins(1), "the status says why", async || {
        let status = gateway.cli(&["channels", "status", "--json"]).await.ok().json();
        shown = status["channelAccounts"]["telegram"][0].clone();
        shown["lastError"].as_str().is_some_and(|text| text.contains("cannot deliver"))
    })
    .await;
    assert_eq!(shown["connected"], false, "{shown}");
    let said = shown["lastError"].as_str().unwrap_or_default();
    assert!(said.contains("Connection refused") && said.contains("updates that wait: 1"), "{said}");
}
