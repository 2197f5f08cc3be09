//! What the dashboard hears: the state once, then what the gateway pushes. Nothing is asked for again and again, and no
//! task's output at all; the counts are fetched after a task has changed.

use std::time::Duration;

use nodes::client::{CallError, Connection};
use schemas::event::Event;
use schemas::methods::NoParams;
use schemas::methods::tasks::{
    TaskSummary, TasksCancel, TasksCancelParams, TasksList, TasksListParams, TasksRetry, TasksRetryParams,
    TasksStats, TasksStatsOutput,
};
use schemas::methods::workers::{WorkerRow, WorkersChanged, WorkersList, WorkersListParams};
use tokio::time::Instant;

use super::state::Wish;
use crate::args::Global;
use crate::exit::{Exit, Failure};
use crate::reach;

/// Something to show.
#[derive(Debug)]
pub(super) enum News {
    /// Everything, at the beginning and after each new connection.
    All(Box<All>),
    /// A task changed.
    Task(Box<TaskSummary>),
    /// A worker changed.
    Worker(Box<WorkerRow>),
    /// The counts.
    Stats(TasksStatsOutput),
    /// A line for the list of events.
    Told(String),
    /// The gateway is not there; it is looked for.
    Lost(String),
}

/// The whole state.
#[derive(Debug)]
pub(super) struct All {
    pub(super) gateway: String,
    pub(super) workers: Vec<WorkerRow>,
    pub(super) tasks: Vec<TaskSummary>,
    pub(super) stats: TasksStatsOutput,
}

/// A connection that is opened again when it is lost.
pub(super) struct Feed<'a> {
    global: &'a Global,
    connection: Option<Connection>,
    /// Whether everything is to be read.
    fresh: bool,
    /// When the counts are to be read.
    count_at: Option<Instant>,
    wait: Duration,
}

impl<'a> Feed<'a> {
    /// Connects.
    pub(super) async fn open(global: &'a Global) -> Result<Self, Failure> {
        let connection = Some(reach::connect(global).await?);
        Ok(Self { global, connection, fresh: true, count_at: None, wait: SHORTEST })
    }

    /// Waits for the next thing to show; fails only when coming back is refused.
    pub(super) async fn next(&mut self) -> Result<News, Failure> {
        loop {
            let Some(connection) = &mut self.connection else {
                self.connect().await?;
                continue;
            };
            if self.fresh {
                match all(connection).await {
                    Ok(all) => {
                        self.fresh = false;
                        self.wait = SHORTEST;
                        return Ok(News::All(Box::new(all)));
                    }
                    Err(CallError::Refused(error)) => return Err(CallError::Refused(error).into()),
                    Err(error) => return Ok(self.lost(&error.to_string())),
                }
            }
            let count_at = self.count_at;
            let due = async {
                match count_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = connection.events.next() => {
                    let Some(event) = event else {
                        let why = connection.events.closed().to_string();
                        return Ok(self.lost(&why));
                    };
                    if let Some(news) = read(&event.event, event.payload.unwrap_or_default()) {
                        if matches!(news, News::Task(_)) {
                            self.count_at.get_or_insert_with(|| Instant::now() + COUNT_DELAY);
                        }
                        return Ok(news);
                    }
                    if event.event == Event::Tick.name() {
                        self.count_at = Some(Instant::now());
                    }
                }
                () = due => {
                    self.count_at = None;
                    match connection.client.call::<TasksStats>(&NoParams::default()).await {
                        Ok(stats) => return Ok(News::Stats(stats)),
                        Err(error) => return Ok(self.lost(&error.to_string())),
                    }
                }
            }
        }
    }

    fn lost(&mut self, why: &str) -> News {
        self.connection = None;
        self.fresh = true;
        self.count_at = None;
        News::Lost(why.to_owned())
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        tokio::time::sleep(self.wait).await;
        self.wait = (self.wait * 2).min(LONGEST);
        match reach::connect(self.global).await {
            Ok(connection) => self.connection = Some(connection),
            Err(failure) if failure.exit == Exit::Refused => return Err(failure),
            Err(_) => {}
        }
        Ok(())
    }

    /// Does what a key asks for; returns what came of it.
    pub(super) async fn fulfil(&self, wish: &Wish) -> String {
        let Some(connection) = &self.connection else { return "not connected".into() };
        let client = &connection.client;
        let done = match wish {
            Wish::Leave => return String::new(),
            Wish::Cancel(task) => {
                let params = TasksCancelParams { task_id: task.clone(), reason: Some("landline top".into()) };
                client.call::<TasksCancel>(&params).await.map(|done| match done.reason {
                    Some(why) if !done.cancelled => format!("not cancelled: {why}"),
                    _ => "cancelled".into(),
                })
            }
            Wish::Retry(task) => {
                let key = uuid::Uuid::new_v4().to_string();
                let params = TasksRetryParams { task_id: task.clone(), idempotency_key: key };
                client.call::<TasksRetry>(&params).await.map(|task| format!("repeated as {}", task.task_id))
            }
        };
        done.unwrap_or_else(|error| error.to_string())
    }
}

async fn all(connection: &Connection) -> Result<All, CallError> {
    let client = &connection.client;
    let list = TasksListParams { limit: Some(SHOWN), ..TasksListParams::default() };
    let workers = match client.call::<WorkersList>(&WorkersListParams::default()).await {
        Ok(list) => list.workers,
        // A gateway that knows no workers has none.
        Err(CallError::Refused(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(All {
        gateway: connection.hello.server.version.clone(),
        workers,
        tasks: client.call::<TasksList>(&list).await?.tasks,
        stats: client.call::<TasksStats>(&NoParams::default()).await?,
    })
}

fn read(name: &str, payload: serde_json::Value) -> Option<News> {
    if name == Event::Task.name() {
        return serde_json::from_value(payload).ok().map(|task| News::Task(Box::new(task)));
    }
    if name == Event::WorkersChanged.name() {
        let changed: WorkersChanged = serde_json::from_value(payload).ok()?;
        return Some(News::Worker(Box::new(changed.worker)));
    }
    None
}

/// Tasks that are read at the beginning.
const SHOWN: u32 = 100;
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);
/// Time from a task's change to the next count: many changes at once are one count.
const COUNT_DELAY: Duration = Duration::from_millis(300);
