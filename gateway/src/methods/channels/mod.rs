//! Handlers of the chat platforms and their accounts.

mod add;
mod outbox;
mod remove;
mod status;
mod switch;

use schemas::error::{DetailCode, WireError};
use schemas::event::Event;
use schemas::methods::channels::{AccountOutput, AccountParams, ChannelsChanged};

use crate::bridge::{Entry, RosterError};
use crate::config::EditError;
use crate::methods::{Call, Services};
use crate::store::accounts::AccountName;

pub use add::add;
pub use outbox::{outbox_drop, outbox_list, outbox_resend};
pub use remove::{logout, remove};
pub(super) use status::accounts;
pub use status::status;
pub use switch::{start, stop};

/// Returns the account that is meant: `telegram` and its account, a plugin by its own name, or `plugin` and its name.
fn find(services: &Services, params: &AccountParams) -> Result<(AccountName, Entry), WireError> {
    let account = params.account_id.as_deref().unwrap_or("main");
    let meant = |of: &AccountName, entry: &Entry| {
        (of.channel == params.channel && of.account == account)
            || (params.channel == "plugin" && entry.platform.is_plugin() && entry.name == account)
    };
    let found = services.roster.entries().into_iter().find(|(of, entry)| meant(of, entry));
    found.ok_or_else(|| unknown(&params.channel, account))
}

pub(super) fn unknown(channel: &str, account: &str) -> WireError {
    WireError::invalid(format!(
        "unsupported channel: {channel}: there is no account \"{account}\" on it; channels.status lists those there are"
    ))
    .detail(DetailCode::UnknownChannel)
}

fn output(of: AccountName, running: bool) -> AccountOutput {
    AccountOutput { channel: of.channel, account_id: of.account, running }
}

/// Puts the configuration as it is now in force, and tells whoever shows accounts.
pub(super) async fn apply(call: &Call) -> Result<(), WireError> {
    let services = &call.services;
    let config = services.config.load().map_err(|error| WireError::unavailable(error.to_string()))?;
    services.roster.apply(&config).await?;
    let changed = ChannelsChanged { ts: services.clock.now() };
    services.hub.publish(Event::ChannelsChanged, &changed, None);
    Ok(())
}

/// Changes one account's section; `null` removes it.
fn patch(call: &Call, entry: (&str, &str), section: &serde_json::Value) -> Result<(), WireError> {
    let (platform, name) = entry;
    let raw = serde_json::json!({ "channels": { platform: { name: section } } }).to_string();
    let config = &call.services.config;
    let edited = config.get().and_then(|shown| config.patch(&raw, Some(&shown.hash)));
    edited.map(drop).map_err(|error| match error {
        EditError::Invalid(mistakes) => {
            let text: Vec<String> = mistakes.iter().map(|mistake| mistake.message.clone()).collect();
            WireError::invalid(text.join("; "))
        }
        other => super::config::refusal(&other),
    })
}

/// Writes somebody into the configuration as an owner of an account.
pub(super) async fn add_owner(call: &Call, of: &AccountName, person: &str) -> Result<(), WireError> {
    let entries = call.services.roster.entries();
    let entry = entries.get(of).ok_or_else(|| unknown(&of.channel, &of.account))?;
    let mut owners = entry.section.owners.clone();
    if owners.iter().any(|known| known == person) {
        return Ok(());
    }
    owners.push(person.to_owned());
    patch(call, (entry.platform.into(), &entry.name), &serde_json::json!({ "owners": owners }))?;
    apply(call).await
}

impl From<RosterError> for WireError {
    fn from(error: RosterError) -> Self {
        let text = error.to_string();
        match error {
            RosterError::Unknown => Self::invalid(text).detail(DetailCode::UnknownChannel),
            RosterError::Disabled | RosterError::Settings(_) => Self::unavailable(text),
            RosterError::Store(error) => error.into(),
        }
    }
}
