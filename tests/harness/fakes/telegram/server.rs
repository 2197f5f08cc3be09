//! The listening side: takes calls apart, lets faults happen, answers.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use futures_util::{StreamExt as _, stream};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::faults::Fault;
use super::files::MOST_UPLOAD;
use super::params::{Params, decode};
use super::refusal::Refusal;
use super::shared::Shared;
use super::transcript::{Call, Outcome};
use super::{FakeTelegram, control, methods, webhook};

/// How long updates are held back until there are several to put into the wrong order.
const REORDER_WAIT: Duration = Duration::from_secs(2);

/// The connection ends without an answer.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut")
    }
}

impl std::error::Error for Cut {}

type Reply = Result<Response<Body>, Cut>;

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    let mut tasks = JoinSet::new();
    tasks.spawn(webhook::deliver(Arc::clone(&shared)));
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tasks.spawn(connection(stream, Arc::clone(&shared)));
        }
        while tasks.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| handle(Arc::clone(&shared), request));
    // An error is a cut that was asked for, or a client that went away.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Reply {
    let path = request.uri().path().to_owned();
    if let Some(verb) = path.strip_prefix("/_control/") {
        let verb = verb.to_owned();
        let body = to_bytes(Body::new(request.into_body()), usize::MAX).await.map_err(|_| Cut)?;
        return Ok(match control::run(&FakeTelegram::seen(&shared), &verb, &body).await {
            Ok(value) => json_reply(StatusCode::OK, &value),
            Err(text) => json_reply(StatusCode::BAD_REQUEST, &json!({ "error": text })),
        });
    }
    let path = decode(&path);
    if let Some(rest) = path.strip_prefix("/file/bot") {
        return file(&shared, rest).await;
    }
    match path.strip_prefix("/bot").and_then(|rest| rest.split_once('/')) {
        Some((token, method)) => call(&shared, token, method, request).await,
        None => Ok(refused(&Refusal::new(404, "Not Found"))),
    }
}

/// Gives a file's content.
async fn file(shared: &Arc<Shared>, rest: &str) -> Reply {
    let (token, path) = rest.split_once('/').unwrap_or((rest, ""));
    let Some(bot) = shared.bot(token) else {
        return Ok(refused(&Refusal::new(401, "Unauthorized")));
    };
    let mut params = Params::default();
    params.values.insert("file_path".into(), path.to_owned());
    let (fault, ending) = begin(shared, bot, "download", &params);
    if let Some(reply) = before(fault, &ending).await {
        return reply;
    }
    let content = shared.look(|world| world.files.content(path).map(<[u8]>::to_vec));
    let result = content.ok_or_else(|| Refusal::new(404, "Not Found")).and_then(|content| {
        let note = json!(content.len());
        let reply = Response::builder().header(header::CONTENT_TYPE, "application/octet-stream");
        let reply =
            reply.body(Body::from(content)).map_err(|_| Refusal::new(500, "Internal Server Error"))?;
        Ok((note, reply))
    });
    after(fault, &ending, result).await
}

/// Carries a call out.
async fn call(shared: &Arc<Shared>, token: &str, method: &str, request: Request<Incoming>) -> Reply {
    if !token.contains(':') {
        return Ok(refused(&Refusal::new(404, "Not Found")));
    }
    let Some(bot) = shared.bot(token) else {
        return Ok(refused(&Refusal::new(401, "Unauthorized")));
    };
    let Some(method) = methods::spelled(method) else {
        return Ok(refused(&Refusal::new(404, "Not Found: method not found")));
    };
    let params = match read(request).await {
        Ok(params) => params,
        Err(refusal) => return Ok(refused(&refusal)),
    };
    let (fault, ending) = begin(shared, bot, method, &params);
    if let Some(reply) = before(fault, &ending).await {
        return reply;
    }
    let result = if method == "getUpdates" {
        get_updates(shared, bot, &params, fault).await
    } else {
        shared.with(|world| methods::limited(world, bot, method, &params))
    };
    let result = result.map(|value| {
        let reply = json_reply(StatusCode::OK, &json!({ "ok": true, "result": value }));
        (value, reply)
    });
    after(fault, &ending, result).await
}

/// Reads a call's parameters from wherever they stand.
async fn read(request: Request<Incoming>) -> Result<Params, Refusal> {
    let mut params = Params::default();
    params.add_form(request.uri().query().unwrap_or_default());
    if request.method() == Method::GET {
        return Ok(params);
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let body = to_bytes(Body::new(request.into_body()), MOST_UPLOAD + (1 << 20)).await;
    let body = body.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?;
    let lower = kind.to_lowercase();
    if lower.starts_with("application/json") {
        params.add_json(&body)?;
    } else if lower.starts_with("multipart/form-data") {
        params.add_multipart(&kind, &body)?;
    } else if lower.starts_with("application/x-www-form-urlencoded") {
        params.add_form(&String::from_utf8_lossy(&body));
    }
    Ok(params)
}

/// Notes a call and says what will go wrong with it.
fn begin(shared: &Arc<Shared>, bot: usize, method: &str, params: &Params) -> (Option<Fault>, Ending) {
    let marked_up =
        ["parse_mode", "entities", "caption_entities"].iter().any(|name| params.text(name).is_some())
            || params.text("media").is_some_and(|media| media.contains("parse_mode"));
    shared.with(|world| {
        let index = world.calls.len() as u64;
        let mut call = Call::new(index, world.age(), bot, method, params);
        call.fault = world.faults.pick(index, method, marked_up);
        let fault = call.fault;
        world.calls.push(call);
        (fault, Ending { shared: Arc::clone(shared), index: world.calls.len() - 1 })
    })
}

/// Lets happen what goes wrong before a call is carried out. Returns the answer if it is not carried out at all.
async fn before(fault: Option<Fault>, ending: &Ending) -> Option<Reply> {
    if fault == Some(Fault::HangBefore) || ending.silent() {
        return Some(ending.hang(false).await);
    }
    match fault? {
        Fault::TooMany(seconds) => Some(Ok(ending.refuse(&Refusal::too_many(seconds)))),
        Fault::ServerError => Some(Ok(ending.refuse(&Refusal::new(500, "Internal Server Error")))),
        Fault::ParseError => {
            let text = "can't parse entities: Unsupported start tag \"fault\" at byte offset 0";
            Some(Ok(ending.refuse(&Refusal::bad(text))))
        }
        Fault::BadGateway => {
            ending.end(Outcome::Lost { effect: false });
            Some(Ok(html(StatusCode::BAD_GATEWAY, "502 Bad Gateway")))
        }
        Fault::CutBefore => {
            ending.end(Outcome::Lost { effect: false });
            Some(Err(Cut))
        }
        Fault::LateGateway
        | Fault::CutAfter
        | Fault::CutWithin
        | Fault::HangBefore
        | Fault::HangAfter
        | Fault::Slow(_)
        | Fault::Duplicates
        | Fault::Reorder => None,
    }
}

/// Answers, unless the fault takes the answer away.
async fn after(
    fault: Option<Fault>,
    ending: &Ending,
    result: Result<(Value, Response<Body>), Refusal>,
) -> Reply {
    let lost = Outcome::Lost { effect: result.is_ok() };
    if fault == Some(Fault::HangAfter) || ending.silent() {
        return ending.hang(result.is_ok()).await;
    }
    match fault {
        Some(Fault::CutAfter) => {
            ending.end(lost);
            return Err(Cut);
        }
        Some(Fault::CutWithin) => {
            ending.end(lost);
            return Ok(torn());
        }
        Some(Fault::LateGateway) => {
            ending.end(lost);
            return Ok(html(StatusCode::GATEWAY_TIMEOUT, "504 Gateway Time-out"));
        }
        Some(Fault::Slow(time)) => {
            ending.note(lost);
            tokio::time::sleep(time).await;
        }
        _ => {}
    }
    match result {
        Ok((note, reply)) => {
            ending.end(Outcome::Done(note));
            Ok(reply)
        }
        Err(refusal) => Ok(ending.refuse(&refusal)),
    }
}

/// `getUpdates`: confirms, then waits for updates, for its time to pass, or for a newer call.
async fn get_updates(shared: &Shared, bot: usize, params: &Params, fault: Option<Fault>) -> methods::Answer {
    let kinds = params.json("allowed_updates", "allowed updates")?;
    let mut changes = shared.changes();
    let poll = shared.with(|world| {
        let bot = &mut world.bots[bot];
        bot.queue.allow(kinds);
        bot.queue.confirm(params.int("offset").unwrap_or_default());
        bot.poll += 1;
        bot.poll
    });
    let limit =
        params.int("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100).clamp(1, 100);
    let timeout = params.int("timeout").and_then(|timeout| u64::try_from(timeout).ok()).unwrap_or_default();
    let until = Instant::now() + Duration::from_secs(timeout.min(50));
    // An order can only be wrong among several.
    let least = if fault == Some(Fault::Reorder) && timeout > 0 { 2 } else { 1 };
    let patience = Instant::now() + REORDER_WAIT;
    loop {
        changes.borrow_and_update();
        let batch = shared.look(|world| {
            let bot = &world.bots[bot];
            if bot.webhook.is_some() {
                let text = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the \
                            webhook first";
                return Err(Refusal::conflict(text));
            }
            if bot.poll != poll {
                let text = "terminated by other getUpdates request; make sure that only one bot instance is running";
                return Err(Refusal::conflict(text));
            }
            let mut batch = bot.queue.batch(limit);
            match fault {
                Some(Fault::Duplicates) => batch = bot.queue.doubled(limit),
                Some(Fault::Reorder) => batch.reverse(),
                _ => {}
            }
            Ok(batch)
        })?;
        let now = Instant::now();
        if batch.len() >= least || now >= until || (!batch.is_empty() && now >= patience) {
            return Ok(Value::Array(batch));
        }
        let next = if batch.is_empty() { until } else { until.min(patience) };
        tokio::select! {
            word = changes.changed() => word.map_err(|_| Refusal::new(500, "Internal Server Error"))?,
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

/// Notes how a call ended; dropped before, the bot hung up.
struct Ending {
    shared: Arc<Shared>,
    index: usize,
}

impl Ending {
    /// Notes how it ends if nothing else comes.
    fn note(&self, outcome: Outcome) {
        self.shared.with(|world| world.calls[self.index].outcome = outcome);
    }

    /// Notes how it ended; only the first counts.
    fn end(&self, outcome: Outcome) {
        self.shared.with(|world| {
            let now = world.age();
            let call = &mut world.calls[self.index];
            if call.answered.is_none() {
                call.outcome = outcome;
                call.answered = Some(now);
            }
        });
    }

    /// Whether the platform answers nothing at all.
    fn silent(&self) -> bool {
        self.shared.look(|world| world.silent)
    }

    /// Waits until the bot has enough of it.
    async fn hang(&self, effect: bool) -> Reply {
        self.note(Outcome::Lost { effect });
        std::future::pending().await
    }

    fn refuse(&self, refusal: &Refusal) -> Response<Body> {
        self.end(Outcome::Refused(refusal.code, refusal.description.clone()));
        refused(refusal)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let pending = self.shared.look(|world| world.calls[self.index].outcome == Outcome::Pending);
        if pending {
            self.end(Outcome::Gone);
        }
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = json_reply(status, &refusal.body());
    if let Some(seconds) = refusal.retry_after() {
        reply.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    reply
}

/// An answer that ends in the middle of its body.
fn torn() -> Response<Body> {
    let begun = stream::once(async { Ok("{\"ok\":true,\"result\":{\"message_id\":") });
    // What is written so far is sent while this waits.
    let cut = stream::once(async {
        tokio::task::yield_now().await;
        Err(Cut)
    });
    let mut reply = Response::new(Body::from_stream(begun.chain(cut)));
    reply.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    reply
}

fn json_reply(status: StatusCode, value: &Value) -> Response<Body> {
    reply(status, "application/json", value.to_string())
}

/// What a proxy in front of the API answers.
fn html(status: StatusCode, title: &str) -> Response<Body> {
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
    );
    reply(status, "text/html", page)
}

fn reply(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    let mut reply = Response::new(Body::from(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    reply
}
