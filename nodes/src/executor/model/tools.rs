//! The gateway's tools for a model: listed and called over MCP, with the pass of the run.

use async_openai::types::chat::{ChatCompletionTool, ChatCompletionTools, FunctionObject};
use serde_json::{Value, json};

use super::http::{Clients, Events};
use crate::executor::{Failure, FailureClass, ToolAccess};

/// The tools of a run; without a way to the gateway there are none.
pub(super) struct Toolbox {
    access: Option<(reqwest::Client, ToolAccess)>,
    tools: Vec<ChatCompletionTools>,
    names: Vec<String>,
    calls: u64,
}

impl Toolbox {
    /// Asks which tools there are.
    pub(super) async fn open(clients: &Clients, access: Option<&ToolAccess>) -> Result<Self, Failure> {
        let access = access.map(|access| (clients.near.clone(), access.clone()));
        let mut toolbox = Self { access, tools: Vec::new(), names: Vec::new(), calls: 0 };
        if toolbox.access.is_some() {
            let listed = toolbox.ask("tools/list", json!({})).await;
            let listed = listed.map_err(|why| {
                Failure::new(
                    FailureClass::AgentCrash,
                    "tools",
                    format!("The gateway's tools are out of reach: {why}"),
                )
            })?;
            for tool in listed["tools"].as_array().into_iter().flatten() {
                toolbox.add(tool);
            }
        }
        Ok(toolbox)
    }

    fn add(&mut self, tool: &Value) {
        let Some(name) = tool["name"].as_str() else { return };
        let function = FunctionObject {
            name: name.to_owned(),
            description: tool["description"].as_str().map(str::to_owned),
            parameters: Some(tool["inputSchema"].clone()),
            strict: None,
        };
        self.names.push(name.to_owned());
        self.tools.push(ChatCompletionTools::Function(ChatCompletionTool { function }));
    }

    /// Returns what the model is told of them.
    pub(super) fn offered(&self) -> Option<Vec<ChatCompletionTools>> {
        (!self.tools.is_empty()).then(|| self.tools.clone())
    }

    /// Calls a tool; both what it answers and why it failed are told to the model.
    pub(super) async fn call(&mut self, name: &str, arguments: &str) -> Result<String, String> {
        if !self.names.iter().any(|known| known == name) {
            return Err(format!("There is no tool {name}"));
        }
        let given = if arguments.trim().is_empty() { "{}" } else { arguments };
        let arguments: Value =
            serde_json::from_str(given).map_err(|error| format!("The arguments are no JSON: {error}"))?;
        let result = self.ask("tools/call", json!({"name": name, "arguments": arguments})).await?;
        let parts = result["content"].as_array().into_iter().flatten();
        let words = parts.map(|part| part["text"].as_str().unwrap_or("[no text]"));
        let mut text = words.collect::<Vec<_>>().join("\n");
        if text.len() > MAX_RESULT {
            text.truncate(text.floor_char_boundary(MAX_RESULT));
            text.push_str("\n[the rest is left out]");
        }
        if result["isError"] == true { Err(text) } else { Ok(text) }
    }

    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let Some((client, access)) = &self.access else { return Err("There are no tools here".into()) };
        self.calls += 1;
        let body = json!({"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params});
        let sent = client
            .post(&access.url)
            .bearer_auth(&access.token)
            .header("accept", "application/json, text/event-stream")
            .timeout(access.call_timeout)
            .json(&body)
            .send();
        let response = sent.await.map_err(|error| error.without_url().to_string())?;
        if !response.status().is_success() {
            return Err(format!("the gateway answered {}", response.status()));
        }
        let mut events = Events::new(response);
        while let Some(event) = events.next().await.map_err(|failure| failure.message)? {
            let answer: Value = serde_json::from_str(&event).unwrap_or_default();
            if answer["id"] == self.calls {
                return match answer["error"]["message"].as_str() {
                    Some(why) => Err(why.to_owned()),
                    None => Ok(answer["result"].clone()),
                };
            }
        }
        Err("the gateway broke its answer off".into())
    }
}

/// Bytes of a tool's answer that the model is told.
const MAX_RESULT: usize = 64 * 1024;
