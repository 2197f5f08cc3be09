//! The engine's promises, tested with an executor that does as it is told.

mod crash;
mod model;
mod orders;
mod places;
mod queue;
mod stored;
mod work;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nodes::executor::{
    AfterCrash, Assignment, ExecutorKind, Failure, FailureClass, Outcome, Progress, Question, Reply, Step,
};
use nodes::transport::{Transport, TransportError};
use schemas::Clock;
use schemas::session::SessionKey;
use schemas::task::{QueueMode, TaskState};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::*;

use crate::store::Db;
use crate::store::messages;
use crate::store::messages::Message;
use crate::store::sessions::Session;

/// Fewer than the default: the setting counts.
const QUEUE_CAP: usize = 7;

/// A run in the hands of a test.
struct Live {
    task: Assignment,
    end: oneshot::Sender<Outcome>,
}

impl Live {
    fn answer(self, text: &str) {
        drop(self.end.send(Outcome::finished(Reply::new(text))));
    }
}

#[derive(Debug)]
struct Fake {
    runs: mpsc::UnboundedSender<Live>,
    steered: Arc<Mutex<Vec<String>>>,
    takes: bool,
}

#[async_trait]
impl Transport for Fake {
    async fn run(
        &self,
        task: Assignment,
        mut progress: Progress,
        stop: CancellationToken,
    ) -> Result<Outcome, TransportError> {
        let (end, mut ended) = oneshot::channel();
        progress.step(Step::Text { delta: "so ".into() }).await;
        drop(self.runs.send(Live { task, end }));
        loop {
            tokio::select! {
                biased;
                outcome = &mut ended => return Ok(outcome.unwrap_or_else(|_| Outcome::cancelled())),
                () = stop.cancelled() => return Ok(Outcome::cancelled()),
                Some(message) = progress.follow_up(), if self.takes => {
                    self.steered.lock().unwrap().push(message.text.clone());
                    message.taken();
                }
            }
        }
    }
}

/// Hears everything and remembers the ends.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<(String, TaskState)>>);

impl Audience for Log {
    fn said(&self, _: &Card, _: &Session, _: &Message) {}
    fn changed(&self, card: &Card, change: &TaskChange<'_>) {
        self.0.lock().unwrap().push((card.run_id.clone(), change.state));
    }
    fn begins(&self, _: RunFacts) -> Box<dyn Spectator> {
        Box::new(Blind)
    }
    fn ended(&self, _: &Card, _: Option<&Session>, _: &End, _: &[Message]) {}
}

#[derive(Debug)]
struct Blind;

impl Spectator for Blind {
    fn step(&mut self, _: &Step) {}
    fn ask(&mut self, _: Question) {}
    fn due(&self) -> Option<Instant> {
        None
    }
    fn flush(&mut self) {}
    fn ended(self: Box<Self>, _: &End, _: &Session, _: &[Message]) {}
}

struct World {
    engine: Arc<Engine>,
    store: Store,
    runs: mpsc::UnboundedReceiver<Live>,
    steered: Arc<Mutex<Vec<String>>>,
    log: Arc<Log>,
    jobs: Jobs,
}

impl World {
    fn new(dir: &Path, after_crash: AfterCrash) -> Self {
        let store = Store::open(&dir.join("landline.db")).unwrap();
        let (sender, runs) = mpsc::unbounded_channel();
        let (steered, log) = (Arc::default(), Arc::new(Log::default()));
        let fake = Fake { runs: sender, steered: Arc::clone(&steered), takes: true };
        let carrier = Carrier { transport: Arc::new(fake), after_crash, steerable: true };
        let mut agent = AgentProfile::builtin("main", dir.to_owned());
        agent.executor = ExecutorKind::Command;
        agent.max_concurrent = 2;
        let roster = Roster { default: "main".into(), agents: BTreeMap::from([("main".into(), agent)]) };
        let jobs = Jobs::default();
        let engine = Engine::new(Parts {
            store: store.clone(),
            clock: Clock::manual(1_000_000),
            jobs: jobs.clone(),
            audience: Arc::clone(&log) as Arc<dyn Audience>,
            carriers: HashMap::from([(ExecutorKind::Command, carrier)]),
            roster,
            state_dir: dir.to_owned(),
            queue_mode: QueueMode::default(),
            queue_cap: QUEUE_CAP,
            passes: Arc::default(),
            tools_url: String::new(),
        })
        .unwrap();
        Self { engine, store, runs, steered, log, jobs }
    }

    /// Has runs performed by another executor; before the first one starts.
    fn replace_executor(&mut self, transport: impl Transport) {
        let engine = Arc::get_mut(&mut self.engine).unwrap();
        let carrier = engine.carriers.get_mut(&ExecutorKind::Command).unwrap();
        carrier.transport = Arc::new(transport);
    }

    async fn send(
        &self,
        session: &str,
        key: &str,
        text: &str,
        mode: QueueMode,
    ) -> Result<Ticket, SubmitError> {
        self.engine.submit(submission(session, key, text, mode)).await
    }

    async fn run(&mut self) -> Live {
        tokio::time::timeout(Duration::from_secs(20), self.runs.recv()).await.expect("a run starts").unwrap()
    }

    async fn end(&self, ticket: &Ticket) -> Arc<End> {
        let end = tokio::time::timeout(Duration::from_secs(20), ticket.ended(&self.engine, "default"));
        end.await.expect("it ends").unwrap().expect("an end")
    }

    async fn state(&self, seq: i64) -> TaskState {
        self.store.read(move |db| rows::get(db, "default", seq)).await.unwrap().expect("a task").state
    }

    /// Returns role and text of everything said in a conversation, oldest first.
    async fn said(&self, session: &str) -> Vec<(String, String)> {
        let key = format!("agent:main:{session}");
        let read = move |db: &Db| {
            let Some(session) = sessions::find(db, "default", &key)? else { return Ok(Vec::new()) };
            messages::newest(db, session.transcript, None, 0, 1000)
        };
        let newest = self.store.read(read).await.unwrap();
        newest.into_iter().rev().map(|message| (message.role.clone(), message.body.plain())).collect()
    }

    /// Returns the audit rows of a task as `from>to`.
    async fn audit(&self, seq: i64) -> Vec<String> {
        let read = move |db: &Db| {
            let sql = "SELECT coalesce(from_state, ''), coalesce(to_state, '') FROM task_events
                       WHERE task = ?1 AND to_state IS NOT NULL ORDER BY seq";
            let mut statement = db.prepare(sql)?;
            let rows = statement.query_map([seq], |row| {
                Ok(format!("{}>{}", row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        };
        self.store.read(read).await.unwrap()
    }
}

fn submission(session: &str, key: &str, text: &str, mode: QueueMode) -> Submission {
    Submission {
        org: "default".into(),
        actor: "token".into(),
        run_id: key.into(),
        kind: Kind::Chat,
        key: SessionKey::parse(session, None).unwrap(),
        session_id: None,
        label: None,
        request: Request {
            message: text.into(),
            attachments: Vec::new(),
            model: None,
            timeout_ms: None,
            mode,
            command: false,
            asker: Asker::default(),
            work: None,
        },
        uploads: Vec::new(),
    }
}

/// Runs one life of a gateway; whatever still runs at its end dies with it, as in a crash. What the store was
/// given by then is written: of two lives only one writes at a time.
fn life<T, F: Future<Output = T>>(dir: &Path, after_crash: AfterCrash, live: impl FnOnce(World) -> F) -> T {
    let new = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runtime = new();
    let (result, store) = runtime.block_on(async {
        let world = World::new(dir, after_crash);
        let store = world.store.clone();
        (live(world).await, store)
    });
    drop(runtime);
    new().block_on(store.close());
    result
}

fn one_life<T, F: Future<Output = T>>(live: impl FnOnce(World) -> F) -> T {
    let dir = tempfile::tempdir().unwrap();
    life(dir.path(), AfterCrash::Resume, live)
}

fn says(role: &str, text: &str) -> (String, String) {
    (role.into(), text.into())
}
