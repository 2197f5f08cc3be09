//! The commands that the bot offers.

use serde_json::{Value, json};

use super::super::form::Problems;
use super::super::model::Id;
use super::super::refusal::Refusal;
use super::super::request::{Answer, Reply, Request, ok};
use super::super::world::World;

/// Most commands at one place.
const MOST: usize = 100;

pub(super) fn list(world: &mut World, request: &Request) -> Answer {
    let place = place(world, request)?;
    ok(world.commands.get(&place).cloned().unwrap_or_default().into())
}

pub(super) fn replace(world: &mut World, request: &Request) -> Answer {
    let place = place(world, request)?;
    let Value::Array(wanted) = &request.body else {
        return Err(Refusal::field("_", "BASE_TYPE_LIST", "Must be a list."));
    };
    if wanted.len() > MOST {
        return Err(Refusal::Plain(400, 30032, "Maximum number of application commands reached (100)."));
    }
    let mut problems = Problems::default();
    for (index, command) in wanted.iter().enumerate() {
        check(&mut problems, &format!("{index}."), command);
        if wanted[..index].iter().any(|other| other["name"] == command["name"]) {
            problems.add(
                format!("{index}.name"),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            );
        }
    }
    problems.end()?;
    let commands: Vec<Value> = wanted.iter().map(|command| stored(world, place, command)).collect();
    world.commands.insert(place, commands.clone());
    ok(commands.into())
}

pub(super) fn add(world: &mut World, request: &Request) -> Answer {
    let place = place(world, request)?;
    let mut problems = Problems::default();
    check(&mut problems, "", &request.body);
    problems.end()?;
    let command = stored(world, place, &request.body);
    let list = world.commands.entry(place).or_default();
    let before = list.len();
    list.retain(|other| other["name"] != command["name"]);
    let status = if list.len() < before { 200 } else { 201 };
    list.push(command.clone());
    Ok(Reply::Json(status, command))
}

pub(super) fn remove(world: &mut World, request: &Request) -> Answer {
    let place = place(world, request)?;
    let id = request.id("command")?;
    let list = world.commands.entry(place).or_default();
    let before = list.len();
    list.retain(|command| command["id"] != json!(id));
    if list.len() < before { Ok(Reply::Nothing) } else { Err(Refusal::UNKNOWN_COMMAND) }
}

/// Returns for which server the commands are; none: everywhere.
fn place(world: &World, request: &Request) -> Result<Option<Id>, Refusal> {
    if request.id("application")? != world.bot {
        return Err(Refusal::Plain(
            403,
            20012,
            "You are not authorized to perform this action on this application",
        ));
    }
    if request.param("guild").is_empty() {
        return Ok(None);
    }
    let guild = request.id("guild")?;
    if world.guilds.contains_key(&guild) { Ok(Some(guild)) } else { Err(Refusal::MISSING_ACCESS) }
}

fn check(problems: &mut Problems, at: &str, command: &Value) {
    problems.length(format!("{at}name"), &command["name"], 1, 32);
    let chat = command["type"].as_u64().unwrap_or(1) == 1;
    if chat {
        check_name(problems, &format!("{at}name"), &command["name"]);
        problems.length(format!("{at}description"), &command["description"], 1, 100);
    }
    problems.count(format!("{at}options"), &command["options"], 25);
    let mut optional = false;
    for (index, option) in command["options"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}options.{index}.");
        problems.length(format!("{at}name"), &option["name"], 1, 32);
        check_name(problems, &format!("{at}name"), &option["name"]);
        problems.length(format!("{at}description"), &option["description"], 1, 100);
        problems.count(format!("{at}choices"), &option["choices"], 25);
        let required = option["required"] == true;
        if required && optional {
            let message = "Required options must be placed before non-required options";
            problems.add(format!("{at}required"), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message);
        }
        optional |= !required;
    }
}

fn check_name(problems: &mut Problems, at: &str, name: &Value) {
    let name = name.as_str().unwrap_or_default();
    let fits = |c: char| c == '-' || c == '_' || c == '\'' || (c.is_alphanumeric() && !c.is_uppercase());
    if !name.chars().all(fits) {
        problems.add(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
}

/// Returns a command as Discord keeps it: one of the same name keeps its id.
fn stored(world: &mut World, place: Option<Id>, command: &Value) -> Value {
    let before =
        world.commands.get(&place).into_iter().flatten().find(|other| other["name"] == command["name"]);
    let id = before.map(|before| before["id"].clone());
    let id = id.unwrap_or_else(|| json!(world.id()));
    let mut stored = json!({
        "id": id,
        "application_id": world.bot,
        "version": world.id(),
        "type": 1,
        "description": "",
        "default_member_permissions": null,
        "dm_permission": true,
        "contexts": null,
        "integration_types": [0],
        "nsfw": false,
    });
    if let Some(guild) = place {
        stored["guild_id"] = json!(guild);
    }
    if let (Some(stored), Some(command)) = (stored.as_object_mut(), command.as_object()) {
        stored.extend(command.iter().map(|(name, value)| (name.clone(), value.clone())));
        stored.insert("id".to_owned(), id);
    }
    stored
}
