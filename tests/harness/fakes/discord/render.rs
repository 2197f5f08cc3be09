//! How people, servers and channels look in JSON.

use serde_json::{Value, json};

use super::model::{Channel, Id, Role, Thread, kind};
use super::world::World;

pub(super) use super::render_message::{emoji, event_message, message, poll};

/// All permissions, as Discord writes them.
pub(super) const ALL_PERMISSIONS: &str = "2248473465835073";

/// Writes a time as Discord does.
pub(super) fn time(millis: u64) -> String {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX / 2);
    let time = jiff::Timestamp::from_millisecond(millis).expect("a time of this age");
    time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// Writes the time at which an id was made.
fn time_of(id: Id) -> String {
    time((id.0 >> 22) + 1_420_070_400_000)
}

/// A user.
pub(super) fn user(world: &World, id: Id) -> Value {
    let user = world.user(id);
    let handle: String =
        user.name.to_lowercase().chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect();
    json!({
        "id": id,
        "username": handle,
        "discriminator": if user.bot { "0001" } else { "0" },
        "global_name": if user.bot { Value::Null } else { json!(user.name) },
        "avatar": null,
        "avatar_decoration_data": null,
        "banner": null,
        "accent_color": null,
        "bot": user.bot,
        "system": false,
        "flags": 0,
        "public_flags": 0,
    })
}

/// A member of a server; `whole`: with the user in it.
pub(super) fn member(world: &World, guild: Id, id: Id, whole: bool) -> Value {
    let found =
        world.guilds.get(&guild).and_then(|guild| guild.members.iter().find(|member| member.user == id));
    let mut member = json!({
        "nick": found.and_then(|member| member.nick.clone()),
        "avatar": null,
        "banner": null,
        "roles": found.map(|member| member.roles.clone()).unwrap_or_default(),
        "joined_at": found.map(|member| time(member.joined)),
        "premium_since": null,
        "communication_disabled_until": null,
        "deaf": false,
        "mute": false,
        "pending": false,
        "flags": 0,
    });
    if whole {
        member["user"] = user(world, id);
    }
    member
}

fn role(role: &Role, position: usize) -> Value {
    json!({
        "id": role.id,
        "name": role.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        "hoist": false,
        "icon": null,
        "unicode_emoji": null,
        "position": position,
        "permissions": ALL_PERMISSIONS,
        "managed": false,
        "mentionable": role.mentionable,
        "flags": 0,
    })
}

/// The roles of a server.
pub(super) fn roles(world: &World, guild: Id) -> Vec<Value> {
    world.guilds[&guild].roles.iter().enumerate().map(|(position, one)| role(one, position)).collect()
}

/// A channel or thread.
pub(super) fn channel(world: &World, channel: &Channel) -> Value {
    let mut value = json!({
        "id": channel.id,
        "type": channel.kind,
        "last_message_id": channel.last,
        "flags": 0,
    });
    if let Some(person) = channel.person {
        value["recipients"] = json!([user(world, person)]);
        return value;
    }
    value["guild_id"] = json!(channel.guild);
    value["name"] = json!(channel.name);
    value["parent_id"] = json!(channel.parent);
    value["rate_limit_per_user"] = json!(0);
    match &channel.thread {
        Some(thread) => add_thread(world, &mut value, channel, thread),
        None => add_place(world, &mut value, channel),
    }
    value
}

fn add_place(world: &World, value: &mut Value, channel: &Channel) {
    let position = world.channels.keys().position(|id| *id == channel.id);
    value["position"] = json!(position);
    value["topic"] = json!(channel.topic);
    value["nsfw"] = json!(false);
    value["permission_overwrites"] = json!([]);
    if channel.kind == kind::FORUM {
        value["available_tags"] = json!([]);
        value["default_reaction_emoji"] = Value::Null;
        value["default_sort_order"] = Value::Null;
        value["default_forum_layout"] = json!(0);
        value["template"] = json!("");
    }
}

fn add_thread(world: &World, value: &mut Value, channel: &Channel, thread: &Thread) {
    let count = world.in_channel(channel.id).filter(|message| message.id != channel.id).count();
    value["owner_id"] = json!(thread.owner);
    value["message_count"] = json!(count);
    value["total_message_sent"] = json!(count);
    value["member_count"] = json!(thread.members.len().min(50));
    value["thread_metadata"] = json!({
        "archived": thread.archived,
        "locked": thread.locked,
        "auto_archive_duration": thread.archive_after,
        "archive_timestamp": time(thread.created),
        "create_timestamp": time(thread.created),
    });
    if channel.kind == kind::PRIVATE_THREAD {
        value["thread_metadata"]["invitable"] = json!(true);
    }
    if thread.members.contains(&world.bot) {
        value["member"] = thread_member(channel.id, world.bot, thread);
    }
    let parent = channel.parent.and_then(|parent| world.channels.get(&parent));
    if parent.is_some_and(|parent| parent.kind == kind::FORUM) {
        value["applied_tags"] = json!([]);
    }
}

/// A member of a thread.
pub(super) fn thread_member(channel: Id, user: Id, thread: &Thread) -> Value {
    json!({"id": channel, "user_id": user, "join_timestamp": time(thread.created), "flags": 1})
}

/// A server as `GUILD_CREATE` tells of it.
pub(super) fn guild(world: &World, id: Id) -> Value {
    let guild = &world.guilds[&id];
    let visible =
        |channel: &&Channel| channel.guild == Some(id) && world.access(channel) != super::Access::Nothing;
    let all: Vec<&Channel> = world.channels.values().filter(visible).collect();
    let open = |channel: &&&Channel| channel.thread.as_ref().is_some_and(|thread| !thread.archived);
    let channels: Vec<Value> =
        all.iter().filter(|one| !one.is_thread()).map(|one| channel(world, one)).collect();
    let threads: Vec<Value> = all.iter().filter(open).map(|one| channel(world, one)).collect();
    let mut value = guild_alone(world, id);
    let more = json!({
        "joined_at": time_of(id),
        "large": false,
        "unavailable": false,
        "member_count": guild.members.len(),
        "voice_states": [],
        "members": [member(world, id, world.bot, true)],
        "channels": channels,
        "threads": threads,
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    });
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    value
}

/// A server as `GET /guilds/{guild}` tells of it.
pub(super) fn guild_alone(world: &World, id: Id) -> Value {
    let guild = &world.guilds[&id];
    json!({
        "id": id,
        "name": guild.name,
        "icon": null,
        "icon_hash": null,
        "splash": null,
        "discovery_splash": null,
        "owner_id": guild.owner,
        "afk_channel_id": null,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": roles(world, id),
        "emojis": [],
        "features": [],
        "mfa_level": 0,
        "application_id": null,
        "system_channel_id": null,
        "system_channel_flags": 0,
        "rules_channel_id": null,
        "max_members": 500_000,
        "max_presences": null,
        "vanity_url_code": null,
        "description": null,
        "banner": null,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "public_updates_channel_id": null,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "nsfw_level": 0,
        "nsfw": false,
        "stickers": [],
        "premium_progress_bar_enabled": false,
        "safety_alerts_channel_id": null,
        "incidents_data": null,
    })
}
