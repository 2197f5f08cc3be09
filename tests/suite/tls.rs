//! TLS on the one port: which certificate, who accepts it, and what else the port refuses.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use harness::{Gateway, Options, request, request_tls};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TLS: &str = "[gateway.tls]\nenabled = true\n";

async fn start() -> Gateway {
    Gateway::start(Options::default().config(TLS)).await
}

async fn fingerprint(gateway: &Gateway) -> String {
    let status = gateway.cli(&["status", "--json"]).await.ok().json();
    status["tlsFingerprint"].as_str().unwrap_or_else(|| panic!("no fingerprint: {status}")).to_owned()
}

/// Returns what a setup code holds.
fn inside(made: &Value) -> Value {
    let code = URL_SAFE_NO_PAD.decode(made["setupCode"].as_str().expect("a code")).expect("base64url");
    serde_json::from_slice(&code).expect("JSON")
}

fn wss(gateway: &Gateway) -> String {
    format!("wss://{}", gateway.address())
}

#[tokio::test]
async fn the_certificate_is_made_once_and_shown_where_people_look() {
    let mut gateway = start().await;
    let pin = fingerprint(&gateway).await;
    assert_eq!(pin.len(), 64);
    assert!(gateway.stdout().contains(&pin), "at the start");
    let path = gateway.state_dir().join("tls.pem");
    assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(gateway.cli(&["doctor"]).await.stdout.contains(&pin), "in the doctor's report");
    let made = gateway.cli(&["devices", "setup-code", "--json"]).await.ok().json();
    let code = inside(&made);
    assert_eq!((&code["tlsFingerprint"], &code["url"]), (&pin.as_str().into(), &wss(&gateway).into()));
    gateway.restart().await;
    assert_eq!(fingerprint(&gateway).await, pin, "the same after a restart");
    let text = std::fs::read_to_string(path).expect("PEM");
    let secret = text.lines().nth(1).expect("a key");
    assert!(!gateway.everything_written(&["tls.pem"]).contains(secret), "the key stands nowhere else");
}

#[tokio::test]
async fn a_proxy_in_front_is_not_pinned() {
    let config = format!("[gateway]\nbehind_proxy = true\npublic_url = \"https://gate.example\"\n{TLS}");
    let gateway = Gateway::start(Options::default().config(&config)).await;
    let made = gateway.cli(&["devices", "setup-code", "--json"]).await.ok().json();
    let code = inside(&made);
    assert_eq!((&code["url"], &code["tlsFingerprint"]), (&"wss://gate.example".into(), &Value::Null));
}

#[tokio::test]
async fn clients_take_the_pinned_certificate_and_no_other() {
    let gateway = start().await;
    let (url, pin) = (wss(&gateway), fingerprint(&gateway).await);
    let token = gateway.token().to_owned();
    let run = |args: Vec<String>, env: Vec<(&'static str, String)>| {
        let (gateway, url, token) = (&gateway, &url, &token);
        async move {
            let mut all = vec!["health", "--json", "--url", url.as_str()];
            all.extend(args.iter().map(String::as_str));
            let mut env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
            env.push(("LANDLINE_GATEWAY_TOKEN", token));
            gateway.cli_env(&all, &env).await
        }
    };
    let unknown = run(vec![], vec![]).await;
    assert_eq!((unknown.code, &unknown.error()["error"]["code"]), (4, &"TLS_CERTIFICATE_UNKNOWN".into()));
    assert!(unknown.stderr.contains(&pin), "it is named, to be compared: {unknown:?}");
    let wrong = pin.chars().rev().collect::<String>();
    for refused in [
        run(vec!["--tls-fingerprint".into(), wrong.clone()], vec![]).await,
        run(vec![], vec![("LANDLINE_TLS_FINGERPRINT", wrong.clone())]).await,
    ] {
        assert_eq!(
            (refused.code, &refused.error()["error"]["code"]),
            (4, &"TLS_FINGERPRINT_MISMATCH".into())
        );
        assert!(refused.stderr.contains(&pin) && refused.stderr.contains(&wrong), "{refused:?}");
    }
    assert_eq!(run(vec![], vec![]).await.code, 4, "what was seen is not trusted for that");
    run(vec![], vec![("LANDLINE_TLS_FINGERPRINT", pin.clone())]).await.ok();
    run(vec![], vec![]).await.ok();
    assert_eq!(run(vec!["--tls-fingerprint".into(), wrong], vec![]).await.code, 4, "the flag wins");
    run(vec!["--tls-fingerprint".into(), pin], vec![]).await.ok();
}

#[tokio::test]
async fn a_pin_without_encryption_is_an_error() {
    let gateway = start().await;
    let pin = fingerprint(&gateway).await;
    let plain = format!("ws://{}", gateway.address());
    for args in [
        vec!["health", "--url", &plain, "--tls-fingerprint", &pin],
        vec!["health", "--tls-fingerprint", &pin],
        vec!["health", "--url", &plain, "--tls-fingerprint", "12:34"],
    ] {
        assert_eq!(gateway.cli(&args).await.code, 2, "{args:?}");
    }
    let env = [("LANDLINE_TLS_FINGERPRINT", pin.as_str())];
    assert_eq!(gateway.cli_env(&["health", "--url", &plain], &env).await.code, 2);
    gateway.cli_env(&["health"], &env).await.ok();
}

#[tokio::test]
async fn plain_http_is_told_what_the_port_speaks() {
    let gateway = start().await;
    let reply = request(gateway.address(), "GET", "/healthz", &[]).await;
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("https://"), "{reply:?}");
    let plain = format!("ws://{}", gateway.address());
    let refused = gateway.cli(&["health", "--url", &plain]).await;
    assert!(refused.code == 1 && refused.stderr.contains("wss://"), "{refused:?}");
}

#[tokio::test]
async fn the_same_rules_hold_behind_tls() {
    let gateway = start().await;
    let at = gateway.address();
    let host = at.to_string();
    let (secure, insecure) = (format!("https://{at}"), format!("http://{at}"));
    let close = ("Connection", "close");
    let reply = request_tls(at, "/healthz", &[("Host", &host), close]).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("strict-transport-security").is_none(), "not for a self-signed certificate");
    for (host, origin, path, status) in [
        (host.as_str(), secure.as_str(), "/healthz", 200),
        (&host, &insecure, "/healthz", 403),
        (&host, "https://evil.test", "/healthz", 403),
        ("evil.test", "https://evil.test", "/healthz", 421),
        ("10.0.0.9:1", "https://10.0.0.9:1", "/healthz", 421),
        (&host, &secure, "/healthz?token=x", 400),
    ] {
        let reply = request_tls(at, path, &[("Host", host), ("Origin", origin), close]).await;
        assert_eq!(reply.status, status, "{host} {origin} {path}");
        let upgrade = [
            ("Host", host),
            ("Origin", origin),
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let reply = request_tls(at, path, &upgrade).await;
        assert_eq!(reply.status, if status == 200 { 101 } else { status }, "{host} {origin} {path}");
    }
}

#[tokio::test]
async fn those_who_stop_in_the_handshake_keep_nobody_out() {
    let gateway = start().await;
    let pin = fingerprint(&gateway).await;
    let at = gateway.address();
    // Silent ones, and ones that begin a record and never end it.
    let opened = join_all((0..300).map(|n| async move {
        let mut stream = TcpStream::connect(at).await.expect("it listens");
        if n % 2 == 0 {
            stream.write_all(&[22, 3, 1, 2, 0, 1, 0, 1]).await.expect("sent");
        }
        stream
    }))
    .await;
    let start = Instant::now();
    let args = ["health", "--url", &wss(&gateway), "--tls-fingerprint", &pin];
    let env = [("LANDLINE_GATEWAY_TOKEN", gateway.token())];
    gateway.cli_env(&args, &env).await.ok();
    assert!(start.elapsed() < Duration::from_secs(5), "let in after {:?}", start.elapsed());
    let mut open = 0;
    for mut stream in opened {
        let read = tokio::time::timeout(Duration::from_millis(5), stream.read_u8()).await;
        open += usize::from(read.is_err());
    }
    assert!(open <= 32, "{open} half-open connections of one address");
}

/// Starts with this configuration and returns what it complained about; it must not serve.
async fn refused(options: Options) -> String {
    let mut gateway = Gateway::prepare(options);
    gateway.launch();
    assert!(!gateway.ended().await.success());
    gateway.stderr()
}

#[tokio::test]
async fn other_machines_need_tls_and_a_token() {
    let exposed = "[gateway]\nhost = \"0.0.0.0\"\n";
    let text = refused(Options::default().config(exposed)).await;
    assert!(text.contains("gateway.tls.enabled"), "{text}");
    let text = refused(Options::default().config(&format!("{exposed}{TLS}")).without_token()).await;
    assert!(text.contains("gateway.token"), "{text}");
    let gateway = Gateway::start(Options::default().config(&format!("{exposed}{TLS}"))).await;
    let at = gateway.address();
    for (host, status) in [("10.1.2.3:18789", 200), ("gate.example", 421)] {
        let reply = request_tls(at, "/healthz", &[("Host", host), ("Connection", "close")]).await;
        assert_eq!(reply.status, status, "{host}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let home = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str, mode: u32| {
        let path = home.path().join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        path.display().to_string()
    };
    let good = start().await;
    let pem = std::fs::read_to_string(good.state_dir().join("tls.pem")).expect("PEM");
    let other = start().await;
    let foreign = std::fs::read_to_string(other.state_dir().join("tls.pem")).expect("PEM");
    let (pem, open) = (file("good.pem", &pem, 0o600), file("open.pem", &pem, 0o644));
    let (foreign, empty) = (file("foreign.pem", &foreign, 0o600), file("empty.pem", "no PEM", 0o600));
    let section = |cert: &str, key: &str| format!("{TLS}cert = \"{cert}\"\nkey = \"{key}\"\n");
    for (cert, key, said) in [
        (&pem, &open, "chmod"),
        (&pem, &foreign, "cannot be used with its key"),
        (&empty, &pem, "no certificate"),
        (&pem, &empty, "no private key"),
        (&pem, &"/no/such/file".to_owned(), "/no/such/file"),
    ] {
        let text = refused(Options::default().config(&section(cert, key))).await;
        assert!(text.contains(said), "{cert} {key}: {text}");
    }
    let text = refused(Options::default().config(&format!("{TLS}cert = \"{pem}\"\n"))).await;
    assert!(text.contains("gateway.tls.key"), "{text}");
    let own = Gateway::start(Options::default().config(&section(&pem, &pem))).await;
    assert_eq!(fingerprint(&own).await, fingerprint(&good).await);
}
