//! From the spawn to the first line, to `/healthz`, to hello-ok; memory at rest; from SIGTERM to the end.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use super::get_healthz;
use crate::identity::Identity;
use crate::lab::Lab;
use crate::report::Values;

/// On an empty state directory each time, and on a prepared one when it is given.
pub fn measure(lab: &mut Lab) -> Result<()> {
    for round in 0..lab.settings.rounds {
        let mut empty = f64::NAN;
        for name in ["limit", "product"] {
            let values = once(lab, name, None)?;
            empty = hello_ms(&values);
            lab.report.add("start empty", round, name, values)?;
        }
        if let Some(state) = lab.settings.prepared_state.clone() {
            let mut values = once(lab, "product", Some(state))?;
            values.push(("times_empty", hello_ms(&values) / empty));
            lab.report.add("start prepared", round, "product", values)?;
        }
    }
    Ok(())
}

fn hello_ms(values: &Values) -> f64 {
    values.iter().find(|(name, _)| *name == "hello_ms").map_or(f64::NAN, |(_, value)| *value)
}

fn once(lab: &Lab, name: &'static str, state: Option<PathBuf>) -> Result<Values> {
    let target = lab.start(name, state, &[])?;
    get_healthz(&target)?;
    let healthz = target.spawned.elapsed();
    let mut fleet = lab.fleet(&target)?;
    fleet.open_all(1, &Identity::Backend)?;
    let hello = target.spawned.elapsed();
    let cpu = target.usage()?.cpu_us;
    drop(fleet);
    std::thread::sleep(Duration::from_secs_f64(lab.settings.seconds));
    let (rss, pss) = (target.rss_kib()?, target.pss_kib());
    let line = target.first_line;
    let stop = target.stop()?;
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(vec![
        ("first_line_ms", ms(line)),
        ("healthz_ms", ms(healthz)),
        ("hello_ms", ms(hello)),
        ("cpu_ms", cpu / 1e3),
        ("rss_mib", rss / 1024.0),
        ("pss_mib", pss / 1024.0),
        ("stop_ms", ms(stop)),
    ])
}
