//! The certificate of the one port: where it comes from, and how a renewed one is taken up.

use std::sync::Arc;
use std::time::Duration;

use schemas::clock::Millis;

use super::StartError;
use super::rounds::every;
use crate::config::Config;
use crate::security::{Certificate, CertificateSource};

/// Returns where the certificate of the port comes from; `None`: the port speaks no TLS.
pub fn certificate_source(config: &Config) -> Option<CertificateSource> {
    config.gateway.tls.enabled.then(|| match config.tls_files() {
        Some((cert, key)) => CertificateSource::Files { cert, key },
        None => CertificateSource::SelfSigned(config.state_dir.join("tls.pem")),
    })
}

/// Opens the certificate, if the port is to speak TLS.
pub(super) fn open(
    config: &Config,
    now: Millis,
    host_name: String,
) -> Result<Option<Arc<Certificate>>, StartError> {
    let Some(source) = certificate_source(config) else { return Ok(None) };
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned(), host_name];
    if !config.gateway.host.0.is_unspecified() {
        names.push(config.gateway.host.0.to_string());
    }
    names.sort();
    names.dedup();
    Ok(Some(Certificate::open(source, &names, now)?))
}

/// Takes up a certificate that is renewed while the gateway runs; the old one stays where the new one cannot be
/// used.
pub(super) async fn follow(certificate: Arc<Certificate>) {
    let mut looks = every(LOOK);
    loop {
        looks.tick().await;
        match certificate.refresh() {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!(fingerprint = %certificate.fingerprint(), "A new certificate is shown");
            }
            Err(error) => {
                tracing::warn!(%error, "The renewed certificate cannot be used; the old one is still shown");
            }
        }
    }
}

/// Time between two looks at the owner's files.
const LOOK: Duration = Duration::from_mins(1);
