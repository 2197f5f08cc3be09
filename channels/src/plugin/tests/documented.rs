//! The examples of `docs/channel-plugins.md` are messages that both sides understand.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::wire::{Ended, Error, Hello, Incoming, Initialize, Log, Store, Trouble};
use crate::outbound::{Failure, Outbound, Receipt};

#[test]
fn every_example_in_the_page_is_read() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/channel-plugins.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut seen = BTreeSet::new();
    // An answer stands below its request.
    let mut asked = String::new();
    for block in page.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for example in serde_json::Deserializer::from_str(block).into_iter::<Value>() {
            let example = example.unwrap_or_else(|error| panic!("{error} in {block}"));
            let line = serde_json::to_vec(&example).unwrap();
            match Incoming::read(&line).unwrap_or_else(|error| panic!("{error}: {example}")) {
                Incoming::Request { method, params, .. } => {
                    check(&method, params);
                    asked.clone_from(&method);
                    seen.insert(method);
                }
                Incoming::Notification { method, params } => {
                    check(&method, params);
                    seen.insert(method);
                }
                Incoming::Answer { outcome, .. } => {
                    seen.insert(format!("{asked} {}", answered(&asked, outcome)));
                }
            }
        }
    }
    let wanted = [
        "alive",
        "ended",
        "inbox.store",
        "inbox.store error",
        "inbox.store result",
        "initialize",
        "initialize error",
        "initialize result",
        "log",
        "send",
        "send error",
        "send result",
        "shutdown",
        "shutdown result",
        "trouble",
    ];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
}

fn check(method: &str, params: Value) {
    let shown = params.to_string();
    let read = match method {
        "initialize" => serde_json::from_value::<Initialize>(params).map(drop),
        "send" => serde_json::from_value::<Outbound>(params).map(drop),
        "inbox.store" => serde_json::from_value::<Store>(params).map(drop),
        "trouble" => serde_json::from_value::<Trouble>(params).map(drop),
        "log" => serde_json::from_value::<Log>(params).map(drop),
        "ended" => serde_json::from_value::<Ended>(params).map(drop),
        "alive" | "shutdown" => Ok(()),
        other => panic!("{other} is no method"),
    };
    read.unwrap_or_else(|error| panic!("{method}: {error}: {shown}"));
}

fn answered(method: &str, outcome: Result<Value, Error>) -> &'static str {
    match (method, outcome) {
        ("initialize", Ok(result)) => drop(serde_json::from_value::<Hello>(result).unwrap()),
        ("initialize", Err(error)) => {
            serde_json::from_value::<Ended>(error.data.unwrap()).unwrap();
            return "error";
        }
        ("send", Ok(result)) => drop(serde_json::from_value::<Receipt>(result).unwrap()),
        ("send", Err(error)) => {
            assert!(error.data.is_some());
            assert_ne!(error.of_send().failure, Failure::Unknown, "the example's data is read");
            return "error";
        }
        ("inbox.store" | "shutdown", Ok(result)) => assert_eq!(result, json!(null)),
        ("inbox.store", Err(_)) => return "error",
        (other, _) => panic!("{other} has no such answer"),
    }
    "result"
}

#[test]
fn every_action_is_in_the_page() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/channel-plugins.md");
    let page = std::fs::read_to_string(path).unwrap();
    let actions = [
        "text", "edit", "delete", "react", "typing", "media", "poll", "pin", "thread", "read", "answer",
        "fetch", "menu", "cards",
    ];
    let events = ["message", "edited", "deleted", "reacted", "pressed", "command", "voted", "moved"];
    for word in actions.into_iter().chain(events) {
        assert!(page.contains(&format!("| `{word}` |")), "`{word}` is missing");
    }
    for ability in enumset::EnumSet::<crate::Ability>::all() {
        assert!(page.contains(&format!("`{ability}`")), "`{ability}` is missing");
    }
}
