//! Several lives on one store: whatever is cut off goes on or is told.

use super::*;

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

