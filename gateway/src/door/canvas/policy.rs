//! What a canvas's page may do. It is a stranger's page: agents write it, perhaps from what somebody told them. So it
//! gets an origin of its own, which shares nothing with the panel's, and reaches nothing but its own canvas.

use axum::body::Body;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_SECURITY_POLICY, HOST, HeaderName, VARY};
use axum::http::{HeaderMap, HeaderValue, Response};

use super::address::Address;
use super::answer::Isolated;

/// The policy of one answer.
pub(super) struct Policy {
    /// Where the page may load from: its own canvas and nothing beside it.
    own: String,
    /// Its socket.
    socket: String,
    /// Who may show it in a frame: pages of the gateway's own origin, which are the panel's.
    panel: String,
}

impl Policy {
    pub(super) fn new(headers: &HeaderMap, address: &Address<'_>) -> Self {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        let reach = address.reach();
        let is_path =
            reach.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-'));
        // A literal IPv6 address cannot be said in a policy.
        if host.is_empty() || !host.bytes().all(plain) || !is_path {
            return Self { own: "'self'".into(), socket: "'self'".into(), panel: "'self'".into() };
        }
        Self {
            own: format!("http://{host}{reach} https://{host}{reach}"),
            socket: format!("ws://{host}{reach} wss://{host}{reach}"),
            panel: format!("http://{host} https://{host}"),
        }
    }

    /// Puts the headers of an isolated page on an answer; `from_page`: it is one of its own requests.
    pub(super) fn apply(&self, response: &mut Response<Body>, surfaces: bool, from_page: bool) {
        response.extensions_mut().insert(Isolated);
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let text = self.text(surfaces);
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("sandbox; default-src 'none'")),
        );
        if from_page {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("null"));
        }
        headers.insert(VARY, HeaderValue::from_static("origin"));
    }

    fn text(&self, surfaces: bool) -> String {
        let Self { own, socket, panel } = self;
        // The A2UI page is ours: no script of others in it.
        let scripts = if surfaces { "" } else { " 'unsafe-inline' 'unsafe-eval' blob:" };
        let workers = if surfaces { "'none'" } else { "blob:" };
        format!(
            "sandbox allow-scripts allow-forms; default-src 'none'; script-src {own}{scripts}; \
             style-src {own} 'unsafe-inline'; img-src {own} data: blob:; media-src {own} data: blob:; \
             font-src {own} data:; connect-src {own} {socket}; worker-src {workers}; base-uri 'none'; \
             form-action 'none'; frame-ancestors {panel}"
        )
    }
}

/// On every answer of a canvas.
const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), payment=(), clipboard-read=(), midi=(), publickey-credentials-get=()",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::HOST;

    fn text(host: &str, path: &str) -> String {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).expect("a value"))]);
        let address = Address::parse(path).expect("an address");
        Policy::new(&headers, &address).text(address.is_surfaces())
    }

    #[test]
    fn a_page_reaches_its_own_canvas_and_nothing_else() {
        let policy = text("localhost:1", "/__landline__/cap/T/__landline__/canvas/x");
        assert!(policy.starts_with("sandbox allow-scripts allow-forms; default-src 'none'; "));
        assert!(!policy.contains("allow-same-origin") && !policy.contains("'self'") && !policy.contains('*'));
        assert!(policy.contains(
            "; connect-src http://localhost:1/__landline__/cap/T/ https://localhost:1/__landline__/cap/T/ \
                                 ws://localhost:1/__landline__/cap/T/ wss://localhost:1/__landline__/cap/T/; "
        ));
        assert!(policy.ends_with("; frame-ancestors http://localhost:1 https://localhost:1"));
        let surfaces = text("localhost:1", "/__landline__/cap/T/__landline__/a2ui/");
        assert!(!surfaces.contains("unsafe-eval") && surfaces.matches("unsafe-inline").count() == 1);
    }

    #[test]
    fn nothing_that_a_client_sends_gets_into_the_policy() {
        for (host, path) in [
            ("[::1]:1", "/__landline__/canvas/"),
            ("x; script-src *", "/__landline__/canvas/"),
            ("localhost", "/__landline__/cap/T;script-src*/__landline__/canvas/"),
            ("localhost", "/__landline__/cap/a b/__landline__/canvas/"),
        ] {
            let policy = text(host, path);
            assert!(policy.contains("connect-src 'self' 'self'") && !policy.contains('*'), "{policy}");
        }
    }
}
