//! `sessions.describe`: one conversation's row.

use schemas::error::WireError;
use schemas::methods::sessions::{SessionsDescribeOutput, SessionsDescribeParams};

use crate::methods::{Call, session_key};
use crate::store::sessions;

/// Returns the row, or null if there is no such conversation.
pub async fn describe(
    call: Call,
    params: SessionsDescribeParams,
) -> Result<SessionsDescribeOutput, WireError> {
    let key = session_key(&params.key, None, "key")?;
    let org = call.who().org.clone();
    let session = call.services.store.read(move |db| sessions::find(db, &org, key.as_str())).await?;
    Ok(SessionsDescribeOutput { session: session.map(|session| super::row(&call, &session)) })
}
