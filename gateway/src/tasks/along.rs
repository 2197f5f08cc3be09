//! What others write in the commit that accepts a task, so that both are there or neither.

use std::sync::Arc;

use crate::store::{Db, StoreError};

/// What is written in the commit that accepts a task, before the task itself: it is given the task's number.
///
/// It makes its checks before it writes anything, and says [`StoreError::Conflict`] where the task must not be stored.
#[derive(Clone)]
pub struct Along(Arc<AlongFn>);

type AlongFn = dyn Fn(&Db, i64) -> Result<(), StoreError> + Send + Sync;

impl Along {
    /// Wraps it.
    pub fn new(write: impl Fn(&Db, i64) -> Result<(), StoreError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    pub(super) fn write(&self, db: &Db, task: i64) -> Result<(), StoreError> {
        (self.0)(db, task)
    }
}

impl std::fmt::Debug for Along {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Along")
    }
}
