//! The load side: many connections on one epoll loop, each with its own place in the handshake.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::identity::Identity;
use crate::link::{Link, Poll, Ready};
use crate::wire;

/// How long any one thing may take before the measurement gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Handshakes under way at a time while a fleet is opened; below the 32 half-open sockets of protocol 2.1.
const OPENING: usize = 16;
/// The key need not be secret: nothing is proxied on loopback.
const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bGFuZGxpbmUtbG9hZC0wMQ==\r\n\r\n";

/// What a client has to tell.
#[derive(Debug)]
pub enum News<'a> {
    /// Its hello-ok arrived.
    Open(&'a [u8]),
    /// A text message after the handshake, or the body of an HTTP answer.
    Frame(&'a [u8]),
    /// The connection is gone.
    Closed,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Upgrading,
    Challenged,
    Greeting,
    Open,
    Leaving,
    Http,
}

/// One connection of the load.
#[derive(Debug)]
pub struct Client {
    link: Link,
    stage: Stage,
    identity: Identity,
    mask: u32,
    /// Free for the scenario: events counted, for example.
    pub count: u64,
}

impl Client {
    /// Puts a text message into the output; it leaves at the end of this step, or with `Fleet::flush`.
    pub fn send(&mut self, text: &str) {
        self.put(wire::TEXT, text.as_bytes());
    }

    /// Puts raw bytes (HTTP) into the output.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.link.out.extend_from_slice(bytes);
    }

    /// Says goodbye; `Closed` follows when the server has hung up.
    pub fn leave(&mut self) {
        self.stage = Stage::Leaving;
        self.put(wire::CLOSE, &1000_u16.to_be_bytes());
    }

    fn put(&mut self, opcode: u8, payload: &[u8]) {
        // xorshift: each frame has another mask, so that the server has to undo it.
        self.mask ^= self.mask << 13;
        self.mask ^= self.mask >> 17;
        self.mask ^= self.mask << 5;
        wire::put_masked(&mut self.link.out, opcode, payload, self.mask.to_ne_bytes());
    }
}

/// All connections of one measurement.
#[derive(Debug)]
pub struct Fleet {
    address: SocketAddr,
    token: String,
    poll: Poll,
    clients: Vec<Option<Client>>,
    free: Vec<usize>,
    found: Vec<Ready>,
    scratch: Vec<u8>,
}

impl Fleet {
    /// A fleet for the server at `address`.
    pub fn new(address: SocketAddr, token: &str) -> Result<Self> {
        Ok(Self {
            address,
            token: token.to_owned(),
            poll: Poll::new()?,
            clients: Vec::new(),
            free: Vec::new(),
            found: Vec::new(),
            scratch: Vec::new(),
        })
    }

    /// Opens a socket and asks for the upgrade; returns the client's number.
    pub fn open(&mut self, identity: &Identity) -> Result<usize> {
        let index = self.dial(Stage::Upgrading, identity)?;
        self.client(index)?.send_raw(UPGRADE.as_bytes());
        self.flush(index)?;
        Ok(index)
    }

    /// Opens a socket that speaks plain HTTP.
    pub fn open_http(&mut self) -> Result<usize> {
        self.dial(Stage::Http, &Identity::Backend)
    }

    fn dial(&mut self, stage: Stage, identity: &Identity) -> Result<usize> {
        let stream = TcpStream::connect(self.address).context("cannot connect to the server under test")?;
        let index = self.free.pop().unwrap_or(self.clients.len());
        self.poll.add(&stream, index as u64)?;
        let mask = 0x9E37_79B9 ^ u32::try_from(index)?;
        let client = Client { link: Link::new(stream)?, stage, identity: identity.clone(), mask, count: 0 };
        match self.clients.get_mut(index) {
            Some(slot) => *slot = Some(client),
            None => self.clients.push(Some(client)),
        }
        Ok(index)
    }

    /// Opens `count` connections, a few at a time, and waits for every hello-ok; returns their numbers.
    pub fn open_all(&mut self, count: usize, identity: &Identity) -> Result<Vec<usize>> {
        self.open_each(count, &|| Ok(identity.clone()))
    }

    /// The same with an identity of its own for each.
    pub fn open_each(&mut self, count: usize, identity: &dyn Fn() -> Result<Identity>) -> Result<Vec<usize>> {
        let (mut numbers, mut open) = (Vec::with_capacity(count), 0);
        let mut last = Instant::now();
        while open < count {
            while numbers.len() < count && numbers.len() < open + OPENING {
                numbers.push(self.open(&identity()?)?);
            }
            let before = open;
            self.step(Some(Duration::from_millis(100)), &mut |_, _, news| {
                match news {
                    News::Open(_) => open += 1,
                    News::Closed => bail!("the server closed a connection while {count} were opened"),
                    News::Frame(_) => {}
                }
                Ok(())
            })?;
            if open > before {
                last = Instant::now();
            }
            ensure!(last.elapsed() < PATIENCE, "only {open} of {count} connections got their hello-ok");
        }
        Ok(numbers)
    }

    /// The client of this number.
    pub fn client(&mut self, index: usize) -> Result<&mut Client> {
        self.clients.get_mut(index).and_then(Option::as_mut).context("that connection is gone")
    }

    /// Writes what a client has in its output.
    pub fn flush(&mut self, index: usize) -> Result<()> {
        let Some(Some(client)) = self.clients.get_mut(index) else { return Ok(()) };
        client.link.flush(&self.poll, index as u64)?;
        Ok(())
    }

    /// Sends one text message at once.
    pub fn send(&mut self, index: usize, text: &str) -> Result<()> {
        self.client(index)?.send(text);
        self.flush(index)
    }

    /// Stops reading from one client, with a small receive buffer, as a hung program would.
    pub fn stall(&mut self, index: usize) -> Result<()> {
        let Some(Some(client)) = self.clients.get_mut(index) else { return Ok(()) };
        rustix::net::sockopt::set_socket_recv_buffer_size(client.link.stream(), 16 << 10)?;
        self.poll.watch(client.link.stream(), index as u64, false, false)
    }

    /// Reads from a stalled client again.
    #[cfg(test)]
    pub fn resume(&mut self, index: usize) -> Result<()> {
        let Some(Some(client)) = self.clients.get_mut(index) else { return Ok(()) };
        rustix::net::sockopt::set_socket_recv_buffer_size(client.link.stream(), 4 << 20)?;
        self.poll.watch(client.link.stream(), index as u64, true, false)
    }

    /// Waits for at most `wait` and hands on what arrived; returns how many messages that were.
    pub fn step(
        &mut self,
        wait: Option<Duration>,
        on: &mut dyn FnMut(usize, &mut Client, News<'_>) -> Result<()>,
    ) -> Result<usize> {
        let mut found = std::mem::take(&mut self.found);
        self.poll.wait(wait, &mut found)?;
        let mut messages = 0;
        for ready in &found {
            let index = usize::try_from(ready.token)?;
            let Some(mut client) = self.clients.get_mut(index).and_then(Option::take) else { continue };
            let alive = !ready.readable || self.take_in(index, &mut client, &mut messages, on)?;
            if alive && client.link.flush(&self.poll, ready.token)? {
                self.clients[index] = Some(client);
            } else {
                on(index, &mut client, News::Closed)?;
                self.free.push(index);
            }
        }
        self.found = found;
        Ok(messages)
    }

    /// Discards messages until none has come for `quiet`; gives up after `PATIENCE`.
    pub fn settle(&mut self, quiet: Duration) -> Result<()> {
        let (start, mut last) = (Instant::now(), Instant::now());
        while last.elapsed() < quiet && start.elapsed() < PATIENCE {
            if self.step(Some(quiet), &mut |_, _, _| Ok(()))? > 0 {
                last = Instant::now();
            }
        }
        Ok(())
    }

    /// Sends a request and waits for its response; returns the whole frame and the first event of `event`.
    pub fn call(&mut self, index: usize, request: &str, event: Option<&str>) -> Result<(Vec<u8>, Vec<u8>)> {
        self.send(index, request)?;
        let (mut answer, mut seen) = (Vec::new(), Vec::new());
        let start = Instant::now();
        while answer.is_empty() || (event.is_some() && seen.is_empty()) {
            ensure!(
                start.elapsed() < PATIENCE,
                "no answer within {PATIENCE:?} to {}",
                cut(request.as_bytes())
            );
            self.step(Some(Duration::from_millis(100)), &mut |from, _, news| {
                let News::Frame(payload) = news else { return Ok(()) };
                if from == index && answer.is_empty() && wire::response_id(payload).is_some() {
                    answer = payload.to_vec();
                } else if event.is_some_and(|name| wire::is_event(payload, name.as_bytes())) {
                    seen = payload.to_vec();
                }
                Ok(())
            })?;
        }
        ensure!(!wire::refused(&answer), "the server refused {}: {}", cut(request.as_bytes()), cut(&answer));
        Ok((answer, seen))
    }

    fn take_in(
        &mut self,
        index: usize,
        client: &mut Client,
        messages: &mut usize,
        on: &mut dyn FnMut(usize, &mut Client, News<'_>) -> Result<()>,
    ) -> Result<bool> {
        let Some(length) = client.link.read(&mut self.scratch) else { return Ok(false) };
        let mut scratch = std::mem::take(&mut self.scratch);
        let bytes = &mut scratch[..length];
        let mut from = 0;
        while from < bytes.len() {
            if matches!(client.stage, Stage::Upgrading | Stage::Http) {
                let Some((head, total)) = http_answer(&bytes[from..])? else { break };
                if client.stage == Stage::Http {
                    *messages += 1;
                    on(index, client, News::Frame(&bytes[from + head..from + total]))?;
                } else {
                    client.stage = Stage::Challenged;
                }
                from += total;
                continue;
            }
            let Some(frame) = wire::frame(&mut bytes[from..])? else { break };
            let payload = &bytes[from + frame.start..from + frame.total];
            match frame.opcode {
                wire::PING => client.put(wire::PONG, payload),
                wire::PONG => {}
                wire::CLOSE if client.stage == Stage::Leaving => {}
                wire::CLOSE => {
                    self.scratch = scratch;
                    return Ok(false);
                }
                _ => {
                    *messages += 1;
                    hear(index, client, payload, &self.token, on)?;
                }
            }
            from += frame.total;
        }
        client.link.hold(&bytes[from..]);
        self.scratch = scratch;
        Ok(true)
    }
}

/// Moves the handshake on, or hands the message to the scenario.
fn hear(
    index: usize,
    client: &mut Client,
    payload: &[u8],
    token: &str,
    on: &mut dyn FnMut(usize, &mut Client, News<'_>) -> Result<()>,
) -> Result<()> {
    match client.stage {
        Stage::Challenged => {
            let connect = client.identity.connect(payload, token)?;
            client.stage = Stage::Greeting;
            client.send(&connect);
            Ok(())
        }
        Stage::Greeting => {
            if wire::response_id(payload).is_none() {
                return Ok(());
            }
            ensure!(!wire::refused(payload), "the server refused connect: {}", cut(payload));
            if let Identity::Device(device) = &client.identity
                && let Some(token) = wire::field(payload, b"\"deviceToken\":\"")
            {
                *device.token.borrow_mut() = Some(String::from_utf8_lossy(token).into_owned());
            }
            client.stage = Stage::Open;
            on(index, client, News::Open(payload))
        }
        Stage::Leaving => Ok(()),
        _ => on(index, client, News::Frame(payload)),
    }
}

/// Length of an HTTP answer's head and of the whole; `None` while it is incomplete.
fn http_answer(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = wire::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = end + 4;
    if bytes.starts_with(b"HTTP/1.1 101") {
        return Ok(Some((head, head)));
    }
    ensure!(bytes.starts_with(b"HTTP/1.1 200"), "the server answered {}", cut(&bytes[..end]));
    let text = std::str::from_utf8(&bytes[..end])?;
    let length: usize = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("an HTTP answer without content-length")?
        .1
        .trim()
        .parse()?;
    Ok((bytes.len() >= head + length).then_some((head, head + length)))
}

/// The start of a message, for an error text.
pub fn cut(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned()
}

/// Whether an error means that nothing listens there (any more).
pub fn is_refused(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
}
