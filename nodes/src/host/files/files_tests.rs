//! Files within named folders: what is read and written, and every way out that is shut.

use std::os::unix::fs::symlink;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::host::progress::Progress;

fn house() -> (tempfile::TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["work", "look"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("secret"), "out").unwrap();
    std::fs::write(folder.path().join("look/a.txt"), "hello").unwrap();
    let root = |name: &str, write| (name.to_owned(), Root { path: folder.path().join(name), write });
    let files = Files::new([root("work", true), root("look", false)].into());
    (folder, files)
}

async fn ask(files: &Files, command: &str, params: Value) -> Answer {
    let call = Call {
        params,
        limit: Duration::from_secs(5),
        stop: CancellationToken::new(),
        progress: Progress::none(),
        now: 0,
    };
    files.answer(command, call).await
}

#[tokio::test]
async fn written_read_listed() {
    let (_folder, files) = house();
    let path = "work/a/b.txt";
    assert!(
        ask(&files, "fs.write", json!({"path": path, "content": "one"})).await.is_err(),
        "no folder a yet"
    );
    let params = json!({"path": path, "content": "one", "createParents": true});
    assert_eq!(ask(&files, "fs.write", params).await.unwrap()["size"], 3);
    let params = json!({"path": path, "base64": "IHR3bw==", "mode": "append"});
    assert_eq!(ask(&files, "fs.write", params).await.unwrap()["size"], 7);
    assert!(ask(&files, "fs.write", json!({"path": path, "content": "x", "mode": "create"})).await.is_err());
    let read = ask(&files, "fs.read", json!({"path": path, "offset": 4})).await.unwrap();
    assert_eq!((&read["content"], &read["eof"]), (&json!("two"), &json!(true)));
    let listed = ask(&files, "fs.listDir", json!({"path": "work/a"})).await.unwrap();
    assert_eq!(listed["entries"][0]["path"], path);
    assert_eq!(listed["entries"][0]["size"], 7);
    assert_eq!(ask(&files, "fs.stat", json!({"path": path})).await.unwrap()["kind"], "file");
    let roots = ask(&files, "fs.listDir", json!({})).await.unwrap();
    assert_eq!(roots["entries"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn every_way_out_is_shut() {
    let (folder, files) = house();
    symlink("../secret", folder.path().join("work/leak")).unwrap();
    symlink("..", folder.path().join("work/up")).unwrap();
    for path in [
        "/etc/passwd",
        "work/../secret",
        "../secret",
        "work/leak",
        "work/up/secret",
        "elsewhere/x",
        "",
        "work/\0",
    ] {
        assert!(ask(&files, "fs.read", json!({"path": path})).await.is_err(), "{path}");
    }
    let error = ask(&files, "fs.read", json!({"path": "work/leak"})).await.unwrap_err();
    assert_eq!(error.code.name(), "INVALID_REQUEST");
    assert!(error.message.contains("leads out"), "{error}");
    for mode in ["replace", "append", "create"] {
        for path in ["work/up/new", "work/leak", "look/new", "work", "work/../x"] {
            let params = json!({"path": path, "content": "x", "mode": mode});
            assert!(ask(&files, "fs.write", params).await.is_err(), "{path} {mode}");
        }
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("secret")).unwrap(), "out");
    assert!(!folder.path().join("new").exists());
}

#[tokio::test]
async fn devices_and_pipes_are_no_files() {
    let (folder, files) = house();
    let pipe = folder.path().join("work/pipe");
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, rustix::fs::Mode::RUSR, 0).unwrap();
    assert!(ask(&files, "fs.read", json!({"path": "work/pipe"})).await.is_err());
    assert!(ask(&files, "fs.write", json!({"path": "work/pipe", "content": "x"})).await.is_err());
    assert!(ask(&files, "fs.read", json!({"path": "work"})).await.is_err());
}

#[tokio::test]
async fn what_is_no_text_needs_base64() {
    let (folder, files) = house();
    std::fs::write(folder.path().join("work/b"), b"\xff\x00").unwrap();
    assert!(ask(&files, "fs.read", json!({"path": "work/b"})).await.is_err());
    let read = ask(&files, "fs.read", json!({"path": "work/b", "encoding": "base64"})).await.unwrap();
    assert_eq!(read["base64"], "/wA=");
    assert!(ask(&files, "fs.read", json!({"path": "work/b", "length": u64::MAX})).await.is_err());
}

#[test]
fn only_what_can_be_done_is_offered() {
    let withheld = |files: &Files| {
        let offers = files.offers().into_iter().filter(|offer| offer.withheld.is_some());
        offers.map(|offer| offer.command).collect::<Vec<_>>()
    };
    assert_eq!(withheld(&Files::new(BTreeMap::new())).len(), 4);
    let look = Root { path: "/tmp".into(), write: false };
    assert_eq!(withheld(&Files::new([("look".to_owned(), look)].into())), ["fs.write"]);
}

proptest! {
    #[test]
    fn a_place_is_beneath_its_root_or_nowhere(path in "(work|look|x|/|\\.\\.|\\.|a|b)(/(work|\\.\\.|\\.|a|é)){0,5}") {
        let (folder, files) = house();
        if let Ok(place) = files.place(&path) {
            prop_assert!(place.inside.components().all(|part| matches!(part, Component::Normal(_))));
            prop_assert!(place.root.path.join(&place.inside).starts_with(folder.path()));
            prop_assert!(!path.contains(".."));
        }
    }
}
