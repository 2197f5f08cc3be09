//! `plugin.surface.refresh` and its forms for nodes: capability URLs (protocol 9.4).

use std::collections::BTreeMap;

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::canvas::{
    CanvasCapabilityOutput, NodeSurfaceRefreshOutput, NodeSurfaceRefreshParams, SurfaceRefreshOutput,
    SurfaceRefreshParams,
};

use super::sheet;
use crate::canvas::{SURFACE, base_url};
use crate::methods::Call;

/// Makes a URL for an operator: for one session, or for all that it may read. An agent gets its own session's.
pub async fn refresh(call: Call, params: SurfaceRefreshParams) -> Result<SurfaceRefreshOutput, WireError> {
    known(&params.surface)?;
    let bound = params.session_key.is_some() || call.who().session.is_some();
    let session = if bound { Some(sheet(&call, params.session_key.as_deref())?.key) } else { None };
    let issued = call.services.canvas.issue(&call.member, session);
    let token = &issued.token;
    let path = |what: &str| bound.then(|| format!("/__landline__/cap/{token}/__landline__/{what}/"));
    Ok(SurfaceRefreshOutput {
        surface: SURFACE.to_owned(),
        plugin_surface_urls: urls(&call, token),
        expires_at_ms: issued.expires_at,
        files_path: path("canvas"),
        a2ui_path: path("a2ui"),
    })
}

/// Makes a URL for a node.
pub async fn node_refresh(
    call: Call,
    params: NodeSurfaceRefreshParams,
) -> Result<NodeSurfaceRefreshOutput, WireError> {
    known(&params.surface)?;
    let issued = call.services.canvas.issue(&call.member, None);
    Ok(NodeSurfaceRefreshOutput {
        surface: SURFACE.to_owned(),
        plugin_surface_urls: urls(&call, &issued.token),
        expires_at_ms: issued.expires_at,
    })
}

/// Makes a URL for a node of protocol 3.
pub async fn node_capability(call: Call, _: NoParams) -> Result<CanvasCapabilityOutput, WireError> {
    let issued = call.services.canvas.issue(&call.member, None);
    Ok(CanvasCapabilityOutput {
        canvas_host_url: base_url(&call.services.security.gateway_url(), &issued.token),
        canvas_capability: issued.token,
        canvas_capability_expires_at_ms: issued.expires_at,
    })
}

fn urls(call: &Call, token: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(SURFACE.to_owned(), base_url(&call.services.security.gateway_url(), token))])
}

fn known(surface: &str) -> Result<(), WireError> {
    if surface == SURFACE {
        return Ok(());
    }
    Err(WireError::unavailable(format!("{surface:.64} plugin surface unavailable; there is \"{SURFACE}\"")))
}
