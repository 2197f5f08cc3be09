//! The rules in force: who may talk through which account, and who answers. Replaced as a whole when the
//! configuration changes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use channels::{ChatKind, Inbound};
use schemas::bounds::{MAX_BOT_MESSAGES_PER_MINUTE, MAX_SENDER_MESSAGES_PER_MINUTE};
use schemas::session::SessionKey;

use super::access::{self, Known};
use super::routing::{self, Via};
use super::{Account, Rules, Standing, Verdict, code, roster};
use crate::config::{Binding, Config, SessionsSection};
use crate::store::accounts::AccountName;

/// The rules in force. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Book(Arc<RwLock<Arc<Page>>>);

#[derive(Debug, Default)]
struct Page {
    accounts: HashMap<AccountName, (access::Rules, Option<String>)>,
    bindings: Vec<Binding>,
    sessions: SessionsSection,
    default_agent: String,
}

impl Book {
    /// Puts the rules of a configuration in force.
    pub fn replace(&self, config: &Config) {
        let account = |(platform, name, section)| {
            let section: &crate::config::ChannelSection = section;
            (roster::of(platform, name), (access::Rules::new(section), section.agent.clone()))
        };
        let page = Page {
            accounts: config.channels.iter().map(account).collect(),
            bindings: config.bindings.clone(),
            sessions: config.sessions.clone(),
            default_agent: config.agents(None).default_name().to_owned(),
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(page);
    }

    /// Returns the rules as the bridge asks them.
    pub fn rules(&self) -> Rules {
        let (decides, routes) = (self.clone(), self.clone());
        Rules {
            decide: Arc::new(move |account, inbound, standing| {
                decides.page().decide(account, inbound, standing)
            }),
            route: Arc::new(move |account, inbound| routes.page().route(account, inbound)),
            code: Arc::new(code::new_code),
        }
    }

    fn page(&self) -> Arc<Page> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Page {
    fn decide(&self, account: &Account, inbound: &Inbound, standing: &Standing) -> Verdict {
        let Some((rules, _)) = self.accounts.get(&account.of()) else { return Verdict::Silent };
        // Two bots that answer each other would never end; a person who floods pays for everyone.
        let most =
            if inbound.sender.bot { MAX_BOT_MESSAGES_PER_MINUTE } else { MAX_SENDER_MESSAGES_PER_MINUTE };
        if standing.recent > most {
            return Verdict::Silent;
        }
        let known = Known { paired: standing.paired, always: None };
        match rules.decide(inbound, known) {
            access::Verdict::Hear => Verdict::Allow,
            access::Verdict::Context => Verdict::Context,
            access::Verdict::Pair if inbound.chat.kind == ChatKind::Direct => Verdict::Pair,
            access::Verdict::Pair | access::Verdict::Ignore => Verdict::Silent,
        }
    }

    fn route(&self, account: &Account, inbound: &Inbound) -> SessionKey {
        let of = account.of();
        let via = Via { channel: &of.channel, account: &of.account };
        let own = self.accounts.get(&of).and_then(|(_, agent)| agent.as_deref());
        let agent = routing::bound_agent(&self.bindings, via, inbound).or(own).unwrap_or(&self.default_agent);
        routing::session_key(&self.sessions, agent, via, inbound)
    }
}
