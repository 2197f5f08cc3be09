//! Handlers of the lists that stay empty: stock clients ask for them (see `schemas::methods::empty`).

use schemas::error::WireError;

use crate::methods::Call;

/// Returns the empty list.
pub async fn empty<P: Send, O: Default>(_: Call, _: P) -> Result<O, WireError> {
    Ok(O::default())
}
