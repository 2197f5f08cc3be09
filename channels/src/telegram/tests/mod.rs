//! Tests of the Telegram channel: what updates mean, and calls against a small server that misbehaves on command.

mod failures;
mod fuzz;
mod golden;
mod listening;
mod media;
mod outgoing;
mod server;

use std::time::Duration;

use secrecy::SecretString;

use super::{Options, Pace, Telegram};
use crate::inbound::Bot;
use crate::outbound::{Action, Outbound, Place};
use server::{Reply, Server};

/// The token of every test: it must never be seen outside of addresses.
const TOKEN: &str = "777:SECRET-token_x";

fn bot() -> Bot {
    Bot { id: "777".to_owned(), name: "Landline".to_owned(), handle: Some("LandBot".to_owned()) }
}

fn channel(root: &str) -> Telegram {
    let options = Options {
        account: "main".to_owned(),
        token: SecretString::from(TOKEN),
        api_root: Some(root.to_owned()),
        webhook: None,
        client: crate::client().unwrap(),
    };
    Telegram::new(options).unwrap()
}

fn on(server: &Server) -> Telegram {
    channel(&server.root())
}

/// Returns the usual waits, or short ones where the server will not answer.
fn pace_for(replies: &[Reply]) -> Pace {
    if !replies.iter().any(|reply| matches!(reply, Reply::Stall)) {
        return Pace::default();
    }
    let second = Duration::from_secs(1);
    Pace { poll: second, slack: second, call: second }
}

fn to(chat: &str, action: Action) -> Outbound {
    let to = Place { chat: chat.to_owned(), thread: None };
    Outbound { to, key: "k".to_owned(), answering: None, action }
}

fn in_topic(thread: &str, action: Action) -> Outbound {
    let to = Place { chat: "-1002".to_owned(), thread: Some(thread.to_owned()) };
    Outbound { to, key: "k".to_owned(), answering: None, action }
}

fn text(text: &str) -> Action {
    Action::Text { text: text.to_owned(), reply_to: None, buttons: Vec::new(), silent: false }
}
