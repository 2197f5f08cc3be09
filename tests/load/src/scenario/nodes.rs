//! Other machines: a thousand of them that only listen, and the way of one request to a node and back.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::{idle, request, requests};
use crate::fleet::{Client, Fleet, News, PATIENCE, cut};
use crate::identity::{Device, Identity, NODE_COMMAND};
use crate::lab::{Lab, spent};
use crate::report::{Latencies, Values};
use crate::target::Target;
use crate::wire;

/// Nodes that are connected at the same time.
const NODES: usize = 1_000;

/// Idle nodes beside as many idle sockets of the baseline; invoking beside the baseline's echo.
pub fn measure(lab: &mut Lab) -> Result<()> {
    for name in ["limit", "product"] {
        let target = lab.start(name, None, &[])?;
        let mut fleet = lab.fleet(&target)?;
        let values = idle::hold_with(lab, &target, &mut fleet, NODES, &|| identity(name))?;
        lab.report.add(&format!("nodes {NODES}"), 0, name, values)?;
    }
    let targets = lab.pair(&[])?;
    lab.rounds("node invoke", &targets, &mut |lab, target| {
        let mut fleet = lab.fleet(target)?;
        let window = lab.settings.window();
        if target.name == "product" {
            return invoke(target, &mut fleet, window);
        }
        let clients = fleet.open_all(1, &Identity::Backend)?;
        requests::closed_loop(target, &mut fleet, &clients, 1, window, ("health", ""))
    })
}

fn identity(name: &str) -> Result<Identity> {
    Ok(if name == "product" { Identity::Node(Device::fresh()?) } else { Identity::Backend })
}

/// Asks one node again and again, one request at a time.
fn invoke(target: &Target, fleet: &mut Fleet, window: Duration) -> Result<Values> {
    let device = Device::fresh()?;
    let node = fleet.open_all(1, &Identity::Node(Rc::clone(&device)))?[0];
    let operator = fleet.open_all(1, &Identity::Backend)?[0];
    approve(fleet, operator, device.id())?;
    fleet.settle(Duration::from_millis(300))?;
    let mut asking = Asking {
        operator,
        node,
        id: device.id().to_owned(),
        number: 0,
        started: Instant::now(),
        heard: Instant::now(),
        latencies: None,
    };
    asking.ask(fleet.client(operator)?);
    fleet.flush(operator)?;
    asking.drive(fleet, window / 5)?;
    let from = target.usage()?;
    asking.latencies = Some(Latencies::default());
    asking.drive(fleet, window)?;
    let to = target.usage()?;
    let mut latencies = asking.latencies.take().context("they were set a moment ago")?;
    let mut values = spent(&from, &to, latencies.len() as f64);
    for (name, share) in [("p50_us", 0.5), ("p99_us", 0.99)] {
        values.push((name, latencies.percentile(share)));
    }
    Ok(values)
}

/// Allows what the node offers, as its owner would.
fn approve(fleet: &mut Fleet, operator: usize, node: &str) -> Result<()> {
    let (list, _) = fleet.call(operator, &request("list", "node.pair.list", "{}"), None)?;
    let at = wire::find(&list, node.as_bytes()).context("the node does not wait for approval")?;
    // Either order of the two fields within the request: the nearest id before or after the node's.
    let key = b"\"requestId\":\"";
    let waiting = wire::field(&list[at..], key).or_else(|| wire::field(&list, key));
    let waiting = String::from_utf8_lossy(waiting.context("a request without an id")?).into_owned();
    fleet.call(
        operator,
        &request("yes", "node.pair.approve", &format!(r#"{{"requestId":"{waiting}"}}"#)),
        None,
    )?;
    Ok(())
}

/// One operator, one node, one request on its way.
struct Asking {
    operator: usize,
    node: usize,
    id: String,
    number: u64,
    started: Instant,
    heard: Instant,
    latencies: Option<Latencies>,
}

impl Asking {
    fn ask(&mut self, operator: &mut Client) {
        self.number += 1;
        let (number, id) = (self.number, &self.id);
        self.started = Instant::now();
        operator.send(&request(
            &format!("i{number}"),
            "node.invoke",
            &format!(
                r#"{{"nodeId":"{id}","command":"{NODE_COMMAND}","params":{{"title":"a"}},"idempotencyKey":"{id}-{number}"}}"#
            ),
        ));
    }

    fn drive(&mut self, fleet: &mut Fleet, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            fleet.step(Some(Duration::from_millis(20)), &mut |index, client, news| match news {
                News::Frame(payload) => self.hear(index, client, payload),
                News::Open(_) => Ok(()),
                News::Closed => bail!("the server closed a connection under load"),
            })?;
            ensure!(self.heard.elapsed() < PATIENCE, "no answer of the node within {PATIENCE:?}");
        }
        Ok(())
    }

    fn hear(&mut self, index: usize, client: &mut Client, payload: &[u8]) -> Result<()> {
        if index == self.node {
            if wire::is_event(payload, b"node.invoke.request") {
                let asked = wire::field(payload, b"\"id\":\"").context("a request without an id")?;
                let (asked, id) = (String::from_utf8_lossy(asked), &self.id);
                let answer = format!(r#"{{"id":"{asked}","nodeId":"{id}","ok":true,"payloadJSON":"{{}}"}}"#);
                client.send(&request("r", "node.invoke.result", &answer));
            }
            return Ok(());
        }
        if index != self.operator || wire::response_id(payload).is_none() {
            return Ok(());
        }
        ensure!(!wire::refused(payload), "the server refused a request: {}", cut(payload));
        self.heard = Instant::now();
        let spent = self.started.elapsed();
        if let Some(latencies) = &mut self.latencies {
            latencies.add(spent);
        }
        self.ask(client);
        Ok(())
    }
}
