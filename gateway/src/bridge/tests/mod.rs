//! The bridge's promises, tested with a platform in memory and an agent that does as its prompt says.

mod cards;
mod crash;
mod flow;
mod odd;
mod people;
mod shown;
mod silence;
mod upkeep;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use channels::loopback::{Done, Loopback};
use channels::{Action, Channel, Chat as Place2, ChatKind, Event, Inbound, Message, Sender};
use nodes::executor::{
    AfterCrash, Assignment, ExecutorKind, Failure, FailureClass, Outcome, PermissionRequest, Progress, Reply,
    Step,
};
use nodes::transport::{Local, Transport, TransportError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::approvals::Approvals;
use crate::chat::builtin::Builtin;
use crate::config::ChannelSection;
use crate::config::channels::{DmPolicy, Streaming};
use crate::hub::Hub;
use crate::store::outbox::OutboxRow;
use crate::tasks::{AgentProfile, Carrier, Parts as EngineParts, Roster};
use schemas::task::QueueMode;

/// An agent that does what the first word of its prompt says.
#[derive(Debug)]
struct Agent {
    /// A run that holds ends with one of these.
    gate: Arc<Semaphore>,
    prompts: Arc<Mutex<Vec<Assignment>>>,
}

#[async_trait]
impl Transport for Agent {
    async fn run(
        &self,
        task: Assignment,
        mut progress: Progress,
        stop: CancellationToken,
    ) -> Result<Outcome, TransportError> {
        self.prompts.lock().unwrap().push(task.clone());
        let work = self.answer(&task.prompt, &mut progress);
        tokio::select! {
            outcome = work => Ok(outcome),
            () = stop.cancelled() => Ok(Outcome::cancelled()),
        }
    }
}

impl Agent {
    async fn answer(&self, prompt: &str, progress: &mut Progress) -> Outcome {
        let words: Vec<&str> = prompt.split_whitespace().collect();
        let count = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(1_usize);
        let text = match words.first().copied().unwrap_or_default() {
            "hold" => {
                progress.step(Step::Text { delta: "so far".into() }).await;
                let mut more = String::new();
                loop {
                    tokio::select! {
                        biased;
                        passed = self.gate.acquire() => break passed.unwrap().forget(),
                        Some(message) = progress.follow_up() => {
                            more.extend([" and ", &message.text]);
                            message.taken();
                        }
                    }
                }
                format!("held {}{more}", words[1..].join(" "))
            }
            "same" => {
                progress.step(Step::Text { delta: "all of it".into() }).await;
                self.gate.acquire().await.unwrap().forget();
                "all of it".into()
            }
            "stream" => {
                let mut text = String::new();
                for number in 0..count {
                    let delta = format!("word{number} ");
                    text.push_str(&delta);
                    progress.step(Step::Text { delta }).await;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                text.trim().to_owned()
            }
            "ask" => {
                let request = PermissionRequest {
                    id: "q".into(),
                    tool_use_id: None,
                    tool: "Bash".into(),
                    input: serde_json::json!({ "command": "rm `x`" }),
                    description: None,
                };
                format!("{:?}", progress.ask(request).await)
            }
            "break" => {
                let failure = Failure::new(FailureClass::IsError, "broken", "The agent broke");
                return Outcome::failed(failure);
            }
            "sections" => (1..=count).map(section).collect(),
            "long" => "A sentence of some words. ".repeat(count),
            _ => format!("echo: {}", prompt.lines().next().unwrap_or_default()),
        };
        Outcome::finished(Reply::new(text))
    }
}

/// One life of a gateway with its bridge.
struct World {
    bridge: Bridge,
    store: Store,
    gate: Arc<Semaphore>,
    prompts: Arc<Mutex<Vec<Assignment>>>,
    jobs: Jobs,
}

impl World {
    async fn begin(dir: &Path, mode: QueueMode) -> Self {
        Self::paced(dir, mode, quick()).await
    }

    async fn paced(dir: &Path, mode: QueueMode, pace: Pace) -> Self {
        let (store, clock, jobs) =
            (Store::open(&dir.join("landline.db")).unwrap(), Clock::system(), Jobs::default());
        let hub = Arc::new(Hub::new(clock.clone()));
        let approvals = Approvals::new(store.clone(), Arc::clone(&hub), clock.clone(), jobs.clone(), dir);
        let chat = Chat::new(store.clone(), Arc::clone(&hub), clock.clone(), jobs.clone(), approvals);
        let (gate, prompts) = (Arc::new(Semaphore::new(0)), Arc::default());
        let agent = Agent { gate: Arc::clone(&gate), prompts: Arc::clone(&prompts) };
        let steerable = mode == QueueMode::Steer;
        let carrier = |transport, after_crash| Carrier { transport, after_crash, steerable };
        let mut profile = AgentProfile::builtin("main", dir.to_owned());
        profile.executor = ExecutorKind::Command;
        let engine = Engine::new(EngineParts {
            store: store.clone(),
            clock: clock.clone(),
            jobs: jobs.clone(),
            audience: Arc::new(chat.clone()),
            carriers: HashMap::from([
                (ExecutorKind::Command, carrier(Arc::new(agent), AfterCrash::Restart)),
                (
                    ExecutorKind::Builtin,
                    carrier(Arc::new(Local(Builtin::new(chat.clone()))), AfterCrash::Restart),
                ),
            ]),
            roster: Roster { default: "main".into(), agents: BTreeMap::from([("main".into(), profile)]) },
            state_dir: dir.to_owned(),
            queue_mode: mode,
            queue_cap: 3,
            passes: Arc::default(),
            tools_url: String::new(),
        })
        .unwrap();
        chat.attach(&engine);
        engine.recover().await.unwrap();
        let bridge = Bridge::new(Parts {
            store: store.clone(),
            clock,
            jobs: jobs.clone(),
            engine,
            chat,
            state_dir: PathBuf::from(dir),
            hub,
            routes: Routes { default_agent: "main".into(), ..Routes::default() },
            pace,
        });
        bridge.start().await.unwrap();
        Self { bridge, store, gate, prompts, jobs }
    }

    async fn with(dir: &Path, platform: &Loopback) -> Self {
        let world = Self::begin(dir, QueueMode::Followup).await;
        world.bridge.start_account(open(Arc::new(platform.clone()))).await.unwrap();
        world
    }

    async fn status(&self) -> Status {
        self.bridge.status().await.unwrap().remove(0)
    }

    /// Returns state and reason of everything that came in.
    async fn inbound(&self) -> Vec<(String, Option<i64>)> {
        let read = |db: &Db| {
            let mut rows = db.prepare("SELECT state, task FROM inbound ORDER BY seq")?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        };
        self.store.read(read).await.unwrap()
    }

    async fn outbox(&self) -> Vec<OutboxRow> {
        let all = ["queued", "started", "sent", "failed", "unknown", "resent", "withdrawn"];
        let mut rows =
            self.store.read(move |db| outbox::list(db, "default", &all, None, 10_000)).await.unwrap();
        rows.reverse();
        rows
    }

    /// Waits until something that only the store knows is so.
    async fn until<F: Future<Output = bool>>(&self, mut so: impl FnMut() -> F) {
        let wait = async {
            while !so().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("it becomes so");
    }

    async fn end(self) {
        assert!(self.jobs.stop(Duration::from_secs(10)).await, "everything ends");
        self.store.close().await;
    }
}

/// Returns an account that hears everyone.
fn open(channel: Arc<dyn Channel>) -> Account {
    let section = ChannelSection {
        dm_policy: DmPolicy::Open,
        allow_from: vec!["*".into()],
        groups: vec!["*".into()],
        streaming: Streaming::Off,
        ..ChannelSection::default()
    };
    account("main", channel, section)
}

fn account(name: &str, channel: Arc<dyn Channel>, section: ChannelSection) -> Account {
    let mut account = Account::new("default".into(), name, channel, section);
    let fast = Rate { burst: 100, every: Duration::from_millis(1) };
    account.limits = Limits { direct: fast, group: fast, bot: fast };
    account
}

fn quick() -> Pace {
    let ms = Duration::from_millis;
    Pace {
        album: ms(60),
        typing: ms(100),
        draft: ms(30),
        quick: [ms(4), ms(8), ms(16)],
        slow: [ms(20), ms(30), ms(40), ms(50)],
        attempt: Duration::from_secs(5),
        tell: ms(10),
        full: ms(20),
        reconnect_first: ms(10),
        reconnect_last: ms(50),
        refused: ms(100),
        ..Pace::default()
    }
}

/// Waits until the platform has done what is asked.
async fn until(platform: &Loopback, asked: impl FnMut(&[Done]) -> bool) -> Vec<Done> {
    tokio::time::timeout(PATIENCE, platform.until(asked)).await.expect("the platform does it")
}

/// Returns a section of an answer, about 150 characters long.
fn section(number: usize) -> String {
    format!("## Part {number}\n{}\n\n", "A sentence of words. ".repeat(7))
}

/// Returns the texts that were sent, in order.
fn texts(done: &[Done]) -> Vec<String> {
    done.iter().filter_map(text_of).collect()
}

fn text_of(done: &Done) -> Option<String> {
    match &done.outbound.action {
        Action::Text { text, .. } => Some(text.clone()),
        _ => None,
    }
}

/// Returns a message in a group, of somebody.
fn in_group(id: &str, sender: &str, message: Message) -> Inbound {
    Inbound {
        id: id.into(),
        at: 0,
        chat: Place2 {
            id: "g".into(),
            kind: ChatKind::Group,
            title: Some("Group".into()),
            thread: None,
            guild: None,
        },
        sender: Sender {
            id: sender.into(),
            name: sender.into(),
            handle: None,
            bot: false,
            roles: Vec::new(),
        },
        event: Event::Message(Message { id: id.into(), ..message }),
    }
}

/// Returns the press of a button in a direct conversation.
fn press(id: &str, chat: &str, sender: &str, data: &str) -> Inbound {
    let mut inbound = in_group(id, sender, Message::default());
    (inbound.chat.id, inbound.chat.kind) = (chat.into(), ChatKind::Direct);
    inbound.event = Event::Pressed { message: "out1".into(), data: data.into(), token: format!("t-{id}") };
    inbound
}

const PATIENCE: Duration = Duration::from_secs(40);
