//! Files that people and bots have sent, and how messages show them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Largest file that `getFile` gives, in bytes.
pub(super) const MOST_DOWNLOAD: u64 = 20 * 1024 * 1024;

/// Largest file that a bot may send, in bytes.
pub(super) const MOST_UPLOAD: usize = 50 * 1024 * 1024;

/// What a file is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// A picture.
    Photo,
    /// Any file.
    Document,
    /// A voice note.
    Voice,
    /// Music.
    Audio,
    /// A film.
    Video,
    /// A round film.
    VideoNote,
    /// A film without sound.
    Animation,
    /// A sticker.
    Sticker,
}

impl Media {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Photo,
        Self::Document,
        Self::Voice,
        Self::Audio,
        Self::Video,
        Self::VideoNote,
        Self::Animation,
        Self::Sticker,
    ];

    /// Returns its name in messages and parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Voice => "voice",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::VideoNote => "video_note",
            Self::Animation => "animation",
            Self::Sticker => "sticker",
        }
    }

    /// Returns the one of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.name() == name)
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Photo => "photos",
            Self::Document => "documents",
            Self::Voice => "voice",
            Self::Audio => "music",
            Self::Video => "videos",
            Self::VideoNote => "video_notes",
            Self::Animation => "animations",
            Self::Sticker => "stickers",
        }
    }

    fn usual(self) -> (&'static str, &'static str) {
        match self {
            Self::Photo => ("jpg", "image/jpeg"),
            Self::Document => ("bin", "application/octet-stream"),
            Self::Voice => ("oga", "audio/ogg"),
            Self::Audio => ("mp3", "audio/mpeg"),
            Self::Video | Self::VideoNote | Self::Animation => ("mp4", "video/mp4"),
            Self::Sticker => ("webp", "image/webp"),
        }
    }
}

/// A file to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its name, if it keeps one.
    pub name: Option<String>,
    /// Its media type; the usual one of its kind if absent.
    pub mime: Option<String>,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its size, if it only pretends to hold so much.
    pub size: Option<u64>,
    /// How long it plays, in seconds.
    pub duration: i64,
}

/// A file that was sent.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub media: Media,
    pub file: File,
    pub path: String,
    pub unique: String,
}

impl Stored {
    pub(super) fn size(&self) -> u64 {
        self.file.size.unwrap_or(self.file.bytes.len() as u64)
    }
}

/// All files by id.
#[derive(Debug, Default)]
pub(super) struct Files {
    by_id: BTreeMap<String, Stored>,
}

impl Files {
    /// Keeps a file and returns its id.
    pub(super) fn add(&mut self, media: Media, file: File) -> String {
        let number = self.by_id.len() + 1;
        let own = file.name.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
        let path = format!("{}/file_{number}.{}", media.folder(), own.unwrap_or(media.usual().0));
        let id = format!("FILE-{}-{number:04}", media.name());
        let unique = format!("unique-{number:04}");
        self.by_id.insert(id.clone(), Stored { media, file, path, unique });
        id
    }

    pub(super) fn get(&self, id: &str) -> Option<&Stored> {
        self.by_id.get(id.trim_end_matches("-small"))
    }

    /// Returns the content of a file by its path.
    pub(super) fn content(&self, path: &str) -> Option<&[u8]> {
        let stored = self.by_id.values().find(|stored| stored.path == path)?;
        (stored.size() <= MOST_DOWNLOAD).then_some(&stored.file.bytes)
    }

    /// Returns the fields that a message with this file has.
    pub(super) fn message_fields(&self, id: &str) -> Map<String, Value> {
        let stored = &self.by_id[id];
        let mut fields = Map::new();
        let shown = shown(id, stored);
        if stored.media == Media::Photo {
            let small = json!({
                "file_id": format!("{id}-small"), "file_unique_id": format!("{}s", stored.unique),
                "width": 90, "height": 60, "file_size": stored.size().min(1500),
            });
            fields.insert("photo".into(), json!([small, shown]));
        } else {
            if stored.media == Media::Animation {
                fields.insert("document".into(), shown.clone());
            }
            fields.insert(stored.media.name().into(), shown);
        }
        fields
    }
}

/// Returns a file as a message shows it.
fn shown(id: &str, stored: &Stored) -> Value {
    let mut shown = json!({
        "file_id": id, "file_unique_id": stored.unique, "file_size": stored.size(),
    });
    let mut add = |name: &str, value: Value| shown[name] = value;
    let mime = stored.file.mime.as_deref().unwrap_or(stored.media.usual().1);
    if !matches!(stored.media, Media::Photo | Media::Sticker | Media::VideoNote) {
        add("mime_type", json!(mime));
    }
    if let Some(name) = stored.file.name.as_deref()
        && matches!(stored.media, Media::Document | Media::Audio | Media::Video | Media::Animation)
    {
        add("file_name", json!(name));
    }
    match stored.media {
        Media::Photo => {
            add("width", json!(900));
            add("height", json!(600));
        }
        Media::Voice | Media::Audio => add("duration", json!(stored.file.duration)),
        Media::Video | Media::Animation => {
            add("duration", json!(stored.file.duration));
            add("width", json!(640));
            add("height", json!(360));
        }
        Media::VideoNote => {
            add("duration", json!(stored.file.duration));
            add("length", json!(240));
        }
        Media::Sticker => {
            for key in ["is_animated", "is_video"] {
                add(key, json!(false));
            }
            add("type", json!("regular"));
            add("width", json!(512));
            add("height", json!(512));
            add("emoji", json!("👍"));
        }
        Media::Document => {}
    }
    shown
}
