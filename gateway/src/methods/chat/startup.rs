//! `chat.startup`: everything a chat page needs at once.

use schemas::error::WireError;
use schemas::methods::chat::{ChatHistoryParams, ChatMetadataParams, ChatStartupOutput};

use crate::methods::{Call, agents};

/// Returns history, models, commands and agents in one answer.
pub async fn startup(call: Call, params: ChatHistoryParams) -> Result<ChatStartupOutput, WireError> {
    let about = ChatMetadataParams {
        agent_id: params.agent_id.clone(),
        session_key: Some(params.session_key.clone()),
    };
    let metadata = super::metadata(call.clone(), about).await?;
    let agents_list = agents::agents_of(&call.services.engine.roster());
    Ok(ChatStartupOutput { history: super::history(call, params).await?, metadata, agents_list })
}
