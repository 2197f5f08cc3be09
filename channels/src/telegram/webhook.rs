//! A connection by webhook: Telegram is told where to post, and asked now and then whether it can.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::Telegram;
use super::call::Call;
use super::hook::Hook;
use super::poll::identify;
use super::update::KINDS;
use crate::channel::{Inbox, ListenError};

/// Runs until the connection fails.
pub(super) async fn run(channel: &Telegram, hook: &Hook, inbox: &Inbox) -> Result<(), ListenError> {
    let bot = identify(channel).await?;
    inbox.identify(bot.clone());
    let mut open = hook.open(inbox.clone(), bot);
    let params = json!({
        "url": hook.url(),
        "secret_token": hook.secret(),
        "allowed_updates": KINDS,
        // With more, what somebody wrote later may come first.
        "max_connections": 1,
        "drop_pending_updates": false,
    });
    channel.api.call(&Call::new("setWebhook", params), channel.pace.call).await?;
    let mut watch = Watch::new(hook, channel.pace.slack);
    loop {
        let asked = channel.api.call(&Call::new("getWebhookInfo", json!({})), channel.pace.slack).await?;
        let info = serde_json::from_value(asked)
            .map_err(|_| lost("the server does not say how the webhook is; check `api_root`".to_owned()))?;
        let wait = if watch.delivers(&info)? {
            inbox.alive(channel.pace.next_sign());
            channel.pace.poll
        } else {
            channel.pace.poll.min(SOON)
        };
        open.wait(wait).await?;
    }
}

/// What Telegram says of a webhook.
#[derive(Debug, Default, Deserialize)]
struct Info {
    url: String,
    #[serde(default)]
    pending_update_count: u64,
    #[serde(default)]
    last_error_date: Option<i64>,
    #[serde(default)]
    last_error_message: Option<String>,
}

/// Tells from one look to the next whether posts arrive.
struct Watch<'a> {
    hook: &'a Hook,
    /// How long updates may wait while none arrives.
    patience: Duration,
    taken: u64,
    /// The time of the last failure that was known when updates last arrived, or when the connection began; 0: never.
    known: Option<i64>,
    waiting: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn new(hook: &'a Hook, patience: Duration) -> Self {
        Self { hook, patience, taken: hook.taken(), known: None, waiting: None }
    }

    /// Says whether posts arrive, as far as one can know: nothing waits, something came, or nothing ever failed.
    /// The error says that they do not.
    fn delivers(&mut self, info: &Info) -> Result<bool, ListenError> {
        if info.url != self.hook.url() {
            let text =
                "somebody else changed this bot's webhook; stop the other program, or give each its own bot";
            return Err(ListenError::Conflict(text.to_owned()));
        }
        let failed = info.last_error_date.unwrap_or(0);
        let known = *self.known.get_or_insert(failed);
        let taken = self.hook.taken();
        let moved = std::mem::replace(&mut self.taken, taken) != taken;
        if moved || info.pending_update_count == 0 || info.last_error_date.is_none() {
            (self.known, self.waiting) = (Some(failed), None);
            return Ok(true);
        }
        let since = self.waiting.get_or_insert_with(Instant::now);
        if failed > known || since.elapsed() > self.patience {
            let why = info.last_error_message.as_deref().unwrap_or("no reason");
            return Err(lost(format!(
                "Telegram cannot deliver to {}; it says: {why}; updates that wait: {}",
                self.hook.url(),
                info.pending_update_count
            )));
        }
        Ok(false)
    }
}

fn lost(text: String) -> ListenError {
    ListenError::Lost { text, after: None }
}

/// Time between two looks while it is open whether posts arrive.
const SOON: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use schemas::clock::Clock;

    use super::super::hook::Webhook;
    use super::*;

    const URL: &str = "https://gate.example/channels/telegram/main";

    fn info(waiting: u64, failed: Option<i64>) -> Info {
        let last_error_message = failed.map(|_| "Connection refused".to_owned());
        Info {
            url: URL.to_owned(),
            pending_update_count: waiting,
            last_error_date: failed,
            last_error_message,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_webhook_is_alive_when_nothing_waits_in_vain() {
        let hook = Hook::new(Webhook { url: URL.to_owned(), secret: None }, Clock::system()).unwrap();
        let mut watch = Watch::new(&hook, Duration::from_secs(15));
        assert!(watch.delivers(&info(0, None)).unwrap());
        assert!(watch.delivers(&info(3, None)).unwrap(), "just written");
        let failed = watch.delivers(&info(3, Some(100))).unwrap_err().to_string();
        assert!(failed.contains("Connection refused") && failed.ends_with('3'), "{failed}");

        // The next connection knows of that failure: it is not held against it, and no sign of life either.
        let mut watch = Watch::new(&hook, Duration::from_secs(15));
        assert!(!watch.delivers(&info(3, Some(100))).unwrap());
        tokio::time::advance(Duration::from_secs(16)).await;
        assert!(watch.delivers(&info(3, Some(100))).is_err(), "nothing came for too long");
        assert!(watch.delivers(&info(0, Some(101))).unwrap(), "everything arrived after all");
        assert!(!watch.delivers(&info(1, Some(101))).unwrap());

        let other = Info { url: "https://other.example".to_owned(), ..Info::default() };
        assert!(matches!(watch.delivers(&other), Err(ListenError::Conflict(_))));
    }
}
