//! `landline schedule`: agents that work at set times.

use clap::Subcommand;
use nodes::client::Client;
use schemas::Clock;
use schemas::clock::Millis;
use schemas::methods::cron::{
    CronAdd, CronAddParams, CronIdParams, CronJob, CronList, CronListParams, CronPayload, CronRemove,
    CronRun, CronRunEntry, CronRunParams, CronRunStatus, CronRuns, CronRunsParams, CronSchedule, CronUpdate,
    CronUpdateParams, CronWakeMode, Misfire, RunOptions,
};
use serde_json::{Map, json};

use crate::args::{Global, time};
use crate::exit::{Failure, Outcome};
use crate::output::{BAD, DIM, Output};
use crate::{reach, text};

/// What to do with scheduled jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Add a job
    Add(Box<AddArgs>),
    /// List jobs, those due first at the top
    List,
    /// Show one job
    Show(JobArg),
    /// Switch a job off; it keeps its history
    Pause(JobArg),
    /// Switch a job on again
    Resume(JobArg),
    /// Remove a job and its history
    Remove(JobArg),
    /// Run a job now, beside its schedule
    Run(JobArg),
    /// Show how runs ended, latest first
    History {
        /// Name, id or the beginning of the id; all jobs without it
        job: Option<String>,
        /// Runs at most
        #[arg(long, default_value = "20", value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
}

/// Which job.
#[derive(Debug, clap::Args)]
pub(crate) struct JobArg {
    /// Its name, its id or the beginning of its id
    job: String,
}

/// A job to add.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("when").required(true).args(["cron", "every", "at"])))]
pub(crate) struct AddArgs {
    /// Its name
    name: String,
    /// What the agent is told
    message: String,
    /// Cron expression of five fields, or six with seconds in front, or @daily
    #[arg(long, value_name = "EXPR")]
    cron: Option<String>,
    /// Time between two runs, for example 10m
    #[arg(long, value_name = "TIME", value_parser = time)]
    every: Option<std::time::Duration>,
    /// One instant, 2026-12-24T18:00:00+01:00, or a time from now, for example 20m
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Time zone of the cron expression, for example Europe/Berlin [default: the gateway's own]
    #[arg(long, value_name = "ZONE", requires = "cron")]
    tz: Option<String>,
    /// The agent [default: the default agent]
    #[arg(long)]
    agent: Option<String>,
    /// isolated: each run begins anew; main: in the agent's main conversation; or the key of a conversation
    #[arg(long, default_value = "isolated", value_name = "WHERE")]
    session: String,
    /// Model for these runs
    #[arg(long)]
    model: Option<String>,
    /// Time limit of a run, for example 30m
    #[arg(long, value_name = "TIME", value_parser = time)]
    limit: Option<std::time::Duration>,
    /// Where it runs: node:NAME, pool:NAME, any or any[capability,label=value] [default: the gateway's own machine]
    #[arg(long, value_name = "WHERE")]
    on: Option<String>,
    /// Most that a run may cost, in US dollars
    #[arg(long, value_name = "USD")]
    budget: Option<f64>,
    /// What becomes of runs that were due while the gateway was not running: skip, once or all
    #[arg(long, default_value = "once", value_name = "POLICY")]
    misfire: Misfire,
    /// Remove it once it ran well
    #[arg(long)]
    once: bool,
    /// Add it switched off
    #[arg(long)]
    paused: bool,
}

/// Does it.
pub(crate) async fn run(global: &Global, command: ScheduleCommand, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    match command {
        ScheduleCommand::Add(args) => {
            let job = client.call::<CronAdd>(&asked(*args)?).await?;
            output.show(&job, |job, output| output.line(format_args!("Added {}  {}", short(job), next(job))));
        }
        ScheduleCommand::List => {
            let jobs = all(&client).await?;
            output.show(&jobs, |jobs, output| table(jobs, output));
        }
        ScheduleCommand::Show(arg) => output.show(&arg.find(&client).await?, show),
        ScheduleCommand::Pause(arg) => switch(&client, &arg, false, output).await?,
        ScheduleCommand::Resume(arg) => switch(&client, &arg, true, output).await?,
        ScheduleCommand::Remove(arg) => {
            let job = arg.find(&client).await?;
            let done = client.call::<CronRemove>(&named(&job)).await?;
            output.show(&done, |_, output| output.line(format_args!("Removed {}", job.name)));
        }
        ScheduleCommand::Run(arg) => {
            let job = arg.find(&client).await?;
            let params = CronRunParams { job: named(&job), ..CronRunParams::default() };
            let done = client.call::<CronRun>(&params).await?;
            let run = done.run_id.clone().unwrap_or_default();
            output.show(&done, |_, output| output.line(format_args!("Runs as {run}")));
        }
        ScheduleCommand::History { job, limit } => {
            let job = match job {
                Some(job) => named(&JobArg { job }.find(&client).await?),
                None => CronIdParams::default(),
            };
            let params = CronRunsParams { job, limit: Some(limit), ..CronRunsParams::default() };
            let runs = client.call::<CronRuns>(&params).await?;
            output.show(&runs, |runs, output| history(&runs.entries, output));
        }
    }
    Ok(())
}

impl JobArg {
    /// Finds the one job that is meant.
    async fn find(&self, client: &Client) -> Result<CronJob, Failure> {
        let jobs = all(client).await?;
        let exact = |job: &&CronJob| job.id == self.job || job.name == self.job;
        let mut found: Vec<&CronJob> = jobs.iter().filter(exact).collect();
        if found.is_empty() && self.job.len() >= 4 {
            found = jobs.iter().filter(|job| job.id.starts_with(&self.job)).collect();
        }
        match found.as_slice() {
            [job] => Ok((*job).clone()),
            [] => Err(Failure::failed(format!("there is no scheduled job {}", self.job))
                .hint("landline schedule list shows those there are")),
            several => Err(Failure::usage(format!("{} jobs are called {}", several.len(), self.job))
                .hint(several.iter().map(|job| short(job)).collect::<Vec<_>>().join("\n"))),
        }
    }
}

/// Returns every job.
async fn all(client: &Client) -> Result<Vec<CronJob>, Failure> {
    let mut jobs = Vec::new();
    let mut params =
        CronListParams { include_disabled: Some(true), limit: Some(200), ..CronListParams::default() };
    loop {
        let page = client.call::<CronList>(&params).await?;
        jobs.extend(page.jobs);
        match page.next_offset {
            Some(next) => params.offset = Some(next),
            None => return Ok(jobs),
        }
    }
}

fn asked(args: AddArgs) -> Result<CronAddParams, Failure> {
    let session_target = match args.session.as_str() {
        "main" | "isolated" => args.session,
        key => format!("session:{key}"),
    };
    Ok(CronAddParams {
        schedule: when(args.cron, args.tz, args.every, args.at)?,
        name: args.name,
        description: None,
        agent_id: args.agent,
        session_key: None,
        enabled: Some(!args.paused),
        delete_after_run: args.once.then_some(true),
        session_target,
        wake_mode: CronWakeMode::Now,
        payload: CronPayload::AgentTurn {
            message: args.message,
            model: args.model,
            thinking: None,
            timeout_seconds: args.limit.map(|limit| limit.as_secs_f64()),
            tools_allow: None,
        },
        delivery: None,
        misfire: args.misfire,
        work: (args.on.is_some() || args.budget.is_some()).then(|| RunOptions {
            on: args.on,
            budget_usd: args.budget,
            ..RunOptions::default()
        }),
        idempotency_key: None,
    })
}

fn when(
    cron: Option<String>,
    tz: Option<String>,
    every: Option<std::time::Duration>,
    at: Option<String>,
) -> Result<CronSchedule, Failure> {
    let millis = |span: std::time::Duration| Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX);
    match (cron, every, at) {
        (Some(expr), ..) => Ok(CronSchedule::Cron { expr, tz, stagger_ms: None }),
        (_, Some(every), _) => Ok(CronSchedule::Every { every_ms: millis(every), anchor_ms: None }),
        (.., Some(at)) => match time(&at) {
            Ok(span) => {
                let then = Clock::system().now().saturating_add(millis(span));
                let then = jiff::Timestamp::from_millisecond(then)
                    .map_err(|_| Failure::usage("--at is too far away"))?;
                Ok(CronSchedule::At { at: then.to_string() })
            }
            Err(_) => Ok(CronSchedule::At { at }),
        },
        _ => Err(Failure::usage("say when: --cron, --every or --at")),
    }
}

async fn switch(client: &Client, arg: &JobArg, on: bool, output: &Output) -> Outcome {
    let job = arg.find(client).await?;
    let mut patch = Map::new();
    patch.insert("enabled".into(), json!(on));
    let job = client.call::<CronUpdate>(&CronUpdateParams { job: named(&job), patch }).await?;
    let word = if on { "Switched on" } else { "Paused" };
    output.show(&job, |job, output| output.line(format_args!("{word} {}  {}", job.name, next(job))));
    Ok(())
}

fn named(job: &CronJob) -> CronIdParams {
    CronIdParams { id: Some(job.id.clone()), job_id: None }
}

fn short(job: &CronJob) -> String {
    format!("{}  {}", job.id.get(..8).unwrap_or(&job.id), job.name)
}

fn next(job: &CronJob) -> String {
    match job.state.next_run_at_ms {
        Some(at) => format!("next run {}", stamp(at)),
        None if job.enabled => "no further run".into(),
        None => "paused".into(),
    }
}

fn stamp(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

fn timing(schedule: &CronSchedule) -> String {
    match schedule {
        CronSchedule::At { at } => format!("at {at}"),
        CronSchedule::Every { every_ms, .. } => {
            format!("every {:#}", jiff::SignedDuration::from_millis(*every_ms))
        }
        CronSchedule::Cron { expr, tz, .. } => {
            format!("{expr}{}", tz.as_ref().map(|tz| format!(" ({tz})")).unwrap_or_default())
        }
    }
}

fn word(status: Option<CronRunStatus>) -> &'static str {
    status.map_or("", Into::into)
}

fn table(jobs: &[CronJob], output: &Output) {
    if jobs.is_empty() {
        output.line("Nothing is scheduled");
        output.line(format_args!(
            "{DIM}add a job: landline schedule add NAME \"what to do\" --cron \"0 7 * * *\"{DIM:#}"
        ));
        return;
    }
    let heading = ["ID", "NAME", "WHEN", "AGENT", "NEXT RUN", "LAST"].map(ToOwned::to_owned).to_vec();
    let rows = jobs.iter().map(|job| {
        vec![
            job.id.get(..8).unwrap_or(&job.id).to_owned(),
            text::short(&job.name, 30),
            timing(&job.schedule),
            job.agent_id.clone().unwrap_or_else(|| "default".into()),
            job.state.next_run_at_ms.map_or_else(|| next(job), stamp),
            word(job.state.last_run_status).to_owned(),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
}

fn show(job: &CronJob, output: &Output) {
    output.line(format_args!("{}\n{}, {}", short(job), timing(&job.schedule), next(job)));
    let said = match &job.payload {
        CronPayload::SystemEvent { text } => text,
        CronPayload::AgentTurn { message, .. } => message,
    };
    output.line(format_args!("in {}, missed runs: {}", job.session_target, job.misfire));
    output.line(text::clean(said));
    if let Some(error) = &job.state.last_error {
        output.line(format_args!("{BAD}{}{BAD:#}", text::clean(error)));
    }
}

fn history(runs: &[CronRunEntry], output: &Output) {
    let heading = ["DUE", "JOB", "STATUS", "TOOK", "ANSWER"].map(ToOwned::to_owned).to_vec();
    let rows = runs.iter().map(|run| {
        let said = run.error.as_ref().or(run.summary.as_ref());
        vec![
            run.run_at_ms.map(stamp).unwrap_or_default(),
            text::short(run.job_name.as_deref().unwrap_or_default(), 30),
            word(Some(run.status)).to_owned(),
            run.duration_ms
                .map(|took| format!("{:#}", jiff::SignedDuration::from_millis(took)))
                .unwrap_or_default(),
            text::short(said.map_or("", |said| said.lines().next().unwrap_or_default()), 60),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_is_an_expression_an_interval_an_instant_or_a_time_from_now() {
        let every = when(None, None, Some(std::time::Duration::from_mins(10)), None).expect("a schedule");
        assert_eq!(timing(&every), "every 10m");
        let later = when(None, None, None, Some("20m".into())).expect("a schedule");
        assert!(matches!(later, CronSchedule::At { at } if at.ends_with('Z')));
        let fixed = when(None, None, None, Some("2026-12-24T18:00:00Z".into())).expect("a schedule");
        assert_eq!(timing(&fixed), "at 2026-12-24T18:00:00Z");
    }
}
