//! `POST /v1/responses`.

use axum::body::{Body, Bytes};
use axum::http::Response;
use schemas::clock::Millis;
use schemas::methods::agents::AgentResult;
use schemas::methods::sessions::{SessionsDescribe, SessionsDescribeParams};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::completions::{refuse_format, refuse_tools};
use super::error::Refusal;
use super::prompt::Prompt;
use super::run::{Part, Run};
use super::sse::{Script, named, stream};
use super::target::{Surface, Target};
use super::{Guest, json as answer_json, parsed};

/// What is read of a request.
#[derive(Debug, Deserialize)]
struct Asked {
    model: String,
    input: Value,
    #[serde(default)]
    instructions: Option<String>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    previous_response_id: Option<String>,
    #[serde(default)]
    metadata: Option<Value>,
    #[serde(default)]
    tools: Option<Vec<Value>>,
    #[serde(default)]
    background: Option<bool>,
    #[serde(default)]
    text: Option<Value>,
    #[serde(default)]
    conversation: Option<Value>,
}

impl Asked {
    fn check(&self) -> Result<(), Refusal> {
        refuse_tools("tools", self.tools.as_deref())?;
        refuse_format("text.format", self.text.as_ref().map(|text| &text["format"]))?;
        if self.background == Some(true) {
            return Err(Refusal::unsupported(
                "background",
                "give the work as a task instead: POST /api/dispatch",
            ));
        }
        if self.conversation.as_ref().is_some_and(|given| !given.is_null()) {
            return Err(Refusal::unsupported("conversation", "use previous_response_id or user"));
        }
        Ok(())
    }

    fn prompt(&self) -> Result<Prompt, Refusal> {
        let mut prompt = Prompt::default();
        prompt.instruct(self.instructions.as_deref().unwrap_or_default());
        let items = match &self.input {
            Value::String(text) => {
                return prompt.add(&json!({ "role": "user", "content": text }), "input").map(|()| prompt);
            }
            Value::Array(items) => items,
            _ => return Err(Refusal::invalid("input must be a text or a list", Some("input"))),
        };
        for (index, item) in items.iter().enumerate() {
            let at = format!("input[{index}]");
            match item["type"].as_str() {
                None | Some("message") => prompt.add(item, &at)?,
                // What a model thought is no part of what was said.
                Some("reasoning") => {}
                Some(other) => {
                    let why = format!("items of type {other:?} cannot be given to an agent");
                    return Err(Refusal::unsupported(&at, &why));
                }
            }
        }
        Ok(prompt)
    }
}

/// Answers, whole or as it comes.
pub(super) async fn answer(guest: Guest, body: &Bytes) -> Result<Response<Body>, Refusal> {
    let asked: Asked = parsed(body)?;
    asked.check()?;
    let mut target = Target::find(&guest, Surface::Responses, &asked.model, asked.user.as_deref())?;
    if let Some(previous) = asked.previous_response_id.as_deref().filter(|_| !target.lasting) {
        target = target.resume(previous).ok_or_else(|| Refusal::no_such_response(previous))?;
        let params = SessionsDescribeParams { key: target.key.to_string(), ..empty()? };
        if guest.visitor.call::<SessionsDescribe>(&params).await?.session.is_none() {
            return Err(Refusal::no_such_response(previous));
        }
    }
    let prompt = asked.prompt()?.compose(target.lasting, "input")?;
    let created = guest.visitor.lobby.services.clock.now();
    let streamed = asked.stream == Some(true);
    let run = Run::start(guest, &target, prompt, streamed);
    let conversation =
        target.conversation_id().map_or_else(|| Uuid::new_v4().simple().to_string(), ToOwned::to_owned);
    let about = About {
        id: format!("resp_{conversation}_{}", Uuid::new_v4().simple()),
        item: format!("msg_{}", Uuid::new_v4().simple()),
        created,
        asked,
    };
    if streamed {
        return Ok(stream(run, Events { about, number: 0, said: String::new() }));
    }
    let (text, result) = run.ended().await?;
    Ok(answer_json(&about.response("completed", Some((&text, &result)), &Value::Null)))
}

/// The parameters of `sessions.describe` with nothing in them.
fn empty() -> Result<SessionsDescribeParams, Refusal> {
    serde_json::from_value(json!({ "key": "main" }))
        .map_err(|error| Refusal::invalid(error.to_string(), None))
}

/// What every object of one answer carries.
struct About {
    id: String,
    item: String,
    created: Millis,
    asked: Asked,
}

impl About {
    fn response(&self, status: &str, said: Option<(&str, &AgentResult)>, error: &Value) -> Value {
        let output = said.map(|(text, _)| self.message(text, "completed"));
        let asked = &self.asked;
        json!({
            "id": self.id, "object": "response", "created_at": self.created / 1000, "status": status,
            "error": error, "incomplete_details": null, "instructions": asked.instructions,
            "max_output_tokens": null, "model": asked.model, "output": output.map_or_else(Vec::new, |one| vec![one]),
            "parallel_tool_calls": true, "previous_response_id": asked.previous_response_id,
            "reasoning": { "effort": null, "summary": null }, "store": true, "temperature": null,
            "text": { "format": { "type": "text" } }, "tool_choice": "auto", "tools": [], "top_p": null,
            "truncation": "disabled", "usage": said.map(|(_, result)| usage(result)), "user": asked.user,
            "metadata": asked.metadata.clone().unwrap_or_else(|| json!({})),
        })
    }

    fn message(&self, text: &str, status: &str) -> Value {
        json!({
            "type": "message", "id": self.item, "status": status, "role": "assistant", "content": [part(text)],
        })
    }
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

fn usage(result: &AgentResult) -> Value {
    let usage = result.meta.agent_meta.usage.clone().unwrap_or_default();
    let input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    json!({
        "input_tokens": input, "input_tokens_details": { "cached_tokens": usage.cache_read_tokens },
        "output_tokens": usage.output_tokens, "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": input + usage.output_tokens,
    })
}

/// The answer in events.
struct Events {
    about: About,
    number: u64,
    said: String,
}

impl Events {
    fn event(&mut self, name: &str, mut value: Value) -> Bytes {
        value["type"] = name.into();
        value["sequence_number"] = self.number.into();
        self.number += 1;
        named(name, &value)
    }

    fn in_part(&mut self, name: &str, mut value: Value) -> Bytes {
        value["item_id"] = self.about.item.as_str().into();
        value["output_index"] = 0.into();
        value["content_index"] = 0.into();
        self.event(name, value)
    }

    fn text(&mut self, more: &str) -> Bytes {
        self.said.push_str(more);
        self.in_part("response.output_text.delta", json!({ "delta": more, "logprobs": [] }))
    }

    fn close(&mut self, result: &AgentResult) -> Vec<Bytes> {
        let said = self.said.clone();
        let item = self.about.message(&said, "completed");
        let response = self.about.response("completed", Some((&said, result)), &Value::Null);
        vec![
            self.in_part("response.output_text.done", json!({ "text": said, "logprobs": [] })),
            self.in_part("response.content_part.done", json!({ "part": part(&said) })),
            self.event("response.output_item.done", json!({ "output_index": 0, "item": item })),
            self.event("response.completed", json!({ "response": response })),
        ]
    }
}

impl Script for Events {
    fn open(&mut self) -> Vec<Bytes> {
        let response = self.about.response("in_progress", None, &Value::Null);
        let mut item = self.about.message("", "in_progress");
        item["content"] = json!([]);
        vec![
            self.event("response.created", json!({ "response": response })),
            self.event("response.in_progress", json!({ "response": response })),
            self.event("response.output_item.added", json!({ "output_index": 0, "item": item })),
            self.in_part("response.content_part.added", json!({ "part": part("") })),
        ]
    }

    fn part(&mut self, part: Part) -> Vec<Bytes> {
        match part {
            Part::Text(more) => vec![self.text(&more)],
            Part::Still => Vec::new(),
            Part::End(Ok((rest, result))) => {
                let mut out = Vec::with_capacity(5);
                if !rest.is_empty() {
                    out.push(self.text(&rest));
                }
                out.extend(self.close(&result));
                out
            }
            Part::End(Err(refusal)) => {
                let error = refusal.error();
                let error = json!({ "code": "server_error", "message": error["message"] });
                let response = self.about.response("failed", None, &error);
                vec![self.event("response.failed", json!({ "response": response }))]
            }
        }
    }
}
