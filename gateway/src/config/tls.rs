//! Section `[gateway.tls]`: whether the one port speaks TLS, and with which certificate.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Config;
use super::error::Mistake;

/// Section `[gateway.tls]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSection {
    /// Whether the port speaks TLS, and nothing else.
    pub enabled: bool,
    /// PEM file with the certificate and those that lead to its authority; without it a self-signed one is made.
    pub cert: Option<PathBuf>,
    /// PEM file with the certificate's key.
    pub key: Option<PathBuf>,
}

impl TlsSection {
    /// Collects what is wrong with the section as a whole.
    pub(super) fn check(&self, mistakes: &mut Vec<Mistake>) {
        let missing = match (&self.cert, &self.key) {
            (Some(_), None) => {
                Some(("gateway.tls.key", "names no file: the certificate cannot be used without its key"))
            }
            (None, Some(_)) => {
                Some(("gateway.tls.cert", "names no file: the key cannot be used without its certificate"))
            }
            (Some(_), Some(_)) if !self.enabled => Some((
                "gateway.tls.enabled",
                "is false although a certificate is named: set it to true, or remove cert and key",
            )),
            _ => None,
        };
        mistakes.extend(missing.map(|(key, message)| Mistake::at(key, message)));
    }
}

impl Config {
    /// Returns the files of the owner's certificate and key; relative paths lie in the state directory.
    pub fn tls_files(&self) -> Option<(PathBuf, PathBuf)> {
        let tls = &self.gateway.tls;
        Some((self.beneath(tls.cert.as_deref()?), self.beneath(tls.key.as_deref()?)))
    }

    fn beneath(&self, path: &Path) -> PathBuf {
        match (&self.home, path.strip_prefix("~")) {
            (Some(home), Ok(rest)) => home.join(rest),
            _ => self.state_dir.join(path),
        }
    }
}
