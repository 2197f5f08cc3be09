//! One call of the Bot API as a value: its method, its parameters, its files.

use std::path::PathBuf;

use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value};

use super::fault::Fault;

/// A method with its parameters.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The method's name, as the Bot API writes it.
    pub(super) method: &'static str,
    /// Its parameters; none is null.
    pub(super) params: Map<String, Value>,
    /// Files that go with it.
    pub(super) files: Vec<Upload>,
}

/// A file to send.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    /// The parameter that carries it.
    pub(super) field: String,
    /// Where it is on this machine.
    pub(super) path: PathBuf,
    /// Its name for people.
    pub(super) name: String,
}

impl Call {
    /// Returns a call; null parameters are left out.
    pub(super) fn new(method: &'static str, params: Value) -> Self {
        let params = match params {
            Value::Object(all) => all.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => Map::new(),
        };
        Self { method, params, files: Vec::new() }
    }

    /// Adds files.
    pub(super) fn with(mut self, files: Vec<Upload>) -> Self {
        self.files = files;
        self
    }

    /// Returns the call as a multipart form, if it carries files. Each is read while it is sent.
    pub(super) async fn form(&self) -> Result<Option<Form>, Fault> {
        if self.files.is_empty() {
            return Ok(None);
        }
        // Names go as they are: the server knows no `filename*=` and takes such a part for a text.
        let mut form = Form::new().percent_encode_noop();
        for (name, value) in &self.params {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            form = form.text(name.clone(), value);
        }
        for file in &self.files {
            let name = plain_name(&file.name);
            let unreadable = |error| Fault::Local(format!("the file {name} cannot be read: {error}"));
            let part = Part::file(&file.path).await.map_err(unreadable)?;
            form = form.part(file.field.clone(), part.file_name(name));
        }
        Ok(Some(form))
    }
}

/// Returns a file's name without what could end its header or lead into a folder. The server ends a name at `;`, even
/// within quotes.
fn plain_name(name: &str) -> String {
    let wrong = |letter: char| letter.is_control() || matches!(letter, '"' | '\\' | '/' | ';');
    let name: String = name.chars().map(|letter| if wrong(letter) { '_' } else { letter }).collect();
    if name.trim().is_empty() { "file".to_owned() } else { name }
}
