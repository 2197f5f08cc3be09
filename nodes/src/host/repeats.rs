//! Idempotency keys: a repeat while the first still works joins it, a repeat soon after hears the same answer.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::time::Instant;

use super::answer::Refusal;

/// An answer as it is sent: the payload as JSON text.
pub(super) type Sent = Result<Arc<str>, Refusal>;

/// The keys that were used lately. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<String, Entry>,
    /// Keys by age, with the time when they were used.
    order: VecDeque<(String, Instant)>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    /// What the key was used for.
    digest: [u8; 32],
    answer: watch::Receiver<Option<Sent>>,
    bytes: usize,
}

/// Who may go on.
#[derive(Debug)]
pub(super) enum Claim {
    /// The first one: do the work, then tell.
    First(Ticket),
    /// A repeat: wait for the first one's answer.
    Repeat(watch::Receiver<Option<Sent>>),
    /// The key was used for something else.
    Conflict,
}

/// Held by the first one. When it is dropped without an answer, the work was interrupted, and repeats hear that: it
/// may have been done in part, so it is not silently done again.
#[derive(Debug)]
pub(super) struct Ticket {
    repeats: Option<(Repeats, String)>,
    answer: Option<watch::Sender<Option<Sent>>>,
}

impl Repeats {
    /// Claims a key for `command` with `params`.
    pub(super) fn claim(&self, key: Option<&str>, command: &str, params: &str) -> Claim {
        let Some(key) = key.filter(|key| !key.is_empty()) else {
            return Claim::First(Ticket { repeats: None, answer: None });
        };
        let digest: [u8; 32] = Sha256::digest(format!("{}:{command}{params}", command.len())).into();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget_old();
        if let Some(entry) = kept.entries.get(key) {
            let same = entry.digest == digest;
            return if same { Claim::Repeat(entry.answer.clone()) } else { Claim::Conflict };
        }
        let (answer, heard) = watch::channel(None);
        kept.entries.insert(key.to_owned(), Entry { digest, answer: heard, bytes: 0 });
        kept.order.push_back((key.to_owned(), Instant::now()));
        Claim::First(Ticket { repeats: Some((self.clone(), key.to_owned())), answer: Some(answer) })
    }
}

impl Kept {
    /// Drops what is old, and the oldest answers while there are too many or too large ones. What still works is
    /// kept: without it a repeat would do the work twice.
    fn forget_old(&mut self) {
        let mut working = Vec::new();
        while let Some((key, at)) = self.order.front() {
            let too_much = self.order.len() + working.len() > MAX_KEYS || self.bytes > MAX_BYTES;
            if at.elapsed() < LIFE && !too_much {
                break;
            }
            let works = self.entries.get(key).is_some_and(|entry| entry.answer.borrow().is_none());
            let Some((key, at)) = self.order.pop_front() else { break };
            if works {
                working.push((key, at));
            } else if let Some(entry) = self.entries.remove(&key) {
                self.bytes -= entry.bytes;
            }
        }
        for pair in working.into_iter().rev() {
            self.order.push_front(pair);
        }
    }
}

impl Ticket {
    /// Tells the answer to all that wait and will ask.
    pub(super) fn tell(mut self, answer: &Sent) {
        self.say(answer.clone());
    }

    fn say(&mut self, answer: Sent) {
        let (Some(sender), Some((repeats, key))) = (self.answer.take(), self.repeats.take()) else { return };
        let bytes = answer.as_ref().map_or(0, |payload| payload.len());
        let mut kept = repeats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = kept.entries.get_mut(&key) {
            entry.bytes = bytes;
            kept.bytes += bytes;
        }
        sender.send_replace(Some(answer));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.say(Err(Refusal::unavailable("it was interrupted and may have been done in part")));
    }
}

/// Waits for the first one's answer.
pub(super) async fn joined(mut answer: watch::Receiver<Option<Sent>>) -> Sent {
    let heard = answer.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
    heard.unwrap_or_else(|| Err(Refusal::unavailable("it was interrupted and may have been done in part")))
}

/// How long an answer is kept (protocol 4.1: five minutes).
const LIFE: Duration = Duration::from_mins(5);
const MAX_KEYS: usize = 512;
const MAX_BYTES: usize = 32 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn first(claim: Claim) -> Ticket {
        match claim {
            Claim::First(ticket) => ticket,
            other => panic!("not the first: {other:?}"),
        }
    }

    fn repeat(claim: Claim) -> watch::Receiver<Option<Sent>> {
        match claim {
            Claim::Repeat(answer) => answer,
            other => panic!("no repeat: {other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_repeat_joins_then_hears_the_same_until_it_is_old() {
        let repeats = Repeats::default();
        let ticket = first(repeats.claim(Some("k"), "a", "{}"));
        let waiting = repeat(repeats.claim(Some("k"), "a", "{}"));
        assert!(matches!(repeats.claim(Some("k"), "a", "{\"x\":1}"), Claim::Conflict));
        assert!(matches!(repeats.claim(Some("k"), "b", "{}"), Claim::Conflict));
        ticket.tell(&Ok("1".into()));
        assert_eq!(joined(waiting).await.unwrap().as_ref(), "1");
        assert_eq!(joined(repeat(repeats.claim(Some("k"), "a", "{}"))).await.unwrap().as_ref(), "1");
        tokio::time::advance(LIFE).await;
        first(repeats.claim(Some("k"), "a", "{}")).tell(&Ok("2".into()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_interrupted_is_not_done_again() {
        let repeats = Repeats::default();
        drop(first(repeats.claim(Some("k"), "a", "{}")));
        let answer = joined(repeat(repeats.claim(Some("k"), "a", "{}"))).await;
        assert!(answer.expect_err("interrupted").message.contains("interrupted"));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_key_each_is_the_first_and_memory_is_bounded() {
        let repeats = Repeats::default();
        for _ in 0..2 {
            first(repeats.claim(None, "a", "{}")).tell(&Ok("1".into()));
        }
        let works = first(repeats.claim(Some("works"), "a", "{}"));
        for index in 0..2000 {
            first(repeats.claim(Some(&format!("k{index}")), "a", "{}")).tell(&Ok("x".repeat(100_000).into()));
        }
        {
            let kept = repeats.0.lock().unwrap();
            assert!(kept.entries.len() <= MAX_KEYS + 1 && kept.bytes <= MAX_BYTES + 200_000);
            assert_eq!(kept.entries.len(), kept.order.len());
        }
        let joined_later = repeat(repeats.claim(Some("works"), "a", "{}"));
        works.tell(&Ok("done".into()));
        assert_eq!(joined(joined_later).await.unwrap().as_ref(), "done");
    }
}
