//! What is done from time to time: conversations whose messages are due are woken, and what is old is forgotten.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schemas::bounds::{CHANNEL_ROWS_TTL, MAX_CHANNEL_LANES};
use schemas::clock::Millis;

use super::workers::Lane;
use super::{Bridge, courier};
use crate::store::{Db, StoreError, inbound, outbox};

impl Bridge {
    /// Wakes the conversations whose messages are due, whenever there are some; forgets what is old.
    pub(super) async fn sweep(self) {
        let mut forgot_at = 0;
        loop {
            let wait = match self.sweep_once(&mut forgot_at).await {
                Ok(wait) => wait,
                Err(StoreError::Closed) => return std::future::pending().await,
                Err(error) => {
                    tracing::error!(%error, "The messages to chat platforms could not be read");
                    LONGEST_SWEEP
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.due().notified() => {}
            }
        }
    }

    async fn sweep_once(&self, forgot_at: &mut Millis) -> Result<Duration, StoreError> {
        let (now, limit) = (self.now(), u32::try_from(MAX_CHANNEL_LANES).unwrap_or(u32::MAX));
        let mut next = now + courier::millis(LONGEST_SWEEP);
        for of in self.names() {
            let name = of.clone();
            let read =
                move |db: &Db| Ok((outbox::due_lanes(db, &name, now, limit)?, outbox::next_due(db, &name)?));
            let (lanes, due) = self.store().read(read).await?;
            next = next.min(due.unwrap_or(next));
            for place in lanes {
                self.wake_courier(&Lane { of: of.clone(), place });
            }
        }
        if now - *forgot_at > courier::millis(FORGET_INTERVAL) {
            *forgot_at = now;
            let before = now - courier::millis(CHANNEL_ROWS_TTL);
            self.store().write_later(move |db| {
                inbound::forget(db, before, MAX_FORGOTTEN)?;
                outbox::forget(db, before, MAX_FORGOTTEN).map(drop)
            });
            let folders = self.0.parts.state_dir.clone();
            // Nobody waits for it: what it does not come to is left for the next time.
            drop(tokio::task::spawn_blocking(move || forget_files(&folders, before)));
        }
        // What is due already is being worked on; its worker rings when that changes.
        let left = if next <= now { courier::millis(LEAST_SWEEP) } else { next - now };
        Ok(Duration::from_millis(left.unsigned_abs()))
    }
}

/// Removes the files of messages that are forgotten: what came in, and what was given to be sent.
fn forget_files(state_dir: &Path, before: Millis) {
    let incoming = |name: &str| name.starts_with("in-");
    let left = forget_in(&state_dir.join("attachments"), incoming, before, MAX_FORGOTTEN);
    forget_in(&state_dir.join("outgoing"), |_| true, before, left);
}

/// Removes the folders whose names are `ours` and that nothing was put into since `before`, at most `most`;
/// returns how many more it could have been.
fn forget_in(parent: &Path, ours: impl Fn(&str) -> bool, before: Millis, most: u32) -> u32 {
    let Ok(entries) = std::fs::read_dir(parent) else { return most };
    let mut left = most;
    for entry in entries.flatten() {
        if left == 0 {
            break;
        }
        // Of the entry itself: a link is not followed.
        let Ok(known) = entry.metadata() else { continue };
        let old = known.modified().is_ok_and(|at| stamp(at) < before);
        if known.is_dir() && old && entry.file_name().to_str().is_some_and(&ours) {
            left -= 1;
            if let Err(error) = std::fs::remove_dir_all(entry.path()) {
                tracing::warn!(folder = %entry.path().display(), %error, "Old files could not be removed");
            }
        }
    }
    left
}

/// Returns a file's time in the clock's unit.
fn stamp(at: SystemTime) -> Millis {
    at.duration_since(UNIX_EPOCH).map_or(0, courier::millis)
}

/// Longest time between two looks at what is due.
const LONGEST_SWEEP: Duration = Duration::from_secs(30);
/// Least time between two looks when something is due that a worker has in hand.
const LEAST_SWEEP: Duration = Duration::from_secs(1);
const FORGET_INTERVAL: Duration = Duration::from_hours(6);
/// Rows forgotten at once.
const MAX_FORGOTTEN: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_folders_of_ours_are_removed_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let make = |name: &str, seconds: u64| {
            let folder = dir.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("1.jpg"), "x").unwrap();
            let at = UNIX_EPOCH + Duration::from_secs(seconds);
            std::fs::File::open(&folder).unwrap().set_modified(at).unwrap();
            folder
        };
        let old = [make("attachments/in-1", 1000), make("outgoing/a", 1000)];
        let kept = [make("attachments/in-2", 2000), make("attachments/up-1", 1000), make("outgoing/b", 2000)];
        let link = dir.path().join("outgoing/c");
        std::os::unix::fs::symlink(&kept[1], &link).unwrap();
        forget_files(dir.path(), 1_500_000);
        assert!(old.iter().all(|folder| !folder.exists()));
        assert!(kept.iter().all(|folder| folder.join("1.jpg").exists()) && link.exists());
        assert_eq!(forget_in(&dir.path().join("outgoing"), |_| true, Millis::MAX, 1), 0, "bounded");
    }
}
