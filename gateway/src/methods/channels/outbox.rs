//! `channels.outbox.*`: messages that failed, or of which nobody knows whether they arrived.

use channels::{Action, Outbound};
use schemas::error::WireError;
use schemas::methods::channels::{OutboxListOutput, OutboxListParams, OutboxMessage, OutboxParams};
use schemas::methods::{DONE, Done};

use crate::methods::Call;
use crate::store::outbox::OutboxRow;

/// Rows of a page where none is asked for.
const PAGE: u32 = 50;
/// Characters of a message that are shown.
const PREVIEW: usize = 120;

/// Lists them, latest first.
pub async fn outbox_list(call: Call, params: OutboxListParams) -> Result<OutboxListOutput, WireError> {
    let rows = call.services.bridge.troubled(&call.who().org, None, params.limit.unwrap_or(PAGE)).await?;
    let wanted = |row: &OutboxRow| {
        params.channel.as_ref().is_none_or(|channel| *channel == row.of.channel)
            && params.account_id.as_ref().is_none_or(|account| *account == row.of.account)
    };
    Ok(OutboxListOutput { messages: rows.into_iter().filter(wanted).map(message).collect() })
}

/// Sends one again, under a key of its own: whoever asks knows that it may arrive twice.
pub async fn outbox_resend(call: Call, params: OutboxParams) -> Result<Done, WireError> {
    let seq = number(&params)?;
    let made = call.services.bridge.resend(&call.who().org, seq).await?;
    made.map(|_| DONE).ok_or_else(gone)
}

/// Gives one up.
pub async fn outbox_drop(call: Call, params: OutboxParams) -> Result<Done, WireError> {
    let seq = number(&params)?;
    let dropped = call.services.bridge.give_up(&call.who().org, seq).await?;
    if dropped { Ok(DONE) } else { Err(gone()) }
}

fn number(params: &OutboxParams) -> Result<i64, WireError> {
    params.id.parse().map_err(|_| gone())
}

fn gone() -> WireError {
    WireError::invalid("/id: no such message waits for a decision; channels.outbox.list names those that do")
}

fn message(row: OutboxRow) -> OutboxMessage {
    let outbound: Option<Outbound> = serde_json::from_str(&row.body).ok();
    let (chat, text) =
        outbound.map_or_else(Default::default, |outbound| (outbound.to.chat, words(outbound.action)));
    OutboxMessage {
        id: row.seq.to_string(),
        channel: row.of.channel,
        account_id: row.of.account,
        chat,
        state: row.state,
        preview: text.chars().take(PREVIEW).collect(),
        attempts: row.attempts,
        error: row.error,
        created_at: row.stored_at,
    }
}

fn words(action: Action) -> String {
    match action {
        Action::Text { text, .. } | Action::Edit { text, .. } => text,
        Action::Cards { intro, cards, .. } => {
            let cards = cards.into_iter().flat_map(|card| [card.title, card.text]);
            let parts = std::iter::once(intro).chain(cards).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(" · ")
        }
        Action::Media { files, caption, .. } if caption.is_empty() => {
            files.into_iter().map(|file| file.name).collect::<Vec<_>>().join(", ")
        }
        Action::Media { caption, .. } => caption,
        Action::Poll(poll) => poll.question,
        Action::React { emoji, .. } => emoji.unwrap_or_default(),
        Action::Thread { title, .. } => title,
        _ => String::new(),
    }
}
