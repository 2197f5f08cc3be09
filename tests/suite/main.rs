//! Black-box tests of the real program over the real port; a file a subject.

mod access;
mod canvas;
mod cli;
mod conformance;
mod discord;
mod door;
mod durable;
mod fakes_discord;
mod fakes_telegram;
mod fleet;
mod fuzz;
mod handshake;
mod kill9;
mod node_host;
mod pairing;
mod rights;
mod rights_table;
mod secrets;
mod security;
mod slow;
mod soak;
mod telegram;
mod tls;
mod wire;
