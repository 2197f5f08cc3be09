//! Chat platforms: one trait, one folder a platform. Knows the words of `schemas`, nothing of sessions or agents.

pub mod channel;
mod client;
pub mod conformance;
pub mod discord;
mod feed;
pub mod inbound;
pub mod loopback;
pub mod outbound;
pub mod plugin;
pub mod telegram;
pub mod text;

pub use channel::{Ability, Channel, Inbox, Journal, JournalError, ListenError, TextRules, Traits, Unit};
pub use client::{Unusable, client};
pub use feed::{Feed, FeedError};
pub use inbound::{
    Attachment, AttachmentKind, Bot, Chat, ChatKind, Event, Inbound, Message, Quote, Sender, Thread,
};
pub use outbound::{
    Action, Button, Card, Failure, Media, MediaKind, Outbound, Place, Poll, Receipt, Retry, SendError,
};
