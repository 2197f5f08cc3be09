//! Scheduled jobs under kill -9: every instant is run for once, none is lost.

use std::time::Duration;

use harness::{Client, Gateway, Knock, Options, Rng};
use serde_json::{Value, json};

const CONFIG: &str = "[agents.main]\nexecutor = \"builtin\"\ndefault = true\n";
const KILLS: usize = 8;

/// Returns every run that has ended, oldest first.
async fn runs(client: &mut Client) -> Vec<Value> {
    let page = client.ok("cron.runs", json!({ "limit": 200, "sortDir": "asc" })).await;
    assert_eq!(page["hasMore"], false, "more than a page");
    page["entries"].as_array().expect("entries").clone()
}

#[tokio::test]
async fn each_instant_is_run_for_once_through_kill_9() {
    let mut rng = Rng::announced("schedules");
    let mut gateway = Gateway::start(Options::default().config(CONFIG)).await;
    let mut client = Knock::cli(&gateway).scopes(&["operator.admin"]).enter(&gateway).await;
    let job = client
        .ok(
            "cron.add",
            json!({
                "name": "each second", "schedule": { "kind": "every", "everyMs": 1000 }, "misfire": "all",
                "sessionTarget": "isolated", "wakeMode": "now",
                "payload": { "kind": "agentTurn", "message": "tick" },
            }),
        )
        .await;
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(400 + rng.below(900))).await;
        gateway.kill9();
        gateway.launch();
        gateway.ready().await;
    }
    let mut client = Knock::cli(&gateway).scopes(&["operator.admin"]).enter(&gateway).await;
    client.ok("cron.update", json!({ "id": job["id"], "patch": { "enabled": false } })).await;
    let seen = loop {
        let job = client.ok("cron.get", json!({ "id": job["id"] })).await;
        if job["state"]["runningAtMs"].is_null() {
            break runs(&mut client).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let instants: Vec<i64> = seen.iter().filter_map(|run| run["runAtMs"].as_i64()).collect();
    assert!(instants.len() > KILLS / 2, "{instants:?}");
    assert!(instants.windows(2).all(|pair| pair[1] - pair[0] == 1000), "{instants:?}");
    assert!(seen.iter().all(|run| run["status"] == "ok"), "{seen:?}");
    let tasks = client.ok("tasks.list", json!({ "limit": 200 })).await;
    let mut ids: Vec<&str> =
        tasks["tasks"].as_array().expect("tasks").iter().filter_map(|task| task["runId"].as_str()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), count), (instants.len(), instants.len()), "a task for each instant");
    gateway.stop().await;
}
