//! The WebSocket to Discord's gateway, opened by the HTTP client: the same certificates, the same proxies.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{CONNECTION, HeaderMap, HeaderValue, UPGRADE};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode, Url};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::fault::Fault;
use super::rest::{Call, Rest};
use crate::channel::ListenError;
use crate::client::builder;

/// An open gateway connection.
pub(super) type Socket = WebSocketStream<reqwest::Upgraded>;

/// Longest wait for the connection and its handshake.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Largest message: a big guild's is a few megabytes.
const MOST_MESSAGE: usize = 32 << 20;

/// Asks the configured host, and no other, where its gateway is.
pub(super) async fn gateway(rest: &Rest) -> Result<Url, ListenError> {
    let asked = rest.call(Call::new(Method::GET, "/gateway")).await;
    let found = asked.map_err(|fault: Fault| fault.listen("Discord's gateway address could not be had"))?;
    let text = found.get("url").and_then(serde_json::Value::as_str).unwrap_or_default();
    let url = Url::parse(text).ok().filter(|url| is_gateway(url, rest.root()));
    url.ok_or_else(|| ListenError::Lost {
        text: "Discord's gateway address is not one that the token may be sent to; check `api_root`".into(),
        after: None,
    })
}

/// Returns where to resume a session, if that is the same platform as the gateway that the configured host named.
pub(super) fn resume(url: &str, gateway: &Url) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let own =
        |url: &Url| url.host_str().is_some_and(|host| host == "discord.gg" || host.ends_with(".discord.gg"));
    let same = url.host_str() == gateway.host_str() || (own(&url) && own(gateway));
    (same && url.scheme() == gateway.scheme()).then_some(url)
}

/// The token is never sent in the clear because an answer says so: plain only where the interface is plain too.
fn is_gateway(url: &Url, root: &str) -> bool {
    url.host_str().is_some()
        && (url.scheme() == "wss" || (url.scheme() == "ws" && root.starts_with("http://")))
}

/// Opens the WebSocket. The error is in plain words.
pub(super) async fn open(gateway: &Url) -> Result<Socket, String> {
    let opening = tokio::time::timeout(TIMEOUT, handshake(gateway.clone()));
    opening.await.unwrap_or_else(|_| Err("Discord's gateway did not answer in time".into()))
}

async fn handshake(mut url: Url) -> Result<Socket, String> {
    let scheme = if url.scheme() == "wss" { "https" } else { "http" };
    url.set_scheme(scheme).map_err(|()| "Discord's gateway address is unusable".to_owned())?;
    url.set_query(Some("v=10&encoding=json"));
    // HTTP/2 has no upgrade: the shared client might have agreed on it.
    let client = builder().map_err(|error| error.to_string())?.http1_only().redirect(Policy::none());
    // A proxy cannot reach what is on this machine.
    let client = if is_here(&url) { client.no_proxy() } else { client };
    let client = client.build().map_err(|error| plain("no TLS", &error))?;
    let key = generate_key();
    let response = client.get(url).headers(headers(&key)?).send().await;
    let response = response.map_err(|error| plain("Discord's gateway could not be reached", &error))?;
    let accepted = response.headers().get("sec-websocket-accept").map(HeaderValue::as_bytes);
    if response.status() != StatusCode::SWITCHING_PROTOCOLS
        || accepted != Some(derive_accept_key(key.as_bytes()).as_bytes())
    {
        return Err(format!("Discord's gateway opened no WebSocket ({})", response.status()));
    }
    let stream = response.upgrade().await.map_err(|error| plain("Discord's gateway broke off", &error))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(8 << 10)
        .max_message_size(Some(MOST_MESSAGE))
        .max_frame_size(Some(MOST_MESSAGE));
    Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await)
}

fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn headers(key: &str) -> Result<HeaderMap, String> {
    let key = HeaderValue::from_str(key).map_err(|_| "the WebSocket's key is unusable".to_owned())?;
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
    headers.insert("sec-websocket-key", key);
    Ok(headers)
}

fn plain(what: &str, error: &reqwest::Error) -> String {
    let why = if error.is_timeout() { ": it did not answer in time" } else { "" };
    format!("{what}{why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_resumed_on_the_same_platform_only() {
        let url = |text| Url::parse(text).unwrap();
        let real = url("wss://gateway.discord.gg");
        assert!(resume("wss://gateway-us-east1-b.discord.gg", &real).is_some());
        for wrong in
            ["wss://discord.gg.evil.example", "ws://gateway.discord.gg", "wss://evildiscord.gg", "x", ""]
        {
            assert_eq!(resume(wrong, &real), None, "{wrong}");
        }
        let fake = url("ws://127.0.0.1:4000");
        assert!(resume("ws://127.0.0.1:4001/resume", &fake).is_some());
        assert_eq!(resume("wss://gateway-us-east1-b.discord.gg", &fake), None);
    }

    #[test]
    fn the_token_is_sent_in_the_clear_only_where_the_interface_is_plain() {
        let takes = |gateway: &str, root| is_gateway(&Url::parse(gateway).unwrap(), root);
        assert!(takes("wss://gateway.discord.gg", "https://discord.com"));
        assert!(!takes("ws://gateway.discord.gg", "https://discord.com"));
        assert!(!takes("https://gateway.discord.gg", "https://discord.com"));
        assert!(takes("ws://127.0.0.1:1", "http://127.0.0.1:2"));
    }
}
