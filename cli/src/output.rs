//! Prints results: text with colours for people on a terminal, JSON for programs.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::exit::Failure;
use crate::text::clean;

/// Where results go and in which form.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    /// Whoever read stdout went away.
    unread: AtomicBool,
}

/// For headings.
pub(crate) const BOLD: Style = Style::new().bold();
/// For what is less important.
pub(crate) const DIM: Style = Style::new().dimmed();
/// For what is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// For what deserves a look.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
/// For what is wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

impl Output {
    /// Returns the output; `json`: for programs.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, unread: AtomicBool::new(false) }
    }

    /// Says whether programs read the output.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints `value` for programs, or what `people` writes for people.
    pub(crate) fn show<T: Serialize>(&self, value: &T, people: impl FnOnce(&T, &Self)) {
        if self.json {
            self.value(value);
        } else {
            people(value, self);
        }
    }

    /// Prints a value as indented JSON.
    pub(crate) fn value<T: Serialize>(&self, value: &T) {
        self.line(serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// Prints a value as one line of JSON, for streams.
    pub(crate) fn json_line<T: Serialize>(&self, value: &T) {
        self.line(serde_json::to_string(value).unwrap_or_default());
    }

    /// Prints a line.
    pub(crate) fn line(&self, text: impl Display) {
        self.raw(format!("{text}\n").as_bytes());
    }

    /// Prints part of a line at once.
    pub(crate) fn part(&self, text: impl Display) {
        self.raw(text.to_string().as_bytes());
    }

    /// Prints bytes; a reader that went away is no error.
    pub(crate) fn raw(&self, bytes: &[u8]) {
        let mut out = anstream::stdout().lock();
        if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
            self.unread.store(true, Ordering::Relaxed);
        }
    }

    /// Says whether nobody reads what is printed any more: a stream may end then.
    pub(crate) fn is_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    /// Prints a remark on stderr, so that the result on stdout stays clean.
    #[expect(clippy::unused_self, reason = "whoever prints should hold the output")]
    pub(crate) fn remark(&self, text: impl Display) {
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    /// Prints rows in columns; the first row is the heading. What others chose is printed without control
    /// characters.
    pub(crate) fn table(&self, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, width)| {
                let space = width.saturating_sub(cell.chars().count());
                format!("{}{}", clean(cell), " ".repeat(space))
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            if index == 0 {
                self.line(format_args!("{BOLD}{}{BOLD:#}", line.trim_end()));
            } else {
                self.line(line.trim_end());
            }
        }
    }

    /// Asks a person on the terminal; without one the flag has to say it.
    pub(crate) fn confirm(&self, question: &str, flag: &str) -> Result<(), Failure> {
        if self.json || !std::io::stdin().is_terminal() {
            return Err(
                Failure::usage(format!("nobody is there to answer: {question}")).hint(format!("add {flag}"))
            );
        }
        self.part(format_args!("{question} [y/N] "));
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(_) if matches!(line.trim(), "y" | "Y" | "yes") => Ok(()),
            _ => Err(Failure::failed("nothing was changed")),
        }
    }

    /// Prints why the command failed and returns its exit code.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            let error = serde_json::json!({ "error": failure });
            self.remark(error);
        } else {
            self.remark(format_args!("{BAD}error:{BAD:#} {}", clean(&failure.message)));
            if let Some(hint) = &failure.hint {
                self.remark(format_args!("{DIM}  →{DIM:#} {}", clean(hint)));
            }
        }
        ExitCode::from(failure.exit as u8)
    }
}
