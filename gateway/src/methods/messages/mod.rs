//! Handlers of messages to chat platforms on somebody's order.

mod act;
mod beneath;
mod files;
mod poll;
mod send;
mod target;

use std::time::Duration;

use channels::{Action, Receipt};
use schemas::error::{DetailCode, WireError};
use serde_json::json;

use crate::bridge::{Delivery, SendFault};
use crate::methods::Call;
use target::Target;

pub use act::act;
pub use poll::poll;
pub use send::send;

/// How long a caller waits for the platform; what is not done by then is done all the same.
const PATIENCE: Duration = Duration::from_secs(25);

/// Has something done on a platform, once for a key, and returns what the platform said.
async fn deliver(call: &Call, target: &Target, action: Action, key: &str) -> Result<Receipt, WireError> {
    let who = call.who();
    let name = format!("{}:{key}", who.actor);
    let bridge = &call.services.bridge;
    let sending = bridge.send(&target.of, target.place.clone(), action, &name, &who.actor, PATIENCE);
    match sending.await? {
        Delivery::Sent(receipt) => Ok(receipt),
        Delivery::Queued(seq) => Err(undone(
            DetailCode::OutboundDeliveryQueued,
            seq,
            "the platform did not take it yet; it is kept and sent as soon as that is possible",
        )),
        Delivery::Unknown(seq, why) => Err(undone(
            DetailCode::OutboundDeliveryUnknown,
            seq,
            &format!(
                "it may have arrived: {why}; look, then use channels.outbox.resend or channels.outbox.drop"
            ),
        )),
        Delivery::Failed(seq, why) => Err(undone(DetailCode::OutboundDeliveryFailed, seq, &why)),
    }
}

fn undone(code: DetailCode, seq: i64, text: &str) -> WireError {
    WireError::unavailable(text).details(json!({ "code": code, "outboxId": seq.to_string() }))
}

impl From<SendFault> for WireError {
    fn from(fault: SendFault) -> Self {
        let text = fault.to_string();
        match fault {
            SendFault::NoAccount { channel, account } => super::channels::unknown(&channel, &account),
            SendFault::Unsupported(..) => Self::invalid(text).detail(DetailCode::ChannelUnsupported),
            SendFault::Empty => Self::invalid("/message: the message is empty"),
            SendFault::Platform(_) => Self::unavailable(text).detail(DetailCode::OutboundDeliveryFailed),
            SendFault::Store(error) => error.into(),
        }
    }
}
