//! How the fake is set up.

use std::time::Duration;

/// How a [`super::FakeDiscord`] is set up. The defaults are Discord's own numbers.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port; 0: any free one.
    pub port: u16,
    /// The bot's token, without `Bot `.
    pub token: String,
    /// The bot's name.
    pub bot_name: String,
    /// The privileged intents that its owner switched on; asking for another one closes with 4014.
    pub privileged: u64,
    /// Time between two heartbeats.
    pub heartbeat: Duration,
    /// How long a session can be resumed after its connection ended.
    pub session_life: Duration,
    /// Least time between two IDENTIFY.
    pub identify_interval: Duration,
    /// How many IDENTIFY there may be at all.
    pub identify_total: u32,
    /// How long an interaction waits for its first answer.
    pub interaction_wait: Duration,
    /// How long an interaction's token is good for.
    pub interaction_life: Duration,
    /// How long a nonce is remembered.
    pub nonce_life: Duration,
    /// Largest file in bytes.
    pub max_upload: usize,
    /// How much may be asked.
    pub rates: Rates,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            token: "MTA0.fake.discord-token-of-the-fake".to_owned(),
            bot_name: "landline".to_owned(),
            privileged: intent::MESSAGE_CONTENT | intent::GUILD_MEMBERS,
            heartbeat: Duration::from_millis(41_250),
            session_life: Duration::from_mins(3),
            identify_interval: Duration::from_secs(5),
            identify_total: 1000,
            interaction_wait: Duration::from_secs(3),
            interaction_life: Duration::from_mins(15),
            nonce_life: Duration::from_mins(5),
            max_upload: 10 << 20,
            rates: Rates::default(),
        }
    }
}

/// How many requests there may be.
#[derive(Clone, Debug)]
pub struct Rates {
    /// Of the bot, in a second.
    pub global: u32,
    /// Messages in one channel; edits in one channel have the same allowance again.
    pub messages: (u32, Duration),
    /// Messages and edits together in one channel, in a minute; replaces `messages`.
    pub limit_per_minute: Option<u32>,
    /// Reactions in one channel.
    pub reactions: (u32, Duration),
    /// Anything else, for each route.
    pub others: (u32, Duration),
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            global: 50,
            messages: (5, Duration::from_secs(5)),
            limit_per_minute: None,
            reactions: (1, Duration::from_millis(250)),
            others: (50, Duration::from_secs(1)),
        }
    }
}

impl Rates {
    /// Returns rates that nobody reaches.
    pub fn none() -> Self {
        let plenty = (u32::MAX, Duration::from_secs(1));
        Self { global: u32::MAX, messages: plenty, limit_per_minute: None, reactions: plenty, others: plenty }
    }
}

/// What a session wants to hear of, as bits.
pub mod intent {
    /// Servers, channels, threads.
    pub const GUILDS: u64 = 1;
    /// Who joins and leaves (privileged).
    pub const GUILD_MEMBERS: u64 = 1 << 1;
    /// Who is there (privileged).
    pub const GUILD_PRESENCES: u64 = 1 << 8;
    /// Messages in servers.
    pub const GUILD_MESSAGES: u64 = 1 << 9;
    /// Reactions in servers.
    pub const GUILD_REACTIONS: u64 = 1 << 10;
    /// Who writes in servers.
    pub const GUILD_TYPING: u64 = 1 << 11;
    /// Direct messages.
    pub const DIRECT_MESSAGES: u64 = 1 << 12;
    /// Reactions to direct messages.
    pub const DIRECT_REACTIONS: u64 = 1 << 13;
    /// Who writes a direct message.
    pub const DIRECT_TYPING: u64 = 1 << 14;
    /// What messages in servers say (privileged).
    pub const MESSAGE_CONTENT: u64 = 1 << 15;
    /// Votes in servers.
    pub const GUILD_POLLS: u64 = 1 << 24;
    /// Votes in direct conversations.
    pub const DIRECT_POLLS: u64 = 1 << 25;
    /// Those that need the consent of Discord.
    pub const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;
    /// All that exist.
    pub const ALL: u64 = 0x1_FFFF | 1 << 20 | 1 << 21 | GUILD_POLLS | DIRECT_POLLS;
}
