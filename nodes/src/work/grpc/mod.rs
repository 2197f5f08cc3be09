//! The worker's messages as Protocol Buffers (`nodes/proto`), and the service that carries them.

mod from;
mod to;

#[cfg(test)]
mod tests;

/// What is made of `worker.proto`.
#[expect(
    unused_qualifications,
    clippy::allow_attributes,
    clippy::excessive_nesting,
    clippy::pedantic,
    reason = "a program makes it, in its own style"
)]
pub mod pb {
    tonic::include_proto!("landline.worker.v1");
}

/// The service's file in the form that the reflection service gives out.
pub const DESCRIPTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/worker.bin"));

/// Why a message could not be read, in one sentence that names the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);
