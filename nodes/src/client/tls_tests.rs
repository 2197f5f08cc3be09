//! Certificates that are pinned, that are not, and that are not shown at all.

use std::sync::Arc;

use schemas::Fingerprint;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::*;

/// A server that shows a new certificate and says `greeting` behind it.
#[expect(clippy::disallowed_methods, reason = "it ends with the runtime of its test")]
async fn server(greeting: &'static [u8]) -> (Target, Fingerprint) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("certificate");
    let der = made.cert.der().clone();
    let fingerprint = Fingerprint::of(&der);
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![der], key)
        .expect("config");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let target = format!("wss://{}", listener.local_addr().expect("address")).parse().expect("target");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                drop(stream.write_all(greeting).await);
                drop(stream.shutdown().await);
            }
        }
    });
    (target, fingerprint)
}

async fn refusal(target: &Target) -> ConnectError {
    connect(target, &tests::options()).await.expect_err("no gateway there")
}

#[tokio::test]
async fn the_pinned_certificate_is_accepted() {
    let (target, fingerprint) = server(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    // Past the certificate: what is wrong now is what was said behind it.
    let error = refusal(&target.pinned(fingerprint).expect("wss")).await;
    assert!(matches!(error, ConnectError::NotAGateway { .. }), "{error}");
}

#[tokio::test]
async fn another_than_the_pinned_one_is_refused_with_both_named() {
    let (target, fingerprint) = server(b"").await;
    let pinned = Fingerprint::of(b"another");
    let error = refusal(&target.pinned(pinned).expect("wss")).await;
    assert!(matches!(error, ConnectError::OtherCertificate { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&pinned.to_string()) && text.contains(&fingerprint.to_string()), "{text}");
}

#[tokio::test]
async fn without_a_pin_the_web_has_to_vouch_for_it() {
    let (target, fingerprint) = server(b"").await;
    let error = refusal(&target).await;
    assert!(
        matches!(&error, ConnectError::UnknownCertificate { shown, .. } if *shown == fingerprint),
        "{error}"
    );
}

#[expect(clippy::disallowed_methods, reason = "it ends with the runtime of its test")]
#[tokio::test]
async fn what_speaks_no_tls_is_said_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let target = format!("wss://{}", listener.local_addr().expect("address")).parse().expect("target");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
        }
    });
    let error = refusal(&target).await;
    assert!(matches!(error, ConnectError::Tls { .. }), "{error}");
}

#[test]
fn a_pin_needs_encryption() {
    let pin = Fingerprint::of(b"x");
    let plain: Target = "ws://127.0.0.1:1".parse().expect("target");
    assert!(plain.pinned(pin).expect_err("plain").contains("wss://"));
    assert!(Target::Socket("/x".into()).pinned(pin).is_err());
}
