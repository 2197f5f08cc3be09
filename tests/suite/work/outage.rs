//! Gateways and workers that are killed in the middle of a task: it ends, once.

use super::*;

/// A program that goes on when nobody reads it any more, as a server would.
fn slow(stage: &Stage, seconds: u32) -> String {
    let (ran, steps) = (stage.file("ran"), seconds * 10);
    format!(
        "echo x >> {}; trap '' PIPE; for i in $(seq 1 {steps}); do echo line $i; sleep 0.1; done",
        ran.display()
    )
}

#[tokio::test]
async fn a_run_outlives_the_gateway_and_its_output_is_whole() {
    let mut stage = Stage::new().await;
    let script = slow(&stage, 4);
    let mut machine = stage.machine("w", &script, "").await;
    let task = stage.dispatch("any", "go", json!({})).await;
    eventually("it runs", async || lines(&stage.file("ran")) == 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    stage.gateway.kill9();
    machine.says("lost").await;
    stage.gateway.restart().await;
    stage.enter().await;
    let ended = stage.ended(&task).await;
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(lines(&stage.file("ran")), 1, "it was done once");
    let expected: String = (1..=40).flat_map(|n| ["line ".into(), n.to_string(), "\n".into()]).collect();
    assert_eq!(stage.output(&task).await, expected);
}

#[tokio::test]
async fn a_run_whose_worker_was_killed_is_given_out_again() {
    let mut stage = Stage::new().await;
    let script = slow(&stage, 2);
    let mut machine = stage.machine("w", &script, "").await;
    let task = stage.dispatch("node:w", "go", json!({})).await;
    eventually("it runs", async || lines(&stage.file("ran")) == 1).await;
    let variable = format!("LANDLINE_WORKER_RUN={}", machine.id);
    machine.kill9().await;
    stage.until_online("w", false).await;
    assert!(running(&variable) > 0, "what it had started lives on");
    machine.start(&[]).await;
    let ended = stage.ended(&task).await;
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(lines(&stage.file("ran")), 2, "the second attempt is the one that counts");
    eventually("nothing is left", async || running(&variable) == 0).await;
    assert!(ended["attempt"].as_u64() >= Some(2), "{ended}");
}

#[tokio::test]
async fn a_worker_that_is_stopped_gives_its_task_back() {
    let mut stage = Stage::new().await;
    let script = slow(&stage, 2);
    let mut machine = stage.machine("w", &script, "").await;
    let task = stage.dispatch("any", "go", json!({})).await;
    eventually("it runs", async || lines(&stage.file("ran")) == 1).await;
    let (mut child, _) = machine.node.take().expect("it runs");
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(pid.expect("a pid"), rustix::process::Signal::TERM).expect("sent");
    assert!(child.wait().await.expect("waited for").success());
    let variable = format!("LANDLINE_WORKER_RUN={}", machine.id);
    assert_eq!(running(&variable), 0);
    machine.start(&[]).await;
    assert_eq!(stage.ended(&task).await["status"], "completed");
}
