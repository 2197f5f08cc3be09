//! The baseline's methods: `health`, `system-event`, `chat.send`, `chat.inject`; anything else is answered with `ok`.

use anyhow::{Context, Result};

use super::journal::Then;
use super::server::{Connection, Server};
use super::text::{self, EMPTY_OK, RESPONSE};
use crate::wire;

/// What the built-in agent of the baseline says.
const REPLY: &[u8] = b"pong";

impl Server {
    /// Answers one request by searching its text; nothing is checked.
    pub(super) fn request(
        &mut self,
        index: usize,
        connection: &mut Connection,
        payload: &[u8],
    ) -> Result<()> {
        let id = wire::field(payload, b"\"id\":\"").context("a request without an id")?;
        let method = wire::field(payload, b"\"method\":\"").context("a request without a method")?;
        match method {
            b"health" => {
                let rest = &self.texts.health;
                let out = &mut connection.link.out;
                wire::put_head(out, RESPONSE.len() + id.len() + rest.len());
                for part in [RESPONSE, id, rest] {
                    out.extend_from_slice(part);
                }
            }
            b"system-event" => {
                let words = wire::field(payload, b"\"text\":\"").unwrap_or_default();
                let event = self.texts.presence(words);
                wire::put(&mut connection.link.out, wire::TEXT, &response(id, EMPTY_OK));
                self.broadcast_with(&event, connection);
            }
            b"chat.inject" => {
                let session = wire::field(payload, b"\"sessionKey\":\"").unwrap_or_default();
                let words = wire::field(payload, b"\"message\":\"").unwrap_or_default();
                let event = text::chat_final(b"inject", session, words);
                wire::put(&mut connection.link.out, wire::TEXT, &response(id, EMPTY_OK));
                self.broadcast_with(&event, connection);
            }
            b"chat.send" => self.send(index, connection, id, payload)?,
            _ => wire::put(&mut connection.link.out, wire::TEXT, &response(id, EMPTY_OK)),
        }
        Ok(())
    }

    fn send(&mut self, index: usize, connection: &mut Connection, id: &[u8], payload: &[u8]) -> Result<()> {
        let session = wire::field(payload, b"\"sessionKey\":\"").context("chat.send without a sessionKey")?;
        let run =
            wire::field(payload, b"\"idempotencyKey\":\"").context("chat.send without an idempotencyKey")?;
        let last = text::chat_final(run, session, REPLY);
        let mut rest = Vec::with_capacity(64 + run.len());
        rest.extend_from_slice(br#"","ok":true,"payload":{"runId":""#);
        rest.extend_from_slice(run);
        rest.extend_from_slice(br#"","status":"started"}}"#);
        let reply = response(id, &rest);
        if let Some(journal) = &self.journal {
            return journal.append(payload.to_vec(), Then::Accepted { connection: index, reply, last });
        }
        wire::put(&mut connection.link.out, wire::TEXT, &reply);
        self.broadcast_with(&last, connection);
        Ok(())
    }
}

fn response(id: &[u8], rest: &[u8]) -> Vec<u8> {
    [RESPONSE, id, rest].concat()
}
