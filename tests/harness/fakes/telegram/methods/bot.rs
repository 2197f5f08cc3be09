//! The bot itself: who it is, its commands, its webhook, its answers to buttons, its files.

use serde_json::{Value, json};

use super::super::files::MOST_DOWNLOAD;
use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::webhook::Webhook;
use super::super::world::World;
use super::Answer;

/// Methods that change nothing that anybody sees here.
#[expect(clippy::unnecessary_wraps, reason = "a method of the table")]
pub(super) fn fine(_: &mut World, _: usize, _: &Params) -> Answer {
    Ok(json!(true))
}

/// `getMe`.
#[expect(clippy::unnecessary_wraps, reason = "a method of the table")]
pub(super) fn get_me(world: &mut World, bot: usize, _: &Params) -> Answer {
    let mut me = world.user_json(world.bots[bot].id);
    me["can_join_groups"] = json!(true);
    me["can_read_all_group_messages"] = json!(!world.bots[bot].privacy);
    for name in ["supports_inline_queries", "can_connect_to_business", "has_main_web_app"] {
        me[name] = json!(false);
    }
    Ok(me)
}

/// `getFile`.
pub(super) fn get_file(world: &mut World, _: usize, params: &Params) -> Answer {
    let id = params.text("file_id").ok_or_else(|| Refusal::bad("file_id is not specified"))?;
    let stored = world.files.get(id).ok_or_else(|| Refusal::bad("invalid file_id"))?;
    if stored.size() > MOST_DOWNLOAD {
        return Err(Refusal::bad("file is too big"));
    }
    Ok(json!({
        "file_id": id, "file_unique_id": stored.unique, "file_size": stored.size(), "file_path": stored.path,
    }))
}

/// `answerCallbackQuery`: once, and soon.
pub(super) fn answer_callback(world: &mut World, bot: usize, params: &Params) -> Answer {
    let text = params.text("text").unwrap_or_default().to_owned();
    if text.chars().count() > 200 {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    let life = world.query_life;
    let query = params.text("callback_query_id").and_then(|id| world.queries.get_mut(id));
    let query =
        query.filter(|query| query.bot == bot && query.answer.is_none() && query.pressed.elapsed() < life);
    let old = "query is too old and response timeout expired or query ID is invalid";
    query.ok_or_else(|| Refusal::bad(old))?.answer = Some(text);
    Ok(json!(true))
}

/// A scope and language, as a key.
fn scope(params: &Params) -> Result<String, Refusal> {
    let scope = params.json("scope", "BotCommandScope")?.unwrap_or_else(|| json!({ "type": "default" }));
    Ok(format!("{scope} {}", params.text("language_code").unwrap_or_default()))
}

/// `setMyCommands`.
pub(super) fn set_commands(world: &mut World, bot: usize, params: &Params) -> Answer {
    let commands = params.json("commands", "commands")?.unwrap_or_default();
    let list = commands.as_array().ok_or_else(|| Refusal::bad("can't parse commands: expected an Array"))?;
    if list.len() > 100 {
        return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in list {
        let name = command["command"].as_str().unwrap_or_default().trim_start_matches('/');
        let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if name.is_empty() || name.len() > 32 || !letters {
            return Err(Refusal::bad("BOT_COMMAND_INVALID"));
        }
        let length = command["description"].as_str().unwrap_or_default().chars().count();
        if !(1..=256).contains(&length) {
            return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    let scope = scope(params)?;
    world.bots[bot].commands.insert(scope, commands);
    Ok(json!(true))
}

/// `getMyCommands`.
pub(super) fn get_commands(world: &mut World, bot: usize, params: &Params) -> Answer {
    Ok(world.bots[bot].commands.get(&scope(params)?).cloned().unwrap_or_else(|| json!([])))
}

/// `deleteMyCommands`.
pub(super) fn delete_commands(world: &mut World, bot: usize, params: &Params) -> Answer {
    world.bots[bot].commands.remove(&scope(params)?);
    Ok(json!(true))
}

/// `setWebhook`. As a server of one's own does, it takes plain addresses; an empty one removes the webhook.
pub(super) fn set_webhook(world: &mut World, bot: usize, params: &Params) -> Answer {
    let Some(url) = params.text("url") else { return delete_webhook(world, bot, params) };
    if !url.starts_with("http://") {
        return Err(Refusal::bad("bad webhook: only plain http:// addresses on this machine can be reached"));
    }
    let secret = params.text("secret_token").unwrap_or_default();
    if secret.len() > 256 {
        return Err(Refusal::bad("secret token is too long"));
    }
    if !secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(Refusal::bad("secret token contains unallowed characters"));
    }
    let kinds = params.json("allowed_updates", "allowed updates")?;
    let bot = &mut world.bots[bot];
    bot.queue.allow(kinds);
    if params.flag("drop_pending_updates") {
        bot.queue.drop_pending();
    }
    bot.webhook = Some(Webhook { url: url.to_owned(), secret: secret.to_owned(), last_error: None });
    Ok(json!(true))
}

/// `deleteWebhook`.
#[expect(clippy::unnecessary_wraps, reason = "a method of the table")]
pub(super) fn delete_webhook(world: &mut World, bot: usize, params: &Params) -> Answer {
    let bot = &mut world.bots[bot];
    if params.flag("drop_pending_updates") {
        bot.queue.drop_pending();
    }
    bot.webhook = None;
    Ok(json!(true))
}

/// `getWebhookInfo`.
#[expect(clippy::unnecessary_wraps, reason = "a method of the table")]
pub(super) fn webhook_info(world: &mut World, bot: usize, _: &Params) -> Answer {
    let bot = &world.bots[bot];
    let url = bot.webhook.as_ref().map_or("", |hook| hook.url.as_str());
    let mut info =
        json!({ "url": url, "has_custom_certificate": false, "pending_update_count": bot.queue.len() });
    if let Some(allowed) = bot.queue.allowed() {
        info["allowed_updates"] = json!(allowed);
    }
    if let Some((date, text)) = bot.webhook.as_ref().and_then(|hook| hook.last_error.as_ref()) {
        info["last_error_date"] = json!(date);
        info["last_error_message"] = json!(text);
    }
    let info: Value = info;
    Ok(info)
}
