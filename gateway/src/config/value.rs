//! The kinds of value that sections are made of: addresses, networks, durations, secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use schemas::methods::config::REDACTED;

/// An address to listen on; `localhost` is read as 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host(pub IpAddr);

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "localhost" {
            return Ok(Self(IpAddr::from([127, 0, 0, 1])));
        }
        text.trim_matches(['[', ']']).parse().map(Self).map_err(|_| {
            format!("\"{text}\" is no IP address: write 127.0.0.1, ::1, 0.0.0.0 or one of this machine's addresses")
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One address or a network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    address: IpAddr,
    prefix: u8,
}

impl IpRange {
    /// Says whether `address` lies in the network; an IPv4 address in IPv6 clothes counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                same_prefix(u128::from(net.to_bits()), u128::from(ip.to_bits()), 32, self.prefix)
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => same_prefix(net.to_bits(), ip.to_bits(), 128, self.prefix),
            _ => false,
        }
    }
}

fn same_prefix(left: u128, right: u128, width: u8, prefix: u8) -> bool {
    (left ^ right).checked_shr(u32::from(width - prefix)).unwrap_or(0) == 0
}

impl FromStr for IpRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("\"{text}\" is no address or network: write 10.1.2.3 or 10.0.0.0/8");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(ip, bits)| (ip, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(width), |bits| bits.parse().map_err(|_| bad()))?;
        if prefix > width {
            return Err(bad());
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        if self.prefix == width { self.address.fmt(f) } else { write!(f, "{}/{}", self.address, self.prefix) }
    }
}

/// A length of time, written `"30m"`, `"1h 30m"` or `"90s"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "\"{text}\" is no length of time above zero: write for example \"90s\", \"30m\" or \"2h\""
            )
        };
        let span: jiff::SignedDuration = text.parse().map_err(|_| bad())?;
        match Duration::try_from(span) {
            Ok(duration) if !duration.is_zero() => Ok(Self(duration)),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(span) => write!(f, "{span:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

macro_rules! text_form {
    ($($kind:ty),*) => {$(
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
    )*};
}
text_form!(Host, IpRange, Span);

/// Reads a secret.
pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Option::<String>::deserialize(from).map(|text| text.map(SecretString::from))
}

/// Reads a table of secrets.
pub(super) fn secrets<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, SecretString>, D::Error> {
    let plain = BTreeMap::<String, String>::deserialize(from)?;
    Ok(plain.into_iter().map(|(name, text)| (name, SecretString::from(text))).collect())
}

/// Writes the placeholder for a secret.
#[expect(clippy::ref_option, reason = "the shape that serde asks for")]
pub(super) fn hide<S: Serializer>(secret: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| REDACTED).serialize(to)
}

/// Writes the placeholder for each of a table's secrets.
pub(super) fn hide_all<S: Serializer>(
    secrets: &BTreeMap<String, SecretString>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(secrets.len()))?;
    for name in secrets.keys() {
        map.serialize_entry(name, REDACTED)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let net: IpRange = "10.0.0.0/8".parse().expect("a network");
        assert!(net.contains("10.200.1.1".parse().expect("ip")));
        assert!(net.contains("::ffff:10.1.1.1".parse().expect("ip")));
        assert!(!net.contains("11.0.0.1".parse().expect("ip")));
        let all: IpRange = "::/0".parse().expect("a network");
        assert!(all.contains("fe80::1".parse().expect("ip")));
        assert!("10.0.0.0/33".parse::<IpRange>().is_err());
        assert_eq!("192.168.1.7".parse::<IpRange>().expect("an address").to_string(), "192.168.1.7");
    }

    #[test]
    fn spans() {
        assert_eq!("30m".parse::<Span>().expect("span").0, Duration::from_mins(30));
        assert_eq!(Span(Duration::from_mins(90)).to_string(), "1h 30m");
        assert!("0s".parse::<Span>().is_err());
        assert!("-5m".parse::<Span>().is_err());
        assert!("soon".parse::<Span>().is_err());
    }
}
