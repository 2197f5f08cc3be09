//! Chat platforms: one trait, one folder a platform. Knows the words of `schemas`, nothing of sessions or agents.

pub mod channel;
pub mod discord;
pub mod inbound;
pub mod outbound;

pub use channel::{Ability, Channel, Inbox, Journal, JournalError, ListenError, TextRules, Traits, Unit};
pub use inbound::{
    Attachment, AttachmentKind, Bot, Chat, ChatKind, Event, Inbound, Message, Quote, Sender, Thread,
};
pub use outbound::{
    Action, Button, Failure, Media, MediaKind, Outbound, Place, Poll, Receipt, Retry, SendError,
};
