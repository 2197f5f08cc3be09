//! Follows a task's output to its end, over lost connections and gateways that come back.

use std::time::Duration;

use nodes::client::{CallError, Client, Connection, Events};
use nodes::executor::Step;
use schemas::event::Event;
use schemas::frame::EventFrame;
use schemas::methods::Method;
use schemas::methods::approvals::ApprovalEntry;
use schemas::methods::tasks::{OutputChunk, TaskSummary, TasksOutput, TasksOutputOutput, TasksOutputParams};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::show::args_of;
use crate::args::Global;
use crate::exit::{Exit, Failure};
use crate::output::{DIM, Output, WARN};
use crate::{reach, text};

/// A connection that is opened again when it is lost.
pub(crate) struct Line<'a> {
    global: &'a Global,
    output: &'a Output,
    pub(crate) client: Client,
    /// Heard only for the run that is followed: it may have to wait for a person.
    events: Events,
    run: Option<String>,
}

impl<'a> Line<'a> {
    /// Opens it.
    pub(crate) async fn open(global: &'a Global, output: &'a Output) -> Result<Self, Failure> {
        let Connection { client, events, .. } = reach::connect(global).await?;
        Ok(Self { global, output, client, events, run: None })
    }

    /// Calls a method that may be repeated, until it is answered. The gateway may be gone for a while: whoever waits for
    /// work waits for it, too.
    pub(crate) async fn ask<M: Method>(&mut self, params: &M::Params) -> Result<M::Output, Failure>
    where
        M::Params: Serialize,
        M::Output: DeserializeOwned,
    {
        let mut told = false;
        loop {
            match self.once::<M>(params).await {
                Ok(output) => return Ok(output),
                Err(CallError::Closed(_) | CallError::Timeout { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            if !told {
                self.output
                    .remark(format_args!("{WARN}connection lost{WARN:#}, trying again; the work goes on"));
                told = true;
            }
            self.again().await?;
        }
    }

    /// Tells from now on when the agent of this run waits for permission.
    pub(crate) fn watch(&mut self, run: &str) {
        self.run = Some(run.to_owned());
    }

    /// Calls a method, and hears meanwhile what is pushed.
    async fn once<M: Method>(&mut self, params: &M::Params) -> Result<M::Output, CallError>
    where
        M::Params: Serialize,
        M::Output: DeserializeOwned,
    {
        let Self { client, events, run, output, .. } = self;
        let call = client.call::<M>(params);
        tokio::pin!(call);
        let mut open = true;
        loop {
            tokio::select! {
                answer = &mut call => return answer,
                event = events.next(), if open => match event {
                    Some(event) => waits(output, run.as_deref(), event),
                    None => open = false,
                },
            }
        }
    }

    async fn again(&mut self) -> Result<(), Failure> {
        let mut wait = Duration::from_millis(250);
        loop {
            match reach::connect(self.global).await {
                Ok(Connection { client, events, .. }) => {
                    (self.client, self.events) = (client, events);
                    return Ok(());
                }
                // Who is refused will be refused again.
                Err(failure) if failure.exit == Exit::Refused => return Err(failure),
                Err(_) => tokio::time::sleep(wait).await,
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

/// Says so when the agent of this run waits for permission: nobody is asked here, for the answer may be read by a program.
fn waits(output: &Output, run: Option<&str>, event: EventFrame) {
    if run.is_none() || event.event != Event::ExecApprovalRequested.name() {
        return;
    }
    let Ok(entry) = serde_json::from_value::<ApprovalEntry>(event.payload.unwrap_or_default()) else {
        return;
    };
    if entry.request.run_id.as_deref() != run {
        return;
    }
    let what = entry.request.tool_name.as_deref().unwrap_or("a command");
    let what = text::short(&text::clean(&format!("{what}: {}", entry.request.command)), 120);
    let id = text::clean(&entry.id);
    output.remark(format_args!(
        "{WARN}The agent waits for permission{WARN:#} ({what}). Answer it with landline approvals approve {id}, or in the panel"
    ));
}

/// In which form output is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The answer on stdout, notes on stderr.
    Answer,
    /// Each step as a line of JSON.
    Raw,
    /// Whole lines of the answer behind a name.
    Behind(String),
    /// Nothing.
    Silent,
}

/// How following ended.
pub(crate) enum Followed {
    /// With the task.
    Ended(Box<TaskSummary>),
    /// Nobody reads any more.
    Unread,
}

/// Shows everything that a task said and says, each step once, until it ends.
pub(crate) async fn follow(line: &mut Line<'_>, task: &str, form: Form) -> Result<Followed, Failure> {
    let output = line.output;
    let wait = line.global.patience().as_millis().min(20_000) / 2;
    let mut params = TasksOutputParams {
        task_id: task.to_owned(),
        limit: Some(PAGE),
        wait_ms: u64::try_from(wait).ok(),
        ..TasksOutputParams::default()
    };
    let mut screen = Screen { output, form, said: Some(String::new()), open: String::new(), fence: None };
    loop {
        let TasksOutputOutput { chunks, next, done, task } = line.ask::<TasksOutput>(&params).await?;
        for chunk in &chunks {
            screen.show(chunk);
        }
        params.after = Some(next);
        if output.is_unread() {
            return Ok(Followed::Unread);
        }
        if let Some(task) = task.filter(|_| done) {
            screen.close(&task);
            return Ok(Followed::Ended(Box::new(task)));
        }
    }
}

/// What was shown of one task.
struct Screen<'a> {
    output: &'a Output,
    form: Form,
    /// The answer as it was shown, to show what is missing in the end; `None` when it grew too long to be kept.
    said: Option<String>,
    /// The beginning of a line that is not whole yet.
    open: String,
    fence: Option<u64>,
}

impl Screen<'_> {
    fn show(&mut self, chunk: &OutputChunk) {
        if self.form == Form::Raw {
            return self.output.json_line(&chunk.step);
        }
        if self.form == Form::Silent {
            return;
        }
        if self.output.is_json() {
            return self.output.json_line(chunk);
        }
        if self.fence.replace(chunk.fence).is_some_and(|before| before != chunk.fence) {
            self.note(&format!("run {} of this task begins", chunk.fence));
            self.anew();
        }
        // A step of a later version is nothing to stumble over.
        let Ok(step) = serde_json::from_value::<Step>(chunk.step.clone()) else { return };
        self.step(&step);
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Text { delta } => self.text(delta),
            Step::TextReset => self.anew(),
            Step::ToolStart { name, args, .. } => self.note(&format!("{name} {}", args_of(args))),
            Step::ToolResult { name, is_error: true, .. } => self.note(&format!("{name} failed")),
            Step::Retry { attempt, max, delay_ms, error } => {
                let wait = delay_ms.div_ceil(1000);
                self.note(&format!("the model's provider says {error}; try {attempt} of {max} in {wait} s"));
            }
            Step::Note { text } => self.note(text),
            Step::Gap { bytes } => self.note(&format!("{} of output are not kept", text::size(*bytes))),
            _ => {}
        }
    }

    fn text(&mut self, delta: &str) {
        match &mut self.said {
            Some(said) if said.len() + delta.len() <= KEPT => said.push_str(delta),
            said => *said = None,
        }
        self.print(delta);
    }

    /// Prints part of the answer; a control character of it must not drive the terminal.
    fn print(&mut self, part: &str) {
        let part = text::clean(part);
        let Form::Behind(name) = &self.form else {
            self.output.part(&part);
            if let Some(last) = part.rsplit('\n').next() {
                if part.contains('\n') {
                    self.open.clear();
                }
                self.open.push_str(last);
            }
            return;
        };
        self.open.push_str(&part);
        while let Some((whole, rest)) = self.open.split_once('\n') {
            self.output.line(format_args!("[{name}] {whole}"));
            self.open = rest.to_owned();
        }
    }

    /// What stands on the terminal cannot be taken back: what comes anew stands on a new line.
    fn anew(&mut self) {
        self.end_line();
        self.said = Some(String::new());
    }

    fn end_line(&mut self) {
        if !self.open.is_empty() {
            self.print("\n");
        }
    }

    fn note(&mut self, note: &str) {
        let note = text::short(&text::clean(note), 160);
        match &self.form {
            Form::Behind(name) => self.output.remark(format_args!("{DIM}[{name}] · {note}{DIM:#}")),
            _ => self.output.remark(format_args!("{DIM}· {note}{DIM:#}")),
        }
    }

    fn close(&mut self, task: &TaskSummary) {
        if matches!(self.form, Form::Raw | Form::Silent) {
            return;
        }
        if self.output.is_json() {
            return self.output.json_line(&serde_json::json!({ "task": task }));
        }
        if let (Some(result), Some(said)) = (&task.result, self.said.take()) {
            match result.strip_prefix(said.as_str()) {
                Some(rest) => self.print(rest),
                None if said.trim() == result.trim() => {}
                None => {
                    self.end_line();
                    self.print(result);
                }
            }
        }
        self.end_line();
    }
}

/// Steps of one answer of the gateway.
const PAGE: u32 = 1000;
/// Longest answer that is kept to be compared with the end, in bytes.
const KEPT: usize = 4 * 1024 * 1024;
const LONGEST_WAIT: Duration = Duration::from_secs(10);
