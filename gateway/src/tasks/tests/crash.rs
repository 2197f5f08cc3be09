//! Several lives on one store: whatever is cut off goes on or is told.

use futures_util::FutureExt as _;

use super::*;
use crate::store::Db;

#[test]
fn after_a_crash_a_resumable_run_goes_on_and_the_queue_keeps_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let first = life(dir.path(), AfterCrash::Resume, |mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let run = world.run().await;
        world.send("main", "b", "two", QueueMode::Steer).await.unwrap();
        world.send("main", "c", "three", QueueMode::Followup).await.unwrap();
        while world.steered.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let before = run.task.conversation.id;
        (ticket.seq, before)
    });
    life(dir.path(), AfterCrash::Resume, |mut world| async move {
        assert!(world.engine.recover().await.unwrap() >= 2);
        let run = world.run().await;
        assert_eq!((run.task.run_id.as_str(), run.task.fence), ("a", 2));
        assert_eq!((run.task.conversation.id, run.task.conversation.resume), (first.1, true));
        assert!(run.task.prompt.contains("restarted") && run.task.prompt.contains("one"));
        assert!(run.task.prompt.contains("two"), "what was handed to the run is not lost");
        run.answer("1");
        let run = world.run().await;
        assert_eq!(run.task.prompt, "three");
        run.answer("3");
        let third = world.send("main", "c", "three", QueueMode::Followup).await.unwrap();
        assert!(!third.fresh);
        world.end(&third).await;
        let said = world.said("main").await;
        let users = said.iter().filter(|(role, _)| role == "user").count();
        let answers = said.iter().filter(|(role, _)| role == "assistant").count();
        assert_eq!((users, answers), (3, 2));
    });
    life(dir.path(), AfterCrash::Resume, |world| async move {
        assert_eq!(world.engine.recover().await.unwrap(), 0, "what has ended is not done again");
        let again = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        assert!(!again.fresh && again.has_ended());
    });
}

#[test]
fn a_run_of_unknown_effects_fails_with_a_line_for_the_user() {
    let dir = tempfile::tempdir().unwrap();
    let seq = life(dir.path(), AfterCrash::Fail, |mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        world.run().await;
        ticket.seq
    });
    life(dir.path(), AfterCrash::Fail, |mut world| async move {
        world.engine.recover().await.unwrap();
        assert_eq!(world.state(seq).await, TaskState::Failed);
        let said = world.said("main").await;
        assert!(said[1].1.contains("nobody knows"), "{said:?}");
        world.send("main", "b", "two", QueueMode::Followup).await.unwrap();
        assert_eq!(world.run().await.task.prompt, "two");
    });
}

#[test]
fn a_task_that_dies_with_the_gateway_three_times_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let seq = life(dir.path(), AfterCrash::Restart, |mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        world.run().await;
        ticket.seq
    });
    for _ in 0..2 {
        life(dir.path(), AfterCrash::Restart, |mut world| async move {
            world.engine.recover().await.unwrap();
            assert_eq!(world.run().await.task.prompt, "one");
        });
    }
    life(dir.path(), AfterCrash::Restart, |world| async move {
        world.engine.recover().await.unwrap();
        assert_eq!(world.state(seq).await, TaskState::Failed);
    });
}

#[test]
fn a_graceful_stop_leaves_the_run_for_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let seq = life(dir.path(), AfterCrash::Restart, |mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let _run = world.run().await;
        world.engine.leave();
        let refused = world.send("main", "b", "two", QueueMode::Followup).await;
        assert!(matches!(refused, Err(SubmitError::Stopping)));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.state(ticket.seq).await, TaskState::Running);
        ticket.seq
    });
    life(dir.path(), AfterCrash::Restart, |mut world| async move {
        world.engine.recover().await.unwrap();
        world.run().await.answer("after all");
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        assert_eq!((ticket.seq, world.end(&ticket).await.state), (seq, TaskState::Completed));
    });
}

/// Answers by itself, after a while that differs from run to run.
#[derive(Debug)]
struct Echo(u64);

#[async_trait]
impl Transport for Echo {
    async fn run(
        &self,
        task: Assignment,
        progress: Progress,
        _: CancellationToken,
    ) -> Result<Outcome, TransportError> {
        for _ in 0..(self.0 ^ task.fence.wrapping_mul(7)) % 5 {
            progress.step(Step::Text { delta: ".".into() }).await;
            tokio::task::yield_now().await;
        }
        Ok(Outcome::finished(Reply::new(format!("echo {}", task.run_id))))
    }
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_nothing_is_answered_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = std::collections::BTreeSet::new();
    for round in 0..40_u64 {
        let acked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&acked);
        life(dir.path(), AfterCrash::Restart, |mut world| async move {
            world.replace_executor(Echo(round));
            world.engine.recover().await.unwrap();
            for index in 0..6_u64 {
                let (engine, seen) = (Arc::clone(&world.engine), Arc::clone(&seen));
                let key = format!("k{}", round * 4 + index);
                let session = format!("s{}", (round * 4 + index) % 3);
                let send = async move {
                    let sent = submission(&session, &key, "x", QueueMode::Followup);
                    engine.submit(sent).await.map(|_| seen.lock().unwrap().push(key))
                };
                world.jobs.spawn(crate::supervise::Job::Engine, send.map(drop));
            }
            // The moment of death: after so many commits of whatever kind.
            for _ in 0..round % 9 {
                world.store.write(|_| Ok(())).await.unwrap();
            }
        });
        acknowledged.extend(acked.lock().unwrap().drain(..));
    }
    // How many there are depends on how busy the machine is; without any the test would say nothing.
    assert!(acknowledged.len() > 10, "{}", acknowledged.len());
    life(dir.path(), AfterCrash::Restart, |mut world| async move {
        world.replace_executor(Echo(0));
        world.engine.recover().await.unwrap();
        while world.engine.load().0 > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let read = |db: &Db| {
            let sql =
                "SELECT run_id, sum(role = 'user'), sum(role = 'assistant') FROM messages GROUP BY run_id";
            let mut statement = db.prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
            Ok(rows.collect::<Result<HashMap<String, (i64, i64)>, _>>()?)
        };
        let said = world.store.read(read).await.unwrap();
        for (key, counts) in &said {
            assert_eq!(*counts, (1, 1), "{key}");
        }
        for key in &acknowledged {
            assert!(said.contains_key(key), "{key} was acknowledged and lost");
        }
    });
}
