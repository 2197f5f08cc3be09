//! The bodies of answers: files, refusals with their code, and pages that are made live.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use schemas::error::DetailCode;
use serde_json::json;

use crate::canvas::FileError;

/// Marks an answer that brings the headers of an isolated page and must not get those of the panel.
#[derive(Clone, Copy, Debug)]
pub(in crate::door) struct Isolated;

/// Returns a file.
pub(super) fn file(path: &str, bytes: Vec<u8>) -> Response<Body> {
    typed(StatusCode::OK, kind(path), bytes)
}

/// Returns a refusal: its code for programs, a sentence for people.
pub(super) fn refuse(status: StatusCode, code: Option<DetailCode>, text: &str) -> Response<Body> {
    let code = code.map_or_else(|| status.as_u16().to_string(), |code| code.to_string());
    let body = json!({ "ok": false, "error": { "code": code, "message": text } });
    typed(status, "application/json", body.to_string().into_bytes())
}

/// Returns the refusal for a file that cannot be served.
pub(super) fn failure(error: &FileError) -> Response<Body> {
    let status = match error {
        FileError::NotFound => StatusCode::NOT_FOUND,
        FileError::Folder | FileError::Refused(_) => StatusCode::FORBIDDEN,
        FileError::TooLarge(_) | FileError::Full(_) => StatusCode::PAYLOAD_TOO_LARGE,
        FileError::Io(_) => {
            tracing::error!(?error, "A canvas's file could not be read");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    refuse(status, error.code(), &error.to_string())
}

/// Returns the page that stands where nothing was drawn yet; it is replaced as soon as something is.
pub(super) fn nothing_yet(live: Option<&str>) -> Response<Body> {
    let mut response = file("index.html", with_script(NOTHING_YET.into(), live));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Puts a script before the end of a page, or at its end if it has none.
pub(super) fn with_script(page: Vec<u8>, live: Option<&str>) -> Vec<u8> {
    let Some(live) = live else { return page };
    let tag = format!("<script src=\"{live}\"></script>");
    let closing = b"</body";
    let at = page.windows(closing.len()).rposition(|part| part.eq_ignore_ascii_case(closing));
    let (before, after) = page.split_at(at.unwrap_or(page.len()));
    [before, tag.as_bytes(), after].concat()
}

/// Says whether a file is a page.
pub(super) fn is_page(path: &str) -> bool {
    kind(path).starts_with("text/html")
}

fn typed(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn kind(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "txt" | "md" | "csv" => "text/plain; charset=utf-8",
        "xml" => "text/xml; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "ogg" => "audio/ogg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "wasm" => "application/wasm",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

const NOTHING_YET: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Canvas</title>\
<style>:root{color-scheme:light dark}body{display:grid;place-items:center;min-height:90vh;font:16px system-ui;\
opacity:.7}</style><body><p>Nothing is drawn here yet.</p></body></html>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_made_live_at_its_end() {
        let made = |page: &str| String::from_utf8(with_script(page.into(), Some("/s.js"))).expect("text");
        let tag = "<script src=\"/s.js\"></script>";
        assert_eq!(made("<body>x</BODY></html>"), format!("<body>x{tag}</BODY></html>"));
        assert_eq!(
            made("<script>'</body>'</script></body>"),
            format!("<script>'</body>'</script>{tag}</body>")
        );
        assert_eq!(made("just text"), format!("just text{tag}"));
        assert_eq!(with_script(b"x".to_vec(), None), b"x");
        assert!(is_page("a/INDEX.HTML") && !is_page("a.svg") && !is_page("html"));
    }
}
