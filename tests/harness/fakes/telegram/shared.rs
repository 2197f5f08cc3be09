//! The world behind a lock, and word of every change to it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::world::World;

/// The world, shared between the listening side and the test.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    changed: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self { world: Mutex::new(world), changed: watch::Sender::new(0) }
    }

    /// Changes something and tells everybody who waits.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        // A test that failed in here has said so already; the others go on.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut world);
        drop(world);
        self.changed.send_modify(|number| *number += 1);
        result
    }

    /// Looks at something.
    pub(super) fn look<T>(&self, see: impl FnOnce(&World) -> T) -> T {
        see(&self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns word of changes from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Returns the bot with this token.
    pub(super) fn bot(&self, token: &str) -> Option<usize> {
        self.look(|world| world.bots.iter().position(|bot| bot.token == token))
    }
}
