//! The hold on Telegram's channel and on the fake behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use channels::conformance::{Fault, Received, Rig};
use channels::telegram::{Options, Pace, Telegram, Webhook};
use channels::{Channel, Feed, Place};
use harness::fakes::telegram::{
    Call, Chat, Content, FakeTelegram, Fault as Broken, Options as Platform, Outcome,
};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// One bot, one person and their conversation.
#[derive(Debug)]
pub(super) struct Far {
    telegram: FakeTelegram,
    channel: Arc<Telegram>,
    chat: Chat,
    ada: i64,
    /// Who takes the platform's posts, where it is not polled.
    door: Option<Door>,
}

/// A small HTTP server that hands posts to the channel's feed, as the gateway's door does.
#[derive(Debug)]
struct Door {
    at: SocketAddr,
    feed: watch::Sender<Arc<dyn Feed>>,
    _serving: JoinSet<()>,
}

impl Door {
    fn open(feed: Arc<dyn Feed>, listener: TcpListener) -> Self {
        let at = listener.local_addr().expect("an address");
        let (feed, current) = watch::channel(feed);
        let app = Router::new().route("/", post(take)).with_state(current);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { at, feed, _serving: serving }
    }
}

async fn take(
    State(feed): State<watch::Receiver<Arc<dyn Feed>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let feed = feed.borrow().clone();
    if !headers.get(feed.header()).is_some_and(|proof| feed.proves(proof.as_bytes())) {
        return StatusCode::FORBIDDEN;
    }
    match feed.take(&body).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

pub(super) async fn far() -> Far {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    Far { channel: channel(&telegram, None), telegram, chat, ada, door: None }
}

/// The same by webhook.
pub(super) async fn posting() -> Far {
    let far = far().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let channel = channel(&far.telegram, listener.local_addr().ok());
    let door = Door::open(channel.feed().expect("a feed"), listener);
    Far { channel, door: Some(door), ..far }
}

fn channel(telegram: &FakeTelegram, door: Option<SocketAddr>) -> Arc<Telegram> {
    let options = Options {
        account: "main".into(),
        token: SecretString::from(telegram.token()),
        api_root: Some(telegram.root()),
        webhook: door.map(|at| Webhook { url: format!("http://{at}/"), secret: None }),
        client: channels::client().expect("a client"),
    };
    let second = Duration::from_secs(1);
    let pace = Pace { poll: second, slack: second, call: second * 5 };
    Arc::new(Telegram::new(options).expect("a bot").paced(pace))
}

#[async_trait]
impl Rig for Far {
    fn channel(&self) -> Arc<dyn Channel> {
        self.channel.clone()
    }

    fn place(&self) -> Place {
        Place { chat: self.chat.id.to_string(), thread: None }
    }

    async fn say(&mut self, text: &str) {
        self.telegram.say(self.chat, self.ada, Content::text(text));
    }

    async fn cut(&mut self) {
        self.telegram.down().await;
        self.telegram.up().await;
    }

    async fn restart(&mut self) {
        self.channel = channel(&self.telegram, self.door.as_ref().map(|door| door.at));
        if let (Some(door), Some(feed)) = (&self.door, self.channel.feed()) {
            door.feed.send_replace(feed);
        }
    }

    async fn stall(&mut self, stalled: bool) {
        self.telegram.faults(|faults| {
            faults.clear();
            if stalled {
                for method in ["getMe", "getUpdates", "deleteWebhook", "setWebhook", "getWebhookInfo"] {
                    faults.on(method, 0, u64::MAX, Broken::Slow(Duration::from_hours(1)));
                }
            }
        });
    }

    async fn fail_next(&mut self, fault: Fault) -> bool {
        let broken = match fault {
            Fault::Away => Broken::ServerError,
            Fault::Limited(time) => Broken::TooMany(time.as_secs()),
            Fault::CutBefore => Broken::CutBefore,
            Fault::CutAfter => Broken::CutAfter,
            Fault::Refused | Fault::Gone => return false,
        };
        self.telegram.faults(|faults| {
            faults.next("sendMessage", broken);
        });
        true
    }

    async fn received(&mut self) -> Vec<Received> {
        let calls = self.telegram.received();
        calls.iter().filter(|call| call.took_effect()).filter_map(told).collect()
    }
}

/// Returns what a call that was carried out did.
fn told(call: &Call) -> Option<Received> {
    let message = call.param("message_id").to_owned();
    Some(match call.method.as_str() {
        "sendMessage" => {
            let made = match &call.outcome {
                Outcome::Done(result) => result["message_id"].as_i64(),
                _ => None,
            };
            Received::Text { message: made.unwrap_or_default().to_string(), text: shown(call) }
        }
        "editMessageText" => Received::Edited { message, text: shown(call) },
        "deleteMessage" => Received::Deleted(message),
        "setMessageReaction" => {
            let emoji = call.json("reaction")[0]["emoji"].as_str().map(str::to_owned);
            Received::Reacted { message, emoji }
        }
        "sendDocument" => Received::Media(call.files.values().map(|(name, _)| name.clone()).collect()),
        "getMe" | "getUpdates" | "sendChatAction" | "deleteWebhook" | "setWebhook" | "getWebhookInfo"
        | "webhook" => return None,
        other => Received::Other(other.to_owned()),
    })
}

/// Returns a text without its markup, of which the checks use none but the escapes.
fn shown(call: &Call) -> String {
    call.param("text").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
