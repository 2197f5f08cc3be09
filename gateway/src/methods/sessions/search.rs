//! `sessions.search`: the words of all conversations.

use schemas::error::WireError;
use schemas::methods::sessions::{SearchHit, SessionsSearchOutput, SessionsSearchParams};
use schemas::session::SessionKey;

use crate::methods::Call;
use crate::store::search::{self, Query};

/// Returns the messages that hold all the words, best first.
pub async fn search(call: Call, params: SessionsSearchParams) -> Result<SessionsSearchOutput, WireError> {
    let keys = params.session_keys.unwrap_or_default();
    let full = keys.iter().filter_map(|key| SessionKey::parse(key, params.agent_id.as_deref()).ok());
    let query = Query {
        text: params.query,
        keys: full.map(|key| key.to_string()).collect(),
        agent: params.agent_id.clone(),
        limit: params.limit.unwrap_or(DEFAULT_HITS),
    };
    let hits = search::find(&call.services.store, &call.who().org, query).await?;
    let shown = hits.into_iter().map(|hit| SearchHit {
        session_key: hit.key,
        session_id: hit.session_id,
        message_id: hit.message.to_string(),
        role: hit.role,
        timestamp: hit.at,
        snippet: hit.snippet,
        score: hit.score,
    });
    Ok(SessionsSearchOutput { results: shown.collect() })
}

const DEFAULT_HITS: u32 = 20;
