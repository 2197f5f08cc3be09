//! Work that is kept apart: real repositories, here and on another machine.

use super::*;

/// What each agent here does: it edits, adds and removes files, and says where it was.
const EDIT: &str = "echo changed > a.txt; printf '\\000\\377' > new.bin; rm -f gone.txt; cat; echo; pwd";

/// A repository with a commit, and something that is not committed.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a folder") };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.write("a.txt", "one\n");
        repository.write("b.txt", "two\n");
        repository.write("gone.txt", "three\n");
        repository.write(".gitignore", "secret.env\n");
        repository.write("secret.env", "TOKEN=1\n");
        repository.git(&["add", "-A"]);
        repository.git(&["-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "first"]);
        repository.write("b.txt", "half done\n");
        repository.write("untracked.txt", "new\n");
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, args: &[&str]) -> String {
        let done =
            std::process::Command::new("git").arg("-C").arg(self.path()).args(args).output().expect("git");
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("written");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    /// Says what git sees that is not committed, and how many work trees there are.
    fn state(&self) -> (String, usize) {
        (self.git(&["status", "--porcelain"]), self.git(&["worktree", "list"]).lines().count())
    }
}

/// Returns what lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Returns the state folder of a machine's worker.
fn state_of(machine: &Machine) -> PathBuf {
    machine.home.path().join("state/node")
}

impl Stage {
    /// A gateway whose own agent works in a repository as well.
    async fn beside(repository: &Repository, script: &str) -> Self {
        let config = format!(
            "[agents.main]\nexecutor = \"command\"\ncommand = [\"sh\", \"-c\", {script:?}]\ncwd = \"{}\"\ndefault = true\n",
            repository.path().display()
        );
        let mut gateway = Gateway::start(Options::default().config(&config)).await;
        gateway.keep_port();
        let owner = Knock::cli(&gateway).enter(&gateway).await;
        Self { gateway, owner, folder: tempfile::tempdir().expect("a folder") }
    }

    /// Runs `landline task …` within a folder.
    fn task(&self, folder: &Path, args: &[&str]) -> (bool, String) {
        let mut command = std::process::Command::new(binary());
        command.arg("task").args(args).arg("--state-dir").arg(self.gateway.state_dir());
        command.env_clear().env("HOME", self.gateway.home()).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        let done = command.current_dir(folder).output().expect("it runs");
        let said =
            format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.success(), said)
    }

    /// Has `on` do an edit in a place of its own, and looks at all that must be true of it.
    async fn edits(&mut self, repository: &Repository, (on, isolation): (&str, &str), state: &Path) {
        let before = repository.state();
        let task = self.dispatch(on, "hello\n", json!({"isolation": isolation, "maxRetries": 0})).await;
        let ended = self.ended(&task).await;
        assert_eq!(ended["status"], "completed", "{on} {isolation}: {ended}");
        let output = self.output(&task).await;
        let place = Path::new(output.trim().lines().last().expect("where it was"));
        assert!(place.starts_with(state) && !place.starts_with(repository.path()), "{output}");
        assert!(!place.exists(), "it is gone");
        assert_eq!(repository.state(), before, "the repository does not see it");
        assert_eq!((&*repository.read("a.txt"), &*repository.read("b.txt")), ("one\n", "half done\n"));
        assert!(names(&state.join("worktrees")).is_empty() && names(&state.join("copies")).is_empty());
        let kind = if isolation == "worktree" { "branch" } else { "patch" };
        assert_eq!(ended["artifact"]["kind"], kind, "{ended}");
        if kind == "branch" {
            let branch = ended["artifact"]["ref"].as_str().expect("a name");
            assert_eq!(branch, format!("landline/{task}"));
            assert_eq!(repository.git(&["show", &format!("{branch}:a.txt")]), "changed");
            // What was not committed was there, and is no part of what comes back.
            assert_eq!(repository.git(&["show", &format!("{branch}:b.txt")]), "half done");
        }
        self.comes_back(repository, &task, &ended).await;
    }

    /// Looks at the patch of a task and applies it.
    async fn comes_back(&mut self, repository: &Repository, task: &str, ended: &Value) {
        let diff = self.owner.ok("tasks.diff", json!({"taskId": task})).await;
        let text = diff["text"].as_str().expect("a patch");
        assert_eq!(diff["truncated"], false);
        assert_eq!(ended["artifact"]["bytes"], text.len(), "{ended}");
        assert!(text.contains("+changed") && text.contains("gone.txt") && text.contains("new.bin"), "{text}");
        assert!(!text.contains("half done") && !text.contains("untracked") && !text.contains("secret"));
        let (fine, said) = self.task(repository.path(), &["diff", task]);
        assert!(fine && said == text, "{said}");
        // Applied from a folder further down: all of it arrives.
        let down = repository.path().join("down");
        std::fs::create_dir_all(&down).expect("made");
        let (fine, said) = self.task(&down, &["apply", task]);
        assert!(fine && said.contains("applied"), "{said}");
        assert_eq!((&*repository.read("a.txt"), &*repository.read("b.txt")), ("changed\n", "half done\n"));
        assert_eq!(std::fs::read(repository.path().join("new.bin")).expect("it is there"), [0, 255]);
        assert!(!repository.path().join("gone.txt").exists());
        repository.git(&["checkout", "-q", "a.txt", "gone.txt"]);
        std::fs::remove_file(repository.path().join("new.bin")).expect("removed");
    }
}

#[tokio::test]
async fn what_a_task_changes_comes_back_and_the_repository_stays_as_it_was() {
    let repository = Repository::new();
    let mut stage = Stage::beside(&repository, EDIT).await;
    let here = stage.gateway.state_dir().canonicalize().expect("it is there");
    for isolation in ["worktree", "tmpdir"] {
        stage.edits(&repository, ("local", isolation), &here).await;
    }
    // Nothing changed, nothing left.
    let task = stage.dispatch("local", "x", json!({"isolation": "none"})).await;
    assert!(stage.ended(&task).await["artifact"].is_null());
    let error = stage.owner.err("tasks.diff", json!({"taskId": task})).await;
    assert_eq!(error["details"]["code"], "TASK_LEFT_NOTHING");
}

#[tokio::test]
async fn so_it_does_from_another_machine() {
    let repository = Repository::new();
    let mut stage = Stage::new().await;
    let cwd = format!("cwd = {:?}\n", repository.path());
    let machine = stage.machine_with("w", EDIT, "", &cwd).await;
    let there = state_of(&machine).canonicalize().expect("it is there");
    for isolation in ["worktree", "tmpdir"] {
        stage.edits(&repository, ("node:w", isolation), &there).await;
    }
}

#[tokio::test]
async fn failure_and_stop_keep_what_was_done_and_remove_the_place() {
    let repository = Repository::new();
    let mut stage = Stage::new().await;
    let mark = stage.file("began");
    let script = format!(
        "echo changed > a.txt; read word; [ $word = fail ] && exit 7; touch {}; sleep 600",
        mark.display()
    );
    let cwd = format!("cwd = {:?}\n", repository.path());
    let machine = stage.machine_with("w", &script, "isolation = \"worktree\"\n", &cwd).await;
    let (there, before) = (state_of(&machine), repository.state());
    // The worker's own way of keeping runs apart holds where the task says nothing.
    let failed = stage.dispatch("any", "fail\n", json!({"maxRetries": 0})).await;
    let ended = stage.ended(&failed).await;
    assert_eq!(
        (&ended["status"], &ended["artifact"]["kind"]),
        (&json!("failed"), &json!("branch")),
        "{ended}"
    );
    for isolation in ["worktree", "tmpdir"] {
        let stopped = stage.dispatch("any", "wait\n", json!({"isolation": isolation})).await;
        eventually("it runs", async || mark.exists()).await;
        stage.owner.ok("tasks.cancel", json!({"taskId": stopped})).await;
        let ended = stage.ended(&stopped).await;
        assert_eq!(ended["status"], "cancelled", "{ended}");
        let diff = stage.owner.ok("tasks.diff", json!({"taskId": stopped})).await;
        assert!(diff["text"].as_str().is_some_and(|text| text.contains("+changed")), "{diff}");
        std::fs::remove_file(&mark).expect("removed");
    }
    assert_eq!(repository.state(), before);
    for gone in ["worktrees", "copies", "quarantine"] {
        assert_eq!(names(&there.join(gone)), Vec::<String>::new(), "{gone}");
    }
}

#[tokio::test]
async fn what_a_killed_worker_left_is_put_aside_with_the_work_in_it() {
    let repository = Repository::new();
    let mut stage = Stage::new().await;
    let mark = stage.file("began");
    let script = format!("echo changed > a.txt; touch {}; sleep 600", mark.display());
    let cwd = format!("cwd = {:?}\n", repository.path());
    let mut machine = stage.machine_with("w", &script, "max_concurrent = 2\n", &cwd).await;
    let there = state_of(&machine);
    let tree = stage.dispatch("any", "x", json!({"isolation": "worktree", "maxRetries": 0})).await;
    eventually("it runs", async || mark.exists()).await;
    std::fs::remove_file(&mark).expect("removed");
    let copy = stage.dispatch("any", "x", json!({"isolation": "tmpdir", "maxRetries": 0})).await;
    eventually("it runs", async || mark.exists()).await;
    machine.kill9().await;
    stage.until_online("w", false).await;
    machine.start(&[]).await;
    for task in [&tree, &copy] {
        assert_eq!(stage.ended(task).await["status"], "failed");
    }
    assert!(names(&there.join("worktrees")).is_empty() && names(&there.join("copies")).is_empty());
    let aside = there.join("quarantine");
    for file in [aside.join(&tree).join("a.txt"), aside.join(&copy).join("files/a.txt")] {
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "changed\n");
    }
    // It still is a work tree on its branch: git can be used there.
    assert!(repository.git(&["worktree", "list"]).contains(&format!("[landline/{tree}]")));
}

#[tokio::test]
async fn what_a_killed_gateway_left_is_put_aside_and_what_cannot_be_kept_apart_is_refused() {
    let repository = Repository::new();
    let mut stage = Stage::beside(&repository, "echo changed > a.txt; sleep 600").await;
    let there = stage.gateway.state_dir().to_owned();
    let task = stage.dispatch("local", "x", json!({"isolation": "tmpdir"})).await;
    let file = there.join("copies").join(&task).join("files/a.txt");
    eventually("it runs", async || std::fs::read_to_string(&file).is_ok_and(|text| text == "changed\n"))
        .await;
    stage.gateway.kill9();
    stage.gateway.restart().await;
    stage.enter().await;
    assert_eq!(stage.ended(&task).await["status"], "failed");
    let aside = there.join("quarantine").join(&task).join("files/a.txt");
    assert_eq!(std::fs::read_to_string(aside).expect("it is there"), "changed\n");
    std::fs::remove_dir_all(repository.path().join(".git")).expect("removed");
    let task = stage.dispatch("local", "x", json!({"isolation": "worktree"})).await;
    let ended = stage.ended(&task).await;
    assert_eq!(ended["status"], "failed", "{ended}");
    assert!(ended["error"].as_str().is_some_and(|why| why.contains("git repository")), "{ended}");
    assert_eq!(repository.read("a.txt"), "one\n", "nothing was started");
}

#[tokio::test]
async fn folders_that_a_task_asks_for_reach_claude_code_after_the_check() {
    let repository = Repository::new();
    std::fs::create_dir(repository.path().join("part")).expect("made");
    repository.write("part/c.txt", "three\n");
    let scratch = tempfile::tempdir().expect("a folder");
    let (program, seen) = (scratch.path().join("claude.sh"), scratch.path().join("seen"));
    let script =
        format!("for word in \"$@\"; do echo \"$word\"; done > {0}.new; mv {0}.new {0}\n", seen.display());
    std::fs::write(&program, script).expect("written");
    let config = format!(
        "[agents.main]\nexecutor = \"claude_code\"\ncommand = [\"/bin/sh\", {program:?}]\ncwd = {:?}\ndefault = true\n",
        repository.path()
    );
    let gateway = Gateway::start(Options::default().config(&config)).await;
    let owner = Knock::cli(&gateway).enter(&gateway).await;
    let mut stage = Stage { gateway, owner, folder: tempfile::tempdir().expect("a folder") };
    let part = repository.path().join("part").canonicalize().expect("it is there");
    for isolation in ["none", "worktree"] {
        let asked = json!({"permissions": {"addDirs": [part]}, "isolation": isolation, "maxRetries": 0});
        let task = stage.dispatch("local", "hello", asked).await;
        stage.ended(&task).await;
        let words = std::fs::read_to_string(&seen).expect("it was started");
        // In a place of its own the agent has the place's folder, not the one that others work in.
        let tree = stage.gateway.state_dir().join("worktrees").join(&task).join("part");
        let wanted = if isolation == "none" { part.clone() } else { tree };
        let dirs: Vec<&str> = words.lines().filter_map(|word| word.strip_prefix("--add-dir=")).collect();
        assert_eq!(dirs, [wanted.display().to_string()], "{words}");
        std::fs::remove_file(&seen).expect("removed");
    }
    let beyond = json!({"permissions": {"addDirs": [repository.path().join("..")]}, "maxRetries": 0});
    let task = stage.dispatch("local", "hello", beyond).await;
    let ended = stage.ended(&task).await;
    assert!(ended["error"].as_str().is_some_and(|why| why.contains("the folder")), "{ended}");
    assert!(!seen.exists(), "nothing was started");
}
