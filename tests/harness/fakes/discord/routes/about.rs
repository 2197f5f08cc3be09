//! Who the bot is, whom it knows, where the gateway is.

use serde_json::{Value, json};

use super::super::Access;
use super::super::model::{Channel, Id};
use super::super::refusal::Refusal;
use super::super::render;
use super::super::request::{Answer, Request, ok};
use super::super::world::World;

pub(super) fn gateway(world: &mut World, _: &Request) -> Answer {
    ok(json!({"url": world.gateway_url()}))
}

pub(super) fn gateway_bot(world: &mut World, _: &Request) -> Answer {
    ok(json!({
        "url": world.gateway_url(),
        "shards": 1,
        "session_start_limit": {
            "total": world.options.identify_total,
            "remaining": world.sessions.identifies_left,
            "reset_after": 86_400_000,
            "max_concurrency": 1,
        },
    }))
}

pub(super) fn me(world: &mut World, _: &Request) -> Answer {
    let mut user = render::user(world, world.bot);
    user["verified"] = json!(true);
    user["mfa_enabled"] = json!(false);
    user["locale"] = json!("en-US");
    user["email"] = Value::Null;
    ok(user)
}

pub(super) fn my_guilds(world: &mut World, _: &Request) -> Answer {
    let guilds = world.guilds.values().map(|guild| {
        json!({
            "id": guild.id, "name": guild.name, "icon": null, "banner": null, "owner": false,
            "permissions": render::ALL_PERMISSIONS, "features": [],
        })
    });
    ok(guilds.collect())
}

pub(super) fn open_direct(world: &mut World, request: &Request) -> Answer {
    let person = request.text("recipient_id").and_then(|id| id.parse::<Id>().ok());
    let person = person.and_then(|id| world.users.get(&id)).filter(|user| !user.bot);
    let person = person.ok_or(Refusal::NO_RECIPIENT)?.id;
    let channel = world.direct(person);
    ok(render::channel(world, &world.channels[&channel]))
}

pub(super) fn user(world: &mut World, request: &Request) -> Answer {
    let id = request.id("user")?;
    if !world.users.contains_key(&id) {
        return Err(Refusal::UNKNOWN_USER);
    }
    ok(render::user(world, id))
}

pub(super) fn application(world: &mut World, _: &Request) -> Answer {
    let owner = world.guilds.values().next().map_or(world.bot, |guild| guild.owner);
    ok(json!({
        "id": world.bot,
        "name": world.options.bot_name,
        "icon": null,
        "description": "",
        "summary": "",
        "type": null,
        "bot": render::user(world, world.bot),
        "bot_public": true,
        "bot_require_code_grant": false,
        "is_monetized": false,
        "verify_key": "0".repeat(64),
        "flags": world.application_flags(),
        "hook": true,
        "redirect_uris": [],
        "interactions_endpoint_url": null,
        "role_connections_verification_url": null,
        "approximate_guild_count": world.guilds.len(),
        "approximate_user_install_count": 0,
        "owner": render::user(world, owner),
        "team": null,
    }))
}

pub(super) fn guild(world: &mut World, request: &Request) -> Answer {
    let id = known(world, request)?;
    ok(render::guild_alone(world, id))
}

pub(super) fn guild_channels(world: &mut World, request: &Request) -> Answer {
    let id = known(world, request)?;
    let visible = |channel: &&Channel| {
        channel.guild == Some(id) && !channel.is_thread() && world.access(channel) != Access::Nothing
    };
    ok(world.channels.values().filter(visible).map(|channel| render::channel(world, channel)).collect())
}

pub(super) fn guild_roles(world: &mut World, request: &Request) -> Answer {
    let id = known(world, request)?;
    ok(render::roles(world, id).into())
}

pub(super) fn guild_member(world: &mut World, request: &Request) -> Answer {
    let (id, user) = (known(world, request)?, request.id("user")?);
    if !world.guilds[&id].members.iter().any(|member| member.user == user) {
        return Err(Refusal::UNKNOWN_MEMBER);
    }
    ok(render::member(world, id, user, true))
}

pub(super) fn active_threads(world: &mut World, request: &Request) -> Answer {
    let id = known(world, request)?;
    let open = |channel: &&Channel| {
        channel.guild == Some(id) && channel.thread.as_ref().is_some_and(|thread| !thread.archived)
    };
    let threads: Vec<&Channel> = world.channels.values().filter(open).collect();
    let list: Vec<Value> = threads.iter().map(|channel| render::channel(world, channel)).collect();
    let members = threads.iter().filter_map(|channel| {
        let thread = channel.thread.as_ref()?;
        let inside = thread.members.contains(&world.bot);
        inside.then(|| render::thread_member(channel.id, world.bot, thread))
    });
    let members: Vec<Value> = members.collect();
    ok(json!({"threads": list, "members": members}))
}

fn known(world: &World, request: &Request) -> Result<Id, Refusal> {
    let id = request.id("guild")?;
    if world.guilds.contains_key(&id) { Ok(id) } else { Err(Refusal::UNKNOWN_GUILD) }
}
