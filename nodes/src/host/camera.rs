//! `camera.*`: pictures of cameras, by a tool that is installed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Code, Refusal};
use super::exec::Nothing;
use super::family::{Family, Offer};
use super::machine::{Machine, Tool};
use super::picture::{MAX_PICTURE, payload};

/// The family of cameras.
#[derive(Debug)]
pub(super) struct Camera {
    machine: Machine,
    tool: Option<(Kind, PathBuf)>,
    /// Where the system lists cameras: `/dev` and `/sys/class/video4linux`.
    devices: PathBuf,
    names: PathBuf,
}

/// The tools, the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ffmpeg,
    Fswebcam,
    Imagesnap,
}

/// Parameters of `camera.snap` (protocol 8.4).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct SnapParams {
    /// A device of `camera.list`; the first one when absent.
    device_id: Option<String>,
    /// Largest width in pixels.
    #[schemars(range(min = 16, max = 7680))]
    max_width: u32,
    /// From 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    quality: f64,
    /// `jpg` or `jpeg`.
    format: String,
    /// How long to wait before.
    #[schemars(range(max = 10000))]
    delay_ms: u64,
}

impl Default for SnapParams {
    fn default() -> Self {
        Self { device_id: None, max_width: 1600, quality: 0.9, format: "jpg".into(), delay_ms: 0 }
    }
}

struct Found {
    id: String,
    name: String,
}

impl Camera {
    /// Returns the family, with the first tool that is there.
    pub(super) fn new(machine: Machine) -> Self {
        Self::at(machine, Path::new("/dev"), Path::new("/sys/class/video4linux"))
    }

    fn at(machine: Machine, devices: &Path, names: &Path) -> Self {
        let tools: &[(Kind, &str)] = if cfg!(target_os = "macos") {
            &[(Kind::Imagesnap, "imagesnap")]
        } else {
            &[(Kind::Ffmpeg, "ffmpeg"), (Kind::Fswebcam, "fswebcam")]
        };
        let tool = tools.iter().find_map(|(kind, name)| Some((*kind, machine.find(name)?)));
        Self { machine, tool, devices: devices.to_owned(), names: names.to_owned() }
    }

    /// Returns the cameras. A device that only describes another one has a later index and is left out.
    fn cameras(&self) -> Vec<Found> {
        if cfg!(target_os = "macos") {
            return vec![Found { id: "default".into(), name: "Camera".into() }];
        }
        let entries = std::fs::read_dir(&self.devices).into_iter().flatten().flatten();
        let mut numbers: Vec<u32> = entries
            .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("video")?.parse().ok())
            .filter(|number| {
                let index = std::fs::read_to_string(self.names.join(format!("video{number}/index")));
                index.map_or(true, |index| index.trim() == "0")
            })
            .collect();
        numbers.sort_unstable();
        let named = numbers.into_iter().map(|number| {
            let id = format!("video{number}");
            let name = std::fs::read_to_string(self.names.join(&id).join("name")).unwrap_or_default();
            let name = if name.trim().is_empty() { id.clone() } else { name.trim().to_owned() };
            Found { id, name }
        });
        named.collect()
    }

    fn list(&self) -> Value {
        let devices: Vec<Value> = self
            .cameras()
            .into_iter()
            .map(|camera| json!({"id": camera.id, "name": camera.name, "position": "external", "deviceType": "webcam"}))
            .collect();
        json!({ "devices": devices })
    }

    async fn snap(&self, call: &Call) -> Answer {
        let params: SnapParams = call.params()?;
        if !matches!(params.format.as_str(), "jpg" | "jpeg") {
            return Err(Refusal::invalid("format: jpg"));
        }
        let sound = (16..=7680).contains(&params.max_width) && (0.0..=1.0).contains(&params.quality);
        if !sound || params.delay_ms > 10_000 {
            return Err(Refusal::invalid("maxWidth is 16 to 7680, quality 0 to 1, delayMs at most 10000"));
        }
        let none = || Refusal::new(Code::CameraDisabled, "there is no camera");
        let cameras = self.cameras();
        let camera = match &params.device_id {
            Some(id) => cameras.iter().find(|camera| camera.id == *id).ok_or_else(|| {
                Refusal::invalid(format!("deviceId: there is no camera {id}; see camera.list"))
            })?,
            None => cameras.first().ok_or_else(none)?,
        };
        let (kind, program) = self.tool.clone().ok_or_else(none)?;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(params.delay_ms)) => {}
            () = call.stop.cancelled() => return Err(Refusal::new(Code::Cancelled, "it is not wanted any more")),
        }
        let device = self.devices.join(&camera.id);
        let tool = Tool {
            program,
            arguments: words(kind, &device.to_string_lossy(), &params).into_iter().map(Into::into).collect(),
            cwd: None,
            input: Vec::new(),
            env_pass: Vec::new(),
            timeout: Duration::from_secs(30).min(call.limit),
            limit: MAX_PICTURE + 1,
        };
        let bytes = self.machine.run(tool, &call.stop).await?.ok("the camera's tool")?;
        payload("jpg", &bytes)
    }
}

/// Returns the words that have a tool write a picture to its stdout.
fn words(kind: Kind, device: &str, params: &SnapParams) -> Vec<String> {
    let (width, quality) = (params.max_width, params.quality);
    let line = match kind {
        Kind::Ffmpeg => {
            // Its scale is 2 (best) to 31.
            let scale = (1.0 - quality).mul_add(29.0, 2.0).round();
            format!(
                "-hide_banner -loglevel error -f v4l2 -i {device} -frames:v 1 -vf scale=min({width}\\,iw):-2 -q:v {scale} -f mjpeg -"
            )
        }
        Kind::Fswebcam => {
            let percent = (quality * 95.0).round();
            format!("--quiet --device {device} --skip 5 --no-banner --scale {width}x --jpeg {percent} -")
        }
        Kind::Imagesnap => "-q -w 1 -".to_owned(),
    };
    // No word has a space in it: names of devices are video and a number.
    line.split(' ').map(ToOwned::to_owned).collect()
}

#[async_trait]
impl Family for Camera {
    fn cap(&self) -> &'static str {
        "camera"
    }

    fn offers(&self) -> Vec<Offer> {
        let none = self.cameras().is_empty().then_some("there is no camera");
        let tool = self.tool.is_none().then_some("there is no tool for cameras: install ffmpeg or fswebcam");
        vec![
            Offer::new::<Nothing>("camera.list", none),
            Offer::new::<SnapParams>("camera.snap", none.or(tool)),
        ]
    }

    async fn answer(&self, command: &str, call: Call) -> Answer {
        if command == "camera.list" { Ok(self.list()) } else { self.snap(&call).await }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "camera_tests.rs"]
mod tests;
