//! Tables as text in columns, for platforms that have none.

use pulldown_cmark::Alignment;
use unicode_segmentation::UnicodeSegmentation as _;

/// A table while its cells are read.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Alignment>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns an empty table with these columns.
    pub(super) fn new(columns: Vec<Alignment>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Begins a row; the first one is the head.
    pub(super) fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// Begins a cell.
    pub(super) fn begin_cell(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.push(String::new());
        }
    }

    /// Adds text to the cell; a line feed becomes a space.
    pub(super) fn push(&mut self, text: &str) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
        }
    }

    /// Returns the text of the cell so far.
    pub(super) fn cell(&self) -> &str {
        self.rows.last().and_then(|row| row.last()).map_or("", String::as_str)
    }

    /// Returns the table as lines, its columns below each other, without a line feed at the end.
    pub(super) fn lines(&self) -> String {
        let widths: Vec<usize> = (0..self.columns.len()).map(|column| self.width(column)).collect();
        let mut lines = Vec::with_capacity(self.rows.len() + 1);
        for (index, row) in self.rows.iter().enumerate() {
            lines.push(self.line(row, &widths));
            if index == 0 {
                let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                lines.push(dashes.join("-+-"));
            }
        }
        lines.join("\n")
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = row.iter().zip(widths).zip(&self.columns);
        let cells: Vec<String> =
            cells.map(|((cell, width), side)| padded(cell.trim(), *width, *side)).collect();
        cells.join(" | ").trim_end().to_owned()
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.trim().graphemes(true).count()).max().unwrap_or_default().min(WIDEST)
    }
}

fn padded(cell: &str, width: usize, side: Alignment) -> String {
    let missing = width.saturating_sub(cell.graphemes(true).count());
    let before = match side {
        Alignment::Right => missing,
        Alignment::Center => missing / 2,
        Alignment::Left | Alignment::None => 0,
    };
    format!("{}{cell}{}", " ".repeat(before), " ".repeat(missing - before))
}

/// Columns are filled up to this width; one long cell must not make every row long.
const WIDEST: usize = 32;
