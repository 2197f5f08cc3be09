//! One WebSocket of the gateway.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use flate2::{Compress, Compression, FlushCompress};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};

use super::http::json_answer;
use super::request;
use super::session::Outgoing;
use super::shared::Shared;
use super::transcript::Received;

type Stream = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// How often a connection looks at the clock.
const TICK: Duration = Duration::from_millis(50);

/// Answers an upgrade: 101, or why not.
pub(super) fn upgrade(shared: &Arc<Shared>, mut request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let query = request::read_query(request.uri().query().unwrap_or_default());
    let value = |name: &str| query.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let (compression, encoding) = (value("compress"), value("encoding").unwrap_or("json"));
    if encoding != "json" || !matches!(compression, None | Some("" | "zlib-stream")) {
        let message = "This gateway speaks encoding=json and compress=zlib-stream only.";
        return json_answer(400, &json!({"message": message, "code": 0}));
    }
    let wrong_version = value("v") != Some("10");
    let one_stream = compression == Some("zlib-stream");
    let Some(accept) = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()))
    else {
        return json_answer(400, &json!({"message": "400: Bad Request", "code": 0}));
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let task = Arc::clone(shared);
    shared.spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let packer = one_stream.then(|| Compress::new(Compression::fast(), true));
        Socket { shared: task, stream, packer }.run(path, wrong_version).await;
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, "websocket".parse().expect("a header"));
    headers.insert(CONNECTION, "Upgrade".parse().expect("a header"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept.parse().expect("a header"));
    response
}

struct Socket {
    shared: Arc<Shared>,
    stream: Stream,
    /// Compresses everything as one stream, where the client asked for it.
    packer: Option<Compress>,
}

/// How a connection ended.
enum End {
    /// The client closed with this code.
    Closed(u16),
    /// The fake closed with this code.
    Refused(u16),
    /// Without a close frame.
    Lost,
}

impl Socket {
    async fn run(mut self, path: String, wrong_version: bool) {
        let (number, mut orders) = self.shared.change(|world| {
            let now = world.now();
            let (number, orders) = world.sessions.connect(now, world.time.really());
            world.transcript.list.push(Received::Opened { at: now, connection: number, path });
            if wrong_version {
                world.sessions.close(number, 4012, "Invalid API version.");
            }
            let interval = u64::try_from(world.options.heartbeat.as_millis()).unwrap_or(u64::MAX);
            let hello =
                json!({"op": 10, "s": null, "t": null, "d": {"heartbeat_interval": interval, "_trace": []}});
            world.sessions.tell(number, &hello);
            (number, orders)
        });
        let end = self.talk(number, &mut orders).await;
        let code = if let End::Closed(code) = end { Some(code) } else { None };
        let keep = match end {
            End::Closed(code) => !matches!(code, 1000 | 1001),
            End::Refused(code) => !matches!(code, 4004 | 4007 | 4009..=4014),
            End::Lost => true,
        };
        self.shared.change(|world| {
            let now = world.now();
            world.sessions.disconnect(number, keep, now);
            world.transcript.list.push(Received::Ended { at: now, connection: number, code });
        });
    }

    async fn talk(&mut self, number: u64, orders: &mut UnboundedReceiver<Outgoing>) -> End {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                biased;
                order = orders.recv() => {
                    let Some(order) = order else { return End::Lost };
                    if let Some(end) = self.obey(order).await {
                        return end;
                    }
                }
                frame = self.stream.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.shared.change(|world| world.hear(number, text.as_str())),
                    Some(Ok(Message::Binary(bytes))) => {
                        let text = String::from_utf8_lossy(&bytes).into_owned();
                        self.shared.change(|world| world.hear(number, &text));
                    }
                    Some(Ok(Message::Close(frame))) => {
                        // The close frame is answered while the stream is read to its end.
                        while let Some(Ok(_)) = self.stream.next().await {}
                        return End::Closed(frame.map_or(1005, |frame| frame.code.into()));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return End::Lost,
                },
                _ = tick.tick() => self.look_at_the_clock(number),
            }
        }
    }

    /// Does one order. Returns how the connection ended, if it did.
    async fn obey(&mut self, order: Outgoing) -> Option<End> {
        let message = match order {
            Outgoing::Text(text) => match &mut self.packer {
                Some(packer) => Message::binary(pack(packer, text.as_bytes(), FlushCompress::Sync)),
                None => Message::text(text.as_ref()),
            },
            Outgoing::Packed(text) => {
                let mut packer = Compress::new(Compression::fast(), true);
                Message::binary(pack(&mut packer, text.as_bytes(), FlushCompress::Finish))
            }
            Outgoing::Close(code, reason) => {
                let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
                let _ = self.stream.close(Some(frame)).await;
                let patience = Duration::from_secs(2);
                let _ = tokio::time::timeout(patience, async {
                    while let Some(Ok(_)) = self.stream.next().await {}
                })
                .await;
                return Some(End::Refused(code));
            }
            Outgoing::Cut => return Some(End::Lost),
        };
        self.stream.send(message).await.is_err().then_some(End::Lost)
    }

    /// Lets go of held events, and closes on a client that sends no heartbeats.
    fn look_at_the_clock(&self, number: u64) {
        let late = self.shared.look(|world| {
            let connection = world.sessions.connections.get(&number);
            let patience = world.options.heartbeat * 2;
            (
                connection
                    .is_some_and(|connection| world.time.really() > connection.last_heartbeat + patience),
                world.sessions.holds(),
            )
        });
        if late.0 || late.1 {
            self.shared.change(|world| {
                let now = world.now();
                world.sessions.flush(now);
                if late.0 {
                    world.sessions.close(number, 4009, "Session timed out.");
                }
            });
        }
    }
}

/// Compresses a payload up to a border that the other side can read to.
fn pack(packer: &mut Compress, bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 128);
    let before = packer.total_in();
    loop {
        let read = usize::try_from(packer.total_in() - before).expect("no more than there was");
        let room = out.capacity();
        packer.compress_vec(&bytes[read..], &mut out, flush).expect("the state is whole");
        // Room that is left says that everything came out.
        if out.len() < room {
            return out;
        }
        out.reserve(bytes.len() + 128);
    }
}
