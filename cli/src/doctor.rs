//! `landline doctor`: looks at everything the gateway needs and says how to mend what is wrong.

mod files;
mod port;
pub(crate) mod programs;
mod tls;

use gateway::config::{Config, Overrides};
use schemas::methods::system::{Status, StatusParams};
use serde::Serialize;

use crate::args::Global;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{BAD, DIM, GOOD, Output, WARN};
use crate::{reach, text};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Well.
    Ok,
    /// Works, but deserves a look.
    Warn,
    /// Wrong.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    name: &'static str,
    verdict: Verdict,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Check {
    /// Says whether it is bad.
    pub(crate) fn is_bad(&self) -> bool {
        self.verdict == Verdict::Fail
    }

    /// Returns a good result.
    pub(crate) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, detail: detail.into(), fix: None }
    }

    /// Returns a doubtful result.
    pub(crate) fn warn(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warn, detail: detail.into(), fix: Some(fix.into()) }
    }

    /// Returns a bad result.
    pub(crate) fn fail(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fail, detail: detail.into(), fix: Some(fix.into()) }
    }
}

/// Looks at everything; it fails when something is wrong.
pub(crate) async fn run(global: &Global, output: &Output) -> Outcome {
    let overrides = global.overrides();
    let mut checks = Vec::new();
    let config = config(&overrides, &mut checks);
    let dir = reach::state_dir(&overrides)?;
    checks.extend(files::look(&dir));
    let pid = gateway(global, &mut checks).await;
    if let Some(config) = &config {
        checks.push(port::look(config, pid));
        checks.extend(tls::look(config));
        checks.push(programs::agents(config).await);
    }
    let bad = checks.iter().filter(|check| check.verdict == Verdict::Fail).count();
    output.show(&serde_json::json!({ "ok": bad == 0, "checks": checks }), |_, output| {
        for check in &checks {
            show(check, output);
        }
    });
    if bad == 0 { Ok(()) } else { Err(Failure::failed(format!("{bad} of {} checks failed", checks.len()))) }
}

/// Prints a result with what mends it.
pub(crate) fn show(check: &Check, output: &Output) {
    let (style, mark) = match check.verdict {
        Verdict::Ok => (GOOD, "ok  "),
        Verdict::Warn => (WARN, "look"),
        Verdict::Fail => (BAD, "FAIL"),
    };
    output.line(format_args!("{style}{mark}{style:#}  {:13} {}", check.name, text::clean(&check.detail)));
    if let Some(fix) = &check.fix {
        output.line(format_args!("      {DIM}→ {}{DIM:#}", text::clean(fix)));
    }
}

fn config(overrides: &Overrides, checks: &mut Vec<Check>) -> Option<Config> {
    match Config::load(overrides) {
        Ok(config) => {
            let note = if config.path.exists() { "valid" } else { "no file, defaults hold" };
            checks.push(Check::ok("config", format!("{}: {note}", config.path.display())));
            Some(config)
        }
        Err(error) => {
            checks.push(Check::fail(
                "config",
                error.to_string(),
                "mend the file, then: landline config check",
            ));
            None
        }
    }
}

/// Asks the gateway itself; returns its process id when it runs.
async fn gateway(global: &Global, checks: &mut Vec<Check>) -> Option<u32> {
    let client = match reach::connect(global).await {
        Ok(connection) => connection.client,
        Err(failure) => {
            let fix = failure.hint.unwrap_or_else(|| "see: landline logs".into());
            checks.push(if failure.exit == Exit::NotRunning {
                Check::warn("gateway", failure.message, fix)
            } else {
                Check::fail("gateway", failure.message, fix)
            });
            return None;
        }
    };
    match client.call::<Status>(&StatusParams::default()).await {
        Ok(status) if status.degraded.is_empty() => {
            checks.push(Check::ok("gateway", format!("running and well, pid {}", status.pid)));
            Some(status.pid)
        }
        Ok(status) => {
            let detail = format!("failed too often lately: {}", status.degraded.join(", "));
            checks.push(Check::fail("gateway", detail, "see: landline logs"));
            Some(status.pid)
        }
        Err(error) => {
            checks.push(Check::fail("gateway", error.to_string(), "see: landline logs"));
            None
        }
    }
}
