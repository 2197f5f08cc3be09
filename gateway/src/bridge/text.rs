//! Texts as messages.

pub(super) use channels::text::{draft, split};
