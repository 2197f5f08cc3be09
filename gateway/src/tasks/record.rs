//! What a run said and did, gathered for its transcript.

use nodes::executor::{Step, Usage};
use serde_json::{Value, json};

use crate::store::messages::{Body, NewMessage};

/// The text and the tools of a run so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Text since the last tool.
    text: String,
    rows: Vec<Row>,
    /// The model that answered.
    pub(super) model: Option<String>,
    /// What it has cost so far.
    pub(super) usage: Option<Usage>,
    /// Whether a tool was called: the run may have had effects.
    pub(super) did_something: bool,
    /// Whether only the end of a long text is kept, as where all of it is kept elsewhere.
    bounded: bool,
}

#[derive(Debug)]
enum Row {
    Said(String),
    Called { id: String, name: String, args: Value },
    Answered { id: String, name: String, is_error: bool, text: String },
}

impl Record {
    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Text { delta } => {
                self.text.push_str(&delta);
                if self.bounded && self.text.len() > 2 * MAX_TEXT {
                    self.text = last_part(&self.text).to_owned();
                }
            }
            Step::TextReset => {
                // All of the text is sent again, also what stood before a tool.
                self.text.clear();
                self.rows.retain(|row| !matches!(row, Row::Said(_)));
            }
            Step::Model { name } => self.model = Some(name),
            Step::Usage(usage) => self.usage = Some(usage),
            Step::ToolStart { id, name, args } => {
                self.did_something = true;
                let said = std::mem::take(&mut self.text);
                if !said.trim().is_empty() {
                    self.push(Row::Said(said));
                }
                self.push(Row::Called { id, name, args: shortened(args) });
            }
            Step::ToolResult { id, name, is_error, result } => {
                self.push(Row::Answered { id, name, is_error, text: plain(&result) });
            }
            Step::Conversation { .. }
            | Step::Thinking { .. }
            | Step::ToolUpdate { .. }
            | Step::Retry { .. }
            | Step::Note { .. }
            | Step::Percent { .. }
            | Step::Gap { .. } => {}
        }
    }

    /// Has the record keep the end of a long text only.
    pub(super) fn bound(&mut self) {
        self.bounded = true;
    }

    fn push(&mut self, row: Row) {
        if self.rows.len() < MAX_ROWS {
            self.rows.push(row);
        }
    }

    /// Returns what the run had said since its last tool.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the messages that show the tools of the run; texts that `answer` holds are left out.
    pub(super) fn messages(&self, run_id: &str, answer: &str) -> Vec<NewMessage> {
        let shown = self.rows.iter().filter(|row| match row {
            Row::Said(text) => !answer.contains(text.trim()),
            Row::Called { .. } | Row::Answered { .. } => true,
        });
        shown.map(|row| row.message(run_id)).collect()
    }
}

impl Row {
    fn message(&self, run_id: &str) -> NewMessage {
        let (role, block) = match self {
            Self::Said(text) => ("assistant", json!({ "type": "text", "text": text })),
            Self::Called { id, name, args } => {
                ("assistant", json!({ "type": "toolCall", "id": id, "name": name, "arguments": args }))
            }
            Self::Answered { id, name, is_error, text } => (
                "toolResult",
                json!({ "type": "text", "text": text, "toolCallId": id, "toolName": name, "isError": is_error }),
            ),
        };
        let body = Body { content: vec![block], ..Body::default() };
        NewMessage { role, body, run_id: Some(run_id.to_owned()), idempotency_key: None }
    }
}

/// Returns the readable part of a tool's result, cut to a length worth keeping.
fn plain(result: &Value) -> String {
    let text = match result {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts = blocks.iter().filter_map(|block| block.get("text")?.as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        Value::Object(fields) if fields.contains_key("content") => return plain(&fields["content"]),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    text.chars().take(MAX_RESULT).collect()
}

/// Returns the end of a text that is too long to keep.
pub(super) fn last_part(text: &str) -> &str {
    let mut from = text.len().saturating_sub(MAX_TEXT);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

fn shortened(args: Value) -> Value {
    if args.to_string().len() <= MAX_RESULT { args } else { json!({ "note": "too long to keep" }) }
}

/// Bytes of a run's text that are kept where all of it is kept elsewhere.
const MAX_TEXT: usize = 1024 * 1024;
/// Rows of one run that are kept.
const MAX_ROWS: usize = 400;
/// Characters of a tool's result or arguments that are kept.
const MAX_RESULT: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_sent_again_is_kept_once() {
        let mut record = Record::default();
        let say = |text: &str| Step::Text { delta: text.to_owned() };
        record.step(say("Before. "));
        record.step(Step::ToolStart { id: "t".into(), name: "Bash".into(), args: Value::Null });
        record.step(say("Aft"));
        record.step(Step::TextReset);
        record.step(say("Before. After."));
        assert_eq!(record.text(), "Before. After.");
        let messages = record.messages("r", "");
        assert_eq!(messages.len(), 1, "only the tool is left beside the text: {messages:?}");
    }
}
