//! Delivery of updates to a webhook: one after the other, repeated until the bot takes it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::methods;
use super::params::Params;
use super::shared::Shared;
use super::transcript::{Call, Outcome};

/// First wait after a failed delivery; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Longest wait between deliveries, and longest wait for an answer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Where a bot wants its updates.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub url: String,
    pub secret: String,
    /// When the last delivery failed, and why.
    pub last_error: Option<(i64, String)>,
}

/// Delivers for ever.
pub(super) async fn deliver(shared: Arc<Shared>) {
    let mut changes = shared.changes();
    let mut wait = FIRST_WAIT;
    loop {
        changes.borrow_and_update();
        let due = shared.look(|world| {
            world.bots.iter().enumerate().find_map(|(at, bot)| {
                let update = bot.queue.batch(1).pop()?;
                Some((at, bot.webhook.clone()?, update))
            })
        });
        let Some((bot, hook, update)) = due else {
            if changes.changed().await.is_err() {
                return;
            }
            continue;
        };
        if delivered(&shared, bot, &hook, &update).await {
            wait = FIRST_WAIT;
        } else {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

/// Delivers one update and notes it; returns whether the bot took it.
async fn delivered(shared: &Shared, bot: usize, hook: &Webhook, update: &Value) -> bool {
    let mut params = Params::default();
    params.values.insert("update".into(), update.to_string());
    let index = shared.with(|world| {
        let index = world.calls.len();
        let call = Call::new(index as u64, world.age(), bot, "webhook", &params);
        world.calls.push(call);
        index
    });
    let answer = tokio::time::timeout(LONGEST_WAIT, post(hook, update)).await;
    let answer = answer.unwrap_or_else(|_| Err("Connection timed out".to_owned()));
    shared.with(|world| {
        let (now, date) = (world.age(), world.date());
        world.calls[index].answered = Some(now);
        match &answer {
            Ok(body) => {
                world.calls[index].outcome = Outcome::Done(body.clone());
                let id = update["update_id"].as_i64().unwrap_or_default();
                world.bots[bot].queue.confirm(id + 1);
                // An answer may be a call.
                if let Some(method) = body["method"].as_str().and_then(methods::spelled) {
                    let mut params = Params::default();
                    let _ = params.add_json(body.to_string().as_bytes());
                    let _ = methods::limited(world, bot, method, &params);
                }
            }
            Err(text) => {
                world.calls[index].outcome = Outcome::Refused(0, text.clone());
                if let Some(hook) = &mut world.bots[bot].webhook {
                    hook.last_error = Some((date, text.clone()));
                }
            }
        }
    });
    answer.is_ok()
}

/// Posts an update; returns the answer's body, or what went wrong in the API's words.
async fn post(hook: &Webhook, update: &Value) -> Result<Value, String> {
    let rest = hook.url.strip_prefix("http://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).await.map_err(|_| "Connection refused".to_owned())?;
    let body = update.to_string();
    let secret = match hook.secret.as_str() {
        "" => String::new(),
        secret => format!("X-Telegram-Bot-Api-Secret-Token: {secret}\r\n"),
    };
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\n{secret}Content-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let closed = |_| "Connection closed".to_owned();
    stream.write_all(request.as_bytes()).await.map_err(closed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(closed)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split_once(' ').map_or("", |(_, rest)| rest.lines().next().unwrap_or_default());
    if status.starts_with('2') {
        let text = body.find('{').and_then(|from| Some(&body[from..=body.rfind('}')?]));
        return Ok(text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!({})));
    }
    Err(match status {
        "" => "Connection closed".to_owned(),
        status => format!("Wrong response from the webhook: {status}"),
    })
}
