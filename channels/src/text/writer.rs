//! Writes rendered text: tags that are always closed in order, and line breaks only where text follows.

use std::fmt::Write as _;

/// What a stretch of text is shown as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Bold,
    Italic,
    Struck,
    Code,
    /// A block of code, with its language.
    Pre(Option<String>),
    Link(String),
    Quote,
}

/// Collects the text. Tags are opened when text comes and not before, so none is ever empty.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    html: bool,
    /// What the next text is to be shown as, outermost first.
    wanted: Vec<Style>,
    open: Vec<Style>,
    /// Line feeds due before the next text.
    gap: usize,
    /// A list item's bullet, due before the next text.
    marker: Option<String>,
    /// How many lists the text is in.
    pub(super) depth: usize,
}

impl Writer {
    /// Writes Telegram's HTML, or text without any markup.
    pub(super) fn new(html: bool) -> Self {
        Self {
            out: String::new(),
            html,
            wanted: Vec::new(),
            open: Vec::new(),
            gap: 0,
            marker: None,
            depth: 0,
        }
    }

    /// Wants at least `lines` line feeds before the next text.
    pub(super) fn gap(&mut self, lines: usize) {
        self.gap = self.gap.max(lines);
    }

    /// Wants a bullet before the next text.
    pub(super) fn marker(&mut self, marker: &str) {
        // An item that begins with an item: both bullets stand on one line.
        self.marker.get_or_insert_default().push_str(marker);
    }

    /// Writes a bullet that no text followed.
    pub(super) fn end_item(&mut self) {
        if self.marker.is_some() {
            self.begin();
        }
    }

    pub(super) fn push(&mut self, style: Style) {
        self.wanted.push(style);
    }

    pub(super) fn pop(&mut self) {
        self.wanted.pop();
        // Closed at once: two blocks of code after each other are two.
        let effective = self.effective();
        self.close_to(self.common(&effective));
    }

    /// Writes text as it is; line feeds in it keep to the indentation.
    pub(super) fn text(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            self.gap += usize::from(index > 0);
            if !line.is_empty() {
                self.begin();
                self.escaped(line);
            }
        }
    }

    /// Writes a block of code, line feeds and blanks as they are.
    pub(super) fn block(&mut self, code: &str, language: Option<String>) {
        if self.marker.is_some() {
            self.begin();
            self.gap = 1;
        }
        if code.trim().is_empty() {
            return;
        }
        let depth = std::mem::take(&mut self.depth);
        self.push(Style::Pre(language));
        self.begin();
        self.escaped(code);
        self.pop();
        self.depth = depth;
    }

    /// Returns what was written, every tag closed.
    pub(super) fn finish(mut self) -> String {
        self.close_to(0);
        self.out
    }

    fn begin(&mut self) {
        let effective = self.effective();
        let mut open = self.common(&effective);
        self.close_to(open);
        let at_start = self.out.is_empty() || self.gap > 0;
        if !self.out.is_empty() {
            self.out.extend(std::iter::repeat_n('\n', self.gap));
        }
        self.gap = 0;
        if open == 0 && effective.first() == Some(&Style::Quote) {
            self.open_tag(Style::Quote);
            open = 1;
        }
        if at_start {
            self.begin_line();
        } else if let Some(marker) = self.marker.take() {
            self.out.push_str(&marker);
        }
        for style in effective.into_iter().skip(open) {
            self.open_tag(style);
        }
    }

    /// Returns how many of the open tags stay.
    fn common(&self, effective: &[Style]) -> usize {
        self.open.iter().zip(effective).take_while(|(open, wanted)| open == wanted).count()
    }

    fn begin_line(&mut self) {
        if !self.html && self.wanted.contains(&Style::Quote) {
            self.out.push_str("> ");
        }
        let marker = self.marker.take();
        let indent = self.depth.saturating_sub(usize::from(marker.is_some()));
        if !self.out.is_empty() {
            self.out.push_str(&"  ".repeat(indent));
        }
        self.out.push_str(marker.as_deref().unwrap_or_default());
    }

    /// Returns the wanted styles that Telegram lets stand inside each other: code holds nothing and is in nothing
    /// but a quote, nothing is inside itself, and a link beats the code in it.
    fn effective(&self) -> Vec<Style> {
        if !self.html {
            return Vec::new();
        }
        let linked = self.wanted.iter().any(|style| matches!(style, Style::Link(_)));
        let code = self.wanted.iter().rev().find(|style| match style {
            Style::Pre(_) => true,
            Style::Code => !linked,
            _ => false,
        });
        let quote = self.wanted.contains(&Style::Quote).then_some(Style::Quote);
        let mut effective: Vec<Style> = quote.into_iter().collect();
        if let Some(code) = code {
            effective.push(code.clone());
            return effective;
        }
        for style in &self.wanted {
            let repeated =
                effective.iter().any(|other| std::mem::discriminant(other) == std::mem::discriminant(style));
            if !repeated && *style != Style::Code {
                effective.push(style.clone());
            }
        }
        effective
    }

    fn open_tag(&mut self, style: Style) {
        match &style {
            Style::Bold => self.out.push_str("<b>"),
            Style::Italic => self.out.push_str("<i>"),
            Style::Struck => self.out.push_str("<s>"),
            Style::Code => self.out.push_str("<code>"),
            Style::Pre(None) => self.out.push_str("<pre>"),
            Style::Pre(Some(language)) => {
                // Writing to a string cannot fail.
                let _ = write!(self.out, "<pre><code class=\"language-{language}\">");
            }
            Style::Link(target) => {
                self.out.push_str("<a href=\"");
                escape(&mut self.out, target);
                self.out.push_str("\">");
            }
            Style::Quote => self.out.push_str("<blockquote>"),
        }
        self.open.push(style);
    }

    fn close_to(&mut self, kept: usize) {
        while self.open.len() > kept {
            let Some(style) = self.open.pop() else { return };
            self.out.push_str(match style {
                Style::Bold => "</b>",
                Style::Italic => "</i>",
                Style::Struck => "</s>",
                Style::Code => "</code>",
                Style::Pre(None) => "</pre>",
                Style::Pre(Some(_)) => "</code></pre>",
                Style::Link(_) => "</a>",
                Style::Quote => "</blockquote>",
            });
        }
    }

    fn escaped(&mut self, text: &str) {
        if self.html { escape(&mut self.out, text) } else { self.out.push_str(text) }
    }
}

/// Adds text so that no character of it is markup, in content and in attributes.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
