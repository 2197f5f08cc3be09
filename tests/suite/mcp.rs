//! `/mcp` and `landline mcp`: who is let in, what agents reach with the pass of their run, and when it ends.

mod calls;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use harness::{Client, Gateway, Knock, McpClient, Options, PATIENCE, eventually, request};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

/// Stands in for Claude Code: shows how it was started and what it was given, and ends when it is told to.
const PROGRAM: &str = r#"#!/bin/sh
seen="$HOME/seen"; mkdir -p "$seen"
printf '%s\n' "$@" > "$seen/args"
for word in "$@"; do case "$word" in
  --mcp-config=*) cp -p "${word#--mcp-config=}" "$seen/mcp.json"; echo "${word#--mcp-config=}" > "$seen/path" ;;
  --session-id=*) id="${word#--session-id=}" ;;
esac; done
read -r line
echo "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"$id\",\"model\":\"test\"}"
touch "$seen/started"
while [ ! -e "$seen/finish" ]; do sleep 0.02; done
echo '{"type":"result","subtype":"success","is_error":false,"result":"done","num_turns":1,"duration_ms":1}'
"#;

/// A gateway whose agent `ops` is the stand-in.
struct Stage {
    gateway: Gateway,
    client: Client,
    seen: PathBuf,
}

impl Stage {
    async fn open(more: &str) -> Self {
        Self::open_with("", more).await
    }

    async fn open_with(sections: &str, more: &str) -> Self {
        let mut gateway = Gateway::prepare(Options::default());
        let program = gateway.home().join("claude");
        std::fs::write(&program, PROGRAM).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
        let config = format!(
            "{sections}[agents.ops]\nexecutor = \"claude_code\"\ncommand = [\"{}\"]\ndefault = true\n{more}\n",
            program.display()
        );
        gateway.write_config(&config);
        gateway.launch();
        gateway.ready().await;
        let client = Knock::cli(&gateway).enter(&gateway).await;
        let seen = gateway.home().join("seen");
        Self { gateway, client, seen }
    }

    /// Starts a run in the conversation `agent:ops:one` and waits until its program is there.
    async fn start(&mut self) {
        let params =
            json!({"sessionKey": "agent:ops:one", "message": "go", "idempotencyKey": uuid::Uuid::new_v4()});
        self.client.ok("chat.send", params).await;
        eventually("the program starts", async || self.seen.join("started").exists()).await;
    }

    fn given(&self) -> Value {
        let text = std::fs::read_to_string(self.seen.join("mcp.json")).expect("it was given a file");
        let read: Value = serde_json::from_str(&text).expect("JSON");
        read["mcpServers"]["landline"].clone()
    }

    fn url(&self) -> String {
        self.given()["url"].as_str().expect("an address").to_owned()
    }

    fn token(&self) -> String {
        let given = self.given();
        let bearer = given["headers"]["Authorization"].as_str().expect("a bearer");
        bearer.strip_prefix("Bearer ").expect("a bearer").to_owned()
    }

    fn agent(&self) -> McpClient {
        McpClient::new(self.gateway.address(), Some(&self.token()))
    }

    async fn finish(&self) {
        std::fs::write(self.seen.join("finish"), "").expect("written");
        let folder = self.folder();
        eventually("the run's folder goes", async || !folder.exists()).await;
    }

    fn folder(&self) -> PathBuf {
        let path = std::fs::read_to_string(self.seen.join("path")).expect("it was given a file");
        Path::new(path.trim()).parent().expect("a folder").to_owned()
    }
}

fn names(tools: &[Value]) -> Vec<&str> {
    tools.iter().filter_map(|tool| tool["name"].as_str()).collect()
}

fn refused(result: &Value) -> &str {
    assert_eq!(result["isError"], true, "{result}");
    result["structuredContent"]["error"]["details"]["code"].as_str().unwrap_or("")
}

#[tokio::test]
async fn nobody_comes_in_without_a_good_bearer() {
    let gateway = Gateway::start(Options::default()).await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let dead = "ll-run-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for bearer in [None, Some(""), Some("wrong"), Some("ll-run-"), Some(dead)] {
        let reply = McpClient::new(gateway.address(), bearer).post(list, &[]).await;
        assert_eq!(
            (reply.status, reply.header("www-authenticate")),
            (401, Some("bearer")),
            "{bearer:?}: {reply:?}"
        );
    }
    let basic = format!("Basic {}", gateway.token());
    let basic = request(gateway.address(), "POST", "/mcp", &[("Authorization", &basic)]).await;
    assert_eq!(basic.status, 401);
    let owner = McpClient::new(gateway.address(), Some(gateway.token()));
    assert_eq!(owner.post(list, &[]).await.status, 200);
    assert_eq!(owner.post(list, &[("Host", "evil.test")]).await.status, 421);
    assert_eq!(owner.post(list, &[("Origin", "http://evil.test")]).await.status, 403);
    let headers =
        [("Authorization", &*format!("Bearer {}", gateway.token())), ("Accept", "text/event-stream")];
    assert_eq!(request(gateway.address(), "GET", "/mcp", &headers).await.status, 405);
}

#[tokio::test]
async fn passes_that_are_over_lock_nobody_out() {
    let gateway = Gateway::start(Options::default()).await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for _ in 0..30 {
        let dead = McpClient::new(gateway.address(), Some("ll-run-dead"));
        assert_eq!(dead.post(list, &[]).await.status, 401);
    }
    let owner = McpClient::new(gateway.address(), Some(gateway.token()));
    assert_eq!(owner.post(list, &[]).await.status, 200);
}

#[tokio::test]
async fn an_operator_lists_and_calls() {
    let gateway = Gateway::start(Options::default()).await;
    let owner = McpClient::new(gateway.address(), Some(gateway.token()));
    let hello = owner
        .ask("initialize", json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}))
        .await;
    assert_eq!(hello["result"]["serverInfo"]["name"], "landline", "{hello}");
    let tools = owner.tools().await;
    assert!(names(&tools).contains(&"sessions_list") && names(&tools).contains(&"message_send"), "{tools:?}");
    assert!(tools.iter().all(|tool| tool["inputSchema"]["type"] == "object"), "{tools:?}");
    let agents = owner.call("list_agents", json!({})).await;
    assert_eq!(agents["structuredContent"]["defaultId"], "main", "{agents}");
    assert_eq!(agents["content"][0]["type"], "text");
    let wrong = owner.call("sessions_list", json!({"limit": "many"})).await;
    assert_eq!(wrong["isError"], true);
    assert!(wrong["content"][0]["text"].as_str().is_some_and(|text| text.contains("/limit")), "{wrong}");
    let answer = owner.call("agent_run", json!({"message": "hello"})).await;
    assert_eq!(answer["isError"], false, "{answer}");
    let unknown = owner.ask("tools/call", json!({"name": "config_set", "arguments": {}})).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let gateway = Gateway::start(Options::default()).await;
    let owner = McpClient::new(gateway.address(), Some(gateway.token()));
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","x":"{}"}}"#, "a".repeat(13 << 20));
    let reply = owner.post(&body, &[]).await;
    assert!(matches!(reply.status, 413 | 0), "{}", reply.status);
    assert_eq!(owner.post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, &[]).await.status, 200);
    for nonsense in ["", "nonsense", "[]", r#"{"jsonrpc":"2.0"}"#] {
        let reply = owner.post(nonsense, &[]).await;
        assert!((400..500).contains(&reply.status), "{nonsense}: {reply:?}");
    }
}

#[tokio::test]
async fn a_run_gets_a_pass_that_nobody_else_can_read_and_that_dies_with_it() {
    let mut stage = Stage::open("").await;
    stage.start().await;
    let args = std::fs::read_to_string(stage.seen.join("args")).expect("seen");
    let token = stage.token();
    assert!(!args.contains(&token), "the token stands on the command line");
    assert!(args.lines().any(|word| word == "--allowedTools=mcp__landline"), "{args}");
    assert!(!args.contains("--strict-mcp-config"), "{args}");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&stage.folder()), mode(&stage.folder().join("mcp.json"))), (0o700, 0o600));
    let agent = stage.agent();
    assert!(!agent.tools().await.is_empty());
    // It is good here and nowhere else.
    let error = Knock::plain().token(&token).scopes(&["operator.read"]).refused(&stage.gateway).await;
    assert_eq!(error.detail(), "AUTH_TOKEN_MISMATCH");
    stage.finish().await;
    let reply = agent.post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, &[]).await;
    assert_eq!(reply.status, 401);
    assert!(!stage.gateway.everything_written(&["mcp.json"]).contains(&token), "the token was written down");
}

#[tokio::test]
async fn an_agent_reaches_its_own_conversation_only() {
    let mut stage = Stage::open("").await;
    stage.start().await;
    let agent = stage.agent();
    let tools = agent.tools().await;
    for tool in ["sessions_list", "chat_history", "agent_run", "list_tasks", "cancel_task", "list_agents"] {
        assert!(!names(&tools).contains(&tool), "{tool}");
        let answer = agent.ask("tools/call", json!({"name": tool, "arguments": {}})).await;
        assert_eq!(answer["error"]["code"], -32602, "{tool}: {answer}");
    }
    for tool in &tools {
        let asked = &tool["inputSchema"]["properties"];
        for name in ["sessionKey", "idempotencyKey", "agentId", "to"] {
            assert!(asked.get(name).is_none(), "{}: {name}", tool["name"]);
        }
    }
    let own = agent.call("session_describe", json!({})).await;
    assert_eq!(own["structuredContent"]["session"]["key"], "agent:ops:one", "{own}");
    let named = agent.call("session_describe", json!({"key": "one"})).await;
    assert_eq!(named["structuredContent"]["session"]["key"], "agent:ops:one", "{named}");
    for key in ["agent:ops:main", "main", "agent:main:one", "agent:ops:one:x", ""] {
        assert_eq!(
            refused(&agent.call("session_describe", json!({ "key": key })).await),
            "FOREIGN_SESSION",
            "{key}"
        );
        let sent = agent.call("message_send", json!({"message": "x", "sessionKey": key})).await;
        assert_eq!(refused(&sent), "FOREIGN_SESSION", "{key}");
    }
    for (name, value) in
        [("to", "telegram:1"), ("channel", "telegram"), ("accountId", "main"), ("threadId", "7")]
    {
        let sent = agent.call("message_send", json!({"message": "x", name: value})).await;
        assert_eq!(refused(&sent), "AGENT_NOT_ALLOWED", "{name}");
    }
    let panel = agent.call("message_send", json!({"message": "x"})).await;
    assert_eq!(panel["structuredContent"]["error"]["code"], "NOT_FOUND", "no chat of a platform: {panel}");
    stage.finish().await;
}

#[tokio::test]
async fn an_agent_has_the_tools_that_its_owner_names() {
    let mut stage = Stage::open("tools = [\"session_*\"]\nonly_tools = true").await;
    stage.start().await;
    assert_eq!(names(&stage.agent().tools().await), ["session_describe"]);
    let args = std::fs::read_to_string(stage.seen.join("args")).expect("seen");
    assert!(args.lines().any(|word| word == "--strict-mcp-config"), "{args}");
    stage.finish().await;
    let mut without = Stage::open("tools = false").await;
    without.start().await;
    assert!(!without.seen.join("mcp.json").exists());
    std::fs::write(without.seen.join("finish"), "").expect("written");
}

#[tokio::test]
async fn where_the_port_is_open_to_others_agents_have_a_way_of_their_own() {
    let open = "[gateway]\nhost = \"0.0.0.0\"\nbehind_proxy = true\n";
    let mut stage = Stage::open_with(open, "").await;
    stage.start().await;
    let at: std::net::SocketAddr =
        stage.url().trim_start_matches("http://").trim_end_matches("/mcp").parse().expect("an address");
    assert!(at.ip().is_loopback() && at.port() != stage.gateway.address().port(), "{at}");
    assert!(!McpClient::new(at, Some(&stage.token())).tools().await.is_empty());
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for bearer in [None, Some(stage.gateway.token())] {
        assert_eq!(McpClient::new(at, bearer).post(list, &[]).await.status, 401, "{bearer:?}");
    }
    for path in ["/", "/healthz", "/metrics", "/__landline__/canvas/"] {
        assert_eq!(request(at, "GET", path, &[]).await.status, 404, "{path}");
    }
    let agent = McpClient::new(at, Some(&stage.token()));
    assert_eq!(agent.post(list, &[("Host", "evil.test")]).await.status, 421);
    assert_eq!(agent.post(list, &[("Origin", "http://evil.test")]).await.status, 403);
    stage.finish().await;
    assert_eq!(agent.post(list, &[]).await.status, 401);
}

#[tokio::test]
async fn tools_that_do_not_exist_are_a_mistake_of_the_configuration() {
    let gateway = Gateway::prepare(Options::default().config("[agents.ops]\ntools = [\"camera_*\"]\n"));
    let done = gateway.cli(&["config", "check"]).await;
    assert_ne!(done.code, 0);
    assert!(done.stderr.contains("camera_*") && done.stderr.contains("agents.ops.tools"), "{done:?}");
}

/// `landline mcp` as a client runs it.
struct Piped {
    child: tokio::process::Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
}

impl Piped {
    async fn start(gateway: &Gateway, more: &[&str]) -> Self {
        let mut command = tokio::process::Command::new(harness::binary());
        command.arg("mcp").args(more).arg("--state-dir").arg(gateway.state_dir()).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut piped = Self { child, lines };
        let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        assert_eq!(piped.ask("initialize", params).await["result"]["serverInfo"]["name"], "landline");
        piped.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        piped
    }

    async fn say(&mut self, line: &Value) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        stdin.write_all(format!("{line}\n").as_bytes()).await.expect("written");
    }

    /// Asks, and asserts that nothing but the protocol comes out.
    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.say(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).await;
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await.expect("in time");
        let line = line.expect("readable").expect("an answer");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("not the protocol: {line}"))
    }

    async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await;
        answer["result"].clone()
    }
}

#[tokio::test]
async fn the_command_line_serves_the_same_tools_and_outlives_a_restart() {
    let mut gateway = Gateway::start(Options::default()).await;
    let mut piped = Piped::start(&gateway, &["--session", "agent:main:notes"]).await;
    let listed = piped.ask("tools/list", json!({})).await;
    let there = McpClient::new(gateway.address(), Some(gateway.token())).tools().await;
    assert_eq!(names(listed["result"]["tools"].as_array().expect("tools")), names(&there));
    let answer = piped.call("agent_run", json!({"message": "remember the milk"})).await;
    assert_eq!(answer["isError"], false, "{answer}");
    let session = piped.call("session_describe", json!({})).await;
    assert_eq!(session["structuredContent"]["session"]["key"], "agent:main:notes", "{session}");
    gateway.restart().await;
    let session = piped.call("session_describe", json!({})).await;
    assert_eq!(session["structuredContent"]["session"]["key"], "agent:main:notes", "{session}");
    drop(piped.child.stdin.take());
    let ended = tokio::time::timeout(PATIENCE, piped.child.wait()).await.expect("it ends with its stdin");
    assert!(ended.expect("waited").success());
}

#[tokio::test]
async fn without_a_gateway_the_command_line_says_so() {
    let gateway = Gateway::prepare(Options::default());
    let done = gateway.cli(&["mcp"]).await;
    assert_eq!((done.code, done.stdout.as_str()), (3, ""), "{done:?}");
    let list = Gateway::start(Options::default()).await.cli(&["mcp", "--list", "--json"]).await;
    let tools = list.ok().json();
    assert!(tools.as_array().is_some_and(|tools| tools.iter().any(|tool| tool["name"] == "message_send")));
}
