//! Opens the agent's session: a new one, or the one that the conversation goes on in.

use std::path::PathBuf;

use agent_client_protocol::schema::ProtocolVersion;
use agent_client_protocol::v1::schema::{
    AgentCapabilities, ClientCapabilities, FileSystemCapabilities, HttpHeader, Implementation,
    InitializeRequest, LoadSessionRequest, McpServer, McpServerHttp, NewSessionRequest, ResumeSessionRequest,
    SessionConfigKind, SessionConfigOption, SessionConfigOptionCategory, SessionConfigSelectOptions,
    SessionId, SessionModeState, SetSessionConfigOptionRequest, SetSessionModeRequest,
};
use serde::{Deserialize, Serialize};

use super::talk::Talk;
use super::verdict::Trouble;
use crate::executor::memory::Memory;
use crate::executor::{Assignment, Failure, FailureClass, Step};

/// What is kept of a conversation: the agent's own name for it.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    session: String,
}

/// A session as the agent opened it.
struct Opened {
    id: SessionId,
    modes: Option<SessionModeState>,
    options: Option<Vec<SessionConfigOption>>,
}

/// Opens the session of a run and sets it up. `true` beside it: the agent can take it up again.
pub(super) async fn open(
    chat: &mut Talk<'_>,
    task: &Assignment,
    memory: &Memory,
) -> Result<(SessionId, bool), Trouble> {
    let files = FileSystemCapabilities::new()
        .read_text_file(chat.gate.may_read())
        .write_text_file(chat.gate.may_write());
    let hello = InitializeRequest::new(ProtocolVersion::V1)
        .client_capabilities(ClientCapabilities::new().fs(files))
        .client_info(Implementation::new("landline", env!("CARGO_PKG_VERSION")));
    let sent = chat.connection.send_request(hello).block_task();
    let can = chat.call("to begin", sent).await?.agent_capabilities;
    let keeps = can.load_session || can.session_capabilities.resume.is_some();
    let known = if task.conversation.resume { memory.read::<Kept>(task.conversation.id).await } else { None };
    let resumed = match known {
        Some(kept) if keeps => resume(chat, task, &can, kept.session.into()).await?,
        _ => None,
    };
    if task.conversation.resume && resumed.is_none() {
        chat.progress.step(Step::Note { text: LOST.to_owned() }).await;
        chat.turn.begins_anew();
    }
    let opened = match resumed {
        Some(opened) => opened,
        None => begin(chat, task, &can).await?,
    };
    chat.session = Some(opened.id.clone());
    if keeps {
        let kept = Kept { session: opened.id.to_string() };
        memory.write(task.conversation.id, &kept).await.map_err(|error| {
            let message = format!("The agent's session could not be noted: {error}");
            Failure::new(FailureClass::AgentCrash, "memory", message)
        })?;
        chat.progress.step(Step::Conversation { id: task.conversation.id }).await;
    }
    set_mode(chat, task, &opened).await?;
    set_model(chat, task, &opened).await?;
    Ok((opened.id, keeps))
}

async fn begin(chat: &mut Talk<'_>, task: &Assignment, can: &AgentCapabilities) -> Result<Opened, Trouble> {
    let asked = NewSessionRequest::new(task.agent.cwd.clone())
        .additional_directories(folders(task, can))
        .mcp_servers(servers(task, can));
    let sent = chat.connection.send_request(asked).block_task();
    let new = chat.call("a new session", sent).await?;
    Ok(Opened { id: new.session_id, modes: new.modes, options: new.config_options })
}

/// Takes a session up; `None` when the agent no longer has it.
async fn resume(
    chat: &mut Talk<'_>,
    task: &Assignment,
    can: &AgentCapabilities,
    id: SessionId,
) -> Result<Option<Opened>, Trouble> {
    let (cwd, more) = (task.agent.cwd.clone(), folders(task, can));
    let opened = if can.session_capabilities.resume.is_some() {
        let asked = ResumeSessionRequest::new(id.clone(), cwd);
        let asked = asked.additional_directories(more).mcp_servers(servers(task, can));
        let sent = chat.connection.send_request(asked).block_task();
        chat.call("the former session", sent).await.map(|old| Opened {
            id,
            modes: old.modes,
            options: old.config_options,
        })
    } else {
        let asked = LoadSessionRequest::new(id.clone(), cwd);
        let asked = asked.additional_directories(more).mcp_servers(servers(task, can));
        let sent = chat.connection.send_request(asked).block_task();
        chat.call("the former session", sent).await.map(|old| Opened {
            id,
            modes: old.modes,
            options: old.config_options,
        })
    };
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(Trouble::Gone) => Err(Trouble::Gone),
        Err(Trouble::Failed(failure)) if failure.class == FailureClass::Denied => Err(failure.into()),
        Err(Trouble::Failed(failure)) => {
            tracing::info!(%failure, "The agent cannot take its session up");
            Ok(None)
        }
    }
}

fn folders(task: &Assignment, can: &AgentCapabilities) -> Vec<PathBuf> {
    let asked = task.permissions.as_ref().and_then(|rights| rights.add_dirs.as_ref());
    let offered = can.session_capabilities.additional_directories.is_some();
    asked.into_iter().flatten().filter(|_| offered).map(PathBuf::from).collect()
}

/// The gateway's tools, for agents that reach servers over HTTP.
fn servers(task: &Assignment, can: &AgentCapabilities) -> Vec<McpServer> {
    let access = task.tools.as_ref().filter(|_| can.mcp_capabilities.http);
    let server = access.map(|access| {
        let bearer = HttpHeader::new("Authorization", format!("Bearer {}", access.token));
        McpServer::Http(McpServerHttp::new("landline", &access.url).headers(vec![bearer]))
    });
    server.into_iter().collect()
}

/// Sets the permission mode. Where none is named an agent that has a mode of that name is set to ask.
async fn set_mode(chat: &mut Talk<'_>, task: &Assignment, opened: &Opened) -> Result<(), Trouble> {
    let wanted = task.agent.permission_mode.as_deref();
    let Some(modes) = &opened.modes else {
        return match wanted {
            None | Some(PLAIN) => Ok(()),
            Some(mode) => Err(no_mode(mode, "none").into()),
        };
    };
    let mode = wanted.unwrap_or(PLAIN);
    if &*modes.current_mode_id.0 == mode {
        return Ok(());
    }
    if !modes.available_modes.iter().any(|known| &*known.id.0 == mode) {
        let known: Vec<&str> = modes.available_modes.iter().map(|mode| &*mode.id.0).collect();
        return if wanted.is_some() && mode != PLAIN {
            Err(no_mode(mode, &known.join(", ")).into())
        } else {
            Ok(())
        };
    }
    let asked = SetSessionModeRequest::new(opened.id.clone(), mode.to_owned());
    let sent = chat.connection.send_request(asked).block_task();
    chat.call("the permission mode", sent).await.map(drop)
}

/// Sets the model, where the agent lets one be chosen.
async fn set_model(chat: &mut Talk<'_>, task: &Assignment, opened: &Opened) -> Result<(), Trouble> {
    let choice = opened.options.iter().flatten().find_map(|option| match &option.kind {
        SessionConfigKind::Select(select) if option.category == Some(SessionConfigOptionCategory::Model) => {
            Some((option, select))
        }
        _ => None,
    });
    let Some((option, select)) = choice else {
        if task.agent.model.is_some() {
            chat.progress.step(Step::Note { text: NO_CHOICE.to_owned() }).await;
        }
        return Ok(());
    };
    let Some(model) = &task.agent.model else {
        let step = chat.turn.model(select.current_value.0.to_string());
        chat.progress.step(step).await;
        return Ok(());
    };
    let known: Vec<&str> = match &select.options {
        SessionConfigSelectOptions::Ungrouped(all) => all.iter().map(|one| &*one.value.0).collect(),
        SessionConfigSelectOptions::Grouped(groups) => {
            groups.iter().flat_map(|group| &group.options).map(|one| &*one.value.0).collect()
        }
        _ => Vec::new(),
    };
    if !known.contains(&model.as_str()) {
        let message = format!("The agent has no model {model}; it has {}", known.join(", "));
        return Err(Failure::new(FailureClass::Validation, "no_model", message).into());
    }
    let asked = SetSessionConfigOptionRequest::new(opened.id.clone(), option.id.clone(), model.as_str());
    let sent = chat.connection.send_request(asked).block_task();
    chat.call("the model", sent).await?;
    let step = chat.turn.model(model.clone());
    chat.progress.step(step).await;
    Ok(())
}

fn no_mode(mode: &str, known: &str) -> Failure {
    let message = format!("The agent has no permission mode {mode}; it has {known}");
    Failure::new(FailureClass::Validation, "no_mode", message)
}

/// The mode that asks.
const PLAIN: &str = "default";
const LOST: &str =
    "The agent no longer had this conversation, so it began a new one without the earlier messages";
const NO_CHOICE: &str = "The agent lets no model be chosen; it uses its own";
