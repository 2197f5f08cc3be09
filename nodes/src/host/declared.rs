//! The owner's own commands: a program each, its parameters checked against the owner's JSON Schema.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Refusal};
use super::config;
use super::family::{Family, Offer};
use super::machine::{Machine, Tool};

/// The family of the owner's commands.
#[derive(Debug)]
pub(super) struct Declared {
    machine: Machine,
    commands: BTreeMap<String, (config::Declared, Option<Validator>)>,
}

impl Declared {
    /// Returns the family. Schemas were checked when the configuration was read; one that does not compile here
    /// refuses every call.
    pub(super) fn new(machine: Machine, commands: &BTreeMap<String, config::Declared>) -> Self {
        let commands = commands.iter().map(|(name, declared)| {
            let schema = declared.schema.clone().unwrap_or_else(any_object);
            (name.clone(), (declared.clone(), jsonschema::validator_for(&schema).ok()))
        });
        Self { machine, commands: commands.collect() }
    }

    fn program(&self, declared: &config::Declared) -> Option<PathBuf> {
        let word = declared.program.first()?;
        let path = Path::new(word);
        if path.is_absolute() { path.is_file().then(|| path.to_owned()) } else { self.machine.find(word) }
    }
}

#[async_trait]
impl Family for Declared {
    fn cap(&self) -> &'static str {
        "custom"
    }

    fn offers(&self) -> Vec<Offer> {
        let offer = |(name, (declared, _)): (&String, &(config::Declared, Option<Validator>))| {
            let missing = declared.program.first().filter(|_| self.program(declared).is_none());
            Offer {
                command: name.clone(),
                schema: declared.schema.clone().unwrap_or_else(any_object),
                withheld: missing.map(|program| format!("there is no program {program}")),
            }
        };
        self.commands.iter().map(offer).collect()
    }

    async fn answer(&self, command: &str, call: Call) -> Answer {
        let gone = || Refusal::unavailable(format!("{command}: its program is not there any more"));
        let (declared, validator) = self.commands.get(command).ok_or_else(gone)?;
        let program = self.program(declared).ok_or_else(gone)?;
        let sound = validator.as_ref().ok_or_else(|| Refusal::unavailable("its schema is no JSON Schema"))?;
        sound.validate(&call.params).map_err(|error| {
            Refusal::invalid(format!("invalid parameters at \"{}\": {error}", error.instance_path()))
        })?;
        let tool = Tool {
            program,
            arguments: declared.program[1..].iter().map(Into::into).collect(),
            cwd: declared.cwd.clone(),
            input: call.params.to_string().into_bytes(),
            env_pass: declared.env_pass.clone(),
            timeout: declared.timeout().min(call.limit),
            limit: MAX_PAYLOAD,
        };
        let bytes = self.machine.run(tool, &call.stop).await?.ok(command)?;
        let text = String::from_utf8_lossy(&bytes);
        // Whatever is no JSON is a text.
        Ok(serde_json::from_str(text.trim()).unwrap_or_else(|_| json!({ "text": text.trim_end() })))
    }
}

fn any_object() -> Value {
    json!({"type": "object"})
}

/// Most bytes that a program may answer.
const MAX_PAYLOAD: usize = 8 * 1024 * 1024;

#[cfg(test)]
#[path = "declared_tests.rs"]
mod tests;
