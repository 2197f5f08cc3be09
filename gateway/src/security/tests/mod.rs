//! Knocking at the gateway's door without a network: every rule of admission, pairing and tokens.

mod bootstrap;
mod certificate;
mod custody;
mod guessing;
mod pairing;
mod proof;
mod restart;
mod rights;
mod table;

use std::net::IpAddr;
use std::sync::Arc;

use schemas::connect::{AuthProof, ClientInfo, ConnectParams, DeviceProof};
use schemas::device::{Claim, Identity};
use schemas::{Clock, Role, Scopes};
use secrecy::SecretString;
use serde_json::Value;

use super::*;
use crate::hub::{Member, Membership};
use crate::store::{AuditState, verify_audit};

const SECRET: &str = "the-shared-token-of-the-tests";
const NONCE: &str = "11111111-2222-4333-8444-555555555555";
const START: i64 = 1_800_000_000_000;

/// A gateway's security on a store of its own.
struct Desk {
    dir: tempfile::TempDir,
    clock: Clock,
    hub: Arc<Hub>,
    security: Security,
}

impl Desk {
    fn new() -> Self {
        Self::with(Some(SECRET))
    }

    fn with(secret: Option<&str>) -> Self {
        Self::at(tempfile::tempdir().expect("a folder"), Clock::manual(START), secret)
    }

    fn at(dir: tempfile::TempDir, clock: Clock, secret: Option<&str>) -> Self {
        let store = Store::open(&dir.path().join("landline.db")).expect("a store");
        let hub = Arc::new(Hub::new(clock.clone()));
        let settings = Settings {
            shared_token: secret.map(SecretString::from),
            gateway_url: "http://127.0.0.1:18789/".into(),
            certificate: None,
            identity: Identity::from_seed(&[9; 32]),
        };
        let security = Security::open(store, clock.clone(), Arc::clone(&hub), settings).expect("open");
        Self { dir, clock, hub, security }
    }

    /// Stops and starts on the same store.
    async fn restart(self) -> Self {
        self.security.store.close().await;
        Self::at(self.dir, self.clock, Some(SECRET))
    }

    /// Returns the id of the only waiting request.
    fn pending(&self) -> String {
        let list = self.security.list();
        assert_eq!(list.pending.len(), 1, "{list:?}");
        list.pending[0].request_id.clone()
    }

    /// Puts an admitted connection into the hub.
    fn join(&self, admission: &Admission) -> Membership {
        let member = Member::new(uuid::Uuid::new_v4().to_string().into(), admission.principal.clone(), false);
        self.hub.join(Arc::new(member))
    }

    async fn audit(&self) -> AuditState {
        self.security.store.read(verify_audit).await.expect("read")
    }
}

/// One attempt to come in; a program on loopback with the shared token unless changed.
#[derive(Clone)]
struct Knock {
    device: Option<Identity>,
    client: ClientInfo,
    role: Option<&'static str>,
    scopes: Vec<String>,
    auth: AuthProof,
    peer: Peer,
    /// What happens to the params after they were signed.
    tamper: fn(&mut ConnectParams),
    signed_at: i64,
    nonce: &'static str,
}

impl Knock {
    fn new(id: &str, mode: &str) -> Self {
        let client = serde_json::json!({
            "id": id, "mode": mode, "version": "1", "platform": "linux", "deviceFamily": "Linux",
        });
        Self {
            device: None,
            client: serde_json::from_value(client).expect("a client"),
            role: None,
            scopes: vec!["operator.read".into()],
            auth: AuthProof { token: Some(SECRET.into()), ..AuthProof::default() },
            peer: Peer { ip: IpAddr::from([127, 0, 0, 1]), unix_uid: None, local: true, origin: None },
            tamper: |_| {},
            signed_at: START,
            nonce: NONCE,
        }
    }

    /// An app with a device.
    fn app(seed: u8) -> Self {
        Self { device: Some(Identity::from_seed(&[seed; 32])), ..Self::new("app", "ui") }
    }

    /// A browser with a device and nothing else.
    fn browser(seed: u8) -> Self {
        let mut knock = Self::app(seed).showing(AuthProof::default());
        knock.peer.origin = Some("http://127.0.0.1:18789".into());
        knock
    }

    fn node(seed: u8) -> Self {
        Self { role: Some("node"), scopes: Vec::new(), ..Self::app(seed) }
    }

    fn remote(mut self) -> Self {
        self.peer.ip = IpAddr::from([10, 9, 9, 1]);
        self.peer.local = false;
        self
    }

    fn asking(mut self, scopes: &[&str]) -> Self {
        self.scopes = scopes.iter().map(|scope| format!("operator.{scope}")).collect();
        self
    }

    fn showing(self, auth: AuthProof) -> Self {
        Self { auth, ..self }
    }

    fn token(self, token: &str) -> Self {
        self.showing(AuthProof { token: Some(token.into()), ..AuthProof::default() })
    }

    fn device_token(self, token: &str) -> Self {
        self.showing(AuthProof { device_token: Some(token.into()), ..AuthProof::default() })
    }

    fn bootstrap(self, token: &str) -> Self {
        self.showing(AuthProof { bootstrap_token: Some(token.into()), ..AuthProof::default() })
    }

    fn id(&self) -> String {
        self.device.as_ref().expect("a device").public().id().to_owned()
    }

    async fn at(&self, desk: &Desk) -> Result<Admission, Refusal> {
        let mut params: ConnectParams = serde_json::from_value(serde_json::json!({
            "minProtocol": 4, "maxProtocol": 4, "client": self.client, "role": self.role, "scopes": self.scopes,
        }))
        .expect("params");
        params.auth = Some(self.auth.clone());
        params.device = self.device.as_ref().map(|identity| self.sign(identity, desk));
        (self.tamper)(&mut params);
        desk.security.admit(Attempt { peer: &self.peer, nonce: NONCE, params: &params }).await
    }

    fn sign(&self, identity: &Identity, desk: &Desk) -> DeviceProof {
        let id = identity.public().id();
        // Clients sign the time of the challenge.
        let signed_at = self.signed_at + desk.clock.now() - START;
        let claim = Claim {
            device_id: id,
            client_id: &self.client.id,
            client_mode: &self.client.mode,
            role: self.role.unwrap_or("operator"),
            scopes: &self.scopes,
            signed_at,
            token: self.auth.signed_token(),
            nonce: self.nonce,
            platform: &self.client.platform,
            device_family: self.client.device_family.as_deref().unwrap_or(""),
        };
        DeviceProof {
            id: id.to_owned(),
            public_key: identity.public().encode(),
            signature: identity.sign(&claim),
            signed_at,
            nonce: self.nonce.to_owned(),
        }
    }

    /// Comes in, or fails the test.
    async fn enters(&self, desk: &Desk) -> Admission {
        match self.at(desk).await {
            Ok(admission) => admission,
            Err(refusal) => panic!("refused: {refusal:?}"),
        }
    }

    /// Is turned away; returns `details.code`, or `details.reason` of a pairing refusal.
    async fn refused(&self, desk: &Desk) -> String {
        let refusal = self.at(desk).await.expect_err("must be refused");
        assert!(refusal.close_reason.len() <= 123, "{}", refusal.close_reason);
        let printed = format!("{refusal:?}");
        for text in
            [&self.auth.token, &self.auth.device_token, &self.auth.bootstrap_token].into_iter().flatten()
        {
            assert!(
                text.is_empty() || !printed.contains(text.as_str()),
                "a refusal tells a secret: {printed}"
            );
        }
        code(&refusal)
    }
}

fn code(refusal: &Refusal) -> String {
    let details = refusal.error.details.clone().unwrap_or(Value::Null);
    let code = details["code"].as_str().unwrap_or("none").to_owned();
    if code == "PAIRING_REQUIRED" { details["reason"].as_str().unwrap_or("none").to_owned() } else { code }
}

/// Whoever sits at the machine.
fn owner() -> Principal {
    Principal { actor: "local:1000".into(), ..Principal::gateway() }
}

/// An operator with some scopes, on a device.
fn operator(device: Option<&str>, scopes: &[&str]) -> Principal {
    let names: Vec<String> = scopes.iter().map(|scope| format!("operator.{scope}")).collect();
    let actor = device.map_or_else(|| "token".to_owned(), |id| format!("device:{id}"));
    Principal {
        actor: actor.into(),
        role: Role::Operator,
        scopes: Scopes::parse(&names),
        reach: Scopes::parse(&names),
        device: device.map(Into::into),
        ..Principal::gateway()
    }
}

fn token_of(admission: &Admission) -> String {
    admission.auth.device_token.clone().expect("a device token")
}
