//! The engine's promises, tested with an executor that does as it is told.

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
use crate::store::messages::Message;
use crate::store::sessions::Session;
use crate::store::{messages, search};

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
        let engine = Engine::new(Parts {
            store: store.clone(),
            clock: Clock::manual(1_000_000),
            jobs: Jobs::default(),
            audience: Arc::clone(&log) as Arc<dyn Audience>,
            carriers: HashMap::from([(ExecutorKind::Command, carrier)]),
            roster,
            state_dir: dir.to_owned(),
        })
        .unwrap();
        Self { engine, store, runs, steered, log }
    }

    async fn send(&self, session: &str, key: &str, text: &str, mode: QueueMode) -> Result<Ticket, SubmitError> {
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
        let read = move |db: &rusqlite::Connection| {
            let Some(session) = sessions::find(db, "default", &key)? else { return Ok(Vec::new()) };
            messages::newest(db, session.transcript, None, 0, 1000)
        };
        let newest = self.store.read(read).await.unwrap();
        newest.into_iter().rev().map(|message| (message.role.clone(), message.body.plain())).collect()
    }

    /// Returns the audit rows of a task as `from>to`.
    async fn audit(&self, seq: i64) -> Vec<String> {
        let read = move |db: &rusqlite::Connection| {
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
        },
        uploads: Vec::new(),
    }
}

/// Runs one life of a gateway; whatever still runs at its end dies with it, as in a crash.
fn life<T, F: Future<Output = T>>(dir: &Path, after_crash: AfterCrash, live: impl FnOnce(World) -> F) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { live(World::new(dir, after_crash)).await })
}

fn one_life<T, F: Future<Output = T>>(live: impl FnOnce(World) -> F) -> T {
    let dir = tempfile::tempdir().unwrap();
    life(dir.path(), AfterCrash::Resume, live)
}

fn says(role: &str, text: &str) -> (String, String) {
    (role.into(), text.into())
}

#[test]
fn an_accepted_message_is_stored_run_and_answered_with_its_audit() {
    one_life(|mut world| async move {
        let ticket = world.send("main", "k1", "hi", QueueMode::Steer).await.unwrap();
        assert!(ticket.fresh);
        let run = world.run().await;
        assert_eq!((run.task.prompt.as_str(), run.task.fence), ("hi", 1));
        assert!(!run.task.conversation.resume);
        run.answer("hello");
        let end = world.end(&ticket).await;
        assert_eq!((end.state, end.text.as_deref()), (TaskState::Completed, Some("hello")));
        assert_eq!(world.said("main").await, [says("user", "hi"), says("assistant", "hello")]);
        assert_eq!(
            world.audit(ticket.seq).await,
            [">pending", "pending>planning", "planning>running", "running>completed"]
        );
        assert_eq!(world.engine.load(), (0, 0));
    });
}

#[test]
fn a_repeated_key_joins_and_other_content_is_refused() {
    one_life(|mut world| async move {
        let (first, second) = tokio::join!(
            world.send("main", "k", "hi", QueueMode::Steer),
            world.send("main", "k", "hi", QueueMode::Steer)
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!((first.fresh, second.fresh, first.seq == second.seq), (true, false, true));
        assert!(!second.has_ended());
        let other = world.send("main", "k", "something else", QueueMode::Steer).await;
        assert!(matches!(other, Err(SubmitError::KeyReused)));
        world.run().await.answer("once");
        world.end(&first).await;
        let third = world.send("main", "k", "hi", QueueMode::Steer).await.unwrap();
        assert!(!third.fresh && third.has_ended());
        assert_eq!(world.end(&third).await.text.as_deref(), Some("once"));
        assert_eq!(world.said("main").await.len(), 2);
    });
}

#[test]
fn one_run_at_a_time_for_each_conversation_in_the_order_they_came() {
    one_life(|mut world| async move {
        let mut tickets = Vec::new();
        for key in ["a", "b", "c"] {
            tickets.push(world.send("main", key, key, QueueMode::Followup).await.unwrap());
        }
        for key in ["a", "b", "c"] {
            let run = world.run().await;
            assert_eq!(run.task.prompt, key);
            assert!(world.runs.try_recv().is_err(), "no second run of the conversation");
            run.answer(key);
        }
        for ticket in &tickets {
            assert_eq!(world.end(ticket).await.state, TaskState::Completed);
        }
    });
}

#[test]
fn an_agent_has_no_more_runs_than_allowed_and_a_full_queue_is_refused() {
    one_life(|mut world| async move {
        for key in ["a", "b", "c"] {
            world.send(key, key, key, QueueMode::Followup).await.unwrap();
        }
        let (first, second) = (world.run().await, world.run().await);
        tokio::task::yield_now().await;
        assert!(world.runs.try_recv().is_err(), "the third waits for a free place");
        assert_eq!(world.engine.load(), (3, 2));
        first.answer("1");
        assert_eq!(world.run().await.task.prompt, "c");
        drop(second);
        for index in 0..schemas::bounds::MAX_QUEUED_PER_SESSION {
            world.send("c", &format!("q{index}"), "x", QueueMode::Followup).await.unwrap();
        }
        let over = world.send("c", "over", "x", QueueMode::Followup).await;
        assert!(matches!(over, Err(SubmitError::Full)));
    });
}

#[test]
fn a_steered_message_is_taken_by_the_live_run() {
    one_life(|mut world| async move {
        let first = world.send("main", "a", "one", QueueMode::Steer).await.unwrap();
        let run = world.run().await;
        let second = world.send("main", "b", "two", QueueMode::Steer).await.unwrap();
        let end = world.end(&second).await;
        assert_eq!((end.state, end.joined.as_deref()), (TaskState::Completed, Some("a")));
        assert_eq!(*world.steered.lock().unwrap(), ["two"]);
        run.answer("both");
        world.end(&first).await;
        assert!(world.runs.try_recv().is_err());
    });
}

#[test]
fn collected_messages_are_answered_by_one_run() {
    one_life(|mut world| async move {
        world.send("main", "a", "one", QueueMode::Collect).await.unwrap();
        let run = world.run().await;
        let second = world.send("main", "b", "two", QueueMode::Collect).await.unwrap();
        let third = world.send("main", "c", "three", QueueMode::Collect).await.unwrap();
        run.answer("1");
        let run = world.run().await;
        assert_eq!(run.task.prompt, "two\n\nthree");
        run.answer("2 and 3");
        assert_eq!(world.end(&second).await.text.as_deref(), Some("2 and 3"));
        assert_eq!(world.end(&third).await.joined.as_deref(), Some("b"));
    });
}

#[test]
fn an_interrupting_message_takes_the_place_of_the_live_run() {
    one_life(|mut world| async move {
        let first = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let _run = world.run().await;
        world.send("main", "b", "two", QueueMode::Followup).await.unwrap();
        world.send("main", "c", "now", QueueMode::Interrupt).await.unwrap();
        let end = world.end(&first).await;
        assert_eq!((end.state, end.stop_reason.as_deref()), (TaskState::Cancelled, Some("interrupt")));
        assert_eq!(end.text.as_deref(), Some("so "));
        assert_eq!(world.run().await.task.prompt, "now");
    });
}

#[test]
fn abort_stops_what_runs_and_what_waits() {
    one_life(|mut world| async move {
        let first = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let _run = world.run().await;
        let second = world.send("main", "b", "two", QueueMode::Followup).await.unwrap();
        let actor: Arc<str> = "token".into();
        let org: Arc<str> = "default".into();
        let stopped = world.engine.abort(&org, "agent:main:main", None, &actor, "rpc").await.unwrap();
        assert_eq!(stopped, ["a", "b"]);
        assert_eq!(world.end(&second).await.state, TaskState::Cancelled);
        assert_eq!(world.end(&first).await.state, TaskState::Cancelled);
        assert!(world.runs.try_recv().is_err());
        assert_eq!(world.audit(second.seq).await, [">pending", "pending>cancelled"]);
        assert_eq!(world.engine.cancel("default", first.seq, &actor, "rpc").await.unwrap(), Stopped::TooLate(None));
    });
}

#[test]
fn of_a_hundred_cancels_and_completions_at_once_one_wins_each() {
    one_life(|mut world| async move {
        let actor: Arc<str> = "token".into();
        for round in 0..100 {
            let ticket = world.send("main", &format!("k{round}"), "x", QueueMode::Followup).await.unwrap();
            let run = world.run().await;
            let cancel = world.engine.cancel("default", ticket.seq, &actor, "rpc");
            let complete = async {
                if round % 2 == 0 {
                    tokio::task::yield_now().await;
                }
                run.answer("done");
            };
            let (stopped, ()) = tokio::join!(cancel, complete);
            let end = world.end(&ticket).await;
            let wanted =
                if stopped.unwrap() == Stopped::Yes { TaskState::Cancelled } else { TaskState::Completed };
            assert_eq!(end.state, wanted);
            assert_eq!(world.state(ticket.seq).await, wanted);
            let ends = world.log.0.lock().unwrap();
            let ends = ends.iter().filter(|(run, state)| run == &ticket.run_id && state.is_terminal());
            assert_eq!(ends.count(), 1);
        }
    });
}

#[test]
fn a_passing_failure_is_tried_again_and_a_lasting_one_is_told() {
    one_life(|mut world| async move {
        tokio::time::pause();
        let ticket = world.send("main", "k", "x", QueueMode::Steer).await.unwrap();
        let busy = Failure::new(FailureClass::Capacity, "overloaded", "Too busy");
        drop(world.run().await.end.send(Outcome::failed(busy)));
        let again = world.run().await;
        assert_eq!(again.task.fence, 2);
        let wrong = Failure::new(FailureClass::Validation, "wrong", "The key is wrong");
        drop(again.end.send(Outcome::failed(wrong)));
        let end = world.end(&ticket).await;
        assert_eq!(end.state, TaskState::Failed);
        assert_eq!(world.said("main").await[1].0, "assistant");
        let audit = world.audit(ticket.seq).await;
        assert_eq!(audit[3..], ["running>waiting", "waiting>running", "running>failed"]);
    });
}

#[test]
fn after_a_crash_a_resumable_run_goes_on_and_the_queue_keeps_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let first = life(dir.path(), AfterCrash::Resume, |mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let run = world.run().await;
        world.send("main", "b", "two", QueueMode::Steer).await.unwrap();
        world.send("main", "c", "three", QueueMode::Followup).await.unwrap();
        while world.steered.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let before = run.task.conversation.id;
        (ticket.seq, before)
    });
    life(dir.path(), AfterCrash::Resume, |mut world| async move {
        assert!(world.engine.recover().await.unwrap() >= 2);
        let run = world.run().await;
        assert_eq!((run.task.run_id.as_str(), run.task.fence), ("a", 2));
        assert_eq!((run.task.conversation.id, run.task.conversation.resume), (first.1, true));
        assert!(run.task.prompt.contains("restarted") && run.task.prompt.contains("one"));
        assert!(run.task.prompt.contains("two"), "what was handed to the run is not lost");
        run.answer("1");
        let run = world.run().await;
        assert_eq!(run.task.prompt, "three");
        run.answer("3");
        let third = world.send("main", "c", "three", QueueMode::Followup).await.unwrap();
        assert!(!third.fresh);
        world.end(&third).await;
        let said = world.said("main").await;
        let users = said.iter().filter(|(role, _)| role == "user").count();
        let answers = said.iter().filter(|(role, _)| role == "assistant").count();
        assert_eq!((users, answers), (3, 2));
    });
    life(dir.path(), AfterCrash::Resume, |world| async move {
        assert_eq!(world.engine.recover().await.unwrap(), 0, "what has ended is not done again");
        let again = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        assert!(!again.fresh && again.has_ended());
    });
}

#[test]
fn a_run_of_unknown_effects_fails_with_a_line_for_the_user() {
    let dir = tempfile::tempdir().unwrap();
    let seq = life(dir.path(), AfterCrash::Fail, |mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        world.run().await;
        ticket.seq
    });
    life(dir.path(), AfterCrash::Fail, |mut world| async move {
        world.engine.recover().await.unwrap();
        assert_eq!(world.state(seq).await, TaskState::Failed);
        let said = world.said("main").await;
        assert!(said[1].1.contains("nobody knows"), "{said:?}");
        world.send("main", "b", "two", QueueMode::Followup).await.unwrap();
        assert_eq!(world.run().await.task.prompt, "two");
    });
}

#[test]
fn a_task_that_dies_with_the_gateway_three_times_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let seq = life(dir.path(), AfterCrash::Restart, |mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        world.run().await;
        ticket.seq
    });
    for _ in 0..2 {
        life(dir.path(), AfterCrash::Restart, |mut world| async move {
            world.engine.recover().await.unwrap();
            assert_eq!(world.run().await.task.prompt, "one");
        });
    }
    life(dir.path(), AfterCrash::Restart, |world| async move {
        world.engine.recover().await.unwrap();
        assert_eq!(world.state(seq).await, TaskState::Failed);
    });
}

#[test]
fn a_graceful_stop_leaves_the_run_for_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let seq = life(dir.path(), AfterCrash::Restart, |mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let _run = world.run().await;
        world.engine.leave();
        let refused = world.send("main", "b", "two", QueueMode::Followup).await;
        assert!(matches!(refused, Err(SubmitError::Stopping)));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.state(ticket.seq).await, TaskState::Running);
        ticket.seq
    });
    life(dir.path(), AfterCrash::Restart, |mut world| async move {
        world.engine.recover().await.unwrap();
        world.run().await.answer("after all");
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        assert_eq!((ticket.seq, world.end(&ticket).await.state), (seq, TaskState::Completed));
    });
}

#[test]
fn a_run_with_an_old_fence_may_not_end_the_task() {
    one_life(|mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let _run = world.run().await;
        assert_eq!(world.engine.board().claim(ticket.seq, 0, TaskState::Completed), None);
        let (seq, now) = (ticket.seq, 5);
        let stale = world.store.write(move |db| {
            db.execute(
                "INSERT INTO runs VALUES (?1, 2, 'local', 0, '', 0, NULL, NULL)",
                rusqlite::params![seq],
            )?;
            rows::end_run(db, seq, 1, "stale", now)
        });
        assert!(matches!(stale.await, Err(StoreError::Conflict)));
        assert_eq!(world.state(ticket.seq).await, TaskState::Running);
    });
}

#[test]
fn a_request_is_stored_to_the_byte_and_found_by_its_id() {
    one_life(|world| async move {
        let text = "tabs\tand\nlines, \u{1f980} and \"quotes\" \u{0} end ";
        let ticket = world.send("main", "a", text, QueueMode::Followup).await.unwrap();
        let card = world.engine.card(ticket.seq).unwrap();
        let (id, seq) = seq_of(&card.id.to_string()).unwrap();
        assert_eq!((id, seq, id.get_version_num()), (card.id, ticket.seq, 7));
        let row = world.store.read(move |db| rows::get(db, "default", seq)).await.unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Request>(&row.request).unwrap().message, text);
        assert!(world.store.read(move |db| rows::get(db, "other", seq)).await.unwrap().is_none());
    });
}

#[test]
fn search_finds_words_and_never_those_of_another_organisation() {
    one_life(|mut world| async move {
        world.send("main", "a", "the crab walks sideways", QueueMode::Followup).await.unwrap();
        world.run().await.answer("Crabs do that, \u{e9}t\u{e9} as hiver");
        let mut theirs = submission("main", "b", "their crab is a secret", QueueMode::Followup);
        theirs.org = "other".into();
        world.engine.submit(theirs).await.unwrap();
        let ask = |text: &str| search::Query { text: text.into(), limit: 20, ..search::Query::default() };
        let found = search::find(&world.store, "default", ask("crab")).await.unwrap();
        assert!(found.iter().all(|hit| !hit.snippet.contains("secret")));
        assert!(found.iter().any(|hit| hit.snippet.contains("sideways")));
        let theirs = search::find(&world.store, "other", ask("secret")).await.unwrap();
        assert_eq!(theirs.len(), 1);
        for odd in ["\"", "crab OR", "NEAR(", "a*b", "", "col:x"] {
            search::find(&world.store, "default", ask(odd)).await.unwrap();
        }
    });
}

#[test]
fn attachments_are_stored_for_the_owner_only_and_handed_over_by_path() {
    use std::os::unix::fs::PermissionsExt as _;
    one_life(|mut world| async move {
        let mut with = submission("main", "a", "look", QueueMode::Followup);
        let bytes = b"not really a picture".to_vec();
        with.uploads =
            vec![Upload { name: "../../x/../cat.png".into(), mime_type: "image/png".into(), bytes: bytes.clone() }];
        world.engine.submit(with).await.unwrap();
        let run = world.run().await;
        let file = &run.task.attachments[0];
        assert_eq!(std::fs::read(&file.path).unwrap(), bytes);
        assert_eq!(file.path.file_name().unwrap(), "1.png");
        assert_eq!(file.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let bad = schemas::methods::chat::Attachment {
            kind: None,
            mime_type: None,
            file_name: None,
            content: "%%%".into(),
        };
        let refused = Upload::read(&[bad]).unwrap_err();
        assert_eq!(refused.to_string(), "/attachments/0 is not base64");
    });
}

mod orders {
    use proptest::prelude::*;
    use strum::IntoEnumIterator as _;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is asked in whatever order: only legal moves, each with its row, none after the end.
        #[test]
        fn the_store_never_leaves_the_table(moves in prop::collection::vec((0..7_usize, any::<bool>()), 1..24)) {
            let dir = tempfile::tempdir().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let store = Store::open(&dir.path().join("x.db")).unwrap();
                store.write(move |db| {
                    let session = sessions::ensure(db, "default", "agent:main:main", "token", 1)?;
                    rows::insert(db, &rows::NewTask {
                        seq: 1, id: task_id(1, 1), org: "default".into(), actor: "token".into(), run_id: "r".into(),
                        hash: vec![0], kind: "chat", session: session.no, agent: "main".into(),
                        request: "{}".into(), at: 1,
                    })?;
                    let (mut state, mut version, mut events) = (TaskState::Pending, 1, 1);
                    for (to, stale) in moves {
                        let to = TaskState::iter().nth(to).unwrap();
                        let seen = if stale { version - 1 } else { version };
                        let change = rows::Change { seq: 1, version: seen, from: state, to, reason: "test",
                            actor: "token", at: 2, outcome: None };
                        let changed = rows::change(db, change);
                        assert_eq!(changed.is_ok(), !stale && state.may_become(to));
                        if let Ok(new) = changed {
                            (state, version, events) = (to, new, events + 1);
                        }
                    }
                    let row = rows::get(db, "default", 1)?.unwrap();
                    assert_eq!((row.state, row.version, row.ended_at.is_some()), (state, version, state.is_terminal()));
                    let rows: i64 = db.query_row("SELECT count(*) FROM task_events", [], |row| row.get(0))?;
                    assert_eq!(rows, events);
                    Ok(())
                }).await.unwrap();
            });
        }
    }
}
