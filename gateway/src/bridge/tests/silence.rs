//! A platform that neither answers nor cuts, through a channel without deadlines of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use channels::{Inbox, ListenError, Outbound, Receipt, SendError, Traits};

/// Shows a sign of life as each connection begins and is silent from then on; counts the connections.
#[derive(Clone, Debug)]
struct Silent(Loopback, Arc<AtomicUsize>);

#[async_trait]
impl Channel for Silent {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn traits(&self) -> Traits {
        self.0.traits()
    }
    async fn listen(&self, inbox: Inbox, _: CancellationToken) -> Result<(), ListenError> {
        if self.1.fetch_add(1, Ordering::SeqCst) == 0 {
            let mut heard = in_group("m1", "ann", Message { text: "hello".into(), ..Message::default() });
            (heard.chat.id, heard.chat.kind) = ("ann".into(), ChatKind::Direct);
            inbox.store(vec![heard], None).await?;
        }
        inbox.alive(Duration::from_millis(200));
        std::future::pending().await
    }
    async fn send(&self, _: Outbound) -> Result<Receipt, SendError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_platform_that_neither_answers_nor_cuts_is_given_up() {
    let (dir, platform) = (tempfile::tempdir().unwrap(), Loopback::new());
    let ms = Duration::from_millis;
    let pace = Pace { stall: ms(400), attempt: ms(150), ..quick() };
    let world = World::paced(dir.path(), QueueMode::Followup, pace).await;
    let connections = Arc::new(AtomicUsize::new(0));
    let account = open(Arc::new(Silent(platform, Arc::clone(&connections))));
    world.bridge.start_account(account).await.unwrap();

    world.until(|| async { world.status().await.health.connected }).await;
    let begun = Instant::now();
    world.until(|| async { !world.status().await.health.connected }).await;
    assert!(begun.elapsed() >= ms(100), "a sign of life counts for a while");
    assert_eq!(connections.load(Ordering::SeqCst), 1, "it is shown before the connection is given up");
    world.until(|| async { connections.load(Ordering::SeqCst) >= 2 }).await;
    let error = world.status().await.health.error.unwrap_or_default();
    assert!(error.contains("no sign of life") || error.contains("no answer in time"), "{error}");
    // The answer that got no answer is neither waited for without end nor sent again.
    world.until(|| async { world.outbox().await.iter().any(|row| row.state == "unknown") }).await;
    world.end().await;
}
