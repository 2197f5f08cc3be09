//! Calls Discord's REST interface, each once. Never another host than the one that was configured.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::fault::{Fault, Waiting};
use super::limits::Limits;
use super::voice::Spoken;
use super::wire::is_id;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Longest wait for the answer to a call that carries files.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(3);
/// Largest answer that is read, in bytes.
const MOST_ANSWER: usize = 8 << 20;

/// Discord's REST interface.
#[derive(Debug)]
pub(super) struct Rest {
    client: Client,
    root: String,
    token: SecretString,
    limits: Limits,
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Body,
    again: bool,
    free: bool,
}

/// What a call carries.
#[derive(Debug)]
enum Body {
    Nothing,
    Json(Value),
    Files { payload: Value, files: Vec<Upload> },
}

/// A file that a call carries; it is read while it is sent.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its name for people.
    pub(super) name: String,
    /// What is told of it where it is a spoken message.
    pub(super) spoken: Option<Spoken>,
}

impl Call {
    /// Returns a call without a body. Reading, replacing and removing can be repeated, creating cannot.
    pub(super) fn new(method: Method, path: impl Into<String>) -> Self {
        let again = method != Method::POST;
        Self { method, path: path.into(), query: Vec::new(), body: Body::Nothing, again, free: false }
    }

    /// Adds a query value.
    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Sets a JSON body.
    pub(super) fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// Sets a JSON body with files, if there are any; Discord wants them listed in the body as well.
    pub(super) fn files(mut self, mut payload: Value, files: Vec<Upload>) -> Self {
        if !files.is_empty() {
            let one = |(number, file): (usize, &Upload)| {
                let mut told = json!({"id": number, "filename": file.name});
                for (name, value) in file.spoken.iter().flat_map(Spoken::told) {
                    told[name] = value;
                }
                told
            };
            payload["attachments"] = files.iter().enumerate().map(one).collect();
        }
        self.body = if files.is_empty() { Body::Json(payload) } else { Body::Files { payload, files } };
        self
    }

    /// Says that repeating the call cannot do it twice.
    pub(super) fn repeatable(mut self) -> Self {
        self.again = true;
        self
    }

    /// Says that no rate limit of the bot holds for it: interactions must be acknowledged whatever else is going on.
    pub(super) fn free(mut self) -> Self {
        self.free = true;
        self
    }
}

impl Rest {
    /// `root` is what stands before `/api/v10`.
    pub(super) fn new(client: Client, root: &str, token: SecretString) -> Self {
        Self { client, root: root.trim_end_matches('/').to_owned(), token, limits: Limits::default() }
    }

    /// Returns what stands before `/api/v10`.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// Returns the client, for files.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the token, for the gateway's opening.
    pub(super) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Makes a call and returns its JSON; nothing to read is `null`.
    pub(super) async fn call(&self, call: Call) -> Result<Value, Fault> {
        let (route, major) = route(&call.method, &call.path);
        if !call.free {
            self.limits.take(&route, &major).map_err(Fault::limited)?;
        }
        let (again, free) = (call.again, call.free);
        let response = self.request(call).await?;
        if !free {
            self.limits.note(&route, &major, response.headers());
        }
        let judged = judge(response, again).await;
        if let Err(fault) = &judged
            && !free
            && fault.status == Some(429)
            && let crate::Retry::After(millis) = fault.error.retry
        {
            self.limits.refused(&route, &major, Duration::from_millis(millis), fault.everything);
        }
        judged
    }

    async fn request(&self, call: Call) -> Result<Response, Fault> {
        let url = Url::parse(&format!("{}/api/v10{}", self.root, call.path))
            .map_err(|_| Fault::refused("`api_root` is not an address such as https://discord.com"))?;
        let mut request = self.client.request(call.method, url.clone()).headers(self.headers()?);
        request = request.timeout(TIMEOUT);
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        let request = match call.body {
            Body::Nothing => request,
            Body::Json(json) => request.json(&json),
            Body::Files { payload, files } => {
                request.timeout(UPLOAD_TIMEOUT).multipart(form(payload, files).await?)
            }
        };
        let response = request.send().await.map_err(|error| Fault::broken(&error, call.again))?;
        if response.url().origin() != url.origin() {
            return Err(Fault::refused("the call was redirected to another host; correct `api_root`"));
        }
        Ok(response)
    }

    fn headers(&self) -> Result<HeaderMap, Fault> {
        let mut authorization = HeaderValue::from_str(&format!("Bot {}", self.token()))
            .map_err(|_| Fault::refused("the token contains characters that no token of Discord has"))?;
        authorization.set_sensitive(true);
        let agent =
            HeaderValue::from_static(concat!("DiscordBot (landline, ", env!("CARGO_PKG_VERSION"), ")"));
        Ok(HeaderMap::from_iter([(AUTHORIZATION, authorization), (USER_AGENT, agent)]))
    }
}

/// Reads an answer up to its bounds and judges it.
async fn judge(mut response: Response, again: bool) -> Result<Value, Fault> {
    let status = response.status();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MOST_ANSWER => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(Fault::refused("Discord's answer is too large")),
            Ok(None) => break,
            Err(error) => return Err(Fault::broken(&error, again)),
        }
    }
    if !status.is_success() {
        let waiting = Waiting {
            retry_after: headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()),
            global: headers.contains_key("x-ratelimit-global"),
        };
        return Err(Fault::judge(status, waiting, &body, again));
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let unread = |_| Fault::unknown(Some(status.as_u16()), "Discord's answer is not JSON", again);
    serde_json::from_slice(&body).map_err(unread)
}

async fn form(payload: Value, files: Vec<Upload>) -> Result<Form, Fault> {
    let unread = |file: &Upload| Fault::refused(format!("the file {} cannot be read", file.name));
    let payload = Part::text(payload.to_string());
    let payload = payload.mime_str("application/json").map_err(|_| Fault::refused("not a media type"))?;
    let mut form = Form::new().part("payload_json", payload);
    for (number, file) in files.into_iter().enumerate() {
        let open = tokio::fs::File::open(&file.path).await.map_err(|_| unread(&file))?;
        let length = open.metadata().await.map_err(|_| unread(&file))?.len();
        let mut part = Part::stream_with_length(open, length).file_name(file.name);
        if file.spoken.is_some() {
            part = part.mime_str("audio/ogg").map_err(|_| Fault::refused("not a media type"))?;
        }
        form = form.part(format!("files[{number}]"), part);
    }
    Ok(form)
}

/// Returns a call's route, with ids left out, and the id that limits are counted by.
///
/// Source: Discord's documentation of rate limits, where channel, guild and webhook are such ids.
fn route(method: &Method, path: &str) -> (String, String) {
    let mut parts = path.split('/').skip(1);
    let first = parts.next().unwrap_or_default();
    let major = parts.next().unwrap_or_default();
    let mut route = format!("{method} {first}");
    let mut major = format!("{first}/{major}");
    for (place, part) in parts.enumerate() {
        if first == "webhooks" && place == 0 {
            major = format!("{major}/{part}");
        } else if route.ends_with("reactions") {
            // All emoji of a channel share one limit.
            route.push_str("/*");
            break;
        } else {
            let part = if is_id(part) { "*" } else { part };
            route = format!("{route}/{part}");
        }
    }
    (route, major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_no_ids_and_its_major_is_the_first() {
        let of = |path| route(&Method::PUT, path);
        let reaction = of("/channels/12/messages/34/reactions/%F0%9F%91%8D/@me");
        assert_eq!(reaction, ("PUT channels/messages/*/reactions/*".into(), "channels/12".into()));
        let original = of("/webhooks/9/secret/messages/@original");
        assert_eq!(original, ("PUT webhooks/messages/@original".into(), "webhooks/9/secret".into()));
        assert_eq!(of("/gateway"), ("PUT gateway".into(), "gateway/".into()));
    }
}
