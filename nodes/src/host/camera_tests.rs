//! Cameras, with a folder in place of `/dev` and a script in place of the tool.

use std::os::unix::fs::PermissionsExt as _;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::host::progress::Progress;
use crate::process::Environment;

/// A machine whose `ffmpeg` is this script, with two cameras of which one only describes the other.
fn camera(script: &str) -> (tempfile::TempDir, Camera) {
    let folder = tempfile::tempdir().unwrap();
    let (bin, dev, sys) = (folder.path().join("bin"), folder.path().join("dev"), folder.path().join("sys"));
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(&dev).unwrap();
    for (number, index, name) in [(0, "0\n", "Front door\n"), (1, "1\n", "Front door\n"), (2, "0\n", "")] {
        std::fs::write(dev.join(format!("video{number}")), "").unwrap();
        let about = sys.join(format!("video{number}"));
        std::fs::create_dir_all(&about).unwrap();
        std::fs::write(about.join("index"), index).unwrap();
        std::fs::write(about.join("name"), name).unwrap();
    }
    if !script.is_empty() {
        let tool = bin.join("ffmpeg");
        std::fs::write(&tool, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let environment: Environment = [("PATH", bin.as_os_str().to_owned()), ("HOME", "/tmp".into())]
        .map(|(k, v)| (k.into(), v))
        .into_iter()
        .collect();
    let machine = Machine::new(environment, folder.path().join("scratch"), &uuid::Uuid::new_v4().to_string());
    let camera = Camera::at(machine, &dev, &sys);
    (folder, camera)
}

async fn ask(camera: &Camera, command: &str, params: Value) -> Answer {
    let call = Call {
        params,
        limit: Duration::from_secs(10),
        stop: CancellationToken::new(),
        progress: Progress::none(),
        now: 0,
    };
    camera.answer(command, call).await
}

/// A JPEG as far as its size goes.
const JPEG: &str = r"printf '\377\330\377\300\000\013\010\001\340\002\200\001\001\021\000'";

#[tokio::test]
async fn cameras_are_listed_and_a_picture_is_taken() {
    let (_folder, camera) = camera(JPEG);
    assert!(camera.offers().iter().all(|offer| offer.withheld.is_none()));
    let listed = ask(&camera, "camera.list", json!({})).await.unwrap();
    assert_eq!(listed["devices"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&listed["devices"][0]["id"], &listed["devices"][0]["name"]),
        (&json!("video0"), &json!("Front door"))
    );
    let snapped =
        ask(&camera, "camera.snap", json!({"deviceId": "video2", "facing": "front"})).await.unwrap();
    assert_eq!(
        (&snapped["format"], &snapped["width"], &snapped["height"]),
        (&json!("jpg"), &json!(640), &json!(480))
    );
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let (_folder, camera) = camera("echo busy >&2; exit 1");
    for params in [
        json!({"deviceId": "../../etc/passwd"}),
        json!({"format": "png"}),
        json!({"maxWidth": 1}),
        json!({"quality": 2}),
        json!({"delayMs": 10001}),
    ] {
        let error = ask(&camera, "camera.snap", params.clone()).await.expect_err("wrong");
        assert_eq!(error.code.name(), "INVALID_REQUEST", "{params}");
    }
    let error = ask(&camera, "camera.snap", json!({})).await.expect_err("busy");
    assert!(error.message.contains("busy"), "{error}");
}

#[test]
fn without_a_tool_only_the_list_is_offered() {
    let (_folder, camera) = camera("");
    let offered: Vec<String> = camera
        .offers()
        .into_iter()
        .filter(|offer| offer.withheld.is_none())
        .map(|offer| offer.command)
        .collect();
    assert_eq!(offered, ["camera.list"]);
}
