//! The suite of all transports over good and bad lines; runs done once whatever happens; runs that are lost.

use nodes::executor::{Assignment, EndedBy, channel};
use nodes::transport::TransportError;
use tokio_util::sync::CancellationToken;

use super::*;

#[tokio::test]
async fn it_does_what_every_transport_must() {
    let stage = Stage::new(Faults::default());
    conformance::all(&*stage.workers.to("w")).await;
}

#[tokio::test]
async fn it_does_so_when_messages_come_twice_and_in_another_order() {
    let stage = Stage::new(Faults { doubles: true, swaps: true, ..Faults::default() });
    conformance::all(&*stage.workers.to("w")).await;
}

#[tokio::test]
async fn it_does_so_over_lines_that_break_at_random() {
    for seed in 1..4 {
        let stage = Stage::new(Faults { random: Some((seed, 25)), doubles: true, ..Faults::default() });
        conformance::all(&*stage.workers.to("w")).await;
    }
}

/// Returns a program that leaves a line in a file each time it runs, and a task for it.
fn marked(folder: &std::path::Path) -> (Arc<Worker>, std::path::PathBuf) {
    let file = folder.join("ran");
    let script =
        format!("echo ran >> {}; for i in 1 2 3 4 5 6; do echo $i; sleep 0.01; done", file.display());
    (worker(&[("mark", &["sh", "-c", &script])]), file)
}

#[tokio::test]
async fn a_connection_lost_at_any_message_costs_nothing() {
    for way in [Way::Orders, Way::Reports] {
        for (at, arrives) in (1..=9).flat_map(|at| [(at, true), (at, false)]) {
            let folder = tempfile::tempdir().unwrap();
            let (worker, file) = marked(folder.path());
            let stage = Stage::with(Faults { cut: Some((at, way, arrives)), ..Faults::default() }, worker);
            let (outcome, text) =
                conformance::run(&*stage.workers.to("w"), conformance::task("mark", "")).await;
            let case = format!("{way:?} {at} {arrives}");
            assert_eq!(text, "1\n2\n3\n4\n5\n6\n", "{case}");
            assert_eq!(outcome.ended_by, EndedBy::Finished, "{case}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "ran\n", "{case}");
        }
    }
}

async fn ends(stage: &Stage, task: Assignment) -> Result<nodes::executor::Outcome, TransportError> {
    let (progress, _observer) = channel(256);
    stage.workers.to("w").run(task, progress, CancellationToken::new()).await
}

#[tokio::test]
async fn a_worker_that_does_not_come_back_has_lost_its_run() {
    let short = Patience { lease: Duration::from_millis(200), ..patience() };
    let mut stage = Stage::new(Faults::default());
    stage.line.shutdown().await;
    stage.workers = hub(short);
    // Nobody was ever there: nothing was begun.
    let task = conformance::task("sleep", "");
    assert!(matches!(ends(&stage, task.clone()).await, Err(TransportError::NeverStarted(_))));
    // It was there and went.
    stage.line.spawn(line::keep(Arc::clone(&stage.workers), Arc::clone(&stage.worker), Faults::default()));
    let leaving = async {
        until(|| stage.worker.running() == 1).await;
        stage.line.shutdown().await;
    };
    let to = stage.workers.to("w");
    let (progress, _observer) = channel(256);
    let (lost, ()) = tokio::join!(to.run(task, progress, CancellationToken::new()), leaving);
    assert!(matches!(lost, Err(TransportError::MayHaveRun(_))), "{lost:?}");
    // It comes back, and hears that nobody waits for the run any more.
    stage.line.spawn(line::keep(Arc::clone(&stage.workers), Arc::clone(&stage.worker), Faults::default()));
    until(|| {
        stage.workers.sweep();
        stage.worker.running() == 0
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_comes_back_without_its_run_has_lost_it() {
    let mut stage = Stage::new(Faults::default());
    let another = worker(&[]);
    let replaced = async {
        until(|| stage.worker.running() == 1).await;
        stage.line.shutdown().await;
        stage.line.spawn(line::keep(Arc::clone(&stage.workers), another, Faults::default()));
    };
    let to = stage.workers.to("w");
    let (progress, _observer) = channel(256);
    let (lost, ()) =
        tokio::join!(to.run(conformance::task("sleep", ""), progress, CancellationToken::new()), replaced);
    assert!(matches!(lost, Err(TransportError::MayHaveRun(_))), "{lost:?}");
}

#[tokio::test]
async fn another_life_of_the_gateway_takes_a_run_up_where_it_was() {
    let mut stage = Stage::new(Faults::default());
    let mut task = conformance::task("slow", "");
    let (progress, mut observer) = channel(256);
    let (to, workers) = (stage.workers.to("w"), Arc::clone(&stage.workers));
    let leaving = async {
        let first = observer.steps.recv().await;
        observer.mark_stored(1);
        workers.leave();
        first
    };
    let (left, first) = tokio::join!(to.run(task.clone(), progress, CancellationToken::new()), leaving);
    assert_eq!(left.unwrap().ended_by, EndedBy::Cancelled, "as a run that is left");
    assert_eq!(first, Some(nodes::executor::Step::Text { delta: "1\n".into() }));
    // The next life: another hub, the same worker, the same attempt.
    stage.line.shutdown().await;
    stage.workers = hub(Patience { adopt: Duration::from_secs(5), ..patience() });
    stage.line.spawn(line::keep(Arc::clone(&stage.workers), Arc::clone(&stage.worker), Faults::default()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    task.resume_from = Some(1);
    let (outcome, text) = conformance::run(&*stage.workers.to("w"), task).await;
    assert_eq!(outcome.ended_by, EndedBy::Finished);
    assert_eq!(text, (2..=10).flat_map(|n| [n.to_string(), "\n".to_owned()]).collect::<String>());
}

#[tokio::test]
async fn a_name_belongs_to_one_machine() {
    let stage = Stage::new(Faults::default());
    until(|| !stage.workers.list().is_empty()).await;
    let line = Line::open(&stage.workers, Owner::Device("other".into()), "pipe", Arc::new(Nowhere));
    let announce = |name: &str| nodes::work::wire::Report::Announce {
        facts: Facts { name: name.into(), max_concurrent: 1, ..Facts::default() },
        runs: Vec::new(),
        life: None,
    };
    assert!(matches!(stage.workers.hear(&line, vec![announce("w")]), Err(Refused::NameTaken(_))));
    assert!(matches!(stage.workers.hear(&line, vec![announce("-w")]), Err(Refused::BadName(_))));
    let status = nodes::work::wire::Report::Status { running: 0, facts: None };
    assert!(matches!(stage.workers.hear(&line, vec![status]), Err(Refused::Unannounced)));
    stage.workers.hear(&line, vec![announce("v")]).unwrap();
    let names: Vec<String> = stage.workers.list().into_iter().map(|row| row.facts.name).collect();
    assert_eq!(names, ["v", "w"]);
    drop(line);
    assert!(!stage.workers.list()[0].online);
}

#[derive(Debug)]
struct Nowhere;

impl Outlet for Nowhere {
    fn give(&self, _orders: Vec<Order>) -> bool {
        true
    }

    fn close(&self, _why: &str) {}
}

pub(super) async fn until(mut there: impl FnMut() -> bool) {
    let look = async {
        while !there() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.expect("in time");
}
