//! Text for chat platforms: answers in Markdown, split, shortened and rendered to what a platform shows.
//!
//! Whoever sends splits first ([`split`]), then each piece is rendered by its channel ([`telegram_html`],
//! [`discord`], [`plain`]). A piece keeps to the [`crate::TextRules`] as Markdown and in every rendering. Long answers
//! with sections can be [`cards`] instead.

mod cards;
mod discord;
mod draft;
mod layout;
mod measure;
mod outline;
mod split;
mod table;
mod writer;

pub use cards::{CARDS, CardRules, Sheet, card_size, cards};
pub use discord::discord;
pub use draft::draft;
pub use layout::{plain, telegram_html};
pub use measure::{count, fits};
pub use split::split;

use pulldown_cmark::Options;

/// What is read beyond `CommonMark`: what agents write and people know from elsewhere.
const DIALECT: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

#[cfg(test)]
mod tests;
