//! Section `[nodes]`: which commands of nodes may be called.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::Mistake;

/// Section `[nodes]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NodesSection {
    /// Which commands may be called, besides what each platform's nodes may do anyway.
    pub commands: NodeCommands,
}

/// Section `[nodes.commands]`; other gateways call it `gateway.nodes.commands`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NodeCommands {
    /// Commands that may be called besides; the dangerous ones only if they stand here.
    pub allow: Vec<String>,
    /// Commands that may not be called, whatever else is said.
    pub deny: Vec<String>,
    /// Commands that agents may call only after somebody has approved the call.
    pub ask: Vec<String>,
}

impl Default for NodeCommands {
    fn default() -> Self {
        let ask = DANGEROUS.iter().chain(&CHANGING).map(|&command| command.to_owned()).collect();
        Self { allow: Vec::new(), deny: Vec::new(), ask }
    }
}

impl NodesSection {
    pub(super) fn check(&self, mistakes: &mut Vec<Mistake>) {
        let commands = &self.commands;
        for (key, names) in [("allow", &commands.allow), ("deny", &commands.deny), ("ask", &commands.ask)] {
            for name in names.iter().filter(|name| !good_command(name)) {
                let text = format!("`{}` is no command: names are like camera.snap", name.escape_debug());
                mistakes.push(Mistake::at(format!("nodes.commands.{key}"), text));
            }
        }
    }
}

/// Says whether a text can be the name of a command.
fn good_command(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=128).contains(&name.len()) && name.chars().all(good)
}

/// Commands that look, listen, or reach into a person's life: never allowed unless the owner says so (protocol 8.2).
pub const DANGEROUS: [&str; 10] = [
    "camera.snap",
    "camera.clip",
    "camera.ptz.control",
    "screen.record",
    "contacts.add",
    "calendar.add",
    "reminders.add",
    "health.summary",
    "sms.send",
    "sms.search",
];

/// Commands that change files or act for a person: an agent asks before each.
const CHANGING: [&str; 4] = ["fs.write", "computer.act", "mobile.ui.act", "mcp.tools.call.v1"];
