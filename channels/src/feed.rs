//! Where what a platform posts to us comes in. Whoever serves HTTP hands it over; the channel alone knows what it means.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::channel::JournalError;

/// The far end of a platform's webhook: part of a channel that does not fetch what it hears.
#[async_trait]
pub trait Feed: Send + Sync + Debug + 'static {
    /// Returns the name, in small letters, of the header in which the platform proves who it is.
    fn header(&self) -> &'static str;

    /// Says whether a header's value is that proof, in a time that does not tell how much of it is right.
    fn proves(&self, value: &[u8]) -> bool;

    /// Takes one post. Once this has returned `Ok`, it is stored and the platform may be told so.
    async fn take(&self, body: &[u8]) -> Result<(), FeedError>;
}

/// Why a post was not taken.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// It is not what the platform posts; the same post again would fare no better.
    #[error("this is no update: {0}")]
    Unreadable(String),
    /// The channel is not connected just now; the platform is to try again.
    #[error("the channel is not connected")]
    Closed,
    /// It could not be stored; the platform is to try again.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
