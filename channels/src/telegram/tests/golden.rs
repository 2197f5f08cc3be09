//! What recorded updates mean, file by file. `LANDLINE_BLESS=1` writes anew what is expected.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::bot;
use crate::telegram::update::update_to_inbound;

/// The time of what has none.
pub(super) const NOW: i64 = 1_760_000_123_000;

/// Returns the files with what they hold.
pub(super) fn cases() -> Vec<(PathBuf, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/telegram/tests/golden");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

#[test]
fn updates_mean_what_they_did() {
    for (path, mut case) in cases() {
        let updates = case["updates"].as_array().unwrap();
        let told = updates.iter().map(|update| update_to_inbound(update, &bot(), NOW).unwrap());
        let told = json!(told.collect::<Vec<_>>());
        if std::env::var_os("LANDLINE_BLESS").is_some() {
            case["inbound"] = told;
            fs::write(&path, serde_json::to_string_pretty(&case).unwrap() + "\n").unwrap();
            continue;
        }
        assert_eq!(
            told,
            case["inbound"],
            "{}; if it should differ, run with LANDLINE_BLESS=1",
            path.display()
        );
    }
}

#[test]
fn ids_are_stable_and_differ() {
    let mut ids = Vec::new();
    for (_, case) in cases() {
        for update in case["updates"].as_array().unwrap() {
            let first = update_to_inbound(update, &bot(), NOW).unwrap();
            let mut again = update.clone();
            if update.get("message").is_some() {
                again["update_id"] = json!(1);
            }
            let second = update_to_inbound(&again, &bot(), NOW + 5).unwrap();
            let names = |told: &[crate::Inbound]| told.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
            assert_eq!(names(&first), names(&second));
            ids.extend(names(&first));
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn an_album_of_ten_is_one_message_to_its_sender() {
    let (_, case) = cases().into_iter().find(|(path, _)| path.ends_with("album.json")).unwrap();
    let parts = case["inbound"].as_array().unwrap();
    assert_eq!(parts.len(), 10);
    assert!(parts.iter().all(|part| part[0]["event"]["album"] == "13500000000"));
    assert!(parts.iter().all(|part| part[0]["event"]["attachments"].as_array().unwrap().len() == 1));
}

#[test]
fn what_is_no_update_says_why() {
    for odd in [
        json!({ "update_id": 1, "message": {} }),
        json!({ "message": 7 }),
        json!({ "poll_answer": { "poll_id": "1" } }),
    ] {
        let error = update_to_inbound(&odd, &bot(), NOW).unwrap_err().to_string();
        assert!(error.starts_with("an update was left out: "), "{error}");
    }
}
