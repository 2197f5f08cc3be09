//! `health` over the socket, closed and open loop, and `GET /healthz` over HTTP.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::request;
use crate::fleet::{Client, Fleet, News, PATIENCE, cut};
use crate::identity::Identity;
use crate::lab::{Lab, spent};
use crate::report::{Latencies, Values};
use crate::target::Target;
use crate::wire;

/// Requests per second of the open loop.
const OFFERED: u32 = 300;
const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// `health` one at a time, 16 × 8 in flight, and at a fixed rate.
pub fn health(lab: &mut Lab) -> Result<()> {
    let targets = lab.pair(&[])?;
    for (name, connections, in_flight) in [("health 1x1", 1, 1), ("health 16x8", 16, 8)] {
        lab.rounds(name, &targets, &mut |lab, target| {
            let mut fleet = lab.fleet(target)?;
            let clients = fleet.open_all(connections, &Identity::Backend)?;
            closed_loop(target, &mut fleet, &clients, in_flight, lab.settings.window(), ("health", ""))
        })?;
    }
    lab.rounds("health 300/s", &targets, &mut |lab, target| {
        let mut fleet = lab.fleet(target)?;
        let clients = fleet.open_all(16, &Identity::Backend)?;
        open_loop(target, &mut fleet, &clients, lab.settings.window())
    })
}

/// `GET /healthz` on 16 kept-alive connections.
pub fn http(lab: &mut Lab) -> Result<()> {
    let targets = lab.pair(&[])?;
    lab.rounds("http 16", &targets, &mut |lab, target| {
        let mut fleet = lab.fleet(target)?;
        let clients = (0..16).map(|_| fleet.open_http()).collect::<Result<Vec<usize>>>()?;
        let mut load = Closed::new(&clients, 1, vec![GET.to_vec()], true);
        load.measure(target, &mut fleet, &clients, lab.settings.window())
    })
}

/// Keeps `in_flight` requests going on each client for `window`.
pub fn closed_loop(
    target: &Target,
    fleet: &mut Fleet,
    clients: &[usize],
    in_flight: usize,
    window: Duration,
    (method, params): (&str, &str),
) -> Result<Values> {
    let slot = |n: usize| request(&format!("s{n:02}"), method, params).into_bytes();
    let mut load = Closed::new(clients, in_flight, (0..in_flight).map(slot).collect(), false);
    load.measure(target, fleet, clients, window)
}

/// A closed loop: every answer is followed by the next request in the same slot.
struct Closed {
    requests: Vec<Vec<u8>>,
    http: bool,
    started: Vec<Vec<Instant>>,
    latencies: Latencies,
    outstanding: usize,
    measuring: bool,
    stopping: bool,
}

impl Closed {
    fn new(clients: &[usize], in_flight: usize, requests: Vec<Vec<u8>>, http: bool) -> Self {
        let highest = clients.iter().max().map_or(0, |index| index + 1);
        Self {
            requests,
            http,
            started: vec![vec![Instant::now(); in_flight]; highest],
            latencies: Latencies::default(),
            outstanding: 0,
            measuring: false,
            stopping: false,
        }
    }

    fn measure(
        &mut self,
        target: &Target,
        fleet: &mut Fleet,
        clients: &[usize],
        window: Duration,
    ) -> Result<Values> {
        for &index in clients {
            for slot in 0..self.started[index].len() {
                self.ask(index, fleet.client(index)?, slot)?;
            }
            fleet.flush(index)?;
        }
        self.drive(fleet, window / 5)?;
        let from = target.usage()?;
        self.measuring = true;
        self.drive(fleet, window)?;
        let to = target.usage()?;
        self.measuring = false;
        self.stopping = true;
        self.drive(fleet, PATIENCE)?;
        let mut values = spent(&from, &to, self.latencies.len() as f64);
        for (name, share) in [("p50_us", 0.5), ("p99_us", 0.99)] {
            values.push((name, self.latencies.percentile(share)));
        }
        Ok(values)
    }

    fn drive(&mut self, fleet: &mut Fleet, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        let mut last = Instant::now();
        while Instant::now() < end && self.outstanding > 0 {
            let heard =
                fleet.step(Some(Duration::from_millis(20)), &mut |index, client, news| match news {
                    News::Frame(payload) => self.answer(index, client, payload),
                    News::Open(_) => Ok(()),
                    News::Closed => bail!("the server closed a connection under load"),
                })?;
            if heard > 0 {
                last = Instant::now();
            }
            ensure!(last.elapsed() < PATIENCE, "no answer within {PATIENCE:?}");
        }
        Ok(())
    }

    fn answer(&mut self, index: usize, client: &mut Client, payload: &[u8]) -> Result<()> {
        let slot = if self.http {
            0
        } else {
            let Some(id) = wire::response_id(payload) else { return Ok(()) };
            ensure!(!wire::refused(payload), "the server refused a request: {}", cut(payload));
            std::str::from_utf8(id)?
                .trim_start_matches('s')
                .parse::<usize>()
                .context("an unknown id came back")?
        };
        self.outstanding -= 1;
        if self.measuring {
            self.latencies.add(self.started[index][slot].elapsed());
        }
        if self.stopping { Ok(()) } else { self.ask(index, client, slot) }
    }

    fn ask(&mut self, index: usize, client: &mut Client, slot: usize) -> Result<()> {
        self.started[index][slot] = Instant::now();
        self.outstanding += 1;
        let bytes = &self.requests[slot];
        if self.http {
            client.send_raw(bytes);
        } else {
            client.send(std::str::from_utf8(bytes)?);
        }
        Ok(())
    }
}

/// Sends at fixed times, whatever the answers do; a latency counts from the time at which it should have left.
fn open_loop(target: &Target, fleet: &mut Fleet, clients: &[usize], window: Duration) -> Result<Values> {
    let every = Duration::from_secs(1) / OFFERED;
    // A tail needs some hundred samples, however short the window.
    let total = usize::try_from(window.as_nanos() / every.as_nanos())?.max(300);
    let (start, mut sent, mut latencies) = (Instant::now(), 0_usize, Latencies::default());
    let due = |number: usize| start + every * u32::try_from(number).unwrap_or(u32::MAX);
    let from = target.usage()?;
    while latencies.len() < total {
        while sent < total && Instant::now() >= due(sent) {
            fleet.send(clients[sent % clients.len()], &request(&format!("s{sent}"), "health", ""))?;
            sent += 1;
        }
        ensure!(start.elapsed() < due(total).duration_since(start) + PATIENCE, "answers are missing");
        // Not asleep while the next one is near: a late wake-up would count against the server.
        let wait = if sent < total {
            due(sent).saturating_duration_since(Instant::now() + Duration::from_millis(1))
        } else {
            Duration::from_millis(20)
        };
        fleet.step(Some(wait), &mut |_, _, news| {
            let News::Frame(payload) = news else { return Ok(()) };
            let Some(id) = wire::response_id(payload) else { return Ok(()) };
            ensure!(!wire::refused(payload), "the server refused a request: {}", cut(payload));
            let number = std::str::from_utf8(id)?.trim_start_matches('s').parse::<usize>()?;
            latencies.add(Instant::now().saturating_duration_since(due(number)));
            Ok(())
        })?;
    }
    let to = target.usage()?;
    let mut values = spent(&from, &to, total as f64);
    for (name, share) in [("p50_us", 0.5), ("p99_us", 0.99), ("p999_us", 0.999)] {
        values.push((name, latencies.percentile(share)));
    }
    Ok(values)
}
