//! The load's clients against the baseline, in one process.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use clap::Parser;

use super::{Options, server::Server};
use crate::fleet::{Fleet, News};
use crate::identity::{Device, Identity};
use crate::scenario::{request, system_event};
use crate::wire;

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    options: Options,
}

fn start(flags: &[&str]) -> SocketAddr {
    let options = Flags::parse_from(std::iter::once(&"limit").chain(flags)).options;
    let (tell, hear) = mpsc::channel();
    std::thread::spawn(move || {
        let mut server = Server::open(options).unwrap();
        tell.send(server.address().unwrap()).unwrap();
        server.serve().unwrap();
    });
    hear.recv().unwrap()
}

#[test]
fn frames_have_the_sizes_asked_for() {
    let flags = ["--hello-bytes=4000", "--health-bytes=900", "--event-bytes=600"];
    let mut fleet = Fleet::new(start(&flags), "t").unwrap();
    let client = fleet.open(&Identity::Backend).unwrap();
    let mut hello = 0;
    while hello == 0 {
        let mut hear = |_: usize, _: &mut _, news: News<'_>| {
            if let News::Open(payload) = news {
                hello = payload.len();
            }
            Ok(())
        };
        fleet.step(Some(Duration::from_secs(1)), &mut hear).unwrap();
    }
    assert_eq!(hello, 4000);
    let (health, _) = fleet.call(client, &request("s123", "health", ""), None).unwrap();
    assert_eq!(health.len(), 900);
    serde_json::from_slice::<serde_json::Value>(&health).unwrap();
    let (_, event) = fleet.call(client, &system_event("e", "load-0000001"), Some("presence")).unwrap();
    assert_eq!(event.len(), 600);
    let event: serde_json::Value = serde_json::from_slice(&event).unwrap();
    assert_eq!(event["seq"], 1);
}

#[test]
fn a_run_is_stored_before_it_is_acknowledged_and_its_end_reaches_everyone() {
    let dir = tempfile::tempdir().unwrap();
    let state = format!("--state-dir={}", dir.path().display());
    let mut fleet = Fleet::new(start(&["--sqlite=full", "--verify", &state]), "t").unwrap();
    let device = Identity::Device(Device::fresh().unwrap());
    let clients = fleet.open_all(2, &device).unwrap();
    let params = r#"{"sessionKey":"agent:main:load-1","message":"ping","idempotencyKey":"k-1"}"#;
    let (ack, end) = fleet.call(clients[0], &request("c1", "chat.send", params), Some("chat")).unwrap();
    assert_eq!(wire::field(&ack, b"\"runId\":\""), Some(&b"k-1"[..]));
    assert_eq!(wire::field(&end, b"\"state\":\""), Some(&b"final"[..]));
    let database = rusqlite::Connection::open(dir.path().join("limit.db")).unwrap();
    let rows: u32 = database.query_row("SELECT count(*) FROM journal", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 3, "the device, the accepted run and its end");
}

#[test]
fn a_connection_that_does_not_read_is_cut_off_at_the_bound() {
    let mut fleet = Fleet::new(start(&["--max-backlog=100000", "--event-bytes=16000"]), "t").unwrap();
    let clients = fleet.open_all(2, &Identity::Backend).unwrap();
    fleet.stall(clients[1]).unwrap();
    for _ in 0..400 {
        fleet.call(clients[0], &system_event("e", "x"), Some("presence")).unwrap();
    }
    fleet.resume(clients[1]).unwrap();
    let mut closed = false;
    while !closed {
        let mut hear = |index: usize, _: &mut _, news: News<'_>| {
            closed |= index == clients[1] && matches!(news, News::Closed);
            Ok(())
        };
        assert!(fleet.step(Some(Duration::from_secs(5)), &mut hear).is_ok());
    }
}
