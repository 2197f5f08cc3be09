//! What the dashboard shows, and which part of it the keys are for. No terminal in it, so that it can be tested.

use std::collections::{BTreeMap, VecDeque};

use ratatui::widgets::TableState;
use schemas::Clock;
use schemas::clock::Millis;
use schemas::methods::tasks::{TaskStatus, TaskSummary, TasksStatsOutput};
use schemas::methods::workers::WorkerRow;

use super::feed::News;
use crate::text;
use crate::work::{has_ended, short_id, show};

/// What a key asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Away.
    Leave,
    /// Stop this task.
    Cancel(String),
    /// Repeat this task.
    Retry(String),
}

/// A part of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    Nodes,
    #[default]
    Tasks,
    Stats,
    Events,
}

const PANES: [Pane; 4] = [Pane::Nodes, Pane::Tasks, Pane::Stats, Pane::Events];

/// Everything on the screen.
#[derive(Debug, Default)]
pub(super) struct Screen {
    pub(super) gateway: String,
    pub(super) workers: BTreeMap<String, WorkerRow>,
    /// Latest first.
    pub(super) tasks: Vec<TaskSummary>,
    pub(super) stats: Option<TasksStatsOutput>,
    /// Latest first.
    pub(super) events: VecDeque<String>,
    /// Why there is no connection.
    pub(super) lost: Option<String>,
    /// When the gateway started, by this machine's clock.
    started_at: Option<Millis>,
    pub(super) focus: Pane,
    pub(super) node_row: TableState,
    pub(super) task_row: TableState,
    pub(super) event_top: usize,
}

impl Screen {
    /// Takes up what was heard.
    pub(super) fn hear(&mut self, news: News) {
        match news {
            News::All(all) => {
                if self.lost.take().is_some() {
                    self.tell("connected again");
                }
                self.gateway = all.gateway;
                self.workers = all.workers.into_iter().map(|row| (row.facts.name.clone(), row)).collect();
                self.tasks = all.tasks;
                self.count(all.stats);
            }
            News::Task(task) => self.task(*task),
            News::Worker(worker) => {
                let name = worker.facts.name.clone();
                let before = self.workers.get(&name).map(|row| row.status);
                if before != Some(worker.status) {
                    self.tell(&format!("node {name} is {}", worker.status));
                }
                self.workers.insert(name, *worker);
            }
            News::Stats(stats) => self.count(stats),
            News::Told(text) if text.is_empty() => {}
            News::Told(text) => self.tell(&text),
            News::Lost(why) => {
                if self.lost.is_none() {
                    self.tell(&format!("connection lost: {why}"));
                }
                self.lost = Some(why);
            }
        }
    }

    fn count(&mut self, stats: TasksStatsOutput) {
        let up = i64::try_from(stats.uptime_ms).unwrap_or_default();
        self.started_at = Some(Clock::system().now() - up);
        self.stats = Some(stats);
    }

    fn task(&mut self, task: TaskSummary) {
        let known = self.tasks.iter_mut().find(|known| known.id == task.id);
        let changed = known.as_ref().is_none_or(|known| known.status != task.status);
        if changed {
            self.tell(&format!(
                "{} {}: {}",
                short_id(&task.id),
                show::word(&task),
                text::short(&task.title, 40)
            ));
        }
        let known = self.tasks.iter_mut().find(|known| known.id == task.id);
        if let Some(known) = known {
            *known = task;
        } else {
            self.tasks.insert(0, task);
            self.tasks.truncate(KEPT);
        }
    }

    fn tell(&mut self, text: &str) {
        let moment = text::moment(Clock::system().now());
        let time = moment.split(' ').nth(1).unwrap_or_default();
        self.events.push_front(format!("{time} {}", text::clean(text)));
        self.events.truncate(KEPT);
    }

    /// Returns the time since the gateway's start in milliseconds.
    pub(super) fn uptime(&self) -> Option<u64> {
        let started = self.started_at.filter(|_| self.lost.is_none())?;
        u64::try_from(Clock::system().now() - started).ok()
    }

    /// Returns the median and the longest time that the tasks took that are listed, in milliseconds.
    pub(super) fn durations(&self) -> Option<(u64, u64)> {
        let now = Clock::system().now();
        let ended = self.tasks.iter().filter(|task| has_ended(task.status));
        let mut took: Vec<u64> = ended.filter_map(|task| show::took(task, now)).collect();
        took.sort_unstable();
        Some((*took.get(took.len() / 2)?, *took.last()?))
    }

    /// Returns how many tasks run on this machine itself.
    pub(super) fn running_here(&self) -> usize {
        self.tasks.iter().filter(|task| task.status == TaskStatus::Running && task.worker.is_none()).count()
    }

    /// Moves the focus on by so many panes.
    pub(super) fn turn_focus(&mut self, by: usize) {
        let at = PANES.iter().position(|pane| *pane == self.focus).unwrap_or_default();
        self.focus = PANES[(at + by) % PANES.len()];
    }

    /// Moves the marked row down or up.
    pub(super) fn step(&mut self, down: bool) {
        let (row, rows) = match self.focus {
            Pane::Nodes => (&mut self.node_row, self.workers.len() + 1),
            Pane::Tasks => (&mut self.task_row, self.tasks.len()),
            Pane::Events => {
                let last = self.events.len().saturating_sub(1);
                let top = self.event_top;
                self.event_top = if down { (top + 1).min(last) } else { top.saturating_sub(1) };
                return;
            }
            Pane::Stats => return,
        };
        let last = rows.saturating_sub(1);
        let next = match row.selected() {
            None => 0,
            Some(at) if down => (at + 1).min(last),
            Some(at) => at.saturating_sub(1),
        };
        row.select(Some(next));
    }

    /// Returns the task whose row is marked, if the tasks have the focus.
    pub(super) fn selected_task(&self) -> Option<String> {
        let row = self.task_row.selected().filter(|_| self.focus == Pane::Tasks)?;
        self.tasks.get(row).map(|task| task.id.clone())
    }
}

/// Tasks and events that are kept.
const KEPT: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(id: &str, status: &str) -> TaskSummary {
        serde_json::from_value(json!({
            "id": id, "status": status, "kind": "work", "title": "a title", "agentId": "main", "sessionKey": "k",
            "runId": "r", "createdAt": 1, "updatedAt": 1, "startedAt": 1000, "endedAt": 3000,
        }))
        .expect("a task")
    }

    #[test]
    fn a_task_is_listed_once_and_each_change_is_told_once() {
        let mut screen = Screen::default();
        screen.hear(News::Task(Box::new(task("t-1", "queued"))));
        screen.hear(News::Task(Box::new(task("t-2", "running"))));
        screen.hear(News::Task(Box::new(task("t-1", "completed"))));
        screen.hear(News::Task(Box::new(task("t-1", "completed"))));
        assert_eq!(screen.tasks.iter().map(|task| task.id.as_str()).collect::<Vec<_>>(), ["t-2", "t-1"]);
        assert_eq!(screen.events.len(), 3, "{:?}", screen.events);
        assert_eq!(screen.durations(), Some((2000, 2000)));
        assert_eq!(screen.running_here(), 1);
    }

    #[test]
    fn keys_move_the_focus_and_the_mark() {
        let mut screen = Screen::default();
        screen.hear(News::Task(Box::new(task("t-1", "running"))));
        assert_eq!(screen.selected_task(), None);
        screen.step(true);
        screen.step(true);
        assert_eq!(screen.selected_task().as_deref(), Some("t-1"));
        screen.turn_focus(1);
        assert_eq!((screen.focus, screen.selected_task()), (Pane::Stats, None));
        screen.turn_focus(3);
        assert_eq!(screen.focus, Pane::Tasks);
    }

    #[test]
    fn a_lost_gateway_is_told_once_until_it_is_back() {
        let mut screen = Screen::default();
        screen.hear(News::Lost("gone".into()));
        screen.hear(News::Lost("gone".into()));
        assert_eq!((screen.events.len(), screen.lost.is_some()), (1, true));
    }
}
