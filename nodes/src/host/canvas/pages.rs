//! Which pages the browser may show: canvases of the node's own gateway, and hosts that the owner names.

use crate::host::answer::Refusal;

/// The pages that are allowed.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// Where the gateway is reached from here: `http://host:port`.
    gateway: Option<Place>,
    /// `host` or `host:port`, as the owner wrote them.
    hosts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    scheme: String,
    host: String,
    port: u16,
}

impl Pages {
    /// Returns the pages of a gateway and of `hosts`.
    pub(super) fn new(gateway: Option<&str>, hosts: &[String]) -> Self {
        let gateway = gateway.and_then(split).map(|(place, _)| place);
        Self { gateway, hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// Returns the address to open for what a caller names. Canvases are always fetched from the gateway that this
    /// node is connected to, under the address by which it is reached from here.
    pub(super) fn resolve(&self, url: &str) -> Result<String, Refusal> {
        let refused = || {
            Refusal::invalid(
                "url: only canvases of the gateway, and http(s) pages of hosts that [canvas] of node.toml names",
            )
        };
        if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(refused());
        }
        let path = if url.starts_with('/') && !url.starts_with("//") {
            Some(url)
        } else {
            split(url).map(|(_, path)| path)
        };
        let canvas = path.filter(|path| is_canvas(path));
        match (canvas, &self.gateway) {
            (Some(path), Some(gateway)) => Ok(format!("{}{path}", gateway.text())),
            _ if self.may_open(url) => Ok(url.to_owned()),
            _ => Err(refused()),
        }
    }

    /// Says whether a page may be opened, by a caller or by another page.
    pub(super) fn may_open(&self, url: &str) -> bool {
        if matches!(url, "about:blank" | "about:srcdoc") {
            return true;
        }
        let Some((place, path)) = split(url) else { return false };
        if self.gateway.as_ref() == Some(&place) {
            // The panel and everything else on that port is for people, with their own proofs.
            return is_canvas(path);
        }
        let named = format!("{}:{}", place.host, place.port);
        self.hosts.iter().any(|host| *host == place.host || *host == named)
    }

    /// Returns the rule by which the browser finds no host but these, for whatever reason it looks.
    pub(super) fn resolver_rules(&self) -> String {
        let hosts =
            self.hosts.iter().map(|host| host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host));
        let gateway = self.gateway.iter().map(|place| place.host.as_str());
        gateway
            .chain(hosts)
            .fold("MAP * ~NOTFOUND".to_owned(), |rules, host| format!("{rules}, EXCLUDE {host}"))
    }
}

impl Place {
    fn text(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.host, self.port)
    }
}

/// Says whether a path on a gateway's port belongs to canvases (protocol 9.4).
fn is_canvas(path: &str) -> bool {
    ["/__openclaw__/", "/__landline__/"].iter().any(|prefix| path.starts_with(prefix))
        && !path.contains("/../")
}

/// Splits an address into its place and the rest; `None`: it is no plain http(s) address.
fn split(url: &str) -> Option<(Place, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let (scheme, port) = match scheme.as_str() {
        "http" | "ws" => ("http", 80),
        "https" | "wss" => ("https", 443),
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.is_empty() || authority.contains(['@', '\\', '%']) {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, digits)) if !digits.contains(']') => (host, digits.parse().ok()?),
        _ => (authority, port),
    };
    let path = if path.is_empty() { "/" } else { path };
    Some((Place { scheme: scheme.to_owned(), host: host.to_ascii_lowercase(), port }, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pages() -> Pages {
        Pages::new(Some("ws://10.0.0.2:18789/"), &["Example.org".into(), "status.test:8443".into()])
    }

    #[test]
    fn canvases_come_from_the_gateway_that_is_connected() {
        let canvas = "http://10.0.0.2:18789/__openclaw__/cap/t/__openclaw__/canvas/index.html";
        assert_eq!(pages().resolve(canvas).unwrap(), canvas);
        for other in ["http://127.0.0.1:18789", "https://evil.test", ""] {
            let url = format!("{other}/__openclaw__/cap/t/__openclaw__/canvas/index.html");
            assert_eq!(pages().resolve(&url).unwrap(), canvas, "{url}");
        }
    }

    #[test]
    fn other_pages_have_to_be_named_by_the_owner() {
        for url in ["https://example.org/a", "http://example.org", "https://status.test:8443/"] {
            assert_eq!(pages().resolve(url).unwrap(), url);
        }
        for url in [
            "file:///etc/passwd",
            "chrome://settings",
            "javascript:alert(1)",
            "data:text/html,x",
            "view-source:http://example.org",
            "http://10.0.0.2:18789/",
            "http://10.0.0.2:18789/__openclaw__/../",
            "http://10.0.0.2:80/",
            "https://status.test/",
            "http://example.org@evil.test/",
            "http://evil.test\\@example.org/",
            "http://example.org%2eevil.test/",
            "http://sub.example.org/",
            "//example.org/",
            "/etc/passwd",
            "http:///etc",
            "",
        ] {
            assert!(pages().resolve(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_browser_finds_no_other_host() {
        assert_eq!(
            pages().resolver_rules(),
            "MAP * ~NOTFOUND, EXCLUDE 10.0.0.2, EXCLUDE example.org, EXCLUDE status.test"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_opened_is_allowed(url in "(https?|file|data)?:?/{0,3}[a-z0-9.@:%\\\\_/-]{0,40}") {
            if let Ok(opened) = pages().resolve(&url) {
                prop_assert!(pages().may_open(&opened), "{} became {}", url, opened);
                prop_assert!(opened.starts_with("http://") || opened.starts_with("https://"));
            }
        }
    }
}
