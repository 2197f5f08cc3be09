//! Device identity: the id, the text that is signed, signing and verifying, both halves in one file.
//!
//! A device is an Ed25519 key pair (RFC 8032). Its id is the SHA-256 of the raw public key in lowercase hex.
//! On connect it signs one line of fields joined by bars (protocol 3.4). The text is fixed from outside:
//! stock clients sign version 3, the phones version 2. Joining with bars is ambiguous if a field may hold a
//! bar, so [`Claim::is_ambiguous`] refuses bars everywhere and commas in scopes before anything is verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::clock::Millis;

/// The fields that a signature binds together.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Hex SHA-256 of the public key.
    pub device_id: &'a str,
    /// `client.id`.
    pub client_id: &'a str,
    /// `client.mode`.
    pub client_mode: &'a str,
    /// `role` as sent.
    pub role: &'a str,
    /// `scopes` in the order sent.
    pub scopes: &'a [String],
    /// `device.signedAt` in milliseconds.
    pub signed_at: Millis,
    /// First present of `auth.token`, `auth.deviceToken`, `auth.bootstrapToken`; empty if none.
    pub token: &'a str,
    /// The challenge's nonce.
    pub nonce: &'a str,
    /// `client.platform`.
    pub platform: &'a str,
    /// `client.deviceFamily`.
    pub device_family: &'a str,
}

impl Claim<'_> {
    /// Returns the version 3 text.
    pub fn v3(&self) -> String {
        format!("v3|{}|{}|{}", self.body(), normal(self.platform), normal(self.device_family))
    }

    /// Returns the version 2 text, which does not bind platform and family.
    pub fn v2(&self) -> String {
        format!("v2|{}", self.body())
    }

    fn body(&self) -> String {
        format!(
            "{}|{}|{}|{}|{}|{}|{}|{}",
            self.device_id,
            self.client_id,
            self.client_mode,
            self.role,
            self.scopes.join(","),
            self.signed_at,
            self.token,
            self.nonce,
        )
    }

    /// Says whether a field holds a separator, so that two different claims could share one text.
    pub fn is_ambiguous(&self) -> bool {
        let fields =
            [self.client_id, self.client_mode, self.role, self.token, self.platform, self.device_family];
        fields.iter().any(|field| field.contains('|'))
            || self.scopes.iter().any(|scope| scope.contains(['|', ',']))
    }
}

/// Trims and lowercases ASCII letters, as the signed text wants platform and family.
fn normal(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

/// A decoded public key with its id; decoding once saves a tenth of each later verification.
#[derive(Clone, Debug)]
pub struct PublicKey {
    key: VerifyingKey,
    id: String,
}

impl PublicKey {
    /// Reads base64url of the raw 32 bytes. `None`: not a key.
    pub fn decode(text: &str) -> Option<Self> {
        let raw: [u8; 32] = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&raw).ok()?;
        (!key.is_weak()).then(|| Self { id: hex::encode(Sha256::digest(raw)), key })
    }

    /// Returns base64url without padding of the raw 32 bytes.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.as_bytes())
    }

    /// Returns the device id: lowercase hex SHA-256 of the raw key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says whether `signature` (base64url) is this key's over the version 3 or 2 text of `claim`.
    pub fn verify(&self, claim: &Claim<'_>, signature: &str) -> bool {
        let Ok(raw) = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('=')) else { return false };
        let Ok(signature) = Signature::from_slice(&raw) else { return false };
        !claim.is_ambiguous()
            && (self.key.verify_strict(claim.v3().as_bytes(), &signature).is_ok()
                || self.key.verify_strict(claim.v2().as_bytes(), &signature).is_ok())
    }
}

/// A device's own key pair.
#[derive(Clone)]
pub struct Identity {
    key: SigningKey,
    public: PublicKey,
}

impl Identity {
    /// Makes the identity of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let public = key.verifying_key();
        Self { public: PublicKey { id: hex::encode(Sha256::digest(public.as_bytes())), key: public }, key }
    }

    /// Returns the seed, for the owner's 0600 file.
    pub fn seed(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Returns the public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs the version 3 text; returns base64url without padding.
    pub fn sign(&self, claim: &Claim<'_>) -> String {
        URL_SAFE_NO_PAD.encode(self.key.sign(claim.v3().as_bytes()).to_bytes())
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("id", &self.public.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEED: &str = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
    const NONCE: &str = "11111111-2222-4333-8444-555555555555";

    fn identity() -> Identity {
        let seed: [u8; 32] = hex::decode(SEED).expect("hex").try_into().expect("32 bytes");
        Identity::from_seed(&seed)
    }

    fn operator<'a>(id: &'a str, scopes: &'a [String]) -> Claim<'a> {
        Claim {
            device_id: id,
            client_id: "cli",
            client_mode: "cli",
            role: "operator",
            scopes,
            signed_at: 1_700_000_000_000,
            token: "test-token",
            nonce: NONCE,
            platform: "linux",
            device_family: "linux",
        }
    }

    // The vectors of protocol 3.4.
    #[test]
    fn test_vectors() {
        let me = identity();
        assert_eq!(me.public().encode(), "ebVWLo_mVPlAeLES6KmLp5AfhTrmlb7X4OORC60ElmQ");
        let id = "65b60673d6ed884bf01c2c222d82ada0740f29ac3355d6a925c81f17f47a27b8";
        assert_eq!(me.public().id(), id);
        let scopes = ["operator.read".to_owned(), "operator.write".to_owned()];
        let claim = operator(id, &scopes);
        let v3 = "-AWN6y6PUmcgWFLGJWHPPJ0Eh-jREQs_daZqsK7HrQepIVPCW4nlTNKjuEMlMTsfSjqyUoo6QAD5fRphJ-afBQ";
        assert_eq!(me.sign(&claim), v3);
        let v2 = "rHtNl3rN4Mcq0W92WmdGxdnbY_IPC0ccgyFU7pAFXLKPL7nTFAfQ6SUhWe2cpaKitOpj6bzFppIyrfpYNh5zCg";
        let key = PublicKey::decode(&me.public().encode()).expect("a key");
        assert!(key.verify(&claim, v3) && key.verify(&claim, v2));
        let node = Claim {
            client_id: "node-host",
            client_mode: "node",
            role: "node",
            scopes: &[],
            token: "",
            platform: " macOS ",
            device_family: "Mac",
            ..claim
        };
        let sig = "Rm4WBYv-jkHf0g3Qx2ZrJlvF3K3VG28-m8xfKQMrEds0oF081MvTNUxzbSyX8Oh8huqHiUGLeVulusRX-5RtBQ";
        assert_eq!(me.sign(&node), sig);
        assert!(key.verify(&node, sig));
    }

    proptest! {
        #[test]
        fn no_changed_field_keeps_the_signature(which in 0usize..9, text in "[a-z0-9.]{1,12}") {
            let me = identity();
            let scopes = ["operator.read".to_owned()];
            let claim = operator(me.public().id(), &scopes);
            let signature = me.sign(&claim);
            let other = [text.clone()];
            let mut forged = claim.clone();
            match which {
                0 => forged.device_id = &text,
                1 => forged.client_id = &text,
                2 => forged.client_mode = &text,
                3 => forged.role = &text,
                4 => forged.scopes = &other,
                5 => forged.signed_at += 1,
                6 => forged.token = &text,
                7 => forged.nonce = &text,
                _ => forged.platform = &text,
            }
            prop_assume!(forged.v3() != claim.v3());
            prop_assert!(!me.public().verify(&forged, &signature));
        }
    }

    #[test]
    fn separators_in_fields_are_refused() {
        let me = identity();
        let scopes = ["operator.read,operator.admin".to_owned()];
        let claim = operator(me.public().id(), &scopes);
        assert!(!me.public().verify(&claim, &me.sign(&claim)));
        let claim = Claim { token: "a|b", scopes: &[], ..claim };
        assert!(!me.public().verify(&claim, &me.sign(&claim)));
    }
}
