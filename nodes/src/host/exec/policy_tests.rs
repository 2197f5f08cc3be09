//! The policy: who is on the list, what the stricter side says, and what is never remembered.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(ToString::to_string).collect()
}

fn search() -> std::ffi::OsString {
    "/usr/bin:/bin".into()
}

fn find(name: &str) -> Located {
    locate(name, Path::new("/"), &search()).unwrap()
}

fn policy(owner: Exec) -> (tempfile::TempDir, Policy) {
    let folder = tempfile::tempdir().unwrap();
    let policy = Policy::new(owner, folder.path().join("exec-approvals.json"));
    (folder, policy)
}

#[test]
fn the_table() {
    use Judgement::{Allow, Deny, Disabled, NeedsApproval};
    for (security, ask, listed, wanted) in [
        (Security::Deny, Ask::Off, true, Disabled),
        (Security::Deny, Ask::Always, true, Disabled),
        (Security::Allowlist, Ask::Off, true, Allow),
        (Security::Allowlist, Ask::Off, false, Deny),
        (Security::Allowlist, Ask::OnMiss, true, Allow),
        (Security::Allowlist, Ask::OnMiss, false, NeedsApproval),
        (Security::Allowlist, Ask::Always, true, NeedsApproval),
        (Security::Full, Ask::Off, false, Allow),
        (Security::Full, Ask::OnMiss, false, Allow),
        (Security::Full, Ask::Always, true, NeedsApproval),
    ] {
        assert_eq!(judge(security, ask, listed), wanted, "{security:?} {ask:?} {listed}");
    }
}

#[test]
fn what_was_approved_for_good_is_that_command_only() {
    let (_folder, policy) = policy(Exec::default());
    let uname = find("uname");
    let judge = |args: &[&str]| policy.judge("main", &uname, &words(args), &search()).unwrap();
    assert_eq!(judge(&["-a"]), Judgement::NeedsApproval);
    assert!(policy.remember("main", &uname, &words(&["-a"]), 1).unwrap());
    assert_eq!(judge(&["-a"]), Judgement::Allow);
    assert_eq!(judge(&["-r"]), Judgement::NeedsApproval);
    assert_eq!(policy.judge("other", &uname, &words(&["-a"]), &search()).unwrap(), Judgement::NeedsApproval);
}

#[test]
fn interpreters_are_never_remembered() {
    let (_folder, policy) = policy(Exec::default());
    let shell = find("sh");
    assert!(!policy.remember("main", &shell, &words(&["-c", "ls"]), 1).unwrap());
    assert_eq!(
        policy.judge("main", &shell, &words(&["-c", "ls"]), &search()).unwrap(),
        Judgement::NeedsApproval
    );
    assert!(!policy.remember("main", &find("ls"), &words(&["*"]), 1).unwrap(), "a star is a pattern");
    for pattern in ["/bin/sh", "/usr/bin/env", "sh", "/usr/bin/*", "~/x"] {
        let file = json!({"version": 1, "agents": {"main": {"allowlist": [{"pattern": pattern}]}}});
        assert!(policy.replace(&file, None).is_err(), "{pattern}");
    }
}

#[test]
fn the_owner_may_name_every_word_of_a_script() {
    let allow = |args: Option<&[&str]>| Allowed { program: "sh".into(), args: args.map(words) };
    for (args, wanted) in [
        (Some(&["-c", "date"][..]), Judgement::Allow),
        (Some(&["-c", "*"][..]), Judgement::NeedsApproval),
        (None, Judgement::NeedsApproval),
    ] {
        let (_folder, policy) = policy(Exec { allow: vec![allow(args)], ..Exec::default() });
        let judged = policy.judge("main", &find("sh"), &words(&["-c", "date"]), &search()).unwrap();
        assert_eq!(judged, wanted, "{args:?}");
    }
}

#[test]
fn a_list_from_afar_cannot_widen_what_the_owner_allows() {
    let (_folder, policy) =
        policy(Exec { security: Security::Allowlist, ask: Ask::OnMiss, ..Exec::default() });
    let wide = json!({"version": 1, "defaults": {"security": "full", "ask": "off"}, "agents": {}});
    policy.replace(&wide, None).unwrap();
    assert_eq!(policy.limits("main").unwrap(), (Security::Allowlist, Ask::OnMiss));
    let narrow = json!({"version": 1, "defaults": {"security": "deny"}, "agents": {}});
    policy.replace(&narrow, None).unwrap();
    assert_eq!(policy.limits("main").unwrap().0, Security::Deny);
}

#[test]
fn a_change_names_what_it_was_made_from() {
    let (_folder, policy) = policy(Exec::default());
    let empty = policy.show().unwrap();
    assert_eq!(empty["exists"], false);
    let base = empty["hash"].as_str().unwrap().to_owned();
    let file = json!({"version": 1, "agents": {"*": {"allowlist": [{"pattern": "/usr/bin/uname"}]}}, "socket": {"path": "x"}});
    let shown = policy.replace(&file, Some(&base)).unwrap();
    assert_eq!(shown["file"]["socket"]["path"], "x", "what others keep there stays");
    assert!(policy.replace(&file, Some(&base)).is_err(), "stale");
    let judged = policy.judge("any", &find("uname"), &words(&["-x"]), &search()).unwrap();
    assert_eq!(judged, Judgement::Allow);
}

#[test]
fn a_broken_list_lets_nothing_run() {
    let (folder, policy) = policy(Exec { security: Security::Full, ask: Ask::Off, ..Exec::default() });
    fs::write(folder.path().join("exec-approvals.json"), "{").unwrap();
    assert!(policy.judge("main", &find("uname"), &[], &search()).is_err());
}

proptest! {
    #[test]
    fn a_list_never_makes_it_freer(
        owner in prop::sample::select(vec!["deny", "allowlist", "full"]),
        list in prop::sample::select(vec!["deny", "allowlist", "full"]),
        ask in prop::sample::select(vec!["always", "on-miss", "off"]),
        ask_list in prop::sample::select(vec!["always", "on-miss", "off"]),
        listed: bool,
    ) {
        let args = if listed { words(&["-a"]) } else { words(&["-b"]) };
        let owner: Exec = toml::from_str(&format!("security = \"{owner}\"\nask = \"{ask}\"\n[[allow]]\nprogram = \"uname\"\nargs = [\"-a\"]")).unwrap();
        let alone = judge(owner.security, owner.ask, listed);
        let (_folder, policy) = policy(owner);
        policy.replace(&json!({"version": 1, "defaults": {"security": list, "ask": ask_list}}), None).unwrap();
        let together = policy.judge("main", &find("uname"), &args, &search()).unwrap();
        prop_assert!(together >= alone, "{:?} became {:?}", alone, together);
    }

    #[test]
    fn exact_words_fit_themselves_only(
        args in prop::collection::vec("[a-z]{1,3}", 0..4),
        other in prop::collection::vec("[a-z]{1,3}", 0..4),
    ) {
        prop_assert!(args_fit(&args, &args));
        prop_assert_eq!(args_fit(&args, &other), args == other);
        let mut open = args.clone();
        open.push("**".into());
        prop_assert_eq!(args_fit(&open, &other), other.starts_with(&args));
    }
}
