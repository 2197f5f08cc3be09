//! Runs the real gateway and speaks the wire to it: everything that black-box tests import.

pub mod fakes;

mod client;
mod gateway;
mod http;
mod knock;
mod rng;
mod socket;
mod tls;
mod wait;

pub use client::Client;
pub use gateway::{Done, Gateway, Options, binary};
pub use http::{Reply, request, request_raw};
pub use knock::{Knock, Refused, identity};
pub use rng::Rng;
pub use socket::{Close, Incoming, Socket};
pub use tls::request_tls;
pub use wait::{PATIENCE, eventually, within};
