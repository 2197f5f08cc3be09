//! The parts of a message: text, pictures, files. What cannot be shown to an agent is refused, not left out.

use schemas::methods::chat::Attachment;
use serde_json::Value;

use super::error::Refusal;

/// A message's text and what came with it.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) files: Vec<Attachment>,
}

impl Content {
    /// Reads `content` as either API writes it: a text, or a list of parts. `at` names it in a refusal.
    pub(super) fn read(value: &Value, at: &str) -> Result<Self, Refusal> {
        match value {
            Value::Null => Ok(Self::default()),
            Value::String(text) => Ok(Self { text: text.clone(), files: Vec::new() }),
            Value::Array(parts) => {
                let mut content = Self::default();
                for (index, part) in parts.iter().enumerate() {
                    content.add(part, &format!("{at}[{index}]"))?;
                }
                Ok(content)
            }
            _ => Err(Refusal::invalid(format!("{at} must be a text or a list of parts"), Some(at))),
        }
    }

    fn add(&mut self, part: &Value, at: &str) -> Result<(), Refusal> {
        let text_of = |name: &str| part[name].as_str();
        match part["type"].as_str() {
            Some("text" | "input_text" | "output_text") => {
                let text = text_of("text").ok_or_else(|| missing(at, "text"))?;
                if !self.text.is_empty() {
                    self.text.push('\n');
                }
                self.text.push_str(text);
            }
            Some("refusal") => self.text.push_str(text_of("refusal").unwrap_or_default()),
            Some("image_url") => {
                let url = part["image_url"]["url"].as_str().or_else(|| text_of("image_url"));
                self.attach(url, "image", None, &format!("{at}.image_url"))?;
            }
            Some("input_image") => {
                self.attach(text_of("image_url"), "image", None, &format!("{at}.image_url"))?;
            }
            Some("file") => {
                let file = &part["file"];
                let name = file["filename"].as_str();
                self.attach(file["file_data"].as_str(), "file", name, &format!("{at}.file.file_data"))?;
            }
            Some("input_file") => {
                self.attach(text_of("file_data"), "file", text_of("filename"), &format!("{at}.file_data"))?;
            }
            Some(other) => {
                let why = format!("parts of type {other:?} cannot be given to an agent");
                return Err(Refusal::unsupported(at, &why));
            }
            None => return Err(missing(at, "type")),
        }
        Ok(())
    }

    /// Takes bytes that are in the request itself. Addresses are not fetched: whoever may talk to an agent must not
    /// thereby make the gateway call others.
    fn attach(
        &mut self,
        data: Option<&str>,
        kind: &str,
        name: Option<&str>,
        at: &str,
    ) -> Result<(), Refusal> {
        let data =
            data.ok_or_else(|| Refusal::unsupported(at, "send the bytes themselves, as a data: URL"))?;
        let Some((head, content)) = data.strip_prefix("data:").and_then(|rest| rest.split_once(',')) else {
            return Err(Refusal::unsupported(
                at,
                "only data: URLs are taken; nothing is fetched from the network",
            ));
        };
        let Some(mime_type) = head.strip_suffix(";base64") else {
            return Err(Refusal::unsupported(at, "the data: URL must be in base64"));
        };
        let mime_type = mime_type.split(';').next().unwrap_or_default();
        self.files.push(Attachment {
            kind: Some(kind.to_owned()),
            mime_type: Some(mime_type.to_owned()).filter(|kind| !kind.is_empty()),
            file_name: name.map(ToOwned::to_owned),
            content: content.to_owned(),
        });
        Ok(())
    }
}

fn missing(at: &str, field: &str) -> Refusal {
    Refusal::invalid(format!("{at}.{field} is missing"), Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_pictures_and_files_are_taken() {
        let parts = json!([
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {"type": "input_text", "text": "again"},
            {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;charset=utf-8;base64,QQ=="},
        ]);
        let content = Content::read(&parts, "content").expect("read");
        assert_eq!(content.text, "look\nagain");
        assert_eq!(content.files.len(), 2);
        assert_eq!(content.files[0].mime_type.as_deref(), Some("image/png"));
        assert_eq!(
            (content.files[1].mime_type.as_deref(), &*content.files[1].content),
            (Some("text/plain"), "QQ==")
        );
        assert_eq!(Content::read(&json!("plain"), "content").expect("read").text, "plain");
    }

    #[test]
    fn nothing_is_fetched_and_nothing_left_out() {
        for part in [
            json!({"type": "image_url", "image_url": {"url": "http://169.254.169.254/"}}),
            json!({"type": "input_image", "file_id": "file-1"}),
            json!({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}),
            json!({"type": "input_file", "file_data": "data:text/plain,hello"}),
            json!({"text": "no type"}),
            json!({"type": "text"}),
        ] {
            let refused = Content::read(&json!([part]), "messages[0].content").expect_err("refused");
            assert!(
                refused.error()["message"]
                    .as_str()
                    .is_some_and(|text| text.contains("messages[0].content[0]"))
            );
        }
        assert!(Content::read(&json!(7), "content").is_err());
    }
}
