//! The end of a run: decided once, committed once, told afterwards.

use std::sync::Arc;
use std::time::Duration;

use nodes::executor::{EndedBy, Left};
use schemas::bounds::MAX_PATCH_BYTES;
use schemas::clock::Millis;
use schemas::task::TaskState;
use schemas::work::Artifact;

use super::Engine;
use super::audience::TaskChange;
use super::closing::{closing_message, reason_of, stop_word};
use super::entry::Cancel;
use super::plan::first_line;
use super::record::last_part;
use super::request::{Card, End, Stage};
use super::run::{Ran, was_stopped};
use crate::store::artifacts::{self, ArtifactRow};
use crate::store::messages::{self, Message, NewMessage};
use crate::store::sessions::{self, Session, Spent};
use crate::store::{Db, StoreError, tasks as rows, work as rows_of_work};

/// What the last commit of a task writes.
#[derive(Clone)]
struct Plan {
    card: Arc<Card>,
    session: Session,
    version: i64,
    fence: i64,
    end: End,
    actor: String,
    reason: String,
    messages: Vec<NewMessage>,
    spent: Spent,
    left: Option<ArtifactRow>,
}

impl Engine {
    /// Ends a run: the task with it, or its wait for another run begins.
    pub(super) async fn finish(self: &Arc<Self>, card: Arc<Card>, ran: Ran) {
        let stopped = was_stopped(&ran.outcome);
        if self.leaving.is_cancelled() && stopped && !self.is_cancelled(card.seq) {
            return; // Stored as running: the next start goes on with it.
        }
        if let Some(pause) = self.pause_before_retry(&card, &ran) {
            return self.retry_later(card, ran, pause).await;
        }
        let wanted = match &ran.outcome.result {
            Ok(_) => TaskState::Completed,
            Err(_) if stopped => TaskState::Cancelled,
            Err(_) => TaskState::Failed,
        };
        let claimed = {
            let mut board = self.board();
            let state = board.claim(card.seq, ran.fence, wanted);
            let entry = board.entry(card.seq);
            state.zip(entry.map(|entry| (entry.version, entry.started_at, entry.cancel.clone())))
        };
        let Some((state, (version, started_at, cancel))) = claimed else {
            tracing::warn!(task = %card.id, fence = ran.fence, "A run that is not the present one was ignored");
            return;
        };
        let plan = self.plan(&card, &ran, state, version, started_at, cancel);
        match self.commit(&plan).await {
            Ok((session, stored)) => {
                ran.receipt.sign();
                ran.spectator.ended(&plan.end, &session, &stored);
                self.conclude_quietly(&card, plan.end);
            }
            // The task stays as it is stored: the next start decides.
            Err(error) => self.give_up(&card, &error),
        }
    }

    pub(super) fn is_cancelled(&self, seq: i64) -> bool {
        self.board().entry(seq).is_some_and(|entry| entry.cancel.is_some())
    }

    fn plan(
        &self,
        card: &Arc<Card>,
        ran: &Ran,
        state: TaskState,
        version: i64,
        started_at: Option<Millis>,
        cancel: Option<Cancel>,
    ) -> Plan {
        let (mut end, outcome) = (End::bare(state, started_at, self.clock.now()), &ran.outcome);
        let usage = outcome.usage.clone().or_else(|| ran.record.usage.clone());
        let named = usage.as_ref().and_then(|usage| usage.model.clone()).or_else(|| ran.record.model.clone());
        end.provider = self.executor_of(card).as_str().into();
        end.model = named.or_else(|| ran.session.model.clone()).unwrap_or_default();
        end.session_id.clone_from(&ran.session.session_id);
        let actor =
            cancel.as_ref().map_or_else(|| rows::GATEWAY.to_owned(), |cancel| cancel.actor.to_string());
        let partial = Some(ran.record.text().to_owned()).filter(|text| !text.trim().is_empty());
        match (&outcome.result, state) {
            (_, TaskState::Cancelled) => {
                end.text = partial;
                end.stop_reason = Some(cancel.map_or_else(|| "rpc".into(), |cancel| cancel.reason));
            }
            (Ok(reply), _) => {
                end.text = Some(reply.text.clone());
                end.stop_reason = Some(stop_word(&reply.stop_reason).into());
            }
            (Err(failure), _) => {
                end.text = partial;
                let timed_out = outcome.ended_by == EndedBy::TimedOut;
                end.stop_reason = Some(if timed_out { "timeout" } else { "error" }.into());
                end.failure = Some(failure.clone());
            }
        }
        let counted = usage.clone().unwrap_or_default();
        let spent = Spent {
            input_tokens: counted.input_tokens,
            output_tokens: counted.output_tokens,
            cost: counted.cost_usd.unwrap_or_default(),
            conversation: outcome.conversation,
            conversation_cost: counted.conversation_cost_usd,
        };
        end.usage = usage;
        if card.request.work.is_some() {
            // All of it is in the output log.
            end.text = end.text.map(|text| last_part(&text).to_owned());
        }
        end.artifact =
            outcome.artifact.as_ref().map(|left| Artifact { name: name_of(left), ..left.artifact.clone() });
        let left = outcome.artifact.as_ref().map(row_of);
        let mut messages = ran.record.messages(&card.run_id, end.text.as_deref().unwrap_or_default());
        messages.extend(closing_message(card, &end));
        Plan {
            card: Arc::clone(card),
            session: ran.session.clone(),
            version,
            fence: ran.fence,
            actor,
            reason: reason_of(&end),
            messages,
            spent,
            left,
            end,
        }
    }

    /// Commits the end; what passes by itself is tried again.
    async fn commit(&self, plan: &Plan) -> Result<(Session, Vec<Message>), StoreError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let attempt = plan.clone();
            match self.store.write_whole(move |db| attempt.store(db)).await {
                Err(error @ (StoreError::Sql(_) | StoreError::Undone)) if pause <= LAST_PAUSE => {
                    tracing::error!(%error, "The end of a run could not be stored; it is tried again");
                    tokio::time::sleep(pause).await;
                    pause *= 4;
                }
                result => return result,
            }
        }
    }

    /// Lets a task that waited have its turn, unless somebody asked to stop it meanwhile.
    pub(super) async fn go_on(self: &Arc<Self>, card: &Arc<Card>) {
        if self.is_cancelled(card.seq) {
            return self.cancel_waiting(card).await;
        }
        let turn = {
            let mut board = self.board();
            if let Some(entry) = board.entry_mut(card.seq) {
                entry.held = false;
                if let Some(work) = &entry.work {
                    work.handed.send_replace(false);
                }
            }
            board.next(&card.lane(), &self.roster())
        };
        self.start_all(turn.into_iter().collect());
    }

    /// The message was taken by the live run, or needs a run of its own.
    pub(super) async fn after_steering(self: &Arc<Self>, card: &Arc<Card>, live: i64, taken: bool) {
        if !taken || self.is_cancelled(card.seq) {
            let fence = 1;
            if let Err(error) = self.store_wait(card, fence, "not taken", None).await {
                return self.give_up(card, &error);
            }
            return self.go_on(card).await;
        }
        let into = self.board().entry(live).map(|entry| entry.card.run_id.clone()).unwrap_or_default();
        let now = self.clock.now();
        let Some((version, started_at)) = ({
            let mut board = self.board();
            let claimed = board.claim(card.seq, 1, TaskState::Completed);
            claimed.and(board.entry(card.seq)).map(|entry| (entry.version, entry.started_at))
        }) else {
            return;
        };
        let end = End { joined: Some(into), ..End::bare(TaskState::Completed, started_at, now) };
        let (seq, outcome) = (card.seq, end.json());
        let stored = self.store.write(move |db| {
            let change = rows::Change {
                seq,
                version,
                fence: Some(1),
                from: TaskState::Running,
                to: TaskState::Completed,
                reason: "taken by the live run",
                actor: rows::GATEWAY,
                at: now,
                outcome: Some(&outcome),
            };
            rows::change(db, change)
        });
        match stored.await {
            Ok(_) => self.conclude(card, None, end, &[]),
            Err(error) => self.give_up(card, &error),
        }
    }

    /// Tells everybody that a task without a run of its own has ended, and lets the next one begin.
    pub(super) fn conclude(
        self: &Arc<Self>,
        card: &Arc<Card>,
        session: Option<&Session>,
        end: End,
        messages: &[Message],
    ) {
        self.audience.ended(card, session, &end, messages);
        self.conclude_quietly(card, end);
    }

    fn conclude_quietly(self: &Arc<Self>, card: &Arc<Card>, end: End) {
        let change = TaskChange {
            state: end.state,
            at: end.ended_at,
            started_at: end.started_at,
            reason: None,
            end: Some(&end),
        };
        self.audience.changed(card, &change);
        self.tally.ended(&end);
        self.after_end(card, end.state);
        let turns = self.board().release(card.seq, &self.roster());
        card.stage.send_replace(Stage::Ended(Arc::new(end)));
        self.start_all(turns);
    }

    /// A commit failed for good: the stored state stands, and the conversation goes on.
    pub(super) fn give_up(self: &Arc<Self>, card: &Arc<Card>, error: &StoreError) {
        if !matches!(error, StoreError::Closed) {
            tracing::error!(%error, task = %card.id, "A task's state could not be stored");
        }
        let turns = self.board().release(card.seq, &self.roster());
        card.stage.send_replace(Stage::Stored);
        self.start_all(turns);
    }
}

impl Plan {
    /// Keeps what dispatched work left; what failed is a dead letter, for somebody to retry.
    fn keep_of_work(&self, db: &Db) -> Result<(), StoreError> {
        if let Some(left) = &self.left {
            artifacts::put(db, self.card.seq, left)?;
        }
        if self.end.state == TaskState::Failed { rows_of_work::bury(db, self.card.seq) } else { Ok(()) }
    }

    fn store(self, db: &Db) -> Result<(Session, Vec<Message>), StoreError> {
        let (card, at) = (&self.card, self.end.ended_at);
        let outcome = self.end.json();
        let change = rows::Change {
            seq: card.seq,
            version: self.version,
            fence: Some(self.fence),
            from: TaskState::Running,
            to: self.end.state,
            reason: &self.reason,
            actor: &self.actor,
            at,
            outcome: Some(&outcome),
        };
        rows::change(db, change)?;
        if card.request.work.is_some() {
            self.keep_of_work(db)?;
        }
        // A command such as /new may have begun a new transcript; its answer belongs there.
        let transcript = if card.request.command {
            sessions::by_no(db, self.session.no)?
                .map_or(self.session.transcript, |session| session.transcript)
        } else {
            self.session.transcript
        };
        let actor = format!("agent:{}", card.agent);
        let mut stored = Vec::with_capacity(self.messages.len());
        for message in self.messages {
            stored.push(messages::append(db, transcript, &card.org, &actor, message, at)?);
        }
        let preview = self.end.text.as_deref().map(first_line).filter(|line| !line.is_empty());
        sessions::touch(db, self.session.no, preview.as_deref(), None, at)?;
        sessions::spend(db, self.session.no, transcript, &self.spent)?;
        let session = sessions::by_no(db, self.session.no)?;
        Ok((session.ok_or(StoreError::Corrupt { what: "session" })?, stored))
    }
}

/// Keeps as much of what a run left as there is room for, whatever a worker says.
fn row_of(left: &Left) -> ArtifactRow {
    let text = &left.text[..left.text.floor_char_boundary(MAX_PATCH_BYTES)];
    ArtifactRow {
        kind: left.artifact.kind,
        name: name_of(left),
        text: text.to_owned(),
        truncated: left.truncated || text.len() < left.text.len(),
    }
}

fn name_of(left: &Left) -> String {
    left.artifact.name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

/// Characters of a branch's name.
const LONGEST_NAME: usize = 256;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(4);
