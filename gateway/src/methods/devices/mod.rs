//! Devices and pairing (protocol 5.8): a verb a file.

mod approve;
mod list;
mod qr;
mod reject;
mod remove;
mod rename;
mod revoke;
mod rotate;
mod setup_code;

pub use approve::approve;
pub use list::list;
pub use reject::reject;
pub use remove::remove;
pub use rename::rename;
pub use revoke::revoke;
pub use rotate::rotate;
pub use setup_code::setup_code;
