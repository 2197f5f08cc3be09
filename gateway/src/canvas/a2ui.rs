//! A2UI: what a session's surfaces are made of. Messages are checked for their shape, and folded into the state that
//! they amount to, so that a page opened later shows the same as one that saw every message.
//!
//! Two versions of the vocabulary are understood: 0.8 (`beginRendering`, `surfaceUpdate`, `dataModelUpdate`,
//! `deleteSurface`) and 0.9 (`createSurface`, `updateComponents`, `updateDataModel`, `deleteSurface`).

use std::collections::BTreeMap;

use schemas::bounds::{MAX_A2UI_BYTES, MAX_A2UI_MESSAGES, MAX_A2UI_SURFACES};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Why messages were not taken; none of them was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMessages {
    /// One is not as the vocabulary wants it.
    #[error("/messages/{0}: {1}")]
    Shape(usize, &'static str),
    /// A line is not JSON.
    #[error("line {0} of jsonl is not a JSON object")]
    Line(usize),
    /// There are none, or too many.
    #[error("a push has between 1 and {MAX_A2UI_MESSAGES} messages")]
    Count,
    /// All surfaces together are too large.
    #[error(
        "the session's surfaces would be larger than {MAX_A2UI_BYTES} bytes or more than {MAX_A2UI_SURFACES}; \
         delete one, or use canvas.a2ui.reset"
    )]
    Full,
}

/// The surfaces of one session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Surfaces(BTreeMap<String, Surface>);

/// What a surface is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Surface {
    /// `v0.9` and later; none: 0.8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// The body of `beginRendering` or `createSurface`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begin: Option<Value>,
    #[serde(default)]
    components: BTreeMap<String, Value>,
    /// Bodies of changes of the data, in order, by path.
    #[serde(default)]
    data: Vec<(String, Value)>,
}

/// Splits JSON lines into messages; empty lines are left out.
pub fn lines(text: &str) -> Result<Vec<Value>, BadMessages> {
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled
        .map(|(index, line)| match serde_json::from_str(line) {
            Ok(Value::Object(message)) => Ok(Value::Object(message)),
            _ => Err(BadMessages::Line(index + 1)),
        })
        .collect()
}

impl Surfaces {
    /// Takes messages in, all or none.
    pub(super) fn take(&self, messages: &[Value]) -> Result<Self, BadMessages> {
        if messages.is_empty() || messages.len() > MAX_A2UI_MESSAGES {
            return Err(BadMessages::Count);
        }
        let mut next = self.clone();
        for (index, message) in messages.iter().enumerate() {
            next.take_one(message).map_err(|why| BadMessages::Shape(index, why))?;
        }
        let size = serde_json::to_vec(&next).map_or(usize::MAX, |json| json.len());
        if size > MAX_A2UI_BYTES || next.0.len() > MAX_A2UI_SURFACES {
            Err(BadMessages::Full)
        } else {
            Ok(next)
        }
    }

    /// Returns messages that lead to the present state.
    pub(super) fn replay(&self) -> Vec<Value> {
        self.0.iter().flat_map(|(id, surface)| surface.replay(id)).collect()
    }

    /// Says whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take_one(&mut self, message: &Value) -> Result<(), &'static str> {
        let message = message.as_object().ok_or("is not an object")?;
        let version = match message.get("version") {
            None => None,
            Some(Value::String(text)) if text == "v0.9" || text == "v0.9.1" => Some(text.clone()),
            Some(_) => return Err("has a version that is not known; leave it out for 0.8, or say v0.9"),
        };
        let mut kinds = message.iter().filter(|(name, _)| *name != "version");
        let (Some((kind, body)), None) = (kinds.next(), kinds.next()) else {
            return Err("holds exactly one of the messages of A2UI");
        };
        let body = body.as_object().ok_or("has a body that is not an object")?;
        let id = name_in(body, "surfaceId").ok_or("names no surfaceId of at most 128 characters")?;
        match (kind.as_str(), version) {
            ("deleteSurface", _) => {
                self.0.remove(id);
                Ok(())
            }
            ("beginRendering", None) => {
                name_in(body, "root").ok_or("names no root")?;
                self.old(id)?.begin = Some(Value::Object(body.clone()));
                Ok(())
            }
            ("surfaceUpdate", None) => self.old(id)?.put_components(body, "component", Value::is_object),
            ("dataModelUpdate", None) => {
                let listed = body.get("contents").is_some_and(Value::is_array);
                if listed { self.old(id)?.put_data(body) } else { Err("has no list of contents") }
            }
            ("createSurface", Some(version)) => self.create(id, version, body),
            ("updateComponents", Some(_)) => {
                self.present(id)?.put_components(body, "component", Value::is_string)
            }
            ("updateDataModel", Some(_)) => self.present(id)?.put_data(body),
            ("createSurface" | "updateComponents" | "updateDataModel", None) => {
                Err("is a message of version 0.9; add \"version\": \"v0.9\"")
            }
            ("beginRendering" | "surfaceUpdate" | "dataModelUpdate", Some(_)) => {
                Err("is a message of version 0.8, which has no version field")
            }
            _ => Err("is not a message of A2UI 0.8 or 0.9"),
        }
    }

    fn old(&mut self, id: &str) -> Result<&mut Surface, &'static str> {
        let surface = self.0.entry(id.to_owned()).or_default();
        if surface.version.is_some() {
            Err("names a surface of version 0.9; delete it first")
        } else {
            Ok(surface)
        }
    }

    fn present(&mut self, id: &str) -> Result<&mut Surface, &'static str> {
        let surface = self.0.get_mut(id).filter(|surface| surface.version.is_some());
        surface.ok_or("names a surface that was not created with createSurface")
    }

    fn create(&mut self, id: &str, version: String, body: &Map<String, Value>) -> Result<(), &'static str> {
        if self.0.contains_key(id) {
            return Err("creates a surface that exists; delete it first");
        }
        name_in(body, "catalogId").ok_or("names no catalogId of at most 128 characters")?;
        let begin = Some(Value::Object(body.clone()));
        self.0.insert(id.to_owned(), Surface { version: Some(version), begin, ..Surface::default() });
        Ok(())
    }
}

impl Surface {
    fn put_components(
        &mut self,
        body: &Map<String, Value>,
        field: &str,
        fits: fn(&Value) -> bool,
    ) -> Result<(), &'static str> {
        let components =
            body.get("components").and_then(Value::as_array).ok_or("has no list of components")?;
        for component in components {
            let fields = component.as_object().ok_or("has a component that is not an object")?;
            let id =
                name_in(fields, "id").ok_or("has a component without an id of at most 128 characters")?;
            if !fields.get(field).is_some_and(fits) {
                return Err("has a component that does not say in the field `component` what it is");
            }
            self.components.insert(id.to_owned(), component.clone());
        }
        Ok(())
    }

    /// Keeps a change of the data; those before it that it covers are forgotten.
    fn put_data(&mut self, body: &Map<String, Value>) -> Result<(), &'static str> {
        let path = match body.get("path") {
            None | Some(Value::Null) => "/",
            Some(Value::String(path)) if path.len() <= MAX_DATA_PATH => path.as_str(),
            Some(_) => return Err("has a path that is not a text of at most 512 bytes"),
        };
        let path = path.trim_end_matches('/');
        let covered = |other: &str| {
            other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.data.retain(|(other, _)| !covered(other));
        self.data.push((path.to_owned(), Value::Object(body.clone())));
        Ok(())
    }

    fn replay(&self, id: &str) -> Vec<Value> {
        let components: Vec<&Value> = self.components.values().collect();
        let components = json!({ "surfaceId": id, "components": components });
        let data = self.data.iter().map(|(_, body)| body);
        match &self.version {
            None => {
                let mut messages = vec![json!({ "surfaceUpdate": components })];
                messages.extend(data.map(|body| json!({ "dataModelUpdate": body })));
                messages.extend(self.begin.iter().map(|body| json!({ "beginRendering": body })));
                messages
            }
            Some(version) => {
                let mut messages: Vec<Value> = Vec::new();
                messages.extend(
                    self.begin.iter().map(|body| json!({ "version": version, "createSurface": body })),
                );
                if !self.components.is_empty() {
                    messages.push(json!({ "version": version, "updateComponents": components }));
                }
                messages.extend(data.map(|body| json!({ "version": version, "updateDataModel": body })));
                messages
            }
        }
    }
}

/// Returns a field that is a name.
fn name_in<'a>(fields: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    let name = fields.get(field)?.as_str()?;
    (!name.is_empty() && name.chars().count() <= MAX_NAME).then_some(name)
}

/// Characters of the name of a surface or a component.
const MAX_NAME: usize = 128;
/// Bytes of a path within a surface's data.
const MAX_DATA_PATH: usize = 512;

#[cfg(test)]
#[path = "a2ui_tests.rs"]
mod tests;
