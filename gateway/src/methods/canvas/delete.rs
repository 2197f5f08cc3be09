//! `canvas.delete`: a file of a canvas, or all of it.

use schemas::error::WireError;
use schemas::methods::canvas::CanvasDeleteParams;
use schemas::methods::{DONE, Done};

use super::sheet;
use crate::canvas::CanvasPath;
use crate::methods::Call;

/// Removes what is named; a file that is not there is an error, an empty canvas is not.
pub async fn delete(call: Call, params: CanvasDeleteParams) -> Result<Done, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    match (params.path, params.all) {
        (Some(path), None | Some(false)) => {
            call.services.canvas.remove(&sheet, CanvasPath::parse(&path)?).await?;
        }
        (None, Some(true)) => call.services.canvas.clear(&sheet).await?,
        _ => return Err(WireError::invalid("name a path, or say all: true; one of them")),
    }
    Ok(DONE)
}
