//! A certificate that is made, one that is given, and one that is renewed while the gateway runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;
use crate::security::self_signed;

fn names() -> Vec<String> {
    vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
}

fn put(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("set");
}

#[test]
fn it_is_made_once_and_private() {
    let dir = tempfile::tempdir().expect("a folder");
    let source = CertificateSource::SelfSigned(dir.path().join("tls.pem"));
    let made = Certificate::open(source.clone(), &names(), START).expect("made");
    assert_eq!(fs::metadata(dir.path().join("tls.pem")).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1, "nothing is left beside it");
    let again = Certificate::open(source.clone(), &names(), START + 1).expect("read");
    assert_eq!(again.fingerprint(), made.fingerprint());
    assert_eq!(Certificate::look(&source).expect("read"), made.fingerprint());
    assert!(made.server_config().is_ok() && !made.refresh().expect("nothing to do"));
    fs::set_permissions(dir.path().join("tls.pem"), fs::Permissions::from_mode(0o604)).expect("set");
    let open = Certificate::open(source, &names(), START).expect_err("open to all");
    assert!(matches!(open, CertificateError::Open { .. }), "{open}");
}

#[test]
fn a_renewed_certificate_is_taken_up_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let (old, new) = (self_signed::make(&names(), START), self_signed::make(&names(), START));
    let (old, new) = (old.expect("made"), new.expect("made"));
    put(&cert, &old);
    put(&key, &old);
    let source = CertificateSource::Files { cert: cert.clone(), key: key.clone() };
    let shown = Certificate::open(source, &names(), START).expect("read");
    let before = shown.fingerprint();
    assert!(!shown.refresh().expect("unchanged"));
    put(&cert, &new);
    assert!(matches!(shown.refresh(), Err(CertificateError::Unusable { .. })), "the key is the old one");
    assert_eq!(shown.fingerprint(), before);
    put(&key, &new);
    assert!(shown.refresh().expect("renewed"));
    assert_ne!(shown.fingerprint(), before);
    put(&cert, "");
    assert!(matches!(shown.refresh(), Err(CertificateError::Unreadable { .. })));
}

#[test]
fn leap_days_do_not_matter() {
    // The first of March of a leap year: the day before does not exist ten years later.
    assert!(self_signed::make(&names(), 1_835_481_600_000).is_ok());
}
