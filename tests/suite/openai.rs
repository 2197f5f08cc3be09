//! `/v1`: agents for the client libraries of `OpenAI`.

use std::os::unix::fs::PermissionsExt as _;

use harness::{
    Client, Gateway, Knock, Options, PATIENCE, Reply, eventually, head_of, identity, request, request_json,
    request_with,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const ON: &str = "[gateway.openai]\nchat_completions = true\nresponses = true\n";

/// An agent that says two parts and then waits until it is told to end.
const PROGRAM: &str = r#"#!/bin/sh
read -r line
echo one
touch "$HOME/began"
while [ ! -e "$HOME/finish" ]; do sleep 0.02; done
printf 'two'
"#;

async fn slow_agent() -> Gateway {
    let mut gateway = Gateway::prepare(Options::default());
    let program = gateway.home().join("slow.sh");
    std::fs::write(&program, PROGRAM).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
    gateway.write_config(&format!(
        "{ON}[agents.slow]\nexecutor = \"command\"\ncommand = [\"{}\"]\ndefault = true\nenv_pass = [\"HOME\"]\n",
        program.display()
    ));
    gateway.launch();
    gateway.ready().await;
    gateway
}

async fn complete(gateway: &Gateway, body: Value) -> Reply {
    request_json(gateway.address(), "POST", "/v1/chat/completions", gateway.token(), &body).await
}

async fn respond(gateway: &Gateway, body: Value) -> Reply {
    request_json(gateway.address(), "POST", "/v1/responses", gateway.token(), &body).await
}

/// Returns the data lines of a stream.
fn data(reply: &Reply) -> Vec<Value> {
    let lines = reply.body.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.filter(|line| *line != "[DONE]").map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn hello(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "hello"}]})
}

#[tokio::test]
async fn it_is_off_unless_switched_on_and_needs_a_bearer() {
    let gateway = Gateway::start(Options::default()).await;
    for (method, path) in [("GET", "/v1/models"), ("POST", "/v1/chat/completions"), ("POST", "/v1/responses")]
    {
        let off = request_json(gateway.address(), method, path, gateway.token(), &json!({})).await;
        assert_eq!((off.status, &off.json()["error"]["code"]), (404, &json!("endpoint_disabled")), "{path}");
    }
    let gateway = Gateway::start(Options::default().config("[gateway.openai]\nresponses = true\n")).await;
    assert_eq!(complete(&gateway, hello("openclaw")).await.status, 404, "each is switched by itself");
    let at = gateway.address();
    let none = request(at, "GET", "/v1/models", &[]).await;
    assert_eq!(none.status, 401);
    assert_eq!(none.json(), json!({"error": {"message": "Unauthorized", "type": "unauthorized"}}));
    assert_eq!(none.header("www-authenticate"), Some("bearer"));
    let bearer = format!("Bearer {}", gateway.token());
    let evil =
        request(at, "GET", "/v1/models", &[("Authorization", &bearer), ("Origin", "http://evil.test")]).await;
    assert_eq!(evil.status, 403);
    let rebound =
        request(at, "GET", "/v1/models", &[("Authorization", &bearer), ("Host", "evil.test")]).await;
    assert_eq!(rebound.status, 421);
    let good = request(at, "GET", "/v1/models", &[("Authorization", &bearer)]).await;
    assert_eq!(good.status, 200);
    assert!(!good.head.contains("access-control"), "no page of another origin may read it: {good:?}");
    let asked = request(at, "OPTIONS", "/v1/responses", &[("Authorization", &bearer)]).await;
    assert_eq!((asked.status, asked.header("allow")), (405, Some("post")));
    assert_eq!(request(at, "GET", "/v1/embeddings", &[("Authorization", &bearer)]).await.status, 404);
    for _ in 0..10 {
        request(at, "GET", "/v1/models", &[("Authorization", "Bearer wrong")]).await;
    }
    let locked = request(at, "GET", "/v1/models", &[("Authorization", &bearer)]).await;
    assert_eq!(locked.status, 429, "after too many wrong ones even the right one waits");
    assert!(locked.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok_and(|wait| wait > 0)));
}

#[tokio::test]
async fn a_device_may_do_what_it_was_approved_for() {
    let gateway = Gateway::start(Options::default().config(ON)).await;
    let token = async |scopes: &[&str]| {
        let device = identity();
        let client = Knock::cli(&gateway).device(&device).scopes(scopes).enter(&gateway).await;
        client.device_token()
    };
    let reader = token(&["operator.read"]).await;
    let writer = token(&["operator.read", "operator.write"]).await;
    let at = gateway.address();
    let models = request_json(at, "GET", "/v1/models", &reader, &json!({})).await;
    assert_eq!(models.status, 200, "{models:?}");
    let refused = request_json(at, "POST", "/v1/chat/completions", &reader, &hello("openclaw")).await;
    assert_eq!((refused.status, &refused.json()["error"]["type"]), (403, &json!("permission_error")));
    let answered = request_json(at, "POST", "/v1/chat/completions", &writer, &hello("openclaw")).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    let mut owner = Knock::cli(&gateway).enter(&gateway).await;
    let devices = owner.ok("device.pair.list", json!({})).await;
    for device in devices["paired"].as_array().expect("a list") {
        owner.ok("device.pair.remove", json!({"deviceId": device["deviceId"]})).await;
    }
    let gone = request_json(at, "POST", "/v1/chat/completions", &writer, &hello("openclaw")).await;
    assert_eq!(gone.status, 401, "a removed device is nobody");
}

#[tokio::test]
async fn models_are_the_agents() {
    let config = format!(
        "{ON}[agents.ops]\nexecutor = \"builtin\"\n[agents.main]\nexecutor = \"builtin\"\ndefault = true\n"
    );
    let gateway = Gateway::start(Options::default().config(&config)).await;
    let at = gateway.address();
    let list = request_json(at, "GET", "/v1/models", gateway.token(), &json!({})).await.json();
    let ids: Vec<_> =
        list["data"].as_array().expect("a list").iter().filter_map(|model| model["id"].as_str()).collect();
    for id in ["openclaw", "openclaw/default", "openclaw/main", "openclaw/ops", "landline/ops"] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    for path in ["/v1/models/openclaw%2Fops", "/v1/models/landline/ops"] {
        let one = request_json(at, "GET", path, gateway.token(), &json!({})).await;
        assert_eq!((one.status, &one.json()["object"]), (200, &json!("model")), "{path}");
    }
    assert_eq!(request_json(at, "GET", "/v1/models/gpt-5", gateway.token(), &json!({})).await.status, 404);
    let reply = complete(&gateway, hello("gpt-5")).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!("model_not_found")));
}

#[tokio::test]
async fn a_completion_whole_and_in_pieces() {
    let gateway = Gateway::start(Options::default().config(ON)).await;
    let whole = complete(&gateway, hello("openclaw")).await;
    let body = whole.json();
    assert_eq!(
        (whole.status, &body["object"], &body["model"]),
        (200, &json!("chat.completion"), &json!("openclaw"))
    );
    let choice = &body["choices"][0];
    assert_eq!((&choice["message"]["role"], &choice["finish_reason"]), (&json!("assistant"), &json!("stop")));
    let text = choice["message"]["content"].as_str().expect("text");
    assert!(!text.is_empty() && body["usage"]["total_tokens"].is_u64(), "{body}");

    let mut asked = hello("openclaw");
    asked["stream"] = true.into();
    asked["stream_options"] = json!({"include_usage": true});
    let streamed = complete(&gateway, asked).await;
    assert_eq!(streamed.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert!(streamed.body.ends_with("data: [DONE]\n\n"), "{streamed:?}");
    let chunks = data(&streamed);
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    let said: String =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(said, text, "the pieces are the whole");
    let last = &chunks[chunks.len() - 1];
    assert_eq!(last["choices"], json!([]));
    assert!(last["usage"]["total_tokens"].is_u64(), "{last}");
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn what_cannot_be_honoured_is_refused_by_name() {
    let gateway = Gateway::start(Options::default().config(ON)).await;
    let with = |name: &str, value: Value| {
        let mut body = hello("openclaw");
        body[name] = value;
        body
    };
    for (param, body) in [
        ("n", with("n", json!(2))),
        ("tools", with("tools", json!([{"type": "function", "function": {"name": "x"}}]))),
        ("response_format", with("response_format", json!({"type": "json_object"}))),
        ("logprobs", with("logprobs", json!(true))),
        ("messages", with("messages", json!([]))),
        ("messages[0]", with("messages", json!([{"role": "narrator", "content": "x"}]))),
    ] {
        let reply = complete(&gateway, body).await;
        let error = reply.json()["error"].clone();
        assert_eq!(
            (reply.status, &error["type"], &error["param"]),
            (400, &json!("invalid_request_error"), &json!(param))
        );
    }
    let fine = with("temperature", json!(0.2));
    assert_eq!(complete(&gateway, fine).await.status, 200);
    let at = gateway.address();
    let bearer = format!("Bearer {}", gateway.token());
    let broken =
        request_with(at, "POST", "/v1/responses", &[("Authorization", &bearer)], "{\"model\":").await;
    assert_eq!(broken.status, 400);
    let text =
        request(at, "POST", "/v1/responses", &[("Authorization", &bearer), ("Content-Type", "text/plain")])
            .await;
    assert_eq!(text.status, 415);
    let huge = format!(
        "POST /v1/responses HTTP/1.1\r\nHost: {at}\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
    );
    assert_eq!(harness::request_raw(at, huge.as_bytes()).await.status, 413);
}

#[tokio::test]
async fn conversations_last_when_they_are_named() {
    let gateway = Gateway::start(Options::default().config(ON)).await;
    let mut client: Client = Knock::cli(&gateway).enter(&gateway).await;
    let mut asked = hello("openclaw/main");
    asked["user"] = json!("ann");
    complete(&gateway, asked.clone()).await;
    asked["messages"] = json!([
        {"role": "user", "content": "hello"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "again"}
    ]);
    complete(&gateway, asked).await;
    let said = client.history("agent:main:openai-user:ann").await;
    let by_user: Vec<_> =
        said.iter().filter(|line| line["role"] == "user").map(ToString::to_string).collect();
    assert_eq!(by_user.len(), 2, "{said:?}");
    assert!(by_user[1].contains("again") && !by_user[1].contains("<conversation>"), "{by_user:?}");

    let first = respond(&gateway, json!({"model": "openclaw", "input": "hello"})).await.json();
    assert_eq!(
        (&first["status"], &first["output"][0]["type"]),
        (&json!("completed"), &json!("message")),
        "{first}"
    );
    let next = json!({"model": "openclaw", "input": "more", "previous_response_id": first["id"]});
    let next = respond(&gateway, next).await.json();
    assert_eq!(next["status"], "completed", "{next}");
    let list = client.ok("sessions.list", json!({})).await;
    let keys = list["sessions"].as_array().expect("a list").iter().filter_map(|row| row["key"].as_str());
    let key = keys.filter(|key| key.contains(":openresponses:")).collect::<Vec<_>>();
    assert_eq!(key.len(), 1, "both are one conversation: {key:?}");
    assert_eq!(client.history(key[0]).await.iter().filter(|line| line["role"] == "user").count(), 2);
    let unknown = json!({"model": "openclaw", "input": "x", "previous_response_id": format!("resp_{}_0", uuid::Uuid::new_v4().simple())});
    assert_eq!(respond(&gateway, unknown).await.status, 404);
}

#[tokio::test]
async fn a_response_streams_in_order() {
    let gateway = slow_agent().await;
    std::fs::write(gateway.home().join("finish"), "").expect("written");
    let reply = respond(&gateway, json!({"model": "openclaw", "input": [{"role": "user", "content": [{"type": "input_text", "text": "go"}]}], "stream": true})).await;
    let events = data(&reply);
    let numbers: Vec<_> = events.iter().filter_map(|event| event["sequence_number"].as_u64()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    let kinds: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(
        kinds[..4],
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added"
        ]
    );
    assert_eq!(kinds[kinds.len() - 1], "response.completed", "{kinds:?}");
    let said: String = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta")
        .filter_map(|event| event["delta"].as_str())
        .collect();
    assert_eq!(said, "one\ntwo");
    assert_eq!(events[events.len() - 1]["response"]["output"][0]["content"][0]["text"], "one\ntwo");
}

#[tokio::test]
async fn text_comes_while_the_agent_works_and_a_client_that_hangs_up_stops_it() {
    let gateway = slow_agent().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let mut asked = hello("openclaw");
    asked["stream"] = true.into();
    let bearer = format!("Bearer {}", gateway.token());
    let at = gateway.address();
    let text = head_of(at, "POST", "/v1/chat/completions", &[("Authorization", &bearer)], &asked.to_string());
    let mut stream = TcpStream::connect(at).await.expect("connected");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut heard = String::new();
    while !heard.contains("\"content\":\"one\\n") {
        let mut piece = [0; 4096];
        let read =
            tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.expect("in time").expect("read");
        assert!(read > 0, "it ended: {heard}");
        heard.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    drop(stream);
    let stopped = |event: &Value| event["event"] == "task" && event["payload"]["status"] == "cancelled";
    client.event("the run is stopped", stopped).await;
    // One that waits for the whole answer is no different.
    std::fs::remove_file(gateway.home().join("began")).expect("it began");
    let text = head_of(
        at,
        "POST",
        "/v1/chat/completions",
        &[("Authorization", &bearer)],
        &hello("openclaw").to_string(),
    );
    let mut stream = TcpStream::connect(at).await.expect("connected");
    stream.write_all(text.as_bytes()).await.expect("sent");
    eventually("it begins", async || gateway.home().join("began").exists()).await;
    drop(stream);
    client.event("the run is stopped", stopped).await;
}

#[tokio::test]
async fn a_failed_run_is_an_error_and_not_an_answer() {
    let config = format!(
        "{ON}[agents.bad]\nexecutor = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"echo no >&2; exit 3\"]\ndefault = true\n"
    );
    let gateway = Gateway::start(Options::default().config(&config)).await;
    let whole = complete(&gateway, hello("openclaw")).await;
    assert_eq!((whole.status, &whole.json()["error"]["type"]), (422, &json!("agent_error")), "{whole:?}");
    let mut asked = hello("openclaw");
    asked["stream"] = true.into();
    let streamed = complete(&gateway, asked).await;
    assert!(!streamed.body.contains("[DONE]"), "{streamed:?}");
    assert_eq!(data(&streamed).last().expect("an event")["error"]["type"], "agent_error");
    let response = respond(&gateway, json!({"model": "openclaw", "input": "x", "stream": true})).await;
    assert_eq!(data(&response).last().expect("an event")["type"], "response.failed");
}
