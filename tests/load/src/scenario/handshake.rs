//! Full handshakes, eight at a time: TCP, upgrade, challenge, connect, hello-ok, close.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::fleet::{Fleet, News, PATIENCE};
use crate::identity::{Device, Identity};
use crate::lab::{Lab, spent};
use crate::report::{Latencies, Values};
use crate::target::Target;

/// Handshakes under way.
const AT_A_TIME: usize = 8;

/// Known devices, and a new device each time.
pub fn measure(lab: &mut Lab) -> Result<()> {
    let flags = ["--verify", "--sqlite=full"].map(String::from);
    let targets = lab.pair(&flags)?;
    let mut known: BTreeMap<&str, Known> = BTreeMap::new();
    for target in &targets {
        known.insert(target.name, Known::pair(lab, target, AT_A_TIME * 2)?);
    }
    lab.rounds("handshake known", &targets, &mut |lab, target| {
        let known = known.get_mut(target.name).context("a target without devices")?;
        handshakes(lab, target, lab.settings.window(), &mut || Ok(known.next()))
    })?;
    lab.rounds("handshake new", &targets, &mut |lab, target| {
        handshakes(lab, target, lab.settings.window(), &mut || Ok(Identity::Device(Device::fresh()?)))
    })
}

/// Devices that a server has paired, handed out in turn.
#[derive(Debug)]
pub struct Known {
    devices: Vec<Rc<Device>>,
    turn: usize,
}

impl Known {
    /// Pairs `count` new devices.
    pub fn pair(lab: &Lab, target: &Target, count: usize) -> Result<Self> {
        let mut devices = Vec::new();
        let mut fleet = lab.fleet(target)?;
        for _ in 0..count {
            let device = Device::fresh()?;
            fleet.open_all(1, &Identity::Device(Rc::clone(&device)))?;
            devices.push(device);
            if devices.len() % 100 == 0 {
                fleet = lab.fleet(target)?;
            }
        }
        Ok(Self { devices, turn: 0 })
    }

    /// The next one.
    pub fn next(&mut self) -> Identity {
        self.turn = (self.turn + 1) % self.devices.len();
        Identity::Device(Rc::clone(&self.devices[self.turn]))
    }
}

/// Makes handshakes for `window`; `who` says who connects next.
pub fn handshakes(
    lab: &Lab,
    target: &Target,
    window: Duration,
    who: &mut dyn FnMut() -> Result<Identity>,
) -> Result<Values> {
    let mut fleet = lab.fleet(target)?;
    let mut latencies = Latencies::default();
    shake(&mut fleet, window / 5, who, &mut Latencies::default())?;
    let from = target.usage()?;
    shake(&mut fleet, window, who, &mut latencies)?;
    let to = target.usage()?;
    let mut values = spent(&from, &to, latencies.len() as f64);
    for (name, share) in [("p50_us", 0.5), ("p99_us", 0.99)] {
        values.push((name, latencies.percentile(share)));
    }
    Ok(values)
}

/// Starts handshakes until `time` is over and sees the last of them to their end.
fn shake(
    fleet: &mut Fleet,
    time: Duration,
    who: &mut dyn FnMut() -> Result<Identity>,
    latencies: &mut Latencies,
) -> Result<()> {
    let (start, mut under_way) = (Instant::now(), 0_usize);
    let mut begun: Vec<Instant> = Vec::new();
    loop {
        while under_way < AT_A_TIME && start.elapsed() < time {
            let now = Instant::now();
            let index = fleet.open(&who()?)?;
            if begun.len() <= index {
                begun.resize(index + 1, now);
            }
            begun[index] = now;
            under_way += 1;
        }
        if under_way == 0 {
            return Ok(());
        }
        ensure!(start.elapsed() < time + PATIENCE, "{under_way} handshakes did not end within {PATIENCE:?}");
        let mut failed = false;
        fleet.step(Some(Duration::from_millis(20)), &mut |index, client, news| {
            match news {
                News::Open(_) => {
                    latencies.add(begun[index].elapsed());
                    client.count = 1;
                    client.leave();
                }
                News::Closed => {
                    failed |= client.count == 0;
                    under_way -= 1;
                }
                News::Frame(_) => {}
            }
            Ok(())
        })?;
        ensure!(!failed, "the server closed a connection before its hello-ok");
    }
}
