//! From a message to its answer, with a platform that does things wrong.

use super::*;
use channels::loopback::Fault;
use channels::{
    Ability, Attachment, AttachmentKind, Bot, Inbox, ListenError, Outbound, Quote, Receipt, SendError, Traits,
};

#[tokio::test]
async fn messages_are_answered_in_order_and_what_is_edited_counts() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    platform.say("ann", "hold on");
    for number in 0..9 {
        platform.say("ann", &format!("n{number}"));
    }
    let mut edit = press("e1", "ann", "ann", "");
    edit.event = Event::Edited { message: "in9".into(), text: "changed".into() };
    platform.happen(edit);
    world.until(|| async { world.inbound().await.len() == 11 }).await;
    world.gate.add_permits(1);
    let done = until(&platform, |done| texts(done).len() == 10).await;
    let mut wanted = vec!["held on".to_owned()];
    wanted.extend((0..8).map(|number| format!("echo: n{number}")));
    wanted.push("echo: changed".into());
    assert_eq!(texts(&done), wanted, "although only three may wait at the engine");
    let status = world.status().await;
    assert!(status.health.connected && status.health.error.is_none());
    assert!(status.health.inbound_at.is_some() && status.health.outbound_at.is_some());
    world.end().await;
}

#[tokio::test]
async fn a_platform_that_is_away_or_limits_gets_it_later_once_and_in_order() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    for _ in 0..6 {
        platform.fail_next(Fault::Away);
    }
    platform.fail_next(Fault::Limited(Duration::from_millis(40)));
    for number in 0..4 {
        platform.say("ann", &format!("n{number}"));
    }
    let done = until(&platform, |done| texts(done).len() == 4).await;
    assert_eq!(texts(&done), ["echo: n0", "echo: n1", "echo: n2", "echo: n3"]);
    assert_eq!(platform.attempts(), 4 + 7);
    let says = world.status().await.health.error;
    assert_eq!(says.as_deref(), Some("too many requests"));
    world.end().await;
}

#[tokio::test]
async fn what_may_have_arrived_is_shown_and_sent_again_by_one_tap_only() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    platform.fail_next(Fault::CutBefore);
    platform.say("ann", "one");
    let done = until(&platform, |done| !texts(done).is_empty()).await;
    let Action::Text { buttons, .. } = &done[0].outbound.action else { panic!("{done:?}") };
    assert_eq!(world.status().await.outbox.unknown, 1);
    let data = buttons[0][0].data.clone();
    platform.happen(press("p0", "bob", "bob", &data));
    until(&platform, |done| {
        done.iter().any(|done| matches!(&done.outbound.action, Action::Answer { alert: true, .. }))
    })
    .await;
    assert_eq!(texts(&platform.done()).len(), 1, "not for somebody else");
    platform.happen(press("p1", "ann", "ann", &data));
    platform.happen(press("p2", "ann", "ann", &data));
    let answers = |done: &[Done]| {
        done.iter().filter(|done| matches!(done.outbound.action, Action::Answer { .. })).count()
    };
    let done = until(&platform, |done| answers(done) == 3 && texts(done).len() == 2).await;
    assert_eq!(texts(&done)[1], "echo: one");
    assert_eq!(world.status().await.outbox.unknown, 0);
    world.end().await;
}

#[tokio::test]
async fn a_platform_that_sorts_out_doubles_is_asked_again() {
    let mut traits = Loopback::new().traits();
    traits.abilities |= Ability::SendOnce;
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::with(traits));
    let world = World::with(dir.path(), &platform).await;
    platform.fail_next(Fault::CutAfter);
    platform.fail_next(Fault::CutBefore);
    platform.say("ann", "one");
    world.until(|| async { world.outbox().await.iter().any(|row| row.state == "sent") }).await;
    assert_eq!(texts(&platform.done()), ["echo: one"]);
    assert_eq!((platform.attempts(), world.status().await.outbox.unknown), (3, 0));
    world.end().await;
}

#[tokio::test]
async fn a_chat_that_is_gone_does_not_hold_up_others_and_failures_are_told() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    platform.fail_next(Fault::Gone);
    platform.say("ann", "one");
    world.until(|| async { world.status().await.outbox.failed == 1 }).await;
    platform.say("bob", "break now");
    let done = until(&platform, |done| !done.is_empty()).await;
    assert_eq!(texts(&done), ["The agent broke."]);
    let troubled = world.bridge.troubled("default", None, 10).await.unwrap();
    assert_eq!(troubled[0].error.as_deref(), Some("the conversation is gone"));
    world.end().await;
}

#[tokio::test]
async fn stop_works_while_a_run_is_alive_and_everything_waits() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    platform.say("ann", "hold 1");
    for number in 0..8 {
        platform.say("ann", &format!("n{number}"));
    }
    world.until(|| async { !world.prompts.lock().unwrap().is_empty() }).await;
    platform.say("ann", "/stop");
    let done = until(&platform, |done| texts(done).iter().any(|text| text == "Stopped.")).await;
    assert!(texts(&done).iter().all(|text| !text.starts_with("echo")), "{:?}", texts(&done));
    world
        .until(|| async {
            world.inbound().await.iter().all(|(state, _)| state != "new" && state != "accepted")
        })
        .await;
    platform.say("ann", "after");
    let done = until(&platform, |done| texts(done).iter().any(|text| text == "echo: after")).await;
    assert!(texts(&done).len() <= 3, "no noise: {:?}", texts(&done));
    world.end().await;
}

#[tokio::test]
async fn an_album_is_one_message_and_a_file_that_cannot_be_had_is_named() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    for number in 0..10 {
        let file = format!("f{number}");
        if number != 7 {
            platform.offer(&file, vec![b'x'; 10]);
        }
        let attachment = Attachment {
            kind: AttachmentKind::Photo,
            name: Some("../../etc/passwd.JPG".into()),
            mime_type: None,
            size: Some(10),
            file: Some(file),
            text: None,
        };
        let message = Message {
            text: if number == 0 { "look".into() } else { String::new() },
            attachments: vec![attachment],
            album: Some("al".into()),
            mentions_bot: number == 0,
            ..Message::default()
        };
        platform.happen(in_group(&format!("a{number}"), "ann", message));
    }
    let done = until(&platform, |done| !texts(done).is_empty()).await;
    assert_eq!(texts(&done), ["echo: look"]);
    let task = world.prompts.lock().unwrap()[0].clone();
    assert_eq!(task.attachments.len(), 9);
    assert!(
        task.attachments
            .iter()
            .all(|file| file.path.starts_with(dir.path().join("attachments")) && file.path.is_file())
    );
    assert!(task.prompt.contains("the platform has no such file"), "{}", task.prompt);
    assert_eq!(task.session_key, "agent:main:loopback:group:g");
    world.end().await;
}

#[tokio::test]
async fn an_answer_to_a_picture_hands_over_the_picture() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    let file = |file: &str| Attachment {
        kind: AttachmentKind::Photo,
        name: Some(format!("{file}.jpg")),
        mime_type: None,
        size: None,
        file: Some(file.into()),
        text: None,
    };
    for name in ["own", "far0", "far1"] {
        platform.offer(name, name.as_bytes().to_vec());
    }
    let quote = Quote {
        attachments: (0..30).map(|number| file(&format!("far{number}"))).collect(),
        ..Quote::default()
    };
    let message = Message {
        text: "what is this?".into(),
        attachments: vec![file("own")],
        reply_to: Some(quote),
        mentions_bot: true,
        ..Message::default()
    };
    platform.happen(in_group("g1", "ann", message));
    until(&platform, |done| !texts(done).is_empty()).await;
    let task = world.prompts.lock().unwrap()[0].clone();
    let names: Vec<&str> = task.attachments.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["own.jpg", "quoted far0.jpg", "quoted far1.jpg"]);
    assert_eq!(std::fs::read(&task.attachments[1].path).unwrap(), b"far0");
    assert!(task.prompt.contains(r#""files":["photo","photo""#), "{}", task.prompt);
    assert_eq!(task.prompt.matches("no such file").count(), 8, "ten of it at most: {}", task.prompt);
    world.end().await;
}

/// A platform whose connections panic.
#[derive(Debug)]
struct Sick;

#[async_trait]
impl Channel for Sick {
    fn name(&self) -> &'static str {
        "sick"
    }
    fn traits(&self) -> Traits {
        Loopback::new().traits()
    }
    async fn listen(&self, inbox: Inbox, _: CancellationToken) -> Result<(), ListenError> {
        inbox.identify(Bot { id: "1".into(), name: "Sick".into(), handle: None });
        panic!("a bug in the channel")
    }
    async fn send(&self, _: Outbound) -> Result<Receipt, SendError> {
        panic!("a bug in the channel")
    }
}

#[tokio::test]
async fn a_channel_that_dies_touches_no_other_and_comes_back() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    world.bridge.start_account(open(Arc::new(Sick))).await.unwrap();
    platform.say("ann", "one");
    until(&platform, |done| texts(done) == ["echo: one"]).await;
    let sick = AccountName { channel: "sick".into(), account: "main".into() };
    let find = || async {
        let status = world.bridge.status().await.unwrap();
        status.into_iter().find(|status| status.of == sick).unwrap().health
    };
    world.until(|| async { find().await.reconnect_attempts >= 3 }).await;
    assert!(!find().await.connected && find().await.error.unwrap().contains("failed inside"));
    platform.refuse(Some("the token is wrong"));
    world
        .until(|| async { world.status().await.health.error.as_deref() == Some("the token is wrong") })
        .await;
    assert!(!world.status().await.health.connected);
    platform.refuse(None);
    platform.say("ann", "two");
    until(&platform, |done| texts(done).len() == 2).await;
    assert!(world.bridge.stop_account(&sick).await && !world.bridge.stop_account(&sick).await);
    world.end().await;
}

#[tokio::test]
async fn methods_send_once_and_learn_what_became_of_it() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    let (of, to) =
        (open(Arc::new(platform.clone())).of(), channels::Place { chat: "ann".into(), thread: None });
    let send = |key: &'static str, text: String| {
        let action = Action::Text { text, reply_to: None, buttons: Vec::new(), silent: false };
        world.bridge.send(&of, to.clone(), action, key, "token", PATIENCE)
    };
    let first = send("k", "hi".into()).await.unwrap();
    assert!(matches!(&first, Delivery::Sent(receipt) if receipt.message.is_some()));
    assert_eq!(send("k", "hi".into()).await.unwrap(), first);
    platform.fail_next(Fault::Refused);
    assert!(matches!(send("r", "hi".into()).await.unwrap(), Delivery::Failed(..)));
    send("long", "Words and words. ".repeat(600)).await.unwrap();
    until(&platform, |done| texts(done).concat().matches("Words").count() == 600).await;
    assert!(matches!(send("e", " ".into()).await, Err(SendFault::Empty)));
    world.end().await;
}
