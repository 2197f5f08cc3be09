//! Draws the dashboard: nodes and tasks above, counts and events below.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row, Table};
use schemas::Clock;
use schemas::methods::tasks::TaskStatus;
use schemas::methods::workers::WorkerStatus;

use super::state::{Pane, Screen};
use crate::text;
use crate::work::{short_id, show};

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &mut Screen) {
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(8), Constraint::Length(1)])
            .areas(frame.area());
    let [above, below] =
        Layout::vertical([Constraint::Percentage(65), Constraint::Percentage(35)]).areas(body);
    let [nodes, tasks] =
        Layout::horizontal([Constraint::Percentage(42), Constraint::Percentage(58)]).areas(above);
    let [stats, events] =
        Layout::horizontal([Constraint::Percentage(42), Constraint::Percentage(58)]).areas(below);
    title(frame, head, screen);
    draw_nodes(frame, nodes, screen);
    draw_tasks(frame, tasks, screen);
    draw_stats(frame, stats, screen);
    draw_events(frame, events, screen);
    let keys = " q quit · Tab next pane · ↑↓ choose · c cancel · r repeat";
    frame.render_widget(Line::styled(keys, Style::new().add_modifier(Modifier::DIM)), foot);
}

fn title(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let up = screen.uptime().map_or_else(String::new, |up| format!("  up {}", text::length(up)));
    let mut line = Line::from(vec![
        Span::styled(format!(" Landline {}", screen.gateway), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(up),
    ]);
    if let Some(why) = &screen.lost {
        let lost = format!("  not connected ({}); trying again", text::clean(why));
        line.push_span(Span::styled(lost, Style::new().fg(Color::Red)));
    }
    frame.render_widget(line, area);
}

fn pane(name: &str, pane: Pane, screen: &Screen) -> Block<'static> {
    let style = if screen.focus == pane { Style::new().fg(Color::Cyan) } else { Style::new() };
    Block::bordered().title(format!(" {name} ")).border_style(style)
}

const MARK: Style = Style::new().add_modifier(Modifier::REVERSED);

fn heading<const N: usize>(names: [&'static str; N]) -> Row<'static> {
    Row::new(names).style(Style::new().add_modifier(Modifier::BOLD))
}

fn draw_nodes(frame: &mut Frame<'_>, area: Rect, screen: &mut Screen) {
    let here = screen.running_here();
    let local = [
        "local".to_owned(),
        if here == 0 { "idle" } else { "active" }.to_owned(),
        format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
        here.to_string(),
        "-".to_owned(),
        if screen.lost.is_some() { "unknown" } else { "ok" }.to_owned(),
    ];
    let mut rows = vec![Row::new(local)];
    for worker in screen.workers.values() {
        let facts = &worker.facts;
        let health = match (worker.status, facts.health.ok) {
            (WorkerStatus::Offline, _) => "unknown",
            (_, true) => "ok",
            (_, false) => "down",
        };
        let style = match worker.status {
            WorkerStatus::Offline => Style::new().fg(Color::DarkGray),
            _ if !facts.health.ok => Style::new().fg(Color::Red),
            WorkerStatus::Busy => Style::new().fg(Color::Yellow),
            _ => Style::new(),
        };
        let cells = [
            text::clean(&facts.name),
            worker.status.to_string(),
            text::clean(&format!("{}/{}", facts.os, facts.arch)),
            worker.running.to_string(),
            facts.max_concurrent.to_string(),
            health.to_owned(),
        ];
        rows.push(Row::new(cells).style(style));
    }
    let widths = [
        Constraint::Min(8),
        Constraint::Length(8),
        Constraint::Length(12),
        Constraint::Length(6),
        Constraint::Length(3),
        Constraint::Length(7),
    ];
    let table = Table::new(rows, widths)
        .header(heading(["Name", "Status", "Platform", "Active", "Max", "Health"]))
        .row_highlight_style(MARK)
        .block(pane("Nodes", Pane::Nodes, screen));
    frame.render_stateful_widget(table, area, &mut screen.node_row);
}

fn draw_tasks(frame: &mut Frame<'_>, area: Rect, screen: &mut Screen) {
    let now = Clock::system().now();
    let rows: Vec<Row<'_>> = screen
        .tasks
        .iter()
        .map(|task| {
            let style = match task.status {
                TaskStatus::Running => Style::new().fg(Color::Green),
                TaskStatus::Queued => Style::new().fg(Color::Yellow),
                TaskStatus::Failed | TaskStatus::TimedOut => Style::new().fg(Color::Red),
                TaskStatus::Completed | TaskStatus::Cancelled => Style::new(),
            };
            let cells = [
                // The time of a UUID of version 7: more has no room here.
                short_id(&task.id).chars().take(13).collect(),
                text::clean(&show::place(task)),
                show::word(task).to_owned(),
                text::short(&text::clean(&task.title), 40),
                show::took(task, now).map_or_else(|| "-".into(), text::length),
                text::ago(now, task.created_at),
            ];
            Row::new(cells).style(style)
        })
        .collect();
    let widths = [
        Constraint::Length(13),
        Constraint::Length(8),
        Constraint::Length(11),
        Constraint::Min(10),
        Constraint::Length(9),
        Constraint::Length(9),
    ];
    let table = Table::new(rows, widths)
        .header(heading(["ID", "Node", "Status", "What", "Took", "Age"]))
        .row_highlight_style(MARK)
        .block(pane("Tasks", Pane::Tasks, screen));
    frame.render_stateful_widget(table, area, &mut screen.task_row);
}

fn draw_stats(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(Line::raw(format!("{name:15}{value}")));
    if let Some(stats) = &screen.stats {
        line("Queue depth", stats.queue_depth.to_string());
        line("Active tasks", stats.active_tasks.to_string());
        line("Completed", stats.tasks_completed.to_string());
        line("Errored", stats.tasks_errored.to_string());
        line("Nodes online", stats.connected_agents.to_string());
    }
    if let Some((middle, longest)) = screen.durations() {
        line("Durations", format!("median {}, longest {}", text::length(middle), text::length(longest)));
    }
    if let Some(up) = screen.uptime() {
        line("Uptime", text::length(up));
    }
    frame.render_widget(Paragraph::new(lines).block(pane("Stats", Pane::Stats, screen)), area);
}

fn draw_events(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let lines: Vec<Line<'_>> =
        screen.events.iter().skip(screen.event_top).map(|event| Line::raw(event.as_str())).collect();
    frame.render_widget(Paragraph::new(lines).block(pane("Events", Pane::Events, screen)), area);
}
