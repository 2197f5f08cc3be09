//! What a person sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::files::{File, Media};

/// A message of a person, before it is sent.
#[derive(Clone, Debug)]
pub struct Content {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) reply_to: Option<i64>,
    pub(super) quote: Option<String>,
    pub(super) forwarded: Option<Value>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Text,
    File(Media, File),
    Album(Vec<Content>),
    Other(Map<String, Value>),
}

impl Content {
    fn of(kind: Kind) -> Self {
        Self { kind, text: String::new(), reply_to: None, quote: None, forwarded: None }
    }

    /// A text, or a command such as `/start`.
    pub fn text(text: impl Into<String>) -> Self {
        let mut content = Self::of(Kind::Text);
        content.text = text.into();
        content
    }

    /// A file sent as `media`, with this content and no name.
    pub fn file(media: Media, bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Kind::File(media, File { bytes: bytes.into(), ..File::default() }))
    }

    /// A picture.
    pub fn photo(bytes: impl Into<Vec<u8>>) -> Self {
        Self::file(Media::Photo, bytes)
    }

    /// A document with a name and media type.
    pub fn document(name: &str, mime: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let file =
            File { name: Some(name.into()), mime: Some(mime.into()), bytes: bytes.into(), ..File::default() };
        Self::of(Kind::File(Media::Document, file))
    }

    /// A file with everything that can be said about it.
    pub fn described(media: Media, file: File) -> Self {
        Self::of(Kind::File(media, file))
    }

    /// A voice note of so many seconds.
    pub fn voice(bytes: impl Into<Vec<u8>>, duration: i64) -> Self {
        Self::of(Kind::File(Media::Voice, File { bytes: bytes.into(), duration, ..File::default() }))
    }

    /// Files that people see as one message; each may have a caption.
    pub fn album(items: Vec<Self>) -> Self {
        Self::of(Kind::Album(items))
    }

    /// A place.
    pub fn location(latitude: f64, longitude: f64) -> Self {
        Self::other("location", json!({ "latitude": latitude, "longitude": longitude }))
    }

    /// A contact.
    pub fn contact(phone: &str, name: &str) -> Self {
        Self::other("contact", json!({ "phone_number": phone, "first_name": name }))
    }

    /// Anything else: a field of the API's message object, for example `dice`.
    pub fn other(field: &str, value: Value) -> Self {
        Self::of(Kind::Other(Map::from_iter([(field.to_owned(), value)])))
    }

    /// Adds a caption.
    #[must_use]
    pub fn caption(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// Makes it an answer to a message.
    #[must_use]
    pub fn reply_to(mut self, message: i64) -> Self {
        self.reply_to = Some(message);
        self
    }

    /// Makes it an answer to a part of a message; needs [`Content::reply_to`].
    #[must_use]
    pub fn quoting(mut self, part: impl Into<String>) -> Self {
        self.quote = Some(part.into());
        self
    }

    /// Makes it a forward from somebody who hides who they are.
    #[must_use]
    pub fn forwarded_from(mut self, name: &str) -> Self {
        self.forwarded =
            Some(json!({ "type": "hidden_user", "sender_user_name": name, "date": 1_700_000_000 }));
        self
    }

    /// Reads the content that the control endpoints take: `{"type": "text", "text": …}`, `{"type": "photo", "base64": …}`.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let kind = value["type"].as_str().unwrap_or("text");
        let mut content = match kind {
            "text" => Self::text(""),
            "location" => {
                let number = |name: &str| value[name].as_f64().unwrap_or_default();
                Self::location(number("latitude"), number("longitude"))
            }
            "contact" => Self::contact(
                value["phone_number"].as_str().unwrap_or_default(),
                value["first_name"].as_str().unwrap_or_default(),
            ),
            "album" => {
                let items = value["items"].as_array().ok_or("an album needs `items`")?;
                Self::album(items.iter().map(Self::from_json).collect::<Result<_, _>>()?)
            }
            "other" => {
                Self::other(value["field"].as_str().ok_or("`other` needs `field`")?, value["value"].clone())
            }
            _ => Self::described(
                Media::of(kind).ok_or_else(|| format!("no content is called {kind}"))?,
                file(value)?,
            ),
        };
        let text = value["text"].as_str().or_else(|| value["caption"].as_str());
        text.unwrap_or_default().clone_into(&mut content.text);
        content.reply_to = value["reply_to"].as_i64();
        content.quote = value["quote"].as_str().map(str::to_owned);
        Ok(match value["forwarded_from"].as_str() {
            Some(name) => content.forwarded_from(name),
            None => content,
        })
    }
}

fn file(value: &Value) -> Result<File, String> {
    let bytes = STANDARD.decode(value["base64"].as_str().unwrap_or_default());
    Ok(File {
        name: value["name"].as_str().map(str::to_owned),
        mime: value["mime"].as_str().map(str::to_owned),
        bytes: bytes.map_err(|error| format!("`base64` cannot be read: {error}"))?,
        size: value["size"].as_u64(),
        duration: value["duration"].as_i64().unwrap_or_default(),
    })
}
