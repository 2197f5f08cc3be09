//! What the person at the machine asks of the gateway itself: a verb a file.

mod backup;
mod dashboard_link;

pub use backup::backup;
pub use dashboard_link::{dashboard_link, new_link};
