//! What this machine offers: its families of commands, put together.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::camera::Camera;
use super::canvas::Canvas;
use super::config::Config;
use super::declared::Declared;
use super::device::{self, Device};
use super::exec::Programs;
use super::family::{Family, Offers};
use super::files::Files;
use super::home::Home;
use super::location::Location;
use super::machine::Machine;
use super::notify::Notify;
use super::screen::Screen;
use crate::client::Target;
use crate::process::Environment;

/// What is offered, and what not and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offered {
    /// Commands that are offered.
    pub offered: Vec<String>,
    /// Others, with the reason.
    pub withheld: BTreeMap<String, String>,
}

/// Says what a node with this configuration would offer here.
pub fn offered(config: &Config, home: &Home, environment: Environment) -> Offered {
    let machine = Machine::new(environment, home.dir().join("scratch"), "status");
    let offers = collect(config, home, &machine, None);
    Offered { offered: offers.commands(), withheld: offers.withheld().clone() }
}

/// Returns the node's name for people.
pub(super) fn name(config: &Config) -> String {
    config.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(device::host_name)
}

/// Collects all families; `gateway` is how the gateway is reached from here.
pub(super) fn collect(config: &Config, home: &Home, machine: &Machine, gateway: Option<Target>) -> Offers {
    let families: Vec<Arc<dyn Family>> = vec![
        Arc::new(Programs::new(machine.clone(), config.exec.clone(), home.approvals())),
        Arc::new(Notify::new(machine.clone())),
        Arc::new(Device::new(machine.clone(), name(config))),
        Arc::new(Files::new(config.fs.roots.clone())),
        Arc::new(Location::new(machine.clone(), config.location.clone())),
        Arc::new(Camera::new(machine.clone())),
        Arc::new(Screen::new(machine.clone())),
        Arc::new(Canvas::new(machine.clone(), &config.canvas, gateway)),
        Arc::new(Declared::new(machine.clone(), &config.commands)),
    ];
    Offers::collect(families, &config.deny)
}
