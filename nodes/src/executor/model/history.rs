//! What was said in a conversation, as the endpoint wants to hear it again, within a bound.

use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestToolMessage, ChatCompletionRequestUserMessage,
    FunctionCall,
};
use serde::{Deserialize, Serialize};

use super::answer::Answer;

/// The messages of a conversation, without the instructions.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct History {
    messages: Vec<ChatCompletionRequestMessage>,
}

impl History {
    /// Adds what the user wrote.
    pub(super) fn asked(&mut self, text: String) {
        self.messages.push(ChatCompletionRequestUserMessage::from(text).into());
    }

    /// Adds what the model answered.
    pub(super) fn answered(&mut self, answer: &Answer) {
        let calls = answer.calls.iter().map(|call| {
            let function = FunctionCall { name: call.name.clone(), arguments: call.arguments.clone() };
            ChatCompletionMessageToolCall { id: call.id.clone(), function }.into()
        });
        let calls: Vec<_> = calls.collect();
        self.messages.push(
            ChatCompletionRequestAssistantMessage {
                content: (!answer.text.is_empty() || calls.is_empty()).then(|| answer.text.clone().into()),
                tool_calls: (!calls.is_empty()).then_some(calls),
                ..ChatCompletionRequestAssistantMessage::default()
            }
            .into(),
        );
    }

    /// Adds what a tool answered.
    pub(super) fn called(&mut self, result: ChatCompletionRequestToolMessage) {
        self.messages.push(result.into());
    }

    /// Returns what is sent.
    pub(super) fn messages(&self, instructions: Option<&str>) -> Vec<ChatCompletionRequestMessage> {
        let first = instructions.map(|text| ChatCompletionRequestSystemMessage::from(text).into());
        first.into_iter().chain(self.messages.iter().cloned()).collect()
    }

    /// Drops the oldest turns beyond the bound; the last stays whole, since a tool's answer needs its call.
    pub(super) fn shorten(&mut self) {
        loop {
            let turns: Vec<usize> = (0..self.messages.len()).filter(|at| self.is_users(*at)).collect();
            let size = serde_json::to_vec(&self.messages).map_or(0, |text| text.len());
            match turns.get(1) {
                Some(second) if size > MAX_BYTES => drop(self.messages.drain(..*second)),
                _ => return,
            }
        }
    }

    fn is_users(&self, at: usize) -> bool {
        matches!(self.messages.get(at), Some(ChatCompletionRequestMessage::User(_)))
    }
}

/// Bytes of a conversation that are kept and sent.
const MAX_BYTES: usize = 512 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_turns_are_dropped_whole() {
        let mut history = History::default();
        let mut yes = Answer::default();
        yes.take(r#"{"choices":[{"delta":{"content":"yes"}}]}"#).unwrap();
        for turn in 0..6 {
            history.asked(format!("{turn}{}", "x".repeat(MAX_BYTES / 4)));
            history.answered(&yes);
        }
        history.shorten();
        assert!(history.is_users(0) && history.messages.len() == 6, "{}", history.messages.len());
        let kept: History = serde_json::from_slice(&serde_json::to_vec(&history).unwrap()).unwrap();
        assert_eq!(kept.messages, history.messages);
        assert_eq!(history.messages(Some("be brief")).len(), 7);
    }

    #[test]
    fn a_turn_is_never_torn() {
        let mut history = History::default();
        history.asked("x".repeat(2 * MAX_BYTES));
        history.shorten();
        assert_eq!(history.messages.len(), 1);
    }
}
