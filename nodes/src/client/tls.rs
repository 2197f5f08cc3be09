//! TLS on the way to a gateway: either the web's certificate authorities vouch for the certificate, or it is
//! exactly the one that is pinned. There is no trust on first use.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use schemas::Fingerprint;
use schemas::clock::Millis;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{self, CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::error::ConnectError;

/// Which certificate of a gateway is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// One that the web's certificate authorities vouch for, for that name.
    Web,
    /// The one with this fingerprint, whatever its names and dates.
    Pin(Fingerprint),
}

/// Sets TLS up on a stream. `authority` is the `host:port` that was dialled, `target` names it in errors.
pub(super) async fn secure(
    target: &str,
    authority: &str,
    trust: Trust,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, ConnectError> {
    let failed = |why: String| ConnectError::Tls { target: target.to_owned(), why };
    let shown = Arc::new(OnceLock::new());
    let name = server_name(authority).map_err(&failed)?;
    let config = config(trust, &shown).map_err(|error| failed(error.to_string()))?;
    let error = match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(stream) => return Ok(stream),
        Err(error) => error,
    };
    let target = target.to_owned();
    let bad = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    Err(match (trust, shown.get(), bad) {
        (Trust::Pin(pinned), Some(&shown), _) if pinned != shown => {
            ConnectError::OtherCertificate { target, pinned, shown }
        }
        (Trust::Web, Some(&shown), Some(Error::InvalidCertificate(why))) => {
            ConnectError::UnknownCertificate { target, shown, why: in_words(why) }
        }
        _ => ConnectError::Tls { target, why: error.to_string() },
    })
}

fn in_words(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => "it is self-signed, or signed by someone unknown".to_owned(),
        other => other.to_string(),
    }
}

fn server_name(authority: &str) -> Result<ServerName<'static>, String> {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    ServerName::try_from(host.to_owned()).map_err(|_| format!("\"{host}\" is no host name"))
}

/// Says whether the web's certificate authorities vouch for a certificate chain, its owner first, under a name.
pub fn web_vouches_for(chain: &[CertificateDer<'_>], host: &str, now: Millis) -> bool {
    let Some((owner, rest)) = chain.split_first() else { return false };
    let Ok(name) = ServerName::try_from(host) else { return false };
    let Ok(web) = web(&Arc::new(ring::default_provider())) else { return false };
    let now = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(now).unwrap_or(0)));
    web.verify_server_cert(owner, rest, &name, &[], now).is_ok()
}

fn web(provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    built.map_err(|error| Error::General(error.to_string()))
}

fn config(trust: Trust, shown: &Arc<OnceLock<Fingerprint>>) -> Result<ClientConfig, Error> {
    // Named, not taken from the process: another part could have chosen another one for it.
    let provider = Arc::new(ring::default_provider());
    let web = match trust {
        Trust::Pin(_) => None,
        Trust::Web => Some(web(&provider)?),
    };
    let verifier = Verifier { trust, web, provider: Arc::clone(&provider), shown: Arc::clone(shown) };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Judges the certificate and remembers which one it was, for the error.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    web: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    shown: Arc<OnceLock<Fingerprint>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = *self.shown.get_or_init(|| Fingerprint::of(certificate));
        match (self.trust, &self.web) {
            (Trust::Pin(pinned), _) if pinned == shown => Ok(ServerCertVerified::assertion()),
            (Trust::Web, Some(web)) => web.verify_server_cert(certificate, chain, name, ocsp, now),
            _ => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    // A certificate is public: only these signatures show that the other side has its key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
