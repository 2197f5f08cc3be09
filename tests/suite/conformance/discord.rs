//! The hold on Discord's channel and on the fake behind it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use channels::conformance::{Fault, Received, Rig};
use channels::discord::{Discord, Options};
use channels::{Channel, Place};
use harness::fakes::discord::{
    Call, FakeDiscord, Fault as Broken, GatewayFault, Id, On, Options as Platform, Rates,
};
use secrecy::SecretString;

/// One bot, one person and their conversation.
#[derive(Debug)]
pub(super) struct Far {
    discord: FakeDiscord,
    channel: Arc<Discord>,
    dm: Id,
    ada: Id,
}

pub(super) async fn far() -> Far {
    let discord = FakeDiscord::start(Platform {
        identify_interval: Duration::ZERO,
        heartbeat: Duration::from_secs(2),
        rates: Rates::none(),
        ..Platform::default()
    })
    .await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    Far { channel: channel(&discord), discord, dm, ada }
}

fn channel(discord: &FakeDiscord) -> Arc<Discord> {
    Arc::new(Discord::new(Options {
        account: "main".into(),
        token: SecretString::from(discord.token()),
        api_root: Some(discord.root()),
        client: channels::client().expect("a client"),
        intents: None,
        slash_guild: None,
        embeds: true,
    }))
}

#[async_trait]
impl Rig for Far {
    fn channel(&self) -> Arc<dyn Channel> {
        self.channel.clone()
    }

    fn place(&self) -> Place {
        Place { chat: self.dm.to_string(), thread: None }
    }

    async fn say(&mut self, text: &str) {
        self.discord.say(self.dm, self.ada, text);
    }

    async fn cut(&mut self) {
        self.discord.go_down();
        self.discord.come_back().await;
    }

    async fn restart(&mut self) {
        self.channel = channel(&self.discord);
    }

    async fn stall(&mut self, stalled: bool) {
        self.discord.mute_gateway(stalled);
        if stalled {
            self.discord.fault(On::any(), Broken::Slow(Duration::from_hours(1)));
            self.discord.break_gateway(&GatewayFault::Mute);
        } else {
            self.discord.clear_faults();
            // Who connected meanwhile was never greeted, and never will be.
            self.cut().await;
        }
    }

    async fn fail_next(&mut self, fault: Fault) -> bool {
        let broken = match fault {
            Fault::Away => Broken::Status(503),
            Fault::Limited(time) => Broken::Limited(time),
            Fault::Refused => Broken::Status(400),
            Fault::Gone => Broken::Status(404),
            Fault::CutBefore => Broken::CutBefore,
            Fault::CutAfter => Broken::CutAfter,
        };
        self.discord.fault(On::send(), broken);
        true
    }

    async fn received(&mut self) -> Vec<Received> {
        let mut calls = self.discord.calls();
        calls.retain(|call| call.method != "GET" && took_effect(call));
        // A repeated nonce makes nothing new.
        let mut nonces = BTreeSet::new();
        calls.retain(|call| !is_new(call) || nonces.insert(call.body["nonce"].to_string()));
        // Ids grow with time: the first call that made a message made the one with the least id.
        let removed = calls.iter().filter(|call| call.method == "DELETE").filter_map(message_of);
        let there = self.discord.answers(self.dm).into_iter().map(|seen| seen.id);
        let made: BTreeSet<Id> = there.chain(removed).collect();
        let mut made = made.into_iter();
        calls.iter().filter_map(|call| told(call, &mut made)).collect()
    }
}

fn took_effect(call: &Call) -> bool {
    call.fault.as_deref() == Some("CutAfter") || call.status.is_some_and(|status| status < 300)
}

fn is_new(call: &Call) -> bool {
    call.method == "POST" && call.route == "/channels/{channel}/messages"
}

/// Returns the message in a call's path: `/channels/{channel}/messages/{message}…`.
fn message_of(call: &Call) -> Option<Id> {
    call.path.split('/').nth(4)?.parse().ok()
}

/// Returns what a call did; `made` are the messages that came of the calls, in order.
fn told(call: &Call, made: &mut impl Iterator<Item = Id>) -> Option<Received> {
    let message = message_of(call).map(|id| id.to_string()).unwrap_or_default();
    let text = call.body["content"].as_str().unwrap_or_default().to_owned();
    if is_new(call) {
        let message = made.next().map(|id| id.to_string()).unwrap_or_default();
        let names: Vec<String> = call.files.iter().map(|(name, _)| name.clone()).collect();
        return Some(if names.is_empty() {
            Received::Text { message, text }
        } else {
            Received::Media(names)
        });
    }
    Some(match (call.method.as_str(), call.route.as_str()) {
        ("PATCH", "/channels/{channel}/messages/{message}") => Received::Edited { message, text },
        ("DELETE", "/channels/{channel}/messages/{message}") => Received::Deleted(message),
        ("PUT", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me") => {
            let emoji = call.path.split('/').nth(6).map(decoded);
            Received::Reacted { message, emoji }
        }
        ("POST", "/channels/{channel}/typing") => return None,
        (method, route) => Received::Other(format!("{method} {route}")),
    })
}

/// Returns a part of a path as it was before it was encoded.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        let hex = |digit: Option<u8>| char::from(digit.unwrap_or_default()).to_digit(16).unwrap_or_default();
        bytes.push(match byte {
            b'%' => u8::try_from(hex(rest.next()) * 16 + hex(rest.next())).unwrap_or_default(),
            plain => plain,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
