//! One entry of the list: which commands it covers.

use regex::{Regex, RegexBuilder};
use schemas::exec_policy::{ExecAllowed, ExecSource};
use sha2::{Digest as _, Sha256};

use super::{ExecCase, interpreters};

/// Says whether an entry covers a command.
///
/// A command that brings environment variables is never covered: they change what the same program does. Programs
/// that run other programs or code are covered only by an entry that names their file without a wildcard and says
/// what their arguments are.
pub(super) fn covers(entry: &ExecAllowed, what: &ExecCase<'_>) -> bool {
    let Some(program) = what.program.to_str() else { return false };
    if !what.env_keys.iter().all(|name| is_harmless(name)) {
        return false;
    }
    // An entry that names no node counts everywhere; what was remembered here counts here.
    let (node, pattern) = split_node(&entry.pattern);
    let remembered = entry.source == Some(ExecSource::AllowAlways);
    if node != what.node && (node.is_some() || remembered) {
        return false;
    }
    let runs_code = interpreters::named(what).is_some();
    if remembered {
        let exact = entry.arg_pattern.as_deref() == Some(exactly(what).as_str());
        return !runs_code && exact && pattern == program;
    }
    if runs_code && (is_glob(pattern) || entry.arg_pattern.is_none()) {
        return false;
    }
    path_matches(pattern, program)
        && entry.arg_pattern.as_deref().is_none_or(|pattern| arguments_match(pattern, what.argv))
}

/// Says what is wrong with an entry that somebody wrote.
pub(super) fn mistake(entry: &ExecAllowed) -> Option<String> {
    let path = split_node(&entry.pattern).1;
    if !is_absolute(path) && path != "*" && !path.starts_with("**") {
        let hint =
            "write the program's whole path: which file a bare name means differs from folder to folder";
        return Some(format!("pattern {path:?} is no absolute path; {hint}"));
    }
    let pattern = entry.arg_pattern.as_deref().filter(|_| entry.source.is_none())?;
    regex(pattern).err().map(|error| format!("argPattern {pattern:?} is no regular expression: {error}"))
}

/// Returns the pattern for a program on a node, or here.
pub(super) fn on_node(node: Option<&str>, program: &str) -> String {
    node.map_or_else(|| program.to_owned(), |node| format!("{NODE}{node}:{program}"))
}

/// Returns what stands for exactly these arguments in exactly this folder.
pub(super) fn exactly(what: &ExecCase<'_>) -> String {
    let mut hasher = Sha256::new();
    // Lengths stand before the texts, so that no argument can pass for two.
    for text in what.cwd.iter().copied().chain(what.argv.iter().skip(1).map(String::as_str)) {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    let kind = if what.cwd.is_some() { "cwd+args" } else { "args" };
    format!("{kind}:sha256:{}", hex::encode(hasher.finalize()))
}

/// Says whether a path is absolute on any system.
pub(super) fn is_absolute(path: &str) -> bool {
    let windows = |path: &str| {
        let mut bytes = path.bytes();
        let drive = bytes.next().is_some_and(|letter| letter.is_ascii_alphabetic());
        drive && bytes.next() == Some(b':') && matches!(bytes.next(), Some(b'\\' | b'/'))
    };
    path.starts_with('/') || path.starts_with("\\\\") || windows(path)
}

fn split_node(pattern: &str) -> (Option<&str>, &str) {
    let split = pattern.strip_prefix(NODE).and_then(|rest| rest.split_once(':'));
    split.map_or((None, pattern), |(node, path)| (Some(node), path))
}

fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// Matches a path: `*` and `?` stop at a separator, `**` does not.
fn path_matches(pattern: &str, path: &str) -> bool {
    // No normal path has these parts; what has them names another file than it seems.
    if path.split(['/', '\\']).any(|part| part == ".." || part == ".") {
        return false;
    }
    if !is_glob(pattern) {
        return pattern == path;
    }
    let mut regex = String::with_capacity(pattern.len() * 2);
    let mut rest = if pattern == "*" { "**" } else { pattern };
    while let Some(at) = rest.find(['*', '?']) {
        regex.push_str(&regex::escape(&rest[..at]));
        let (part, length) = match &rest[at..] {
            found if found.starts_with("**") => (".*", 2),
            found if found.starts_with('*') => ("[^/\\\\]*", 1),
            _ => ("[^/\\\\]", 1),
        };
        regex.push_str(part);
        rest = &rest[at + length..];
    }
    regex.push_str(&regex::escape(rest));
    self::regex(&regex).is_ok_and(|regex| regex.is_match(path))
}

/// Matches all arguments, joined by spaces. An argument that holds blank space itself could pass for several, so that
/// nothing covers it.
fn arguments_match(pattern: &str, argv: &[String]) -> bool {
    let arguments = argv.get(1..).unwrap_or_default();
    let plain =
        |text: &String| !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    arguments.iter().all(plain) && regex(pattern).is_ok_and(|regex| regex.is_match(&arguments.join(" ")))
}

/// Builds an expression that has to match the whole text.
fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    // On its own first: what closes a bracket too many must not get out of the group below.
    Regex::new(pattern)?;
    RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).size_limit(MAX_REGEX).dot_matches_new_line(true).build()
}

/// Says whether an environment variable changes nothing but how output looks.
fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name) || name.starts_with("LC_")
}

const HARMLESS: [&str; 8] = ["CI", "COLUMNS", "FORCE_COLOR", "LANG", "LINES", "NO_COLOR", "TERM", "TZ"];
/// What stands before the id of a node in a pattern.
const NODE: &str = "node:";
/// Bytes that a compiled expression may take.
const MAX_REGEX: usize = 1 << 20;
