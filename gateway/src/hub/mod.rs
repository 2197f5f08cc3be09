//! Who is connected now, and the delivery of events to them.
//!
//! An event is serialised once; each receiver's outbox gets a reference and its own `seq` (protocol 4.2).

mod outbox;
mod presence;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use schemas::event::Event;
use schemas::frame::event_prefix;
use schemas::snapshot::StateVersion;
use schemas::{Clock, Role, Scopes};
use serde::Serialize;

use crate::security::Principal;

pub use outbox::{End, Outbox, Outgoing};
pub use presence::Presence;

/// What a connection can subscribe to besides what its scopes give it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `sessions.changed`.
    Sessions,
    /// `session.message` of one conversation.
    Messages(String),
    /// `chat` and `agent` of one conversation, for nodes, which have no scope that would give it to them.
    Follow(String),
}

/// One open connection that has passed the handshake.
#[derive(Debug)]
pub struct Member {
    /// Its id, `connId` on the wire.
    pub id: Arc<str>,
    /// Its number among all of this process.
    number: u64,
    /// Who is behind it.
    pub principal: Principal,
    /// Whether it wants to see tools (`caps` has `tool-events`).
    pub tool_events: bool,
    /// What it has yet to be sent.
    pub outbox: Outbox,
    /// Set when a ping went out, cleared by any sign of life.
    awaits_pong: AtomicBool,
    refused: AtomicU64,
}

impl Member {
    /// Makes a member that is not in a hub yet.
    pub fn new(id: Arc<str>, principal: Principal, tool_events: bool) -> Self {
        Self {
            id,
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            principal,
            tool_events,
            outbox: Outbox::default(),
            awaits_pong: AtomicBool::new(false),
            refused: AtomicU64::new(0),
        }
    }

    /// Notes that the client is alive.
    pub fn heard(&self) {
        self.awaits_pong.store(false, Ordering::Relaxed);
    }

    /// Counts a refused call; returns how many there were.
    pub fn count_refusal(&self) -> u64 {
        self.refused.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Returns what decides which events it may see.
    fn rights(&self) -> (Role, Scopes) {
        (self.principal.role, self.principal.scopes)
    }

    fn may_see(&self, event: Event) -> bool {
        event.guard().is_none_or(|scope| self.principal.has(scope))
    }
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// Connections in the order in which they came: what belongs to them lies in memory in about that order, and a walk
/// through a thousand of them is much faster along it.
type Crowd = BTreeMap<u64, Arc<Member>>;

/// The connections open now.
#[derive(Debug)]
pub struct Hub {
    inner: Mutex<Inner>,
    /// Who is here, for people.
    pub presence: Presence,
}

#[derive(Debug, Default)]
struct Inner {
    /// By what they may see, so that an event costs nothing for those who may not see it; no crowd is empty.
    crowds: HashMap<(Role, Scopes), Crowd>,
    topics: HashMap<Topic, Crowd>,
    subscribed: HashMap<Arc<str>, HashSet<Topic>>,
    /// Those whose queue went over its bound. Looking at everyone each second would cost more than all ticks.
    slow: Vec<Arc<Member>>,
}

impl Hub {
    /// Returns an empty hub.
    pub fn new(clock: Clock) -> Self {
        Self { inner: Mutex::default(), presence: Presence::new(clock) }
    }

    /// Adds a connection; it leaves when the guard is dropped, on whatever path.
    pub fn join(self: &Arc<Self>, member: Arc<Member>) -> Membership {
        let mut inner = self.lock();
        inner.crowds.entry(member.rights()).or_default().insert(member.number, Arc::clone(&member));
        drop(inner);
        Membership { hub: Arc::clone(self), member }
    }

    /// Sends an event to every connection that may see it.
    pub fn publish<T: Serialize>(&self, event: Event, payload: &T, version: Option<StateVersion>) {
        self.publish_if(event, payload, version, |_| true);
    }

    /// Sends an event to every connection that may see it and that `wanted` picks.
    pub fn publish_if<T: Serialize>(
        &self,
        event: Event,
        payload: &T,
        version: Option<StateVersion>,
        wanted: impl Fn(&Member) -> bool,
    ) {
        let mut inner = self.lock();
        let Inner { crowds, slow, .. } = &mut *inner;
        let mut prefix = None;
        let seeing = crowds.values().filter(|crowd| may_see(crowd, event));
        for member in seeing.flat_map(BTreeMap::values).filter(|member| wanted(member)) {
            let prefix = prefix.get_or_insert_with(|| shared(event_prefix(event.name(), payload, version)));
            if member.outbox.push_event(prefix.clone(), event.droppable()) {
                slow.push(Arc::clone(member));
            }
        }
    }

    /// Sends an event to the subscribers of `topic` that may see it.
    pub fn publish_to<T: Serialize>(&self, topic: &Topic, event: Event, payload: &T) {
        let mut inner = self.lock();
        let Inner { topics, slow, .. } = &mut *inner;
        let Some(members) = topics.get(topic) else { return };
        let prefix = shared(event_prefix(event.name(), payload, None));
        for member in members.values().filter(|member| member.may_see(event)) {
            if member.outbox.push_event(prefix.clone(), event.droppable()) {
                slow.push(Arc::clone(member));
            }
        }
    }

    /// Sends an event without `seq` to the subscribers of `topic` that `wanted` picks, whatever their scopes: they were
    /// let in one by one.
    pub fn publish_beside<T: Serialize>(
        &self,
        topic: &Topic,
        event: Event,
        payload: &T,
        wanted: impl Fn(&Member) -> bool,
    ) {
        let inner = self.lock();
        let Some(members) = inner.topics.get(topic) else { return };
        let prefix = shared(event_prefix(event.name(), payload, None));
        for member in members.values().filter(|member| wanted(member)) {
            member.outbox.push_targeted(prefix.clone());
        }
    }

    /// Says whether anyone subscribed to `topic`: an event that nobody hears need not be made.
    pub fn is_heard(&self, topic: &Topic) -> bool {
        self.lock().topics.contains_key(topic)
    }

    /// Tells everyone who is here now.
    pub fn publish_presence(&self) {
        let now = schemas::event::Presence { presence: self.presence.list() };
        self.publish(Event::Presence, &now, Some(self.presence.versions()));
    }

    /// Subscribes a connection; returns false if it already was or is gone.
    pub fn subscribe(&self, member: &Arc<Member>, topic: Topic) -> bool {
        let mut inner = self.lock();
        if !inner.has(member) {
            return false;
        }
        let topics = inner.subscribed.entry(Arc::clone(&member.id)).or_default();
        if topics.len() >= MAX_TOPICS || !topics.insert(topic.clone()) {
            return false;
        }
        inner.topics.entry(topic).or_default().insert(member.number, Arc::clone(member));
        true
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, member: &Member, topic: &Topic) {
        let mut inner = self.lock();
        if let Some(topics) = inner.subscribed.get_mut(&member.id) {
            topics.remove(topic);
        }
        inner.drop_from(topic, member);
    }

    /// Closes every connection that `which` picks; returns how many.
    pub fn close(&self, end: &End, which: impl Fn(&Member) -> bool) -> usize {
        let inner = self.lock();
        let picked = inner.members().filter(|member| which(member));
        picked.map(|member| member.outbox.end(end.clone())).count()
    }

    /// Closes a device's connections (of one role, if given): its proof is no longer good (protocol 2.3, 4001).
    pub fn close_device(&self, device: &str, role: Option<Role>) -> usize {
        self.close(&End::auth_changed(), |member| {
            let same = member.principal.device.as_deref() == Some(device);
            same && role.is_none_or(|role| member.principal.role == role)
        })
    }

    /// Says whether a connection is still open.
    pub fn is_here(&self, member: &Member) -> bool {
        self.lock().has(member)
    }

    /// Returns the newest connection of a device in a role.
    pub fn find_device(&self, device: &str, role: Role) -> Option<Arc<Member>> {
        let inner = self.lock();
        let own = |member: &&Arc<Member>| {
            member.principal.role == role && member.principal.device.as_deref() == Some(device)
        };
        inner.members().filter(own).max_by_key(|member| member.number).cloned()
    }

    /// Says whether a device has an open connection.
    pub fn is_connected(&self, device: &str) -> bool {
        self.lock().members().any(|member| member.principal.device.as_deref() == Some(device))
    }

    /// Returns the devices that have an open connection.
    pub fn connected_devices(&self) -> HashSet<Arc<str>> {
        self.lock().members().filter_map(|member| member.principal.device.clone()).collect()
    }

    /// Returns the number of open connections.
    pub fn len(&self) -> usize {
        self.lock().crowds.values().map(BTreeMap::len).sum()
    }

    /// Says whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says whether somebody is connected who may see an event and whom `wanted` picks.
    pub fn any(&self, event: Event, wanted: impl Fn(&Member) -> bool) -> bool {
        let inner = self.lock();
        let mut seeing = inner.crowds.values().filter(|crowd| may_see(crowd, event));
        seeing.any(|crowd| crowd.values().any(|member| wanted(member)))
    }

    /// Pings everyone; who has not answered the last ping is gone (protocol 2.1).
    pub fn ping(&self) {
        for member in self.lock().members() {
            if member.awaits_pong.swap(true, Ordering::Relaxed) {
                member.outbox.end(End::lost());
            } else {
                member.outbox.ping();
            }
        }
    }

    /// Ends connections that have not taken anything for too long while over their bound.
    pub fn sweep(&self) {
        self.lock().slow.retain(|member| member.outbox.sweep());
    }

    fn leave(&self, member: &Member) {
        let mut inner = self.lock();
        if let Entry::Occupied(mut crowd) = inner.crowds.entry(member.rights()) {
            crowd.get_mut().remove(&member.number);
            if crowd.get().is_empty() {
                crowd.remove();
            }
        }
        inner.slow.retain(|slow| slow.id != member.id);
        for topic in inner.subscribed.remove(&member.id).unwrap_or_default() {
            inner.drop_from(&topic, member);
        }
    }

    /// A panic while the lock was held leaves maps that are still whole, so poisoning is ignored.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says whether the members of a crowd, which all have the same rights, may see an event.
fn may_see(crowd: &Crowd, event: Event) -> bool {
    crowd.values().next().is_some_and(|member| member.may_see(event))
}

impl Inner {
    fn members(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.crowds.values().flat_map(BTreeMap::values)
    }

    fn has(&self, member: &Member) -> bool {
        self.crowds.get(&member.rights()).is_some_and(|crowd| crowd.contains_key(&member.number))
    }

    fn drop_from(&mut self, topic: &Topic, member: &Member) {
        if let Some(members) = self.topics.get_mut(topic) {
            members.remove(&member.number);
            if members.is_empty() {
                self.topics.remove(topic);
            }
        }
    }
}

/// A place in the hub; dropping it leaves.
#[derive(Debug)]
pub struct Membership {
    hub: Arc<Hub>,
    /// The connection.
    pub member: Arc<Member>,
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.hub.leave(&self.member);
    }
}

/// Makes an event that many receivers can hold. It must not take more memory than an outbox counts for it: a buffer
/// that grew while it was written has up to twice the room.
fn shared(prefix: Vec<u8>) -> Bytes {
    prefix.into_boxed_slice().into()
}

/// Subscriptions of one connection.
const MAX_TOPICS: usize = 1024;

#[cfg(test)]
mod tests;
