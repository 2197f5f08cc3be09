//! Renders Markdown as Telegram's HTML and as text without markup. Both have the same lines.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Parser, Tag, TagEnd};

use super::DIALECT;
use super::table::Table;
use super::writer::{Style, Writer};

/// Returns `markdown` in the part of HTML that Telegram's `parse_mode=HTML` knows; well-formed for any input.
///
/// Headings become bold lines, tables columns in `<pre>`, pictures links. HTML in the input is shown as text, but
/// for `<br>`, which is a line break. What would show nothing, as an empty block of code, is shown as it stands.
pub fn telegram_html(markdown: &str) -> String {
    let shown = Layout::new(markdown, true).run();
    if shown.trim().is_empty() { as_it_stands(markdown, true) } else { shown }
}

/// Returns `markdown` as text without markup: bullets, columns, and the address after each link's text.
pub fn plain(markdown: &str) -> String {
    let shown = Layout::new(markdown, false).run();
    if shown.trim().is_empty() { as_it_stands(markdown, false) } else { shown }
}

/// Platforms refuse empty messages.
fn as_it_stands(markdown: &str, html: bool) -> String {
    let mut writer = Writer::new(html);
    writer.text(markdown.trim());
    writer.finish()
}

/// Returns the language of a code block, if it is a plain word.
pub(super) fn language(info: &str) -> Option<String> {
    let word = info.split([' ', '\t', ',', '{']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "+#._-".contains(c);
    (!word.is_empty() && word.len() <= 32 && word.chars().all(plain)).then(|| word.to_owned())
}

/// Returns whether HTML is a line break.
pub(super) fn is_break(html: &str) -> bool {
    let inner = html.trim().strip_prefix('<').and_then(|html| html.strip_suffix('>'));
    inner.is_some_and(|inner| inner.trim_end_matches('/').trim_end().eq_ignore_ascii_case("br"))
}

struct Layout<'a> {
    source: &'a str,
    writer: Writer,
    html: bool,
    /// The next number of each open list; `None`: bullets.
    lists: Vec<Option<u64>>,
    links: Vec<Link>,
    table: Option<Table>,
    code: Option<(String, Option<String>)>,
}

struct Link {
    target: String,
    text: String,
    /// Whether the text itself leads there.
    tagged: bool,
}

impl<'a> Layout<'a> {
    fn new(source: &'a str, html: bool) -> Self {
        let (lists, links) = (Vec::new(), Vec::new());
        Self { source, writer: Writer::new(html), html, lists, links, table: None, code: None }
    }

    fn run(mut self) -> String {
        for (event, range) in Parser::new_ext(self.source, DIALECT).into_offset_iter() {
            self.event(event, &range);
        }
        self.writer.finish()
    }

    fn event(&mut self, event: Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Code(text) => {
                self.writer.push(Style::Code);
                self.text(&text);
                self.writer.pop();
            }
            Event::InlineHtml(html) | Event::Html(html) if is_break(&html) => self.text("\n"),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.text(&text),
            Event::SoftBreak | Event::HardBreak => self.text("\n"),
            Event::Rule => {
                self.begin_block(range);
                self.text("———");
            }
            Event::TaskListMarker(done) => self.text(if done { "☑ " } else { "☐ " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.begin_block(range),
            Tag::Heading { .. } => {
                self.begin_block(range);
                self.writer.push(Style::Bold);
            }
            Tag::BlockQuote(_) => {
                self.begin_block(range);
                self.writer.push(Style::Quote);
            }
            Tag::CodeBlock(kind) => {
                self.begin_block(range);
                let language = match kind {
                    CodeBlockKind::Fenced(info) => language(&info),
                    CodeBlockKind::Indented => None,
                };
                self.code = Some((String::new(), language));
            }
            Tag::List(first) => {
                self.begin_block(range);
                self.lists.push(first);
                self.writer.depth += 1;
            }
            Tag::Item => self.begin_item(range),
            Tag::Table(columns) => {
                self.begin_block(range);
                self.table = Some(Table::new(columns));
            }
            Tag::TableHead | Tag::TableRow => self.in_table(Table::begin_row),
            Tag::TableCell => self.in_table(Table::begin_cell),
            Tag::Emphasis => self.writer.push(Style::Italic),
            Tag::Strong => self.writer.push(Style::Bold),
            Tag::Strikethrough => self.writer.push(Style::Struck),
            Tag::Link { link_type: LinkType::Email, dest_url, .. } => {
                self.begin_link(format!("mailto:{dest_url}"));
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.begin_link(dest_url.into_string());
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_)
            | TagEnd::BlockQuote(_)
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough => self.writer.pop(),
            TagEnd::CodeBlock => {
                if let Some((code, language)) = self.code.take() {
                    self.writer.block(code.trim_end_matches('\n'), language);
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.writer.depth = self.writer.depth.saturating_sub(1);
            }
            TagEnd::Item => self.writer.end_item(),
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.writer.block(&table.lines(), None);
                }
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
        if let TagEnd::Paragraph
        | TagEnd::Heading(_)
        | TagEnd::CodeBlock
        | TagEnd::Table
        | TagEnd::HtmlBlock = tag
        {
            self.writer.gap(1);
        }
    }

    /// Begins a block as far below the one before as in the source.
    fn begin_block(&mut self, range: &Range<usize>) {
        self.writer.gap(if follows_blank(self.source, range.start) { 2 } else { 1 });
    }

    fn begin_item(&mut self, range: &Range<usize>) {
        self.begin_block(range);
        let bullet = BULLETS[self.lists.len().saturating_sub(1).min(BULLETS.len() - 1)].to_owned();
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                marker
            }
            _ => bullet,
        };
        self.writer.marker(&marker);
    }

    fn begin_link(&mut self, target: String) {
        let tagged = self.html && self.table.is_none() && leads_somewhere(&target);
        if tagged {
            self.writer.push(Style::Link(target.clone()));
        }
        self.links.push(Link { target, text: String::new(), tagged });
    }

    fn end_link(&mut self) {
        let Some(link) = self.links.pop() else { return };
        let text = link.text.trim();
        if text.is_empty() {
            self.text(&link.target);
        }
        if link.tagged {
            self.writer.pop();
        } else if !text.is_empty() && !link.target.is_empty() && !same_place(text, &link.target) {
            self.text(&format!(" ({})", link.target));
        }
    }

    fn text(&mut self, text: &str) {
        for link in &mut self.links {
            link.text.push_str(text);
        }
        if let Some((code, _)) = &mut self.code {
            code.push_str(text);
        } else if let Some(table) = &mut self.table {
            table.push(text);
        } else {
            self.writer.text(text);
        }
    }

    fn in_table(&mut self, act: impl FnOnce(&mut Table)) {
        if let Some(table) = &mut self.table {
            act(table);
        }
    }
}

/// Returns whether the line before the one at `at` is blank, but for the marks of a quote.
fn follows_blank(source: &str, at: usize) -> bool {
    let before = source.get(..at).unwrap_or_default();
    let Some(end) = before.rfind('\n') else { return false };
    let line = before[..end].rsplit('\n').next().unwrap_or_default();
    line.chars().all(|c| c == '>' || c.is_whitespace())
}

/// Returns whether Telegram makes a link of an address.
fn leads_somewhere(target: &str) -> bool {
    SCHEMES.iter().any(|scheme| {
        target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && target.len() > scheme.len()
    })
}

fn same_place(text: &str, target: &str) -> bool {
    text == target || target.strip_prefix("mailto:").is_some_and(|address| address == text)
}

const SCHEMES: [&str; 4] = ["http://", "https://", "tg://", "mailto:"];

/// A bullet for each level of lists; the last serves all deeper ones.
const BULLETS: [&str; 3] = ["• ", "◦ ", "▪ "];
