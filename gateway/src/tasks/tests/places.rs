//! Places against a model that a person can check by eye: lists instead of queues.

use std::collections::BTreeMap;

use proptest::prelude::*;

use schemas::work::WorkerFacts;

use super::super::places::{Needs, Place, Places};

/// What may happen.
#[derive(Clone, Debug)]
enum Act {
    Come { worker: usize, slots: u32 },
    Go(usize),
    Drain(usize, bool),
    Task { target: usize, priority: i32 },
    End(usize),
}

const WORKERS: [&str; 3] = ["a", "b", "c"];
const TARGETS: [&str; 5] = ["any", "node:a", "node:b", "pool:even", "any[linux]"];

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => (0..3_usize, 1..4_u32).prop_map(|(worker, slots)| Act::Come { worker, slots }),
        1 => (0..3_usize).prop_map(Act::Go),
        1 => (0..3_usize, any::<bool>()).prop_map(|(worker, drain)| Act::Drain(worker, drain)),
        8 => (0..5_usize, -1..2_i32).prop_map(|(target, priority)| Act::Task { target, priority }),
        8 => (0..9_usize).prop_map(Act::End),
    ];
    proptest::collection::vec(act, 1..120)
}

fn facts(worker: usize, slots: u32) -> WorkerFacts {
    WorkerFacts {
        name: WORKERS[worker].into(),
        pool: worker.is_multiple_of(2).then(|| "even".into()),
        max_concurrent: slots,
        os: if worker == 1 { "mac" } else { "linux" }.into(),
        ..WorkerFacts::default()
    }
}

/// Places, and beside them what they should come to.
#[derive(Default)]
struct Pair {
    places: Places,
    here: BTreeMap<usize, (u32, bool)>,
    running: Vec<(i64, usize)>,
    waiting: Vec<(i32, i64, usize)>,
    next: i64,
}

impl Pair {
    fn needs(target: usize) -> Needs {
        Needs::worker(&"default".into(), &TARGETS[target].parse().unwrap(), None)
    }

    fn load(&self, worker: usize) -> usize {
        self.running.iter().filter(|(_, at)| *at == worker).count()
    }

    fn free(&self, worker: usize) -> bool {
        self.here.get(&worker).is_some_and(|(slots, drain)| !drain && self.load(worker) < *slots as usize)
    }

    fn fits(worker: usize, target: usize) -> bool {
        facts(worker, 1).fits(&TARGETS[target].parse().unwrap())
    }

    /// Gives a worker's free slots away, and compares who got them with the list.
    fn fill(&mut self, worker: usize) {
        let place = Place::Worker(WORKERS[worker].into());
        while let Some(seq) = self.places.next(&place, 0) {
            self.waiting.sort_by_key(|(priority, seq, _)| (-priority, *seq));
            let first = self.waiting.iter().position(|(_, _, target)| Self::fits(worker, *target));
            let (priority, wanted, target) = self.waiting.remove(first.expect("somebody waits"));
            assert_eq!(seq, wanted, "priority first, then the order in which they came");
            self.start(seq, priority, target).expect("the slot is free");
        }
        let somebody = self.waiting.iter().any(|(_, _, target)| Self::fits(worker, *target));
        assert!(!(self.free(worker) && somebody), "a free slot and somebody who fits");
    }

    fn start(&mut self, seq: i64, priority: i32, target: usize) -> Option<()> {
        let Some(Place::Worker(name)) = self.places.take(seq, priority, &Self::needs(target), 0) else {
            return None;
        };
        let worker = WORKERS.iter().position(|worker| **worker == *name).unwrap();
        assert!(self.free(worker) && Self::fits(worker, target), "{name} has no slot for it");
        self.running.push((seq, worker));
        Some(())
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Come { worker, slots } => {
                self.here.insert(worker, (slots, false));
                self.places.worker_up(facts(worker, slots), false);
                self.fill(worker);
            }
            Act::Go(worker) => {
                self.here.remove(&worker);
                self.places.worker_down(WORKERS[worker]);
            }
            Act::Drain(worker, drain) => {
                if let Some(state) = self.here.get_mut(&worker) {
                    state.1 = drain;
                }
                assert_eq!(self.places.drain(WORKERS[worker], drain), self.here.contains_key(&worker));
                self.fill(worker);
            }
            Act::Task { target, priority } => {
                self.next += 1;
                let room = (0..3).any(|worker| self.free(worker) && Self::fits(worker, target));
                let started = self.start(self.next, priority, target).is_some();
                assert_eq!(started, room);
                if !started {
                    self.waiting.push((priority, self.next, target));
                }
            }
            Act::End(which) => {
                if which < self.running.len() {
                    let (_, worker) = self.running.remove(which);
                    self.places.free(&Place::Worker(WORKERS[worker].into()), "default");
                    self.fill(worker);
                }
            }
        }
        let seen: Vec<(String, usize)> =
            self.places.workers().map(|(facts, _, running)| (facts.name.clone(), running)).collect();
        let wanted: Vec<(String, usize)> =
            self.here.keys().map(|worker| (WORKERS[*worker].to_owned(), self.load(*worker))).collect();
        assert_eq!(seen, wanted);
    }
}

proptest! {
    #[test]
    fn slots_and_order_are_kept(acts in acts()) {
        let mut pair = Pair::default();
        for act in &acts {
            pair.act(act);
        }
    }
}

#[test]
fn the_least_loaded_worker_for_its_size_is_given_the_next_task() {
    let mut places = Places::default();
    places.worker_up(facts(0, 4), false);
    places.worker_up(facts(2, 2), false);
    let given: Vec<Place> = (0..6).filter_map(|seq| places.take(seq, 0, &Pair::needs(0), 0)).collect();
    let names: Vec<&str> =
        given.iter().map(|place| if *place == Place::Worker("a".into()) { "a" } else { "c" }).collect();
    assert_eq!(names, ["a", "c", "a", "c", "a", "a"].map(|name| name), "one quarter is less than one half");
    assert_eq!(places.take(6, 0, &Pair::needs(0), 0), None, "the seventh waits");
}

#[test]
fn ten_thousand_that_wait_cost_no_more_than_ten() {
    let time = |waiting: i64| {
        let mut places = Places::default();
        places.worker_up(facts(0, 1), false);
        for seq in 0..=waiting {
            places.take(seq, 0, &Pair::needs(0), 0);
        }
        let place = Place::Worker("a".into());
        let began = std::time::Instant::now();
        for seq in 0..2000 {
            places.free(&place, "default");
            let next = places.next(&place, 0).expect("somebody waits");
            places.take(next, 0, &Pair::needs(0), 0);
            places.take(waiting + 1 + seq, 0, &Pair::needs(0), 0);
        }
        began.elapsed()
    };
    time(10);
    let (few, many) = (time(10), time(10_000));
    assert!(many < few * 6, "{few:?} with ten, {many:?} with ten thousand");
}
