//! What a person does on a page of A2UI surfaces: a turn of the session, with what the page says fenced off as data.

use std::sync::Arc;

use schemas::bounds::MAX_CANVAS_ACTION;
use schemas::error::{DetailCode, ErrorCode, WireError};
use schemas::{Role, Scope};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bridge::with_data;
use crate::canvas::{Pass, Place};
use crate::methods::Services;
use crate::tasks::{Asker, Kind, Request, Submission};

/// Takes an action in; answers with the name of the run once it is stored.
///
/// Only a page whose capability is for one session can act, in that session, and only for somebody who could have
/// written there: an operator with the scope to write, or a node.
pub async fn act(services: &Arc<Services>, pass: &Pass, action: &Value) -> Result<String, WireError> {
    let who = &pass.member.principal;
    let Some(key) = &pass.session else {
        let text = "this page's URL is for no session; open the canvas with a URL of its session";
        return Err(WireError::new(ErrorCode::Forbidden, text).detail(DetailCode::CanvasOtherSession));
    };
    if who.role != Role::Node && !who.has(Scope::Write) {
        return Err(WireError::missing_scope(Scope::Write));
    }
    let data = read(action)?;
    if !services.canvas.may_act(&Place::of(&who.org, key)) {
        let error = WireError::unavailable("too many actions within a minute; wait before the next one");
        return Err(error.detail(DetailCode::Busy).retry_after(60_000));
    }
    let asker = Asker { device: who.device.as_deref().map(str::to_owned), scopes: who.scopes.names() };
    let run_id = format!("canvas-{}", Uuid::new_v4());
    let submission = Submission {
        org: Arc::clone(&who.org),
        actor: Arc::clone(&who.actor),
        run_id,
        kind: Kind::Chat,
        key: key.clone(),
        session_id: None,
        label: None,
        request: Request {
            message: with_data(WORDS, &json!({ "a2uiAction": data })),
            attachments: Vec::new(),
            model: None,
            timeout_ms: None,
            mode: services.engine.queue_mode(),
            command: false,
            asker,
            work: None,
        },
        uploads: Vec::new(),
    };
    Ok(services.engine.submit(submission).await?.run_id)
}

/// Takes what A2UI says of an action out of a message of either version, and nothing else.
fn read(action: &Value) -> Result<Value, WireError> {
    let bad = |text: &str| WireError::invalid(text).detail(DetailCode::A2uiInvalid);
    let name = |field: &str| {
        let text = action.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.filter(|text| text.chars().count() <= MAX_NAME).ok_or_else(|| {
            bad("an action has a name, a surfaceId and a sourceComponentId of at most 256 characters")
        })
    };
    let context = match action.get("context") {
        None | Some(Value::Null) => json!({}),
        Some(Value::Object(fields)) => json!(fields),
        Some(_) => return Err(bad("an action's context is an object")),
    };
    let data = json!({
        "name": name("name")?, "surfaceId": name("surfaceId")?, "sourceComponentId": name("sourceComponentId")?,
        "context": context,
    });
    if data.to_string().len() > MAX_CANVAS_ACTION {
        return Err(bad("an action has at most 16 KiB"));
    }
    Ok(data)
}

const WORDS: &str =
    "(I used a control on the page that you show me; what it says stands in the chat context.)";
const MAX_NAME: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_to_an_action_is_taken() {
        let good = json!({ "name": "ok", "surfaceId": "s", "sourceComponentId": "b", "timestamp": "x",
            "context": { "a": 1 }, "else": "y" });
        let taken = read(&good).expect("an action");
        assert_eq!(
            taken,
            json!({ "name": "ok", "surfaceId": "s", "sourceComponentId": "b", "context": { "a": 1 } })
        );
        for bad in [
            json!(null),
            json!({}),
            json!({ "name": "", "surfaceId": "s", "sourceComponentId": "b" }),
            json!({ "name": "n", "surfaceId": 1, "sourceComponentId": "b" }),
            json!({ "name": "n", "surfaceId": "s", "sourceComponentId": "b", "context": [] }),
            json!({ "name": "x".repeat(257), "surfaceId": "s", "sourceComponentId": "b" }),
            json!({ "name": "n", "surfaceId": "s", "sourceComponentId": "b", "context": { "a": "x".repeat(20_000) } }),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }
}
