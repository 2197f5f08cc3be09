//! The flags that say what is to be done, where, and on which conditions: the same for one task and for many.

use std::time::Duration;

use schemas::Clock;
use schemas::methods::tasks::{Need, TaskNeed, TasksDispatchParams};
use schemas::target::Target;
use schemas::work::{Isolation, TaskPermissions};

use crate::agent::read_message;
use crate::exit::Failure;

/// What is to be done, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct AskArgs {
    /// What to do; `-` reads it from stdin
    prompt: String,
    /// Who does it [default: the default agent]
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Model to use
    #[arg(long)]
    model: Option<String>,
    /// Longest time that a run of it may take, for example 20m [default: the agent's own]
    #[arg(long, value_name = "TIME", value_parser = crate::args::time)]
    time_limit: Option<Duration>,
    /// The most that it may cost, in US dollars
    #[arg(long, value_name = "USD", value_parser = budget)]
    budget: Option<f64>,
    /// A tool that may be used without asking; may be repeated, and only narrows what agent and worker allow
    #[arg(long = "allow-tool", value_name = "TOOL")]
    allowed: Vec<String>,
    /// A tool that is refused; may be repeated
    #[arg(long = "deny-tool", value_name = "TOOL")]
    denied: Vec<String>,
    /// A further folder that may be used; may be repeated
    #[arg(long = "add-dir", value_name = "DIR")]
    dirs: Vec<String>,
    /// Permission mode, in the agent's own words
    #[arg(long, value_name = "MODE")]
    permission_mode: Option<String>,
    /// How it is kept apart from other work: none, worktree, tmpdir [default: as the worker has it]
    #[arg(long, value_name = "HOW", value_parser = isolation)]
    isolation: Option<Isolation>,
    /// Which goes first among those that wait, -100 to 100
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(-100..=100))]
    priority: Option<i32>,
    /// A task that must have completed before; ID:end if it must only have ended; may be repeated
    #[arg(long, value_name = "ID[:end]")]
    after: Vec<String>,
    /// Start no sooner than this time from now, for example 10m
    #[arg(long = "in", value_name = "TIME", value_parser = crate::args::time)]
    delay: Option<Duration>,
    /// Give up unless it has started within this time
    #[arg(long, value_name = "TIME", value_parser = crate::args::time)]
    expires: Option<Duration>,
    /// Further runs after failures that pass, 0 to 10 [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10))]
    retries: Option<u32>,
    /// Try again after a run that used up its time limit
    #[arg(long)]
    retry_on_timeout: bool,
    /// What lists show [default: the beginning of the prompt]
    #[arg(long)]
    title: Option<String>,
    /// A word of your own, name=value; may be repeated
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
}

impl AskArgs {
    /// Returns what the gateway is asked; stdin is read here if the prompt is `-`.
    pub(crate) fn params(
        self,
        on: Option<String>,
        key: Option<String>,
    ) -> Result<TasksDispatchParams, Failure> {
        let now = Clock::system().now();
        let later = |wait: Duration| now.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        let permissions = TaskPermissions {
            mode: self.permission_mode,
            allowed_tools: some(self.allowed),
            disallowed_tools: some(self.denied),
            add_dirs: some(self.dirs),
        };
        let message = read_message(self.prompt)?;
        if message.trim().is_empty() {
            return Err(Failure::usage("there is no prompt: say what is to be done"));
        }
        Ok(TasksDispatchParams {
            idempotency_key: key.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            message,
            agent_id: self.agent,
            on,
            model: self.model,
            timeout_ms: self.time_limit.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)),
            permissions: Some(permissions).filter(|asked| *asked != TaskPermissions::default()),
            budget_usd: self.budget,
            isolation: self.isolation,
            priority: self.priority,
            not_before: self.delay.map(later),
            expires_at: self.expires.map(later),
            after: self.after.iter().map(|text| need(text)).collect(),
            max_retries: self.retries,
            retry_on_timeout: self.retry_on_timeout.then_some(true),
            title: self.title,
            labels: self.labels.into_iter().collect(),
            ..TasksDispatchParams::default()
        })
    }
}

/// Reads a place as people write it: a bare name is a node.
pub(crate) fn place(text: &str) -> Result<String, String> {
    match text.parse::<Target>() {
        Ok(target) => Ok(target.to_string()),
        Err(_) if !text.is_empty() && !text.contains([':', '[', ']', ',']) => {
            let target = format!("node:{text}").parse::<Target>().map_err(|error| error.to_string())?;
            Ok(target.to_string())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Reads the name of a pool.
pub(crate) fn pool(text: &str) -> Result<String, String> {
    format!("pool:{text}")
        .parse::<Target>()
        .map(|target| target.to_string())
        .map_err(|error| error.to_string())
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    Some(list).filter(|list| !list.is_empty())
}

fn need(text: &str) -> TaskNeed {
    match text.strip_suffix(":end") {
        Some(id) => TaskNeed { task_id: id.to_owned(), need: Need::End },
        None => TaskNeed { task_id: text.to_owned(), need: Need::Success },
    }
}

fn budget(text: &str) -> Result<f64, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(usd) if usd > 0.0 && usd <= 10_000.0 => Ok(usd),
        _ => Err("a budget is more than 0 and at most 10000 US dollars".into()),
    }
}

fn isolation(text: &str) -> Result<Isolation, String> {
    text.parse().map_err(|_| "use none, worktree or tmpdir".to_owned())
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() { Err("write NAME=VALUE".into()) } else { Ok((name.to_owned(), value.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_short() {
        for (text, place_is) in [
            ("builder-2", "node:builder-2"),
            ("node:builder-2", "node:builder-2"),
            ("pool:ci", "pool:ci"),
            ("any", "any"),
            ("any[gpu,zone=b]", "any[gpu,zone=b]"),
            ("local", "local"),
        ] {
            assert_eq!(place(text).as_deref(), Ok(place_is), "{text}");
        }
        for text in ["", "node:", "a:b", "any[", "a,b"] {
            assert!(place(text).is_err(), "{text}");
        }
        assert_eq!(pool("ci").as_deref(), Ok("pool:ci"));
    }

    #[test]
    fn budgets_and_needs() {
        assert_eq!(budget("$2.5"), Ok(2.5));
        for bad in ["0", "-1", "10001", "NaN", "inf", "much"] {
            assert!(budget(bad).is_err(), "{bad}");
        }
        assert_eq!(need("01ab:end").need, Need::End);
        assert_eq!((need("01ab").task_id.as_str(), need("01ab").need), ("01ab", Need::Success));
        assert!(label("=x").is_err() && label("x").is_err());
        assert_eq!(label("a=b=c"), Ok(("a".into(), "b=c".into())));
    }
}
