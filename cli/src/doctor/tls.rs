//! Looks whether the port can speak TLS, if it is to, and says which certificate it shows.

use gateway::app::certificate_source;
use gateway::config::Config;
use gateway::security::{Certificate, CertificateSource};

use super::Check;

/// Looks at the certificate's files; nothing where the port speaks no TLS and only this machine reaches it.
pub(crate) fn look(config: &Config) -> Option<Check> {
    let Some(source) = certificate_source(config) else {
        let exposed = !config.gateway.host.0.is_loopback();
        return exposed
            .then(|| Check::ok("tls", "none here: a proxy in front speaks it (gateway.behind_proxy)"));
    };
    if let CertificateSource::SelfSigned(path) = &source
        && !path.exists()
    {
        return Some(Check::ok("tls", format!("{} is made at the next start", path.display())));
    }
    Some(match Certificate::look(&source) {
        Ok(fingerprint) => Check::ok("tls", format!("certificate SHA-256 {fingerprint}")),
        Err(error) => Check::fail(
            "tls",
            error.to_string(),
            "mend the files named in [gateway.tls], or remove cert and key there for a self-signed certificate",
        ),
    })
}
