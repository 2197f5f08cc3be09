//! `system.notify`: a note on the machine's screen.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Call, Refusal};
use super::family::{Family, Offer};
use super::machine::{Machine, Tool};

/// The family of notes.
#[derive(Debug)]
pub(super) struct Notify {
    machine: Machine,
    tool: Option<PathBuf>,
}

/// Parameters of `system.notify` (protocol 8.4).
#[derive(Debug, Deserialize, JsonSchema)]
struct NotifyParams {
    /// Its heading.
    #[serde(default)]
    title: String,
    /// Its text.
    #[serde(default)]
    body: String,
    /// How loud it is.
    #[serde(default)]
    priority: Priority,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Priority {
    Passive,
    #[default]
    Active,
    TimeSensitive,
}

#[cfg(target_os = "macos")]
const TOOL: &str = "osascript";
#[cfg(target_os = "windows")]
const TOOL: &str = "powershell.exe";
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
const TOOL: &str = "notify-send";

impl Notify {
    /// Returns the family, with the tool of this system if it is there.
    pub(super) fn new(machine: Machine) -> Self {
        let tool = machine.find(TOOL);
        Self { machine, tool }
    }

    fn why_not(&self) -> Option<String> {
        if self.tool.is_none() {
            return Some(format!("there is no program {TOOL}"));
        }
        let unseen = cfg!(target_os = "linux") && !self.machine.has("DBUS_SESSION_BUS_ADDRESS");
        unseen.then(|| "nobody is logged in on a screen here (DBUS_SESSION_BUS_ADDRESS is not set)".into())
    }
}

#[async_trait]
impl Family for Notify {
    fn cap(&self) -> &'static str {
        "system"
    }

    fn offers(&self) -> Vec<Offer> {
        vec![Offer::new::<NotifyParams>("system.notify", self.why_not().as_deref())]
    }

    async fn answer(&self, _command: &str, call: Call) -> Answer {
        let note: NotifyParams = call.params()?;
        if note.title.trim().is_empty() && note.body.trim().is_empty() {
            return Err(Refusal::invalid("give a title or a body"));
        }
        if note.title.len() + note.body.len() > MAX_TEXT
            || format!("{}{}", note.title, note.body).contains('\0')
        {
            return Err(Refusal::invalid(format!("title and body: at most {MAX_TEXT} bytes, no zero byte")));
        }
        let program = self.tool.clone().ok_or_else(|| Refusal::unavailable("there is no tool for notes"))?;
        let (arguments, input) = words(&note);
        let tool = Tool {
            program,
            arguments: arguments.into_iter().map(Into::into).collect(),
            cwd: None,
            input,
            env_pass: SESSION.map(ToOwned::to_owned).to_vec(),
            timeout: Duration::from_secs(10),
            limit: 64 * 1024,
        };
        self.machine.run(tool, &call.stop).await?.ok(TOOL)?;
        Ok(json!({ "ok": true }))
    }
}

/// Returns the tool's arguments and input. The texts are never part of a script: nothing in them is obeyed.
fn words(note: &NotifyParams) -> (Vec<String>, Vec<u8>) {
    let (title, body) = (note.title.clone(), note.body.clone());
    if cfg!(target_os = "macos") {
        let script =
            ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];
        let mut words: Vec<String> =
            script.iter().flat_map(|line| ["-e".to_owned(), (*line).to_owned()]).collect();
        words.extend([title, body]);
        return (words, Vec::new());
    }
    if cfg!(target_os = "windows") {
        let script = "$n = [Console]::In.ReadToEnd() | ConvertFrom-Json; Add-Type -AssemblyName System.Windows.Forms; \
             $i = New-Object System.Windows.Forms.NotifyIcon; $i.Icon = [System.Drawing.SystemIcons]::Information; \
             $i.Visible = $true; $i.ShowBalloonTip(10000, $n.title, $n.body, 'Info'); Start-Sleep 5; $i.Dispose()";
        let words = ["-NoProfile", "-NonInteractive", "-Command", script].map(ToOwned::to_owned).to_vec();
        return (words, json!({"title": title, "body": body}).to_string().into_bytes());
    }
    let urgency = match note.priority {
        Priority::Passive => "low",
        Priority::Active => "normal",
        Priority::TimeSensitive => "critical",
    };
    let title = if title.is_empty() { "Landline".to_owned() } else { title };
    let words = ["--app-name", "Landline", "--urgency", urgency, "--", title.as_str(), body.as_str()];
    (words.map(ToOwned::to_owned).to_vec(), Vec::new())
}

/// What a program needs to reach the person's screen.
pub(super) const SESSION: [&str; 5] =
    ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
const MAX_TEXT: usize = 8 * 1024;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_an_option() {
        let note =
            NotifyParams { title: "--help".into(), body: "-u".into(), priority: Priority::TimeSensitive };
        let (words, _) = words(&note);
        let end = words.iter().position(|word| word == "--").unwrap();
        assert_eq!(words[end + 1..], ["--help", "-u"]);
        assert!(words[..end].contains(&"critical".to_owned()));
    }
}
