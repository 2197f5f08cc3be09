//! Who you are (devices, tokens, pairing, throttle) and what you may do.

mod principal;

pub use principal::Principal;
