//! Keeps one gateway connection going: heartbeats, interactions acknowledged at once, events handed on in order.
//!
//! It never waits for the journal. When that is behind, nothing more is read, and the platform waits.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::CancellationToken;

use super::Discord;
use super::dispatch::Dispatch;
use super::interact::{Noticed, acknowledge};
use super::session::{Ending, Machine, Step};
use super::socket::Socket;
use super::wire;
use crate::channel::Inbox;

/// Longest wait for the hello, and for READY or RESUMED after it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much later than it is due a sign of life may be noticed.
const SLACK: Duration = Duration::from_secs(3);
/// Longest wait for a frame to be taken.
const WRITE: Duration = Duration::from_secs(10);

/// What is handed on.
#[derive(Debug)]
pub(super) enum Item {
    /// An event.
    Event { seq: u64, name: String, data: Box<RawValue> },
    /// An event of no use was passed.
    Skipped(u64),
    /// A heartbeat was acknowledged.
    Beat,
}

/// One connection while it lasts.
pub(super) struct Pump<'a> {
    pub(super) discord: &'a Discord,
    pub(super) inbox: &'a Inbox,
    pub(super) machine: Machine,
    pub(super) items: mpsc::Sender<Item>,
    socket: Socket,
    beats: Option<Interval>,
    /// Whether the heartbeat that follows the beginning of a session waits for its acknowledgement.
    greeting: bool,
    deadline: Instant,
    /// Whether nothing was read for some time since the last heartbeat, so that its acknowledgement may wait unread.
    stalled: bool,
    noticed: Noticed,
    acknowledging: JoinSet<Result<(), String>>,
}

impl<'a> Pump<'a> {
    /// Takes over a connection that was just opened.
    pub(super) fn new(
        discord: &'a Discord,
        inbox: &'a Inbox,
        machine: Machine,
        socket: Socket,
        items: mpsc::Sender<Item>,
    ) -> Self {
        let deadline = Instant::now() + PATIENCE;
        let (noticed, acknowledging) = (Noticed::default(), JoinSet::new());
        Self {
            discord,
            inbox,
            machine,
            items,
            socket,
            beats: None,
            greeting: false,
            deadline,
            stalled: false,
            noticed,
            acknowledging,
        }
    }

    /// Runs until the connection ends.
    pub(super) async fn run(mut self, stop: &CancellationToken) -> Ending {
        let ending = loop {
            if let Err(ending) = self.turn(stop).await {
                break ending;
            }
        };
        // Codes 1000 and 1001 would end the session on the platform's side; this one keeps it.
        let code = if ending.session_lost() { CloseCode::Normal } else { CloseCode::Library(4000) };
        let close = CloseFrame { code, reason: "".into() };
        // The connection is over whether or not the other side still hears of it.
        let _ = timeout(Duration::from_secs(1), self.socket.close(Some(close))).await;
        // What was begun for people who wait is finished.
        let rest = async { while self.acknowledging.join_next().await.is_some() {} };
        let _ = timeout(Duration::from_secs(3), rest).await;
        ending
    }

    /// The next heartbeat is acknowledged by then, or the one after it finds the connection dead.
    fn next_beat(&self) -> Duration {
        self.beats.as_ref().map_or(PATIENCE, |beats| beats.period() * 2 + SLACK)
    }

    async fn turn(&mut self, stop: &CancellationToken) -> Result<(), Ending> {
        let reading = self.items.capacity() > 0;
        self.stalled |= !reading;
        let room = self.items.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(Ending::Stopped),
            () = due(self.beats.as_mut()) => {
                let stalled = std::mem::take(&mut self.stalled);
                let beat = self.machine.beat(!stalled)?;
                self.write(beat).await
            }
            Some(done) = self.acknowledging.join_next() => {
                if let Ok(Err(trouble)) = done {
                    self.inbox.trouble(&trouble);
                }
                Ok(())
            }
            () = sleep_until(self.deadline), if !self.machine.established() => {
                Err(Ending::broken("Discord's gateway did not begin a session in time"))
            }
            frame = self.socket.next(), if reading => self.take(frame).await,
            room = room.reserve(), if !reading => match room {
                Ok(_) => Ok(()),
                Err(_) => Err(Ending::Stopped),
            },
        }
    }

    async fn take(
        &mut self,
        frame: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> Result<(), Ending> {
        let text = match frame {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(frame))) => {
                let code = frame.map(|frame| u16::from(frame.code));
                return Err(Machine::closed(code, self.discord.intents));
            }
            Some(Ok(Message::Binary(_))) => {
                return Err(Ending::broken("Discord's gateway sent something that was not asked for"));
            }
            Some(Ok(_)) => return Ok(()),
            Some(Err(_)) | None => return Err(Ending::broken("the connection to Discord's gateway broke")),
        };
        match self.machine.take(text.as_str()) {
            Step::Hello(interval) => {
                // The first heartbeat comes at a random time, so that not everybody beats together.
                let first = Instant::now() + interval.mul_f64(chance());
                let mut beats = interval_at(first, interval);
                beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
                self.beats = Some(beats);
                self.deadline = Instant::now() + PATIENCE;
                let opening = self.machine.opening(self.discord.rest.token(), self.discord.intents);
                self.write(opening).await
            }
            Step::Beat => {
                let beat = self.machine.beat_now();
                self.write(beat).await
            }
            Step::Acknowledged => {
                self.inbox.alive(self.next_beat());
                // Only the regular ones measure time.
                if std::mem::take(&mut self.greeting) { Ok(()) } else { self.hand_on(Item::Beat) }
            }
            Step::Dispatch { seq, name, data } => {
                if name == "INTERACTION_CREATE" {
                    self.notice(data.get());
                }
                let used = Dispatch::used(&name);
                let begins = matches!(name.as_str(), "READY" | "RESUMED");
                self.hand_on(if used { Item::Event { seq, name, data } } else { Item::Skipped(seq) })?;
                if begins { self.greet().await } else { Ok(()) }
            }
            Step::Nothing => Ok(()),
            Step::End(ending) => Err(ending),
        }
    }

    /// Beats once when a session begins: the first regular heartbeat may be most of a minute away, and until one is
    /// acknowledged nobody can say that the connection works.
    async fn greet(&mut self) -> Result<(), Ending> {
        if let Some(beats) = &mut self.beats {
            // Never so soon that the acknowledgement may still be on its way.
            let next = beats.period().mul_f64(f64::midpoint(1.0, chance()));
            beats.reset_after(next);
        }
        self.greeting = true;
        let beat = self.machine.beat_now();
        self.write(beat).await
    }

    /// Tells the platform at once, before anything is journalled, that a command or a button was noticed.
    fn notice(&mut self, data: &str) {
        // What cannot be read is told by whoever reads the event.
        let Ok(interaction) = serde_json::from_str::<wire::Interaction>(data) else { return };
        if !self.noticed.is_new(&interaction.id) {
            return;
        }
        self.discord.answered.open(&super::read::token(&interaction));
        let rest = self.discord.rest.clone();
        self.acknowledging.spawn(async move { acknowledge(&rest, &interaction).await });
    }

    /// There is room: nothing is read without.
    fn hand_on(&self, item: Item) -> Result<(), Ending> {
        self.items.try_send(item).map_err(|_| Ending::Stopped)
    }

    async fn write(&mut self, frame: Value) -> Result<(), Ending> {
        let sending = self.socket.send(Message::text(frame.to_string()));
        match timeout(WRITE, sending).await {
            Ok(Ok(())) => Ok(()),
            // A close that waits to be read says more than the failed write.
            Ok(Err(_)) | Err(_) => Err(self.last_words().await),
        }
    }

    async fn last_words(&mut self) -> Ending {
        let close = async {
            while let Some(Ok(message)) = self.socket.next().await {
                if let Message::Close(frame) = message {
                    return frame.map(|frame| u16::from(frame.code));
                }
            }
            None
        };
        match timeout(Duration::from_secs(1), close).await {
            Ok(Some(code)) => Machine::closed(Some(code), self.discord.intents),
            _ => Ending::broken("the connection to Discord's gateway broke"),
        }
    }
}

/// Waits until a heartbeat is due; for ever before the hello.
async fn due(beats: Option<&mut Interval>) {
    match beats {
        Some(beats) => {
            beats.tick().await;
        }
        None => std::future::pending().await,
    }
}

/// Returns a number from 0 to 1 by chance; the middle if the system has no randomness.
pub(super) fn chance() -> f64 {
    let mut bytes = [0_u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
