//! `connect` in every variation: who knocks, with which proof, in which words.

use schemas::device::{Claim, Identity};
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::gateway::Gateway;
use crate::socket::{Close, Incoming, Socket};

/// One way to knock.
#[derive(Clone, Debug)]
pub struct Knock {
    /// `client.id` and `client.mode`.
    pub client: (String, String),
    /// The role; `None`: not sent.
    pub role: Option<String>,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// Client capabilities.
    pub caps: Vec<String>,
    /// The `auth` object; null: not sent.
    pub auth: Value,
    /// The device, if one is shown.
    pub identity: Option<Identity>,
    /// Versions offered.
    pub protocol: (u32, u32),
    /// `client.platform` and `client.deviceFamily`.
    pub platform: (String, String),
    /// HTTP headers of the upgrade.
    pub headers: Vec<(String, String)>,
    /// Further fields of `connect`.
    pub extra: Map<String, Value>,
}

/// A refused `connect`.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The error of the response; null if there was none.
    pub error: Value,
    /// How the line ended.
    pub close: Close,
}

impl Refused {
    /// Returns `error.code`.
    pub fn code(&self) -> &str {
        self.error["code"].as_str().unwrap_or("")
    }

    /// Returns `error.details.code`.
    pub fn detail(&self) -> &str {
        self.error["details"]["code"].as_str().unwrap_or("")
    }

    /// Returns `error.details.requestId`.
    pub fn request_id(&self) -> String {
        self.error["details"]["requestId"]
            .as_str()
            .unwrap_or_else(|| panic!("no requestId: {self:?}"))
            .to_owned()
    }

    /// Asserts code, detail and close code at once.
    #[track_caller]
    pub fn expect(&self, code: &str, detail: &str, close: u16) -> &Self {
        assert_eq!((self.code(), self.detail(), self.close.0), (code, detail, close), "{self:?}");
        self
    }
}

/// Returns a new device.
pub fn identity() -> Identity {
    let (a, b) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let seed: [u8; 32] = [a.into_bytes(), b.into_bytes()].concat().try_into().expect("32 bytes");
    Identity::from_seed(&seed)
}

impl Knock {
    /// Returns a knock without any proof.
    pub fn plain() -> Self {
        Self {
            client: ("cli".into(), "cli".into()),
            role: Some("operator".into()),
            scopes: Vec::new(),
            caps: Vec::new(),
            auth: Value::Null,
            identity: None,
            protocol: (3, 4),
            platform: ("linux".into(), "Linux".into()),
            headers: Vec::new(),
            extra: Map::new(),
        }
    }

    /// Returns the owner's command line: shared token, no device, every scope.
    pub fn cli(gateway: &Gateway) -> Self {
        Self::plain().token(gateway.token()).scopes(&["operator.admin"])
    }

    /// Returns a page of the gateway's own origin, with a new device and the shared token.
    pub fn browser(gateway: &Gateway) -> Self {
        Self::plain()
            .client("webchat-ui", "webchat")
            .header("origin", &gateway.url())
            .token(gateway.token())
            .device(&identity())
            .scopes(&["operator.read"])
    }

    /// Returns a node with a new device and the shared token.
    pub fn node(gateway: &Gateway) -> Self {
        let knock = Self::plain().client("node-host", "node").token(gateway.token()).device(&identity());
        Self { role: Some("node".into()), ..knock }
    }

    /// Sets `client.id` and `client.mode`.
    #[must_use]
    pub fn client(self, id: &str, mode: &str) -> Self {
        Self { client: (id.into(), mode.into()), ..self }
    }

    /// Sets the role.
    #[must_use]
    pub fn role(self, role: &str) -> Self {
        Self { role: Some(role.into()), ..self }
    }

    /// Sets the scopes asked for.
    #[must_use]
    pub fn scopes(self, scopes: &[&str]) -> Self {
        Self { scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(), ..self }
    }

    /// Shows a shared token.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.auth(json!({ "token": token }))
    }

    /// Sets the `auth` object.
    #[must_use]
    pub fn auth(self, auth: Value) -> Self {
        Self { auth, ..self }
    }

    /// Shows a device.
    #[must_use]
    pub fn device(self, identity: &Identity) -> Self {
        Self { identity: Some(identity.clone()), ..self }
    }

    /// Adds an HTTP header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Returns the device's id.
    pub fn device_id(&self) -> String {
        self.identity.as_ref().expect("a device").public().id().to_owned()
    }

    /// Opens a socket with this knock's headers.
    pub async fn open(&self, gateway: &Gateway) -> Result<Socket, u16> {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Socket::open_with(gateway.address(), "/", &headers).await
    }

    /// Returns the params of `connect`, signed for this nonce and time.
    pub fn params(&self, nonce: &str, ts: i64) -> Value {
        let (id, mode) = &self.client;
        let (platform, family) = &self.platform;
        let mut params = json!({
            "minProtocol": self.protocol.0, "maxProtocol": self.protocol.1,
            "client": { "id": id, "mode": mode, "version": "0.0.0-suite", "platform": platform, "deviceFamily": family },
            "scopes": self.scopes, "caps": self.caps,
        });
        if let Some(role) = &self.role {
            params["role"] = json!(role);
        }
        if !self.auth.is_null() {
            params["auth"] = self.auth.clone();
        }
        if let Some(identity) = &self.identity {
            params["device"] = self.proof(identity, nonce, ts);
        }
        for (name, value) in &self.extra {
            params[name] = value.clone();
        }
        params
    }

    fn proof(&self, identity: &Identity, nonce: &str, ts: i64) -> Value {
        let shown =
            ["token", "deviceToken", "bootstrapToken"].iter().find_map(|name| self.auth[*name].as_str());
        let claim = Claim {
            device_id: identity.public().id(),
            client_id: &self.client.0,
            client_mode: &self.client.1,
            role: self.role.as_deref().unwrap_or("operator"),
            scopes: &self.scopes,
            signed_at: ts,
            token: shown.unwrap_or(""),
            nonce,
            platform: &self.platform.0,
            device_family: &self.platform.1,
        };
        json!({
            "id": identity.public().id(), "publicKey": identity.public().encode(),
            "signature": identity.sign(&claim), "signedAt": ts, "nonce": nonce,
        })
    }

    /// Knocks; `Err` is the refusal.
    pub async fn connect(&self, gateway: &Gateway) -> Result<Client, Refused> {
        let opened = self.open(gateway).await;
        let mut socket = opened.unwrap_or_else(|status| panic!("the upgrade was refused with {status}"));
        let (nonce, ts) = socket.challenge().await;
        knock_with(socket, &self.params(&nonce, ts)).await
    }

    /// Sends these params on a socket that has had its challenge; `Err` is the refusal.
    pub async fn connect_on(&self, socket: Socket, params: &Value) -> Result<Client, Refused> {
        knock_with(socket, params).await
    }

    /// The same, and must be refused.
    pub async fn refused_on(&self, socket: Socket, params: &Value) -> Refused {
        match knock_with(socket, params).await {
            Err(refused) => refused,
            Ok(client) => panic!("let in: {}", client.hello["auth"]),
        }
    }

    /// Knocks and must be let in.
    pub async fn enter(&self, gateway: &Gateway) -> Client {
        self.connect(gateway).await.unwrap_or_else(|refused| panic!("not let in: {refused:?}"))
    }

    /// Knocks and must be refused.
    pub async fn refused(&self, gateway: &Gateway) -> Refused {
        match self.connect(gateway).await {
            Err(refused) => refused,
            Ok(client) => panic!("let in: {}", client.hello["auth"]),
        }
    }

    /// Knocks with params that `change` has spoilt after signing.
    pub async fn refused_with(&self, gateway: &Gateway, change: impl FnOnce(&mut Value)) -> Refused {
        let mut socket = self.open(gateway).await.expect("the upgrade is let through");
        let (nonce, ts) = socket.challenge().await;
        let mut params = self.params(&nonce, ts);
        change(&mut params);
        self.refused_on(socket, &params).await
    }
}

/// Sends `connect` and reads the answer.
async fn knock_with(mut socket: Socket, params: &Value) -> Result<Client, Refused> {
    socket
        .send_json(&json!({ "type": "req", "id": "connect-1", "method": "connect", "params": params }))
        .await;
    let mut error = Value::Null;
    loop {
        match socket.next().await {
            Incoming::Json(frame) if frame["type"] == "res" && frame["ok"] == true => {
                assert_eq!(frame["id"], "connect-1", "{frame}");
                return Ok(Client::new(socket, frame["payload"].clone()));
            }
            Incoming::Json(frame) if frame["type"] == "res" => error = frame["error"].clone(),
            Incoming::Json(frame) => panic!("an event before hello: {frame}"),
            Incoming::Closed(close) => return Err(Refused { error, close }),
            Incoming::Ping | Incoming::Pong(_) => {}
        }
    }
}
