//! `canvas.write`: a file of a session's canvas.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemas::error::WireError;
use schemas::methods::canvas::{CanvasWriteOutput, CanvasWriteParams};

use super::sheet;
use crate::canvas::CanvasPath;
use crate::methods::Call;

/// Writes the file whole; answers when it is on the disk.
pub async fn write(call: Call, params: CanvasWriteParams) -> Result<CanvasWriteOutput, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    let path = CanvasPath::parse(&params.path)?;
    let bytes = match (params.content, params.base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => {
            let decoded = STANDARD.decode(text.trim());
            decoded.map_err(|_| WireError::invalid("/base64 is not base64 (RFC 4648, with padding)"))?
        }
        _ => return Err(WireError::invalid("give the file as content or as base64, one of them")),
    };
    let (size, name) = (bytes.len() as u64, path.to_string());
    let canvas = &call.services.canvas;
    let replaced = canvas.write(&sheet, path, bytes).await?;
    let watched = canvas.is_watched(&sheet.place);
    Ok(CanvasWriteOutput {
        ok: true,
        session_key: sheet.key.to_string(),
        path: name,
        bytes: size,
        replaced,
        watched,
    })
}
