//! `system.run` as a caller sees it: what runs, what needs an approval, and how everything is ended.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::host::config::Ask;
use crate::host::progress::Progress;
use crate::process::Environment;

struct Rig {
    folder: tempfile::TempDir,
    programs: Programs,
}

fn rig(owner: Exec) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let environment: Environment = [
        ("PATH", "/usr/bin:/bin"),
        ("HOME", folder.path().to_str().unwrap()),
        ("LANDLINE_GATEWAY_TOKEN", "s3cret"),
        ("LD_PRELOAD", "/x.so"),
        ("MY_OWN", "mine"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into_iter()
    .collect();
    let machine = Machine::new(environment, folder.path().join("scratch"), &uuid::Uuid::new_v4().to_string());
    let programs = Programs::new(machine, owner, folder.path().join("exec-approvals.json"));
    Rig { folder, programs }
}

fn free() -> Exec {
    Exec { security: Security::Full, ask: Ask::Off, ..Exec::default() }
}

impl Rig {
    fn call(params: Value, stop: CancellationToken) -> Call {
        Call { params, limit: Duration::from_secs(20), stop, progress: Progress::none(), now: 1000 }
    }

    async fn ask(&self, command: &str, params: Value) -> Answer {
        self.programs.answer(command, Self::call(params, CancellationToken::new())).await
    }

    async fn prepared(&self, params: Value) -> Value {
        self.ask("system.run.prepare", params).await.unwrap()["plan"].clone()
    }

    async fn approved(&self, plan: &Value, decision: &str) -> Answer {
        let params = json!({"command": plan["argv"], "systemRunPlan": plan, "approved": true,
            "approvalDecision": decision});
        self.ask("system.run", params).await
    }
}

fn denied(answer: Answer) -> String {
    let error = answer.expect_err("denied");
    assert_eq!(error.code.name(), "SYSTEM_RUN_DENIED", "{error}");
    error.message
}

#[tokio::test]
async fn a_program_runs_with_its_own_environment_only() {
    let rig = rig(Exec { env_pass: vec!["MY_OWN".into()], ..free() });
    let done = rig.ask("system.run", json!({"command": ["env"], "env": {"CI": "1"}})).await.unwrap();
    assert_eq!((&done["exitCode"], &done["success"]), (&json!(0), &json!(true)));
    let out = done["stdout"].as_str().unwrap();
    assert!(out.contains("MY_OWN=mine") && out.contains("CI=1"));
    assert!(!out.contains("s3cret") && !out.contains("LD_PRELOAD"), "{out}");
    for name in ["LD_PRELOAD", "PATH", "NODE_OPTIONS", "BASH_ENV", "FOO", "LANDLINE_NODE_RUN"] {
        let answer = rig.ask("system.run", json!({"command": ["env"], "env": {name: "x"}})).await;
        assert_eq!(answer.expect_err(name).code.name(), "INVALID_REQUEST");
    }
}

#[tokio::test]
async fn exit_codes_and_both_streams() {
    let rig = rig(free());
    let command = json!({"command": ["sh", "-c", "echo out; echo err >&2; exit 3"], "timeoutMs": 10_000});
    let done = rig.ask("system.run", command).await.unwrap();
    assert_eq!(done["exitCode"], 3);
    assert_eq!(done["success"], false);
    assert_eq!((&done["stdout"], &done["stderr"]), (&json!("out\n"), &json!("err\n")));
    let missing = rig.ask("system.run", json!({"command": ["no-such-program"]})).await.expect_err("missing");
    assert_eq!(missing.code.name(), "INVALID_REQUEST");
    assert!(rig.ask("system.run", json!({"command": ["ls"], "cwd": "/no/where"})).await.is_err());
    assert!(rig.ask("system.run", json!({})).await.is_err());
}

#[tokio::test]
async fn what_runs_too_long_is_ended_with_all_it_started() {
    let rig = rig(free());
    let command =
        json!({"command": ["sh", "-c", "echo begun; setsid sleep 600 & sleep 600"], "timeoutMs": 300});
    let done = rig.ask("system.run", command).await.unwrap();
    assert_eq!((&done["timedOut"], &done["exitCode"]), (&json!(true), &Value::Null));
    assert_eq!(done["stdout"], "begun\n");
    assert_eq!(rig.programs.machine.reap().await, 0, "nothing was left");
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_ended() {
    let rig = rig(free());
    let stop = CancellationToken::new();
    let call = Rig::call(json!({"command": ["sleep", "600"]}), stop.clone());
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
    };
    let (answer, ()) = tokio::join!(rig.programs.answer("system.run", call), cancel);
    assert_eq!(answer.expect_err("cancelled").code.name(), "CANCELLED");
    assert_eq!(rig.programs.machine.reap().await, 0, "nothing was left");
}

#[tokio::test]
async fn by_default_only_an_approved_plan_runs() {
    let rig = rig(Exec::default());
    let command = json!({"command": ["uname", "-s"]});
    denied(rig.ask("system.run", command.clone()).await);
    let saying_so = json!({"command": ["uname", "-s"], "approved": true, "approvalDecision": "allow-once"});
    denied(rig.ask("system.run", saying_so).await);
    let plan = rig.prepared(command).await;
    denied(rig.ask("system.run", json!({"systemRunPlan": plan})).await);
    let plan = rig.prepared(json!({"command": ["uname", "-s"]})).await;
    assert_eq!(rig.approved(&plan, "allow-once").await.unwrap()["stdout"], "Linux\n");
    denied(rig.approved(&plan, "allow-once").await);
    let plan = rig.prepared(json!({"command": ["uname", "-s"]})).await;
    denied(rig.approved(&plan, "deny").await);
}

#[tokio::test]
async fn another_command_than_the_approved_one_is_denied() {
    let rig = rig(Exec::default());
    for change in [
        json!({"command": ["uname", "-r"]}),
        json!({"cwd": "/"}),
        json!({"env": {"CI": "1"}}),
        json!({"agentId": "other"}),
        json!({"sessionKey": "agent:main:other"}),
        json!({"rawCommand": "rm -rf /"}),
    ] {
        let plan = rig.prepared(json!({"command": ["uname", "-s"], "agentId": "main"})).await;
        let mut params = json!({"command": plan["argv"], "systemRunPlan": plan, "approved": true,
            "approvalDecision": "allow-once"});
        for (field, value) in change.as_object().unwrap() {
            params[field] = value.clone();
        }
        denied(rig.ask("system.run", params).await);
    }
}

#[tokio::test]
async fn a_script_swapped_after_the_approval_does_not_run() {
    let rig = rig(Exec::default());
    let script = rig.folder.path().join("job.sh");
    std::fs::write(&script, "echo harmless").unwrap();
    let plan = rig.prepared(json!({"command": ["sh", "job.sh"]})).await;
    assert_eq!(plan["mutableFileOperand"]["argvIndex"], 1);
    std::fs::write(&script, "echo harmful").unwrap();
    assert!(denied(rig.approved(&plan, "allow-once").await).contains("changed"));
}

#[tokio::test]
async fn allow_always_is_remembered_but_not_of_a_shell() {
    let rig = rig(Exec::default());
    let plan = rig.prepared(json!({"command": ["uname", "-s"]})).await;
    rig.approved(&plan, "allow-always").await.unwrap();
    assert!(rig.ask("system.run", json!({"command": ["uname", "-s"]})).await.is_ok());
    denied(rig.ask("system.run", json!({"command": ["uname", "-r"]})).await);
    let plan = rig.prepared(json!({"command": ["sh", "-c", "echo 1"]})).await;
    rig.approved(&plan, "allow-always").await.unwrap();
    denied(rig.ask("system.run", json!({"command": ["sh", "-c", "echo 1"]})).await);
}

#[tokio::test]
async fn an_owner_who_says_deny_is_obeyed() {
    let rig = rig(Exec { security: Security::Deny, ..Exec::default() });
    let withheld = rig.programs.offers().into_iter().filter(|offer| offer.withheld.is_some()).count();
    assert_eq!(withheld, 2);
    for command in ["system.run", "system.run.prepare"] {
        let error = rig.ask(command, json!({"command": ["ls"]})).await.expect_err("disabled");
        assert_eq!(error.code.name(), "SYSTEM_RUN_DISABLED");
    }
}

#[tokio::test]
async fn which_finds_programs_by_name_only() {
    let rig = rig(Exec::default());
    let found =
        rig.ask("system.which", json!({"bins": ["uname", "no-such", "../bin/sh", "/bin/sh", ""]})).await;
    assert_eq!(found.unwrap(), json!({"bins": {"uname": "/usr/bin/uname"}}));
    assert!(rig.ask("system.which", json!({"bins": vec!["x"; 65]})).await.is_err());
}
