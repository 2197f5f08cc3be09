//! Turns configured accounts into channels, and keeps those that run in step with the configuration. The one list
//! of platforms.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use channels::discord::{self, Discord};
use channels::plugin::{self, Plugin};
use channels::telegram::{self, Telegram};
use channels::{Channel, Feed};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::{Account, Bridge, Routes};
use crate::config::{ChannelSection, Config, Platform};
use crate::store::accounts::AccountName;
use crate::store::{DEFAULT_ORG, StoreError};

/// The configured accounts, and which of them run.
#[derive(Debug)]
pub struct Roster {
    bridge: Bridge,
    home: Option<PathBuf>,
    environment: fn(&str) -> Option<OsString>,
    state: Mutex<BTreeMap<AccountName, Entry>>,
    /// One change at a time: two could start the same account twice.
    changing: tokio::sync::Mutex<()>,
}

/// A configured account.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The platform's kind.
    pub platform: Platform,
    /// Its name in the configuration.
    pub name: String,
    /// Its section.
    pub section: ChannelSection,
    /// Why it could not be started, in plain words.
    pub trouble: Option<String>,
    /// Somebody stopped it until it is started again.
    pub stopped: bool,
    /// Where its platform's posts are handed in, while it runs and is posted to.
    pub feed: Option<Arc<dyn Feed>>,
    digest: [u8; 32],
}

/// Why an account cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// It is not configured.
    #[error("no such account; `landline channels status` lists them")]
    Unknown,
    /// The configuration switches it off.
    #[error("the account is switched off: set enabled = true in the configuration")]
    Disabled,
    /// Its token cannot be read, or its settings do not fit.
    #[error("{0}")]
    Settings(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Roster {
    /// Builds it; [`Roster::apply`] starts what the configuration asks for.
    pub fn new(bridge: Bridge, home: Option<PathBuf>, environment: fn(&str) -> Option<OsString>) -> Self {
        Self { bridge, home, environment, state: Mutex::default(), changing: tokio::sync::Mutex::default() }
    }

    /// Starts, restarts and stops accounts until they are as configured. An account that cannot be started says
    /// why in its entry and holds up no other.
    pub async fn apply(&self, config: &Config) -> Result<(), StoreError> {
        let _changing = self.changing.lock().await;
        let wanted: BTreeMap<AccountName, Entry> = config
            .channels
            .iter()
            .map(|(platform, name, section)| (of(platform, name), entry(platform, name, section)))
            .collect();
        self.bridge.set_routes(Routes::of(config));
        let gone: Vec<AccountName> =
            self.state().keys().filter(|of| !wanted.contains_key(of)).cloned().collect();
        for of in gone {
            self.bridge.remove_account(&of).await?;
            self.state().remove(&of);
        }
        for (of, mut entry) in wanted {
            let known = self.state().get(&of).cloned();
            if known.as_ref().is_some_and(|known| known.digest == entry.digest) {
                continue;
            }
            entry.stopped = known.is_some_and(|known| known.stopped);
            self.state().insert(of.clone(), entry);
            self.set_running(&of).await?;
        }
        Ok(())
    }

    /// Lists the configured accounts.
    pub fn entries(&self) -> BTreeMap<AccountName, Entry> {
        self.state().clone()
    }

    /// Returns where the posts of an account's platform are handed in, if it runs and is posted to.
    pub fn feed(&self, channel: &str, account: &str) -> Option<Arc<dyn Feed>> {
        let of = AccountName { channel: channel.to_owned(), account: account.to_owned() };
        self.state().get(&of)?.feed.clone()
    }

    /// Starts an account that was stopped, or stops one until it is started again.
    pub async fn switch(&self, of: &AccountName, on: bool) -> Result<bool, RosterError> {
        let _changing = self.changing.lock().await;
        let enabled = {
            let mut state = self.state();
            let entry = state.get_mut(of).ok_or(RosterError::Unknown)?;
            entry.stopped = !on;
            entry.section.enabled
        };
        if on && !enabled {
            return Err(RosterError::Disabled);
        }
        self.set_running(of).await?;
        match self.state().get(of).and_then(|entry| entry.trouble.clone()) {
            Some(trouble) if on => Err(RosterError::Settings(trouble)),
            _ => Ok(on),
        }
    }

    /// Starts or stops an account as its entry says.
    async fn set_running(&self, of: &AccountName) -> Result<(), StoreError> {
        let Some(entry) = self.state().get(of).cloned() else { return Ok(()) };
        if entry.stopped || !entry.section.enabled {
            self.bridge.stop_account(of).await;
            self.listens(of, None, None);
            return Ok(());
        }
        let built = self.account(of, &entry);
        let (feed, trouble) = match built {
            Ok((account, feed)) => {
                self.bridge.start_account(account).await?;
                (feed, None)
            }
            Err(trouble) => {
                self.bridge.stop_account(of).await;
                tracing::warn!(
                    channel = of.channel,
                    account = of.account,
                    trouble,
                    "An account cannot be started"
                );
                (None, Some(trouble))
            }
        };
        self.listens(of, feed, trouble);
        Ok(())
    }

    fn listens(&self, of: &AccountName, feed: Option<Arc<dyn Feed>>, trouble: Option<String>) {
        if let Some(entry) = self.state().get_mut(of) {
            (entry.feed, entry.trouble) = (feed, trouble);
        }
    }

    fn account(&self, of: &AccountName, entry: &Entry) -> Result<(Account, Option<Arc<dyn Feed>>), String> {
        let (channel, feed) = self.channel(of, entry)?;
        Ok((Account::new(DEFAULT_ORG.into(), &of.account, channel, entry.section.clone()), feed))
    }

    fn channel(&self, of: &AccountName, entry: &Entry) -> Result<Built, String> {
        let (section, account) = (&entry.section, of.account.clone());
        let api_root = section.api_root.clone();
        match entry.platform {
            Platform::Telegram => {
                let client = channels::client().map_err(|error| error.to_string())?;
                let webhook = self.webhook(of, section)?;
                let token = self.token(section)?;
                let options = telegram::Options { account, token, api_root, webhook, client };
                let channel = Telegram::new(options).map_err(|error| error.to_string())?;
                let feed = channel.feed();
                Ok((Arc::new(channel), feed))
            }
            Platform::Discord => {
                let client = channels::client().map_err(|error| error.to_string())?;
                let options = discord::Options {
                    account,
                    token: self.token(section)?,
                    api_root,
                    client,
                    intents: section.intents,
                    slash_guild: section.slash_guild.clone(),
                    embeds: section.embeds,
                };
                Ok((Arc::new(Discord::new(options)), None))
            }
            Platform::Plugin => {
                let settings = section
                    .settings
                    .iter()
                    .map(|(name, value)| (name.clone(), value.expose_secret().into()))
                    .collect();
                let plugin = Plugin::new(plugin::Options {
                    name: of.channel.clone(),
                    command: section.command.clone(),
                    env_pass: section.env_pass.clone(),
                    account,
                    settings: serde_json::Value::Object(settings),
                });
                Ok((Arc::new(plugin), None))
            }
        }
    }

    fn token(&self, section: &ChannelSection) -> Result<SecretString, String> {
        let found = self.secret(
            "token",
            section.token.as_ref(),
            section.token_env.as_deref(),
            section.token_file.as_deref(),
        );
        found?.ok_or_else(|| "no token is configured".into())
    }

    /// Returns where the platform is to post. An address without a path gets the account's own.
    fn webhook(
        &self,
        of: &AccountName,
        section: &ChannelSection,
    ) -> Result<Option<telegram::Webhook>, String> {
        let Some(url) = &section.webhook_url else { return Ok(None) };
        let origin = url.trim_end_matches('/');
        let bare = origin.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
        let url = if bare { format!("{origin}/channels/{}/{}", of.channel, of.account) } else { url.clone() };
        let (given, env, file) = (
            section.webhook_secret.as_ref(),
            section.webhook_secret_env.as_deref(),
            section.webhook_secret_file.as_deref(),
        );
        let secret = self.secret("webhook's secret", given, env, file)?;
        Ok(Some(telegram::Webhook { url, secret }))
    }

    /// Reads a secret from where the configuration says; `what` names it in errors.
    fn secret(
        &self,
        what: &str,
        given: Option<&SecretString>,
        env: Option<&str>,
        file: Option<&Path>,
    ) -> Result<Option<SecretString>, String> {
        let text = match (given, env, file) {
            (Some(secret), ..) => secret.expose_secret().to_owned(),
            (None, Some(name), _) => (self.environment)(name)
                .and_then(|value| value.into_string().ok())
                .ok_or_else(|| format!("the environment variable {name} of the gateway is not set"))?,
            (None, None, Some(file)) => {
                let path = self.expand(file);
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?
            }
            (None, None, None) => return Ok(None),
        };
        match text.trim() {
            "" => Err(format!("the {what} is empty")),
            secret => Ok(Some(SecretString::from(secret))),
        }
    }

    fn expand(&self, file: &Path) -> PathBuf {
        match (&self.home, file.strip_prefix("~")) {
            (Some(home), Ok(rest)) => home.join(rest),
            _ => file.to_owned(),
        }
    }

    fn state(&self) -> MutexGuard<'_, BTreeMap<AccountName, Entry>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A channel, and where its platform's posts are handed in, if it is posted to.
type Built = (Arc<dyn Channel>, Option<Arc<dyn Feed>>);

/// Returns the name under which an account's rows are stored. A plugin is a platform of its own.
pub(super) fn of(platform: Platform, name: &str) -> AccountName {
    match platform {
        Platform::Plugin => AccountName { channel: name.to_owned(), account: "main".into() },
        Platform::Telegram | Platform::Discord => {
            AccountName { channel: platform.to_string(), account: name.to_owned() }
        }
    }
}

fn entry(platform: Platform, name: &str, section: &ChannelSection) -> Entry {
    Entry {
        platform,
        name: name.to_owned(),
        section: section.clone(),
        trouble: None,
        stopped: false,
        feed: None,
        digest: digest(section),
    }
}

/// Tells two versions of a section apart, secrets included.
fn digest(section: &ChannelSection) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(section).unwrap_or_default());
    let secrets = section.token.iter().chain(&section.webhook_secret).chain(section.settings.values());
    for secret in secrets {
        hash.update([0]);
        hash.update(secret.expose_secret());
    }
    hash.finalize().into()
}
