//! A subscriber that stops reading while events are published: what it costs the server and the others.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::request;
use crate::fleet::{Fleet, News, cut};
use crate::identity::Identity;
use crate::lab::Lab;
use crate::report::{Latencies, Values};
use crate::target::Target;
use crate::wire;

/// Subscribers that go on reading.
const OTHERS: usize = 20;
/// Bytes offered to each subscriber per second: 200 events of 16 KiB.
const BYTES_PER_SECOND: f64 = 200.0 * 16_384.0;
/// Between two looks at the server.
const LOOK: Duration = Duration::from_millis(50);

/// With presence events, which a server may skip, and with final chat events, which it may not.
pub fn measure(lab: &mut Lab) -> Result<()> {
    for (scenario, method) in
        [("stalled reader, chat", "chat.inject"), ("stalled reader, presence", "system-event")]
    {
        for name in ["limit", "product"] {
            let target = lab.start(name, None, &[])?;
            let values = watch(lab, &target, method)?;
            lab.report.add(scenario, 0, name, values)?;
        }
    }
    Ok(())
}

fn publish(method: &str, text: &str) -> String {
    if method == "chat.inject" {
        let params = format!(r#"{{"sessionKey":"agent:main:load-stall","message":"{text}"}}"#);
        return request("p1", method, &params);
    }
    request("p1", method, &format!(r#"{{"text":"{text}"}}"#))
}

/// Measures the others alone first, then with one client that does not read.
fn watch(lab: &Lab, target: &Target, method: &str) -> Result<Values> {
    let event: &[u8] = if method == "chat.inject" { b"chat" } else { b"presence" };
    let mut fleet = lab.fleet(target)?;
    let readers = fleet.open_all(OTHERS + 1, &Identity::Backend)?;
    fleet.settle(Duration::from_millis(200))?;
    let (text, bytes) = largest_text(&mut fleet, method, event)?;
    let rate = (BYTES_PER_SECOND / bytes as f64).clamp(50.0, 4_000.0);
    let mut stream =
        Stream { event, every: Duration::from_secs_f64(1.0 / rate), request: publish(method, &text) };
    let alone = Duration::from_secs_f64((lab.settings.stall_seconds / 4.0).min(5.0));
    let mut control = stream.run(&mut fleet, target, &readers, alone, None)?;
    let victim = fleet.open_all(1, &Identity::Backend)?[0];
    fleet.settle(Duration::from_millis(200))?;
    fleet.stall(victim)?;
    let limit = Duration::from_secs_f64(lab.settings.stall_seconds);
    let mut stalled = stream.run(&mut fleet, target, &readers, limit, Some(victim))?;
    let (p99, without) = (stalled.latencies.percentile(0.99), control.latencies.percentile(0.99));
    Ok(vec![
        ("growth_mib", (stalled.peak_kib - control.peak_kib) / 1024.0),
        ("growth_alone_mib", (control.peak_kib - control.first_kib) / 1024.0),
        ("cut_after_s", stalled.cut.map_or(f64::NAN, |time| time.as_secs_f64())),
        ("cut_after_mib", stalled.cut_at.map_or(f64::NAN, |count| count as f64 * bytes as f64 / 1_048_576.0)),
        ("p99_us", p99),
        ("p99_alone_us", without),
        ("p99_ratio", p99 / without),
        ("event_bytes", bytes as f64),
    ])
}

/// The largest text up to 16 KiB that the server takes, and the size of the event that it becomes.
fn largest_text(fleet: &mut Fleet, method: &str, event: &[u8]) -> Result<(String, usize)> {
    let name = std::str::from_utf8(event)?;
    let mut length = 16_384;
    loop {
        let text = "x".repeat(length);
        match fleet.call(0, &publish(method, &text), Some(name)) {
            Ok((_, event)) => return Ok((text, event.len())),
            Err(error) if length <= 64 => return Err(error),
            Err(_) => length /= 2,
        }
    }
}

/// A steady publication.
struct Stream<'a> {
    event: &'a [u8],
    every: Duration,
    request: String,
}

/// What was seen while it ran.
#[derive(Default)]
struct Seen {
    latencies: Latencies,
    first_kib: f64,
    peak_kib: f64,
    cut: Option<Duration>,
    cut_at: Option<usize>,
}

impl Stream<'_> {
    /// Publishes for `time`, or until the stalled client has been cut off and a second has passed.
    fn run(
        &mut self,
        fleet: &mut Fleet,
        target: &Target,
        readers: &[usize],
        time: Duration,
        stalled: Option<usize>,
    ) -> Result<Seen> {
        for &index in readers {
            fleet.client(index)?.count = 0;
        }
        let publisher = readers[0];
        let open = target.descriptors()?;
        let mut seen = Seen { first_kib: target.rss_kib()?, ..Seen::default() };
        let (start, mut sent, mut look) = (Instant::now(), Vec::new(), Instant::now());
        while start.elapsed() < time
            && seen.cut.is_none_or(|cut| start.elapsed() < cut + Duration::from_secs(1))
        {
            let due = start + self.every * u32::try_from(sent.len())?;
            if Instant::now() >= due {
                sent.push(Instant::now());
                fleet.send(publisher, &self.request)?;
            }
            let wait = due.saturating_duration_since(Instant::now()).min(LOOK);
            let mut gone = false;
            fleet.step(Some(wait), &mut |index, client, news| match news {
                News::Frame(payload) if wire::is_event(payload, self.event) => {
                    let number = usize::try_from(client.count)?;
                    client.count += 1;
                    if let Some(at) = sent.get(number) {
                        seen.latencies.add(at.elapsed());
                    }
                    Ok(())
                }
                News::Frame(payload) => {
                    let refused = wire::response_id(payload).is_some() && wire::refused(payload);
                    ensure!(!refused, "the server refused to publish: {}", cut(payload));
                    Ok(())
                }
                News::Closed if Some(index) == stalled => {
                    gone = true;
                    Ok(())
                }
                News::Closed => Err(anyhow::anyhow!("the server closed a subscriber that reads")),
                News::Open(_) => Ok(()),
            })?;
            if look.elapsed() >= LOOK || gone {
                look = Instant::now();
                seen.peak_kib = seen.peak_kib.max(target.rss_kib()?);
                // The client cannot see its end: that waits behind the data. The server's open sockets show it.
                gone |= stalled.is_some() && target.descriptors()? < open;
            }
            if gone && seen.cut.is_none() {
                seen.cut = Some(start.elapsed());
                seen.cut_at = Some(sent.len());
            }
        }
        fleet.settle(Duration::from_millis(100))?;
        Ok(seen)
    }
}
