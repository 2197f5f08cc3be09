//! Sections `[channels.PLATFORM.NAME]` and `[[bindings]]`: accounts on chat platforms, who may talk there, and
//! which agent answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use schemas::bounds::MAX_CHANNEL_HISTORY;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::error::Mistake;
use super::value;

/// Accounts of one platform by name; the one called `main` is meant where none is named.
pub type Accounts = BTreeMap<String, ChannelSection>;

/// Section `[channels]`: accounts by platform.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelsSection {
    /// Telegram bots.
    pub telegram: Accounts,
    /// Discord bots.
    pub discord: Accounts,
    /// Channels in programs of their own; see `docs/channel-plugins.md`.
    pub plugin: Accounts,
}

impl ChannelsSection {
    /// Lists the accounts with their platform.
    pub fn iter(&self) -> impl Iterator<Item = (Platform, &str, &ChannelSection)> {
        let named = |platform: Platform, accounts| {
            let accounts: &Accounts = accounts;
            accounts.iter().map(move |(name, section)| (platform, name.as_str(), section))
        };
        named(Platform::Telegram, &self.telegram)
            .chain(named(Platform::Discord, &self.discord))
            .chain(named(Platform::Plugin, &self.plugin))
    }
}

/// A kind of channel that can be configured.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::Display,
)]
#[strum(serialize_all = "lowercase")]
pub enum Platform {
    /// Telegram.
    Telegram,
    /// Discord.
    Discord,
    /// A program of its own.
    Plugin,
}

impl Platform {
    /// Says whether it is a program of its own.
    pub fn is_plugin(self) -> bool {
        self == Self::Plugin
    }
}

/// One account on a platform.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the file")]
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelSection {
    /// Whether it is used.
    pub enabled: bool,
    /// The bot's token.
    #[serde(serialize_with = "value::hide", deserialize_with = "value::secret")]
    #[schemars(with = "Option<String>")]
    pub token: Option<SecretString>,
    /// Name of the environment variable that holds the token.
    pub token_env: Option<String>,
    /// File that holds the token.
    pub token_file: Option<PathBuf>,
    /// Where the platform is, without a path: for servers of one's own. Nothing else is ever called instead.
    pub api_root: Option<String>,
    /// Address under which Telegram reaches this gateway, to post what comes instead of being asked for it.
    pub webhook_url: Option<String>,
    /// What Telegram shows with each post; one is made without it.
    #[serde(serialize_with = "value::hide", deserialize_with = "value::secret")]
    #[schemars(with = "Option<String>")]
    pub webhook_secret: Option<SecretString>,
    /// Name of the environment variable that holds the webhook's secret.
    pub webhook_secret_env: Option<String>,
    /// File that holds the webhook's secret.
    pub webhook_secret_file: Option<PathBuf>,
    /// Who may write to the bot directly.
    pub dm_policy: DmPolicy,
    /// Ids of those who may write without pairing; `"*"` is everyone.
    pub allow_from: Vec<String>,
    /// In which groups the bot listens.
    pub group_policy: GroupPolicy,
    /// Ids of the groups, channels or guilds it listens in; `"*"` is all.
    pub groups: Vec<String>,
    /// Ids of those it listens to in groups; empty: everyone in the groups named above.
    pub group_allow_from: Vec<String>,
    /// Whether the bot must be named in a group before it answers.
    pub require_mention: bool,
    /// Regular expressions that count as naming the bot, whatever the case of their letters.
    pub mention_patterns: Vec<String>,
    /// Messages of a group that are kept as context for the next answer.
    pub history_limit: usize,
    /// Whether messages of other bots are heard.
    pub allow_bots: bool,
    /// Ids of those who approve new people and see permission requests of others.
    pub owners: Vec<String>,
    /// The agent that answers where no binding says otherwise.
    pub agent: Option<String>,
    /// Whether an answer is shown while it is written.
    pub streaming: Streaming,
    /// Emoji with which the bot marks a message that it has taken; empty: none.
    pub ack_reaction: String,
    /// Program that writes down a voice message: it gets the file's path as its last argument and prints the words.
    pub transcribe: Vec<String>,
    /// Gateway intents as Discord's number; those that the bot needs without it.
    pub intents: Option<u64>,
    /// Discord guild in which commands are registered at once; everywhere, which may take an hour, without it.
    pub slash_guild: Option<String>,
    /// Whether long answers with sections are shown as Discord's embeds.
    pub embeds: bool,
    /// Program and arguments of a plugin.
    pub command: Vec<String>,
    /// Names of the gateway's own environment variables that the plugin gets.
    pub env_pass: Vec<String>,
    /// What the plugin is told at its start; the values count as secrets.
    #[serde(serialize_with = "value::hide_all", deserialize_with = "value::secrets")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub settings: BTreeMap<String, SecretString>,
}

impl Default for ChannelSection {
    fn default() -> Self {
        Self {
            enabled: true,
            token: None,
            token_env: None,
            token_file: None,
            api_root: None,
            webhook_url: None,
            webhook_secret: None,
            webhook_secret_env: None,
            webhook_secret_file: None,
            dm_policy: DmPolicy::default(),
            allow_from: Vec::new(),
            group_policy: GroupPolicy::default(),
            groups: Vec::new(),
            group_allow_from: Vec::new(),
            require_mention: true,
            mention_patterns: Vec::new(),
            history_limit: MAX_CHANNEL_HISTORY,
            allow_bots: false,
            owners: Vec::new(),
            agent: None,
            streaming: Streaming::default(),
            ack_reaction: String::new(),
            transcribe: Vec::new(),
            intents: None,
            slash_guild: None,
            embeds: true,
            command: Vec::new(),
            env_pass: Vec::new(),
            settings: BTreeMap::new(),
        }
    }
}

/// Who may write to a bot directly (protocol 11).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum DmPolicy {
    /// Those whom an owner has let in; others get a code to show.
    #[default]
    Pairing,
    /// Those in `allow_from`; others get no answer.
    Allowlist,
    /// Everyone; `allow_from` must say `"*"` as well.
    Open,
    /// Nobody.
    Disabled,
}

/// In which groups a bot listens (protocol 11).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum GroupPolicy {
    /// In those of `groups`, and to those of `group_allow_from`.
    #[default]
    Allowlist,
    /// In all.
    Open,
    /// In none.
    Disabled,
}

/// Whether an answer is shown while it is written (protocol 11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Streaming {
    /// Only the whole answer is sent.
    Off,
    /// One message grows while the answer is written.
    #[default]
    Partial,
}

/// One of `[[bindings]]`: which agent answers where (protocol 11). All given fields must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The agent.
    pub agent: String,
    /// The platform, for example `telegram`.
    pub channel: String,
    /// The account; `"*"` is every account. Without it `main`.
    #[serde(default)]
    pub account: Option<String>,
    /// `direct`, `group` or `channel`; needed with `peer`.
    #[serde(default)]
    pub peer_kind: Option<PeerKind>,
    /// Id of the person or conversation; `"*"` is every one of the kind.
    #[serde(default)]
    pub peer: Option<String>,
    /// Id of the guild or team.
    #[serde(default)]
    pub guild: Option<String>,
    /// Roles within the guild, of which the sender has one.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// The kind of a peer in a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PeerKind {
    /// A person.
    Direct,
    /// A group.
    Group,
    /// A broadcast channel or a guild's channel.
    Channel,
}

impl ChannelsSection {
    /// Collects what is wrong with all accounts.
    pub(super) fn check(&self, mistakes: &mut Vec<Mistake>) {
        for (platform, name, section) in self.iter() {
            let at = format!("channels.{platform}.{name}");
            if !good_name(name) {
                mistakes.push(Mistake::at(&at, "a name has 1 to 32 characters of a-z, 0-9, - and _"));
            }
            if platform.is_plugin() && name.parse::<Platform>().is_ok() {
                mistakes.push(Mistake::at(&at, "a plugin is a platform of its own: give it another name"));
            }
            section.check(platform, &at, mistakes);
        }
    }
}

impl ChannelSection {
    fn check(&self, platform: Platform, at: &str, mistakes: &mut Vec<Mistake>) {
        let mut wrong =
            |key: &str, message: String| mistakes.push(Mistake::at(format!("{at}.{key}"), message));
        let tokens = [self.token.is_some(), self.token_env.is_some(), self.token_file.is_some()];
        match (platform, tokens.iter().filter(|given| **given).count()) {
            (Platform::Telegram | Platform::Discord, 0) if self.enabled => {
                wrong("token", "missing: set token, token_env or token_file".into());
            }
            (_, 2..) => wrong("token", "set only one of token, token_env and token_file".into()),
            _ => {}
        }
        if let Some(root) = &self.api_root
            && !is_origin(root)
        {
            wrong(
                "api_root",
                "write it as http://host:port or https://host, without a slash at the end".into(),
            );
        }
        if self.dm_policy == DmPolicy::Open && !self.allow_from.iter().any(|id| id == "*") {
            wrong("dm_policy", "open lets every stranger in: confirm it with allow_from = [\"*\"]".into());
        }
        for pattern in &self.mention_patterns {
            if let Err(error) = mention_pattern(pattern) {
                wrong("mention_patterns", format!("\"{pattern}\" is no regular expression: {error}"));
            }
        }
        if self.history_limit > MAX_CHANNEL_HISTORY {
            wrong("history_limit", format!("allowed are 0 to {MAX_CHANNEL_HISTORY}"));
        }
        let discord = [
            ("intents", self.intents.is_some()),
            ("slash_guild", self.slash_guild.is_some()),
            ("embeds", !self.embeds),
        ];
        let plugin = [("env_pass", !self.env_pass.is_empty()), ("settings", !self.settings.is_empty())];
        for (key, given) in discord.iter().filter(|_| platform != Platform::Discord) {
            if *given {
                wrong(key, "is for discord only".into());
            }
        }
        for (key, given) in plugin.iter().filter(|_| platform != Platform::Plugin) {
            if *given {
                wrong(key, "is for plugins only".into());
            }
        }
        match (platform, self.command.is_empty()) {
            (Platform::Plugin, true) => wrong("command", "missing: name the plugin's program".into()),
            (Platform::Telegram | Platform::Discord, false) => wrong("command", "is for plugins only".into()),
            _ => {}
        }
    }
}

/// Collects what is wrong with the bindings.
pub(super) fn check_bindings(bindings: &[Binding], mistakes: &mut Vec<Mistake>) {
    for (index, binding) in bindings.iter().enumerate() {
        let mut wrong = |message: &str| {
            mistakes.push(Mistake::at("bindings", format!("number {}: {message}", index + 1)));
        };
        if binding.agent.is_empty() || binding.channel.is_empty() {
            wrong("agent and channel must not be empty");
        }
        if binding.peer.is_some() != binding.peer_kind.is_some() {
            wrong("peer and peer_kind belong together");
        }
        if !binding.roles.is_empty() && binding.guild.is_none() {
            wrong("roles need a guild");
        }
    }
}

/// Compiles a mention pattern. Its size is bounded, and matching takes linear time.
pub fn mention_pattern(pattern: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build()
}

/// Says whether a text can name an account: it becomes part of session keys and addresses.
pub fn good_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

fn is_origin(root: &str) -> bool {
    let host = root.strip_prefix("https://").or_else(|| root.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
}
