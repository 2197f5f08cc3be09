//! A family of commands: what of it this machine can do, and the doing.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde_json::Value;

use super::answer::{Answer, Call, Code, Refusal};

/// Commands that belong together.
#[async_trait]
pub(super) trait Family: Send + Sync + Debug {
    /// Returns the family's name, as `caps` lists it.
    fn cap(&self) -> &'static str;

    /// Returns its commands, with the reason where this machine cannot do one.
    fn offers(&self) -> Vec<Offer>;

    /// Carries out a command that was offered.
    async fn answer(&self, command: &str, call: Call) -> Answer;

    /// Ends what outlives a single command, a browser for example.
    async fn close(&self) {}
}

/// A command, offered or not.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// Its name.
    pub(super) command: String,
    /// The JSON Schema of its parameters.
    pub(super) schema: Value,
    /// Why this machine does not offer it.
    pub(super) withheld: Option<String>,
}

impl Offer {
    /// Returns a command whose parameters are a Rust type; `why_not` withholds it.
    pub(super) fn new<P: JsonSchema>(command: &str, why_not: Option<&str>) -> Self {
        let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        });
        let schema = settings.into_generator().into_root_schema_for::<P>().to_value();
        Self { command: command.to_owned(), schema, withheld: why_not.map(ToOwned::to_owned) }
    }
}

/// Everything that this machine offers, and what not and why.
#[derive(Debug, Default)]
pub(super) struct Offers {
    families: Vec<Arc<dyn Family>>,
    /// Which family answers a command, and the schema of its parameters.
    offered: BTreeMap<String, (usize, Value)>,
    withheld: BTreeMap<String, String>,
}

impl Offers {
    /// Collects the offers of all families; `denied` are the patterns of the machine's owner.
    pub(super) fn collect(families: Vec<Arc<dyn Family>>, denied: &[String]) -> Self {
        let mut offers = Self { families, ..Self::default() };
        for (index, family) in offers.families.iter().enumerate() {
            for offer in family.offers() {
                let by_owner = denied
                    .iter()
                    .find(|pattern| matches(pattern, &offer.command))
                    .map(|pattern| format!("`deny` in node.toml names {pattern}"));
                match by_owner.or(offer.withheld) {
                    Some(why) => drop(offers.withheld.insert(offer.command, why)),
                    None => drop(offers.offered.insert(offer.command, (index, offer.schema))),
                }
            }
        }
        offers
    }

    /// Returns the names of the commands that are offered.
    pub(super) fn commands(&self) -> Vec<String> {
        self.offered.keys().cloned().collect()
    }

    /// Returns the families of which at least one command is offered.
    pub(super) fn caps(&self) -> Vec<String> {
        let mut caps: Vec<String> = self
            .offered
            .values()
            .filter_map(|(index, _)| self.families.get(*index))
            .map(|family| family.cap().to_owned())
            .collect();
        caps.sort();
        caps.dedup();
        caps
    }

    /// Returns the schemas of what is offered, by command.
    pub(super) fn schemas(&self) -> BTreeMap<String, Value> {
        self.offered.iter().map(|(command, (_, schema))| (command.clone(), schema.clone())).collect()
    }

    /// Returns what is not offered, and why.
    pub(super) fn withheld(&self) -> &BTreeMap<String, String> {
        &self.withheld
    }

    /// Carries out a command, if it is offered.
    pub(super) async fn answer(&self, command: &str, call: Call) -> Answer {
        let family = self.offered.get(command).and_then(|(index, _)| self.families.get(*index));
        match family {
            Some(family) => family.answer(command, call).await,
            None => Err(not_offered(command, self.withheld.get(command))),
        }
    }

    /// Ends what outlives single commands.
    pub(super) async fn close(&self) {
        for family in &self.families {
            family.close().await;
        }
    }
}

/// The gateway checks what a node declared, but a node never relies on that.
fn not_offered(command: &str, why: Option<&String>) -> Refusal {
    let code = match command {
        "system.run" | "system.run.prepare" => Code::SystemRunDisabled,
        _ if command.starts_with("camera.") => Code::CameraDisabled,
        _ if command.starts_with("canvas.") => Code::CanvasDisabled,
        "location.get" => Code::LocationUnavailable,
        _ => Code::Unavailable,
    };
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    Refusal::new(code, format!("this node does not offer {command}{why}"))
}

/// Says whether `pattern` names `command`: its name, or a beginning followed by `*`.
fn matches(pattern: &str, command: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => command.starts_with(start),
        None => pattern == command,
    }
}
