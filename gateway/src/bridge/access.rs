//! Who may talk to a bot, and when it feels addressed. Pure: no I/O, no clock.

use channels::{ChatKind, Event, Inbound, Message};
use regex::Regex;

use crate::config::ChannelSection;
use crate::config::channels::{DmPolicy, GroupPolicy};

/// An account's rules, ready for use.
#[derive(Clone, Debug)]
pub struct Rules {
    section: ChannelSection,
    patterns: Vec<Regex>,
}

/// What the store knows that the rules need.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// An owner let the sender in.
    pub paired: bool,
    /// The conversation was told to answer everything (`/activation always`) or only when named.
    pub always: Option<bool>,
}

/// What becomes of something that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is for the agent.
    Hear,
    /// It is kept as context for the next answer.
    Context,
    /// The sender is a stranger who gets a code to show to an owner.
    Pair,
    /// Nothing happens, and the sender learns nothing.
    Ignore,
}

impl Rules {
    /// Builds the rules of an account. Patterns were checked when the configuration was read; what does not
    /// compile all the same never matches.
    pub fn new(section: &ChannelSection) -> Self {
        let patterns = section
            .mention_patterns
            .iter()
            .filter_map(|p| crate::config::channels::mention_pattern(p).ok())
            .collect();
        Self { section: section.clone(), patterns }
    }

    /// Decides about something that came in.
    pub fn decide(&self, inbound: &Inbound, known: Known) -> Verdict {
        if inbound.sender.bot && !self.section.allow_bots {
            return Verdict::Ignore;
        }
        match inbound.chat.kind {
            ChatKind::Direct => self.direct(inbound, known),
            ChatKind::Group | ChatKind::Channel => self.group(inbound, known),
        }
    }

    /// Says whether somebody is an owner of the account.
    pub fn is_owner(&self, sender: &str) -> bool {
        self.section.owners.iter().any(|id| id == sender)
    }

    fn direct(&self, inbound: &Inbound, known: Known) -> Verdict {
        let sender = &inbound.sender.id;
        let listed = self.is_owner(sender) || self.section.allow_from.iter().any(|id| id == sender);
        let everyone = self.section.allow_from.iter().any(|id| id == "*");
        match self.section.dm_policy {
            DmPolicy::Open if everyone => Verdict::Hear,
            DmPolicy::Open | DmPolicy::Allowlist if listed => Verdict::Hear,
            DmPolicy::Pairing if listed || known.paired => Verdict::Hear,
            DmPolicy::Pairing if opens_talk(&inbound.event) => Verdict::Pair,
            DmPolicy::Disabled | DmPolicy::Open | DmPolicy::Allowlist | DmPolicy::Pairing => Verdict::Ignore,
        }
    }

    /// Being let in directly opens no group: groups have their own lists.
    fn group(&self, inbound: &Inbound, known: Known) -> Verdict {
        let lists = |list: &[String], id: &str| list.iter().any(|entry| entry == id || entry == "*");
        let chat = &inbound.chat;
        let place = lists(&self.section.groups, &chat.id)
            || chat.guild.as_deref().is_some_and(|guild| lists(&self.section.groups, guild));
        let sender = lists(&self.section.group_allow_from, &inbound.sender.id);
        let (any_place, any_sender) =
            (self.section.groups.is_empty(), self.section.group_allow_from.is_empty());
        let let_in = match self.section.group_policy {
            GroupPolicy::Disabled => false,
            GroupPolicy::Open => any_sender || sender,
            GroupPolicy::Allowlist => match (any_place, any_sender) {
                (true, true) => false,
                (true, false) => sender,
                (false, true) => place,
                (false, false) => place && sender,
            },
        };
        if !let_in {
            return Verdict::Ignore;
        }
        match &inbound.event {
            Event::Message(message) if !self.answers_all(known.always) && !self.addressed(message) => {
                Verdict::Context
            }
            _ => Verdict::Hear,
        }
    }

    /// Says whether a conversation of several people is answered whether or not the bot is named.
    pub fn answers_all(&self, always: Option<bool>) -> bool {
        always.unwrap_or(!self.section.require_mention)
    }

    /// Says whether a message names the bot: the platform's own mention, an answer to the bot, or a pattern.
    pub fn addressed(&self, message: &Message) -> bool {
        message.mentions_bot
            || message.reply_to.as_ref().is_some_and(|quote| quote.from_bot)
            || self.patterns.iter().any(|pattern| pattern.is_match(&message.text))
    }
}

/// Says whether a stranger who does this wants to talk; a reaction or an edit gets no code.
fn opens_talk(event: &Event) -> bool {
    matches!(event, Event::Message(_) | Event::Command { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use channels::{Chat, Quote, Sender};

    fn inbound(kind: ChatKind, message: Message) -> Inbound {
        Inbound {
            id: "m1".into(),
            at: 0,
            chat: Chat { id: "chat".into(), kind, title: None, thread: None, guild: None },
            sender: Sender {
                id: "ann".into(),
                name: "Ann".into(),
                handle: None,
                bot: false,
                roles: Vec::new(),
            },
            event: Event::Message(message),
        }
    }

    fn section(change: impl FnOnce(&mut ChannelSection)) -> Rules {
        let mut section = ChannelSection::default();
        change(&mut section);
        Rules::new(&section)
    }

    fn direct(rules: &Rules, known: Known) -> Verdict {
        rules.decide(&inbound(ChatKind::Direct, Message::default()), known)
    }

    #[test]
    fn direct_messages() {
        let (nobody, paired) = (Known::default(), Known { paired: true, always: None });
        let pairing = section(|_| {});
        assert_eq!((direct(&pairing, nobody), direct(&pairing, paired)), (Verdict::Pair, Verdict::Hear));
        let named = section(|s| s.allow_from = vec!["ann".into()]);
        assert_eq!(direct(&named, nobody), Verdict::Hear);
        let list = section(|s| s.dm_policy = DmPolicy::Allowlist);
        assert_eq!(direct(&list, paired), Verdict::Ignore, "a list is a list, whoever was paired before");
        let everyone = section(|s| (s.dm_policy, s.allow_from) = (DmPolicy::Open, vec!["*".into()]));
        assert_eq!(direct(&everyone, nobody), Verdict::Hear);
        let off = section(|s| (s.dm_policy, s.allow_from) = (DmPolicy::Disabled, vec!["ann".into()]));
        assert_eq!(direct(&off, paired), Verdict::Ignore);
        let mut reaction = inbound(ChatKind::Direct, Message::default());
        reaction.event = Event::Reacted { message: "m".into(), emoji: "👍".into(), added: true };
        assert_eq!(pairing.decide(&reaction, nobody), Verdict::Ignore);
        let mut bot = inbound(ChatKind::Direct, Message::default());
        bot.sender.bot = true;
        assert_eq!(everyone.decide(&bot, paired), Verdict::Ignore);
    }

    #[test]
    fn a_star_in_a_list_lets_in_by_the_open_policy_only() {
        let star = section(|s| s.allow_from = vec!["*".into()]);
        assert_eq!(direct(&star, Known::default()), Verdict::Pair);
        let list = section(|s| (s.dm_policy, s.allow_from) = (DmPolicy::Allowlist, vec!["*".into()]));
        assert_eq!(direct(&list, Known::default()), Verdict::Ignore);
    }

    #[test]
    fn groups_have_lists_of_their_own() {
        let named = Message { mentions_bot: true, ..Message::default() };
        let hears = |rules: &Rules| {
            let known = Known { paired: true, always: None };
            rules.decide(&inbound(ChatKind::Group, named.clone()), known) == Verdict::Hear
        };
        assert!(!hears(&section(|_| {})), "no group is open by itself");
        assert!(!hears(&section(|s| s.allow_from = vec!["ann".into()])));
        assert!(hears(&section(|s| s.groups = vec!["chat".into()])));
        assert!(hears(&section(|s| s.group_allow_from = vec!["ann".into()])));
        assert!(!hears(&section(
            |s| (s.groups, s.group_allow_from) = (vec!["chat".into()], vec!["bob".into()])
        )));
        assert!(hears(&section(|s| s.group_policy = GroupPolicy::Open)));
        assert!(!hears(&section(|s| (s.group_policy, s.groups) = (GroupPolicy::Disabled, vec!["*".into()]))));
    }

    #[test]
    fn a_group_is_answered_when_the_bot_is_named() {
        let rules = section(|s| {
            (s.groups, s.mention_patterns) = (vec!["*".into()], vec![r"\bhey landline\b".into()]);
        });
        let decide = |message: Message, always| {
            rules.decide(&inbound(ChatKind::Group, message), Known { paired: false, always })
        };
        let text = |text: &str| Message { text: text.into(), ..Message::default() };
        assert_eq!(decide(text("hello all"), None), Verdict::Context);
        assert_eq!(decide(text("Hey Landline, hello"), None), Verdict::Hear);
        assert_eq!(decide(text("hello all"), Some(true)), Verdict::Hear);
        let reply =
            Message { reply_to: Some(Quote { from_bot: true, ..Quote::default() }), ..Message::default() };
        assert_eq!(decide(reply, None), Verdict::Hear);
        let open = section(|s| (s.groups, s.require_mention) = (vec!["*".into()], false));
        let said = inbound(ChatKind::Group, text("hello all"));
        assert_eq!(open.decide(&said, Known::default()), Verdict::Hear);
        assert_eq!(open.decide(&said, Known { paired: false, always: Some(false) }), Verdict::Context);
    }
}
