//! Files out, as one call each time, and files in, whole or not at all.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Reply, Seen, Server, fail, ok};
use super::{on, to};
use crate::channel::Channel as _;
use crate::outbound::{Action, Failure, Media, MediaKind, Outbound, Retry, SendError};

fn file(folder: &TempDir, name: &str, kind: MediaKind, size: u64) -> Media {
    let path = folder.path().join(name);
    fs::File::create(&path).unwrap().set_len(size).unwrap();
    Media { kind, path, name: name.to_owned() }
}

fn send(files: Vec<Media>, caption: &str) -> Outbound {
    to("1", Action::Media { files, caption: caption.to_owned(), reply_to: Some("4".into()), silent: false })
}

/// Returns the value of a form's field.
fn field(seen: &Seen, name: &str) -> String {
    let text = seen.text();
    let from = text.split(&format!("name=\"{name}\"")).nth(1).unwrap_or_default();
    let value = from.split("\r\n\r\n").nth(1).unwrap_or_default();
    value.split("\r\n").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_kind_has_its_method() {
    let folder = TempDir::new().unwrap();
    let kinds = [
        (MediaKind::Photo, "sendPhoto", "photo"),
        (MediaKind::Video, "sendVideo", "video"),
        (MediaKind::Audio, "sendAudio", "audio"),
        (MediaKind::Voice, "sendVoice", "voice"),
        (MediaKind::Document, "sendDocument", "document"),
    ];
    for (kind, method, name) in kinds {
        let server = Server::turns(vec![ok(json!({ "message_id": 9 }))]);
        let media = file(&folder, "отчёт; \"a\".bin", kind, 10);
        let receipt = on(&server).send(send(vec![media], "see <this>")).await.unwrap();
        assert_eq!((receipt.message.as_deref(), receipt.note), (Some("9"), None));
        let seen = server.seen().remove(0);
        assert_eq!(seen.method, method);
        assert!(
            seen.text().contains(&format!("name=\"{name}\"; filename=\"отчёт_ _a_.bin\"")),
            "{}",
            seen.text()
        );
        assert_eq!(
            (field(&seen, "chat_id"), field(&seen, "caption")),
            ("1".into(), "see &lt;this&gt;".into())
        );
        assert_eq!(field(&seen, "parse_mode"), "HTML");
        assert!(field(&seen, "reply_parameters").contains("\"message_id\":4"));
    }
}

#[tokio::test]
async fn several_pictures_are_one_album() {
    let folder = TempDir::new().unwrap();
    let files =
        vec![file(&folder, "a.jpg", MediaKind::Photo, 5), file(&folder, "b.mp4", MediaKind::Video, 5)];
    let server = Server::turns(vec![ok(json!([{ "message_id": 20 }, { "message_id": 21 }]))]);
    let receipt = on(&server).send(send(files, "two")).await.unwrap();
    assert_eq!(receipt.message.as_deref(), Some("20"));
    let seen = server.seen().remove(0);
    assert_eq!(seen.method, "sendMediaGroup");
    let media: Value = serde_json::from_str(&field(&seen, "media")).unwrap();
    let expected = json!([
        { "type": "photo", "media": "attach://file0", "caption": "two", "parse_mode": "HTML" },
        { "type": "video", "media": "attach://file1" },
    ]);
    assert_eq!(media, expected);
    assert!(seen.text().contains("name=\"file1\"; filename=\"b.mp4\""));
}

#[tokio::test]
async fn kinds_that_do_not_go_together_go_as_files() {
    let folder = TempDir::new().unwrap();
    let files =
        vec![file(&folder, "a.jpg", MediaKind::Photo, 5), file(&folder, "b.ogg", MediaKind::Voice, 5)];
    let server = Server::turns(vec![ok(json!([{ "message_id": 20 }]))]);
    let receipt = on(&server).send(send(files, "two")).await.unwrap();
    assert!(receipt.note.unwrap().contains("as files"));
    let media: Value = serde_json::from_str(&field(&server.seen()[0], "media")).unwrap();
    assert_eq!((&media[0]["type"], &media[1]["type"]), (&json!("document"), &json!("document")));
    assert_eq!((media[0].get("caption"), &media[1]["caption"]), (None, &json!("two")));
}

#[tokio::test]
async fn a_picture_that_is_none_to_telegram_goes_as_a_file() {
    let folder = TempDir::new().unwrap();
    let server = Server::turns(vec![
        fail(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"),
        ok(json!({ "message_id": 1 })),
    ]);
    let photo = file(&folder, "a.jpg", MediaKind::Photo, 5);
    let receipt = on(&server).send(send(vec![photo], "")).await.unwrap();
    assert!(receipt.note.unwrap().contains("as a file"));
    let methods: Vec<String> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["sendPhoto", "sendDocument"]);

    let server = Server::turns(vec![ok(json!({ "message_id": 1 }))]);
    let large = file(&folder, "large.jpg", MediaKind::Photo, (10 << 20) + 1);
    assert!(on(&server).send(send(vec![large], "")).await.unwrap().note.is_some());
    assert_eq!(server.seen()[0].method, "sendDocument");
}

#[tokio::test]
async fn what_telegram_would_not_take_is_not_sent() {
    let folder = TempDir::new().unwrap();
    let small = || file(&folder, "a.bin", MediaKind::Document, 5);
    let missing = Media { kind: MediaKind::Document, path: folder.path().join("none"), name: "none".into() };
    let cases = [
        (vec![], "", "1 to 10"),
        (vec![small(); 11], "", "1 to 10"),
        (vec![file(&folder, "huge", MediaKind::Document, (50 << 20) + 1)], "", "50 MB"),
        (vec![file(&folder, "empty", MediaKind::Document, 0)], "", "empty"),
        (vec![missing], "", "cannot be read"),
    ];
    let server = Server::turns(Vec::new());
    for (files, caption, words) in cases {
        let error = on(&server).send(send(files, caption)).await.unwrap_err();
        assert!(error.failure == Failure::Refused && error.text.contains(words), "{error}");
    }
    let error = on(&server).send(send(vec![small()], &"😀".repeat(513))).await.unwrap_err();
    assert!(error.text.contains("1024"), "{error}");
    assert_eq!(server.seen().len(), 0);
}

async fn fetch(replies: Vec<Reply>, path: &Path, limit: u64) -> (Server, Result<(), SendError>) {
    let pace = super::pace_for(&replies);
    let server = Server::turns(replies);
    let action = Action::Fetch { file: "doc-1".into(), path: path.to_owned(), limit };
    let done = on(&server).paced(pace).send(to("1", action)).await;
    (server, done.map(drop))
}

fn named(path: &str, size: Option<u64>) -> Reply {
    ok(json!({ "file_id": "doc-1", "file_path": path, "file_size": size }))
}

#[tokio::test]
async fn a_fetched_file_is_whole_and_private() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("in.pdf");
    let (server, done) =
        fetch(vec![named("documents/file 1.pdf", Some(5)), Reply::Bytes(b"hello".into())], &path, 5).await;
    done.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello");
    assert_eq!(server.seen()[1].path, format!("/file/bot{}/documents/file%201.pdf", super::TOKEN));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_that_is_not_whole_never_appears() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("in.pdf");
    let later = (Failure::Away, Retry::Later);
    let never = (Failure::Refused, Retry::Never);
    let cases = [
        (vec![named("a/b", Some(21))], never),
        (vec![named("a/b", None), Reply::Bytes(b"more than twenty bytes".into())], never),
        (vec![named("a/b", Some(5)), Reply::Bytes(b"shor".into())], later),
        (vec![named("a/b", Some(5)), Reply::Break], later),
        (vec![named("a/b", Some(5)), Reply::Stall], later),
        (vec![named("a/b", Some(5)), Reply::Other(502, "proxy")], later),
        (vec![Reply::Cut], later),
        (vec![fail(400, "Bad Request: file is too big")], never),
        (vec![named("/var/lib/x", Some(5))], never),
        (vec![named("a/../../b", Some(5))], never),
        (vec![ok(json!({ "file_id": "doc-1" }))], never),
    ];
    for (index, (replies, expected)) in cases.into_iter().enumerate() {
        let error = fetch(replies, &path, 20).await.1.unwrap_err();
        assert_eq!((error.failure, error.retry), expected, "case {index}: {error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "case {index}");
    }
}
