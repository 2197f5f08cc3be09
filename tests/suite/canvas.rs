//! Canvases over the real port: who may look, what is refused, that pages are live and shut off (security 21, 23).

mod pages;

use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use harness::{Client, Gateway, Knock, Options, Reply, Socket, eventually, request};
use serde_json::{Value, json};

const KEY: &str = "agent:main:drawing";

struct Stage {
    gateway: Gateway,
    owner: Client,
}

impl Stage {
    async fn new() -> Self {
        let gateway = Gateway::start(Options::default()).await;
        let owner = Knock::cli(&gateway).enter(&gateway).await;
        Self { gateway, owner }
    }

    fn at(&self) -> SocketAddr {
        self.gateway.address()
    }

    async fn write(&mut self, path: &str, content: &str) -> Value {
        self.owner.ok("canvas.write", json!({ "sessionKey": KEY, "path": path, "content": content })).await
    }

    /// Returns the path of the session's files and of its surfaces under a new capability URL.
    async fn open(&mut self) -> (String, String) {
        paths(&mut self.owner, KEY).await
    }

    async fn get(&self, path: &str) -> Reply {
        request(self.at(), "GET", path, &[]).await
    }

    /// Returns the folder on the disk.
    async fn folder(&mut self) -> PathBuf {
        let listed = self.owner.ok("canvas.list", json!({ "sessionKey": KEY })).await;
        let id = listed["documentId"].as_str().expect("an id");
        self.gateway.state_dir().join("canvas/default").join(id)
    }
}

async fn paths(client: &mut Client, key: &str) -> (String, String) {
    let urls = client.ok("plugin.surface.refresh", json!({ "surface": "canvas", "sessionKey": key })).await;
    let text = |field: &str| urls[field].as_str().unwrap_or_else(|| panic!("{field}: {urls}")).to_owned();
    (text("filesPath"), text("a2uiPath"))
}

fn code(reply: &Reply) -> String {
    reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_is_written_is_read_listed_served_and_removed() {
    let mut stage = Stage::new().await;
    let written = stage.write("index.html", "<h1>One</h1>").await;
    assert_eq!(
        (&written["bytes"], &written["replaced"], &written["watched"]),
        (&json!(12), &json!(false), &json!(false))
    );
    assert_eq!(stage.write("index.html", "<h1>Two</h1>").await["replaced"], true);
    let picture = json!({ "sessionKey": KEY, "path": "img/a.png", "base64": "iVBORw==" });
    stage.owner.ok("canvas.write", picture).await;
    let read = stage.owner.ok("canvas.read", json!({ "sessionKey": KEY, "path": "img/a.png" })).await;
    assert_eq!((&read["base64"], read.get("content")), (&json!("iVBORw=="), None));
    let listed = stage.owner.ok("canvas.list", json!({ "sessionKey": KEY })).await;
    let paths: Vec<_> = listed["files"].as_array().expect("files").iter().map(|file| &file["path"]).collect();
    assert_eq!(paths, ["img/a.png", "index.html"]);

    let (files, _) = stage.open().await;
    let page = stage.get(&files).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.starts_with("<h1>Two</h1><script src=\"/__landline__/cap/"), "{}", page.body);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let image = stage.get(&format!("{files}img/a.png")).await;
    assert_eq!((image.status, image.header("content-type")), (200, Some("image/png")));
    assert_eq!(
        stage.get(files.trim_end_matches('/')).await.header("location").map(str::to_owned),
        Some(files.to_lowercase())
    );
    assert_eq!(stage.get(&format!("{files}img")).await.status, 308, "a folder has a slash at its end");
    assert_eq!(stage.get(&format!("{files}img/")).await.status, 404, "there is no page in it");
    assert_eq!(request(stage.at(), "POST", &files, &[]).await.status, 405);
    let head = request(stage.at(), "HEAD", &files, &[]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));

    stage.owner.ok("canvas.delete", json!({ "sessionKey": KEY, "path": "img/a.png" })).await;
    let error = stage.owner.err("canvas.read", json!({ "sessionKey": KEY, "path": "img/a.png" })).await;
    assert_eq!(
        (&error["code"], &error["details"]["code"]),
        (&json!("NOT_FOUND"), &json!("CANVAS_NOT_FOUND"))
    );
    stage.owner.err("canvas.delete", json!({ "sessionKey": KEY })).await;
    stage.owner.ok("canvas.delete", json!({ "sessionKey": KEY, "all": true })).await;
    let empty = stage.get(&files).await;
    assert!(empty.status == 404 && empty.body.contains("Nothing is drawn"), "{empty:?}");
}

#[tokio::test]
async fn every_answer_is_shut_off_from_the_panel() {
    let mut stage = Stage::new().await;
    stage.write("index.html", "x").await;
    let (files, surfaces) = stage.open().await;
    let wrong = format!("/__landline__/cap/{}/__landline__/canvas/", "A".repeat(24));
    for path in [
        files.clone(),
        format!("{files}no.txt"),
        format!("{files}%2e%2e/x"),
        surfaces,
        wrong,
        "/__openclaw__/canvas/".into(),
    ] {
        let reply = stage.get(&path).await;
        let policy = reply.header("content-security-policy").expect("a policy").to_owned();
        assert!(
            policy.starts_with("sandbox allow-scripts allow-forms; default-src 'none'; "),
            "{path}: {policy}"
        );
        assert!(!policy.contains("allow-same-origin"), "{path}: {policy}");
        let at = stage.at();
        assert!(policy.ends_with(&format!("frame-ancestors http://{at} https://{at}")), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!((reply.header("x-frame-options"), reply.header("set-cookie")), (None, None), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{path}");
    }
    for path in ["/", "/health", "/metrics", "/__openclaw__/control-ui-config.json", "/__landline__/cap"] {
        let reply = stage.get(path).await;
        assert_eq!(reply.header("x-frame-options"), Some("deny"), "{path}");
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("sandbox"), "{path}: {policy}");
    }
    let own = request(stage.at(), "GET", &files, &[("Origin", "null")]).await;
    assert_eq!((own.status, own.header("access-control-allow-origin")), (200, Some("null")));
    for (path, origin) in
        [("/", "null"), ("/__openclaw__/canvas/", "null"), (files.as_str(), "http://evil.test")]
    {
        let reply = request(stage.at(), "GET", path, &[("Origin", origin)]).await;
        assert_eq!(reply.status, 403, "{path} {origin}");
    }
}

#[tokio::test]
async fn nobody_looks_without_a_capability_or_the_token() {
    let mut stage = Stage::new().await;
    stage.write("index.html", "x").await;
    let (files, _) = stage.open().await;
    let folder = stage.folder().await;
    let id = folder.file_name().and_then(|name| name.to_str()).expect("an id").to_owned();
    let document = format!("/__openclaw__/canvas/documents/{id}/index.html");
    for path in ["/__landline__/canvas/", "/__openclaw__/canvas/index.html", "/__openclaw__/a2ui/", &document]
    {
        for headers in
            [vec![], vec![("Authorization", "Bearer wrong")], vec![("X-Forwarded-For", "127.0.0.1")]]
        {
            let reply = request(stage.at(), "GET", path, &headers).await;
            assert_eq!(
                (reply.status, code(&reply).as_str()),
                (401, "CANVAS_CAPABILITY_INVALID"),
                "{path} {headers:?}"
            );
        }
    }
    let bearer = format!("Bearer {}", stage.gateway.token());
    let owner = [("Authorization", bearer.as_str())];
    let reply = request(stage.at(), "GET", &document, &owner).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "x"), "a program gets the file as it is");
    assert_eq!(request(stage.at(), "GET", "/__openclaw__/a2ui/", &owner).await.status, 200);
    assert_eq!(
        request(stage.at(), "GET", "/__openclaw__/canvas/", &owner).await.status,
        404,
        "nothing drawn in main"
    );

    let token = files.split('/').nth(3).expect("a token").to_owned();
    assert_eq!(token.len(), 24);
    let other = token.chars().rev().collect::<String>();
    for wrong in [other.as_str(), &token[..23], &format!("{token}A"), "", "%00", ".."] {
        let path = format!("/__landline__/cap/{wrong}/__landline__/canvas/index.html");
        assert_eq!(stage.get(&path).await.status, 401, "{wrong:?}");
        let refused =
            Socket::open_with(stage.at(), &format!("/__landline__/cap/{wrong}/__landline__/ws"), &[]).await;
        assert_eq!(refused.err(), Some(401), "{wrong:?}");
    }
    let query = format!("/__landline__/canvas/?token={token}");
    assert_eq!(stage.get(&query).await.status, 400, "no token in a query");
    for prefix in ["__landline__", "__openclaw__"] {
        let path = format!("/{prefix}/cap/{token}/__openclaw__/canvas/documents/{id}/index.html");
        assert_eq!(stage.get(&path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_capability_opens_its_own_session_and_no_other() {
    let mut stage = Stage::new().await;
    stage.write("index.html", "mine").await;
    let theirs = json!({ "sessionKey": "agent:main:theirs", "path": "index.html", "content": "theirs" });
    stage.owner.ok("canvas.write", theirs).await;
    let listed = stage.owner.ok("canvas.list", json!({ "sessionKey": "agent:main:theirs" })).await;
    let id = listed["documentId"].as_str().expect("an id");
    let (files, _) = stage.open().await;
    assert!(stage.get(&files).await.body.starts_with("mine"));
    let base = files.strip_suffix("__landline__/canvas/").expect("the form");
    let foreign = stage.get(&format!("{files}documents/{id}/index.html")).await;
    assert_eq!((foreign.status, code(&foreign).as_str()), (404, "CANVAS_NOT_FOUND"));
    let socket = Socket::open_with(stage.at(), &format!("{base}__landline__/ws/{id}"), &[]).await;
    assert_eq!(socket.err(), Some(404));

    let wide = stage.owner.ok("plugin.surface.refresh", json!({ "surface": "canvas" })).await;
    assert_eq!((wide.get("filesPath"), &wide["surface"]), (None, &json!("canvas")));
    let url = wide["pluginSurfaceUrls"]["canvas"].as_str().expect("a URL");
    let base = url.strip_prefix(&stage.gateway.url()).expect("the gateway's own");
    let path = format!("{base}/__openclaw__/canvas/documents/{id}/index.html");
    assert!(
        stage.get(&path).await.body.starts_with("theirs"),
        "an operator may read all of its organisation"
    );
    let unknown = stage.owner.err("plugin.surface.refresh", json!({ "surface": "desktop" })).await;
    assert_eq!(unknown["code"], "UNAVAILABLE");
    let node = stage.owner.err("node.pluginSurface.refresh", json!({ "surface": "canvas" })).await;
    assert!(node["message"].as_str().is_some_and(|text| text.contains("unauthorized role")), "{node}");
}

#[tokio::test]
async fn a_capability_dies_with_its_connection() {
    let mut stage = Stage::new().await;
    stage.write("index.html", "x").await;
    let mut visitor = Knock::cli(&stage.gateway).scopes(&["operator.read"]).enter(&stage.gateway).await;
    let (files, _) = paths(&mut visitor, KEY).await;
    assert_eq!(stage.get(&files).await.status, 200);
    let mut page = pages::live(&stage, &files).await;
    visitor.socket.close().await;
    eventually("the capability ends", async || stage.get(&files).await.status == 401).await;
    let (_, (close, reason)) = page.rest().await;
    assert_eq!((close, reason.as_str()), (1008, "capability ended"));
}

#[tokio::test]
async fn hello_names_the_surface_to_those_who_show_it() {
    let mut stage = Stage::new().await;
    assert!(stage.owner.hello.get("pluginSurfaceUrls").is_none(), "most operators need none");
    let shows =
        Knock { caps: vec!["canvas".into()], ..Knock::cli(&stage.gateway) }.enter(&stage.gateway).await;
    let url = shows.hello["pluginSurfaceUrls"]["canvas"].as_str().expect("a URL").to_owned();
    assert!(url.starts_with(&format!("{}/__openclaw__/cap/", stage.gateway.url())), "{url}");
    assert!(shows.hello.get("canvasHostUrl").is_none());

    let mut node = Knock::node(&stage.gateway).enter(&stage.gateway).await;
    let url = node.hello["pluginSurfaceUrls"]["canvas"].as_str().expect("a URL").to_owned();
    let fresh =
        node.ok("node.pluginSurface.refresh", json!({ "surface": "canvas", "observedUrl": url })).await;
    assert!(fresh["expiresAtMs"].is_i64() && fresh["pluginSurfaceUrls"]["canvas"] != url.as_str());
    let old = node.ok("node.canvas.capability.refresh", json!({})).await;
    let host = old["canvasHostUrl"].as_str().expect("a URL").to_owned();
    assert!(host.ends_with(old["canvasCapability"].as_str().expect("a token")), "{old}");
    let refused = node.err("plugin.surface.refresh", json!({ "surface": "canvas" })).await;
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("unauthorized role")), "{refused}");
    // A node sees what it was told to show, and nothing before that.
    stage.write("index.html", "x").await;
    let folder = stage.folder().await;
    let id = folder.file_name().and_then(|name| name.to_str()).expect("an id");
    let base = host.strip_prefix(&stage.gateway.url()).expect("the gateway's own");
    for tail in ["", "index.html", &format!("documents/{id}/index.html")] {
        let reply = stage.get(&format!("{base}/__openclaw__/canvas/{tail}")).await;
        assert_eq!(reply.status, 404, "{tail}: {reply:?}");
    }

    let old = Knock { protocol: (3, 3), ..Knock::node(&stage.gateway) }.enter(&stage.gateway).await;
    let url = old.hello["canvasHostUrl"].as_str().expect("a URL");
    assert!(url.contains("/__openclaw__/cap/"), "{url}");
}

#[tokio::test]
async fn paths_that_lead_elsewhere_are_refused_everywhere() {
    let mut stage = Stage::new().await;
    stage.write("index.html", "x").await;
    let (files, _) = stage.open().await;
    for path in [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a\\..\\b",
        "a\0b",
        ".env",
        "a/.git/x",
        "%2e%2e/x",
        "a//b",
        "C:/x",
        "a/",
    ] {
        for method in ["canvas.write", "canvas.read", "canvas.delete", "canvas.present"] {
            let mut params = json!({ "sessionKey": KEY, "path": path });
            if method == "canvas.write" {
                params["content"] = json!("y");
            }
            let error = stage.owner.err(method, params).await;
            assert_eq!(error["details"]["code"], "CANVAS_PATH_INVALID", "{method} {path:?}: {error}");
        }
    }
    for tail in [
        "../../x",
        "%2e%2e/x",
        "%2E%2E%2F%2E%2E%2Fx",
        "..%2fx",
        "%252e%252e%252fx",
        "a%00b",
        "a%5c..%5cx",
        "..\\x",
        ".env",
        "%2eenv",
        "a%2f%2fb",
        "%2fetc%2fpasswd",
        "%c0%ae%c0%ae/x",
        "a%",
        "//x",
        "./index.html",
    ] {
        let reply = stage.get(&format!("{files}{tail}")).await;
        assert_eq!((reply.status, code(&reply).as_str()), (400, "CANVAS_PATH_INVALID"), "{tail}: {reply:?}");
    }
}

#[tokio::test]
async fn links_and_special_files_are_refused_at_the_moment_of_use() {
    let mut stage = Stage::new().await;
    stage.write("index.html", "x").await;
    let folder = stage.folder().await;
    let secret = stage.gateway.state_dir().join("identity.key");
    assert!(secret.exists());
    symlink(&secret, folder.join("link.txt")).expect("linked");
    symlink(stage.gateway.state_dir(), folder.join("state")).expect("linked");
    std::fs::hard_link(&secret, folder.join("second.txt")).expect("linked");
    let pipe = folder.join("pipe.txt");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .expect("a pipe");
    let _listening = std::os::unix::net::UnixListener::bind(folder.join("socket.txt")).expect("a socket");
    let huge = folder.join("huge.bin");
    let make_huge =
        || std::fs::File::create(&huge).and_then(|file| file.set_len(1 << 40)).expect("a huge file");
    make_huge();
    let (files, _) = stage.open().await;
    for (path, status, refusal) in [
        ("link.txt", 403, "CANVAS_FILE_REFUSED"),
        ("state/identity.key", 403, "CANVAS_FILE_REFUSED"),
        ("second.txt", 403, "CANVAS_FILE_REFUSED"),
        ("pipe.txt", 403, "CANVAS_FILE_REFUSED"),
        ("socket.txt", 403, "CANVAS_FILE_REFUSED"),
        ("huge.bin", 413, "CANVAS_FILE_TOO_LARGE"),
    ] {
        let reply = stage.get(&format!("{files}{path}")).await;
        assert_eq!((reply.status, code(&reply).as_str()), (status, refusal), "{path}: {reply:?}");
        let error = stage.owner.err("canvas.read", json!({ "sessionKey": KEY, "path": path })).await;
        assert_eq!(error["details"]["code"], refusal, "{path}: {error}");
    }
    std::fs::remove_file(&huge).expect("removed");
    for path in ["link.txt", "state/new", "pipe.txt"] {
        let params = json!({ "sessionKey": KEY, "path": path, "content": "y" });
        let error = stage.owner.err("canvas.write", params).await;
        assert_eq!(error["details"]["code"], "CANVAS_FILE_REFUSED", "{path}: {error}");
    }
    make_huge();
    let full =
        stage.owner.err("canvas.write", json!({ "sessionKey": KEY, "path": "a", "content": "y" })).await;
    assert_eq!(full["details"]["code"], "CANVAS_FULL", "the huge file counts");
    let large =
        json!({ "sessionKey": "agent:main:other", "path": "a", "content": "x".repeat(8 * 1024 * 1024 + 1) });
    let error = stage.owner.err("canvas.write", large).await;
    assert_eq!(error["details"]["code"], "CANVAS_FILE_TOO_LARGE");
}

#[tokio::test]
async fn readers_may_look_and_not_draw() {
    let mut stage = Stage::new().await;
    stage.write("index.html", "x").await;
    let mut reader = Knock::cli(&stage.gateway).scopes(&["operator.read"]).enter(&stage.gateway).await;
    reader.ok("canvas.read", json!({ "sessionKey": KEY, "path": "index.html" })).await;
    reader.ok("canvas.list", json!({ "sessionKey": KEY })).await;
    for (method, params) in [
        ("canvas.write", json!({ "path": "x", "content": "" })),
        ("canvas.delete", json!({ "all": true })),
        ("canvas.present", json!({})),
        ("canvas.hide", json!({})),
        ("canvas.eval", json!({ "javaScript": "1" })),
        ("canvas.snapshot", json!({})),
        ("canvas.a2ui.push", json!({ "messages": [] })),
        ("canvas.a2ui.reset", json!({})),
    ] {
        let error = reader.err(method, params).await;
        assert_eq!(error["details"]["code"], "MISSING_SCOPE", "{method}: {error}");
    }
}
