//! The device's own file: its key and the tokens that gateways gave it, 0600 and replaced as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use schemas::Fingerprint;
use schemas::clock::Millis;
use schemas::device::Identity;
use serde::{Deserialize, Serialize};

/// The directory that holds `identity.json`.
#[derive(Clone, Debug)]
pub struct IdentityStore {
    dir: PathBuf,
}

/// A device token as a gateway gave it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredToken {
    /// The token.
    pub token: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When it was issued.
    pub issued_at_ms: Millis,
}

impl std::fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredToken").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no device identity: move it away, a new one is made and has to be paired again", .0.display())]
    Corrupt(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a new key")]
    NoRandom,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    /// Hex of the 32-byte Ed25519 seed.
    seed: String,
    /// Gateway, then role, then token.
    #[serde(default)]
    tokens: BTreeMap<String, BTreeMap<String, StoredToken>>,
    /// Gateway, then the certificate that its owner said is the right one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pins: BTreeMap<String, Fingerprint>,
}

impl IdentityStore {
    /// Returns the store in `dir`, which is made when it is first needed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Returns the device, made on the first call.
    pub fn identity(&self) -> Result<Identity, StoreError> {
        let _lock = self.lock()?;
        let contents = self.contents()?;
        self.decode(&contents)
    }

    /// Returns the token for a role at a gateway.
    pub fn token(&self, gateway: &str, role: &str) -> Result<Option<StoredToken>, StoreError> {
        let _lock = self.lock()?;
        let mut contents = self.contents()?;
        Ok(contents.tokens.get_mut(gateway).and_then(|roles| roles.remove(role)))
    }

    /// Keeps a token, or forgets it with `None`.
    pub fn keep_token(
        &self,
        gateway: &str,
        role: &str,
        token: Option<&StoredToken>,
    ) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let mut contents = self.contents()?;
        let roles = contents.tokens.entry(gateway.to_owned()).or_default();
        let before = match token {
            Some(token) => roles.insert(role.to_owned(), token.clone()),
            None => roles.remove(role),
        };
        if before.as_ref() == token { Ok(()) } else { self.write(&contents) }
    }

    /// Returns the certificate that is pinned for a gateway.
    pub fn pin(&self, gateway: &str) -> Result<Option<Fingerprint>, StoreError> {
        let _lock = self.lock()?;
        Ok(self.contents()?.pins.get(gateway).copied())
    }

    /// Pins a certificate for a gateway. Only for one that a person named, or that stood in a setup code.
    pub fn keep_pin(&self, gateway: &str, pin: Fingerprint) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let mut contents = self.contents()?;
        if contents.pins.insert(gateway.to_owned(), pin) == Some(pin) {
            Ok(())
        } else {
            self.write(&contents)
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.join("identity.json")
    }

    /// Two programs that start together must not make two identities.
    fn lock(&self) -> Result<fs::File, StoreError> {
        let path = self.dir.join("identity.lock");
        let locked = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir).and_then(|()| {
            let file =
                fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
            rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
            Ok(file)
        });
        locked.map_err(|source| StoreError::Io { path, source })
    }

    fn contents(&self) -> Result<Contents, StoreError> {
        let path = self.path();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| StoreError::Corrupt(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.create(),
            Err(source) => Err(StoreError::Io { path, source }),
        }
    }

    fn create(&self) -> Result<Contents, StoreError> {
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed).map_err(|_| StoreError::NoRandom)?;
        let contents =
            Contents { version: 1, seed: hex::encode(seed), tokens: BTreeMap::new(), pins: BTreeMap::new() };
        self.write(&contents)?;
        Ok(contents)
    }

    fn decode(&self, contents: &Contents) -> Result<Identity, StoreError> {
        let corrupt = || StoreError::Corrupt(self.path());
        let seed = hex::decode(&contents.seed).map_err(|_| corrupt())?;
        let seed: [u8; 32] = seed.try_into().map_err(|_| corrupt())?;
        Ok(Identity::from_seed(&seed))
    }

    fn write(&self, contents: &Contents) -> Result<(), StoreError> {
        let path = self.path();
        let fresh = self.dir.join("identity.json.new");
        let bytes = serde_json::to_vec_pretty(contents).unwrap_or_default();
        let written = write_new(&fresh, &bytes).and_then(|()| fs::rename(&fresh, &path));
        written.map_err(|source| StoreError::Io { path, source })
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
