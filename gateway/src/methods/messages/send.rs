//! `send`: a message, files or both.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::{Action, Media, MediaKind, Receipt};
use schemas::bounds::MAX_ATTACHMENT_BYTES;
use schemas::error::{DetailCode, ErrorCode, WireError};
use schemas::methods::messages::{SendParams, SentOutput};
use uuid::Uuid;

use super::target::Target;
use crate::methods::{Call, session_key};

/// Sends it once for its key, and returns once the platform has it.
pub async fn send(call: Call, params: SendParams) -> Result<SentOutput, WireError> {
    let target = target(&call, &params).await?;
    let files = files(&call, &params).await?;
    let text = params.message.clone().unwrap_or_default();
    let silent = params.silent == Some(true);
    let action = match (files.is_empty(), text.trim().is_empty()) {
        (true, true) => return Err(WireError::invalid("/message: write a message or send a file")),
        (true, false) => {
            Action::Text { text, reply_to: params.reply_to_id.clone(), buttons: Vec::new(), silent }
        }
        (false, _) => Action::Media { files, caption: text, reply_to: params.reply_to_id.clone(), silent },
    };
    let receipt = deliver(&call, &target, action, &params.idempotency_key).await?;
    Ok(SentOutput {
        run_id: params.idempotency_key,
        message_id: receipt.message.unwrap_or_default(),
        channel: target.of.channel,
        chat_id: target.place.chat,
        poll_id: None,
    })
}

/// Returns where it goes: what is named, or the chat of a conversation of ours.
async fn target(call: &Call, params: &SendParams) -> Result<Target, WireError> {
    if let Some(to) = &params.to {
        let (channel, account) = (params.channel.as_deref(), params.account_id.as_deref());
        return Target::read(to, channel, account, params.thread_id.as_deref());
    }
    let Some(key) = &params.session_key else {
        return Err(WireError::invalid("/to: name the conversation on the platform, or give /sessionKey"));
    };
    let key = session_key(key, None, "sessionKey")?;
    let found = call.services.bridge.place_of_session(&call.who().org, key.as_str()).await?;
    let (of, place) = found.ok_or_else(|| {
        WireError::invalid(
            "this conversation takes place in no chat of a platform: what you answer is shown in the panel",
        )
        .detail(DetailCode::UnknownChannel)
    })?;
    Ok(Target { of, place })
}

/// Sends it; a text that is too long to stand under files follows them.
async fn deliver(call: &Call, target: &Target, action: Action, key: &str) -> Result<Receipt, WireError> {
    let Action::Media { files, caption, reply_to, silent } = action else {
        return super::deliver(call, target, action, key).await;
    };
    if caption.encode_utf16().count() <= MOST_CAPTION {
        let action = Action::Media { files, caption, reply_to, silent };
        return super::deliver(call, target, action, key).await;
    }
    let alone = Action::Media { files, caption: String::new(), reply_to: reply_to.clone(), silent };
    super::deliver(call, target, alone, &format!("{key}:files")).await?;
    let text = Action::Text { text: caption, reply_to, buttons: Vec::new(), silent };
    super::deliver(call, target, text, key).await
}

/// UTF-16 units of Markdown that every platform shows under a file.
const MOST_CAPTION: usize = 900;

async fn files(call: &Call, params: &SendParams) -> Result<Vec<Media>, WireError> {
    let mut files = Vec::new();
    let paths = params.media_url.iter().map(|path| ("/mediaUrl", path));
    for (field, path) in paths.chain(params.media_urls.iter().map(|path| ("/mediaUrls", path))) {
        let path = within(call, path).ok_or_else(|| {
            WireError::invalid(format!(
                "{field}: write the path of a file in the state directory, or send it as /buffer"
            ))
        })?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        files.push(Media { kind: kind(params, &name), path, name });
    }
    if let Some(buffer) = &params.buffer {
        let data = buffer.split_once(";base64,").map_or(&**buffer, |(_, data)| data);
        let bytes = STANDARD.decode(data.trim()).map_err(|_| WireError::invalid("/buffer: is not base64"))?;
        if bytes.len() > MAX_ATTACHMENT_BYTES {
            return Err(WireError::invalid("/buffer: is larger than allowed"));
        }
        let name = params.filename.as_deref().map_or_else(|| "file".into(), plain_name);
        let dir = call.services.state_dir.join("outgoing").join(Uuid::new_v4().to_string());
        let path = dir.join(&name);
        let kept = path.clone();
        let write = tokio::task::spawn_blocking(move || keep(&dir, &kept, &bytes)).await;
        if !matches!(write, Ok(Ok(()))) {
            return Err(WireError::new(ErrorCode::InternalError, "the file could not be stored"));
        }
        files.push(Media { kind: kind(params, &name), path, name });
    }
    Ok(files)
}

/// Files elsewhere on this machine are none of a caller's business: whoever may send could have any file sent to
/// themselves.
///
/// An agent sends what lies in its own working folder, given by its path there or whole.
fn within(call: &Call, path: &str) -> Option<PathBuf> {
    let (who, state_dir) = (call.who(), &call.services.state_dir);
    let own = who.session.is_some().then(|| who.actor.strip_prefix("agent:")).flatten();
    let (base, allowed) = match own {
        Some(agent) => {
            let cwd = call.services.engine.roster().get(agent)?.cwd.clone();
            (cwd.clone(), vec![cwd])
        }
        None => {
            let folders = ["attachments", "workspaces", "outgoing"];
            (PathBuf::from("/"), folders.map(|folder| state_dir.join(folder)).to_vec())
        }
    };
    let real = base.join(path).canonicalize().ok()?;
    let inside = |folder: &PathBuf| folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
    (real.is_file() && allowed.iter().any(inside)).then_some(real)
}

fn keep(dir: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Returns a name that cannot leave its folder.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(120).collect();
    if matches!(clean.as_str(), "" | "." | "..") { "file".into() } else { clean }
}

fn kind(params: &SendParams, name: &str) -> MediaKind {
    let voice = params.as_voice == Some(true);
    let mime = params.content_type.as_deref().unwrap_or_default();
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match (params.force_document, voice, mime.split('/').next(), end.as_str()) {
        (Some(true), ..) => MediaKind::Document,
        (_, true, ..) => MediaKind::Voice,
        (_, _, Some("image"), _) | (_, _, _, "png" | "jpg" | "jpeg" | "webp") => MediaKind::Photo,
        (_, _, Some("video"), _) | (_, _, _, "mp4" | "webm" | "mov") => MediaKind::Video,
        (_, _, Some("audio"), _) | (_, _, _, "mp3" | "m4a" | "ogg" | "wav") => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        for (name, expected) in
            [("../../x.png", "x.png"), ("..", "file"), ("", "file"), ("a\\b\u{7}.txt", "b.txt")]
        {
            assert_eq!(plain_name(name), expected);
        }
    }

    #[test]
    fn only_files_of_the_gateway_are_sent() {
        let dir = tempfile::tempdir().expect("a folder");
        let inside = dir.path().join("workspaces/main");
        std::fs::create_dir_all(&inside).expect("a folder");
        std::fs::write(inside.join("a.txt"), "x").expect("a file");
        std::fs::write(dir.path().join("identity.key"), "secret").expect("a file");
        let ask = |path: &Path| within(dir.path(), &path.to_string_lossy());
        assert!(ask(&inside.join("a.txt")).is_some());
        assert!(ask(&dir.path().join("identity.key")).is_none());
        assert!(ask(&inside.join("../../identity.key")).is_none());
        std::os::unix::fs::symlink(dir.path().join("identity.key"), inside.join("link")).expect("a link");
        assert!(ask(&inside.join("link")).is_none());
        assert!(within(dir.path(), "https://example.org/a.png").is_none());
    }
}
