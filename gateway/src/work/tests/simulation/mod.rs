//! A gateway, three workers and the network between them as a simulation: real hub, real workers, simulated programs,
//! time that costs nothing, and everything that goes wrong drawn from a seed.
//!
//! A seed makes one story, the same each time. `LANDLINE_SEED=7 cargo nextest run -p landline-gateway simulation` tells
//! the seventh alone; `LANDLINE_SEEDS` says how many there are otherwise.

mod engine;
mod network;
mod program;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nodes::work::Worker;
use nodes::work::wire::Report;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::*;
use engine::{Engine, Table};
use network::Net;
use program::Ledger;

/// Numbers that look like chance (`SplitMix64`).
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    /// Returns dice of their own for one part of a story, so that no part's throws depend on another's.
    fn of(seed: u64, part: u64) -> Self {
        let mut dice =
            Self(seed.wrapping_mul(0xD129_0DDB_53C4_3E49) ^ part.wrapping_mul(0x9E6C_63D0_676A_9A99));
        dice.number();
        dice
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    /// Returns a time of up to so many milliseconds.
    fn up_to(&mut self, millis: u64) -> Duration {
        Duration::from_micros(self.below(millis * 1000))
    }
}

/// What happened, in order, with its time.
#[derive(Clone, Debug, Default)]
struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    fn note(&self, began: Instant, what: impl std::fmt::Display) {
        let line = format!("{:>10} µs {what}", began.elapsed().as_micros());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells the story of a seed; returns what happened.
fn story(seed: u64) -> Vec<String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let trace = Trace::default();
    let told =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(tell(seed, &trace))));
    let lines = trace.take();
    if let Err(panic) = told {
        println!("{}\nthe story of LANDLINE_SEED={seed} went wrong", lines.join("\n"));
        std::panic::resume_unwind(panic);
    }
    lines
}

async fn tell(seed: u64, trace: &Trace) {
    let ledger = Ledger::new(trace.clone());
    let table = Arc::new(Table::new(seed, trace.clone()));
    let net = Arc::new(Net::new(seed, Arc::clone(&ledger)));
    let mut cables = JoinSet::new();
    for number in 0..network::WORKERS {
        cables.spawn(network::keep(Arc::clone(&net), number));
    }
    let ended = async {
        let mut dice = Dice::of(seed, 1);
        // Some gateways that are killed, and one that is not.
        for _ in 0..dice.below(3) {
            let engine = Engine::start(&table, &net);
            let life = Duration::from_millis(500) + dice.up_to(12_000);
            let over = tokio::time::timeout(life, table.all_ended()).await.is_ok();
            engine.kill();
            trace.note(ledger.began, "the gateway is killed");
            sleep(dice.up_to(8_000)).await;
            if over {
                break;
            }
        }
        let engine = Engine::start(&table, &net);
        table.all_ended().await;
        engine
    };
    let engine = tokio::time::timeout(Duration::from_mins(30), ended).await.expect("every task ends");
    net.calm();
    table.check(&ledger);
    nothing_is_left(&net).await;
    engine.kill();
    cables.shutdown().await;
}

/// Once the weather is fair, no worker keeps anything of a task that has ended.
async fn nothing_is_left(net: &Net) {
    sleep(Duration::from_mins(3)).await;
    for worker in net.workers() {
        assert_eq!(worker.running(), 0, "a run that nobody waits for goes on at {}", worker.name());
        assert_eq!(holds(&worker).await, 0, "{} keeps what is stored", worker.name());
    }
}

/// Returns how many runs a worker says it holds.
async fn holds(worker: &Arc<Worker>) -> usize {
    let mut line = worker.attach();
    match line.next().await.as_deref() {
        Some([Report::Announce { runs, .. }]) => runs.len(),
        other => panic!("the first words are an announcement: {other:?}"),
    }
}

#[test]
fn whatever_goes_wrong_every_task_ends_once_and_no_line_is_lost() {
    if let Some(seed) = std::env::var("LANDLINE_SEED").ok().and_then(|seed| seed.parse().ok()) {
        println!("{}", story(seed).join("\n"));
        return;
    }
    let seeds = std::env::var("LANDLINE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let mut seen = engine::Seen::default();
    for seed in 0..seeds {
        seen.count(&story(seed));
    }
    println!("{seeds} stories: {seen:?}");
    // A simulation in which nothing goes wrong shows nothing.
    seen.assert_everything_happened();
}

#[test]
fn a_seed_tells_the_same_story_each_time() {
    for seed in 0..20 {
        let (first, second) = (story(seed), story(seed));
        let differs = first.iter().zip(&second).position(|(a, b)| a != b);
        assert_eq!(differs.map(|line| (&first[line], &second[line])), None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}

/// How many stories are told.
const SEEDS: u64 = 2000;
