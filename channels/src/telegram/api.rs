//! Calls of the Bot API: one request, one verdict on what became of it. Only this file knows the token.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::call::Call;
use super::fault::{Fault, Told};

/// One bot on one server.
pub(super) struct Api {
    root: String,
    host: String,
    token: SecretString,
    client: Client,
}

impl Api {
    /// Takes a server's root, without what follows it (`/bot…`), and a token; refuses what makes no address.
    pub(super) fn new(root: &str, token: SecretString, client: Client) -> Result<Self, OptionsError> {
        let root = root.trim_end_matches('/');
        let url = Url::parse(root).map_err(|_| OptionsError::Root)?;
        let plain = url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().filter(|_| plain && matches!(url.scheme(), "http" | "https"));
        let host = host.ok_or(OptionsError::Root)?.to_owned();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-');
        let secret = token.expose_secret();
        if secret.is_empty() || !secret.bytes().all(fits) {
            return Err(OptionsError::Token);
        }
        Ok(Self { root: root.to_owned(), host, token, client })
    }

    /// Makes one call and returns its result; gives up on the answer after `deadline`.
    pub(super) async fn call(&self, call: &Call, deadline: Duration) -> Result<Value, Fault> {
        let url = format!("{}/bot{}/{}", self.root, self.token.expose_secret(), call.method);
        let request = self.client.post(url);
        let request = match call.form().await? {
            Some(form) => request.multipart(form),
            None => request.json(&call.params),
        };
        let exchange = async {
            let response = request.send().await.map_err(|error| self.broken(error))?;
            self.verdict(response).await
        };
        let late =
            |_| Fault::Unknown(format!("{} gave no answer within {} s", self.host, deadline.as_secs()));
        tokio::time::timeout(deadline, exchange).await.map_err(late)?
    }

    /// Begins to fetch a file under the path that `getFile` named.
    pub(super) async fn file(&self, path: &str) -> Result<Response, Fault> {
        let url = self.file_url(path)?;
        let response = self.client.get(url).send().await.map_err(|error| self.broken(error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(match self.verdict(response).await {
            Err(fault) => fault,
            Ok(_) => Fault::Unknown(format!("{} answered without the file", self.host)),
        })
    }

    /// Puts a transport's error into words and decides whether the request can have arrived.
    pub(super) fn broken(&self, error: reqwest::Error) -> Fault {
        let (unsent, unreached) = (error.is_builder(), error.is_connect());
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        let text = self.clean(&text);
        match (unsent, unreached) {
            (true, _) => Fault::Local(format!("the request could not be made: {text}")),
            (_, true) => Fault::Away(format!("{} was not reached: {text}", self.host)),
            _ => Fault::Unknown(format!("the connection to {} broke: {text}", self.host)),
        }
    }

    /// Reads an answer and decides whether the platform did what it was asked to.
    async fn verdict(&self, response: Response) -> Result<Value, Fault> {
        let status = response.status();
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = self.body(response).await?;
        let answer = serde_json::from_slice(&body).unwrap_or(Value::Null);
        match answer.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(answer.get("result").cloned().unwrap_or(Value::Null)),
            Some(false) => Err(Fault::Told(self.told(status, &answer))),
            None => Err(self.foreign(status, wait)),
        }
    }

    fn told(&self, status: StatusCode, answer: &Value) -> Told {
        let code = answer.get("error_code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let words = answer.get("description").and_then(Value::as_str).unwrap_or("an error without words");
        let parameter = |name: &str| answer.get("parameters").and_then(|all| all.get(name));
        Told {
            code: code.unwrap_or(status.as_u16()),
            description: self.clean(words),
            retry_after: parameter("retry_after").and_then(Value::as_u64),
            migrate_to: parameter("migrate_to_chat_id").and_then(Value::as_i64),
        }
    }

    /// Judges an answer that the Bot API did not write. A proxy that says 5xx may have passed the request on.
    fn foreign(&self, status: StatusCode, wait: Option<u64>) -> Fault {
        let text = format!("{} answered {} without a word of the Bot API", self.host, status.as_u16());
        match status.as_u16() {
            429 => Fault::Told(Told { code: 429, description: text, retry_after: wait, migrate_to: None }),
            408 | 500.. => Fault::Unknown(text),
            300..500 => Fault::Strange(format!("{text}; check `api_root`")),
            _ => Fault::Unknown(text),
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Fault::Unknown(format!("{} answered with more than 16 MiB", self.host)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn file_url(&self, path: &str) -> Result<Url, Fault> {
        let wrong = |text: &str| Fault::Local(format!("{} named the file in a way that {text}", self.host));
        if path.starts_with('/') {
            return Err(wrong("only a program on its own machine can use; run it without --local"));
        }
        let odd = |part: &str| part.is_empty() || part.chars().all(|letter| letter == '.');
        if path.split('/').any(odd) {
            return Err(wrong("makes no address"));
        }
        let mut url = Url::parse(&self.root).map_err(|_| wrong("makes no address"))?;
        if let Ok(mut segments) = url.path_segments_mut() {
            let bot = format!("bot{}", self.token.expose_secret());
            segments.pop_if_empty().push("file").push(&bot).extend(path.split('/'));
        }
        Ok(url)
    }

    /// Removes the token, should a text hold it, and what is too long to be read.
    fn clean(&self, text: &str) -> String {
        let text = text.replace(self.token.expose_secret(), "…");
        if text.chars().count() <= LONGEST_TEXT {
            return text;
        }
        text.chars().take(LONGEST_TEXT).chain("…".chars()).collect()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Why an account's options make no address to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The root is no `http` or `https` address, or has a query.
    #[error("`api_root` must be an address like https://api.telegram.org")]
    Root,
    /// The token holds what no token holds. The text never shows it.
    #[error(
        "`token` must be as @BotFather gave it, like 123456:ABC-DEF; it is empty or holds other characters"
    )]
    Token,
    /// The webhook's address is none that can be posted to.
    #[error("`webhook_url` must be an address like https://gate.example")]
    WebhookUrl,
    /// The webhook's secret is not one that Telegram takes. The text never shows it.
    #[error("the webhook's secret must be 16 to 256 letters, digits, `_` and `-`; without one it is made")]
    WebhookSecret,
}

/// Most bytes of an answer: a hundred of the longest messages fit.
const LONGEST_ANSWER: usize = 16 << 20;
/// Most characters of an error's text.
const LONGEST_TEXT: usize = 400;
