//! `canvas.list`: what a canvas holds and what of it is shown.

use schemas::error::WireError;
use schemas::methods::canvas::{CanvasFile, CanvasListOutput, CanvasParams, CanvasShown, CanvasView};

use super::sheet;
use crate::canvas::Shown;
use crate::methods::Call;

/// Lists a canvas; one that nobody drew on is empty.
pub async fn list(call: Call, params: CanvasParams) -> Result<CanvasListOutput, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    let canvas = &call.services.canvas;
    let found = canvas.list(&sheet.place).await?;
    let notes = canvas.notes(&sheet.place).await?;
    let files = found
        .into_iter()
        .map(|file| CanvasFile { path: file.path, bytes: file.bytes, modified_at_ms: file.modified_at })
        .collect();
    let surfaces = notes.has_surfaces();
    let shown = notes.shown.map(|shown| match shown {
        Shown::File(path) => CanvasShown { view: CanvasView::Files, path: Some(path) },
        Shown::Surfaces => CanvasShown { view: CanvasView::A2ui, path: None },
    });
    Ok(CanvasListOutput {
        session_key: sheet.key.to_string(),
        document_id: sheet.place.id().to_owned(),
        files,
        shown,
        surfaces,
        watched: canvas.is_watched(&sheet.place),
    })
}
