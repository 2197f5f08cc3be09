//! Section `[gateway]`: where the door is and who may knock.

use std::net::{IpAddr, Ipv4Addr};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::error::Mistake;
use super::openai::OpenaiSection;
use super::tls::TlsSection;
use super::value::{self, Host, IpRange};

/// Port of the stock protocol (protocol 9).
pub const DEFAULT_PORT: u16 = 18789;

/// Section `[gateway]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GatewaySection {
    /// Address to listen on. Anything but loopback needs `token`, and TLS or `behind_proxy = true`.
    #[schemars(with = "String")]
    pub host: Host,
    /// Port to listen on; 0 picks a free one.
    pub port: u16,
    /// The shared token that clients may show instead of being paired from this machine.
    #[serde(serialize_with = "value::hide", deserialize_with = "value::secret")]
    #[schemars(with = "Option<String>")]
    pub token: Option<SecretString>,
    /// Address under which others reach the gateway, `https://name[:port]`; setup codes and links carry it.
    pub public_url: Option<String>,
    /// Further browser origins that may connect, `https://name[:port]`.
    pub allowed_origins: Vec<String>,
    /// Further `Host` headers that are answered; loopback and the host of `public_url` always are.
    pub allowed_hosts: Vec<String>,
    /// Addresses or networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` is believed.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpRange>,
    /// Declares that a TLS proxy stands in front; without it and without `tls` only loopback is listened on.
    pub behind_proxy: bool,
    /// Lets programs on this machine read `/metrics` without a token.
    pub metrics_public_on_loopback: bool,
    /// TLS on the port itself.
    pub tls: TlsSection,
    /// `/v1`: agents for OpenAI's client libraries.
    pub openai: OpenaiSection,
}

impl Default for GatewaySection {
    fn default() -> Self {
        Self {
            host: Host(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: DEFAULT_PORT,
            token: None,
            public_url: None,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            behind_proxy: false,
            metrics_public_on_loopback: false,
            tls: TlsSection::default(),
            openai: OpenaiSection::default(),
        }
    }
}

impl GatewaySection {
    /// Collects what is wrong with the section as a whole.
    pub(super) fn check(&self, mistakes: &mut Vec<Mistake>) {
        let token = self.token.as_ref().map(ExposeSecret::expose_secret);
        if let Some(token) = token {
            check_token(token, mistakes);
        }
        if !self.host.0.is_loopback() {
            self.check_exposed(token, mistakes);
        }
        self.tls.check(mistakes);
        if let Some(url) = &self.public_url
            && !is_origin(url.trim_end_matches('/'))
        {
            mistakes.push(Mistake::at("gateway.public_url", "write https://name or https://name:port"));
        }
        for origin in self.allowed_origins.iter().filter(|origin| !is_origin(origin)) {
            let message =
                format!("\"{origin}\" is no origin: write https://name or https://name:port, no path");
            mistakes.push(Mistake::at("gateway.allowed_origins", message));
        }
        for host in self.allowed_hosts.iter().filter(|host| !is_host(host)) {
            let message = format!("\"{host}\" is no host name: write name or name:port");
            mistakes.push(Mistake::at("gateway.allowed_hosts", message));
        }
    }

    /// Says what is missing before others than this machine may reach the gateway.
    fn check_exposed(&self, token: Option<&str>, mistakes: &mut Vec<Mistake>) {
        let host = self.host;
        if !self.behind_proxy && !self.tls.enabled {
            let message = format!(
                "{host} can be reached from other machines: set gateway.tls.enabled = true, or put a TLS proxy in \
                 front and set gateway.behind_proxy = true, or set gateway.host = \"127.0.0.1\""
            );
            mistakes.push(Mistake::at("gateway.host", message));
        }
        let message = match token.map(str::len) {
            None => format!(
                "{host} can be reached from other machines: set gateway.token, --token or LANDLINE_GATEWAY_TOKEN"
            ),
            Some(length) if length < MIN_EXPOSED_TOKEN => format!(
                "too short for an address that other machines reach: use at least {MIN_EXPOSED_TOKEN} characters"
            ),
            Some(_) => return,
        };
        mistakes.push(Mistake::at("gateway.token", message));
    }
}

/// Shortest token for an address that other machines reach: short ones can be guessed over the network.
const MIN_EXPOSED_TOKEN: usize = 16;

/// A bar would make the text that devices sign ambiguous (protocol 3.4).
fn check_token(token: &str, mistakes: &mut Vec<Mistake>) {
    if token.is_empty() {
        mistakes
            .push(Mistake::at("gateway.token", "must not be empty: remove the key to have no shared token"));
    } else if token.chars().any(|c| c.is_whitespace() || c.is_control() || c == '|') {
        mistakes.push(Mistake::at("gateway.token", "must not hold white space or |"));
    } else if token.len() > 512 {
        mistakes.push(Mistake::at("gateway.token", "must not be longer than 512 bytes"));
    }
}

/// Says whether `text` is scheme, host and at most a port.
fn is_origin(text: &str) -> bool {
    text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).is_some_and(is_host)
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 260
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_'))
}
