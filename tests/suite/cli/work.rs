//! `landline run` and what goes with it: streams, ids, exit codes.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use harness::{Gateway, Options, binary, eventually};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// An agent that does what its prompt says: ends well, badly, or when it is told to.
const PROGRAM: &str = r#"#!/bin/sh
read -r line
case "$line" in
  fail*) echo half; echo "it broke" >&2; exit 3 ;;
  wait*) echo one; touch "$HOME/began"; while [ ! -e "$HOME/finish" ]; do sleep 0.02; done; echo two ;;
  many*) i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done ;;
  *) echo "you said $line" ;;
esac
"#;

async fn gateway() -> Gateway {
    let mut gateway = Gateway::prepare(Options::default());
    let program = gateway.home().join("agent.sh");
    std::fs::write(&program, PROGRAM).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
    gateway.write_config(&format!(
        "[agents.sh]\nexecutor = \"command\"\ncommand = [\"{}\"]\ndefault = true\nenv_pass = [\"HOME\"]\nmax_concurrent = 8\n",
        program.display()
    ));
    gateway.launch();
    gateway.ready().await;
    gateway
}

fn command(gateway: &Gateway, args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(args).arg("--state-dir").arg(gateway.state_dir()).env_clear();
    command.env("HOME", gateway.home()).env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn run_prints_the_answer_and_ends_as_the_task_ends() {
    let gateway = gateway().await;
    let done = gateway.cli(&["run", "hello"]).await;
    assert_eq!((done.code, done.stdout.as_str()), (0, "you said hello\n"), "{done:?}");
    let failed = gateway.cli(&["run", "fail please", "--retries", "0"]).await;
    assert_eq!((failed.code, failed.stdout.as_str()), (1, "half\n"), "{failed:?}");
    assert!(failed.stderr.contains("it broke"), "{failed:?}");
    assert_eq!(gateway.cli(&["run", "  "]).await.code, 2);
    assert_eq!(gateway.cli(&["run", "x", "--on", "no:where"]).await.code, 2);
    assert_eq!(gateway.cli(&["run", "x", "--budget", "0"]).await.code, 2);
    assert_eq!(gateway.cli(&["run", "x", "--agent", "nobody"]).await.code, 1);
    let raw = gateway.cli(&["run", "hello", "--raw"]).await;
    let steps: Vec<Value> =
        raw.ok().stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(
        steps.iter().any(|step| step["step"] == "text" && step["delta"] == "you said hello\n"),
        "{steps:?}"
    );
    let json = gateway.cli(&["run", "hello", "--json"]).await;
    let last = json.ok().stdout.lines().last().expect("a line").to_owned();
    assert!(serde_json::from_str::<Value>(&last).expect("JSON")["task"]["status"] == "completed", "{last}");
}

#[tokio::test]
async fn in_the_background_only_the_id_is_printed_and_a_late_look_sees_everything() {
    let gateway = gateway().await;
    let id = gateway.cli(&["run", "--bg", "wait for it"]).await.ok().stdout.clone();
    let id = id.strip_suffix('\n').expect("a line");
    assert!(uuid::Uuid::parse_str(id).is_ok(), "nothing but the id: {id:?}");
    eventually("it begins", async || gateway.home().join("began").exists()).await;
    let early = gateway.cli(&["result", id]).await;
    assert_eq!((early.code, early.stdout.as_str()), (1, ""), "{early:?}");
    let mut attached = command(&gateway, &["attach", &id[..18]]).spawn().expect("started");
    let mut lines = BufReader::new(attached.stdout.take().expect("piped")).lines();
    let mut line = async || lines.next_line().await.expect("read");
    assert_eq!(line().await.as_deref(), Some("one"));
    std::fs::write(gateway.home().join("finish"), "").expect("written");
    assert_eq!(line().await.as_deref(), Some("two"));
    assert_eq!(line().await, None);
    assert!(attached.wait().await.expect("it ends").success());
    let late = gateway.cli(&["attach", id]).await;
    assert_eq!((late.code, late.stdout.as_str()), (0, "one\ntwo\n"), "each line once: {late:?}");
    assert_eq!(gateway.cli(&["result", &id[..8]]).await.ok().stdout, "one\ntwo\n");
}

#[tokio::test]
async fn tasks_are_listed_shown_stopped_and_repeated() {
    let gateway = gateway().await;
    let good = gateway.cli(&["run", "--bg", "hello"]).await.ok().stdout.trim().to_owned();
    gateway.cli(&["result", "--wait", &good]).await.ok();
    let bad = gateway.cli(&["run", "--bg", "fail", "--retries", "0"]).await.ok().stdout.trim().to_owned();
    assert_eq!(gateway.cli(&["result", "--wait", &bad]).await.code, 1);
    let slow =
        gateway.cli(&["run", "--bg", "wait", "--title", "the slow one"]).await.ok().stdout.trim().to_owned();
    eventually("it begins", async || gateway.home().join("began").exists()).await;
    let ids = async |status: &str| {
        let list = gateway.cli(&["tasks", "--status", status, "--json"]).await.ok().json();
        let ids = list["tasks"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|task| task["id"].as_str().expect("id").to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids("completed").await, std::slice::from_ref(&good));
    assert_eq!(ids("failed").await, std::slice::from_ref(&bad));
    assert_eq!(ids("running").await, std::slice::from_ref(&slow));
    let bogus = gateway.cli(&["tasks", "--status", "bogus"]).await;
    assert_eq!(bogus.code, 2);
    assert!(bogus.stderr.contains("bogus") && bogus.stderr.contains("dead-letter"), "{bogus:?}");
    let shown = gateway.cli(&["task", "show", &slow]).await.ok().stdout.clone();
    assert!(shown.contains("the slow one") && shown.contains("running"), "{shown}");
    let stopped = gateway.cli(&["task", "cancel", &slow]).await;
    assert_eq!(stopped.code, 0, "{stopped:?}");
    assert_eq!(ids("cancelled").await, std::slice::from_ref(&slow));
    assert_eq!(gateway.cli(&["task", "cancel", &slow]).await.code, 1, "it had ended");
    assert_eq!(gateway.cli(&["attach", &slow]).await.code, 1, "a cancelled task ends an attach at once");
    let again = gateway.cli(&["task", "retry", &good, "--follow"]).await;
    assert_eq!((again.code, again.stdout.as_str()), (0, "you said hello\n"), "{again:?}");
    let none = gateway.cli(&["task", "diff", &good]).await;
    assert_eq!((none.code, none.stdout.as_str()), (1, ""), "{none:?}");
    assert_eq!(gateway.cli(&["task", "show", "00000000-0000-7000-8000-000000000000"]).await.code, 1);
    let table = gateway.cli(&["tasks"]).await.ok().stdout.clone();
    assert!(table.contains("the slow one") && table.starts_with("ID"), "{table}");
    assert!(!gateway.cli(&["chat", "hi"]).await.stdout.is_empty());
    assert!(!gateway.cli(&["tasks"]).await.ok().stdout.contains(" hi"), "chats are not work");
    assert!(gateway.cli(&["tasks", "--all"]).await.ok().stdout.contains("hi"));
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_crash() {
    let gateway = gateway().await;
    let mut run = command(&gateway, &["run", "many lines"]).spawn().expect("started");
    let mut lines = BufReader::new(run.stdout.take().expect("piped")).lines();
    assert_eq!(lines.next_line().await.expect("read").as_deref(), Some("line 0"));
    drop(lines);
    let done = run.wait_with_output().await.expect("it ends");
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!String::from_utf8_lossy(&done.stderr).contains("panicked"));
}

#[tokio::test]
async fn a_run_is_followed_through_a_restart_of_the_gateway() {
    let mut gateway = gateway().await;
    gateway.keep_port();
    let id = gateway.cli(&["run", "--bg", "hello"]).await.ok().stdout.trim().to_owned();
    gateway.cli(&["result", "--wait", &id]).await.ok();
    gateway.kill9();
    assert_eq!(gateway.cli(&["attach", &id]).await.code, 3, "no gateway, no answer");
    gateway.restart().await;
    assert_eq!(gateway.cli(&["attach", &id]).await.ok().stdout, "you said hello\n");
}

#[tokio::test]
async fn a_fan_out_tells_what_each_part_made_of_it() {
    let gateway = gateway().await;
    let done = gateway.cli(&["fan-out", "--on", "local,local", "hello"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.stdout.matches("[local] you said hello").count(), 2, "{done:?}");
    assert!(done.stdout.contains("Done: 2 completed, 0 not"), "{done:?}");
    let json = gateway.cli(&["fan-out", "--on", "local,local", "hello", "--json"]).await.ok().json();
    assert_eq!(json["parts"].as_array().map(Vec::len), Some(2), "{json}");
    assert_eq!(json["parts"][0]["task"]["status"], "completed");
    let bad = gateway.cli(&["fan-out", "--on", "local", "fail", "--retries", "0"]).await;
    assert_eq!(bad.code, 1, "{bad:?}");
    assert_eq!(gateway.cli(&["fan-out", "hello"]).await.code, 2, "somewhere it must go");
}

#[tokio::test]
async fn completions_know_the_commands() {
    let gateway = Gateway::prepare(Options::default());
    for shell in ["bash", "zsh", "fish"] {
        let script = gateway.cli(&["completions", shell]).await.ok().stdout.clone();
        for word in ["fan-out", "attach", "dead-letter", "isolation", "drain"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
