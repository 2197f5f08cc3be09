//! `channels.add`: a bot comes into the configuration and works at once.

use schemas::error::WireError;
use schemas::methods::channels::{AccountOutput, AccountParams, ChannelsAddParams};
use serde_json::{Map, Value, json};

use crate::config::Platform;
use crate::config::channels::good_name;
use crate::methods::Call;

/// Writes the section, keeps what an earlier one of the name said otherwise, and starts the account.
pub async fn add(call: Call, params: ChannelsAddParams) -> Result<AccountOutput, WireError> {
    let name = params.account_id.clone().unwrap_or_else(|| "main".into());
    let platform: Platform = params
        .channel
        .parse()
        .map_err(|_| WireError::invalid("/channel: use telegram, discord or plugin"))?;
    if !good_name(&name) {
        return Err(WireError::invalid("/accountId: 1 to 32 characters of a-z, 0-9, - and _"));
    }
    if params.token_file.as_ref().is_some_and(|file| !file.starts_with('/')) {
        return Err(WireError::invalid("/tokenFile: write the whole path"));
    }
    let services = &call.services;
    crate::methods::config::admit(&services.config_writes, &call.who().actor, "channels.add")?;
    super::patch(&call, (&params.channel, &name), &section(&params))?;
    super::apply(&call).await?;
    let meant = AccountParams { channel: params.channel.clone(), account_id: Some(name.clone()) };
    let (of, entry) = super::find(services, &meant)?;
    if let Some(trouble) = entry.trouble {
        return Err(WireError::unavailable(format!("{platform} {name} is configured, but: {trouble}")));
    }
    Ok(super::output(of, true))
}

/// Returns the change: the token that is given replaces whichever there was.
fn section(params: &ChannelsAddParams) -> Value {
    let mut section = Map::new();
    section.insert("enabled".into(), Value::Null);
    let tokens =
        [("token", &params.token), ("token_file", &params.token_file), ("token_env", &params.token_env)];
    for (key, value) in tokens {
        section.insert(key.into(), json!(value));
    }
    if let Some(root) = &params.api_root {
        section.insert("api_root".into(), json!(root));
    }
    if !params.command.is_empty() {
        section.insert("command".into(), json!(params.command));
    }
    Value::Object(section)
}
