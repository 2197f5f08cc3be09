//! The owner's own commands with real programs.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::host::progress::Progress;
use crate::process::Environment;

fn family(text: &str) -> (tempfile::TempDir, Declared) {
    let folder = tempfile::tempdir().unwrap();
    let environment: Environment = [("PATH", "/usr/bin:/bin"), ("HOME", "/tmp")]
        .map(|(k, v)| (k.into(), v.into()))
        .into_iter()
        .collect();
    let machine = Machine::new(environment, folder.path().join("scratch"), &uuid::Uuid::new_v4().to_string());
    let config: config::Config = toml::from_str(text).unwrap();
    (folder, Declared::new(machine, &config.commands))
}

async fn ask(family: &Declared, command: &str, params: Value) -> Answer {
    let stop = CancellationToken::new();
    let call = Call { params, limit: Duration::from_secs(10), stop, progress: Progress::none(), now: 0 };
    family.answer(command, call).await
}

#[tokio::test]
async fn parameters_on_stdin_and_the_payload_on_stdout() {
    let (_folder, family) = family(
        "[commands.\"echo.back\"]\nprogram = [\"cat\"]\nschema = { type = \"object\", required = [\"on\"], properties = { on = { type = \"boolean\" } }, additionalProperties = false }",
    );
    assert_eq!(ask(&family, "echo.back", json!({"on": true})).await.unwrap(), json!({"on": true}));
    for wrong in [json!({}), json!({"on": 1}), json!({"on": true, "x": 1})] {
        assert_eq!(ask(&family, "echo.back", wrong).await.expect_err("wrong").code.name(), "INVALID_REQUEST");
    }
    assert_eq!(family.offers()[0].schema["required"][0], "on", "it is published as it is");
}

#[tokio::test]
async fn failures_texts_and_time() {
    let (_folder, family) = family(
        "[commands.\"a.text\"]\nprogram = [\"echo\", \"hi there\"]\n[commands.\"a.fail\"]\nprogram = [\"sh\", \"-c\", \"echo broken >&2; exit 2\"]\n[commands.\"a.slow\"]\nprogram = [\"sleep\", \"60\"]\ntimeout_seconds = 1\n[commands.\"a.gone\"]\nprogram = [\"/no/such\"]",
    );
    assert_eq!(ask(&family, "a.text", json!({})).await.unwrap(), json!({"text": "hi there"}));
    let failed = ask(&family, "a.fail", json!({})).await.expect_err("failed");
    assert!(failed.message.contains("broken"), "{failed}");
    assert_eq!(ask(&family, "a.slow", json!({})).await.expect_err("slow").code.name(), "TIMEOUT");
    let gone = family.offers().into_iter().find(|offer| offer.command == "a.gone").unwrap();
    assert!(gone.withheld.is_some_and(|why| why.contains("/no/such")));
    assert_eq!(family.machine.reap().await, 0);
}
