//! Growth: what ten times (or a thousand times) as much of something does to the cost of one operation.
//!
//! Each test measures small, then large, within one process; the baseline runs beside it where it has the same thing.

use std::time::Duration;

use anyhow::{Context, Result};

use super::fanout::Crowd;
use super::handshake::{Known, handshakes};
use super::request;
use super::requests::closed_loop;
use super::runs::{Desk, store_runs};
use crate::identity::Identity;
use crate::lab::Lab;
use crate::report::{Values, median};
use crate::target::Target;

/// `health`, handshakes and memory with few and with many idle connections.
pub fn connections(lab: &mut Lab) -> Result<()> {
    let many = lab.settings.growth_clients;
    let flags = ["--verify".to_owned()];
    for round in 0..lab.settings.rounds {
        for name in ["limit", "product"] {
            // A fresh process: an allocator keeps what an earlier crowd has used.
            let target = lab.start(name, None, &flags)?;
            let values = crowded(lab, &target, many)?;
            lab.report.add("growth connections", round, name, values)?;
        }
    }
    Ok(())
}

fn crowded(lab: &Lab, target: &Target, many: usize) -> Result<Values> {
    let mut known = Known::pair(lab, target, 16)?;
    let mut idle = lab.fleet(target)?;
    idle.open_all(10, &Identity::Backend)?;
    let small = costs(lab, target, &mut known)?;
    let empty = target.rss_kib()?;
    idle.open_all(many / 10, &Identity::Backend)?;
    let tenth = target.rss_kib()? - empty;
    idle.open_all(many - many / 10, &Identity::Backend)?;
    let all = target.rss_kib()? - empty;
    idle.settle(Duration::from_millis(300))?;
    let large = costs(lab, target, &mut known)?;
    Ok(vec![
        ("health_small_us", small.0),
        ("health_large_us", large.0),
        ("health_ratio", large.0 / small.0),
        ("handshake_small_us", small.1),
        ("handshake_large_us", large.1),
        ("handshake_ratio", large.1 / small.1),
        ("kib_ratio", all / many as f64 / (tenth / (many / 10) as f64)),
    ])
}

/// CPU of one `health` and of one handshake, now.
fn costs(lab: &Lab, target: &Target, known: &mut Known) -> Result<(f64, f64)> {
    let mut fleet = lab.fleet(target)?;
    let clients = fleet.open_all(4, &Identity::Backend)?;
    let window = lab.settings.window();
    let health = closed_loop(target, &mut fleet, &clients, 4, window, ("health", ""))?;
    let shake = handshakes(lab, target, window, &mut || Ok(known.next()))?;
    Ok((named(&health, "cpu_us_per_op")?, named(&shake, "cpu_us_per_op")?))
}

/// One delivery with 100 and with 1,000 subscribers.
pub fn subscribers(lab: &mut Lab) -> Result<()> {
    let bytes = lab.presence_bytes(100)?;
    let targets = lab.pair(&[format!("--event-bytes={bytes}")])?;
    lab.rounds("growth subscribers", &targets, &mut |lab, target| {
        let (small, large) = (delivery(lab, target, 100, 0)?, delivery(lab, target, 1_000, 0)?);
        Ok(vec![("small_us", small), ("large_us", large), ("delivery_ratio", large / small)])
    })
}

/// One event to ten subscribers among few and among many clients that may not read it.
pub fn unsubscribed(lab: &mut Lab) -> Result<()> {
    let many = lab.settings.growth_clients;
    let bytes = lab.presence_bytes(10)?;
    let targets = lab.pair(&[format!("--event-bytes={bytes}")])?;
    lab.rounds("growth unsubscribed", &targets, &mut |lab, target| {
        let (small, large) = (delivery(lab, target, 10, 90)?, delivery(lab, target, 10, many - 10)?);
        Ok(vec![("small_us", small), ("large_us", large), ("event_ratio", large / small)])
    })
}

fn delivery(lab: &Lab, target: &Target, readers: usize, others: usize) -> Result<f64> {
    let values = Crowd::gather(lab, target, readers, others)?.publish(target, 1, lab.settings.window())?;
    named(&values, "cpu_us_per_op")
}

/// A run, and the first pages of the lists, with few and with many stored runs.
pub fn stored(lab: &mut Lab) -> Result<()> {
    let target = lab.start("product", None, &["--sqlite=full".to_owned()])?;
    store_runs(lab, &target, 100)?;
    let small = Pages::measure(lab, &target, "agent:main:load-0")?;
    store_runs(lab, &target, lab.settings.growth_runs)?;
    let large = Pages::measure(lab, &target, "agent:main:load-0")?;
    let mut values = large.against(&small);
    values.push(("runs_stored", lab.settings.growth_runs as f64));
    lab.report.add("growth stored runs", 0, "product", values)
}

/// A run, and the last page, in a session with few and with many lines.
pub fn transcript(lab: &mut Lab) -> Result<()> {
    let target = lab.start("product", None, &["--sqlite=full".to_owned()])?;
    let mut desk = Desk::open(lab, &target, 1)?;
    desk.work(Duration::MAX, 50)?;
    let small = Pages::measure(lab, &target, "agent:main:load-0")?;
    // Each run adds two lines: what was said and the answer.
    desk.work(Duration::MAX, lab.settings.growth_lines / 2)?;
    let large = Pages::measure(lab, &target, "agent:main:load-0")?;
    drop(desk);
    let mut values = large.against(&small);
    values.push(("lines", lab.settings.growth_lines as f64));
    lab.report.add("growth transcript", 0, "product", values)
}

/// Costs that may depend on how much is stored; CPU in microseconds, disk in bytes.
struct Pages {
    run_cpu: f64,
    run_written: f64,
    list: f64,
    history: f64,
}

impl Pages {
    /// Medians of three windows, so that one checkpoint does not decide.
    fn measure(lab: &Lab, target: &Target, session: &str) -> Result<Self> {
        let (mut cpu, mut written) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            // One worker, whose session is the one whose transcript grows.
            let mut desk = Desk::open(lab, target, 1)?;
            let values = desk.measure(target, lab.settings.window(), 200)?;
            cpu.push(named(&values, "cpu_us_per_op")?);
            written.push(named(&values, "written_b_per_op")?);
        }
        let list = page(lab, target, "sessions.list", r#"{"limit":50}"#)?;
        let history =
            page(lab, target, "chat.history", &format!(r#"{{"sessionKey":"{session}","limit":50}}"#))?;
        let middle = |values| median(values).context("nothing was measured");
        Ok(Self { run_cpu: middle(cpu)?, run_written: middle(written)?, list, history })
    }

    fn against(&self, small: &Self) -> Values {
        vec![
            ("run_small_us", small.run_cpu),
            ("run_large_us", self.run_cpu),
            ("cpu_ratio", self.run_cpu / small.run_cpu),
            ("run_large_b", self.run_written),
            ("written_ratio", self.run_written / small.run_written),
            ("list_large_us", self.list),
            ("list_ratio", self.list / small.list),
            ("history_large_us", self.history),
            ("history_ratio", self.history / small.history),
        ]
    }
}

/// CPU of one read of a page.
fn page(lab: &Lab, target: &Target, method: &str, params: &str) -> Result<f64> {
    let mut fleet = lab.fleet(target)?;
    let client = fleet.open_all(1, &Identity::Backend)?[0];
    fleet.call(client, &request("c1", method, params), None)?;
    let mut cpu = Vec::new();
    for _ in 0..3 {
        let window = lab.settings.window();
        let values = closed_loop(target, &mut fleet, &[client], 1, window, (method, params))?;
        cpu.push(named(&values, "cpu_us_per_op")?);
    }
    median(cpu).context("nothing was measured")
}

/// Handshakes of known devices among few and among many paired ones.
pub fn devices(lab: &mut Lab) -> Result<()> {
    let flags = ["--verify", "--sqlite=full"].map(String::from);
    let targets = lab.pair(&flags)?;
    for target in &targets {
        let mut known = Known::pair(lab, target, 1)?;
        let small = known_cost(lab, target, &mut known)?;
        Known::pair(lab, target, lab.settings.growth_devices)?;
        let large = known_cost(lab, target, &mut known)?;
        let values = vec![
            ("handshake_small_us", small.0),
            ("handshake_large_us", large.0),
            ("handshake_ratio", large.0 / small.0),
            ("written_b_per_op", large.1),
        ];
        lab.report.add("growth devices", 0, target.name, values)?;
    }
    Ok(())
}

/// CPU and bytes written of one handshake of a known device; the median of three windows.
fn known_cost(lab: &Lab, target: &Target, known: &mut Known) -> Result<(f64, f64)> {
    let (mut cpu, mut written) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let values = handshakes(lab, target, lab.settings.window(), &mut || Ok(known.next()))?;
        cpu.push(named(&values, "cpu_us_per_op")?);
        written.push(named(&values, "written_b_per_op")?);
    }
    Ok((median(cpu).context("nothing was measured")?, median(written).context("nothing was measured")?))
}

fn named(values: &Values, name: &str) -> Result<f64> {
    let found = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    found.with_context(|| format!("{name} was not measured"))
}
