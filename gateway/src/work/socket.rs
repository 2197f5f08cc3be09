//! Workers that come over WebSocket: nodes that offer work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use nodes::work::wire::Order;
use schemas::event::Event;
use schemas::frame::event_prefix;
use serde::Serialize;

use super::{Line, Outlet, Owner, Workers};
use crate::hub::{End, Member};

/// The connections of nodes that have offered work.
#[derive(Debug, Default)]
pub(super) struct Sockets(Mutex<HashMap<Arc<str>, Arc<Line>>>);

/// Ends a node's line together with its connection.
#[derive(Debug)]
pub struct Seat {
    workers: Arc<Workers>,
    member: Arc<str>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let line = self.workers.sockets.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.member);
        // Outside of the lock: its end is told to others.
        drop(line);
    }
}

impl Workers {
    /// Gives a node's connection a place; it becomes a worker with its first report.
    pub fn seat(self: &Arc<Self>, member: &Member) -> Seat {
        Seat { workers: Arc::clone(self), member: Arc::clone(&member.id) }
    }

    /// Returns a node's line, a new one if it has said nothing yet. `None`: it has no device, so it is no node.
    pub fn line_of(self: &Arc<Self>, member: &Arc<Member>) -> Option<Arc<Line>> {
        let device = member.principal.device.clone()?;
        // Not one whose connection has ended meanwhile: nobody would end the line.
        if !self.hub.is_here(member) {
            return None;
        }
        let mut sockets = self.sockets.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = sockets.entry(Arc::clone(&member.id)).or_insert_with(|| {
            let outlet = Arc::new(Socket(Arc::clone(member)));
            Arc::new(Line::open(self, Owner::Device(device), "websocket", outlet))
        });
        Some(Arc::clone(line))
    }
}

#[derive(Debug)]
struct Socket(Arc<Member>);

#[derive(Serialize)]
struct Orders {
    messages: Vec<Order>,
}

impl Outlet for Socket {
    fn give(&self, orders: Vec<Order>) -> bool {
        let prefix = event_prefix(Event::WorkerOrders.name(), &Orders { messages: orders }, None);
        let taken = self.0.outbox.offer_targeted(prefix.into_boxed_slice().into());
        if !taken {
            self.0.outbox.end(End::slow_consumer());
        }
        taken
    }

    fn close(&self, why: &str) {
        self.0.outbox.end(End::new(1008, why));
    }
}
