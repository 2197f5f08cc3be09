//! `landline sessions`: conversations.

use clap::Subcommand;
use nodes::client::Client;
use schemas::Clock;
use schemas::methods::chat::{ChatHistory, ChatHistoryOutput, ChatHistoryParams, HistoryMessage};
use schemas::methods::sessions::{
    SearchHit, SessionRow, SessionsDelete, SessionsDeleteParams, SessionsList, SessionsListParams,
    SessionsPatch, SessionsPatchParams, SessionsReset, SessionsResetParams, SessionsSearch,
    SessionsSearchParams,
};
use serde_json::json;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, DIM, Output};
use crate::{reach, text};

/// What to do with conversations.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List conversations, the latest first
    List {
        /// Most rows
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Only those of this agent
        #[arg(long, value_name = "NAME")]
        agent: Option<String>,
        /// Only those whose key, label or title holds this
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
    },
    /// Print a conversation
    Show {
        /// Its key
        #[arg(default_value = "main")]
        key: String,
        /// Most messages
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Find messages by their words
    Search {
        /// The words
        query: String,
        /// Most hits
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
    },
    /// Give a conversation a name
    Rename {
        /// Its key
        key: String,
        /// The name; empty takes it away
        label: String,
    },
    /// Start a conversation anew; what was said stays searchable
    Reset {
        /// Its key
        key: String,
    },
    /// Delete a conversation and everything said in it
    Delete {
        /// Its key
        key: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Does it.
pub(crate) async fn run(global: &Global, command: SessionsCommand, output: &Output) -> Outcome {
    if let SessionsCommand::Delete { key, yes } = &command
        && !*yes
    {
        output.confirm(&format!("Delete {key} and everything said in it?"), "--yes")?;
    }
    let client = reach::connect(global).await?.client;
    match command {
        SessionsCommand::List { limit, agent, search } => list(&client, limit, agent, search, output).await,
        SessionsCommand::Show { key, limit } => show(&client, key, limit, output).await,
        SessionsCommand::Search { query, limit } => find(&client, query, limit, output).await,
        SessionsCommand::Rename { key, label } => rename(&client, key, label, output).await,
        SessionsCommand::Reset { key } => {
            let params = SessionsResetParams { key, agent_id: None, reason: None };
            let done = client.call::<SessionsReset>(&params).await?;
            output.show(&done, |done, output| output.line(format_args!("{} starts anew", done.key)));
            Ok(())
        }
        SessionsCommand::Delete { key, .. } => delete(&client, key, output).await,
    }
}

async fn list(
    client: &Client,
    limit: u32,
    agent: Option<String>,
    search: Option<String>,
    output: &Output,
) -> Outcome {
    let params = SessionsListParams { limit: Some(limit), agent_id: agent, search, ..Default::default() };
    let found = client.call::<SessionsList>(&params).await?;
    output.show(&found, |found, output| {
        let heading = ["KEY", "TITLE", "CHANGED", "TOKENS"].map(ToOwned::to_owned).to_vec();
        let rows = found.sessions.iter().map(|row| cells(found.ts, row));
        output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
        if found.has_more {
            output.remark(format_args!("{DIM}{} of {}{DIM:#}", found.sessions.len(), found.total_count));
        }
    });
    Ok(())
}

fn cells(now: i64, row: &SessionRow) -> Vec<String> {
    let title = [&row.label, &row.display_name, &row.derived_title].into_iter().flatten().next();
    let busy = if row.has_active_run { " · running" } else { "" };
    vec![
        row.key.clone(),
        text::short(title.map_or("", String::as_str), 40),
        format!("{}{busy}", text::ago(now, row.updated_at)),
        row.total_tokens.to_string(),
    ]
}

async fn show(client: &Client, key: String, limit: u32, output: &Output) -> Outcome {
    let params = ChatHistoryParams { session_key: key, limit: Some(limit), ..Default::default() };
    let history = client.call::<ChatHistory>(&params).await?;
    output.show(&history, |history: &ChatHistoryOutput, output| {
        if history.has_more {
            let left = history.total_messages.saturating_sub(history.messages.len() as u64);
            output.line(format_args!("{DIM}… {left} earlier messages: --limit{DIM:#}\n"));
        }
        for message in &history.messages {
            print_message(message, output);
        }
    });
    Ok(())
}

fn print_message(message: &HistoryMessage, output: &Output) {
    let when = text::moment(message.timestamp);
    output.line(format_args!("{BOLD}{}{BOLD:#} {DIM}{when}{DIM:#}", text::clean(&message.role)));
    for block in &message.content {
        match block["text"].as_str() {
            Some(words) => output.line(text::clean(words)),
            None => output.line(format_args!("{DIM}[{}]{DIM:#}", block["type"].as_str().unwrap_or("other"))),
        }
    }
    if let Some(error) = &message.error_message {
        output.line(format_args!("{DIM}failed: {}{DIM:#}", text::clean(error)));
    }
    output.line("");
}

async fn find(client: &Client, query: String, limit: u32, output: &Output) -> Outcome {
    let params = SessionsSearchParams { query, limit: Some(limit), agent_id: None, session_keys: None };
    let found = client.call::<SessionsSearch>(&params).await?;
    output.show(&found, |found, output| {
        let now = Clock::system().now();
        for SearchHit { session_key, role, timestamp, snippet, .. } in &found.results {
            let age = text::ago(now, *timestamp);
            output.line(format_args!("{BOLD}{}{BOLD:#} {role} {DIM}{age}{DIM:#}", text::clean(session_key)));
            output.line(format_args!("  {}", text::clean(&text::short(snippet, 160))));
        }
        if found.results.is_empty() {
            output.remark("Nothing found");
        }
    });
    Ok(())
}

async fn rename(client: &Client, key: String, label: String, output: &Output) -> Outcome {
    let label = (!label.is_empty()).then_some(label);
    let params = SessionsPatchParams { key, label: Some(label), ..Default::default() };
    let done = client.call::<SessionsPatch>(&params).await?;
    output.show(&json!({"ok": true, "key": done.key, "label": done.entry.label}), |_, output| {
        let name = done.entry.label.as_deref().unwrap_or("nothing");
        output.line(format_args!("{} is called {}", done.key, text::clean(name)));
    });
    Ok(())
}

async fn delete(client: &Client, key: String, output: &Output) -> Outcome {
    let params = json!({ "key": key, "deleteTranscript": true });
    let params: SessionsDeleteParams =
        serde_json::from_value(params).map_err(|error| Failure::failed(error.to_string()))?;
    let done = client.call::<SessionsDelete>(&params).await?;
    output.show(&done, |done, output| {
        output.line(format_args!("{} {}", done.key, if done.deleted { "deleted" } else { "was not there" }));
    });
    Ok(())
}
