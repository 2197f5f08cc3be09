//! The simulated workers and their cables: slow, cut, silent, with messages that come twice or late, and machines that
//! die.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nodes::executor::{Executor, ExecutorKind};
use nodes::work::wire::{Facts, Order, Report};
use nodes::work::{AgentConfig, Bounds, Line as OwnLine, Parts, Trade, Worker};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Dice;
use super::program::{Ledger, Program};
use crate::work::tests::line::Pipe;
use crate::work::{Line, Owner, Workers};

/// How many workers there are.
pub(super) const WORKERS: usize = 3;

/// What is between the gateway and the workers.
#[derive(Debug)]
pub(super) struct Net {
    seed: u64,
    ledger: Arc<Ledger>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The gateway, while it lives, and what ends with it.
    gateway: Option<(Arc<Workers>, CancellationToken)>,
    workers: Vec<Arc<Worker>>,
    calm: bool,
}

impl Net {
    pub(super) fn new(seed: u64, ledger: Arc<Ledger>) -> Self {
        let workers = (0..WORKERS).map(|number| worker(&ledger, number, 0)).collect();
        Self { seed, ledger, state: Mutex::new(State { gateway: None, workers, calm: false }) }
    }

    /// Connects a gateway, or none.
    pub(super) fn plug(&self, gateway: Option<(Arc<Workers>, CancellationToken)>) {
        self.state().gateway = gateway;
    }

    /// From now on nothing goes wrong.
    pub(super) fn calm(&self) {
        self.state().calm = true;
    }

    pub(super) fn workers(&self) -> Vec<Arc<Worker>> {
        self.state().workers.clone()
    }

    pub(super) fn began(&self) -> Instant {
        self.ledger.began
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the name of a worker.
pub(super) fn name(number: usize) -> String {
    format!("w{number}")
}

fn worker(ledger: &Arc<Ledger>, number: usize, life: u32) -> Arc<Worker> {
    let agent = AgentConfig {
        executor: ExecutorKind::Command,
        command: vec!["simulated".into()],
        cwd: None,
        endpoint: None,
        env_pass: Vec::new(),
        env: BTreeMap::new(),
        model: None,
        max_turns: None,
    };
    let place = format!("{}/{life}", name(number));
    let program: Arc<dyn Executor> = Arc::new(Program { ledger: Arc::clone(ledger), place });
    Worker::new(Parts {
        facts: Facts {
            name: name(number),
            agents: vec!["main".into()],
            max_concurrent: 4,
            ..Facts::default()
        },
        trade: Trade { agents: BTreeMap::from([("main".into(), agent)]), home: std::env::temp_dir() },
        executors: HashMap::from([(ExecutorKind::Command, program)]),
        marker: ("LANDLINE_WORKER_TEST".into(), "simulated:".into()),
        state_dir: std::env::temp_dir().join("landline-worker-tests"),
        bounds: Bounds { window: 600, message: 200, repeat: Duration::from_secs(3), ..Bounds::default() },
    })
}

/// Keeps a worker connected, as well as the weather lets it.
pub(super) async fn keep(net: Arc<Net>, number: usize) {
    let mut dice = Dice::of(net.seed, 100 + number as u64);
    let mut life = 0;
    loop {
        let (gateway, worker, calm) = {
            let state = net.state();
            (state.gateway.clone(), Arc::clone(&state.workers[number]), state.calm)
        };
        let Some((workers, over)) = gateway else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let broken = tokio::select! {
            biased;
            () = over.cancelled() => Broken::Cut,
            broken = Cable::new(&workers, &worker, number, &net, dice.number()).serve(calm) => broken,
        };
        if matches!(broken, Broken::Dead) {
            life += 1;
            net.ledger.trace.note(net.ledger.began, format_args!("{} dies", name(number)));
            worker.leave(Duration::ZERO).await;
            net.state().workers[number] = self::worker(&net.ledger, number, life);
        }
        // Sometimes longer than the gateway waits for it.
        let away = if dice.one_in(8) { dice.up_to(12_000) } else { dice.up_to(500) };
        sleep(Duration::from_millis(1) + away).await;
    }
}

/// How a connection ended.
enum Broken {
    Cut,
    Dead,
}

enum Message {
    Order(Order),
    Report(Box<Report>),
}

/// One connection of one worker.
struct Cable<'a> {
    hub: Line,
    workers: Arc<Workers>,
    worker: Arc<Worker>,
    own: OwnLine,
    orders: mpsc::UnboundedReceiver<Order>,
    net: &'a Net,
    number: usize,
    dice: Dice,
    /// What is on its way, by when it comes; the number keeps what comes together in order.
    flying: BTreeMap<(Instant, u64), Message>,
    sent: u64,
    /// When what is sent in order comes at the earliest.
    queue: Instant,
}

impl<'a> Cable<'a> {
    fn new(workers: &Arc<Workers>, worker: &Arc<Worker>, number: usize, net: &'a Net, dice: u64) -> Self {
        let (out, orders) = mpsc::unbounded_channel();
        let owner = Owner::Device(name(number).into());
        Self {
            hub: Line::open(workers, owner, "simulated", Arc::new(Pipe(out))),
            workers: Arc::clone(workers),
            worker: Arc::clone(worker),
            own: worker.attach(),
            orders,
            net,
            number,
            dice: Dice(dice),
            flying: BTreeMap::new(),
            sent: 0,
            queue: Instant::now(),
        }
    }

    async fn serve(mut self, calm: bool) -> Broken {
        if !self.greet().await {
            return Broken::Cut;
        }
        let forever = Duration::from_hours(1000);
        let cut = Instant::now() + if calm { forever } else { self.dice.up_to(6_000) };
        let dies = !calm && self.dice.one_in(6);
        // A line that is dead and that neither side knows to be.
        let mute = if calm || !self.dice.one_in(4) {
            cut
        } else {
            cut - self.dice.up_to(3_000).min(cut - Instant::now())
        };
        loop {
            let due = self.flying.keys().next().map(|(at, _)| *at);
            tokio::select! {
                biased;
                () = sleep_until(cut) => break,
                () = wait(due) => if !self.deliver() {
                    return Broken::Cut;
                },
                Some(order) = self.orders.recv() => self.send(Message::Order(order), mute, calm),
                Some(reports) = self.own.next() => {
                    for report in reports {
                        self.send(Message::Report(Box::new(report)), mute, calm);
                    }
                }
            }
        }
        let how = if dies { Broken::Dead } else { Broken::Cut };
        self.net.ledger.trace.note(self.net.ledger.began, format_args!("{} is cut off", name(self.number)));
        how
    }

    /// A connection without its first words would be none.
    async fn greet(&mut self) -> bool {
        let Some(first) = self.own.next().await else { return false };
        sleep(self.dice.up_to(50)).await;
        self.workers.hear(&self.hub, first).is_ok()
    }

    fn send(&mut self, message: Message, mute: Instant, calm: bool) {
        let now = Instant::now();
        if now >= mute && !calm {
            return;
        }
        self.queue = self.queue.max(now + Duration::from_millis(1) + self.dice.up_to(20));
        let mut at = self.queue;
        if !calm && self.dice.one_in(20) {
            // Late: what is sent after it comes before it.
            at += self.dice.up_to(400);
        }
        if !calm && self.dice.one_in(20) {
            let again = match &message {
                Message::Order(order) => Message::Order(order.clone()),
                Message::Report(report) => Message::Report(report.clone()),
            };
            let later = at + self.dice.up_to(800);
            self.fly(later, again);
        }
        self.fly(at, message);
    }

    fn fly(&mut self, at: Instant, message: Message) {
        self.sent += 1;
        self.flying.insert((at, self.sent), message);
    }

    fn deliver(&mut self) -> bool {
        match self.flying.pop_first() {
            Some((_, Message::Order(order))) => {
                self.worker.hear(order);
                true
            }
            Some((_, Message::Report(report))) => self.workers.hear(&self.hub, vec![*report]).is_ok(),
            None => true,
        }
    }
}

async fn wait(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
