//! Messages with files, alone and as albums.

use serde_json::{Map, Value, json};

use super::super::files::{File, MOST_UPLOAD, Media};
use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::Answer;
use super::compose::{append, begin, caption, write_text};

/// Most messages of an album.
const MOST_ALBUM: usize = 10;

macro_rules! senders {
    ($($(#[$doc:meta])* $name:ident = $media:ident;)*) => {
        $($(#[$doc])* pub(super) fn $name(world: &mut World, bot: usize, params: &Params) -> Answer {
            one(world, bot, params, Media::$media)
        })*
    };
}

senders! {
    /// `sendPhoto`.
    photo = Photo;
    /// `sendDocument`.
    document = Document;
    /// `sendVoice`.
    voice = Voice;
    /// `sendAudio`.
    audio = Audio;
    /// `sendVideo`.
    video = Video;
    /// `sendVideoNote`.
    video_note = VideoNote;
    /// `sendAnimation`.
    animation = Animation;
    /// `sendSticker`.
    sticker = Sticker;
}

fn one(world: &mut World, bot: usize, params: &Params, media: Media) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    let caption = caption(params)?;
    let file = file(world, params, media.name(), params.text(media.name()), media)?;
    draft.fields.extend(world.files.message_fields(&file));
    if !matches!(media, Media::Sticker | Media::VideoNote) {
        write_text(&mut draft.fields, "caption", &caption);
    }
    Ok(append(world, key, draft).1)
}

/// Finds or keeps the file of a parameter: uploaded under its name or by `attach://`, or sent before.
fn file(
    world: &mut World,
    params: &Params,
    part: &str,
    text: Option<&str>,
    media: Media,
) -> Result<String, Refusal> {
    let name = text.and_then(|text| text.strip_prefix("attach://")).unwrap_or(part);
    if let Some(upload) =
        params.files.get(name).filter(|_| text.is_none_or(|text| text.starts_with("attach://")))
    {
        if upload.bytes.is_empty() {
            return Err(Refusal::bad("file must be non-empty"));
        }
        if upload.bytes.len() > MOST_UPLOAD {
            return Err(Refusal::new(413, "Request Entity Too Large"));
        }
        let file = File {
            name: Some(upload.name.clone()).filter(|name| !name.is_empty()),
            mime: Some(upload.mime.clone()).filter(|mime| !mime.is_empty()),
            bytes: upload.bytes.clone(),
            size: None,
            duration: params.int("duration").unwrap_or_default(),
        };
        return Ok(world.files.add(media, file));
    }
    let id = text.ok_or_else(|| {
        Refusal::bad(format!("there is no {} in the request", media.name().replace('_', " ")))
    })?;
    if id.starts_with("http://") || id.starts_with("https://") {
        return Err(Refusal::bad("failed to get HTTP URL content"));
    }
    match world.files.get(id) {
        Some(stored) if stored.media == media || media == Media::Document => Ok(id.to_owned()),
        Some(stored) => {
            let (was, wanted) = (capital(stored.media.name()), capital(media.name()));
            Err(Refusal::bad(format!("can't use file of type {was} as {wanted}")))
        }
        None => Err(Refusal::bad("wrong file identifier/HTTP URL specified")),
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Reads one `InputMedia`: returns its kind and the fields of the message.
pub(super) fn input(
    world: &mut World,
    params: &Params,
    item: &Value,
) -> Result<(Media, Map<String, Value>), Refusal> {
    let parse = |text: &str| Refusal::bad(format!("can't parse InputMedia: {text}"));
    let kind = item["type"].as_str().ok_or_else(|| parse("Can't find field \"type\""))?;
    let kinds = [Media::Photo, Media::Video, Media::Document, Media::Audio, Media::Animation];
    let media = Media::of(kind).filter(|media| kinds.contains(media));
    let media = media.ok_or_else(|| parse("invalid media type specified"))?;
    let source = item["media"].as_str().ok_or_else(|| parse("media not found"))?;
    let own = Params {
        values: ["caption", "parse_mode", "caption_entities", "duration"]
            .iter()
            .filter(|name| !item[**name].is_null())
            .map(|name| {
                let text = item[*name].as_str().map_or_else(|| item[*name].to_string(), str::to_owned);
                ((*name).to_owned(), text)
            })
            .collect(),
        files: params.files.clone(),
    };
    let caption = caption(&own)?;
    let id = file(world, &own, "", Some(source), media)?;
    let mut fields = world.files.message_fields(&id);
    write_text(&mut fields, "caption", &caption);
    Ok((media, fields))
}

/// `sendMediaGroup`.
pub(super) fn group(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, draft) = begin(world, bot, params)?;
    let given = params.json("media", "media")?.unwrap_or_default();
    let items = given.as_array().ok_or_else(|| Refusal::bad("there are no messages to send"))?;
    match items.len() {
        0 => return Err(Refusal::bad("there are no messages to send")),
        1 => return Err(Refusal::bad("an album must include at least 2 messages")),
        count if count > MOST_ALBUM => return Err(Refusal::bad("too many messages to send as an album")),
        _ => {}
    }
    let mut parts = Vec::new();
    for item in items {
        parts.push(input(world, params, item)?);
    }
    let class = |media: Media| match media {
        Media::Photo | Media::Video => "visual",
        other => other.name(),
    };
    if parts.iter().any(|(media, _)| class(*media) != class(parts[0].0) || *media == Media::Animation) {
        return Err(Refusal::bad("the messages can't be sent as one album"));
    }
    let album = world.fresh().to_string();
    let mut sent = Vec::new();
    for (_, fields) in parts {
        let mut message = draft.clone();
        message.fields.remove("reply_markup");
        message.fields.extend(fields);
        message.fields.insert("media_group_id".into(), json!(album));
        sent.push(append(world, key, message).1);
    }
    Ok(Value::Array(sent))
}
