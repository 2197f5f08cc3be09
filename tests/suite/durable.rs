//! Nothing that was accepted is lost or done twice: restarts, repeats, backups (requirements 2, protocol 4.1, 5.4, 5.5).

use std::time::{Duration, Instant};

use harness::{Client, Gateway, Knock, Options, eventually};
use serde_json::{Value, json};

/// Returns the rows of a run: what started it, and all others.
fn rows<'a>(history: &'a [Value], run: &str) -> (Vec<&'a Value>, Vec<&'a Value>) {
    let key = format!("{run}:user");
    let asked = history.iter().filter(|row| row["role"] == "user" && row["idempotencyKey"] == key.as_str());
    let others = history.iter().filter(|row| row["role"] != "user" && row["__openclaw"]["runId"] == run);
    (asked.collect(), others.collect())
}

fn text(row: &Value) -> String {
    let blocks = row["content"].as_array().expect("blocks");
    blocks.iter().filter_map(|block| block["text"].as_str()).collect()
}

/// Starts a gateway with an agent `gate` that echoes its prompt once the file `go` exists in the home.
async fn gated() -> Gateway {
    let mut gateway = Gateway::prepare(Options::default());
    let go = gateway.home().join("go");
    let script = format!("cat; while [ ! -e {} ]; do sleep 0.02; done", go.display());
    gateway.write_config(&format!(
        "[agents.main]\nexecutor = \"builtin\"\n[agents.gate]\nexecutor = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"{script}\"]\n"
    ));
    gateway.launch();
    gateway.ready().await;
    gateway
}

fn open_gate(gateway: &Gateway) {
    std::fs::write(gateway.home().join("go"), "").expect("the file");
}

fn message(session: &str, text: &str, key: &str) -> Value {
    json!({ "sessionKey": session, "message": text, "idempotencyKey": key })
}

async fn wait_for(client: &mut Client, run: &str) -> Value {
    client.ok("agent.wait", json!({ "runId": run, "timeoutMs": 20_000 })).await
}

#[tokio::test]
async fn what_was_acknowledged_is_answered_once_after_a_kill() {
    let mut gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let run = client.chat("agent:main:killed", "are you there?").await;
    gateway.kill9();
    gateway.restart().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    assert_eq!(wait_for(&mut client, &run).await["status"], "ok");
    let repeat = client.ok("chat.send", message("agent:main:killed", "are you there?", &run)).await;
    assert_eq!(repeat, json!({ "runId": run, "status": "ok" }));
    let history = client.history("agent:main:killed").await;
    let (asked, answered) = rows(&history, &run);
    assert_eq!((asked.len(), answered.len()), (1, 1), "{history:?}");
    assert_eq!(text(asked[0]), "are you there?");
}

#[tokio::test]
async fn an_interrupted_run_ends_with_a_reason_that_is_seen() {
    let mut gateway = gated().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let run = client.chat("agent:gate:cut", "half done").await;
    client.event("it runs", |event| event["event"] == "chat" && event["payload"]["runId"] == run).await;
    gateway.kill9();
    open_gate(&gateway);
    gateway.restart().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let end = wait_for(&mut client, &run).await;
    let history = client.history("agent:gate:cut").await;
    let (asked, answered) = rows(&history, &run);
    assert_eq!((asked.len(), answered.len()), (1, 1), "{history:?}");
    if end["status"] == "ok" {
        assert_eq!(text(answered[0]).trim(), "half done", "resumed");
    } else {
        assert!(end["error"].as_str().is_some_and(|reason| !reason.is_empty()), "{end}");
        let said = format!("{} {}", text(answered[0]), answered[0]["errorMessage"]);
        assert!(said.to_lowercase().contains("interrupt") || said.contains("stopped"), "{}", answered[0]);
    }
}

#[tokio::test]
async fn a_key_names_one_run_while_it_runs_after_it_and_after_a_restart() {
    let mut gateway = gated().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let send = message("agent:gate:keys", "once only", "key-1");
    let started = client.ok("chat.send", send.clone()).await;
    assert_eq!(started, json!({ "runId": "key-1", "status": "started" }));
    assert_eq!(
        client.ok("chat.send", send.clone()).await,
        json!({ "runId": "key-1", "status": "in_flight" })
    );
    conflict(&client.err("chat.send", message("agent:gate:keys", "other words", "key-1")).await);
    open_gate(&gateway);
    assert_eq!(client.final_chat("key-1").await["state"], "final");
    assert_eq!(client.ok("chat.send", send.clone()).await, json!({ "runId": "key-1", "status": "ok" }));
    gateway.restart().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    assert_eq!(client.ok("chat.send", send).await, json!({ "runId": "key-1", "status": "ok" }));
    conflict(&client.err("chat.send", message("agent:gate:keys", "other words", "key-1")).await);
    let history = client.history("agent:gate:keys").await;
    let (asked, answered) = rows(&history, "key-1");
    assert_eq!((asked.len(), answered.len(), history.len()), (1, 1, 2), "{history:?}");
    assert_eq!(text(answered[0]).trim(), "once only");
}

#[tokio::test]
async fn a_key_is_its_callers_own() {
    let gateway = Gateway::start(Options::default()).await;
    for (n, device) in [harness::identity(), harness::identity()].iter().enumerate() {
        let mut client =
            Knock::cli(&gateway).device(device).scopes(&["operator.write"]).enter(&gateway).await;
        let session = format!("agent:main:caller-{n}");
        let sent = client.ok("chat.send", message(&session, &format!("words of {n}"), "shared-key")).await;
        assert_eq!(sent, json!({ "runId": "shared-key", "status": "started" }));
        client.final_chat("shared-key").await;
        let history = client.history(&session).await;
        assert_eq!(history.len(), 2, "{history:?}");
        assert_eq!(text(&history[0]), format!("words of {n}"));
    }
}

fn conflict(error: &Value) {
    assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
    assert_eq!(error["details"]["reason"], "chat-request-conflict", "{error}");
}

#[tokio::test]
async fn agent_answers_twice_and_repeats_its_end() {
    let mut gateway = gated().await;
    open_gate(&gateway);
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let params =
        json!({ "message": "say it", "agentId": "gate", "idempotencyKey": "two-phase", "deliver": false });
    let id = client.send("agent", params.clone()).await;
    let first = client.answer(&id).await["payload"].clone();
    assert_eq!((&first["runId"], &first["status"]), (&json!("two-phase"), &json!("accepted")));
    assert_eq!(first["sessionKey"], "agent:gate:main");
    assert!(first["acceptedAt"].as_i64().is_some(), "{first}");
    let last = client.answer(&id).await;
    assert_eq!(last["ok"], true, "{last}");
    let last = last["payload"].clone();
    assert_eq!((&last["runId"], &last["status"]), (&json!("two-phase"), &json!("ok")));
    assert_eq!(last["result"]["payloads"][0]["text"].as_str().map(str::trim), Some("say it"), "{last}");
    assert!(last["result"]["meta"]["durationMs"].as_u64().is_some(), "{last}");
    for round in ["at once", "after a restart"] {
        let id = client.send("agent", params.clone()).await;
        let mut again = client.answer(&id).await["payload"].clone();
        if again["status"] == "accepted" {
            again = client.answer(&id).await["payload"].clone();
        }
        assert_eq!(again, last, "{round}");
        gateway.restart().await;
        client = Knock::cli(&gateway).enter(&gateway).await;
    }
    let other = json!({ "message": "other", "agentId": "gate", "idempotencyKey": "two-phase" });
    assert_eq!(client.err("agent", other).await["code"], "INVALID_REQUEST");
}

#[tokio::test]
async fn a_failed_agent_says_so_in_its_second_answer() {
    let config = "[agents.broken]\nexecutor = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"echo oh no >&2; exit 3\"]\n";
    let gateway = Gateway::start(Options::default().config(config)).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let params = json!({ "message": "x", "agentId": "broken", "idempotencyKey": "fails" });
    let id = client.send("agent", params).await;
    assert_eq!(client.answer(&id).await["payload"]["status"], "accepted");
    let last = client.answer(&id).await;
    assert_eq!((&last["ok"], &last["error"]["code"]), (&json!(false), &json!("UNAVAILABLE")), "{last}");
    assert_eq!(
        (&last["payload"]["runId"], &last["payload"]["status"]),
        (&json!("fails"), &json!("error")),
        "{last}"
    );
    let params = json!({ "message": "x", "agentId": "nobody", "idempotencyKey": "k" });
    let error = client.err("agent", params).await;
    assert_eq!(
        (&error["code"], &error["details"]["code"]),
        (&json!("INVALID_REQUEST"), &json!("UNKNOWN_AGENT_ID"))
    );
}

#[tokio::test]
async fn agent_wait_knows_ends_and_patience() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let run = client.chat("agent:main:wait", "hello").await;
    let end = wait_for(&mut client, &run).await;
    assert_eq!((&end["runId"], &end["status"]), (&json!(run), &json!("ok")), "{end}");
    assert!(end["endedAt"].as_i64() >= end["startedAt"].as_i64(), "{end}");
    let start = Instant::now();
    let unknown = client.ok("agent.wait", json!({ "runId": "nobody", "timeoutMs": 200 })).await;
    assert_eq!(unknown["status"], "timeout");
    assert!(start.elapsed() >= Duration::from_millis(190), "it waits for a run that may yet come");
}

#[tokio::test]
async fn history_rows_can_be_matched_with_live_runs() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let mut runs = Vec::new();
    for n in 0..3 {
        let run = client.chat("agent:main:rows", &format!("line {n}")).await;
        client.final_chat(&run).await;
        runs.push(run);
    }
    let params = json!({ "sessionKey": "agent:main:rows", "limit": 80, "maxBytes": 262_144 });
    let startup = client.ok("chat.startup", params).await;
    let history = startup["messages"].as_array().expect("messages").clone();
    assert_eq!(history, client.history("agent:main:rows").await);
    let seqs: Vec<_> = history.iter().map(|row| row["__openclaw"]["seq"].as_u64().expect("a seq")).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "{seqs:?}");
    for run in &runs {
        let (asked, answered) = rows(&history, run);
        let key = json!(format!("{run}:user"));
        assert_eq!((asked.len(), answered.len()), (1, 1));
        assert_eq!((&asked[0]["idempotencyKey"], &asked[0]["__openclaw"]["idempotencyKey"]), (&key, &key));
        assert_eq!(answered[0]["role"], "assistant");
        for row in [asked[0], answered[0]] {
            let id = row["__openclaw"]["id"].as_str().expect("an id");
            let params = json!({ "sessionKey": "agent:main:rows", "messageId": id });
            assert_eq!(&client.ok("chat.message.get", params).await["message"], row);
        }
    }
    let page = client.ok("chat.history", json!({ "sessionKey": "agent:main:rows", "limit": 2 })).await;
    assert_eq!((&page["hasMore"], &page["totalMessages"]), (&json!(true), &json!(6)));
    assert_eq!(page["messages"].as_array().expect("rows")[..], history[4..]);
}

#[tokio::test]
async fn words_are_found_and_outlive_restart_and_reset() {
    let mut gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let run = client.chat("agent:main:search", "the zeppelin lands at noon").await;
    client.final_chat(&run).await;
    client.ok("sessions.reset", json!({ "key": "agent:main:search" })).await;
    gateway.restart().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let hits = client.ok("sessions.search", json!({ "query": "zeppelin noon" })).await["results"].clone();
    let hit = hits.as_array().and_then(|hits| hits.iter().find(|hit| hit["role"] == "user")).expect("a hit");
    assert_eq!(hit["sessionKey"], "agent:main:search");
    assert!(hit["snippet"].as_str().is_some_and(|snippet| snippet.contains("zeppelin")), "{hit}");
    let none = client.ok("sessions.search", json!({ "query": "submarine" })).await;
    assert_eq!(none["results"], json!([]));
    // What looks like search syntax is words.
    for odd in ["\"", "zeppelin AND (", "*", "NEAR(", "a:b", "-zeppelin"] {
        client.ok("sessions.search", json!({ "query": odd })).await;
    }
}

#[tokio::test]
async fn a_backup_made_while_running_opens() {
    let gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let run = client.chat("agent:main:backup", "keep this").await;
    client.final_chat(&run).await;
    let copy = gateway.home().join("copy.db");
    let path = copy.to_str().expect("a path");
    let done = gateway.cli(&["backup", path, "--json"]).await.ok().json();
    assert_eq!(done["bytes"].as_u64(), std::fs::metadata(&copy).ok().map(|file| file.len()));
    assert_ne!(gateway.cli(&["backup", path]).await.code, 0, "an existing file is not overwritten");
    let mut other = Gateway::prepare(Options::default());
    std::fs::copy(&copy, other.state_dir().join("landline.db")).expect("a copy");
    other.launch();
    other.ready().await;
    let mut client = Knock::cli(&other).enter(&other).await;
    let history = client.history("agent:main:backup").await;
    assert_eq!(rows(&history, &run).0.len(), 1, "{history:?}");
}

#[tokio::test]
async fn a_second_gateway_is_told_who_the_first_is() {
    let gateway = Gateway::start(Options::default()).await;
    let start = Instant::now();
    let second = gateway.cli(&["gateway", "--port", "0"]).await;
    assert!(start.elapsed() < Duration::from_secs(5), "at once, not after {:?}", start.elapsed());
    assert_ne!(second.code, 0);
    assert!(second.stderr.contains(&gateway.pid().to_string()), "{second:?}");
    assert!(second.stderr.contains(&gateway.address().to_string()), "{second:?}");
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    client.ok("health", json!({})).await;
    gateway.cli(&["health"]).await.ok();
}

#[tokio::test]
async fn messages_that_wait_keep_their_order_and_survive() {
    let mut gateway = gated().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let mut runs = Vec::new();
    for n in 0..5 {
        let key = format!("queued-{n}");
        let mut params = message("agent:gate:queue", &format!("number {n}"), &key);
        params["queueMode"] = json!("followup");
        client.ok("chat.send", params).await;
        runs.push(key);
    }
    gateway.kill9();
    open_gate(&gateway);
    gateway.restart().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    for run in &runs {
        assert_ne!(wait_for(&mut client, run).await["status"], "timeout");
    }
    let history = client.history("agent:gate:queue").await;
    let asked: Vec<_> = history.iter().filter(|row| row["role"] == "user").map(text).collect();
    let want: Vec<_> = (0..5).map(|n| format!("number {n}")).collect();
    assert_eq!(asked, want);
    assert!(runs.iter().all(|run| rows(&history, run).1.len() == 1), "{history:?}");
}

#[tokio::test]
async fn stopping_a_run_ends_its_whole_process_tree() {
    let mut gateway = Gateway::prepare(Options::default());
    let pids = gateway.home().join("pids");
    let script = format!("sleep 300 & echo $! > {0}; sleep 300 & echo $! >> {0}; wait", pids.display());
    gateway.write_config(&format!(
        "[agents.tree]\nexecutor = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"{script}\"]\n"
    ));
    gateway.launch();
    gateway.ready().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let run = client.chat("agent:tree:main", "grow").await;
    let read = || std::fs::read_to_string(&pids).unwrap_or_default();
    eventually("both children run", async || read().lines().count() == 2).await;
    let stopped = client.ok("chat.abort", json!({ "sessionKey": "agent:tree:main", "runId": run })).await;
    assert_eq!(stopped, json!({ "ok": true, "aborted": true, "runIds": [run] }));
    let end = client.final_chat(&run).await;
    assert_eq!((&end["state"], &end["stopReason"]), (&json!("aborted"), &json!("rpc")), "{end}");
    for pid in read().lines() {
        let status = format!("/proc/{}/status", pid.trim());
        let gone = || std::fs::read_to_string(&status).map_or(true, |text| text.contains("State:\tZ"));
        eventually("the child is gone", async || gone()).await;
    }
    let again = client.ok("chat.abort", json!({ "sessionKey": "agent:tree:main" })).await;
    assert_eq!(again["aborted"], false, "{again}");
}

#[tokio::test]
async fn a_conversation_is_created_once_for_a_key() {
    let mut gateway = Gateway::start(Options::default()).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let params = json!({ "label": "mine", "idempotencyKey": "create-1" });
    let first = client.ok("sessions.create", params.clone()).await;
    let again = client.ok("sessions.create", params.clone()).await;
    assert_eq!((&first["key"], &first["sessionId"]), (&again["key"], &again["sessionId"]));
    gateway.restart().await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    assert_eq!(client.ok("sessions.create", params).await["key"], first["key"]);
    let other =
        client.err("sessions.create", json!({ "label": "other", "idempotencyKey": "create-1" })).await;
    assert_eq!(other["code"], "INVALID_REQUEST", "{other}");
}
