//! Turns what an agent says about its turn into the steps of the run. Pure.

use std::collections::HashMap;

use agent_client_protocol::v1::schema::{
    ContentBlock, ContentChunk, Plan, PlanEntryStatus, SessionUpdate, ToolCall, ToolCallContent,
    ToolCallStatus, ToolCallUpdate, UsageUpdate,
};
use serde_json::{Value, json};

use super::gate::{name_in, usual_name};
use crate::executor::{Step, Usage};

/// The state of a run.
#[derive(Debug, Default)]
pub(super) struct Turn {
    text: String,
    /// The message that the text so far belongs to, where the agent names its messages.
    message: Option<String>,
    /// A tool was called since the last text: what comes next is a new paragraph.
    broken: bool,
    /// Calls that have not ended: the tool's name and what it was called with.
    calls: HashMap<String, (String, Value)>,
    percent: Option<u8>,
    /// What the conversation had cost when the run began; `None` when that is not known.
    cost_before: Option<f64>,
    usage: Usage,
    any_usage: bool,
}

impl Turn {
    /// Begins a run in a conversation that has cost `cost_before` so far, as far as that is known.
    pub(super) fn new(cost_before: Option<f64>) -> Self {
        Self { cost_before, ..Self::default() }
    }

    /// Takes in an update and returns the steps it means.
    pub(super) fn take(&mut self, update: SessionUpdate) -> Vec<Step> {
        match update {
            SessionUpdate::AgentMessageChunk(chunk) => self.text(chunk),
            SessionUpdate::AgentThoughtChunk(ContentChunk { content: ContentBlock::Text(text), .. })
                if !text.text.is_empty() =>
            {
                vec![Step::Thinking { delta: text.text }]
            }
            SessionUpdate::ToolCall(call) => self.call(call),
            SessionUpdate::ToolCallUpdate(update) => self.call_update(update),
            SessionUpdate::Plan(plan) => self.plan(&plan),
            SessionUpdate::UsageUpdate(usage) => self.cost(&usage),
            _ => Vec::new(),
        }
    }

    /// Takes in the counts that came with the end of the turn.
    pub(super) fn counted(&mut self, ended: &Value) {
        let usage = &ended["usage"];
        let count = |key: &str| usage[key].as_u64().unwrap_or_default();
        if usage.is_object() {
            self.any_usage = true;
            self.usage.input_tokens = count("inputTokens");
            self.usage.output_tokens = count("outputTokens");
            self.usage.cache_read_tokens = count("cachedReadTokens");
            self.usage.cache_write_tokens = count("cachedWriteTokens");
        }
        self.usage.turns = 1;
    }

    /// The conversation is a new one after all.
    pub(super) const fn begins_anew(&mut self) {
        self.cost_before = Some(0.0);
    }

    /// Notes the model that answers.
    pub(super) fn model(&mut self, name: String) -> Step {
        self.usage.model = Some(name.clone());
        Step::Model { name }
    }

    /// Returns the whole answer.
    pub(super) fn reply(&self) -> String {
        self.text.clone()
    }

    /// Returns what the run has cost, as far as the agent said so.
    pub(super) fn usage(&self) -> Option<Usage> {
        let total = self.usage.conversation_cost_usd;
        let own = total.zip(self.cost_before).map(|(total, before)| {
            // Less than before means that the agent began to count anew.
            if total >= before { total - before } else { total }
        });
        self.any_usage.then(|| Usage { cost_usd: own, ..self.usage.clone() })
    }

    /// Returns the name under which a call was announced.
    pub(super) fn name_of(&self, call: &str) -> Option<&str> {
        self.calls.get(call).map(|(name, _)| name.as_str())
    }

    fn text(&mut self, chunk: ContentChunk) -> Vec<Step> {
        let ContentBlock::Text(text) = chunk.content else { return Vec::new() };
        if text.text.is_empty() {
            return Vec::new();
        }
        let message = chunk.message_id.map(|id| id.0.to_string());
        let other = message.is_some() && self.message.is_some() && message != self.message;
        let apart = (self.broken || other) && !self.text.is_empty();
        let delta = if apart { format!("{PARAGRAPH}{}", text.text) } else { text.text };
        self.broken = false;
        self.message = message.or_else(|| self.message.take());
        self.text.push_str(&delta);
        vec![Step::Text { delta }]
    }

    fn call(&mut self, call: ToolCall) -> Vec<Step> {
        let id = call.tool_call_id.0.to_string();
        let named = call.name.as_deref().or_else(|| name_in(call.meta.as_ref()));
        let name = named.unwrap_or_else(|| usual_name(call.kind)).to_owned();
        let args = call.raw_input.unwrap_or_else(|| json!({"title": call.title}));
        self.broken = true;
        self.calls.insert(id.clone(), (name.clone(), args.clone()));
        let mut steps = vec![Step::ToolStart { id: id.clone(), name, args }];
        steps.extend(self.ended(&id, call.status, call.raw_output, &call.content));
        steps
    }

    fn call_update(&mut self, update: ToolCallUpdate) -> Vec<Step> {
        let id = update.tool_call_id.0.to_string();
        let fields = update.fields;
        let mut steps = Vec::new();
        if let Some((name, args)) = self.calls.get_mut(&id) {
            // Agents announce a call before they know all of what it is called with.
            if let Some(input) = fields.raw_input.filter(|input| input != args) {
                args.clone_from(&input);
                steps.push(Step::ToolUpdate {
                    id: id.clone(),
                    name: name.clone(),
                    partial: json!({"input": input}),
                });
            }
        }
        let content = fields.content.unwrap_or_default();
        steps.extend(self.ended(&id, fields.status.unwrap_or_default(), fields.raw_output, &content));
        steps
    }

    fn ended(
        &mut self,
        id: &str,
        status: ToolCallStatus,
        output: Option<Value>,
        content: &[ToolCallContent],
    ) -> Option<Step> {
        let is_error = match status {
            ToolCallStatus::Completed => false,
            ToolCallStatus::Failed => true,
            _ => return None,
        };
        // A call that was told to have ended ends once.
        let (name, _) = self.calls.remove(id)?;
        let result = output.unwrap_or_else(|| Value::String(words(content)));
        Some(Step::ToolResult { id: id.to_owned(), name, is_error, result })
    }

    fn plan(&mut self, plan: &Plan) -> Vec<Step> {
        let all = plan.entries.len();
        let done = plan.entries.iter().filter(|entry| entry.status == PlanEntryStatus::Completed).count();
        let percent = (done * 100).checked_div(all).and_then(|percent| u8::try_from(percent).ok());
        if percent.is_none() || percent == self.percent {
            return Vec::new();
        }
        self.percent = percent;
        percent.map(|done| Step::Percent { done }).into_iter().collect()
    }

    fn cost(&mut self, usage: &UsageUpdate) -> Vec<Step> {
        let Some(cost) = usage.cost.as_ref().filter(|cost| cost.currency == "USD") else { return Vec::new() };
        self.any_usage = true;
        self.usage.conversation_cost_usd = Some(cost.amount);
        self.usage().map(Step::Usage).into_iter().collect()
    }
}

/// Returns what a tool said, as text.
fn words(content: &[ToolCallContent]) -> String {
    let said = content.iter().map(|part| match part {
        ToolCallContent::Content(content) => match &content.content {
            ContentBlock::Text(text) => text.text.clone(),
            _ => "[no text]".to_owned(),
        },
        ToolCallContent::Diff(diff) => format!("[changed {}]", diff.path.display()),
        _ => String::new(),
    });
    said.collect::<Vec<_>>().join("\n")
}

/// Between two pieces of an answer.
const PARAGRAPH: &str = "\n\n";

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
