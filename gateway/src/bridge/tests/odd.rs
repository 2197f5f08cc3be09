//! What happens seldom: conversations that move, happenings out of order, messages that share a run, accounts that
//! come and go.

use super::*;
use channels::loopback::Fault;
use schemas::session::SessionKey;

use crate::tasks::{Asker, Kind, Request, Submission};

fn text(text: &str) -> Message {
    Message { text: text.into(), mentions_bot: true, ..Message::default() }
}

#[tokio::test]
async fn a_conversation_that_moves_keeps_its_session_and_gets_its_answer() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    platform.happen(in_group("g1", "ann", text("hold 1")));
    world.until(|| async { !world.prompts.lock().unwrap().is_empty() }).await;
    let mut moved = in_group("g2", "ann", Message::default());
    moved.event = Event::Moved { to: "super".into() };
    platform.happen(moved);
    world.until(|| async { world.inbound().await.len() == 2 }).await;
    let mut next = in_group("g3", "ann", text("next"));
    next.chat.id = "super".into();
    platform.happen(next);
    world.until(|| async { world.inbound().await.len() == 3 }).await;
    world.gate.add_permits(1);
    until(&platform, |done| texts(done).len() == 2).await;
    let prompts = world.prompts.lock().unwrap().clone();
    assert_eq!(prompts[0].session_key, prompts[1].session_key);
    platform.happen(in_group("g4", "ann", text("to the old id")));
    until(&platform, |done| texts(done).len() == 3).await;
    world.end().await;
}

#[tokio::test]
async fn what_is_told_of_a_message_before_it_came_counts() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    let mut edited = in_group("e1", "ann", Message::default());
    edited.event = Event::Edited { message: "g1".into(), text: "as it is now".into() };
    platform.happen(edited);
    let mut deleted = in_group("e2", "ann", Message::default());
    deleted.event = Event::Deleted { message: "g2".into() };
    platform.happen(deleted);
    for id in ["g1", "g2", "g1"] {
        platform.happen(in_group(id, "ann", text("as it was")));
    }
    platform.happen(in_group("g3", "ann", text("last")));
    let done = until(&platform, |done| texts(done).contains(&"echo: last".to_owned())).await;
    assert_eq!(texts(&done), ["echo: as it is now", "echo: last"], "and a repeat changes nothing");
    world.end().await;
}

#[tokio::test]
async fn messages_that_share_a_run_share_its_answer() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::begin(dir.path(), QueueMode::Collect).await;
    world.bridge.start_account(open(Arc::new(platform.clone()))).await.unwrap();
    platform.say("ann", "hold 1");
    world.until(|| async { !world.prompts.lock().unwrap().is_empty() }).await;
    for number in 0..3 {
        platform.say("ann", &format!("n{number}"));
    }
    world
        .until(|| async {
            world.inbound().await.iter().filter(|(state, _)| state == "accepted").count() == 4
        })
        .await;
    world.gate.add_permits(1);
    world.until(|| async { world.inbound().await.iter().all(|(state, _)| state == "answered") }).await;
    world.until(|| async { world.status().await.outbox.open == 0 }).await;
    assert_eq!(texts(&platform.done()), ["held 1", "echo: n0"]);
    assert!(world.prompts.lock().unwrap()[1].prompt.contains("n2"));
    world.end().await;
}

#[tokio::test]
async fn a_message_that_joins_a_run_of_somebody_else_gets_its_answer_too() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::begin(dir.path(), QueueMode::Steer).await;
    world.bridge.start_account(open(Arc::new(platform.clone()))).await.unwrap();
    let submission = Submission {
        org: "default".into(),
        actor: "token".into(),
        run_id: "panel".into(),
        kind: Kind::Chat,
        key: SessionKey::parse("agent:main:loopback:direct:ann", None).unwrap(),
        session_id: None,
        label: None,
        request: Request {
            message: "hold 1".into(),
            attachments: Vec::new(),
            model: None,
            timeout_ms: None,
            mode: QueueMode::Steer,
            command: false,
            asker: Asker::default(),
            work: None,
        },
        uploads: Vec::new(),
    };
    let ticket = world.bridge.engine().submit(submission).await.unwrap();
    world.until(|| async { !world.prompts.lock().unwrap().is_empty() }).await;
    for text in ["one", "two"] {
        platform.say("ann", text);
    }
    world
        .until(|| async {
            world.inbound().await.iter().filter(|(state, _)| state == "accepted").count() == 2
        })
        .await;
    world.gate.add_permits(1);
    let end = ticket.ended(world.bridge.engine(), "default").await.unwrap().unwrap();
    assert_eq!(end.text.as_deref(), Some("held 1 and one and two"));
    world.until(|| async { world.inbound().await.iter().all(|(state, _)| state == "answered") }).await;
    world.until(|| async { world.status().await.outbox.open == 0 }).await;
    assert_eq!(texts(&platform.done()), ["held 1 and one and two"], "once");
    world.end().await;
}

#[tokio::test]
async fn an_account_that_is_stopped_finishes_when_it_is_started_again() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    platform.say("ann", "hold 1");
    world.until(|| async { !world.prompts.lock().unwrap().is_empty() }).await;
    let of = world.status().await.of;
    assert!(world.bridge.stop_account(&of).await);
    assert!(world.bridge.status().await.unwrap().is_empty());
    platform.say("ann", "meanwhile");
    world.gate.add_permits(1);
    world.until(|| async { world.outbox().await.len() == 1 }).await;
    assert_eq!(world.outbox().await[0].state, "queued");
    platform.fail_next(Fault::Away);
    world.bridge.start_account(open(Arc::new(platform.clone()))).await.unwrap();
    let done = until(&platform, |done| texts(done).len() == 2).await;
    assert_eq!(texts(&done), ["held 1", "echo: meanwhile"]);
    platform.say("ann", "hold 2");
    world.until(|| async { world.prompts.lock().unwrap().len() == 3 }).await;
    assert!(world.bridge.remove_account(&of).await.unwrap());
    world.gate.add_permits(1);
    world.until(|| async { world.bridge.turns().is_empty() }).await;
    assert_eq!(world.inbound().await[2].0, "dropped");
    assert_eq!(world.outbox().await.len(), 2, "a removed account answers nothing");
    world.end().await;
}

#[tokio::test]
async fn an_album_that_became_a_task_just_before_a_crash_is_not_taken_twice() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::with(dir.path(), &platform).await;
    for id in ["a1", "a2", "a3"] {
        platform.happen(in_group(id, "ann", Message { album: Some("al".into()), ..text("look") }));
    }
    world.until(|| async { world.outbox().await.iter().any(|row| row.state == "sent") }).await;
    // As a crash leaves it between the two commits: the task is there, the rows do not know it.
    let torn = "UPDATE inbound SET state = 'new', task = NULL, session_key = NULL; DELETE FROM outbox";
    world.store.write(move |db| Ok(db.execute_batch(torn)?)).await.unwrap();
    world.end().await;
    let world = World::with(dir.path(), &platform).await;
    world
        .until(|| async {
            world.inbound().await.iter().all(|(state, _)| state == "answered" || state == "merged")
        })
        .await;
    assert_eq!(world.inbound().await.iter().filter(|(state, _)| state == "merged").count(), 2);
    until(&platform, |done| texts(done).len() == 2).await;
    assert!(world.prompts.lock().unwrap().is_empty(), "the answer is stored; nobody is asked again");
    world.end().await;
}
