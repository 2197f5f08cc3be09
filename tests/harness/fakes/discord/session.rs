//! Gateway sessions: what each has been told, so that a lost connection can be resumed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::faults::GatewayFault;
use super::options::{Options, intent};
use super::world::World;

/// All sessions and connections.
#[derive(Debug)]
pub(super) struct Sessions {
    pub(super) list: BTreeMap<String, Session>,
    pub(super) connections: BTreeMap<u64, Connection>,
    made: u64,
    /// How many IDENTIFY there may still be.
    pub(super) identifies_left: u32,
    pub(super) last_identify: Option<Duration>,
    /// Whether new connections hear nothing either.
    pub(super) mute: bool,
}

/// A session: it outlives its connections.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) intents: u64,
    pub(super) compress: bool,
    pub(super) seq: u64,
    /// What it was told, for a resume.
    pub(super) events: VecDeque<(u64, Arc<str>)>,
    pub(super) connection: Option<u64>,
    /// When its connection ended.
    pub(super) lost: Option<Duration>,
    /// An event that comes after the next one, and since when it waits.
    held: Option<(Event, Duration)>,
}

/// A WebSocket.
#[derive(Debug)]
pub(super) struct Connection {
    out: UnboundedSender<Outgoing>,
    pub(super) session: Option<String>,
    pub(super) muted: bool,
    /// Whether payloads are compressed one by one.
    pub(super) compress: bool,
    pub(super) last_heartbeat: Duration,
    /// When the minute began in which its frames are counted, and how many came.
    pub(super) heard: (Duration, u32),
}

/// What a WebSocket's task has to do.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// Send this.
    Text(Arc<str>),
    /// Send this, compressed by itself.
    Packed(Arc<str>),
    /// Close with a code and its reason.
    Close(u16, &'static str),
    /// End without a close frame.
    Cut,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) name: &'static str,
    /// Only sessions with one of these intents hear of it; 0: all.
    pub(super) needs: u64,
    pub(super) data: Value,
    /// Whether what it says is hidden from sessions without the `MESSAGE_CONTENT` intent.
    pub(super) hides: bool,
}

/// How many events are kept for a resume.
const KEPT: usize = 20_000;
/// How long an event waits at most for the one that overtakes it.
const HELD: Duration = Duration::from_millis(150);

impl Sessions {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            list: BTreeMap::new(),
            connections: BTreeMap::new(),
            made: 0,
            identifies_left: options.identify_total,
            last_identify: None,
            mute: false,
        }
    }

    pub(super) fn connect(&mut self, now: Duration, really: Duration) -> (u64, UnboundedReceiver<Outgoing>) {
        let (out, receiver) = unbounded_channel();
        self.made += 1;
        let connection = Connection {
            out,
            session: None,
            muted: self.mute,
            compress: false,
            last_heartbeat: really,
            heard: (now, 0),
        };
        self.connections.insert(self.made, connection);
        (self.made, receiver)
    }

    /// Forgets a connection; `keep`: its session can be resumed for a while.
    pub(super) fn disconnect(&mut self, number: u64, keep: bool, now: Duration) {
        let Some(connection) = self.connections.remove(&number) else { return };
        let Some(id) = connection.session else { return };
        if !keep {
            self.list.remove(&id);
        } else if let Some(session) = self.list.get_mut(&id) {
            session.connection = None;
            session.lost = Some(now);
        }
    }

    /// Sends a payload that is no event.
    pub(super) fn tell(&self, number: u64, payload: &Value) {
        if let Some(connection) = self.connections.get(&number) {
            connection.send(payload.to_string().into());
        }
    }

    pub(super) fn close(&self, number: u64, code: u16, reason: &'static str) {
        self.order(number, Outgoing::Close(code, reason));
    }

    pub(super) fn order(&self, number: u64, what: Outgoing) {
        if let Some(connection) = self.connections.get(&number) {
            let _ = connection.out.send(what);
        }
    }

    /// Adds a session. Returns its id.
    pub(super) fn open(&mut self, number: u64, intents: u64, compress: bool) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let session = Session {
            intents,
            compress,
            seq: 0,
            events: VecDeque::new(),
            connection: Some(number),
            lost: None,
            held: None,
        };
        self.list.insert(id.clone(), session);
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.session = Some(id.clone());
            connection.compress = compress;
        }
        id
    }

    /// Removes the sessions that waited too long for a resume.
    pub(super) fn expire(&mut self, life: Duration, now: Duration) {
        self.list.retain(|_, session| session.lost.is_none_or(|lost| now < lost + life));
    }

    /// Tells one session of an event, whatever its intents.
    pub(super) fn event(&mut self, id: &str, name: &str, data: &Value) {
        let Some(session) = self.list.get_mut(id) else { return };
        session.seq += 1;
        let text = json!({"op": 0, "t": name, "s": session.seq, "d": data}).to_string();
        let text: Arc<str> = text.into();
        session.events.push_back((session.seq, Arc::clone(&text)));
        if session.events.len() > KEPT {
            session.events.pop_front();
        }
        let connection = session.connection.and_then(|number| self.connections.get(&number));
        if let Some(connection) = connection {
            connection.send(text);
        }
    }

    /// Sends again what came after `seq`. Returns false when that is not known any more.
    pub(super) fn replay(&self, id: &str, number: u64, seq: u64) -> bool {
        let (Some(session), Some(connection)) = (self.list.get(id), self.connections.get(&number)) else {
            return false;
        };
        if session.events.front().is_some_and(|(first, _)| *first > seq + 1) {
            return false;
        }
        for (_, text) in session.events.iter().filter(|(other, _)| *other > seq) {
            connection.send(Arc::clone(text));
        }
        true
    }

    /// Returns whether an event waits for another to overtake it.
    pub(super) fn holds(&self) -> bool {
        self.list.values().any(|session| session.held.is_some())
    }

    /// Lets go of events that waited long enough for one that overtakes them.
    pub(super) fn flush(&mut self, now: Duration) {
        let due = |session: &mut Session| session.held.take_if(|(_, since)| now >= *since + HELD);
        let due: Vec<_> =
            self.list.iter_mut().filter_map(|(id, session)| Some((id.clone(), due(session)?.0))).collect();
        for (id, event) in due {
            let data = event.seen_with(self.list[&id].intents);
            self.event(&id, event.name, &data);
        }
    }
}

impl Connection {
    fn send(&self, text: Arc<str>) {
        if !self.muted {
            let _ = self.out.send(if self.compress { Outgoing::Packed(text) } else { Outgoing::Text(text) });
        }
    }
}

impl Event {
    /// Returns what a session with these intents is told.
    fn seen_with(&self, intents: u64) -> Value {
        let mut data = self.data.clone();
        if self.hides && intents & intent::MESSAGE_CONTENT == 0 {
            hide(&mut data);
        }
        data
    }
}

/// Empties what a message says, as without the `MESSAGE_CONTENT` intent.
pub(super) fn hide(message: &mut Value) {
    let Some(fields) = message.as_object_mut() else { return };
    for (name, empty) in
        [("content", json!("")), ("embeds", json!([])), ("attachments", json!([])), ("components", json!([]))]
    {
        if let Some(value) = fields.get_mut(name) {
            *value = empty;
        }
    }
    fields.remove("poll");
    if let Some(quoted) = fields.get_mut("referenced_message") {
        hide(quoted);
    }
}

impl World {
    /// Tells all sessions that want to hear of it.
    pub(super) fn dispatch(&mut self, event: &Event) {
        let wants = |session: &Session| event.needs == 0 || session.intents & event.needs != 0;
        let ids: Vec<String> = self
            .sessions
            .list
            .iter()
            .filter(|(_, session)| wants(session))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.dispatch_to(&id, event);
        }
    }

    fn dispatch_to(&mut self, id: &str, event: &Event) {
        let now = self.now();
        let fault = self.faults.for_event();
        let Some(session) = self.sessions.list.get_mut(id) else { return };
        let data = event.seen_with(session.intents);
        let held = session.held.take();
        if fault == Some(GatewayFault::OutOfOrder) && held.is_none() {
            session.held = Some((event.clone(), now));
            return;
        }
        let connection = session.connection;
        self.sessions.event(id, event.name, &data);
        if fault == Some(GatewayFault::Duplicate) {
            self.sessions.event(id, event.name, &data);
        }
        if let Some((late, _)) = held {
            let data = late.seen_with(self.sessions.list[id].intents);
            self.sessions.event(id, late.name, &data);
        }
        if let (Some(fault), Some(number)) = (fault, connection) {
            self.break_connection(number, &fault);
        }
    }

    /// Does to a connection what the fault says.
    pub(super) fn break_connection(&mut self, number: u64, fault: &GatewayFault) {
        match fault {
            GatewayFault::Duplicate | GatewayFault::OutOfOrder => {}
            GatewayFault::Cut => self.sessions.order(number, Outgoing::Cut),
            GatewayFault::Reconnect => self.sessions.tell(number, &json!({"op": 7, "d": null})),
            GatewayFault::Invalid(resumable) => {
                self.sessions.tell(number, &json!({"op": 9, "d": resumable}));
                if *resumable {
                    self.detach_session(number);
                } else {
                    self.forget_session(number);
                }
            }
            GatewayFault::Mute => {
                if let Some(connection) = self.sessions.connections.get_mut(&number) {
                    connection.muted = true;
                }
            }
        }
    }

    /// Takes the session away from a connection; it may be resumed on the same one or another.
    fn detach_session(&mut self, number: u64) {
        let now = self.now();
        let connection = self.sessions.connections.get_mut(&number);
        let id = connection.and_then(|connection| connection.session.take());
        if let Some(session) = id.and_then(|id| self.sessions.list.get_mut(&id)) {
            session.connection = None;
            session.lost = Some(now);
        }
    }

    /// Ends the session of a connection; the connection stands and may identify again.
    pub(super) fn forget_session(&mut self, number: u64) {
        let connection = self.sessions.connections.get_mut(&number);
        if let Some(id) = connection.and_then(|connection| connection.session.take()) {
            self.sessions.list.remove(&id);
        }
    }
}
