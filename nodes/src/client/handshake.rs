//! The handshake: wait for the challenge, sign it, connect, read `hello-ok` or the refusal (protocol 3).

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use schemas::connect::{
    AuthProof, Challenge, ClientInfo, ConnectParams, DeviceProof, HelloOk, MIN_PROTOCOL, PROTOCOL,
};
use schemas::device::{Claim, Identity};
use schemas::event::Event;
use schemas::frame::{EventFrame, RequestFrame, RequestKind, ResponseFrame};
use tokio_tungstenite::tungstenite::Message;

use super::connection::{self, Client, Events};
use super::dial::{Socket, Target, dial};
use super::error::{Closed, ConnectError};

/// Who connects, with what proofs, and how patiently.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program.
    pub client: ClientInfo,
    /// `operator` or `node`.
    pub role: String,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// What the client understands; of a node: the families of its commands.
    pub caps: Vec<String>,
    /// What a node offers; nothing for operators.
    pub surface: Surface,
    /// Tokens.
    pub auth: AuthProof,
    /// The device; without one nothing is signed.
    pub identity: Option<Identity>,
    /// Longest time until `hello-ok`.
    pub connect_timeout: Duration,
    /// Longest time of one call.
    pub call_timeout: Duration,
}

/// What a node declares besides its families of commands (protocol 8.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// Its commands.
    pub commands: Vec<String>,
    /// What the machine's owner permits.
    pub permissions: BTreeMap<String, bool>,
    /// The `PATH` on which its programs are found.
    pub path_env: Option<String>,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    /// Calls methods; clones share the connection, which ends with the last of them.
    pub client: Client,
    /// Hears events.
    pub events: Events,
    /// What the gateway granted.
    pub hello: Box<HelloOk>,
}

/// Opens a connection.
pub async fn connect(target: &Target, options: &Options) -> Result<Connection, ConnectError> {
    let limit = options.connect_timeout;
    tokio::time::timeout(limit, shake_hands(target, options))
        .await
        .map_err(|_| ConnectError::Timeout(limit))?
}

async fn shake_hands(target: &Target, options: &Options) -> Result<Connection, ConnectError> {
    let mut socket = dial(target).await?;
    let challenge = read_challenge(&mut socket).await?;
    let id = format!("1:{}", uuid::Uuid::new_v4());
    let frame = RequestFrame {
        kind: RequestKind::Req,
        id: id.clone(),
        method: "connect".into(),
        params: Some(serde_json::to_value(params(options, &challenge)).map_err(protocol)?),
    };
    let text = serde_json::to_string(&frame).map_err(protocol)?;
    socket.send(Message::text(text)).await.map_err(|error| broken(&error))?;
    let hello = Box::new(read_hello(&mut socket, &id).await?);
    let (client, events) = connection::start(socket, options.call_timeout);
    Ok(Connection { client, events, hello })
}

/// Returns the parameters of `connect`, signed over this connection's challenge.
fn params(options: &Options, challenge: &Challenge) -> ConnectParams {
    let device = options.identity.as_ref().map(|identity| {
        let claim = Claim {
            device_id: identity.public().id(),
            client_id: &options.client.id,
            client_mode: &options.client.mode,
            role: &options.role,
            scopes: &options.scopes,
            signed_at: challenge.ts,
            token: options.auth.signed_token(),
            nonce: &challenge.nonce,
            platform: &options.client.platform,
            device_family: options.client.device_family.as_deref().unwrap_or_default(),
        };
        DeviceProof {
            id: identity.public().id().to_owned(),
            public_key: identity.public().encode(),
            signature: identity.sign(&claim),
            signed_at: challenge.ts,
            nonce: challenge.nonce.clone(),
        }
    });
    ConnectParams {
        min_protocol: MIN_PROTOCOL,
        max_protocol: PROTOCOL,
        client: options.client.clone(),
        role: Some(options.role.clone()),
        scopes: options.scopes.clone(),
        caps: options.caps.clone(),
        commands: options.surface.commands.clone(),
        permissions: options.surface.permissions.clone(),
        path_env: options.surface.path_env.clone(),
        device,
        auth: Some(options.auth.clone()),
        locale: None,
        user_agent: None,
    }
}

async fn read_challenge(socket: &mut Socket) -> Result<Challenge, ConnectError> {
    let text = read_text(socket).await?;
    let event: EventFrame = serde_json::from_str(&text).map_err(protocol)?;
    if event.event != Event::ConnectChallenge.name() {
        return Err(ConnectError::Protocol(format!("the first frame was the event {}", event.event)));
    }
    serde_json::from_value(event.payload.unwrap_or_default()).map_err(protocol)
}

async fn read_hello(socket: &mut Socket, id: &str) -> Result<HelloOk, ConnectError> {
    loop {
        let text = read_text(socket).await?;
        // Whatever else comes before the answer is an event that nobody subscribed to yet.
        let Ok(answer) = serde_json::from_str::<ResponseFrame>(&text) else { continue };
        if answer.id != id {
            continue;
        }
        return match (answer.ok, answer.error) {
            (true, _) => serde_json::from_value(answer.payload.unwrap_or_default()).map_err(protocol),
            (false, Some(error)) => Err(ConnectError::Refused(error)),
            (false, None) => Err(ConnectError::Protocol("a refusal without an error".into())),
        };
    }
}

async fn read_text(socket: &mut Socket) -> Result<String, ConnectError> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
            Some(Ok(Message::Binary(bytes))) => return String::from_utf8(bytes.to_vec()).map_err(protocol),
            Some(Ok(Message::Close(frame))) => return Err(ConnectError::Closed(connection::closed(frame))),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(broken(&error)),
            None => return Err(ConnectError::Closed(Closed::default())),
        }
    }
}

fn broken(error: &tokio_tungstenite::tungstenite::Error) -> ConnectError {
    ConnectError::Closed(Closed { code: None, reason: error.to_string() })
}

fn protocol(error: impl std::fmt::Display) -> ConnectError {
    ConnectError::Protocol(error.to_string())
}
