//! Which agent answers a conversation of a platform, and under which session key (protocol 11). Pure.

use channels::{Chat, ChatKind, Inbound};
use schemas::session::SessionKey;

use crate::config::channels::PeerKind;
use crate::config::{Binding, DmScope, SessionsSection};

/// The account that is meant where a binding names none.
const DEFAULT_ACCOUNT: &str = "main";

/// The account through which something came in.
#[derive(Clone, Copy, Debug)]
pub struct Via<'a> {
    /// The platform, for example `telegram`.
    pub channel: &'a str,
    /// The account's name.
    pub account: &'a str,
}

/// Returns the agent that the bindings name. The closest level decides, and within it the first in the list:
/// exact peer, parent of a thread, every peer of a kind, guild with roles, guild, account, channel.
pub fn bound_agent<'a>(bindings: &'a [Binding], via: Via<'_>, inbound: &Inbound) -> Option<&'a str> {
    bindings
        .iter()
        .filter(|binding| matches(binding, via, inbound))
        .min_by_key(|binding| level(binding, inbound))
        .map(|binding| binding.agent.as_str())
}

fn matches(binding: &Binding, via: Via<'_>, inbound: &Inbound) -> bool {
    let account = binding.account.as_deref().unwrap_or(DEFAULT_ACCOUNT);
    let peer = match (binding.peer_kind, binding.peer.as_deref()) {
        (Some(kind), Some(id)) => {
            kind == kind_of(inbound.chat.kind)
                && (id == "*" || id == peer(inbound) || Some(id) == thread(&inbound.chat))
        }
        _ => true,
    };
    let guild = binding.guild.is_none() || binding.guild == inbound.chat.guild;
    let roles =
        binding.roles.is_empty() || binding.roles.iter().any(|role| inbound.sender.roles.contains(role));
    binding.channel == via.channel && (account == "*" || account == via.account) && peer && guild && roles
}

/// Smaller is closer.
fn level(binding: &Binding, inbound: &Inbound) -> u8 {
    match (binding.peer.as_deref(), &binding.guild, binding.account.as_deref()) {
        (Some("*"), ..) => 2,
        (Some(id), ..) if thread(&inbound.chat).is_some_and(|thread| thread != id) => 1,
        (Some(_), ..) => 0,
        (None, Some(_), _) if !binding.roles.is_empty() => 3,
        (None, Some(_), _) => 4,
        (None, None, Some("*")) => 6,
        (None, None, _) => 5,
    }
}

fn kind_of(kind: ChatKind) -> PeerKind {
    match kind {
        ChatKind::Direct => PeerKind::Direct,
        ChatKind::Group => PeerKind::Group,
        ChatKind::Channel => PeerKind::Channel,
    }
}

/// The person in a direct conversation, else the conversation.
fn peer(inbound: &Inbound) -> &str {
    if inbound.chat.kind == ChatKind::Direct { &inbound.sender.id } else { &inbound.chat.id }
}

fn thread(chat: &Chat) -> Option<&str> {
    chat.thread.as_ref().map(|thread| thread.id.as_str())
}

/// Returns the session key of what came in.
pub fn session_key(sessions: &SessionsSection, agent: &str, via: Via<'_>, inbound: &Inbound) -> SessionKey {
    let chat = &inbound.chat;
    let Via { channel, account } = via;
    let id = part(&chat.id);
    let base = match chat.kind {
        ChatKind::Direct => direct(sessions, agent, via, &inbound.sender.id),
        ChatKind::Group => format!("agent:{agent}:{channel}:group:{id}"),
        ChatKind::Channel => format!("agent:{agent}:{channel}:channel:{id}"),
    };
    // Two bots in one group are two conversations.
    let base = match chat.kind {
        ChatKind::Direct => base,
        _ if account == DEFAULT_ACCOUNT => base,
        _ => format!("{base}:account:{account}"),
    };
    let word = if channel == "telegram" { "topic" } else { "thread" };
    let text = match thread(chat) {
        Some(thread) => format!("{base}:{word}:{}", part(thread)),
        None => base,
    };
    SessionKey::parse(&text, Some(agent)).unwrap_or_else(|_| SessionKey::main(agent))
}

fn direct(sessions: &SessionsSection, agent: &str, via: Via<'_>, sender: &str) -> String {
    let Via { channel, account } = via;
    let address = format!("{channel}:{sender}");
    let linked =
        sessions.identity_links.iter().find(|(_, ids)| ids.contains(&address)).map(|(name, _)| name.as_str());
    let id = linked.map_or_else(|| part(sender), ToOwned::to_owned);
    match sessions.dm_scope {
        DmScope::Main => SessionKey::main(agent).to_string(),
        DmScope::PerPeer => format!("agent:{agent}:direct:{id}"),
        // A linked person has one conversation wherever they write from.
        _ if linked.is_some() => format!("agent:{agent}:direct:{id}"),
        DmScope::PerChannelPeer => format!("agent:{agent}:{channel}:direct:{id}"),
        DmScope::PerAccountChannelPeer => format!("agent:{agent}:{channel}:{account}:direct:{id}"),
    }
}

/// Makes a platform's id safe as one part of a key: no separator, no white space, bounded.
fn part(id: &str) -> String {
    let clean =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '@') { c } else { '_' };
    let safe: String = id.chars().take(120).map(clean).collect();
    if safe == id && !safe.is_empty() {
        return safe;
    }
    // Two ids that look alike once cleaned must not meet in one conversation.
    let digest = <sha2::Sha256 as sha2::Digest>::digest(id.as_bytes());
    format!("{safe}.{}", hex::encode(&digest[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use channels::{Event, Message, Sender, Thread};
    use proptest::prelude::*;

    const VIA: Via<'static> = Via { channel: "telegram", account: "main" };

    fn inbound(kind: ChatKind, chat: &str, thread: Option<&str>) -> Inbound {
        let thread = thread.map(|id| Thread { id: id.into(), title: None });
        Inbound {
            id: "m".into(),
            at: 0,
            chat: Chat { id: chat.into(), kind, title: None, thread, guild: Some("g1".into()) },
            sender: Sender {
                id: "7".into(),
                name: "Ann".into(),
                handle: None,
                bot: false,
                roles: vec!["staff".into()],
            },
            event: Event::Message(Message::default()),
        }
    }

    fn binding(agent: &str, change: impl FnOnce(&mut Binding)) -> Binding {
        let mut binding = Binding { agent: agent.into(), channel: "telegram".into(), ..Binding::default() };
        change(&mut binding);
        binding
    }

    fn peer_of(kind: PeerKind, id: &str) -> impl FnOnce(&mut Binding) {
        move |binding| (binding.peer_kind, binding.peer) = (Some(kind), Some(id.to_owned()))
    }

    #[test]
    fn the_closest_binding_decides() {
        let mut all = vec![
            binding("everywhere", |b| b.account = Some("*".into())),
            binding("account", |_| {}),
            binding("guild", |b| b.guild = Some("g1".into())),
            binding("staff", |b| (b.guild, b.roles) = (Some("g1".into()), vec!["staff".into()])),
            binding("groups", peer_of(PeerKind::Group, "*")),
            binding("parent", peer_of(PeerKind::Group, "-5")),
            binding("thread", peer_of(PeerKind::Group, "9")),
        ];
        let said = inbound(ChatKind::Group, "-5", Some("9"));
        for expected in ["thread", "parent", "groups", "staff", "guild", "account", "everywhere"] {
            assert_eq!(bound_agent(&all, VIA, &said), Some(expected));
            all.pop();
        }
        assert_eq!(bound_agent(&all, VIA, &said), None);
    }

    #[test]
    fn all_given_fields_must_match() {
        let said = inbound(ChatKind::Group, "-5", None);
        let other = [
            binding("x", peer_of(PeerKind::Direct, "-5")),
            binding("x", |b| b.guild = Some("g2".into())),
            binding("x", |b| b.account = Some("second".into())),
            binding("x", |b| b.channel = "discord".into()),
            binding("x", |b| (b.guild, b.roles) = (Some("g1".into()), vec!["boss".into()])),
        ];
        assert_eq!(bound_agent(&other, VIA, &said), None);
        let twice = [binding("first", |_| {}), binding("second", |_| {})];
        assert_eq!(bound_agent(&twice, VIA, &said), Some("first"));
        let second = Via { channel: "telegram", account: "second" };
        assert_eq!(
            bound_agent(&twice, second, &said),
            None,
            "without an account a binding means the main one"
        );
    }

    #[test]
    fn keys_follow_the_protocol() {
        let mut sessions = SessionsSection::default();
        let key =
            |sessions: &SessionsSection, said: &Inbound| session_key(sessions, "main", VIA, said).to_string();
        let direct = inbound(ChatKind::Direct, "7", None);
        for (scope, expected) in [
            (DmScope::Main, "agent:main:main"),
            (DmScope::PerPeer, "agent:main:direct:7"),
            (DmScope::PerChannelPeer, "agent:main:telegram:direct:7"),
            (DmScope::PerAccountChannelPeer, "agent:main:telegram:main:direct:7"),
        ] {
            sessions.dm_scope = scope;
            assert_eq!(key(&sessions, &direct), expected);
        }
        sessions.identity_links.insert("ann".into(), vec!["telegram:7".into()]);
        assert_eq!(key(&sessions, &direct), "agent:main:direct:ann");
        assert_eq!(key(&sessions, &inbound(ChatKind::Group, "-5", None)), "agent:main:telegram:group:-5");
        assert_eq!(
            key(&sessions, &inbound(ChatKind::Group, "-5", Some("9"))),
            "agent:main:telegram:group:-5:topic:9"
        );
        assert_eq!(key(&sessions, &inbound(ChatKind::Channel, "c", None)), "agent:main:telegram:channel:c");
        let discord = Via { channel: "discord", account: "second" };
        let thread = inbound(ChatKind::Channel, "c", Some("t"));
        assert_eq!(
            session_key(&sessions, "main", discord, &thread).as_str(),
            "agent:main:discord:channel:c:account:second:thread:t"
        );
    }

    proptest! {
        #[test]
        fn no_id_reaches_into_another_conversation(one in ".{0,200}", other in ".{0,200}") {
            let sessions = SessionsSection::default();
            let key = |id: &str| session_key(&sessions, "main", VIA, &inbound(ChatKind::Group, id, None));
            let first = key(&one);
            prop_assert!(first.as_str().starts_with("agent:main:telegram:group:"));
            prop_assert_eq!(first.as_str().matches(':').count(), 4);
            prop_assert_eq!(one == other, first == key(&other));
        }
    }
}
