//! A method's output as a tool's result: text and structure, pictures as images, refusals in words.

use rmcp::model::{CallToolResult, ContentBlock};
use schemas::WireError;
use serde_json::{Map, Value, json};

/// Returns the result of a call. A refusal is a result too: the model is to read it.
pub(crate) fn result(answered: Result<Value, WireError>) -> CallToolResult {
    match answered {
        Ok(payload) => good(payload),
        Err(error) => bad(&error),
    }
}

fn good(mut payload: Value) -> CallToolResult {
    let mut images = Vec::new();
    take_images(&mut payload, &mut images);
    let mut content = vec![ContentBlock::text(payload.to_string())];
    content.extend(images);
    let mut result = CallToolResult::success(content);
    // Structured content is an object in every version of MCP.
    result.structured_content = Some(payload).filter(Value::is_object);
    result
}

fn bad(error: &WireError) -> CallToolResult {
    let code = error.details.as_ref().and_then(|details| details.get("code")).and_then(Value::as_str);
    let code = code.map_or_else(|| error.code.to_string(), |detail| format!("{} ({detail})", error.code));
    let again = match (error.retryable, error.retry_after_ms) {
        (Some(true), Some(wait)) => format!("\nTry again in {} s.", wait.div_ceil(1000)),
        (Some(true), None) => "\nIt may work later: try again.".to_owned(),
        _ => String::new(),
    };
    let mut result =
        CallToolResult::error(vec![ContentBlock::text(format!("{code}: {}{again}", error.message))]);
    result.structured_content = Some(json!({ "error": error }));
    result
}

/// Takes pictures out of a payload: what stands in `base64` beside a `format` or media type that is a picture's.
fn take_images(value: &mut Value, images: &mut Vec<ContentBlock>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| take_images(item, images)),
        Value::Object(fields) => {
            // The same once more, as text: a node's answer carries both.
            if fields.contains_key("payload") {
                fields.remove("payloadJSON");
            }
            if let Some(kind) = kind_of(fields) {
                take_image(fields, kind, images);
            }
            fields.values_mut().for_each(|field| take_images(field, images));
        }
        _ => {}
    }
}

fn take_image(fields: &mut Map<String, Value>, kind: &'static str, images: &mut Vec<ContentBlock>) {
    let Some(Value::String(data)) = fields.get_mut("base64") else { return };
    let data = std::mem::take(data);
    let note = if data.len() > MAX_IMAGE {
        format!(
            "left out: {} bytes are more than a model can be shown; ask for a smaller picture",
            data.len() / 4 * 3
        )
    } else if images.len() >= MAX_IMAGES {
        "left out: too many pictures at once".to_owned()
    } else {
        images.push(ContentBlock::image(data, kind));
        format!("shown as image {}", images.len())
    };
    fields.insert("base64".into(), note.into());
}

/// Returns the media type of the picture that an object says it holds.
fn kind_of(fields: &Map<String, Value>) -> Option<&'static str> {
    let said = ["format", "mimeType", "contentType", "mediaType"];
    let said = said.iter().find_map(|name| fields.get(*name)?.as_str());
    // A file says it by its name.
    let named = said.or_else(|| Some(fields.get("path")?.as_str()?.rsplit_once('.')?.1))?;
    let named = named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Some(match named.strip_prefix("image/").unwrap_or(&named) {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        _ => return None,
    })
}

/// Longest picture, in base64: the models' own limit of 5 MB.
const MAX_IMAGE: usize = 5 * 1024 * 1024;
/// Pictures of one result.
const MAX_IMAGES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::error::DetailCode;

    fn shown(payload: Value) -> Value {
        serde_json::to_value(result(Ok(payload))).expect("JSON")
    }

    #[test]
    fn an_output_is_text_and_structure() {
        let list = shown(json!({"nodes": []}));
        assert_eq!(list["content"], json!([{"type": "text", "text": "{\"nodes\":[]}"}]));
        assert_eq!((&list["structuredContent"], &list["isError"]), (&json!({"nodes": []}), &json!(false)));
        assert_eq!(shown(json!([1])).get("structuredContent"), None);
    }

    #[test]
    fn a_picture_is_shown_and_its_text_left_out() {
        let answer = json!({"format": "jpg", "base64": "AAAA", "width": 2});
        let snap = shown(json!({"ok": true, "payload": answer, "payloadJSON": answer.to_string()}));
        assert_eq!(snap["content"][1], json!({"type": "image", "data": "AAAA", "mimeType": "image/jpeg"}));
        assert_eq!(snap["structuredContent"]["payload"]["base64"], "shown as image 1");
        assert!(!snap["content"][0].to_string().contains("AAAA"));
        let file = shown(json!({"path": "a.png", "contentType": "image/png; x=1", "base64": "BBBB"}));
        assert_eq!(file["content"][1]["mimeType"], "image/png");
        let named = shown(json!({"path": "pics/a.PNG", "base64": "CCCC"}));
        assert_eq!(named["content"][1]["data"], "CCCC");
        let other = shown(json!({"path": "a.bin", "contentType": "application/zip", "base64": "BBBB"}));
        assert_eq!(other["content"].as_array().map(Vec::len), Some(1));
        assert_eq!(other["structuredContent"]["base64"], "BBBB");
    }

    #[test]
    fn what_no_model_can_take_is_named_and_left_out() {
        let big = shown(json!({"format": "png", "base64": "A".repeat(MAX_IMAGE + 4)}));
        assert_eq!(big["content"].as_array().map(Vec::len), Some(1));
        assert!(
            big["structuredContent"]["base64"].as_str().is_some_and(|text| text.starts_with("left out: 39"))
        );
        let many: Vec<_> = (0..20).map(|_| json!({"format": "png", "base64": "AAAA"})).collect();
        assert_eq!(shown(json!({ "all": many }))["content"].as_array().map(Vec::len), Some(1 + MAX_IMAGES));
    }

    #[test]
    fn a_refusal_is_read_by_the_model() {
        let error = WireError::unavailable("the node is not connected").detail(DetailCode::Busy);
        let shown = serde_json::to_value(result(Err(error.retry_after(1500)))).expect("JSON");
        assert_eq!(shown["isError"], true);
        let text = "UNAVAILABLE (BUSY): the node is not connected\nTry again in 2 s.";
        assert_eq!(shown["content"][0]["text"], text);
        assert_eq!(shown["structuredContent"]["error"]["details"]["code"], "BUSY");
        let plain = serde_json::to_value(result(Err(WireError::invalid("no")))).expect("JSON");
        assert_eq!(plain["content"][0]["text"], "INVALID_REQUEST: no");
    }
}
