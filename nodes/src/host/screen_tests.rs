//! The screen, with scripts in place of the tools.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::host::progress::Progress;
use crate::process::Environment;

/// A machine with one tool, which writes its words to the file that the last of them names.
fn screen(tool: &str, display: (&str, &str)) -> (tempfile::TempDir, Screen) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(tool);
    std::fs::write(&path, "#!/bin/sh\nfor last; do :; done\necho \"$*\" > \"$last\"\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let environment: Environment = [("PATH", folder.path().to_str().unwrap()), ("HOME", "/tmp"), display]
        .map(|(k, v)| (k.into(), v.into()))
        .into_iter()
        .collect();
    let scratch = folder.path().join("scratch");
    let screen = Screen::new(Machine::new(environment, scratch, &uuid::Uuid::new_v4().to_string()));
    (folder, screen)
}

async fn ask(screen: &Screen, command: &str, params: Value) -> Answer {
    let call = Call {
        params,
        limit: Duration::from_secs(10),
        stop: CancellationToken::new(),
        progress: Progress::none(),
        now: 0,
    };
    screen.answer(command, call).await
}

fn offered(screen: &Screen) -> Vec<String> {
    let offers = screen.offers().into_iter().filter(|offer| offer.withheld.is_none());
    offers.map(|offer| offer.command).collect()
}

fn text(answer: &Value) -> String {
    String::from_utf8(STANDARD.decode(answer["base64"].as_str().unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_picture_by_each_tool() {
    for (tool, display) in [
        ("grim", ("WAYLAND_DISPLAY", "wayland-0")),
        ("scrot", ("DISPLAY", ":7")),
        ("import", ("DISPLAY", ":7")),
    ] {
        let (folder, screen) = screen(tool, display);
        assert_eq!(offered(&screen), ["screen.snapshot"], "{tool}");
        let answer = ask(&screen, "screen.snapshot", json!({"format": "jpeg"})).await.unwrap();
        assert_eq!(answer["format"], "jpeg");
        assert!(text(&answer).contains(".jpg"));
        assert_eq!(
            std::fs::read_dir(folder.path().join("scratch")).unwrap().count(),
            0,
            "nothing stays behind"
        );
    }
}

#[tokio::test]
async fn a_film_of_the_right_display() {
    let (_folder, screen) = screen("ffmpeg", ("DISPLAY", ":7"));
    assert_eq!(offered(&screen), ["screen.snapshot", "screen.record"]);
    let answer = ask(&screen, "screen.record", json!({"durationMs": 500, "fps": 5})).await.unwrap();
    let words = text(&answer);
    assert!(words.contains("-i :7") && words.contains("-t 0.5") && words.contains("-framerate 5"), "{words}");
    assert_eq!(answer["hasAudio"], false);
    for wrong in
        [json!({"durationMs": 60001}), json!({"fps": 0}), json!({"screenIndex": 1}), json!({"format": "gif"})]
    {
        assert!(ask(&screen, "screen.record", wrong).await.is_err());
    }
}

#[test]
fn without_a_display_nothing_is_offered() {
    let (_folder, screen) = screen("scrot", ("OTHER", "x"));
    assert!(offered(&screen).is_empty());
    assert!(screen.offers()[0].withheld.as_deref().is_some_and(|why| why.contains("display")));
}
