//! The gateway's TLS certificate: the owner's own files, read again when they change, or a self-signed one that
//! is made once and kept in the state directory.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use schemas::Fingerprint;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, ServerConfig};

use super::self_signed;

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateSource {
    /// The owner's PEM files.
    Files {
        /// The certificate and those that lead to its authority.
        cert: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// Made once, key and certificate in this one file.
    SelfSigned(PathBuf),
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or made.
    #[error("the TLS file {path} cannot be used: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others can read the key.
    #[error("the TLS key {path} can be read by everyone; run `chmod o= {path}`")]
    Open {
        /// The key's file.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("the TLS file {path} holds no {what} in PEM form")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// Certificate and key do not work together, or not at all.
    #[error("the TLS certificate in {path} cannot be used with its key: {source}")]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: Error,
    },
    /// No certificate could be made.
    #[error("no self-signed certificate could be made: {0}")]
    NotMade(String),
}

/// The certificate that is shown at the door.
#[derive(Debug)]
pub struct Certificate {
    source: CertificateSource,
    shown: RwLock<Arc<Shown>>,
}

/// What was read from the files at one time.
#[derive(Debug)]
struct Shown {
    key: Arc<CertifiedKey>,
    fingerprint: Fingerprint,
    /// Bytes of the files, to see a change.
    read: Vec<Vec<u8>>,
}

impl Certificate {
    /// Reads the certificate; a self-signed one that does not exist yet is made, for `names` and ten years from
    /// `now` on.
    pub fn open(
        source: CertificateSource,
        names: &[String],
        now: schemas::clock::Millis,
    ) -> Result<Arc<Self>, CertificateError> {
        if let CertificateSource::SelfSigned(path) = &source
            && !path.exists()
        {
            make(path, names, now)?;
        }
        let shown = RwLock::new(Arc::new(Shown::read(&source)?));
        Ok(Arc::new(Self { source, shown }))
    }

    /// Returns the fingerprint of the files as they are now, without making any.
    pub fn look(source: &CertificateSource) -> Result<Fingerprint, CertificateError> {
        Ok(Shown::read(source)?.fingerprint)
    }

    /// Returns the fingerprint of what is shown.
    pub fn fingerprint(&self) -> Fingerprint {
        self.shown().fingerprint
    }

    /// Returns the certificate that is shown and those that lead to its authority.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.shown().key.cert.clone()
    }

    /// Says whether the gateway made it itself.
    pub fn is_self_signed(&self) -> bool {
        matches!(self.source, CertificateSource::SelfSigned(_))
    }

    /// Reads the owner's files again, as programs that renew certificates replace them. What cannot be used is
    /// not taken. Returns whether another certificate is shown from now on.
    pub fn refresh(&self) -> Result<bool, CertificateError> {
        if self.is_self_signed() || read_all(&self.source)? == self.shown().read {
            return Ok(false);
        }
        let fresh = Arc::new(Shown::read(&self.source)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(true)
    }

    /// Returns what the door needs to speak TLS.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Error> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.shown().key))
    }
}

impl Shown {
    fn read(source: &CertificateSource) -> Result<Self, CertificateError> {
        let read = read_all(source)?;
        let (cert, key) = match source {
            CertificateSource::Files { cert, key } => (cert, key),
            CertificateSource::SelfSigned(path) => (path, path),
        };
        let unreadable = |path: &Path, what| CertificateError::Unreadable { path: path.to_owned(), what };
        let [first, .., last] = read.as_slice() else { return Err(unreadable(cert, "certificate")) };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(first).collect();
        let chain = chain.map_err(|_| unreadable(cert, "certificate"))?;
        let fingerprint = Fingerprint::of(chain.first().ok_or_else(|| unreadable(cert, "certificate"))?);
        let secret = PrivateKeyDer::from_pem_slice(last).map_err(|_| unreadable(key, "private key"))?;
        let made = CertifiedKey::from_der(chain, secret, &ring::default_provider());
        let made = made.map_err(|source| CertificateError::Unusable { path: cert.clone(), source })?;
        Ok(Self { key: Arc::new(made), fingerprint, read })
    }
}

/// Reads certificate and key; the two are the same file where the gateway made it.
fn read_all(source: &CertificateSource) -> Result<Vec<Vec<u8>>, CertificateError> {
    match source {
        CertificateSource::Files { cert, key } => Ok(vec![read(cert, false)?, read(key, true)?]),
        CertificateSource::SelfSigned(path) => {
            let bytes = read(path, true)?;
            Ok(vec![bytes.clone(), bytes])
        }
    }
}

fn read(path: &Path, secret: bool) -> Result<Vec<u8>, CertificateError> {
    let failed = |source| CertificateError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if secret && file.metadata().map_err(failed)?.permissions().mode() & 0o007 != 0 {
        return Err(CertificateError::Open { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Writes the file beside its place and moves it there: nobody ever sees half of it, or reads it meanwhile.
fn make(path: &Path, names: &[String], now: schemas::clock::Millis) -> Result<(), CertificateError> {
    let pem = self_signed::make(names, now).map_err(CertificateError::NotMade)?;
    let failed = |source| CertificateError::Io { path: path.to_owned(), source };
    let fresh = path.with_extension("pem.new");
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(failed)?;
    file.write_all(pem.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&fresh, path))
        .map_err(failed)
}

/// Largest file that is read; chains are a few kilobytes.
const MAX_FILE: u64 = 256 * 1024;
