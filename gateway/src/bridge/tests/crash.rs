//! The gateway dies at any moment: nothing is lost, nothing is doubled, what is in doubt is counted.

use std::collections::{HashMap, HashSet};

use super::*;
use channels::{Inbox, ListenError, Outbound, Receipt, SendError, Traits};

/// A platform far away: a crash may come before a request has arrived, and after it was done.
#[derive(Clone, Debug)]
struct Far(Loopback);

#[async_trait]
impl Channel for Far {
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
        tokio::time::sleep(Duration::from_millis(2)).await;
        let done = self.0.send(outbound).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
        done
    }
}

const CHATS: usize = 6;
const EACH: usize = 5;

/// Runs one life of a gateway; whatever goes on at its end dies with it. What the store was given by then is
/// written: of two lives only one writes at a time.
fn life<T, F: Future<Output = T>>(dir: &Path, platform: &Loopback, live: impl FnOnce(World) -> F) -> T {
    let new = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runtime = new();
    let (result, store) = runtime.block_on(async {
        let world = World::begin(dir, QueueMode::Followup).await;
        let mut account = open(Arc::new(Far(platform.clone())));
        account.section.streaming = Streaming::Partial;
        world.bridge.start_account(account).await.unwrap();
        let store = world.store.clone();
        (live(world).await, store)
    });
    drop(runtime);
    new().block_on(store.close());
    result
}

#[test]
fn every_message_is_answered_once_however_often_the_gateway_dies() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let mut said = 0;
    for round in 0_u64..40 {
        // A few more messages in every life, while it works on those of earlier ones.
        while said < CHATS * EACH && said < (usize::try_from(round).unwrap() + 1) * 3 {
            platform.say(&format!("chat{}", said % CHATS), &format!("m{}", said / CHATS));
            said += 1;
        }
        let time = Duration::from_millis(3 + (round * 7919) % 60);
        life(dir.path(), &platform, |_world| tokio::time::sleep(time));
    }
    let (rows, inbound, unknown) = life(dir.path(), &platform, |world| async move {
        let settled = || async {
            let open = world.outbox().await.iter().any(|row| row.state == "queued" || row.state == "started");
            let inbound = world.inbound().await;
            !open
                && inbound.len() == CHATS * EACH
                && inbound.iter().all(|(state, _)| state == "answered" || state == "failed")
        };
        world.until(settled).await;
        (world.outbox().await, world.inbound().await, world.status().await.outbox.unknown)
    });
    let tasks: HashSet<i64> = inbound.iter().filter_map(|(_, task)| *task).collect();
    assert_eq!(tasks.len(), CHATS * EACH, "a task for every message, and no two");
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for done in platform.done().iter().filter(|done| text_of(done).is_some()) {
        *by_key.entry(done.outbound.key.clone()).or_default() += 1;
    }
    let mut answers: HashMap<i64, usize> = HashMap::new();
    let mut doubtful = 0;
    for row in &rows {
        let outbound: Outbound = serde_json::from_str(&row.body).unwrap();
        let times = by_key.get(&outbound.key).copied().unwrap_or_default();
        let sends = matches!(outbound.action, Action::Text { .. });
        match &*row.state {
            "sent" if sends => assert_eq!(times, 1, "{row:?}"),
            "unknown" => {
                doubtful += 1;
                assert!(times <= 1, "{row:?}");
            }
            "sent" => {}
            _ => panic!("{row:?}"),
        }
        if row.key.starts_with("answer:") {
            *answers.entry(row.cause.unwrap()).or_default() += 1;
        }
    }
    assert_eq!(answers.len(), CHATS * EACH);
    assert!(answers.values().all(|count| *count == 1), "{answers:?}");
    assert_eq!(unknown, doubtful, "what is in doubt is counted");
    in_order(&platform);
}

/// The answers of one conversation came in the order of its messages.
fn in_order(platform: &Loopback) {
    for chat in 0..CHATS {
        let here = |done: &&Done| done.outbound.to.chat == format!("chat{chat}");
        let done: Vec<Done> = platform.done().iter().filter(here).cloned().collect();
        let echoes: Vec<String> = texts(&done).into_iter().filter(|text| text.starts_with("echo")).collect();
        let mut sorted = echoes.clone();
        sorted.sort();
        assert_eq!(echoes, sorted, "chat {chat}");
    }
}
