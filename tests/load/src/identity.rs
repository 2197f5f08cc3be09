//! Who a load connection says it is: a local backend without a device, or a device with an Ed25519 key.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What every load client calls itself.
const PLATFORM: &str = "linux";
/// What a node of the load offers: nothing that runs programs, allowed for its platform.
pub const NODE_COMMAND: &str = "system.notify";
/// The scopes that a publisher needs.
const SCOPES: [&str; 3] = ["operator.admin", "operator.read", "operator.write"];

/// Who connects.
#[derive(Debug, Clone)]
pub enum Identity {
    /// A local client with the shared token, which may do everything.
    Backend,
    /// The same, but without any scope: it receives ticks and health, no presence.
    Scopeless,
    /// A device; pairs at its first connection and shows its device token afterwards.
    Device(Rc<Device>),
    /// Another machine that offers one command.
    Node(Rc<Device>),
}

/// A key pair and the token that pairing gave it.
#[derive(Debug)]
pub struct Device {
    key: SigningKey,
    id: String,
    public: String,
    /// From `hello-ok.auth.deviceToken`.
    pub token: RefCell<Option<String>>,
}

impl Device {
    /// Makes a new device from the system's randomness.
    pub fn fresh() -> Result<Rc<Self>> {
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Rc::new(Self::from_seed(&seed)))
    }

    /// The device's id, which is a node's id, too.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The `connect` of a node (protocol 8.1, 10.3).
    fn connect_as_node(&self, challenge: &[u8], token: &str) -> Result<String> {
        let Challenge { nonce, ts } = read(challenge)?;
        let (id, public) = (&self.id, &self.public);
        let text = format!("v3|{id}|node-host|node|node||{ts}|{token}|{nonce}|{PLATFORM}|{PLATFORM}");
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(text.as_bytes()).to_bytes());
        Ok(format!(
            r#"{{"type":"req","id":"connect","method":"connect","params":{{"minProtocol":4,"maxProtocol":4,"client":{{"id":"node-host","version":"1.0.0","platform":"{PLATFORM}","deviceFamily":"{PLATFORM}","mode":"node"}},"role":"node","scopes":[],"caps":["system"],"commands":["{NODE_COMMAND}"],"auth":{{"token":"{token}"}},"device":{{"id":"{id}","publicKey":"{public}","signature":"{signature}","signedAt":{ts},"nonce":"{nonce}"}}}}}}"#
        ))
    }

    fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let raw = key.verifying_key().to_bytes();
        let (id, public) = (hex::encode(Sha256::digest(raw)), URL_SAFE_NO_PAD.encode(raw));
        Self { key, id, public, token: RefCell::new(None) }
    }
}

impl Identity {
    /// The `connect` request that answers a challenge, signed where there is a device (protocol 3.2, 3.4).
    pub fn connect(&self, challenge: &[u8], shared_token: &str) -> Result<String> {
        let head = r#"{"type":"req","id":"connect","method":"connect","params":{"minProtocol":4,"maxProtocol":4,"client":{"id":"gateway-client","version":"1.0.0","platform":"linux","mode":"backend"},"role":"operator""#;
        let device = match self {
            Self::Scopeless => {
                return Ok(format!(r#"{head},"scopes":[],"auth":{{"token":"{shared_token}"}}}}}}"#));
            }
            Self::Node(device) => return device.connect_as_node(challenge, shared_token),
            Self::Backend => None,
            Self::Device(device) => Some(device),
        };
        let scopes = format!(r#""scopes":["{}"]"#, SCOPES.join("\",\""));
        let Some(device) = device else {
            return Ok(format!(r#"{head},{scopes},"auth":{{"token":"{shared_token}"}}}}}}"#));
        };
        let Challenge { nonce, ts: at } = read(challenge)?;
        let kept = device.token.borrow();
        let (field, token) = match kept.as_deref() {
            Some(token) => ("deviceToken", token),
            None => ("token", shared_token),
        };
        let text = signing_text(&device.id, &SCOPES.join(","), at, token, nonce);
        let signature = URL_SAFE_NO_PAD.encode(device.key.sign(text.as_bytes()).to_bytes());
        let (id, public) = (&device.id, &device.public);
        Ok(format!(
            r#"{head},{scopes},"auth":{{"{field}":"{token}"}},"device":{{"id":"{id}","publicKey":"{public}","signature":"{signature}","signedAt":{at},"nonce":"{nonce}"}}}}}}"#
        ))
    }
}

fn read(challenge: &[u8]) -> Result<Challenge<'_>> {
    let challenge: Envelope<Challenge<'_>> =
        serde_json::from_slice(challenge).context("the challenge is not the JSON of protocol 3.1")?;
    Ok(challenge.payload)
}

fn signing_text(id: &str, scopes: &str, at: u64, token: &str, nonce: &str) -> String {
    format!("v3|{id}|gateway-client|backend|operator|{scopes}|{at}|{token}|{nonce}|{PLATFORM}|")
}

#[derive(Debug, Deserialize)]
struct Envelope<T> {
    payload: T,
}

#[derive(Debug, Deserialize)]
struct Challenge<'a> {
    nonce: &'a str,
    ts: u64,
}

/// What the baseline reads from a `connect` request.
#[derive(Debug, Deserialize)]
pub struct Connect<'a> {
    /// The request's id.
    #[serde(borrow)]
    pub id: &'a str,
    /// Its params.
    #[serde(borrow)]
    pub params: ConnectParams<'a>,
}

/// The params of `connect`, as far as the baseline looks at them.
#[derive(Debug, Deserialize)]
pub struct ConnectParams<'a> {
    /// What the client asks to be allowed.
    #[serde(borrow, default)]
    pub scopes: Vec<&'a str>,
    /// Present when a device signs.
    #[serde(borrow)]
    pub device: Option<Proof<'a>>,
    #[serde(borrow, default)]
    auth: Auth<'a>,
}

/// The tokens that enter the signing text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Auth<'a> {
    token: Option<&'a str>,
    device_token: Option<&'a str>,
}

/// A device's proof that it holds its key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof<'a> {
    /// Lowercase hex SHA-256 of the public key.
    pub id: &'a str,
    public_key: &'a str,
    signature: &'a str,
    signed_at: u64,
    nonce: &'a str,
}

impl ConnectParams<'_> {
    /// Verifies the device's signature with its known key, or with the one it sent; returns the key.
    pub fn verify(
        &self,
        proof: &Proof<'_>,
        known: Option<&VerifyingKey>,
        nonce: &str,
    ) -> Result<VerifyingKey> {
        ensure!(proof.nonce == nonce, "device.nonce is not the nonce of this connection's challenge");
        let key = match known {
            Some(key) => *key,
            None => proof.key()?,
        };
        let token = self.auth.token.or(self.auth.device_token).unwrap_or("");
        let text = signing_text(proof.id, &self.scopes.join(","), proof.signed_at, token, nonce);
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(proof.signature)?)?;
        key.verify_strict(text.as_bytes(), &signature)?;
        Ok(key)
    }
}

impl Proof<'_> {
    fn key(&self) -> Result<VerifyingKey> {
        let raw = URL_SAFE_NO_PAD.decode(self.public_key)?;
        ensure!(
            hex::encode(Sha256::digest(&raw)) == self.id,
            "device.id is not the digest of device.publicKey"
        );
        Ok(VerifyingKey::from_bytes(raw.as_slice().try_into()?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_connect_verifies_and_a_changed_one_does_not() {
        let seed: [u8; 32] = std::array::from_fn(|n| u8::try_from(n + 1).unwrap());
        let device = Rc::new(Device::from_seed(&seed));
        assert_eq!(device.id, "65b60673d6ed884bf01c2c222d82ada0740f29ac3355d6a925c81f17f47a27b8");
        assert_eq!(device.public, "ebVWLo_mVPlAeLES6KmLp5AfhTrmlb7X4OORC60ElmQ");
        let challenge = br#"{"type":"event","event":"connect.challenge","payload":{"nonce":"n-1","ts":17}}"#;
        let text = Identity::Device(device).connect(challenge, "secret").unwrap();
        let frame: Connect<'_> = serde_json::from_str(&text).unwrap();
        let proof = frame.params.device.as_ref().unwrap();
        let key = frame.params.verify(proof, None, "n-1").unwrap();
        assert!(frame.params.verify(proof, Some(&key), "n-2").is_err());
        let forged = text.replace("\"signedAt\":17", "\"signedAt\":18");
        let frame: Connect<'_> = serde_json::from_str(&forged).unwrap();
        assert!(frame.params.verify(frame.params.device.as_ref().unwrap(), None, "n-1").is_err());
    }
}
