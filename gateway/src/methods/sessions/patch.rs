//! `sessions.patch`: changes label, model, flags of a conversation.

use schemas::Scope;
use schemas::error::WireError;
use schemas::methods::sessions::{SessionsPatchOutput, SessionsPatchParams};
use serde_json::Value;

use crate::methods::{Call, session_key};
use crate::store::Db;
use crate::store::sessions::{self, Patch};

/// Changes a conversation, begun now if there is none.
pub async fn patch(call: Call, params: SessionsPatchParams) -> Result<SessionsPatchOutput, WireError> {
    if !params.is_ordinary() {
        call.require(Scope::Admin)?;
    }
    let key = session_key(&params.key, params.agent_id.as_deref(), "key")?;
    // The model's name becomes an argument of the agent's program: it must not look like an option.
    if params.model.iter().flatten().any(|model| model.starts_with('-')) {
        return Err(WireError::invalid("/model must not begin with a dash"));
    }
    let patch = Patch {
        label: params.label,
        model: params.model,
        agent: None,
        archived: params.archived,
        pinned: params.pinned,
        unread: params.unread,
    };
    let (of, now) = (call.who().clone(), call.services.clock.now());
    let write = move |db: &Db| sessions::patch(db, &of.org, key.as_str(), &of.actor, &patch, now);
    let session = call.services.store.write(write).await?;
    call.services.chat.session_changed(&call.who().org, &session, "patch", &Value::Null);
    Ok(SessionsPatchOutput {
        ok: true,
        path: call.services.store.path().display().to_string(),
        key: session.key.clone(),
        entry: super::row(&call, &session),
    })
}
