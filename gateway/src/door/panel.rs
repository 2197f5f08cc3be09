//! The panel's files, built by Vite and embedded in the binary.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use rust_embed::RustEmbed;

use super::routes::plain;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/panel"]
struct Files;

/// Serves a file; any other path is the page itself, whose routes live behind the `#`.
pub(super) async fn serve(request: Request<Body>) -> Response<Body> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET is answered here.\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let path = request.uri().path().trim_start_matches('/');
    // What looks like a file and is none must not answer with the page: scripts would fail strangely.
    let (path, file) = match Files::get(path) {
        Some(file) => (path, file),
        None if path.rsplit('/').next().is_some_and(|name| name.contains('.')) => {
            return plain(StatusCode::NOT_FOUND, "There is no such file.\n");
        }
        None => match Files::get("index.html") {
            Some(file) => ("index.html", file),
            None => return plain(StatusCode::NOT_FOUND, "This build holds no panel.\n"),
        },
    };
    let mut response = Response::new(Body::from(file.data));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    // Vite puts a hash into the names of its assets: those never change.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}
