//! The words on the wire: frames, errors, identities, events, tasks and the declaration of every method.
//!
//! Floor 0 of the house: this crate opens no file and no socket and knows no async runtime. Whatever crosses
//! the gateway's port has its type here, and JSON Schema, TypeScript and Swift models are generated from it.

pub mod agent;
pub mod bounds;
pub mod clock;
pub mod connect;
pub mod device;
pub mod error;
pub mod event;
pub mod exec_policy;
pub mod export;
pub mod fingerprint;
pub mod frame;
pub mod methods;
pub mod scope;
pub mod session;
pub mod setup_code;
pub mod snapshot;
pub mod target;
pub mod task;
pub mod tools;
pub mod work;

pub use clock::Clock;
pub use error::{ErrorCode, WireError};
pub use fingerprint::Fingerprint;
pub use scope::{Role, Scope, Scopes};
pub use setup_code::SetupCode;
pub use target::Target;
