//! Where a task is to be performed: the selector that people write, parsed once.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Who is to perform a task: `local`, `node:NAME`, `pool:NAME`, `any`, `any[capability,label=value]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// The gateway's own machine.
    #[default]
    Local,
    /// The worker of this name.
    Node(String),
    /// Any worker of this pool.
    Pool(String),
    /// Any worker that has all of these.
    Any(Vec<Want>),
}

/// Something that a worker must have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// An executor, an agent, a label of this name, an operating system or an architecture.
    Capability(String),
    /// A label with this value.
    Label {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// Why a text is no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Neither of the forms.
    #[error("a target is `local`, `node:NAME`, `pool:NAME`, `any` or `any[capability,label=value]`")]
    Form,
    /// A name that no worker can have.
    #[error(
        "a name in a target has 1 to 128 characters, no control characters and no space at its beginning or end"
    )]
    Name,
    /// A capability or label that cannot be one.
    #[error(
        "between the brackets of `any[…]` stand capabilities and label=value, each of 1 to 128 characters without \
         brackets, commas, further equals signs and white space"
    )]
    Want,
    /// Too many wants.
    #[error("a target names 32 capabilities and labels at most")]
    TooMany,
}

impl Target {
    /// Says whether the gateway's own machine performs it.
    pub fn is_local(&self) -> bool {
        *self == Self::Local
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        match text.split_once(':') {
            Some(("node", name)) => return Ok(Self::Node(named(name)?)),
            Some(("pool", name)) => return Ok(Self::Pool(named(name)?)),
            _ => {}
        }
        match text {
            "local" => Ok(Self::Local),
            "any" => Ok(Self::Any(Vec::new())),
            _ => {
                let inner = text.strip_prefix("any[").and_then(|rest| rest.strip_suffix(']'));
                let wants: Vec<&str> = inner.ok_or(BadTarget::Form)?.split(',').collect();
                if wants.len() > MAX_WANTS {
                    return Err(BadTarget::TooMany);
                }
                Ok(Self::Any(wants.into_iter().map(str::parse).collect::<Result<_, _>>()?))
            }
        }
    }
}

impl FromStr for Want {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        Ok(match text.trim().split_once('=') {
            Some((name, value)) => Self::Label { name: word(name)?, value: word(value)? },
            None => Self::Capability(word(text.trim())?),
        })
    }
}

fn named(name: &str) -> Result<String, BadTarget> {
    let fits = (1..=MAX_NAME).contains(&name.chars().count());
    let plain = name.trim() == name && !name.chars().any(char::is_control);
    if fits && plain { Ok(name.to_owned()) } else { Err(BadTarget::Name) }
}

fn word(text: &str) -> Result<String, BadTarget> {
    let fits = (1..=MAX_NAME).contains(&text.chars().count());
    let plain = |c: char| !matches!(c, '[' | ']' | ',' | '=') && !c.is_whitespace() && !c.is_control();
    if fits && text.chars().all(plain) { Ok(text.to_owned()) } else { Err(BadTarget::Want) }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Node(name) => write!(f, "node:{name}"),
            Self::Pool(name) => write!(f, "pool:{name}"),
            Self::Any(wants) if wants.is_empty() => f.write_str("any"),
            Self::Any(wants) => {
                for (at, want) in wants.iter().enumerate() {
                    write!(f, "{}{want}", if at == 0 { "any[" } else { "," })?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capability(name) => f.write_str(name),
            Self::Label { name, value } => write!(f, "{name}={value}"),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = BadTarget;

    fn try_from(text: String) -> Result<Self, BadTarget> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Who performs a task: local, node:NAME, pool:NAME, any, any[capability,label=value].",
            "type": "string",
        })
    }
}

const MAX_WANTS: usize = 32;
const MAX_NAME: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target() -> impl Strategy<Value = Target> {
        let word = "[a-zA-Z0-9_.:/-]{1,20}";
        let want = prop_oneof![
            word.prop_map(Want::Capability),
            (word, word).prop_map(|(name, value)| Want::Label { name, value }),
        ];
        prop_oneof![
            Just(Target::Local),
            "[^\\s\\p{C}]([^\\p{C}]{0,20}[^\\s\\p{C}])?".prop_map(Target::Node),
            "[a-z0-9 .-]{0,10}[a-z]"
                .prop_filter("no space first", |name| !name.starts_with(' '))
                .prop_map(Target::Pool),
            proptest::collection::vec(want, 0..5).prop_map(Target::Any),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(target in target()) {
            prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
        }

        #[test]
        fn whatever_is_read_is_written_the_same(text in "\\PC{0,40}|any\\[[a-z=,]{0,12}\\]|(node|pool):.{0,9}") {
            if let Ok(target) = text.parse::<Target>() {
                prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
            }
        }
    }

    #[test]
    fn the_forms() {
        assert_eq!("local".parse(), Ok(Target::Local));
        assert_eq!("node:Maria's PC".parse(), Ok(Target::Node("Maria's PC".into())));
        assert_eq!("pool:gpu".parse(), Ok(Target::Pool("gpu".into())));
        assert_eq!("any".parse(), Ok(Target::Any(vec![])));
        let label = Want::Label { name: "zone".into(), value: "b".into() };
        let wants = vec![Want::Capability("claude_code".into()), label];
        assert_eq!("any[claude_code, zone=b]".parse(), Ok(Target::Any(wants)));
        for bad in
            ["", "Local", "node", "node:", "node: a", "any[]", "any[a", "any[a,]", "any[=b]", "remote:x"]
        {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }
}
