//! Where a message is to go: `telegram:123`, or an id and the platform beside it.

use channels::Place;
use schemas::error::WireError;

use crate::store::accounts::AccountName;

/// An account and a conversation on its platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The account.
    pub(super) of: AccountName,
    /// The conversation.
    pub(super) place: Place,
}

impl Target {
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
