//! Parameters of a call: from the query, a form, a multipart body or JSON, all the same to the methods.

use std::collections::BTreeMap;

use serde_json::Value;

use super::refusal::Refusal;

/// A file that came with a multipart body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// The sender's name for it.
    pub name: String,
    /// Its media type, as the sender named it.
    pub mime: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The parameters of one call. Every value is kept as the text a form would carry; JSON values as JSON.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// Values by name.
    pub values: BTreeMap<String, String>,
    /// Uploaded files by the name of their part.
    pub files: BTreeMap<String, Upload>,
}

impl Params {
    /// Adds `name=value&…`.
    pub fn add_form(&mut self, text: &str) {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.values.insert(decode(&name.replace('+', " ")), decode(&value.replace('+', " ")));
        }
    }

    /// Adds the members of a JSON object; a null counts as absent.
    pub fn add_json(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.is_empty() {
            return Ok(());
        }
        let Ok(Value::Object(object)) = serde_json::from_slice(bytes) else {
            return Err(Refusal::bad("can't parse JSON object"));
        };
        for (name, value) in object {
            match value {
                Value::Null => continue,
                Value::String(text) => self.values.insert(name, text),
                other => self.values.insert(name, other.to_string()),
            };
        }
        Ok(())
    }

    /// Adds the parts of a multipart body.
    pub fn add_multipart(&mut self, content_type: &str, body: &[u8]) -> Result<(), Refusal> {
        let boundary = content_type.split(';').find_map(|part| part.trim().strip_prefix("boundary="));
        let boundary = boundary.ok_or_else(|| Refusal::bad("boundary parameter not found"))?;
        let mark = format!("--{}", boundary.trim_matches('"'));
        let mut rest = body;
        let Some(first) = find(rest, mark.as_bytes()) else {
            return Err(Refusal::bad("can't find the first boundary"));
        };
        rest = &rest[first + mark.len()..];
        let next = format!("\r\n{mark}");
        while let Some(part) = rest.strip_prefix(b"\r\n") {
            let end =
                find(part, next.as_bytes()).ok_or_else(|| Refusal::bad("unexpected end of multipart"))?;
            self.add_part(&part[..end])?;
            rest = &part[end + next.len()..];
        }
        Ok(())
    }

    fn add_part(&mut self, part: &[u8]) -> Result<(), Refusal> {
        let end = find(part, b"\r\n\r\n").ok_or_else(|| Refusal::bad("a part has no headers"))?;
        let head = String::from_utf8_lossy(&part[..end]).into_owned();
        let bytes = part[end + 4..].to_vec();
        let mut name = None;
        let mut file_name = None;
        let mut mime = String::new();
        for line in head.lines() {
            let (header, value) = line.split_once(':').unwrap_or((line, ""));
            if header.eq_ignore_ascii_case("content-disposition") {
                name = attribute(value, "name");
                file_name = attribute(value, "filename");
            } else if header.eq_ignore_ascii_case("content-type") {
                value.trim().clone_into(&mut mime);
            }
        }
        let name = name.ok_or_else(|| Refusal::bad("a part has no name"))?;
        match file_name {
            Some(file) => {
                self.files.insert(name, Upload { name: file, mime, bytes });
            }
            None => {
                self.values.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        Ok(())
    }

    /// Returns a value; an empty one counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Returns a value as a number.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(|text| text.trim().parse().ok())
    }

    /// Returns whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| ["true", "1", "yes", "t", "y"].contains(&text.to_lowercase().as_str()))
    }

    /// Returns a value as JSON; `what` names it in the refusal.
    pub fn json(&self, name: &str, what: &str) -> Result<Option<Value>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        serde_json::from_str(text)
            .map(Some)
            .map_err(|_| Refusal::bad(format!("can't parse {what} JSON object")))
    }
}

/// Returns `name="…"` of a header's value.
fn attribute(value: &str, name: &str) -> Option<String> {
    value.split(';').find_map(|piece| {
        let (key, text) = piece.trim().split_once('=')?;
        (key == name).then(|| text.trim_matches('"').to_owned())
    })
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Undoes percent-encoding; a broken one stays as it is.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match byte {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
