//! `landline node install`: a unit by which the system starts the node and keeps it running.

use std::fs;
use std::path::{Path, PathBuf};

use nodes::host::Home;
use serde::Serialize;

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, DIM, Output};

/// Arguments of `landline node install`.
#[derive(Debug, clap::Args)]
pub(crate) struct InstallArgs {
    /// Print the file and the command, write nothing
    #[arg(long)]
    dry_run: bool,
}

/// A file that tells the system to start the node, and what switches it on.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Unit {
    file: PathBuf,
    content: String,
    command: String,
}

/// Writes the unit, and says what switches it on.
pub(super) fn run(global: &Global, home: &Home, args: &InstallArgs, output: &Output) -> Outcome {
    let program =
        std::env::current_exe().map_err(|error| Failure::failed(format!("this program: {error}")))?;
    let user = std::env::var_os("HOME").map(PathBuf::from);
    let user =
        user.ok_or_else(|| Failure::failed("HOME is not set: it is not known where the unit belongs"))?;
    let state = home.dir().parent().unwrap_or(home.dir());
    let mut words = vec![text(&program)?, "node".into(), "run".into(), "--state-dir".into(), text(state)?];
    if let Some(config) = &global.config {
        let config = std::path::absolute(config).map_err(|error| Failure::failed(error.to_string()))?;
        words.extend(["--config".into(), text(&config)?]);
    }
    let unit = unit(std::env::consts::OS, &user, home.dir(), &words)
        .ok_or_else(|| Failure::failed(format!("there is no recipe for {}", std::env::consts::OS)))?;
    if home.known().is_none() && !args.dry_run {
        return Err(Failure::failed("this machine belongs to no gateway yet")
            .hint("pair it first: landline node pair CODE"));
    }
    if !args.dry_run {
        let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", unit.file.display()));
        if let Some(folder) = unit.file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(&unit.file, &unit.content).map_err(failed)?;
    }
    output.show(&unit, |unit, output| {
        if args.dry_run {
            output.line(format_args!("{DIM}would write {}{DIM:#}", unit.file.display()));
            output.part(&unit.content);
        } else {
            output.line(format_args!("wrote {}", unit.file.display()));
        }
        output.line(format_args!("switch it on with: {BOLD}{}{BOLD:#}", unit.command));
    });
    Ok(())
}

/// Returns the unit of a system; `words` start the node.
fn unit(system: &str, user: &Path, node: &Path, words: &[String]) -> Option<Unit> {
    Some(match system {
        "linux" => systemd(user, words),
        "macos" => launchd(user, node, words),
        "windows" => task(node, words),
        _ => return None,
    })
}

fn systemd(user: &Path, words: &[String]) -> Unit {
    // A percent sign begins a specifier in a unit, a dollar sign a variable.
    let escape = |word: &String| {
        let word = word.replace('\\', r"\\").replace('"', r#"\""#).replace('%', "%%").replace('$', "$$");
        format!("\"{word}\"")
    };
    let command = words.iter().map(escape).collect::<Vec<_>>().join(" ");
    Unit {
        file: user.join(".config/systemd/user/landline-node.service"),
        content: format!(
            "[Unit]\nDescription=Landline node\nAfter=network-online.target\nWants=network-online.target\n\n\
             [Service]\nExecStart={command}\nRestart=always\nRestartSec=5\nKillMode=mixed\nTimeoutStopSec=20\n\
             \n[Install]\nWantedBy=default.target\n"
        ),
        command: "systemctl --user daemon-reload && systemctl --user enable --now landline-node && loginctl enable-linger"
            .into(),
    }
}

fn launchd(user: &Path, node: &Path, words: &[String]) -> Unit {
    let words: Vec<String> =
        words.iter().map(|word| format!("    <string>{}</string>\n", xml(word))).collect();
    let words = words.concat();
    let log = xml(&node.join("launchd.log").to_string_lossy());
    let file = user.join("Library/LaunchAgents/ai.landline.node.plist");
    Unit {
        command: format!("launchctl bootstrap gui/$(id -u) '{}'", file.display()),
        file,
        content: format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n  \
             <key>Label</key><string>ai.landline.node</string>\n  <key>ProgramArguments</key>\n  <array>\n{words}  \
             </array>\n  <key>RunAtLoad</key><true/>\n  <key>KeepAlive</key><true/>\n  \
             <key>StandardErrorPath</key><string>{log}</string>\n</dict>\n</plist>\n"
        ),
    }
}

fn task(node: &Path, words: &[String]) -> Unit {
    let (program, rest) =
        words.split_first().map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
    let rest = rest.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ");
    let file = node.join("landline-node.xml");
    Unit {
        command: format!("schtasks /Create /TN LandlineNode /XML \"{}\"", file.display()),
        file,
        content: format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Task version=\"1.2\" \
             xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n  <Triggers><LogonTrigger/></Triggers>\n  \
             <Settings><ExecutionTimeLimit>PT0S</ExecutionTimeLimit><RestartOnFailure><Interval>PT1M</Interval>\
             <Count>999</Count></RestartOnFailure></Settings>\n  <Actions><Exec><Command>{}</Command>\
             <Arguments>{}</Arguments></Exec></Actions>\n</Task>\n",
            xml(program),
            xml(&rest)
        ),
    }
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn text(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(['\n', '\r', '\0']));
    let text = text.ok_or_else(|| Failure::failed(format!("{} cannot stand in a unit", path.display())))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(program: &str) -> Vec<String> {
        [program, "node", "run"].map(ToOwned::to_owned).to_vec()
    }

    #[test]
    fn each_system_has_its_own() {
        let (user, node) = (Path::new("/home/me"), Path::new("/home/me/.landline/node"));
        for (system, part) in [
            ("linux", "ExecStart=\"/opt/landline\" \"node\" \"run\""),
            ("macos", "<string>/opt/landline</string>"),
            ("windows", "<Command>/opt/landline</Command>"),
        ] {
            let unit = unit(system, user, node, &words("/opt/landline")).expect("a unit");
            assert!(unit.content.contains(part), "{}", unit.content);
        }
        assert_eq!(unit("plan9", user, node, &words("x")), None);
    }

    #[test]
    fn odd_paths_stay_one_word() {
        let unit = systemd(Path::new("/h"), &words("/a b/50%/$x\"y"));
        assert!(unit.content.contains(r#"ExecStart="/a b/50%%/$$x\"y" "node""#), "{}", unit.content);
        assert!(launchd(Path::new("/h"), Path::new("/n"), &words("/a&b")).content.contains("/a&amp;b"));
    }
}
