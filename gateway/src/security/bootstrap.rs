//! One-time tokens: the browser's link and setup codes (protocol 7.4).
//!
//! Each works once, for ten minutes, for the first device that shows it; only its hash is kept.

use std::sync::Arc;

use schemas::bounds::{BOOTSTRAP_TTL, MAX_BOOTSTRAPS};
use schemas::clock::Millis;
use schemas::connect::IssuedToken;
use schemas::device::PublicKey;
use schemas::error::WireError;
use schemas::event::Event;
use schemas::methods::devices::{SetupAccess, SetupCompleted};
use schemas::{Role, Scope, Scopes};
use secrecy::SecretString;
use strum::IntoEnumIterator as _;
use uuid::Uuid;

use super::admit::{How, Judged, Visit};
use super::refusal::Refusal;
use super::state::{Approver, State, lacking};
use super::throttle::{Kind, millis};
use super::{Principal, Security, token};
use crate::store::{BootstrapRow, append_audit, put_bootstrap, remove_bootstrap};

/// What a one-time token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootstrapKind {
    /// The owner's browser: an operator with every scope.
    Browser,
    /// A phone or another machine.
    Setup(SetupAccess),
}

/// A new one-time token.
#[derive(Debug)]
pub struct Bootstrap {
    /// Its id, which is no secret.
    pub id: String,
    /// The token.
    pub token: SecretString,
    /// When it stops working.
    pub expires_at: Millis,
}

impl BootstrapKind {
    fn name(self) -> String {
        match self {
            Self::Browser => BROWSER.into(),
            Self::Setup(access) => access.to_string(),
        }
    }

    fn parse(name: &str) -> Option<Self> {
        if name == BROWSER { Some(Self::Browser) } else { name.parse().ok().map(Self::Setup) }
    }

    /// Returns the roles that it gives, with their scopes.
    fn gives(self) -> Vec<(Role, Scopes)> {
        let node = (Role::Node, Scopes::none());
        match self {
            Self::Browser => vec![(Role::Operator, Scopes::all())],
            Self::Setup(SetupAccess::Full) => vec![node, (Role::Operator, Scopes::all())],
            Self::Setup(SetupAccess::Limited) => vec![node, (Role::Operator, limited())],
            Self::Setup(SetupAccess::Node) => vec![node],
        }
    }

    fn scopes(self) -> Scopes {
        self.gives().into_iter().fold(Scopes::none(), |all, (_, scopes)| all.union(scopes))
    }
}

impl Security {
    /// Makes a one-time token. Its maker must have what it gives.
    pub async fn create_bootstrap(
        &self,
        who: &Principal,
        kind: BootstrapKind,
    ) -> Result<Bootstrap, WireError> {
        if who.role != Role::Operator || !who.reach.covers(kind.scopes()) {
            self.denied(who, "device.bootstrap.create", &kind.name(), "lacks what it gives");
            return Err(WireError::missing_scope(Scope::Admin));
        }
        let secret = token::new_token();
        let row = BootstrapRow {
            id: Uuid::new_v4().to_string(),
            token: token::hash(&secret),
            kind: kind.name(),
            expires_at: self.clock.now() + millis(BOOTSTRAP_TTL),
            org: who.org.to_string(),
            actor: who.actor.to_string(),
        };
        let made =
            Bootstrap { id: row.id.clone(), token: SecretString::from(secret), expires_at: row.expires_at };
        let saving = {
            let mut state = self.state();
            self.expire(&mut state, self.clock.now());
            let oldest = (state.bootstraps.len() >= MAX_BOOTSTRAPS).then(|| state.bootstraps.remove(0).id);
            state.bootstraps.push(row.clone());
            let entry = self.entry(who, "device.bootstrap.create", &row.id, kind.name());
            self.store.write_in_order(move |db| {
                oldest.iter().try_for_each(|id| remove_bootstrap(db, id))?;
                put_bootstrap(db, &row)?;
                append_audit(db, &entry)
            })
        };
        saving.done().await?;
        Ok(made)
    }

    /// Lets the first device in that shows a one-time token.
    pub(super) fn by_bootstrap(
        &self,
        state: &mut State,
        visit: &Visit<'_>,
        key: &Arc<PublicKey>,
        shown: &str,
    ) -> Judged {
        self.expire(state, visit.now);
        let found = state.bootstraps.iter().position(|row| token::fits(shown, &row.token));
        let Some(index) = found else {
            self.throttle.failed(Kind::Bootstrap, &visit.source);
            return Err(Refusal::bootstrap_invalid());
        };
        let kind =
            BootstrapKind::parse(&state.bootstraps[index].kind).ok_or_else(Refusal::bootstrap_invalid)?;
        let gives = kind.gives();
        let scopes = gives.iter().find(|(role, _)| *role == visit.role).map(|(_, scopes)| *scopes);
        let lacking = lacking(scopes.ok_or_else(Refusal::bootstrap_invalid)?, visit.asked);
        if !lacking.is_empty() {
            return Err(Refusal::scope_mismatch(&lacking));
        }
        let row = state.bootstraps.remove(index);
        let id = row.id.clone();
        // Before the device's row: if only one of the two reaches the disk, the token must not work twice.
        self.store.write_later(move |db| remove_bootstrap(db, &id));
        // The maker had all of this when they made it.
        let maker = Approver { actor: &row.actor, org: &row.org, scopes: kind.scopes(), via: "bootstrap" };
        let entry = self.let_in(state, visit, key, &maker, &gives)?;
        self.settle(state, key.id(), "approved");
        let others = others(state, visit, key.id(), &gives);
        let (mut admission, saving) = self.enter(state, visit, key.id(), How::Bootstrap, vec![entry])?;
        admission.auth.device_tokens = (!others.is_empty()).then_some(others);
        self.resolved(row.id.clone(), key.id().to_owned(), "approved");
        if let BootstrapKind::Setup(access) = kind {
            let device_name = visit.attempt.params.client.display_name.clone();
            let ts = visit.now;
            let done =
                SetupCompleted { setup_id: row.id, device_id: key.id().to_owned(), device_name, access, ts };
            self.hub.publish(Event::DevicePairSetupCompleted, &done, None);
        }
        Ok((admission, saving))
    }
}

/// Returns the tokens for the roles that this connection does not have.
fn others(state: &mut State, visit: &Visit<'_>, id: &str, gives: &[(Role, Scopes)]) -> Vec<IssuedToken> {
    let Some(known) = state.devices.get_mut(id) else { return Vec::new() };
    let mut tokens = Vec::new();
    for (role, _) in gives.iter().filter(|(role, _)| *role != visit.role) {
        let Some((device_token, issued_at_ms, _)) = known.hand_out(*role, visit.now) else { continue };
        let scopes = known.grant(*role).map(|grant| grant.scopes.names()).unwrap_or_default();
        tokens.push(IssuedToken { device_token, role: role.to_string(), scopes, issued_at_ms });
    }
    tokens
}

/// Everything but what lets others in.
fn limited() -> Scopes {
    Scope::iter().filter(|scope| !matches!(scope, Scope::Admin | Scope::Pairing)).collect()
}

const BROWSER: &str = "browser";
