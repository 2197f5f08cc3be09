//! Canvases: pages that agents draw and people see live, and the URLs under which they are served (protocol 9.4).

mod surface;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Access, Done, NoParams, READ, WRITE, methods};
use crate::clock::Millis;

pub use surface::{
    CanvasCapabilityOutput, NodeSurfaceRefreshOutput, NodeSurfaceRefreshParams, SurfaceRefreshOutput,
    SurfaceRefreshParams,
};

methods! {
    /// Writes a file of a session's canvas; whoever looks at it sees the change at once.
    CanvasWrite "canvas.write" WRITE, Natural, CanvasWriteParams => CanvasWriteOutput;
    /// Reads a file of a session's canvas.
    CanvasRead "canvas.read" READ, Natural, CanvasPathParams => CanvasReadOutput;
    /// The files of a session's canvas, and what of it is shown.
    CanvasList "canvas.list" READ, Natural, CanvasParams => CanvasListOutput;
    /// Removes a file of a session's canvas, or the whole canvas.
    CanvasDelete "canvas.delete" WRITE, Natural, CanvasDeleteParams => Done;
    /// Shows a session's canvas to its people, or on a node.
    CanvasPresent "canvas.present" WRITE, Natural, CanvasPresentParams => CanvasPresentOutput;
    /// Takes a canvas off the screen again.
    CanvasHide "canvas.hide" WRITE, Natural, CanvasNodeParams => Done;
    /// Runs a script in a page that shows the canvas, and returns what it gives.
    CanvasEval "canvas.eval" WRITE, Natural, CanvasEvalParams => CanvasEvalOutput;
    /// A picture of what a node shows.
    CanvasSnapshot "canvas.snapshot" WRITE, Natural, CanvasSnapshotParams => CanvasSnapshotOutput;
    /// Shows A2UI surfaces, or changes them.
    CanvasA2uiPush "canvas.a2ui.push" WRITE, Natural, CanvasA2uiPushParams => CanvasA2uiPushOutput;
    /// Removes all A2UI surfaces of a session.
    CanvasA2uiReset "canvas.a2ui.reset" WRITE, Natural, CanvasNodeParams => Done;
    /// A capability URL for an operator: with a session's name for its canvas and surfaces.
    PluginSurfaceRefresh "plugin.surface.refresh" READ, Natural, SurfaceRefreshParams => SurfaceRefreshOutput;
    /// A capability URL for a node.
    NodePluginSurfaceRefresh "node.pluginSurface.refresh" Access::Node, Natural, NodeSurfaceRefreshParams => NodeSurfaceRefreshOutput;
    /// The same, as nodes of protocol 3 ask for it.
    NodeCanvasCapabilityRefresh "node.canvas.capability.refresh" Access::Node, Natural, NoParams => CanvasCapabilityOutput;
}

/// Parameters that name a canvas.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
}

/// Parameters that name a file of a canvas.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasPathParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The file, relative to the canvas, such as `index.html`.
    #[schemars(length(min = 1, max = 512))]
    pub path: String,
}

/// A file to write: `content` or `base64`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasWriteParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The file, relative to the canvas; `index.html` is what people see first.
    #[schemars(length(min = 1, max = 512))]
    pub path: String,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Its bytes, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

/// A file was written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasWriteOutput {
    /// Always true.
    pub ok: bool,
    /// The session.
    pub session_key: String,
    /// The file.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Whether there was such a file before.
    pub replaced: bool,
    /// Whether a page shows the canvas at this moment.
    pub watched: bool,
}

/// A file: `content` if it is text, else `base64`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasReadOutput {
    /// The session.
    pub session_key: String,
    /// The file.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Its bytes, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

/// A canvas.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasListOutput {
    /// The session.
    pub session_key: String,
    /// The id in the canvas's URLs.
    pub document_id: String,
    /// Its files, sorted by path.
    pub files: Vec<CanvasFile>,
    /// What is presented; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<CanvasShown>,
    /// Whether there are A2UI surfaces.
    pub surfaces: bool,
    /// Whether a page shows the canvas at this moment.
    pub watched: bool,
}

/// A file of a canvas.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasFile {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// When it was written.
    pub modified_at_ms: Millis,
}

/// What is presented of a canvas.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CanvasShown {
    /// `files` or `a2ui`.
    pub view: CanvasView,
    /// The file, where files are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// The two sides of a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CanvasView {
    /// Files that were written with `canvas.write`.
    Files,
    /// Surfaces that were pushed with `canvas.a2ui.push`.
    A2ui,
}

/// What to remove.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasDeleteParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub path: Option<String>,
    /// True instead of a path: everything, surfaces too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
}

/// What to show, and where.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasPresentParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// `files` or `a2ui`; if absent, surfaces are shown where there are some and no path is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<CanvasView>,
    /// The file to begin with; `index.html` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub path: Option<String>,
    /// A page elsewhere (`https` or `http`), on a node only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub url: Option<String>,
    /// The node to show it on; absent: in the panels of the session's people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub node_id: Option<String>,
    /// Where on the node's screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<CanvasPlacement>,
}

/// Where on a screen, in points.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanvasPlacement {
    /// From the left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<f64>,
    /// From the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<f64>,
    /// Width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<f64>,
    /// Height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<f64>,
}

/// It is shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasPresentOutput {
    /// Always true.
    pub ok: bool,
    /// The session.
    pub session_key: String,
    /// The node, if it is on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// Whether a page shows the canvas at this moment.
    pub watched: bool,
}

/// Parameters that name a canvas and perhaps a node.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasNodeParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The node; absent: the panels of the session's people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub node_id: Option<String>,
}

/// A script for a page.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasEvalParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The script; its last expression is the result, a promise is waited for.
    #[schemars(length(min = 1, max = 65536))]
    pub java_script: String,
    /// The node; absent: a page that shows the canvas in a browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub node_id: Option<String>,
    /// How long to wait, in milliseconds; 10 seconds if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 30000))]
    pub timeout_ms: Option<u64>,
}

/// What the script gave.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CanvasEvalOutput {
    /// The result as JSON; `null` if it is nothing that JSON can say.
    pub result: Value,
}

/// A picture to take.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasSnapshotParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The node; absent: the node that the canvas was last presented on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub node_id: Option<String>,
    /// `png` (default) or `jpeg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<PictureFormat>,
    /// Greatest width in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16, max = 8192))]
    pub max_width: Option<u32>,
    /// Of a JPEG, between 0 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub quality: Option<f64>,
}

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PictureFormat {
    /// Without loss.
    Png,
    /// Smaller.
    Jpeg,
}

/// A picture.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasSnapshotOutput {
    /// The node that took it.
    pub node_id: String,
    /// `png` or `jpeg`.
    pub format: String,
    /// The picture.
    pub base64: String,
}

/// A2UI messages of version 0.8 or 0.9: `messages` or `jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanvasA2uiPushParams {
    /// The session; an agent's own, or the main session, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub session_key: Option<String>,
    /// The messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub messages: Option<Vec<Value>>,
    /// The messages as text, one a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1_048_576))]
    pub jsonl: Option<String>,
    /// A node that is to show them as well, with its own renderer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub node_id: Option<String>,
}

/// They are shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanvasA2uiPushOutput {
    /// Always true.
    pub ok: bool,
    /// The session.
    pub session_key: String,
    /// How many messages were taken.
    pub messages: u64,
    /// Whether a page shows the canvas at this moment.
    pub watched: bool,
}
