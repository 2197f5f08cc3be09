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
                    let Ok(far) = TcpStream::connect(gateway).await else { return };
                    let (mut near, mut far) = (near, far);
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
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

/// What each task does: it leaves its number in a file, writes lines slowly, and says something last.
fn script(stage: &Stage) -> String {
    let ran = stage.file("ran");
    format!(
        "trap '' PIPE; read n; echo $n >> {}; for i in 1 2 3 4 5 6 7 8 9 10; do echo \"$n: line $i\"; sleep 0.0$((n % 4)); done",
        ran.display()
    )
}

fn written(number: usize) -> String {
    (1..=10).map(|line| format!("{number}: line {line}\n")).collect()
}

#[tokio::test]
async fn no_task_is_lost_or_ends_twice_whatever_dies() {
    let tasks =
        std::env::var("LANDLINE_TORTURE_TASKS").ok().and_then(|tasks| tasks.parse().ok()).unwrap_or(TASKS);
    let mut rng = Rng::announced("torture");
    let mut stage = Stage::new().await;
    let cable = Cable::new(stage.gateway.address()).await;
    let script = script(&stage);
    let mut machines = Vec::new();
    for name in ["a", "b"] {
        let mut machine = stage.machine(name, &script, "max_concurrent = 6").await;
        machine.kill9().await;
        // Paired anew over the cable: a node shows its token to nobody but the gateway it is paired with.
        let code = stage.owner.ok("device.pair.setupCode", json!({"bootstrapProfile": "node"})).await;
        let code = code["setupCode"].as_str().expect("a code");
        machine.start(&["--pair", code, "--gateway", &cable.url("ws")]).await;
        machines.push(machine);
    }
    let secret = token(&mut stage, "py").await;
    let python = ["sh", "-c", script.as_str()];
    let mut third = Script::at(&cable.url("http"), "py", &secret, &python).await;
    let began = Instant::now();
    let mut ids = HashMap::new();
    // What dies, and after which share of the tasks was dispatched or ended.
    let mut deaths = vec!["worker 0", "gateway", "worker 1", "script", "gateway"];
    let mut next_cut = Instant::now();
    for number in 0..tasks {
        let on = *rng.pick(&["any", "any", "node:a", "node:b", "node:py"]);
        let key = uuid::Uuid::new_v4().to_string();
        for _ in 0..if rng.one_in(10) { 2 } else { 1 } {
            let params =
                json!({"idempotencyKey": key, "on": on, "message": number.to_string(), "maxRetries": 10});
            let task = stage.owner.ok("tasks.dispatch", params).await;
            let id = task["taskId"].as_str().expect("an id").to_owned();
            assert_eq!(*ids.entry(number).or_insert(id.clone()), id, "asked twice, one task");
        }
        if Instant::now() > next_cut {
            cable.cut.send_modify(|count| *count += 1);
            next_cut = Instant::now() + Duration::from_millis(200 + rng.below(1500));
        }
        if number % (tasks / 6).max(1) == (tasks / 6).max(1) - 1 {
            match deaths.pop() {
                Some("gateway") => {
                    stage.gateway.kill9();
                    stage.gateway.restart().await;
                    stage.enter().await;
                }
                Some("script") => {
                    third.kill9().await;
                    third = Script::at(&cable.url("http"), "py", &secret, &python).await;
                }
                Some(worker) => {
                    let machine = &mut machines[usize::from(worker.ends_with('1'))];
                    machine.kill9().await;
                    machine.start(&[]).await;
                }
                None => {}
            }
        }
    }
    assert!(deaths.is_empty(), "everybody died: {deaths:?}");
    let limit = Duration::from_secs(120 + tasks as u64 / 4);
    within(limit, "all tasks end", async || {
        let stats = stage.owner.ok("tasks.stats", json!({})).await;
        stats["queueDepth"] == 0 && stats["activeTasks"] == 0
    })
    .await;
    let took = began.elapsed();
    let mut attempts = 0;
    let mut log = stage.log_of(&ids).await;
    let ran = runs(&stage);
    for (number, id) in &ids {
        let (task, output) = log.remove(id).expect("read");
        assert_eq!(task["status"], "completed", "{task}");
        let last = output.keys().next_back().copied().unwrap_or_default();
        attempts += last;
        for (fence, text) in output {
            let whole = written(*number);
            assert!(whole.starts_with(&text), "attempt {fence} of task {number}: {text:?}");
            assert!(fence != last || text == whole, "task {number}: {text:?}");
        }
        let times = ran.get(number).copied().unwrap_or_default();
        assert!((1..=last).contains(&times), "task {number} was begun {times} times in {last} attempts");
    }
    let orphans =
        machines.iter().map(|machine| running(&format!("LANDLINE_WORKER_RUN={}", machine.id))).sum::<usize>();
    assert_eq!(orphans, 0, "processes of runs that are over");
    println!(
        "{tasks} tasks in {took:.1?}, {attempts} attempts, {} connections cut",
        cable.cuts.load(Ordering::Relaxed)
    );
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
    /// Returns each task, and what each of its attempts wrote.
    async fn log_of(
        &mut self,
        ids: &HashMap<usize, String>,
    ) -> HashMap<String, (Value, BTreeMap<u64, String>)> {
        let mut log = HashMap::new();
        for id in ids.values() {
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
                    let text = chunk["step"]["delta"].as_str().unwrap_or_default();
                    output.entry(fence).or_default().push_str(text);
                }
                after = page["next"].clone();
                if page["done"] == true {
                    break;
                }
            }
            log.insert(id.clone(), (task, output));
        }
        log
    }
}

/// How many tasks there are, unless `LANDLINE_TORTURE_TASKS` says otherwise.
const TASKS: usize = 90;
