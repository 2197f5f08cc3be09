//! Canvases: what is refused without a browser, and the real one, where Chromium is installed.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::host::progress::Progress;
use crate::process::Environment;

fn canvas(owner: &config::Canvas, gateway: Option<Target>) -> (tempfile::TempDir, Canvas) {
    let folder = tempfile::tempdir().unwrap();
    let environment: Environment =
        [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", folder.path().to_str().unwrap())]
            .map(|(name, value)| (name.into(), value.into()))
            .into_iter()
            .collect();
    let scratch = folder.path().join("scratch");
    let machine = Machine::new(environment, scratch, &uuid::Uuid::new_v4().to_string());
    let canvas = Canvas::new(machine, owner, gateway);
    (folder, canvas)
}

async fn ask(canvas: &Canvas, command: &str, params: Value) -> Answer {
    let call = Call {
        params,
        limit: Duration::from_secs(40),
        stop: CancellationToken::new(),
        progress: Progress::none(),
        now: 0,
    };
    canvas.answer(command, call).await
}

#[tokio::test]
async fn without_a_browser_nothing_is_offered() {
    let owner = config::Canvas { browser: Some("/no/such".into()), ..config::Canvas::default() };
    let (_folder, canvas) = canvas(&owner, None);
    assert!(canvas.offers().iter().all(|offer| offer.withheld.is_some()));
    let params = json!({"url": "http://example.org/"});
    assert_eq!(
        ask(&canvas, "canvas.present", params).await.expect_err("none").code.name(),
        "CANVAS_DISABLED"
    );
    let (_folder, off) = self::canvas(&config::Canvas { enabled: false, ..config::Canvas::default() }, None);
    assert!(off.offers()[0].withheld.as_deref().is_some_and(|why| why.contains("enabled = false")));
}

#[tokio::test]
async fn refusals_before_a_browser_is_started() {
    let owner = config::Canvas { browser: Some("/bin/false".into()), ..config::Canvas::default() };
    let (_folder, canvas) = canvas(&owner, None);
    for (command, params, wanted) in [
        ("canvas.present", json!({}), "INVALID_REQUEST"),
        ("canvas.present", json!({"url": "file:///etc/passwd"}), "INVALID_REQUEST"),
        ("canvas.navigate", json!({"url": "http://169.254.169.254/latest"}), "INVALID_REQUEST"),
        ("canvas.eval", json!({"javaScript": "1"}), "UNAVAILABLE"),
        ("canvas.snapshot", json!({}), "UNAVAILABLE"),
        ("canvas.snapshot", json!({"maxWidth": 1}), "INVALID_REQUEST"),
        ("canvas.a2ui.push", json!({"messages": []}), "A2UI_HOST_UNAVAILABLE"),
        ("canvas.a2ui.push", json!({"messages": [1]}), "INVALID_REQUEST"),
        ("canvas.a2ui.pushJSONL", json!({"jsonl": "{}\nx"}), "INVALID_REQUEST"),
        ("canvas.a2ui.reset", json!({}), "A2UI_HOST_UNAVAILABLE"),
    ] {
        let error = ask(&canvas, command, params.clone()).await.expect_err(command);
        assert_eq!(error.code.name(), wanted, "{command} {params}");
    }
    assert_eq!(ask(&canvas, "canvas.hide", json!({})).await.unwrap()["ok"], true);
}

/// Serves one page under every path, for ever.
async fn serve(listener: TcpListener) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let count = stream.read(&mut request).await.unwrap_or(0);
        let path =
            String::from_utf8_lossy(&request[..count]).split(' ').nth(1).unwrap_or_default().to_owned();
        let page = format!("<!doctype html><title>t</title><body style='background:#0a0'><p id=p>{path}</p>");
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

/// Hands messages to the page that is shown, first to one that knows nothing of them.
async fn takes_messages(canvas: &Canvas) {
    let push = json!({"messages": [{"beginRendering": {}}]});
    let none = ask(canvas, "canvas.a2ui.push", push.clone()).await.expect_err("a page without surfaces");
    assert_eq!(none.code.name(), "A2UI_HOST_UNAVAILABLE");
    let host = "globalThis.openclawA2UI = { applyMessages(given) { globalThis.got = given;
        return { ok: given.length < 3, problems: ['three'] }; }, reset() { got = []; return { ok: true }; } }; 1";
    ask(canvas, "canvas.eval", json!({"javaScript": host})).await.unwrap();
    let got = || ask(canvas, "canvas.eval", json!({"javaScript": "got"}));
    assert_eq!(ask(canvas, "canvas.a2ui.push", push.clone()).await.unwrap()["messages"], 1);
    assert_eq!(got().await.unwrap()["result"], push["messages"]);
    let lines = json!({"jsonl": "{\"a\":\"\\u2028</script>\"}\n{}"});
    assert_eq!(ask(canvas, "canvas.a2ui.pushJSONL", lines).await.unwrap()["messages"], 2);
    assert_eq!(got().await.unwrap()["result"], json!([{"a": "\u{2028}</script>"}, {}]));
    let refused = ask(canvas, "canvas.a2ui.push", json!({"messages": [{}, {}, {}]})).await;
    assert!(refused.expect_err("refused").message.contains("three"));
    ask(canvas, "canvas.a2ui.reset", json!({})).await.unwrap();
    assert_eq!(got().await.unwrap()["result"], json!([]));
}

#[tokio::test]
async fn a_real_browser_shows_evaluates_and_snaps() {
    let owner = config::Canvas::default();
    if recipe(&canvas(&owner, None).1.machine, &owner).is_err() {
        eprintln!("skipped: no Chromium is installed");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target: Target = format!("ws://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (_folder, canvas) = canvas(&owner, Some(target));
    let story = async {
        let path = "/__openclaw__/cap/t/__openclaw__/canvas/index.html";
        let present = json!({"url": format!("http://elsewhere.test{path}"), "width": 400, "height": 300});
        ask(&canvas, "canvas.present", present).await.unwrap();
        let text =
            ask(&canvas, "canvas.eval", json!({"javaScript": "document.querySelector('#p').textContent"}));
        assert_eq!(text.await.unwrap()["result"], path);
        let promise = json!({"javaScript": "Promise.resolve({w: innerWidth})"});
        assert_eq!(ask(&canvas, "canvas.eval", promise).await.unwrap()["result"], json!({"w": 400}));
        let thrown =
            ask(&canvas, "canvas.eval", json!({"javaScript": "nothing.there"})).await.expect_err("thrown");
        assert!(thrown.message.contains("ReferenceError"), "{thrown}");
        let snapped =
            ask(&canvas, "canvas.snapshot", json!({"format": "png", "maxWidth": 200})).await.unwrap();
        let picture = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            snapped["base64"].as_str().unwrap(),
        );
        assert_eq!(crate::host::picture::size(&picture.unwrap()), Some((200, 150)));
        // A page that leads elsewhere is stopped, and nothing of the disk is shown.
        let leave = json!({"javaScript": "location.href = 'http://127.0.0.1:1/'; 1"});
        ask(&canvas, "canvas.eval", leave).await.unwrap();
        let script = "const opened = window.open('about:blank'); new Promise(done => { const look = setInterval(() => {
            if (!opened || opened.closed) { clearInterval(look); done('closed'); } }, 10); })";
        // The page that was on its way elsewhere may be replaced by the browser's own words while it is asked.
        let opened = loop {
            match ask(&canvas, "canvas.eval", json!({"javaScript": script})).await {
                Err(gone) if gone.message.contains("navigated") => {}
                opened => break opened,
            }
        };
        assert_eq!(opened.unwrap()["result"], "closed", "a window of its own");
        assert!(ask(&canvas, "canvas.navigate", json!({"url": "file:///etc/passwd"})).await.is_err());
        ask(&canvas, "canvas.present", json!({"url": "/__landline__/a2ui/"})).await.unwrap();
        takes_messages(&canvas).await;
        ask(&canvas, "canvas.hide", json!({})).await.unwrap();
        assert!(ask(&canvas, "canvas.snapshot", json!({})).await.is_err());
        assert_eq!(canvas.machine.reap().await, 0, "nothing of the browser is left");
    };
    tokio::select! {
        () = serve(listener) => {}
        () = story => {}
    }
}
