//! `sessions.create`: starts a conversation.

use schemas::error::{DetailCode, WireError};
use schemas::methods::sessions::{SessionsCreateOutput, SessionsCreateParams};
use schemas::session::SessionKey;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::methods::chat::submission;
use crate::methods::{Call, session_key};
use crate::store::Db;
use crate::store::sessions::{self, Patch};
use crate::tasks::Kind;

/// Makes the conversation and sends its first message, if there is one.
///
/// With an idempotency key and no key of its own, the conversation's key comes from the idempotency key: a
/// repeat finds the same conversation and joins the same run.
pub async fn create(call: Call, params: SessionsCreateParams) -> Result<SessionsCreateOutput, WireError> {
    let engine = &call.services.engine;
    let roster = engine.roster();
    let agent = params.agent_id.clone().unwrap_or_else(|| roster.default.clone());
    if roster.get(&agent).is_none() {
        let text = format!("invalid sessions.create params: unknown agent id \"{agent}\"");
        let details = json!({ "code": DetailCode::UnknownAgentId, "agentId": agent });
        return Err(WireError::invalid(text).details(details));
    }
    let who = call.who().clone();
    let key = match &params.key {
        Some(key) => session_key(key, Some(&agent), "key")?,
        None => own_key(&agent, &who.actor, params.idempotency_key.as_deref())?,
    };
    let patch = Patch { label: params.label.map(Some), model: params.model.map(Some), ..Patch::default() };
    let (now, name, of) = (call.services.clock.now(), key.clone(), who.clone());
    let write = move |db: &Db| sessions::patch(db, &of.org, name.as_str(), &of.actor, &patch, now);
    let session = call.services.store.write(write).await?;
    call.services.chat.session_changed(&who.org, &session, "create", &Value::Null);
    let message = params.message.or(params.task).filter(|message| !message.trim().is_empty());
    let run_id = match message {
        Some(message) => {
            let run_id = params.idempotency_key.unwrap_or_else(|| Uuid::new_v4().to_string());
            let submission = submission(&call, key.clone(), message, run_id, Kind::Chat, &[])?;
            Some(engine.submit(submission).await?.run_id)
        }
        None => None,
    };
    Ok(SessionsCreateOutput {
        ok: true,
        key: key.to_string(),
        session_id: session.session_id.clone(),
        entry: super::row(&call, &session),
        run_started: run_id.is_some(),
        run_id,
    })
}

fn own_key(agent: &str, actor: &str, idempotency_key: Option<&str>) -> Result<SessionKey, WireError> {
    let id = match idempotency_key {
        Some(key) => {
            use sha2::{Digest as _, Sha256};
            let digest = Sha256::new().chain_update(actor).chain_update([0]).chain_update(key).finalize();
            hex::encode(&digest[..12])
        }
        None => Uuid::new_v4().simple().to_string(),
    };
    session_key(&format!("agent:{agent}:chat-{id}"), None, "key")
}
