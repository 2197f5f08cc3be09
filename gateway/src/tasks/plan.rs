//! The accepting commit: the task, its message and its first run, all or nothing.

use std::borrow::Cow;
use std::sync::Arc;

use schemas::clock::Millis;
use schemas::task::QueueMode;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Submission;
use super::along::Along;
use super::request::{Card, Request};
use crate::store::messages::{self, Body, Message, NewMessage};
use crate::store::sessions::{self, Session};
use crate::store::work::{self as rows_of_work, NewWork};
use crate::store::{Db, StoreError, tasks as rows};

/// What the accepting commit found and made.
pub(super) struct Stored {
    pub(super) session: Session,
    pub(super) message: Message,
    pub(super) version: i64,
}

/// What the accepting commit writes.
pub(super) struct Plan {
    pub(super) card: Arc<Card>,
    pub(super) hash: Vec<u8>,
    pub(super) session_id: Option<String>,
    pub(super) label: Option<String>,
    /// Transport of the run that starts with it, and the task it is handed to.
    pub(super) run: Option<(Cow<'static, str>, Option<i64>)>,
    pub(super) lease_until: Millis,
    /// What else is written.
    pub(super) along: Option<Along>,
}

impl Plan {
    pub(super) fn store(self, db: &Db) -> Result<Stored, StoreError> {
        let card = &self.card;
        let (org, actor, at) = (&*card.org, &*card.actor, card.created_at);
        // Checked before anything is written: the store relies on it. So does what is written along.
        if let Some(along) = &self.along {
            along.write(db, card.seq)?;
        }
        let found = sessions::find(db, org, card.key.as_str())?;
        let known = found.as_ref().map(|session| &session.session_id);
        if self.session_id.is_some_and(|id| known != Some(&id)) {
            return Err(StoreError::Conflict);
        }
        let mut session = match found {
            Some(session) => session,
            None => sessions::ensure(db, org, card.key.as_str(), actor, at)?,
        };
        if let Some(label) = self.label {
            let patch = sessions::Patch { label: Some(Some(label)), ..sessions::Patch::default() };
            session = sessions::patch(db, org, card.key.as_str(), actor, &patch, at)?;
        }
        let line = first_line(&card.request.message);
        sessions::touch(db, session.no, Some(&line), (!card.request.command).then_some(&*line), at)?;
        let message = messages::append(db, session.transcript, org, actor, user_message(card), at)?;
        let request = serde_json::to_string(&card.request);
        let joined_into = self.run.as_ref().and_then(|(_, joined)| *joined);
        let attempt = self.run.map(|(transport, _)| rows::Attempt {
            fence: 1,
            transport,
            conversation: session.conversation,
            at,
            lease_until: self.lease_until,
        });
        let task = rows::NewTask {
            seq: card.seq,
            id: card.id,
            org: org.into(),
            actor: actor.into(),
            run_id: card.run_id.clone(),
            hash: self.hash,
            kind: card.kind.into(),
            session: session.no,
            agent: card.agent.clone(),
            request: request.map_err(|_| StoreError::Corrupt { what: "request" })?,
            at,
            attempt,
            joined_into,
        };
        let version = rows::insert(db, &task)?;
        if let Some(work) = &card.request.work {
            let found_by = NewWork {
                task: card.seq,
                org: org.into(),
                target: work.target.to_string(),
                group: work.group.as_ref().map(|group| group.id.clone()),
                parent: work.parent,
            };
            rows_of_work::insert(db, &found_by)?;
        }
        Ok(Stored { session, message, version })
    }
}

fn user_message(card: &Card) -> NewMessage {
    let mut body = Body::text(&card.request.message);
    for file in &card.request.attachments {
        body.content.push(json!({ "type": "file", "fileName": file.name, "mimeType": file.mime_type }));
    }
    NewMessage {
        role: "user",
        body,
        run_id: Some(card.run_id.clone()),
        idempotency_key: Some(format!("{}:user", card.run_id)),
    }
}

/// Returns the beginning of a text's first line, for titles and previews.
pub(super) fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().chars().take(120).collect()
}

/// Digest of everything that makes a request what it is.
pub(super) fn digest(submission: &Submission) -> Vec<u8> {
    let mut hash = Sha256::new();
    let request = serde_json::to_vec(&Request {
        // The same message from another connection of the same caller is still the same.
        asker: super::Asker::default(),
        attachments: Vec::new(),
        // So is one whose caller named no mode, when the configured mode has changed meanwhile.
        mode: QueueMode::default(),
        ..submission.request.clone()
    });
    let kind: &'static str = submission.kind.into();
    for part in [kind.as_bytes(), submission.key.as_str().as_bytes(), &request.unwrap_or_default()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    for upload in &submission.uploads {
        hash.update(Sha256::digest(&upload.bytes));
        hash.update(upload.name.as_bytes());
    }
    hash.finalize().to_vec()
}
