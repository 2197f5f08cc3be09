//! Does the device hold its key? Every way to fail has its own code (protocol 3.4, 3.6).

use std::sync::Arc;

use schemas::bounds::SIGNATURE_WINDOW;
use schemas::clock::Millis;
use schemas::connect::{ConnectParams, DeviceProof};
use schemas::device::{Claim, PublicKey};
use schemas::error::DetailCode;
use subtle::ConstantTimeEq as _;

/// What is wrong with a device's proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Key,
    Id,
    Expired,
    NoNonce,
    Nonce,
    Signature,
}

impl Flaw {
    /// Returns code, reason, message and next step.
    pub(super) fn words(self) -> (DetailCode, &'static str, &'static str, &'static str) {
        match self {
            Self::Key => (
                DetailCode::DeviceAuthPublicKeyInvalid,
                "device-public-key",
                "device public key invalid",
                "send base64url of the raw 32 bytes of an Ed25519 key",
            ),
            Self::Id => (
                DetailCode::DeviceAuthDeviceIdMismatch,
                "device-id-mismatch",
                "device identity mismatch",
                "send the lowercase hex SHA-256 of the raw public key as id",
            ),
            Self::Expired => (
                DetailCode::DeviceAuthSignatureExpired,
                "device-signature-stale",
                "device signature expired",
                "sign with the time of this connection's challenge",
            ),
            Self::NoNonce => (
                DetailCode::DeviceAuthNonceRequired,
                "device-nonce-missing",
                "device nonce required",
                "wait for connect.challenge and sign its nonce",
            ),
            Self::Nonce => (
                DetailCode::DeviceAuthNonceMismatch,
                "device-nonce-mismatch",
                "device nonce mismatch",
                "sign the nonce of this connection's own challenge",
            ),
            Self::Signature => (
                DetailCode::DeviceAuthSignatureInvalid,
                "device-signature",
                "device signature invalid",
                "sign the version 3 text over exactly what is sent",
            ),
        }
    }
}

/// Verifies a device's proof and returns its key. `known`: the decoded key, if the device is paired.
pub(super) fn verify(
    params: &ConnectParams,
    device: &DeviceProof,
    nonce: &str,
    now: Millis,
    known: Option<Arc<PublicKey>>,
) -> Result<Arc<PublicKey>, Flaw> {
    let key = match known {
        Some(key) if *key.encode() == *device.public_key => key,
        _ => Arc::new(PublicKey::decode(&device.public_key).ok_or(Flaw::Key)?),
    };
    if key.id() != device.id {
        return Err(Flaw::Id);
    }
    if device.nonce.trim().is_empty() {
        return Err(Flaw::NoNonce);
    }
    if !bool::from(device.nonce.as_bytes().ct_eq(nonce.as_bytes())) {
        return Err(Flaw::Nonce);
    }
    let window = Millis::try_from(SIGNATURE_WINDOW.as_millis()).unwrap_or(Millis::MAX);
    if device.signed_at.saturating_sub(now).saturating_abs() > window {
        return Err(Flaw::Expired);
    }
    let claim = Claim {
        device_id: &device.id,
        client_id: &params.client.id,
        client_mode: &params.client.mode,
        role: params.role.as_deref().unwrap_or("operator"),
        scopes: &params.scopes,
        signed_at: device.signed_at,
        token: params.auth.as_ref().map_or("", |auth| auth.signed_token()),
        nonce: &device.nonce,
        platform: &params.client.platform,
        device_family: params.client.device_family.as_deref().unwrap_or(""),
    };
    if key.verify(&claim, &device.signature) { Ok(key) } else { Err(Flaw::Signature) }
}
