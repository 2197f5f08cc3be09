//! Rules by meaning, limits that hold.

use proptest::prelude::*;

use super::*;

fn rule(text: &str) -> Rule {
    Rule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn list(rules: &[&str]) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

fn allowing(rules: &[&str]) -> TaskPermissions {
    TaskPermissions { allowed_tools: Some(list(rules)), ..TaskPermissions::default() }
}

fn refusing(rules: &[&str]) -> TaskPermissions {
    TaskPermissions { disallowed_tools: Some(list(rules)), ..TaskPermissions::default() }
}

fn code(result: Result<Rights, Failure>) -> String {
    result.expect_err("refused").code
}

#[test]
fn rules_meet_by_meaning() {
    for (one, two, both) in [
        ("Bash", "Bash(git:*)", Some("Bash(git:*)")),
        ("Bash(git:*)", "Bash(git status)", Some("Bash(git status)")),
        ("Bash(git:*)", "Bash(git log:*)", Some("Bash(git log:*)")),
        ("Bash(git:*)", "Bash(gitk)", None),
        ("Bash(git:*)", "Bash(git*)", Some("Bash(git:*)")),
        ("Bash(npm:*)", "Bash(git:*)", None),
        ("Bash(*)", "Bash", Some("Bash")),
        ("Read(/src/*)", "Read(/src/a/*)", Some("Read(/src/a/*)")),
        ("mcp__files__*", "mcp__files__read", Some("mcp__files__read")),
        ("Read", "Write", None),
    ] {
        let met = rule(one).meet(&rule(two)).map(|rule| rule.to_string());
        assert_eq!(met.as_deref(), both, "{one} and {two}");
        assert_eq!(
            rule(two).meet(&rule(one)).map(|rule| rule.to_string()).as_deref(),
            both,
            "{two} and {one}"
        );
    }
    for wrong in ["", "Bash(", "(git)", "Bash;rm", "Two Words"] {
        assert_eq!(Rule::parse(wrong).expect_err(wrong).code, "permission.invalid");
    }
}

#[test]
fn a_request_may_only_narrow() {
    let owner = Rights {
        mode: Some("acceptEdits".into()),
        allowed: list(&["Read", "Bash(git:*)"]),
        disallowed: list(&["WebFetch"]),
        dirs: Vec::new(),
    };
    assert_eq!(owner.narrowed(&TaskPermissions::default()).unwrap(), owner);
    assert_eq!(owner.narrowed(&allowing(&["Bash(git status)"])).unwrap().allowed, ["Bash(git status)"]);
    assert_eq!(owner.narrowed(&allowing(&[])).unwrap().allowed, [""; 0]);
    let asked = TaskPermissions { mode: Some("plan".into()), ..refusing(&["Bash"]) };
    let both = owner.narrowed(&asked).unwrap();
    assert_eq!((both.mode.as_deref(), &both.allowed), (Some("plan"), &list(&["Read"])));
    assert_eq!(both.disallowed, ["WebFetch", "Bash"]);
    for wider in [
        allowing(&["Bash"]),
        allowing(&["Read", "Write"]),
        TaskPermissions { mode: Some("bypassPermissions".into()), ..TaskPermissions::default() },
        TaskPermissions { mode: Some("unheardOf".into()), ..TaskPermissions::default() },
        TaskPermissions { add_dirs: Some(list(&["/etc"])), ..TaskPermissions::default() },
    ] {
        assert_eq!(code(owner.narrowed(&wider)), "permission.widened", "{wider:?}");
    }
    assert_eq!(code(owner.narrowed(&refusing(&["Bash", "Read"]))), "permission.empty");
    assert_eq!(code(Rights::default().narrowed(&allowing(&["Bash"]))), "permission.widened");
}

#[test]
fn folders_are_compared_where_they_lead() {
    let home = tempfile::tempdir().unwrap();
    let (inner, outer) = (home.path().join("work/a"), home.path().join("other"));
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::create_dir_all(&outer).unwrap();
    std::os::unix::fs::symlink(&outer, home.path().join("work/link")).unwrap();
    let owner = Rights { dirs: vec![home.path().join("work")], ..Rights::default() };
    let asked = |path: PathBuf| {
        let add_dirs = Some(vec![path.to_string_lossy().into_owned()]);
        owner.narrowed(&TaskPermissions { add_dirs, ..TaskPermissions::default() })
    };
    assert!(asked(inner.clone()).is_ok());
    for outside in ["work/../other", "work/link", "other", "work2", "work/missing"] {
        assert_eq!(code(asked(home.path().join(outside))), "permission.widened", "{outside}");
    }
}

#[test]
fn two_lists_with_nothing_in_common_are_an_error() {
    let both = meet(&list(&["Bash", "Read"]), &list(&["Bash(git:*)", "Write"])).unwrap();
    assert_eq!(both, ["Bash(git:*)"]);
    assert_eq!(meet(&list(&["Read"]), &list(&["Write"])).expect_err("nothing").code, "permission.empty");
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let pattern = prop_oneof![
        Just(None),
        "(a|b| ){0,4}".prop_map(|text| Some(text.clone())),
        "(a|b| ){0,4}".prop_map(|text| Some(text + "*")),
        "(a|b| ){1,4}".prop_map(|text| Some(text + ":*")),
    ];
    (prop_oneof![Just("Bash"), Just("Read"), Just("B*")], pattern).prop_map(|(tool, pattern)| {
        let text = pattern.map_or_else(|| tool.to_owned(), |pattern| format!("{tool}({pattern})"));
        rule(&text)
    })
}

proptest! {
    #[test]
    fn what_two_rules_allow_together_each_allows_alone(one in any_rule(), two in any_rule()) {
        if let Some(both) = one.meet(&two) {
            prop_assert!(one.covers(&both), "{one} does not cover {both}");
            prop_assert!(two.covers(&both), "{two} does not cover {both}");
        }
        prop_assert!(one.covers(&one));
    }
}
