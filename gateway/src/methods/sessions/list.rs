//! `sessions.list`: the conversations, latest first.

use schemas::clock::Millis;
use schemas::error::WireError;
use schemas::methods::sessions::{SessionsListOutput, SessionsListParams};
use schemas::methods::system::SessionModel;
use serde_json::Value;

use crate::methods::Call;
use crate::store::search::{self, Query};
use crate::store::sessions::{self, ListFilter};

/// Returns a page of conversations; `search` looks at names and messages.
pub async fn list(call: Call, params: SessionsListParams) -> Result<SessionsListOutput, WireError> {
    let (services, org) = (&call.services, call.who().org.clone());
    let now = services.clock.now();
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    let offset = params.offset.unwrap_or(0);
    let text = params.search.filter(|text| !text.trim().is_empty());
    let also = match &text {
        Some(text) => {
            let query = Query { text: text.clone(), limit: MAX_HITS, ..Query::default() };
            search::find(&services.store, &org, query).await?.into_iter().map(|hit| hit.session).collect()
        }
        None => Vec::new(),
    };
    let archived = match params.archived {
        Some(Value::Bool(true)) => Some(true),
        Some(Value::String(all)) if all == "all" => None,
        _ => Some(false),
    };
    let filter = ListFilter {
        agent: params.agent_id,
        label: params.label,
        since: params.active_minutes.map(|minutes| now - Millis::from(minutes) * 60_000),
        archived,
        text,
        also,
        limit,
        offset,
    };
    let of = org.clone();
    let (found, total) = services.store.read(move |db| sessions::list(db, &of, &filter)).await?;
    let rows: Vec<_> = found.iter().map(|session| super::row(&call, session)).collect();
    let (count, end) = (rows.len() as u64, u64::from(offset) + rows.len() as u64);
    let roster = services.engine.roster();
    let default = roster.get(&roster.default);
    Ok(SessionsListOutput {
        ts: now,
        path: services.store.path().display().to_string(),
        count,
        total_count: total,
        limit_applied: u64::from(limit),
        offset: u64::from(offset),
        next_offset: (end < total).then_some(end),
        has_more: end < total,
        defaults: SessionModel {
            model: default.and_then(|agent| agent.model.clone()),
            model_provider: default.map(|agent| agent.executor.as_str().into()),
            context_tokens: None,
        },
        sessions: rows,
    })
}

const DEFAULT_LIMIT: u32 = 100;
/// Messages that are looked through for conversations.
const MAX_HITS: u32 = 500;
