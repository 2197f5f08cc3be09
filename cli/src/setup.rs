//! `landline setup`: looks for what agents need, says how to get it, and writes the configuration.

use std::path::PathBuf;

use gateway::config::{Config, find_program};
use serde_json::json;

use crate::args::Global;
use crate::doctor::{Check, programs, show};
use crate::exit::{Failure, Outcome};
use crate::init;
use crate::output::Output;

/// Arguments of `landline setup`.
#[derive(Debug, clap::Args)]
pub(crate) struct SetupArgs {
    /// Write the configuration without asking; nothing is installed either way
    #[arg(long)]
    yes: bool,
}

/// Looks, writes the configuration if there is none, and fails if something is missing.
pub(crate) async fn run(global: &Global, args: &SetupArgs, output: &Output) -> Outcome {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut checks = vec![git(find_program("git", &path)).await];
    let claude = find_program("claude", &path);
    checks.push(match &claude {
        Some(program) => claude_code(program).await,
        None => Check::warn("Claude Code", "not on PATH: agents answer without a model", CLAUDE_FIX),
    });
    if claude.is_some() {
        checks.push(login());
    }
    let overrides = global.overrides();
    let place = Config::from_text("", &overrides)?.path;
    if !place.exists()
        && (args.yes || output.confirm(&format!("Write {}?", place.display()), "--yes").is_ok())
    {
        init::write(global)?;
    }
    checks.push(match Config::load(&overrides) {
        Ok(config) if config.path.exists() => Check::ok("config", config.path.display().to_string()),
        Ok(_) => Check::warn("config", "no file: defaults hold, without a token", "landline init"),
        Err(error) => Check::fail("config", error.to_string(), "mend the file, then: landline config check"),
    });
    let bad = checks.iter().filter(|check| check.is_bad()).count();
    output.show(&json!({ "ok": bad == 0, "checks": checks }), |_, output| {
        for check in &checks {
            show(check, output);
        }
        if bad == 0 {
            output.remark("start the gateway with: landline gateway; let the system do it with: landline service install");
        }
    });
    if bad == 0 { Ok(()) } else { Err(Failure::failed(format!("{bad} of {} checks failed", checks.len()))) }
}

async fn git(found: Option<PathBuf>) -> Check {
    match found {
        None => Check::fail("git", "not on PATH: work trees need it", install("git")),
        Some(program) => match programs::version(&program.to_string_lossy()).await {
            Ok(version) => Check::ok("git", version),
            Err(why) => Check::fail("git", why, install("git")),
        },
    }
}

async fn claude_code(program: &std::path::Path) -> Check {
    match programs::version(&program.to_string_lossy()).await {
        Ok(version) => Check::ok("Claude Code", version),
        Err(why) => Check::fail("Claude Code", why, CLAUDE_FIX),
    }
}

/// Looks whether Claude Code can reach a model: by a key, or by a login of its own. Either is enough.
fn login() -> Check {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if let Some(name) =
        ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"].iter().find(|name| set(name))
    {
        return Check::ok("login", format!("{name} is set; name it in agents.NAME.env_pass"));
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    if home.join(".claude/.credentials.json").exists()
        || cfg!(target_os = "macos") && home.join(".claude.json").exists()
    {
        return Check::ok("login", "Claude Code has a login of its own");
    }
    Check::warn("login", "Claude Code has no login that could be found", "run claude once and log in")
}

/// Returns the command by which this system installs a package.
fn install(package: &str) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let managers = [
        ("apt-get", "sudo apt-get install"),
        ("dnf", "sudo dnf install"),
        ("yum", "sudo yum install"),
        ("apk", "sudo apk add"),
        ("pacman", "sudo pacman -S"),
        ("brew", "brew install"),
        ("winget", "winget install"),
    ];
    let found = managers.iter().find(|(program, _)| find_program(program, &path).is_some());
    found.map_or_else(|| format!("install {package}"), |(_, command)| format!("{command} {package}"))
}

const CLAUDE_FIX: &str = "npm install -g @anthropic-ai/claude-code";
