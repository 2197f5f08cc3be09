//! The node's life: connect, serve, lose the connection, come back; until it is asked to stop.

use std::sync::Arc;
use std::time::Duration;

use schemas::Clock;
use schemas::connect::{AuthProof, ClientInfo, HelloOk};
use schemas::device::Identity;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::config::Config;
use super::family::Offers;
use super::home::{Home, HomeError, Known, Lock, Report};
use super::machine::Machine;
use super::repeats::Repeats;
use super::retry::{Backoff, Next, after, asked, chance};
use super::session::{Desk, Ended, serve};
use super::{surface, work};
use crate::client::{
    ConnectError, Connection, IdentityStore, Options, StoreError, StoredToken, Surface, Target, connect,
};
use crate::process::Environment;

/// How a node is started.
#[derive(Debug)]
pub struct Start {
    /// Its folder.
    pub home: Home,
    /// What its owner allows.
    pub config: Config,
    /// Its gateway, with the certificate to accept.
    pub target: Target,
    /// What it shows there.
    pub proof: Proof,
    /// The environment of the process.
    pub environment: Environment,
    /// The wall clock.
    pub clock: Clock,
}

/// What a node shows to be let in; without any it waits for approval, or shows the token it was given before.
#[derive(Clone, Default)]
pub struct Proof {
    /// The gateway's shared token.
    pub token: Option<String>,
    /// The token of a setup code.
    pub bootstrap: Option<String>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof")
            .field("token", &self.token.is_some())
            .field("bootstrap", &self.bootstrap.is_some())
            .finish()
    }
}

/// Something that whoever started the node may want to hear.
#[derive(Debug)]
pub enum Turn<'a> {
    /// It is connected.
    Connected {
        /// The node's id.
        node_id: &'a str,
        /// What it offers.
        commands: Vec<String>,
    },
    /// It is not, and tries again.
    Waiting {
        /// What happened.
        error: &'a ConnectError,
        /// After how long it tries again.
        pause: Duration,
    },
    /// The connection was lost, and it tries again.
    Lost {
        /// Why.
        why: &'a str,
    },
}

/// Why a node does not run any more.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The gateway refused it in a way that waiting does not mend, and never let it in before.
    #[error("{0}")]
    Refused(ConnectError),
    /// Its folder cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Its identity cannot be used.
    #[error(transparent)]
    Identity(#[from] StoreError),
}

/// A node that is ready to run.
#[derive(Debug)]
pub struct Host {
    start: Start,
    store: IdentityStore,
    identity: Identity,
    desk: Desk,
    _lock: Lock,
}

impl Host {
    /// Takes the folder and finds out what the machine offers.
    pub fn new(start: Start) -> Result<Self, Stopped> {
        let lock = start.home.lock()?;
        let store = start.home.identity();
        let identity = store.identity()?;
        let node_id = identity.public().id().to_owned();
        let scratch = start.home.dir().join("scratch");
        // What a node that was killed has left there; the lock says that nobody uses it.
        let _ = std::fs::remove_dir_all(&scratch);
        let machine = Machine::new(start.environment.clone(), scratch, &node_id);
        let offers =
            Arc::new(surface::collect(&start.config, &start.home, &machine, Some(start.target.clone())));
        let (repeats, clock) = (Repeats::default(), start.clock.clone());
        let own = (node_id.as_str(), start.home.dir());
        let worker = work::worker(&start.config, &machine, &start.environment, own);
        let desk = Desk { node_id: node_id.into(), offers, repeats, machine, clock, worker };
        Ok(Self { start, store, identity, desk, _lock: lock })
    }

    /// Returns the node's id.
    pub fn node_id(&self) -> &str {
        &self.desk.node_id
    }

    /// Connects once, keeps what the gateway gave, and leaves.
    pub async fn pair(&self) -> Result<(), Stopped> {
        let proof = self.start.proof.clone();
        let connection = self.connect(&proof).await.map_err(Stopped::Refused)?;
        self.keep(&connection.hello)?;
        Ok(())
    }

    /// Ends what an earlier life of this node, killed, has left running.
    async fn reap(&self) {
        let mut left = self.desk.machine.reap().await;
        if let Some(worker) = &self.desk.worker {
            left += worker.reap().await;
        }
        if left > 0 {
            tracing::warn!(left, "Ended programs that a killed node had left behind");
        }
    }

    /// Runs until `stop` fires.
    pub async fn run(self, stop: CancellationToken, mut tell: impl FnMut(Turn<'_>)) -> Result<(), Stopped> {
        self.reap().await;
        let mut backoff = Backoff::default();
        let mut proof = self.start.proof.clone();
        let mut was_in = false;
        while !stop.is_cancelled() {
            let tried = tokio::select! {
                tried = self.connect(&proof) => tried,
                () = stop.cancelled() => break,
            };
            let pause = match tried {
                Ok(connection) => {
                    self.keep(&connection.hello)?;
                    proof.bootstrap = None;
                    was_in = true;
                    let since = Instant::now();
                    let ended = self.serve(connection, &stop, &mut tell).await;
                    if ended == Ended::Stopped {
                        break;
                    }
                    if since.elapsed() > SETTLED {
                        backoff.reset();
                    }
                    backoff.next(Next::Retry, None, chance())
                }
                Err(error) => {
                    let pause = self.failed(&error, &mut proof, &mut backoff, was_in, &mut tell)?;
                    pause.ok_or(Stopped::Refused(error))?
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
        if let Some(worker) = &self.desk.worker {
            worker.leave(LEAVE).await;
        }
        self.desk.offers.close().await;
        Ok(())
    }

    async fn serve(
        &self,
        connection: Connection,
        stop: &CancellationToken,
        tell: &mut impl FnMut(Turn<'_>),
    ) -> Ended {
        let commands = self.desk.offers.commands();
        tracing::info!(gateway = %self.start.target, node = &*self.desk.node_id, commands = commands.len(), "Connected");
        self.say(true, None, None);
        tell(Turn::Connected { node_id: &self.desk.node_id, commands });
        let ended = serve(&self.desk, connection, stop).await;
        match &ended {
            Ended::Lost(why) => {
                tracing::warn!(why, "The connection was lost");
                self.say(false, Some(why.clone()), None);
                tell(Turn::Lost { why });
            }
            Ended::Stopped => self.say(false, Some("the node was stopped".into()), None),
        }
        ended
    }

    /// Draws the consequences of a failed attempt; returns how long to wait, or `None` when waiting cannot help.
    fn failed(
        &self,
        error: &ConnectError,
        proof: &mut Proof,
        backoff: &mut Backoff,
        was_in: bool,
        tell: &mut impl FnMut(Turn<'_>),
    ) -> Result<Option<Duration>, Stopped> {
        let next = after(error);
        let gateway = self.start.target.to_string();
        match next {
            Next::ForgetToken if proof.token.is_none() => self.store.keep_token(&gateway, ROLE, None)?,
            Next::ForgetCode if was_in || self.store.token(&gateway, ROLE)?.is_some() => {
                proof.bootstrap = None;
            }
            // Nobody watches a node that was let in before: it keeps asking, seldom.
            Next::Hopeless if was_in => {}
            Next::Hopeless | Next::ForgetCode => return Ok(None),
            Next::Retry | Next::Wait | Next::ForgetToken => {}
        }
        let pause = backoff.next(next, asked(error), chance());
        tracing::warn!(%error, pause = pause.as_millis(), "Not connected");
        let hint = error.pairing_request().map(|id| format!("landline devices approve {id}"));
        self.say(false, Some(error.to_string()), hint);
        tell(Turn::Waiting { error, pause });
        Ok(Some(pause))
    }

    async fn connect(&self, proof: &Proof) -> Result<Connection, ConnectError> {
        let gateway = self.start.target.to_string();
        let stored = self.store.token(&gateway, ROLE).unwrap_or_else(|error| {
            tracing::warn!(%error, "The device token cannot be read");
            None
        });
        // A setup code comes first, then a token that was named, then the one the gateway gave (protocol 3.9).
        let auth = match (&proof.bootstrap, &proof.token, stored) {
            (Some(code), ..) => AuthProof { bootstrap_token: Some(code.clone()), ..AuthProof::default() },
            (None, Some(token), _) => AuthProof { token: Some(token.clone()), ..AuthProof::default() },
            (None, None, stored) => {
                AuthProof { device_token: stored.map(|stored| stored.token), ..AuthProof::default() }
            }
        };
        connect(&self.start.target, &self.options(auth)).await
    }

    fn options(&self, auth: AuthProof) -> Options {
        let family = match std::env::consts::OS {
            "macos" => "Mac",
            "windows" => "Windows",
            _ => "Linux",
        };
        Options {
            client: ClientInfo {
                id: CLIENT_ID.into(),
                version: env!("CARGO_PKG_VERSION").into(),
                platform: std::env::consts::OS.into(),
                mode: "node".into(),
                display_name: Some(surface::name(&self.start.config)),
                device_family: Some(family.into()),
                model_identifier: None,
                instance_id: Some(self.desk.node_id.to_string()),
                time_zone: None,
            },
            role: ROLE.into(),
            scopes: Vec::new(),
            caps: self.caps(),
            surface: Surface {
                permissions: permissions(&self.desk.offers),
                commands: self.desk.offers.commands(),
                path_env: Some(self.desk.machine.search().to_string_lossy().into_owned()),
            },
            auth,
            identity: Some(self.identity.clone()),
            connect_timeout: CONNECT_TIMEOUT,
            call_timeout: CALL_TIMEOUT,
        }
    }

    fn caps(&self) -> Vec<String> {
        let mut caps = self.desk.offers.caps();
        caps.extend(self.desk.worker.is_some().then(|| work::CAP.to_owned()));
        caps
    }

    /// Keeps the device token and the gateway that gave it.
    fn keep(&self, hello: &HelloOk) -> Result<(), Stopped> {
        let gateway = self.start.target.to_string();
        if let Some(token) = &hello.auth.device_token {
            let stored = StoredToken {
                token: token.clone(),
                scopes: hello.auth.scopes.clone(),
                issued_at_ms: hello.auth.issued_at_ms.unwrap_or_default(),
            };
            self.store.keep_token(&gateway, ROLE, Some(&stored))?;
        }
        if let Target::Url { trust: Some(crate::client::Trust::Pin(pin)), .. } = &self.start.target {
            self.store.keep_pin(&gateway, *pin)?;
        }
        self.start.home.keep_known(&Known { url: gateway })?;
        Ok(())
    }

    fn say(&self, connected: bool, why: Option<String>, hint: Option<String>) {
        self.start.home.say(&Report {
            pid: std::process::id(),
            node_id: self.desk.node_id.to_string(),
            gateway: self.start.target.to_string(),
            connected,
            since_ms: self.start.clock.now(),
            why,
            hint,
        });
    }
}

/// Returns what the owner grants, by the names that phones use: only what is offered is granted.
fn permissions(offers: &Offers) -> std::collections::BTreeMap<String, bool> {
    let commands = offers.commands();
    let granted =
        [("camera", "camera.snap"), ("screenRecording", "screen.snapshot"), ("location", "location.get")];
    let granted =
        granted.into_iter().filter(|(_, command)| commands.iter().any(|offered| offered == command));
    granted.map(|(name, _)| (name.to_owned(), true)).collect()
}

const ROLE: &str = "node";
/// By this name the gateway knows that the owner's configuration stands behind each command.
const CLIENT_ID: &str = "landline-node";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long runs may take to end when the node is stopped.
const LEAVE: Duration = Duration::from_secs(6);
/// A connection that lasted this long counts as a good one.
const SETTLED: Duration = Duration::from_secs(10);
