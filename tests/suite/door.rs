//! The HTTP side of the port: hosts, origins, tokens in addresses, open and closed routes (security 1, 2, 6, 19–24).

use harness::{Gateway, Knock, Options, Socket, identity, request};
use serde_json::json;

const ROUTES: [&str; 12] = [
    "/",
    "/index.html",
    "/health",
    "/healthz",
    "/ready",
    "/readyz",
    "/startupz",
    "/metrics",
    "/api/sessions",
    "/control-ui-config.json",
    "/v1/chat/completions",
    "/no/such/route",
];

#[tokio::test]
async fn foreign_hosts_are_turned_away_on_every_route() {
    let gateway = Gateway::start(Options::default()).await;
    let at = gateway.address();
    let port = at.port();
    for host in [
        "evil.test".to_owned(),
        format!("127.0.0.1.evil.test:{port}"),
        "169.254.169.254".into(),
        String::new(),
    ] {
        for path in ROUTES {
            let reply = request(at, "GET", path, &[("Host", &host)]).await;
            assert!(matches!(reply.status, 400 | 403 | 421), "{host} {path}: {reply:?}");
            let origin = format!("http://{host}");
            let reply = request(at, "GET", path, &[("Host", &host), ("Origin", &origin)]).await;
            assert!(matches!(reply.status, 400 | 403 | 421), "{host} {path}: {reply:?}");
        }
        if !host.is_empty() {
            let refused = Socket::open_with(at, "/", &[("host", &host)]).await.err();
            assert!(matches!(refused, Some(403 | 421)), "{host}: {refused:?}");
            let origin = format!("http://{host}");
            let refused = Socket::open_with(at, "/", &[("host", &host), ("origin", &origin)]).await.err();
            assert!(matches!(refused, Some(403 | 421)), "{host}: {refused:?}");
        }
    }
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        assert_eq!(request(at, "GET", "/healthz", &[("Host", &host)]).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn foreign_origins_are_turned_away_before_the_upgrade() {
    let gateway = Gateway::start(Options::default()).await;
    let at = gateway.address();
    let other_port = format!("http://127.0.0.1:{}", at.port().wrapping_add(1));
    let localhost = format!("http://localhost:{}", at.port());
    for origin in
        ["http://evil.test", "null", "https://evil.test:443", "file://", &other_port, &localhost, ""]
    {
        let refused = Socket::open_with(at, "/", &[("origin", origin)]).await.err();
        assert_eq!(refused, Some(403), "{origin:?}");
        for path in ROUTES {
            let reply = request(at, "GET", path, &[("Origin", origin)]).await;
            assert_eq!(reply.status, 403, "{origin:?} {path}: {reply:?}");
            assert!(reply.header("access-control-allow-origin").is_none(), "{reply:?}");
        }
    }
    let own = gateway.url();
    let mut socket = Socket::open_with(at, "/", &[("origin", &own)]).await.expect("its own page");
    socket.challenge().await;
}

#[tokio::test]
async fn a_configured_origin_is_let_in() {
    let config = "[gateway]\nallowed_origins = [\"https://panel.example\"]\n";
    let gateway = Gateway::start(Options::default().config(config)).await;
    let mut socket = Socket::open_with(gateway.address(), "/", &[("origin", "https://panel.example")])
        .await
        .expect("it is in the list");
    socket.challenge().await;
    let refused =
        Socket::open_with(gateway.address(), "/", &[("origin", "https://panel.example.evil.test")]).await;
    assert_eq!(refused.err(), Some(403));
}

#[tokio::test]
async fn without_an_origin_a_device_or_the_token_is_needed() {
    let gateway = Gateway::start(Options::default()).await;
    let refused = Knock::plain().scopes(&["operator.read"]).refused(&gateway).await;
    refused.expect("NOT_PAIRED", "DEVICE_IDENTITY_REQUIRED", 1008);
    let refused = Knock::plain().device(&identity()).refused(&gateway).await;
    refused.expect("INVALID_REQUEST", "AUTH_TOKEN_MISSING", 1008);
    let refused = Knock::plain().token("wrong").refused(&gateway).await;
    refused.expect("INVALID_REQUEST", "AUTH_TOKEN_MISMATCH", 1008);
    let page = Knock { identity: None, ..Knock::browser(&gateway) };
    page.refused(&gateway).await.expect("NOT_PAIRED", "CONTROL_UI_DEVICE_IDENTITY_REQUIRED", 1008);
    let node = Knock { identity: None, ..Knock::node(&gateway) };
    node.refused(&gateway).await.expect("NOT_PAIRED", "DEVICE_IDENTITY_REQUIRED", 1008);
    let stranger = Knock::cli(&gateway).client("some-tool", "ui").enter(&gateway).await;
    assert!(stranger.scopes().is_empty(), "no device, not one of our tools: no scopes");
    let backend = Knock::cli(&gateway).client("gateway-client", "backend").enter(&gateway).await;
    assert_eq!(backend.scopes(), ["operator.admin"]);
    let password = Knock::cli(&gateway).auth(json!({ "password": gateway.token() }));
    assert_eq!(
        password.enter(&gateway).await.scopes(),
        ["operator.admin"],
        "the secret may be in either field"
    );
}

#[tokio::test]
async fn a_gateway_without_a_shared_token_lets_no_token_in() {
    let gateway = Gateway::start(Options::default().without_token()).await;
    let refused = Knock::plain().token("anything").scopes(&["operator.admin"]).refused(&gateway).await;
    refused.expect("INVALID_REQUEST", "AUTH_TOKEN_NOT_CONFIGURED", 1008);
    let refused = Knock::plain().scopes(&["operator.admin"]).refused(&gateway).await;
    refused.expect("NOT_PAIRED", "DEVICE_IDENTITY_REQUIRED", 1008);
    gateway.cli(&["health"]).await.ok();
}

#[tokio::test]
async fn forwarded_headers_take_local_trust_away() {
    let gateway = Gateway::start(Options::default()).await;
    let headers = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-real-ip", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("x-forwarded-proto", "https"),
    ];
    for (name, value) in headers {
        let bare = Knock::cli(&gateway).header(name, value).enter(&gateway).await;
        assert!(bare.scopes().is_empty(), "{name}: {:?}", bare.scopes());
        let device = Knock::cli(&gateway).header(name, value).device(&identity());
        let refused = device.refused(&gateway).await;
        refused.expect("NOT_PAIRED", "PAIRING_REQUIRED", 1008);
    }
    assert_eq!(Knock::cli(&gateway).enter(&gateway).await.scopes(), ["operator.admin"]);
}

#[tokio::test]
async fn tokens_in_the_address_are_refused_on_every_route() {
    let gateway = Gateway::start(Options::default().env("LANDLINE_LOG", "trace")).await;
    let (at, token) = (gateway.address(), gateway.token());
    for name in ["token", "access_token", "auth.token", "password", "deviceToken", "bootstrapToken"] {
        for path in ROUTES {
            let reply = request(at, "GET", &format!("{path}?{name}={token}"), &[]).await;
            assert_eq!(reply.status, 400, "{path} {name}: {reply:?}");
            assert!(!reply.body.contains(token) && !reply.head.contains(token), "{reply:?}");
        }
        let refused = Socket::open_with(at, &format!("/?page=1&{name}={token}"), &[]).await.err();
        assert_eq!(refused, Some(400), "{name}");
    }
    assert!(!gateway.everything_written(&["config.toml"]).contains(token), "the token was written down");
}

#[tokio::test]
async fn nothing_can_be_changed_over_http() {
    let gateway = Gateway::start(Options::default()).await;
    let at = gateway.address();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in ROUTES {
            let reply = request(at, method, path, &[("Origin", "http://evil.test")]).await;
            assert_eq!(reply.status, 403, "{method} {path}: {reply:?}");
            let reply = request(at, method, path, &[]).await;
            // Where something can be, nobody is answered before they have said who they are.
            let refused: &[u16] = if path.starts_with("/api/") { &[401] } else { &[404, 405] };
            assert!(refused.contains(&reply.status), "{method} {path}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn probes_say_little_and_metrics_need_the_token() {
    let gateway = Gateway::start(Options::default()).await;
    let at = gateway.address();
    for path in ["/health", "/healthz"] {
        assert_eq!(request(at, "GET", path, &[]).await.json(), json!({ "ok": true, "status": "live" }));
    }
    let ready = request(at, "GET", "/readyz", &[]).await;
    assert_eq!((ready.status, ready.json()["ready"].clone()), (200, json!(true)));
    let proxied = request(at, "GET", "/readyz", &[("X-Forwarded-For", "127.0.0.1")]).await;
    assert!(proxied.json().get("uptimeMs").is_none(), "particulars are for local callers: {proxied:?}");
    let started = request(at, "GET", "/startupz", &[]).await.json();
    assert_eq!((&started["ok"], &started["status"]), (&json!(true), &json!("started")));

    let bearer = format!("Bearer {}", gateway.token());
    assert_eq!(request(at, "GET", "/metrics", &[]).await.status, 401);
    assert_eq!(request(at, "GET", "/metrics", &[("Authorization", "Bearer wrong")]).await.status, 401);
    let metrics = request(at, "GET", "/metrics", &[("Authorization", &bearer)]).await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.contains("landline_connections"), "{}", metrics.body);
    for path in ["/debug", "/debug/pprof", "/openapi.json"] {
        let reply = request(at, "GET", path, &[]).await;
        assert!(
            matches!(reply.status, 401 | 404) || reply.body.contains("<!doctype html"),
            "{path}: {reply:?}"
        );
    }
}

#[tokio::test]
async fn metrics_can_be_opened_to_this_machine() {
    let config = "[gateway]\nmetrics_public_on_loopback = true\n";
    let gateway = Gateway::start(Options::default().config(config)).await;
    let at = gateway.address();
    assert_eq!(request(at, "GET", "/metrics", &[]).await.status, 200);
    assert_eq!(request(at, "GET", "/metrics", &[("X-Forwarded-For", "127.0.0.1")]).await.status, 401);
    let origin = gateway.url();
    assert_eq!(request(at, "GET", "/metrics", &[("Origin", &origin)]).await.status, 401, "not to pages");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let gateway = Gateway::start(Options::default()).await;
    for path in ROUTES {
        let reply = request(gateway.address(), "GET", path, &[]).await;
        let policy = reply.header("content-security-policy").unwrap_or_else(|| panic!("{path}: {reply:?}"));
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-"), "{policy}");
        assert_eq!(reply.header("x-frame-options"), Some("deny"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
}

#[tokio::test]
async fn a_page_is_not_talked_into_another_gateway() {
    let gateway = Gateway::start(Options::default()).await;
    let plain = request(gateway.address(), "GET", "/", &[]).await;
    let asked = request(gateway.address(), "GET", "/?gatewayUrl=ws://evil.test", &[]).await;
    assert_eq!(plain.body, asked.body, "the address changes nothing");
    assert!(asked.header("location").is_none() && !asked.body.contains("evil.test"));
}
