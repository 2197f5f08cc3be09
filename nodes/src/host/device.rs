//! `device.*`: what this machine is and how it is.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Call};
use super::exec::Nothing;
use super::family::{Family, Offer};
use super::machine::Machine;

/// The family of the machine itself.
#[derive(Debug)]
pub(super) struct Device {
    machine: Machine,
    name: String,
}

impl Device {
    /// Returns the family; `name` is the node's name for people.
    pub(super) const fn new(machine: Machine, name: String) -> Self {
        Self { machine, name }
    }
}

#[async_trait]
impl Family for Device {
    fn cap(&self) -> &'static str {
        "device"
    }

    fn offers(&self) -> Vec<Offer> {
        vec![Offer::new::<Nothing>("device.info", None), Offer::new::<Nothing>("device.status", None)]
    }

    async fn answer(&self, command: &str, _call: Call) -> Answer {
        Ok(if command == "device.info" { info(&self.name) } else { status(&self.machine) })
    }
}

/// Returns what the machine is.
fn info(name: &str) -> Value {
    let system = rustix::system::uname();
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let mut info = json!({
        "deviceName": name,
        "hostName": host_name(),
        "systemName": text(system.sysname()),
        "systemVersion": text(system.release()),
        "architecture": text(system.machine()),
        "platform": std::env::consts::OS,
        "appVersion": env!("CARGO_PKG_VERSION"),
        "cpuCount": cpus(),
    });
    if let Some(model) = model() {
        info["modelIdentifier"] = model.into();
    }
    if let Some(distribution) = distribution() {
        info["distribution"] = distribution.into();
    }
    info
}

/// Returns how the machine is.
fn status(machine: &Machine) -> Value {
    let mut status = Map::new();
    if let Some(Value::Object(known)) = stats(machine) {
        let pick = |name: &str| known.get(name).cloned().unwrap_or(Value::Null);
        status.insert("loadAverage".into(), pick("loadAverage"));
        let memory = json!({"totalBytes": pick("memoryTotalBytes"), "freeBytes": pick("memoryFreeBytes")});
        status.insert("memory".into(), memory);
        let storage = json!({"totalBytes": pick("diskTotalBytes"), "freeBytes": pick("diskAvailableBytes")});
        status.insert("storage".into(), storage);
    }
    #[cfg(target_os = "linux")]
    {
        status.insert("uptimeSeconds".into(), rustix::system::sysinfo().uptime.into());
        status.insert("thermal".into(), linux::hottest().into());
        status.insert("network".into(), linux::network());
    }
    status.insert("battery".into(), battery());
    Value::Object(status)
}

/// Returns the payload of the event `node.host.stats`; `None` where the system does not tell.
pub(super) fn stats(machine: &Machine) -> Option<Value> {
    let (total, free) = memory()?;
    let mut stats = json!({"cpuCount": cpus(), "memoryTotalBytes": total, "memoryFreeBytes": free});
    if let Some(load) = load() {
        stats["loadAverage"] = json!(load);
    }
    if let Ok(disk) = rustix::fs::statvfs(machine.home()) {
        stats["diskTotalBytes"] = disk.f_blocks.saturating_mul(disk.f_frsize).into();
        stats["diskAvailableBytes"] = disk.f_bavail.saturating_mul(disk.f_frsize).into();
    }
    Some(stats)
}

/// Returns the machine's name in the network.
pub(super) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(target_os = "linux")]
use linux::{battery, distribution, load, memory, model};

/// What Linux tells in `/proc` and `/sys`.
#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::Path;

    use serde_json::{Value, json};

    fn read(path: impl AsRef<Path>) -> Option<String> {
        let text = fs::read_to_string(path).ok()?;
        let text = text.trim_end_matches(['\0', '\n', ' ']).to_owned();
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn model() -> Option<String> {
        read("/proc/device-tree/model").or_else(|| read("/sys/class/dmi/id/product_name"))
    }

    pub(super) fn distribution() -> Option<String> {
        let text = read("/etc/os-release")?;
        let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(line.trim_matches('"').to_owned())
    }

    pub(super) fn load() -> Option<[f64; 3]> {
        let text = read("/proc/loadavg")?;
        let mut numbers = text.split_ascii_whitespace().map_while(|word| word.parse().ok());
        Some([numbers.next()?, numbers.next()?, numbers.next()?])
    }

    /// Returns total and available memory in bytes.
    pub(super) fn memory() -> Option<(u64, u64)> {
        let text = read("/proc/meminfo")?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
        };
        Some((field("MemTotal")?, field("MemAvailable")?))
    }

    pub(super) fn battery() -> Value {
        let supplies = fs::read_dir("/sys/class/power_supply").into_iter().flatten().flatten();
        let batteries = supplies.filter_map(|supply| {
            let path = supply.path();
            (read(path.join("type"))? == "Battery").then_some(())?;
            let level: f64 = read(path.join("capacity"))?.parse().ok()?;
            let state = read(path.join("status")).unwrap_or_default().to_lowercase();
            Some(json!({"level": level / 100.0, "state": state}))
        });
        batteries.into_iter().next().unwrap_or(Value::Null)
    }

    /// Returns the temperature of the hottest sensor, in degrees Celsius.
    pub(super) fn hottest() -> Option<f64> {
        let zones = fs::read_dir("/sys/class/thermal").into_iter().flatten().flatten();
        let read = |path: std::path::PathBuf| read(path.join("temp"))?.parse::<f64>().ok();
        zones.filter_map(|zone| read(zone.path())).map(|milli| milli / 1000.0).reduce(f64::max)
    }

    /// Returns the interfaces that are up, without the loopback.
    pub(super) fn network() -> Value {
        let interfaces = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
        let up = interfaces.filter_map(|interface| {
            let name = interface.file_name().into_string().ok()?;
            let state = read(interface.path().join("operstate"))?;
            (name != "lo" && state != "down").then(|| json!({"name": name, "state": state}))
        });
        json!({ "interfaces": up.collect::<Vec<_>>() })
    }
}

#[cfg(not(target_os = "linux"))]
const fn model() -> Option<String> {
    None
}

#[cfg(not(target_os = "linux"))]
const fn distribution() -> Option<String> {
    None
}

#[cfg(not(target_os = "linux"))]
const fn load() -> Option<[f64; 3]> {
    None
}

#[cfg(not(target_os = "linux"))]
const fn memory() -> Option<(u64, u64)> {
    None
}

#[cfg(not(target_os = "linux"))]
const fn battery() -> Value {
    Value::Null
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::process::Environment;

    #[test]
    fn the_machine_knows_itself() {
        let machine = Machine::new(Environment::of_process(), "/tmp".into(), "test");
        let info = info("Kitchen");
        assert_eq!((&info["deviceName"], &info["systemName"]), (&json!("Kitchen"), &json!("Linux")));
        let told = stats(&machine).unwrap();
        assert!(told["memoryTotalBytes"].as_u64() > told["memoryFreeBytes"].as_u64());
        assert!(told["diskTotalBytes"].as_u64() >= told["diskAvailableBytes"].as_u64());
        let now = status(&machine);
        assert!(now["uptimeSeconds"].as_i64() > Some(0));
        assert!(now["memory"]["totalBytes"].is_u64());
    }
}
