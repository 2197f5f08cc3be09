//! The URLs under which a client opens canvases (protocol 9.4).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// Which surface an operator wants a URL for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurfaceRefreshParams {
    /// `canvas`.
    #[schemars(length(min = 1, max = 64))]
    pub surface: String,
    /// The URL that the client has; accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_url: Option<String>,
    /// The one session that the URL is to open; absent: all that the client may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
}

/// A URL for an operator.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurfaceRefreshOutput {
    /// `canvas`.
    pub surface: String,
    /// By surface: the base of its URLs.
    pub plugin_surface_urls: BTreeMap<String, String>,
    /// When the URL ends unless it is used.
    pub expires_at_ms: Millis,
    /// Path of the canvas's files on the gateway's origin; with a session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_path: Option<String>,
    /// Path of the canvas's surfaces on the gateway's origin; with a session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a2ui_path: Option<String>,
}

/// Which surface a node wants a URL for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSurfaceRefreshParams {
    /// `canvas`.
    #[schemars(length(min = 1, max = 64))]
    pub surface: String,
    /// The URL that the node has; accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_url: Option<String>,
}

/// A URL for a node.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSurfaceRefreshOutput {
    /// `canvas`.
    pub surface: String,
    /// By surface: the base of its URLs.
    pub plugin_surface_urls: BTreeMap<String, String>,
    /// When the URL ends unless it is used.
    pub expires_at_ms: Millis,
}

/// A URL for a node of protocol 3.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasCapabilityOutput {
    /// The token within the URL.
    pub canvas_capability: String,
    /// When it ends unless it is used.
    pub canvas_capability_expires_at_ms: Millis,
    /// The base of the URLs.
    pub canvas_host_url: String,
}
