//! The gateway: the daemon behind the one port, as a library.
//!
//! Modules stand in floors; each may use what is listed after it, never what is listed before (see
//! `ARCHITECTURE.md`): app, door, connection, methods, bridge, chat, tasks, work, canvas, fleet, approvals, security,
//! hub, store, config, supervise.

pub mod app;
pub mod approvals;
pub mod bridge;
pub mod canvas;
pub mod chat;
pub mod config;
pub mod connection;
pub mod door;
pub mod fleet;
pub mod hooks;
pub mod hub;
pub mod methods;
pub mod schedule;
pub mod security;
pub mod store;
pub mod supervise;
pub mod tasks;
pub mod work;
