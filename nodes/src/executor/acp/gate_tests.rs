//! Questions against rules.

use serde_json::json;

use super::*;

fn gate(allowed: &[&str], refused: &[&str]) -> Gate {
    let read = |rules: &[&str]| rules.iter().map(|rule| Rule::parse(rule).unwrap()).collect();
    Gate { allowed: read(allowed), refused: read(refused), mode: None }
}

fn command(line: &str) -> Call {
    Call { tool: "Bash".into(), kind: ToolKind::Execute, input: json!({"command": line}) }
}

#[test]
fn nothing_is_allowed_without_a_rule() {
    assert_eq!(gate(&[], &[]).judge(&command("ls")), Verdict::Ask);
    assert!(!gate(&[], &[]).may_read() && !gate(&[], &[]).may_write());
}

#[test]
fn a_pattern_allows_one_command_and_never_a_second_behind_it() {
    let gate = gate(&["Bash(git:*)"], &[]);
    assert_eq!(gate.judge(&command("git status")), Verdict::Allow);
    for line in ["git status; rm -rf x", "git status && rm x", "git $(rm x)", "git log\nrm x", "gitk", "rm x"]
    {
        assert_eq!(gate.judge(&command(line)), Verdict::Ask, "{line}");
    }
}

#[test]
fn what_is_refused_is_refused_wherever_it_stands_and_whatever_is_allowed() {
    let gate = gate(&["Bash"], &["Bash(rm:*)", "WebFetch"]);
    assert_eq!(gate.judge(&command("ls")), Verdict::Allow);
    assert_eq!(gate.judge(&command("ls; rm x")), Verdict::Refuse);
    assert_eq!(gate.judge(&Call { tool: "shell".into(), ..command("ls; rm x") }), Verdict::Refuse);
    let fetch = Call { tool: "get_page".into(), kind: ToolKind::Fetch, input: json!({"url": "http://x"}) };
    assert_eq!(gate.judge(&fetch), Verdict::Refuse);
}

#[test]
fn files_are_offered_only_where_the_whole_tool_is_allowed() {
    assert!(gate(&["Read", "Write"], &[]).may_read() && gate(&["Edit"], &[]).may_write());
    assert!(!gate(&["Read(src/*)"], &[]).may_read());
    assert!(!gate(&["Read"], &["Read(secret)"]).may_read());
    assert!(Gate { mode: Some("acceptEdits".into()), ..gate(&[], &[]) }.may_write());
}

#[test]
fn a_tool_without_a_name_goes_by_its_kind() {
    let asked: ToolCallUpdate =
        serde_json::from_value(json!({"toolCallId": "1", "kind": "execute", "rawInput": {"command": "ls"}}))
            .unwrap();
    assert_eq!(Call::of(&asked, None), command("ls"));
    assert_eq!(Call::of(&asked, Some("shell")).tool, "shell");
}
