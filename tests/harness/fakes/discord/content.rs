//! What a person sends.

use bytes::Bytes;

use super::model::Id;

/// What a person sends: a text, what it answers to, files.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub(super) text: String,
    pub(super) reply_to: Option<Id>,
    pub(super) silent_reply: bool,
    pub(super) files: Vec<(String, String, Bytes)>,
}

impl Content {
    /// A text; `<@ID>` in it is a mention.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Answers to a message, whose author is told of it.
    #[must_use]
    pub fn reply_to(self, message: Id) -> Self {
        Self { reply_to: Some(message), ..self }
    }

    /// Answers to a message without telling its author.
    #[must_use]
    pub fn reply_quietly(self, message: Id) -> Self {
        Self { reply_to: Some(message), silent_reply: true, ..self }
    }

    /// Begins with a mention.
    #[must_use]
    pub fn mention(self, user: Id) -> Self {
        Self { text: format!("<@{user}> {}", self.text), ..self }
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, name: &str, mime: &str, bytes: impl Into<Bytes>) -> Self {
        self.files.push((name.to_owned(), mime.to_owned(), bytes.into()));
        self
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}
