//! `screen.*`: what the machine's screen shows, by a tool that is installed.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Call, Refusal};
use super::family::{Family, Offer};
use super::machine::{Machine, Tool};
use super::notify::SESSION;
use super::picture::{MAX_FILM, payload};

/// The family of the screen.
#[derive(Debug)]
pub(super) struct Screen {
    machine: Machine,
    snap: Result<(Kind, PathBuf), String>,
    film: Result<(Kind, PathBuf), String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Grim,
    Scrot,
    Import,
    Ffmpeg,
    Screencapture,
}

/// Parameters of `screen.snapshot`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct SnapParams {
    /// `png` (default) or `jpeg`.
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Png,
    #[serde(alias = "jpg")]
    Jpeg,
}

/// Parameters of `screen.record` (protocol 8.4).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct FilmParams {
    /// How long.
    #[schemars(range(min = 100, max = 60000))]
    duration_ms: u64,
    /// Pictures a second.
    #[schemars(range(min = 1, max = 30))]
    fps: u32,
    /// Which screen; 0 is the first, and the only one here.
    screen_index: u32,
    /// `mp4`.
    format: String,
}

impl Default for FilmParams {
    fn default() -> Self {
        Self { duration_ms: 10_000, fps: 10, screen_index: 0, format: "mp4".into() }
    }
}

impl Screen {
    /// Returns the family, with the tools that fit this machine's display.
    pub(super) fn new(machine: Machine) -> Self {
        let tools: (&[_], &[_]) = if cfg!(target_os = "macos") {
            (&[(Kind::Screencapture, "screencapture")], &[(Kind::Screencapture, "screencapture")])
        } else if machine.has("WAYLAND_DISPLAY") {
            (&[(Kind::Grim, "grim")], &[])
        } else if machine.has("DISPLAY") {
            (
                &[(Kind::Scrot, "scrot"), (Kind::Import, "import"), (Kind::Ffmpeg, "ffmpeg")],
                &[(Kind::Ffmpeg, "ffmpeg")],
            )
        } else {
            (&[], &[])
        };
        let seen = cfg!(target_os = "macos") || machine.has("WAYLAND_DISPLAY") || machine.has("DISPLAY");
        let find = |tools: &[(Kind, &str)]| {
            if !seen {
                return Err("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned());
            }
            let found = tools.iter().find_map(|(kind, name)| Some((*kind, machine.find(name)?)));
            let names = tools.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
            found.ok_or_else(|| match names.as_str() {
                "" => "no tool for that is known on Wayland".to_owned(),
                names => format!("none of these programs is there: {names}"),
            })
        };
        let (snap, film) = (find(tools.0), find(tools.1));
        Self { machine, snap, film }
    }

    async fn run(
        &self,
        program: PathBuf,
        words: Vec<String>,
        timeout: Duration,
        call: &Call,
    ) -> Result<(), Refusal> {
        let tool = Tool {
            program,
            arguments: words.into_iter().map(Into::into).collect(),
            cwd: None,
            input: Vec::new(),
            env_pass: SESSION.map(ToOwned::to_owned).to_vec(),
            timeout: timeout.min(call.limit),
            limit: 64 * 1024,
        };
        self.machine.run(tool, &call.stop).await?.ok("the screen's tool").map(drop)
    }

    async fn snapshot(&self, call: &Call) -> Answer {
        let params: SnapParams = call.params()?;
        let (kind, program) = self.snap.clone().map_err(Refusal::unavailable)?;
        let scratch = self.machine.scratch()?;
        let (ending, name) = match params.format {
            Format::Png => ("png", "png"),
            Format::Jpeg => ("jpg", "jpeg"),
        };
        let file = scratch.file(&format!("screen.{ending}"));
        let path = file.display().to_string();
        let words: Vec<&str> = match kind {
            Kind::Grim => vec!["-t", name, &path],
            Kind::Scrot => vec!["--silent", "--overwrite", &path],
            Kind::Import => vec!["-window", "root", &path],
            Kind::Ffmpeg => {
                vec![
                    "-hide_banner",
                    "-loglevel",
                    "error",
                    "-f",
                    "x11grab",
                    "-i",
                    ":0",
                    "-frames:v",
                    "1",
                    &path,
                ]
            }
            Kind::Screencapture => vec!["-x", "-t", ending, &path],
        };
        let mut words: Vec<String> = words.into_iter().map(ToOwned::to_owned).collect();
        self.name_display(&mut words);
        self.run(program, words, Duration::from_secs(20), call).await?;
        let bytes =
            std::fs::read(&file).map_err(|error| Refusal::unavailable(format!("no picture: {error}")))?;
        payload(name, &bytes)
    }

    async fn record(&self, call: &Call) -> Answer {
        let params: FilmParams = call.params()?;
        let sound = (100..=60_000).contains(&params.duration_ms) && (1..=30).contains(&params.fps);
        if !sound || params.screen_index != 0 || params.format != "mp4" {
            return Err(Refusal::invalid(
                "durationMs is 100 to 60000, fps 1 to 30, screenIndex 0, format mp4",
            ));
        }
        let (kind, program) = self.film.clone().map_err(Refusal::unavailable)?;
        let scratch = self.machine.scratch()?;
        let file = scratch.file("screen.mp4");
        let path = file.display().to_string();
        let seconds = Duration::from_millis(params.duration_ms).as_secs_f64();
        let line = if kind == Kind::Screencapture {
            format!("-x -v -V {}", seconds.ceil())
        } else {
            format!(
                "-hide_banner -loglevel error -f x11grab -framerate {} -t {seconds} -i :0 -c:v libx264 -preset veryfast -pix_fmt yuv420p -vf scale=trunc(iw/2)*2:trunc(ih/2)*2",
                params.fps
            )
        };
        let mut words: Vec<String> = line.split(' ').map(ToOwned::to_owned).collect();
        words.push(path);
        self.name_display(&mut words);
        let timeout = Duration::from_millis(params.duration_ms) + Duration::from_secs(20);
        self.run(program, words, timeout, call).await?;
        let bytes =
            std::fs::read(&file).map_err(|error| Refusal::unavailable(format!("no film: {error}")))?;
        if bytes.len() > MAX_FILM {
            let message = format!("the film has {} bytes; ask for a shorter one or fewer fps", bytes.len());
            return Err(Refusal::new(super::answer::Code::PayloadTooLarge, message));
        }
        Ok(json!({
            "format": "mp4", "base64": STANDARD.encode(&bytes), "durationMs": params.duration_ms, "fps": params.fps,
            "screenIndex": 0, "hasAudio": false,
        }))
    }

    /// Puts the display's own name where `:0` stands.
    fn name_display(&self, words: &mut [String]) {
        if let Some(display) = self.machine.value("DISPLAY") {
            words.iter_mut().filter(|word| *word == ":0").for_each(|word| word.clone_from(&display));
        }
    }
}

#[async_trait]
impl Family for Screen {
    fn cap(&self) -> &'static str {
        "screen"
    }

    fn offers(&self) -> Vec<Offer> {
        let why = |tool: &Result<(Kind, PathBuf), String>| tool.as_ref().err().cloned();
        vec![
            Offer::new::<SnapParams>("screen.snapshot", why(&self.snap).as_deref()),
            Offer::new::<FilmParams>("screen.record", why(&self.film).as_deref()),
        ]
    }

    async fn answer(&self, command: &str, call: Call) -> Answer {
        if command == "screen.snapshot" { self.snapshot(&call).await } else { self.record(&call).await }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "screen_tests.rs"]
mod tests;
