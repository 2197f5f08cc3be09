//! Under which names the gateway answers: those of this machine, and those that the configuration lists.

use std::net::IpAddr;

use super::GatewaySection;

impl GatewaySection {
    /// Returns the configured names, in small letters.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<_> = self.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        hosts.extend(self.public_url.iter().filter_map(|url| Some(host_of(url)?.to_ascii_lowercase())));
        if !self.host.0.is_loopback() && !self.host.0.is_unspecified() {
            hosts.push(self.host.0.to_string());
        }
        hosts
    }
}

/// Returns host and port of an address, with whatever a name may be preceded by.
pub(super) fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    Some(rest.split(['/', '?', '#']).next().unwrap_or(rest))
}

/// Says whether a Host header names this machine: `localhost`, `127.x` or `::1`, with any port.
pub fn is_local_name(host: &str) -> bool {
    without_port(host) == "localhost" || address_of(host).is_some_and(|ip| ip.to_canonical().is_loopback())
}

/// Returns the address that a Host header names, if it is no name.
pub fn address_of(host: &str) -> Option<IpAddr> {
    without_port(host).trim_matches(['[', ']']).parse().ok()
}

/// Says whether a Host header names a configured host, with or without its port.
pub fn same_host(host: &str, allowed: &str) -> bool {
    host == allowed || without_port(host) == allowed
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}
