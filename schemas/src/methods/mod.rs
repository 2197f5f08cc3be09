//! The declaration of every method: name, access, idempotency, parameters and output; a file a noun.
//!
//! A declaration is all that clients, documents and generated models need. The gateway's table ties each to
//! its handler and refuses to start when one is missing.

pub mod agents;
pub mod approval_history;
pub mod approvals;
pub mod canvas;
pub mod channels;
pub mod chat;
pub mod config;
pub mod cron;
pub mod devices;
pub mod empty;
pub mod exec_approvals;
pub mod gateway;
pub mod hooks;
pub mod messages;
pub mod nodes;
pub mod peers;
pub mod sessions;
pub mod system;
pub mod tasks;
pub mod workers;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::scope::Scope;

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Every connection, nodes included.
    Anyone,
    /// Operators with this scope.
    Operator(Scope),
    /// Connections of the node role.
    Node,
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::Operator(scope) => write!(f, "{scope}"),
            Self::Node => f.write_str("node"),
        }
    }
}

/// What a repeated call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Idempotency {
    /// Calling twice is the same as calling once, or harmless.
    Natural,
    /// Params carry an optional `idempotencyKey`; the stored answer is given again.
    Keyed,
    /// Params carry an `idempotencyKey` that names the task; a repeat joins it.
    Task,
}

/// One method of the protocol.
pub trait Method: 'static {
    /// `noun.verb`.
    const NAME: &'static str;
    /// Who may call it.
    const ACCESS: Access;
    /// What a repeated call does.
    const IDEMPOTENCY: Idempotency;
    /// What it takes.
    type Params: DeserializeOwned + JsonSchema + Send + 'static;
    /// What it returns.
    type Output: Serialize + JsonSchema + Send + 'static;
}

/// What documents, models and the gateway's own check need to know of a method.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// `noun.verb`.
    pub name: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What a repeated call does.
    pub idempotency: Idempotency,
    /// What it does, in one or two sentences.
    pub doc: &'static str,
    /// Adds the schema of what it takes; returns a reference to it.
    pub params: fn(&mut SchemaGenerator) -> Schema,
    /// Adds the schema of what it returns; returns a reference to it.
    pub output: fn(&mut SchemaGenerator) -> Schema,
}

impl Declaration {
    fn of<M: Method>(doc: &'static str) -> Self {
        Self {
            name: M::NAME,
            access: M::ACCESS,
            idempotency: M::IDEMPOTENCY,
            doc: doc.trim(),
            params: SchemaGenerator::subschema_for::<M::Params>,
            output: SchemaGenerator::subschema_for::<M::Output>,
        }
    }
}

/// Returns every declared method, sorted by name.
pub fn all() -> Vec<Declaration> {
    let mut all = [
        agents::declarations(),
        approval_history::declarations(),
        approvals::declarations(),
        canvas::declarations(),
        channels::declarations(),
        chat::declarations(),
        config::declarations(),
        cron::declarations(),
        devices::declarations(),
        empty::declarations(),
        exec_approvals::declarations(),
        gateway::declarations(),
        hooks::declarations(),
        messages::declarations(),
        nodes::declarations(),
        peers::declarations(),
        sessions::declarations(),
        system::declarations(),
        tasks::declarations(),
        workers::declarations(),
    ]
    .concat();
    all.sort_by_key(|method| method.name);
    all
}

/// Declares the methods of a noun: `Type "name" access, idempotency, Params => Output;`.
///
/// A module's methods end up in its `declarations()`, so that none can be declared and left out of [`all`].
macro_rules! methods {
    ($($(#[doc = $doc:literal])+ $method:ident $name:literal $access:expr, $idempotency:ident, $params:ty => $output:ty;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub struct $method;
            impl $crate::methods::Method for $method {
                const NAME: &'static str = $name;
                const ACCESS: $crate::methods::Access = $access;
                const IDEMPOTENCY: $crate::methods::Idempotency = $crate::methods::Idempotency::$idempotency;
                type Params = $params;
                type Output = $output;
            }
        )+

        /// Returns the methods of this noun.
        pub(super) fn declarations() -> Vec<$crate::methods::Declaration> {
            vec![$($crate::methods::Declaration::of::<$method>(concat!($($doc),+))),+]
        }
    };
}
pub(crate) use methods;

pub(crate) const READ: Access = Access::Operator(Scope::Read);
pub(crate) const WRITE: Access = Access::Operator(Scope::Write);
pub(crate) const ADMIN: Access = Access::Operator(Scope::Admin);
pub(crate) const PAIRING: Access = Access::Operator(Scope::Pairing);
pub(crate) const APPROVALS: Access = Access::Operator(Scope::Approvals);

/// Parameters of a method that takes none; what a client sends all the same is ignored.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize, JsonSchema)]
pub struct NoParams {}

/// Output of a method that only says that it was done.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize, JsonSchema)]
pub struct Done {
    /// Always true.
    pub ok: bool,
}

/// The output of everything that was done.
pub const DONE: Done = Done { ok: true };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_documented() {
        let all = all();
        assert!(all.windows(2).all(|pair| pair[0].name < pair[1].name), "a name is declared twice");
        assert!(all.iter().all(|method| method.doc.ends_with('.')), "a doc comment ends with a full stop");
    }
}
