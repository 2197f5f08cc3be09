//! Dispatched work: placed, retried, waiting for others, carried on at a worker after a restart.

use nodes::executor::EndedBy;
use schemas::methods::tasks::{Need, TaskGroup};
use schemas::work::WorkerFacts;

use super::*;
use crate::store::output;

/// The way to workers that the test plays.
#[derive(Debug)]
struct Roads(mpsc::UnboundedSender<(String, Live)>);

impl Ways for Roads {
    fn to(&self, worker: &str) -> Arc<dyn Transport> {
        Arc::new(Road { worker: worker.to_owned(), runs: self.0.clone() })
    }
}

#[derive(Debug)]
struct Road {
    worker: String,
    runs: mpsc::UnboundedSender<(String, Live)>,
}

#[async_trait]
impl Transport for Road {
    async fn run(
        &self,
        task: Assignment,
        progress: Progress,
        stop: CancellationToken,
    ) -> Result<Outcome, TransportError> {
        let (end, ended) = oneshot::channel();
        let from = task.resume_from.unwrap_or_default();
        drop(self.runs.send((self.worker.clone(), Live { task, end })));
        for n in from..3 {
            progress.step(Step::Text { delta: format!("{n} ") }).await;
        }
        let mut stored = progress.stored();
        tokio::select! {
            biased;
            outcome = ended => match outcome {
                Ok(Outcome { result: Err(failure), .. }) if failure.code == "lost" => {
                    Err(TransportError::MayHaveRun("gone".into()))
                }
                Ok(outcome) => {
                    drop(stored.wait_for(|stored| *stored >= 3).await);
                    Ok(outcome)
                }
                Err(_) => std::future::pending().await,
            },
            () = stop.cancelled() => Ok(Outcome::cancelled()),
        }
    }
}

pub(super) type Remote = mpsc::UnboundedReceiver<(String, Live)>;

pub(super) fn roads(world: &World) -> Remote {
    let (sender, runs) = mpsc::unbounded_channel();
    world.engine.reach_workers(Arc::new(Roads(sender)));
    runs
}

pub(super) fn worker(name: &str, slots: u32) -> WorkerFacts {
    WorkerFacts { name: name.into(), max_concurrent: slots, ..WorkerFacts::default() }
}

fn work(key: &str, work: Work) -> Submission {
    let mut submission = submission("task", key, key, QueueMode::Followup);
    submission.kind = Kind::Work;
    let work = Work { own_session: true, cascade: true, ..work };
    submission.request.work = Some(Box::new(work));
    submission
}

pub(super) fn on(target: &str) -> Work {
    Work { target: target.parse().unwrap(), max_retries: 1, ..Work::default() }
}

pub(super) async fn give(world: &World, key: &str, conditions: Work) -> Ticket {
    world.engine.submit(work(key, conditions)).await.unwrap()
}

async fn next(runs: &mut Remote) -> (String, Live) {
    tokio::time::timeout(Duration::from_secs(20), runs.recv()).await.expect("a run starts").unwrap()
}

fn lost() -> Outcome {
    Outcome::failed(Failure::new(FailureClass::NodeLost, "lost", "gone"))
}

fn id(world: &World, ticket: &Ticket) -> Uuid {
    world.engine.card(ticket.seq).expect("open").id
}

#[test]
fn the_seventh_task_on_six_slots_waits_and_order_is_kept() {
    one_life(async |world| {
        let mut runs = roads(&world);
        let first = give(&world, "t0", on("any")).await;
        assert_eq!(world.state(first.seq).await, TaskState::Pending, "nobody is there");
        world.engine.worker_up(worker("one", 4), false);
        world.engine.worker_up(worker("two", 2), false);
        for n in 1..9 {
            give(&world, &format!("t{n}"), on("any")).await;
        }
        let mut live = Vec::new();
        for _ in 0..6 {
            live.push(next(&mut runs).await);
        }
        assert_eq!(
            (live.iter().filter(|(worker, _)| worker == "two").count(), world.engine.depth()),
            (2, (3, 6))
        );
        let urgent = give(&world, "urgent", Work { priority: 5, ..on("node:two") }).await;
        let at = live.iter().position(|(worker, _)| worker == "two").unwrap();
        live.swap_remove(at).1.answer("done");
        let (place, run) = next(&mut runs).await;
        assert_eq!((&*place, &*run.task.prompt), ("two", "urgent"));
        run.answer("done");
        assert_eq!(world.end(&urgent).await.state, TaskState::Completed);
        let (place, run) = next(&mut runs).await;
        assert_eq!((&*place, &*run.task.prompt), ("two", "t6"));
        world.engine.drain("two", true);
        run.answer("done");
        let at = live.iter().position(|(worker, _)| worker == "one").unwrap();
        live.swap_remove(at).1.answer("done");
        let (place, run) = next(&mut runs).await;
        assert_eq!((&*place, &*run.task.prompt), ("one", "t7"), "a worker that drains is given nothing");
    });
}

#[test]
fn a_lost_worker_costs_a_retry_and_then_the_task_is_a_dead_letter() {
    one_life(async |world| {
        let mut runs = roads(&world);
        world.engine.recover().await.unwrap();
        world.engine.worker_up(worker("one", 1), false);
        let ticket = give(&world, "t", on("any")).await;
        next(&mut runs).await.1.end.send(lost()).unwrap();
        until(&world, ticket.seq, TaskState::Waiting).await;
        let other = give(&world, "other", on("any")).await;
        next(&mut runs).await.1.answer("in between");
        world.end(&other).await;
        world.engine.clock.advance(7000);
        world.engine.alarm.notify_one();
        let (_, run) = next(&mut runs).await;
        assert_eq!(run.task.fence, 2);
        run.end.send(lost()).unwrap();
        let end = world.end(&ticket).await;
        assert_eq!(end.failure.as_ref().map(|failure| failure.class), Some(FailureClass::NodeLost));
        let row = row(&world, ticket.seq).await;
        assert!(row.dead && row.transport.as_deref() == Some("node:one"));
        let said = world.store.read(move |db| output::read(db, row.seq, 0, 99, 9999)).await.unwrap();
        let fences: Vec<(i64, u64)> = said.iter().map(|batch| (batch.fence, batch.seq)).collect();
        assert_eq!(said.iter().map(|batch| batch.count).sum::<u64>(), 6, "{fences:?}");
        assert!(
            world.audit(ticket.seq).await.ends_with(&["waiting>running".into(), "running>failed".into()])
        );
    });
}

async fn until(world: &World, seq: i64, state: TaskState) {
    for _ in 0..2000 {
        if world.state(seq).await == state {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{seq} never became {state}");
}

async fn row(world: &World, seq: i64) -> rows::TaskRow {
    world.store.read(move |db| rows::get(db, "default", seq)).await.unwrap().expect("a task")
}

#[test]
fn work_waits_for_others_for_its_hour_and_not_for_ever() {
    one_life(async |mut world| {
        world.engine.recover().await.unwrap();
        let now = world.engine.clock.now();
        let first = give(&world, "first", on("local")).await;
        let first_id = id(&world, &first);
        let second =
            give(&world, "second", Work { after: vec![(first_id, Need::Success)], ..on("local") }).await;
        let third =
            give(&world, "third", Work { after: vec![(id(&world, &second), Need::Success)], ..on("local") })
                .await;
        let anyway =
            give(&world, "anyway", Work { after: vec![(id(&world, &second), Need::End)], ..on("local") })
                .await;
        let late = give(&world, "late", Work { not_before: Some(now + 5000), ..on("local") }).await;
        let stale = give(&world, "stale", Work { expires_at: Some(now + 900), ..on("node:nobody") }).await;
        world.run().await.answer("one");
        let run = world.run().await;
        assert_eq!(run.task.prompt, "second");
        run.end.send(Outcome::failed(Failure::new(FailureClass::IsError, "bad", "bad"))).unwrap();
        let end = world.end(&third).await;
        assert_eq!(end.failure.as_ref().map(|failure| &*failure.code), Some("dependency_failed"));
        let run = world.run().await;
        assert_eq!(run.task.prompt, "anyway");
        run.answer("x");
        world.end(&anyway).await;
        let fourth =
            give(&world, "fourth", Work { after: vec![(first_id, Need::Success)], ..on("local") }).await;
        world.run().await.answer("of a task that had ended");
        world.end(&fourth).await;
        assert_eq!(world.state(late.seq).await, TaskState::Pending);
        world.engine.clock.advance(1000);
        world.engine.alarm.notify_one();
        let end = world.end(&stale).await;
        assert_eq!(end.failure.as_ref().map(|failure| &*failure.code), Some("expired"));
        assert_eq!(world.audit(stale.seq).await, [">pending", "pending>failed"]);
        world.engine.clock.advance(5000);
        world.engine.alarm.notify_one();
        assert_eq!(world.run().await.task.prompt, "late");
    });
}

#[test]
fn enough_of_a_group_stops_the_rest_and_a_parent_its_parts() {
    one_life(async |mut world| {
        let group = |quorum| Some(TaskGroup { id: "g".into(), quorum: Some(quorum) });
        let one = give(&world, "one", Work { group: group(1), ..on("local") }).await;
        let two = give(&world, "two", Work { group: group(1), ..on("local") }).await;
        let three = give(&world, "three", Work { group: group(1), ..on("node:nobody") }).await;
        let run = world.run().await;
        let other = world.run().await;
        run.answer("enough");
        assert_eq!(world.end(&one).await.state, TaskState::Completed);
        assert_eq!(world.end(&two).await.state, TaskState::Cancelled);
        assert_eq!(world.end(&three).await.state, TaskState::Cancelled);
        drop(other);
        let parent = give(&world, "parent", on("local")).await;
        let part = Work { parent: Some(id(&world, &parent)), ..on("node:nobody") };
        let part = give(&world, "part", part).await;
        world.run().await;
        world.engine.cancel("default", parent.seq, &"token".into(), "rpc").await.unwrap();
        assert_eq!(world.end(&part).await.stop_reason.as_deref(), Some("parent ended"));
    });
}

#[test]
fn a_run_at_a_worker_goes_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let seq = life(dir.path(), AfterCrash::Fail, async |world| {
        let mut runs = roads(&world);
        world.engine.worker_up(worker("one", 1), false);
        let ticket = give(&world, "t", on("node:one")).await;
        let waiting = give(&world, "next", on("node:one")).await;
        let (_, live) = next(&mut runs).await;
        let tail = world.engine.tail(ticket.seq).expect("open");
        tail.grows(2).await;
        assert_eq!(world.state(waiting.seq).await, TaskState::Pending);
        drop(live);
        ticket.seq
    });
    life(dir.path(), AfterCrash::Fail, async |world| {
        let mut runs = roads(&world);
        assert_eq!(world.engine.recover().await.unwrap(), 2);
        let (place, live) = next(&mut runs).await;
        assert_eq!((&*place, live.task.fence, live.task.resume_from), ("one", 1, Some(3)));
        world.engine.worker_up(worker("one", 1), false);
        assert_eq!(world.state(seq + 1).await, TaskState::Pending, "the slot is taken");
        drop(
            live.end.send(Outcome { ended_by: EndedBy::Finished, ..Outcome::finished(Reply::new("whole")) }),
        );
        until(&world, seq, TaskState::Completed).await;
        assert_eq!(
            world.audit(seq).await,
            [">pending", "pending>planning", "planning>running", "running>completed"]
        );
        let (_, live) = next(&mut runs).await;
        assert_eq!(live.task.prompt, "next");
        let said = world.store.read(move |db| output::read(db, seq, 0, 99, 9999)).await.unwrap();
        assert_eq!(said.iter().map(|batch| batch.count).sum::<u64>(), 3, "nothing twice: {said:?}");
    });
}
