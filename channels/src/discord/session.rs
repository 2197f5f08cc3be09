//! The state machine of one gateway connection, without any I/O: what a frame means, what to answer, how it ended.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::cursor::Session;

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Machine {
    /// The session to resume; without it the bot identifies itself.
    session: Option<Session>,
    /// The number of the last event that came.
    seq: Option<u64>,
    /// Whether the gateway said hello.
    greeted: bool,
    /// Whether READY or RESUMED came.
    established: bool,
    /// Whether a heartbeat waits for its acknowledgement.
    waiting: bool,
}

/// What a frame asks for.
#[derive(Debug)]
pub(super) enum Step {
    /// Beat in this interval from now on and send the opening.
    Hello(Duration),
    /// Beat at once.
    Beat,
    /// A heartbeat was acknowledged.
    Acknowledged,
    /// An event.
    Dispatch { seq: u64, name: String, data: Box<RawValue> },
    /// Nothing.
    Nothing,
    /// The connection is over.
    End(Ending),
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Somebody asked for it here.
    Stopped,
    /// The gateway asked to connect again and resume.
    Reconnect,
    /// The session cannot go on; whether resuming it may work.
    Invalid { resumable: bool },
    /// It broke: what is known of it, and whether the session is gone as well.
    Broken { text: String, lost: bool },
    /// The account cannot work until somebody changes something.
    Refused(String),
}

impl Ending {
    /// Returns the end of a connection that broke and may be resumed.
    pub(super) fn broken(text: impl Into<String>) -> Self {
        Self::Broken { text: text.into(), lost: false }
    }

    /// Says whether the session cannot be resumed.
    pub(super) fn session_lost(&self) -> bool {
        matches!(self, Self::Invalid { resumable: false } | Self::Broken { lost: true, .. })
    }
}

#[derive(Deserialize)]
struct Frame<'a> {
    op: u64,
    #[serde(default)]
    s: Option<u64>,
    #[serde(default)]
    t: Option<String>,
    #[serde(borrow, default)]
    d: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Hello {
    heartbeat_interval: u64,
}

impl Machine {
    /// Returns the state before anything came; with a session it is resumed.
    pub(super) fn new(session: Option<Session>) -> Self {
        let seq = session.as_ref().map(|session| session.seq);
        Self { session, seq, greeted: false, established: false, waiting: false }
    }

    /// Says whether READY or RESUMED came.
    pub(super) fn established(&self) -> bool {
        self.established
    }

    /// Takes a text frame.
    pub(super) fn take(&mut self, text: &str) -> Step {
        let Ok(frame) = serde_json::from_str::<Frame<'_>>(text) else {
            return Step::End(Ending::broken("Discord's gateway sent something that is not a frame"));
        };
        if !self.greeted && frame.op != HELLO {
            return match frame.op {
                RECONNECT => Step::End(Ending::Reconnect),
                INVALID_SESSION => Step::End(Ending::Invalid { resumable: is_true(frame.d) }),
                _ => Step::End(Ending::broken("Discord's gateway did not begin with its hello")),
            };
        }
        match frame.op {
            DISPATCH => self.dispatch(frame),
            BEAT => Step::Beat,
            RECONNECT => Step::End(Ending::Reconnect),
            INVALID_SESSION => Step::End(Ending::Invalid { resumable: is_true(frame.d) }),
            HELLO => self.hello(frame.d),
            ACKNOWLEDGED if self.waiting => {
                self.waiting = false;
                Step::Acknowledged
            }
            _ => Step::Nothing,
        }
    }

    fn hello(&mut self, data: Option<&RawValue>) -> Step {
        let hello = data.and_then(|data| serde_json::from_str::<Hello>(data.get()).ok());
        // An interval of nothing would be a busy loop, one of hours a connection that nobody sees die.
        let Some(hello) = hello.filter(|hello| (10..=600_000).contains(&hello.heartbeat_interval)) else {
            return Step::End(Ending::broken("Discord's gateway named no usable heartbeat interval"));
        };
        if std::mem::replace(&mut self.greeted, true) {
            return Step::Nothing;
        }
        Step::Hello(Duration::from_millis(hello.heartbeat_interval))
    }

    fn dispatch(&mut self, frame: Frame<'_>) -> Step {
        let (Some(seq), Some(name)) = (frame.s, frame.t) else { return Step::Nothing };
        self.seq = Some(self.seq.map_or(seq, |last| last.max(seq)));
        if name == "READY" {
            // A session that was to be resumed and begins anew has numbers of its own.
            self.seq = Some(seq);
        }
        self.established |= matches!(name.as_str(), "READY" | "RESUMED");
        let data = frame.d.map_or_else(|| RawValue::NULL.to_owned(), ToOwned::to_owned);
        Step::Dispatch { seq, name, data }
    }

    /// Returns the frame that opens or resumes a session. It contains the token.
    pub(super) fn opening(&self, token: &str, intents: u64) -> Value {
        match &self.session {
            Some(session) => {
                json!({"op": 6, "d": {"token": token, "session_id": session.id, "seq": session.seq}})
            }
            None => json!({"op": 2, "d": {
                "token": token,
                "intents": intents,
                "properties": {"os": std::env::consts::OS, "browser": "landline", "device": "landline"},
                "compress": false,
                "large_threshold": 50,
            }}),
        }
    }

    /// Returns a heartbeat that the gateway asked for.
    pub(super) fn beat_now(&mut self) -> Value {
        self.waiting = true;
        json!({"op": BEAT, "d": self.seq})
    }

    /// Returns the heartbeat that is due, or the end if the last one was never acknowledged although `reading`.
    pub(super) fn beat(&mut self, reading: bool) -> Result<Value, Ending> {
        if self.waiting && reading {
            return Err(Ending::broken(
                "Discord's gateway did not acknowledge a heartbeat: the connection is dead",
            ));
        }
        Ok(self.beat_now())
    }

    /// Says what a close code means. Codes: Discord's documentation of gateway close events.
    pub(super) fn closed(code: Option<u16>, intents: u64) -> Ending {
        let lost = |text: &str| Ending::Broken { text: text.to_owned(), lost: true };
        match code {
            Some(4004) => Ending::Refused("Discord says that the token is not valid; set a new one".into()),
            Some(4010 | 4011) => Ending::Refused(
                "Discord wants this bot to be split into shards, since it is in too many guilds for one connection"
                    .into(),
            ),
            Some(4012) => Ending::Refused("Discord no longer offers version 10 of its gateway".into()),
            Some(4013) => Ending::Refused(format!("Discord does not know the intents {intents}; correct `intents`")),
            Some(4014) => Ending::Refused(format!(
                "Discord does not allow an intent that is asked for: switch on {} in the developer portal \
                 (your application, Bot, Privileged Gateway Intents) or leave it out of `intents`",
                privileged(intents)
            )),
            Some(4003) => lost("Discord's gateway says that the connection was not identified (4003)"),
            Some(4007) => lost("Discord's gateway refused the sequence number (4007)"),
            Some(4009) => lost("Discord's gateway says that the session timed out (4009)"),
            Some(4008) => Ending::broken("Discord's gateway was sent too much (4008)"),
            Some(code) => Ending::broken(format!("Discord's gateway closed the connection ({code})")),
            None => Ending::broken("Discord's gateway closed the connection"),
        }
    }
}

/// Names the intents that somebody has to allow in the developer portal.
fn privileged(intents: u64) -> String {
    let names =
        [(1 << 15, "MESSAGE CONTENT INTENT"), (1 << 1, "SERVER MEMBERS INTENT"), (1 << 8, "PRESENCE INTENT")];
    let asked: Vec<_> = names.iter().filter(|(bit, _)| intents & bit != 0).map(|(_, name)| *name).collect();
    if asked.is_empty() { "the intent".into() } else { asked.join(" and ") }
}

fn is_true(data: Option<&RawValue>) -> bool {
    data.is_some_and(|data| data.get().trim() == "true")
}

const DISPATCH: u64 = 0;
const BEAT: u64 = 1;
const RECONNECT: u64 = 7;
const INVALID_SESSION: u64 = 9;
const HELLO: u64 = 10;
const ACKNOWLEDGED: u64 = 11;
