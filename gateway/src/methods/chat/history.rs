//! `chat.history`: the latest messages of a conversation.

use schemas::bounds::MAX_HISTORY_BYTES;
use schemas::error::WireError;
use schemas::methods::chat::{ChatHistoryOutput, ChatHistoryParams, HistoryMessage};

use crate::chat::rows::{Active, history_message, session_row};
use crate::methods::{Call, session_key};
use crate::store::messages::{self, Message};
use crate::store::sessions::{self, Session};

/// Returns the latest messages, oldest first, within the limits of the params and of the protocol.
pub async fn history(call: Call, params: ChatHistoryParams) -> Result<ChatHistoryOutput, WireError> {
    let key = session_key(&params.session_key, params.agent_id.as_deref(), "sessionKey")?;
    let before = match &params.cursor {
        Some(cursor) => Some(cursor.parse::<i64>().map_err(|_| {
            WireError::invalid("/cursor must be the deltaCursor of an earlier chat.history answer")
        })?),
        None => None,
    };
    let org = call.who().org.clone();
    let (name, asked, skip) = (key.to_string(), params.session_id.clone(), params.offset.unwrap_or(0));
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    let of = org.clone();
    let page = call.services.store.read(move |db| {
        let Some(session) = sessions::find(db, &of, &name)? else { return Ok(Page::default()) };
        let transcript = match &asked {
            Some(id) if *id != session.session_id => sessions::transcript_of(db, session.no, id)?,
            _ => Some(session.transcript),
        };
        let Some(transcript) = transcript else {
            return Ok(Page { session: Some(session), ..Page::default() });
        };
        // One more than asked for tells whether there are more.
        let newest = messages::newest(db, transcript, before, skip, limit + 1)?;
        let total = messages::count(db, transcript)?;
        let current = transcript == session.transcript;
        Ok(Page { session: Some(session), current, newest, total })
    });
    let page = page.await?;
    let max_bytes =
        params.max_bytes.map_or(MAX_HISTORY_BYTES, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let max_chars = params.max_chars.map(|chars| chars as usize);
    let (messages, more, cursor) =
        fit(&page.newest, limit as usize, max_chars, max_bytes.min(MAX_HISTORY_BYTES));
    let services = &call.services;
    let live = page.current.then(|| services.chat.in_flight(&org, key.as_str())).flatten();
    let session_id = page.session.as_ref().map(|session| session.session_id.clone());
    let row =
        page.session.map(|session| session_row(&session, &Active::of(&services.engine, &org, &session)));
    Ok(ChatHistoryOutput {
        session_key: key.to_string(),
        session_id: params.session_id.or(session_id).unwrap_or_default(),
        messages,
        has_more: more,
        total_messages: page.total,
        delta_cursor: cursor.filter(|_| more),
        session_info: row,
        in_flight_run: live,
    })
}

#[derive(Default)]
struct Page {
    session: Option<Session>,
    /// Whether it is the present transcript.
    current: bool,
    newest: Vec<Message>,
    total: u64,
}

/// Takes as many of the newest messages as fit; returns them oldest first, whether some were left out, and
/// the oldest one's position.
fn fit(
    newest: &[Message],
    limit: usize,
    max_chars: Option<usize>,
    max_bytes: usize,
) -> (Vec<HistoryMessage>, bool, Option<String>) {
    let mut fitting = Vec::new();
    let mut bytes = 0;
    for message in newest.iter().take(limit) {
        let mut shown = history_message(message, max_chars);
        let mut size = size(&shown);
        if size > max_bytes / 2 {
            // One message must not push out all others: it is cut, and chat.message.get has the whole of it.
            shown = history_message(message, Some(CUT));
            size = self::size(&shown);
        }
        if bytes + size > max_bytes && !fitting.is_empty() {
            break;
        }
        bytes += size;
        fitting.push(shown);
    }
    let more = fitting.len() < newest.len();
    fitting.reverse();
    let cursor = fitting.first().map(|message| message.meta.id.clone());
    (fitting, more, cursor)
}

fn size(message: &HistoryMessage) -> usize {
    serde_json::to_vec(message).map_or(0, |json| json.len())
}

const DEFAULT_LIMIT: u32 = 200;
/// Characters that are left of a message too long for the answer.
const CUT: usize = 20_000;
