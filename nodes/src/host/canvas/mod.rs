//! `canvas.*`: pages that agents draw, shown in a browser of this machine.

mod browser;
mod forward;
mod pages;
mod pipe;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};

use super::answer::{Answer, Call, Code, Refusal};
use super::config;
use super::exec::Nothing;
use super::family::{Family, Offer};
use super::machine::Machine;
use crate::client::{Target, Trust};
use browser::{Browser, Recipe};
use forward::Forward;
use pages::Pages;

/// The family of canvases.
#[derive(Debug)]
pub(super) struct Canvas {
    machine: Machine,
    recipe: Result<Recipe, String>,
    gateway: Option<Target>,
    hosts: Vec<String>,
    /// Opened when a page is first shown, where the gateway's certificate is pinned.
    forward: OnceCell<Forward>,
    shown: Mutex<Option<Shown>>,
}

#[derive(Debug)]
struct Shown {
    browser: Browser,
    url: String,
}

/// Parameters of `canvas.present` (protocol 8.4).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct PresentParams {
    /// A canvas of the gateway, or a page of a host that the owner named.
    url: Option<String>,
    /// Width in pixels.
    width: Option<f64>,
    /// Height in pixels.
    height: Option<f64>,
    /// The same in one.
    placement: Option<Placement>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Placement {
    /// Width in pixels.
    width: Option<f64>,
    /// Height in pixels.
    height: Option<f64>,
}

/// Parameters of `canvas.navigate`.
#[derive(Debug, Deserialize, JsonSchema)]
struct NavigateParams {
    /// A canvas of the gateway, or a page of a host that the owner named.
    url: String,
}

/// Parameters of `canvas.eval`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct EvalParams {
    /// The script; a promise is waited for.
    java_script: String,
}

/// Parameters of `canvas.snapshot`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct SnapshotParams {
    /// `png` (default) or `jpeg`.
    format: Format,
    /// Largest width in pixels.
    max_width: Option<f64>,
    /// Of a JPEG, from 0 to 1.
    quality: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Png,
    #[serde(alias = "jpg")]
    Jpeg,
}

/// Parameters of `canvas.a2ui.push`.
#[derive(Debug, Deserialize, JsonSchema)]
struct PushParams {
    /// Messages of A2UI.
    messages: Vec<Value>,
}

/// Parameters of `canvas.a2ui.pushJSONL`.
#[derive(Debug, Deserialize, JsonSchema)]
struct PushLinesParams {
    /// Messages of A2UI, one a line.
    jsonl: String,
}

impl Canvas {
    /// Returns the family; `gateway` is how the gateway is reached from here.
    pub(super) fn new(machine: Machine, owner: &config::Canvas, gateway: Option<Target>) -> Self {
        let recipe = recipe(&machine, owner);
        let (hosts, forward) = (owner.hosts.clone(), OnceCell::new());
        Self { machine, recipe, gateway, hosts, forward, shown: Mutex::new(None) }
    }

    /// Returns the pages that may be shown.
    async fn pages(&self) -> Result<Pages, Refusal> {
        let pinned = |target: &&Target| matches!(target, Target::Url { trust: Some(Trust::Pin(_)), .. });
        let address = match &self.gateway {
            Some(target) if pinned(&target) => {
                let start = || Forward::start(target.clone());
                let forward = self.forward.get_or_try_init(start).await;
                Some(forward.map_err(|error| Refusal::unavailable(error.to_string()))?.url())
            }
            target => target.as_ref().map(ToString::to_string),
        };
        Ok(Pages::new(address.as_deref(), &self.hosts))
    }

    fn recipe(&self) -> Result<&Recipe, Refusal> {
        self.recipe.as_ref().map_err(|why| Refusal::new(Code::CanvasDisabled, why.clone()))
    }

    async fn present(&self, url: &str, size: Option<(f64, f64)>) -> Answer {
        let recipe = self.recipe()?;
        let pages = self.pages().await?;
        let url = pages.resolve(url)?;
        let mut shown = self.shown.lock().await;
        let ready = match shown.take().filter(|shown| shown.browser.is_open()) {
            Some(Shown { browser, .. }) => browser,
            None => Browser::start(&self.machine, recipe, pages).await?,
        };
        // Kept before it is used: a page that cannot be opened does not end the browser.
        let shown = shown.insert(Shown { browser: ready, url: url.clone() });
        if let Some((width, height)) = size {
            shown.browser.resize(pixels(width)?, pixels(height)?).await?;
        }
        shown.browser.open(&url).await?;
        Ok(json!({ "ok": true }))
    }

    async fn hide(&self) -> Answer {
        if let Some(Shown { browser, .. }) = self.shown.lock().await.take() {
            browser.end().await;
        }
        Ok(json!({ "ok": true }))
    }

    async fn eval(&self, params: &EvalParams, limit: Duration) -> Answer {
        let shown = self.shown.lock().await;
        let limit = limit.saturating_sub(MARGIN).max(MARGIN);
        Ok(json!({ "result": open(shown.as_ref())?.browser.eval(&params.java_script, limit).await? }))
    }

    async fn snapshot(&self, params: &SnapshotParams) -> Answer {
        let shown = self.shown.lock().await;
        let name = if params.format == Format::Png { "png" } else { "jpeg" };
        let width = params.max_width.map(pixels).transpose()?;
        let quality = params.quality.map(|quality| (quality.clamp(0.0, 1.0) * 100.0).round());
        // It is between 0 and 100.
        let quality = quality.and_then(|quality| format!("{quality}").parse().ok());
        let base64 = open(shown.as_ref())?.browser.picture(name, width, quality).await?;
        Ok(json!({ "format": name, "base64": base64 }))
    }

    /// Hands messages to the gateway's page of surfaces, or has it remove all.
    async fn surfaces(&self, messages: Option<&[Value]>, limit: Duration) -> Answer {
        if let Some(wrong) = messages.into_iter().flatten().position(|message| !message.is_object()) {
            return Err(Refusal::invalid(format!("messages: number {wrong} is no object")));
        }
        let shown = self.shown.lock().await;
        let page = shown.as_ref().filter(|shown| shown.browser.is_open() && shown.url.contains("/a2ui/"));
        let page = page.ok_or_else(|| {
            let why = "the page for A2UI is not shown here: present it first (canvas.present with the view \"a2ui\")";
            Refusal::new(Code::A2uiHostUnavailable, why)
        })?;
        let ask = messages.map_or_else(
            || "reset()".to_owned(),
            |messages| format!("applyMessages({})", Value::from(messages.to_vec())),
        );
        let script = format!("globalThis.openclawA2UI ? openclawA2UI.{ask} : null");
        let limit = limit.saturating_sub(MARGIN).max(MARGIN);
        let told = page.browser.eval(&script, limit).await?;
        if told.is_null() {
            return Err(Refusal::new(
                Code::A2uiHostUnavailable,
                "the page that is shown takes no A2UI messages",
            ));
        }
        if told["ok"] != true {
            return Err(Refusal::invalid(format!("messages: {}", told["problems"])));
        }
        Ok(json!({ "ok": true, "messages": messages.map_or(0, <[Value]>::len) }))
    }
}

#[async_trait]
impl Family for Canvas {
    fn cap(&self) -> &'static str {
        "canvas"
    }

    fn offers(&self) -> Vec<Offer> {
        let why = self.recipe.as_ref().err().map(String::as_str);
        vec![
            Offer::new::<PresentParams>("canvas.present", why),
            Offer::new::<Nothing>("canvas.hide", why),
            Offer::new::<NavigateParams>("canvas.navigate", why),
            Offer::new::<EvalParams>("canvas.eval", why),
            Offer::new::<SnapshotParams>("canvas.snapshot", why),
            Offer::new::<PushParams>("canvas.a2ui.push", why),
            Offer::new::<PushLinesParams>("canvas.a2ui.pushJSONL", why),
            Offer::new::<Nothing>("canvas.a2ui.reset", why),
        ]
    }

    async fn answer(&self, command: &str, call: Call) -> Answer {
        let work = async {
            match command {
                "canvas.present" => {
                    let params: PresentParams = call.params()?;
                    let placed = params.placement.unwrap_or_default();
                    let size = params.width.or(placed.width).zip(params.height.or(placed.height));
                    let url = params.url.filter(|url| !url.is_empty() && url != "/");
                    let url = url.ok_or_else(|| {
                        Refusal::invalid(
                            "url: name a canvas; the gateway's canvas.present does so for a session",
                        )
                    })?;
                    self.present(&url, size).await
                }
                "canvas.navigate" => self.present(&call.params::<NavigateParams>()?.url, None).await,
                "canvas.hide" => self.hide().await,
                "canvas.eval" => self.eval(&call.params()?, call.limit).await,
                "canvas.snapshot" => self.snapshot(&call.params()?).await,
                "canvas.a2ui.push" => {
                    self.surfaces(Some(&call.params::<PushParams>()?.messages), call.limit).await
                }
                "canvas.a2ui.pushJSONL" => {
                    let lines = lines(&call.params::<PushLinesParams>()?.jsonl)?;
                    self.surfaces(Some(&lines), call.limit).await
                }
                _ => self.surfaces(None, call.limit).await,
            }
        };
        tokio::select! {
            done = work => done,
            () = call.stop.cancelled() => Err(Refusal::new(Code::Cancelled, "it is not wanted any more")),
        }
    }

    async fn close(&self) {
        let _ = self.hide().await;
    }
}

fn recipe(machine: &Machine, owner: &config::Canvas) -> Result<Recipe, String> {
    if cfg!(target_os = "windows") {
        return Err("canvases are not shown on Windows".into());
    }
    if !owner.enabled {
        return Err("[canvas] of node.toml has enabled = false".into());
    }
    let seen = machine.has("DISPLAY") || machine.has("WAYLAND_DISPLAY") || cfg!(target_os = "macos");
    if owner.visible && !seen {
        return Err("[canvas] of node.toml has visible = true, but there is no display".into());
    }
    let program: Option<PathBuf> = match &owner.browser {
        Some(path) => path.is_file().then(|| path.clone()),
        None => BROWSERS.iter().find_map(|name| machine.find(name)),
    };
    let program =
        program.ok_or("there is no Chromium: install it, or name a browser in [canvas] of node.toml")?;
    Ok(Recipe { program, visible: owner.visible })
}

fn open(shown: Option<&Shown>) -> Result<&Shown, Refusal> {
    let open = shown.filter(|shown| shown.browser.is_open());
    open.ok_or_else(|| Refusal::unavailable("no canvas is shown: present one first"))
}

fn lines(text: &str) -> Result<Vec<Value>, Refusal> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = lines.map(|(number, line)| {
        serde_json::from_str(line)
            .map_err(|error| Refusal::invalid(format!("jsonl: line {}: {error}", number + 1)))
    });
    read.collect()
}

/// Reads a number of pixels.
fn pixels(number: f64) -> Result<u32, Refusal> {
    let sound = (16.0..=7680.0).contains(&number);
    let pixels = format!("{}", number.round()).parse().ok();
    pixels.filter(|_| sound).ok_or_else(|| Refusal::invalid("width, height and maxWidth are 16 to 7680"))
}

#[cfg(target_os = "macos")]
const BROWSERS: [&str; 1] = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];
#[cfg(not(target_os = "macos"))]
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const MARGIN: Duration = Duration::from_millis(500);

#[cfg(test)]
#[path = "canvas_tests.rs"]
mod tests;
