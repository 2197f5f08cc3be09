//! Renders Markdown as what Discord shows: nearly the same, so only what it does not know is rewritten.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Parser, Tag, TagEnd};

use super::DIALECT;
use super::layout::{is_break, language};
use super::table::Table;

/// Returns `markdown` as Discord shows it.
///
/// Tables become blocks of code, pictures links, small headings bold lines; other fences, references, entities and
/// `__strong__` are written as Discord knows them. Everything else stays as it stands, so nothing is escaped
/// twice, and HTML is text there anyway. `@everyone` stays too: a message mentions nobody unless it says so.
pub fn discord(markdown: &str) -> String {
    let mut rewrite = Rewrite { source: markdown, ..Rewrite::default() };
    for (event, range) in Parser::new_ext(markdown, DIALECT).into_offset_iter() {
        rewrite.event(event, &range);
    }
    rewrite.finish()
}

/// Collects what replaces which part of the source.
#[derive(Default)]
struct Rewrite<'a> {
    source: &'a str,
    changes: Vec<(Range<usize>, String)>,
    table: Option<Table>,
    code: Option<Code>,
    image: Option<Image>,
    /// Open links and headings: where their content begins and ends.
    inner: Vec<Inner>,
}

struct Code {
    text: String,
    language: String,
}

struct Image {
    alt: String,
    target: String,
    depth: usize,
}

struct Inner {
    content: Option<Range<usize>>,
    link: Option<(LinkType, String)>,
}

impl Rewrite<'_> {
    fn event(&mut self, event: Event<'_>, range: &Range<usize>) {
        self.grow_inner(&event, range);
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::InlineHtml(html) | Event::Html(html) if is_break(&html) => self.text("\n", range),
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => {
                self.text(&text, range);
            }
            Event::HardBreak if !self.collects() && self.slice(range).starts_with('\\') => {
                self.change(range.clone(), "\n".to_owned());
            }
            Event::SoftBreak | Event::HardBreak => self.text(" ", range),
            Event::Rule => self.change(self.trimmed(range), "———".to_owned()),
            Event::TaskListMarker(done) if !self.collects() => {
                self.change(range.clone(), if done { "☑" } else { "☐" }.to_owned());
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Table(columns) => self.table = Some(Table::new(columns)),
            Tag::TableHead | Tag::TableRow => self.in_table(Table::begin_row),
            Tag::TableCell => self.in_table(Table::begin_cell),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => language(&info).unwrap_or_default(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some(Code { text: String::new(), language });
            }
            Tag::Image { dest_url, .. } => match &mut self.image {
                Some(image) => image.depth += 1,
                None => {
                    self.image = Some(Image { alt: String::new(), target: dest_url.into_string(), depth: 0 });
                }
            },
            Tag::Link { link_type, dest_url, .. } => {
                self.inner.push(Inner { content: None, link: Some((link_type, dest_url.into_string())) });
            }
            Tag::Heading { .. } => self.inner.push(Inner { content: None, link: None }),
            Tag::Strong if !self.collects() => self.marks(range, "__", "**"),
            Tag::Strikethrough if !self.collects() => self.marks(range, "~", "~~"),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        match tag {
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.block("", &table.lines(), range);
                }
            }
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    self.block(&code.language, code.text.trim_end_matches('\n'), range);
                }
            }
            TagEnd::Image => self.end_image(range),
            TagEnd::Link => {
                if let Some(Inner { content, link: Some((kind, target)) }) = self.inner.pop() {
                    self.link(kind, &target, content, range);
                }
            }
            TagEnd::Heading(level) => {
                if let Some(Inner { content: Some(content), .. }) = self.inner.pop() {
                    self.heading(level, content, range);
                }
            }
            _ => {}
        }
    }

    /// Takes the text of a table, block or picture; elsewhere the source stays, but for entities.
    fn text(&mut self, text: &str, range: &Range<usize>) {
        if let Some(code) = &mut self.code {
            code.text.push_str(text);
        } else if let Some(image) = &mut self.image {
            image.alt.push_str(text);
        } else if let Some(table) = &mut self.table {
            table.push(text);
        } else if (self.slice(range).starts_with('&') && text != self.slice(range)) || text == "\n" {
            let special = |c: char| "*_~`|\\<>[]#".contains(c);
            let escaped =
                text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect();
            if !is_line_end(self.slice(range)) {
                self.change(range.clone(), escaped);
            }
        }
    }

    fn end_image(&mut self, range: &Range<usize>) {
        let Some(mut image) = self.image.take() else { return };
        if image.depth > 0 {
            image.depth -= 1;
            self.image = Some(image);
            return;
        }
        let linked = self.inner.iter().any(|inner| inner.link.is_some());
        let alt = image.alt.replace(['[', ']', '\n'], " ");
        let alt = alt.trim();
        if let Some(table) = &mut self.table {
            table.push(if alt.is_empty() { &image.target } else { alt });
            return;
        }
        let text = match alt {
            "" => image.target,
            alt if linked => alt.to_owned(),
            alt => masked(alt, &image.target),
        };
        self.change(range.clone(), text);
    }

    fn link(&mut self, kind: LinkType, target: &str, content: Option<Range<usize>>, range: &Range<usize>) {
        if let Some(table) = &mut self.table {
            if !target.is_empty() && !table.cell().ends_with(target) {
                table.push(&format!(" ({target})"));
            }
            return;
        }
        let Some(content) = content else {
            self.change(range.clone(), target.to_owned());
            return;
        };
        let known = matches!(kind, LinkType::Inline | LinkType::Autolink | LinkType::Email);
        if !known && is_web(target) {
            self.change(range.start..content.start, "[".to_owned());
            self.change(content.end..range.end, format!("]({target})"));
        }
    }

    fn heading(&mut self, level: HeadingLevel, content: Range<usize>, range: &Range<usize>) {
        let range = self.trimmed(range);
        let underlined = !self.slice(&range).starts_with('#');
        let (before, after) = match level {
            HeadingLevel::H1 if underlined => ("# ", ""),
            HeadingLevel::H2 if underlined => ("## ", ""),
            HeadingLevel::H1 | HeadingLevel::H2 | HeadingLevel::H3 => return,
            _ if self.slice(&content).contains("**") || self.slice(&content).contains("__") => ("", ""),
            _ => ("**", "**"),
        };
        self.change(range.start..content.start, before.to_owned());
        self.change(content.end..range.end, after.to_owned());
    }

    /// Writes marks that Discord reads otherwise as those it knows.
    fn marks(&mut self, range: &Range<usize>, from: &str, to: &str) {
        let slice = self.slice(range);
        let wrong = slice.starts_with(from) && slice.ends_with(from) && !slice.starts_with(to);
        if wrong && slice.len() >= 2 * from.len() {
            self.change(range.start..range.start + from.len(), to.to_owned());
            self.change(range.end - from.len()..range.end, to.to_owned());
        }
    }

    /// Replaces a block by a fence of Discord's only kind, within the quote that it stands in.
    fn block(&mut self, language: &str, text: &str, range: &Range<usize>) {
        let range = self.trimmed(range);
        let line = self.source[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let before = &self.source[line..range.start];
        let prefix = if before.contains('>') { "> " } else { "" };
        // A fence within the text would end the block; an invisible character keeps it from being one.
        let text = text.replace("```", "`\u{200b}``").replace('\n', &format!("\n{prefix}"));
        let indented = before.chars().all(char::is_whitespace);
        let start = if indented { line } else { range.start };
        self.change(start..range.end, format!("```{language}\n{prefix}{text}\n{prefix}```"));
    }

    fn grow_inner(&mut self, event: &Event<'_>, range: &Range<usize>) {
        let wrapper = matches!(
            event,
            Event::Start(Tag::Link { .. } | Tag::Heading { .. })
                | Event::End(TagEnd::Link | TagEnd::Heading(_))
        );
        let upto = self.inner.len()
            - usize::from(wrapper && matches!(event, Event::End(_)) && !self.inner.is_empty());
        for inner in &mut self.inner[..upto] {
            let known = inner.content.get_or_insert_with(|| range.clone());
            *known = known.start.min(range.start)..known.end.max(range.end);
        }
    }

    fn in_table(&mut self, act: impl FnOnce(&mut Table)) {
        if let Some(table) = &mut self.table {
            act(table);
        }
    }

    fn collects(&self) -> bool {
        self.table.is_some() || self.code.is_some() || self.image.is_some()
    }

    fn change(&mut self, range: Range<usize>, text: String) {
        if self.table.is_none() && self.image.is_none() {
            self.changes.push((range, text));
        }
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.source.get(range.clone()).unwrap_or_default()
    }

    /// Returns the range without the white space at its end.
    fn trimmed(&self, range: &Range<usize>) -> Range<usize> {
        range.start..range.start + self.slice(range).trim_end().len()
    }

    fn finish(mut self) -> String {
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.source.len());
        let mut at = 0;
        for (range, text) in self.changes {
            // What lies inside something that was replaced is replaced with it.
            if range.start >= at && range.end <= self.source.len() {
                out.push_str(&self.source[at..range.start]);
                out.push_str(&text);
                at = range.end;
            }
        }
        out.push_str(&self.source[at..]);
        let shown = out.trim_end();
        if shown.is_empty() { self.source.trim().to_owned() } else { shown.to_owned() }
    }
}

/// Returns a link with a text of its own; Discord knows such links to the web only.
fn masked(text: &str, target: &str) -> String {
    if is_web(target) {
        format!("[{text}]({})", target.replace(')', "%29").replace(' ', "%20"))
    } else {
        format!("{text} ({target})")
    }
}

fn is_web(target: &str) -> bool {
    target.starts_with("https://") || target.starts_with("http://")
}

fn is_line_end(slice: &str) -> bool {
    slice == "\n" || slice == "\r\n"
}
