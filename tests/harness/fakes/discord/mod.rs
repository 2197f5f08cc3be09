//! Discord as a bot sees it: gateway and REST, with people who write and with everything that goes wrong.
//!
//! ```text
//! let discord = FakeDiscord::start(Options::default()).await;
//! let alice = discord.person("Alice");
//! let dm = discord.dm(alice);
//! // … a bot connects to discord.root() with discord.token() …
//! discord.wait_for("the bot is there", FakeDiscord::is_connected).await;
//! discord.say(dm, alice, "hello");
//! discord.wait_for("an answer", |discord| discord.texts(dm).len() == 2).await;
//! ```

mod components;
mod content;
mod control;
mod faults;
mod form;
mod http;
mod identify;
mod invoke;
mod limits;
mod messages;
mod model;
mod multipart;
mod options;
mod people;
mod refusal;
mod render;
mod render_message;
mod request;
mod routes;
mod session;
mod shared;
mod socket;
mod story;
mod transcript;
mod view;
mod voice;
mod world;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;

pub use content::Content;
pub use faults::{Fault, GatewayFault, On, Random};
pub use model::{Access, Id};
pub use options::{Options, Rates, intent};
pub use transcript::{Call, Latency, Received, Seen, SeenFile};

use crate::PATIENCE;
use session::Outgoing;
use shared::Shared;
use world::World;

/// A server on 127.0.0.1 that behaves as Discord does towards one bot. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeDiscord {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Mutex<Option<tokio::task::JoinSet<()>>>,
}

impl FakeDiscord {
    /// Starts it: it answers when this returns.
    pub async fn start(options: Options) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await.expect("the port is free");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared::new(World::new(options, format!("http://{address}"))));
        let fake = Self { shared, address, accepting: Mutex::default() };
        fake.accept(listener);
        fake
    }

    /// Returns another handle, which ends nothing when it is dropped.
    fn handle(shared: Arc<Shared>) -> Self {
        let address = shared.look(|world| world.root.trim_start_matches("http://").parse());
        Self { shared, address: address.expect("it was an address"), accepting: Mutex::default() }
    }

    fn accept(&self, listener: TcpListener) {
        let mut accepting = tokio::task::JoinSet::new();
        accepting.spawn(http::accept(Arc::clone(&self.shared), listener));
        *self.accepting.lock().expect("not poisoned") = Some(accepting);
    }

    /// Ends all connections and refuses new ones; what happened stays, sessions can be resumed.
    pub fn go_down(&self) {
        *self.accepting.lock().expect("not poisoned") = None;
        self.shared.end();
        self.shared.change(|world| {
            let now = world.now();
            for number in world.sessions.connections.keys().copied().collect::<Vec<_>>() {
                world.sessions.disconnect(number, true, now);
            }
        });
    }

    /// Answers again, on the same port.
    pub async fn come_back(&self) {
        // The listener that was ended gives the port back a moment later.
        let free = async {
            loop {
                if let Ok(listener) = TcpListener::bind(self.address).await {
                    return listener;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let listener = tokio::time::timeout(PATIENCE, free).await.expect("the port is still free");
        self.accept(listener);
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what stands before `/api/v10`.
    pub fn root(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the bot's token, without `Bot `.
    pub fn token(&self) -> String {
        self.shared.look(|world| world.options.token.clone())
    }

    /// Returns the bot's id, which is its application's too.
    pub fn bot(&self) -> Id {
        self.shared.look(|world| world.bot)
    }

    /// Waits until a condition is true, looking at each change; panics with `what` and the last calls after
    /// [`PATIENCE`].
    pub async fn wait_for(&self, what: &str, check: impl Fn(&Self) -> bool) {
        let mut changes = self.shared.changes();
        let holds = async {
            while !check(self) {
                // Conditions on time change without anything happening.
                let _ = tokio::time::timeout(Duration::from_millis(200), changes.changed()).await;
            }
        };
        if tokio::time::timeout(PATIENCE, holds).await.is_err() {
            let received = self.received();
            let last = &received[received.len().saturating_sub(8)..];
            panic!("did not happen within {PATIENCE:?}: {what}; received last: {last:#?}");
        }
    }

    /// Moves the fake's time on: interactions, sessions, nonces and rate limits grow older. Heartbeats do not.
    pub fn advance(&self, by: Duration) {
        self.shared.change(|world| world.time.skip(by));
    }

    /// Changes the options; those of a session that stands stay as they were.
    pub fn configure(&self, change: impl FnOnce(&mut Options)) {
        self.shared.change(|world| change(&mut world.options));
    }
}

impl Drop for FakeDiscord {
    fn drop(&mut self) {
        let accepting = self.accepting.get_mut();
        if accepting.is_ok_and(|accepting| accepting.take().is_some()) {
            self.shared.end();
        }
    }
}

/// What goes wrong.
impl FakeDiscord {
    /// Plans a fault of REST calls. Of several that fit the first counts.
    pub fn fault(&self, on: On, fault: Fault) {
        self.shared.change(|world| world.faults.add(on, fault));
    }

    /// Plans a fault of the next event that is dispatched.
    pub fn fault_of_next_event(&self, fault: GatewayFault) {
        self.shared.change(|world| world.faults.add_gateway(fault));
    }

    /// Lets faults come by themselves, or no longer.
    pub fn faults_at_random(&self, random: Option<Random>) {
        self.shared.change(|world| world.faults.at_random(random));
    }

    /// Ends all planned and random faults.
    pub fn clear_faults(&self) {
        self.shared.change(|world| world.faults.clear());
    }

    /// Does this to every connection of the gateway now.
    pub fn break_gateway(&self, fault: &GatewayFault) {
        self.shared.change(|world| {
            for number in world.sessions.connections.keys().copied().collect::<Vec<_>>() {
                world.faults.count(fault);
                world.break_connection(number, fault);
            }
        });
    }

    /// Closes every connection of the gateway with a code; those of 4004, 4007 and 4009 to 4014 end the session.
    pub fn close_gateway(&self, code: u16) {
        self.shared.change(|world| {
            for number in world.sessions.connections.keys().copied().collect::<Vec<_>>() {
                world.sessions.order(number, Outgoing::Close(code, "Closed by plan."));
            }
        });
    }

    /// Lets new connections hear nothing at all, not even HELLO, or hear again.
    pub fn mute_gateway(&self, mute: bool) {
        self.shared.change(|world| world.sessions.mute = mute);
    }

    /// Answers nothing any more, neither REST nor gateway, although every connection stands; or answers again what
    /// comes from then on.
    pub fn silence(&self, silent: bool) {
        self.shared.change(|world| world.silent = silent);
        if silent {
            self.break_gateway(&GatewayFault::Mute);
        }
    }

    /// Asks every connection for a heartbeat.
    pub fn ask_for_heartbeat(&self) {
        self.shared.change(|world| {
            for number in world.sessions.connections.keys().copied().collect::<Vec<_>>() {
                world.sessions.tell(number, &serde_json::json!({"op": 1, "d": null}));
            }
        });
    }

    /// Forgets all sessions, as after a long outage: a resume is answered with opcode 9.
    pub fn forget_sessions(&self) {
        self.shared.change(|world| {
            for number in world.sessions.connections.keys().copied().collect::<Vec<_>>() {
                world.forget_session(number);
            }
            world.sessions.list.clear();
        });
    }
}
