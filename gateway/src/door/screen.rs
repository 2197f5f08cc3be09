//! What is asked of every request before it is looked at: the right host, the right origin, no secret in the
//! address. Pure, so that each rule can be tested alone.

use std::net::IpAddr;

use hyper::header::{FORWARDED, HOST, ORIGIN};
use hyper::{HeaderMap, Uri};

use super::canvas::is_capability_path;
use crate::config::{GatewaySection, address_of, is_local_name, same_host};
use crate::security::Peer;

/// Who may knock under which name, from the configuration.
#[derive(Debug)]
pub(super) struct Screen {
    hosts: Vec<String>,
    origins: Vec<String>,
    trusted: Vec<crate::config::IpRange>,
    /// The port speaks TLS: no page of ours comes without.
    tls: bool,
    /// The port is open on every address, so any address may be the one that was named.
    any_address: bool,
}

/// Why a request is turned away; the text says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TurnedAway {
    pub(super) status: u16,
    pub(super) message: &'static str,
}

const BAD_HOST: TurnedAway = TurnedAway {
    status: 421,
    message: "This gateway does not answer to that host name. Add it to gateway.allowed_hosts.\n",
};
const BAD_ORIGIN: TurnedAway = TurnedAway {
    status: 403,
    message: "Pages of that origin may not use this gateway. Add it to gateway.allowed_origins.\n",
};
const SECRET_IN_QUERY: TurnedAway = TurnedAway {
    status: 400,
    message: "Never put a token into an address: addresses end up in logs. Use the Authorization header.\n",
};

impl Screen {
    pub(super) fn new(config: &GatewaySection) -> Self {
        let public = config.public_url.as_deref().map(|url| url.trim_end_matches('/').to_ascii_lowercase());
        let mut origins: Vec<_> =
            config.allowed_origins.iter().map(|origin| origin.to_ascii_lowercase()).collect();
        origins.extend(public);
        let tls = config.tls.enabled;
        // Behind a proxy nobody names an address; nor can rebinding, whose point is a name, make a browser do so.
        let any_address = tls && !config.behind_proxy && config.host.0.is_unspecified();
        Self { hosts: config.hosts(), origins, trusted: config.trusted_proxies.clone(), tls, any_address }
    }

    /// Lets a TCP request through and says whom it comes from, or turns it away.
    ///
    /// `Host` is checked against DNS rebinding: a foreign name that points to this machine must not make a
    /// browser take its page for ours. `Origin` is checked against other pages on this machine.
    pub(super) fn look(&self, address: IpAddr, uri: &Uri, headers: &HeaderMap) -> Result<Peer, TurnedAway> {
        refuse_secrets(uri.query())?;
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("").to_ascii_lowercase();
        let named_local = is_local_name(&host);
        let named_address = self.any_address && address_of(&host).is_some();
        if !named_local && !named_address && !self.hosts.iter().any(|allowed| same_host(&host, allowed)) {
            return Err(BAD_HOST);
        }
        let origin = match headers.get(ORIGIN) {
            None => None,
            Some(origin) => {
                let origin = origin.to_str().map_err(|_| BAD_ORIGIN)?.to_ascii_lowercase();
                let own = origin
                    .split_once("://")
                    .is_some_and(|(scheme, authority)| authority == host && (!self.tls || scheme == "https"));
                // A canvas's page has an origin of its own, which is called "null". Behind a capability URL it is
                // let through to what that URL opens, and nowhere else.
                let isolated = origin == "null" && is_capability_path(uri.path());
                if !own && !isolated && !self.origins.contains(&origin) {
                    return Err(BAD_ORIGIN);
                }
                Some(origin)
            }
        };
        let forwarded = is_forwarded(headers);
        let ip = if forwarded { self.client_behind(address, headers) } else { address };
        // A proxy on this machine makes everyone loopback: any sign of one takes local trust away.
        let local = address.to_canonical().is_loopback() && named_local && !forwarded;
        Ok(Peer { ip: ip.to_canonical(), unix_uid: None, local, origin })
    }

    /// Returns the client's address as the last trusted proxy saw it; an untrusted one is not believed.
    fn client_behind(&self, address: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusted.iter().any(|range| range.contains(address)) {
            return address;
        }
        let listed = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let mut hops: Vec<IpAddr> =
            listed.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
        hops.reverse();
        hops.into_iter().find(|hop| !self.trusted.iter().any(|range| range.contains(*hop))).unwrap_or(address)
    }
}

/// Refuses tokens in the query string, on every route.
fn refuse_secrets(query: Option<&str>) -> Result<(), TurnedAway> {
    let names = query.unwrap_or("").split('&').filter_map(|pair| pair.split('=').next());
    let secret = names.into_iter().any(|name| {
        let name = name.to_ascii_lowercase();
        ["token", "password", "secret", "apikey", "api_key"].iter().any(|word| name.contains(word))
    });
    if secret { Err(SECRET_IN_QUERY) } else { Ok(()) }
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED)
        || headers.contains_key("x-real-ip")
        || headers.keys().any(|name| name.as_str().starts_with("x-forwarded-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn look(headers: &[(&str, &str)], query: Option<&str>) -> Result<Peer, TurnedAway> {
        look_at(&format!("/{}", query.map_or(String::new(), |query| format!("?{query}"))), headers)
    }

    fn look_at(uri: &str, headers: &[(&str, &str)]) -> Result<Peer, TurnedAway> {
        let config =
            GatewaySection { public_url: Some("https://gate.example".into()), ..GatewaySection::default() };
        let map = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
            .collect();
        Screen::new(&config).look(HERE, &uri.parse().expect("a path"), &map)
    }

    #[test]
    fn hosts_and_origins() {
        for host in ["localhost:18789", "127.0.0.1", "[::1]:9", "gate.example", "GATE.example:443"] {
            assert!(look(&[("host", host)], None).is_ok(), "{host}");
        }
        for host in
            ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test:80", "", "10.0.0.1", "evil:80:80"]
        {
            assert_eq!(look(&[("host", host)], None).err(), Some(BAD_HOST), "{host}");
        }
        let own = [("host", "127.0.0.1:18789"), ("origin", "http://127.0.0.1:18789")];
        assert_eq!(look(&own, None).expect("own page").origin.as_deref(), Some("http://127.0.0.1:18789"));
        for origin in ["null", "http://evil.test", "http://127.0.0.1:3000", "http://localhost:18789"] {
            let headers = [("host", "127.0.0.1:18789"), ("origin", origin)];
            assert_eq!(look(&headers, None).err(), Some(BAD_ORIGIN), "{origin}");
        }
        assert!(look(&[("host", "evil.test"), ("origin", "http://evil.test")], None).is_err());
        assert!(look(&[("host", "gate.example"), ("origin", "https://gate.example")], None).is_ok());
    }

    #[test]
    fn over_tls_only_pages_that_came_over_tls_are_ours() {
        let mut config = GatewaySection::default();
        config.tls.enabled = true;
        let look = |config: &GatewaySection, host: &str, origin: &str| {
            let headers = [(HOST, host.parse().expect("host")), (ORIGIN, origin.parse().expect("origin"))];
            Screen::new(config).look(HERE, &Uri::from_static("/"), &headers.into_iter().collect())
        };
        assert!(look(&config, "localhost:1", "https://localhost:1").is_ok());
        assert_eq!(look(&config, "localhost:1", "http://localhost:1").err(), Some(BAD_ORIGIN));
        assert_eq!(look(&config, "10.0.0.7:1", "https://10.0.0.7:1").err(), Some(BAD_HOST));
        config.host = crate::config::Host(std::net::Ipv4Addr::UNSPECIFIED.into());
        let peer = look(&config, "10.0.0.7:1", "https://10.0.0.7:1").expect("open on every address");
        assert!(!peer.local, "an address of this machine is no proof of being on it");
        for host in ["evil.test", "10.0.0.7.evil.test:1", "gateway"] {
            assert_eq!(look(&config, host, &format!("https://{host}")).err(), Some(BAD_HOST), "{host}");
        }
        config.behind_proxy = true;
        assert_eq!(look(&config, "10.0.0.7:1", "https://10.0.0.7:1").err(), Some(BAD_HOST));
    }

    #[test]
    fn a_page_without_an_origin_gets_to_capability_urls_only() {
        let headers = [("host", "127.0.0.1:1"), ("origin", "null")];
        assert!(look_at("/__landline__/cap/x/__landline__/ws", &headers).is_ok());
        for path in [
            "/",
            "/__landline__/canvas/",
            "/__landline__/ws",
            "/cap/x",
            "/x/__landline__/cap/x/",
            "//__landline__/cap/",
        ] {
            assert_eq!(look_at(path, &headers).err(), Some(BAD_ORIGIN), "{path}");
        }
        let evil = [("host", "127.0.0.1:1"), ("origin", "http://evil.test")];
        assert!(look_at("/__landline__/cap/x/__landline__/ws", &evil).is_err());
    }

    #[test]
    fn a_proxy_takes_local_trust_away() {
        assert!(look(&[("host", "localhost")], None).expect("let in").local);
        for (name, value) in [
            ("x-forwarded-for", "127.0.0.1"),
            ("forwarded", "for=1.2.3.4"),
            ("x-real-ip", "::1"),
            ("x-forwarded-proto", "https"),
        ] {
            let peer = look(&[("host", "localhost"), (name, value)], None).expect("let in");
            assert!(!peer.local, "{name}");
            assert_eq!(peer.ip, HERE, "an untrusted proxy is not believed");
        }
        assert!(!look(&[("host", "gate.example")], None).expect("let in").local);
    }

    #[test]
    fn tokens_in_the_address_are_refused() {
        for query in ["token=x", "a=1&access_token=y", "Password=z", "bootstrapToken=1"] {
            assert_eq!(look(&[("host", "localhost")], Some(query)).err(), Some(SECRET_IN_QUERY), "{query}");
        }
        assert!(look(&[("host", "localhost")], Some("page=2")).is_ok());
    }
}
