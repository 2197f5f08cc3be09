//! `/api`: every answer is what its own description says.

use std::os::unix::fs::PermissionsExt as _;

use harness::{
    Gateway, Knock, Options, Reply, eventually, identity, request, request_json, request_raw, request_with,
};
use serde_json::{Value, json};

const PROGRAM: &str = r#"#!/bin/sh
read -r line
case "$line" in
  fail*) echo "it broke" >&2; exit 3 ;;
  wait*) touch "$HOME/began"; while [ ! -e "$HOME/finish" ]; do sleep 0.02; done; echo done ;;
  *) echo "you said $line"; echo "twice" ;;
esac
"#;

/// A gateway, and its own word on what it answers.
struct Rest {
    gateway: Gateway,
    document: Value,
}

impl Rest {
    async fn start() -> Self {
        let mut gateway = Gateway::prepare(Options::default());
        let program = gateway.home().join("agent.sh");
        std::fs::write(&program, PROGRAM).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
        gateway.write_config(&format!(
            "[agents.sh]\nexecutor = \"command\"\ncommand = [\"{}\"]\ndefault = true\nenv_pass = [\"HOME\"]\n\
             allowed_tools = [\"Read\", \"Bash\"]\n",
            program.display()
        ));
        gateway.launch();
        gateway.ready().await;
        let document = request(gateway.address(), "GET", "/api/openapi.json", &[]).await;
        assert_eq!(document.status, 200);
        Self { document: document.json(), gateway }
    }

    /// Asks, and holds the answer against the document.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.ask_as(self.gateway.token(), method, path, body).await
    }

    async fn ask_as(&self, bearer: &str, method: &str, path: &str, body: &Value) -> Reply {
        let reply = request_json(self.gateway.address(), method, path, bearer, body).await;
        self.check(method, path, &reply);
        reply
    }

    fn check(&self, method: &str, path: &str, reply: &Reply) {
        let path = path.split('?').next().expect("a path");
        let form = self.document["paths"].as_object().expect("paths").iter().find(|(form, _)| {
            let (form, path): (Vec<_>, Vec<_>) = (form.split('/').collect(), path.split('/').collect());
            form.len() == path.len()
                && form.iter().zip(&path).all(|(form, part)| form.starts_with('{') || form == part)
        });
        let operation =
            form.map(|(_, item)| &item[method.to_ascii_lowercase()]).filter(|item| item.is_object());
        let kind = reply.header("content-type").expect("a type").to_owned();
        let schema = match operation {
            Some(operation) => {
                let responses = &operation["responses"];
                let response = responses.get(reply.status.to_string()).unwrap_or(&responses["default"]);
                response["content"][&kind]["schema"].clone()
            }
            None => json!({"$ref": "#/components/schemas/Refusal"}),
        };
        assert!(schema.is_object(), "{method} {path}: {} {kind} is not described", reply.status);
        let mut whole = schema;
        whole["components"] = self.document["components"].clone();
        let check = jsonschema::validator_for(&whole).expect("a schema");
        let answer = reply.json();
        let problems: Vec<_> = check.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{method} {path}: {problems:?} in {answer}");
    }

    async fn dispatch(&self, prompt: &str) -> String {
        let reply = self.ask("POST", "/api/dispatch", &json!({"prompt": prompt, "maxRetries": 0})).await;
        assert_eq!(reply.status, 202, "{reply:?}");
        reply.json()["taskId"].as_str().expect("an id").to_owned()
    }

    /// Waits for the end of a task by its output.
    async fn ended(&self, id: &str) -> Value {
        let mut after = 0;
        loop {
            let page = self
                .ask("GET", &format!("/api/tasks/{id}/output?after={after}&waitMs=5000"), &Value::Null)
                .await;
            assert_eq!(page.status, 200, "{page:?}");
            let page = page.json();
            if page["done"] == true {
                return self.ask("GET", &format!("/api/tasks/{id}"), &Value::Null).await.json()["task"]
                    .clone();
            }
            after = page["next"].as_u64().expect("a number");
        }
    }
}

#[tokio::test]
async fn a_task_from_dispatch_to_its_answer() {
    let rest = Rest::start().await;
    let body = json!({"agentName": "local", "prompt": "hello", "allowedTools": "Read, Bash(git add, git commit)", "maxBudgetUsd": 1.5});
    let taken = rest.ask("POST", "/api/dispatch", &body).await;
    assert_eq!(
        (taken.status, &taken.json()["status"], &taken.json()["agentName"]),
        (202, &json!("queued"), &json!("local"))
    );
    let id = taken.json()["taskId"].as_str().expect("an id").to_owned();
    let task = rest.ended(&id).await;
    assert_eq!(
        (&task["status"], &task["output"]),
        (&json!("completed"), &json!(["you said hello", "twice"])),
        "{task}"
    );
    assert_eq!(
        (&task["prompt"], &task["retryCount"], &task["orgId"]),
        (&json!("hello"), &json!(0), &json!("default"))
    );
    let short = rest.ask("GET", &format!("/api/tasks/{}", &id[..18]), &Value::Null).await;
    assert_eq!(short.json()["task"]["id"], *id);
    let again = rest.ask("POST", &format!("/api/tasks/{id}/retry"), &Value::Null).await;
    assert_eq!(again.status, 202, "{again:?}");
    let second = rest.ended(again.json()["taskId"].as_str().expect("an id")).await;
    assert_eq!((&second["retryOf"], &second["status"]), (&json!(id), &json!("completed")));
    let diff = rest.ask("GET", &format!("/api/tasks/{id}/diff"), &Value::Null).await;
    assert_eq!(diff.status, 404, "{diff:?}");
    let stats = rest.ask("GET", "/api/stats", &Value::Null).await.json();
    assert_eq!(
        (&stats["stats"]["tasksDispatched"], &stats["stats"]["tasksCompleted"]),
        (&json!(2), &json!(2)),
        "{stats}"
    );
    let agents = rest.ask("GET", "/api/agents", &Value::Null).await.json();
    assert_eq!(
        (&agents["agents"][0]["name"], &agents["agents"][0]["status"]),
        (&json!("local"), &json!("idle")),
        "{agents}"
    );
}

#[tokio::test]
async fn states_are_translated_and_pages_follow_each_other() {
    let rest = Rest::start().await;
    let good = rest.dispatch("hello").await;
    rest.ended(&good).await;
    let bad = rest.dispatch("fail").await;
    let failed = rest.ended(&bad).await;
    assert!(matches!(failed["status"].as_str(), Some("error" | "dead-letter")), "{failed}");
    assert!(failed["error"].as_str().is_some_and(|text| text.contains("it broke")), "{failed}");
    let slow = rest.dispatch("wait").await;
    eventually("it begins", async || rest.gateway.home().join("began").exists()).await;
    let ids = async |query: &str| {
        let reply = rest.ask("GET", &format!("/api/tasks{query}"), &Value::Null).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let tasks = reply.json()["tasks"].clone();
        let ids =
            tasks.as_array().expect("a list").iter().map(|task| task["id"].as_str().expect("id").to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [slow.clone(), bad.clone(), good.clone()]);
    assert_eq!(ids("?status=running").await, std::slice::from_ref(&slow));
    assert_eq!(ids("?status=completed").await, std::slice::from_ref(&good));
    let word = failed["status"].as_str().expect("a word");
    assert_eq!(ids(&format!("?status={word}")).await, std::slice::from_ref(&bad));
    assert_eq!(rest.ask("GET", "/api/tasks?status=bogus", &Value::Null).await.status, 400);
    assert_eq!(rest.ask("GET", "/api/tasks?statsu=running", &Value::Null).await.status, 400);
    assert_eq!(rest.ask("GET", "/api/tasks?limit=0", &Value::Null).await.status, 400);
    let first = rest.ask("GET", "/api/tasks?limit=2", &Value::Null).await.json();
    assert!(first["tasks"][0].get("output").is_none(), "lists carry no outputs: {first}");
    let cursor = first["nextCursor"].as_str().expect("more");
    assert_eq!(ids(&format!("?limit=2&cursor={cursor}")).await, std::slice::from_ref(&good));
    let stopped = rest.ask("POST", &format!("/api/tasks/{slow}/cancel"), &Value::Null).await;
    assert_eq!((stopped.status, &stopped.json()["task"]["cancelled"]), (200, &json!(true)), "{stopped:?}");
    assert_eq!(stopped.json()["task"]["status"], "error", "a coordinator knows no word for it");
    assert_eq!(rest.ask("POST", &format!("/api/tasks/{slow}/cancel"), &Value::Null).await.status, 409);
    assert_eq!(ids("?status=cancelled").await, [slow]);
}

#[tokio::test]
async fn wrong_requests_are_told_why() {
    let rest = Rest::start().await;
    let status = async |method: &str, path: &str, body: Value| {
        let reply = rest.ask(method, path, &body).await;
        assert!(
            reply.status >= 400 && reply.header("content-type") == Some("application/problem+json"),
            "{reply:?}"
        );
        (reply.status, reply.json())
    };
    for body in [
        json!({}),
        json!({"prompt": 7}),
        json!({"prompt": "x", "agent": "typo"}),
        json!([]),
        json!({"prompt": "x", "agentName": "a", "pool": "b"}),
        json!({"prompt": "x", "on": "no where"}),
        json!({"prompt": "x", "maxBudgetUsd": 20_000}),
    ] {
        let (code, problem) = status("POST", "/api/dispatch", body.clone()).await;
        assert_eq!(code, 400, "{body}: {problem}");
        assert!(problem["error"] == problem["detail"] && problem["status"] == 400, "{problem}");
    }
    assert_eq!(status("POST", "/api/dispatch", json!({"prompt": "x", "agentName": "nobody"})).await.0, 404);
    assert_eq!(status("POST", "/api/dispatch", json!({"prompt": "x", "agentId": "nobody"})).await.0, 404);
    let unknown = "/api/tasks/00000000-0000-7000-8000-000000000000";
    assert_eq!(status("GET", unknown, Value::Null).await.0, 404);
    assert_eq!(status("POST", &format!("{unknown}/cancel"), Value::Null).await.0, 404);
    assert_eq!(status("GET", "/api/nothing", Value::Null).await.0, 404);
    assert_eq!(status("DELETE", "/api/tasks", Value::Null).await.0, 405);
    for (method, path) in
        [("GET", "/api/users"), ("POST", "/api/orgs"), ("DELETE", "/api/keys/1"), ("GET", "/api/webhooks/x")]
    {
        assert_eq!(status(method, path, json!({})).await.0, 501, "{path}");
    }
    let at = rest.gateway.address();
    let bearer = format!("Bearer {}", rest.gateway.token());
    let broken =
        request_with(at, "POST", "/api/dispatch", &[("Authorization", &bearer)], "{\"prompt\": \"s3cret")
            .await;
    assert_eq!(broken.status, 400);
    assert!(!broken.body.contains("s3cret"), "{broken:?}");
    let huge = format!(
        "POST /api/dispatch HTTP/1.1\r\nHost: {at}\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
    );
    assert_eq!(request_raw(at, huge.as_bytes()).await.status, 413, "a large body is answered, not cut off");
}

#[tokio::test]
async fn who_may_do_what() {
    let rest = Rest::start().await;
    let at = rest.gateway.address();
    let nobody = request(at, "GET", "/api/tasks", &[]).await;
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (401, Some("bearer")));
    assert_eq!(request(at, "GET", "/api/nothing", &[]).await.status, 401, "strangers learn no routes");
    let bearer = format!("Bearer {}", rest.gateway.token());
    let evil = [("Authorization", &*bearer), ("Origin", "http://evil.test")];
    assert_eq!(request(at, "GET", "/api/tasks", &evil).await.status, 403);
    let device = identity();
    let client =
        Knock::cli(&rest.gateway).device(&device).scopes(&["operator.read"]).enter(&rest.gateway).await;
    let reader = client.device_token();
    assert_eq!(rest.ask_as(&reader, "GET", "/api/tasks", &Value::Null).await.status, 200);
    assert_eq!(rest.ask_as(&reader, "POST", "/api/dispatch", &json!({"prompt": "x"})).await.status, 403);
    let id = rest.dispatch("hello").await;
    assert_eq!(
        rest.ask_as(&reader, "POST", &format!("/api/tasks/{id}/cancel"), &Value::Null).await.status,
        403
    );
}

#[tokio::test]
async fn the_same_key_is_the_same_task() {
    let rest = Rest::start().await;
    let body = json!({"prompt": "hello", "idempotencyKey": "k-1"});
    let first = rest.ask("POST", "/api/dispatch", &body).await.json();
    let second = rest.ask("POST", "/api/dispatch", &body).await.json();
    assert_eq!(first["taskId"], second["taskId"]);
    let other = json!({"prompt": "other", "idempotencyKey": "k-1"});
    let conflict = rest.ask("POST", "/api/dispatch", &other).await;
    assert_eq!(conflict.status, 409, "{conflict:?}");
}

#[tokio::test]
async fn a_message_reaches_the_one_task_that_runs_or_is_refused() {
    let rest = Rest::start().await;
    let message = |to: &str| json!({"fromAgent": "a", "toAgent": to, "topic": "t", "body": "b"});
    let idle = rest.ask("POST", "/api/message", &message("local")).await;
    assert_eq!(idle.status, 409, "{idle:?}");
    let unknown = rest.ask("POST", "/api/message", &message("nobody")).await;
    assert_eq!((unknown.status, &unknown.json()["status"]), (200, &json!("unknown-agent")));
}

#[tokio::test]
async fn the_seven_metrics_are_true_after_a_restart() {
    let mut rest = Rest::start().await;
    let good = rest.dispatch("hello").await;
    rest.ended(&good).await;
    let bad = rest.dispatch("fail").await;
    rest.ended(&bad).await;
    let read = async |gateway: &Gateway| {
        let bearer = format!("Bearer {}", gateway.token());
        request(gateway.address(), "GET", "/metrics", &[("Authorization", &bearer)]).await.body
    };
    for _ in 0..2 {
        let text = read(&rest.gateway).await;
        for line in [
            "# TYPE coord_tasks_dispatched_total counter",
            "coord_tasks_dispatched_total 2",
            "coord_tasks_completed_total 1",
            "coord_tasks_errored_total 1",
            "# TYPE coord_task_duration_seconds histogram",
            "coord_task_duration_seconds_bucket{le=\"600\"} 2",
            "coord_task_duration_seconds_bucket{le=\"+Inf\"} 2",
            "coord_task_duration_seconds_count 2",
            "# TYPE coord_connected_agents gauge",
            "coord_connected_agents 0",
            "coord_queue_depth 0",
            "coord_active_tasks 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        let limits = text.lines().filter(|line| line.starts_with("coord_task_duration_seconds_bucket"));
        assert_eq!(limits.count(), 9, "1 5 15 30 60 120 300 600 and all");
        rest.gateway.restart().await;
    }
}
