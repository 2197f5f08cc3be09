//! Puts an answer together from the pieces that a model streams. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::executor::{Failure, FailureClass, Step};

/// An answer, as far as it came.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) calls: Vec<ToolCall>,
    /// Tokens read, those of them that came from a cache, tokens written.
    pub(super) tokens: (u64, u64, u64),
    pieces: BTreeMap<u64, ToolCall>,
    finish: Option<String>,
    bytes: usize,
}

/// A tool that the model wants called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ToolCall {
    pub(super) id: String,
    pub(super) name: String,
    /// JSON, as the model wrote it.
    pub(super) arguments: String,
}

/// A piece, as far as it matters; endpoints of this kind leave fields out and add others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chunk {
    choices: Vec<Choice>,
    usage: Option<Tokens>,
    error: Option<serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    /// Where the model's reasoning is, at endpoints that show it.
    reasoning_content: Option<String>,
    tool_calls: Option<Vec<Piece>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Piece {
    index: u64,
    id: Option<String>,
    function: Option<Function>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Function {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tokens {
    #[serde(rename = "prompt_tokens")]
    read: u64,
    #[serde(rename = "completion_tokens")]
    written: u64,
    #[serde(rename = "prompt_tokens_details")]
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
}

impl Answer {
    /// Takes in the data of one event and returns the steps it means.
    pub(super) fn take(&mut self, data: &str) -> Result<Vec<Step>, Failure> {
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            let message = format!("The endpoint sent what is no piece of an answer: {error}");
            Failure::new(FailureClass::Validation, "garbage", message)
        })?;
        self.bytes += data.len();
        if self.bytes > MAX_ANSWER {
            let message = format!("The answer of the model is longer than {MAX_ANSWER} bytes");
            return Err(Failure::new(FailureClass::AgentCrash, "output_too_long", message));
        }
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            let said = error["message"].as_str().map_or_else(|| error.to_string(), str::to_owned);
            return Err(Failure::new(FailureClass::IsError, "is_error", format!("The model failed: {said}")));
        }
        if let Some(tokens) = chunk.usage {
            let cached = tokens.details.and_then(|details| details.cached_tokens);
            self.tokens = (tokens.read, cached.unwrap_or_default(), tokens.written);
        }
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(Vec::new()) };
        self.finish = choice.finish_reason.or_else(|| self.finish.take());
        Ok(self.delta(choice.delta))
    }

    fn delta(&mut self, delta: Delta) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(delta) = delta.reasoning_content.filter(|text| !text.is_empty()) {
            steps.push(Step::Thinking { delta });
        }
        for delta in [delta.content, delta.refusal].into_iter().flatten().filter(|text| !text.is_empty()) {
            self.text.push_str(&delta);
            steps.push(Step::Text { delta });
        }
        for piece in delta.tool_calls.into_iter().flatten() {
            let call = self.pieces.entry(piece.index).or_default();
            let function = piece.function.unwrap_or_default();
            if let Some(id) = piece.id.filter(|id| !id.is_empty()) {
                call.id = id;
            }
            call.name.push_str(&function.name.unwrap_or_default());
            call.arguments.push_str(&function.arguments.unwrap_or_default());
        }
        steps
    }

    /// Returns the answer once the stream has ended; one without an end was cut.
    pub(super) fn whole(mut self) -> Result<Self, Failure> {
        if self.finish.is_none() {
            let message = "The endpoint broke its answer off";
            return Err(Failure::new(FailureClass::Network, "cut", message));
        }
        self.calls = std::mem::take(&mut self.pieces).into_values().collect();
        for (number, call) in self.calls.iter_mut().enumerate() {
            if call.id.is_empty() {
                call.id = format!("call_{number}");
            }
        }
        Ok(self)
    }

    /// Returns why the model stopped, in the words that are used here.
    pub(super) fn stop_reason(&self) -> &str {
        match self.finish.as_deref() {
            Some("length") => "max_tokens",
            Some("content_filter") => "refusal",
            Some("stop") | None => "end_turn",
            Some(other) => other,
        }
    }
}

/// Bytes of one answer, as it is streamed.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_calls_are_put_together_by_their_index() {
        let mut answer = Answer::default();
        for piece in [
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":""}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"y","arguments":"{}"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"k\":1}"}}]}}]}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}"#,
        ] {
            assert_eq!(answer.take(piece).unwrap(), []);
        }
        let answer = answer.whole().unwrap();
        assert_eq!(
            answer.calls[0],
            ToolCall { id: "a".into(), name: "x".into(), arguments: "{\"k\":1}".into() }
        );
        assert_eq!((answer.calls.len(), answer.tokens), (2, (9, 4, 2)));
    }

    #[test]
    fn an_answer_without_an_end_was_cut_and_an_error_in_it_is_one() {
        let mut answer = Answer::default();
        answer.take(r#"{"choices":[{"delta":{"content":"half"}}]}"#).unwrap();
        assert_eq!(answer.whole().unwrap_err().class, FailureClass::Network);
        let failed = Answer::default().take(r#"{"error":{"message":"no"}}"#).unwrap_err();
        assert_eq!(failed.class, FailureClass::IsError);
        assert_eq!(Answer::default().take("<html>").unwrap_err().code, "garbage");
    }
}
