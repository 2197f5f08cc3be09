//! `canvas.snapshot`: a picture of what a node shows.

use schemas::error::{DetailCode, WireError};
use schemas::methods::canvas::{CanvasSnapshotOutput, CanvasSnapshotParams, PictureFormat};
use serde_json::{Map, Value, json};

use super::{node, sheet};
use crate::methods::Call;

/// Asks a node for a picture: the one that is named, or the one that the canvas was last presented on.
pub async fn snapshot(call: Call, params: CanvasSnapshotParams) -> Result<CanvasSnapshotOutput, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    let shows = || call.services.canvas.node_of(&sheet.place);
    let Some(id) = params.node_id.or_else(shows) else {
        let text = "no node shows this canvas; present it on one with canvas.present, or name a nodeId";
        return Err(WireError::unavailable(text).detail(DetailCode::CanvasNoViewer));
    };
    let format = params.format.unwrap_or(PictureFormat::Png);
    let mut asked = Map::from_iter([("format".to_owned(), json!(format))]);
    asked.extend(params.max_width.map(|width| ("maxWidth".to_owned(), json!(width))));
    asked.extend(params.quality.map(|quality| ("quality".to_owned(), json!(quality))));
    let answered = node::invoke(&call, &sheet, &id, "canvas.snapshot", Value::Object(asked), None).await?;
    let text = |field: &str| answered.payload.get(field).and_then(Value::as_str).map(str::to_owned);
    let (Some(format), Some(base64)) = (text("format"), text("base64")) else {
        let error = WireError::unavailable("the node answered without a picture");
        return Err(error.detail(DetailCode::NodeAnswerInvalid));
    };
    Ok(CanvasSnapshotOutput { node_id: id, format, base64 })
}
