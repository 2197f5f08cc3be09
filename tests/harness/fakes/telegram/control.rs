//! The control endpoints: what a test in another language asks people to do, and what it reads.
//!
//! `POST /_control/<verb>` with a JSON object; the answer is JSON. Chats are given as `{"id", "bot"?, "topic"?}`, as
//! the verbs that make chats return them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde_json::{Value, json};

use super::content::Content;
use super::faults::{Fault, Faults};
use super::limits::Limits;
use super::{Chat, FakeTelegram};

type Answer = Result<Value, String>;

/// How long `wait` waits unless it is told otherwise.
const PATIENCE_MS: u64 = 10_000;

/// Does what the verb says.
pub(super) async fn run(telegram: &FakeTelegram, verb: &str, body: &[u8]) -> Answer {
    let given: Value = match body {
        [] => json!({}),
        body => serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))?,
    };
    if verb == "wait" {
        return wait(telegram, &given).await;
    }
    // What people cannot do (answer a message that is not there) is a panic, as in a test that asks for it.
    let done = catch_unwind(AssertUnwindSafe(|| match verb {
        "received" | "messages" | "typing" | "answered" | "state" => read(telegram, verb, &given),
        "fault" | "random" | "clear" | "limits" | "limit" => trouble(telegram, verb, &given),
        "user" | "direct" | "group" | "supergroup" | "forum" | "channel" => make(telegram, verb, &given),
        _ => act(telegram, verb, &given),
    }));
    done.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default())
    })
}

fn int(given: &Value, name: &str) -> Result<i64, String> {
    given[name].as_i64().ok_or_else(|| format!("`{name}` must be a number"))
}

fn text<'a>(given: &'a Value, name: &str) -> Result<&'a str, String> {
    given[name].as_str().ok_or_else(|| format!("`{name}` must be a text"))
}

fn chat(given: &Value) -> Result<Chat, String> {
    let chat = &given["chat"];
    let bot = chat["bot"].as_u64().and_then(|bot| usize::try_from(bot).ok()).unwrap_or_default();
    let id = chat["id"].as_i64().ok_or("`chat` must be an object with `id`")?;
    Ok(Chat { id, bot, topic: chat["topic"].as_i64() })
}

fn chat_json(chat: Chat) -> Value {
    json!({ "id": chat.id, "bot": chat.bot, "topic": chat.topic })
}

fn list<'a>(given: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    given[name].as_array().into_iter().flatten()
}

/// Makes people and chats.
fn make(telegram: &FakeTelegram, verb: &str, given: &Value) -> Answer {
    if verb == "user" {
        let id = telegram.user(int(given, "id")?, text(given, "name")?);
        if let Some(username) = given["username"].as_str() {
            telegram.username(id, username);
        }
        return Ok(json!({ "id": id }));
    }
    if verb == "direct" {
        return Ok(chat_json(telegram.direct(int(given, "user")?)));
    }
    let (id, title) = (int(given, "id")?, text(given, "title")?);
    let people: Vec<_> = list(given, "people").filter_map(Value::as_i64).collect();
    Ok(chat_json(match verb {
        "group" => telegram.group(id, title, &people),
        "supergroup" => telegram.supergroup(id, title, &people),
        "forum" => telegram.forum(id, title, &people),
        _ => telegram.channel(id, title),
    }))
}

/// Lets people do something.
fn act(telegram: &FakeTelegram, verb: &str, given: &Value) -> Answer {
    let user = given["user"].as_i64().unwrap_or_default();
    match verb {
        "say" => {
            let content = Content::from_json(&given["content"])?;
            return Ok(json!({ "message_ids": telegram.say_all(chat(given)?, user, content) }));
        }
        "edit" => telegram.edit(chat(given)?, int(given, "message")?, text(given, "text")?),
        "delete" => telegram.delete(chat(given)?, int(given, "message")?),
        "react" => {
            let emoji: Vec<_> = list(given, "emoji").filter_map(Value::as_str).collect();
            telegram.react(chat(given)?, user, int(given, "message")?, &emoji);
        }
        "press" => {
            let query = telegram.press(chat(given)?, user, int(given, "message")?, text(given, "data")?);
            return Ok(json!({ "query": query }));
        }
        "vote" => {
            let options: Vec<_> = list(given, "options").filter_map(Value::as_u64).collect();
            let options: Vec<_> =
                options.into_iter().filter_map(|option| usize::try_from(option).ok()).collect();
            telegram.vote(user, text(given, "poll")?, &options);
        }
        _ => return arrange(telegram, verb, given),
    }
    Ok(json!({}))
}

/// Lets people change a chat.
fn arrange(telegram: &FakeTelegram, verb: &str, given: &Value) -> Answer {
    let user = given["user"].as_i64().unwrap_or_default();
    let flag = |name: &str| given[name].as_bool().unwrap_or(true);
    match verb {
        "block" => telegram.block(user, flag("blocked")),
        "kick" => telegram.kick(chat(given)?),
        "add" => telegram.add(chat(given)?),
        "promote" => telegram.promote(chat(given)?),
        "topic" => return Ok(chat_json(telegram.create_topic(chat(given)?, user, text(given, "name")?))),
        "close-topic" => telegram.close_topic(chat(given)?, user, flag("closed")),
        "migrate" => return Ok(chat_json(telegram.migrate(chat(given)?, user))),
        _ => return Err(format!("there is no `{verb}`")),
    }
    Ok(json!({}))
}

/// Plans faults and limits.
fn trouble(telegram: &FakeTelegram, verb: &str, given: &Value) -> Answer {
    let number = |name: &str, usual: u64| given[name].as_u64().unwrap_or(usual);
    let fault =
        |name: &str| Fault::of(name, number("value", 1)).ok_or_else(|| format!("there is no fault `{name}`"));
    match verb {
        "fault" => {
            let fault = fault(text(given, "fault")?)?;
            telegram.faults(|faults| {
                match (given["call"].as_u64(), given["method"].as_str()) {
                    (Some(call), _) => faults.at(call, fault),
                    (None, Some(method)) => faults.on(method, number("skip", 0), number("times", 1), fault),
                    (None, None) => return Err("`fault` needs `call` or `method`".to_owned()),
                };
                Ok(())
            })?;
        }
        "random" => {
            let among: Vec<_> =
                list(given, "faults").filter_map(Value::as_str).map(fault).collect::<Result<_, _>>()?;
            let methods: Vec<_> = list(given, "methods").filter_map(Value::as_str).collect();
            let probability = given["probability"].as_f64().unwrap_or_default();
            telegram.faults(|faults| {
                faults.random(number("seed", 1), probability, &among, &methods);
            });
        }
        "clear" => telegram.faults(Faults::clear),
        "limit" => {
            let most = usize::try_from(number("per_minute", 20)).unwrap_or(usize::MAX);
            telegram.limit_per_minute(chat(given)?, most);
        }
        _ => {
            let on = given["on"].as_bool().unwrap_or(true);
            telegram.limit(if on { Limits::real() } else { Limits::default() });
        }
    }
    Ok(json!({}))
}

/// Reads what happened.
fn read(telegram: &FakeTelegram, verb: &str, given: &Value) -> Answer {
    Ok(match verb {
        "received" => {
            let wanted = given["method"].as_str();
            let calls =
                telegram.received().into_iter().filter(|call| wanted.is_none_or(|name| call.method == name));
            calls.map(|call| call.to_json()).collect()
        }
        "messages" => telegram.messages(chat(given)?).iter().map(super::Shown::to_json).collect(),
        "typing" => json!({
            "now": telegram.is_typing(chat(given)?),
            "actions": telegram.typing(chat(given)?).iter().map(|typing| &typing.action).collect::<Vec<_>>(),
        }),
        "answered" => json!({ "text": telegram.answered(text(given, "query")?) }),
        _ => {
            let counts = telegram.limit_counts(0);
            json!({
                "token": telegram.token(), "bot_id": telegram.bot_id(), "unconfirmed": telegram.unconfirmed(0),
                "injected": telegram.faults(|faults| faults.injected()), "commands": telegram.commands(0),
                "limited": { "refused": counts.refused, "impatient": counts.impatient },
            })
        }
    })
}

/// Waits until so many calls of a method have come, or a bot's message contains a text; returns the calls or message.
async fn wait(telegram: &FakeTelegram, given: &Value) -> Answer {
    let limit = Duration::from_millis(given["timeout_ms"].as_u64().unwrap_or(PATIENCE_MS));
    let mut changes = telegram.shared.changes();
    let waiting = async {
        loop {
            changes.borrow_and_update();
            if let Some(found) = happened(telegram, given)? {
                return Ok(found);
            }
            changes.changed().await.map_err(|_| "the platform ended".to_owned())?;
        }
    };
    let late = |_| Err(format!("did not happen within {limit:?}: {given}"));
    tokio::time::timeout(limit, waiting).await.unwrap_or_else(late)
}

fn happened(telegram: &FakeTelegram, given: &Value) -> Result<Option<Value>, String> {
    if let Some(method) = given["method"].as_str() {
        let most = given["count"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
        let calls = telegram.calls(method);
        return Ok((calls.len() >= most).then(|| calls.iter().map(super::Call::to_json).collect()));
    }
    let part = text(given, "text")?;
    let found = telegram.from_bot(chat(given)?).into_iter().find(|message| message.text.contains(part));
    Ok(found.map(|message| message.to_json()))
}
