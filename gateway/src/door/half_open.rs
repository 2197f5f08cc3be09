//! Connections that have not shown yet who they are: few per address, few in all (protocol 2.1, security 4).
//!
//! Over the limit it is the *oldest* that goes. Whoever floods the door evicts only their own silent sockets,
//! and a client that gets on with its handshake is let in however many wait.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use schemas::bounds::{MAX_HALF_OPEN, MAX_HALF_OPEN_PER_ADDRESS};
use tokio_util::sync::CancellationToken;

/// The half-open connections. Clones share the list.
#[derive(Clone, Debug, Default)]
pub struct HalfOpen(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    /// Oldest first.
    order: VecDeque<(u64, IpAddr)>,
    waiting: HashMap<u64, CancellationToken>,
    per_address: HashMap<IpAddr, usize>,
}

/// A place among the half-open; given up when dropped.
#[derive(Debug)]
pub struct Place {
    list: HalfOpen,
    id: u64,
    /// Cancelled when the connection has to make room.
    pub evicted: CancellationToken,
}

impl HalfOpen {
    /// Takes a place for a connection from `address`, evicting an older one if there are too many.
    pub fn enter(&self, address: IpAddr) -> Place {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.per_address.get(&address).is_some_and(|count| *count >= MAX_HALF_OPEN_PER_ADDRESS) {
            inner.evict(|(_, from)| *from == address);
        } else if inner.waiting.len() >= MAX_HALF_OPEN {
            inner.evict(|_| true);
        }
        inner.next += 1;
        let (id, evicted) = (inner.next, CancellationToken::new());
        inner.order.push_back((id, address));
        inner.waiting.insert(id, evicted.clone());
        *inner.per_address.entry(address).or_default() += 1;
        Place { list: self.clone(), id, evicted }
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waiting.len()
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Inner {
    fn evict(&mut self, which: impl Fn(&(u64, IpAddr)) -> bool) {
        if let Some(&(id, _)) = self.order.iter().find(|entry| which(entry))
            && let Some(token) = self.remove(id)
        {
            token.cancel();
        }
    }

    fn remove(&mut self, id: u64) -> Option<CancellationToken> {
        if let Some(index) = self.order.iter().position(|(other, _)| *other == id)
            && let Some((_, address)) = self.order.remove(index)
            && let Some(count) = self.per_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&address);
            }
        }
        self.waiting.remove(&id)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.list.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn a_flood_evicts_its_own() {
        let list = HalfOpen::default();
        let (noisy, visitor) = (Ipv4Addr::new(10, 0, 0, 1).into(), Ipv4Addr::new(10, 0, 0, 2).into());
        let quiet = list.enter(visitor);
        let flood: Vec<_> = (0..200).map(|_| list.enter(noisy)).collect();
        assert_eq!(list.len(), MAX_HALF_OPEN_PER_ADDRESS + 1);
        assert!(!quiet.evicted.is_cancelled());
        assert!(flood[0].evicted.is_cancelled() && !flood[199].evicted.is_cancelled());
        let departed = flood[199].evicted.clone();
        drop((flood, quiet));
        assert!(list.is_empty());
        assert!(!departed.is_cancelled(), "who leaves by itself was not evicted");
    }

    #[test]
    fn many_addresses_share_one_bound() {
        let list = HalfOpen::default();
        let places: Vec<_> = (0..1000_u32).map(|n| list.enter(Ipv4Addr::from_bits(n).into())).collect();
        assert_eq!(list.len(), MAX_HALF_OPEN);
        drop(places);
        assert!(list.is_empty());
    }
}
