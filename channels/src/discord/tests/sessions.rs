//! The state machine of a connection, frame by frame.

use std::time::Duration;

use serde_json::json;

use crate::discord::cursor::Session;
use crate::discord::session::{Ending, Machine, Step};

fn session() -> Session {
    Session { id: "s".into(), seq: 41, url: "wss://gateway.discord.gg".into() }
}

fn hello(machine: &mut Machine) {
    let step = machine.take(r#"{"op":10,"d":{"heartbeat_interval":41250}}"#);
    assert!(matches!(step, Step::Hello(interval) if interval == Duration::from_millis(41_250)));
}

fn ending(step: Step) -> Ending {
    match step {
        Step::End(ending) => ending,
        other => panic!("no end: {other:?}"),
    }
}

#[test]
fn without_a_session_it_identifies_itself_and_with_one_it_resumes() {
    let mut new = Machine::new(None);
    hello(&mut new);
    let opening = new.opening("t", 513);
    assert_eq!((&opening["op"], &opening["d"]["intents"]), (&json!(2), &json!(513)));
    let mut old = Machine::new(Some(session()));
    hello(&mut old);
    assert_eq!(old.opening("t", 513), json!({"op": 6, "d": {"token": "t", "session_id": "s", "seq": 41}}));
    assert_eq!(old.beat_now(), json!({"op": 1, "d": 41}));
}

#[test]
fn heartbeats_carry_the_last_number_and_an_answered_one_is_followed_by_the_next() {
    let mut machine = Machine::new(None);
    hello(&mut machine);
    assert_eq!(machine.beat(true).unwrap(), json!({"op": 1, "d": null}));
    assert!(matches!(machine.take(r#"{"op":11}"#), Step::Acknowledged));
    assert!(matches!(machine.take(r#"{"op":11}"#), Step::Nothing), "nobody asked");
    machine.take(r#"{"op":0,"s":5,"t":"READY","d":{}}"#);
    assert!(machine.established());
    assert_eq!(machine.beat(true).unwrap()["d"], 5);
    machine.take(r#"{"op":0,"s":6,"t":"MESSAGE_CREATE","d":{}}"#);
    assert!(machine.beat(false).is_ok(), "the acknowledgement may wait unread");
    assert!(machine.beat(true).is_err(), "an event is no acknowledgement");
    assert!(matches!(machine.take(r#"{"op":1,"d":null}"#), Step::Beat));
}

#[test]
fn the_platform_ends_connections_and_sessions() {
    let mut machine = Machine::new(Some(session()));
    hello(&mut machine);
    assert_eq!(ending(machine.take(r#"{"op":7,"d":null}"#)), Ending::Reconnect);
    let kept = ending(machine.take(r#"{"op":9,"d":true}"#));
    assert_eq!((kept.session_lost(), &kept), (false, &Ending::Invalid { resumable: true }));
    assert!(ending(machine.take(r#"{"op":9,"d":false}"#)).session_lost());
    for (code, lost, refused) in [
        (4000, false, false),
        (4001, false, false),
        (4002, false, false),
        (4003, true, false),
        (4004, false, true),
        (4005, false, false),
        (4007, true, false),
        (4008, false, false),
        (4009, true, false),
        (4010, false, true),
        (4011, false, true),
        (4012, false, true),
        (4013, false, true),
        (4014, false, true),
        (1000, false, false),
        (1006, false, false),
    ] {
        let ending = Machine::closed(Some(code), 1 << 15);
        let is = (ending.session_lost(), matches!(ending, Ending::Refused(_)));
        assert_eq!(is, (lost, refused), "{code}");
    }
}

#[test]
fn what_comes_before_the_hello_or_makes_no_sense_ends_the_connection() {
    for wrong in [
        r#"{"op":0,"s":1,"t":"READY","d":{}}"#,
        r#"{"op":11}"#,
        r#"{"op":10,"d":{"heartbeat_interval":0}}"#,
        r#"{"op":10,"d":null}"#,
        r#"{"op":10,"d":{"heartbeat_interval":99999999999}}"#,
        "nonsense",
        "[]",
        "",
    ] {
        let ended = ending(Machine::new(None).take(wrong));
        assert!(matches!(ended, Ending::Broken { lost: false, .. }), "{wrong}");
    }
}
