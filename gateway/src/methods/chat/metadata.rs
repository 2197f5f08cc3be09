//! `chat.metadata`: models and commands of a conversation.

use schemas::error::WireError;
use schemas::methods::chat::{ChatMetadataOutput, ChatMetadataParams};

use crate::chat::commands;
use crate::methods::{Call, agents, session_key};

/// Returns the models a person may choose from in a conversation, and the commands.
pub async fn metadata(call: Call, params: ChatMetadataParams) -> Result<ChatMetadataOutput, WireError> {
    let engine = &call.services.engine;
    let agent = match (&params.session_key, params.agent_id) {
        (Some(key), agent) => {
            let key = session_key(key, agent.as_deref(), "sessionKey")?;
            Some(engine.agent_of(&call.who().org, &key))
        }
        (None, agent) => agent,
    };
    Ok(ChatMetadataOutput {
        models: agents::models_of(&engine.roster(), agent.as_deref()),
        commands: commands::list(),
    })
}
