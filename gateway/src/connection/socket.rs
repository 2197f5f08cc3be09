//! A WebSocket over any stream: reads through one scratch buffer that all connections share, writes once a
//! wake-up, and holds memory of its own only for what is incomplete or unsent.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::codec::{Decoder, Fault, Inbound, write_close, write_control, write_text};
use crate::hub::End;
use tungstenite::protocol::frame::coding::Control;

/// What a socket can run over: TCP, or the local Unix socket.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

thread_local! {
    /// One per I/O thread: a connection that is not in the middle of a frame holds no read buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
}

/// A WebSocket on the gateway's side.
pub(crate) struct Socket {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    /// Received, not yet a whole frame.
    partial: Vec<u8>,
    /// To be sent; `sent` bytes of it are.
    out: Vec<u8>,
    sent: usize,
}

impl Socket {
    /// Takes over an upgraded stream; `opening` is to be sent ahead of the first frame, `received` came with the
    /// upgrade request.
    pub(crate) fn new(stream: Box<dyn Stream>, opening: Vec<u8>, received: Vec<u8>, limit: usize) -> Self {
        Self { stream, decoder: Decoder::new(limit), partial: received, out: opening, sent: 0 }
    }

    /// Raises the largest message size, after authentication.
    pub(crate) fn allow(&mut self, limit: usize) {
        self.decoder.limit = limit;
    }

    /// Returns the buffer to append frames to; [`Socket::poll_flush`] sends them.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Returns how many bytes are waiting to be sent.
    pub(crate) fn unsent(&self) -> usize {
        self.out.len() - self.sent
    }

    /// Reads once and hands whole frames to `sink`, which appends its answers to the out buffer it is given
    /// and returns false to stop.
    pub(crate) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        mut sink: impl FnMut(Inbound<'_>, &mut Vec<u8>) -> bool,
    ) -> Poll<Result<(), Fault>> {
        let Self { stream, decoder, partial, out, .. } = self;
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            let read = ready!(Pin::new(stream).poll_read(cx, &mut buffer));
            let received = buffer.filled_mut();
            if read.is_err() || received.is_empty() {
                return Poll::Ready(Err(Fault::Gone));
            }
            if partial.is_empty() {
                let used = decoder.decode(received, |inbound| sink(inbound, out))?;
                partial.extend_from_slice(&received[used..]);
            } else {
                partial.extend_from_slice(received);
                Self::drain(decoder, partial, out, &mut sink)?;
            }
            Poll::Ready(Ok(()))
        })
    }

    /// Hands frames that have been received already to `sink`.
    pub(crate) fn receive_held(
        &mut self,
        mut sink: impl FnMut(Inbound<'_>, &mut Vec<u8>) -> bool,
    ) -> Result<(), Fault> {
        let Self { decoder, partial, out, .. } = self;
        Self::drain(decoder, partial, out, &mut sink)
    }

    fn drain(
        decoder: &mut Decoder,
        partial: &mut Vec<u8>,
        out: &mut Vec<u8>,
        sink: &mut impl FnMut(Inbound<'_>, &mut Vec<u8>) -> bool,
    ) -> Result<(), Fault> {
        let used = decoder.decode(partial, |inbound| sink(inbound, out))?;
        if used == partial.len() {
            *partial = Vec::new();
        } else {
            partial.drain(..used);
        }
        Ok(())
    }

    /// Writes what is waiting. Ready when all of it is out; an emptied buffer is given back.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        while self.sent < self.out.len() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out[self.sent..]));
            match written {
                Ok(written) if written > 0 => self.sent += written,
                _ => return Poll::Ready(Err(Fault::Gone)),
            }
        }
        // TLS has taken what the network did not: a bounded record or two. Plain streams have nothing to do here.
        if ready!(Pin::new(&mut self.stream).poll_flush(cx)).is_err() {
            return Poll::Ready(Err(Fault::Gone));
        }
        self.sent = 0;
        if self.out.capacity() > KEEP_CAPACITY {
            self.out = Vec::new();
        } else {
            self.out.clear();
        }
        Poll::Ready(Ok(()))
    }

    /// Returns the next message; pings on the way are answered. For the handshake, where one is awaited.
    pub(crate) async fn next(&mut self) -> Result<Vec<u8>, Fault> {
        loop {
            let mut got = Got::Nothing;
            self.receive_held(|inbound, out| got.take(inbound, out))?;
            if matches!(got, Got::Nothing) {
                poll_fn(|cx| self.poll_receive(cx, |inbound, out| got.take(inbound, out))).await?;
            }
            match got {
                Got::Message(message) => return Ok(message),
                Got::Close => return Err(Fault::Gone),
                Got::Nothing => poll_fn(|cx| self.poll_flush(cx)).await?,
            }
        }
    }

    /// Sends one text message.
    pub(crate) async fn send(&mut self, payload: &[u8]) -> Result<(), Fault> {
        write_text(&mut self.out, payload);
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Sends what is waiting and a close frame, gives the client a moment to answer it, and ends.
    pub(crate) async fn close(mut self, end: &End, grace: Duration) {
        let Some(code) = end.code else { return };
        write_close(&mut self.out, code, &end.reason);
        // Whoever does not answer in time is left alone.
        drop(tokio::time::timeout(grace, self.farewell()).await);
    }

    async fn farewell(&mut self) -> Result<(), Fault> {
        poll_fn(|cx| self.poll_flush(cx)).await?;
        let mut closed = false;
        while !closed {
            let mut look = |inbound: Inbound<'_>, _: &mut Vec<u8>| {
                closed |= inbound == Inbound::Close;
                !closed
            };
            match poll_fn(|cx| self.poll_receive(cx, &mut look)).await {
                Err(Fault::TooBig | Fault::Protocol) => return self.read_out().await,
                received => received?,
            }
        }
        Ok(())
    }

    /// Ends our side and reads what can no longer be understood until the client ends its own. Closed with bytes
    /// unread, the stream would be reset, and the client would never see why.
    async fn read_out(&mut self) -> Result<(), Fault> {
        self.stream.shutdown().await.map_err(|_| Fault::Gone)?;
        tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await.map_err(|_| Fault::Gone)?;
        Ok(())
    }
}

/// What [`Socket::next`] has received.
enum Got {
    Nothing,
    Message(Vec<u8>),
    Close,
}

impl Got {
    /// Keeps the first message or close; returns whether to go on.
    fn take(&mut self, inbound: Inbound<'_>, out: &mut Vec<u8>) -> bool {
        match inbound {
            Inbound::Message(text) => *self = Self::Message(text.to_vec()),
            Inbound::Close => *self = Self::Close,
            Inbound::Ping(payload) => write_control(out, Control::Pong, payload),
            Inbound::Pong => {}
        }
        matches!(self, Self::Nothing)
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("unsent", &self.unsent()).finish_non_exhaustive()
    }
}

/// What an idle connection may keep of its out buffer.
const KEEP_CAPACITY: usize = 512;
