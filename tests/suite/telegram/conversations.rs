//! What a person on Telegram gets: whole answers, in order, whatever they send and whatever the platform does.

use std::fmt::Write as _;

use harness::fakes::telegram::{Content, FakeTelegram, Fault, Options as Platform, Outcome};
use harness::{Gateway, Options, golden};

use super::{CAT, OPEN, answer, ask, config, gateway, whole};

/// Returns what the platform received, whatever the state directory is called.
fn story(telegram: &FakeTelegram, gateway: &Gateway) -> String {
    telegram.story().replace(&*gateway.state_dir().to_string_lossy(), "<state>")
}

/// Three code blocks in 30,000 characters.
fn long_answer() -> String {
    let mut text = String::new();
    for part in 0..3 {
        for line in 0..95 {
            let _ = writeln!(
                text,
                "Part {part}, sentence {line}: the quick brown fox jumps over the lazy dog again.\n"
            );
        }
        text.push_str("```rust\n");
        for line in 0..40 {
            let _ = writeln!(text, "let value_{part}_{line} = compute({line}); // <&> stays as it is");
        }
        text.push_str("```\n\n");
    }
    text
}

#[tokio::test]
async fn a_long_answer_comes_whole_in_order_and_with_its_code() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("answer.md");
    std::fs::write(&file, long_answer()).expect("a file");
    let agent = format!(
        "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/cat\", \"{}\"]\ndefault = true\n",
        file.display()
    );
    let _gateway = gateway(&telegram, &agent, &whole(OPEN)).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    telegram.say(chat, ada, Content::text("tell me everything"));
    answer(&telegram, chat, "value_2_39").await;
    let messages = telegram.from_bot(chat);
    assert!(messages.iter().all(|message| message.text.encode_utf16().count() <= 4096));
    assert!(messages.iter().all(|message| !message.text.contains("```")), "no wall of broken markdown");
    let all: String = messages.iter().map(|message| message.text.clone() + "\n").collect();
    let mut from = 0;
    for part in 0..3 {
        for needle in
            [format!("Part {part}, sentence 94"), format!("let value_{part}_39 = compute(39); // <&>")]
        {
            from +=
                all[from..].find(&needle).unwrap_or_else(|| panic!("{needle} is missing or out of order"));
        }
    }
    let code = messages.iter().flat_map(|message| &message.entities).filter(|entity| entity["type"] == "pre");
    assert!(code.count() >= 3, "each block of code is shown as code");
    golden("telegram", "long-answer", &telegram.story());
}

#[tokio::test]
async fn an_album_of_ten_is_one_message_and_a_voice_note_arrives() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let gateway = gateway(&telegram, CAT, &whole(OPEN)).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    let mut photos: Vec<_> = (0..10_u8).map(|n| Content::photo(vec![n; 64])).collect();
    photos[0] = Content::photo(vec![0; 64]).caption("ten pictures");
    telegram.say_all(chat, ada, Content::album(photos));
    answer(&telegram, chat, "ten pictures").await;
    assert_eq!(telegram.from_bot(chat).len(), 1, "one answer to one album");
    golden("telegram", "album", &story(&telegram, &gateway));
    telegram.say(chat, ada, Content::voice(b"OggS voice".to_vec(), 3));
    telegram.wait_for("an answer to the voice note", |seen| seen.from_bot(chat).len() == 2).await;
    let mut kept = Vec::new();
    files(&gateway.state_dir().join("attachments"), &mut kept);
    assert_eq!(kept.iter().filter(|bytes| bytes.len() == 64).count(), 10, "every picture was fetched");
    assert!(kept.contains(&b"OggS voice".to_vec()));
}

#[tokio::test]
async fn a_reply_to_a_picture_hands_the_picture_over() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let gateway = gateway(&telegram, CAT, OPEN).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    let picture = telegram.say(chat, ada, Content::photo(vec![9_u8; 64]).caption("look"));
    answer(&telegram, chat, "look").await;
    telegram.say(chat, ada, Content::text("what is it?").reply_to(picture));
    let said = answer(&telegram, chat, "what is it?").await;
    assert!(said.text.contains("quoted "), "{}", said.text);
    let mut kept = Vec::new();
    files(&gateway.state_dir().join("attachments"), &mut kept);
    assert_eq!(kept, [vec![9_u8; 64], vec![9_u8; 64]], "once with itself and once with the reply");
}

fn files(dir: &std::path::Path, into: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), into);
        } else {
            into.push(std::fs::read(entry.path()).expect("a file"));
        }
    }
}

#[tokio::test]
async fn topics_are_conversations_of_their_own() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let ada = telegram.user(7, "Ada");
    let forum = telegram.forum(-100_600, "Forum", &[ada]);
    let topic = telegram.create_topic(forum, ada, "Plans");
    let gateway = gateway(&telegram, CAT, &whole("groups = [\"*\"]\nrequire_mention = false")).await;
    let inside = ask(&telegram, topic, ada, "in the topic", "in the topic").await;
    let general = ask(&telegram, forum, ada, "in general", "in general").await;
    assert_eq!(inside.topic, topic.topic);
    assert_eq!(general.topic, None);
    golden("telegram", "topic", &telegram.story());
    let sessions = gateway.cli(&["sessions", "list", "--json"]).await.ok().json().to_string();
    let key = format!("telegram:group:-100600:topic:{}", topic.topic.expect("a topic"));
    assert!(sessions.contains(&key), "{sessions}");
}

#[tokio::test]
async fn faults_of_the_platform_change_nothing_but_the_time() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let _gateway = gateway(&telegram, CAT, OPEN).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    telegram.faults(|faults| {
        faults.next("sendMessage", Fault::TooMany(1));
        faults.next("sendMessage", Fault::ServerError);
        faults.next("sendMessage", Fault::CutBefore);
        faults.next("getUpdates", Fault::CutAfter);
        faults.next("getUpdates", Fault::Duplicates);
    });
    for number in 0..4 {
        telegram.say(chat, ada, Content::text(format!("message number {number}.")));
    }
    for number in 0..4 {
        let word = format!("message number {number}.");
        // The third attempt was cut: nobody knows whether it arrived, and it is not repeated by itself.
        let settled = |seen: &FakeTelegram| {
            let sent = seen.from_bot(chat).iter().filter(|message| message.text.contains(&word)).count();
            assert!(sent <= 1, "{word} was answered twice");
            sent == 1
        };
        if number > 0 {
            telegram.wait_for(&word, settled).await;
        }
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_shown_and_sent_again_by_hand_only() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let gateway = gateway(&telegram, CAT, OPEN).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    telegram.faults(|faults| {
        faults.next("sendMessage", Fault::CutBefore);
    });
    telegram.say(chat, ada, Content::text("is this lost?"));
    let outbox = loop {
        let outbox = gateway.cli(&["channels", "outbox", "--json"]).await.ok().json();
        if outbox["messages"].as_array().is_some_and(|messages| !messages.is_empty()) {
            break outbox;
        }
    };
    let message = &outbox["messages"][0];
    assert_eq!(message["state"], "unknown", "{outbox}");
    let told = answer(&telegram, chat, "whether it arrived").await;
    assert_eq!(told.buttons.len(), 1, "one tap sends it again");
    assert_eq!(telegram.from_bot(chat).len(), 1, "nothing is resent blindly");
    gateway.cli(&["channels", "resend", message["id"].as_str().expect("an id")]).await.ok();
    answer(&telegram, chat, "is this lost?").await;
    let outbox = gateway.cli(&["channels", "outbox", "--json"]).await.ok().json();
    assert_eq!(outbox["messages"].as_array().map(Vec::len), Some(0), "{outbox}");
}

#[tokio::test]
async fn an_answer_grows_in_one_message_under_a_limit_of_20_a_minute() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    telegram.limit_per_minute(chat, 20);
    let script = "for n in $(seq 1 60); do echo \"line $n of the answer\"; sleep 0.1; done";
    let agent = format!(
        "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/sh\", \"-c\", '''{script}''']\ndefault = true\n"
    );
    let _gateway = Gateway::start(Options::default().config(&config(&telegram, &agent, OPEN))).await;
    telegram.say(chat, ada, Content::text("count"));
    let whole = answer(&telegram, chat, "line 60 of the answer").await;
    let expected: Vec<String> = (1..=60).map(|n| format!("line {n} of the answer")).collect();
    let said: Vec<&str> = whole.text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(said, expected, "the final text is exact");
    assert_eq!(telegram.from_bot(chat).len(), 1, "one message, edited as it grew");
    assert!(!whole.earlier.is_empty(), "it was shown while it was written");
    let refused = telegram.count(|call| matches!(call.outcome, Outcome::Refused(429, _)));
    assert!(refused <= 2, "{refused} calls met the limit");
    telegram.wait_for("typing ends", |seen| !seen.is_typing(chat)).await;
}

#[tokio::test]
async fn the_menu_of_commands_is_set_once() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    telegram.faults(|faults| {
        faults.next("getUpdates", Fault::CutAfter);
    });
    let _gateway = gateway(&telegram, CAT, OPEN).await;
    let set = |seen: &FakeTelegram| seen.calls("setMyCommands").into_iter().next();
    let call = telegram.wait_within(std::time::Duration::from_secs(30), "a menu", set).await;
    let commands = call.json("commands");
    let names: Vec<&str> =
        commands.as_array().into_iter().flatten().filter_map(|one| one["command"].as_str()).collect();
    assert_eq!(names, ["new", "stop", "status", "model", "agent", "help"]);
    let ada = telegram.user(7, "Ada");
    ask(&telegram, telegram.direct(ada), ada, "after a cut", "after a cut").await;
    assert_eq!(telegram.calls("setMyCommands").len(), 1);
}

#[tokio::test]
async fn a_voice_note_is_read_to_an_agent_that_cannot_hear() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let lines = format!("{}\ntranscribe = [\"/bin/cat\"]", whole(OPEN));
    let gateway = gateway(&telegram, CAT, &lines).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    telegram.say(chat, ada, Content::voice(b"buy some bread".to_vec(), 3));
    let said = answer(&telegram, chat, "buy some bread").await;
    assert!(said.text.contains("voice message"), "{}", said.text);
    golden("telegram", "voice", &story(&telegram, &gateway));
}
