//! Who is acting, after authentication.

use std::sync::Arc;

use schemas::{Role, Scope, Scopes};

use crate::store::DEFAULT_ORG;

/// Who is acting: the answer to "who are you", never "may you".
#[derive(Clone, Debug)]
pub struct Principal {
    /// The organisation that everything it makes belongs to.
    pub org: Arc<str>,
    /// Its name in every stored row and audit entry: `device:<id>`, `token`, `local:<uid>` or `gateway`.
    pub actor: Arc<str>,
    /// What its connection is.
    pub role: Role,
    /// What its connection may call: what the client asked for.
    pub scopes: Scopes,
    /// What it could have asked for. Clients ask for the least they need on each connection; what somebody may
    /// give to others is not more than this.
    pub reach: Scopes,
    /// Its device, if it showed one.
    pub device: Option<Arc<str>>,
    /// The conversation on whose behalf it acts, if it is an agent.
    pub session: Option<Arc<str>>,
}

impl Principal {
    /// Returns the gateway itself, for work that nobody asked for.
    pub fn gateway() -> Self {
        Self {
            org: DEFAULT_ORG.into(),
            actor: "gateway".into(),
            role: Role::Operator,
            scopes: Scopes::all(),
            reach: Scopes::all(),
            device: None,
            session: None,
        }
    }

    /// Says whether it is the person who owns the gateway's process, at this machine.
    pub fn is_local(&self) -> bool {
        self.actor.starts_with("local:")
    }

    /// Says whether it is an operator with `scope`.
    pub fn has(&self, scope: Scope) -> bool {
        self.role == Role::Operator && self.scopes.grants(scope)
    }
}
