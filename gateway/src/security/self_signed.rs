//! Makes the self-signed certificate. Its names matter to browsers only: clients pin its fingerprint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use schemas::clock::Millis;

/// How long it holds: pinned certificates are not renewed without everyone's help.
const YEARS: i16 = 10;

/// Returns key and certificate in PEM form, valid for `names` from the day before `now` on.
pub(super) fn make(names: &[String], now: Millis) -> Result<String, String> {
    let failed = |error: rcgen::Error| error.to_string();
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(names).map_err(failed)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Landline gateway");
    params.distinguished_name = subject;
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let day = jiff::Timestamp::from_millisecond(now)
        .map_err(|error| error.to_string())?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .yesterday()
        .map_err(|error| error.to_string())?;
    let date = |year: i16| {
        // The 29th of February does not exist in ten years' time.
        let (month, day) = (day.month().unsigned_abs(), day.day().unsigned_abs().min(28));
        rcgen::date_time_ymd(i32::from(year), month, day)
    };
    params.not_before = date(day.year());
    params.not_after = date(day.year() + YEARS);
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(pem("PRIVATE KEY", &key.serialize_der()) + &pem("CERTIFICATE", certificate.der()))
}

/// Returns the textual form of RFC 7468.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line));
    let body: Vec<_> = lines.collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", body.join("\n"))
}
