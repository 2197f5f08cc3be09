//! Memory and CPU of connections that do nothing.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::fleet::Fleet;
use crate::identity::Identity;
use crate::lab::Lab;
use crate::report::Values;
use crate::target::Target;

/// A fresh server for each number of sockets and each target; one round.
pub fn measure(lab: &mut Lab) -> Result<()> {
    for count in lab.settings.idle.clone() {
        for name in ["limit", "product"] {
            let target = lab.start(name, None, &[])?;
            let mut fleet = lab.fleet(&target)?;
            let values = hold(lab, &target, &mut fleet, count)?;
            lab.report.add(&format!("idle {count}"), 0, name, values)?;
        }
    }
    Ok(())
}

/// Opens `count` connections, lets them settle and watches the server over the quiet window.
fn hold(lab: &Lab, target: &Target, fleet: &mut Fleet, count: usize) -> Result<Values> {
    hold_with(lab, target, fleet, count, &|| Ok(Identity::Backend))
}

/// The same with connections that `identity` makes.
pub fn hold_with(
    lab: &Lab,
    target: &Target,
    fleet: &mut Fleet,
    count: usize,
    identity: &dyn Fn() -> Result<Identity>,
) -> Result<Values> {
    fleet.open_each(16, identity)?;
    fleet.settle(Duration::from_millis(300))?;
    let before = target.rss_kib()?;
    let start = Instant::now();
    fleet.open_each(count.saturating_sub(16), identity)?;
    let opening = start.elapsed().as_secs_f64();
    fleet.settle(Duration::from_secs(1))?;
    let from = target.usage()?;
    let end = Instant::now() + Duration::from_secs_f64(lab.settings.idle_seconds);
    let mut messages = 0;
    while Instant::now() < end {
        messages += fleet.step(Some(end.saturating_duration_since(Instant::now())), &mut |_, _, _| Ok(()))?;
    }
    let to = target.usage()?;
    let seconds = to.at.duration_since(from.at).as_secs_f64();
    let after = target.rss_kib()?;
    Ok(vec![
        ("kib_per_connection", (after - before) / count.saturating_sub(16).max(1) as f64),
        ("rss_mib", after / 1024.0),
        ("pss_mib", target.pss_kib() / 1024.0),
        ("cpu_percent", (to.cpu_us - from.cpu_us) / seconds / 1e4),
        ("messages_heard", messages as f64),
        ("opened_per_s", count as f64 / opening),
    ])
}
