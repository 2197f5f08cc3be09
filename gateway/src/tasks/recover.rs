//! The first minute after a start: what had not ended is taken up again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use nodes::executor::{AfterCrash, ExecutorKind, Failure, FailureClass};
use schemas::clock::Millis;
use schemas::session::SessionKey;
use schemas::task::TaskState;
use tokio::sync::watch;

use super::board::{Board, Turn};
use super::carry::INTERRUPTED;
use super::closing::closing_message;
use super::entry::{Cancel, Entry};
use super::places::Needs;
use super::plan::first_line;
use super::request::{Card, End, Kind, Request, Stage};
use super::run::{Launch, MARKER};
use super::view::{number_of, worker_of};
use super::{Engine, Roster};
use crate::store::{Db, StoreError, messages, sessions, tasks as rows};
use crate::supervise::Job;
use rows::TaskRow;

/// What becomes of a task that had not ended when the gateway did.
enum Fate {
    /// It waits for its turn again.
    Queue,
    /// Its run died; another one goes on.
    Again,
    /// It was part of a run that goes on.
    Joined(String),
    /// Somebody had asked to stop it.
    Cancel(String),
    /// Nobody may say what was done.
    Fail(&'static str),
    /// Its run goes on at its worker.
    Adopt(Arc<str>),
}

/// A task that goes on, and the worker at which its run is.
type Restored = (Entry, Option<Arc<str>>);

impl Engine {
    /// Ends what earlier runs left behind and takes up every task that had not ended. Call it once, before the
    /// first task is submitted. Returns how many tasks were taken up.
    pub async fn recover(self: &Arc<Self>) -> Result<usize, StoreError> {
        // Also when nothing is open: a run may have been answered while a process of it was still ending.
        let mine = format!("{}:", self.instance);
        let found =
            nodes::process::reap_marked(MARKER, move |value| value.starts_with(&mine), REAP_GRACE).await;
        if found > 0 {
            tracing::warn!(count = found, "Processes of interrupted runs were ended");
        }
        nodes::workspace::sweep_at_start(self.state_dir.clone()).await;
        let engine = Arc::clone(self);
        self.jobs.spawn(Job::Engine, async move { engine.keep_hours().await });
        if self.store.read(rows::open).await?.is_empty() {
            return Ok(0);
        }
        let (now, roster) = (self.clock.now(), self.roster());
        let crashes = Crashes {
            roster: Arc::clone(&roster),
            by_executor: self.carriers.iter().map(|(kind, carrier)| (*kind, carrier.after_crash)).collect(),
        };
        // Read and decided in the transaction that writes: nothing can come between.
        let ended = self
            .store
            .write(move |db| {
                let open = rows::open(db)?;
                let fates = crashes.fates(&open);
                let settle = |(row, fate)| settle(db, row, fate, now);
                open.into_iter().zip(fates).map(settle).collect::<Result<Vec<_>, _>>()
            })
            .await?;
        let (turns, adopted, conditional) = self.put_back(ended.into_iter().flatten().collect(), &roster);
        self.tally.took_up(self.board().open());
        // Whoever keeps the hours may have looked before there were any.
        self.alarm.notify_one();
        let (count, _) = self.load();
        self.start_all(turns);
        for (card, fence, worker) in adopted {
            let engine = Arc::clone(self);
            self.jobs.spawn(Job::Run, async move { engine.adopt(card, fence, worker).await });
        }
        if !conditional.is_empty() {
            let engine = Arc::clone(self);
            self.jobs.spawn(Job::Engine, async move { engine.look_again(conditional).await });
        }
        Ok(count)
    }

    /// Puts tasks back on the board; returns whose turn it is, which go on at workers, and which depend on others.
    fn put_back(&self, tasks: Vec<Restored>, roster: &Roster) -> PutBack {
        let mut board = self.board();
        let (mut turns, mut adopted, mut conditional) = (Vec::new(), Vec::new(), Vec::new());
        for (mut entry, worker) in tasks {
            let card = Arc::clone(&entry.card);
            entry.needs = self.needs_of(&card);
            if let Some(work) = &mut entry.work {
                work.settled = true;
            }
            let blocked = worker.is_none() && board.block(&mut entry);
            entry.held = blocked;
            if card.request.work.as_ref().is_some_and(|work| work.is_conditional() || work.parent.is_some()) {
                conditional.push(Arc::clone(&card));
            }
            if let Some(worker) = &worker {
                adopted.push((Arc::clone(&card), entry.fence, Arc::clone(worker)));
            }
            turns.extend(restore(&mut board, entry, worker));
        }
        for lane in board.lanes() {
            turns.extend(board.next(&lane, roster));
        }
        (turns, adopted, conditional)
    }

    /// Goes on with a run that went on at its worker.
    async fn adopt(self: Arc<Self>, card: Arc<Card>, fence: i64, worker: Arc<str>) {
        let (org, key) = (card.org.to_string(), card.key.to_string());
        let found = self.store.read(move |db| sessions::find(db, &org, &key)).await;
        let session = match found {
            Ok(Some(session)) => session,
            Ok(None) => return self.give_up(&card, &StoreError::Corrupt { what: "session" }),
            Err(error) => return self.give_up(&card, &error),
        };
        if self.is_cancelled(card.seq)
            && let Some(entry) = self.board().entry(card.seq)
        {
            entry.stop.cancel();
        }
        let launch = Launch { fence, worker: Some(worker), prompt: None, adopts: true };
        Box::pin(self.carry(card, session, launch)).await;
    }

    /// Looks at tasks whose conditions may have come true, or false, while the gateway was away.
    async fn look_again(self: &Arc<Self>, tasks: Vec<Arc<Card>>) {
        for card in tasks {
            self.check_needs(&card).await;
            let parent = card.request.work.as_ref().filter(|work| work.cascade).and_then(|work| work.parent);
            let Some(parent) = parent else { continue };
            let org = card.org.to_string();
            let row = self.store.read(move |db| rows::get(db, &org, number_of(&parent))).await;
            let over = row.ok().flatten().map(|row| row.state);
            if matches!(over, Some(TaskState::Failed | TaskState::Cancelled)) {
                drop(self.cancel_seq(card.seq, &rows::GATEWAY.into(), "parent ended").await);
            }
        }
    }
}

/// Whose turn it is, which runs go on at workers under which fence, and which tasks depend on others.
type PutBack = (Vec<Turn>, Vec<(Arc<Card>, i64, Arc<str>)>, Vec<Arc<Card>>);

/// What may be done with runs that died, by agent.
struct Crashes {
    roster: Arc<Roster>,
    by_executor: HashMap<ExecutorKind, AfterCrash>,
}

impl Crashes {
    fn fates(&self, open: &[TaskRow]) -> Vec<Fate> {
        let worker = |row: &TaskRow| row.transport.as_deref().and_then(worker_of).map(Arc::from);
        let resumes = |seq: i64| {
            let row = open.iter().find(|row| row.seq == seq && row.stopping.is_none());
            row.filter(|row| worker(row).is_some() || self.after_crash(row) == AfterCrash::Resume)
        };
        let fate = |row: &TaskRow| match (row.state, &row.stopping, row.joined_into) {
            (TaskState::Running, _, None) if let Some(worker) = worker(row) => Fate::Adopt(worker),
            (_, Some(actor), _) => Fate::Cancel(actor.clone()),
            (TaskState::Running, None, Some(into)) => match resumes(into) {
                Some(parent) => Fate::Joined(parent.run_id.clone()),
                None => Fate::Again,
            },
            (TaskState::Running, None, None) => match self.after_crash(row) {
                AfterCrash::Restart | AfterCrash::Resume => Fate::Again,
                AfterCrash::Fail => Fate::Fail(UNKNOWN_EFFECTS),
            },
            _ => Fate::Queue,
        };
        open.iter().map(fate).collect()
    }

    fn after_crash(&self, row: &TaskRow) -> AfterCrash {
        let command = serde_json::from_str::<Request>(&row.request).is_ok_and(|request| request.command);
        let named = self.roster.get(&row.agent).map(|agent| agent.executor);
        let executor = if command { Some(ExecutorKind::Builtin) } else { named };
        let known = executor.and_then(|executor| self.by_executor.get(&executor));
        known.copied().unwrap_or(AfterCrash::Fail)
    }
}

/// Puts a task back on the board; commands need no turn and start at once.
fn restore(board: &mut Board, entry: Entry, worker: Option<Arc<str>>) -> Option<Turn> {
    let command = entry.card.request.command;
    let seq = entry.card.seq;
    board.restore(entry, worker);
    command.then_some(Turn { seq, joined: Vec::new(), worker: None })
}

/// Writes what becomes of one task; returns its entry if it goes on.
fn settle(db: &Db, row: TaskRow, fate: Fate, now: Millis) -> Result<Option<Restored>, StoreError> {
    if let Fate::Adopt(worker) = fate {
        let retries = rows::retries(db, row.seq)?;
        let entry = Entry { retries, ..entry(row, TaskState::Running, 0)? };
        return Ok(Some((entry, Some(worker))));
    }
    let was_running = row.state == TaskState::Running;
    let fate = match fate {
        Fate::Again if rows::interruptions(db, row.seq)? + 1 >= MAX_INTERRUPTIONS => Fate::Fail(TOO_OFTEN),
        fate => fate,
    };
    if was_running {
        rows::end_run(db, row.seq, row.fence, rows::INTERRUPTED, now)?;
    }
    let mut end = End::bare(TaskState::Failed, row.started_at, now);
    let (to, actor, reason) = match &fate {
        Fate::Queue => {
            let retries = rows::retries(db, row.seq)?;
            return Ok(Some((Entry { retries, ..entry(row, TaskState::Pending, 0)? }, None)));
        }
        Fate::Again => (TaskState::Waiting, rows::GATEWAY, rows::INTERRUPTED),
        Fate::Joined(run_id) => {
            end.joined = Some(run_id.clone());
            (TaskState::Completed, rows::GATEWAY, "taken by the live run")
        }
        Fate::Cancel(actor) => {
            end.stop_reason = Some("rpc".into());
            (TaskState::Cancelled, &**actor, "stopped before the restart")
        }
        Fate::Adopt(_) => return Ok(None),
        Fate::Fail(why) => {
            end.failure = Some(Failure::new(FailureClass::AgentCrash, rows::INTERRUPTED, *why));
            (TaskState::Failed, rows::GATEWAY, *why)
        }
    };
    end.state = to;
    let outcome = to.is_terminal().then(|| end.json());
    let change = rows::Change {
        seq: row.seq,
        version: row.version,
        fence: None,
        from: row.state,
        to,
        reason,
        actor,
        at: now,
        outcome: outcome.as_deref(),
    };
    let version = rows::change(db, change)?;
    if to == TaskState::Waiting {
        rows::set_joined(db, row.seq, None)?;
        return Ok(Some((entry(row, to, version)?, None)));
    }
    if to == TaskState::Failed {
        say(db, row, &end, now)?;
    }
    Ok(None)
}

/// Writes the line that tells the user why there is no answer.
fn say(db: &Db, row: TaskRow, end: &End, now: Millis) -> Result<(), StoreError> {
    let entry = entry(row, TaskState::Failed, 0)?;
    let card = &entry.card;
    let session = sessions::ensure(db, &card.org, card.key.as_str(), &card.actor, now)?;
    let Some(message) = closing_message(card, end) else { return Ok(()) };
    let line = first_line(&message.body.plain());
    messages::append(db, session.transcript, &card.org, rows::GATEWAY, message, now)?;
    sessions::touch(db, session.no, Some(&line), None, now)
}

/// Makes the board's entry of a stored task. `version` 0: as it is stored.
fn entry(row: TaskRow, state: TaskState, version: i64) -> Result<Entry, StoreError> {
    let corrupt = |what| StoreError::Corrupt { what };
    let request: Request = serde_json::from_str(&row.request).map_err(|_| corrupt("request"))?;
    let card = Card {
        seq: row.seq,
        id: row.id,
        org: row.org.into(),
        actor: row.actor.into(),
        run_id: row.run_id,
        kind: row.kind.parse::<Kind>().map_err(|_| corrupt("kind of task"))?,
        key: SessionKey::parse(&row.session_key, None).map_err(|_| corrupt("session key"))?,
        agent: row.agent,
        request,
        created_at: row.created_at,
        stage: watch::Sender::new(Stage::Stored),
    };
    let kept = if version == 0 { (row.state, row.version) } else { (state, version) };
    let needs = Needs::Here(card.agent.clone());
    let mut entry = Entry::new(Arc::new(card), needs, kept.0, kept.1);
    entry.held = false;
    if let Some(work) = &mut entry.work {
        work.until = row.wait_until;
    }
    entry.fence = row.fence;
    entry.started_at = row.started_at;
    let interrupted = version != 0 || row.wait_reason.as_deref() == Some(rows::INTERRUPTED);
    entry.waits_for = interrupted.then_some(INTERRUPTED);
    entry.cancel = row.stopping.map(|actor| Cancel { actor: actor.into(), reason: "rpc".into() });
    Ok(entry)
}

/// Returns what a run is asked: the message; with it whatever its run answers as well; and after an
/// interruption that there was one.
pub(super) fn prompt(request: &Request, more: &[&Request], earlier: &[String], interrupted: bool) -> String {
    let mut prompt = String::new();
    if interrupted {
        prompt.push_str(RESUMED);
    }
    prompt.push_str(&request.message);
    let earlier = earlier.iter().filter_map(|json| serde_json::from_str::<Request>(json).ok());
    let earlier: Vec<String> = earlier.map(|request| request.message).collect();
    for message in earlier.iter().map(String::as_str).chain(more.iter().map(|more| &*more.message)) {
        prompt.push_str("\n\n");
        prompt.push_str(message);
    }
    prompt
}

const RESUMED: &str = "[The gateway was restarted while you were working on this message. Look at what you have \
already done, do not repeat it, and go on until the message is answered.]\n\n";
const UNKNOWN_EFFECTS: &str = "The gateway stopped while the agent was working, and nobody knows how far it had \
come. Nothing was repeated; send the message again if it should be";
const TOO_OFTEN: &str = "The gateway stopped three times while the agent was working on this message, so it was \
given up. Send it again to try once more";
/// Runs of one task that may die with the gateway before the task is given up.
const MAX_INTERRUPTIONS: u32 = 3;
const REAP_GRACE: Duration = Duration::from_secs(2);
