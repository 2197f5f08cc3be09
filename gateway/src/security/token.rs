//! Tokens: made from the system's randomness, kept as hashes, compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::store::TokenHash;

/// Makes a token of 32 random bytes, in base64url (43 characters).
pub(super) fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(random())
}

/// Returns 32 bytes from the system.
#[expect(clippy::expect_used, reason = "without the system's randomness no secret may be made")]
pub(super) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// Returns the hash to keep. Plain SHA-256 is enough: tokens are random, there is nothing to guess.
pub(super) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

/// Says whether `token` is the one behind `kept`, in a time that tells nothing.
pub(super) fn fits(token: &str, kept: &TokenHash) -> bool {
    hash(token).ct_eq(kept).into()
}
