//! A connection after the handshake: one task that reads, answers, sends events, and writes once a wake-up.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use schemas::bounds::{MAX_REQUESTS_IN_FLIGHT, MAX_UNAUTHORIZED_CALLS};
use schemas::error::{DetailCode, WireError};
use schemas::frame::{Malformed, Request, finish_event, write_error};
use tungstenite::protocol::frame::coding::Control;

use super::codec::{Fault, Inbound, write_close, write_control, write_text, write_text_parts};
use super::socket::Socket;
use crate::hub::{End, Member, Membership, Outgoing};
use crate::methods::{Answer, Caller, Services, Table};

/// A connection that has passed the handshake. The future ends with the reason to close it.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) socket: Socket,
    desk: Desk,
}

/// Where requests are answered; apart from the socket, so that both can be borrowed at once.
#[derive(Debug)]
struct Desk {
    services: Arc<Services>,
    table: Arc<Table>,
    membership: Membership,
    running: FuturesUnordered<BoxFuture<'static, Vec<u8>>>,
    end: Option<End>,
    /// The end of an event, which is this receiver's own; reused, so that none allocates.
    suffix: Vec<u8>,
}

impl Connected {
    pub(super) fn new(
        socket: Socket,
        services: Arc<Services>,
        table: Arc<Table>,
        membership: Membership,
    ) -> Self {
        let desk = Desk {
            services,
            table,
            membership,
            running: FuturesUnordered::new(),
            end: None,
            suffix: Vec::new(),
        };
        Self { socket, desk }
    }

    /// Answers a frame that came in while the handshake was being decided.
    pub(super) fn take_early(&mut self, message: &[u8]) {
        self.desk.take(Inbound::Message(message), self.socket.out());
    }

    /// Moves what is still queued into the out buffer and gives the socket up, to be closed.
    pub(super) fn finish(mut self) -> Socket {
        self.desk.send_queued(&mut self.socket);
        self.socket
    }

    /// Reads, answers, and writes once. Returns whether there is more to do at once.
    fn poll_round(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Fault>> {
        // A client that does not read gets no more answers queued: its requests wait in the kernel.
        let mut more = self.socket.unsent() >= HIGH_WATER;
        if !more {
            let desk = &mut self.desk;
            if let Poll::Ready(received) =
                self.socket.poll_receive(cx, |inbound, out| desk.take(inbound, out))
            {
                received?;
                more = true;
            }
        }
        // Asking an empty set is not free: it registers the task each time.
        while !self.desk.running.is_empty()
            && let Poll::Ready(Some(frame)) = self.desk.running.poll_next_unpin(cx)
        {
            // Events that were published before the answer are sent before it.
            self.desk.send_queued(&mut self.socket);
            write_text(self.socket.out(), &frame);
        }
        more |= !self.desk.send_queued(&mut self.socket);
        ready!(self.socket.poll_flush(cx))?;
        Poll::Ready(Ok(more))
    }
}

impl Future for Connected {
    type Output = End;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<End> {
        let this = self.get_mut();
        for _ in 0..MAX_ROUNDS {
            if let Some(end) = this.desk.end.take() {
                return Poll::Ready(end);
            }
            // Looked at in every round, also while a write is stuck: a dead client must not keep its memory.
            if let Poll::Ready(end) = this.desk.member().outbox.poll_ended(cx) {
                return Poll::Ready(end);
            }
            match this.poll_round(cx) {
                Poll::Ready(Ok(more)) if more || this.desk.end.is_some() => {}
                Poll::Ready(Err(fault)) => return Poll::Ready(end_of(fault)),
                Poll::Ready(Ok(_)) | Poll::Pending => return Poll::Pending,
            }
        }
        // Let other connections have their turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Desk {
    fn member(&self) -> &Arc<Member> {
        &self.membership.member
    }

    /// Takes one inbound frame; returns false when the connection is to be closed.
    fn take(&mut self, inbound: Inbound<'_>, out: &mut Vec<u8>) -> bool {
        self.member().heard();
        match inbound {
            Inbound::Message(bytes) => self.answer(bytes, out),
            Inbound::Ping(payload) => write_control(out, Control::Pong, payload),
            Inbound::Pong => {}
            Inbound::Close => {
                // The answer goes out with this round; after it there is nothing left to say.
                write_close(out, 1000, "");
                self.end = Some(End::lost());
            }
        }
        self.end.is_none()
    }

    fn answer(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let request = match Request::parse(bytes) {
            Ok(request) => request,
            // Garbage after the handshake is ignored (protocol 2.2).
            Err(Malformed::NotJson) => return,
            Err(Malformed::NotARequest) => {
                let id = Request::id_of_invalid(bytes).unwrap_or_else(|| "invalid".to_owned());
                return write_refusal(out, &id, &WireError::invalid("invalid request frame"));
            }
        };
        if request.method == "connect" {
            let error = WireError::invalid("connect is only valid as the first request");
            return write_refusal(out, &request.id, &error);
        }
        if self.running.len() >= MAX_REQUESTS_IN_FLIGHT {
            let error = WireError::unavailable("server is busy: wait for answers before sending more");
            return write_refusal(out, &request.id, &error.detail(DetailCode::Busy).retry_after(500));
        }
        let caller = Caller { services: &self.services, member: self.member() };
        match self.table.answer(&caller, &request.id, &request.method, request.params) {
            Answer::Ready(frame) => write_text(out, &frame),
            Answer::Later(running) => self.running.push(running),
            Answer::Refused(frame) => {
                write_text(out, &frame);
                if self.member().count_refusal() >= u64::from(MAX_UNAUTHORIZED_CALLS) {
                    self.end = Some(End::new(1008, "repeated unauthorized calls"));
                }
            }
        }
    }

    /// Moves what is queued into the out buffer while there is room; returns whether all of it was.
    fn send_queued(&mut self, socket: &mut Socket) -> bool {
        while socket.unsent() < HIGH_WATER {
            let Some(item) = self.membership.member.outbox.take() else { return true };
            let out = socket.out();
            match item {
                Outgoing::Event(prefix, seq) => {
                    self.suffix.clear();
                    finish_event(&mut self.suffix, &[], seq);
                    write_text_parts(out, &prefix, &self.suffix);
                }
                Outgoing::Frame(frame) => write_text(out, &frame),
                Outgoing::Ping => write_control(out, Control::Ping, &[]),
            }
        }
        false
    }
}

fn write_refusal(out: &mut Vec<u8>, id: &str, error: &WireError) {
    let mut frame = Vec::with_capacity(256);
    write_error(&mut frame, id, error, None);
    write_text(out, &frame);
}

/// Returns how a broken connection is closed (protocol 2.3).
pub(super) fn end_of(fault: Fault) -> End {
    match fault {
        Fault::TooBig => End::new(1009, ""),
        Fault::Protocol => End::new(1002, "protocol error"),
        Fault::Gone => End::lost(),
    }
}

/// Unsent bytes up to which more is put into the out buffer; beyond it the outbox holds and bounds it.
const HIGH_WATER: usize = 256 * 1024;
/// Rounds of read, answer, write before other tasks get their turn.
const MAX_ROUNDS: usize = 32;
