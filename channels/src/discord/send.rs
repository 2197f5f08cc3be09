//! Does what is asked for on Discord: one call an action, in a few cases one more to find out what to do.

use reqwest::Method;
use serde_json::{Value, json};

use super::compose::{Draft, cut, id, menu, poll, said};
use super::fault::Fault;
use super::files;
use super::interact::{First, Token};
use super::message;
use super::rest::{Call, Upload};
use super::voice;
use super::wire;
use super::{Discord, MOST_FILE};
use crate::outbound::{Action, Failure, Media, MediaKind, Outbound, Place, Poll, Receipt};

impl Discord {
    /// Does one thing.
    pub(super) async fn act(&self, message: &Outbound) -> Result<Receipt, Fault> {
        let to = &message.to;
        match &message.action {
            Action::Text { text, reply_to, buttons, silent } => {
                let draft = Draft::text(text).buttons(buttons)?.silent(*silent);
                self.say(message, draft, reply_to.as_ref(), Vec::new()).await
            }
            Action::Media { files, caption, reply_to, silent } => {
                let uploads = uploads(files).await?;
                let reply_to = reply_to.as_ref();
                if let [Media { kind: MediaKind::Voice, .. }] = files[..] {
                    return self.speak(message, uploads, caption, reply_to, *silent).await;
                }
                let draft = Draft::text(caption).silent(*silent);
                self.say(message, draft, reply_to, uploads).await
            }
            Action::Poll(asked) => self.ask(message, asked).await,
            Action::Edit { message, text, buttons } => {
                let draft = Draft::text(text).buttons(buttons)?;
                let call = Call::new(Method::PATCH, at(to, message)?).json(draft.body.into());
                let made = self.rest.call(call).await?;
                Ok(Receipt { note: draft.note, ..receipt(&made) })
            }
            Action::Cards { intro, cards, message: Some(message), .. } => {
                let draft = Draft::cards(intro, cards).buttons(&[])?;
                let call = Call::new(Method::PATCH, at(to, message)?).json(draft.body.into());
                Ok(receipt(&self.rest.call(call).await?))
            }
            Action::Cards { intro, cards, message: None, reply_to, silent } => {
                let draft = Draft::cards(intro, cards).silent(*silent);
                self.say(message, draft, reply_to.as_ref(), Vec::new()).await
            }
            Action::Delete { message } => {
                nothing(gone_is_done(self.rest.call(Call::new(Method::DELETE, at(to, message)?)).await))
            }
            Action::React { message, emoji } => self.react(to, message, emoji.as_deref()).await,
            Action::Typing => {
                let path = format!("/channels/{}/typing", channel(to)?);
                nothing(self.rest.call(Call::new(Method::POST, path).repeatable()).await)
            }
            Action::Pin { message, pinned } => {
                let path = format!("/channels/{}/messages/pins/{}", channel(to)?, id(message, "message")?);
                let method = if *pinned { Method::PUT } else { Method::DELETE };
                nothing(self.rest.call(Call::new(method, path)).await)
            }
            Action::Thread { title, message } => self.begin_thread(to, title, message.as_deref()).await,
            Action::Read { before, limit } => self.history(to, before.as_deref(), *limit).await,
            Action::Answer { token, text, .. } => self.whisper(token, text).await,
            Action::Fetch { file, path, limit } => {
                files::fetch(&self.rest, file, path, (*limit).min(MOST_FILE)).await?;
                Ok(Receipt::default())
            }
            Action::Menu { commands } => self.offer(commands).await,
        }
    }

    /// Sends a message: as the answer to a command if it is the first one, else into the channel.
    async fn say(
        &self,
        message: &Outbound,
        draft: Draft,
        reply_to: Option<&String>,
        files: Vec<Upload>,
    ) -> Result<Receipt, Fault> {
        if let Some(token) = &message.answering
            && let Some(receipt) = self.answer(token, message, &draft, &files).await?
        {
            return Ok(receipt);
        }
        let followup =
            message.answering.as_deref().map(Token::read).transpose()?.map(|token| token.followup());
        let note = draft.note.clone();
        let plain = draft.body.clone();
        let body = draft.reply(reply_to)?.once(message).body;
        let path = format!("/channels/{}/messages", channel(&message.to)?);
        let call = Call::new(Method::POST, path).files(body.into(), files.clone()).repeatable();
        let made = match self.rest.call(call).await {
            // Where the bot is only allowed to answer commands, further answers belong to the command as well.
            Err(fault) if followup.is_some() && fault.status == Some(403) => {
                let path = followup.unwrap_or_default();
                self.rest.call(Call::new(Method::POST, path).files(plain.into(), files)).await?
            }
            made => made?,
        };
        Ok(Receipt { note, ..receipt(&made) })
    }

    /// Sends a spoken message; where it cannot be one, it is a file.
    async fn speak(
        &self,
        message: &Outbound,
        mut files: Vec<Upload>,
        caption: &str,
        reply_to: Option<&String>,
        silent: bool,
    ) -> Result<Receipt, Fault> {
        let mut why = "Discord shows only Ogg with Opus as a voice message";
        if !caption.trim().is_empty() || message.answering.is_some() {
            why = "a voice message of Discord carries no text and is no answer to a command";
        } else if let Some(spoken) = voice::read(files[0].path.clone(), MOST_FILE).await {
            files[0].spoken = Some(spoken);
            match self.say(message, Draft::voice(silent), reply_to, files.clone()).await {
                Err(fault) if VOICE_REFUSED.contains(&fault.code) => {
                    why = "Discord takes no voice message there";
                }
                done => return done,
            }
            files[0].spoken = None;
        }
        let draft = Draft::text(caption).silent(silent);
        let receipt = self.say(message, draft, reply_to, files).await?;
        let note = receipt.note.or_else(|| Some(format!("sent as a file: {why}")));
        Ok(Receipt { note, ..receipt })
    }

    /// Answers a command where its person waits for it. `None`: it has its answer, or is too old for one.
    async fn answer(
        &self,
        token: &str,
        message: &Outbound,
        draft: &Draft,
        files: &[Upload],
    ) -> Result<Option<Receipt>, Fault> {
        let path = Token::read(token)?.original();
        match self.answered.first(token) {
            First::By(key) if key != message.key => return Ok(None),
            First::Open | First::By(_) => {}
            First::Unknown => match self.find_answer(&path, draft).await? {
                Found::Waiting => {}
                Found::Same(receipt) => return Ok(Some(receipt)),
                Found::Other => return Ok(None),
            },
        }
        self.answered.answer(token, &message.key);
        let mut body = draft.body.clone();
        // An answer that was begun cannot become silent.
        body.remove("flags");
        // Replacing what is there with the same is harmless, so this may be repeated.
        let call = Call::new(Method::PATCH, path).files(body.into(), files.to_vec());
        match self.rest.call(call).await {
            Ok(made) => Ok(Some(Receipt { note: draft.note.clone(), ..receipt(&made) })),
            Err(fault) if fault.is_expired() => Ok(None),
            Err(fault) => {
                if matches!(fault.error.failure, Failure::Refused | Failure::Gone) {
                    self.answered.reopen(token);
                }
                Err(fault)
            }
        }
    }

    /// Looks whether a command of an earlier process still waits, so that its first answer is never overwritten.
    async fn find_answer(&self, path: &str, draft: &Draft) -> Result<Found, Fault> {
        const LOADING: u64 = 1 << 7;
        let found = match self.rest.call(Call::new(Method::GET, path)).await {
            Ok(found) => found,
            Err(fault) if fault.is_expired() => return Ok(Found::Other),
            Err(fault) => return Err(fault),
        };
        let flags = found.get("flags").and_then(Value::as_u64).unwrap_or_default();
        if flags & LOADING != 0 {
            return Ok(Found::Waiting);
        }
        let there = said(&found);
        let same = !there.is_empty() && there == said(&draft.body.clone().into());
        Ok(if same { Found::Same(receipt(&found)) } else { Found::Other })
    }

    async fn ask(&self, message: &Outbound, asked: &Poll) -> Result<Receipt, Fault> {
        let mut draft = Draft::text("").once(message);
        draft.body.remove("content");
        draft.body.insert("poll".into(), poll(asked));
        let path = format!("/channels/{}/messages", channel(&message.to)?);
        let call = Call::new(Method::POST, path).json(draft.body.into()).repeatable();
        let receipt = receipt(&self.rest.call(call).await?);
        let note = asked.anonymous.then(|| "Discord shows who chose what".to_owned());
        Ok(Receipt { made: receipt.message.clone(), note, ..receipt })
    }

    async fn react(&self, to: &Place, message: &str, emoji: Option<&str>) -> Result<Receipt, Fault> {
        let path = at(to, message)?;
        if let Some(emoji) = emoji {
            return nothing(self.rest.call(Call::new(Method::PUT, reaction(&path, emoji))).await);
        }
        let found = self.rest.call(Call::new(Method::GET, path.clone())).await?;
        let reactions = found.get("reactions").and_then(Value::as_array).cloned().unwrap_or_default();
        for one in reactions.iter().filter(|one| one.get("me") == Some(&Value::Bool(true))) {
            let emoji: Option<wire::Emoji> =
                one.get("emoji").and_then(|emoji| serde_json::from_value(emoji.clone()).ok());
            let Some(emoji) = emoji else { continue };
            let name = emoji.name.unwrap_or_default();
            let emoji = emoji.id.map_or_else(|| name.clone(), |id| format!("{name}:{id}"));
            gone_is_done(self.rest.call(Call::new(Method::DELETE, reaction(&path, &emoji))).await)?;
        }
        Ok(Receipt::default())
    }

    /// A thread from a message has that message's id, so that beginning it twice finds the first.
    async fn begin_thread(&self, to: &Place, title: &str, from: Option<&str>) -> Result<Receipt, Fault> {
        const BEGUN_ALREADY: u64 = 160_004;
        let parent = id(&to.chat, "chat")?;
        let name = cut(if title.trim().is_empty() { "Thread" } else { title }, 100);
        let made = if let Some(message) = from {
            let path = format!("/channels/{parent}/messages/{}/threads", id(message, "message")?);
            let body = json!({"name": name, "auto_archive_duration": 1440});
            match self.rest.call(Call::new(Method::POST, path).json(body).repeatable()).await {
                Err(fault) if fault.code == BEGUN_ALREADY => json!({"id": message}),
                made => made?,
            }
        } else {
            let path = format!("/channels/{parent}/threads");
            let body = json!({"name": name, "type": 11, "auto_archive_duration": 1440});
            self.rest.call(Call::new(Method::POST, path).json(body)).await?
        };
        Ok(Receipt { made: receipt(&made).message, ..Receipt::default() })
    }

    async fn history(&self, to: &Place, before: Option<&str>, limit: u32) -> Result<Receipt, Fault> {
        let path = format!("/channels/{}/messages", channel(to)?);
        let mut call = Call::new(Method::GET, path).query("limit", limit.clamp(1, 100).to_string());
        if let Some(before) = before {
            call = call.query("before", id(before, "before")?);
        }
        let found = self.rest.call(call).await?;
        let me = self.me();
        let read = |value: &Value| serde_json::from_value::<wire::Message>(value.clone()).ok();
        let newest_first = found.as_array().cloned().unwrap_or_default();
        let spoken = newest_first.iter().rev().filter_map(read).filter(|one| message::is_spoken(one.kind));
        let messages = spoken.map(|one| message::read(&one, &me, None));
        Ok(Receipt { messages: messages.collect(), ..Receipt::default() })
    }

    /// The press itself was acknowledged when it came; words are shown to the presser alone.
    async fn whisper(&self, token: &str, text: &str) -> Result<Receipt, Fault> {
        const EPHEMERAL: u64 = 1 << 6;
        let path = Token::read(token)?.followup();
        if text.is_empty() {
            return Ok(Receipt::default());
        }
        let mut body = Draft::text(text).body;
        body.insert("flags".into(), EPHEMERAL.into());
        Ok(receipt(&self.rest.call(Call::new(Method::POST, path).json(body.into())).await?))
    }

    async fn offer(&self, commands: &[(String, String)]) -> Result<Receipt, Fault> {
        let app = self.app().await?;
        let path = match &self.slash_guild {
            Some(guild) => format!("/applications/{app}/guilds/{}/commands", id(guild, "slash_guild")?),
            None => format!("/applications/{app}/commands"),
        };
        nothing(self.rest.call(Call::new(Method::PUT, path).json(menu(commands))).await)
    }

    /// Returns the bot's application: known from the gateway, else asked for.
    async fn app(&self) -> Result<String, Fault> {
        if let Some(app) = self.me().app {
            return Ok(app);
        }
        let found = self.rest.call(Call::new(Method::GET, "/applications/@me")).await?;
        let app = found.get("id").and_then(Value::as_str).unwrap_or_default();
        let app = id(app, "the application")?.to_owned();
        self.learn_app(&app);
        Ok(app)
    }
}

/// Discord's codes for what cannot be a voice message: more content, not one file of sound, nothing told of it, not
/// allowed there, no valid length.
const VOICE_REFUSED: [u64; 5] = [50_159, 50_160, 50_161, 50_173, 50_192];

/// What stands where a command's answer belongs.
enum Found {
    /// Nothing yet: the person waits.
    Waiting,
    /// What is to be sent.
    Same(Receipt),
    /// Something else, or it is too old.
    Other,
}

/// Returns the channel that a message goes to: a thread is a channel.
fn channel(to: &Place) -> Result<&str, Fault> {
    match &to.thread {
        Some(thread) => id(thread, "thread"),
        None => id(&to.chat, "chat"),
    }
}

/// Returns the address of a message.
fn at(to: &Place, message: &str) -> Result<String, Fault> {
    Ok(format!("/channels/{}/messages/{}", channel(to)?, id(message, "message")?))
}

fn reaction(message: &str, emoji: &str) -> String {
    let mut path = format!("{message}/reactions/");
    for byte in emoji.trim_matches(['<', '>']).trim_start_matches(':').bytes() {
        if byte.is_ascii_alphanumeric() || b"_-".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push('%');
            path.extend(
                [byte >> 4, byte & 15].map(|half| char::from(b"0123456789ABCDEF"[usize::from(half)])),
            );
        }
    }
    path + "/@me"
}

/// Returns the id of what was made.
fn receipt(made: &Value) -> Receipt {
    let id = made.get("id").and_then(Value::as_str).map(str::to_owned);
    Receipt { message: id, ..Receipt::default() }
}

fn nothing(done: Result<Value, Fault>) -> Result<Receipt, Fault> {
    done.map(|_| Receipt::default())
}

/// What is gone need not be removed.
fn gone_is_done(done: Result<Value, Fault>) -> Result<Value, Fault> {
    const UNKNOWN_MESSAGE: u64 = 10_008;
    match done {
        Err(fault) if fault.code == UNKNOWN_MESSAGE => Ok(Value::Null),
        done => done,
    }
}

/// Lists the files of a message and checks that Discord takes them.
async fn uploads(files: &[Media]) -> Result<Vec<Upload>, Fault> {
    const MOST: usize = 10;
    if files.is_empty() || files.len() > MOST {
        return Err(Fault::refused("a message of Discord carries one to ten files"));
    }
    let mut total = 0;
    for file in files {
        let data = tokio::fs::metadata(&file.path).await;
        let data = data.map_err(|_| Fault::refused(format!("the file {} cannot be read", file.name)))?;
        total += data.len();
    }
    if total > MOST_FILE {
        return Err(Fault::refused(format!("the files are larger than Discord's {} MB", MOST_FILE >> 20)));
    }
    let clean =
        |name: &str| name.chars().filter(|c| !c.is_control() && !r#"/\""#.contains(*c)).collect::<String>();
    Ok(files
        .iter()
        .map(|file| Upload { path: file.path.clone(), name: cut(&clean(&file.name), 200), spoken: None })
        .collect())
}
