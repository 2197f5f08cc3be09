//! Fan-out: one publisher's `system-event`, delivered to everyone who may read as `presence`.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::system_event;
use crate::fleet::{Client, Fleet, News, cut};
use crate::identity::Identity;
use crate::lab::{Lab, spent};
use crate::report::{Latencies, Values};
use crate::target::Target;
use crate::wire;

/// After this long without a delivery, events under way count as merged or dropped by the server.
const LOST_AFTER: Duration = Duration::from_millis(300);

/// 100 and 1,000 subscribers, one event at a time and eight in flight.
pub fn measure(lab: &mut Lab) -> Result<()> {
    for readers in [100, 1_000] {
        let bytes = lab.presence_bytes(readers)?;
        let targets = lab.pair(&[format!("--event-bytes={bytes}")])?;
        for in_flight in [1, 8] {
            lab.rounds(&format!("fan-out {readers}x{in_flight}"), &targets, &mut |lab, target| {
                let mut crowd = Crowd::gather(lab, target, readers, 0)?;
                crowd.publish(target, in_flight, lab.settings.window())
            })?;
        }
    }
    Ok(())
}

/// Readers, the publisher (the first of them), and clients that may not read.
#[derive(Debug)]
pub struct Crowd {
    fleet: Fleet,
    readers: Vec<usize>,
}

impl Crowd {
    /// Connects everyone and waits until the joining is over.
    pub fn gather(lab: &Lab, target: &Target, readers: usize, scopeless: usize) -> Result<Self> {
        let mut fleet = lab.fleet(target)?;
        let readers = fleet.open_all(readers, &Identity::Backend)?;
        fleet.open_all(scopeless, &Identity::Scopeless)?;
        fleet.settle(Duration::from_millis(200))?;
        Ok(Self { fleet, readers })
    }

    /// Publishes for `window`; an operation is one delivery.
    pub fn publish(&mut self, target: &Target, in_flight: u64, window: Duration) -> Result<Values> {
        for &index in &self.readers {
            self.fleet.client(index)?.count = 0;
        }
        let mut flow =
            Flow { sent: Vec::new(), heard: 0, written_off: 0, latencies: Latencies::default(), bytes: 0 };
        let start = Instant::now();
        let from = target.usage()?;
        while start.elapsed() < window {
            self.refill(&mut flow, in_flight)?;
            self.listen(&mut flow)?;
        }
        let (published, heard) = (flow.sent.len() as f64, flow.heard as f64);
        let to = target.usage()?;
        // The rest of the deliveries must not reach into the next measurement.
        self.fleet.settle(Duration::from_millis(100))?;
        ensure!(heard > 0.0, "no presence event followed {published} system-events");
        let mut values = spent(&from, &to, heard);
        values.push(("p50_us", flow.latencies.percentile(0.5)));
        values.push(("p99_us", flow.latencies.percentile(0.99)));
        values.push(("event_bytes", flow.bytes as f64));
        values.push(("delivered_share", heard / (published * self.readers.len() as f64)));
        Ok(values)
    }

    fn refill(&mut self, flow: &mut Flow, in_flight: u64) -> Result<()> {
        let everyone = self.readers.len() as u64;
        let done = (flow.heard + flow.written_off) / everyone;
        let publisher = self.readers[0];
        while flow.sent.len() as u64 - done.min(flow.sent.len() as u64) < in_flight {
            let number = flow.sent.len();
            flow.sent.push(Instant::now());
            self.fleet
                .client(publisher)?
                .send(&system_event(&format!("e{number}"), &format!("load-{number:07}")));
        }
        self.fleet.flush(publisher)
    }

    fn listen(&mut self, flow: &mut Flow) -> Result<()> {
        let messages =
            self.fleet.step(Some(LOST_AFTER), &mut |index, client, news| flow.take(index, client, &news))?;
        if messages == 0 {
            let all = flow.sent.len() as u64;
            flow.written_off = (all * self.readers.len() as u64).saturating_sub(flow.heard);
            for &index in &self.readers {
                self.fleet.client(index)?.count = all;
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Flow {
    sent: Vec<Instant>,
    heard: u64,
    written_off: u64,
    latencies: Latencies,
    bytes: usize,
}

impl Flow {
    fn take(&mut self, index: usize, client: &mut Client, news: &News<'_>) -> Result<()> {
        let payload = match news {
            News::Frame(payload) => *payload,
            News::Open(_) => return Ok(()),
            News::Closed => bail!("the server closed subscriber {index}"),
        };
        if wire::is_event(payload, b"presence") {
            if let Some(sent) = self.sent.get(usize::try_from(client.count)?) {
                self.latencies.add(sent.elapsed());
            }
            client.count += 1;
            self.heard += 1;
            self.bytes = payload.len();
        } else {
            let refused = wire::response_id(payload).is_some() && wire::refused(payload);
            ensure!(!refused, "the server refused system-event: {}", cut(payload));
        }
        Ok(())
    }
}
