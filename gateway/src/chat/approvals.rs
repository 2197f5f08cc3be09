//! Permission requests of agents: asked, shown to whoever may answer, answered once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nodes::executor::{Decision, Question};
use schemas::Clock;
use schemas::clock::Millis;
use schemas::event::Event;
use schemas::methods::approvals::{ApprovalDecision, ApprovalEntry, ApprovalRequest, ApprovalResolved};
use serde_json::Value;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::hub::Hub;
use crate::store::{Store, tasks as rows};
use crate::supervise::{Job, Jobs};
use crate::tasks::RunFacts;

/// The permission requests that wait for an answer.
#[derive(Clone, Debug)]
pub struct Approvals(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    hub: Arc<Hub>,
    clock: Clock,
    jobs: Jobs,
    state: Mutex<State>,
    /// Changes whenever a request is opened or closed.
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    open: BTreeMap<String, Open>,
    /// The latest ones that were answered, to tell "answered" from "unknown".
    answered: VecDeque<String>,
}

#[derive(Debug)]
struct Open {
    org: Arc<str>,
    entry: ApprovalEntry,
    answer: oneshot::Sender<(ApprovalDecision, Arc<str>)>,
}

/// Why an answer did not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// There is no such request, or it has expired.
    #[error("unknown or expired approval id")]
    NotFound,
    /// Somebody was faster.
    #[error("approval already resolved")]
    AlreadyResolved,
}

impl Approvals {
    pub(super) fn new(store: Store, hub: Arc<Hub>, clock: Clock, jobs: Jobs) -> Self {
        let changed = watch::Sender::new(());
        Self(Arc::new(Inner { store, hub, clock, jobs, state: Mutex::default(), changed }))
    }

    /// Shows a question to whoever may answer it. Without an answer in 30 minutes it counts as denied; when
    /// the run withdraws it, it goes away.
    pub fn ask(&self, run: &RunFacts, question: Question) {
        let now = self.0.clock.now();
        let entry = ApprovalEntry {
            id: Uuid::new_v4().to_string(),
            request: request_of(run, &question),
            created_at_ms: now,
            expires_at_ms: now + Millis::try_from(EXPIRY.as_millis()).unwrap_or(Millis::MAX),
        };
        let (answer, answered) = oneshot::channel();
        let org = Arc::clone(&run.card.org);
        let open = Open { org: Arc::clone(&org), entry: entry.clone(), answer };
        self.state().open.insert(entry.id.clone(), open);
        self.0.changed.send_replace(());
        self.0
            .hub
            .publish_if(Event::ExecApprovalRequested, &entry, None, |member| member.principal.org == org);
        let (approvals, seq) = (self.clone(), run.card.seq);
        self.0.jobs.spawn(Job::Approval, async move {
            approvals.follow(org, seq, entry, question, answered).await;
        });
    }

    async fn follow(
        &self,
        org: Arc<str>,
        seq: i64,
        entry: ApprovalEntry,
        mut question: Question,
        answered: oneshot::Receiver<(ApprovalDecision, Arc<str>)>,
    ) {
        let answer = tokio::select! {
            biased;
            answer = answered => answer.ok(),
            () = question.withdrawn() => None,
            () = tokio::time::sleep(EXPIRY) => None,
        };
        let withdrawn = self.close(&entry.id).is_some();
        let (decision, by) =
            answer.map_or((ApprovalDecision::Deny, None), |(decision, by)| (decision, Some(by)));
        let told = match decision {
            ApprovalDecision::AllowOnce => Decision::Allow { updated_input: None },
            ApprovalDecision::Deny if withdrawn => Decision::Deny { message: NO_ANSWER.into() },
            ApprovalDecision::Deny => Decision::Deny { message: DENIED.into() },
        };
        let now = self.0.clock.now();
        let reason = format!("{decision}: {}", entry.request.command);
        let actor = by.clone().unwrap_or_else(|| rows::GATEWAY.into());
        self.0.store.write_later(move |db| rows::audit(db, seq, now, &actor, None, None, &reason));
        question.answer(told);
        let resolved = ApprovalResolved {
            id: entry.id,
            decision,
            resolved_by: by.map(|by| by.to_string()),
            ts: now,
            request: entry.request,
        };
        let same = |member: &crate::hub::Member| member.principal.org == org;
        self.0.hub.publish_if(Event::ExecApprovalResolved, &resolved, None, same);
    }

    /// Returns what changes whenever a request is opened or closed.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// Returns the open requests of an organisation.
    pub fn list(&self, org: &str) -> Vec<ApprovalEntry> {
        let state = self.state();
        let mut entries: Vec<_> =
            state.open.values().filter(|open| &*open.org == org).map(|open| open.entry.clone()).collect();
        entries.sort_by_key(|entry| entry.created_at_ms);
        entries
    }

    /// Returns one open request.
    pub fn get(&self, org: &str, id: &str) -> Result<ApprovalEntry, ApprovalError> {
        let state = self.state();
        let open = state.open.get(id).filter(|open| &*open.org == org);
        open.map(|open| open.entry.clone()).ok_or_else(|| state.absent(id))
    }

    /// Answers a request; the first answer counts.
    pub fn resolve(
        &self,
        org: &str,
        id: &str,
        decision: ApprovalDecision,
        by: Arc<str>,
    ) -> Result<(), ApprovalError> {
        let mut state = self.state();
        if state.open.get(id).is_none_or(|open| &*open.org != org) {
            return Err(state.absent(id));
        }
        let open = state.close(id).ok_or(ApprovalError::NotFound)?;
        drop(state);
        self.0.changed.send_replace(());
        // The run may have withdrawn it in this very moment.
        open.answer.send((decision, by)).map_err(|_| ApprovalError::NotFound)
    }

    fn close(&self, id: &str) -> Option<Open> {
        let closed = self.state().close(id);
        if closed.is_some() {
            self.0.changed.send_replace(());
        }
        closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn close(&mut self, id: &str) -> Option<Open> {
        let open = self.open.remove(id)?;
        self.answered.push_back(id.to_owned());
        if self.answered.len() > MAX_ANSWERED {
            self.answered.pop_front();
        }
        Some(open)
    }

    fn absent(&self, id: &str) -> ApprovalError {
        let answered = self.answered.iter().any(|other| other == id);
        if answered { ApprovalError::AlreadyResolved } else { ApprovalError::NotFound }
    }
}

fn request_of(run: &RunFacts, question: &Question) -> ApprovalRequest {
    let asked = &question.request;
    ApprovalRequest {
        command: one_line(&asked.tool, &asked.input),
        cwd: Some(run.cwd.clone()),
        host: "gateway".into(),
        agent_id: run.card.agent.clone(),
        session_key: run.card.key.to_string(),
        run_id: run.card.run_id.clone(),
        tool_name: asked.tool.clone(),
        tool_input: asked.input.clone(),
        warning_text: asked.description.clone(),
        allowed_decisions: vec!["allow-once".into(), "deny".into()],
    }
}

/// Returns what would be done in one line: a shell command as it is, anything else as tool and input.
fn one_line(tool: &str, input: &Value) -> String {
    let text = match input.get("command").and_then(Value::as_str) {
        Some(command) => command.to_owned(),
        None => format!("{tool} {input}"),
    };
    text.chars().take(4000).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Time that a person has to answer.
const EXPIRY: Duration = Duration::from_mins(30);
/// Answered requests that are remembered.
const MAX_ANSWERED: usize = 200;
const DENIED: &str = "The user denied this permission request";
const NO_ANSWER: &str = "Nobody answered the permission request";
