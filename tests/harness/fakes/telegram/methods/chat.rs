//! Chats: what they are, who is in them, what is pinned, and chat actions such as `typing`.

use serde_json::{Value, json};

use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::transcript::Typing;
use super::super::world::{Key, RoomKind, Standing, World};
use super::Answer;

const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

/// `sendChatAction`.
pub(super) fn action(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let action = params.text("action").unwrap_or_default().to_lowercase();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(Refusal::bad("wrong parameter action in request"));
    }
    let topic = params.int("message_thread_id");
    let room = world.room(key);
    // Chat actions are the one call that names the General topic by its id.
    let known = |id: i64| room.topics.as_ref().is_some_and(|topics| id == 1 || topics.contains_key(&id));
    if room.topics.is_some() && topic.is_some_and(|id| !known(id)) {
        return Err(Refusal::bad("message thread not found"));
    }
    let typing = Typing { at: world.age(), action, topic };
    world.room_mut(key).typing.push(typing);
    Ok(json!(true))
}

/// `getChat`.
pub(super) fn get(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let mut chat = world.chat_json(key);
    chat["accent_color_id"] = json!(1);
    chat["max_reaction_count"] = json!(11);
    chat["accepted_gift_types"] = json!({
        "unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true, "premium_subscription": true,
        "gifts_from_channels": true,
    });
    if world.room(key).kind != RoomKind::Private {
        chat["permissions"] = json!({ "can_send_messages": true });
    }
    Ok(chat)
}

fn bot_member(world: &World, key: Key, bot: usize) -> Value {
    let user = world.user_json(world.bots[bot].id);
    if world.room(key).bots.get(&bot) != Some(&Standing::Admin) {
        return json!({ "status": "member", "user": user });
    }
    let mut member =
        json!({ "status": "administrator", "user": user, "can_be_edited": false, "is_anonymous": false });
    for right in [
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
        "can_pin_messages",
        "can_manage_topics",
    ] {
        member[right] = json!(true);
    }
    member
}

/// `getChatMember`.
pub(super) fn member(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let id = params.int("user_id").ok_or_else(|| Refusal::bad("invalid user_id specified"))?;
    if let Some(other) = world.bots.iter().position(|other| other.id == id) {
        return Ok(bot_member(world, key, other));
    }
    let room = world.room(key);
    if !world.people.contains_key(&id) {
        return Err(Refusal::bad("user not found"));
    }
    let inside = room.members.contains(&id) || room.id == id;
    Ok(json!({ "status": if inside { "member" } else { "left" }, "user": world.user_json(id) }))
}

/// `getChatAdministrators`.
pub(super) fn administrators(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let room = world.room(key);
    if room.kind == RoomKind::Private {
        return Err(Refusal::bad("there are no administrators in the private chat"));
    }
    let admins = room.bots.iter().filter(|(_, standing)| **standing == Standing::Admin);
    Ok(admins.map(|(bot, _)| bot_member(world, key, *bot)).collect())
}

/// `getChatMemberCount`.
pub(super) fn count(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let room = world.room(key);
    Ok(json!(if room.kind == RoomKind::Private { 2 } else { room.members.len() + room.bots.len() }))
}

/// `leaveChat`.
pub(super) fn leave(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    if world.room(key).kind == RoomKind::Private {
        return Err(Refusal::bad("chat member status can't be changed in private chats"));
    }
    world.room_mut(key).bots.remove(&bot);
    Ok(json!(true))
}

fn pin_rights(world: &World, bot: usize, params: &Params) -> Result<Key, Refusal> {
    let key = world.reach(bot, params.text("chat_id"))?;
    let room = world.room(key);
    let allowed = room.kind == RoomKind::Private || room.bots.get(&bot) == Some(&Standing::Admin);
    if allowed {
        Ok(key)
    } else {
        Err(Refusal::bad("not enough rights to manage pinned messages in the chat"))
    }
}

/// `pinChatMessage`.
pub(super) fn pin(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = pin_rights(world, bot, params)?;
    let id = params.int("message_id").unwrap_or_default();
    let post = world.post_mut(key, id).ok_or_else(|| Refusal::bad("message to pin not found"))?;
    post.pinned = true;
    Ok(json!(true))
}

/// `unpinChatMessage`: the named one, or the latest pinned.
pub(super) fn unpin(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = pin_rights(world, bot, params)?;
    let latest = || world.room(key).posts.iter().rev().find(|(_, post)| post.pinned).map(|(id, _)| *id);
    let id = params.int("message_id").or_else(latest);
    let post = id
        .and_then(|id| world.post_mut(key, id))
        .ok_or_else(|| Refusal::bad("message to unpin not found"))?;
    post.pinned = false;
    Ok(json!(true))
}

/// `unpinAllChatMessages`.
pub(super) fn unpin_all(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = pin_rights(world, bot, params)?;
    world.room_mut(key).posts.values_mut().for_each(|post| post.pinned = false);
    Ok(json!(true))
}
