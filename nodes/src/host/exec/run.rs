//! Runs an admitted plan: output streamed and bounded, the whole tree of processes ended in every case.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::output::Output;
use super::plan::Plan;
use crate::host::answer::{Answer, Call, Code, Refusal};
use crate::host::config::Exec;
use crate::host::machine::{GRACE, Machine, until_drained};
use crate::process::{Launch, Running};

/// Runs `plan` for at most `timeout`, and for no longer than the gateway waits.
pub(super) async fn execute(
    machine: &Machine,
    owner: &Exec,
    plan: Plan,
    timeout: Option<Duration>,
    call: Call,
) -> Answer {
    let mut environment = machine.environment(&owner.env_pass);
    for (name, value) in &plan.env {
        environment.set(name, value);
    }
    let launch = Launch {
        program: plan.program.path.clone().into(),
        arguments: plan.argv[1..].iter().map(Into::into).collect(),
        cwd: plan.cwd,
        environment,
        marker: machine.marker(),
    };
    let mut running = launch.start()?;
    // Nothing is ever typed into it: a program that asks gets the end of its input.
    drop(running.stdin.take());
    let (mut stdout, mut stderr) = (Output::default(), Output::default());
    let limit = timeout.unwrap_or(call.limit).min(call.limit.saturating_sub(MARGIN)).max(SHORTEST);
    let ended = watch(&mut running, &mut stdout, &mut stderr, Instant::now() + limit, &call).await;
    let status = running.end(GRACE).await;
    if matches!(ended, Ended::Stopped) {
        return Err(Refusal::new(Code::Cancelled, "it is not wanted any more; the program was ended"));
    }
    let timed_out = matches!(ended, Ended::TimedOut);
    let success = !timed_out && status.is_some_and(|status| status.success());
    let error = match (timed_out, status) {
        (true, _) => Some(format!("ended after {} ms", limit.as_millis())),
        (false, Some(status)) if status.code().is_none() => Some(status.to_string()),
        (false, None) => Some("ended in an unknown way".to_owned()),
        (false, Some(_)) => None,
    };
    Ok(json!({
        "exitCode": if timed_out { None } else { status.and_then(|status| status.code()) },
        "timedOut": timed_out,
        "success": success,
        "stdout": stdout.finish(),
        "stderr": stderr.finish(),
        "error": error,
    }))
}

enum Ended {
    Done,
    TimedOut,
    Stopped,
}

/// Reads both streams until the program has ended, its time is up, or nobody wants it any more.
async fn watch(
    running: &mut Running,
    stdout: &mut Output,
    stderr: &mut Output,
    deadline: Instant,
    call: &Call,
) -> Ended {
    let (out, err) = (running.stdout.take(), running.stderr.take());
    let read = async { tokio::join!(stdout.follow(out, &call.progress), stderr.follow(err, &call.progress)) };
    let work = async {
        // Its streams may close before it ends, and what it started may hold them open after that.
        until_drained(running, read).await;
        let _ = running.exited().await;
    };
    tokio::select! {
        biased;
        () = call.stop.cancelled() => Ended::Stopped,
        () = work => Ended::Done,
        () = tokio::time::sleep_until(deadline) => Ended::TimedOut,
    }
}

/// The answer has to reach the gateway before it stops waiting.
const MARGIN: Duration = Duration::from_millis(500);
const SHORTEST: Duration = Duration::from_millis(100);
