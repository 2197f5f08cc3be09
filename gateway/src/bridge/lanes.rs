//! One conversation's messages, in order: let in or not, files fetched, handed to the engine.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use channels::{Action, Attachment, AttachmentKind, ChatKind, Outbound, Quote, Retry, SendError};
use nodes::executor::Attachment as File;
use schemas::bounds::{
    MAX_BOT_MESSAGES_PER_MINUTE, MAX_CHANNEL_ATTACHMENT_BYTES, MAX_CHANNEL_ATTACHMENTS, MAX_LANE_ROWS,
};

use super::Bridge;
use super::access::{Known, Verdict};
use super::account::Live;
use super::courier::wire_key;
use super::parcel::{self, Next, Parcel};
use super::prompt::{Missing, Others, Said, prompt};
use super::turn::Taken;
use super::workers::{Lane, Shift};
use crate::store::inbound::{self, InboundRow};
use crate::store::{Db, StoreError};
use crate::supervise::Job;

impl Bridge {
    /// Has somebody look at a conversation's new rows.
    pub(super) fn wake_lane(&self, lane: &Lane, express: bool) {
        let workers = if express { &self.0.orders } else { &self.0.messages };
        if let Some(shift) = workers.wake(lane) {
            let (bridge, lane) = (self.clone(), lane.clone());
            self.jobs().spawn(Job::Bridge, async move { bridge.work(lane, express, shift).await });
        }
    }

    async fn work(self, lane: Lane, express: bool, mut shift: Shift) {
        loop {
            let work = async {
                if express {
                    Box::pin(self.orders(&lane)).await
                } else {
                    Box::pin(self.messages(&lane)).await
                }
            };
            let worked = self.until_stopped(work).await;
            if self.stopping() || matches!(worked, Err(StoreError::Closed)) {
                return;
            }
            if let Err(error) = worked {
                tracing::error!(%error, "A message from a chat platform could not be worked on; it is tried again");
                tokio::time::sleep(self.pace().full).await;
                continue;
            }
            let Some(overflow) = shift.end() else { continue };
            if overflow && let Err(error) = self.refill(express).await {
                tracing::error!(%error, "The conversations that wait could not be read");
            }
            return;
        }
    }

    async fn messages(&self, lane: &Lane) -> Result<(), StoreError> {
        while let Some(live) = self.live(&lane.of) {
            let (of, place) = (lane.of.clone(), lane.place.clone());
            let read = move |db: &Db| inbound::fresh(db, &of, &place, false, MAX_LANE_ROWS);
            let rows = self.store().read(read).await?;
            if rows.is_empty() {
                break;
            }
            match parcel::next(&rows, self.pace().album, self.now()) {
                Next::Wait(time) => tokio::time::sleep(time).await,
                Next::Unreadable(seq) => self.settle(seq, "dropped", "it cannot be read").await?,
                Next::Parcel(parcel) => self.take_in(&live, lane, *parcel).await?,
            }
        }
        Ok(())
    }

    /// Decides about one message and, if it is for an agent, hands it over.
    async fn take_in(&self, live: &Arc<Live>, lane: &Lane, parcel: Parcel) -> Result<(), StoreError> {
        let state = match self.verdict(live, &parcel).await? {
            Verdict::Hear => return self.hand_over(live, lane, parcel).await,
            Verdict::Context => "context",
            Verdict::Ignore => "dropped",
            Verdict::Pair => {
                self.knock(live, lane, &parcel).await?;
                "dropped"
            }
        };
        for seq in parcel.members.iter().chain([&parcel.row.seq]) {
            self.settle(*seq, state, "not for an agent").await?;
        }
        Ok(())
    }

    /// Asks the rules about a message. A conversation that moved is known by its first id.
    pub(super) async fn verdict(&self, live: &Live, parcel: &Parcel) -> Result<Verdict, StoreError> {
        let (sender, kind) = (&parcel.inbound.sender, parcel.inbound.chat.kind);
        if sender.bot && live.count(&sender.id, self.now()) > MAX_BOT_MESSAGES_PER_MINUTE {
            return Ok(Verdict::Ignore);
        }
        if kind == ChatKind::Direct && live.account.access.is_owner(&sender.id) {
            self.meet_owner(live, parcel).await?;
        }
        let inbound = self.at_origin(live, parcel).await?;
        let always = self.activation(live, &inbound).await?;
        let known = Known { paired: live.is_approved(&sender.id), always };
        Ok(live.account.access.decide(&inbound, known))
    }

    /// Returns what came in with the first id that its conversation had.
    pub(super) async fn at_origin(
        &self,
        live: &Live,
        parcel: &Parcel,
    ) -> Result<channels::Inbound, StoreError> {
        let (of, chat) = (live.of.clone(), parcel.inbound.chat.id.clone());
        let origin = self.store().read(move |db| crate::store::accounts::origin(db, &of, &chat)).await?;
        let mut inbound = parcel.inbound.clone();
        inbound.chat.id = origin.unwrap_or(inbound.chat.id);
        Ok(inbound)
    }

    async fn hand_over(&self, live: &Arc<Live>, lane: &Lane, parcel: Parcel) -> Result<(), StoreError> {
        let (files, missing) = self.fetch(live, &parcel).await;
        let spoken = self.transcripts(live, &files).await;
        let files: Vec<File> = files.into_iter().map(|(_, file)| file).collect();
        let missing: Vec<Missing<'_>> =
            missing.iter().map(|(attachment, why)| Missing { attachment, why: why.clone() }).collect();
        loop {
            let (of, place, seq) = (lane.of.clone(), lane.place.clone(), parcel.row.seq);
            let history = u32::try_from(live.account.section.history_limit).unwrap_or(u32::MAX);
            let read = move |db: &Db| {
                let open = inbound::get(db, seq)?.is_some_and(|row| row.state == "new");
                Ok((open, inbound::context(db, &of, &place, seq, history)?))
            };
            let (open, before) = self.store().read(read).await?;
            if !open {
                return Ok(()); // Deleted or stopped meanwhile.
            }
            let recent: Vec<Said> = before.iter().filter_map(said).collect();
            let text = prompt(
                &parcel.inbound,
                &parcel.message,
                &recent,
                &Others { missing: &missing, spoken: &spoken },
            );
            match self.submit(live, lane, &parcel, text, files.clone()).await? {
                Taken::Settled => return Ok(()),
                Taken::NoRoom => tokio::time::sleep(self.pace().full).await,
            }
        }
    }

    /// Fetches a message's files. What cannot be had is returned with the reason; the message goes on without.
    async fn fetch(
        &self,
        live: &Live,
        parcel: &Parcel,
    ) -> (Vec<(AttachmentKind, File)>, Vec<(Attachment, Option<String>)>) {
        let folder = self.folder(parcel.row.seq);
        let (mut files, mut missing) = (Vec::new(), Vec::new());
        let mut room = MAX_CHANNEL_ATTACHMENT_BYTES;
        let own = parcel.message.attachments.iter().map(|attachment| (attachment, false));
        // Whoever answers to a picture speaks of it. Those of strangers may be many.
        let quoted =
            parcel.message.reply_to.iter().flat_map(|quote| &quote.attachments).take(Quote::MOST_FILES);
        let all = own.chain(quoted.map(|attachment| (attachment, true)));
        for (index, (attachment, quoted)) in all.enumerate() {
            let Some(file) = &attachment.file else {
                missing.push((attachment.clone(), None));
                continue;
            };
            let path = folder.join(file_name(index, attachment));
            let limit = room.min(live.traits().max_download);
            let fetched = match attachment.size {
                _ if index >= MAX_CHANNEL_ATTACHMENTS => Err("there are too many".to_owned()),
                Some(size) if size > limit => Err(format!("it is too large ({size} bytes)")),
                _ => self.fetch_one(live, parcel, file, &path, limit).await,
            };
            match fetched {
                Ok(size) => {
                    room = room.saturating_sub(size);
                    let name = attachment.name.clone().unwrap_or_else(|| file_name(index, attachment));
                    let name = if quoted { format!("quoted {name}") } else { name };
                    files.push((attachment.kind, File { name, mime_type: mime_type(attachment), path }));
                }
                Err(why) => missing.push((attachment.clone(), Some(why))),
            }
        }
        (files, missing)
    }

    async fn fetch_one(
        &self,
        live: &Live,
        parcel: &Parcel,
        file: &str,
        path: &Path,
        limit: u64,
    ) -> Result<u64, String> {
        if let Ok(known) = std::fs::metadata(path) {
            return Ok(known.len()); // It was fetched before a crash: it appears only when it is whole.
        }
        let folder = path.parent().unwrap_or(path);
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|_| "it could not be stored".to_owned())?;
        let action = Action::Fetch { file: file.to_owned(), path: path.to_owned(), limit };
        let key = wire_key(&format!("fetch:{}", path.display()));
        let outbound = Outbound { to: parcel.to(), key, answering: None, action };
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.perform(live, outbound.clone(), self.pace().attempt).await {
                Ok(_) => {
                    return std::fs::metadata(path).map(|got| got.len()).map_err(|error| error.to_string());
                }
                Err(error) => match self.again(&error, attempts) {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Err(error.text),
                },
            }
        }
    }

    /// Returns how long to wait before a file is fetched again, if that can help.
    fn again(&self, error: &SendError, attempts: u32) -> Option<Duration> {
        use channels::Failure::{Away, Limited, Unknown};
        let passes = matches!(error.failure, Away | Limited | Unknown);
        let most = u32::try_from(self.pace().quick.len()).unwrap_or(u32::MAX);
        match error.retry {
            _ if !passes || attempts > most => None,
            Retry::After(time) => Some(Duration::from_millis(time).min(self.pace().attempt)),
            Retry::Later | Retry::Never => Some(self.pace().retry(attempts)),
        }
    }

    pub(super) async fn settle(&self, seq: i64, state: &'static str, why: &str) -> Result<(), StoreError> {
        let (now, why) = (self.now(), why.to_owned());
        self.store().write(move |db| inbound::settle(db, seq, state, Some(&why), now)).await.map(drop)
    }

    fn folder(&self, seq: i64) -> PathBuf {
        self.0.parts.state_dir.join("attachments").join(format!("in-{seq}"))
    }
}

fn said(row: &InboundRow) -> Option<Said> {
    let (inbound, message, _) = parcel::read(row)?;
    let mut text = message.text;
    for attachment in &message.attachments {
        let kind: &'static str = attachment.kind.into();
        text.extend([" [", kind, "]"]);
    }
    Some(Said { from: inbound.sender.name, text: text.trim().to_owned() })
}

fn mime_type(attachment: &Attachment) -> String {
    let usual = match attachment.kind {
        AttachmentKind::Photo => "image/jpeg",
        AttachmentKind::Voice => "audio/ogg",
        AttachmentKind::Video | AttachmentKind::VideoNote | AttachmentKind::Animation => "video/mp4",
        _ => "application/octet-stream",
    };
    attachment.mime_type.clone().unwrap_or_else(|| usual.into())
}

/// A name of our own with the sender's extension: nothing else of an untrusted name reaches the disk.
fn file_name(index: usize, attachment: &Attachment) -> String {
    let usual = match attachment.kind {
        AttachmentKind::Photo => Some("jpg"),
        AttachmentKind::Voice => Some("ogg"),
        AttachmentKind::Video | AttachmentKind::VideoNote | AttachmentKind::Animation => Some("mp4"),
        _ => None,
    };
    let named = attachment.name.as_deref().and_then(|name| Path::new(name).extension()?.to_str());
    let safe = named.filter(|text| text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    safe.or(usual).map_or_else(|| format!("{}", index + 1), |extension| format!("{}.{extension}", index + 1))
}
