//! Who you are (devices, tokens, pairing, throttle) and what you may do.
//!
//! Everything that a handshake needs is in memory; each change is handed to the store in the order in which it
//! was made and is on the disk before anyone is told of it.

mod admit;
mod attempt;
mod bearer;
mod bootstrap;
mod certificate;
mod custody;
mod enter;
mod identity;
mod pairing;
mod passes;
mod principal;
mod proof;
mod refusal;
mod self_signed;
mod state;
#[cfg(test)]
mod tests;
mod throttle;
mod token;
mod workers;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::Clock;
use schemas::device::{Identity, PublicKey};
use secrecy::{ExposeSecret, SecretString};

use crate::hub::Hub;
use crate::store::workers::load_worker_tokens;
use crate::store::{
    AuditEntry, DEFAULT_ORG, Saving, Store, StoreError, TokenHash, append_audit, load_identities, put_device,
};

use state::{Known, State};
use throttle::{Kind, Source, Throttle};
use workers::WorkerTokens;

pub use attempt::{Admission, Attempt, Peer, Seal};
pub use bearer::BearerRefusal;
pub use bootstrap::{Bootstrap, BootstrapKind};
pub use certificate::{Certificate, CertificateError, CertificateSource};
pub use identity::{IdentityError, load_identity};
pub use passes::{Bearer, Holder, Pass, Passes, ToolSet};
pub use principal::Principal;
pub use refusal::Refusal;
pub use workers::WorkerPass;

/// Makes a secret that nobody can guess.
pub fn new_secret() -> String {
    token::new_token()
}

/// What the configuration says.
#[derive(Debug)]
pub struct Settings {
    /// The shared token; `None`: only devices and one-time tokens get in.
    pub shared_token: Option<SecretString>,
    /// The address that links and setup codes name, such as `http://127.0.0.1:18789`.
    pub gateway_url: String,
    /// The gateway's own identity.
    pub identity: Identity,
    /// The certificate that the port shows, if it speaks TLS.
    pub certificate: Option<Arc<Certificate>>,
}

/// Decides who gets in, and keeps the books on it.
#[derive(Debug)]
pub struct Security {
    store: Store,
    clock: Clock,
    hub: Arc<Hub>,
    identity: Identity,
    certificate: Option<Arc<Certificate>>,
    settings: Mutex<Live>,
    throttle: Throttle,
    passes: Arc<Passes>,
    workers: WorkerTokens,
    /// A plain mutex: it is held for look-ups and small changes, never across I/O.
    state: Mutex<State>,
}

/// Settings that can change while running.
#[derive(Debug)]
struct Live {
    shared_token: Option<TokenHash>,
    gateway_url: String,
}

impl Security {
    /// Reads what the store knows of devices, tokens and requests.
    pub fn open(store: Store, clock: Clock, hub: Arc<Hub>, settings: Settings) -> Result<Self, StoreError> {
        let state = State::load(store.read_now(load_identities)?)?;
        let security = Self {
            throttle: Throttle::new(clock.clone()),
            passes: Arc::default(),
            workers: WorkerTokens::of(store.read_now(load_worker_tokens)?),
            state: Mutex::new(state),
            settings: Mutex::new(Live { shared_token: None, gateway_url: settings.gateway_url }),
            identity: settings.identity,
            certificate: settings.certificate,
            store,
            clock,
            hub,
        };
        security.set_shared_token(settings.shared_token.as_ref());
        Ok(security)
    }

    /// Sets the shared token from now on. Connections that came in with the old one are not closed here.
    pub fn set_shared_token(&self, token: Option<&SecretString>) {
        let filled = token.map(ExposeSecret::expose_secret).filter(|token| !token.is_empty());
        self.live().shared_token = filled.map(token::hash);
    }

    /// Sets the address that links and setup codes name, once the port is known.
    pub fn set_gateway_url(&self, url: impl Into<String>) {
        self.live().gateway_url = url.into();
    }

    /// Returns the address that links and setup codes name.
    pub fn gateway_url(&self) -> String {
        self.live().gateway_url.trim_end_matches('/').to_owned()
    }

    /// Returns the gateway's own public key.
    pub fn identity(&self) -> &PublicKey {
        self.identity.public()
    }

    /// Returns the passes of running agents.
    pub fn passes(&self) -> &Arc<Passes> {
        &self.passes
    }

    /// Returns the certificate that the port shows, if it speaks TLS.
    pub fn certificate(&self) -> Option<&Arc<Certificate>> {
        self.certificate.as_ref()
    }

    /// Says whether what an admission rests on still stands; ask once the connection is in the hub.
    pub fn holds(&self, seal: &Seal) -> bool {
        seal.0
            .as_ref()
            .is_none_or(|(id, epoch)| self.state().devices.get(id).is_some_and(|known| known.epoch == *epoch))
    }

    /// Says whether the bearer of an HTTP request is the shared token. Wrong ones count as failed proofs.
    pub fn check_bearer(&self, peer: &Peer, bearer: Option<&str>) -> bool {
        let source = Source::of(peer);
        let Some(bearer) = bearer.filter(|_| self.throttle.locked(Kind::Secret, &source).is_none()) else {
            return false;
        };
        let good = self.live().shared_token.is_some_and(|kept| token::fits(bearer, &kept));
        if !good {
            self.throttle.failed(Kind::Secret, &source);
        }
        good
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A panic while the lock was held leaves whole rows, so poisoning is ignored.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a device's row and the audit entries on it to the store; call it with the state locked.
    fn save(&self, known: &Known, audit: Vec<AuditEntry>) -> Saving {
        let row = known.row.clone();
        self.store.write_in_order(move |db| {
            put_device(db, &row)?;
            audit.iter().try_for_each(|entry| append_audit(db, entry))
        })
    }

    /// Returns an entry for the audit trail.
    fn entry(&self, who: &Principal, action: &str, target: &str, detail: impl Into<String>) -> AuditEntry {
        AuditEntry { org: who.org.to_string(), ..self.entry_by(&who.actor, action, target, detail) }
    }

    fn entry_by(&self, actor: &str, action: &str, target: &str, detail: impl Into<String>) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            org: DEFAULT_ORG.into(),
            actor: actor.into(),
            action: action.into(),
            target: target.into(),
            outcome: "ok".into(),
            detail: detail.into(),
        }
    }

    /// Writes down that somebody was refused something; nobody waits for it.
    fn denied(&self, who: &Principal, action: &str, target: &str, detail: impl Into<String>) {
        let entry = AuditEntry { outcome: "denied".into(), ..self.entry(who, action, target, detail) };
        self.store.write_later(move |db| append_audit(db, &entry));
    }
}
