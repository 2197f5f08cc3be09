//! Files, pictures, films, music and spoken messages, each sent as one call.

use std::time::Duration;

use serde_json::{Value, json};

use super::Telegram;
use super::call::{Call, Upload};
use super::markup;
use super::send::{Way, made, refused, reply, send};
use crate::outbound::{Media, MediaKind, Place, Receipt, SendError};

/// Largest file that a bot may send, in bytes.
pub(super) const LARGEST: u64 = 50 << 20;

/// Sends one file, or several as an album.
pub(super) async fn post(
    channel: &Telegram,
    to: &Place,
    files: &[Media],
    caption: &str,
    reply_to: Option<&str>,
    silent: bool,
) -> Result<Receipt, SendError> {
    let mut way = Way::to(to)?;
    let reply = reply(reply_to)?;
    if !(1..=MOST_FILES).contains(&files.len()) {
        return Err(refused(format!("Telegram sends 1 to {MOST_FILES} files at once, not {}", files.len())));
    }
    if markup::length(&markup::plain(caption)) > MOST_CAPTION {
        let text =
            format!("the text with the files is longer than {MOST_CAPTION} units; send it as a message");
        return Err(refused(text));
    }
    let size = weigh(files, &mut way).await?;
    if !together(files) {
        way.use_files("Telegram cannot show these kinds in one message; they were sent as files");
    }
    let build = |way: &Way| {
        let call = if let [file] = files { single(way, file, caption) } else { album(way, files, caption) };
        let rest = json!({
            "chat_id": way.chat(),
            "message_thread_id": way.thread(),
            "reply_parameters": reply,
            "disable_notification": silent.then_some(true),
        });
        let mut rest = Call::new(call.method, rest);
        rest.params.extend(call.params);
        rest.with(call.files)
    };
    let deadline = channel.pace.call * 2 + Duration::from_secs(size / SLOWEST);
    let result = send(channel, &mut way, deadline, build).await?;
    Ok(way.receipt(made(&result)))
}

fn single(way: &Way, file: &Media, caption: &str) -> Call {
    let (method, field) = match shown(way, file) {
        MediaKind::Photo => ("sendPhoto", "photo"),
        MediaKind::Video => ("sendVideo", "video"),
        MediaKind::Audio => ("sendAudio", "audio"),
        MediaKind::Voice => ("sendVoice", "voice"),
        MediaKind::Document => ("sendDocument", "document"),
    };
    let (text, mode) = captioned(way, caption);
    Call::new(method, json!({ "caption": text, "parse_mode": mode }))
        .with(vec![upload(field.to_owned(), file)])
}

fn album(way: &Way, files: &[Media], caption: &str) -> Call {
    let kinds: Vec<MediaKind> = files.iter().map(|file| shown(way, file)).collect();
    // Pictures show the caption of the first below all; files and music each show their own.
    let visual = kinds.iter().all(|kind| matches!(kind, MediaKind::Photo | MediaKind::Video));
    let bearer = if visual { 0 } else { files.len() - 1 };
    let part = |(index, kind): (usize, &MediaKind)| {
        let kind = match kind {
            MediaKind::Photo => "photo",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Voice | MediaKind::Document => "document",
        };
        let (text, mode) = if index == bearer { captioned(way, caption) } else { (None, None) };
        let part = json!({ "type": kind, "media": format!("attach://file{index}"), "caption": text, "parse_mode": mode });
        Value::Object(Call::new("", part).params)
    };
    let parts: Vec<Value> = kinds.iter().enumerate().map(part).collect();
    let uploads = files.iter().enumerate().map(|(index, file)| upload(format!("file{index}"), file));
    Call::new("sendMediaGroup", json!({ "media": parts })).with(uploads.collect())
}

fn captioned(way: &Way, caption: &str) -> (Option<String>, Option<&'static str>) {
    if caption.trim().is_empty() {
        return (None, None);
    }
    let (text, mode) = way.render(caption);
    (Some(text), mode)
}

fn shown(way: &Way, file: &Media) -> MediaKind {
    if way.as_files() { MediaKind::Document } else { file.kind }
}

fn upload(field: String, file: &Media) -> Upload {
    Upload { field, path: file.path.clone(), name: file.name.clone() }
}

/// Whether Telegram shows files in one message: pictures and films together, music and files each among themselves.
fn together(files: &[Media]) -> bool {
    let all = |fits: fn(MediaKind) -> bool| files.iter().all(|file| fits(file.kind));
    files.len() == 1
        || all(|kind| matches!(kind, MediaKind::Photo | MediaKind::Video))
        || all(|kind| kind == MediaKind::Audio)
        || all(|kind| kind == MediaKind::Document)
}

/// Returns the size of all files; refuses what Telegram would not take, before anything is sent.
async fn weigh(files: &[Media], way: &mut Way) -> Result<u64, SendError> {
    let mut total = 0;
    for file in files {
        let name = &file.name;
        let found = tokio::fs::metadata(&file.path).await;
        let found = found.map_err(|error| refused(format!("the file {name} cannot be read: {error}")))?;
        let size = found.len();
        if !found.is_file() || size == 0 {
            return Err(refused(format!("{name} is empty or no file, so it cannot be sent")));
        }
        if size > LARGEST {
            let text = format!("the file {name} has {} MB; a bot on Telegram may send 50 MB", size >> 20);
            return Err(refused(text));
        }
        if file.kind == MediaKind::Photo && size > LARGEST_PHOTO && !way.as_files() {
            way.use_files("a picture has more than 10 MB, so it was sent as a file");
        }
        total += size;
    }
    Ok(total)
}

/// Most files of an album.
const MOST_FILES: usize = 10;
/// Most UTF-16 units of a caption.
const MOST_CAPTION: usize = 1024;
/// Largest picture that is shown as one.
const LARGEST_PHOTO: u64 = 10 << 20;
/// Bytes a second that an upload makes at least.
const SLOWEST: u64 = 64 << 10;
