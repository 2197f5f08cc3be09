//! The methods of the Bot API; a file a subject.

mod bot;
mod chat;
mod compose;
mod edit;
mod media;
mod poll;
mod send;
mod topic;

use serde_json::Value;
use tokio::time::Instant;

use super::params::Params;
use super::refusal::Refusal;
use super::world::World;

pub(super) use compose::{Draft, append, shown_text, write_text};
pub(super) use poll::vote;
pub(super) use topic::{begin as begin_topic, service};

/// What a method answers.
pub(super) type Answer = Result<Value, Refusal>;

/// A method: changes the world for one bot.
type Method = fn(&mut World, usize, &Params) -> Answer;

/// Every method by its documented name. `getUpdates` waits and therefore stands elsewhere.
const TABLE: &[(&str, Method)] = &[
    ("answerCallbackQuery", bot::answer_callback),
    ("close", bot::fine),
    ("closeForumTopic", topic::close),
    ("closeGeneralForumTopic", topic::close_general),
    ("copyMessage", send::copy),
    ("createForumTopic", topic::create),
    ("deleteForumTopic", topic::delete),
    ("deleteMessage", edit::delete),
    ("deleteMessages", edit::delete_many),
    ("deleteMyCommands", bot::delete_commands),
    ("deleteWebhook", bot::delete_webhook),
    ("editForumTopic", topic::rename),
    ("editMessageCaption", edit::caption),
    ("editMessageMedia", edit::media),
    ("editMessageReplyMarkup", edit::markup),
    ("editMessageText", edit::text),
    ("forwardMessage", send::forward),
    ("getChat", chat::get),
    ("getChatAdministrators", chat::administrators),
    ("getChatMember", chat::member),
    ("getChatMemberCount", chat::count),
    ("getFile", bot::get_file),
    ("getMe", bot::get_me),
    ("getMyCommands", bot::get_commands),
    ("getUpdates", bot::fine),
    ("getWebhookInfo", bot::webhook_info),
    ("leaveChat", chat::leave),
    ("logOut", bot::fine),
    ("pinChatMessage", chat::pin),
    ("reopenForumTopic", topic::reopen),
    ("reopenGeneralForumTopic", topic::reopen_general),
    ("sendAnimation", media::animation),
    ("sendAudio", media::audio),
    ("sendChatAction", chat::action),
    ("sendContact", send::contact),
    ("sendDice", send::dice),
    ("sendDocument", media::document),
    ("sendLocation", send::location),
    ("sendMediaGroup", media::group),
    ("sendMessage", send::message),
    ("sendMessageDraft", send::draft),
    ("sendPhoto", media::photo),
    ("sendPoll", poll::send),
    ("sendSticker", media::sticker),
    ("sendVenue", send::venue),
    ("sendVideo", media::video),
    ("sendVideoNote", media::video_note),
    ("sendVoice", media::voice),
    ("setChatMenuButton", bot::fine),
    ("setMessageReaction", edit::react),
    ("setMyCommands", bot::set_commands),
    ("setMyDescription", bot::fine),
    ("setMyName", bot::fine),
    ("setMyShortDescription", bot::fine),
    ("setWebhook", bot::set_webhook),
    ("stopPoll", poll::stop),
    ("unpinAllChatMessages", chat::unpin_all),
    ("unpinChatMessage", chat::unpin),
];

/// Returns the documented spelling of a method's name in any case.
pub(super) fn spelled(name: &str) -> Option<&'static str> {
    TABLE.iter().map(|(known, _)| *known).find(|known| known.eq_ignore_ascii_case(name))
}

/// Carries a method out.
fn run(world: &mut World, bot: usize, method: &str, params: &Params) -> Answer {
    let found = TABLE.iter().find(|(known, _)| *known == method);
    let (_, method) = found.ok_or_else(|| Refusal::new(404, "Not Found: method not found"))?;
    method(world, bot, params)
}

/// Carries a method out if the rate limits let it.
pub(super) fn limited(world: &mut World, bot: usize, method: &str, params: &Params) -> Answer {
    let cost = cost(method, params);
    if cost > 0 {
        let chat = params.int("chat_id").unwrap_or_default();
        let limiter = &mut world.bots[bot].limiter;
        limiter.admit(chat, chat < 0, cost, Instant::now()).map_err(Refusal::too_many)?;
    }
    run(world, bot, method, params)
}

/// Returns how many messages a call counts for the rate limits.
fn cost(method: &str, params: &Params) -> usize {
    match method {
        "sendChatAction" | "sendMessageDraft" => 0,
        "sendMediaGroup" => {
            let media = params.json("media", "media").ok().flatten();
            media.and_then(|media| media.as_array().map(Vec::len)).unwrap_or(1)
        }
        _ if ["send", "edit", "copy", "forward"].iter().any(|start| method.starts_with(start)) => {
            usize::from(method != "editForumTopic")
        }
        _ => 0,
    }
}
