//! Session keys: the names of conversations (protocol 11).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Last part of the key of an agent's main conversation.
pub const MAIN_KEY: &str = "main";

/// The agent that answers when none is named.
pub const DEFAULT_AGENT: &str = "main";

/// The name of a conversation in its full form, `agent:<agentId>:<rest>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SessionKey(String);

/// Why a text is no session key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSessionKey {
    /// Empty.
    #[error("a session key must not be empty")]
    Empty,
    /// Longer than 512 bytes.
    #[error("a session key must not be longer than 512 bytes")]
    TooLong,
    /// Holds white space or control characters.
    #[error("a session key must not hold white space or control characters")]
    BadCharacter,
}

impl SessionKey {
    /// Returns the key of an agent's main conversation.
    pub fn main(agent: &str) -> Self {
        Self(format!("agent:{agent}:{MAIN_KEY}"))
    }

    /// Returns the key of the conversation that dispatched task `seq` has to itself.
    pub fn of_task(agent: &str, seq: i64) -> Self {
        Self(format!("agent:{agent}:task:{seq:08x}"))
    }

    /// Reads a key as clients write it: `main` and other short names belong to `agent` or, if that is not
    /// given, to the default agent.
    pub fn parse(text: &str, agent: Option<&str>) -> Result<Self, BadSessionKey> {
        if text.is_empty() {
            return Err(BadSessionKey::Empty);
        }
        if text.len() > 512 {
            return Err(BadSessionKey::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(BadSessionKey::BadCharacter);
        }
        let full = matches!(text.split_once(':'), Some(("agent", rest)) if rest.contains(':'));
        Ok(if full {
            Self(text.to_owned())
        } else {
            Self(format!("agent:{}:{text}", agent.unwrap_or(DEFAULT_AGENT)))
        })
    }

    /// Returns the agent's name within the key.
    pub fn agent(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or(DEFAULT_AGENT)
    }

    /// Says whether this is its agent's main conversation.
    pub fn is_main(&self) -> bool {
        self.0.splitn(3, ':').nth(2) == Some(MAIN_KEY)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_get_their_agent() {
        assert_eq!(SessionKey::parse("main", None).map(|k| k.to_string()), Ok("agent:main:main".into()));
        assert_eq!(
            SessionKey::parse("notes", Some("ops")).map(|k| k.to_string()),
            Ok("agent:ops:notes".into())
        );
        let key = SessionKey::parse("agent:ops:telegram:group:7", None).expect("a key");
        assert_eq!((key.agent(), key.is_main()), ("ops", false));
        assert!(SessionKey::main("ops").is_main());
        assert_eq!(SessionKey::parse("a b", None), Err(BadSessionKey::BadCharacter));
    }
}
