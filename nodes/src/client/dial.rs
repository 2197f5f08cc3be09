//! Where a gateway is and how a socket to it is opened.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemas::Fingerprint;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::error::ConnectError;
use super::tls::{self, Trust};

/// Where a gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The owner's socket in the state directory.
    Socket(PathBuf),
    /// `ws://host:port/path` or `wss://host:port/path`.
    Url {
        /// The whole address, as given, with `ws` or `wss` in front.
        url: String,
        /// `host:port` to dial.
        authority: String,
        /// Which certificate is accepted; `None`: no TLS.
        trust: Option<Trust>,
    },
}

impl Target {
    /// Accepts the certificate with this fingerprint and no other. A pin where nothing shows a certificate
    /// would promise what it does not keep: that is refused.
    pub fn pinned(self, pin: Fingerprint) -> Result<Self, String> {
        match self {
            Self::Url { url, authority, trust: Some(_) } => {
                Ok(Self::Url { url, authority, trust: Some(Trust::Pin(pin)) })
            }
            Self::Url { url, .. } => Err(format!(
                "a fingerprint is given, but {url} is not encrypted: write wss:// or leave the fingerprint out"
            )),
            Self::Socket(_) => Err("a fingerprint is given, but no wss:// address".to_owned()),
        }
    }

    /// Says whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Url { trust: Some(_), .. })
    }
}

impl FromStr for Target {
    type Err = String;

    /// Reads an address; `wss://` trusts what the web trusts until it is [`Target::pinned`].
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("\"{text}\" is no gateway address: write ws://host:port or wss://host:port");
        let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
        let (scheme, port, trust) = match scheme {
            "ws" | "http" => ("ws", 80, None),
            "wss" | "https" => ("wss", 443, Some(Trust::Web)),
            _ => return Err(bad()),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return Err(bad());
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let dial = if has_port { authority.to_owned() } else { format!("{authority}:{port}") };
        let path = rest[authority.len()..].split('#').next().unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self::Url { url: format!("{scheme}://{authority}{path}"), authority: dial, trust })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Url { url, .. } => f.write_str(url),
        }
    }
}

/// A byte stream of either kind.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

impl Target {
    /// Opens a byte stream to the gateway, encrypted where the address says so.
    pub async fn open(&self) -> Result<Box<dyn Stream>, ConnectError> {
        let unreachable = |source| ConnectError::Unreachable { target: self.to_string(), source };
        match self {
            Self::Socket(path) => Ok(Box::new(UnixStream::connect(path).await.map_err(unreachable)?)),
            Self::Url { url, authority, trust } => {
                let stream = TcpStream::connect(authority.as_str()).await.map_err(unreachable)?;
                // Frames are small and answered one by one: waiting for more to send would only add delay.
                stream.set_nodelay(true).map_err(unreachable)?;
                match trust {
                    None => Ok(Box::new(stream)),
                    Some(trust) => Ok(Box::new(tls::secure(url, authority, *trust, stream).await?)),
                }
            }
        }
    }
}

/// Opens the socket and the WebSocket on it.
pub(super) async fn dial(target: &Target) -> Result<Socket, ConnectError> {
    let stream = target.open().await?;
    let url = match target {
        Target::Socket(_) => "ws://localhost/",
        Target::Url { url, .. } => url,
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(schemas::bounds::MAX_MESSAGE * 2))
        .max_frame_size(Some(schemas::bounds::MAX_MESSAGE * 2));
    match tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(error) => Err(ConnectError::NotAGateway { target: target.to_string(), why: error.to_string() }),
    }
}
