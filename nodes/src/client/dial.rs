//! Where a gateway is and how a socket to it is opened.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::error::ConnectError;

/// Where a gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The owner's socket in the state directory.
    Socket(PathBuf),
    /// `ws://host:port/path`.
    Url {
        /// The whole address, as given.
        url: String,
        /// `host:port` to dial.
        authority: String,
    },
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("wss://") || text.starts_with("https://") {
            return Err(format!(
                "{text}: this client speaks no TLS; forward a port, for example `ssh -L 18789:127.0.0.1:18789 HOST`, and \
                 use ws://127.0.0.1:18789"
            ));
        }
        let rest = text
            .strip_prefix("ws://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or_else(|| format!("\"{text}\" is no gateway address: write ws://host:port"))?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return Err(format!("\"{text}\" is no gateway address: write ws://host:port"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let dial = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        let path = rest[authority.len()..].split('#').next().unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self::Url { url: format!("ws://{authority}{path}"), authority: dial })
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
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Opens the socket and the WebSocket on it.
pub(super) async fn dial(target: &Target) -> Result<Socket, ConnectError> {
    let unreachable = |source| ConnectError::Unreachable { target: target.to_string(), source };
    let (url, stream): (&str, Box<dyn Stream>) = match target {
        Target::Socket(path) => {
            ("ws://localhost/", Box::new(UnixStream::connect(path).await.map_err(unreachable)?))
        }
        Target::Url { url, authority } => {
            let stream = TcpStream::connect(authority.as_str()).await.map_err(unreachable)?;
            // Frames are small and answered one by one: waiting for more to send would only add delay.
            stream.set_nodelay(true).map_err(unreachable)?;
            (url, Box::new(stream))
        }
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(schemas::bounds::MAX_MESSAGE * 2))
        .max_frame_size(Some(schemas::bounds::MAX_MESSAGE * 2));
    match tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(error) => Err(ConnectError::NotAGateway { target: target.to_string(), why: error.to_string() }),
    }
}
