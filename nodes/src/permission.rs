//! What an agent may do: rules as Claude Code writes them, compared by what they mean, never by how they are spelled.
//!
//! A rule is `Tool` or `Tool(pattern)`; a pattern that ends in `*` (or `:*`) means everything that begins with the rest.
//! What cannot be shown to lie within the owner's limits counts as beyond them.

use std::path::{Path, PathBuf};

use schemas::work::{TaskPermissions, WorkerPermissions};

use crate::executor::{Failure, FailureClass};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    tool: String,
    /// `None`: every use of the tool.
    pattern: Option<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// Exactly this.
    Exact(String),
    /// These words, alone or with more after them (`git:*`).
    Words(String),
    /// Whatever begins with this.
    Start(String),
}

impl Rule {
    /// Reads a rule.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            let message =
                format!("{text:?} is no rule: write Tool or Tool(pattern), for example Bash(git:*)");
            Failure::new(FailureClass::Validation, "permission.invalid", message)
        };
        let text = text.trim();
        let (tool, rest) = match text.split_once('(') {
            Some((tool, rest)) => (tool, Some(rest.strip_suffix(')').ok_or_else(wrong)?)),
            None => (text, None),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '*');
        if tool.is_empty() || !tool.chars().all(plain) || text.len() > MAX_RULE {
            return Err(wrong());
        }
        let pattern =
            rest.map(str::trim).filter(|rest| !matches!(*rest, "" | "*" | ":*")).map(Pattern::parse);
        Ok(Self { tool: tool.to_owned(), pattern })
    }

    /// Returns the rule that means one use of a tool, and nothing else.
    pub fn of_call(tool: &str, argument: Option<&str>) -> Self {
        Self { tool: tool.to_owned(), pattern: argument.map(|text| Pattern::Exact(text.to_owned())) }
    }

    /// Says whether it means some uses of its tool only.
    pub const fn is_narrow(&self) -> bool {
        self.pattern.is_some()
    }

    /// Returns what both allow, if that can be told.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let tool = match (self.tool.strip_suffix('*'), other.tool.strip_suffix('*')) {
            _ if self.tool == other.tool => &self.tool,
            (_, Some(start)) if self.tool.starts_with(start) => &self.tool,
            (Some(start), _) if other.tool.starts_with(start) => &other.tool,
            _ => return None,
        };
        let pattern = match (&self.pattern, &other.pattern) {
            (None, pattern) | (pattern, None) => pattern.clone(),
            (Some(one), Some(two)) if two.covers(one) => Some(one.clone()),
            (Some(one), Some(two)) if one.covers(two) => Some(two.clone()),
            _ => return None,
        };
        Some(Self { tool: tool.clone(), pattern })
    }

    /// Says whether it allows all that `other` allows.
    pub fn covers(&self, other: &Self) -> bool {
        self.meet(other).as_ref() == Some(other)
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.pattern {
            None => f.write_str(&self.tool),
            Some(Pattern::Exact(text)) => write!(f, "{}({text})", self.tool),
            Some(Pattern::Words(text)) => write!(f, "{}({text}:*)", self.tool),
            Some(Pattern::Start(text)) => write!(f, "{}({text}*)", self.tool),
        }
    }
}

impl Pattern {
    fn parse(text: &str) -> Self {
        if let Some(words) = text.strip_suffix(":*") {
            return Self::Words(words.trim_end().to_owned());
        }
        match text.strip_suffix('*') {
            Some(start) => Self::Start(start.to_owned()),
            None => Self::Exact(text.to_owned()),
        }
    }

    /// Says whether it allows all that `other` allows. A star within a pattern is compared as a letter: two patterns
    /// that mean the same in another spelling are then not seen to, which refuses and never allows.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(this), Self::Exact(that)) => this == that,
            (Self::Exact(_), _) => false,
            (Self::Words(this), Self::Exact(that) | Self::Words(that)) => begins_with_words(that, this),
            (Self::Words(this), Self::Start(that)) => {
                that.strip_prefix(this.as_str()).is_some_and(|rest| rest.starts_with(' '))
            }
            (Self::Start(this), Self::Exact(that) | Self::Words(that) | Self::Start(that)) => {
                that.starts_with(this.as_str())
            }
        }
    }
}

fn begins_with_words(text: &str, words: &str) -> bool {
    text.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// What a run may do. Empty lists mean nothing, not everything; without a mode it asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// The permission mode.
    pub mode: Option<String>,
    /// Tools that run without asking.
    pub allowed: Vec<String>,
    /// Tools that are refused.
    pub disallowed: Vec<String>,
    /// Folders besides the agent's own.
    pub dirs: Vec<PathBuf>,
}

impl Rights {
    /// Returns what the owner of a worker allows at most.
    pub fn of(owner: &WorkerPermissions) -> Self {
        Self {
            mode: owner.mode.clone(),
            allowed: owner.allowed.clone(),
            disallowed: owner.disallowed.clone(),
            dirs: owner.dirs.iter().map(PathBuf::from).collect(),
        }
    }

    /// Returns what a run may do for which `asked` was asked, within these; what is not asked about stays as it is.
    /// What goes beyond is an error of code `permission.widened`, before anything is started.
    pub fn narrowed(&self, asked: &TaskPermissions) -> Result<Self, Failure> {
        let mut disallowed = self.disallowed.clone();
        let more = asked.disallowed_tools.iter().flatten();
        disallowed.extend(more.filter(|rule| !self.disallowed.contains(rule)).cloned());
        disallowed.iter().try_for_each(|rule| Rule::parse(rule).map(drop))?;
        let allowed = without(&self.allowed_for(asked.allowed_tools.as_deref())?, &disallowed)?;
        Ok(Self {
            mode: self.mode_for(asked.mode.as_deref())?,
            allowed,
            disallowed,
            dirs: self.dirs_for(asked.add_dirs.as_deref())?,
        })
    }

    fn allowed_for(&self, asked: Option<&[String]>) -> Result<Vec<String>, Failure> {
        let own = parsed(&self.allowed)?;
        let Some(asked) = asked else { return Ok(self.allowed.clone()) };
        let asked = parsed(asked)?;
        match asked.iter().find(|rule| !own.iter().any(|own| own.covers(rule))) {
            Some(rule) => Err(widened(&format!("the tool rule {rule}"), &joined(&own))),
            None => Ok(asked.iter().map(ToString::to_string).collect()),
        }
    }

    fn mode_for(&self, asked: Option<&str>) -> Result<Option<String>, Failure> {
        let Some(asked) = asked else { return Ok(self.mode.clone()) };
        let own = self.mode.as_deref().unwrap_or(PLAIN);
        let within = asked == own || matches!((freedom(asked), freedom(own)), (Some(a), Some(b)) if a <= b);
        if within { Ok(Some(asked.to_owned())) } else { Err(widened(&format!("the mode {asked}"), own)) }
    }

    fn dirs_for(&self, asked: Option<&[String]>) -> Result<Vec<PathBuf>, Failure> {
        let Some(asked) = asked else { return Ok(self.dirs.clone()) };
        let own: Vec<PathBuf> = self.dirs.iter().filter_map(|dir| dir.canonicalize().ok()).collect();
        let within = |dir: &String| -> Result<PathBuf, Failure> {
            let dir = Path::new(dir);
            // Links and `..` are followed before it is compared: what counts is where it leads.
            let real = dir.canonicalize().ok().filter(|real| own.iter().any(|own| real.starts_with(own)));
            real.ok_or_else(|| widened(&format!("the folder {}", dir.display()), &shown(&self.dirs)))
        };
        asked.iter().map(within).collect()
    }
}

/// Returns the rules that are left when everything refused is taken away. That none is left where some were is an error.
fn without(allowed: &[String], disallowed: &[String]) -> Result<Vec<String>, Failure> {
    let refused = parsed(disallowed)?;
    let rules = parsed(allowed)?;
    let left: Vec<String> = rules
        .iter()
        .filter(|rule| !refused.iter().any(|refused| refused.covers(rule)))
        .map(ToString::to_string)
        .collect();
    if left.is_empty() && !rules.is_empty() {
        let message = format!(
            "Nothing is left of what the run may do: {} is refused; ask for other tools",
            joined(&refused)
        );
        return Err(Failure::new(FailureClass::Denied, "permission.empty", message));
    }
    Ok(left)
}

/// Returns what two owners' lists allow together; nothing in common is an error, as no list would mean no limit to some.
pub fn meet(one: &[String], two: &[String]) -> Result<Vec<String>, Failure> {
    let (one, two) = (parsed(one)?, parsed(two)?);
    let mut both: Vec<Rule> = Vec::new();
    for rule in one.iter().flat_map(|a| two.iter().filter_map(|b| a.meet(b))) {
        if !both.iter().any(|known| known.covers(&rule)) {
            both.retain(|known| !rule.covers(known));
            both.push(rule);
        }
    }
    if both.is_empty() {
        let message = format!("{} and {} have nothing in common", joined(&one), joined(&two));
        return Err(Failure::new(FailureClass::Denied, "permission.empty", message));
    }
    Ok(both.iter().map(ToString::to_string).collect())
}

fn parsed(rules: &[String]) -> Result<Vec<Rule>, Failure> {
    rules.iter().map(|rule| Rule::parse(rule)).collect()
}

fn joined(rules: &[Rule]) -> String {
    if rules.is_empty() {
        "nothing".into()
    } else {
        rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn shown(dirs: &[PathBuf]) -> String {
    if dirs.is_empty() {
        "nothing".into()
    } else {
        dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ")
    }
}

fn widened(what: &str, limit: &str) -> Failure {
    let message = format!(
        "The request asks for {what}, but where it runs no more than {limit} is allowed; ask for less, or have it \
         allowed: by the agent's own settings here, under [worker.permissions] at a worker"
    );
    Failure::new(FailureClass::Denied, "permission.widened", message)
}

/// Returns how free a permission mode of Claude Code is; `None` for words that nobody here knows.
fn freedom(mode: &str) -> Option<u8> {
    Some(match mode {
        "plan" => 0,
        "dontAsk" => 1,
        PLAIN => 2,
        "acceptEdits" => 3,
        "auto" => 4,
        "bypassPermissions" => 5,
        _ => return None,
    })
}

/// The mode where none is named: ask.
const PLAIN: &str = "default";
/// Bytes of a rule.
const MAX_RULE: usize = 512;

#[cfg(test)]
#[path = "permission_tests.rs"]
mod tests;
