//! `send`: a message, files or both.

use channels::{Action, Media, MediaKind, Receipt};
use schemas::error::WireError;
use schemas::methods::messages::{SendParams, SentOutput};

use super::files::{self, Wanted};
use super::target::{self, Target};
use crate::methods::Call;

/// Sends it once for its key, and returns once the platform has it.
pub async fn send(call: Call, params: SendParams) -> Result<SentOutput, WireError> {
    let key = target::session(&call, params.session_key.as_deref(), params.to.is_some())?;
    let target = Target::find(&call, &params, key.as_ref()).await?;
    let wanted = wanted(&params);
    let files = files::gather(&call, &target.of, key.as_ref(), &wanted).await?;
    let text = params.message.unwrap_or_default();
    let action = message(files, text, params.reply_to_id, params.silent == Some(true))?;
    let receipt = deliver(&call, &target, action, &params.idempotency_key).await?;
    Ok(SentOutput {
        run_id: params.idempotency_key,
        message_id: receipt.message.unwrap_or_default(),
        channel: target.of.channel,
        chat_id: target.place.chat,
        poll_id: None,
    })
}

fn wanted(params: &SendParams) -> Wanted {
    let one = params.media_url.iter().map(|path| ("mediaUrl", path.clone()));
    let several = params.media_urls.iter().map(|path| ("mediaUrls", path.clone()));
    Wanted {
        paths: one.chain(several).collect(),
        buffer: params.buffer.clone(),
        filename: params.filename.clone(),
        content_type: params.content_type.clone(),
        voice: params.as_voice == Some(true),
        document: params.force_document == Some(true),
    }
}

/// Returns what to do to send files, a text or both.
pub(super) fn message(
    files: Vec<Media>,
    text: String,
    reply_to: Option<String>,
    silent: bool,
) -> Result<Action, WireError> {
    match (files.is_empty(), text.trim().is_empty()) {
        (true, true) => Err(WireError::invalid("/message: write a message or send a file")),
        (true, false) => Ok(Action::Text { text, reply_to, buttons: Vec::new(), silent }),
        (false, _) => Ok(Action::Media { files, caption: text, reply_to, silent }),
    }
}

/// Sends it; a text that is too long to stand under files, or that a spoken message cannot carry, follows them.
pub(super) async fn deliver(
    call: &Call,
    target: &Target,
    action: Action,
    key: &str,
) -> Result<Receipt, WireError> {
    let Action::Media { files, caption, reply_to, silent } = action else {
        return super::deliver(call, target, action, key).await;
    };
    let spoken = files.iter().any(|file| file.kind == MediaKind::Voice);
    let fits = caption.encode_utf16().count() <= MOST_CAPTION;
    if caption.trim().is_empty() || (fits && !spoken) {
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
