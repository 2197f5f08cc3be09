//! `landline usage`: what tasks cost, added up.

use std::collections::BTreeMap;
use std::time::Duration;

use schemas::Clock;
use schemas::methods::tasks::{TaskSummary, TasksList, TasksListParams};
use serde::Serialize;

use crate::args::Global;
use crate::exit::Outcome;
use crate::output::{DIM, Output};
use crate::work::show::{place, took};
use crate::{reach, text};

/// Arguments of `landline usage`.
#[derive(Debug, clap::Args)]
pub(crate) struct UsageArgs {
    /// Only tasks of this long ago or later, for example 30d
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "7d")]
    since: Duration,
    /// Added up by
    #[arg(long, value_enum, default_value_t = By::Agent)]
    by: By,
}

/// Reads a length of time, days as well.
fn span(text: &str) -> Result<Duration, String> {
    match text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()).filter(|days| *days > 0) {
        Some(days) => Ok(Duration::from_hours(24 * u64::from(days))),
        None => crate::args::time(text),
    }
}

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// The agent
    Agent,
    /// The machine that performed it
    Worker,
    /// The day it was stored, in local time
    Day,
}

/// What some tasks cost together.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sum {
    tasks: u64,
    took_ms: u64,
    input_tokens: u64,
    output_tokens: u64,
    cost_usd: f64,
    /// Tasks whose agent did not say what they cost.
    unpriced: u64,
}

impl Sum {
    fn add(&mut self, task: &TaskSummary, now: i64) {
        self.tasks += 1;
        self.took_ms += took(task, now).unwrap_or_default();
        let usage = task.usage.unwrap_or_default();
        self.input_tokens += usage.input_tokens;
        self.output_tokens += usage.output_tokens;
        match usage.cost_usd {
            Some(usd) => self.cost_usd += usd,
            None => self.unpriced += 1,
        }
    }
}

/// Reads the tasks page by page and adds them up.
pub(crate) async fn run(global: &Global, args: &UsageArgs, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    let now = Clock::system().now();
    let from = now - i64::try_from(args.since.as_millis()).unwrap_or(i64::MAX);
    let mut params =
        TasksListParams { kind: Some("work".into()), limit: Some(500), ..TasksListParams::default() };
    let (mut sums, mut all) = (BTreeMap::<String, Sum>::new(), Sum::default());
    loop {
        let page = client.call::<TasksList>(&params).await?;
        // Latest first: what comes after one that is too old is older still.
        let recent = page.tasks.iter().take_while(|task| task.created_at >= from);
        let mut taken = 0;
        for task in recent {
            taken += 1;
            all.add(task, now);
            sums.entry(name(task, args.by)).or_default().add(task, now);
        }
        params.cursor = page.next_cursor;
        if params.cursor.is_none() || taken < page.tasks.len() {
            break;
        }
    }
    let shown = serde_json::json!({ "since": from, "sums": sums, "total": all });
    output.show(&shown, |_, output| show(&sums, &all, output));
    Ok(())
}

fn name(task: &TaskSummary, by: By) -> String {
    match by {
        By::Agent => task.agent_id.clone(),
        By::Worker => place(task),
        By::Day => text::moment(task.created_at).split(' ').next().unwrap_or_default().to_owned(),
    }
}

fn show(sums: &BTreeMap<String, Sum>, all: &Sum, output: &Output) {
    let mut rows = vec![["", "TASKS", "TIME", "TOKENS IN", "OUT", "COST"].map(ToOwned::to_owned).to_vec()];
    let row = |name: &str, sum: &Sum| {
        vec![
            name.to_owned(),
            sum.tasks.to_string(),
            text::length(sum.took_ms),
            sum.input_tokens.to_string(),
            sum.output_tokens.to_string(),
            format!("${:.4}", sum.cost_usd),
        ]
    };
    rows.extend(sums.iter().map(|(name, sum)| row(name, sum)));
    rows.push(row("total", all));
    output.table(&rows);
    if all.unpriced > 0 {
        output.remark(format_args!("{DIM}{} tasks said nothing of their price{DIM:#}", all.unpriced));
    }
}
