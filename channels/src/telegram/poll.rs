//! Long polling: one connection, from who the bot is to the last update that was stored.

use std::time::Duration;

use serde_json::{Value, json};

use super::Telegram;
use super::call::Call;
use super::fault::Fault;
use super::update::{self, KINDS, update_to_inbound};
use crate::channel::{Inbox, ListenError};
use crate::inbound::Bot;

/// Asks who the bot is.
pub(super) async fn identify(channel: &Telegram) -> Result<Bot, ListenError> {
    // Nothing is uploaded and nothing is waited for: silence is soon a sign that nobody is there.
    let me = channel.api.call(&Call::new("getMe", json!({})), channel.pace.slack).await?;
    let text = |name: &str| me.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(id) = me.get("id").and_then(Value::as_i64) else {
        let text = "the server does not say who the bot is; check `api_root`".to_owned();
        return Err(ListenError::Lost { text, after: None });
    };
    let handle = text("username");
    let name = text("first_name").or_else(|| handle.clone()).unwrap_or_else(|| id.to_string());
    Ok(Bot { id: id.to_string(), name, handle })
}

/// Polls until the connection fails.
pub(super) async fn run(channel: &Telegram, inbox: &Inbox) -> Result<(), ListenError> {
    let bot = identify(channel).await?;
    inbox.identify(bot.clone());
    let mut offset = inbox.cursor().and_then(|cursor| cursor.parse::<i64>().ok());
    // The first poll does not wait: that the bot works shows at once.
    let mut wait = Duration::ZERO;
    let mut cleared = false;
    loop {
        let updates = match poll(channel, offset, wait).await {
            Err(fault) if blocked_by_webhook(&fault) && !cleared => {
                remove_webhook(channel).await?;
                inbox.trouble("a webhook was set for this bot; it was removed, since the gateway polls");
                cleared = true;
                continue;
            }
            polled => polled?,
        };
        inbox.alive(channel.pace.next_sign());
        wait = channel.pace.poll;
        let Value::Array(updates) = updates else {
            return Err(lost("the server's answer to a poll is no list of updates; check `api_root`"));
        };
        if !updates.is_empty() {
            let next = keep(channel, inbox, &bot, &updates).await?;
            offset = Some(next);
        }
    }
}

/// Waits for updates; the poll is dead when its answer is overdue.
async fn poll(channel: &Telegram, offset: Option<i64>, wait: Duration) -> Result<Value, Fault> {
    let params = json!({
        "offset": offset,
        "limit": 100,
        "timeout": wait.as_secs(),
        "allowed_updates": KINDS,
    });
    channel.api.call(&Call::new("getUpdates", params), wait + channel.pace.slack).await
}

/// Stores a batch with the offset that confirms it, and returns that offset.
async fn keep(channel: &Telegram, inbox: &Inbox, bot: &Bot, updates: &[Value]) -> Result<i64, ListenError> {
    // Telegram may begin to count anew after a quiet week, so the batch alone says where it goes on.
    let last = updates.iter().filter_map(|update| update::number(update).ok()).max();
    let Some(last) = last else {
        return Err(lost(
            "the server sent updates without numbers, which cannot be confirmed; check `api_root`",
        ));
    };
    // Within one answer the numbers say what came first.
    let mut updates: Vec<&Value> = updates.iter().collect();
    updates.sort_by_key(|update| update::number(update).unwrap_or(i64::MAX));
    let now = channel.clock.now();
    let mut batch = Vec::new();
    for update in updates {
        match update_to_inbound(update, bot, now) {
            Ok(told) => batch.extend(told),
            Err(error) => inbox.trouble(&error.to_string()),
        }
    }
    let next = last.saturating_add(1);
    inbox.store(batch, Some(next.to_string())).await?;
    Ok(next)
}

/// Tells Telegram to deliver nothing by itself any more; what has not been delivered yet is kept for polling.
async fn remove_webhook(channel: &Telegram) -> Result<(), ListenError> {
    let params = json!({ "drop_pending_updates": false });
    channel.api.call(&Call::new("deleteWebhook", params), channel.pace.call).await?;
    Ok(())
}

fn blocked_by_webhook(fault: &Fault) -> bool {
    matches!(fault, Fault::Told(told) if told.code == 409 && told.says(&["webhook"]))
}

fn lost(text: &str) -> ListenError {
    ListenError::Lost { text: text.to_owned(), after: None }
}
