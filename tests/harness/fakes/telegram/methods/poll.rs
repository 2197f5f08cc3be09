//! Polls: asked by the bot, answered by people.

use serde_json::{Value, json};

use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::Answer;
use super::compose::{append, begin};

/// `sendPoll`.
pub(super) fn send(world: &mut World, bot: usize, params: &Params) -> Answer {
    let (key, mut draft) = begin(world, bot, params)?;
    let question = params.text("question").ok_or_else(|| Refusal::bad("poll question must be non-empty"))?;
    if question.chars().count() > 300 {
        return Err(Refusal::bad("poll question length must not exceed 300"));
    }
    let given = params.json("options", "options")?.unwrap_or_default();
    let given = given.as_array().ok_or_else(|| Refusal::bad("poll options must be specified"))?;
    let texts = given.iter().map(|option| option.as_str().or_else(|| option["text"].as_str()));
    let texts: Vec<_> = texts.map(Option::unwrap_or_default).collect();
    if texts.len() < 2 {
        return Err(Refusal::bad("poll must have at least 2 option"));
    }
    if texts.len() > 12 {
        return Err(Refusal::bad("poll can't have more than 12 options"));
    }
    if texts.iter().any(|text| text.is_empty() || text.chars().count() > 100) {
        return Err(Refusal::bad("poll options length must not exceed 100"));
    }
    let id = format!("{}", 5_000_000_000 + world.fresh());
    let options: Vec<_> = texts.iter().map(|text| json!({ "text": text, "voter_count": 0 })).collect();
    let anonymous = params.text("is_anonymous").is_none() || params.flag("is_anonymous");
    let poll = json!({
        "id": id, "question": question, "options": options, "total_voter_count": 0, "is_closed": false,
        "is_anonymous": anonymous, "type": params.text("type").unwrap_or("regular"),
        "allows_multiple_answers": params.flag("allows_multiple_answers"),
    });
    draft.fields.insert("poll".into(), poll);
    let (message, sent) = append(world, key, draft);
    world.polls.insert(id, (key, message));
    Ok(sent)
}

/// `stopPoll`.
pub(super) fn stop(world: &mut World, bot: usize, params: &Params) -> Answer {
    let key = world.reach(bot, params.text("chat_id"))?;
    let id = params.int("message_id").unwrap_or_default();
    let post = world.post_mut(key, id).filter(|post| post.bot == Some(bot));
    let poll = post.and_then(|post| post.body.get_mut("poll"));
    let poll = poll.ok_or_else(|| Refusal::bad("message with poll to stop not found"))?;
    if poll["is_closed"] == json!(true) {
        return Err(Refusal::bad("poll has already been closed"));
    }
    poll["is_closed"] = json!(true);
    Ok(poll.clone())
}

/// Lets a person choose these options of a poll, none to take the vote back. An anonymous poll tells only counts.
pub(in super::super) fn vote(world: &mut World, user: i64, poll_id: &str, chosen: &[usize]) {
    let (key, id) = *world.polls.get(poll_id).expect("a poll that was sent");
    let voter = world.user_json(user);
    let post = world.post_mut(key, id).expect("a poll that was not deleted");
    let bot = post.bot.expect("polls are sent by bots");
    if chosen.is_empty() {
        post.ballots.remove(&user);
    } else {
        post.ballots.insert(user, chosen.to_vec());
    }
    let poll = post.body.get_mut("poll").expect("it is a poll");
    assert_eq!(poll["is_closed"], json!(false), "the poll is closed");
    let ballots = &post.ballots;
    let options = poll["options"].as_array_mut().expect("options");
    for (at, option) in options.iter_mut().enumerate() {
        option["voter_count"] = json!(ballots.values().filter(|chosen| chosen.contains(&at)).count());
    }
    poll["total_voter_count"] = json!(ballots.len());
    let poll: Value = poll.clone();
    let queue = &mut world.bots[bot].queue;
    queue.push("poll", poll.clone());
    if poll["is_anonymous"] == json!(false) {
        queue.push("poll_answer", json!({ "poll_id": poll_id, "user": voter, "option_ids": chosen }));
    }
}
