//! The node host: this machine as a node of a gateway. It stays connected for ever, offers what the machine can do and
//! what its owner allows, and carries out what the gateway asks for.

mod answer;
mod camera;
mod canvas;
mod config;
mod declared;
mod device;
mod exec;
mod family;
mod files;
mod home;
mod location;
mod machine;
mod notify;
mod picture;
mod progress;
mod repeats;
mod retry;
mod run;
mod screen;
mod session;
mod surface;
mod work;

pub use config::{Config, ConfigError};
pub use home::{Home, HomeError, Known, Lock, Report};
pub use run::{Host, Proof, Start, Stopped, Turn};
pub use surface::{Offered, offered};
pub use work::WorkerConfig;
