//! The engine against the table of moves: whatever happens in whatever order, a task ends once and stays as it ended.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::work::{give, on, roads, worker};
use super::*;

/// What may happen.
#[derive(Clone, Copy, Debug)]
enum Act {
    Dispatch { away: bool, retries: u32 },
    Answer(usize),
    Fail(usize),
    Lose(usize),
    Cancel(usize),
    Pass(i64),
    Come,
    Go,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (any::<bool>(), 0..3_u32).prop_map(|(away, retries)| Act::Dispatch { away, retries }),
        3 => (0..6_usize).prop_map(Act::Answer),
        1 => (0..6_usize).prop_map(Act::Fail),
        2 => (0..6_usize).prop_map(Act::Lose),
        2 => (0..12_usize).prop_map(Act::Cancel),
        2 => (1..30_000_i64).prop_map(Act::Pass),
        2 => Just(Act::Come),
        1 => Just(Act::Go),
    ];
    proptest::collection::vec(act, 1..40)
}

struct Play {
    world: World,
    remote: mpsc::UnboundedReceiver<(String, Live)>,
    live: Vec<Live>,
    tasks: Vec<Ticket>,
}

impl Play {
    /// Lets everything happen that can, and gathers the runs that began.
    async fn settle(&mut self) {
        for _ in 0..30 {
            tokio::task::yield_now().await;
            while let Ok(live) = self.world.runs.try_recv() {
                self.live.push(live);
            }
            while let Ok((_, live)) = self.remote.try_recv() {
                self.live.push(live);
            }
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    }

    fn end(&mut self, which: usize, outcome: Outcome) {
        if which < self.live.len() {
            drop(self.live.swap_remove(which).end.send(outcome));
        }
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::Dispatch { away, retries } => {
                let conditions = Work { max_retries: retries, ..on(if away { "any" } else { "local" }) };
                let key = format!("t{}", self.tasks.len());
                self.tasks.push(give(&self.world, &key, conditions).await);
            }
            Act::Answer(which) => self.end(which, Outcome::finished(Reply::new("done"))),
            Act::Fail(which) => {
                self.end(which, Outcome::failed(Failure::new(FailureClass::IsError, "bad", "bad")));
            }
            Act::Lose(which) => {
                self.end(which, Outcome::failed(Failure::new(FailureClass::Network, "lost", "gone")));
            }
            Act::Cancel(which) => {
                if let Some(ticket) = self.tasks.get(which) {
                    let actor: Arc<str> = "token".into();
                    self.world.engine.cancel("default", ticket.seq, &actor, "rpc").await.unwrap();
                }
            }
            Act::Pass(millis) => {
                self.world.engine.clock.advance(millis);
                self.world.engine.alarm.notify_one();
            }
            Act::Come => self.world.engine.worker_up(worker("one", 2), false),
            Act::Go => self.world.engine.worker_down("one"),
        }
    }

    /// Ends whatever is left, and returns every task's moves.
    async fn finish(mut self) -> Vec<Vec<String>> {
        self.world.engine.worker_up(worker("one", 2), false);
        for _ in 0..200 {
            self.settle().await;
            while let Some(live) = self.live.pop() {
                live.answer("in the end");
            }
            self.world.engine.clock.advance(70_000);
            self.world.engine.alarm.notify_one();
            if self.world.engine.depth() == (0, 0) {
                break;
            }
        }
        assert_eq!(self.world.engine.depth(), (0, 0), "everything ends");
        let mut moves = Vec::new();
        for ticket in &self.tasks {
            moves.push(self.world.audit(ticket.seq).await);
        }
        let ends = self.world.log.0.lock().unwrap();
        for ticket in &self.tasks {
            let told = ends.iter().filter(|(run, state)| *run == ticket.run_id && state.is_terminal());
            assert_eq!(told.count(), 1, "{} was told to have ended not just once", ticket.run_id);
        }
        moves
    }
}

fn check(moves: &[String]) {
    let mut state: Option<TaskState> = None;
    for step in moves {
        let (from, to) = step.split_once('>').expect("a move");
        let to: TaskState = to.parse().expect("a state");
        match state {
            None => assert_eq!((from, to), ("", TaskState::Pending)),
            Some(state) => {
                assert_eq!(from.parse::<TaskState>().ok(), Some(state), "{moves:?}");
                assert!(state.may_become(to), "{moves:?}");
            }
        }
        state = Some(to);
    }
    assert!(state.is_some_and(TaskState::is_terminal), "{moves:?}");
}

#[test]
fn every_task_ends_once_and_moves_only_as_the_table_says() {
    let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
    let played = runner.run(&acts(), |acts| {
        let all = one_life(async |world| {
            let remote = roads(&world);
            world.engine.recover().await.unwrap();
            let mut play = Play { world, remote, live: Vec::new(), tasks: Vec::new() };
            for act in acts {
                play.act(act).await;
                play.settle().await;
            }
            play.finish().await
        });
        for moves in &all {
            check(moves);
        }
        Ok(())
    });
    played.unwrap();
}
