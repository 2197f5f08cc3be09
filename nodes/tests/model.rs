//! The executor for models behind an endpoint, against an endpoint with faults.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that failed")]

mod model {
    pub(crate) mod endpoint;
}

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use model::endpoint::{Endpoint, Say, words};
use nodes::executor::{
    AgentSpec, Assignment, Conversation, EndedBy, Executor, ExecutorKind, FailureClass, Memory, Model,
    Outcome, Retry, Step, ToolAccess, channel,
};
use nodes::process::Environment;
use schemas::agent::Prices;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn task(endpoint: &Endpoint, prompt: &str) -> Assignment {
    Assignment {
        task_id: Uuid::new_v4(),
        run_id: "run".into(),
        fence: 1,
        session_key: "main".into(),
        agent: AgentSpec {
            name: "agent".into(),
            executor: ExecutorKind::Model,
            command: vec![],
            cwd: "/".into(),
            env_pass: vec![],
            env: BTreeMap::from([("TEST_KEY".to_owned(), "sk-s3cret".to_owned())]),
            model: Some("m-1".into()),
            permission_mode: None,
            allowed_tools: vec![],
            disallowed_tools: vec![],
            max_turns: None,
            endpoint: Some(schemas::agent::Endpoint {
                base_url: endpoint.url.clone(),
                api_key_env: Some("TEST_KEY".into()),
                instructions: Some("be brief".into()),
                prices: Some(Prices { input_cents: 15, output_cents: 60, cached_cents: None }),
                ..schemas::agent::Endpoint::default()
            }),
        },
        conversation: Conversation { id: Uuid::new_v4(), resume: false, cost_before_usd: None },
        prompt: prompt.into(),
        attachments: vec![],
        tools: None,
        timeout: Duration::from_mins(1),
        environment_marker: ("LANDLINE_TEST_RUN".into(), "x".into()),
        budget_usd: None,
        isolation: None,
        permissions: None,
        resume_from: None,
    }
}

async fn run(state: &TempDir, task: Assignment, stop: CancellationToken) -> (Outcome, Vec<Step>) {
    let (progress, mut observer) = channel(4);
    let executor = Model::new(Environment::of_process(), Memory::new(state.path().join("model")));
    let watch = async {
        let mut seen = Vec::new();
        while let Some(step) = observer.steps.recv().await {
            seen.push(step);
        }
        seen
    };
    tokio::join!(executor.execute(task, progress, stop), watch)
}

fn reply(outcome: &Outcome) -> String {
    outcome.result.as_ref().unwrap_or_else(|failure| panic!("{failure:?}")).text.clone()
}

#[tokio::test]
async fn an_answer_is_streamed_priced_and_remembered() {
    let endpoint = Endpoint::start(vec![words(&["hel", "lo"]), words(&["again"])]).await;
    let state = TempDir::new().unwrap();
    let first = task(&endpoint, "one");
    let mut conversation = first.conversation;
    let (outcome, steps) = run(&state, first, CancellationToken::new()).await;
    assert_eq!((reply(&outcome).as_str(), outcome.conversation), ("hello", Some(conversation.id)));
    assert!(steps.contains(&Step::Text { delta: "hel".into() }), "{steps:?}");
    let usage = outcome.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.turns), (1000, 10, 1));
    assert!((usage.cost_usd.unwrap() - 0.000_156).abs() < 1e-12, "{usage:?}");

    conversation.resume = true;
    let (outcome, _) =
        run(&state, Assignment { conversation, ..task(&endpoint, "two") }, CancellationToken::new()).await;
    assert_eq!(reply(&outcome), "again");
    let (body, head) = endpoint.requests().pop().unwrap();
    assert!(head.contains("authorization: Bearer sk-s3cret"), "{head}");
    assert!(head.starts_with("POST /v1/chat/completions "), "{head}");
    let said: Vec<(&str, &str)> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["role"].as_str().unwrap(), message["content"].as_str().unwrap()))
        .collect();
    assert_eq!(said, [("system", "be brief"), ("user", "one"), ("assistant", "hello"), ("user", "two")]);
    assert_eq!((&body["model"], &body["stream"]), (&json!("m-1"), &json!(true)));
}

#[tokio::test]
async fn refusals_have_their_class_and_never_repeat_the_key() {
    let said = r#"{"error":{"message":"not with sk-s3cret"}}"#.to_owned();
    let cases = [
        (429, "retry-after: 7\r\n", FailureClass::RateLimited, Retry::After(Duration::from_secs(7))),
        (500, "", FailureClass::Network, Retry::Later),
        (503, "retry-after: 9\r\n", FailureClass::Network, Retry::After(Duration::from_secs(9))),
        (400, "", FailureClass::Validation, Retry::Never),
        (401, "", FailureClass::Denied, Retry::Never),
        (403, "retry-after: 7\r\n", FailureClass::Denied, Retry::Never),
        (302, "location: http://127.0.0.1:1/\r\n", FailureClass::Validation, Retry::Never),
    ];
    for (status, headers, class, retry) in cases {
        let endpoint = Endpoint::start(vec![Say::Plain(status, headers, said.clone())]).await;
        let (outcome, _) =
            run(&TempDir::new().unwrap(), task(&endpoint, "x"), CancellationToken::new()).await;
        let failure = outcome.result.unwrap_err();
        assert_eq!((failure.class, failure.retry()), (class, retry), "{status}");
        assert_eq!(failure.code, format!("http_{status}"));
        assert!(failure.message.contains("not with [key]"), "{failure}");
        assert_eq!(endpoint.requests().len(), 1, "nothing is repeated here");
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_or_nonsense_is_no_answer() {
    let piece = r#"data: {"choices":[{"delta":{"content":"half"}}]}"#;
    let cases = [
        (Say::Cut(format!("{piece}\n\n")), FailureClass::Network),
        (Say::Pieces(vec![json!({"choices": [{"delta": {"content": "half"}}]})]), FailureClass::Network),
        (Say::Pieces(vec![json!("nonsense")]), FailureClass::Validation),
        (Say::Plain(200, "", "{}".into()), FailureClass::Validation),
        (Say::Pieces(vec![json!({"error": {"message": "overheated"}})]), FailureClass::IsError),
    ];
    for (number, (say, class)) in cases.into_iter().enumerate() {
        let endpoint = Endpoint::start(vec![say]).await;
        let (outcome, _) =
            run(&TempDir::new().unwrap(), task(&endpoint, "x"), CancellationToken::new()).await;
        assert_eq!(outcome.result.unwrap_err().class, class, "case {number}");
        assert_eq!(outcome.conversation, None);
    }
}

#[tokio::test]
async fn nobody_there_is_a_failure_that_may_pass() {
    let endpoint = Endpoint::start(vec![Say::Silence]).await;
    let mut lonely = task(&endpoint, "x");
    lonely.agent.endpoint.as_mut().unwrap().base_url = "http://127.0.0.1:1/v1".into();
    let (outcome, _) = run(&TempDir::new().unwrap(), lonely, CancellationToken::new()).await;
    assert_eq!(outcome.result.unwrap_err().class, FailureClass::Network);
    let mut keyless = task(&endpoint, "x");
    keyless.agent.env.clear();
    let (outcome, _) = run(&TempDir::new().unwrap(), keyless, CancellationToken::new()).await;
    assert_eq!(outcome.result.unwrap_err().code, "no_key");
}

#[tokio::test]
async fn a_silent_endpoint_is_left_when_the_run_is_stopped_or_its_time_is_up() {
    let endpoint = Endpoint::start(vec![Say::Silence]).await;
    let state = TempDir::new().unwrap();
    let stop = CancellationToken::new();
    let halt = async {
        while endpoint.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    };
    let begun = Instant::now();
    let ((outcome, _), ()) = tokio::join!(run(&state, task(&endpoint, "x"), stop.clone()), halt);
    assert_eq!(outcome.ended_by, EndedBy::Cancelled);
    let limited = Assignment { timeout: Duration::from_millis(50), ..task(&endpoint, "x") };
    let (outcome, _) = run(&state, limited, CancellationToken::new()).await;
    assert_eq!(outcome.ended_by, EndedBy::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn tools_are_listed_called_and_their_answers_told() {
    let result =
        |id: u64, result: Value| Say::Pieces(vec![json!({"jsonrpc": "2.0", "id": id, "result": result})]);
    let listed =
        json!({"tools": [{"name": "look", "description": "Looks.", "inputSchema": {"type": "object"}}]});
    let tools = Endpoint::start(vec![
        result(1, listed),
        result(2, json!({"content": [{"type": "text", "text": "a cat"}], "isError": false})),
    ])
    .await;
    let call = json!({"choices": [{"delta": {"tool_calls": [
        {"index": 0, "id": "c1", "function": {"name": "look", "arguments": "{\"at\":1}"}},
        {"index": 1, "id": "c2", "function": {"name": "unknown", "arguments": ""}}]},
        "finish_reason": "tool_calls"}]});
    let endpoint = Endpoint::start(vec![Say::Pieces(vec![call]), words(&["I see a cat"])]).await;
    let mut asked = task(&endpoint, "look");
    asked.tools = Some(ToolAccess {
        url: tools.url.clone(),
        token: "pass".into(),
        folder: "/nonexistent".into(),
        only: false,
        call_timeout: Duration::from_secs(10),
    });
    let (outcome, steps) = run(&TempDir::new().unwrap(), asked, CancellationToken::new()).await;
    assert_eq!(reply(&outcome), "I see a cat");
    let (body, head) = tools.requests().pop().unwrap();
    assert_eq!(body["params"], json!({"name": "look", "arguments": {"at": 1}}));
    assert!(head.contains("Bearer pass"), "{head}");
    let (body, _) = endpoint.requests().pop().unwrap();
    assert_eq!(body["tools"][0]["function"]["name"], "look");
    let told: Vec<&Value> =
        body["messages"].as_array().unwrap().iter().rev().take(2).map(|m| &m["content"]).collect();
    assert_eq!(told, [&json!("There is no tool unknown"), &json!("a cat")]);
    let results = steps.iter().filter(|step| matches!(step, Step::ToolResult { .. })).count();
    assert_eq!((results, outcome.usage.unwrap().turns), (2, 2));
}
