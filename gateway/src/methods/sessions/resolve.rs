//! `sessions.resolve`: finds a conversation by key, id or label.

use schemas::error::WireError;
use schemas::methods::sessions::{SessionsResolveOutput, SessionsResolveParams};

use crate::chat::rows::agent_of;
use crate::methods::{Call, session_key};
use crate::store::Db;
use crate::store::sessions;

/// Returns the one conversation that fits.
pub async fn resolve(call: Call, params: SessionsResolveParams) -> Result<SessionsResolveOutput, WireError> {
    let org = call.who().org.clone();
    let SessionsResolveParams { key, session_id, label, short_id, agent_id, allow_missing, .. } = params;
    let mut found = match key {
        Some(key) => {
            let key = session_key(&key, agent_id.as_deref(), "key")?;
            let read = move |db: &Db| sessions::find(db, &org, key.as_str());
            call.services.store.read(read).await?.into_iter().collect::<Vec<_>>()
        }
        None if session_id.is_none() && label.is_none() && short_id.is_none() => {
            return Err(WireError::invalid("one of key, sessionId, label, shortId must be given"));
        }
        None => {
            let read = move |db: &Db| {
                sessions::find_by(db, &org, session_id.as_deref(), label.as_deref(), short_id.as_deref())
            };
            call.services.store.read(read).await?
        }
    };
    match (found.len(), found.pop()) {
        (1, Some(session)) => {
            let agent_id = Some(agent_of(&session));
            Ok(SessionsResolveOutput { ok: true, key: Some(session.key), agent_id })
        }
        (0, _) if allow_missing == Some(true) => {
            Ok(SessionsResolveOutput { ok: false, key: None, agent_id: None })
        }
        (0, _) => Err(WireError::invalid("No session found; sessions.list names those there are")),
        _ => Err(WireError::invalid("More than one session fits; give its key or its whole id")),
    }
}
