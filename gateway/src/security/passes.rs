//! Passes of running agents: a token by which an agent's program calls the gateway's tools, for as long as its run
//! lives and for its own conversation only.
//!
//! Only a token's hash is kept, in memory: a restart ends every pass, as it ends every run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::bounds::MAX_MCP_CALLS_PER_RUN;
use schemas::{Role, Scope, Scopes};
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Principal, token};
use crate::store::TokenHash;

/// How a pass's token begins. A wrong one is told from a wrong shared token: nobody guesses 32 random bytes, and an
/// agent that outlives its run must not lock the owner's own programs out.
const PREFIX: &str = "ll-run-";

/// The passes of the runs that are alive.
#[derive(Debug, Default)]
pub struct Passes {
    held: Mutex<HashMap<TokenHash, Holder>>,
    next: AtomicU64,
}

/// Which tools an agent has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToolSet {
    /// None.
    #[default]
    None,
    /// All that agents may have.
    All,
    /// Those named; a name that ends in `*` stands for all that begin so.
    Only(Vec<String>),
}

impl ToolSet {
    /// Says whether a tool is among them.
    pub fn has(&self, tool: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.iter().any(|name| match name.strip_suffix('*') {
                Some(start) => tool.starts_with(start),
                None => name == tool,
            }),
        }
    }
}

/// Whom a pass is made out to.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The organisation.
    pub org: Arc<str>,
    /// The conversation.
    pub session: Arc<str>,
    /// The agent's name.
    pub agent: String,
    /// Its tools.
    pub tools: ToolSet,
}

/// Who came with a pass.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The pass's number among all of this process.
    pub number: u64,
    /// The agent, acting in its conversation.
    pub principal: Principal,
    /// Its tools.
    pub tools: ToolSet,
    /// Cancelled when the run ends.
    pub ended: CancellationToken,
    /// Calls that it may have at the same time.
    pub room: Arc<Semaphore>,
}

/// A pass; dropped with the run, it ends, and with it every call that was made with it.
#[derive(Debug)]
pub struct Pass {
    passes: Arc<Passes>,
    hash: TokenHash,
    ended: CancellationToken,
    /// What the agent's program shows.
    pub token: SecretString,
}

impl Passes {
    /// Makes a pass for a run.
    pub fn issue(self: &Arc<Self>, bearer: Bearer) -> Pass {
        let token = format!("{PREFIX}{}", token::new_token());
        let hash = token::hash(&token);
        let scopes = Scopes::parse(&[Scope::Read.to_string(), Scope::Write.to_string()]);
        let principal = Principal {
            org: bearer.org,
            actor: format!("agent:{}", bearer.agent).into(),
            role: Role::Operator,
            scopes,
            reach: scopes,
            device: None,
            session: Some(bearer.session),
        };
        let holder = Holder {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            principal,
            tools: bearer.tools,
            ended: CancellationToken::new(),
            room: Arc::new(Semaphore::new(MAX_MCP_CALLS_PER_RUN)),
        };
        let ended = holder.ended.clone();
        self.held().insert(hash, holder);
        Pass { passes: Arc::clone(self), hash, ended, token: token.into() }
    }

    /// Says whether a bearer is a pass at all, in force or not.
    pub fn is_one(bearer: &str) -> bool {
        bearer.starts_with(PREFIX)
    }

    /// Returns who holds a pass, if it is in force. Looking it up by its hash tells nothing by its time.
    pub fn holder(&self, bearer: &str) -> Option<Holder> {
        self.held().get(&token::hash(bearer)).cloned()
    }

    fn held(&self) -> MutexGuard<'_, HashMap<TokenHash, Holder>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.passes.held().remove(&self.hash);
        self.ended.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn bearer(session: &str) -> Bearer {
        Bearer { org: "default".into(), session: session.into(), agent: "ops".into(), tools: ToolSet::All }
    }

    #[test]
    fn a_pass_names_its_agent_and_dies_with_its_run() {
        let passes = Arc::new(Passes::default());
        let (one, two) = (passes.issue(bearer("agent:ops:a")), passes.issue(bearer("agent:ops:b")));
        let holder = passes.holder(one.token.expose_secret()).expect("in force");
        assert_eq!(
            (&*holder.principal.actor, holder.principal.session.as_deref()),
            ("agent:ops", Some("agent:ops:a"))
        );
        assert!(holder.principal.has(Scope::Read) && holder.principal.has(Scope::Write));
        for scope in [Scope::Admin, Scope::Approvals, Scope::Pairing] {
            assert!(!holder.principal.has(scope), "{scope}");
        }
        let token = one.token.expose_secret().to_owned();
        assert!(Passes::is_one(&token) && token.len() == PREFIX.len() + 43);
        assert!(!format!("{one:?} {passes:?}").contains(&token[PREFIX.len()..]));
        drop(one);
        assert!(passes.holder(&token).is_none() && holder.ended.is_cancelled());
        assert!(passes.holder(two.token.expose_secret()).is_some());
        assert!(passes.holder("").is_none() && passes.holder(PREFIX).is_none());
    }

    #[test]
    fn tools_are_named_or_begin_alike() {
        let some = ToolSet::Only(vec!["canvas_*".into(), "nodes_list".into()]);
        assert!(some.has("canvas_write") && some.has("nodes_list"));
        assert!(!some.has("nodes_list2") && !some.has("node_exec") && !some.has("canvas"));
        assert!(ToolSet::All.has("x") && !ToolSet::None.has("x"));
    }
}
