//! The command line, the environment and the first message of a run of Claude Code.

use std::ffi::OsString;

use base64::Engine as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::tools::{self, ToolFile};
use crate::executor::{AgentSpec, Assignment, Attachment};
use crate::process::Environment;

/// The conversation a start of the program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) id: Uuid,
    pub(super) resume: bool,
}

/// Returns the arguments after the program's own. The prompt is not among them: it goes over stdin, where
/// neither its length is limited nor other users of the machine can read it.
pub(super) fn arguments(task: &Assignment, thread: Thread, tools: Option<&ToolFile>) -> Vec<OsString> {
    let agent = &task.agent;
    let mut arguments: Vec<String> = FIXED.iter().map(ToString::to_string).collect();
    // `--flag=value` in one word, so that a value that begins with a dash stays a value.
    let mut set = |flag: &str, value: &str| arguments.push(format!("--{flag}={value}"));
    if let Some(model) = &agent.model {
        set("model", model);
    }
    if let Some(mode) = &agent.permission_mode {
        set("permission-mode", mode);
    }
    if let Some(turns) = agent.max_turns {
        set("max-turns", &turns.to_string());
    }
    if tools.is_some() {
        // The gateway itself judges each call: a second question for each would only be in the way.
        set("allowedTools", &format!("mcp__{}", tools::SERVER));
    }
    agent.allowed_tools.iter().for_each(|tool| set("allowedTools", tool));
    agent.disallowed_tools.iter().for_each(|tool| set("disallowedTools", tool));
    let dirs = task.permissions.as_ref().and_then(|rights| rights.add_dirs.as_ref());
    dirs.into_iter().flatten().for_each(|dir| set("add-dir", dir));
    set(if thread.resume { "resume" } else { "session-id" }, &thread.id.to_string());
    let mut arguments: Vec<OsString> = arguments.into_iter().map(OsString::from).collect();
    if let Some(tools) = tools {
        let mut flag = OsString::from("--mcp-config=");
        flag.push(&tools.path);
        arguments.push(flag);
        arguments.extend(tools.only.then(|| "--strict-mcp-config".into()));
    }
    arguments
}

/// Returns the whole environment of the program.
pub(super) fn environment(agent: &AgentSpec, own: &Environment) -> Environment {
    let defaults: Vec<&str> = Environment::BASIC.iter().chain(&PASSED).copied().collect();
    let mut given = agent.environment(own, &defaults);
    for (name, value) in PRESET {
        given.set_default(name, value);
    }
    given
}

/// Returns the content of the first message: text, with images and PDF documents as blocks before it.
pub(super) async fn content(task: &Assignment) -> Value {
    let mut blocks = Vec::new();
    for attachment in &task.attachments {
        blocks.extend(block(attachment).await);
    }
    let text = task.prompt_with_attachments();
    if blocks.is_empty() {
        return Value::String(text);
    }
    blocks.push(json!({"type": "text", "text": text}));
    Value::Array(blocks)
}

/// Returns the block of an attachment that the model can look at; others it may read from disk, where the
/// text says they are.
async fn block(attachment: &Attachment) -> Option<Value> {
    let kind = match attachment.mime_type.as_str() {
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" => "image",
        "application/pdf" => "document",
        _ => return None,
    };
    let length = tokio::fs::metadata(&attachment.path).await.ok()?.len();
    if length > MAX_INLINE {
        return None;
    }
    let bytes = tokio::fs::read(&attachment.path).await.ok()?;
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    let source = json!({"type": "base64", "media_type": attachment.mime_type, "data": data});
    Some(json!({"type": kind, "source": source}))
}

/// The flags of every run: lines both ways, text while it is written, permission questions over stdin, and
/// our own lines repeated when they are taken up.
const FIXED: [&str; 7] = [
    "-p",
    "--output-format=stream-json",
    "--input-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--replay-user-messages",
    "--permission-prompt-tool=stdio",
];

/// What Claude Code is given of the gateway's environment besides the basic variables: where its account,
/// its settings and its way to the API are. Everything else must be named in `env_pass`.
const PASSED: [&str; 18] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_MODEL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CONFIG_DIR",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "DISABLE_TELEMETRY",
    "DISABLE_ERROR_REPORTING",
    "XDG_CONFIG_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
];

/// What is set unless it is passed or configured.
const PRESET: [(&str, &str); 2] = [
    // The CLI's own ten retries take minutes in which a chat shows nothing.
    ("CLAUDE_CODE_MAX_RETRIES", "3"),
    // A program that replaces itself under a running gateway changes its behaviour unasked.
    ("DISABLE_AUTOUPDATER", "1"),
];

/// The largest file that is sent inside a message, in bytes: the API's limit for an image.
const MAX_INLINE: u64 = 5 * 1024 * 1024;
