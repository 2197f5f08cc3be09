//! The executor inside the gateway: carries out the commands, and answers when no model is connected.

use std::sync::Arc;

use async_trait::async_trait;
use nodes::executor::{
    AfterCrash, Assignment, Executor, ExecutorKind, Failure, FailureClass, Outcome, Progress, Reply, Step,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Chat;
use super::commands::{self, Command};
use crate::store::Db;
use crate::store::StoreError;
use crate::store::sessions::{self, Patch, Session};
use crate::tasks::{Card, Engine, seq_of};

/// Answers without a model and without a network.
#[derive(Clone, Debug)]
pub struct Builtin {
    chat: Chat,
}

impl Builtin {
    /// Returns the executor that speaks in the conversations of `chat`.
    pub fn new(chat: Chat) -> Self {
        Self { chat }
    }

    async fn answer(&self, task: &Assignment) -> Result<String, StoreError> {
        let seq = seq_of(&task.task_id.to_string()).map_or(0, |(_, seq)| seq);
        let engine = self.chat.engine().ok_or(StoreError::Closed)?;
        let card = engine.card(seq).ok_or(StoreError::Closed)?;
        if !card.request.command {
            return Ok(without_model(&engine, &card));
        }
        match Command::parse(&task.prompt) {
            Some(Command::Help) | None => Ok(commands::help()),
            Some(Command::Activation(_)) => Ok(ALWAYS.into()),
            Some(Command::Whoami) => Ok(who(&card)),
            Some(Command::Status) => self.status(&engine, &card).await,
            Some(Command::New) => self.begin_anew(&engine, &card).await,
            Some(Command::Stop) => {
                let stopped = engine.abort(&card.org, card.key.as_str(), None, &card.actor, "user").await?;
                Ok(if stopped.is_empty() { "Nothing was running." } else { "Stopped." }.into())
            }
            Some(Command::Model(name)) => self.model(&engine, &card, name).await,
            Some(Command::Agent(name)) => self.agent(&engine, &card, name).await,
        }
    }

    async fn session(&self, card: &Arc<Card>) -> Result<Session, StoreError> {
        let card = Arc::clone(card);
        let found = self.chat.0.store.read(move |db| sessions::find(db, &card.org, card.key.as_str()));
        found.await?.ok_or(StoreError::Corrupt { what: "session" })
    }

    async fn patch(&self, card: &Arc<Card>, patch: Patch) -> Result<Session, StoreError> {
        let (of, now) = (Arc::clone(card), self.chat.0.clock.now());
        let write = move |db: &Db| sessions::patch(db, &of.org, of.key.as_str(), &of.actor, &patch, now);
        let session = self.chat.0.store.write(write).await?;
        self.chat.session_changed(&card.org, &session, "patch", &Value::Null);
        Ok(session)
    }

    async fn status(&self, engine: &Arc<Engine>, card: &Arc<Card>) -> Result<String, StoreError> {
        let session = self.session(card).await?;
        let roster = engine.roster();
        let answers = engine.agent_of(&card.org, &card.key);
        let (alive, runs) = engine.active_runs(&card.org, card.key.as_str());
        let mut lines = vec![format!("Landline {}.", env!("CARGO_PKG_VERSION")), String::new()];
        for agent in roster.agents.values() {
            let here = if agent.name == answers { " (answers here)" } else { "" };
            let kind = agent.executor.as_str();
            lines.push(format!("- Agent `{}`{here}: `{kind}`, {}.", agent.name, plain(&agent.reason)));
        }
        let model =
            session.model.as_deref().map_or("the agent's own".into(), |model| format!("`{}`", plain(model)));
        lines.push(format!("- Model here: {model}."));
        lines.push(format!(
            "- This conversation: {} tokens read, {} written, ${:.4}.",
            session.input_tokens, session.output_tokens, session.cost
        ));
        let waiting = runs.len() - usize::from(alive);
        lines.push(format!("- Now: {} running, {waiting} waiting.", usize::from(alive)));
        Ok(lines.join("\n"))
    }

    /// Safe to repeat: the task is noted as the cause of the new transcript.
    async fn begin_anew(&self, engine: &Arc<Engine>, card: &Arc<Card>) -> Result<String, StoreError> {
        engine.abort(&card.org, card.key.as_str(), None, &card.actor, "user").await?;
        let (of, now) = (Arc::clone(card), self.chat.0.clock.now());
        let write =
            move |db: &Db| sessions::reset(db, &of.org, of.key.as_str(), &of.actor, Some(of.seq), now);
        let session = self.chat.0.store.write(write).await?;
        self.chat.session_changed(&card.org, &session, "reset", &Value::Null);
        Ok("A new conversation begins here. What was said before stays readable in the history.".into())
    }

    async fn model(
        &self,
        engine: &Arc<Engine>,
        card: &Arc<Card>,
        name: Option<String>,
    ) -> Result<String, StoreError> {
        let roster = engine.roster();
        let agent = roster.get(&engine.agent_of(&card.org, &card.key)).cloned();
        let known = agent.map(|agent| agent.models).unwrap_or_default();
        let choice =
            if known.is_empty() { String::new() } else { format!(" Known: `{}`.", known.join("`, `")) };
        let Some(name) = name else {
            let session = self.session(card).await?;
            let now = session.model.map_or("the agent's own".into(), |model| format!("`{}`", plain(&model)));
            return Ok(format!("Model here: {now}.{choice} Choose one with `/model NAME`."));
        };
        if name.len() > MAX_NAME || name.starts_with('-') || name.chars().any(char::is_whitespace) {
            return Ok(format!("That is no name of a model.{choice}"));
        }
        let model = (!name.eq_ignore_ascii_case("default")).then_some(name);
        let session = self.patch(card, Patch { model: Some(model), ..Patch::default() }).await?;
        Ok(session.model.map_or_else(
            || "From now on the agent's own model answers here.".into(),
            |model| format!("From now on `{}` answers here, if the agent has it.", plain(&model)),
        ))
    }

    async fn agent(
        &self,
        engine: &Arc<Engine>,
        card: &Arc<Card>,
        name: Option<String>,
    ) -> Result<String, StoreError> {
        let roster = engine.roster();
        let names = roster.agents.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let Some(name) = name else {
            let now = engine.agent_of(&card.org, &card.key);
            return Ok(format!("`{now}` answers here. Agents: {names}. Choose one with `/agent NAME`."));
        };
        if roster.get(&name).is_none() {
            return Ok(format!("There is no agent of that name. Agents: {names}."));
        }
        let chosen = (name != card.key.agent()).then(|| name.clone());
        self.patch(card, Patch { agent: Some(chosen.clone()), ..Patch::default() }).await?;
        engine.choose_agent(&card.org, &card.key, chosen);
        Ok(format!("From now on `{name}` answers here."))
    }
}

#[async_trait]
impl Executor for Builtin {
    fn after_crash(&self) -> AfterCrash {
        AfterCrash::Restart
    }

    async fn execute(&self, task: Assignment, progress: Progress, stop: CancellationToken) -> Outcome {
        let answer = tokio::select! {
            biased;
            answer = self.answer(&task) => answer,
            () = stop.cancelled() => return Outcome::cancelled(),
        };
        match answer {
            Ok(text) => {
                progress.step(Step::Text { delta: text.clone() }).await;
                Outcome::finished(Reply::new(text))
            }
            Err(error) => {
                tracing::error!(%error, "A command failed");
                let message = "The command could not be carried out; the gateway's log has the cause";
                Outcome::failed(Failure::new(FailureClass::AgentCrash, "store", message))
            }
        }
    }
}

fn who(card: &Card) -> String {
    let device = card.request.asker.device.as_deref().unwrap_or("none");
    let scopes = card.request.asker.scopes.join("`, `");
    format!("You are `{}`.\n\n- Device: `{device}`\n- Scopes: `{scopes}`", plain(&card.actor))
}

/// What the gateway says when there is no model to say more. Nothing of the message is repeated.
fn without_model(engine: &Engine, card: &Card) -> String {
    let roster = engine.roster();
    let others: Vec<String> = roster
        .agents
        .values()
        .filter(|agent| agent.executor != ExecutorKind::Builtin)
        .map(|agent| format!("`{}`", agent.name))
        .collect();
    if card.request.message.trim_start().starts_with('/') {
        return format!("I do not know that command.\n\n{}", commands::help());
    }
    let connect = if others.is_empty() {
        "To connect a model, do one of these and start the gateway again:\n\n\
         - Install Claude Code, so that `claude` is on the PATH. It is found by itself.\n\
         - Or name any program that reads a prompt and prints an answer, in `config.toml`:\n\n\
         ```toml\n[agents.main]\nexecutor = \"command\"\ncommand = [\"my-program\"]\n```"
            .to_owned()
    } else {
        let connected = if others.len() == 1 { "Another agent is" } else { "Other agents are" };
        format!("{connected} connected: {}. Let one answer here with `/agent NAME`.", others.join(", "))
    };
    format!(
        "Hello! This gateway works, and your message is stored safely. No model answers in this conversation \
         yet, so I am all there is: I can carry out commands (`/help` lists them).\n\n{connect}"
    )
}

/// Keeps a stored word from being read as markup.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '`' | '<' | '>' | '[' | ']')).collect()
}

/// Longest name of a model.
const MAX_NAME: usize = 128;

const ALWAYS: &str = "Here every message is answered; `/activation` is for groups on chat platforms.";
