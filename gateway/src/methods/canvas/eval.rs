//! `canvas.eval`: a script in a page that shows a canvas.

use std::time::Duration;

use schemas::bounds::CANVAS_EVAL_TIMEOUT;
use schemas::error::WireError;
use schemas::methods::canvas::{CanvasEvalOutput, CanvasEvalParams};
use serde_json::{Value, json};

use super::{node, sheet};
use crate::methods::Call;

/// Runs a script in the newest page that shows the canvas, or on a node.
pub async fn eval(call: Call, params: CanvasEvalParams) -> Result<CanvasEvalOutput, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    let timeout = params.timeout_ms.map_or(CANVAS_EVAL_TIMEOUT, Duration::from_millis);
    let result = match &params.node_id {
        None => call.services.canvas.eval(&sheet.place, &params.java_script, timeout).await?,
        Some(id) => {
            let asked = json!({ "javaScript": params.java_script });
            let answered = node::invoke(&call, &sheet, id, "canvas.eval", asked, Some(timeout)).await?;
            match answered.payload {
                Value::Object(mut fields) => fields.remove("result").unwrap_or_default(),
                other => other,
            }
        }
    };
    Ok(CanvasEvalOutput { result })
}
