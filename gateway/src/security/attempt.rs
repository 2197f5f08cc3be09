//! What a connection shows of itself, and what it gets.

use std::net::IpAddr;

use schemas::connect::{AuthProof, ConnectParams, HelloAuth};

use super::Principal;

/// One `connect`, with what the connection knows besides.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Where it comes from.
    pub peer: &'a Peer,
    /// The nonce of this connection's challenge.
    pub nonce: &'a str,
    /// What was sent.
    pub params: &'a ConnectParams,
}

/// Where a connection comes from.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address; for the Unix socket the loopback address.
    pub ip: IpAddr,
    /// Set when it came over the local Unix socket: the peer's user id, verified to be our own.
    pub unix_uid: Option<u32>,
    /// Loopback peer, local `Host` header and no forwarded headers. Not an identity: it only allows what the
    /// shared token then earns.
    pub local: bool,
    /// The `Origin` header, checked against the allowed list. Set: a browser.
    pub origin: Option<String>,
}

impl Peer {
    /// Returns a peer that came over the local Unix socket, its user id verified by the kernel.
    pub fn local_user(uid: u32) -> Self {
        Self { ip: std::net::Ipv4Addr::LOCALHOST.into(), unix_uid: Some(uid), local: true, origin: None }
    }
}

/// A connection that may come in.
#[derive(Clone, Debug)]
pub struct Admission {
    /// Who it is and what it may do.
    pub principal: Principal,
    /// The `auth` part of hello-ok.
    pub auth: HelloAuth,
    /// How it got in, for the log: token, device-token, bootstrap-token, local.
    pub method: &'static str,
    /// The version to speak.
    pub protocol: u32,
    /// To be asked again with [`super::Security::holds`] once the connection is in the hub.
    pub seal: Seal,
}

/// What an admission rests on. A device may lose its rights between its admission and its entry into the hub;
/// closing the device's connections would then miss this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seal(pub(super) Option<(String, u64)>);

/// The tokens that were shown; empty ones count as absent.
#[derive(Clone, Copy, Default)]
pub(super) struct Shown<'a> {
    pub(super) token: Option<&'a str>,
    pub(super) password: Option<&'a str>,
    pub(super) device_token: Option<&'a str>,
    pub(super) bootstrap: Option<&'a str>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(auth: Option<&'a AuthProof>) -> Self {
        fn filled(text: Option<&String>) -> Option<&str> {
            text.map(String::as_str).filter(|text| !text.is_empty())
        }
        auth.map_or_else(Self::default, |auth| Self {
            token: filled(auth.token.as_ref()),
            password: filled(auth.password.as_ref()),
            device_token: filled(auth.device_token.as_ref()),
            bootstrap: filled(auth.bootstrap_token.as_ref()),
        })
    }

    /// Returns what may be the shared token.
    pub(super) fn secrets(self) -> impl Iterator<Item = &'a str> {
        [self.token, self.password].into_iter().flatten()
    }

    /// Returns what may be a device token.
    pub(super) fn device_tokens(self) -> impl Iterator<Item = &'a str> {
        [self.device_token, self.token].into_iter().flatten()
    }

    pub(super) fn has_secret(self) -> bool {
        self.secrets().next().is_some()
    }

    /// Says whether all that was shown can only be a device token.
    pub(super) fn only_device_token(self) -> bool {
        self.device_token.is_some()
            && self.password.is_none()
            && self.token.is_none_or(|token| Some(token) == self.device_token)
    }
}
