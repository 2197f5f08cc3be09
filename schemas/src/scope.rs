//! What a connection is (role) and what it may call (scopes).

use enumset::{EnumSet, EnumSetType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};

/// What a connection is, named in `connect.role`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Role {
    /// A person or their tool.
    Operator,
    /// A machine or phone that lends its abilities.
    Node,
}

/// What an operator connection may call (protocol 3.3). Nodes have no scopes, only the node methods.
#[derive(
    Debug,
    EnumSetType,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    EnumIter,
    IntoStaticStr,
)]
pub enum Scope {
    /// Everything: satisfies every other scope.
    #[serde(rename = "operator.admin")]
    #[strum(serialize = "operator.admin")]
    Admin,
    /// See state, conversations and configuration (secrets hidden).
    #[serde(rename = "operator.read")]
    #[strum(serialize = "operator.read")]
    Read,
    /// Talk to agents and change conversations; satisfies read and talk.
    #[serde(rename = "operator.write")]
    #[strum(serialize = "operator.write")]
    Write,
    /// Answer permission requests.
    #[serde(rename = "operator.approvals")]
    #[strum(serialize = "operator.approvals")]
    Approvals,
    /// Answer agents' questions.
    #[serde(rename = "operator.questions")]
    #[strum(serialize = "operator.questions")]
    Questions,
    /// Approve and remove devices.
    #[serde(rename = "operator.pairing")]
    #[strum(serialize = "operator.pairing")]
    Pairing,
    /// Voice.
    #[serde(rename = "operator.talk")]
    #[strum(serialize = "operator.talk")]
    Talk,
    /// Voice provider secrets.
    #[serde(rename = "operator.talk.secrets")]
    #[strum(serialize = "operator.talk.secrets")]
    TalkSecrets,
    /// See conversations only.
    #[serde(rename = "operator.sessions.read")]
    #[strum(serialize = "operator.sessions.read")]
    SessionsRead,
    /// Change conversations only.
    #[serde(rename = "operator.sessions.write")]
    #[strum(serialize = "operator.sessions.write")]
    SessionsWrite,
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(EnumSet<Scope>);

impl Scopes {
    /// Returns the empty set.
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns every scope there is.
    pub fn all() -> Self {
        Self(EnumSet::all())
    }

    /// Reads scope names; unknown names are left out, because newer clients ask for scopes that do not
    /// exist here and must still get in with the ones that do.
    pub fn parse<S: AsRef<str>>(names: &[S]) -> Self {
        names.iter().filter_map(|name| name.as_ref().parse().ok()).collect()
    }

    /// Returns the names, in the order of [`Scope`].
    pub fn names(self) -> Vec<String> {
        self.0.iter().map(|scope| scope.to_string()).collect()
    }

    /// Says whether the set grants `scope`: admin grants all, write grants read and talk.
    pub fn grants(self, scope: Scope) -> bool {
        self.0.contains(scope)
            || self.0.contains(Scope::Admin)
            || (matches!(scope, Scope::Read | Scope::Talk) && self.0.contains(Scope::Write))
    }

    /// Says whether every scope of `asked` is granted.
    pub fn covers(self, asked: Self) -> bool {
        asked.0.iter().all(|scope| self.grants(scope))
    }

    /// Returns both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0.union(other.0))
    }

    /// Says whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_grants_all_and_write_grants_read() {
        let admin = Scopes::parse(&["operator.admin"]);
        assert!(admin.covers(Scopes::all()));
        let write = Scopes::parse(&["operator.write", "operator.future"]);
        assert!(write.grants(Scope::Read) && write.grants(Scope::Talk));
        assert!(!write.grants(Scope::Pairing) && !write.covers(admin));
        assert_eq!(write.names(), ["operator.write"]);
    }
}
