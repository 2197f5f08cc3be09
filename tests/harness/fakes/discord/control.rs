//! Control of the standalone program over HTTP: `POST /_control/say` and the like, for tests in other languages.
//!
//! Each call takes a JSON object and returns JSON; ids are strings, times are milliseconds. `GET /_control/state`
//! tells who and what there is.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use hyper::{Request, Response};
use serde_json::{Value, json};

use super::faults::{Fault, GatewayFault, On, Random};
use super::http::json_answer;
use super::model::Id;
use super::shared::Shared;
use super::{Content, FakeDiscord, Rates};

/// Largest body of a control call.
const MAX_BODY: usize = 64 << 20;

/// Answers a control call: 400 with the reason when it cannot be done.
pub(super) async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let what = request.uri().path().trim_start_matches("/_control/").to_owned();
    let bytes = to_bytes(Body::new(request.into_body()), MAX_BODY).await.unwrap_or_default();
    let body = if bytes.is_empty() { Ok(json!({})) } else { serde_json::from_slice(&bytes) };
    let Ok(body) = body else { return json_answer(400, &json!({"error": "the body is no JSON"})) };
    let fake = FakeDiscord::handle(Arc::clone(shared));
    // What a person cannot do panics in Rust tests; here it is an answer.
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| act(&fake, &what, &body)));
    match done {
        Ok(Some(value)) => json_answer(200, &value),
        Ok(None) => {
            json_answer(404, &json!({"error": format!("no control call {what:?}, or a field is missing")}))
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map_or("it cannot be done", String::as_str);
            json_answer(400, &json!({"error": text}))
        }
    }
}

fn act(fake: &FakeDiscord, what: &str, body: &Value) -> Option<Value> {
    let people = || places(fake, what, body).or_else(|| deeds(fake, what, body)).map(|id| json!({"id": id}));
    people().or_else(|| look(fake, what, body)).or_else(|| break_things(fake, what, body))
}

/// Who is there and where they write.
fn places(fake: &FakeDiscord, what: &str, body: &Value) -> Option<Id> {
    let id = |name: &str| body[name].as_str()?.parse::<Id>().ok();
    let name = || body["name"].as_str();
    Some(match what {
        "person" => fake.person(name()?),
        "dm" => fake.dm(id("user")?),
        "guild" => fake.guild(name()?),
        "role" => fake.role(id("guild")?, name()?),
        "channel" => fake.channel(id("guild")?, name()?),
        "forum" => fake.forum(id("guild")?, name()?),
        "thread" => fake.thread(id("channel")?, id("user")?, name()?, id("message")),
        "post" => fake.post(id("channel")?, id("user")?, name()?, content(body)?),
        "close_dm" => {
            fake.close_dm(id("user")?, body["closed"].as_bool()?);
            id("user")?
        }
        _ => return None,
    })
}

/// What they do.
fn deeds(fake: &FakeDiscord, what: &str, body: &Value) -> Option<Id> {
    let id = |name: &str| body[name].as_str()?.parse::<Id>().ok();
    let text = |name: &str| body[name].as_str();
    match what {
        "say" => return Some(fake.say(id("channel")?, id("user")?, content(body)?)),
        "slash" => {
            let options = body["options"].as_object().cloned().unwrap_or_default();
            let options: Vec<(&str, Value)> =
                options.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            return Some(fake.slash(id("user")?, id("channel")?, text("name")?, &options));
        }
        "press" => return Some(fake.press(id("user")?, id("message")?, text("custom_id")?)),
        "edit" => fake.edit(id("message")?, text("text")?),
        "delete" => fake.delete(id("message")?),
        "react" => fake.react(id("message")?, id("user")?, text("emoji")?),
        "vote" => fake.vote(id("message")?, id("user")?, body["answer"].as_u64()?),
        _ => return None,
    }
    id("message")
}

fn content(body: &Value) -> Option<Content> {
    let mut content = Content::text(body["text"].as_str().unwrap_or_default());
    if let Some(message) = body["reply_to"].as_str() {
        content = content.reply_to(message.parse().ok()?);
    }
    for file in body["files"].as_array().into_iter().flatten() {
        let bytes = STANDARD.decode(file["base64"].as_str()?).ok()?;
        content = content.file(file["name"].as_str()?, file["type"].as_str()?, bytes);
    }
    Some(content)
}

fn look(fake: &FakeDiscord, what: &str, body: &Value) -> Option<Value> {
    Some(match what {
        "state" => {
            let (all, connected) = fake.sessions();
            json!({
                "root": fake.root(),
                "token": fake.token(),
                "bot": fake.bot(),
                "sessions": all,
                "connected": connected,
                "channels": fake.channels(),
                "injected": fake.injected(),
            })
        }
        "messages" => json!(fake.messages(body["channel"].as_str()?.parse().ok()?)),
        "received" => json!(fake.received()),
        "interactions" => json!(fake.interaction_latencies()),
        "typing" => json!(fake.is_typing(body["channel"].as_str()?.parse().ok()?)),
        _ => return None,
    })
}

fn break_things(fake: &FakeDiscord, what: &str, body: &Value) -> Option<Value> {
    match what {
        "advance" => fake.advance(Duration::from_millis(body["ms"].as_u64()?)),
        "fault" => {
            let on = On::route(body["method"].as_str()?, body["route"].as_str()?);
            let on = match (body["nth"].as_u64(), body["times"].as_u64()) {
                (Some(nth), _) => on.nth(u32::try_from(nth).ok()?),
                (None, Some(times)) => on.times(u32::try_from(times).ok()?),
                (None, None) => on.times(1),
            };
            fake.fault(on, fault(body)?);
        }
        "random" => {
            let (seed, per_mille) = (body["seed"].as_u64()?, body["per_mille"].as_u64()?);
            fake.faults_at_random(Some(Random::of(seed, per_mille)));
        }
        "clear" => fake.clear_faults(),
        "gateway" => match gateway_fault(body)? {
            fault if body["next_event"] == true => fake.fault_of_next_event(fault),
            fault => fake.break_gateway(&fault),
        },
        "close" => fake.close_gateway(u16::try_from(body["code"].as_u64()?).ok()?),
        "mute" => fake.mute_gateway(body["mute"].as_bool()?),
        "heartbeat" => fake.ask_for_heartbeat(),
        "forget_sessions" => fake.forget_sessions(),
        "forget_received" => fake.forget_received(),
        "rates" => rates(fake, body)?,
        _ => return None,
    }
    Some(json!({}))
}

/// Sets `limit_per_minute`, or takes all limits away (`none`), or brings Discord's own back.
fn rates(fake: &FakeDiscord, body: &Value) -> Option<()> {
    let limit = match &body["limit_per_minute"] {
        Value::Null => None,
        limit => Some(u32::try_from(limit.as_u64()?).ok()?),
    };
    let base = if body["none"] == true { Rates::none() } else { Rates::default() };
    fake.configure(|options| options.rates = Rates { limit_per_minute: limit, ..base });
    Some(())
}

fn fault(body: &Value) -> Option<Fault> {
    let time = Duration::from_millis(body["ms"].as_u64().unwrap_or(1000));
    Some(match body["fault"].as_str()? {
        "limited" => Fault::Limited(time),
        "limited-globally" => Fault::LimitedGlobally(time),
        "status" => Fault::Status(u16::try_from(body["status"].as_u64()?).ok()?),
        "bad-gateway" => Fault::BadGateway,
        "cut-before" => Fault::CutBefore,
        "cut-after" => Fault::CutAfter,
        "hang-before" => Fault::HangBefore,
        "hang-after" => Fault::HangAfter,
        "slow" => Fault::Slow(time),
        _ => return None,
    })
}

fn gateway_fault(body: &Value) -> Option<GatewayFault> {
    Some(match body["fault"].as_str()? {
        "duplicate" => GatewayFault::Duplicate,
        "out-of-order" => GatewayFault::OutOfOrder,
        "cut" => GatewayFault::Cut,
        "reconnect" => GatewayFault::Reconnect,
        "invalid" => GatewayFault::Invalid(body["resumable"].as_bool().unwrap_or(false)),
        "mute" => GatewayFault::Mute,
        _ => return None,
    })
}
