//! `channels.remove` and `channels.logout`: a bot stops and its token is forgotten.

use schemas::error::WireError;
use schemas::methods::channels::{AccountOutput, AccountParams};
use serde_json::{Value, json};

use crate::methods::Call;

/// Removes the account from the configuration; its conversations stay.
pub async fn remove(call: Call, params: AccountParams) -> Result<AccountOutput, WireError> {
    change(call, params, "channels.remove", &Value::Null).await
}

/// Forgets the token and switches the account off; what else is configured stays for the next token.
pub async fn logout(call: Call, params: AccountParams) -> Result<AccountOutput, WireError> {
    let gone = json!({ "token": null, "token_env": null, "token_file": null, "enabled": false });
    change(call, params, "channels.logout", &gone).await
}

async fn change(
    call: Call,
    params: AccountParams,
    method: &'static str,
    section: &Value,
) -> Result<AccountOutput, WireError> {
    let (of, entry) = super::find(&call.services, &params)?;
    crate::methods::config::admit(&call.services.config_writes, &call.who().actor, method)?;
    super::patch(&call, (entry.platform.into(), &entry.name), section)?;
    super::apply(&call).await?;
    Ok(super::output(of, false))
}
