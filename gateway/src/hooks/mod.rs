//! Calls from outside that give an agent something to do. What they say is data from strangers: it reaches the agent
//! fenced off from the owner's words, unless the owner said otherwise.

mod calls;
mod keep;
mod limits;
mod proof;
mod template;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::Clock;
use schemas::error::{DetailCode, WireError};
use secrecy::{ExposeSecret as _, SecretString};

use crate::store::{Store, StoreError};
use crate::tasks::{Engine, SubmitError};
use limits::Limits;

pub use proof::Shown;

/// What hooks are built from.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Where tasks are submitted.
    pub engine: Arc<Engine>,
    /// What callers of `/hooks/wake` and `/hooks/agent` show; `None`: these are not there.
    pub token: Option<SecretString>,
    /// Whether they may choose the conversation.
    pub allow_session_key: bool,
}

/// The hooks. Clones share them.
#[derive(Clone, Debug)]
pub struct Hooks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    limits: Mutex<Limits>,
}

/// A call that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The run.
    pub run_id: String,
    /// Whether this call started it; otherwise it repeats one that did.
    pub fresh: bool,
}

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such hook.
    #[error("There is no such hook.")]
    Unknown,
    /// It did not prove itself.
    #[error("{0}")]
    Unproved(&'static str),
    /// Too many calls, or too many that did not prove themselves; seconds to wait.
    #[error("Too many calls; try again in {0} s.")]
    TooMany(u64),
    /// The call itself is wrong.
    #[error("{0}")]
    Bad(String),
    /// Not now.
    #[error("It cannot be taken now; try again.")]
    Busy,
    /// Our fault.
    #[error("It could not be stored; the gateway's log has the cause.")]
    Ours,
}

/// Why a hook was not changed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It cannot be kept.
    #[error("{0}")]
    Invalid(String),
    /// The name is taken.
    #[error("a hook is called \"{0}\" already; remove it first, or choose another name")]
    Taken(String),
    /// No such hook.
    #[error("there is no hook \"{0}\"; `hooks.list` names those there are")]
    Unknown(String),
    /// The store failed.
    #[error("the hook could not be stored")]
    Store(#[from] StoreError),
}

impl From<HookError> for WireError {
    fn from(error: HookError) -> Self {
        let text = error.to_string();
        match error {
            HookError::Invalid(_) => Self::invalid(text).detail(DetailCode::HookInvalid),
            HookError::Taken(_) => Self::invalid(text).detail(DetailCode::HookExists),
            HookError::Unknown(_) => Self::not_found(text).detail(DetailCode::UnknownHook),
            HookError::Store(error) => error.into(),
        }
    }
}

impl Hooks {
    /// Builds them.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner { parts, limits: Mutex::default() }))
    }

    /// Says whether a caller of `/hooks/wake` or `/hooks/agent` may go on.
    pub fn admit(&self, ip: IpAddr, token: Option<&str>) -> Result<(), Refusal> {
        let kept = self.0.parts.token.as_ref().ok_or(Refusal::Unknown)?;
        self.not_locked(ip)?;
        if token.is_some_and(|token| proof::same(token, kept.expose_secret())) {
            return Ok(());
        }
        self.doubt(ip);
        Err(Refusal::Unproved("Send the hooks' token as bearer, or as X-OpenClaw-Token."))
    }

    fn not_locked(&self, ip: IpAddr) -> Result<(), Refusal> {
        match self.limits().locked(ip.to_canonical(), self.0.parts.clock.now()) {
            Some(wait) => Err(Refusal::TooMany(wait)),
            None => Ok(()),
        }
    }

    fn doubt(&self, ip: IpAddr) {
        self.limits().failed(ip.to_canonical(), self.0.parts.clock.now());
    }

    /// A panic while the lock was held leaves whole counts.
    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.0.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<SubmitError> for Refusal {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Full | SubmitError::TooMuch | SubmitError::Stopping => Self::Busy,
            SubmitError::Store => Self::Ours,
            other => Self::Bad(other.to_string()),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, source = ?std::error::Error::source(&error), "A call of a hook could not be looked at");
        Self::Ours
    }
}
