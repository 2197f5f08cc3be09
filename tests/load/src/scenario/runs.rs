//! Durable accept and whole runs: `chat.send`, its acknowledgement, and the final `chat` event of the built-in agent.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::request;
use crate::fleet::{Client, Fleet, News, PATIENCE, cut};
use crate::identity::Identity;
use crate::lab::{Lab, spent};
use crate::report::{Latencies, Values};
use crate::target::Target;
use crate::wire;

/// One and eight runs at a time, each worker with its own connection and session.
pub fn measure(lab: &mut Lab) -> Result<()> {
    let targets = lab.pair(&["--sqlite=full".to_owned()])?;
    for workers in [1, 8] {
        lab.rounds(&format!("runs {workers} at a time"), &targets, &mut |lab, target| {
            let mut desk = Desk::open(lab, target, workers)?;
            desk.work(lab.settings.window() / 5, usize::MAX)?;
            desk.measure(target, lab.settings.window(), usize::MAX)
        })?;
    }
    Ok(())
}

/// Stores `count` finished runs over many sessions.
pub fn store_runs(lab: &Lab, target: &Target, count: usize) -> Result<()> {
    let mut desk = Desk::open(lab, target, 16)?;
    desk.sessions_per_worker = 64;
    desk.work(Duration::MAX, count)
}

/// The workers of one measurement.
pub struct Desk {
    fleet: Fleet,
    workers: BTreeMap<usize, Worker>,
    salt: u32,
    serial: u64,
    /// How many sessions each worker goes through in turn.
    pub sessions_per_worker: u64,
    acks: Latencies,
    finals: Latencies,
    begun: usize,
}

/// A connection that has at most one run going.
struct Worker {
    number: usize,
    run: String,
    started: Instant,
    busy: bool,
}

impl Desk {
    /// Connects `workers` workers. Its runs carry a random word, so that no key comes twice to a state directory.
    pub fn open(lab: &Lab, target: &Target, workers: usize) -> Result<Self> {
        let mut fleet = lab.fleet(target)?;
        let clients = fleet.open_all(workers, &Identity::Backend)?;
        let worker = |number| Worker { number, run: String::new(), started: Instant::now(), busy: false };
        let workers =
            clients.into_iter().enumerate().map(|(number, index)| (index, worker(number))).collect();
        let (acks, finals) = (Latencies::default(), Latencies::default());
        let salt = getrandom::u32().map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Self { fleet, workers, salt, serial: 0, sessions_per_worker: 1, acks, finals, begun: 0 })
    }

    /// Runs for `window`, or until `count` runs are done.
    pub fn measure(&mut self, target: &Target, window: Duration, count: usize) -> Result<Values> {
        (self.acks, self.finals) = (Latencies::default(), Latencies::default());
        let from = target.usage()?;
        self.work(window, count)?;
        let to = target.usage()?;
        let mut values = spent(&from, &to, self.finals.len() as f64);
        values.push(("ack_p50_us", self.acks.percentile(0.5)));
        values.push(("ack_p99_us", self.acks.percentile(0.99)));
        values.push(("final_p50_us", self.finals.percentile(0.5)));
        values.push(("final_p99_us", self.finals.percentile(0.99)));
        Ok(values)
    }

    /// Keeps every worker busy until the time is over or `count` runs have begun, and waits for the last end.
    pub fn work(&mut self, time: Duration, count: usize) -> Result<()> {
        let start = Instant::now();
        self.begun = 0;
        for index in self.workers.keys().copied().collect::<Vec<_>>() {
            self.begin(index, count)?;
        }
        let mut last = Instant::now();
        while self.workers.values().any(|worker| worker.busy) {
            ensure!(last.elapsed() < PATIENCE, "a run did not end within {PATIENCE:?}");
            let (workers, acks, finals) = (&mut self.workers, &mut self.acks, &mut self.finals);
            let mut idle = Vec::new();
            self.fleet.step(Some(Duration::from_millis(20)), &mut |index, client, news| {
                let payload = match news {
                    News::Frame(payload) => payload,
                    News::Open(_) => return Ok(()),
                    News::Closed => bail!("the server closed a connection during a run"),
                };
                let Some(worker) = workers.get_mut(&index) else { return Ok(()) };
                if hear(worker, client, payload, acks, finals)? {
                    idle.push(index);
                }
                Ok(())
            })?;
            if !idle.is_empty() {
                last = Instant::now();
            }
            for index in idle {
                if start.elapsed() < time {
                    self.begin(index, count)?;
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, index: usize, count: usize) -> Result<()> {
        let Some(worker) = self.workers.get_mut(&index).filter(|_| self.begun < count) else { return Ok(()) };
        self.begun += 1;
        self.serial += 1;
        let serial = self.serial;
        let session = worker.number as u64 + 16 * (serial % self.sessions_per_worker);
        worker.run = format!("load-{:08x}-{serial:08}", self.salt);
        worker.busy = true;
        let params = format!(
            r#"{{"sessionKey":"agent:main:load-{session}","message":"ping","idempotencyKey":"{}"}}"#,
            worker.run
        );
        worker.started = Instant::now();
        self.fleet.send(index, &request("c1", "chat.send", &params))
    }
}

/// Notes an acknowledgement or an end; true when this worker's run is over.
fn hear(
    worker: &mut Worker,
    client: &mut Client,
    payload: &[u8],
    acks: &mut Latencies,
    finals: &mut Latencies,
) -> Result<bool> {
    client.count += 1;
    if wire::response_id(payload).is_some() {
        ensure!(!wire::refused(payload), "the server refused chat.send: {}", cut(payload));
        acks.add(worker.started.elapsed());
        return Ok(false);
    }
    let own = wire::is_event(payload, b"chat")
        && wire::field(payload, b"\"runId\":\"") == Some(worker.run.as_bytes())
        && worker.busy;
    if !own {
        return Ok(false);
    }
    match wire::field(payload, b"\"state\":\"") {
        Some(b"final") => {
            finals.add(worker.started.elapsed());
            worker.busy = false;
            Ok(true)
        }
        Some(b"error" | b"aborted") => bail!("a run failed: {}", cut(payload)),
        _ => Ok(false),
    }
}
