//! Turns the lines of a run into its steps, and knows when the run is complete. Pure.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::lines::{Assistant, Block, Line, Stream, TurnResult};
use super::text::{LiveText, PARAGRAPH};
use crate::executor::{Step, Usage};

/// The state of a run.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// What the conversation had cost when the run began; `None` when that is not known.
    cost_before: Option<f64>,
    text: LiveText,
    /// Messages whose thinking was streamed, so that the finished block repeats it.
    thought: bool,
    tools: HashMap<String, String>,
    session: Option<Uuid>,
    model: Option<String>,
    /// User lines that the agent has not taken up yet.
    waiting: HashSet<Uuid>,
    /// The line of the first turn: its result shows that it was taken up, whether or not the agent said so.
    first: Option<Uuid>,
    any_written: bool,
    any_result: bool,
    /// The results so far, one a turn.
    replies: Vec<String>,
    usage: Usage,
    /// The last result.
    pub(super) last: Option<TurnResult>,
}

impl Turns {
    /// Begins a run in a conversation that has cost `cost_before` so far, as far as that is known.
    pub(super) fn new(cost_before: Option<f64>) -> Self {
        Self { cost_before, ..Self::default() }
    }

    /// A user line was written.
    pub(super) fn written(&mut self, line: Uuid) {
        if !self.any_written {
            self.first = Some(line);
        }
        self.any_written = true;
        self.waiting.insert(line);
    }

    /// Takes in a line and returns the steps it means.
    pub(super) fn take(&mut self, line: Line) -> Vec<Step> {
        match line {
            Line::Init { session, model } => self.init(session, model),
            Line::ApiRetry { attempt, max, delay_ms, error } => {
                vec![Step::Retry { attempt, max, delay_ms, error }]
            }
            Line::PermissionDenied { tool, message } => {
                vec![Step::Note { text: format!("{tool} was refused: {message}") }]
            }
            Line::Warning { text } => vec![Step::Note { text }],
            Line::TakenUp { user_line } => {
                if self.waiting.remove(&user_line) {
                    // The turn that it begins, or the one it joins, is yet to end.
                    self.last = None;
                }
                Vec::new()
            }
            Line::Stream(event) => self.stream(event),
            Line::Assistant(message) => self.assistant(message),
            Line::ToolResults(results) => {
                let steps = results.into_iter().map(|result| Step::ToolResult {
                    name: self.tools.remove(&result.id).unwrap_or_default(),
                    id: result.id,
                    is_error: result.is_error,
                    result: result.content,
                });
                steps.collect()
            }
            Line::Result(result) => self.result(*result),
            Line::Ask(_) | Line::Withdrawn { .. } | Line::UnknownRequest { .. } | Line::Other => Vec::new(),
        }
    }

    /// Says whether a turn has ended and no user line waits: nothing more will come by itself.
    pub(super) fn complete(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.is_error || self.waiting.is_empty())
    }

    /// Says whether a turn has ended, but a user line was not taken up yet.
    pub(super) fn between(&self) -> bool {
        self.last.is_some() && !self.waiting.is_empty()
    }

    /// Returns the conversation the agent holds, once it said so.
    pub(super) const fn session(&self) -> Option<Uuid> {
        self.session
    }

    /// Returns the whole answer: the results of all turns.
    pub(super) fn reply(&self) -> String {
        self.replies.join(PARAGRAPH)
    }

    /// Returns what the run has cost, once the agent said so.
    pub(super) fn usage(&self) -> Option<Usage> {
        let total = self.usage.conversation_cost_usd;
        let own = total.zip(self.cost_before).map(|(total, before)| {
            // Less than before means that the agent has lost count and began anew.
            if total >= before { total - before } else { total }
        });
        self.any_result.then(|| Usage { cost_usd: own, ..self.usage.clone() })
    }

    fn init(&mut self, session: Option<Uuid>, model: Option<String>) -> Vec<Step> {
        // A line that begins a turn says that the one before is over.
        self.last = None;
        let mut steps = Vec::new();
        if let Some(id) = session.filter(|id| self.session != Some(*id)) {
            self.session = Some(id);
            steps.push(Step::Conversation { id });
        }
        if let Some(name) = model.filter(|name| self.model.as_ref() != Some(name)) {
            self.model = Some(name.clone());
            self.usage.model = Some(name.clone());
            steps.push(Step::Model { name });
        }
        steps
    }

    fn stream(&mut self, event: Stream) -> Vec<Step> {
        match event {
            Stream::MessageStart { id } => {
                self.thought = false;
                self.text.start(id)
            }
            Stream::Text(delta) => self.text.delta(&delta),
            Stream::Thinking(delta) if delta.is_empty() => Vec::new(),
            Stream::Thinking(delta) => {
                self.thought = true;
                vec![Step::Thinking { delta }]
            }
            Stream::BlockStart { index } => {
                self.text.block_start(index);
                Vec::new()
            }
            Stream::MessageStop { void_from } => self.text.end(void_from),
        }
    }

    fn assistant(&mut self, message: Assistant) -> Vec<Step> {
        let mut steps = Vec::new();
        for block in message.blocks {
            match block {
                Block::ToolUse { id, name, input } => {
                    self.tools.insert(id.clone(), name.clone());
                    steps.push(Step::ToolStart { id, name, args: input });
                }
                Block::Text(text) if !message.nested && !message.api_error => {
                    steps.extend(self.text.block(&message.id, &text));
                }
                Block::Thinking(delta) if !message.nested && !self.thought && !delta.is_empty() => {
                    steps.push(Step::Thinking { delta });
                }
                Block::Text(_) | Block::Thinking(_) => {}
            }
        }
        steps
    }

    fn result(&mut self, result: TurnResult) -> Vec<Step> {
        let usage = &mut self.usage;
        usage.input_tokens += result.input_tokens;
        usage.output_tokens += result.output_tokens;
        usage.cache_read_tokens += result.cache_read_tokens;
        usage.cache_write_tokens += result.cache_write_tokens;
        usage.turns += result.turns;
        usage.duration_ms += result.duration_ms;
        usage.conversation_cost_usd = result.total_cost_usd.or(usage.conversation_cost_usd);
        if let (false, Some(text)) = (result.is_error, &result.text) {
            self.replies.push(text.clone());
        }
        if let Some(first) = self.first.take() {
            self.waiting.remove(&first);
        }
        self.any_result = true;
        self.last = Some(result);
        self.tools.clear();
        self.usage().map(Step::Usage).into_iter().collect()
    }
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
