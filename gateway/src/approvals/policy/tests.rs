//! What the policy allows, and that nothing else gets through.

use proptest::prelude::*;
use schemas::exec_policy::{ExecAgent, ExecRules};

use super::*;

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn case<'a>(program: &'a str, argv: &'a [String]) -> ExecCase<'a> {
    ExecCase {
        agent: Some("main"),
        node: None,
        program: Path::new(program),
        argv,
        cwd: Some("/work"),
        env_keys: &[],
    }
}

fn policy(security: ExecSecurity, ask: ExecAsk, allowlist: Vec<ExecAllowed>) -> ExecPolicy {
    let rules = ExecRules { security: Some(security), ask: Some(ask), ..ExecRules::default() };
    let agent = ExecAgent { allowlist, ..ExecAgent::default() };
    ExecPolicy { defaults: Some(rules), agents: [("main".to_owned(), agent)].into(), ..ExecPolicy::default() }
}

fn entry(pattern: &str, arguments: Option<&str>) -> ExecAllowed {
    ExecAllowed {
        pattern: pattern.into(),
        arg_pattern: arguments.map(str::to_owned),
        ..ExecAllowed::default()
    }
}

fn listing(entry: ExecAllowed) -> ExecPolicy {
    policy(ExecSecurity::Allowlist, ExecAsk::OnMiss, vec![entry])
}

#[test]
fn each_combination_decides_as_it_says() {
    use ExecAsk::{Always, Off, OnMiss};
    use ExecSecurity::{Allowlist, Deny, Full};
    let args = argv(&["ls", "-l"]);
    let (listed, other) = (case("/usr/bin/ls", &args), case("/usr/bin/cat", &args));
    let table = [
        (Deny, Off, Judgement::Deny, Judgement::Deny),
        (Deny, OnMiss, Judgement::Deny, Judgement::Deny),
        (Deny, Always, Judgement::Deny, Judgement::Deny),
        (Allowlist, Off, Judgement::Allow, Judgement::Deny),
        (Allowlist, OnMiss, Judgement::Allow, Judgement::Ask),
        (Allowlist, Always, Judgement::Ask, Judgement::Ask),
        (Full, Off, Judgement::Allow, Judgement::Allow),
        (Full, OnMiss, Judgement::Allow, Judgement::Allow),
        (Full, Always, Judgement::Ask, Judgement::Ask),
    ];
    for (security, ask, on_list, off_list) in table {
        let policy = policy(security, ask, vec![entry("/usr/bin/ls", None)]);
        assert_eq!(judge(&policy, &listed), on_list, "{security} {ask}");
        assert_eq!(judge(&policy, &other), off_list, "{security} {ask}");
    }
    assert_eq!(judge(&ExecPolicy::default(), &listed), Judgement::Ask, "without a file somebody is asked");
}

#[test]
fn what_counts_when_nobody_answers_never_exceeds_what_may_be_run() {
    use ExecSecurity::{Allowlist, Deny, Full};
    let args = argv(&["ls"]);
    let (listed, other) = (case("/usr/bin/ls", &args), case("/usr/bin/cat", &args));
    let table = [
        (Full, None, Judgement::Deny, Judgement::Deny),
        (Full, Some(Deny), Judgement::Deny, Judgement::Deny),
        (Full, Some(Allowlist), Judgement::Allow, Judgement::Deny),
        (Full, Some(Full), Judgement::Allow, Judgement::Allow),
        (Allowlist, Some(Full), Judgement::Allow, Judgement::Allow),
        (Deny, Some(Full), Judgement::Deny, Judgement::Deny),
    ];
    for (security, otherwise, on_list, off_list) in table {
        let mut policy = policy(security, ExecAsk::Always, vec![entry("/usr/bin/ls", None)]);
        policy.defaults.as_mut().unwrap().ask_fallback = otherwise;
        assert_eq!(fallback(&policy, &listed), on_list, "{security} {otherwise:?}");
        assert_eq!(fallback(&policy, &other), off_list, "{security} {otherwise:?}");
    }
}

#[test]
fn an_agents_own_rules_come_before_those_of_all_and_the_lists_add_up() {
    let mut policy = policy(ExecSecurity::Full, ExecAsk::Off, vec![entry("/bin/own", None)]);
    let all = ExecAgent {
        security: Some(ExecSecurity::Allowlist),
        allowlist: vec![entry("/bin/all", None)],
        ..ExecAgent::default()
    };
    policy.agents.insert("*".into(), all);
    policy.agents.get_mut("main").unwrap().ask = Some(ExecAsk::OnMiss);
    let args = argv(&["x"]);
    let of = |agent, program| {
        let what = ExecCase { agent, ..case(program, &args) };
        judge(&policy, &what)
    };
    assert_eq!(of(Some("main"), "/bin/own"), Judgement::Allow);
    assert_eq!(of(Some("main"), "/bin/all"), Judgement::Allow);
    assert_eq!(of(Some("main"), "/bin/none"), Judgement::Ask);
    assert_eq!(of(Some("other"), "/bin/own"), Judgement::Deny);
    assert_eq!(of(Some("other"), "/bin/all"), Judgement::Allow);
    assert_eq!(of(Some("*"), "/bin/own"), Judgement::Deny, "nobody is called like everyone");
    assert_eq!(of(None, "/bin/own"), Judgement::Deny);
}

#[test]
fn patterns_match_the_files_path_and_all_arguments() {
    let listed = |pattern: &str, arguments: Option<&str>, program: &str, words: &[&str]| {
        let args = argv(words);
        judge(&listing(entry(pattern, arguments)), &case(program, &args)) == Judgement::Allow
    };
    assert!(listed("/usr/bin/*", None, "/usr/bin/ls", &["ls"]));
    assert!(!listed("/usr/bin/*", None, "/usr/bin/deep/ls", &["ls"]));
    assert!(listed("/usr/**/ls", None, "/usr/local/bin/ls", &["ls"]));
    assert!(!listed("/usr/**", None, "/usr/../tmp/evil", &["evil"]));
    assert!(!listed("/usr/bin/l?", None, "/usr/bin/l/", &["l"]));
    assert!(!listed("ls", None, "/usr/bin/ls", &["ls"]), "a bare name could be any file");
    assert!(listed("*", None, "/opt/tool", &["tool"]));
    assert!(!listed("/usr/bin/l.", None, "/usr/bin/ls", &["ls"]), "a dot is a dot");
    assert!(listed("/usr/bin/git", Some("status|diff .*"), "/usr/bin/git", &["git", "status"]));
    assert!(listed("/usr/bin/git", Some("status|diff .*"), "/usr/bin/git", &["git", "diff", "a"]));
    assert!(!listed("/usr/bin/git", Some("status"), "/usr/bin/git", &["git", "status", "--evil"]));
    assert!(!listed("/usr/bin/git", Some("status"), "/usr/bin/git", &["git", "-c", "x", "status"]));
    assert!(!listed("/usr/bin/git", Some("a b"), "/usr/bin/git", &["git", "a b"]), "one argument is not two");
    assert!(!listed("/usr/bin/git", Some("a.*"), "/usr/bin/git", &["git", "a\nb"]));
    assert!(
        !listed("/usr/bin/git", Some("a)|(.*"), "/usr/bin/git", &["git", "b"]),
        "no way out of the group"
    );
    assert!(listed("C:\\Tools\\*.exe", None, "C:\\Tools\\rg2.exe", &["x"]));
}

#[test]
fn a_command_with_its_own_environment_is_never_covered_unless_it_changes_nothing() {
    let args = argv(&["ls"]);
    let policy = listing(entry("/usr/bin/ls", None));
    let with = |keys: &[String]| judge(&policy, &ExecCase { env_keys: keys, ..case("/usr/bin/ls", &args) });
    assert_eq!(with(&argv(&["LD_PRELOAD"])), Judgement::Ask);
    assert_eq!(with(&argv(&["NO_COLOR", "PATH"])), Judgement::Ask);
    assert_eq!(with(&argv(&["NO_COLOR", "LC_ALL"])), Judgement::Allow);
}

#[test]
fn programs_that_run_code_need_their_file_and_their_arguments_named() {
    let args = argv(&["python3", "-m", "http.server"]);
    let what = case("/usr/bin/python3.12", &args);
    let by = |pattern, arguments| judge(&listing(entry(pattern, arguments)), &what) == Judgement::Allow;
    assert!(!by("/usr/bin/*", None) && !by("/usr/bin/*", Some(".*")) && !by("*", None));
    assert!(!by("/usr/bin/python3.12", None));
    assert!(by("/usr/bin/python3.12", Some("-m http\\.server")));
}

#[test]
fn what_is_remembered_counts_for_exactly_that() {
    let dir = tempfile::tempdir().unwrap();
    let file = PolicyFile::new(dir.path());
    let args = argv(&["git", "log", "a b"]);
    let what = ExecCase { node: Some("n1"), ..case("/usr/bin/git", &args) };
    let (agent, entry) = remembered(&what).unwrap();
    file.add(agent, entry.clone()).unwrap();
    file.add(agent, entry).unwrap();
    let policy = file.read().unwrap().policy;
    assert_eq!(policy.agents["main"].allowlist.len(), 1, "twice is once");
    assert_eq!(judge(&policy, &what), Judgement::Allow);
    let others = [argv(&["git", "log", "a", "b"]), argv(&["git", "log"]), argv(&["git", "log", "a b", ""])];
    for other in &others {
        assert_eq!(judge(&policy, &ExecCase { argv: other, ..what }), Judgement::Ask, "{other:?}");
    }
    assert_eq!(judge(&policy, &ExecCase { cwd: Some("/etc"), ..what }), Judgement::Ask);
    assert_eq!(judge(&policy, &ExecCase { cwd: None, ..what }), Judgement::Ask);
    assert_eq!(judge(&policy, &ExecCase { node: Some("n2"), ..what }), Judgement::Ask);
    assert_eq!(judge(&policy, &ExecCase { node: None, ..what }), Judgement::Ask);
    assert_eq!(judge(&policy, &ExecCase { agent: Some("other"), ..what }), Judgement::Ask);
    assert_eq!(judge(&policy, &ExecCase { program: Path::new("/tmp/git"), ..what }), Judgement::Ask);
    let here = ExecCase { node: None, ..what };
    let (_, entry) = remembered(&here).unwrap();
    assert_eq!(judge(&listing(entry), &what), Judgement::Ask, "what was remembered here counts here");
}

#[test]
fn the_file_is_private_and_two_writers_do_not_lose_each_others_change() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let file = PolicyFile::new(dir.path());
    let empty = file.read().unwrap();
    assert!(!empty.exists && empty.hash.len() == 64);
    let first = file.replace(listing(entry("/bin/ls", None)), Some(&empty.hash)).unwrap();
    let mode = std::fs::metadata(&first.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = file.replace(ExecPolicy::default(), None);
    assert!(matches!(again, Err(PolicyError::NoBase)), "{again:?}");
    let stale = file.replace(ExecPolicy::default(), Some(&empty.hash));
    assert!(matches!(stale, Err(PolicyError::Stale)), "{stale:?}");
    for (pattern, arguments) in [("ls", None), ("/bin/ls", Some("(")), ("node:n1:ls", None)] {
        let wrong = file.replace(listing(entry(pattern, arguments)), Some(&first.hash));
        assert!(matches!(wrong, Err(PolicyError::Invalid(_))), "{wrong:?}");
    }
    assert_eq!(file.read().unwrap().hash, first.hash);
    std::fs::write(&first.path, "{\"version\": 1, \"defaults\": {\"security\": \"none\"}}").unwrap();
    assert!(matches!(file.read(), Err(PolicyError::Format { .. })));
}

#[test]
fn these_programs_are_known_whatever_their_version_and_place() {
    assert!(interpreters::all().is_sorted(), "they are searched");
    for path in [
        "/bin/sh",
        "/usr/bin/python3.12",
        "/opt/x/bin/pypy3.10",
        "/usr/bin/x86_64-linux-gnu-python3",
        "/usr/bin/perl5.36.0",
        "/usr/local/bin/node-20",
        "/usr/bin/lua5.4",
        "/bin/busybox",
        "/bin/BASH",
        "C:\\Windows\\System32\\cmd.exe",
        "C:\\Windows\\System32\\rundll32.exe",
        "/nix/store/abc-bash-5.2/bin/.bash-wrapped",
        "/usr/bin/systemd-run",
        "/usr/bin/Rscript",
        "/usr/bin/pip3",
    ] {
        let args = argv(&["tool"]);
        assert!(interpreters::named(&case(path, &args)).is_some(), "{path}");
        let called = argv(&[path]);
        assert!(interpreters::named(&case("/usr/bin/tool", &called)).is_some(), "called as {path}");
    }
    for path in
        ["/bin/ls", "/usr/bin/git", "/usr/bin/rg", "/usr/bin/rsync", "/usr/bin/tail", "/usr/bin/apt-get"]
    {
        let args = argv(&["tool"]);
        assert_eq!(interpreters::named(&case(path, &args)), None, "{path}");
    }
}

proptest! {
    #[test]
    fn no_program_that_runs_code_is_ever_remembered(
        name in prop::sample::select(interpreters::all()),
        version in "(-?[0-9]{1,2}(\\.[0-9]{1,2}){0,2})?",
        ending in prop::sample::select(&["", ".exe", ".bat"][..]),
        folder in "(/[a-z]{1,6}){0,3}",
        upper in any::<bool>(),
        linked in any::<bool>(),
        arguments in prop::collection::vec("[ -~]{0,8}", 0..3),
    ) {
        let name = format!("{name}{version}{ending}");
        let name = if upper { name.to_uppercase() } else { name };
        let path = format!("{folder}/{name}");
        // By its file, or by the name of a link to some other file.
        let (program, called) = if linked { ("/usr/bin/tool".to_owned(), path) } else { (path, "tool".to_owned()) };
        let args: Vec<String> = std::iter::once(called).chain(arguments).collect();
        let what = case(&program, &args);
        prop_assert!(matches!(remembered(&what), Err(NotRemembered::Interpreter(_))));
        let forged = ExecAllowed {
            source: Some(ExecSource::AllowAlways),
            arg_pattern: Some(rule::exactly(&what)),
            ..entry(&program, None)
        };
        prop_assert_eq!(judge(&listing(forged), &what), Judgement::Ask);
        let mut request = request(&what);
        offer(&mut request);
        prop_assert!(!request.allowed_decisions.contains(&ApprovalDecision::AllowAlways));
    }

    #[test]
    fn whatever_is_remembered_covers_itself_and_nothing_that_differs_in_one_place(
        words in prop::collection::vec("[ -~]{0,6}", 1..5),
        other in prop::collection::vec("[ -~]{0,6}", 1..5),
        cwd in prop::option::of("/[a-z]{0,3}"),
        elsewhere in prop::option::of("/[a-z]{0,3}"),
    ) {
        let named = |words: &[String]| [&["tool".to_owned()], words].concat();
        let (words, other) = (named(&words), named(&other));
        let what = ExecCase { cwd: cwd.as_deref(), ..case("/usr/bin/tool", &words) };
        let policy = listing(remembered(&what).unwrap().1);
        prop_assert_eq!(judge(&policy, &what), Judgement::Allow);
        let changed = ExecCase { argv: &other, cwd: elsewhere.as_deref(), ..what };
        let same = words == other && cwd == elsewhere;
        prop_assert_eq!(judge(&policy, &changed) == Judgement::Allow, same);
    }

    #[test]
    fn no_text_in_the_policy_file_makes_it_panic(text in "\\PC{0,80}", pattern in "\\PC{0,12}", arguments in "\\PC{0,12}") {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("exec-approvals.json"), text).unwrap();
        drop(PolicyFile::new(dir.path()).read());
        let args = argv(&["ls", "-l"]);
        judge(&listing(entry(&pattern, Some(&arguments))), &case("/usr/bin/ls", &args));
    }
}

fn request(what: &ExecCase<'_>) -> ApprovalRequest {
    ApprovalRequest {
        command_argv: Some(what.argv.to_vec()),
        resolved_path: what.program.to_str().map(str::to_owned),
        agent_id: what.agent.map(str::to_owned),
        cwd: what.cwd.map(str::to_owned),
        allowed_decisions: vec![
            ApprovalDecision::AllowOnce,
            ApprovalDecision::AllowAlways,
            ApprovalDecision::Deny,
        ],
        ..ApprovalRequest::default()
    }
}
