//! Composition: builds every part in floor order, starts the jobs, ends them in reverse. The only file that
//! knows all parts.

mod bell;
mod certificate;
mod engine;
mod lock;
mod roster;
mod rounds;
mod workers;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemas::error::WireError;
use schemas::event::{Event, Shutdown};
use schemas::{Clock, Fingerprint};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Notify;

use crate::approvals::Approvals;
use crate::bridge::{self, Bridge, Roster};
use crate::canvas::Canvas;
use crate::chat::Chat;
use crate::config::{Agents, Config, ConfigFile, Overrides, WriteLimiter, find_program, prepare_state_dir};
use crate::connection::{Hello, Lobby};
use crate::door::{Door, bind, bind_aside, bind_local, listen_aside, raise_file_limit};
use crate::fleet::{self, Fleet};
use crate::hooks::{self, Hooks};
use crate::hub::{End, Hub};
use crate::methods::gateway::new_link;
use crate::methods::system::HealthBoard;
use crate::methods::{Idempotency, Services, protocol};
use crate::schedule::{self, Schedules};
use crate::security::{Certificate, Principal, Security, Settings, load_identity};
use crate::store::Store;
use crate::supervise::{Job, Jobs};
use crate::tasks::Engine;
use crate::work::{self, Workers};

pub use certificate::certificate_source;
pub use lock::LockError;

/// What the starting program knows and the configuration does not.
#[derive(Debug)]
pub struct StartOptions {
    /// Flags and environment, for later changes of the configuration.
    pub overrides: Overrides,
    /// The PATH on which agents' programs are found.
    pub path_env: Option<std::ffi::OsString>,
    /// The log file that `logs.tail` reads.
    pub log_file: PathBuf,
    /// The time.
    pub clock: Clock,
}

/// Why the gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another gateway has the state directory.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The state directory cannot be used.
    #[error(transparent)]
    StateDir(#[from] crate::config::ConfigError),
    /// The port is taken, or the address is not this machine's.
    #[error("cannot listen on {address}: {source}; choose another with --port, or --port 0 for a free one")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The local socket cannot be made.
    #[error("cannot make the local socket {path}: {source}")]
    LocalSocket {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the database in the state directory")]
    Store(#[from] crate::store::StoreError),
    /// The gateway's own key cannot be read or made.
    #[error(transparent)]
    Identity(#[from] crate::security::IdentityError),
    /// TLS is wanted, but there is no certificate for it.
    #[error(transparent)]
    Certificate(#[from] crate::security::CertificateError),
    /// TLS is wanted, but cannot be spoken.
    #[error("no TLS: {0}")]
    Tls(String),
}

/// A gateway that serves.
#[derive(Debug)]
pub struct Running {
    services: Arc<Services>,
    address: SocketAddr,
    local_socket: PathBuf,
    _lock: lock::StateLock,
}

/// Starts the gateway: when this returns it serves.
pub async fn start(config: Config, options: StartOptions) -> Result<Running, StartError> {
    prepare_state_dir(&config.state_dir)?;
    let lock = lock::StateLock::take(&config.state_dir)?;
    raise_file_limit();
    let listener = listen(&config).await?;
    let address =
        listener.local_addr().map_err(|source| StartError::Bind { address: wanted(&config), source })?;
    let local_socket = config.state_dir.join("landline.sock");
    let local = bind_local(&local_socket)
        .map_err(|source| StartError::LocalSocket { path: local_socket.clone(), source })?;
    lock.name(address);
    let plain = !config.gateway.tls.enabled;
    let aside = bind_aside(address, plain).await.map_err(|source| StartError::Bind { address, source })?;
    let agents_at = aside.as_ref().and_then(|aside| aside.local_addr().ok()).unwrap_or(address);
    let services = build(&config, &options, (address, agents_at)).await?;
    // What had not ended is taken up before anything new can be asked for, so that order is kept.
    services.approvals.recover().await?;
    services.engine.recover().await?;
    open_door(&config, &services, (listener, aside), local)?;
    rounds::start(&services);
    start_channels(&config, &services);
    Ok(Running { services, address, local_socket, _lock: lock })
}

fn wanted(config: &Config) -> SocketAddr {
    SocketAddr::new(config.gateway.host.0, config.gateway.port)
}

async fn listen(config: &Config) -> Result<TcpListener, StartError> {
    bind(&config.gateway).await.map_err(|source| StartError::Bind { address: wanted(config), source })
}

async fn build(
    config: &Config,
    options: &StartOptions,
    (address, agents_at): (SocketAddr, SocketAddr),
) -> Result<Arc<Services>, StartError> {
    let clock = options.clock.clone();
    let jobs = Jobs::default();
    let store = Store::open(&config.state_dir.join("landline.db"))?;
    let carried = store.clone();
    jobs.keep(Job::Relay, move || carried.clone().relay());
    let hub = Arc::new(Hub::new(clock.clone()));
    hub.presence.add_self(host_name(), env!("CARGO_PKG_VERSION"));
    let agents = agents(config, options);
    roster::make_workspaces(&agents, &config.state_dir);
    roster::sweep_runs(&config.state_dir);
    let settings = settings(config, &clock, address)?;
    let security = Arc::new(Security::open(store.clone(), clock.clone(), Arc::clone(&hub), settings)?);
    let approvals =
        Approvals::new(store.clone(), Arc::clone(&hub), clock.clone(), jobs.clone(), &config.state_dir);
    let fleet = open_fleet(config, (&store, &clock, &hub, &approvals))?;
    let workers = Workers::new(work::Parts {
        clock: clock.clone(),
        hub: Arc::clone(&hub),
        jobs: jobs.clone(),
        patience: work::Patience::default(),
    });
    let chat = Chat::new(store.clone(), Arc::clone(&hub), clock.clone(), jobs.clone(), approvals.clone());
    let ended = Arc::new(Notify::new());
    let engine =
        engine::open(config, (&agents, agents_at), (&store, &clock, &jobs), (&security, &chat, &ended))?;
    workers::join(&workers, &engine);
    let (schedules, hooks) = timed(config, &clock, (&store, &hub, &engine), ended);
    let bridge = Bridge::new(bridge_parts(config, &clock, (&store, &hub, &chat, &engine, &jobs)));
    let roster =
        Roster::new(bridge.clone(), config.home().map(Path::to_owned), |name| std::env::var_os(name));
    Ok(Arc::new(Services {
        bridge,
        roster,
        schedules,
        hooks,
        config: ConfigFile::new(config, options.overrides.clone(), clock.clone()),
        config_writes: WriteLimiter::new(clock.clone()),
        canvas: Canvas::new(&config.state_dir, Arc::clone(&hub), clock.clone()),
        idempotency: Idempotency::open(store.clone(), clock.clone())?,
        behind_proxy: config.gateway.behind_proxy,
        metrics_public_on_loopback: config.gateway.metrics_public_on_loopback,
        openai: config.gateway.openai,
        health: HealthBoard::default(),
        log_file: options.log_file.clone(),
        state_dir: config.state_dir.clone(),
        started: Instant::now(),
        clock,
        store,
        hub,
        security,
        fleet,
        workers,
        engine,
        chat,
        approvals,
        agents,
        jobs,
    }))
}

/// What the clock and other programs start.
fn timed(
    config: &Config,
    clock: &Clock,
    (store, hub, engine): (&Store, &Arc<Hub>, &Arc<Engine>),
    ended: Arc<Notify>,
) -> (Schedules, Hooks) {
    let schedules = Schedules::new(schedule::Parts {
        store: store.clone(),
        clock: clock.clone(),
        hub: Arc::clone(hub),
        engine: Arc::clone(engine),
        ended,
    });
    let hooks = Hooks::new(hooks::Parts {
        store: store.clone(),
        clock: clock.clone(),
        engine: Arc::clone(engine),
        token: config.hooks.token.clone().filter(|_| config.hooks.enabled),
        allow_session_key: config.hooks.allow_request_session_key,
    });
    (schedules, hooks)
}

fn settings(config: &Config, clock: &Clock, address: SocketAddr) -> Result<Settings, StartError> {
    Ok(Settings {
        shared_token: config.gateway.token.clone(),
        gateway_url: public_url(config, address),
        identity: load_identity(&config.state_dir.join("identity.key"))?,
        certificate: certificate::open(config, clock.now(), host_name())?,
    })
}

fn open_fleet(
    config: &Config,
    (store, clock, hub, approvals): (&Store, &Clock, &Arc<Hub>, &Approvals),
) -> Result<Arc<Fleet>, StartError> {
    let parts = fleet::Parts {
        store: store.clone(),
        clock: clock.clone(),
        hub: Arc::clone(hub),
        approvals: approvals.clone(),
        commands: config.nodes.commands.clone(),
    };
    Ok(Arc::new(Fleet::open(parts)?))
}

fn bridge_parts(
    config: &Config,
    clock: &Clock,
    (store, hub, chat, engine, jobs): (&Store, &Arc<Hub>, &Chat, &Arc<Engine>, &Jobs),
) -> bridge::Parts {
    bridge::Parts {
        store: store.clone(),
        clock: clock.clone(),
        jobs: jobs.clone(),
        engine: Arc::clone(engine),
        chat: chat.clone(),
        state_dir: config.state_dir.clone(),
        hub: Arc::clone(hub),
        routes: bridge::Routes::of(config),
        pace: bridge::Pace::default(),
    }
}

fn agents(config: &Config, options: &StartOptions) -> Agents {
    let claude = options.path_env.as_deref().and_then(|path| find_program("claude", path));
    config.agents(claude.as_deref())
}

fn public_url(config: &Config, address: SocketAddr) -> String {
    let scheme = if config.gateway.tls.enabled { "https" } else { "http" };
    match &config.gateway.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None if address.ip().is_unspecified() => format!("{scheme}://127.0.0.1:{}", address.port()),
        None => format!("{scheme}://{address}"),
    }
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn open_door(
    config: &Config,
    services: &Arc<Services>,
    (listener, aside): (TcpListener, Option<TcpListener>),
    local: UnixListener,
) -> Result<(), StartError> {
    let tls = services.security.certificate().map(Certificate::server_config).transpose();
    let tls = tls.map_err(|error| StartError::Tls(error.to_string()))?;
    let table = Arc::new(protocol());
    let hello = Hello::new(&table);
    let lobby = Arc::new(Lobby { services: Arc::clone(services), table, hello });
    if let Some(aside) = aside {
        services.jobs.spawn(Job::Listener, listen_aside(Arc::clone(&lobby), aside));
    }
    let door = Door::new(&config.gateway, tls, lobby, services.jobs.clone());
    services.jobs.spawn(Job::Listener, Arc::clone(&door).listen(listener));
    services.jobs.spawn(Job::Listener, door.listen_local(local));
    Ok(())
}

/// Chat platforms start beside everything else: none of them holds up the door.
fn start_channels(config: &Config, services: &Arc<Services>) {
    let (config, services) = (config.clone(), Arc::clone(services));
    services.jobs.clone().spawn(Job::Bridge, async move {
        let started = async {
            services.bridge.start().await?;
            services.roster.apply(&config).await
        };
        if let Err(error) = started.await {
            tracing::error!(%error, "The accounts on chat platforms could not be started");
        }
    });
}

impl Running {
    /// Returns what the gateway is made of, to look behind its port.
    #[cfg(test)]
    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Returns the address people and clients use.
    pub fn url(&self) -> String {
        let scheme = if self.fingerprint().is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Returns the fingerprint of the certificate that the port shows, if it speaks TLS.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.services.security.certificate().map(|certificate| certificate.fingerprint())
    }

    /// Makes a one-time link that lets a browser in.
    pub async fn dashboard_link(&self) -> Result<String, WireError> {
        Ok(new_link(&self.services.security, &Principal::gateway()).await?.url)
    }

    /// Serves until `stop` is done or the gateway cannot go on; then ends everything in order. Returns whether
    /// it was asked to stop.
    pub async fn wait(self, stop: impl Future<Output = ()>) -> bool {
        let jobs = self.services.jobs.clone();
        let asked = tokio::select! {
            () = stop => true,
            () = jobs.stopping().cancelled() => false,
        };
        self.stop().await;
        asked
    }

    async fn stop(self) {
        let services = self.services;
        let shutdown = Shutdown { reason: "gateway stopping".into(), restart_expected_ms: None };
        services.hub.publish(Event::Shutdown, &shutdown, None);
        services.hub.close(&End::restart(), |_| true);
        services.workers.leave();
        services.engine.leave();
        if !services.jobs.stop(GRACE).await {
            tracing::warn!("Some jobs did not end in time");
        }
        services.store.close().await;
        drop(std::fs::remove_file(&self.local_socket));
        let left = Arc::strong_count(&services);
        if left > 1 {
            tracing::warn!(left, "Something still holds the gateway's parts");
        }
    }
}

/// Returns the file that a gateway in `state_dir` keeps locked.
pub fn lock_file(state_dir: &Path) -> PathBuf {
    state_dir.join("gateway.lock")
}

/// Time that connections and runs get to end by themselves.
const GRACE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
