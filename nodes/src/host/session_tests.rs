//! A session against a gateway of a few lines: invocations, repeats, cancelling, silence.

use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use schemars::JsonSchema;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::client::{Options, Surface, Target, connect};
use crate::host::family::{Family, Offer};
use crate::process::Environment;

/// `try.echo` answers its parameters, `try.wait` waits to be stopped, `try.panic` panics, `try.count` counts.
#[derive(Debug, Default)]
struct Try(std::sync::atomic::AtomicU64);

#[derive(JsonSchema)]
struct Any {}

#[async_trait]
impl Family for Try {
    fn cap(&self) -> &'static str {
        "try"
    }

    fn offers(&self) -> Vec<Offer> {
        ["try.echo", "try.wait", "try.panic", "try.count", "try.large"]
            .map(|name| Offer::new::<Any>(name, None))
            .to_vec()
    }

    async fn answer(&self, command: &str, call: Call) -> Answer {
        match command {
            "try.wait" => {
                call.stop.cancelled().await;
                Err(Refusal::new(Code::Cancelled, "stopped"))
            }
            "try.panic" => panic!("on purpose"),
            "try.count" => {
                call.progress.send("counting").await;
                Ok(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst).into())
            }
            "try.large" => Ok("\"".repeat(MAX_MESSAGE / 2 + 1).into()),
            _ => Ok(call.params),
        }
    }
}

type Socket = WebSocketStream<TcpStream>;

struct Peer(Socket);

impl Peer {
    async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn ask(&mut self, payload: Value) {
        self.say(json!({"type": "event", "event": "node.invoke.request", "payload": payload})).await;
    }

    /// Answers whatever comes until a request of `method`, and returns its parameters.
    async fn hear(&mut self, method: &str) -> Value {
        loop {
            let message = self.0.next().await.expect("open").expect("message");
            let Ok(text) = message.to_text() else { continue };
            let Ok(frame) = serde_json::from_str::<Value>(text) else { continue };
            self.say(json!({"type": "res", "id": frame["id"], "ok": true, "payload": {"ok": true}})).await;
            if frame["method"] == method {
                return frame["params"].clone();
            }
        }
    }

    async fn result(&mut self) -> Value {
        self.hear("node.invoke.result").await
    }
}

fn hello(tick: u64) -> Value {
    json!({"type":"hello-ok","protocol":4,"server":{"version":"1","connId":"c"},
        "features":{"methods":[],"events":[]},
        "snapshot":{"presence":[],"health":{"ok":true,"ts":0,"durationMs":0,"channels":{},"channelOrder":[],
            "channelLabels":{},"heartbeatSeconds":0,"defaultAgentId":"main","agents":[],
            "sessions":{"path":"","count":0,"recent":[]}},
            "stateVersion":{"presence":1,"health":1},"uptimeMs":1,
            "sessionDefaults":{"defaultAgentId":"main","mainKey":"main","mainSessionKey":"agent:main:main",
                "scope":"per-sender","modelConfigured":true}},
        "auth":{"role":"node","scopes":[]},
        "policy":{"maxPayload":1,"maxBufferedBytes":1,"tickIntervalMs":tick,
            "attachments":{"maxBytes":1,"maxImageBytes":1}}})
}

fn desk() -> Desk {
    let family: Arc<dyn Family> = Arc::new(Try::default());
    Desk {
        node_id: "n-1".into(),
        offers: Arc::new(Offers::collect(vec![family], &[])),
        repeats: Repeats::default(),
        machine: Machine::new(Environment::default(), "/tmp".into(), "test"),
        clock: Clock::manual(1000),
        worker: None,
    }
}

/// Opens a connection to a gateway of a few lines.
async fn connected(tick: u64) -> (Peer, Connection) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target: Target = format!("ws://{}", listener.local_addr().unwrap()).parse().unwrap();
    let options = Options {
        client: schemas::connect::ClientInfo {
            id: "node-host".into(),
            version: "1".into(),
            platform: "linux".into(),
            mode: "node".into(),
            display_name: None,
            device_family: None,
            model_identifier: None,
            instance_id: None,
            time_zone: None,
        },
        role: "node".into(),
        scopes: Vec::new(),
        caps: Vec::new(),
        surface: Surface { commands: vec!["try.echo".into()], ..Surface::default() },
        auth: schemas::connect::AuthProof::default(),
        identity: None,
        connect_timeout: Duration::from_secs(5),
        call_timeout: Duration::from_secs(5),
    };
    let gateway = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut peer = Peer(tokio_tungstenite::accept_async(stream).await.unwrap());
        let challenge = json!({"type":"event","event":"connect.challenge","payload":{"nonce":"n","ts":1}});
        peer.say(challenge).await;
        let message = peer.0.next().await.unwrap().unwrap();
        let request: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        assert_eq!(request["params"]["commands"], json!(["try.echo"]));
        peer.say(json!({"type":"res","id":request["id"],"ok":true,"payload":hello(tick)})).await;
        peer
    };
    let (peer, connection) = tokio::join!(gateway, connect(&target, &options));
    (peer, connection.unwrap())
}

/// Runs `story` as the gateway; returns how the session ended.
async fn with(desk: &Desk, tick: u64, story: impl AsyncFnOnce(&mut Peer, &CancellationToken)) -> Ended {
    let (mut peer, connection) = connected(tick).await;
    let stop = CancellationToken::new();
    let tell = async {
        story(&mut peer, &stop).await;
        drop(peer);
    };
    let (ended, ()) = tokio::join!(serve(desk, connection, &stop), tell);
    ended
}

fn code(result: &Value) -> &str {
    result["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn it_tells_of_itself_and_answers() {
    let ended = with(&desk(), 60_000, async |peer, stop| {
        assert_eq!(peer.hear("node.event").await["event"], "node.host.stats");
        let schemas = peer.hear("node.schemas.update").await;
        assert!(schemas["commands"]["try.echo"].is_object());
        peer.ask(json!({"id":"i-1","nodeId":"n-1","command":"try.echo","paramsJSON":"{\"a\":1}"})).await;
        let result = peer.result().await;
        assert_eq!(
            (&result["id"], &result["nodeId"], &result["ok"]),
            (&json!("i-1"), &json!("n-1"), &json!(true))
        );
        assert_eq!(result["payloadJSON"], "{\"a\":1}");
        stop.cancel();
    })
    .await;
    assert_eq!(ended, Ended::Stopped);
}

#[tokio::test]
async fn refusals_have_their_codes() {
    with(&desk(), 60_000, async |peer, _| {
        for (ask, wanted) in [
            (json!({"id":"1","command":"try.other"}), "UNAVAILABLE"),
            (json!({"id":"2","command":"canvas.present"}), "CANVAS_DISABLED"),
            (json!({"id":"3","command":"system.run"}), "SYSTEM_RUN_DISABLED"),
            (json!({"id":"4","command":"try.echo","paramsJSON":"{"}), "INVALID_REQUEST"),
            (json!({"id":"5","command":"try.echo","nodeId":"n-2"}), "INVALID_REQUEST"),
            (json!({"id":"6"}), "INVALID_REQUEST"),
            (json!({"id":"7","command":"try.panic"}), "UNAVAILABLE"),
            (json!({"id":"8","command":"try.wait","timeoutMs":50}), "TIMEOUT"),
            (json!({"id":"9","command":"try.large"}), "PAYLOAD_TOO_LARGE"),
        ] {
            peer.ask(ask.clone()).await;
            assert_eq!(code(&peer.result().await), wanted, "{ask}");
        }
    })
    .await;
}

#[tokio::test]
async fn one_key_is_done_once() {
    let desk = desk();
    let story = async |peer: &mut Peer, _: &CancellationToken| {
        for id in ["1", "2"] {
            peer.ask(json!({"id":id,"command":"try.count","idempotencyKey":"k"})).await;
            let result = peer.result().await;
            assert_eq!((&result["id"], &result["payloadJSON"]), (&json!(id), &json!("0")));
        }
        peer.ask(json!({"id":"3","command":"try.echo","idempotencyKey":"k"})).await;
        assert_eq!(code(&peer.result().await), "INVALID_REQUEST");
    };
    with(&desk, 60_000, story).await;
    // The next connection knows the key, too.
    with(&desk, 60_000, story).await;
}

#[tokio::test]
async fn output_is_streamed() {
    with(&desk(), 60_000, async |peer, _| {
        peer.ask(json!({"id":"1","command":"try.count"})).await;
        let progress = peer.hear("node.invoke.progress").await;
        assert_eq!(progress, json!({"invokeId":"1","nodeId":"n-1","seq":0,"chunk":"counting"}));
        peer.result().await;
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_one_is_ended() {
    with(&desk(), 60_000, async |peer, _| {
        peer.ask(json!({"id":"1","command":"try.wait"})).await;
        let cancel = json!({"invokeId":"1","nodeId":"n-1"});
        peer.say(json!({"type":"event","event":"node.invoke.cancel","payload":cancel})).await;
        assert_eq!(code(&peer.result().await), "CANCELLED");
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_connection_interrupted_is_not_done_again() {
    let desk = desk();
    let ask = json!({"id":"1","command":"try.wait","idempotencyKey":"k"});
    let ended = with(&desk, 60_000, async |peer, _| {
        peer.ask(ask.clone()).await;
        peer.ask(json!({"id":"2","command":"try.echo"})).await;
        peer.result().await;
    })
    .await;
    assert!(matches!(ended, Ended::Lost(_)));
    with(&desk, 60_000, async |peer, _| {
        peer.ask(ask.clone()).await;
        assert!(!code(&peer.result().await).is_empty());
    })
    .await;
}

#[tokio::test]
async fn only_so_many_at_once() {
    with(&desk(), 60_000, async |peer, _| {
        for id in 0..MAX_AT_ONCE {
            peer.ask(json!({"id":id.to_string(),"command":"try.wait"})).await;
        }
        peer.ask(json!({"id":"more","command":"try.echo"})).await;
        let result = peer.result().await;
        assert_eq!((&result["id"], code(&result)), (&json!("more"), "NODE_NOT_READY"));
    })
    .await;
}

#[tokio::test]
async fn a_silent_gateway_is_left() {
    // The shortest interval that is believed is a second, so silence is noticed after two.
    let (_peer, connection) = connected(1).await;
    let ended = serve(&desk(), connection, &CancellationToken::new()).await;
    assert_eq!(ended, Ended::Lost("nothing was heard for 2 s".into()));
}
