//! Texts and their edits.

use serde_json::{Value, json};

use super::Telegram;
use super::call::Call;
use super::fault::Fault;
use super::send::{Way, made, number, refused, reply, send};
use crate::outbound::{Button, Place, Receipt, SendError};

/// Sends a text.
pub(super) async fn post(
    channel: &Telegram,
    to: &Place,
    text: &str,
    reply_to: Option<&str>,
    buttons: &[Vec<Button>],
    silent: bool,
) -> Result<Receipt, SendError> {
    let mut way = Way::to(to)?;
    let (reply, keyboard) = (reply(reply_to)?, keyboard(buttons)?);
    let build = |way: &Way| {
        let (text, mode) = way.render(text);
        let params = json!({
            "chat_id": way.chat(),
            "message_thread_id": way.thread(),
            "text": text,
            "parse_mode": mode,
            "link_preview_options": { "is_disabled": true },
            "reply_parameters": reply,
            "reply_markup": keyboard,
            "disable_notification": silent.then_some(true),
        });
        Call::new("sendMessage", params)
    };
    let result = send(channel, &mut way, channel.pace.call, build).await?;
    Ok(way.receipt(made(&result)))
}

/// Replaces a text and its buttons; none in `buttons` takes them away.
pub(super) async fn edit(
    channel: &Telegram,
    to: &Place,
    message: &str,
    text: &str,
    buttons: &[Vec<Button>],
) -> Result<Receipt, SendError> {
    let mut way = Way::to(to)?;
    let (id, keyboard) = (number(message, "message")?, keyboard(buttons)?);
    let build = |way: &Way| {
        let (text, mode) = way.render(text);
        let params = json!({
            "chat_id": way.chat(),
            "message_id": id,
            "text": text,
            "parse_mode": mode,
            "link_preview_options": { "is_disabled": true },
            "reply_markup": keyboard,
        });
        Call::new("editMessageText", params)
    };
    match send(channel, &mut way, channel.pace.call, build).await {
        Err(Fault::Told(told)) if told.says(&["message is not modified"]) => {}
        done => drop(done?),
    }
    Ok(way.receipt(Some(message.to_owned())))
}

/// Returns buttons as Telegram's inline keyboard.
fn keyboard(buttons: &[Vec<Button>]) -> Result<Option<Value>, SendError> {
    if let Some(button) = buttons.iter().flatten().find(|button| !fits(button)) {
        let label = &button.label;
        return Err(refused(format!(
            "the button `{label}` needs a label and 1 to 64 bytes of data for Telegram"
        )));
    }
    let key = |button: &Button| json!({ "text": button.label, "callback_data": button.data });
    let rows = buttons.iter().filter(|row| !row.is_empty());
    let rows: Vec<Vec<Value>> = rows.map(|row| row.iter().map(key).collect()).collect();
    Ok((!rows.is_empty()).then(|| json!({ "inline_keyboard": rows })))
}

fn fits(button: &Button) -> bool {
    !button.label.trim().is_empty() && (1..=MOST_DATA).contains(&button.data.len())
}

/// Most bytes that a button may carry.
const MOST_DATA: usize = 64;
