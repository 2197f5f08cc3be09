//! Reads the table of processes from `/proc`.

use std::fs;

/// One process for good: pids are reused, a pid together with its start time is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) pid: i32,
    /// In clock ticks since the system started.
    pub(super) start: u64,
}

/// What is known of a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) identity: Identity,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// It has ended and only waits for its parent to notice.
    pub(super) dead: bool,
}

/// Returns all processes.
pub(super) fn all() -> Vec<Entry> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    folder.filter_map(|item| item.ok()?.file_name().to_str()?.parse().ok()).filter_map(entry).collect()
}

/// Returns one process, `None` when there is none of that pid.
pub(super) fn entry(pid: i32) -> Option<Entry> {
    parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Returns the environment a process was started with, variables ended by zero bytes; empty when it has
/// gone or belongs to another user.
pub(super) fn environment(process: Identity) -> Vec<u8> {
    fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default()
}

/// Parses a line of proc(5) `/proc/PID/stat`. The name in brackets may itself hold brackets and spaces, so
/// the fields are counted from its last bracket.
fn parse(pid: i32, line: &str) -> Option<Entry> {
    let (_, rest) = line.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X" | "x");
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    let start = fields.nth(FIELDS_BEFORE_START)?.parse().ok()?;
    Some(Entry { identity: Identity { pid, start }, parent, group, session, dead })
}

/// Fields between `session` (6) and `starttime` (22).
const FIELDS_BEFORE_START: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let line = "42 (a) b (c)) S 7 42 41 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 5 18446744073709551615";
        let entry = parse(42, line).unwrap();
        assert_eq!((entry.parent, entry.group, entry.session), (7, 42, 41));
        assert_eq!(entry.identity, Identity { pid: 42, start: 987_654 });
        assert!(!entry.dead);
    }

    #[test]
    fn this_process_is_in_the_table() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(all().iter().any(|entry| entry.identity.pid == own));
    }
}
