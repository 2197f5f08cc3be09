//! Accepts connections and answers HTTP: REST, files, the gateway's upgrade, control of the standalone program.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, UPGRADE, USER_AGENT};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::faults::Fault;
use super::limits::{Scope, Verdict};
use super::model::Id;
use super::refusal::Refusal;
use super::request::{self, Reply};
use super::routes::{self, Found, Params, Route};
use super::shared::Shared;
use super::transcript::Call;
use super::world::World;
use super::{control, render_message, socket};

/// Largest body that is read at all.
const MAX_BODY: usize = 64 << 20;

/// Accepts connections for ever.
pub(super) async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let serving = serve(Arc::clone(&shared), stream);
            shared.spawn(serving);
        }
    }
}

/// Ends the connection without an answer.
#[derive(Debug)]
pub(super) struct CutOff;

impl std::fmt::Display for CutOff {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the connection is cut by plan")
    }
}

impl std::error::Error for CutOff {}

async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, request).await }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, CutOff> {
    let path = request.uri().path().to_owned();
    if path.starts_with("/_control/") {
        return Ok(control::answer(shared, request).await);
    }
    if shared.look(|world| world.silent) {
        return std::future::pending().await;
    }
    if request.headers().contains_key(UPGRADE) {
        return Ok(socket::upgrade(shared, request));
    }
    if path.starts_with("/attachments/") || path.starts_with("/proxy/attachments/") {
        return file(shared, &request).await;
    }
    match path.strip_prefix("/api/v") {
        Some(rest) if rest.starts_with("10/") => rest_call(shared, request, &rest[2..]).await,
        Some(_) => Ok(refuse(&Refusal::INVALID_VERSION)),
        None => Ok(refuse(&Refusal::NO_ROUTE)),
    }
}

/// Serves a file of a message, if the address is whole and not too old.
async fn file(shared: &Shared, request: &Request<Incoming>) -> Result<Response<Body>, CutOff> {
    let path = request.uri().path().to_owned();
    let route = "/attachments/{channel}/{attachment}/{name}";
    let (number, fault) = shared.change(|world| note(world, "GET", &path, route, Value::Null, Vec::new()));
    let found = shared.look(|world| find_file(world, &path, request.uri().query().unwrap_or_default()));
    let reply = found.map_or_else(
        || Response::builder().status(404).body("This content is no longer available.".into()),
        |(mime, bytes)| Response::builder().header(CONTENT_TYPE, mime).body(bytes.into()),
    );
    let reply = fault.as_ref().and_then(broken).map_or(reply, Ok);
    finish(shared, number, fault, || reply.expect("these headers are valid")).await
}

fn find_file(world: &World, path: &str, query: &str) -> Option<(String, Bytes)> {
    let mut parts = path.rsplit('/');
    let (_name, id, channel) =
        (parts.next()?, parts.next()?.parse::<Id>().ok()?, parts.next()?.parse().ok()?);
    let query = request::read_query(query);
    let value = |name: &str| {
        let found = query.iter().find(|(other, _)| other == name)?;
        u64::from_str_radix(&found.1, 16).ok()
    };
    let expires = value("ex")?;
    if expires < world.time.millis() / 1000 || value("hm")? != render_message::signature(id, expires) {
        return None;
    }
    let mut files = world.in_channel(channel).flat_map(|message| &message.attachments);
    files.find(|file| file.id == id).map(|file| (file.mime.clone(), file.bytes.clone()))
}

async fn rest_call(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    path: &str,
) -> Result<Response<Body>, CutOff> {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(Body::new(body), MAX_BODY).await.map_err(|_| CutOff)?;
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, agent, authorization) = (header(CONTENT_TYPE), header(USER_AGENT), header(AUTHORIZATION));
    let read = request::read_body(kind, &bytes);
    let (body, files) = read.as_ref().map_or((&Value::Null, &[][..]), |(body, files)| (body, files));
    let sizes = files.iter().map(|file| (file.name.clone(), file.bytes.len())).collect();
    let found = routes::find(head.method.as_str(), path);
    let template = if let Found::Route(route, _) = &found { route.template } else { "" };
    let whole = head.uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let (number, fault) =
        shared.change(|world| note(world, head.method.as_str(), &whole, template, body.clone(), sizes));
    let early = match (&found, &fault) {
        (_, Some(Fault::CutBefore)) => return Err(CutOff),
        (_, Some(Fault::HangBefore)) => return std::future::pending().await,
        _ if agent.is_empty() => Some(refuse(&Refusal::NO_USER_AGENT)),
        (Found::Nothing, _) => Some(refuse(&Refusal::NO_ROUTE)),
        (Found::OtherMethod, _) => Some(refuse(&Refusal::NO_METHOD)),
        (_, Some(fault)) => broken(fault),
        _ => None,
    };
    let (Found::Route(route, params), None) = (found, &early) else {
        let early = early.expect("what has no route has an answer");
        return finish(shared, number, None, || early).await;
    };
    let query = request::read_query(head.uri.query().unwrap_or_default());
    let done = shared.change(|world| act(world, route, authorization, (params, query), read));
    finish(shared, number, fault, || done).await
}

/// Writes a call down. Returns its number, and what goes wrong with it.
fn note(
    world: &mut World,
    method: &str,
    path: &str,
    route: &str,
    body: Value,
    files: Vec<(String, usize)>,
) -> (usize, Option<Fault>) {
    let fault = world.faults.for_call(method, route);
    let call = Call {
        at: world.now(),
        method: method.to_owned(),
        path: path.to_owned(),
        route: route.to_owned(),
        body,
        files,
        status: None,
        fault: fault.as_ref().map(|fault| format!("{fault:?}")),
    };
    (world.transcript.call(call), fault)
}

type Read = Result<(Value, Vec<super::multipart::File>), Refusal>;

/// Does a call, unless it has no token or is one too many.
fn act(
    world: &mut World,
    route: &Route,
    authorization: &str,
    (params, query): (Params, Vec<(String, String)>),
    read: Read,
) -> Response<Body> {
    if route.guarded && authorization.strip_prefix("Bot ") != Some(&world.options.token) {
        return refuse(&Refusal::UNAUTHORIZED);
    }
    let now = world.now();
    let major =
        ["channel", "guild", "token"].iter().find_map(|name| params.iter().find(|(other, _)| other == name));
    let major = major.map_or("", |(_, value)| value.as_str());
    let verdict = world.limits.take(&world.options.rates, (route.method, route.template), major, now);
    if let Some(scope) = verdict.refused {
        return limited(&verdict, scope);
    }
    let answer = read
        .and_then(|(body, files)| (route.handle)(world, &request::Request { params, query, body, files }));
    let mut response = match answer {
        Ok(Reply::Nothing) => with_status(204, Body::empty()),
        Ok(Reply::Json(status, body)) => json_answer(status, &body),
        Err(refusal) => refuse(&refusal),
    };
    add_limits(&mut response, &verdict, world.time.millis());
    response
}

/// Gives the answer, late or not at all if that is planned.
async fn finish(
    shared: &Shared,
    number: usize,
    fault: Option<Fault>,
    response: impl FnOnce() -> Response<Body>,
) -> Result<Response<Body>, CutOff> {
    match fault {
        Some(Fault::CutAfter | Fault::CutBefore) => return Err(CutOff),
        Some(Fault::HangAfter | Fault::HangBefore) => return std::future::pending().await,
        Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
        _ => {}
    }
    let response = response();
    shared.change(|world| world.transcript.answered(number, response.status().as_u16()));
    Ok(response)
}

/// Returns the answer of a fault that keeps a call from being done.
fn broken(fault: &Fault) -> Option<Response<Body>> {
    let verdict = |reset_after: Duration| Verdict {
        bucket: "planned".to_owned(),
        limit: 5,
        remaining: 0,
        reset_after,
        refused: None,
    };
    match fault {
        Fault::Limited(time) => Some(limited(&verdict(*time), Scope::User)),
        Fault::LimitedGlobally(time) => Some(limited(&verdict(*time), Scope::Global)),
        Fault::Status(status) => {
            let reason = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
            let message = format!("{status}: {}", reason.unwrap_or("Error"));
            Some(json_answer(*status, &json!({"message": message, "code": 0})))
        }
        Fault::BadGateway => {
            let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n";
            let mut response = with_status(502, page.into());
            response.headers_mut().insert(CONTENT_TYPE, "text/html".parse().expect("a header"));
            Some(response)
        }
        Fault::CutBefore | Fault::CutAfter | Fault::HangBefore | Fault::HangAfter | Fault::Slow(_) => None,
    }
}

fn limited(verdict: &Verdict, scope: Scope) -> Response<Body> {
    let global = scope == Scope::Global;
    let seconds = round_up(verdict.reset_after);
    let body = json!({"message": "You are being rate limited.", "retry_after": seconds, "global": global});
    let mut response = json_answer(429, &body);
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: String| {
        headers.insert(name, value.parse().expect("a header"));
    };
    set("retry-after", format!("{}", seconds.ceil()));
    set("x-ratelimit-scope", if global { "global" } else { "user" }.to_owned());
    if global {
        set("x-ratelimit-global", "true".to_owned());
    } else {
        add_limits(&mut response, verdict, 0);
    }
    response
}

fn add_limits(response: &mut Response<Body>, verdict: &Verdict, millis: u64) {
    let after = round_up(verdict.reset_after);
    let epoch = Duration::from_millis(millis).as_secs_f64() + after;
    let pairs = [
        ("x-ratelimit-bucket", verdict.bucket.clone()),
        ("x-ratelimit-limit", verdict.limit.to_string()),
        ("x-ratelimit-remaining", verdict.remaining.to_string()),
        ("x-ratelimit-reset-after", format!("{after:.3}")),
        ("x-ratelimit-reset", format!("{epoch:.3}")),
    ];
    for (name, value) in pairs {
        response.headers_mut().insert(name, value.parse().expect("a header"));
    }
}

/// Returns seconds with three digits, never less than the time.
fn round_up(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).ceil() / 1000.0
}

pub(super) fn refuse(refusal: &Refusal) -> Response<Body> {
    json_answer(refusal.status(), &refusal.body())
}

pub(super) fn json_answer(status: u16, body: &Value) -> Response<Body> {
    let mut response = with_status(status, body.to_string().into());
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().expect("a header"));
    response
}

fn with_status(status: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
