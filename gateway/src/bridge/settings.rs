//! What the bridge is told: accounts, who may talk to whom, and how fast things go.

use std::sync::Arc;
use std::time::Duration;

use channels::{Channel, Inbound};
use schemas::session::SessionKey;

use super::{access, routing};
use crate::config::{Binding, ChannelSection, Config, SessionsSection};
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
    /// Its section of the configuration.
    pub section: ChannelSection,
    /// Who may talk.
    pub access: access::Rules,
    /// How often it may do something on the platform.
    pub limits: Limits,
}

impl Account {
    /// Makes an account of its section of the configuration.
    pub fn new(org: Arc<str>, name: &str, channel: Arc<dyn Channel>, section: ChannelSection) -> Self {
        let access = access::Rules::new(&section);
        Self { org, name: name.to_owned(), channel, section, access, limits: Limits::default() }
    }

    /// Returns the name under which its rows are stored.
    pub fn of(&self) -> AccountName {
        AccountName { channel: self.channel.name().to_owned(), account: self.name.clone() }
    }
}

/// Which agent answers where, and in which session.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// The agent that answers where nothing else is said.
    pub default_agent: String,
    /// Which agent answers where.
    pub bindings: Vec<Binding>,
    /// Which conversations share a memory.
    pub sessions: SessionsSection,
}

impl Routes {
    /// Returns what a configuration says.
    pub fn of(config: &Config) -> Self {
        Self {
            default_agent: config.agents(None).default_name().to_owned(),
            bindings: config.bindings.clone(),
            sessions: config.sessions.clone(),
        }
    }

    /// Returns the session that something belongs to.
    pub fn session(&self, account: &Account, inbound: &Inbound) -> SessionKey {
        let via = routing::Via { channel: account.channel.name(), account: &account.name };
        let bound = routing::bound_agent(&self.bindings, via, inbound);
        let agent = bound.or(account.section.agent.as_deref()).unwrap_or(&self.default_agent);
        routing::session_key(&self.sessions, agent, via, inbound)
    }
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
    /// Longest time that writing down the voice messages of one message may take.
    pub transcribe: Duration,
    /// Least time between two tellings of how accounts are.
    pub tell: Duration,
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
            transcribe: Duration::from_mins(1),
            tell: Duration::from_secs(1),
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
