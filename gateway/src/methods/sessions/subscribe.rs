//! `sessions.subscribe` and `sessions.messages.subscribe`, and their ends.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::sessions::{MessagesSubscribeParams, Subscribed};

use crate::hub::Topic;
use crate::methods::{Call, session_key};

/// From here on `sessions.changed` events are sent to this connection.
pub async fn subscribe(call: Call, _: NoParams) -> Result<Subscribed, WireError> {
    call.services.hub.subscribe(&call.member, Topic::Sessions);
    Ok(Subscribed { subscribed: true, key: None })
}

/// Ends that.
pub async fn unsubscribe(call: Call, _: NoParams) -> Result<Subscribed, WireError> {
    call.services.hub.unsubscribe(&call.member, &Topic::Sessions);
    Ok(Subscribed { subscribed: false, key: None })
}

/// From here on `session.message` events of one conversation are sent to this connection.
pub async fn messages_subscribe(
    call: Call,
    params: MessagesSubscribeParams,
) -> Result<Subscribed, WireError> {
    let key = session_key(&params.key, params.agent_id.as_deref(), "key")?.to_string();
    call.services.hub.subscribe(&call.member, Topic::Messages(key.clone()));
    Ok(Subscribed { subscribed: true, key: Some(key) })
}

/// Ends that.
pub async fn messages_unsubscribe(
    call: Call,
    params: MessagesSubscribeParams,
) -> Result<Subscribed, WireError> {
    let key = session_key(&params.key, params.agent_id.as_deref(), "key")?.to_string();
    call.services.hub.unsubscribe(&call.member, &Topic::Messages(key.clone()));
    Ok(Subscribed { subscribed: false, key: Some(key) })
}
