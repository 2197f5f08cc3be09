//! The first answer to a command or a pressed button.

use serde_json::{Value, json};

use super::super::form;
use super::super::messages::Draft;
use super::super::model::{Id, Interaction, flag};
use super::super::refusal::Refusal;
use super::super::render;
use super::super::request::{Answer, Reply, Request};
use super::super::world::World;
use super::messages;

pub(super) fn callback(world: &mut World, request: &Request) -> Answer {
    let id = request.id("interaction")?;
    let interaction = world.interactions.get(&id).filter(|one| one.token == request.param("token"));
    let interaction = interaction.cloned().ok_or(Refusal::UNKNOWN_INTERACTION)?;
    if interaction.answered.is_some() {
        return Err(Refusal::ALREADY_ACKNOWLEDGED);
    }
    if world.now() > interaction.at + world.options.interaction_wait {
        return Err(Refusal::UNKNOWN_INTERACTION);
    }
    let kind = request.body["type"].as_u64().and_then(|kind| u8::try_from(kind).ok()).unwrap_or_default();
    let response = answer(world, &interaction, kind, request)?;
    let now = world.now();
    if let Some(interaction) = world.interactions.get_mut(&id) {
        interaction.answered = Some((kind, now));
        interaction.response = response;
        interaction.said = Some(request.body["data"].clone()).filter(|data| !data.is_null());
    }
    if request.query("with_response") != Some("true") {
        return Ok(Reply::Nothing);
    }
    Ok(Reply::Json(200, told(world, &interaction, kind, response)))
}

/// Does what the answer says. Returns the message that `@original` means from now on.
fn answer(world: &mut World, to: &Interaction, kind: u8, request: &Request) -> Result<Option<Id>, Refusal> {
    let data = &request.body["data"];
    match kind {
        4 => {
            form::check(data)?;
            let draft = world.draft(to.channel, request, data)?;
            Ok(Some(respond(world, to, draft)))
        }
        5 => {
            let asked = data["flags"].as_u64().unwrap_or_default() & flag::EPHEMERAL;
            Ok(Some(respond(world, to, Draft { flags: asked | flag::LOADING, ..Draft::default() })))
        }
        6 if to.message.is_some() => Ok(to.message),
        7 if to.message.is_some() => {
            let id = to.message.unwrap_or(Id(0));
            let inner = Request {
                params: Vec::new(),
                query: Vec::new(),
                body: data.clone(),
                files: request.files.clone(),
            };
            messages::change(world, to.channel, id, &inner)?;
            Ok(to.message)
        }
        8 if to.kind == 4 => Ok(None),
        9 if to.kind != 5 => Ok(None),
        _ => Err(Refusal::field(
            "type",
            "BASE_TYPE_CHOICES",
            "Value must be one of (4, 5, 6, 7, 8, 9, 10, 12).",
        )),
    }
}

/// Posts an answer under an interaction.
pub(super) fn respond(world: &mut World, to: &Interaction, draft: Draft) -> Id {
    let hidden = draft.flags & flag::EPHEMERAL != 0;
    let draft = Draft {
        kind: if to.kind == 2 { 20 } else { 19 },
        reference: if to.kind == 2 { None } else { to.message.map(|message| (to.channel, message)) },
        interaction: Some(to.id),
        only_for: hidden.then_some(to.user),
        ..draft
    };
    let bot = world.bot;
    world.post(to.channel, bot, draft)
}

fn told(world: &World, to: &Interaction, kind: u8, response: Option<Id>) -> Value {
    let message = response.and_then(|id| world.messages.get(&(to.channel, id)));
    let mut told = json!({
        "interaction": {"id": to.id, "type": to.kind},
        "resource": {"type": kind},
    });
    if let Some(message) = message {
        told["interaction"]["response_message_id"] = json!(message.id);
        told["interaction"]["response_message_loading"] = json!(message.flags & flag::LOADING != 0);
        told["interaction"]["response_message_ephemeral"] = json!(message.only_for.is_some());
        told["resource"]["message"] = render::message(world, message);
    }
    told
}
