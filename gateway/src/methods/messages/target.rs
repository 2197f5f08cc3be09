//! Where a message is to go: `telegram:123`, or an id and the platform beside it.

use channels::Place;
use schemas::error::{ErrorCode, WireError};
use schemas::methods::messages::SendParams;
use schemas::session::SessionKey;

use crate::methods::{Call, session_key};
use crate::store::accounts::AccountName;

/// Returns the conversation in whose name a caller sends: an agent's own, and no other; else the one that is named.
/// Where the target is `known`, what somebody else names beside it is of no weight.
pub(super) fn session(
    call: &Call,
    named: Option<&str>,
    known: bool,
) -> Result<Option<SessionKey>, WireError> {
    let named = named.filter(|named| !named.is_empty());
    let Some(own) = call.who().session.as_deref() else {
        let key = named.map(|named| session_key(named, None, "sessionKey")).transpose();
        return if known { Ok(key.unwrap_or_default()) } else { key };
    };
    let own = session_key(own, None, "sessionKey")?;
    match named.map(|named| session_key(named, None, "sessionKey")).transpose()? {
        Some(named) if named != own => Err(WireError::new(
            ErrorCode::Forbidden,
            "/sessionKey: an agent sends in the name of its own conversation only; leave it out",
        )),
        _ => Ok(Some(own)),
    }
}

/// An account and a conversation on its platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The account.
    pub(super) of: AccountName,
    /// The conversation.
    pub(super) place: Place,
}

impl Target {
    /// Returns where a message goes: to the named conversation, else to where the session is held.
    pub(super) async fn find(
        call: &Call,
        params: &SendParams,
        key: Option<&SessionKey>,
    ) -> Result<Self, WireError> {
        let (account, thread) = (params.account_id.as_deref(), params.thread_id.as_deref());
        if let Some(to) = &params.to {
            return Self::read(to, params.channel.as_deref(), account, thread);
        }
        let key = key
            .ok_or_else(|| WireError::invalid("/to: name the conversation, or a session with /sessionKey"))?;
        let found = call.services.bridge.whereabouts(&call.who().org, key).await?;
        let (of, place) = found.ok_or_else(|| {
            WireError::not_found(format!(
                "/sessionKey: {key} is held on no chat platform; name where to send with /to"
            ))
        })?;
        let thread = thread.filter(|thread| !thread.is_empty()).map(ToOwned::to_owned).or(place.thread);
        Ok(Self { of, place: Place { thread, ..place } })
    }

    /// Reads a target. A platform in front of the id must be the one that is named beside it, if one is.
    pub(super) fn read(
        to: &str,
        channel: Option<&str>,
        account: Option<&str>,
        thread: Option<&str>,
    ) -> Result<Self, WireError> {
        let to = to.trim();
        let (channel, chat) = match (channel, to.split_once(':')) {
            (Some(channel), Some((named, id))) if named == channel => (channel, id),
            (Some(channel), _) => (channel, to),
            (None, Some((named, id))) => (named, id),
            (None, None) => {
                return Err(WireError::invalid("/channel: name the platform, or write /to as PLATFORM:ID"));
            }
        };
        if chat.is_empty() {
            return Err(WireError::invalid("/to: the conversation's id is missing"));
        }
        let thread = thread.filter(|thread| !thread.is_empty()).map(ToOwned::to_owned);
        Ok(Self {
            of: AccountName { channel: channel.to_owned(), account: account.unwrap_or("main").to_owned() },
            place: Place { chat: chat.to_owned(), thread },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_stands_in_front_or_beside() {
        let read =
            |to, channel| Target::read(to, channel, None, Some("")).map(|t| (t.of.channel, t.place.chat));
        let expected = Ok(("telegram".to_owned(), "-5".to_owned()));
        assert_eq!(read("telegram:-5", None), expected);
        assert_eq!(read("telegram:-5", Some("telegram")), expected);
        assert_eq!(read(" -5 ", Some("telegram")), expected);
        assert!(read("-5", None).is_err() && read("telegram:", None).is_err());
    }
}
