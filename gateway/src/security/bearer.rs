//! The bearer of an HTTP request: the shared token, or the token of a paired device, and what each may do.

use schemas::{Role, Scope, Scopes};

use super::admit::principal;
use super::attempt::Peer;
use super::throttle::{Kind, Source};
use super::{Principal, Security, token};

/// Why a bearer lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerRefusal {
    /// There is none, or it is wrong.
    Unknown,
    /// Too many were wrong from there; how long to wait, in milliseconds.
    Locked(u64),
}

impl Security {
    /// Says who sends an HTTP request with this bearer.
    ///
    /// The shared token is the owner's: it may do everything (protocol 9.1). A device's token may read and write if its
    /// device was approved for that; its key is not asked for here, so a stolen token must not reach approvals, pairing
    /// or the configuration. A wrong bearer counts as one failed proof.
    pub fn by_bearer(&self, peer: &Peer, bearer: Option<&str>) -> Result<Principal, BearerRefusal> {
        let source = Source::of(peer);
        if let Some(wait) = self.throttle.locked(Kind::Secret, &source) {
            return Err(BearerRefusal::Locked(wait));
        }
        let bearer = bearer.filter(|text| !text.is_empty()).ok_or(BearerRefusal::Unknown)?;
        if self.live().shared_token.is_some_and(|kept| token::fits(bearer, &kept)) {
            return Ok(Principal { actor: "token".into(), ..Principal::gateway() });
        }
        if let Some(device) = self.device_of(bearer) {
            return Ok(device);
        }
        self.throttle.failed(Kind::Secret, &source);
        Err(BearerRefusal::Unknown)
    }

    /// Finds the device whose operator token this is.
    fn device_of(&self, bearer: &str) -> Option<Principal> {
        let state = self.state();
        let known =
            state.devices.values().find(|known| known.proves(Role::Operator, std::iter::once(bearer)))?;
        let granted = known.grant(Role::Operator)?.scopes;
        let scopes: Scopes =
            [Scope::Read, Scope::Write].into_iter().filter(|scope| granted.grants(*scope)).collect();
        let id = known.row.id.as_str();
        Some(principal(format!("device:{id}"), Role::Operator, (scopes, scopes), Some(id)))
    }
}
