//! The client's half of the protocol: dials a gateway, shakes hands, calls methods, hears events.

mod connection;
mod dial;
mod error;
mod handshake;
mod store;
mod tls;

pub use connection::{Client, Events, TwoPhase};
pub use dial::{Stream, Target};
pub use error::{CallError, Closed, ConnectError};
pub use handshake::{Connection, Options, Surface, connect};
pub use store::{IdentityStore, StoreError, StoredToken};
pub use tls::{Trust, web_vouches_for};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;
