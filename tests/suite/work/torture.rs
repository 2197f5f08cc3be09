//! Many tasks at once while workers die, the gateway is killed, cables are cut and requests come twice: every task ends
//! once, every line of output is there once, and no process is left.
//!
//! `LANDLINE_TORTURE_TASKS=2000 cargo nextest run -p suite torture --no-capture` gives it 2,000 tasks.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harness::{Rng, within};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::http::{Script, token};
use super::*;

/// A cable to the gateway that is cut now and then.
struct Cable {
    address: SocketAddr,
    cut: Arc<watch::Sender<u64>>,
    cuts: Arc<AtomicU64>,
    _jobs: JoinSet<()>,
}

impl Cable {
    async fn new(gateway: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let cut = Arc::new(watch::Sender::new(0));
        let cuts = Arc::new(AtomicU64::new(0));
        let mut jobs = JoinSet::new();
        let (cutter, counted) = (Arc::clone(&cut), Arc::clone(&cuts));
        jobs.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let (mut over, counted) = (cutter.subscribe(), Arc::clone(&counted));
                open.spawn(async move {
                    tokio::select! {
                        () = join(near, gateway) => {}
                        // Both ends are closed in the middle of whatever was on its way.
                        _ = over.changed() => drop(counted.fetch_add(1, Ordering::Relaxed)),
                    }
                });
                while open.try_join_next().is_some() {}
            }
        });
        Self { address, cut, cuts, _jobs: jobs }
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }
}

/// Carries bytes both ways until one end is closed.
async fn join(mut near: TcpStream, gateway: SocketAddr) {
    if let Ok(mut far) = TcpStream::connect(gateway).await {
        // A broken connection is what this is for.
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    }
}

/// What each task does: it leaves its number in a file, writes lines slowly, and says something last.
fn program(stage: &Stage) -> String {
    let ran = stage.file("ran");
    format!(
        "trap '' PIPE; read n; echo $n >> {}; for i in 1 2 3 4 5 6 7 8 9 10; do echo \"$n: line $i\"; sleep 0.0$((n % 4)); done",
        ran.display()
    )
}

fn written(number: usize) -> String {
    (1..=10).flat_map(|line| [number.to_string(), ": line ".into(), line.to_string(), "\n".into()]).collect()
}

/// A gateway, three workers behind a cable, and what was asked of them.
struct World {
    stage: Stage,
    cable: Cable,
    machines: Vec<Machine>,
    /// The worker over HTTP, its token and its program.
    script: (Script, String, String),
    /// The task of each number.
    ids: HashMap<usize, String>,
    rng: Rng,
}

impl World {
    async fn new() -> Self {
        let mut stage = Stage::new().await;
        let cable = Cable::new(stage.gateway.address()).await;
        let program = program(&stage);
        let mut machines = Vec::new();
        for name in ["a", "b"] {
            let mut machine = stage.machine(name, &program, "max_concurrent = 6").await;
            machine.kill9().await;
            // Paired anew over the cable: a node shows its token to nobody but the gateway it is paired with.
            let code = stage.owner.ok("device.pair.setupCode", json!({"bootstrapProfile": "node"})).await;
            let code = code["setupCode"].as_str().expect("a code");
            machine.start(&["--pair", code, "--gateway", &cable.url("ws")]).await;
            machines.push(machine);
        }
        let secret = token(&mut stage, "py").await;
        let script = Script::at(&cable.url("http"), "py", &secret, &["sh", "-c", &program]).await;
        let rng = Rng::announced("torture");
        Self { stage, cable, machines, script: (script, secret, program), ids: HashMap::new(), rng }
    }

    /// Asks for a task, now and then twice.
    async fn ask(&mut self, number: usize) {
        let on = *self.rng.pick(&["any", "any", "node:a", "node:b", "node:py"]);
        let key = uuid::Uuid::new_v4().to_string();
        for _ in 0..if self.rng.one_in(10) { 2 } else { 1 } {
            let params =
                json!({"idempotencyKey": key, "on": on, "message": number.to_string(), "maxRetries": 10});
            let task = self.stage.owner.ok("tasks.dispatch", params).await;
            let id = task["taskId"].as_str().expect("an id").to_owned();
            assert_eq!(*self.ids.entry(number).or_insert(id.clone()), id, "asked twice, one task");
        }
    }

    /// Kills something without warning, and starts it again.
    async fn kill(&mut self, whom: Whom) {
        match whom {
            Whom::Gateway => {
                self.stage.gateway.kill9();
                self.stage.gateway.restart().await;
                self.stage.enter().await;
            }
            Whom::Machine(number) => {
                self.machines[number].kill9().await;
                self.machines[number].start(&[]).await;
            }
            Whom::Script => {
                let (script, secret, program) = &mut self.script;
                script.kill9().await;
                *script = Script::at(&self.cable.url("http"), "py", secret, &["sh", "-c", program]).await;
            }
        }
    }

    async fn all_end(&mut self) {
        let limit = Duration::from_secs(120 + self.ids.len() as u64 / 4);
        within(limit, "all tasks end", async || {
            let stats = self.stage.owner.ok("tasks.stats", json!({})).await;
            stats["queueDepth"] == 0 && stats["activeTasks"] == 0
        })
        .await;
    }

    /// Compares what is stored of each task with what it did; returns how many attempts there were.
    async fn check(&mut self) -> u64 {
        let (mut attempts, ran) = (0, runs(&self.stage));
        for (number, id) in &self.ids {
            let (task, output) = self.stage.log_of(id).await;
            assert_eq!(task["status"], "completed", "{task}");
            let last = task["attempt"].as_u64().expect("a number");
            attempts += last;
            let whole = written(*number);
            assert!(output.values().all(|text| whole.starts_with(text)), "task {number}: {output:?}");
            assert_eq!(output.values().next_back(), Some(&whole), "task {number}");
            let times = ran.get(number).copied().unwrap_or_default();
            assert!((1..=last).contains(&times), "task {number} was begun {times} times in {last} attempts");
        }
        let marks = self.machines.iter().map(|machine| format!("LANDLINE_WORKER_RUN={}", machine.id));
        assert_eq!(marks.map(|mark| running(&mark)).sum::<usize>(), 0, "processes of runs that are over");
        attempts
    }
}

enum Whom {
    Gateway,
    Machine(usize),
    Script,
}

#[tokio::test]
async fn no_task_is_lost_or_ends_twice_whatever_dies() {
    let tasks =
        std::env::var("LANDLINE_TORTURE_TASKS").ok().and_then(|tasks| tasks.parse().ok()).unwrap_or(TASKS);
    let mut world = World::new().await;
    let began = Instant::now();
    let mut deaths = vec![Whom::Gateway, Whom::Script, Whom::Machine(1), Whom::Gateway, Whom::Machine(0)];
    let (between, mut next_cut) = (tasks / (deaths.len() + 1), Instant::now());
    for number in 0..tasks {
        world.ask(number).await;
        if Instant::now() > next_cut {
            world.cable.cut.send_modify(|count| *count += 1);
            next_cut = Instant::now() + Duration::from_millis(200 + world.rng.below(1500));
        }
        if number % between == between - 1
            && let Some(whom) = deaths.pop()
        {
            world.kill(whom).await;
        }
    }
    assert!(deaths.is_empty(), "everybody died");
    world.all_end().await;
    let took = began.elapsed();
    let attempts = world.check().await;
    let cuts = world.cable.cuts.load(Ordering::Relaxed);
    println!("{tasks} tasks in {took:.1?}, {attempts} attempts, {cuts} connections cut");
}

/// Returns how often each task left its number.
fn runs(stage: &Stage) -> BTreeMap<usize, u64> {
    let mut ran = BTreeMap::new();
    for line in std::fs::read_to_string(stage.file("ran")).expect("tasks ran").lines() {
        *ran.entry(line.parse().expect("a number")).or_default() += 1;
    }
    ran
}

impl Stage {
    /// Returns a task, and what each of its attempts wrote.
    async fn log_of(&mut self, id: &str) -> (Value, BTreeMap<u64, String>) {
        let task = self.owner.ok("tasks.get", json!({"taskId": id})).await["task"].clone();
        let (mut output, mut after): (BTreeMap<u64, String>, Value) = (BTreeMap::new(), Value::Null);
        loop {
            let mut params = json!({"taskId": id});
            if !after.is_null() {
                params["after"] = after.clone();
            }
            let page = self.owner.ok("tasks.output", params).await;
            for chunk in page["chunks"].as_array().expect("chunks") {
                let fence = chunk["fence"].as_u64().expect("an attempt");
                output
                    .entry(fence)
                    .or_default()
                    .push_str(chunk["step"]["delta"].as_str().unwrap_or_default());
            }
            after = page["next"].clone();
            if page["done"] == true {
                return (task, output);
            }
        }
    }
}

/// How many tasks there are, unless `LANDLINE_TORTURE_TASKS` says otherwise.
const TASKS: usize = 90;
