//! Asks a model behind an endpoint of the chat-completions kind, and calls the gateway's tools for it.

mod answer;
mod history;
mod http;
mod tools;

use std::path::Path;
use std::sync::Arc;

use async_openai::types::chat::{
    ChatCompletionRequestToolMessage, ChatCompletionStreamOptions, CreateChatCompletionRequest,
};
use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::limit::within;
use super::memory::Memory;
use super::{
    AfterCrash, Assignment, EndedBy, Endpoint, Executor, Failure, FailureClass, Outcome, Progress, Reply,
    Step, Usage,
};
use crate::process::Environment;
use answer::{Answer, ToolCall};
use history::History;
use http::{Clients, Target};
use tools::Toolbox;

/// Asks the model of the agent's endpoint.
#[derive(Debug, Clone)]
pub struct Model {
    environment: Environment,
    memory: Memory,
    clients: Result<Clients, Arc<str>>,
}

impl Model {
    /// Returns an executor that finds keys in `environment`; `memory` keeps the conversations, since a model keeps none.
    pub fn new(environment: Environment, memory: Memory) -> Self {
        Self { environment, memory, clients: Clients::new().map_err(|error| error.to_string().into()) }
    }

    /// Finds out where to ask, and with which key.
    fn target(&self, task: &Assignment) -> Result<Target, Failure> {
        let wrong = |code: &str, message: String| Failure::new(FailureClass::Validation, code, message);
        let clients = self
            .clients
            .clone()
            .map_err(|why| wrong("no_client", format!("There is no HTTP client: {why}")))?;
        let agent = &task.agent;
        let endpoint = agent.endpoint.as_ref().ok_or_else(|| {
            wrong(
                "no_endpoint",
                format!("The agent {} has no endpoint: say where its model answers", agent.name),
            )
        })?;
        let key = self.key(task, endpoint).map_err(|why| wrong("no_key", why))?;
        Ok(Target { clients, base_url: endpoint.base_url.clone(), key })
    }

    fn key(&self, task: &Assignment, endpoint: &Endpoint) -> Result<Option<String>, String> {
        let key = match (&endpoint.api_key_env, &endpoint.api_key_file) {
            (Some(name), _) => {
                let own = task.agent.env.get(name).cloned();
                let value = own.or_else(|| self.environment.value(name)?.to_str().map(str::to_owned));
                value.ok_or_else(|| format!("The variable {name}, which holds the key, is not set"))?
            }
            (None, Some(path)) => read_key(path)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(key.trim().to_owned()).filter(|key| !key.is_empty()))
    }

    async fn perform(
        &self,
        task: &Assignment,
        progress: &Progress,
        spent: &mut Usage,
    ) -> Result<Reply, Failure> {
        let target = self.target(task)?;
        let model = task.agent.model.clone().ok_or_else(|| {
            let message = format!("The agent {} names no model", task.agent.name);
            Failure::new(FailureClass::Validation, "no_model", message)
        })?;
        let mut history = self.history(task, progress).await;
        history.asked(task.prompt_with_attachments());
        let mut toolbox = Toolbox::open(&target.clients, task.tools.as_ref()).await?;
        progress.step(Step::Conversation { id: task.conversation.id }).await;
        progress.step(Step::Model { name: model.clone() }).await;
        spent.model = Some(model.clone());
        let instructions = task.agent.endpoint.as_ref().and_then(|endpoint| endpoint.instructions.as_deref());
        let mut text = String::new();
        for _ in 0..task.agent.max_turns.unwrap_or(MAX_TURNS) {
            let request = CreateChatCompletionRequest {
                model: model.clone(),
                messages: history.messages(instructions),
                stream: Some(true),
                stream_options: Some(ChatCompletionStreamOptions {
                    include_usage: Some(true),
                    ..ChatCompletionStreamOptions::default()
                }),
                tools: toolbox.offered(),
                ..CreateChatCompletionRequest::default()
            };
            let answer = self.ask(&target, &request, progress, !text.is_empty()).await?;
            count(spent, task.agent.endpoint.as_ref(), &answer);
            progress.step(Step::Usage(spent.clone())).await;
            if !text.is_empty() && !answer.text.is_empty() {
                text.push_str(PARAGRAPH);
            }
            text.push_str(&answer.text);
            history.answered(&answer);
            for call in &answer.calls {
                let result = run_tool(&mut toolbox, call, progress).await;
                history.called(ChatCompletionRequestToolMessage {
                    content: result.into(),
                    tool_call_id: call.id.clone(),
                });
            }
            history.shorten();
            self.keep(task, &history).await?;
            if answer.calls.is_empty() {
                return Ok(Reply { text, stop_reason: answer.stop_reason().to_owned() });
            }
        }
        let message = "The agent used up its turns; raise `max_turns` of the agent to allow more";
        Err(Failure::new(FailureClass::Budget, "max_turns", message))
    }

    async fn history(&self, task: &Assignment, progress: &Progress) -> History {
        if !task.conversation.resume {
            return History::default();
        }
        if let Some(history) = self.memory.read::<History>(task.conversation.id).await {
            return history;
        }
        progress.step(Step::Note { text: LOST.to_owned() }).await;
        History::default()
    }

    async fn keep(&self, task: &Assignment, history: &History) -> Result<(), Failure> {
        self.memory.write(task.conversation.id, history).await.map_err(|error| {
            let message = format!("The conversation could not be kept: {error}");
            Failure::new(FailureClass::AgentCrash, "memory", message)
        })
    }

    /// Asks once and reports the answer while it comes. `apart`: something was said before.
    async fn ask(
        &self,
        target: &Target,
        request: &CreateChatCompletionRequest,
        progress: &Progress,
        apart: bool,
    ) -> Result<Answer, Failure> {
        let mut events = target.ask(request).await?;
        let mut answer = Answer::default();
        let mut apart = apart;
        while let Some(event) = events.next().await? {
            for step in answer.take(&event)? {
                let step = match step {
                    Step::Text { delta } if std::mem::take(&mut apart) => {
                        Step::Text { delta: format!("{PARAGRAPH}{delta}") }
                    }
                    step => step,
                };
                progress.step(step).await;
            }
        }
        answer.whole()
    }
}

#[async_trait]
impl Executor for Model {
    fn after_crash(&self) -> AfterCrash {
        // What was said and called is kept turn by turn.
        AfterCrash::Resume
    }

    async fn execute(&self, task: Assignment, progress: Progress, stop: CancellationToken) -> Outcome {
        let mut spent = Usage::default();
        let done = within(Box::pin(self.perform(&task, &progress, &mut spent)), &stop, task.timeout).await;
        let outcome = match done {
            Ok(Ok(reply)) => Outcome::finished(reply),
            Ok(Err(failure)) => Outcome::failed(failure),
            Err(EndedBy::TimedOut) => Outcome::timed_out(task.timeout),
            Err(_) => Outcome::cancelled(),
        };
        let kept = task.conversation.resume || outcome.result.is_ok();
        let usage = (spent.turns > 0).then_some(spent);
        Outcome { usage, conversation: kept.then_some(task.conversation.id), ..outcome }
    }
}

async fn run_tool(toolbox: &mut Toolbox, call: &ToolCall, progress: &Progress) -> String {
    let args =
        serde_json::from_str(&call.arguments).unwrap_or_else(|_| Value::String(call.arguments.clone()));
    let start = Step::ToolStart { id: call.id.clone(), name: call.name.clone(), args };
    progress.step(start).await;
    let done = toolbox.call(&call.name, &call.arguments).await;
    let (is_error, text) = match done {
        Ok(text) => (false, text),
        Err(why) => (true, why),
    };
    let result = Value::String(text.clone());
    progress.step(Step::ToolResult { id: call.id.clone(), name: call.name.clone(), is_error, result }).await;
    text
}

/// Adds what an answer has cost.
fn count(spent: &mut Usage, endpoint: Option<&Endpoint>, answer: &Answer) {
    let (read, cached, written) = answer.tokens;
    spent.turns += 1;
    spent.input_tokens += read.saturating_sub(cached);
    spent.cache_read_tokens += cached;
    spent.output_tokens += written;
    let Some(prices) = endpoint.and_then(|endpoint| endpoint.prices) else { return };
    let cents = |tokens: u64, price: u32| u128::from(tokens) * u128::from(price);
    let total = cents(spent.input_tokens, prices.input_cents)
        + cents(spent.cache_read_tokens, prices.cached_cents.unwrap_or(prices.input_cents))
        + cents(spent.output_tokens, prices.output_cents);
    #[expect(clippy::cast_precision_loss, reason = "a price, rounded in the tenth digit at worst")]
    let dollars = total as f64 / 1e8;
    spent.cost_usd = Some(dollars);
}

fn read_key(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| {
        format!("The file {}, which holds the key, cannot be read: {error}", path.display())
    };
    std::fs::read_to_string(path).map_err(failed)
}

/// Requests to the model in one run, where the agent says nothing.
const MAX_TURNS: u32 = 32;
/// Between two pieces of an answer.
const PARAGRAPH: &str = "\n\n";
const LOST: &str = "The earlier messages of this conversation are no longer kept here, so it begins anew";
