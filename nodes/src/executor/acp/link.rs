//! The line to an agent: the protocol's own crate over the program's pipes, and what the agent says as one list of events.

use std::io;
use std::sync::Arc;

use agent_client_protocol::v1::schema::{
    ReadTextFileRequest, ReadTextFileResponse, RequestPermissionRequest, RequestPermissionResponse,
    SessionNotification, SessionUpdate, WriteTextFileRequest, WriteTextFileResponse,
};
use agent_client_protocol::v1::{ConnectionTo, Responder};
use agent_client_protocol::{
    Agent, Client, Error, Lines, UntypedMessage, on_receive_notification, on_receive_request,
};
use futures_util::{sink, stream};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::executor::limit::MAX_LINE;
use crate::process::LineReader;

/// Something that the agent said.
#[derive(Debug)]
pub(super) enum Heard {
    Update(SessionUpdate),
    Ask(Box<RequestPermissionRequest>, Responder<RequestPermissionResponse>),
    Read(ReadTextFileRequest, Responder<ReadTextFileResponse>),
    Write(WriteTextFileRequest, Responder<WriteTextFileResponse>),
}

/// What the agent says, in order.
#[derive(Debug)]
pub(super) struct Ear {
    events: mpsc::UnboundedReceiver<Heard>,
    waiting: Arc<watch::Sender<usize>>,
}

impl Ear {
    /// Returns the next event; `None` when no more can come.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        let event = self.events.recv().await?;
        self.waiting.send_modify(|waiting| *waiting -= 1);
        Some(event)
    }

    /// Returns an event that came already.
    pub(super) fn at_hand(&mut self) -> Option<Heard> {
        let event = self.events.try_recv().ok()?;
        self.waiting.send_modify(|waiting| *waiting -= 1);
        Some(event)
    }
}

/// The near end of the line.
#[derive(Debug)]
pub(super) struct Link {
    /// Comes as soon as the line stands.
    pub(super) connection: oneshot::Receiver<ConnectionTo<Agent>>,
    pub(super) ear: Ear,
    /// Cancelled: the program's stdin is closed once everything is written.
    pub(super) hang_up: CancellationToken,
}

/// Where the events are put.
#[derive(Debug, Clone)]
struct Mouth {
    events: mpsc::UnboundedSender<Heard>,
    waiting: Arc<watch::Sender<usize>>,
}

impl Mouth {
    /// Nobody listens any more when the run has ended; the answer that is owed is then given by the crate.
    fn say(&self, event: Heard) {
        // Counted first: it may be taken at once.
        self.waiting.send_modify(|waiting| *waiting += 1);
        if self.events.send(event).is_err() {
            self.waiting.send_modify(|waiting| *waiting -= 1);
        }
    }
}

/// Returns the near end, and the future that carries everything as long as it is polled.
pub(super) fn link(
    stdin: ChildStdin,
    stdout: ChildStdout,
) -> (Link, impl Future<Output = Result<(), Error>> + Send) {
    let (events, heard) = mpsc::unbounded_channel();
    let waiting = Arc::new(watch::channel(0).0);
    let (hand, connection) = oneshot::channel();
    let hang_up = CancellationToken::new();
    let until = hang_up.clone();
    let lines = Lines::new(outgoing(stdin), incoming(stdout, waiting.subscribe()));
    let mouth = Mouth { events, waiting: Arc::clone(&waiting) };
    let (asks, reads, writes) = (mouth.clone(), mouth.clone(), mouth.clone());
    let carried = Client
        .v1()
        .name("landline")
        .on_receive_request(
            async move |ask: RequestPermissionRequest, answer, _cx| {
                asks.say(Heard::Ask(Box::new(ask), answer));
                Ok(())
            },
            on_receive_request!(),
        )
        .on_receive_request(
            async move |read: ReadTextFileRequest, answer, _cx| {
                reads.say(Heard::Read(read, answer));
                Ok(())
            },
            on_receive_request!(),
        )
        .on_receive_request(
            async move |write: WriteTextFileRequest, answer, _cx| {
                writes.say(Heard::Write(write, answer));
                Ok(())
            },
            on_receive_request!(),
        )
        .on_receive_notification(
            async move |said: UntypedMessage, _cx| {
                if let Some(update) = update(said) {
                    mouth.say(Heard::Update(update));
                }
                Ok(())
            },
            on_receive_notification!(),
        )
        .connect_with(lines, async move |connection| {
            // Without a receiver the run has ended before it began.
            let _ = hand.send(connection);
            until.cancelled().await;
            Ok(())
        });
    (Link { connection, ear: Ear { events: heard, waiting }, hang_up }, carried)
}

/// Reads a notification. Agents send notifications and kinds of updates that no protocol names: they are passed over.
fn update(said: UntypedMessage) -> Option<SessionUpdate> {
    let (method, params) = said.into_parts();
    if method != "session/update" {
        tracing::trace!(method, "The agent sent a notification that nothing is done about");
        return None;
    }
    let read = serde_json::from_value::<SessionNotification>(params);
    read.inspect_err(|error| tracing::debug!(%error, "The agent sent an update that cannot be read"))
        .ok()
        .map(|notification| notification.update)
}

fn outgoing(stdin: ChildStdin) -> impl futures_util::Sink<String, Error = io::Error> + Send + 'static {
    sink::unfold(stdin, async |mut stdin: ChildStdin, mut line: String| {
        line.push('\n');
        stdin.write_all(line.as_bytes()).await?;
        stdin.flush().await?;
        Ok(stdin)
    })
}

/// Returns the lines that are JSON objects. Others are prints gone astray, which must not end a run. No more is read
/// while [`MAX_WAITING`] events wait, so an agent that is faster than whoever follows it is slowed down.
fn incoming(
    stdout: ChildStdout,
    waiting: watch::Receiver<usize>,
) -> impl futures_util::Stream<Item = io::Result<String>> + Send + 'static {
    let start = (LineReader::new(stdout, MAX_LINE), waiting);
    stream::unfold(start, async |(mut lines, mut waiting)| {
        loop {
            // The sender is held by the other side of the line; without it nothing waits.
            let _ = waiting.wait_for(|waiting| *waiting < MAX_WAITING).await;
            let line = match lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => return Some((Err(io::Error::other(error)), (lines, waiting))),
            };
            let is_object =
                serde_json::from_slice::<serde_json::Value>(&line).is_ok_and(|line| line.is_object());
            match String::from_utf8(line) {
                Ok(line) if is_object => return Some((Ok(line), (lines, waiting))),
                _ => tracing::debug!("The agent printed a line that is no message"),
            }
        }
    })
}

/// Events that may wait for whoever follows the run.
const MAX_WAITING: usize = 256;
