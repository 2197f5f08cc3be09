//! The declaration of every method: name, access, idempotency, parameters and output; a file a noun.
//!
//! A declaration is all that clients, documents and generated models need. The gateway's table ties each to
//! its handler and refuses to start when one is missing.

pub mod agents;
pub mod approvals;
pub mod channels;
pub mod chat;
pub mod config;
pub mod devices;
pub mod empty;
pub mod gateway;
pub mod sessions;
pub mod system;
pub mod tasks;

use schemars::JsonSchema;
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
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::Operator(scope) => write!(f, "{scope}"),
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

/// Declares methods: `Type "name" access idempotency (Params) -> Output`.
macro_rules! methods {
    ($($(#[$doc:meta])* $method:ident $name:literal $access:expr, $idempotency:ident, $params:ty => $output:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $method;
        impl $crate::methods::Method for $method {
            const NAME: &'static str = $name;
            const ACCESS: $crate::methods::Access = $access;
            const IDEMPOTENCY: $crate::methods::Idempotency = $crate::methods::Idempotency::$idempotency;
            type Params = $params;
            type Output = $output;
        }
    )*};
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
