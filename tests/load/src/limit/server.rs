//! The loop: accept, read what is ready, answer, and write once per connection before waiting again.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ed25519_dalek::VerifyingKey;
use rustix::net::{SocketFlags, accept_with};

use super::journal::{Journal, Then};
use super::text::{self, Texts};
use super::{Options, greeting};
use crate::link::{Link, Poll, Ready};
use crate::wire;

/// Token of the listening socket.
const LISTENER: u64 = u64::MAX;
/// Token of the journal's bell.
const BELL: u64 = u64::MAX - 1;

/// How far a connection has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Phase {
    /// Speaks HTTP.
    Http,
    /// Has been sent the challenge with this number.
    Challenged(u64),
    /// Has its hello-ok; `true` when it may read events.
    Open(bool),
    /// Is to be dropped once its output is written.
    Closing,
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// Its socket and buffers.
    pub link: Link,
    /// How far it has come.
    pub phase: Phase,
    /// Number of the last event it was offered.
    pub seq: u64,
    dirty: bool,
}

/// The baseline server.
#[derive(Debug)]
pub struct Server {
    /// What it imitates.
    pub options: Options,
    /// Its prepared frames.
    pub texts: Texts,
    /// The writer, when runs are stored.
    pub journal: Option<Journal>,
    /// Keys of the devices seen.
    pub devices: HashMap<String, VerifyingKey>,
    /// Makes each nonce unlike those of another start.
    pub salt: u64,
    /// Challenges sent.
    pub challenges: u64,
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    dirty: Vec<usize>,
}

impl Server {
    /// Binds the port and opens the journal.
    pub fn open(options: Options) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .with_context(|| format!("cannot listen on 127.0.0.1:{}", options.port))?;
        listener.set_nonblocking(true)?;
        let poll = Poll::new()?;
        poll.add(&listener, LISTENER)?;
        let journal = match options.sqlite {
            Some(durability) => {
                let dir = options.state_dir.as_deref().context("--sqlite needs --state-dir")?;
                Some(Journal::open(dir, durability)?)
            }
            None => None,
        };
        if let Some(journal) = &journal {
            poll.add(journal.bell(), BELL)?;
        }
        let salt = getrandom::u64().map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Self {
            texts: Texts::new(&options),
            options,
            journal,
            devices: HashMap::new(),
            salt,
            challenges: 0,
            poll,
            listener,
            connections: Vec::new(),
            free: Vec::new(),
            dirty: Vec::new(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until the process ends.
    pub fn serve(&mut self) -> Result<()> {
        let (mut found, mut scratch) = (Vec::new(), Vec::new());
        let every = Duration::from_millis(self.options.tick_ms.max(1));
        let mut next_tick = Instant::now() + every;
        loop {
            self.poll.wait(Some(next_tick.saturating_duration_since(Instant::now())), &mut found)?;
            for ready in &found {
                self.wake(*ready, &mut scratch)?;
            }
            if Instant::now() >= next_tick {
                next_tick += every;
                self.broadcast(&text::tick(greeting::now_ms()));
            }
            self.flush()?;
        }
    }

    fn wake(&mut self, ready: Ready, scratch: &mut Vec<u8>) -> Result<()> {
        match ready.token {
            LISTENER => self.accept(),
            BELL => self.committed(),
            token => {
                let index = usize::try_from(token)?;
                if ready.writable {
                    self.touch(index);
                }
                if ready.readable {
                    self.read(index, scratch);
                }
                Ok(())
            }
        }
    }

    fn accept(&mut self) -> Result<()> {
        while let Ok(fd) = accept_with(&self.listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
            let link = Link::accepted(TcpStream::from(fd))?;
            let index = self.free.pop().unwrap_or(self.connections.len());
            self.poll.add(link.stream(), index as u64)?;
            let connection = Connection { link, phase: Phase::Http, seq: 0, dirty: false };
            match self.connections.get_mut(index) {
                Some(slot) => *slot = Some(connection),
                None => self.connections.push(Some(connection)),
            }
        }
        Ok(())
    }

    fn read(&mut self, index: usize, scratch: &mut Vec<u8>) {
        let Some(mut connection) = self.connections.get_mut(index).and_then(Option::take) else {
            return;
        };
        let alive = match connection.link.read(scratch) {
            Some(length) => self.take_in(index, &mut connection, &mut scratch[..length]).unwrap_or(false),
            None => false,
        };
        let waits = connection.link.backlog() > 0;
        if alive {
            self.connections[index] = Some(connection);
            if waits {
                self.touch(index);
            }
        } else {
            self.free.push(index);
        }
    }

    /// Handles every complete frame in `bytes`; false when the connection has to go.
    fn take_in(&mut self, index: usize, connection: &mut Connection, bytes: &mut [u8]) -> Result<bool> {
        let mut from = 0;
        while from < bytes.len() {
            if connection.phase == Phase::Http {
                let Some(used) = self.http(connection, &bytes[from..])? else { break };
                from += used;
                continue;
            }
            let Some(frame) = wire::frame(&mut bytes[from..])? else { break };
            let payload = &bytes[from + frame.start..from + frame.total];
            match frame.opcode {
                wire::CLOSE => {
                    wire::put(&mut connection.link.out, wire::CLOSE, payload);
                    connection.phase = Phase::Closing;
                }
                wire::PING => wire::put(&mut connection.link.out, wire::PONG, payload),
                wire::PONG => {}
                _ => self.message(index, connection, payload)?,
            }
            from += frame.total;
        }
        connection.link.hold(&bytes[from..]);
        Ok(true)
    }

    fn message(&mut self, index: usize, connection: &mut Connection, payload: &[u8]) -> Result<()> {
        match connection.phase {
            Phase::Challenged(number) => self.connect(index, connection, payload, number),
            Phase::Open(_) => self.request(index, connection, payload),
            Phase::Http | Phase::Closing => Ok(()),
        }
    }

    fn committed(&mut self) -> Result<()> {
        let done = self.journal.as_ref().map(Journal::committed).unwrap_or_default();
        for then in done {
            match then {
                Then::Accepted { connection, reply, last } => {
                    self.deliver(connection, &reply);
                    if let Some(journal) = &self.journal {
                        journal.append(last.clone(), Then::Ended(last))?;
                    }
                }
                Then::Ended(last) => self.broadcast(&last),
                Then::Paired { connection, reply } => self.deliver(connection, &reply),
            }
        }
        Ok(())
    }

    fn deliver(&mut self, index: usize, reply: &[u8]) {
        if let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) {
            wire::put(&mut connection.link.out, wire::TEXT, reply);
            self.touch(index);
        }
    }

    /// Offers an event, given up to its `seq`, to everyone who may read; `own` is the connection in hand.
    pub fn broadcast_with(&mut self, event: &[u8], own: &mut Connection) {
        offer(own, event);
        self.broadcast(event);
    }

    fn broadcast(&mut self, event: &[u8]) {
        let limit = self.options.max_backlog;
        for (index, slot) in self.connections.iter_mut().enumerate() {
            let Some(connection) = slot else { continue };
            if !offer(connection, event) {
                continue;
            }
            if connection.link.backlog() > limit {
                *slot = None;
                self.free.push(index);
            } else if !connection.dirty {
                connection.dirty = true;
                self.dirty.push(index);
            }
        }
    }

    fn touch(&mut self, index: usize) {
        if let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut)
            && !connection.dirty
        {
            connection.dirty = true;
            self.dirty.push(index);
        }
    }

    fn flush(&mut self) -> Result<()> {
        for index in self.dirty.drain(..) {
            let Some(connection) = &mut self.connections[index] else { continue };
            connection.dirty = false;
            let alive = connection.link.flush(&self.poll, index as u64)?;
            if !alive || (connection.phase == Phase::Closing && connection.link.backlog() == 0) {
                self.connections[index] = None;
                self.free.push(index);
            }
        }
        Ok(())
    }
}

/// Appends an event with this connection's next number; false when the connection may not read it.
fn offer(connection: &mut Connection, event: &[u8]) -> bool {
    if connection.phase != Phase::Open(true) {
        return false;
    }
    connection.seq += 1;
    let mut digits = [0_u8; 20];
    let (mut at, mut rest) = (digits.len(), connection.seq);
    while rest > 0 {
        at -= 1;
        digits[at] = b"0123456789"[usize::try_from(rest % 10).unwrap_or(0)];
        rest /= 10;
    }
    let number = &digits[at..];
    let out = &mut connection.link.out;
    wire::put_head(out, event.len() + number.len() + 1);
    out.extend_from_slice(event);
    out.extend_from_slice(number);
    out.push(b'}');
    true
}
