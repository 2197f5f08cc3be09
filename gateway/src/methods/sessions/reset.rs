//! `sessions.reset`: begins anew under the same key.

use schemas::error::WireError;
use schemas::methods::sessions::{SessionsEntryOutput, SessionsResetParams};
use serde_json::Value;

use crate::methods::{Call, session_key};
use crate::store::Db;
use crate::store::sessions;

/// Stops what runs, and gives the conversation a new id; what was said stays readable under the earlier one.
pub async fn reset(call: Call, params: SessionsResetParams) -> Result<SessionsEntryOutput, WireError> {
    let key = session_key(&params.key, params.agent_id.as_deref(), "key")?;
    let (who, now) = (call.who().clone(), call.services.clock.now());
    call.services.engine.abort(&who.org, key.as_str(), None, &who.actor, "rpc").await?;
    let of = who.clone();
    let write = move |db: &Db| sessions::reset(db, &of.org, key.as_str(), &of.actor, None, now);
    let session = call.services.store.write(write).await?;
    call.services.chat.session_changed(&who.org, &session, "reset", &Value::Null);
    Ok(SessionsEntryOutput { ok: true, key: session.key.clone(), entry: super::row(&call, &session) })
}
