//! What the person at the machine asks of the gateway itself: a verb a file.

mod dashboard_link;

pub use dashboard_link::{dashboard_link, new_link};
