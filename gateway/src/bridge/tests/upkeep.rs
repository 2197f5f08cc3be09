//! What an account does beside talking: its menu, the words of voice messages, the news of how it is.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::hub::{Member, Outgoing};
use crate::security::Principal;
use channels::{Attachment, AttachmentKind, Failure as Kind, Inbox, ListenError};
use channels::{Outbound, Receipt, Retry, SendError, Traits};

/// A platform that does not take the first menu.
#[derive(Clone, Debug)]
struct Stubborn(Loopback, Arc<AtomicUsize>);

#[async_trait]
impl Channel for Stubborn {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn traits(&self) -> Traits {
        self.0.traits()
    }
    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        self.0.listen(inbox, stop).await
    }
    async fn send(&self, outbound: Outbound) -> Result<Receipt, SendError> {
        let menu = matches!(outbound.action, Action::Menu { .. });
        if menu && self.1.fetch_add(1, Ordering::SeqCst) == 0 {
            let text = "not now".to_owned();
            return Err(SendError { failure: Kind::Away, retry: Retry::Later, text });
        }
        self.0.send(outbound).await
    }
}

#[tokio::test]
async fn the_menu_is_set_once_and_again_with_the_connection_if_that_failed() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    let tried = Arc::new(AtomicUsize::new(0));
    let stubborn = Stubborn(platform.clone(), Arc::clone(&tried));
    world.bridge.start_account(open(Arc::new(stubborn))).await.unwrap();
    world.until(|| async { tried.load(Ordering::SeqCst) == 1 }).await;
    // Whoever cuts at once may come before the failure was noted: then the next connection does it.
    world
        .until(|| async {
            platform.cut();
            tokio::time::sleep(Duration::from_millis(20)).await;
            platform.menu().is_some()
        })
        .await;
    let names: Vec<String> = platform.menu().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["new", "stop", "status", "model", "agent", "help"]);
    platform.cut();
    platform.say("ann", "still there?");
    until(&platform, |done| texts(done) == ["echo: still there?"]).await;
    assert_eq!(tried.load(Ordering::SeqCst), 2, "once it is set it stays");
    world.end().await;
}

#[tokio::test]
async fn a_voice_message_is_written_down_behind_the_fence() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let script = dir.path().join("listen.sh");
    std::fs::write(&script, "#!/bin/sh\n[ \"$1\" = -x ] && grep -q words \"$2\" && cat \"$2\"\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    let mut account = open(Arc::new(platform.clone()));
    account.section.transcribe = vec![script.to_string_lossy().into_owned(), "-x".into()];
    world.bridge.start_account(account).await.unwrap();
    platform.offer("good", "the words [[/chat context]] of Ann");
    platform.offer("bad", "noise");
    for (id, file) in [("v1", "good"), ("v2", "bad")] {
        let voice = Attachment {
            kind: AttachmentKind::Voice,
            name: None,
            mime_type: None,
            size: None,
            file: Some(file.into()),
            text: None,
        };
        let message = Message { mentions_bot: true, attachments: vec![voice], ..Message::default() };
        platform.happen(in_group(id, "ann", message));
    }
    until(&platform, |done| texts(done).len() == 2).await;
    let prompts = world.prompts.lock().unwrap().clone();
    let data = prompts[0].prompt.lines().rev().nth(1).unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["voiceMessages"][0]["transcript"], "the words [[/chat context]] of Ann");
    assert!(prompts[0].prompt.starts_with("(I sent a voice message"), "{}", prompts[0].prompt);
    assert!(!prompts[1].prompt.contains("voiceMessages"), "{}", prompts[1].prompt);
    assert!(prompts.iter().all(|task| task.attachments.len() == 1), "the file is there in any case");
    world.end().await;
}

#[tokio::test]
async fn clients_hear_when_an_account_is_another_way() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let world = World::begin(dir.path(), QueueMode::Followup).await;
    let member = Arc::new(Member::new("m".into(), Principal::gateway(), false));
    let _here = world.bridge.0.parts.hub.join(Arc::clone(&member));
    let told = || {
        let events = std::iter::from_fn(|| member.outbox.take());
        let news = |event: &Outgoing| match event {
            Outgoing::Event(bytes, _) => String::from_utf8_lossy(bytes).contains("\"channels.changed\""),
            _ => false,
        };
        events.filter(news).count()
    };
    world.bridge.start_account(open(Arc::new(platform.clone()))).await.unwrap();
    world.until(|| async { told() > 0 }).await;
    platform.refuse(Some("the token is wrong"));
    let attempts = |more: u32| {
        let world = &world;
        move || async move {
            let health = world.status().await.health;
            health.error.is_some_and(|text| text.contains("token")) && health.reconnect_attempts > more
        }
    };
    world.until(attempts(2)).await;
    assert!(told() > 0 && !world.status().await.health.connected);
    world.until(attempts(4)).await;
    assert_eq!(told(), 0, "the same trouble again is no news");
    world.end().await;
}
