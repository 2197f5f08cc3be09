//! The same stories over every carrier: the whole gateway behind its real port, a real worker, and a network between
//! them that fails on demand.

mod carriers;
mod proxy;

use std::path::Path;

use nodes::client::{Target, connect};
use nodes::executor::{Assignment, EndedBy, Outcome, Step, channel};
use nodes::transport::{Transport, TransportError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::faults::until;
use super::*;
use crate::app::{Running, StartOptions, start};
use crate::config::{Config, Overrides};
use carriers::{Carrier, Proof};
use proxy::Proxy;

const CARRIERS: [Carrier; 3] = [Carrier::WebSocket, Carrier::Http, Carrier::Grpc];

/// A gateway and a worker `w` of it, with a network between them.
struct Scene {
    gateway: Running,
    worker: Arc<Worker>,
    proxy: Proxy,
    _line: JoinSet<()>,
    folder: TempDir,
}

impl Scene {
    async fn new(carrier: Carrier, extra: &[(&str, &[&str])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides { home: Some(folder.path().to_owned()), ..Overrides::default() };
        let mut config = Config::from_text("", &overrides).unwrap();
        config.state_dir = folder.path().join("state");
        config.gateway.port = 0;
        config.gateway.token = Some(SHARED.to_owned().into());
        let options = StartOptions {
            overrides,
            path_env: None,
            log_file: folder.path().join("log"),
            clock: Clock::system(),
        };
        let gateway = start(config, options).await.unwrap();
        let proof = prove(carrier, &gateway, &folder.path().join("state/landline.sock")).await;
        let address = gateway.url().strip_prefix("http://").unwrap().parse().unwrap();
        let proxy = Proxy::to(address).await;
        let worker = worker(extra);
        let mut line = JoinSet::new();
        line.spawn(carrier.keep(Arc::clone(&worker), proxy.address, proof));
        let scene = Self { gateway, worker, proxy, _line: line, folder };
        scene.online().await;
        scene
    }

    async fn online(&self) {
        let workers = Arc::clone(&self.gateway.services().workers);
        until(|| workers.list().iter().any(|row| row.facts.name == "w" && row.online)).await;
    }

    fn transport(&self) -> Arc<dyn Transport> {
        self.gateway.services().workers.to("w")
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// Makes what the carrier has to show, as the owner would.
async fn prove(carrier: Carrier, gateway: &Running, socket: &Path) -> Proof {
    let owner = connect(&Target::Socket(socket.to_owned()), &carriers::owner()).await.unwrap().client;
    let call = async |method: &str, params: Value| owner.call_raw(method, params).await.unwrap();
    let token = call("workers.token.create", json!({"name": "w"})).await["token"].take();
    let proof = Proof { token: token.as_str().unwrap().into(), shared: SHARED.into(), seed: [7; 32] };
    if carrier == Carrier::WebSocket {
        let at = gateway.url().replace("http://", "");
        let target = Target::Url { url: format!("ws://{at}"), authority: at, trust: None };
        let node = connect(&target, &carriers::node(&proof)).await.unwrap();
        let pending = call("node.pair.list", json!({})).await;
        for request in pending["pending"].as_array().unwrap() {
            call("node.pair.approve", json!({"requestId": request["requestId"]})).await;
        }
        drop(node);
    }
    proof
}

async fn conforms(carrier: Carrier) {
    let scene = Scene::new(carrier, &[]).await;
    conformance::all(&*scene.transport()).await;
    until(|| scene.worker.running() == 0).await;
}

#[tokio::test]
async fn the_websocket_does_what_every_transport_must() {
    conforms(Carrier::WebSocket).await;
}

#[tokio::test]
async fn http_does_what_every_transport_must() {
    conforms(Carrier::Http).await;
}

#[tokio::test]
async fn grpc_does_what_every_transport_must() {
    conforms(Carrier::Grpc).await;
}

/// A program that says that it ran, writes a line, and goes on when it may; and what it writes.
fn waiting(ran: &Path, go: &Path) -> (String, &'static str) {
    let (ran, go) = (ran.display(), go.display());
    let script = format!("echo ran >> {ran}; echo one; while [ ! -e {go} ]; do sleep 0.02; done; echo two");
    (script, "one\ntwo\n")
}

/// What a run has shown so far.
struct Seen {
    text: Mutex<String>,
}

/// Performs a task while `story` does what it does to the network; returns outcome and text.
async fn while_it_runs(
    scene: &Scene,
    task: Assignment,
    story: impl AsyncFnOnce(&Scene, &Seen),
) -> (Result<Outcome, TransportError>, String) {
    let (progress, mut observer) = channel(4);
    let seen = Seen { text: Mutex::default() };
    let reading = async {
        let mut steps = 0;
        while let Some(step) = observer.steps.recv().await {
            steps += 1;
            if let Step::Text { delta } = step {
                seen.text.lock().unwrap().push_str(&delta);
            }
            observer.mark_stored(steps);
        }
    };
    let transport = scene.transport();
    let running = transport.run(task, progress, CancellationToken::new());
    let (outcome, (), ()) = tokio::join!(running, reading, story(scene, &seen));
    let text = seen.text.lock().unwrap().clone();
    (outcome, text)
}

impl Seen {
    async fn has(&self, text: &str) {
        until(|| self.text.lock().unwrap().contains(text)).await;
    }
}

/// Tells one story of a cut over every carrier: the run is done once, and its output is whole.
async fn is_whole_and_once(story: impl AsyncFn(&Scene, &Seen)) {
    for carrier in CARRIERS {
        let folder = tempfile::tempdir().unwrap();
        let (ran, go) = (folder.path().join("ran"), folder.path().join("go"));
        let (script, expected) = waiting(&ran, &go);
        let scene = Scene::new(carrier, &[("waits", &["sh", "-c", &script])]).await;
        std::os::unix::fs::symlink(folder.path(), scene.file("run")).unwrap();
        let told = while_it_runs(&scene, conformance::task("waits", ""), &story);
        let (outcome, text) =
            tokio::time::timeout(LONG, told).await.unwrap_or_else(|_| panic!("{carrier:?}"));
        assert_eq!(outcome.map(|outcome| outcome.ended_by), Ok(EndedBy::Finished), "{carrier:?}");
        assert_eq!(text, expected, "{carrier:?}");
        assert_eq!(std::fs::read_to_string(&ran).unwrap(), "ran\n", "{carrier:?}");
    }
}

fn go(scene: &Scene) {
    std::fs::write(scene.file("run/go"), "").unwrap();
}

/// Waits until bytes came that were not there before.
async fn something_more(scene: &Scene, before: u64) {
    until(|| scene.proxy.seen() > before).await;
}

#[tokio::test]
async fn a_cut_before_the_first_steps_are_acknowledged_costs_nothing() {
    is_whole_and_once(async |scene, seen| {
        seen.has("one").await;
        // What the gateway answers from here on is lost, and then the connection.
        scene.proxy.swallow(Way::Orders);
        let before = scene.proxy.seen();
        go(scene);
        something_more(scene, before).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        scene.proxy.cut();
    })
    .await;
}

#[tokio::test]
async fn a_cut_after_the_acknowledgement_costs_nothing() {
    is_whole_and_once(async |scene, seen| {
        seen.has("one").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        scene.proxy.cut();
        tokio::time::sleep(Duration::from_millis(50)).await;
        scene.proxy.cut();
        scene.online().await;
        go(scene);
    })
    .await;
}

#[tokio::test]
async fn a_cut_before_the_result_costs_nothing() {
    is_whole_and_once(async |scene, seen| {
        seen.has("one").await;
        // The rest of the output and the result leave the worker and arrive nowhere.
        scene.proxy.swallow(Way::Reports);
        go(scene);
        until(|| scene.worker.running() == 0).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        scene.proxy.cut();
    })
    .await;
}

#[tokio::test]
async fn a_cut_at_any_byte_of_the_stream_costs_nothing() {
    for carrier in CARRIERS {
        let ran = tempfile::NamedTempFile::new().unwrap();
        let script = format!("echo ran >> {}; seq 1 4000", ran.path().display());
        let scene = Scene::new(carrier, &[("counts", &["sh", "-c", &script])]).await;
        let expected: String = (1..=4000).flat_map(|n| [n.to_string(), "\n".to_owned()]).collect();
        let mut runs = 0;
        for (way, bytes) in [
            (Way::Reports, 1),
            (Way::Reports, 50),
            (Way::Reports, 700),
            (Way::Reports, 5_000),
            (Way::Reports, 15_001),
            (Way::Orders, 1),
            (Way::Orders, 60),
            (Way::Orders, 400),
        ] {
            scene.online().await;
            scene.proxy.cut_after(way, bytes);
            let told = while_it_runs(&scene, conformance::task("counts", ""), async |_, _| {});
            let case = format!("{carrier:?} {way:?} {bytes}");
            let (outcome, text) = tokio::time::timeout(LONG, told).await.unwrap_or_else(|_| panic!("{case}"));
            assert_eq!(outcome.map(|outcome| outcome.ended_by), Ok(EndedBy::Finished), "{case}");
            assert!(text == expected, "{case}: {} bytes of {}", text.len(), expected.len());
            assert!(scene.proxy.has_cut(way), "{case}: no cut was made");
            runs += 1;
            assert_eq!(std::fs::read_to_string(ran.path()).unwrap().lines().count(), runs, "{case}");
        }
    }
}

const SHARED: &str = "shared-token-of-the-test";
/// How long a story may take that has an outage in it.
const LONG: Duration = Duration::from_mins(1);
