//! The worker against a gateway of a few lines.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use schemas::agent::ExecutorKind;
use schemas::work::TaskPermissions;
use uuid::Uuid;

use super::wire::{Facts, Order, Report, RunKey, WorkerPermissions};
use super::*;
use crate::executor::{Command, EndedBy, Executor, Outcome, Step};
use crate::process::Environment;

fn agent(command: &[&str]) -> AgentConfig {
    AgentConfig {
        executor: ExecutorKind::Command,
        command: command.iter().map(ToString::to_string).collect(),
        cwd: None,
        env_pass: Vec::new(),
        env: BTreeMap::new(),
        model: None,
        max_turns: None,
        endpoint: None,
    }
}

fn worker(bounds: Bounds) -> Arc<Worker> {
    let agents = [
        ("cat", agent(&["cat"])),
        ("lines", agent(&["seq", "1", "5000"])),
        ("sleep", agent(&["sleep", "600"])),
    ];
    let trade = Trade {
        agents: agents.map(|(name, agent)| (name.to_owned(), agent)).into(),
        home: std::env::temp_dir(),
    };
    let command: Arc<dyn Executor> = Arc::new(Command::new(Environment::of_process()));
    Worker::new(Parts {
        facts: Facts {
            name: "w".into(),
            agents: trade.names(),
            max_concurrent: 2,
            permissions: WorkerPermissions {
                allowed: vec!["Bash(git:*)".into()],
                ..WorkerPermissions::default()
            },
            ..Facts::default()
        },
        trade,
        executors: HashMap::from([(ExecutorKind::Command, command)]),
        marker: ("LANDLINE_WORKER_TEST".into(), format!("{}:", Uuid::new_v4())),
        state_dir: std::env::temp_dir().join("landline-worker-tests"),
        bounds,
    })
}

fn start(agent: &str, prompt: &str) -> (RunKey, Order) {
    let assignment = wire::tests::assignment(Uuid::new_v4(), 1, agent, prompt);
    (RunKey::of(&assignment), Order::Start { assignment: Box::new(assignment) })
}

/// Hears reports until `wanted` finds what it looks for.
async fn until<T>(line: &mut Line, mut wanted: impl FnMut(&Report) -> Option<T>) -> T {
    let look = async {
        loop {
            for report in line.next().await.expect("the line has the word") {
                if let Some(found) = wanted(&report) {
                    return found;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.expect("in time")
}

fn end(report: &Report) -> Option<Outcome> {
    if let Report::Ended { outcome, .. } = report { Some(outcome.clone()) } else { None }
}

fn text(outcome: Outcome) -> String {
    outcome.result.expect("an answer").text
}

#[tokio::test]
async fn it_performs_with_its_own_program_and_keeps_the_end_until_it_may_forget() {
    let worker = worker(Bounds::default());
    let mut line = worker.attach();
    let first = line.next().await.unwrap();
    assert!(matches!(&first[..], [Report::Announce { runs, .. }] if runs.is_empty()));
    let (run, order) = start("cat", "hello");
    worker.hear(order.clone());
    worker.hear(order.clone());
    assert_eq!(text(until(&mut line, end).await), "hello");
    // A new connection hears of the end again.
    let mut line = worker.attach();
    let held = until(&mut line, |report| match report {
        Report::Announce { runs, .. } => Some(runs.clone()),
        _ => None,
    });
    assert_eq!(held.await.len(), 1);
    assert_eq!(text(until(&mut line, end).await), "hello");
    worker.hear(Order::Forget { run });
    // The order comes once more, late: it is not done twice.
    worker.hear(order);
    let mut line = worker.attach();
    assert!(matches!(&line.next().await.unwrap()[..], [Report::Announce { runs, .. }] if runs.is_empty()));
}

#[tokio::test]
async fn an_outage_costs_no_line() {
    let worker = worker(Bounds { message: 2000, ..Bounds::default() });
    let mut line = worker.attach();
    let (run, order) = start("lines", "");
    worker.hear(order);
    let mut seen = 0_u64;
    until(&mut line, |report| match report {
        Report::Steps { from, steps, .. } if !steps.is_empty() => {
            assert_eq!(*from, seen);
            seen += steps.len() as u64;
            Some(())
        }
        _ => None,
    })
    .await;
    worker.hear(Order::Stored { run, next: 3 });
    drop(line);
    let mut line = worker.attach();
    let mut all = 3;
    until(&mut line, |report| match report {
        Report::Steps { from, steps, .. } if !steps.is_empty() => {
            assert_eq!(*from, all);
            assert_eq!(steps[0], Step::Text { delta: format!("{}\n", all + 1) });
            all += steps.len() as u64;
            None
        }
        Report::Ended { from, .. } => {
            assert_eq!((*from, all), (5000, 5000));
            Some(())
        }
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn what_goes_beyond_its_limits_is_refused_before_anything_starts() {
    let worker = worker(Bounds::default());
    let mut line = worker.attach();
    let refusal = |report: &Report| match report {
        Report::Refused { failure, .. } => Some(failure.code.clone()),
        _ => None,
    };
    let (_, order) = start("nobody", "");
    worker.hear(order);
    assert_eq!(until(&mut line, refusal).await, "worker.no_agent");
    let mut wide = wire::tests::assignment(Uuid::new_v4(), 1, "cat", "");
    wide.permissions =
        Some(TaskPermissions { allowed_tools: Some(vec!["Bash".into()]), ..TaskPermissions::default() });
    worker.hear(Order::Start { assignment: Box::new(wide) });
    assert_eq!(until(&mut line, refusal).await, "permission.widened");
    let runs: Vec<RunKey> = (0..2)
        .map(|_| start("sleep", ""))
        .map(|(run, order)| {
            worker.hear(order);
            run
        })
        .collect();
    let (_, order) = start("cat", "");
    worker.hear(order);
    assert_eq!(until(&mut line, refusal).await, "worker.full");
    for run in runs {
        worker.hear(Order::Cancel { run });
    }
    let stopped = until(&mut line, end).await;
    assert_eq!(stopped.ended_by, EndedBy::Cancelled);
    // One that is cancelled before it comes is never begun.
    let (run, order) = start("cat", "");
    worker.hear(Order::Cancel { run });
    worker.hear(order);
    assert!(!worker.state().runs.contains_key(&run));
}

#[tokio::test]
async fn a_worker_that_is_stopped_gives_its_tasks_back() {
    let worker = worker(Bounds::default());
    let mut line = worker.attach();
    let (_, order) = start("sleep", "");
    worker.hear(order);
    until(&mut line, |report| matches!(report, Report::Steps { .. }).then_some(())).await;
    let leaving = worker.leave(Duration::from_secs(10));
    let hearing = async {
        let outcome = until(&mut line, end).await;
        let failure = outcome.result.expect_err("given back");
        assert_eq!((failure.class, &*failure.code), (FailureClass::NodeLost, "worker.stopped"));
        let run = *worker.state().runs.keys().next().unwrap();
        worker.hear(Order::Forget { run });
    };
    tokio::join!(leaving, hearing);
}
