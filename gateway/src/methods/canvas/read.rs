//! `canvas.read`: a file of a session's canvas.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemas::error::WireError;
use schemas::methods::canvas::{CanvasPathParams, CanvasReadOutput};

use super::sheet;
use crate::canvas::CanvasPath;
use crate::methods::Call;

/// Returns the file as text if it is UTF-8, else in base64.
pub async fn read(call: Call, params: CanvasPathParams) -> Result<CanvasReadOutput, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    let path = CanvasPath::parse(&params.path)?;
    let name = path.to_string();
    let bytes = call.services.canvas.read(&sheet.place, path).await?;
    let size = bytes.len() as u64;
    let (content, base64) = match String::from_utf8(bytes) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(STANDARD.encode(error.as_bytes()))),
    };
    Ok(CanvasReadOutput { session_key: sheet.key.to_string(), path: name, bytes: size, content, base64 })
}
