//! Why a connection or a call failed.

use std::fmt;
use std::io;
use std::time::Duration;

use schemas::{ErrorCode, Fingerprint, WireError};

/// How a socket was closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Close code (protocol 2.3); `None`: the stream broke off.
    pub code: Option<u16>,
    /// The other side's words.
    pub reason: String,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.reason.is_empty()) {
            (Some(1012), _) => f.write_str("the gateway is restarting or stopping"),
            (Some(code), true) => write!(f, "code {code}"),
            (Some(code), false) => write!(f, "{} (code {code})", self.reason),
            (None, true) => f.write_str("the connection broke off"),
            (None, false) => write!(f, "the connection broke off: {}", self.reason),
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing listens there.
    #[error("cannot reach {target}: {source}")]
    Unreachable {
        /// Where.
        target: String,
        /// Why.
        source: io::Error,
    },
    /// Something listens, but it speaks no WebSocket.
    #[error("{target} does not answer like a gateway: {why}")]
    NotAGateway {
        /// Where.
        target: String,
        /// Why.
        why: String,
    },
    /// It shows another certificate than the one that is pinned.
    #[error(
        "{target} shows another certificate than the pinned one: pinned {pinned}, shown {shown}; someone may be in \
         between, or the gateway has a new certificate"
    )]
    OtherCertificate {
        /// Where.
        target: String,
        /// What was expected.
        pinned: Fingerprint,
        /// What was shown.
        shown: Fingerprint,
    },
    /// Nothing is pinned, and the web's certificate authorities do not vouch for what it shows.
    #[error("{target} shows a certificate that nobody vouches for (SHA-256 {shown}): {why}")]
    UnknownCertificate {
        /// Where.
        target: String,
        /// What was shown.
        shown: Fingerprint,
        /// What is wrong with it.
        why: String,
    },
    /// Something listens, but the encryption could not be set up.
    #[error("no TLS with {target}: {why}")]
    Tls {
        /// Where.
        target: String,
        /// Why.
        why: String,
    },
    /// The gateway refused `connect`.
    #[error("{0}")]
    Refused(WireError),
    /// The gateway closed the socket before it answered.
    #[error("the gateway closed the connection: {0}")]
    Closed(Closed),
    /// The gateway did not answer in time.
    #[error("no answer from the gateway within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The gateway sent something that is not in the protocol.
    #[error("unexpected answer to connect: {0}")]
    Protocol(String),
}

impl ConnectError {
    /// Returns the pairing request that an operator has to approve, if that is what is missing.
    pub fn pairing_request(&self) -> Option<&str> {
        match self {
            Self::Refused(error) if error.code == ErrorCode::NotPaired => {
                error.details.as_ref()?.get("requestId")?.as_str()
            }
            _ => None,
        }
    }

    /// Returns `details.code` of a refusal (protocol 3.6).
    pub fn detail_code(&self) -> Option<&str> {
        match self {
            Self::Refused(error) => error.details.as_ref()?.get("code")?.as_str(),
            _ => None,
        }
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The gateway answered with an error.
    #[error("{0}")]
    Refused(WireError),
    /// No answer in time; the gateway may still be working on it.
    #[error("{method}: no answer within {} s", after.as_secs())]
    Timeout {
        /// The method.
        method: String,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended before the answer came.
    #[error("connection lost: {0}")]
    Closed(Closed),
    /// The answer, or the parameters, do not have the method's shape.
    #[error("{method}: {why}")]
    Shape {
        /// The method.
        method: String,
        /// What does not fit.
        why: String,
    },
}
