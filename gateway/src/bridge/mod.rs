//! Carries conversations between chat platforms and sessions.

pub mod access;
pub mod pairing;
pub mod routing;
