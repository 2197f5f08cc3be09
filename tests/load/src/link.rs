//! One non-blocking socket with its pending bytes, and the epoll set that both loops wait on.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::Duration;

use anyhow::Result;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;

/// Buffers larger than this are given back once they are empty, so that an idle connection holds next to nothing.
const KEEP_BYTES: usize = 8 << 10;
/// Written bytes at the front of a slow connection's output are cut off from this many on.
const COMPACT_BYTES: usize = 1 << 20;
/// One read takes at most this many bytes.
const READ_BYTES: usize = 256 << 10;

/// The sockets that are waited on; each is known by a number.
pub struct Poll {
    epoll: OwnedFd,
    ready: Vec<epoll::Event>,
}

impl fmt::Debug for Poll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poll").field("epoll", &self.epoll).finish_non_exhaustive()
    }
}

/// A socket that can be read or written.
#[derive(Debug, Clone, Copy)]
pub struct Ready {
    /// The number it was added under.
    pub token: u64,
    /// Bytes or an end wait to be read.
    pub readable: bool,
    /// Pending output can go on.
    pub writable: bool,
}

impl Poll {
    /// Opens an empty set.
    pub fn new() -> Result<Self> {
        Ok(Self { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?, ready: Vec::with_capacity(1024) })
    }

    /// Watches a descriptor for input under `token`.
    pub fn add(&self, fd: impl AsFd, token: u64) -> Result<()> {
        Ok(epoll::add(&self.epoll, fd, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?)
    }

    /// Says what a descriptor is to be watched for from now on.
    pub fn watch(&self, fd: impl AsFd, token: u64, read: bool, write: bool) -> Result<()> {
        let mut flags = epoll::EventFlags::empty();
        flags.set(epoll::EventFlags::IN, read);
        flags.set(epoll::EventFlags::OUT, write);
        Ok(epoll::modify(&self.epoll, fd, epoll::EventData::new_u64(token), flags)?)
    }

    /// Waits for at most `limit` (for ever without one) and puts what is ready into `found`.
    pub fn wait(&mut self, limit: Option<Duration>, found: &mut Vec<Ready>) -> Result<()> {
        found.clear();
        self.ready.clear();
        let limit = limit.map(Timespec::try_from).transpose()?;
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.ready), limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        found.extend(self.ready.iter().map(|event| {
            let (flags, data) = (event.flags, event.data);
            Ready {
                token: data.u64(),
                readable: flags
                    .intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR),
                writable: flags.contains(epoll::EventFlags::OUT),
            }
        }));
        Ok(())
    }
}

/// A socket, the start of a frame that is not complete yet, and the output that is still to be written.
#[derive(Debug)]
pub struct Link {
    stream: TcpStream,
    held: Vec<u8>,
    /// What is to be written at the end of this wake-up.
    pub out: Vec<u8>,
    written: usize,
    waits_to_write: bool,
}

impl Link {
    /// Takes over a socket that is non-blocking already.
    pub fn accepted(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, held: Vec::new(), out: Vec::new(), written: 0, waits_to_write: false })
    }

    /// Takes over a connected socket.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::accepted(stream)
    }

    /// The socket itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Bytes that wait to be written.
    pub fn backlog(&self) -> usize {
        self.out.len() - self.written
    }

    /// Reads once into the shared scratch buffer, behind what was held back; returns the bytes there, `None` at the end.
    pub fn read(&mut self, scratch: &mut Vec<u8>) -> Option<usize> {
        let kept = self.held.len();
        if scratch.len() < kept + READ_BYTES {
            scratch.resize(kept + READ_BYTES, 0);
        }
        scratch[..kept].copy_from_slice(&self.held);
        match self.stream.read(&mut scratch[kept..]) {
            Ok(0) => None,
            Ok(count) => {
                self.held = Vec::new();
                Some(kept + count)
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Some(0)
            }
            Err(_) => None,
        }
    }

    /// Keeps the start of a frame whose rest has not arrived.
    pub fn hold(&mut self, rest: &[u8]) {
        if !rest.is_empty() {
            self.held = rest.to_vec();
        }
    }

    /// Writes all pending output in one call if the socket takes it, else asks to be woken for the rest.
    ///
    /// Returns false when the connection is gone.
    pub fn flush(&mut self, poll: &Poll, token: u64) -> Result<bool> {
        if self.backlog() == 0 {
            return Ok(true);
        }
        match self.stream.write(&self.out[self.written..]) {
            Ok(count) => self.written += count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => return Ok(false),
        }
        let left = self.backlog() > 0;
        if left && self.written > COMPACT_BYTES {
            self.out.drain(..self.written);
            self.written = 0;
        }
        if !left {
            self.written = 0;
            if self.out.capacity() > KEEP_BYTES {
                self.out = Vec::new();
            } else {
                self.out.clear();
            }
        }
        if left != self.waits_to_write {
            self.waits_to_write = left;
            poll.watch(&self.stream, token, true, left)?;
        }
        Ok(true)
    }
}
