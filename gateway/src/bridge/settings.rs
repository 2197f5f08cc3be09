//! What the bridge is told: accounts, who may talk to whom, and how fast things go.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use channels::{Channel, Inbound};
use schemas::clock::Millis;
use schemas::session::SessionKey;

use crate::store::accounts::AccountName;

/// An account on a chat platform, as it is configured.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose it is.
    pub org: Arc<str>,
    /// The account's own name; the one without a name is `main`.
    pub name: String,
    /// The platform.
    pub channel: Arc<dyn Channel>,
    /// Whether an answer is shown while it is written.
    pub streaming: Streaming,
    /// The reaction that says that a message was taken; none without it.
    pub ack: Option<String>,
    /// Messages of a group that were not meant for the bot and are shown to the agent all the same.
    pub history: u32,
    /// How often it may do something on the platform.
    pub limits: Limits,
}

impl Account {
    /// Returns the name under which its rows are stored.
    pub fn of(&self) -> AccountName {
        AccountName { channel: self.channel.name().to_owned(), account: self.name.clone() }
    }
}

/// Whether an answer is shown while it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Streaming {
    /// Only when it is whole.
    Off,
    /// One message is edited as the answer grows.
    #[default]
    Partial,
}

/// How often an account may do something on its platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In a conversation with one person.
    pub direct: Rate,
    /// In a conversation of several.
    pub group: Rate,
    /// Everywhere together.
    pub bot: Rate,
}

/// So many at once, and then one every so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Time after which there is room for one more.
    pub every: Duration,
}

impl Default for Limits {
    /// Never more than 20 a minute in a group and 30 a second everywhere, as the strictest platform asks.
    fn default() -> Self {
        Self {
            direct: Rate { burst: 5, every: Duration::from_secs(1) },
            group: Rate { burst: 5, every: Duration::from_secs(4) },
            bot: Rate { burst: 5, every: Duration::from_millis(40) },
        }
    }
}

/// What is known of somebody who sent something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// They were approved by pairing.
    pub paired: bool,
    /// They may decide about others.
    pub owner: bool,
    /// What they sent to this account in the last minute, this included.
    pub recent: usize,
    /// The time.
    pub now: Millis,
}

/// Whether something that came in is for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Allow,
    /// It is not, but the agent may see it as context later.
    Context,
    /// Its sender is a stranger who may ask to be let in.
    Pair,
    /// It is not, and nobody is told.
    Silent,
}

/// Decides whether something is for an agent.
pub type Decide = dyn Fn(&Account, &Inbound, &Standing) -> Verdict + Send + Sync;
/// Decides which session something belongs to.
pub type RouteTo = dyn Fn(&Account, &Inbound) -> SessionKey + Send + Sync;
/// Makes a pairing code.
pub type MakeCode = dyn Fn() -> String + Send + Sync;

/// Who may talk, and to whom: pure decisions, made elsewhere.
#[derive(Clone)]
pub struct Rules {
    /// Decides whether something is for an agent.
    pub decide: Arc<Decide>,
    /// Decides which session something belongs to.
    pub route: Arc<RouteTo>,
    /// Makes a pairing code.
    pub code: Arc<MakeCode>,
}

impl Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").finish_non_exhaustive()
    }
}

/// How fast things go. Tests make it faster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Quiet time after which an album counts as whole.
    pub album: Duration,
    /// Time between two signs that the bot is writing.
    pub typing: Duration,
    /// Least time between two edits of a draft, where the platform does not ask for more.
    pub draft: Duration,
    /// Waits before the quick attempts to send something again.
    pub quick: [Duration; 3],
    /// Waits before the attempts after these; the last one repeats.
    pub slow: [Duration; 4],
    /// Age after which an unsent message is given up.
    pub give_up: Duration,
    /// How long a message of unknown fate may be sent again where the platform sorts out doubles.
    pub send_once: Duration,
    /// Longest attempt to send something, or to fetch it.
    pub attempt: Duration,
    /// Wait when a session has no room for one more message.
    pub full: Duration,
    /// First wait before an account is connected again.
    pub reconnect_first: Duration,
    /// Longest wait before an account is connected again.
    pub reconnect_last: Duration,
    /// Wait before an account is tried again that its platform refused.
    pub refused: Duration,
    /// Age of the last sign of life after which a connection counts as dead.
    pub stall: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            album: Duration::from_secs(1),
            typing: Duration::from_secs(5),
            draft: Duration::from_secs(1),
            quick: [Duration::from_millis(400), Duration::from_millis(800), Duration::from_millis(1600)],
            slow: [
                Duration::from_secs(5),
                Duration::from_secs(25),
                Duration::from_mins(2),
                Duration::from_mins(10),
            ],
            give_up: Duration::from_hours(24),
            send_once: Duration::from_mins(2),
            attempt: Duration::from_mins(2),
            full: Duration::from_secs(1),
            reconnect_first: Duration::from_secs(2),
            reconnect_last: Duration::from_secs(30),
            refused: Duration::from_mins(5),
            stall: Duration::from_mins(5),
        }
    }
}

impl Pace {
    /// Returns the wait before attempt number `attempts` + 1.
    pub(super) fn retry(&self, attempts: u32) -> Duration {
        let done = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let waits = self.quick.iter().chain(&self.slow);
        jitter(waits.copied().nth(done).unwrap_or(self.slow[self.slow.len() - 1]))
    }
}

/// Returns a duration up to a tenth longer, so that what failed together does not come back together.
pub(super) fn jitter(duration: Duration) -> Duration {
    let part = u32::from(uuid::Uuid::new_v4().as_bytes()[0]);
    duration + duration * part / 2560
}
