//! Builds what is sent: texts, cards, buttons, polls, commands.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::wire::is_id;
use crate::outbound::{Button, Card, Outbound, Poll};
use crate::text;

/// Most code points of one message.
pub(super) const MOST_TEXT: usize = 2000;

/// A message in the making, and what it says otherwise than asked.
#[derive(Debug)]
pub(super) struct Draft {
    /// The body of the call.
    pub(super) body: Map<String, Value>,
    /// What the receipt notes.
    pub(super) note: Option<String>,
}

impl Draft {
    /// Begins a message with a text in Markdown. Nobody is ever notified by what an agent writes, except the person
    /// whose message it answers.
    pub(super) fn text(markdown: &str) -> Self {
        let rendered = text::discord(markdown);
        let fits = rendered.chars().count() <= MOST_TEXT || markdown.chars().count() > MOST_TEXT;
        let note =
            (!fits).then(|| "the text was sent as it was written, since marked up it is too long".to_owned());
        let content = if fits { rendered } else { markdown.to_owned() };
        let mut body = Map::new();
        body.insert("content".into(), content.into());
        body.insert("allowed_mentions".into(), json!({"parse": [], "replied_user": true}));
        Self { body, note }
    }

    /// Begins a message of cards under an introduction.
    pub(super) fn cards(intro: &str, cards: &[Card]) -> Self {
        let mut draft = Self::text(intro);
        draft.body.insert("embeds".into(), cards.iter().map(embed).collect());
        draft
    }

    /// Begins a spoken message, which says nothing else.
    pub(super) fn voice(silent: bool) -> Self {
        const IS_VOICE_MESSAGE: u64 = 1 << 13;
        let mut draft = Self::text("").silent(silent);
        draft.body.remove("content");
        let flags = draft.body.get("flags").and_then(Value::as_u64).unwrap_or_default();
        draft.body.insert("flags".into(), (flags | IS_VOICE_MESSAGE).into());
        draft
    }

    /// Makes it the answer to a message; if that is gone, it is sent all the same.
    pub(super) fn reply(mut self, to: Option<&String>) -> Result<Self, Fault> {
        if let Some(to) = to {
            let reference = json!({"message_id": id(to, "message")?, "fail_if_not_exists": false});
            self.body.insert("message_reference".into(), reference);
        }
        Ok(self)
    }

    /// Puts buttons under it; without any, those that it has go away.
    pub(super) fn buttons(mut self, rows: &[Vec<Button>]) -> Result<Self, Fault> {
        self.body.insert("components".into(), components(rows)?);
        Ok(self)
    }

    /// Sends it without a sound.
    pub(super) fn silent(mut self, silent: bool) -> Self {
        const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
        if silent {
            self.body.insert("flags".into(), SUPPRESS_NOTIFICATIONS.into());
        }
        self
    }

    /// Marks it with the key of what is sent, so that Discord makes one message of it however often it is sent.
    pub(super) fn once(mut self, message: &Outbound) -> Self {
        if !message.key.is_empty() {
            self.body.insert("nonce".into(), message.key.clone().into());
            self.body.insert("enforce_nonce".into(), true.into());
        }
        self
    }
}

/// Checks an id before it becomes a part of an address.
pub(super) fn id<'a>(text: &'a str, what: &str) -> Result<&'a str, Fault> {
    if is_id(text) {
        return Ok(text);
    }
    Err(Fault::refused(format!("`{what}` is not an id of Discord: up to 20 digits")))
}

fn embed(card: &Card) -> Value {
    let mut embed = Map::from_iter([("color".to_owned(), COLOUR.into())]);
    for (name, markdown) in [("title", &card.title), ("description", &card.text)] {
        if !markdown.trim().is_empty() {
            embed.insert(name.into(), text::discord(markdown).into());
        }
    }
    embed.into()
}

/// The colour beside a card: quiet on light and dark ground.
const COLOUR: u64 = 0x005B_7FA6;

/// Returns all that a message says, to tell two of them apart; Discord takes off white space at both ends.
pub(super) fn said(message: &Value) -> String {
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    };
    let embeds = message.get("embeds").and_then(Value::as_array).into_iter().flatten();
    let cards = embeds.flat_map(|embed| [text(embed, "title"), text(embed, "description")]);
    let parts = std::iter::once(text(message, "content")).chain(cards).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n")
}

/// Discord shows at most five rows of at most five buttons.
fn components(rows: &[Vec<Button>]) -> Result<Value, Fault> {
    const MOST: usize = 5;
    let rows: Vec<_> = rows.iter().flat_map(|row| row.chunks(MOST)).filter(|row| !row.is_empty()).collect();
    if rows.len() > MOST {
        return Err(Fault::refused("Discord shows at most five rows of buttons"));
    }
    let too_long = rows.iter().flat_map(|row| row.iter()).any(|button| button.data.chars().count() > 100);
    if too_long {
        return Err(Fault::refused("a button of Discord carries at most 100 characters"));
    }
    let row = |row: &&[Button]| json!({"type": 1, "components": row.iter().map(button).collect::<Vec<_>>()});
    Ok(rows.iter().map(row).collect())
}

fn button(button: &Button) -> Value {
    json!({"type": 2, "style": 2, "label": cut(&button.label, 80), "custom_id": button.data})
}

/// Returns a poll; Discord counts its time in hours, at most 32 days.
pub(super) fn poll(poll: &Poll) -> Value {
    const HOUR: u64 = 3600;
    let hours = poll.seconds.map_or(24, |seconds| u64::from(seconds).div_ceil(HOUR).clamp(1, 768));
    let answer = |option: &String| json!({"poll_media": {"text": cut(option, 55)}});
    json!({
        "question": {"text": cut(&poll.question, 300)},
        "answers": poll.options.iter().map(answer).collect::<Vec<_>>(),
        "duration": hours,
        "allow_multiselect": poll.multiple,
        "layout_type": 1,
    })
}

/// Returns the bot's slash commands. All but those that never take any offer a field for text.
pub(super) fn menu(commands: &[(String, String)]) -> Value {
    const BARE: [&str; 3] = ["stop", "status", "help"];
    let command = |(name, does): &(String, String)| {
        let mut command =
            json!({"type": 1, "name": cut(&name.to_lowercase(), 32), "description": describe(does)});
        if !BARE.contains(&name.as_str()) {
            let option = json!({"type": 3, "name": "text", "description": "What to say with it", "required": name == "ask"});
            command["options"] = json!([option]);
        }
        command
    };
    commands.iter().map(command).collect()
}

/// Discord refuses a command without a description.
fn describe(does: &str) -> String {
    if does.trim().is_empty() { "—".into() } else { cut(does, 100) }
}

/// Cuts a text to a number of code points.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
