//! The sample plugin, as a process.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::super::{Options, Plugin};
use crate::channel::{Channel, ListenError};
use crate::conformance::{self, Fault, Memory, Received, Rig};
use crate::outbound::{Action, Failure, Outbound, Place};

/// The sample plugin and the folder that is its platform.
#[derive(Debug)]
struct Folder {
    folder: TempDir,
    channel: Arc<Plugin>,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let channel = Arc::new(Plugin::new(options(folder.path())));
        Self { folder, channel }
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }
}

fn options(folder: &Path) -> Options {
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/plugin.py");
    Options {
        name: "folder".to_owned(),
        command: vec!["python3".to_owned(), "-S".to_owned(), "-E".to_owned(), sample.display().to_string()],
        env_pass: Vec::new(),
        account: "main".to_owned(),
        settings: json!({ "folder": folder, "pollMs": 5 }),
    }
}

#[async_trait]
impl Rig for Folder {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::clone(&self.channel) as Arc<dyn Channel>
    }

    fn place(&self) -> Place {
        Place { chat: "ann".to_owned(), thread: None }
    }

    async fn say(&mut self, text: &str) {
        let path = self.folder.path().join("in.jsonl");
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "{}", json!({ "text": text, "from": "ann" })).unwrap();
    }

    async fn cut(&mut self) {
        self.write("die", "");
        while self.folder.path().join("die").exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn restart(&mut self) {
        self.channel = Arc::new(Plugin::new(options(self.folder.path())));
    }

    async fn stall(&mut self, stalled: bool) {
        if stalled {
            self.write("stall", "");
        } else {
            std::fs::remove_file(self.folder.path().join("stall")).unwrap();
        }
    }

    async fn fail_next(&mut self, fault: Fault) -> bool {
        let word = match fault {
            Fault::Away => "away",
            Fault::Limited(_) => "limited",
            Fault::Refused => "refused",
            Fault::Gone => "gone",
            Fault::CutBefore => "cut-before",
            Fault::CutAfter => "cut-after",
        };
        self.write("fault", word);
        true
    }

    async fn received(&mut self) -> Vec<Received> {
        let lines = std::fs::read_to_string(self.folder.path().join("out.jsonl")).unwrap_or_default();
        lines.lines().map(|line| received(&serde_json::from_str(line).unwrap())).collect()
    }
}

fn received(line: &Value) -> Received {
    let word = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    match line["type"].as_str().unwrap() {
        "text" => Received::Text { message: word("message"), text: word("text") },
        "edit" => Received::Edited { message: word("message"), text: word("text") },
        "delete" => Received::Deleted(word("message")),
        "react" => {
            Received::Reacted { message: word("message"), emoji: line["emoji"].as_str().map(str::to_owned) }
        }
        "media" => {
            let names = line["files"].as_array().unwrap().iter();
            Received::Media(names.map(|file| file["name"].as_str().unwrap().to_owned()).collect())
        }
        other => Received::Other(other.to_owned()),
    }
}

#[tokio::test]
async fn the_sample_plugin_passes_the_suite() {
    let report = conformance::run(async || Folder::new()).await;
    report.verdict().unwrap();
    assert!(report.skipped.is_empty(), "{report}");
    assert_eq!(report.passed.len(), 17);
}

#[tokio::test]
async fn a_plugin_that_does_not_run_is_away() {
    let rig = Folder::new();
    assert!(rig.channel.traits().abilities.is_empty());
    let action = Action::Delete { message: "1".to_owned() };
    let error =
        rig.channel.send(Outbound { to: rig.place(), key: "k".to_owned(), answering: None, action }).await;
    assert_eq!(error.unwrap_err().failure, Failure::Away);
}

#[tokio::test]
async fn a_command_that_is_wrong_is_refused() {
    for (command, says) in
        [(vec![], "has no command"), (vec!["/no/such/program".to_owned()], "could not be started")]
    {
        let plugin = Plugin::new(Options { command, ..options(Path::new("/")) });
        let ended = plugin.listen(Memory::default().inbox(), CancellationToken::new()).await;
        assert!(matches!(&ended, Err(ListenError::Refused(text)) if text.contains(says)), "{ended:?}");
    }
}

#[tokio::test]
async fn wrong_settings_are_refused_in_plain_words() {
    let plugin = Plugin::new(Options { settings: json!({}), ..options(Path::new("/")) });
    let ended = plugin.listen(Memory::default().inbox(), CancellationToken::new()).await;
    assert!(
        matches!(&ended, Err(ListenError::Refused(text)) if text.contains("`folder` is missing")),
        "{ended:?}"
    );
}

#[tokio::test]
async fn the_end_of_a_program_is_told_without_its_secrets() {
    let script = "import json, sys; settings = json.loads(sys.stdin.readline())['params']['settings']; \
                  sys.stderr.write('bad token ' + settings['botToken'] + '\\n'); sys.exit(7)";
    let command = vec!["python3".to_owned(), "-c".to_owned(), script.to_owned()];
    let settings = json!({ "botToken": "s3cr3t-value" });
    let plugin = Plugin::new(Options { command, settings, ..options(Path::new("/")) });
    assert!(!format!("{plugin:?}").contains("s3cr3t"));
    let Err(ListenError::Lost { text, .. }) =
        plugin.listen(Memory::default().inbox(), CancellationToken::new()).await
    else {
        panic!("it has ended");
    };
    assert!(text.contains("exit status: 7") && text.contains("bad token ***"), "{text}");
}

#[tokio::test]
async fn nothing_of_its_process_group_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = format!(
        "sleep 1000 & echo $! > {}.part; mv {0}.part {0}; trap '' TERM; cat > /dev/null; wait",
        pid.display()
    );
    let command = vec!["sh".to_owned(), "-c".to_owned(), script];
    let plugin = Plugin::new(Options { command, ..options(Path::new("/")) });
    let stop = CancellationToken::new();
    let started = async {
        while !pid.exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(plugin.listen(Memory::default().inbox(), stop.clone()), started);
    ended.unwrap();
    assert_gone(&pid).await;
    // Dropped instead of stopped.
    std::fs::remove_file(&pid).unwrap();
    tokio::select! {
        ended = plugin.listen(Memory::default().inbox(), CancellationToken::new()) => panic!("{ended:?}"),
        () = async { while !pid.exists() { tokio::time::sleep(Duration::from_millis(2)).await; } } => {}
    }
    assert_gone(&pid).await;
}

async fn assert_gone(pid: &Path) {
    let pid: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let gone = async {
        while alive(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the program's child was left behind");
}

/// Returns whether a process runs; one that only waits to be reaped does not.
fn alive(pid: rustix::process::Pid) -> bool {
    if rustix::process::test_kill_process(pid).is_err() {
        return false;
    }
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    !stat.rsplit(") ").next().is_some_and(|state| state.starts_with('Z'))
}

#[tokio::test]
async fn only_the_named_environment_is_passed() {
    let script = "import os, sys; sys.stderr.write(','.join(sorted(os.environ)) + '\\n'); sys.exit(1)";
    let command = vec!["python3".to_owned(), "-c".to_owned(), script.to_owned()];
    let env_pass = vec!["CARGO_MANIFEST_DIR".to_owned()];
    let plugin = Plugin::new(Options { command, env_pass, ..options(Path::new("/")) });
    let ended = plugin.listen(Memory::default().inbox(), CancellationToken::new()).await;
    let text = ended.unwrap_err().to_string();
    assert!(
        text.contains("CARGO_MANIFEST_DIR") && text.contains("PATH") && !text.contains("CARGO_PKG_NAME"),
        "{text}"
    );
}

#[tokio::test]
async fn only_one_process_runs_at_a_time() {
    let mut rig = Folder::new();
    let journal = Memory::default();
    rig.say("one").await;
    let other = async {
        journal.until("it is stored", |seen| seen.stored.len() == 1).await.unwrap();
        rig.channel.listen(journal.inbox(), CancellationToken::new()).await
    };
    tokio::select! {
        ended = rig.channel.listen(journal.inbox(), CancellationToken::new()) => panic!("{ended:?}"),
        second = other => assert!(matches!(second, Err(ListenError::Conflict(_))), "{second:?}"),
    }
}
