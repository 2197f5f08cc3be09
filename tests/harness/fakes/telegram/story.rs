//! What the bot did, for people to read: the calls that took effect, conversation by conversation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::FakeTelegram;
use super::transcript::{Call, Outcome};

/// Calls that say nothing to anybody, or whose number depends on how long something takes.
const UNTOLD: [&str; 9] = [
    "getMe",
    "getUpdates",
    "getFile",
    "download",
    "sendChatAction",
    "setMyCommands",
    "setWebhook",
    "getWebhookInfo",
    "webhook",
];

impl FakeTelegram {
    /// Returns what the bot did in each conversation, in order, with all parameters.
    pub fn story(&self) -> String {
        let mut chats: BTreeMap<String, String> = BTreeMap::new();
        for call in self.received() {
            // People may see a message a moment before its call is answered.
            let done = call.took_effect() || (call.outcome == Outcome::Pending && call.fault.is_none());
            if done && !UNTOLD.contains(&call.method.as_str()) {
                let place = match call.param("chat_id") {
                    "" => "answers to presses".to_owned(),
                    chat => format!("chat {chat}"),
                };
                tell(chats.entry(place).or_default(), &call);
            }
        }
        let mut story = String::new();
        for (place, told) in chats {
            let _ = write!(story, "# {place}\n\n{told}");
        }
        story
    }
}

fn tell(story: &mut String, call: &Call) {
    let _ = writeln!(story, "{}", call.method);
    for (name, value) in call.params.iter().filter(|(name, _)| *name != "chat_id") {
        if value.contains('\n') {
            let _ = writeln!(story, "  {name}:");
            for line in value.lines() {
                let _ = writeln!(story, "{}", format!("  | {line}").trim_end());
            }
        } else {
            let _ = writeln!(story, "  {name}: {value}");
        }
    }
    for (part, (name, size)) in &call.files {
        let _ = writeln!(story, "  {part}: the file {name}, {size} bytes");
    }
    story.push('\n');
}
