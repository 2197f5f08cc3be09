//! What carries a worker's messages to the real port: WebSocket, HTTP, gRPC. Each returns when its connection is lost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{iter, unfold};
use nodes::client::{Connection, Options, Surface, Target, connect};
use nodes::work::Worker;
use nodes::work::grpc::pb;
use nodes::work::grpc::pb::worker_client::WorkerClient;
use nodes::work::wire::{Order, Report};
use ring::hmac::{HMAC_SHA256, Key, sign};
use schemas::Clock;
use schemas::connect::{AuthProof, ClientInfo};
use schemas::device::Identity;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What stands between a worker and its gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    WebSocket,
    Http,
    Grpc,
}

/// What a worker shows.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    /// The token of a worker that is no node.
    pub(super) token: String,
    /// The gateway's shared token.
    pub(super) shared: String,
    /// The node's device.
    pub(super) seed: [u8; 32],
}

type Lost = Box<dyn std::error::Error + Send + Sync>;

impl Carrier {
    /// Connects a worker again and again.
    pub(super) async fn keep(self, worker: Arc<Worker>, to: SocketAddr, proof: Proof) {
        loop {
            let lost = match self {
                Self::WebSocket => websocket(&worker, to, &proof).await,
                Self::Http => http(&worker, to, &proof.token).await,
                Self::Grpc => grpc(&worker, to, &proof.token).await,
            };
            tracing::debug!(?lost, "A connection was lost");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn grpc(worker: &Arc<Worker>, to: SocketAddr, token: &str) -> Result<(), Lost> {
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{to}"))?.connect().await?;
    let reports = unfold(worker.attach(), |mut line| async move { Some((line.next().await?, line)) });
    let reports =
        reports.flat_map(|reports| iter(reports.into_iter().filter_map(|r| pb::Report::of(r).ok())));
    let mut request = tonic::Request::new(reports);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
    let mut orders = WorkerClient::new(channel).work(request).await?.into_inner();
    while let Some(order) = orders.message().await? {
        if let Some(order) = order.read()? {
            worker.hear(order);
        }
    }
    Ok(())
}

async fn http(worker: &Arc<Worker>, to: SocketAddr, token: &str) -> Result<(), Lost> {
    let instance = uuid::Uuid::new_v4().to_string();
    let mut line = worker.attach();
    let announcement = line.next().await.ok_or("replaced")?;
    post(to, token, "/v1/worker/report", &json!({"instance": instance, "messages": announcement}), &[])
        .await?;
    let tell = async {
        while let Some(reports) = line.next().await {
            let body = json!({"instance": instance, "messages": reports});
            post(to, token, "/v1/worker/report", &body, &reports).await?;
        }
        Ok::<(), Lost>(())
    };
    let ask = async {
        let mut ack = json!(0);
        loop {
            let body = json!({"instance": instance, "ack": ack, "waitMs": 25_000});
            let mut answer = post(to, token, "/v1/worker/poll", &body, &[]).await?;
            let orders: Vec<Order> = serde_json::from_value(answer["orders"].take())?;
            obey(worker, orders);
            ack = answer["cursor"].take();
        }
    };
    tokio::select! {
        told = tell => told,
        asked = ask => asked,
    }
}

fn obey(worker: &Arc<Worker>, orders: Vec<Order>) {
    for order in orders {
        worker.hear(order);
    }
}

/// Sends a signed request over a connection of its own.
async fn post(
    to: SocketAddr,
    token: &str,
    path: &str,
    body: &Value,
    reports: &[Report],
) -> Result<Value, Lost> {
    let body = body.to_string();
    let mut runs: Vec<String> = reports.iter().filter_map(Report::run).map(|run| run.to_string()).collect();
    runs.dedup();
    let run = if runs.len() == 1 { &runs[0] } else { "-" };
    let first = reports.iter().find_map(|report| match report {
        Report::Steps { from, .. } | Report::Ended { from, .. } => Some(*from),
        _ => None,
    });
    let seq = if run == "-" { 0 } else { first.unwrap_or(0) };
    let now = Clock::system().now();
    let nonce = uuid::Uuid::new_v4();
    let digest = hex::encode(Sha256::digest(&body));
    let text = format!("landline-worker-v1\nPOST\n{path}\n{now}\n{nonce}\n{run}\n{seq}\n{digest}");
    let mac = |key: &[u8], text: &[u8]| sign(&Key::new(HMAC_SHA256, key), text);
    let key = mac(mac(b"landline-worker-v1", token.as_bytes()).as_ref(), b"request signature\x01");
    let signature = hex::encode(mac(key.as_ref(), text.as_bytes()));
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nauthorization: Bearer {token}\r\nlandline-timestamp: {now}\r\n\
         landline-nonce: {nonce}\r\nlandline-run: {run}\r\nlandline-seq: {seq}\r\n\
         landline-signature: {signature}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(to).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("cut off")?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(format!("refused: {head} {body}").into());
    }
    Ok(serde_json::from_str(body)?)
}

async fn websocket(worker: &Arc<Worker>, to: SocketAddr, proof: &Proof) -> Result<(), Lost> {
    let Connection { client, mut events, .. } = connect(&target(to), &node(proof)).await?;
    let mut line = worker.attach();
    let tell = async {
        while let Some(reports) = line.next().await {
            client.call_raw("worker.report", json!({"messages": reports})).await?;
        }
        Ok::<(), Lost>(())
    };
    let hear = async {
        while let Some(mut event) = events.next().await {
            if event.event == "worker.orders" {
                let mut payload = event.payload.take().unwrap_or_default();
                let orders: Vec<Order> = serde_json::from_value(payload["messages"].take())?;
                obey(worker, orders);
            }
        }
        Ok::<(), Lost>(())
    };
    tokio::select! {
        told = tell => told,
        heard = hear => heard,
    }
}

fn target(to: SocketAddr) -> Target {
    Target::Url { url: format!("ws://{to}"), authority: to.to_string(), trust: None }
}

/// Returns how a node comes in that works.
pub(super) fn node(proof: &Proof) -> Options {
    let auth = AuthProof { token: Some(proof.shared.clone()), ..AuthProof::default() };
    Options {
        role: "node".into(),
        caps: vec!["work".into()],
        identity: Some(Identity::from_seed(&proof.seed)),
        ..options("node-host", "node", auth)
    }
}

/// Returns how the owner of the gateway's process comes in.
pub(super) fn owner() -> Options {
    Options { scopes: vec!["operator.admin".into()], ..options("cli", "cli", AuthProof::default()) }
}

fn options(id: &str, mode: &str, auth: AuthProof) -> Options {
    Options {
        client: ClientInfo {
            id: id.into(),
            version: "0.0.0".into(),
            platform: "linux".into(),
            mode: mode.into(),
            display_name: None,
            device_family: None,
            model_identifier: None,
            instance_id: None,
            time_zone: None,
        },
        role: "operator".into(),
        scopes: Vec::new(),
        caps: Vec::new(),
        surface: Surface::default(),
        auth,
        identity: None,
        connect_timeout: Duration::from_secs(10),
        call_timeout: Duration::from_secs(30),
    }
}
