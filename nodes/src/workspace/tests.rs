//! Places in real repositories.

use std::fs;
use std::process::Command;

use super::git::Git;
use super::*;

struct World {
    _dir: tempfile::TempDir,
    base: PathBuf,
    options: Options,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (base, state) = (dir.path().join("repo"), dir.path().join("state"));
        fs::create_dir_all(base.join("src")).unwrap();
        Self { base, options: Options::new(state), _dir: dir }
    }

    fn repository() -> Self {
        let world = Self::new();
        world.git(&["init", "-q", "-b", "main"]);
        world.write("a.txt", "one\n");
        world.write("src/b.txt", "two\n");
        world.write(".gitignore", "secret.env\ntarget/\n");
        world.write("secret.env", "TOKEN=1\n");
        world.git(&["add", "-A"]);
        world.git(&["-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "first"]);
        world
    }

    fn git(&self, args: &[&str]) -> String {
        let done = Command::new("git").arg("-C").arg(&self.base).args(args).output().unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.base.join(name), text).unwrap();
    }

    fn prepare(&self, isolation: Isolation, task: &str) -> Workspace {
        Workspace::prepare(isolation, &self.base, task, &self.options).unwrap()
    }

    /// Applies a patch to the repository as it is.
    fn apply(&self, left: &Left) {
        let file = self.options.state_dir.join("patch");
        fs::write(&file, &left.text).unwrap();
        self.git(&["apply", file.to_str().unwrap()]);
    }
}

#[test]
fn a_work_tree_comes_back_as_a_branch_and_leaves_nothing_else() {
    let world = World::repository();
    let mut place = world.prepare(Isolation::Worktree, "t1");
    assert!(place.path.starts_with(&world.options.state_dir) && place.path.join("a.txt").exists());
    assert!(!place.path.join("secret.env").exists());
    assert_eq!(world.git(&["status", "--porcelain"]), "", "the repository does not see it");
    fs::write(place.path.join("a.txt"), "changed\n").unwrap();
    fs::write(place.path.join("new.bin"), [0, 159, 146, 150]).unwrap();
    fs::remove_file(place.path.join("src/b.txt")).unwrap();
    let left = place.capture().unwrap().expect("something was changed");
    assert_eq!((left.artifact.kind, left.artifact.name.as_str()), (ArtifactKind::Branch, "landline/t1"));
    assert!(!left.truncated && left.artifact.bytes == left.text.len() as u64);
    let path = place.path.clone();
    place.clean().unwrap();
    assert!(!path.exists());
    assert_eq!(world.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(world.git(&["show", "landline/t1:a.txt"]), "changed");
    assert_eq!(fs::read_to_string(world.base.join("a.txt")).unwrap(), "one\n");
    world.apply(&left);
    assert_eq!(fs::read(world.base.join("new.bin")).unwrap(), [0, 159, 146, 150]);
    assert!(!world.base.join("src/b.txt").exists());
}

#[test]
fn nothing_changed_leaves_no_branch() {
    let world = World::repository();
    let mut place = world.prepare(Isolation::Worktree, "t1");
    assert_eq!(place.capture().unwrap(), None);
    place.clean().unwrap();
    assert_eq!(world.git(&["branch", "--list", "landline/*"]), "");
}

#[test]
fn what_is_not_committed_goes_along_and_is_no_part_of_the_result() {
    let world = World::repository();
    world.write("a.txt", "half done\n");
    world.write("untracked.txt", "new\n");
    let before = world.git(&["status", "--porcelain"]);
    let mut place = world.prepare(Isolation::Worktree, "t1");
    assert_eq!(fs::read_to_string(place.path.join("a.txt")).unwrap(), "half done\n");
    assert!(place.path.join("untracked.txt").exists());
    fs::write(place.path.join("src/b.txt"), "mine\n").unwrap();
    let left = place.capture().unwrap().unwrap();
    assert!(left.text.contains("src/b.txt") && !left.text.contains("untracked.txt"));
    place.clean().unwrap();
    assert_eq!(world.git(&["status", "--porcelain"]), before, "the folder is as it was");
    let plain = Options { carry_dirty: false, ..world.options.clone() };
    let place = Workspace::prepare(Isolation::Worktree, &world.base, "t2", &plain).unwrap();
    assert_eq!(fs::read_to_string(place.path.join("a.txt")).unwrap(), "one\n");
    place.clean().unwrap();
}

#[test]
fn commits_of_the_run_itself_count_wherever_it_made_them() {
    let world = World::repository();
    let mut place = world.prepare(Isolation::Worktree, "t1");
    let git = Git::of(&place.path);
    git.run(&["checkout", "--quiet", "-b", "elsewhere"]).unwrap();
    fs::write(place.path.join("a.txt"), "committed\n").unwrap();
    git.run(&["commit", "--quiet", "-am", "by the agent"]).unwrap();
    fs::write(place.path.join("c.txt"), "left over\n").unwrap();
    let left = place.capture().unwrap().unwrap();
    assert!(left.text.contains("+committed") && left.text.contains("+left over"));
    place.clean().unwrap();
    assert_eq!(world.git(&["log", "--format=%s", "landline/t1"]), "Work of landline/t1\nby the agent\nfirst");
}

#[test]
fn a_hook_that_the_run_wrote_does_not_run() {
    let world = World::repository();
    let mut place = world.prepare(Isolation::Worktree, "t1");
    let (hooks, mark) = (world.base.join(".git/hooks"), world.base.join("mark"));
    fs::create_dir_all(&hooks).unwrap();
    for name in ["pre-commit", "post-checkout", "reference-transaction", "post-index-change"] {
        let file = hooks.join(name);
        fs::write(&file, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    fs::write(place.path.join("a.txt"), "x\n").unwrap();
    place.capture().unwrap().unwrap();
    place.clean().unwrap();
    assert!(!mark.exists());
}

#[test]
fn a_part_of_a_repository_is_the_folder_of_the_run() {
    let world = World::repository();
    let part = world.base.join("src");
    let mut place = Workspace::prepare(Isolation::Worktree, &part, "t1", &world.options).unwrap();
    assert!(place.path.ends_with("t1/src") && place.path.join("b.txt").exists());
    fs::write(place.path.join("b.txt"), "x\n").unwrap();
    assert!(place.capture().unwrap().unwrap().text.contains("src/b.txt"));
    place.clean().unwrap();
}

#[test]
fn a_copy_leaves_out_what_is_ignored_and_comes_back_as_a_patch() {
    let world = World::repository();
    fs::create_dir_all(world.base.join("target")).unwrap();
    world.write("target/big", "x");
    std::os::unix::fs::symlink("a.txt", world.base.join("link")).unwrap();
    let mut place = world.prepare(Isolation::Tmpdir, "t1");
    for gone in [".git", "secret.env", "target/big"] {
        assert!(!place.path.join(gone).exists(), "{gone}");
    }
    assert!(place.path.join("link").is_symlink());
    assert_eq!(place.capture().unwrap(), None);
    fs::write(place.path.join("a.txt"), "changed\n").unwrap();
    let left = place.capture().unwrap().unwrap();
    assert_eq!(left.artifact.kind, ArtifactKind::Patch);
    let path = place.path.clone();
    place.clean().unwrap();
    assert!(!path.parent().unwrap().exists());
    world.apply(&left);
    assert_eq!(fs::read_to_string(world.base.join("a.txt")).unwrap(), "changed\n");
}

#[test]
fn a_copy_of_a_part_of_a_repository_names_its_files_as_the_repository_does() {
    let world = World::repository();
    let part = world.base.join("src");
    let mut place = Workspace::prepare(Isolation::Tmpdir, &part, "t1", &world.options).unwrap();
    fs::write(place.path.join("b.txt"), "changed\n").unwrap();
    let left = place.capture().unwrap().unwrap();
    place.clean().unwrap();
    world.apply(&left);
    assert_eq!(fs::read_to_string(part.join("b.txt")).unwrap(), "changed\n");
}

#[test]
fn a_copy_holds_nothing_of_the_folder_in_which_copies_lie() {
    let world = World::repository();
    let options = Options { state_dir: world.base.join("state"), ..world.options.clone() };
    fs::create_dir_all(&options.state_dir).unwrap();
    fs::write(options.state_dir.join("key"), "secret").unwrap();
    let place = Workspace::prepare(Isolation::Tmpdir, &world.base, "t1", &options).unwrap();
    assert!(place.path.join("a.txt").exists() && !place.path.join("state").exists());
    place.clean().unwrap();
    let refused = Workspace::prepare(Isolation::Tmpdir, &options.state_dir, "t2", &options).unwrap_err();
    assert!(matches!(refused, WorkspaceError::OwnFolder(_)), "{refused}");
}

#[test]
fn what_lies_where_a_place_is_to_be_is_put_aside() {
    let world = World::repository();
    let first = world.prepare(Isolation::Tmpdir, "t1");
    fs::write(first.path.join("work"), "x").unwrap();
    let second = world.prepare(Isolation::Tmpdir, "t1");
    assert!(!second.path.join("work").exists());
    assert!(world.options.state_dir.join("quarantine/t1/files/work").exists());
    second.clean().unwrap();
}

#[test]
fn a_patch_that_would_be_many_times_as_long_on_its_way_is_cut() {
    let world = World::repository();
    let options = Options { longest_patch: 4096, ..world.options.clone() };
    let mut place = Workspace::prepare(Isolation::Worktree, &world.base, "t1", &options).unwrap();
    fs::write(place.path.join("a.txt"), "\u{1}".repeat(3000)).unwrap();
    let left = place.capture().unwrap().unwrap();
    assert!(left.truncated && left.text.len() < 1000 && left.artifact.bytes > 3000);
    place.clean().unwrap();
}

#[tokio::test]
async fn a_stay_keeps_what_the_run_left_with_its_outcome_or_aside() {
    let world = World::repository();
    let mut task = crate::work::wire::tests::assignment(uuid::Uuid::from_u128(1), 2, "main", "");
    task.agent.cwd.clone_from(&world.base);
    task.agent.executor = crate::executor::ExecutorKind::Command;
    task.isolation = Some(Isolation::Tmpdir);
    let dirs = vec![world.base.join("src").display().to_string(), "/".into()];
    task.permissions = Some(schemas::work::TaskPermissions { add_dirs: Some(dirs), ..Default::default() });
    let name = format!("{}-2", task.task_id);
    let mut assignment = task.clone();
    let stay = Stay::begin(&mut assignment, &world.options).await.unwrap();
    let place = assignment.agent.cwd.clone();
    assert!(place.ends_with(format!("copies/{name}/files")));
    let moved = assignment.permissions.unwrap().add_dirs.unwrap();
    assert_eq!(moved, [place.join("src").display().to_string(), "/".into()], "as the place has them");
    fs::write(place.join("a.txt"), "changed\n").unwrap();
    let outcome = stay.end(crate::executor::Outcome::cancelled(), false).await;
    assert!(outcome.artifact.unwrap().text.contains("+changed") && !place.exists());
    // What another run replaces is kept beside it.
    let mut assignment = task.clone();
    let stay = Stay::begin(&mut assignment, &world.options).await.unwrap();
    fs::write(place.join("a.txt"), "changed\n").unwrap();
    let limit = std::time::Duration::from_secs(1);
    drop(stay.end(crate::executor::Outcome::timed_out(limit), false).await);
    let aside = world.options.state_dir.join("quarantine").join(&name).join("files/a.txt");
    assert_eq!(fs::read_to_string(aside).unwrap(), "changed\n");
    // What cannot be kept is no success.
    let mut assignment = task;
    let stay = Stay::begin(&mut assignment, &world.options).await.unwrap();
    fs::remove_dir_all(place.parent().unwrap().join("begin.git")).unwrap();
    let outcome = stay.end(crate::executor::Outcome::finished(crate::executor::Reply::new("")), false).await;
    assert_eq!(outcome.result.unwrap_err().code, "isolation");
    assert!(place.exists());
}

#[test]
fn a_copy_needs_no_repository_but_a_work_tree_does() {
    let world = World::new();
    world.write("a.txt", "one\n");
    let mut place = world.prepare(Isolation::Tmpdir, "t1");
    fs::write(place.path.join("a.txt"), "two\n").unwrap();
    assert!(place.capture().unwrap().unwrap().text.contains("+two"));
    place.clean().unwrap();
    let refused = Workspace::prepare(Isolation::Worktree, &world.base, "t2", &world.options).unwrap_err();
    assert!(matches!(refused, WorkspaceError::NoRepository(_)), "{refused}");
    world.git(&["init", "-q"]);
    let refused = Workspace::prepare(Isolation::Worktree, &world.base, "t2", &world.options).unwrap_err();
    assert!(matches!(refused, WorkspaceError::NoCommit(_)), "{refused}");
}

#[test]
fn a_long_patch_is_cut_and_says_so() {
    let world = World::repository();
    let options = Options { longest_patch: 100, ..world.options.clone() };
    let mut place = Workspace::prepare(Isolation::Worktree, &world.base, "t1", &options).unwrap();
    fs::write(place.path.join("a.txt"), "line\n".repeat(1000)).unwrap();
    let left = place.capture().unwrap().unwrap();
    assert!(left.truncated && left.text.len() == 100 && left.artifact.bytes > 5000);
    place.clean().unwrap();
}

#[test]
fn what_a_dead_worker_left_is_put_aside_with_the_work_in_it() {
    let world = World::repository();
    let (tree, copy) = (world.prepare(Isolation::Worktree, "t1"), world.prepare(Isolation::Tmpdir, "t2"));
    let alive = world.prepare(Isolation::Worktree, "t3");
    fs::write(tree.path.join("work"), "x").unwrap();
    fs::write(copy.path.join("work"), "x").unwrap();
    let mut found = sweep(&world.options.state_dir, &["t3".into()]).unwrap();
    found.sort_by(|a, b| a.task.cmp(&b.task));
    assert_eq!(found.iter().map(|one| one.task.as_str()).collect::<Vec<_>>(), ["t1", "t2"]);
    assert!(found[0].path.join("work").exists() && found[1].path.join("files/work").exists());
    assert!(alive.path.exists() && !tree.path.exists());
    assert_eq!(world.git(&["worktree", "list"]).lines().count(), 3, "it still is a work tree");
    assert_eq!(sweep(&world.options.state_dir, &["t3".into()]).unwrap(), []);
    alive.clean().unwrap();
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let world = World::repository();
    for task in ["", "../x", "a/b", "-f", ".", "a b"] {
        let refused = Workspace::prepare(Isolation::Tmpdir, &world.base, task, &world.options).unwrap_err();
        assert!(matches!(refused, WorkspaceError::Name), "{task}");
    }
    let none = world.base.join("none");
    assert!(Workspace::prepare(Isolation::None, &none, "t", &world.options).is_err());
    let place = world.prepare(Isolation::None, "t");
    assert_eq!(place.path, world.base);
    place.clean().unwrap();
    assert!(world.base.exists());
}
