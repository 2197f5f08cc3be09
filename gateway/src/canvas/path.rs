//! The name of a file within a canvas: what it may hold, so that nothing in it can mean another place.

use schemas::bounds::{MAX_CANVAS_DEPTH, MAX_CANVAS_PATH};

/// A relative path whose every part is a plain name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanvasPath(String);

/// Why a text is no path within a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// Nothing is named.
    #[error("a path names a file, such as index.html")]
    Empty,
    /// Too long, or too many folders.
    #[error(
        "a path has at most {MAX_CANVAS_PATH} bytes and {MAX_CANVAS_DEPTH} folders, a name at most 128 bytes"
    )]
    TooLong,
    /// `.`, `..`, a leading or doubled slash, a hidden name.
    #[error("a path is relative; none of its names may be empty or begin with a dot")]
    Dots,
    /// A character that means something to a file system, a URL or nobody.
    #[error("a path holds no backslash, percent sign, colon, wildcard, quote, or control character")]
    Character,
    /// A broken percent-encoding, or one of something that is not UTF-8.
    #[error("the path is not percent-encoded UTF-8")]
    Encoding,
}

impl CanvasPath {
    /// Reads a path. What is refused, is refused as it stands: nothing is repaired.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        if text.is_empty() {
            return Err(BadPath::Empty);
        }
        if text.len() > MAX_CANVAS_PATH {
            return Err(BadPath::TooLong);
        }
        if text.chars().any(|c| c.is_control() || FORBIDDEN.contains(&c)) {
            return Err(BadPath::Character);
        }
        let names: Vec<&str> = text.split('/').collect();
        if names.len() > MAX_CANVAS_DEPTH + 1 || names.iter().any(|name| name.len() > MAX_NAME) {
            return Err(BadPath::TooLong);
        }
        let odd = |name: &&str| name.is_empty() || name.starts_with('.') || name.ends_with(['.', ' ']);
        if names.iter().any(odd) {
            return Err(BadPath::Dots);
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads the path of a URL: percent-decoded once, so that what was encoded twice still holds a percent sign and
    /// is refused.
    pub fn from_url(text: &str) -> Result<Self, BadPath> {
        Self::parse(&decode(text)?)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the folders and the name of the file in the last of them.
    pub(super) fn split(&self) -> (impl Iterator<Item = &str>, &str) {
        let (folders, name) = self.0.rsplit_once('/').unwrap_or(("", &self.0));
        (folders.split('/').filter(|folder| !folder.is_empty()), name)
    }
}

impl std::fmt::Display for CanvasPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Percent-decodes a text once (RFC 3986, 2.1).
fn decode(text: &str) -> Result<String, BadPath> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(BadPath::Encoding) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| BadPath::Encoding)?);
    }
    String::from_utf8(bytes).map_err(|_| BadPath::Encoding)
}

/// Bytes of one name.
const MAX_NAME: usize = 128;
const FORBIDDEN: [char; 9] = ['\\', '%', ':', '*', '?', '"', '<', '>', '|'];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_paths_are_taken() {
        for text in ["index.html", "a/b/c.js", "übersicht.html", "a b/c-d_e.min.css", "v1.2/x"] {
            assert_eq!(CanvasPath::parse(text).expect(text).as_str(), text);
        }
        assert_eq!(CanvasPath::from_url("a%20b/%C3%BC.html").expect("decoded").as_str(), "a b/ü.html");
        let path = CanvasPath::parse("a/b/c").expect("a path");
        let (folders, name) = path.split();
        assert_eq!((folders.collect::<Vec<_>>(), name), (vec!["a", "b"], "c"));
    }

    #[test]
    fn what_could_mean_another_place_is_refused() {
        for text in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a/..",
            ".",
            "./a",
            "a//b",
            "a/",
            ".git/config",
            "a/.env",
            "a\\b",
            "..\\x",
            "C:/x",
            "a\0b",
            "a\nb",
            "a%2e",
            "x:y",
            "a./b",
            "a /b",
            "a|b",
        ] {
            assert!(CanvasPath::parse(text).is_err(), "{text:?}");
        }
        for url in [
            "%2e%2e/x",
            "%2E%2E%2Fx",
            "a%2f..%2fb",
            "%252e%252e/x",
            "a%00b",
            "..%5cx",
            "%5c..%5cx",
            "a%",
            "a%2",
            "a%zz",
            "%ff",
            "%c0%ae%c0%ae/x",
            "%2fetc%2fpasswd",
            "a%2f%2fb",
            "%",
        ] {
            assert!(CanvasPath::from_url(url).is_err(), "{url:?}");
        }
        assert!(CanvasPath::parse(&"a/".repeat(9)).is_err());
        assert!(CanvasPath::parse(&"a".repeat(129)).is_err());
        assert!(CanvasPath::parse(&["a"; MAX_CANVAS_DEPTH + 2].join("/")).is_err());
    }

    /// Text in which everything that could lead elsewhere is frequent.
    fn nasty() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("..".to_owned()),
            Just("/".to_owned()),
            Just("\\".to_owned()),
            Just("%2e".to_owned()),
            Just("%2f".to_owned()),
            Just("%25".to_owned()),
            Just("%00".to_owned()),
            Just("\0".to_owned()),
            Just(".".to_owned()),
            Just("a".to_owned()),
            any::<String>(),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_is_taken_stays_below(text in nasty(), as_url in any::<bool>()) {
            let parsed = if as_url { CanvasPath::from_url(&text) } else { CanvasPath::parse(&text) };
            if let Ok(path) = parsed {
                let parts: Vec<_> = std::path::Path::new(path.as_str()).components().collect();
                let plain = parts.iter().all(|part| matches!(part, std::path::Component::Normal(_)));
                prop_assert!(plain && !parts.is_empty());
                prop_assert!(!path.as_str().contains(['\0', '\\', '%', ':']));
                prop_assert!(!path.as_str().split('/').any(|name| name.starts_with('.')));
            }
        }
    }
}
