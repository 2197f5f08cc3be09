//! `device.pair.setupCode`: a code that lets a phone or another machine in (protocol 7.4).

use nodes::client::web_vouches_for;
use schemas::error::WireError;
use schemas::methods::devices::{SetupCodeOutput, SetupCodeParams};
use schemas::{Fingerprint, SetupCode};
use secrecy::ExposeSecret as _;

use super::qr;
use crate::methods::Call;
use crate::security::BootstrapKind;

/// Makes a setup code, with a picture of it if asked.
pub async fn setup_code(call: Call, params: SetupCodeParams) -> Result<SetupCodeOutput, WireError> {
    let security = &call.services.security;
    let (url, source) = match params.public_url {
        Some(url) => (socket_url(&url)?, "request"),
        None => (socket_url(&security.gateway_url())?, "gateway"),
    };
    let access = params.bootstrap_profile.unwrap_or_default();
    let made = security.create_bootstrap(call.who(), BootstrapKind::Setup(access)).await?;
    let code = SetupCode {
        url: url.clone(),
        bootstrap_token: made.token.expose_secret().to_owned(),
        expires_at_ms: Some(made.expires_at),
        tls_fingerprint: pin(&call, &url),
    };
    let setup_code = code.encode();
    let qr_data_url = if params.include_qr == Some(true) { qr::data_url(&setup_code) } else { None };
    Ok(SetupCodeOutput {
        setup_id: made.id,
        setup_code,
        qr_data_url,
        gateway_url: url,
        auth: "token".into(),
        url_source: source.into(),
        access,
        expires_at_ms: made.expires_at,
    })
}

/// Returns the certificate that the device will see and has to pin. None where a proxy shows another one, and
/// where the web vouches for it: such certificates change every few weeks.
fn pin(call: &Call, url: &str) -> Option<Fingerprint> {
    let services = &call.services;
    let certificate = services.security.certificate().filter(|_| !services.behind_proxy)?;
    let authority = url.strip_prefix("wss://")?.split('/').next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host).trim_matches(['[', ']']);
    let known =
        !certificate.is_self_signed() && web_vouches_for(&certificate.chain(), host, services.clock.now());
    (!known).then(|| certificate.fingerprint())
}

/// Returns the WebSocket form of an address.
fn socket_url(url: &str) -> Result<String, WireError> {
    let url = url.trim().trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let scheme = match scheme {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        _ => return Err(bad_url()),
    };
    // Phones show this address to their owner: it must not carry credentials or text of another meaning.
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '#' | '?' | '\\');
    if rest.is_empty() || rest.starts_with('/') || rest.contains(odd) {
        return Err(bad_url());
    }
    Ok(format!("{scheme}://{rest}"))
}

fn bad_url() -> WireError {
    WireError::invalid(
        "/publicUrl: give ws://, wss://, http:// or https:// with host and port, nothing after it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_socket_addresses() {
        assert_eq!(socket_url("http://127.0.0.1:18789/").expect("good"), "ws://127.0.0.1:18789");
        assert_eq!(socket_url("wss://gateway.example/base").expect("good"), "wss://gateway.example/base");
        for bad in [
            "",
            "gateway.example",
            "ftp://x",
            "ws://",
            "ws:///x",
            "wss://me:pw@x",
            "ws://x?token=1",
            "ws://a b",
        ] {
            assert!(socket_url(bad).is_err(), "{bad}");
        }
    }
}
