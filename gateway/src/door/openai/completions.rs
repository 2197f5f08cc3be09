//! `POST /v1/chat/completions`.

use axum::body::{Body, Bytes};
use axum::http::Response;
use schemas::clock::Millis;
use schemas::methods::agents::AgentResult;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Refusal;
use super::prompt::Prompt;
use super::run::{Part, Run};
use super::sse::{Script, data, stream};
use super::target::{Surface, Target};
use super::{Guest, json as answer_json, parsed};

/// What is read of a request. What is not named here says how a model is to sample, which is the agent's own business.
#[derive(Debug, Deserialize)]
struct Asked {
    model: String,
    messages: Vec<Value>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    n: Option<u64>,
    #[serde(default)]
    tools: Option<Vec<Value>>,
    #[serde(default)]
    functions: Option<Vec<Value>>,
    #[serde(default)]
    logprobs: Option<bool>,
    #[serde(default)]
    response_format: Option<Value>,
    #[serde(default)]
    modalities: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

impl Asked {
    /// Refuses what would be another answer than the one asked for.
    fn check(&self) -> Result<(), Refusal> {
        if self.n.is_some_and(|n| n != 1) {
            return Err(Refusal::unsupported("n", "an agent gives one answer"));
        }
        refuse_tools("tools", self.tools.as_deref())?;
        refuse_tools("functions", self.functions.as_deref())?;
        if self.logprobs == Some(true) {
            return Err(Refusal::unsupported("logprobs", "agents do not tell them"));
        }
        refuse_format("response_format", self.response_format.as_ref())?;
        if self.modalities.as_ref().is_some_and(|all| all.iter().any(|one| one != "text")) {
            return Err(Refusal::unsupported("modalities", "agents answer with text"));
        }
        Ok(())
    }
}

pub(super) fn refuse_tools(field: &str, tools: Option<&[Value]>) -> Result<(), Refusal> {
    if tools.is_none_or(<[Value]>::is_empty) {
        return Ok(());
    }
    Err(Refusal::unsupported(field, "agents use their own tools; a client's tools cannot be called"))
}

pub(super) fn refuse_format(field: &str, format: Option<&Value>) -> Result<(), Refusal> {
    match format.and_then(|format| format["type"].as_str()) {
        None | Some("text") => Ok(()),
        Some(_) => Err(Refusal::unsupported(field, "agents answer with text; ask for JSON in the message")),
    }
}

/// Answers, whole or as it comes.
pub(super) async fn answer(guest: Guest, body: &Bytes) -> Result<Response<Body>, Refusal> {
    let asked: Asked = parsed(body)?;
    asked.check()?;
    let target = Target::find(&guest, Surface::Completions, &asked.model, asked.user.as_deref())?;
    let mut prompt = Prompt::default();
    for (index, message) in asked.messages.iter().enumerate() {
        prompt.add(message, &format!("messages[{index}]"))?;
    }
    let prompt = prompt.compose(target.lasting, "messages")?;
    let created = guest.visitor.lobby.services.clock.now();
    let streamed = asked.stream == Some(true);
    let run = Run::start(guest, &target, prompt, streamed);
    let about = About { id: format!("chatcmpl-{}", run.id), created, model: asked.model };
    if streamed {
        let with_usage = asked.stream_options.unwrap_or_default().include_usage == Some(true);
        return Ok(stream(run, Chunks { about, with_usage }));
    }
    let (text, result) = run.ended().await?;
    Ok(answer_json(&about.whole(&text, &result)))
}

/// What every object of one answer carries.
struct About {
    id: String,
    created: Millis,
    model: String,
}

impl About {
    fn whole(&self, text: &str, result: &AgentResult) -> Value {
        let message = json!({ "role": "assistant", "content": text, "refusal": null });
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created / 1000, "model": self.model,
            "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" }],
            "usage": usage(result),
        })
    }

    fn chunk(&self, choices: &Value) -> Value {
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created / 1000, "model": self.model,
            "choices": choices,
        })
    }

    fn delta(&self, delta: &Value, finish: Option<&str>) -> Value {
        self.chunk(&json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]))
    }
}

/// Returns what an answer cost, in this API's words: what was read from a cache was part of the prompt.
fn usage(result: &AgentResult) -> Value {
    let usage = result.meta.agent_meta.usage.clone().unwrap_or_default();
    let prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    json!({
        "prompt_tokens": prompt, "completion_tokens": usage.output_tokens,
        "total_tokens": prompt + usage.output_tokens,
        "prompt_tokens_details": { "cached_tokens": usage.cache_read_tokens },
    })
}

/// The answer in pieces.
struct Chunks {
    about: About,
    with_usage: bool,
}

impl Script for Chunks {
    fn open(&mut self) -> Vec<Bytes> {
        vec![data(&self.about.delta(&json!({ "role": "assistant", "content": "" }), None))]
    }

    fn part(&mut self, part: Part) -> Vec<Bytes> {
        let text = |text: String| data(&self.about.delta(&json!({ "content": text }), None));
        let (rest, result) = match part {
            Part::Text(more) => return vec![text(more)],
            Part::Still => return Vec::new(),
            // The status has been sent: what went wrong stands in the stream, and no [DONE] follows.
            Part::End(Err(refusal)) => return vec![data(&json!({ "error": refusal.error() }))],
            Part::End(Ok(end)) => end,
        };
        let mut out = Vec::with_capacity(4);
        if !rest.is_empty() {
            out.push(text(rest));
        }
        out.push(data(&self.about.delta(&json!({}), Some("stop"))));
        if self.with_usage {
            let mut last = self.about.chunk(&json!([]));
            last["usage"] = usage(&result);
            out.push(data(&last));
        }
        out.push(Bytes::from_static(b"data: [DONE]\n\n"));
        out
    }
}
