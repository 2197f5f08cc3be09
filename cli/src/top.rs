//! `landline top`: nodes, tasks and what happens, on one screen that keeps itself up to date.

mod draw;
mod feed;
mod state;

use std::io::IsTerminal as _;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::Output;

use feed::{Feed, News};
use state::{Screen, Wish};

/// Shows the dashboard until somebody presses q.
pub(crate) async fn run(global: &Global, output: &Output) -> Outcome {
    if output.is_json() || !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::usage("top needs a terminal")
            .hint("for programs: landline tasks --json, landline workers --json"));
    }
    // Before the screen is taken: why it cannot be reached is told on the plain terminal.
    let feed = Feed::open(global).await?;
    let mut terminal = ratatui::try_init()
        .map_err(|error| Failure::failed(format!("the terminal cannot be taken: {error}")))?;
    let done = show(&mut terminal, feed).await;
    ratatui::restore();
    done
}

async fn show(terminal: &mut DefaultTerminal, mut feed: Feed<'_>) -> Outcome {
    let mut keys = keys();
    let mut screen = Screen::default();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        terminal
            .draw(|frame| draw::draw(frame, &mut screen))
            .map_err(|error| Failure::failed(format!("the terminal is gone: {error}")))?;
        tokio::select! {
            news = feed.next() => screen.hear(news?),
            key = keys.recv() => match key {
                Some(key) => {
                    let wish = pressed(&mut screen, key);
                    match wish {
                        Some(Wish::Leave) => return Ok(()),
                        Some(wish) => {
                            let told = feed.fulfil(&wish).await;
                            screen.hear(News::Told(told));
                        }
                        None => {}
                    }
                }
                None => return Ok(()),
            },
            _ = second.tick() => {}
        }
    }
}

fn pressed(screen: &mut Screen, key: KeyEvent) -> Option<Wish> {
    match key.code {
        KeyCode::Char('q') => Some(Wish::Leave),
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Wish::Leave),
        KeyCode::Char('c') => screen.selected_task().map(Wish::Cancel),
        KeyCode::Char('r') => screen.selected_task().map(Wish::Retry),
        KeyCode::Tab => {
            screen.turn_focus(1);
            None
        }
        KeyCode::BackTab => {
            screen.turn_focus(3);
            None
        }
        KeyCode::Down | KeyCode::Char('j') => {
            screen.step(true);
            None
        }
        KeyCode::Up | KeyCode::Char('k') => {
            screen.step(false);
            None
        }
        _ => None,
    }
}

/// Reads keys in a thread of its own: a blocked read must not hold up what the gateway says.
fn keys() -> mpsc::Receiver<KeyEvent> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        while let Ok(input) = event::read() {
            let key = match input {
                Input::Key(key) if key.kind != KeyEventKind::Release => key,
                // Anything else means at most that the screen is to be drawn anew, which happens each second.
                _ => continue,
            };
            if sender.blocking_send(key).is_err() {
                return;
            }
        }
    });
    receiver
}
