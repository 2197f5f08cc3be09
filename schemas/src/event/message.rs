//! What was said, as events carry it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// A message as chat events carry it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChatMessage {
    /// Always `assistant`.
    pub role: String,
    /// Text blocks.
    pub content: Vec<TextBlock>,
    /// When.
    pub timestamp: Millis,
}

impl ChatMessage {
    /// Returns an assistant's message of one text.
    pub fn assistant(text: impl Into<String>, timestamp: Millis) -> Self {
        Self { role: "assistant".into(), content: vec![TextBlock::new(text)], timestamp }
    }
}

/// A block of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextBlock {
    /// Always `text`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text.
    pub text: String,
}

impl TextBlock {
    /// Returns a block.
    pub fn new(text: impl Into<String>) -> Self {
        Self { kind: "text".into(), text: text.into() }
    }
}
