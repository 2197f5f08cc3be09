//! The slash commands: what a person may type instead of a message.

use schemas::methods::chat::CommandEntry;

/// A command with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Lists the commands.
    Help,
    /// Tells what is connected and what this conversation has used.
    Status,
    /// Begins anew.
    New,
    /// Stops what runs.
    Stop,
    /// Shows or chooses the model.
    Model(Option<String>),
    /// Shows or chooses the agent.
    Agent(Option<String>),
    /// Shows or chooses when a group is answered.
    Activation(Option<String>),
    /// Tells who is asking.
    Whoami,
}

impl Command {
    /// Reads a message as a command; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if ["stop", "esc", "abort"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Some(Self::Stop);
        }
        let (name, rest) = text
            .strip_prefix('/')?
            .split_once(char::is_whitespace)
            .map_or_else(|| (text.trim_start_matches('/'), ""), |(name, rest)| (name, rest.trim()));
        let word = Some(rest.to_owned()).filter(|rest| !rest.is_empty());
        match name.to_ascii_lowercase().as_str() {
            "help" | "commands" => Some(Self::Help),
            "status" => Some(Self::Status),
            "new" | "reset" => Some(Self::New),
            "stop" | "abort" | "esc" => Some(Self::Stop),
            "model" => Some(Self::Model(word)),
            "agent" => Some(Self::Agent(word)),
            "activation" => Some(Self::Activation(word)),
            "whoami" => Some(Self::Whoami),
            _ => None,
        }
    }
}

/// Returns the commands for lists and menus.
pub fn list() -> Vec<CommandEntry> {
    COMMANDS
        .iter()
        .map(|(name, description, accepts_args)| CommandEntry {
            name: (*name).into(),
            description: (*description).into(),
            source: "native".into(),
            scope: "both".into(),
            accepts_args: *accepts_args,
        })
        .collect()
}

/// Returns the commands as a list to read.
pub(super) fn help() -> String {
    let mut text = String::from("Commands:\n");
    for (name, description, _) in COMMANDS {
        text.push_str("\n- `/");
        text.push_str(name);
        text.push_str("`: ");
        text.push_str(description);
    }
    text
}

const COMMANDS: [(&str, &str, bool); 9] = [
    ("help", "Show the commands.", false),
    ("status", "Show what is connected and what this conversation has used.", false),
    ("new", "Begin a new conversation here; the old one stays readable.", false),
    ("reset", "The same as /new.", false),
    ("stop", "Stop the run that is alive and everything that waits.", false),
    ("model", "Show the model, or choose one: /model NAME; /model default for the agent's own.", true),
    ("agent", "Show the agents, or choose who answers here: /agent NAME.", true),
    (
        "activation",
        "In a group: /activation always answers everything, /activation mention when named.",
        true,
    ),
    ("whoami", "Show who you are to this gateway.", false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_messages() {
        assert_eq!(Command::parse(" /HELP "), Some(Command::Help));
        assert_eq!(Command::parse("/model  opus 4"), Some(Command::Model(Some("opus 4".into()))));
        assert_eq!(Command::parse("/model"), Some(Command::Model(None)));
        assert_eq!(Command::parse("Stop"), Some(Command::Stop));
        assert_eq!(Command::parse("stop that"), None);
        assert_eq!(Command::parse("/usr/bin is a folder"), None);
        assert_eq!(Command::parse("new"), None);
        for (name, _, _) in COMMANDS {
            assert!(Command::parse(&format!("/{name}")).is_some(), "{name}");
        }
    }
}
