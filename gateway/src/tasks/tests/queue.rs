//! Turns, keys, queue modes, stopping: one life of a gateway.

use super::*;

#[test]
fn an_accepted_message_is_stored_run_and_answered_with_its_audit() {
    one_life(|mut world| async move {
        let ticket = world.send("main", "k1", "hi", QueueMode::Steer).await.unwrap();
        assert!(ticket.fresh);
        let run = world.run().await;
        assert_eq!((run.task.prompt.as_str(), run.task.fence), ("hi", 1));
        assert!(!run.task.conversation.resume);
        run.answer("hello");
        let end = world.end(&ticket).await;
        assert_eq!((end.state, end.text.as_deref()), (TaskState::Completed, Some("hello")));
        assert_eq!(world.said("main").await, [says("user", "hi"), says("assistant", "hello")]);
        assert_eq!(
            world.audit(ticket.seq).await,
            [">pending", "pending>planning", "planning>running", "running>completed"]
        );
        while world.engine.load() != (0, 0) {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn a_repeated_key_joins_and_other_content_is_refused() {
    one_life(|mut world| async move {
        let (first, second) = tokio::join!(
            world.send("main", "k", "hi", QueueMode::Steer),
            world.send("main", "k", "hi", QueueMode::Steer)
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!((first.fresh, second.fresh, first.seq == second.seq), (true, false, true));
        assert!(!second.has_ended());
        let other = world.send("main", "k", "something else", QueueMode::Steer).await;
        assert!(matches!(other, Err(SubmitError::KeyReused)));
        world.run().await.answer("once");
        world.end(&first).await;
        let third = world.send("main", "k", "hi", QueueMode::Steer).await.unwrap();
        assert!(!third.fresh && third.has_ended());
        assert_eq!(world.end(&third).await.text.as_deref(), Some("once"));
        assert_eq!(world.said("main").await.len(), 2);
    });
}

#[test]
fn one_run_at_a_time_for_each_conversation_in_the_order_they_came() {
    one_life(|mut world| async move {
        let mut tickets = Vec::new();
        for key in ["a", "b", "c"] {
            tickets.push(world.send("main", key, key, QueueMode::Followup).await.unwrap());
        }
        for key in ["a", "b", "c"] {
            let run = world.run().await;
            assert_eq!(run.task.prompt, key);
            assert!(world.runs.try_recv().is_err(), "no second run of the conversation");
            run.answer(key);
        }
        for ticket in &tickets {
            assert_eq!(world.end(ticket).await.state, TaskState::Completed);
        }
    });
}

#[test]
fn an_agent_has_no_more_runs_than_allowed_and_a_full_queue_is_refused() {
    one_life(|mut world| async move {
        for key in ["a", "b", "c"] {
            world.send(key, key, key, QueueMode::Followup).await.unwrap();
        }
        let (first, second) = (world.run().await, world.run().await);
        tokio::task::yield_now().await;
        assert!(world.runs.try_recv().is_err(), "the third waits for a free place");
        assert_eq!(world.engine.load(), (3, 2));
        first.answer("1");
        let third = world.run().await;
        assert_eq!(third.task.prompt, "c");
        for index in 0..QUEUE_CAP {
            world.send("c", &format!("q{index}"), "x", QueueMode::Followup).await.unwrap();
        }
        let over = world.send("c", "over", "x", QueueMode::Followup).await;
        assert!(matches!(over, Err(SubmitError::Full)));
        drop((second, third));
    });
}

#[test]
fn a_steered_message_is_taken_by_the_live_run() {
    one_life(|mut world| async move {
        let first = world.send("main", "a", "one", QueueMode::Steer).await.unwrap();
        let run = world.run().await;
        let second = world.send("main", "b", "two", QueueMode::Steer).await.unwrap();
        let end = world.end(&second).await;
        assert_eq!((end.state, end.joined.as_deref()), (TaskState::Completed, Some("a")));
        assert_eq!(*world.steered.lock().unwrap(), ["two"]);
        run.answer("both");
        world.end(&first).await;
        assert!(world.runs.try_recv().is_err());
    });
}

#[test]
fn collected_messages_are_answered_by_one_run() {
    one_life(|mut world| async move {
        world.send("main", "a", "one", QueueMode::Collect).await.unwrap();
        let run = world.run().await;
        let second = world.send("main", "b", "two", QueueMode::Collect).await.unwrap();
        let third = world.send("main", "c", "three", QueueMode::Collect).await.unwrap();
        run.answer("1");
        let run = world.run().await;
        assert_eq!(run.task.prompt, "two\n\nthree");
        run.answer("2 and 3");
        assert_eq!(world.end(&second).await.text.as_deref(), Some("2 and 3"));
        assert_eq!(world.end(&third).await.joined.as_deref(), Some("b"));
    });
}

#[test]
fn an_interrupting_message_takes_the_place_of_the_live_run() {
    one_life(|mut world| async move {
        let first = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let _run = world.run().await;
        world.send("main", "b", "two", QueueMode::Followup).await.unwrap();
        world.send("main", "c", "now", QueueMode::Interrupt).await.unwrap();
        let end = world.end(&first).await;
        assert_eq!((end.state, end.stop_reason.as_deref()), (TaskState::Cancelled, Some("interrupt")));
        assert_eq!(end.text.as_deref(), Some("so "));
        assert_eq!(world.run().await.task.prompt, "now");
    });
}

#[test]
fn abort_stops_what_runs_and_what_waits() {
    one_life(|mut world| async move {
        let first = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let _run = world.run().await;
        let second = world.send("main", "b", "two", QueueMode::Followup).await.unwrap();
        let actor: Arc<str> = "token".into();
        let org: Arc<str> = "default".into();
        let stopped = world.engine.abort(&org, "agent:main:main", None, &actor, "rpc").await.unwrap();
        assert_eq!(stopped, ["a", "b"]);
        assert_eq!(world.end(&second).await.state, TaskState::Cancelled);
        assert_eq!(world.end(&first).await.state, TaskState::Cancelled);
        assert!(world.runs.try_recv().is_err());
        assert_eq!(world.audit(second.seq).await, [">pending", "pending>cancelled"]);
        assert_eq!(
            world.engine.cancel("default", first.seq, &actor, "rpc").await.unwrap(),
            Stopped::TooLate(None)
        );
    });
}

#[test]
fn of_a_hundred_cancels_and_completions_at_once_one_wins_each() {
    one_life(|mut world| async move {
        let actor: Arc<str> = "token".into();
        for round in 0..100 {
            let ticket = world.send("main", &format!("k{round}"), "x", QueueMode::Followup).await.unwrap();
            let run = world.run().await;
            let cancel = world.engine.cancel("default", ticket.seq, &actor, "rpc");
            let complete = async {
                if round % 2 == 0 {
                    tokio::task::yield_now().await;
                }
                run.answer("done");
            };
            let (stopped, ()) = tokio::join!(cancel, complete);
            let end = world.end(&ticket).await;
            let wanted =
                if stopped.unwrap() == Stopped::Yes { TaskState::Cancelled } else { TaskState::Completed };
            assert_eq!(end.state, wanted);
            assert_eq!(world.state(ticket.seq).await, wanted);
            let ends = world.log.0.lock().unwrap();
            let ends = ends.iter().filter(|(run, state)| run == &ticket.run_id && state.is_terminal());
            assert_eq!(ends.count(), 1);
        }
    });
}

#[test]
fn a_passing_failure_is_tried_again_and_a_lasting_one_is_told() {
    one_life(|mut world| async move {
        let ticket = world.send("main", "k", "x", QueueMode::Steer).await.unwrap();
        let busy = Failure::new(FailureClass::Capacity, "overloaded", "Too busy");
        drop(world.run().await.end.send(Outcome::failed(busy)));
        let again = world.run().await;
        assert_eq!(again.task.fence, 2);
        let wrong = Failure::new(FailureClass::Validation, "wrong", "The key is wrong");
        drop(again.end.send(Outcome::failed(wrong)));
        let end = world.end(&ticket).await;
        assert_eq!(end.state, TaskState::Failed);
        assert_eq!(world.said("main").await[1].0, "assistant");
        let audit = world.audit(ticket.seq).await;
        assert_eq!(audit[3..], ["running>waiting", "waiting>running", "running>failed"]);
    });
}
