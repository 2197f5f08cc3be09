//! What every channel has to do alike, asked of the real ones against the fakes of their platforms.

mod discord;
mod telegram;

use channels::conformance::{Report, Rig, run};

/// Runs all checks. Returns how many passed and what the rig could not cause.
async fn conforms<R: Rig>(name: &str, make: impl AsyncFn() -> R) -> Report {
    let report = run(make).await;
    println!("{name}: {report}");
    report.verdict().expect("the channel conforms");
    report
}

#[tokio::test]
async fn telegram_does() {
    let report = conforms("telegram", telegram::far).await;
    // Telegram sorts out no doubles, and its fake refuses nothing by plan.
    assert!(report.skipped.len() <= 3, "{report}");
}

#[tokio::test]
async fn telegram_by_webhook_does() {
    let report = conforms("telegram by webhook", telegram::posting).await;
    assert!(report.skipped.len() <= 3, "{report}");
}

#[tokio::test]
async fn discord_does() {
    let report = conforms("discord", discord::far).await;
    assert!(report.skipped.is_empty(), "{report}");
}
