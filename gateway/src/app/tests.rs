//! What the owner writes into the configuration counts once the gateway runs.

mod hooks;
mod schedules;
mod sends;

use std::path::Path;

use schemas::error::DetailCode;
use schemas::methods::chat::{ChatSendOutput, ChatSendParams};
use serde_json::json;

use super::*;
use crate::hub::Member;
use crate::methods::{Call, chat};

/// Starts a gateway whose agent goes on until it is stopped, with these lines of configuration besides.
async fn start_with(home: &Path, lines: &str) -> Running {
    let agent =
        "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"exec sleep 600\"]\n";
    let overrides = Overrides { home: Some(home.to_owned()), ..Overrides::default() };
    let config = Config::from_text(&format!("[gateway]\nport = 0\n{lines}\n{agent}"), &overrides).unwrap();
    let log_file = home.join("log");
    let options = StartOptions { overrides, path_env: None, log_file, clock: Clock::system() };
    start(config, options).await.unwrap()
}

async fn send(gateway: &Running, key: &str) -> Result<ChatSendOutput, WireError> {
    let params: ChatSendParams =
        serde_json::from_value(json!({ "sessionKey": "main", "message": key, "idempotencyKey": key }))
            .unwrap();
    let member = Arc::new(Member::new("c1".into(), Principal::gateway(), false));
    let call = Call { services: Arc::clone(&gateway.services), member, id: "1".into() };
    chat::send(call, params).await
}

/// Waits until so many tasks have not ended, so many of them running.
async fn until_load(gateway: &Running, wanted: (usize, usize)) {
    let reached = async {
        while gateway.services.engine.load() != wanted {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(20), reached).await;
    in_time.unwrap_or_else(|_| panic!("{wanted:?} never came, but {:?}", gateway.services.engine.load()));
}

#[tokio::test]
async fn no_more_inputs_wait_than_configured() {
    let home = tempfile::tempdir().unwrap();
    let gateway = start_with(home.path(), "[sessions]\nqueue_mode = \"followup\"\nqueue_cap = 1").await;
    send(&gateway, "runs").await.unwrap();
    send(&gateway, "waits").await.unwrap();
    let refused = send(&gateway, "is too much").await.unwrap_err();
    assert_eq!(refused.details.as_ref().map(|details| &details["code"]), Some(&json!(DetailCode::Busy)));
    until_load(&gateway, (2, 1)).await;
    gateway.stop().await;
}

#[tokio::test]
async fn input_that_names_no_mode_is_treated_as_configured() {
    let home = tempfile::tempdir().unwrap();
    let gateway = start_with(home.path(), "[sessions]\nqueue_mode = \"interrupt\"").await;
    send(&gateway, "first").await.unwrap();
    until_load(&gateway, (1, 1)).await;
    send(&gateway, "second").await.unwrap();
    // Where it waited behind the first, there would be two for ever.
    until_load(&gateway, (1, 1)).await;
    assert_eq!(send(&gateway, "first").await.unwrap().status, "ok", "it has ended");
    assert_eq!(send(&gateway, "second").await.unwrap().status, "in_flight");
    gateway.stop().await;
}
