//! Strangers on chat platforms: they get a code, an owner lets them in or turns them away (protocol 11).
//!
//! A code proves nothing by itself: it only names the request that an owner looks at. It is for one person on one
//! account, lives an hour, and an account never holds more than three, so a crowd of strangers cannot bury the one
//! who is expected.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use channels::Sender;
use schemas::Clock;
use schemas::bounds::{CHANNEL_PAIRING_TTL, MAX_CHANNEL_PAIRINGS};
use schemas::clock::Millis;

use crate::bridge::routing::Via;
use crate::store::{
    AuditEntry, DEFAULT_ORG, PeerRow, PeerState, Store, StoreError, append_audit, load_peers, put_peer,
    remove_peer,
};

/// Letters and digits of a code: none that looks like another (protocol 11).
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Characters of a code.
const CODE_LENGTH: usize = 8;

/// Who was let in, who waits. In memory; every change is on the disk before it is told.
#[derive(Debug)]
pub struct Pairing {
    store: Store,
    clock: Clock,
    peers: Mutex<HashMap<Id, PeerRow>>,
}

/// Channel, account, sender.
type Id = (String, String, String);

/// What a stranger's message led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A new request: tell the stranger the code, and the owners.
    New(Box<PeerRow>),
    /// The stranger has a code already, was turned away, or too many wait: no answer.
    Quiet,
}

/// Why a decision did not count.
#[derive(Debug, thiserror::Error)]
pub enum PairingError {
    /// Nobody waits with that code.
    #[error("nobody waits with this code; codes live an hour: `landline pairing list` shows those that wait")]
    Unknown,
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Pairing {
    /// Reads who is known.
    pub fn open(store: Store, clock: Clock) -> Result<Self, StoreError> {
        let rows = store.read_now(load_peers)?;
        let peers = rows.into_iter().map(|row| (id_of(&row), row)).collect();
        Ok(Self { store, clock, peers: Mutex::new(peers) })
    }

    /// Says whether an owner let somebody in.
    pub fn allows(&self, via: Via<'_>, sender: &str) -> bool {
        let id = (via.channel.to_owned(), via.account.to_owned(), sender.to_owned());
        self.peers().get(&id).is_some_and(|row| row.state == PeerState::Allowed)
    }

    /// Gives a stranger a code, if there is room and they have none. `chat` is where they are answered.
    pub async fn ask(&self, via: Via<'_>, sender: &Sender, chat: &str) -> Result<Asked, StoreError> {
        let now = self.clock.now();
        let row = PeerRow {
            org: DEFAULT_ORG.into(),
            channel: via.channel.into(),
            account: via.account.into(),
            sender: sender.id.clone(),
            name: sender.name.clone(),
            handle: sender.handle.clone(),
            chat: chat.into(),
            state: PeerState::Pending,
            code: Some(new_code()),
            asked_at: now,
            expires_at: Some(now + Millis::try_from(CHANNEL_PAIRING_TTL.as_millis()).unwrap_or(Millis::MAX)),
            decided_at: None,
            actor: format!("{}:{}", via.channel, sender.id),
        };
        let saving = {
            let mut peers = self.peers();
            let live = |row: &PeerRow| row.state == PeerState::Pending && row.expires_at > Some(now);
            let known = peers.get(&id_of(&row));
            let quiet = known.is_some_and(|known| known.state != PeerState::Pending || live(known));
            let waiting = peers
                .values()
                .filter(|other| other.channel == via.channel && other.account == via.account && live(other));
            if quiet || waiting.count() >= MAX_CHANNEL_PAIRINGS {
                return Ok(Asked::Quiet);
            }
            let expired: Vec<_> =
                peers.extract_if(|_, old| old.state == PeerState::Pending && !live(old)).collect();
            peers.insert(id_of(&row), row.clone());
            let row = row.clone();
            self.store.write_in_order(move |db| {
                for (_, old) in &expired {
                    remove_peer(db, &old.org, &old.channel, &old.account, &old.sender)?;
                }
                put_peer(db, &row)
            })
        };
        saving.done().await?;
        Ok(Asked::New(Box::new(row)))
    }

    /// Lists everybody: those who wait first, by the time they asked.
    pub fn list(&self) -> Vec<PeerRow> {
        let now = self.clock.now();
        let expired = |row: &PeerRow| row.state == PeerState::Pending && row.expires_at <= Some(now);
        let mut rows: Vec<_> = self.peers().values().filter(|row| !expired(row)).cloned().collect();
        rows.sort_by_key(|row| (row.state != PeerState::Pending, row.asked_at, row.sender.clone()));
        rows
    }

    /// Lets in or turns away who waits with `code`. `by` is the deciding principal's name.
    pub async fn decide(
        &self,
        channel: &str,
        code: &str,
        allow: bool,
        by: &str,
    ) -> Result<PeerRow, PairingError> {
        let (now, code) = (self.clock.now(), code.trim().to_ascii_uppercase());
        let (saving, row) = {
            let mut peers = self.peers();
            let waits = |row: &&mut PeerRow| {
                row.channel == channel
                    && row.state == PeerState::Pending
                    && row.expires_at > Some(now)
                    && row.code.as_deref() == Some(&code)
            };
            let Some(row) = peers.values_mut().find(waits) else { return Err(PairingError::Unknown) };
            row.state = if allow { PeerState::Allowed } else { PeerState::Denied };
            (row.code, row.expires_at) = (None, None);
            (row.decided_at, row.actor) = (Some(now), by.to_owned());
            let row = row.clone();
            let (stored, entry) =
                (row.clone(), audit(&row, by, now, if allow { "allowed" } else { "denied" }));
            let saving = self.store.write_in_order(move |db| {
                put_peer(db, &stored)?;
                append_audit(db, &entry)
            });
            (saving, row)
        };
        saving.done().await?;
        Ok(row)
    }

    /// Forgets somebody: who was let in is out at once, who was turned away may ask again.
    pub async fn remove(&self, via: Via<'_>, sender: &str, by: &str) -> Result<PeerRow, PairingError> {
        let now = self.clock.now();
        let (saving, row) = {
            let id = (via.channel.to_owned(), via.account.to_owned(), sender.to_owned());
            let Some(row) = self.peers().remove(&id) else { return Err(PairingError::Unknown) };
            let (gone, entry) = (row.clone(), audit(&row, by, now, "removed"));
            let saving = self.store.write_in_order(move |db| {
                remove_peer(db, &gone.org, &gone.channel, &gone.account, &gone.sender)?;
                append_audit(db, &entry)
            });
            (saving, row)
        };
        saving.done().await?;
        Ok(row)
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<Id, PeerRow>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id_of(row: &PeerRow) -> Id {
    (row.channel.clone(), row.account.clone(), row.sender.clone())
}

fn audit(row: &PeerRow, by: &str, at: Millis, what: &str) -> AuditEntry {
    AuditEntry {
        at,
        org: row.org.clone(),
        actor: by.to_owned(),
        action: "channel.pairing".into(),
        target: format!("{}:{}:{}", row.channel, row.account, row.sender),
        outcome: "ok".into(),
        detail: what.into(),
    }
}

/// Makes a code. 32 characters divide 256, so each is equally likely.
fn new_code() -> String {
    let random = uuid::Uuid::new_v4().into_bytes();
    // Bytes 6 and 8 of a version 4 UUID are not all random.
    let free = [0, 1, 2, 3, 4, 5, 9, 10].map(|index| random[index]);
    debug_assert_eq!(free.len(), CODE_LENGTH);
    free.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIA: Via<'static> = Via { channel: "telegram", account: "main" };

    fn sender(id: &str) -> Sender {
        Sender { id: id.into(), name: format!("N{id}"), handle: None, bot: false, roles: Vec::new() }
    }

    fn code(asked: &Asked) -> String {
        match asked {
            Asked::New(row) => row.code.clone().expect("a code"),
            Asked::Quiet => panic!("no code was given"),
        }
    }

    fn pairing(dir: &tempfile::TempDir, clock: &Clock) -> Pairing {
        let store = Store::open(&dir.path().join("test.db")).expect("a database");
        Pairing::open(store, clock.clone()).expect("pairing")
    }

    #[tokio::test]
    async fn a_code_is_given_once_and_lets_one_person_in() {
        let (dir, clock) = (tempfile::tempdir().expect("a folder"), Clock::system());
        let pairing = pairing(&dir, &clock);
        let first = code(&pairing.ask(VIA, &sender("7"), "7").await.expect("stored"));
        assert!(first.len() == 8 && first.bytes().all(|b| ALPHABET.contains(&b)), "{first}");
        assert_eq!(pairing.ask(VIA, &sender("7"), "7").await.expect("stored"), Asked::Quiet);
        assert!(!pairing.allows(VIA, "7"));
        assert!(matches!(
            pairing.decide("discord", &first, true, "local:0").await,
            Err(PairingError::Unknown)
        ));
        let row = pairing.decide("telegram", &first.to_lowercase(), true, "local:0").await.expect("let in");
        assert_eq!((row.sender.as_str(), row.actor.as_str()), ("7", "local:0"));
        assert!(pairing.allows(VIA, "7"));
        assert!(!pairing.allows(Via { account: "second", ..VIA }, "7"), "an account lets in for itself only");
        assert!(matches!(pairing.decide("telegram", &first, true, "x").await, Err(PairingError::Unknown)));
        let again = Pairing::open(pairing.store.clone(), clock).expect("pairing");
        assert!(again.allows(VIA, "7"), "it outlives a restart");
        again.remove(VIA, "7", "local:0").await.expect("removed");
        assert!(!again.allows(VIA, "7"));
    }

    #[tokio::test]
    async fn three_wait_and_an_hour_is_the_end() {
        let (dir, clock) = (tempfile::tempdir().expect("a folder"), Clock::manual(1_000_000));
        let pairing = pairing(&dir, &clock);
        let mut codes = Vec::new();
        for id in ["1", "2", "3"] {
            codes.push(code(&pairing.ask(VIA, &sender(id), id).await.expect("stored")));
        }
        assert_eq!(pairing.ask(VIA, &sender("4"), "4").await.expect("stored"), Asked::Quiet);
        let other = Via { account: "second", ..VIA };
        assert!(matches!(pairing.ask(other, &sender("4"), "4").await.expect("stored"), Asked::New(_)));
        clock.advance(i64::try_from(CHANNEL_PAIRING_TTL.as_millis()).expect("fits") + 1);
        assert!(matches!(pairing.decide("telegram", &codes[0], true, "x").await, Err(PairingError::Unknown)));
        assert!(pairing.list().is_empty());
        assert_ne!(code(&pairing.ask(VIA, &sender("1"), "1").await.expect("stored")), codes[0]);
    }

    #[tokio::test]
    async fn who_was_turned_away_hears_nothing_more() {
        let (dir, clock) = (tempfile::tempdir().expect("a folder"), Clock::system());
        let pairing = pairing(&dir, &clock);
        let first = code(&pairing.ask(VIA, &sender("7"), "7").await.expect("stored"));
        pairing.decide("telegram", &first, false, "local:0").await.expect("decided");
        assert_eq!(pairing.ask(VIA, &sender("7"), "7").await.expect("stored"), Asked::Quiet);
        assert!(!pairing.allows(VIA, "7"));
    }
}
