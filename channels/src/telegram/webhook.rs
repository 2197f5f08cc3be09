//! Updates that Telegram delivers itself, for those who would rather not poll. The door that receives them is the
//! gateway's; here is what it needs.

use schemas::clock::Millis;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::Telegram;
use super::call::Call;
use super::fault::Fault;
use super::update::{KINDS, Malformed, update_to_inbound};
use crate::channel::ListenError;
use crate::inbound::{Bot, Inbound};

/// The header in which Telegram sends the secret that [`set`] gave it.
pub const SECRET_HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";

/// Whether a request carries the account's secret. How long it takes says nothing about how much was right.
pub fn authentic(secret: &SecretString, header: Option<&[u8]>) -> bool {
    let secret = secret.expose_secret().as_bytes();
    header.is_some_and(|given| !secret.is_empty() && bool::from(given.ct_eq(secret)))
}

/// Reads one delivery. Answer it with 200 only after what it returns was stored, and also if it could not be read:
/// Telegram would deliver the same again and hold back what follows.
pub fn parse(body: &[u8], bot: &Bot, now: Millis) -> Result<Vec<Inbound>, Malformed> {
    let update: Value = serde_json::from_slice(body).map_err(|_| Malformed::new("it is no JSON"))?;
    update_to_inbound(&update, bot, now)
}

/// Tells Telegram to deliver updates to `url` with `secret`, which has 1 to 256 characters of `A-Z a-z 0-9 _ -`.
/// Polling is refused from then on; what has not been delivered yet is kept.
pub async fn set(channel: &Telegram, url: &str, secret: &SecretString) -> Result<(), ListenError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let held = secret.expose_secret();
    if !(1..=256).contains(&held.len()) || !held.bytes().all(plain) {
        let text = "the webhook's secret must have 1 to 256 characters of A-Z a-z 0-9 _ -";
        return Err(ListenError::Refused(text.to_owned()));
    }
    let params = json!({ "url": url, "secret_token": held, "allowed_updates": KINDS });
    match channel.api.call(&Call::new("setWebhook", params), channel.pace.call).await {
        Ok(_) => Ok(()),
        Err(Fault::Told(told)) if told.code == 400 => {
            Err(ListenError::Refused(format!("Telegram refuses the webhook: {}", told.description)))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Tells Telegram to deliver nothing any more; what has not been delivered yet is kept for polling.
pub async fn delete(channel: &Telegram) -> Result<(), ListenError> {
    let params = json!({ "drop_pending_updates": false });
    channel.api.call(&Call::new("deleteWebhook", params), channel.pace.call).await?;
    Ok(())
}
