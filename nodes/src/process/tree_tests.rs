//! Trees of real processes, ended.

use std::time::Duration;

use uuid::Uuid;

use super::proc_table;
use crate::process::{Environment, Launch, Running, reap_marked};

fn marker() -> (String, String) {
    ("LANDLINE_TEST_RUN".to_owned(), Uuid::new_v4().to_string())
}

fn start(program: &str, arguments: &[&str], marker: &(String, String)) -> Running {
    let launch = Launch {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        cwd: std::env::temp_dir(),
        environment: Environment::of_process().pick(Environment::BASIC),
        marker: marker.clone(),
    };
    launch.start().unwrap()
}

fn carriers(marker: &(String, String)) -> usize {
    let text = format!("{}={}", marker.0, marker.1);
    let carries = |entry: &&proc_table::Entry| {
        !entry.dead
            && proc_table::environment(entry.identity).split(|byte| *byte == 0).any(|v| v == text.as_bytes())
    };
    proc_table::all().iter().filter(carries).count()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..1000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never happened: {what}");
}

#[tokio::test]
async fn a_grandchild_in_a_session_of_its_own_is_ended_too() {
    let marker = marker();
    // `setsid -f` forks and leaves at once: the sleeper is an orphan outside the group.
    let mut running = start("setsid", &["-f", "sleep", "600"], &marker);
    running.exited().await.unwrap();
    until("the orphan runs", || carriers(&marker) == 1).await;
    running.end(Duration::from_secs(2)).await;
    assert_eq!(carriers(&marker), 0);
}

#[tokio::test]
async fn what_dropped_the_marker_is_found_by_descent() {
    let marker = marker();
    let mut running = start("setsid", &["-w", "env", "-i", "/bin/sleep", "600"], &marker);
    // Without a marker, and in another session than `env`: only its parent tells whose it is.
    let root = running.pid();
    let descendant = || proc_table::all().into_iter().find(|entry| entry.parent == root && !entry.dead);
    let bare = |entry: &proc_table::Entry| proc_table::environment(entry.identity).is_empty();
    until("the sleeper runs", || descendant().as_ref().is_some_and(bare)).await;
    let sleeper = descendant().unwrap();
    running.end(Duration::from_secs(2)).await;
    until("the sleeper is gone", || {
        proc_table::entry(sleeper.identity.pid).is_none_or(|now| now.identity != sleeper.identity || now.dead)
    })
    .await;
}

#[tokio::test]
async fn what_ignores_the_polite_signal_is_killed() {
    let marker = marker();
    let mut running = start("env", &["--ignore-signal=TERM", "sleep", "600"], &marker);
    until("the sleeper runs", || carriers(&marker) == 1).await;
    let status = running.end(Duration::from_millis(100)).await.unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    assert_eq!(carriers(&marker), 0);
}

#[tokio::test]
async fn a_dropped_run_leaves_nothing() {
    let marker = marker();
    let running = start("setsid", &["-w", "sleep", "600"], &marker);
    until("it runs", || carriers(&marker) >= 1).await;
    drop(running);
    until("it is gone", || carriers(&marker) == 0).await;
}

#[tokio::test]
async fn orphans_of_a_former_life_are_reaped_and_others_are_not() {
    let (ours, theirs) = (marker(), marker());
    let mut left_behind = start("sleep", &["600"], &ours);
    let mut other = start("sleep", &["600"], &theirs);
    let value = ours.1.clone();
    let (reaped, _) =
        tokio::join!(reap_marked(&ours.0, move |v| v == value, Duration::from_secs(2)), left_behind.exited());
    assert_eq!(reaped, 1);
    assert_eq!((carriers(&ours), carriers(&theirs)), (0, 1));
    other.end(Duration::from_secs(1)).await;
}
