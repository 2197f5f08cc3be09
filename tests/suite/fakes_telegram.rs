//! The fake Telegram itself: that it limits, confirms, conflicts and breaks as its users rely on.

use std::net::SocketAddr;
use std::time::Duration;

use harness::fakes::telegram::{Content, FakeTelegram, Fault, Limits, Options, Outcome};
use harness::request_raw;
use serde_json::{Value, json};

const ADA: i64 = 7;

/// Calls a method with a JSON body and returns the status and the answer; a cut connection is status 0.
async fn call(telegram: &FakeTelegram, method: &str, params: &Value) -> (u16, Value) {
    let body = params.to_string();
    let head = format!("POST /bot{}/{method} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", telegram.token());
    let head = format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let at: SocketAddr = telegram.root().trim_start_matches("http://").parse().unwrap();
    let reply = request_raw(at, format!("{head}{body}").as_bytes()).await;
    let value = serde_json::from_str(&reply.body).unwrap_or_default();
    (reply.status, value)
}

/// Sends a text to Ada.
async fn send(telegram: &FakeTelegram, text: &str) -> (u16, Value) {
    call(telegram, "sendMessage", &json!({ "chat_id": ADA, "text": text })).await
}

/// Sends a marked-up text to Ada and returns the text and entities that she sees, or the refusal's words.
async fn marked(telegram: &FakeTelegram, mode: &str, text: &str) -> (String, Vec<(String, u64, u64)>) {
    let params = json!({ "chat_id": ADA, "text": text, "parse_mode": mode });
    let (_, answer) = call(telegram, "sendMessage", &params).await;
    let Some(text) = answer["result"]["text"].as_str() else {
        return (answer["description"].as_str().unwrap_or_default().to_owned(), Vec::new());
    };
    let entities = answer["result"]["entities"].as_array().into_iter().flatten();
    let short = entities.map(|entity| {
        let number = |name: &str| entity[name].as_u64().unwrap();
        (entity["type"].as_str().unwrap().to_owned(), number("offset"), number("length"))
    });
    (text.to_owned(), short.collect())
}

async fn update_ids(telegram: &FakeTelegram, params: Value) -> Vec<i64> {
    let (status, answer) = call(telegram, "getUpdates", &params).await;
    assert_eq!(status, 200, "{answer}");
    answer["result"].as_array().unwrap().iter().map(|update| update["update_id"].as_i64().unwrap()).collect()
}

async fn started() -> FakeTelegram {
    let telegram = FakeTelegram::start(Options::default()).await;
    telegram.direct(telegram.user(ADA, "Ada"));
    telegram
}

#[tokio::test]
async fn updates_stay_until_an_offset_confirms_them() {
    let telegram = started().await;
    let chat = telegram.direct(ADA);
    for text in ["one", "two", "three"] {
        telegram.say(chat, ADA, Content::text(text));
    }
    let ids = update_ids(&telegram, json!({})).await;
    assert_eq!(ids.len(), 3);
    assert_eq!(update_ids(&telegram, json!({ "limit": 1 })).await, ids[..1]);
    assert_eq!(update_ids(&telegram, json!({ "offset": ids[1] })).await, ids[1..]);
    assert_eq!(
        update_ids(&telegram, json!({})).await,
        ids[1..],
        "the first is forgotten, the others are not"
    );
    assert_eq!(update_ids(&telegram, json!({ "offset": -1 })).await, ids[2..]);
    assert_eq!(update_ids(&telegram, json!({ "offset": ids[2] + 1 })).await, Vec::<i64>::new());
    assert_eq!(telegram.unconfirmed(0), 0);
}

#[tokio::test]
async fn a_waiting_poll_is_answered_at_once_and_ended_by_a_second_one() {
    let telegram = started().await;
    let chat = telegram.direct(ADA);
    let waiting = async {
        telegram.wait_for("a poll", |seen| !seen.calls("getUpdates").is_empty()).await;
        telegram.say(chat, ADA, Content::text("hello"));
    };
    let (ids, ()) = tokio::join!(update_ids(&telegram, json!({ "timeout": 50 })), waiting);
    assert_eq!(ids.len(), 1);

    let params = json!({ "timeout": 50, "offset": ids[0] + 1 });
    let second = async {
        telegram.wait_for("a poll", |seen| seen.calls("getUpdates").len() == 2).await;
        update_ids(&telegram, json!({})).await
    };
    let ((status, answer), second) = tokio::join!(call(&telegram, "GETUPDATES", &params), second);
    assert_eq!((status, second), (409, Vec::new()));
    assert!(answer["description"].as_str().unwrap().starts_with("Conflict: terminated by other getUpdates"));

    let hook = json!({ "url": "http://127.0.0.1:9/hook" });
    assert_eq!(call(&telegram, "setWebhook", &hook).await.0, 200);
    assert_eq!(call(&telegram, "getUpdates", &json!({})).await.0, 409);
}

#[tokio::test]
async fn a_cut_before_has_no_effect_and_a_cut_after_has() {
    let telegram = started().await;
    let chat = telegram.direct(ADA);
    telegram.faults(|faults| {
        faults.next("sendMessage", Fault::CutBefore).next("sendMessage", Fault::CutAfter);
        faults.next("sendMessage", Fault::BadGateway).next("sendMessage", Fault::LateGateway);
        faults.next("sendMessage", Fault::TooMany(3)).next("sendMessage", Fault::ServerError);
        faults.next("sendMessage", Fault::Slow(Duration::from_millis(30)));
        faults.next("sendMessage", Fault::CutWithin);
    });
    let mut seen = Vec::new();
    for text in ["cut before", "cut after", "502", "504", "429", "500", "slow", "torn", "fine"] {
        seen.push(send(&telegram, text).await.0);
    }
    assert_eq!(seen, [0, 0, 502, 504, 429, 500, 200, 200, 200]);
    let texts: Vec<_> = telegram.messages(chat).into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["cut after", "504", "slow", "torn", "fine"]);
    let calls = telegram.calls("sendMessage");
    assert_eq!(calls[0].outcome, Outcome::Lost { effect: false });
    assert_eq!(calls[1].outcome, Outcome::Lost { effect: true });
    assert_eq!(calls.iter().filter(|call| call.took_effect()).count(), 5);
    assert!(calls[6].answered.unwrap() >= calls[6].at + Duration::from_millis(30));
    assert_eq!(calls[7].outcome, Outcome::Lost { effect: true });
    assert_eq!(telegram.faults(|faults| faults.injected()).values().sum::<u64>(), 8);
}

#[tokio::test]
async fn a_slow_answer_that_nobody_waits_for_is_lost_and_not_undone() {
    let telegram = started().await;
    let chat = telegram.direct(ADA);
    telegram.faults(|faults| {
        faults.next("sendMessage", Fault::Slow(Duration::from_mins(10)));
    });
    let impatient = telegram.wait_for("the message", |seen| seen.messages(chat).len() == 1);
    tokio::select! {
        _ = send(&telegram, "slow") => panic!("the answer is slow"),
        () = impatient => {}
    }
    assert_eq!(telegram.received()[0].outcome, Outcome::Lost { effect: true });
}

#[tokio::test]
async fn random_faults_repeat_with_their_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let telegram = started().await;
        let among = [Fault::CutAfter, Fault::ServerError, Fault::TooMany(1)];
        telegram.faults(|faults| {
            faults.random(42, 0.3, &among, &["sendMessage"]);
        });
        for number in 0..40 {
            send(&telegram, &format!("{number}")).await;
        }
        let faults: Vec<_> = telegram.calls("sendMessage").iter().map(|call| call.fault).collect();
        assert!((3..25).contains(&faults.iter().flatten().count()), "{faults:?}");
        runs.push(faults);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn repeated_and_reordered_updates() {
    let telegram = started().await;
    let chat = telegram.direct(ADA);
    telegram.say(chat, ADA, Content::text("one"));
    telegram.say(chat, ADA, Content::text("two"));
    telegram.faults(|faults| {
        faults.next("getUpdates", Fault::Reorder).next("getUpdates", Fault::Duplicates);
    });
    let reversed = update_ids(&telegram, json!({})).await;
    assert!(reversed[0] > reversed[1]);
    let ids = update_ids(&telegram, json!({ "offset": reversed[0] })).await;
    assert_eq!(ids, [reversed[1], reversed[0], reversed[0]], "a confirmed one, and the waiting one twice");
}

#[tokio::test]
async fn limits_count_texts_after_their_markup_in_utf16_units() {
    let telegram = started().await;
    let long = format!("<b>{}</b>", "x".repeat(4096));
    assert_eq!(marked(&telegram, "HTML", &long).await.0.len(), 4096);
    assert_eq!(marked(&telegram, "", &"😀".repeat(2049)).await.0, "Bad Request: message is too long");
    let params = json!({ "chat_id": ADA, "message_id": 1, "text": "y".repeat(4097) });
    let (_, answer) = call(&telegram, "EditMessageText", &params).await;
    assert_eq!(answer["description"], "Bad Request: MESSAGE_TOO_LONG");
}

#[tokio::test]
async fn markup_is_read_as_telegram_reads_it() {
    let telegram = started().await;
    let entity = |kind: &str, offset, length| (kind.to_owned(), offset, length);
    let good = [
        ("HTML", "😀 <b>a <i>b</i></b> &lt;", "😀 a b <", vec![entity("bold", 3, 3), entity("italic", 5, 1)]),
        ("HTML", "<pre><code class=\"language-rust\">fn</code></pre>", "fn", vec![entity("pre", 0, 2)]),
        (
            "HTML",
            "<a href='https://a.b'>x</a> @someone",
            "x @someone",
            vec![entity("text_link", 0, 1), entity("mention", 2, 8)],
        ),
        (
            "MarkdownV2",
            "*a _b_* `c.d` \\.",
            "a b c.d .",
            vec![entity("bold", 0, 3), entity("italic", 2, 1), entity("code", 4, 3)],
        ),
        ("MarkdownV2", "```rust\nfn x() {}\n```", "fn x() {}", vec![entity("pre", 0, 9)]),
        ("MarkdownV2", ">quoted\n>more\nplain", "quoted\nmore\nplain", vec![entity("blockquote", 0, 11)]),
        (
            "MarkdownV2",
            "[x](https://a.b/\\))||s||__u__",
            "xsu",
            vec![entity("text_link", 0, 1), entity("spoiler", 1, 1), entity("underline", 2, 1)],
        ),
        ("Markdown", "*a* _b_", "a b", vec![entity("bold", 0, 1), entity("italic", 2, 1)]),
    ];
    for (mode, source, text, entities) in good {
        assert_eq!(marked(&telegram, mode, source).await, (text.to_owned(), entities), "{source}");
    }
    let bad = [
        ("HTML", "<b>x", "Can't find end tag corresponding to start tag \"b\""),
        ("HTML", "<x>", "Unsupported start tag \"x\" at byte offset 0"),
        ("HTML", "a<b>x</i>", "Unmatched end tag at byte offset 5, expected \"</b>\", found \"</i>\""),
        ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
        ("MarkdownV2", "a.b", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "a *b", "Can't find end of Bold entity at byte offset 2"),
        ("Markdown", "a_b", "Can't find end of the entity starting at byte offset 1"),
    ];
    for (mode, source, problem) in bad {
        let (text, _) = marked(&telegram, mode, source).await;
        assert_eq!(text, format!("Bad Request: can't parse entities: {problem}"), "{source}");
    }
}

#[tokio::test]
async fn rate_limits_name_the_time_to_wait_and_count_the_impatient() {
    let telegram = started().await;
    telegram.limit(Limits::real());
    let mut seconds = None;
    for number in 0..7 {
        let (status, answer) = send(&telegram, &format!("{number}")).await;
        assert_eq!(status == 200, number < 5, "{answer}");
        seconds = answer["parameters"]["retry_after"].as_u64().or(seconds);
    }
    assert!((1..=5).contains(&seconds.unwrap()));
    let counts = telegram.limit_counts(0);
    assert_eq!((counts.refused, counts.impatient), (2, 1));

    telegram.limit(Limits::default());
    let group = telegram.group(-5, "Group", &[ADA]);
    telegram.limit_per_minute(group, 20);
    let mut statuses = Vec::new();
    for number in 0..21 {
        let params = json!({ "chat_id": group.id, "text": format!("{number}") });
        statuses.push(call(&telegram, "sendMessage", &params).await.0);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 20);
    assert_eq!(statuses[20], 429);
    let typing = json!({ "chat_id": group.id, "action": "typing" });
    assert_eq!(call(&telegram, "sendChatAction", &typing).await.0, 200);
    assert!(telegram.is_typing(group));
}

#[tokio::test]
async fn topics_are_written_to_by_those_who_may() {
    let telegram = started().await;
    let forum = telegram.forum(-1_001_000_000_001, "Forum", &[ADA]);
    let topic = telegram.create_topic(forum, ADA, "Plans");
    telegram.close_topic(topic, ADA, true);
    let to = |thread: i64| json!({ "chat_id": forum.id, "message_thread_id": thread, "text": "x" });
    let id = topic.topic.unwrap();
    assert_eq!(call(&telegram, "sendMessage", &to(id)).await.0, 200, "an administrator may");
    telegram.add(forum);
    let (_, answer) = call(&telegram, "sendMessage", &to(id)).await;
    assert_eq!(answer["description"], "Bad Request: TOPIC_CLOSED");
    for unknown in [1, 99] {
        let (_, answer) = call(&telegram, "sendMessage", &to(unknown)).await;
        assert_eq!(answer["description"], "Bad Request: message thread not found");
    }
    assert_eq!(telegram.from_bot(topic).len(), 1);
}

#[tokio::test]
async fn it_goes_away_and_comes_back() {
    let telegram = started().await;
    let at: SocketAddr = telegram.root().trim_start_matches("http://").parse().unwrap();
    let params = json!({ "timeout": 50 });
    let poll = call(&telegram, "getUpdates", &params);
    let down = async {
        telegram.wait_for("a poll", |seen| !seen.calls("getUpdates").is_empty()).await;
        telegram.down().await;
    };
    let ((status, _), ()) = tokio::join!(poll, down);
    assert_eq!(status, 0);
    assert_eq!(telegram.received()[0].outcome, Outcome::Gone);
    assert!(tokio::net::TcpStream::connect(at).await.is_err());
    telegram.up().await;
    assert_eq!(send(&telegram, "back").await.0, 200);
}
