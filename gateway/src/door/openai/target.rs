//! Which agent is meant, and in which conversation (protocol 9.1).

use axum::http::HeaderMap;
use schemas::session::SessionKey;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Guest;
use super::error::Refusal;
use crate::tasks::Roster;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) agent: String,
    pub(super) key: SessionKey,
    /// The conversation lasts longer than this request: what was said before is known there.
    pub(super) lasting: bool,
    /// Another model than the agent's own.
    pub(super) model: Option<String>,
}

/// The kind of request, for the conversation's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    Completions,
    Responses,
}

impl Surface {
    fn word(self) -> &'static str {
        match self {
            Self::Completions => "openai",
            Self::Responses => "openresponses",
        }
    }
}

impl Target {
    /// Finds the agent by header or model, and the conversation by header, user or neither.
    pub(super) fn find(
        guest: &Guest,
        surface: Surface,
        model: &str,
        user: Option<&str>,
    ) -> Result<Self, Refusal> {
        Self::of(&guest.visitor.lobby.services.engine.roster(), &guest.headers, surface, model, user)
    }

    fn of(
        roster: &Roster,
        headers: &HeaderMap,
        surface: Surface,
        model: &str,
        user: Option<&str>,
    ) -> Result<Self, Refusal> {
        let named = header(headers, "agent-id").map(ToOwned::to_owned);
        let agent = match named {
            Some(agent) => agent,
            None => agent_of(model, &roster.default).ok_or_else(|| Refusal::no_such_model(model))?,
        };
        if roster.get(&agent).is_none() {
            return Err(Refusal::no_such_model(model));
        }
        let stable = match (header(headers, "session-key"), user.filter(|user| !user.is_empty())) {
            (Some(key), _) => Some(
                SessionKey::parse(key, Some(&agent))
                    .map_err(|error| Refusal::invalid(format!("x-openclaw-session-key: {error}"), None))?,
            ),
            (None, Some(user)) => {
                Some(conversation(&agent, &format!("{}-user", surface.word()), &word_of(user)))
            }
            (None, None) => None,
        };
        let lasting = stable.is_some();
        let key = stable
            .unwrap_or_else(|| conversation(&agent, surface.word(), &Uuid::new_v4().simple().to_string()));
        let model = header(headers, "model").map(ToOwned::to_owned);
        Ok(Self { agent, key, lasting, model })
    }

    /// Goes on where an earlier response ended: its id names the conversation.
    pub(super) fn resume(mut self, response: &str) -> Option<Self> {
        let conversation_id = response.strip_prefix("resp_")?.split('_').next()?;
        Uuid::parse_str(conversation_id).ok()?;
        self.key = conversation(&self.agent, Surface::Responses.word(), conversation_id);
        self.lasting = true;
        Some(self)
    }

    /// Returns what a response's id begins with, so that a later one can go on from it.
    pub(super) fn conversation_id(&self) -> Option<&str> {
        let (_, last) = self.key.as_str().rsplit_once(':')?;
        Uuid::parse_str(last).is_ok().then_some(last)
    }
}

/// Reads a header under either prefix.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    ["x-landline-", "x-openclaw-"]
        .iter()
        .find_map(|prefix| headers.get(format!("{prefix}{name}"))?.to_str().ok())
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

/// Returns the agent that a model's name means.
pub(super) fn agent_of(model: &str, default: &str) -> Option<String> {
    if let Some(agent) = model.strip_prefix("agent:") {
        return Some(agent.to_owned());
    }
    let rest = PREFIXES.iter().find_map(|prefix| model.strip_prefix(prefix))?;
    match rest.strip_prefix(['/', ':']) {
        None if rest.is_empty() => Some(default.to_owned()),
        Some("default") => Some(default.to_owned()),
        Some(agent) if !agent.is_empty() => Some(agent.to_owned()),
        _ => None,
    }
}

fn conversation(agent: &str, kind: &str, name: &str) -> SessionKey {
    // Made of safe words alone, so it cannot fail; the main conversation would be the wrong place to fall back to.
    let text = format!("agent:{agent}:{kind}:{name}");
    SessionKey::parse(&text, Some(agent)).unwrap_or_else(|_| SessionKey::main(agent))
}

/// Turns what a client calls its user into a word for a key; different names stay different.
fn word_of(user: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if user.len() <= 64 && user.chars().all(safe) {
        return user.to_ascii_lowercase();
    }
    hex::encode(&Sha256::digest(user)[..16])
}

/// What model names begin with: ours, and the protocol's own.
pub(super) const PREFIXES: [&str; 2] = ["landline", "openclaw"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::AgentProfile;

    fn find(
        model: &str,
        user: Option<&str>,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Target, Refusal> {
        let agents = ["main", "ops"].map(|name| (name.to_owned(), AgentProfile::builtin(name, "/".into())));
        let roster = Roster { default: "main".into(), agents: agents.into() };
        let headers =
            headers.iter().map(|(name, value)| (name.parse().expect("name"), value.parse().expect("value")));
        Target::of(&roster, &headers.collect(), Surface::Completions, model, user)
    }

    #[test]
    fn every_way_to_name_an_agent() {
        for (model, agent) in [
            ("openclaw", "main"),
            ("openclaw/default", "main"),
            ("openclaw/ops", "ops"),
            ("openclaw:ops", "ops"),
            ("agent:ops", "ops"),
            ("landline/ops", "ops"),
        ] {
            assert_eq!(find(model, None, &[]).expect(model).agent, agent, "{model}");
        }
        for model in ["gpt-5", "openclaw/nobody", "openclaw/", "openclawx", "agent:", ""] {
            assert!(find(model, None, &[]).is_err(), "{model}");
        }
        let by_header = find("gpt-5", None, &[("x-openclaw-agent-id", "ops")]).expect("named by header");
        assert_eq!(by_header.agent, "ops");
    }

    #[test]
    fn conversations_last_only_when_they_are_named() {
        let (one, two) =
            (find("openclaw", None, &[]).expect("one"), find("openclaw", None, &[]).expect("two"));
        assert!(!one.lasting && one.key != two.key);
        let user = find("openclaw", Some("Ann"), &[]).expect("a user");
        assert_eq!((user.key.as_str(), user.lasting), ("agent:main:openai-user:ann", true));
        let odd = find("openclaw", Some("a b:c"), &[]).expect("a user");
        assert!(odd.key.as_str().len() == "agent:main:openai-user:".len() + 32, "{}", odd.key);
        let named = find("openclaw", Some("ann"), &[("x-openclaw-session-key", "notes")]).expect("a key");
        assert_eq!(named.key.as_str(), "agent:main:notes");
    }

    #[test]
    fn a_response_names_the_conversation_it_came_from() {
        let mut first = find("openclaw", None, &[]).expect("a target");
        first.key = conversation("main", "openresponses", &Uuid::new_v4().simple().to_string());
        let id = format!("resp_{}_{}", first.conversation_id().expect("a name"), "abc");
        let next = find("openclaw", None, &[]).expect("a target").resume(&id).expect("known");
        assert_eq!((next.key, next.lasting), (first.key, true));
        for bad in ["", "resp_", "resp_x_y", "chatcmpl-1"] {
            assert!(find("openclaw", None, &[]).expect("a target").resume(bad).is_none(), "{bad}");
        }
    }
}
