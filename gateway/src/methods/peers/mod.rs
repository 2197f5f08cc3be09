//! Handlers of the people on chat platforms.

mod decide;
mod list;
mod people;

use schemas::methods::peers::ChannelPairingRequest;

use crate::methods::channels::label;
use crate::store::peers::PeerRow;

pub use decide::{approve, deny, dismiss};
pub use list::list;
pub use people::{people, remove};

/// Returns a waiting stranger as the wire shows them.
fn request(peer: &PeerRow) -> ChannelPairingRequest {
    crate::bridge::pairing_request(peer, label(&peer.of.channel))
}
