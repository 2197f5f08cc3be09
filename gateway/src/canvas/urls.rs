//! The URLs under which canvases are served (protocol 9.4).

/// The one surface that is offered.
pub const SURFACE: &str = "canvas";

/// The first part of a path that belongs to canvases: our own name, and that of stock clients.
pub const PREFIXES: [&str; 2] = ["__landline__", "__openclaw__"];

/// Returns the base of a capability's URLs; `/__openclaw__/canvas/` or `/__openclaw__/a2ui/` follows it.
pub fn base_url(gateway: &str, token: &str) -> String {
    format!("{gateway}/__openclaw__/cap/{token}")
}
