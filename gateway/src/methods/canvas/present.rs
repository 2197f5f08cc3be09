//! `canvas.present` and `canvas.hide`: what people see of a canvas, in panels and on nodes.

use std::fmt::Write as _;

use schemas::error::{DetailCode, WireError};
use schemas::methods::canvas::{CanvasNodeParams, CanvasPresentOutput, CanvasPresentParams, CanvasView};
use schemas::methods::{DONE, Done};
use serde_json::{Map, Value, json};

use super::{node, sheet};
use crate::canvas::{CanvasPath, Sheet, Shown};
use crate::methods::Call;

/// Shows a canvas; answers when it is noted, or when the node has it on its screen.
pub async fn present(call: Call, params: CanvasPresentParams) -> Result<CanvasPresentOutput, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    let canvas = &call.services.canvas;
    match &params.node_id {
        Some(id) => on_node(&call, &sheet, id, &params).await?,
        None if params.url.is_some() || params.placement.is_some() => {
            return Err(WireError::invalid("/url and /placement are for a node: name it in /nodeId"));
        }
        None => {
            let shown = choose(&call, &sheet, &params).await?;
            canvas.show(&sheet, Some(shown)).await?;
        }
    }
    Ok(CanvasPresentOutput {
        ok: true,
        session_key: sheet.key.to_string(),
        node_id: params.node_id,
        watched: canvas.is_watched(&sheet.place),
    })
}

/// Takes a canvas off the screen.
pub async fn hide(call: Call, params: CanvasNodeParams) -> Result<Done, WireError> {
    let sheet = sheet(&call, params.session_key.as_deref())?;
    let canvas = &call.services.canvas;
    match params.node_id {
        Some(id) => {
            node::invoke(&call, &sheet, &id, "canvas.hide", Value::Null, None).await?;
            canvas.show_on(&id.into(), None);
        }
        None => canvas.show(&sheet, None).await?,
    }
    Ok(DONE)
}

/// Decides what is shown; a file must be there.
async fn choose(call: &Call, sheet: &Sheet, params: &CanvasPresentParams) -> Result<Shown, WireError> {
    let canvas = &call.services.canvas;
    let surfaces = || async { Ok::<_, WireError>(canvas.notes(&sheet.place).await?.has_surfaces()) };
    let as_surfaces = match (params.view, &params.path) {
        (Some(CanvasView::A2ui), Some(_)) => {
            return Err(WireError::invalid("/path is for the view \"files\""));
        }
        (Some(view), _) => view == CanvasView::A2ui,
        (None, Some(_)) => false,
        (None, None) => surfaces().await?,
    };
    if as_surfaces {
        return Ok(Shown::Surfaces);
    }
    let path = CanvasPath::parse(params.path.as_deref().unwrap_or(FIRST))?;
    let there = canvas.list(&sheet.place).await?.iter().any(|file| file.path == path.as_str());
    if there {
        return Ok(Shown::File(path.to_string()));
    }
    let text = format!("the canvas has no file {path}; write it with canvas.write before it is presented");
    Err(WireError::not_found(text).detail(DetailCode::CanvasNotFound))
}

async fn on_node(
    call: &Call,
    sheet: &Sheet,
    id: &str,
    params: &CanvasPresentParams,
) -> Result<(), WireError> {
    let mut asked = Map::new();
    let own = params.url.is_none();
    if let Some(url) = &params.url {
        if params.path.is_some() || params.view.is_some() {
            return Err(WireError::invalid("/url stands alone: leave out /path and /view"));
        }
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err(WireError::invalid("/url begins with https:// or http://"));
        }
        asked.insert("url".into(), json!(url));
    } else {
        let tail = match choose(call, sheet, params).await? {
            Shown::File(path) => format!("canvas/{}", encode(&path)),
            Shown::Surfaces => "a2ui/".to_owned(),
        };
        // A node that is not connected gets no URL; asking it says why.
        if let Some(url) = node::url_for(call, sheet, id, &tail) {
            asked.insert("url".into(), json!(url));
        }
    }
    if let Some(placement) = params.placement {
        let placement = json!(placement);
        asked.extend(placement.as_object().cloned().unwrap_or_default());
        asked.insert("placement".into(), placement);
    }
    let canvas = &call.services.canvas;
    // Before it is asked: it opens the page while it answers.
    canvas.show_on(&id.into(), own.then(|| sheet.place.clone()));
    let shown = node::invoke(call, sheet, id, "canvas.present", Value::Object(asked), None).await;
    if shown.is_err() {
        canvas.show_on(&id.into(), None);
    }
    shown.map(drop)
}

/// Percent-encodes a path for a URL (RFC 3986, 3.3).
fn encode(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            text.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// What people see first.
const FIRST: &str = "index.html";
