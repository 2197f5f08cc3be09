//! Forms with files (RFC 7578), as clients send them with `payload_json`.

use bytes::Bytes;
use serde_json::{Value, json};

/// A file of a form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct File {
    /// The number in `files[n]`.
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Bytes,
}

/// Reads a form: its body and its files. None when it is broken.
pub(super) fn read(kind: &str, bytes: &Bytes) -> Option<(Value, Vec<File>)> {
    let boundary = parameter(kind, "boundary")?;
    let delimiter = format!("\r\n--{boundary}");
    let mut body = json!({});
    let mut files: Vec<File> = Vec::new();
    // The first delimiter stands at the very start: with a line break before it, all are alike.
    let whole = Bytes::from([b"\r\n", bytes.as_ref()].concat());
    let mut at = find(&whole, delimiter.as_bytes(), 0)? + delimiter.len();
    loop {
        if whole[at..].starts_with(b"--") {
            return Some((body, files));
        }
        let end = find(&whole, delimiter.as_bytes(), at)?;
        let head_end = find(&whole, b"\r\n\r\n", at).filter(|head_end| *head_end < end)?;
        let head = std::str::from_utf8(&whole[at..head_end]).ok()?;
        let content = whole.slice(head_end + 4..end);
        let part = Part::read(head)?;
        match part.file {
            Some(name) => {
                let number = number(&part.name).unwrap_or(files.len() as u64);
                files.push(File { number, name, mime: part.mime, bytes: content });
            }
            None if part.name == "payload_json" => body = serde_json::from_slice(&content).ok()?,
            None => body[part.name] = json!(std::str::from_utf8(&content).ok()?),
        }
        at = end + delimiter.len();
    }
}

/// The head of a part.
struct Part {
    name: String,
    file: Option<String>,
    mime: String,
}

impl Part {
    fn read(head: &str) -> Option<Self> {
        let line = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let disposition = line("content-disposition")?;
        Some(Self {
            name: parameter(disposition, "name")?,
            file: parameter(disposition, "filename"),
            mime: line("content-type").unwrap_or("application/octet-stream").to_owned(),
        })
    }
}

/// Returns the number of `files[3]`, or of the older `file3`.
fn number(name: &str) -> Option<u64> {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Returns a parameter of a header, with or without quotes.
fn parameter(header: &str, name: &str) -> Option<String> {
    let value = header.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })?;
    Some(value.trim_matches('"').replace("%22", "\""))
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let found = bytes.get(from..)?.windows(wanted.len()).position(|window| window == wanted)?;
    Some(from + found)
}
