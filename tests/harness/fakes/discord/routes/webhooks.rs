//! What follows the first answer to an interaction: `@original`, and more messages.

use super::super::form;
use super::super::model::{Id, Interaction, flag};
use super::super::refusal::Refusal;
use super::super::render;
use super::super::request::{Answer, Reply, Request, ok};
use super::super::voice;
use super::super::world::World;
use super::{interactions, messages};

pub(super) fn follow_up(world: &mut World, request: &Request) -> Answer {
    let to = interaction(world, request)?;
    form::check(&request.body)?;
    voice::check(request)?;
    let waiting = to.response.filter(|id| is_loading(world, to.channel, *id));
    // While the first answer still shows "thinking…", a further message takes its place.
    if let Some(id) = waiting {
        fill(world, to.channel, id, request)?;
        return shown(world, to.channel, id);
    }
    let draft = world.draft(to.channel, request, &request.body)?;
    let id = interactions::respond(world, &to, draft);
    shown(world, to.channel, id)
}

pub(super) fn get(world: &mut World, request: &Request) -> Answer {
    let (to, id) = target(world, request)?;
    shown(world, to.channel, id)
}

pub(super) fn edit(world: &mut World, request: &Request) -> Answer {
    let (to, id) = target(world, request)?;
    fill(world, to.channel, id, request)?;
    shown(world, to.channel, id)
}

pub(super) fn delete(world: &mut World, request: &Request) -> Answer {
    let (to, id) = target(world, request)?;
    world.remove(to.channel, id);
    Ok(Reply::Nothing)
}

/// Changes a message; one that shows "thinking…" does no longer, and was not edited to anybody.
fn fill(world: &mut World, channel: Id, id: Id, request: &Request) -> Result<(), Refusal> {
    let loading = is_loading(world, channel, id);
    messages::change(world, channel, id, request)?;
    if loading {
        let message = world.messages.get_mut(&(channel, id)).ok_or(Refusal::UNKNOWN_MESSAGE)?;
        message.flags &= !flag::LOADING;
        message.earlier.clear();
    }
    Ok(())
}

fn is_loading(world: &World, channel: Id, id: Id) -> bool {
    world.messages.get(&(channel, id)).is_some_and(|message| message.flags & flag::LOADING != 0)
}

fn shown(world: &World, channel: Id, id: Id) -> Answer {
    let message = world.messages.get(&(channel, id)).ok_or(Refusal::UNKNOWN_MESSAGE)?;
    ok(render::message(world, message))
}

/// Returns the interaction of the token: it must have had its first answer, and be young enough.
fn interaction(world: &World, request: &Request) -> Result<Interaction, Refusal> {
    if request.id("application")? != world.bot {
        return Err(Refusal::UNKNOWN_WEBHOOK);
    }
    let token = request.param("token");
    let found = world.interactions.values().find(|one| one.token == token);
    let found = found.filter(|one| one.answered.is_some()).ok_or(Refusal::UNKNOWN_WEBHOOK)?;
    if world.now() > found.at + world.options.interaction_life {
        return Err(Refusal::EXPIRED_TOKEN);
    }
    Ok(found.clone())
}

fn target(world: &World, request: &Request) -> Result<(Interaction, Id), Refusal> {
    let to = interaction(world, request)?;
    let id = match request.param("message") {
        "@original" => to.response,
        id => id.parse().ok().map(Id),
    };
    let id = id.ok_or(Refusal::UNKNOWN_MESSAGE)?;
    let message = world.messages.get(&(to.channel, id)).ok_or(Refusal::UNKNOWN_MESSAGE)?;
    let its_own = message.interaction == Some(to.id) || to.message == Some(id);
    if its_own { Ok((to, id)) } else { Err(Refusal::UNKNOWN_MESSAGE) }
}
