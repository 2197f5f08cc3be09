//! A message that became a task: handed to the engine once, watched until it has ended, answered once.

use std::sync::Arc;

use channels::{Action, ChatKind, Outbound, Place};
use nodes::executor::Attachment as File;
use schemas::session::SessionKey;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::Bridge;
use super::account::Live;
use super::answer::{self, Shape};
use super::courier::{entry, json, wire_key};
use super::further::Further;
use super::journal::is_command;
use super::parcel::{self, Parcel};
use super::show::Draft;
use super::workers::Lane;
use crate::store::inbound::{self, InboundRow};
use crate::store::outbox::{self, NewOutbox};
use crate::store::{Db, StoreError, tasks as rows};
use crate::supervise::Job;
use crate::tasks::{Asker, End, Kind, Request, Submission, SubmitError};

/// A message whose answer is waited for.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) live: Arc<Live>,
    pub(super) lane: Lane,
    /// The row of the message.
    pub(super) seq: i64,
    pub(super) to: Place,
    /// Who asked.
    pub(super) sender: String,
    /// The message that the answer refers to.
    pub(super) reply_to: Option<String>,
    /// The token of the command of the platform's menu.
    pub(super) token: Option<String>,
    pub(super) run_id: String,
    pub(super) key: SessionKey,
    pub(super) task: i64,
    pub(super) command: bool,
    pub(super) draft: Draft,
    /// Cancelled once the answer is stored.
    pub(super) done: CancellationToken,
}

/// What became of a message that was handed to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was taken, or will never be.
    Settled,
    /// The session has no room for it now.
    NoRoom,
}

impl Bridge {
    /// Hands a message to the engine and has its answer waited for. A command is waited for here.
    pub(super) async fn submit(
        &self,
        live: &Arc<Live>,
        lane: &Lane,
        parcel: &Parcel,
        text: String,
        files: Vec<File>,
    ) -> Result<Taken, StoreError> {
        let bot = live.health().bot.clone();
        let command = parcel.row_is_command(bot.as_ref());
        let permit = if command { None } else { Arc::clone(&self.0.permits).acquire_owned().await.ok() };
        let key = self.routes().session(&live.account, &self.at_origin(live, parcel).await?);
        let submission = self.submission(live, parcel, &key, text, files, command);
        let ticket = match self.engine().submit(submission).await {
            Ok(ticket) => ticket,
            Err(SubmitError::Full) => return Ok(Taken::NoRoom),
            Err(SubmitError::Stopping) => return Err(StoreError::Closed),
            Err(SubmitError::Store) => return Err(StoreError::Conflict),
            // Its task was made before, with another context.
            Err(SubmitError::KeyReused) => return self.relink(live, parcel.row.seq).await,
            Err(error) => return self.cannot(lane, parcel, &error).await,
        };
        let (of, row, members, now) =
            (live.of.clone(), parcel.row.clone(), parcel.members.clone(), self.now());
        let (name, task) = (key.to_string(), ticket.seq);
        let write = move |db: &Db| inbound::accept(db, &of, &row, &members, &name, task, now);
        self.store().write(write).await?;
        self.acknowledge(live, parcel);
        let turn = turn_of(live, lane.clone(), parcel, key, task, command);
        if !command {
            self.spawn_follow(turn, permit);
        } else if let Some(watch) = self.watch(turn) {
            self.follow(watch, None).await;
        }
        Ok(Taken::Settled)
    }

    fn submission(
        &self,
        live: &Live,
        parcel: &Parcel,
        key: &SessionKey,
        text: String,
        files: Vec<File>,
        command: bool,
    ) -> Submission {
        Submission {
            org: live.org(),
            actor: actor(live, &parcel.inbound.sender.id),
            run_id: run_id(parcel.row.seq),
            kind: Kind::Channel,
            key: key.clone(),
            session_id: None,
            label: None,
            request: Request {
                message: text,
                attachments: files,
                model: None,
                timeout_ms: None,
                mode: self.engine().queue_mode(),
                command,
                asker: Asker::default(),
                work: None,
            },
            uploads: Vec::new(),
        }
    }

    /// Goes on with a row whose task was made before.
    async fn relink(&self, live: &Arc<Live>, seq: i64) -> Result<Taken, StoreError> {
        self.link().await?;
        match self.store().read(move |db| inbound::get(db, seq)).await? {
            Some(row) if row.state == "accepted" => self.follow_again(live, row).await,
            _ => self.settle(seq, "failed", "its task cannot be found").await?,
        }
        Ok(Taken::Settled)
    }

    /// Tells the sender why nobody will answer.
    async fn cannot(&self, lane: &Lane, parcel: &Parcel, error: &SubmitError) -> Result<Taken, StoreError> {
        let text = match error {
            SubmitError::UnknownAgent(_) => "The agent that should answer here does not exist any more.",
            _ => "This message could not be taken.",
        };
        let (seq, now, why) = (parcel.row.seq, self.now(), error.to_string());
        let (org, of) = (parcel.row.org.clone(), lane.of.clone());
        let action = plain(text.to_owned());
        let row = entry(&format!("cannot:{seq}"), &lane.place, parcel.to(), action, rows::GATEWAY, Some(seq));
        let write = move |db: &Db| {
            inbound::settle(db, seq, "failed", Some(&why), now)?;
            outbox::push(db, &org, &of, &row, now).map(drop)
        };
        self.store().write(write).await?;
        self.wake_courier(lane);
        Ok(Taken::Settled)
    }

    /// Shows that a message was taken, where that is wished and possible; nothing depends on it.
    fn acknowledge(&self, live: &Arc<Live>, parcel: &Parcel) {
        let emoji = live.account.section.ack_reaction.clone();
        let action = Action::React { message: parcel.message.id.clone(), emoji: Some(emoji) };
        let able = action.needs().is_none_or(|need| live.traits().abilities.contains(need));
        if !able
            || live.account.section.ack_reaction.is_empty()
            || parcel.message.id.is_empty()
            || live.budget.take(&parcel.inbound.chat.id, 2).is_err()
        {
            return;
        }
        let key = wire_key(&format!("ack:{}", parcel.row.seq));
        let outbound = Outbound { to: parcel.to(), key, answering: None, action };
        let (bridge, live) = (self.clone(), Arc::clone(live));
        self.jobs().spawn(Job::Bridge, async move {
            let limit = bridge.pace().attempt;
            drop(bridge.perform(&live, outbound, limit).await);
        });
    }

    /// Takes up a row again whose task was made before.
    pub(super) async fn follow_again(&self, live: &Arc<Live>, row: InboundRow) {
        let known =
            row.task.zip(row.session_key.as_deref().and_then(|key| SessionKey::parse(key, None).ok()));
        let (Some((task, key)), Some((inbound, message, token))) = (known, parcel::read(&row)) else {
            drop(self.settle(row.seq, "failed", "it cannot be read").await);
            return;
        };
        let lane = Lane { of: live.of.clone(), place: row.lane.clone() };
        let parcel = Parcel { row, inbound, message, members: Vec::new(), token };
        let bot = live.health().bot.clone();
        let command = parcel.row_is_command(bot.as_ref());
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.ok();
        self.spawn_follow(turn_of(live, lane, &parcel, key, task, command), permit);
    }

    fn spawn_follow(&self, turn: Arc<Turn>, permit: Option<OwnedSemaphorePermit>) {
        // Known before anybody else runs: what ends earlier is answered earlier.
        let Some(watch) = self.watch(turn) else { return };
        let bridge = self.clone();
        self.jobs().spawn(Job::Bridge, async move { bridge.follow(watch, permit).await });
    }

    /// Enters a turn among those that are waited for, unless it is there already.
    fn watch(&self, turn: Arc<Turn>) -> Option<Watch> {
        let mut turns = self.turns();
        if turns.contains_key(&turn.seq) {
            return None;
        }
        turns.insert(turn.seq, Arc::clone(&turn));
        drop(turns);
        // Its run may have asked for permission before it was known here.
        self.0.asks.notify_one();
        Some(Watch { bridge: self.clone(), turn })
    }

    /// Waits for the end of a turn, shows it as it grows, and stores its answer.
    async fn follow(&self, watch: Watch, _permit: Option<OwnedSemaphorePermit>) {
        let turn = &watch.turn;
        let stop = CancellationToken::new();
        let waiting = async {
            let ended = self.final_end(turn).await;
            stop.cancel();
            ended
        };
        let both = async {
            let (ended, ()) = tokio::join!(waiting, self.show(turn, &stop));
            ended
        };
        let ended = self.until_stopped(both).await;
        let concluded = match ended {
            Ok(Some((task, end))) if !self.stopping() => self.conclude(turn, task, &end).await,
            // The next start decides.
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = concluded {
            tracing::error!(%error, row = turn.seq, "An answer for a chat platform could not be stored");
        }
    }

    /// Returns the end that answers a turn, with its task: its own, or that of the run that took it along.
    async fn final_end(&self, turn: &Turn) -> Result<Option<(i64, Arc<End>)>, StoreError> {
        let (org, mut task) = (turn.live.org(), turn.task);
        loop {
            self.engine().settled(task).await;
            let Some(end) = self.engine().stored_end(&org, task).await? else { return Ok(None) };
            if end.joined.is_none() {
                return Ok(Some((task, end)));
            }
            let of = Arc::clone(&org);
            let row = self.store().read(move |db| rows::get(db, &of, task)).await?;
            match row.and_then(|row| row.joined_into).filter(|into| *into != task) {
                Some(into) => task = into,
                None => return Ok(Some((task, end))),
            }
        }
    }

    /// Stores the answer, once, behind those of earlier messages that have ended.
    async fn conclude(&self, turn: &Arc<Turn>, task: i64, end: &End) -> Result<(), StoreError> {
        self.after_earlier(turn).await;
        self.find_draft(turn).await;
        let (seq, now, lane) = (turn.seq, self.now(), turn.lane.clone());
        let (of, place) = (lane.of.clone(), lane.place.clone());
        let commanded = move |db: &Db| inbound::commanded_after(db, &of, &place, seq);
        let stopped_here = self.store().read(commanded).await?;
        let words = answer::words(end, stopped_here);
        let shape = Shape {
            draft: turn.draft.shown(),
            reply_to: turn.reply_to.clone(),
            token: turn.token.clone(),
            silent: false,
        };
        let actions = answer::actions(words.as_deref(), &shape, &turn.live.traits());
        // The draft was the first attempt to say it, and nobody knows whether that arrived.
        let tried = words.as_deref().is_some_and(|words| turn.draft.may_say(words));
        let state = if end.failure.is_some() { "failed" } else { "answered" };
        let reason = end.failure.as_ref().map(|failure| failure.code.clone());
        let actor = format!("agent:{}", turn.key.agent());
        let entries: Vec<NewOutbox> = actions
            .into_iter()
            .map(|step| {
                let key = format!(
                    "answer:{}:{}:{}:{task}:{}",
                    lane.of.channel, lane.of.account, lane.place, step.part
                );
                let mut row = entry(&key, &lane.place, turn.to.clone(), step.action, &actor, Some(seq));
                row.instead = Further::instead(step.instead);
                if let Some(token) = step.token {
                    row.body = with_token(&row.body, token);
                }
                row
            })
            .collect();
        let tried = tried && entries.len() == 1;
        let (org, of) = (turn.live.org(), lane.of.clone());
        let write = move |db: &Db| {
            if !inbound::settle(db, seq, state, reason.as_deref(), now)? {
                return Ok(());
            }
            entries.iter().try_for_each(|row| {
                let (seq, made) = outbox::push(db, &org, &of, row, now)?;
                if tried && made { outbox::start(db, seq, now) } else { Ok(()) }
            })
        };
        self.store().write(write).await?;
        self.wake_courier(&lane);
        Ok(())
    }

    /// Waits for the answers of earlier messages of the same session whose tasks have ended.
    async fn after_earlier(&self, turn: &Turn) {
        let earlier: Vec<Arc<Turn>> = {
            let turns = self.turns();
            let same = turns.range(..turn.seq).map(|(_, other)| other);
            same.filter(|other| other.lane == turn.lane && other.key == turn.key).cloned().collect()
        };
        for other in earlier {
            if self.engine().card(other.task).is_none() {
                other.done.cancelled().await;
            }
        }
    }
}

/// A turn that is waited for. Dropping it, also by a panic, lets later ones go on.
#[derive(Debug)]
struct Watch {
    bridge: Bridge,
    turn: Arc<Turn>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.bridge.turns().remove(&self.turn.seq);
        self.turn.done.cancel();
    }
}

impl Parcel {
    fn row_is_command(&self, bot: Option<&channels::Bot>) -> bool {
        is_command(&self.message, bot)
    }
}

fn turn_of(
    live: &Arc<Live>,
    lane: Lane,
    parcel: &Parcel,
    key: SessionKey,
    task: i64,
    command: bool,
) -> Arc<Turn> {
    live.budget.learn(&parcel.inbound.chat.id, parcel.inbound.chat.kind);
    let several = parcel.inbound.chat.kind != ChatKind::Direct;
    let id = Some(parcel.message.id.clone()).filter(|id| several && !id.is_empty());
    Arc::new(Turn {
        live: Arc::clone(live),
        lane,
        seq: parcel.row.seq,
        to: parcel.to(),
        sender: parcel.inbound.sender.id.clone(),
        reply_to: id,
        token: parcel.token.clone(),
        run_id: run_id(parcel.row.seq),
        key,
        task,
        command,
        draft: Draft::new(parcel.row.draft.as_deref(), parcel.row.updated_at),
        done: CancellationToken::new(),
    })
}

/// Returns the run's name of an inbound row: the same after every crash.
fn run_id(seq: i64) -> String {
    format!("in-{seq}")
}

/// Returns the row that a run answers, if it answers one.
pub(super) fn seq_of_run(run_id: &str) -> Option<i64> {
    run_id.strip_prefix("in-")?.parse().ok()
}

/// Returns who acts when somebody on a platform does.
pub(super) fn actor(live: &Live, sender: &str) -> Arc<str> {
    format!("{}:{sender}", live.of.channel).into()
}

/// Returns the action that says something and nothing else.
pub(super) fn plain(text: String) -> Action {
    Action::Text { text, reply_to: None, buttons: Vec::new(), silent: false }
}

/// Returns an outbox row's body as the answer to a command of the platform's menu.
pub(super) fn with_token(body: &str, token: String) -> String {
    match serde_json::from_str::<Outbound>(body) {
        Ok(outbound) => json(&Outbound { answering: Some(token), ..outbound }),
        Err(_) => body.to_owned(),
    }
}
