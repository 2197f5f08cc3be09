//! Capability URLs (protocol 9.4): who has the URL may look, until its connection ends or nobody has used it for ten
//! minutes. Only hashes are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemas::Clock;
use schemas::bounds::{CAPABILITY_TTL, MAX_CAPABILITIES_PER_CONNECTION};
use schemas::clock::Millis;
use schemas::session::SessionKey;
use sha2::{Digest as _, Sha256};

use crate::hub::{Hub, Member};

/// The hash under which a capability is known.
pub(super) type Hash = [u8; 32];

/// A new capability: the only time that its token is seen.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// 24 characters.
    pub token: String,
    /// When it ends unless it is used.
    pub expires_at: Millis,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What a good capability allows.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The connection that it was made for.
    pub member: Arc<Member>,
    /// The one session whose canvas it opens; `None`: what its connection may see.
    pub session: Option<SessionKey>,
    pub(super) hash: Hash,
}

#[derive(Debug)]
struct Grant {
    member: Weak<Member>,
    session: Option<SessionKey>,
    expires_at: Millis,
}

/// The capabilities in force.
#[derive(Debug)]
pub(super) struct Capabilities {
    hub: Arc<Hub>,
    clock: Clock,
    grants: Mutex<HashMap<Hash, Grant>>,
}

impl Capabilities {
    pub(super) fn new(hub: Arc<Hub>, clock: Clock) -> Self {
        Self { hub, clock, grants: Mutex::default() }
    }

    /// Makes one for a connection, for one session or for what the connection may see.
    pub(super) fn issue(&self, member: &Arc<Member>, session: Option<SessionKey>) -> Issued {
        let token = new_token();
        let expires_at = self.expiry();
        let mut grants = self.lock();
        let own = |grant: &Grant| std::ptr::eq(grant.member.as_ptr(), Arc::as_ptr(member));
        if grants.values().filter(|grant| own(grant)).count() >= MAX_CAPABILITIES_PER_CONNECTION {
            let oldest =
                grants.iter().filter(|(_, grant)| own(grant)).min_by_key(|(_, grant)| grant.expires_at);
            if let Some(hash) = oldest.map(|(hash, _)| *hash) {
                grants.remove(&hash);
            }
        }
        grants.insert(hash(&token), Grant { member: Arc::downgrade(member), session, expires_at });
        Issued { token, expires_at }
    }

    /// Returns what a token allows, and lets it live on; `None`: there is no such token, or it has ended.
    ///
    /// It is looked up by its hash, so how long that takes tells nothing of the tokens there are.
    pub(super) fn use_token(&self, token: &str) -> Option<Pass> {
        if token.len() != TOKEN_LENGTH {
            return None;
        }
        self.use_hash(&hash(token))
    }

    /// The same for one that was used before.
    pub(super) fn use_hash(&self, hash: &Hash) -> Option<Pass> {
        let now = self.clock.now();
        let mut grants = self.lock();
        let grant = grants.get_mut(hash)?;
        let member = grant.member.upgrade().filter(|member| self.hub.is_here(member));
        let Some(member) = member.filter(|_| grant.expires_at > now) else {
            grants.remove(hash);
            return None;
        };
        grant.expires_at = self.expiry();
        Some(Pass { member, session: grant.session.clone(), hash: *hash })
    }

    /// Says whether one is in force, without letting it live on.
    pub(super) fn is_good(&self, hash: &Hash) -> bool {
        let now = self.clock.now();
        let grants = self.lock();
        let here = |grant: &Grant| grant.member.upgrade().is_some_and(|member| self.hub.is_here(&member));
        grants.get(hash).is_some_and(|grant| grant.expires_at > now && here(grant))
    }

    /// Forgets those that have ended.
    pub(super) fn sweep(&self) {
        let now = self.clock.now();
        self.lock().retain(|_, grant| {
            let here = || grant.member.upgrade().is_some_and(|member| self.hub.is_here(&member));
            grant.expires_at > now && here()
        });
    }

    fn expiry(&self) -> Millis {
        self.clock.now() + Millis::try_from(CAPABILITY_TTL.as_millis()).unwrap_or(Millis::MAX)
    }

    /// A panic while the lock was held leaves whole entries, so poisoning is ignored.
    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Grant>> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token).into()
}

/// Makes a token of 18 random bytes.
#[expect(clippy::expect_used, reason = "without the system's randomness no secret may be made")]
fn new_token() -> String {
    let mut bytes = [0; 18];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Characters of a token (protocol 9.4).
const TOKEN_LENGTH: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Membership;
    use crate::security::Principal;

    fn here() -> (Capabilities, Arc<Hub>, Clock) {
        let clock = Clock::manual(1_000_000);
        let hub = Arc::new(Hub::new(clock.clone()));
        (Capabilities::new(Arc::clone(&hub), clock.clone()), hub, clock)
    }

    fn join(hub: &Arc<Hub>, id: &str) -> (Arc<Member>, Membership) {
        let member = Arc::new(Member::new(id.into(), Principal::gateway(), false));
        (Arc::clone(&member), hub.join(member))
    }

    #[test]
    fn it_lives_ten_minutes_after_its_last_use() {
        let (capabilities, hub, clock) = here();
        let (member, _joined) = join(&hub, "1");
        let issued = capabilities.issue(&member, None);
        assert_eq!(issued.token.len(), TOKEN_LENGTH);
        assert!(!format!("{issued:?}").contains(&issued.token));
        for _ in 0..3 {
            clock.advance(599_999);
            assert!(capabilities.use_token(&issued.token).is_some(), "each use lets it live on");
        }
        clock.advance(600_000);
        assert!(capabilities.use_token(&issued.token).is_none());
        clock.advance(-600_000);
        assert!(capabilities.use_token(&issued.token).is_none(), "what has ended does not come back");
    }

    #[test]
    fn it_ends_with_its_connection() {
        let (capabilities, hub, _) = here();
        let (member, joined) = join(&hub, "1");
        let (other, _stays) = join(&hub, "2");
        let issued = capabilities.issue(&member, None);
        let stays = capabilities.issue(&other, None);
        drop(joined);
        assert!(capabilities.use_token(&issued.token).is_none(), "even while somebody holds the member");
        capabilities.sweep();
        assert_eq!(capabilities.lock().len(), 1);
        assert!(capabilities.use_token(&stays.token).is_some());
    }

    #[test]
    fn it_opens_one_session() {
        let (capabilities, hub, _) = here();
        let (member, _joined) = join(&hub, "1");
        let key = SessionKey::main("main");
        let issued = capabilities.issue(&member, Some(key.clone()));
        assert_eq!(capabilities.use_token(&issued.token).expect("good").session, Some(key));
        for wrong in [
            "",
            "short",
            &"A".repeat(24),
            &format!("{}=", &issued.token[..23]),
            &format!("{}x", issued.token),
        ] {
            assert!(capabilities.use_token(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_connection_has_so_many() {
        let (capabilities, hub, clock) = here();
        let (member, _joined) = join(&hub, "1");
        let first = capabilities.issue(&member, None);
        for _ in 0..MAX_CAPABILITIES_PER_CONNECTION {
            clock.advance(1);
            capabilities.issue(&member, None);
        }
        assert_eq!(capabilities.lock().len(), MAX_CAPABILITIES_PER_CONNECTION);
        assert!(capabilities.use_token(&first.token).is_none(), "the oldest went");
    }
}
