//! The files of a message: named by their paths or given as base64, and kept so that they can be sent later as they are
//! now.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::{Media, MediaKind};
use schemas::bounds::MAX_ATTACHMENT_BYTES;
use schemas::error::{ErrorCode, WireError};
use schemas::session::SessionKey;
use uuid::Uuid;

use super::beneath::{self, Refusal};
use crate::methods::{Call, Services};
use crate::store::accounts::AccountName;
use crate::store::{Db, StoreError, inbound, tasks};
use crate::tasks::seq_of;

/// The files that a caller wants sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Paths, and the params that they stand in.
    pub(super) paths: Vec<(&'static str, String)>,
    /// One as base64.
    pub(super) buffer: Option<String>,
    /// Its name.
    pub(super) filename: Option<String>,
    /// Its media type.
    pub(super) content_type: Option<String>,
    /// Whether they are spoken messages.
    pub(super) voice: bool,
    /// Whether they are shown as files, whatever they are.
    pub(super) document: bool,
}

/// Most files of one message.
const MOST: usize = 10;

/// Takes a copy of the files for an account to send; `key` is the conversation in whose name they are sent.
///
/// The copy is what the outbox names: it may be sent much later, and by then nobody can have put something else in
/// its place.
pub(super) async fn gather(
    call: &Call,
    of: &AccountName,
    key: Option<&SessionKey>,
    wanted: &Wanted,
) -> Result<Vec<Media>, WireError> {
    if wanted.paths.len() + usize::from(wanted.buffer.is_some()) > MOST {
        return Err(WireError::invalid(format!("/mediaUrls: a message carries at most {MOST} files")));
    }
    let limit = call.services.bridge.max_upload(of);
    let limit = limit.ok_or_else(|| crate::methods::channels::unknown(&of.channel, &of.account))?;
    let mut files = Vec::new();
    for (field, path) in &wanted.paths {
        let place = find(call, key, path).await?;
        let (root, inner) =
            place.ok_or_else(|| WireError::invalid(format!("/{field}: {}", allowed(call))))?;
        let name = plain_name(&inner.to_string_lossy());
        let copy = move |into: &mut File| beneath::copy(beneath::open(&root, &inner, limit)?, into, limit);
        let path = keep(&call.services, &name, copy).await.map_err(|error| told(field, &error))?;
        files.push(Media { kind: kind(wanted, &name), path, name });
    }
    if let Some(buffer) = &wanted.buffer {
        let data = buffer.split_once(";base64,").map_or(&**buffer, |(_, data)| data);
        let bytes = STANDARD.decode(data.trim()).map_err(|_| WireError::invalid("/buffer: is not base64"))?;
        let limit = limit.min(MAX_ATTACHMENT_BYTES as u64);
        if bytes.len() as u64 > limit {
            return Err(told("buffer", &Unkept::Refused(Refusal::TooLarge(limit))));
        }
        let name = wanted.filename.as_deref().map_or_else(|| "file".into(), plain_name);
        let write = move |into: &mut File| into.write_all(&bytes).map_err(|_| Refusal::Unreadable);
        let path = keep(&call.services, &name, write).await.map_err(|error| told("buffer", &error))?;
        files.push(Media { kind: kind(wanted, &name), path, name });
    }
    Ok(files)
}

/// Returns the folder that a path lies beneath and its way from there; `None`: the caller has nothing to do with it.
async fn find(
    call: &Call,
    key: Option<&SessionKey>,
    path: &str,
) -> Result<Option<(PathBuf, PathBuf)>, WireError> {
    let path = Path::new(path.strip_prefix("file://").unwrap_or(path));
    let services = &call.services;
    let (agent, local) = (call.who().session.is_some(), call.who().is_local());
    if let Some(home) = key.filter(|_| agent || local).and_then(|key| working_folder(call, key)) {
        let inner = if path.is_relative() { Some(path.to_owned()) } else { inside(&home, path) };
        if let Some(inner) = inner.filter(|inner| !in_state(&services.state_dir, &home, inner)) {
            return Ok(Some((home, inner)));
        }
    }
    let attachments = services.state_dir.join("attachments");
    if agent {
        // Of what came in only what came into its own conversation.
        let Some(inner) = inside(&attachments, path) else { return Ok(None) };
        let own = match key {
            Some(key) => belongs(services, &call.who().org, &inner, key).await?,
            None => false,
        };
        return Ok(own.then_some((attachments, inner)));
    }
    // Files elsewhere on this machine are none of a caller's business: whoever may send could have any file sent to
    // themselves.
    let folders = [attachments, services.state_dir.join("workspaces"), services.state_dir.join("outgoing")];
    Ok(folders.into_iter().find_map(|folder| inside(&folder, path).map(|inner| (folder, inner))))
}

fn allowed(call: &Call) -> &'static str {
    if call.who().session.is_some() {
        "write the path of a file in your working folder, or of one that came with this conversation"
    } else {
        "write the path of a file in the state directory, or send it as /buffer"
    }
}

/// Returns the folder in which the agent of a conversation works.
fn working_folder(call: &Call, key: &SessionKey) -> Option<PathBuf> {
    let agent = call.services.engine.agent_of(&call.who().org, key);
    Some(call.services.engine.roster().get(&agent)?.cwd.clone())
}

/// Returns the way from a folder to an absolute path beneath it, as the folder is written or as it is.
fn inside(folder: &Path, path: &Path) -> Option<PathBuf> {
    let written = path.strip_prefix(folder).ok().map(Path::to_owned);
    written.or_else(|| path.strip_prefix(folder.canonicalize().ok()?).ok().map(Path::to_owned))
}

/// Says whether a file of a working folder is one of the gateway's own: a folder may hold the state directory.
fn in_state(state_dir: &Path, home: &Path, inner: &Path) -> bool {
    let (Ok(state), Ok(home)) = (state_dir.canonicalize(), home.canonicalize()) else { return true };
    !home.starts_with(&state) && home.join(inner).starts_with(&state)
}

/// Says whether a file among the attachments came with a message of a conversation.
async fn belongs(services: &Services, org: &str, inner: &Path, key: &SessionKey) -> Result<bool, StoreError> {
    let folder = inner.components().next().and_then(|part| part.as_os_str().to_str()).unwrap_or_default();
    let (org, folder, key) = (org.to_owned(), folder.to_owned(), key.to_string());
    let read = move |db: &Db| {
        let came_in = folder.strip_prefix("in-").and_then(|seq| seq.parse::<i64>().ok());
        let of = match (came_in, seq_of(&folder)) {
            (Some(seq), _) => {
                inbound::get(db, seq)?.filter(|row| row.org == org).and_then(|row| row.session_key)
            }
            (None, Some((id, seq))) => {
                tasks::get(db, &org, seq)?.filter(|row| row.id == id).map(|row| row.session_key)
            }
            (None, None) => None,
        };
        Ok(of.is_some_and(|of| of == key))
    };
    services.store.read(read).await
}

/// Why a file was not kept.
enum Unkept {
    Refused(Refusal),
    Failed,
}

fn told(field: &str, error: &Unkept) -> WireError {
    match error {
        Unkept::Refused(refusal) => WireError::invalid(format!("/{field}: the file {refusal}")),
        Unkept::Failed => WireError::new(ErrorCode::InternalError, "the file could not be stored"),
    }
}

/// Keeps a file among those that are to be sent, readable by its owner only, and returns where.
async fn keep(
    services: &Services,
    name: &str,
    fill: impl FnOnce(&mut File) -> Result<(), Refusal> + Send + 'static,
) -> Result<PathBuf, Unkept> {
    let folder = services.state_dir.join("outgoing").join(Uuid::new_v4().to_string());
    let path = folder.join(name);
    let kept = path.clone();
    let work = move || {
        let failed = |_: io::Error| Unkept::Failed;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let mut options = File::options();
        let mut made = options.write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        let filled = fill(&mut made).map_err(Unkept::Refused).and_then(|()| made.sync_all().map_err(failed));
        if filled.is_err() {
            // What is left of it is swept away with the other old files.
            let _ = std::fs::remove_dir_all(&folder);
        }
        filled
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Unkept::Failed)).map(|()| kept)
}

/// Returns a name that cannot leave its folder.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(120).collect();
    if matches!(clean.as_str(), "" | "." | "..") { "file".into() } else { clean }
}

fn kind(wanted: &Wanted, name: &str) -> MediaKind {
    let mime = wanted.content_type.as_deref().unwrap_or_default();
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match (wanted.document, wanted.voice, mime.split('/').next(), end.as_str()) {
        (true, ..) => MediaKind::Document,
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
    fn the_gateways_own_files_are_not_the_agents() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("home/.state");
        std::fs::create_dir_all(state.join("workspaces/main")).unwrap();
        let home = dir.path().join("home");
        assert!(in_state(&state, &home, Path::new(".state/identity.key")));
        assert!(!in_state(&state, &home, Path::new("notes.txt")));
        assert!(!in_state(&state, &state.join("workspaces/main"), Path::new("a.png")));
        assert_eq!(inside(&home, &home.join("a/b")), Some("a/b".into()));
        assert_eq!(inside(&home, Path::new("/etc/passwd")), None);
    }
}
