//! Checks the body of a message as Discord does, and makes a draft of it.

use serde_json::{Value, json};

use super::components;
use super::messages::Draft;
use super::model::{Attachment, Id, Poll, flag};
use super::multipart::File;
use super::refusal::{Problem, Refusal};
use super::request::Request;
use super::world::World;

/// Most characters (code points) of a text.
const MAX_TEXT: usize = 2000;
/// Most characters of all embeds of a message.
const MAX_EMBEDS: usize = 6000;

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, at: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(Problem { at: at.into(), code, message: message.into() });
    }

    /// Checks the length of a text, in code points.
    pub(super) fn length(&mut self, at: impl Into<String>, text: &Value, least: usize, most: usize) -> usize {
        let at = at.into();
        let Some(text) = text.as_str() else {
            if !text.is_null() {
                self.add(at, "BASE_TYPE_STRING", "Must be a string.");
            } else if least > 0 {
                self.add(at, "BASE_TYPE_REQUIRED", "This field is required");
            }
            return 0;
        };
        let count = text.chars().count();
        if count > most {
            self.add(at, "BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."));
        } else if count < least {
            self.add(at, "BASE_TYPE_BAD_LENGTH", format!("Must be between {least} and {most} in length."));
        }
        count
    }

    /// Checks how many there are.
    pub(super) fn count(&mut self, at: impl Into<String>, list: &Value, most: usize) {
        match list {
            Value::Null => {}
            Value::Array(list) if list.len() <= most => {}
            Value::Array(_) => {
                self.add(at, "BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."));
            }
            _ => self.add(at, "BASE_TYPE_LIST", "Must be a list."),
        }
    }

    pub(super) fn end(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Form(self.0)) }
    }
}

/// Checks everything about a message's body that does not depend on where it goes.
pub(super) fn check(body: &Value) -> Result<(), Refusal> {
    let mut problems = Problems::default();
    problems.length("content", &body["content"], 0, MAX_TEXT);
    match &body["nonce"] {
        Value::Null => {}
        Value::Number(number) if number.is_i64() || number.is_u64() => {}
        text => _ = problems.length("nonce", text, 0, 25),
    }
    check_mentions(&mut problems, &body["allowed_mentions"]);
    check_embeds(&mut problems, &body["embeds"]);
    components::check(&mut problems, &body["components"]);
    check_poll(&mut problems, &body["poll"]);
    problems.count("attachments", &body["attachments"], 10);
    problems.end()
}

fn check_mentions(problems: &mut Problems, allowed: &Value) {
    for (word, list) in [("users", "users"), ("roles", "roles")] {
        let parsed = allowed["parse"].as_array().is_some_and(|parse| parse.contains(&json!(word)));
        if parsed && allowed[list].as_array().is_some_and(|list| !list.is_empty()) {
            let message = format!("parse:[\"{word}\"] and {list}: [ids...] are mutually exclusive.");
            problems.add("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message);
        }
    }
    let words = allowed["parse"].as_array().into_iter().flatten().enumerate();
    for (index, word) in
        words.filter(|(_, word)| !matches!(word.as_str(), Some("users" | "roles" | "everyone")))
    {
        let message = format!("Value must be one of {{'users', 'everyone', 'roles'}}, not {word}.");
        problems.add(format!("allowed_mentions.parse.{index}"), "BASE_TYPE_CHOICES", message);
    }
}

fn check_embeds(problems: &mut Problems, embeds: &Value) {
    problems.count("embeds", embeds, 10);
    let mut total = 0;
    for (index, embed) in embeds.as_array().into_iter().flatten().enumerate() {
        let at = |field: &str| format!("embeds.{index}.{field}");
        if !shows_something(embed) {
            problems.add(at("description"), "BASE_TYPE_REQUIRED", "This field is required");
        }
        total += problems.length(at("title"), &embed["title"], 0, 256);
        total += problems.length(at("description"), &embed["description"], 0, 4096);
        total += problems.length(at("footer.text"), &embed["footer"]["text"], 0, 2048);
        total += problems.length(at("author.name"), &embed["author"]["name"], 0, 256);
        problems.count(at("fields"), &embed["fields"], 25);
        for (number, field) in embed["fields"].as_array().into_iter().flatten().enumerate() {
            total += problems.length(at(&format!("fields.{number}.name")), &field["name"], 1, 256);
            total += problems.length(at(&format!("fields.{number}.value")), &field["value"], 1, 1024);
        }
    }
    if total > MAX_EMBEDS {
        let message = format!("Embed size exceeds maximum size of {MAX_EMBEDS}");
        problems.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", message);
    }
}

/// Says whether there is anything to see of an embed.
fn shows_something(embed: &Value) -> bool {
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let parts = [&embed["title"], &embed["description"], &embed["footer"]["text"], &embed["author"]["name"]];
    let pictures = [&embed["image"]["url"], &embed["thumbnail"]["url"]];
    let fields = embed["fields"].as_array().is_some_and(|fields| !fields.is_empty());
    fields || parts.into_iter().chain(pictures).any(text)
}

fn check_poll(problems: &mut Problems, poll: &Value) {
    if poll.is_null() {
        return;
    }
    problems.length("poll.question.text", &poll["question"]["text"], 1, 300);
    problems.count("poll.answers", &poll["answers"], 10);
    let answers = poll["answers"].as_array().map_or(&[][..], Vec::as_slice);
    if answers.is_empty() {
        problems.add("poll.answers", "BASE_TYPE_REQUIRED", "This field is required");
    }
    for (index, answer) in answers.iter().enumerate() {
        problems.length(
            format!("poll.answers.{index}.poll_media.text"),
            &answer["poll_media"]["text"],
            1,
            55,
        );
    }
    if poll["duration"].as_u64().is_some_and(|hours| hours == 0 || hours > 768) {
        problems.add("poll.duration", "NUMBER_TYPE_MAX", "int value should be less than or equal to 768.");
    }
}

impl World {
    /// Makes a draft of a body that was checked; an empty one is refused.
    pub(super) fn draft(&mut self, channel: Id, request: &Request, body: &Value) -> Result<Draft, Refusal> {
        let reference = self.reference(channel, &body["message_reference"])?;
        let draft = Draft {
            kind: if reference.is_some() { 19 } else { 0 },
            content: body["content"].as_str().unwrap_or_default().to_owned(),
            reference,
            embeds: embeds(&body["embeds"]),
            components: components::numbered(&body["components"]),
            attachments: self.attachments(&request.files, &body["attachments"])?,
            // Of the flags only these may be set by a bot: no embeds, silent, voice message, components of version 2.
            flags: body["flags"].as_u64().unwrap_or_default()
                & (1 << 2 | 1 << 12 | 1 << 13 | 1 << 15 | flag::EPHEMERAL),
            nonce: Some(body["nonce"].clone()).filter(|nonce| !nonce.is_null()),
            allowed_mentions: Some(body["allowed_mentions"].clone()).filter(|allowed| !allowed.is_null()),
            poll: self.poll(&body["poll"]),
            ..Draft::default()
        };
        let says_something = !draft.content.trim().is_empty()
            || !draft.embeds.is_empty()
            || !draft.components.is_empty()
            || !draft.attachments.is_empty()
            || draft.poll.is_some();
        if says_something { Ok(draft) } else { Err(Refusal::EMPTY_MESSAGE) }
    }

    fn reference(&self, channel: Id, reference: &Value) -> Result<Option<(Id, Id)>, Refusal> {
        if reference.is_null() {
            return Ok(None);
        }
        let id = reference["message_id"].as_str().and_then(|id| id.parse::<Id>().ok());
        let found = id.filter(|id| self.message(channel, *id).is_ok());
        match found {
            Some(id) => Ok(Some((channel, id))),
            None if reference["fail_if_not_exists"] == json!(false) => Ok(None),
            None => Err(Refusal::field("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")),
        }
    }

    /// Takes the files of a form; what `attachments` says of them goes with them.
    pub(super) fn attachments(&mut self, files: &[File], said: &Value) -> Result<Vec<Attachment>, Refusal> {
        if files.iter().map(|file| file.bytes.len()).sum::<usize>() > self.options.max_upload {
            return Err(Refusal::TOO_LARGE);
        }
        if files.len() > 10 {
            return Err(Refusal::field("files", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."));
        }
        let said = said.as_array().map_or(&[][..], Vec::as_slice);
        let of_file = |file: &File| said.iter().find(|one| number(&one["id"]) == Some(file.number));
        Ok(files.iter().map(|file| self.attachment(file, of_file(file))).collect())
    }

    fn attachment(&mut self, file: &File, said: Option<&Value>) -> Attachment {
        let mut more = said.and_then(Value::as_object).cloned().unwrap_or_default();
        more.retain(|name, value| {
            matches!(name.as_str(), "description" | "duration_secs" | "waveform" | "title")
                && !value.is_null()
        });
        let name = said.and_then(|said| said["filename"].as_str()).unwrap_or(&file.name);
        Attachment {
            id: self.id(),
            name: safe(name),
            mime: file.mime.clone(),
            bytes: file.bytes.clone(),
            more,
        }
    }

    fn poll(&self, poll: &Value) -> Option<Poll> {
        const HOUR: u64 = 3_600_000;
        let answers = poll["answers"].as_array()?;
        Some(Poll {
            question: json!({"text": poll["question"]["text"]}),
            answers: answers.iter().map(|answer| answer["poll_media"].clone()).collect(),
            multiple: poll["allow_multiselect"] == json!(true),
            expiry: self.time.millis() + poll["duration"].as_u64().unwrap_or(24) * HOUR,
            votes: Vec::new(),
        })
    }
}

/// Returns a list, or none.
pub(super) fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Returns embeds as Discord keeps them: with their type.
pub(super) fn embeds(value: &Value) -> Vec<Value> {
    let mut embeds = list(value);
    for embed in embeds.iter_mut().filter_map(Value::as_object_mut) {
        embed.entry("type").or_insert_with(|| json!("rich"));
    }
    embeds
}

/// Reads a number that may be written as text.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Writes a file's name as Discord does: letters, digits, `_`, `-` and `.`.
fn safe(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' }).collect()
}
