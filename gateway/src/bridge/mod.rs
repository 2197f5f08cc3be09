//! Carries conversations between chat platforms and sessions.

pub mod access;
pub mod code;
pub mod routing;
