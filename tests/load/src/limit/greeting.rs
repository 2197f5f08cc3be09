//! HTTP in front of the WebSocket, the challenge, and the answer to `connect`.

use std::time::SystemTime;

use anyhow::{Result, bail};
use tungstenite::handshake::derive_accept_key;

use super::journal::Then;
use super::server::{Connection, Phase, Server};
use super::text::RESPONSE;
use crate::identity::Connect;
use crate::wire;

/// A longer request head is refused.
const MAX_HEAD: usize = 16 << 10;

impl Server {
    /// Answers one HTTP request; returns its length, or `None` while it is incomplete.
    pub(super) fn http(&mut self, connection: &mut Connection, bytes: &[u8]) -> Result<Option<usize>> {
        let Some(end) = wire::find(bytes, b"\r\n\r\n") else {
            if bytes.len() > MAX_HEAD {
                bail!("a request head of more than {MAX_HEAD} bytes");
            }
            return Ok(None);
        };
        let head = std::str::from_utf8(&bytes[..end])?;
        let key = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
        });
        let out = &mut connection.link.out;
        if let Some(key) = key {
            let accept = derive_accept_key(key.as_bytes());
            out.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ");
            out.extend_from_slice(accept.as_bytes());
            out.extend_from_slice(b"\r\n\r\n");
            self.challenges += 1;
            let (nonce, at) = (self.nonce(self.challenges), now_ms());
            let challenge = format!(
                r#"{{"type":"event","event":"connect.challenge","payload":{{"nonce":"{nonce}","ts":{at}}}}}"#
            );
            wire::put(out, wire::TEXT, challenge.as_bytes());
            connection.phase = Phase::Challenged(self.challenges);
        } else if head.starts_with("GET /healthz ") {
            out.extend_from_slice(&self.texts.healthz);
        } else {
            out.extend_from_slice(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        }
        Ok(Some(end + 4))
    }

    /// Answers `connect`: verifies the signature and stores a new device when asked to.
    pub(super) fn connect(
        &mut self,
        index: usize,
        connection: &mut Connection,
        payload: &[u8],
        number: u64,
    ) -> Result<()> {
        let frame: Connect<'_> = serde_json::from_slice(payload)?;
        let mut is_new = false;
        if let (true, Some(proof)) = (self.options.verify, &frame.params.device) {
            let known = self.devices.get(proof.id);
            is_new = known.is_none();
            let key = frame.params.verify(proof, known, &self.nonce(number))?;
            if is_new {
                self.devices.insert(proof.id.to_owned(), key);
            }
        }
        connection.phase = Phase::Open(frame.params.scopes.contains(&"operator.read"));
        let mut hello = Vec::with_capacity(RESPONSE.len() + frame.id.len() + self.texts.hello.len());
        for part in [RESPONSE, frame.id.as_bytes(), &self.texts.hello] {
            hello.extend_from_slice(part);
        }
        match &self.journal {
            Some(journal) if is_new => {
                journal.append(payload.to_vec(), Then::Paired { connection: index, reply: hello })
            }
            _ => {
                wire::put(&mut connection.link.out, wire::TEXT, &hello);
                Ok(())
            }
        }
    }

    fn nonce(&self, number: u64) -> String {
        format!("{:016x}{number:016x}", self.salt)
    }
}

/// Milliseconds since 1970, for the challenge and ticks.
#[expect(
    clippy::disallowed_methods,
    reason = "the baseline has no clock to inject and shares no code with the gateway"
)]
pub(super) fn now_ms() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis())
}
