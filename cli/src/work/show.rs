//! Tasks and their parts in words and columns.

use schemas::clock::Millis;
use schemas::methods::tasks::{TaskStatus, TaskSummary, TaskUsage};
use serde_json::Value;

use super::short_id;
use crate::output::{BAD, BOLD, DIM, GOOD, Output, WARN};
use crate::text;

/// Returns a state as people read it.
pub(crate) fn word(task: &TaskSummary) -> &'static str {
    match task.status {
        TaskStatus::Failed if task.dead_lettered == Some(true) => "dead-letter",
        status => name(status),
    }
}

/// Returns a state's name.
pub(crate) fn name(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Queued => "queued",
        TaskStatus::Running => "running",
        TaskStatus::Completed => "completed",
        TaskStatus::Failed => "failed",
        TaskStatus::Cancelled => "cancelled",
        TaskStatus::TimedOut => "timed-out",
    }
}

/// Prints a table of tasks.
pub(crate) fn table(tasks: &[TaskSummary], now: Millis, output: &Output) {
    let mut rows =
        vec![["ID", "STATUS", "WHERE", "AGENT", "AGE", "TOOK", "WHAT"].map(ToOwned::to_owned).to_vec()];
    for task in tasks {
        rows.push(vec![
            short_id(&task.id).to_owned(),
            word(task).to_owned(),
            place(task),
            task.agent_id.clone(),
            text::ago(now, task.created_at),
            took(task, now).map_or_else(|| "-".into(), text::length),
            text::short(&task.title, 50),
        ]);
    }
    output.table(&rows);
}

/// Returns where a task is or was performed, or may be.
pub(crate) fn place(task: &TaskSummary) -> String {
    let worker = task.worker.clone().or_else(|| task.target.clone());
    worker.unwrap_or_else(|| "local".into())
}

/// Returns how long a task has run, in milliseconds.
pub(crate) fn took(task: &TaskSummary, now: Millis) -> Option<u64> {
    let until = task.ended_at.unwrap_or(now);
    task.started_at.map(|from| u64::try_from(until - from).unwrap_or_default())
}

/// Prints everything about one task.
pub(crate) fn whole(task: &TaskSummary, now: Millis, output: &Output) {
    let style = match task.status {
        TaskStatus::Completed => GOOD,
        TaskStatus::Queued | TaskStatus::Running => WARN,
        _ => BAD,
    };
    output.line(format_args!("{BOLD}{}{BOLD:#}  {style}{}{style:#}", task.id, word(task)));
    let line = |name: &str, value: &str| output.line(format_args!("{name:11}  {}", text::clean(value)));
    line("Title", &task.title);
    line("Agent", &format!("{} on {}", task.agent_id, place(task)));
    if let Some(target) = &task.target {
        line("Target", target);
    }
    line("Session", &task.session_key);
    line("Created", &format!("{} ({})", text::moment(task.created_at), text::ago(now, task.created_at)));
    if let Some(took) = took(task, now) {
        line("Took", &text::length(took));
    }
    if let Some(attempt) = task.attempt {
        let more = task.max_retries.map_or_else(String::new, |max| format!(" of at most {}", max + 1));
        line("Run", &format!("{attempt}{more}"));
    }
    if let Some(percent) = task.progress {
        line("Progress", &format!("{percent} %"));
    }
    if let Some(why) = &task.progress_summary {
        line("Waits", why);
    }
    if let Some(until) = task.wait_until {
        line("Until", &text::moment(until));
    }
    for (name, value) in [("Part of", &task.parent_task_id), ("Repeats", &task.retry_of)] {
        if let Some(value) = value {
            line(name, value);
        }
    }
    if let Some(usage) = &task.usage {
        line("Cost", &cost(usage));
    }
    if let Some(artifact) = &task.artifact {
        let size = text::size(artifact.bytes);
        line(
            "Left",
            &format!(
                "{} {} ({size}); see: landline task diff {}",
                artifact.kind,
                artifact.name,
                short_id(&task.id)
            ),
        );
    }
    if let Some(error) = &task.error {
        output.line(format_args!("{BAD}Error{BAD:#}        {}", text::clean(error)));
    }
    for (name, value) in [("Asked", &task.prompt), ("Answered", &task.result)] {
        if let Some(value) = value {
            output.line(format_args!("\n{DIM}{name}{DIM:#}\n{}", text::clean(value)));
        }
    }
}

/// Returns what a task cost, in words.
pub(crate) fn cost(usage: &TaskUsage) -> String {
    let price = usage.cost_usd.map_or_else(|| "price unknown".into(), |usd| format!("${usd:.4}"));
    format!("{price}, {} tokens in, {} out", usage.input_tokens, usage.output_tokens)
}

/// Returns the gist of a tool call's arguments.
pub(crate) fn args_of(args: &Value) -> String {
    let known = ["command", "file_path", "path", "pattern", "url", "query", "description"];
    let telling = known.iter().find_map(|name| args[*name].as_str());
    match (telling, args) {
        (Some(text), _) => text.to_owned(),
        (None, Value::Null) => String::new(),
        (None, args) => args.to_string(),
    }
}
