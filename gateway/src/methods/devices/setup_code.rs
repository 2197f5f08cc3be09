//! `device.pair.setupCode`: a code that lets a phone or another machine in (protocol 7.4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemas::error::WireError;
use schemas::methods::devices::{SetupCodeOutput, SetupCodeParams};
use secrecy::ExposeSecret as _;
use serde_json::json;

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
    let code = json!({
        "url": url, "bootstrapToken": made.token.expose_secret(), "expiresAtMs": made.expires_at,
    });
    let setup_code = URL_SAFE_NO_PAD.encode(code.to_string());
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
