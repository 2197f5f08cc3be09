//! Chat platforms and the gateway: what comes in becomes a task, its answer goes out, and nothing of it is lost
//! or doubled when a platform, the network or the gateway fails.
//!
//! Everything that came in is a row (`journal.rs`) and everything that is to go out is a row (`courier.rs`). What
//! happens in between starts from the rows and may be repeated: after a crash it is begun anew from where they
//! stand.

pub mod access;
mod account;
mod activation;
mod answer;
mod asks;
mod budget;
pub mod code;
mod courier;
mod doorman;
mod further;
mod journal;
mod keeper;
mod lanes;
mod menu;
mod orders;
mod parcel;
mod prompt;
mod roster;
pub mod routing;
mod send;
mod settings;
mod show;
mod sweep;
mod transcribe;
mod turn;
mod whereabouts;
mod workers;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use schemas::Clock;
use schemas::bounds::{MAX_CHANNEL_LANES, MAX_CHANNEL_TURNS, MAX_LANE_ROWS};
use schemas::clock::Millis;
use tokio::sync::{Notify, Semaphore, watch};

use crate::chat::Chat;
use crate::hub::Hub;
use crate::store::accounts::AccountName;
use crate::store::outbox::OutboxCounts;
use crate::store::{Db, Store, StoreError, accounts, inbound, outbox, peers};
use crate::supervise::{Job, Jobs};
use crate::tasks::Engine;

pub use account::Health;
pub use doorman::{Decision, label, pairing_request};
pub(crate) use prompt::one_line;
pub use prompt::with_data;
pub use roster::{Entry, Roster, RosterError};
pub use send::{Delivery, SendFault};
pub use settings::{Account, Limits, Pace, Rate, Routes};

use account::Live;
use asks::Posted;
use turn::Turn;
use workers::{Lane, Workers};

/// What the bridge is built from.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Where its work is started.
    pub jobs: Jobs,
    /// Who performs what people ask for.
    pub engine: Arc<Engine>,
    /// The live side of the conversations.
    pub chat: Chat,
    /// Where attachments are kept: the state directory.
    pub state_dir: PathBuf,
    /// Who is told of strangers who ask.
    pub hub: Arc<Hub>,
    /// Which agent answers where.
    pub routes: Routes,
    /// How fast things go.
    pub pace: Pace,
}

/// The gateway's side of all chat platforms. Clones share it.
#[derive(Clone, Debug)]
pub struct Bridge(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    routes: RwLock<Arc<Routes>>,
    accounts: Mutex<BTreeMap<AccountName, Arc<Live>>>,
    messages: Workers,
    orders: Workers,
    couriers: Workers,
    /// Messages whose answers are waited for, in the order they came.
    turns: Mutex<BTreeMap<i64, Arc<Turn>>>,
    permits: Arc<Semaphore>,
    /// Permission requests that were shown, and where, by their id.
    posted: Mutex<HashMap<String, Vec<Posted>>>,
    changed: watch::Sender<()>,
    due: Notify,
    /// Rings when a turn begins, whose permission requests may be open already.
    asks: Notify,
    /// Rings when an account is another way than before.
    health: Arc<Notify>,
}

/// An account and how it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Which one.
    pub of: AccountName,
    /// How it is.
    pub health: Health,
    /// What waits or is in doubt.
    pub outbox: OutboxCounts,
    /// Messages that came in and have no answer yet.
    pub waiting: u64,
}

impl Bridge {
    /// Builds it. Nothing happens before [`Bridge::start`].
    pub fn new(parts: Parts) -> Self {
        let routes = RwLock::new(Arc::new(parts.routes.clone()));
        Self(Arc::new(Inner {
            parts,
            routes,
            accounts: Mutex::default(),
            messages: Workers::new(MAX_CHANNEL_LANES),
            orders: Workers::new(MAX_CHANNEL_LANES),
            couriers: Workers::new(MAX_CHANNEL_LANES),
            turns: Mutex::default(),
            permits: Arc::new(Semaphore::new(MAX_CHANNEL_TURNS)),
            posted: Mutex::default(),
            changed: watch::Sender::new(()),
            due: Notify::new(),
            asks: Notify::new(),
            health: Arc::default(),
        }))
    }

    /// Ties what a crash tore apart and starts what serves all accounts. Call it once, after the engine has
    /// recovered and before the first account.
    pub async fn start(&self) -> Result<(), StoreError> {
        self.link().await?;
        let bridge = self.clone();
        self.jobs().keep(Job::Bridge, move || bridge.clone().sweep());
        let bridge = self.clone();
        self.jobs().keep(Job::Bridge, move || bridge.clone().watch_asks());
        let bridge = self.clone();
        self.jobs().keep(Job::Bridge, move || bridge.clone().tell_health());
        Ok(())
    }

    /// Starts an account, or starts it anew with other settings. What had not ended is taken up again first.
    pub async fn start_account(&self, account: Account) -> Result<(), StoreError> {
        let of = account.of();
        self.stop_account(&of).await;
        let (name, owners) = (of.clone(), account.section.owners.clone());
        self.store().write(move |db| peers::keep_owners(db, &name, &owners)).await?;
        let name = of.clone();
        let read = move |db: &Db| {
            let started = outbox::started(db, &name)?;
            Ok((accounts::cursor(db, &name)?, peers::of_account(db, &name, "approved")?, started))
        };
        let (cursor, people, started) = self.store().read(read).await?;
        let stop = self.jobs().stopping().child_token();
        let live = Arc::new(Live::new(account, stop, cursor, &people, Arc::clone(&self.0.health)));
        live.health().running = true;
        for row in started {
            self.doubt(&live, row).await?;
        }
        self.accounts().insert(of.clone(), Arc::clone(&live));
        self.jobs().spawn(Job::Channel, self.clone().keep(Arc::clone(&live)));
        let bridge = self.clone();
        self.jobs().spawn(Job::Bridge, async move { bridge.take_up(live).await });
        Ok(())
    }

    /// Changes which agent answers where, for what comes from now on.
    pub fn set_routes(&self, routes: Routes) {
        *self.0.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
    }

    /// Stops an account and waits until its connection has ended; false if it was not started. What it had to do
    /// waits in the store.
    pub async fn stop_account(&self, of: &AccountName) -> bool {
        let Some(live) = self.accounts().remove(of) else { return false };
        live.stop.cancel();
        live.ended.cancelled().await;
        true
    }

    /// Stops an account, gives up what it had to do and forgets how far it had read: for one that is removed from
    /// the configuration. Who was let in stays so.
    pub async fn remove_account(&self, of: &AccountName) -> Result<bool, StoreError> {
        let was = self.stop_account(of).await;
        let (of, now) = (of.clone(), self.now());
        self.store().write(move |db| accounts::abandon(db, &of, now)).await?;
        Ok(was)
    }

    /// Returns the accounts that are started and how they are.
    pub async fn status(&self) -> Result<Vec<Status>, StoreError> {
        let all: Vec<Arc<Live>> = self.accounts().values().cloned().collect();
        let names: Vec<AccountName> = all.iter().map(|live| live.of.clone()).collect();
        let count = move |db: &Db| {
            let both = |of| Ok((outbox::counts(db, of)?, accounts::waiting(db, of)?));
            names.iter().map(both).collect::<Result<Vec<_>, StoreError>>()
        };
        let counts = self.store().read(count).await?;
        let status = |(live, (outbox, waiting)): (&Arc<Live>, (OutboxCounts, u64))| Status {
            of: live.of.clone(),
            health: live.health().clone(),
            outbox,
            waiting,
        };
        Ok(all.iter().zip(counts).map(status).collect())
    }

    /// Returns how the accounts are that are started, from memory alone.
    pub fn healths(&self) -> BTreeMap<AccountName, Health> {
        self.accounts().iter().map(|(of, live)| (of.clone(), live.health().clone())).collect()
    }

    /// Goes on with what an account had not ended: answers that are waited for, messages that nobody has looked
    /// at, rows that are to be sent.
    async fn take_up(&self, live: Arc<Live>) {
        let _ = self
            .until_stopped(async {
                let mut after = 0;
                loop {
                    let of = live.of.clone();
                    let read = move |db: &Db| inbound::accepted(db, &of, after, MAX_LANE_ROWS);
                    let rows = self.store().read(read).await?;
                    let Some(last) = rows.last() else { break };
                    after = last.seq;
                    for row in rows {
                        self.follow_again(&live, row).await;
                    }
                }
                self.refill(true).await?;
                self.refill(false).await?;
                self.due().notify_one();
                Ok::<_, StoreError>(())
            })
            .await
            .inspect_err(|error| tracing::error!(%error, "What an account had not ended could not be read"));
    }

    /// Ties rows to the tasks that they had become.
    async fn link(&self) -> Result<(), StoreError> {
        let now = self.now();
        self.store().write(move |db| inbound::link(db, now)).await
    }

    /// Wakes the conversations that wait for room.
    async fn refill(&self, express: bool) -> Result<(), StoreError> {
        for of in self.names() {
            let (name, limit) = (of.clone(), u32::try_from(MAX_CHANNEL_LANES).unwrap_or(u32::MAX));
            let lanes = self.store().read(move |db| inbound::fresh_lanes(db, &name, express, limit)).await?;
            for place in lanes {
                self.wake_lane(&Lane { of: of.clone(), place }, express);
            }
        }
        Ok(())
    }

    /// What waited for the platform has its turn.
    fn platform_is_back(&self, live: &Arc<Live>) {
        let (bridge, of, now) = (self.clone(), live.of.clone(), self.now());
        self.jobs().spawn(Job::Bridge, async move {
            if bridge.store().write(move |db| outbox::hurry(db, &of, now)).await.is_ok() {
                bridge.due().notify_one();
            }
        });
    }

    /// Runs work that the end of the gateway may cut anywhere.
    async fn until_stopped<T: Default, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        tokio::select! {
            done = work => done,
            () = self.jobs().stopping().cancelled() => Ok(T::default()),
        }
    }

    fn stopping(&self) -> bool {
        self.jobs().stopping().is_cancelled()
    }

    fn live(&self, of: &AccountName) -> Option<Arc<Live>> {
        self.accounts().get(of).cloned()
    }

    fn names(&self) -> Vec<AccountName> {
        self.accounts().keys().cloned().collect()
    }

    fn orgs(&self) -> BTreeSet<Arc<str>> {
        self.accounts().values().map(|live| live.org()).collect()
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<AccountName, Arc<Live>>> {
        self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turns(&self) -> MutexGuard<'_, BTreeMap<i64, Arc<Turn>>> {
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn posted(&self) -> MutexGuard<'_, HashMap<String, Vec<Posted>>> {
        self.0.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outbox_changed(&self) {
        self.0.changed.send_replace(());
    }

    fn now(&self) -> Millis {
        self.0.parts.clock.now()
    }

    fn store(&self) -> &Store {
        &self.0.parts.store
    }

    fn jobs(&self) -> &Jobs {
        &self.0.parts.jobs
    }

    fn engine(&self) -> &Arc<Engine> {
        &self.0.parts.engine
    }

    fn chat(&self) -> &Chat {
        &self.0.parts.chat
    }

    fn pace(&self) -> &Pace {
        &self.0.parts.pace
    }

    fn routes(&self) -> Arc<Routes> {
        Arc::clone(&self.0.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn couriers(&self) -> &Workers {
        &self.0.couriers
    }

    fn due(&self) -> &Notify {
        &self.0.due
    }
}
