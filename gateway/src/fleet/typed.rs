//! The arguments that a node's commands take, as it published them; a call is checked before it is sent.

use std::collections::BTreeMap;

use jsonschema::{PatternOptions, Validator};
use schemas::bounds::MAX_NODE_SCHEMA_BYTES;
use schemas::error::{DetailCode, WireError};
use schemas::methods::nodes::NodeSchemasUpdateOutput;
use serde_json::{Map, Value, json};

use super::Fleet;
use super::refusal::{pairing_changed, short};
use crate::hub::Member;

/// The arguments of one command.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) schema: Value,
    check: Validator,
}

impl Fleet {
    /// Takes the schemas of a node's commands in place of all from before.
    pub fn publish_schemas(
        &self,
        member: &Member,
        commands: BTreeMap<String, Value>,
    ) -> Result<NodeSchemasUpdateOutput, WireError> {
        let bytes: usize = commands.iter().map(|(name, schema)| name.len() + schema.to_string().len()).sum();
        if bytes > MAX_NODE_SCHEMA_BYTES {
            let text = format!("/commands: {bytes} bytes of schemas; allowed are {MAX_NODE_SCHEMA_BYTES}");
            return Err(WireError::invalid(text));
        }
        let typed = commands.into_iter().map(|(name, schema)| Ok((name.clone(), typed(&name, schema)?)));
        let typed: BTreeMap<String, Typed> = typed.collect::<Result<_, WireError>>()?;
        let count = typed.len() as u64;
        let mut state = self.state();
        let here = state.here_of(member).ok_or_else(pairing_changed)?;
        here.schemas = typed;
        Ok(NodeSchemasUpdateOutput { ok: true, count })
    }
}

impl Typed {
    /// Checks the arguments of a call; problems name the field and never its value.
    pub(super) fn check(&self, command: &str, params: &Value) -> Result<(), WireError> {
        let nothing = Value::Object(Map::new());
        let params = if params.is_null() { &nothing } else { params };
        if self.check.is_valid(params) {
            return Ok(());
        }
        let problems: Vec<String> = self
            .check
            .iter_errors(params)
            .take(MAX_PROBLEMS)
            .map(|error| {
                let at = error.instance_path().to_string();
                format!(
                    "at /params{}: {}",
                    short(&at, 128),
                    short(&error.masked_with("the value").to_string(), 256)
                )
            })
            .collect();
        let text = format!("invalid arguments for {}: {}", short(command, 128), problems.join("; "));
        let details =
            json!({ "code": DetailCode::NodeArgumentsInvalid, "command": command, "problems": problems });
        Err(WireError::invalid(text).details(details))
    }
}

/// Compiles a schema that a node wrote: it must not be able to make the check run without end, so patterns are of the
/// linear kind and nothing refers to anything.
fn typed(name: &str, schema: Value) -> Result<Typed, WireError> {
    let bad = |why: &str| WireError::invalid(format!("/commands/{}: {why}", short(name, 128)));
    if !schema.is_object() || refers(&schema) {
        return Err(bad("give an object schema that is written out in place, without $ref"));
    }
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    let check = options.build(&schema).map_err(|_| bad("is no JSON Schema"))?;
    Ok(Typed { schema, check })
}

fn refers(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let has = ["$ref", "$dynamicRef", "$recursiveRef"].iter().any(|word| map.contains_key(*word));
            has || map.values().any(refers)
        }
        Value::Array(items) => items.iter().any(refers),
        _ => false,
    }
}

/// Problems named in one answer.
const MAX_PROBLEMS: usize = 8;
