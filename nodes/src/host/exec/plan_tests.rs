//! Frozen plans: whatever changes between approval and execution is noticed, and a plan works once.

use std::ffi::OsStr;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::host::exec::program::locate;

fn wanted(argv: &[&str], cwd: &Path) -> Wanted {
    let program = locate(argv[0], cwd, OsStr::new("/usr/bin:/bin")).unwrap();
    Wanted {
        argv: argv.iter().map(ToString::to_string).collect(),
        cwd: cwd.canonicalize().unwrap(),
        env: BTreeMap::new(),
        agent_id: Some("main".into()),
        session_key: None,
        program,
    }
}

fn prepared(argv: &[&str], cwd: &Path) -> (Plans, Value) {
    let plan = Plan::freeze(wanted(argv, cwd), 1000).unwrap();
    let shown = serde_json::to_value(&plan).unwrap();
    let plans = Plans::default();
    plans.keep(plan);
    (plans, shown)
}

#[test]
fn a_plan_works_once_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (plans, shown) = prepared(&["uname", "-a"], folder.path());
    assert!(plans.take(&shown, 2000).is_ok());
    assert!(plans.take(&shown, 2000).is_err(), "used");
    let (plans, shown) = prepared(&["uname"], folder.path());
    assert!(plans.take(&shown, 1000 + LIFE).is_err(), "expired");
}

#[test]
fn standard_fields_are_enough_but_must_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let (plans, shown) = prepared(&["uname", "-a"], folder.path());
    let cwd = shown["cwd"].clone();
    let forged = json!({"argv": ["uname", "-r"], "cwd": cwd});
    assert!(plans.take(&forged, 2000).is_err());
    let bare = json!({"argv": ["uname", "-a"], "cwd": cwd, "sessionKey": null, "commandText": "uname -a"});
    assert!(plans.take(&bare, 2000).is_ok());
}

#[test]
fn each_changed_field_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (plans, shown) = prepared(&["sh", "-c", "ls"], folder.path());
    for (field, value) in [
        ("argv", json!(["sh", "-c", "rm"])),
        ("cwd", json!("/")),
        ("env", json!({"CI": "1"})),
        ("commandText", json!("ls")),
        ("commandPreview", json!("rm")),
        ("agentId", json!("other")),
        ("sessionKey", json!("agent:main:x")),
        ("program", json!({"path": "/bin/sh", "real": "/bin/sh", "sha256": ""})),
        ("expiresAtMs", json!(9_999_999_999_999_i64)),
        ("mutableFileOperand", json!({"argvIndex": 2, "path": "/x", "sha256": ""})),
        ("planId", json!("00000000-0000-4000-8000-000000000000")),
        ("somethingElse", json!(1)),
    ] {
        let mut given = shown.clone();
        given[field] = value;
        assert!(plans.take(&given, 2000).is_err(), "{field}");
    }
    assert!(plans.take(&shown, 2000).is_ok(), "forged ones do not use it up");
}

#[test]
fn a_changed_script_or_program_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("job.sh");
    std::fs::write(&script, "echo one").unwrap();
    let freeze = || Plan::freeze(wanted(&["sh", "job.sh"], folder.path()), 0).unwrap();
    let approved = freeze();
    assert_eq!(approved.mutable_file_operand.as_ref().map(|operand| operand.argv_index), Some(1));
    assert_eq!(approved.differs_from(&freeze()), None);
    std::fs::write(&script, "echo two").unwrap();
    assert_eq!(approved.differs_from(&freeze()).as_deref(), Some("a file that it names"));
    std::fs::remove_file(&script).unwrap();
    assert!(approved.differs_from(&freeze()).is_some(), "gone");

    let tool = folder.path().join("tool");
    std::fs::copy("/bin/true", &tool).unwrap();
    let freeze = || Plan::freeze(wanted(&["./tool"], folder.path()), 0).unwrap();
    let approved = freeze();
    std::fs::copy("/bin/false", &tool).unwrap();
    assert_eq!(approved.differs_from(&freeze()).as_deref(), Some("the program"));
}

#[test]
fn the_text_for_people_hides_nothing() {
    let argv: Vec<String> = ["sh", "-c", "echo 'a b'", ""].map(ToOwned::to_owned).to_vec();
    assert_eq!(text(&argv), r"sh -c 'echo '\''a b'\''' ''");
}

proptest! {
    #[test]
    fn one_changed_byte_is_a_difference(
        args in prop::collection::vec("[ -~]{0,6}", 1..4), at: prop::sample::Index, byte: prop::sample::Index,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut argv = vec!["uname"];
        argv.extend(args.iter().map(String::as_str));
        let (plans, shown) = prepared(&argv, folder.path());
        let mut changed = argv.iter().map(ToString::to_string).collect::<Vec<_>>();
        let word = &mut changed[at.index(argv.len())];
        let position = byte.index(word.len() + 1);
        word.insert(position, '~');
        let mut given = shown.clone();
        given["argv"] = json!(changed);
        prop_assert!(plans.take(&given, 2000).is_err());
        given.as_object_mut().unwrap().remove("planId");
        prop_assert!(plans.take(&given, 2000).is_err());
        prop_assert!(plans.take(&shown, 2000).is_ok());
    }

    #[test]
    fn different_words_have_different_texts(
        one in prop::collection::vec("[a' \\\\\"]{0,3}", 1..4),
        other in prop::collection::vec("[a' \\\\\"]{0,3}", 1..4),
    ) {
        prop_assert_eq!(one == other, text(&one) == text(&other));
    }
}
