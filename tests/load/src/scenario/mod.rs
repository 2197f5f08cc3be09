//! What is measured: a file a scenario, and the list of them.

mod fanout;
mod growth;
mod handshake;
mod idle;
mod nodes;
mod requests;
mod runs;
mod stalled;
mod start;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::fleet::{News, PATIENCE, is_refused};
use crate::identity::Identity;
use crate::lab::{Lab, Sizes};
use crate::target::Target;
use crate::wire;

pub use runs::store_runs;

/// A group of scenarios that can be chosen with `--only`.
type Group = (&'static str, fn(&mut Lab) -> Result<()>);

/// Every group, in the order in which they run.
pub const GROUPS: &[Group] = &[
    ("health", requests::health),
    ("http", requests::http),
    ("handshake", handshake::measure),
    ("fanout", fanout::measure),
    ("runs", runs::measure),
    ("start", start::measure),
    ("idle", idle::measure),
    ("nodes", nodes::measure),
    ("stalled", stalled::measure),
    ("growth-connections", growth::connections),
    ("growth-subscribers", growth::subscribers),
    ("growth-unsubscribed", growth::unsubscribed),
    ("growth-stored", growth::stored),
    ("growth-transcript", growth::transcript),
    ("growth-devices", growth::devices),
];

/// A request as the stock clients send it.
pub fn request(id: &str, method: &str, params: &str) -> String {
    if params.is_empty() {
        return format!(r#"{{"type":"req","id":"{id}","method":"{method}"}}"#);
    }
    format!(r#"{{"type":"req","id":"{id}","method":"{method}","params":{params}}}"#)
}

/// A `system-event`, which everyone who may read hears of as `presence`.
pub fn system_event(id: &str, text: &str) -> String {
    request(id, "system-event", &format!(r#"{{"text":"{text}"}}"#))
}

/// Reads the sizes of a server's frames.
pub fn probe(lab: &Lab, target: &Target) -> Result<Sizes> {
    let mut fleet = lab.fleet(target)?;
    let mut hello = 0;
    let client = fleet.open(&Identity::Backend)?;
    let start = Instant::now();
    while hello == 0 {
        ensure!(start.elapsed() < PATIENCE, "no hello-ok within {PATIENCE:?}");
        fleet.step(Some(PATIENCE), &mut |_, _, news| {
            match news {
                News::Open(payload) => hello = payload.len(),
                News::Closed => {
                    anyhow::bail!("the server closed the connection instead of answering connect")
                }
                News::Frame(_) => {}
            }
            Ok(())
        })?;
    }
    let (health, _) = fleet.call(client, &request("s1", "health", ""), None)?;
    let body = get_healthz(target)?;
    Ok(Sizes { hello, health: health.len(), healthz: body })
}

/// Asks for `/healthz` until it answers 200; returns the bytes of its body.
pub fn get_healthz(target: &Target) -> Result<usize> {
    let start = Instant::now();
    loop {
        let answer = try_healthz(target);
        match answer {
            Ok(bytes) if bytes.starts_with(b"HTTP/1.1 200") => {
                let head =
                    wire::find(&bytes, b"\r\n\r\n").context("an HTTP answer without an end of its head")?;
                return Ok(bytes.len() - head - 4);
            }
            Ok(_) => {}
            Err(error) if is_refused(&error) => {}
            Err(error) => return Err(error).context("GET /healthz"),
        }
        ensure!(start.elapsed() < PATIENCE, "GET /healthz did not answer 200 within {PATIENCE:?}");
        std::thread::sleep(std::time::Duration::from_micros(200));
    }
}

/// One GET, read up to the end of the body that its head announces.
fn try_healthz(target: &Target) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(target.address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let (mut bytes, mut part) = (Vec::new(), [0_u8; 4096]);
    loop {
        let count = stream.read(&mut part)?;
        bytes.extend_from_slice(&part[..count]);
        let whole = wire::find(&bytes, b"\r\n\r\n").is_some_and(|head| {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            bytes.len() >= head + 4 + length.unwrap_or(0_usize)
        });
        if count == 0 || whole {
            return Ok(bytes);
        }
    }
}
