//! The HTTP client of the channels.

use std::sync::Arc;
use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

/// Returns a client for the channels' options, which all accounts may share.
///
/// It follows no redirect, since the address may carry the token, and uses HTTP/1.1, so that a broken long poll takes
/// no other call with it. Idle connections are dropped before servers close them: a request on a connection that is just
/// being closed would count as one whose fate is unknown.
pub fn client() -> Result<reqwest::Client, Unusable> {
    let client = builder()?
        .user_agent(concat!("landline/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .http1_only()
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(15))
        .tcp_keepalive(Duration::from_secs(30))
        .build()?;
    Ok(client)
}

/// Returns the beginning of a client that trusts whom the web trusts, whatever this machine has.
pub(crate) fn builder() -> Result<ClientBuilder, Unusable> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls))
}

/// There can be no client.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("there is no TLS: {0}")]
    Tls(#[from] Error),
    #[error("there is no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}
