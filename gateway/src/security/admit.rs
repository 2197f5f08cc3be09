//! The decision whether a connection comes in (protocol 3.5), from top to bottom:
//!
//! 1. the version, the role, the owner's Unix socket;
//! 2. proof of the key, if a device is shown;
//! 3. a device token of that device: in, whatever else happens at its address;
//! 4. the throttle;
//! 5. a one-time token, the shared token, a pairing that was approved, in this order.

use std::sync::Arc;

use schemas::clock::Millis;
use schemas::connect::{ClientInfo, DeviceProof, HelloAuth, negotiate};
use schemas::device::PublicKey;
use schemas::{Role, Scopes};

use super::attempt::{Admission, Attempt, Seal, Shown};
use super::proof;
use super::refusal::{Reason, Refusal};
use super::state::{Approver, Known, State, lacking};
use super::throttle::{Kind, Source};
use super::{Principal, Security, token};
use crate::store::{DEFAULT_ORG, Saving};

/// An attempt that has passed the first checks.
pub(super) struct Visit<'a> {
    pub(super) attempt: Attempt<'a>,
    pub(super) protocol: u32,
    pub(super) role: Role,
    pub(super) asked: Scopes,
    pub(super) shown: Shown<'a>,
    pub(super) source: Source,
    pub(super) now: Millis,
}

/// What got a device in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    DeviceToken,
    /// Its key, after an approval, to fetch its token.
    Owed,
    Secret,
    Bootstrap,
}

impl How {
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::DeviceToken | Self::Owed => "device-token",
            Self::Secret => "token",
            Self::Bootstrap => "bootstrap-token",
        }
    }
}

pub(super) type Judged = Result<(Admission, Saving), Refusal>;

impl Security {
    /// Decides on a `connect`. Returns once everything that the answer tells of is on the disk.
    pub async fn admit(&self, attempt: Attempt<'_>) -> Result<Admission, Refusal> {
        let (admission, saving) = self.judge(attempt)?;
        saving.done().await.map_err(|error| Refusal::ours(&error))?;
        Ok(admission)
    }

    fn judge(&self, attempt: Attempt<'_>) -> Judged {
        let params = attempt.params;
        let (min, max) = (params.min_protocol, params.max_protocol);
        let protocol = negotiate(min, max).ok_or_else(|| Refusal::protocol(min, max))?;
        let role: Role = params.role.as_deref().unwrap_or("operator").parse().map_err(|_| Refusal::role())?;
        let asked = if role == Role::Node { Scopes::none() } else { Scopes::parse(&params.scopes) };
        let visit = Visit {
            attempt,
            protocol,
            role,
            asked,
            shown: Shown::of(params.auth.as_ref()),
            source: Source::of(attempt.peer),
            now: self.clock.now(),
        };
        match (attempt.peer.unix_uid, &params.device) {
            (Some(uid), _) if role == Role::Operator => Ok(local_owner(&visit, uid)),
            (_, Some(device)) => self.with_device(&visit, device),
            (_, None) => self.without_device(&visit),
        }
    }

    fn with_device(&self, visit: &Visit<'_>, device: &DeviceProof) -> Judged {
        let known = self.state().devices.get(&device.id).map(|known| Arc::clone(&known.key));
        if known.is_none() {
            self.not_locked(&[Kind::Signature], &visit.source)?;
        }
        let Attempt { params, nonce, .. } = visit.attempt;
        let key = proof::verify(params, device, nonce, visit.now, known).map_err(|flaw| {
            self.throttle.failed(Kind::Signature, &visit.source);
            Refusal::flaw(flaw)
        })?;
        let mut state = self.state();
        if let Some(judged) = self.by_device_token(&mut state, visit, &key) {
            return judged;
        }
        self.not_locked(&visit.shown.kinds(), &visit.source)?;
        if let Some(token) = visit.shown.bootstrap {
            return self.by_bootstrap(&mut state, visit, &key, token);
        }
        if visit.shown.has_secret() || visit.shown.device_token.is_some() {
            self.check_secret(visit)?;
            return self.by_secret(&mut state, visit, &key);
        }
        self.by_nothing(&mut state, visit, &key)
    }

    /// No device: only the shared token can help, and browsers and nodes are told so before it is looked at.
    fn without_device(&self, visit: &Visit<'_>) -> Judged {
        if visit.attempt.peer.origin.is_some() {
            return Err(Refusal::browser_device_required());
        }
        if visit.role == Role::Node || !visit.shown.has_secret() {
            return Err(Refusal::device_required());
        }
        self.not_locked(&visit.shown.kinds(), &visit.source)?;
        self.check_secret(visit)?;
        // Without a device there is nobody to hold to account: only one's own command-line tools on the
        // gateway's machine keep their scopes.
        let client = &visit.attempt.params.client;
        let trusted = visit.attempt.peer.local && is_own_tool(client);
        let scopes = if trusted { visit.asked } else { Scopes::none() };
        let principal = principal(
            "token".into(),
            visit.role,
            (scopes, if trusted { Scopes::all() } else { scopes }),
            None,
        );
        Ok((visit.admission(principal, "token", Seal::default()), Saving::default()))
    }

    fn not_locked(&self, kinds: &[Kind], source: &Source) -> Result<(), Refusal> {
        let wait = kinds.iter().filter_map(|kind| self.throttle.locked(*kind, source)).max();
        wait.map_or(Ok(()), |wait| Err(Refusal::rate_limited(wait)))
    }

    /// Refuses a wrong shared token. A stale device token beside the right shared token does no harm; beside
    /// a wrong one, each counts.
    fn check_secret(&self, visit: &Visit<'_>) -> Result<(), Refusal> {
        let kept = self.live().shared_token;
        let shown = visit.shown;
        if kept.is_some_and(|kept| shown.secrets().any(|secret| token::fits(secret, &kept))) {
            return Ok(());
        }
        if shown.has_secret() && !shown.only_device_token() {
            self.throttle.failed(Kind::Secret, &visit.source);
        }
        if shown.device_token.is_some() {
            self.throttle.failed(Kind::DeviceToken, &visit.source);
            return Err(Refusal::device_token_mismatch());
        }
        if kept.is_none() {
            return Err(Refusal::not_configured());
        }
        Err(Refusal::token_mismatch(visit.attempt.params.device.is_some()))
    }

    /// Returns `None` if no device token was shown that is in force.
    fn by_device_token(&self, state: &mut State, visit: &Visit<'_>, key: &Arc<PublicKey>) -> Option<Judged> {
        let known = state.devices.get(key.id())?;
        if !known.proves(visit.role, visit.shown.device_tokens()) {
            return None;
        }
        Some(self.as_known(state, visit, key, How::DeviceToken))
    }

    /// A device that has its role and shows no secret but its own.
    fn as_known(&self, state: &mut State, visit: &Visit<'_>, key: &Arc<PublicKey>, how: How) -> Judged {
        let Some(known) = state.devices.get(key.id()) else { return Err(Refusal::token_missing()) };
        if is_other_machine(known, visit) {
            return Err(self.ask(state, visit, key, Reason::Metadata, how == How::DeviceToken));
        }
        let has = known.grant(visit.role).map(|grant| grant.scopes).unwrap_or_default();
        let lacking = lacking(has, visit.asked);
        if how == How::Owed && !lacking.is_empty() {
            return Err(self.ask(state, visit, key, Reason::Scope, false));
        }
        if !lacking.is_empty() {
            return Err(Refusal::scope_mismatch(&lacking));
        }
        self.enter(state, visit, key.id(), how, Vec::new())
    }

    /// The shared token was right: silent for one's own programs on the gateway's machine, else somebody has
    /// to approve what the device does not have yet. Browsers are never silent: any page can reach loopback.
    fn by_secret(&self, state: &mut State, visit: &Visit<'_>, key: &Arc<PublicKey>) -> Judged {
        let known = state.devices.get(key.id());
        let reason = match known {
            None => Some(Reason::NotPaired),
            Some(known) if is_other_machine(known, visit) => Some(Reason::Metadata),
            Some(known) => match known.grant(visit.role) {
                None => Some(Reason::Role),
                Some(grant) if !grant.scopes.covers(visit.asked) => Some(Reason::Scope),
                Some(_) => None,
            },
        };
        let Some(reason) = reason else { return self.enter(state, visit, key.id(), How::Secret, Vec::new()) };
        let peer = visit.attempt.peer;
        let revoked = known.is_some_and(|known| known.is_revoked(visit.role));
        // What somebody ended must not come back by itself.
        let silent = peer.local && peer.origin.is_none() && reason != Reason::Metadata && !revoked;
        if !silent {
            return Err(self.ask(state, visit, key, reason, true));
        }
        let holder = Approver { actor: "token", org: DEFAULT_ORG, scopes: Scopes::all(), via: "silent" };
        let entry = self.let_in(state, visit, key, &holder, &[(visit.role, visit.asked)])?;
        self.settle(state, key.id(), "approved");
        self.enter(state, visit, key.id(), How::Secret, vec![entry])
    }

    /// Nothing but the key: good once, after an approval. A browser may ask for one.
    fn by_nothing(&self, state: &mut State, visit: &Visit<'_>, key: &Arc<PublicKey>) -> Judged {
        let known = state.devices.get(key.id());
        let owed = known.and_then(|known| known.grant(visit.role)).map_or(0, |grant| grant.owed_until);
        if owed > visit.now {
            return self.as_known(state, visit, key, How::Owed);
        }
        if visit.attempt.peer.origin.is_none() {
            return Err(Refusal::token_missing());
        }
        let reason = match known {
            None => Reason::NotPaired,
            Some(known) if known.grant(visit.role).is_none() => Reason::Role,
            Some(_) => Reason::Scope,
        };
        Err(self.ask(state, visit, key, reason, false))
    }
}

impl Visit<'_> {
    pub(super) fn admission(&self, principal: Principal, method: &'static str, seal: Seal) -> Admission {
        let auth = HelloAuth {
            role: principal.role.to_string(),
            scopes: principal.scopes.names(),
            device_token: None,
            issued_at_ms: None,
            device_tokens: None,
        };
        Admission { principal, auth, method, protocol: self.protocol, seal }
    }
}

impl Shown<'_> {
    /// Returns the kinds of proof to hold against the throttle.
    fn kinds(self) -> Vec<Kind> {
        let mut kinds = Vec::with_capacity(3);
        if self.has_secret() {
            kinds.push(Kind::Secret);
        }
        if self.device_token.is_some() {
            kinds.push(Kind::DeviceToken);
        }
        if self.bootstrap.is_some() {
            kinds.push(Kind::Bootstrap);
        }
        if kinds.is_empty() {
            kinds.push(Kind::Pairing);
        }
        kinds
    }
}

/// The socket's mode and the checked user id say that it is the owner: no token, no throttle.
fn local_owner(visit: &Visit<'_>, uid: u32) -> (Admission, Saving) {
    let scopes = if visit.attempt.params.scopes.is_empty() { Scopes::all() } else { visit.asked };
    let principal = principal(format!("local:{uid}"), Role::Operator, (scopes, Scopes::all()), None);
    (visit.admission(principal, "local", Seal::default()), Saving::default())
}

/// Returns who is acting; `rights` are its scopes and its reach.
pub(super) fn principal(
    actor: String,
    role: Role,
    (scopes, reach): (Scopes, Scopes),
    device: Option<&str>,
) -> Principal {
    let device = device.map(Into::into);
    Principal { org: DEFAULT_ORG.into(), actor: actor.into(), role, scopes, reach, device, session: None }
}

fn is_own_tool(client: &ClientInfo) -> bool {
    matches!((client.id.as_str(), client.mode.as_str()), ("cli", "cli") | ("gateway-client", "backend"))
}

/// Says whether a command-line client reports another machine than the one that was paired: a copied key.
/// Apps report their system's version as platform, so there a change means nothing.
fn is_other_machine(known: &Known, visit: &Visit<'_>) -> bool {
    let client = &visit.attempt.params.client;
    if !matches!(client.mode.as_str(), "cli" | "test") {
        return false;
    }
    let differs = |was: Option<&str>, is: Option<&str>| {
        was.is_some_and(|was| !was.trim().eq_ignore_ascii_case(is.unwrap_or("").trim()))
    };
    let about = &known.row.about;
    differs(about.platform.as_deref(), Some(&client.platform))
        || differs(about.device_family.as_deref(), client.device_family.as_deref())
}
