//! Reaches a gateway: the owner's socket in the state directory, or `--url` with this device's identity.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use gateway::config::Overrides;
use nodes::client::{
    ConnectError, Connection, IdentityStore, Options, StoreError, StoredToken, Surface, Target,
    connect as dial,
};
use schemas::Scope;
use schemas::connect::{AuthProof, ClientInfo, HelloOk};
use secrecy::ExposeSecret as _;

use crate::args::Global;
use crate::exit::{Exit, Failure, not_connected};
use crate::output::{Output, WARN};

/// Longest time for the handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens a connection to the gateway that the flags name.
pub(crate) async fn connect(global: &Global) -> Result<Connection, Failure> {
    let overrides = global.overrides();
    match &global.url {
        Some(url) => remote(global, &overrides, url).await,
        None if global.tls_fingerprint.is_some() => {
            Err(Failure::usage("--tls-fingerprint is about the certificate at --url: give both or none"))
        }
        None => local(global, &overrides).await,
    }
}

/// Returns the state directory.
pub(crate) fn state_dir(overrides: &Overrides) -> Result<PathBuf, Failure> {
    let (dir, _) = overrides.state_dir().ok_or(gateway::config::ConfigError::NoHome)?;
    std::path::absolute(&dir).map_err(|error| Failure::failed(format!("{}: {error}", dir.display())))
}

/// Returns the owner's socket.
pub(crate) fn socket(overrides: &Overrides) -> Result<PathBuf, Failure> {
    Ok(state_dir(overrides)?.join("landline.sock"))
}

/// The socket's file mode and the peer's user id are the proof: no token is needed.
async fn local(global: &Global, overrides: &Overrides) -> Result<Connection, Failure> {
    let path = socket(overrides)?;
    match dial(&Target::Socket(path.clone()), &options(global, AuthProof::default())).await {
        Ok(connection) => Ok(connection),
        Err(ConnectError::Unreachable { source, .. }) => Err(unreachable(global, &path, &source)),
        Err(error) => Err(not_connected(&error)),
    }
}

fn unreachable(global: &Global, path: &std::path::Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            Failure::new(Exit::Refused, format!("{} belongs to another user", path.display()))
                .hint("run this as the user who runs the gateway, or use --url with --token")
        }
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            let flag = global.state_dir.as_ref().map(|dir| format!(" --state-dir {}", dir.display()));
            Failure::new(
                Exit::NotRunning,
                format!("the gateway is not running (nothing answers at {})", path.display()),
            )
            .hint(format!("start it with: landline gateway{}", flag.unwrap_or_default()))
        }
        _ => Failure::new(Exit::NotRunning, format!("{}: {error}", path.display())),
    }
}

async fn remote(global: &Global, overrides: &Overrides, url: &str) -> Result<Connection, Failure> {
    let mut target: Target = url.parse().map_err(Failure::usage)?;
    let name = target.to_string();
    let store = IdentityStore::new(state_dir(overrides)?.join("client"));
    let pin = global.pin().map_err(Failure::usage)?;
    let known = if target.is_tls() { store.pin(&name).map_err(|error| kept(&error))? } else { None };
    if let Some(pin) = pin.or(known) {
        target = target.pinned(pin).map_err(Failure::usage)?;
    }
    let identity = store.identity().map_err(|error| kept(&error))?;
    let shared = overrides.flags.token.as_ref().or(overrides.environment.token.as_ref());
    // A token that was named wins over the one that the gateway gave this device (protocol 3.9).
    let stored =
        if shared.is_some() { None } else { store.token(&name, ROLE).map_err(|error| kept(&error))? };
    let auth = AuthProof {
        token: shared.map(|token| token.expose_secret().to_owned()),
        device_token: stored.as_ref().map(|stored| stored.token.clone()),
        ..AuthProof::default()
    };
    let mut wanted = Options { identity: Some(identity), ..options(global, auth) };
    if let Some(stored) = stored.filter(|stored| !stored.scopes.is_empty()) {
        wanted.scopes = stored.scopes;
    }
    if wanted.auth.signed_token() != "" && !target.is_tls() && !is_here(&name) {
        // Nothing between here and there keeps an onlooker from reading it.
        Output::new(false).remark(format_args!(
            "{WARN}warning:{WARN:#} {name} is not encrypted and a token is sent; wss://, an ssh tunnel or a VPN keeps it secret"
        ));
    }
    let dialled = dial(&target, &wanted).await;
    // Whoever answers in the protocol, well or badly, has shown the certificate that was named.
    if let Some(pin) = pin.filter(|_| matches!(&dialled, Ok(_) | Err(ConnectError::Refused(_)))) {
        store.keep_pin(&name, pin).map_err(|error| kept(&error))?;
    }
    match dialled {
        Ok(connection) => {
            keep(&store, &name, &connection.hello)?;
            Ok(connection)
        }
        Err(error) => {
            if matches!(error.detail_code(), Some("AUTH_DEVICE_TOKEN_MISMATCH" | "AUTH_SCOPE_MISMATCH")) {
                store.keep_token(&name, ROLE, None).map_err(|error| kept(&error))?;
            }
            Err(not_connected(&error))
        }
    }
}

fn keep(store: &IdentityStore, gateway: &str, hello: &HelloOk) -> Result<(), Failure> {
    let Some(token) = &hello.auth.device_token else { return Ok(()) };
    let stored = StoredToken {
        token: token.clone(),
        scopes: hello.auth.scopes.clone(),
        issued_at_ms: hello.auth.issued_at_ms.unwrap_or_default(),
    };
    store.keep_token(gateway, ROLE, Some(&stored)).map_err(|error| kept(&error))
}

fn kept(error: &StoreError) -> Failure {
    Failure::failed(error.to_string())
}

/// Says whether an address names this machine.
fn is_here(url: &str) -> bool {
    let host = url.trim_start_matches("ws://").split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

const ROLE: &str = "operator";

fn options(global: &Global, auth: AuthProof) -> Options {
    let scopes = [Scope::Admin, Scope::Read, Scope::Write, Scope::Approvals, Scope::Pairing];
    Options {
        client: ClientInfo {
            id: "cli".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            platform: std::env::consts::OS.into(),
            mode: "cli".into(),
            display_name: None,
            device_family: None,
            model_identifier: None,
            instance_id: None,
            time_zone: None,
        },
        role: ROLE.into(),
        scopes: scopes.iter().map(ToString::to_string).collect(),
        caps: vec!["tool-events".into(), "approvals".into()],
        surface: Surface::default(),
        auth,
        identity: None,
        connect_timeout: CONNECT_TIMEOUT.min(global.patience()),
        call_timeout: global.patience(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_here() {
        for url in ["ws://localhost:1/", "ws://127.0.0.1:18789/", "ws://[::1]:5/x"] {
            assert!(is_here(url), "{url}");
        }
        for url in ["ws://10.0.0.1:1/", "ws://localhost.evil.test/", "ws://gateway/"] {
            assert!(!is_here(url), "{url}");
        }
    }
}
