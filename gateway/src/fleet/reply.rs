//! What nodes send back: answers and output (protocol 8.3).

use schemas::bounds::{MAX_NODE_PROGRESS_BYTES, MAX_NODE_PROGRESS_CHUNK};
use schemas::error::WireError;
use schemas::methods::nodes::{NodeInvokeProgressParams, NodeInvokeResultParams, Taken};
use serde_json::Value;

use super::Fleet;
use super::state::{Reply, Watch};
use crate::hub::Member;

impl Fleet {
    /// Takes a node's answer. Only the connection that was asked may answer; what comes late is ignored.
    pub fn answer(&self, member: &Member, params: NodeInvokeResultParams) -> Result<Taken, WireError> {
        own(member, &params.node_id)?;
        let mut state = self.state();
        let asked = state.waiting.get(&params.id).is_some_and(|waiting| {
            let known = state.nodes.get(&waiting.node_id);
            let here = known.and_then(|known| known.here.as_ref());
            waiting.node_id == params.node_id
                && here.is_some_and(|here| here.seat == waiting.seat && here.member.id == member.id)
        });
        let Some(waiting) = asked.then(|| state.waiting.remove(&params.id)).flatten() else {
            return Ok(Taken::waited(false));
        };
        drop(state);
        let reply = if params.ok {
            Reply::Done(text(params.payload, params.payload_json))
        } else {
            Reply::Failed(params.error.unwrap_or_default())
        };
        drop(waiting.answer.send(reply));
        Ok(Taken::waited(true))
    }

    /// Takes a piece of a node's output and shows it to the caller, if that wants it. It gives the node no more time.
    pub fn progress(&self, member: &Member, params: NodeInvokeProgressParams) -> Result<Taken, WireError> {
        own(member, &params.node_id)?;
        if params.chunk.len() > MAX_NODE_PROGRESS_CHUNK {
            return Err(WireError::invalid(format!("/chunk: allowed are {MAX_NODE_PROGRESS_CHUNK} bytes")));
        }
        let mut state = self.state();
        let seat = state.here_of(member).map(|here| here.seat);
        let Some(waiting) = state.waiting.get_mut(&params.invoke_id).filter(|asked| Some(asked.seat) == seat)
        else {
            return Ok(Taken::waited(false));
        };
        if params.seq < waiting.next_piece || waiting.shown + params.chunk.len() > MAX_NODE_PROGRESS_BYTES {
            return Ok(Taken::waited(false));
        }
        waiting.next_piece = params.seq + 1;
        waiting.shown += params.chunk.len();
        let watch = waiting.watch.clone();
        drop(state);
        if let Some(Watch(show)) = watch {
            show(params.seq, params.chunk);
        }
        Ok(Taken::waited(true))
    }
}

/// Returns an answer as text. Older programs put a value where text is due.
fn text(payload: Option<Value>, payload_json: Option<Value>) -> String {
    match (payload_json, payload) {
        (Some(Value::String(text)), _) => text,
        (_, Some(payload)) | (Some(payload), None) => payload.to_string(),
        (None, None) => "null".to_owned(),
    }
}

/// Refuses what is not about the connection's own device.
pub(super) fn own(member: &Member, node: &str) -> Result<(), WireError> {
    if member.principal.device.as_deref() == Some(node) {
        return Ok(());
    }
    Err(WireError::invalid("nodeId mismatch: a node speaks for itself only"))
}
