//! Units by which a system starts a program of ours and keeps it running: systemd, launchd, the task scheduler.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, DIM, Output};

/// A program that is to be kept running.
#[derive(Debug)]
pub(crate) struct Service<'a> {
    /// `node` or `gateway`.
    pub(crate) what: &'a str,
    /// The person's home directory.
    pub(crate) home: &'a Path,
    /// Where files belong that no system has a place for.
    pub(crate) folder: &'a Path,
    /// The command and its arguments.
    pub(crate) words: &'a [String],
}

/// A file that tells the system to start a program, and what switches it on.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Unit {
    file: PathBuf,
    content: String,
    command: String,
}

impl Unit {
    /// Returns the unit for this system.
    pub(crate) fn here(service: &Service<'_>) -> Result<Self, Failure> {
        let system = std::env::consts::OS;
        unit(system, service).ok_or_else(|| Failure::failed(format!("there is no recipe for {system}")))
    }

    /// Writes the unit unless it is only to be shown, and says what switches it on.
    pub(crate) fn install(&self, dry_run: bool, output: &Output) -> Outcome {
        if !dry_run {
            let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", self.file.display()));
            if let Some(folder) = self.file.parent() {
                fs::create_dir_all(folder).map_err(failed)?;
            }
            fs::write(&self.file, &self.content).map_err(failed)?;
        }
        output.show(self, |unit, output| {
            if dry_run {
                output.line(format_args!("{DIM}would write {}{DIM:#}", unit.file.display()));
                output.part(&unit.content);
            } else {
                output.line(format_args!("wrote {}", unit.file.display()));
            }
            output.line(format_args!("switch it on with: {BOLD}{}{BOLD:#}", unit.command));
        });
        Ok(())
    }
}

/// Returns the person's home directory.
pub(crate) fn home() -> Result<PathBuf, Failure> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    home.ok_or_else(|| Failure::failed("HOME is not set: it is not known where the unit belongs"))
}

/// Returns a path as a unit can hold it.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(['\n', '\r', '\0']));
    let text = text.ok_or_else(|| Failure::failed(format!("{} cannot stand in a unit", path.display())))?;
    Ok(text.to_owned())
}

/// Returns the unit of a system.
fn unit(system: &str, service: &Service<'_>) -> Option<Unit> {
    Some(match system {
        "linux" => systemd(service),
        "macos" => launchd(service),
        "windows" => task(service),
        _ => return None,
    })
}

fn systemd(service: &Service<'_>) -> Unit {
    let (what, user) = (service.what, service.home);
    // A percent sign begins a specifier in a unit, a dollar sign a variable.
    let escape = |word: &String| {
        let word = word.replace('\\', r"\\").replace('"', r#"\""#).replace('%', "%%").replace('$', "$$");
        format!("\"{word}\"")
    };
    let command = service.words.iter().map(escape).collect::<Vec<_>>().join(" ");
    Unit {
        file: user.join(format!(".config/systemd/user/landline-{what}.service")),
        content: format!(
            "[Unit]\nDescription=Landline {what}\nAfter=network-online.target\nWants=network-online.target\n\n\
             [Service]\nExecStart={command}\nRestart=always\nRestartSec=5\nKillMode=mixed\nTimeoutStopSec=20\n\
             \n[Install]\nWantedBy=default.target\n"
        ),
        command: format!(
            "systemctl --user daemon-reload && systemctl --user enable --now landline-{what} && loginctl enable-linger"
        ),
    }
}

fn launchd(service: &Service<'_>) -> Unit {
    let what = service.what;
    let words: Vec<String> =
        service.words.iter().map(|word| format!("    <string>{}</string>\n", xml(word))).collect();
    let words = words.concat();
    let log = xml(&service.folder.join("launchd.log").to_string_lossy());
    let file = service.home.join(format!("Library/LaunchAgents/ai.landline.{what}.plist"));
    Unit {
        command: format!("launchctl bootstrap gui/$(id -u) '{}'", file.display()),
        file,
        content: format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n  \
             <key>Label</key><string>ai.landline.{what}</string>\n  <key>ProgramArguments</key>\n  <array>\n{words}  \
             </array>\n  <key>RunAtLoad</key><true/>\n  <key>KeepAlive</key><true/>\n  \
             <key>StandardErrorPath</key><string>{log}</string>\n</dict>\n</plist>\n"
        ),
    }
}

fn task(service: &Service<'_>) -> Unit {
    let (what, words) = (service.what, service.words);
    let (program, rest) =
        words.split_first().map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
    let rest = rest.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ");
    let file = service.folder.join(format!("landline-{what}.xml"));
    Unit {
        command: format!("schtasks /Create /TN Landline-{what} /XML \"{}\"", file.display()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(program: &str) -> Vec<String> {
        [program, "node", "run"].map(ToOwned::to_owned).to_vec()
    }

    #[test]
    fn each_system_has_its_own() {
        let words = words("/opt/landline");
        let (home, folder) = (Path::new("/home/me"), Path::new("/home/me/.landline/node"));
        let service = Service { what: "node", home, folder, words: &words };
        for (system, part) in [
            ("linux", "ExecStart=\"/opt/landline\" \"node\" \"run\""),
            ("macos", "<string>/opt/landline</string>"),
            ("windows", "<Command>/opt/landline</Command>"),
        ] {
            let unit = unit(system, &service).expect("a unit");
            assert!(unit.content.contains(part), "{}", unit.content);
        }
        assert_eq!(unit("plan9", &service), None);
    }

    #[test]
    fn odd_paths_stay_one_word() {
        let (home, folder) = (Path::new("/h"), Path::new("/n"));
        let odd = words("/a b/50%/$x\"y");
        let unit = systemd(&Service { what: "node", home, folder, words: &odd });
        assert!(unit.content.contains(r#"ExecStart="/a b/50%%/$$x\"y" "node""#), "{}", unit.content);
        let odd = words("/a&b");
        let unit = launchd(&Service { what: "gateway", home, folder, words: &odd });
        assert!(unit.content.contains("/a&amp;b") && unit.content.contains("ai.landline.gateway"));
    }
}
