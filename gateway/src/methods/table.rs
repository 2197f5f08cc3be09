//! The only path that a request can take: find the method, require the scope, check the params against their
//! JSON Schema, run the handler, turn its result into a response.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jsonschema::Validator;
use schemas::error::{ErrorCode, WireError};
use schemas::frame::{write_error, write_json, write_ok};
use schemas::methods::{Access, Idempotency, Method};
use schemas::{Role, Scope};
use serde_json::Value;
use serde_json::value::RawValue;

use super::call::{Call, Services};
use super::confine;
use crate::hub::Member;

/// What becomes of a request.
pub enum Answer {
    /// The response frame, at once.
    Ready(Vec<u8>),
    /// The response frame, later. Reads can be large and wait for nothing but the disk.
    Later {
        /// Ends with the frame.
        answer: BoxFuture<'static, Vec<u8>>,
        /// Whether the method only reads.
        is_read: bool,
    },
    /// Refused for lack of role or scope: the connection counts these.
    Refused(Vec<u8>),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Ready",
            Self::Later { .. } => "Later",
            Self::Refused(_) => "Refused",
        })
    }
}

/// A handler's failure with the payload that stands beside it, where a method has one (protocol 5.4).
#[derive(Debug)]
pub struct Failure {
    /// The error.
    pub error: WireError,
    /// The payload as JSON.
    pub payload: Option<Vec<u8>>,
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self { error, payload: None }
    }
}

/// Every method with its rules and its handler.
#[derive(Default)]
pub struct Table {
    entries: HashMap<&'static str, Entry>,
}

struct Entry {
    name: &'static str,
    access: Access,
    idempotency: Idempotency,
    run: Run,
}

enum Run {
    /// The answer lies ready as bytes.
    Snapshot(fn(&Services) -> Bytes),
    /// Params are checked and a handler runs.
    Handler { check: LazyLock<Validator, SchemaOf>, takes_nothing: bool, start: Start },
}

type SchemaOf = Box<dyn FnOnce() -> Validator + Send>;
type Start = Box<dyn Fn(Call, Value) -> BoxFuture<'static, Result<Vec<u8>, Failure>> + Send + Sync>;

impl Table {
    /// Adds a method that a handler answers.
    #[must_use]
    pub fn on<M, F, R, E>(self, handler: F) -> Self
    where
        M: Method,
        F: Fn(Call, M::Params) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<M::Output, E>> + Send + 'static,
        E: Into<Failure> + 'static,
    {
        let start: Start = Box::new(move |call, params| {
            let params = match serde_json::from_value::<M::Params>(params) {
                Ok(params) => params,
                Err(error) => {
                    let error = invalid_params(M::NAME, &[masked(&error)]);
                    return std::future::ready(Err(error.into())).boxed();
                }
            };
            let running = handler(call, params);
            async move {
                let output = running.await.map_err(Into::into)?;
                let mut payload = Vec::with_capacity(128);
                write_json(&mut payload, &output);
                Ok(payload)
            }
            .boxed()
        });
        let schema: SchemaOf = Box::new(|| validator::<M>());
        let takes_nothing = size_of::<M::Params>() == 0;
        self.insert::<M>(Run::Handler { check: LazyLock::new(schema), takes_nothing, start })
    }

    /// Adds a method without meaningful params whose answer lies ready as bytes.
    #[must_use]
    pub fn on_snapshot<M: Method>(self, bytes: fn(&Services) -> Bytes) -> Self {
        self.insert::<M>(Run::Snapshot(bytes))
    }

    fn insert<M: Method>(mut self, run: Run) -> Self {
        let before = self
            .entries
            .insert(M::NAME, Entry { name: M::NAME, access: M::ACCESS, idempotency: M::IDEMPOTENCY, run });
        debug_assert!(before.is_none(), "{} is listed twice", M::NAME);
        self
    }

    /// Returns the methods' names, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.entries.keys().copied().collect();
        names.sort_unstable();
        names
    }

    /// Says whether there is such a method.
    pub fn has(&self, method: &str) -> bool {
        self.entries.contains_key(method)
    }

    /// Compiles every params schema, so that the first callers need not wait for it.
    pub fn warm(&self) {
        for entry in self.entries.values() {
            if let Run::Handler { check, .. } = &entry.run {
                LazyLock::force(check);
            }
        }
    }

    /// Answers one request.
    pub fn answer(&self, call: &Caller<'_>, id: &str, method: &str, params: Option<&RawValue>) -> Answer {
        let Some(entry) = self.entries.get(method) else {
            return refuse(id, &WireError::invalid(format!("unknown method: {}", cut(method, 64))));
        };
        let admitted =
            allowed(entry.access, call.member).and_then(|()| confine::tool(call.member, entry.name));
        let tool = match admitted {
            Ok(tool) => tool,
            Err(error) => return Answer::Refused(error_frame(id, &error.into())),
        };
        let (check, takes_nothing, start) = match &entry.run {
            Run::Snapshot(bytes) => return Answer::Ready(ok_frame(id, &bytes(call.services))),
            Run::Handler { check, takes_nothing, start } => (check, *takes_nothing, start),
        };
        let params = parsed(method, params, takes_nothing)
            .and_then(|params| confine::params(tool, params))
            .and_then(|params| checked(method, params, check));
        let params = match params {
            Ok(params) => params,
            Err(error) => return refuse(id, &error),
        };
        let call = Call {
            services: std::sync::Arc::clone(call.services),
            member: std::sync::Arc::clone(call.member),
            id: id.into(),
        };
        let id = std::sync::Arc::clone(&call.id);
        let running = AssertUnwindSafe(run(entry, start, call, params)).catch_unwind();
        let answer = async move {
            match running.await {
                Ok(Ok(payload)) => ok_frame(&id, &payload),
                Ok(Err(failure)) => error_frame(&id, &failure),
                Err(_) => {
                    tracing::error!("A handler panicked");
                    let error = WireError::new(ErrorCode::InternalError, "internal error");
                    error_frame(&id, &error.into())
                }
            }
        };
        let is_read = entry.access == Access::Operator(Scope::Read);
        Answer::Later { answer: answer.boxed(), is_read }
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.entries.keys()).finish()
    }
}

/// Runs a handler; one that carries an idempotency key only once for each key.
fn run(
    entry: &Entry,
    start: &Start,
    call: Call,
    params: Value,
) -> BoxFuture<'static, Result<Vec<u8>, Failure>> {
    let key = match entry.idempotency {
        Idempotency::Keyed => params.get("idempotencyKey").and_then(Value::as_str).map(str::to_owned),
        Idempotency::Natural | Idempotency::Task => None,
    };
    let Some(key) = key else { return start(call, params) };
    let (name, call_again) = (entry.name, call.clone());
    let running = start(call, params.clone());
    async move {
        let idempotency = &call_again.services.idempotency;
        idempotency.once(call_again.who(), name, key, &params, running).await
    }
    .boxed()
}

/// The connection a request came in on.
#[derive(Debug)]
pub struct Caller<'a> {
    /// The parts of the gateway.
    pub services: &'a std::sync::Arc<Services>,
    /// The connection.
    pub member: &'a std::sync::Arc<Member>,
}

/// Decides by role and scope, before params are looked at.
fn allowed(access: Access, member: &Member) -> Result<(), WireError> {
    match access {
        Access::Anyone => Ok(()),
        Access::Node if member.principal.role == Role::Node => Ok(()),
        Access::Node => Err(WireError::invalid(format!("unauthorized role: {}", member.principal.role))),
        Access::Operator(_) if member.principal.role != Role::Operator => {
            Err(WireError::invalid(format!("unauthorized role: {}", member.principal.role)))
        }
        Access::Operator(scope) => require(member, scope),
    }
}

fn require(member: &Member, scope: Scope) -> Result<(), WireError> {
    if member.principal.has(scope) { Ok(()) } else { Err(WireError::missing_scope(scope)) }
}

/// Parses params. Absent ones count as `{}`.
fn parsed(method: &str, params: Option<&RawValue>, takes_nothing: bool) -> Result<Value, WireError> {
    let empty = || Value::Object(serde_json::Map::new());
    match params.map(RawValue::get) {
        None | Some("{}" | "null") => Ok(empty()),
        Some(_) if takes_nothing => Ok(empty()),
        Some(text) => serde_json::from_str(text).map_err(|error| invalid_params(method, &[masked(&error)])),
    }
}

/// Checks params against their schema.
fn checked(method: &str, params: Value, check: &LazyLock<Validator, SchemaOf>) -> Result<Value, WireError> {
    // Finding out what is wrong costs more than finding out whether something is.
    if check.is_valid(&params) {
        return Ok(params);
    }
    let problems: Vec<String> = check
        .iter_errors(&params)
        .take(MAX_PROBLEMS)
        .map(|error| {
            let at = error.instance_path().to_string();
            let at = if at.is_empty() { "/".to_owned() } else { at };
            // Unknown names come from the caller and may be many and long.
            format!("at {}: {}", cut(&at, 128), cut(&error.masked_with("the value").to_string(), 256))
        })
        .collect();
    Err(invalid_params(method, &problems))
}

fn invalid_params(method: &str, problems: &[String]) -> WireError {
    WireError::invalid(format!("invalid {method} params: {}", problems.join("; ")))
}

/// A parser's error without the text it stumbled over: that may be a secret.
fn masked(error: &serde_json::Error) -> String {
    format!("at /: not as the schema wants it (line {}, column {})", error.line(), error.column())
}

#[expect(clippy::expect_used, reason = "our own schemas compile; `warm` in a test proves it for each")]
fn validator<M: Method>() -> Validator {
    jsonschema::validator_for(&schemas::export::params_schema::<M>()).expect("a generated schema is valid")
}

/// Returns at most so many characters of a text.
fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

fn refuse(id: &str, error: &WireError) -> Answer {
    Answer::Ready(error_frame(id, &Failure { error: error.clone(), payload: None }))
}

fn ok_frame(id: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + id.len() + 48);
    write_ok(&mut out, id, payload);
    out
}

fn error_frame(id: &str, failure: &Failure) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write_error(&mut out, id, &failure.error, failure.payload.as_deref());
    out
}

/// Problems named in one answer.
const MAX_PROBLEMS: usize = 8;
