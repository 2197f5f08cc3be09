//! The browser that shows canvases: started when first needed, with a fresh profile, and ended with everything it
//! started.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::pages::Pages;
use super::pipe::Pipe;
use crate::host::answer::{Code, Refusal};
use crate::host::machine::{GRACE, Machine, Scratch};
use crate::host::notify::SESSION;
use crate::process::{Launch, Running};

/// A browser with one page.
#[derive(Debug)]
pub(super) struct Browser {
    pipe: Pipe,
    session: String,
    running: Running,
    /// Its profile, which vanishes after it.
    _profile: Scratch,
}

/// How a browser is started.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub(super) program: PathBuf,
    pub(super) visible: bool,
}

impl Browser {
    /// Starts one and opens its page; it shows `pages` and no others.
    pub(super) async fn start(machine: &Machine, recipe: &Recipe, pages: Pages) -> Result<Self, Refusal> {
        let profile = machine.scratch()?;
        let mut words: Vec<String> = FLAGS.map(ToOwned::to_owned).to_vec();
        words.push(format!("--user-data-dir={}", profile.file("profile").display()));
        words.push(format!("--host-resolver-rules={}", pages.resolver_rules()));
        if !recipe.visible {
            words.push("--headless=new".into());
        }
        if rustix::process::geteuid().is_root() {
            // Chromium's own sandbox refuses to work for root.
            words.push("--no-sandbox".into());
        }
        words.push("about:blank".into());
        // The browser expects its pipes at descriptors 3 and 4; a shell puts them there and is gone.
        let shell = ["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, "sh"].map(ToOwned::to_owned);
        let program = recipe.program.display().to_string();
        let arguments = shell.into_iter().chain([program]).chain(words).map(Into::into).collect();
        let launch = Launch {
            program: "/bin/sh".into(),
            arguments,
            cwd: machine.home().to_owned(),
            environment: machine.environment(&SESSION.map(ToOwned::to_owned)),
            marker: machine.marker(),
        };
        let mut running = launch.start()?;
        drop(running.stderr.take());
        let pipes = (running.stdin.take(), running.stdout.take());
        let (Some(stdin), Some(stdout)) = pipes else {
            return Err(Refusal::unavailable("the browser has no pipes"));
        };
        let pipe = Pipe::start(stdin, stdout, pages);
        let session = open_page(&pipe).await?;
        Ok(Self { pipe, session, running, _profile: profile })
    }

    /// Says whether it still answers.
    pub(super) fn is_open(&self) -> bool {
        self.pipe.is_open()
    }

    /// Opens an address and waits until the page is loaded, a while at most.
    pub(super) async fn open(&self, url: &str) -> Result<(), Refusal> {
        let mut loads = self.pipe.loads();
        let opened = self.call("Page.navigate", json!({"url": url}), PATIENCE).await?;
        if let Some(why) = opened["errorText"].as_str() {
            return Err(Refusal::unavailable(format!("the page could not be opened: {why}")));
        }
        // A page that never finishes loading is shown all the same.
        let _ = tokio::time::timeout(LOADING, loads.changed()).await;
        Ok(())
    }

    /// Sets the size of the page.
    pub(super) async fn resize(&self, width: u32, height: u32) -> Result<(), Refusal> {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size, PATIENCE).await.map(drop)
    }

    /// Runs a script in the page and returns its value.
    pub(super) async fn eval(&self, script: &str, limit: Duration) -> Result<Value, Refusal> {
        let params = json!({
            "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true,
            "timeout": limit.as_millis(),
        });
        let done = self.call("Runtime.evaluate", params, limit).await?;
        if let Some(failed) = done.get("exceptionDetails") {
            let thrown = failed["exception"]["description"].as_str().or_else(|| failed["text"].as_str());
            let thrown = thrown.unwrap_or("it threw something").lines().next().unwrap_or_default();
            return Err(Refusal::invalid(format!("javaScript: {thrown}")));
        }
        Ok(done["result"].get("value").cloned().unwrap_or(Value::Null))
    }

    /// Takes a picture of the page; returns its base64.
    pub(super) async fn picture(
        &self,
        format: &str,
        max_width: Option<u32>,
        quality: Option<u32>,
    ) -> Result<String, Refusal> {
        let mut params = json!({"format": format, "optimizeForSpeed": false});
        if let Some(quality) = quality.filter(|_| format == "jpeg") {
            params["quality"] = quality.into();
        }
        let metrics = self.call("Page.getLayoutMetrics", json!({}), PATIENCE).await?;
        let view = &metrics["cssVisualViewport"];
        let (width, height) = (view["clientWidth"].as_f64(), view["clientHeight"].as_f64());
        if let (Some(width), Some(height), Some(most)) = (width, height, max_width)
            && width > f64::from(most)
        {
            params["clip"] =
                json!({"x": 0, "y": 0, "width": width, "height": height, "scale": f64::from(most) / width});
        }
        let taken = self.call("Page.captureScreenshot", params, PATIENCE).await?;
        let data =
            taken["data"].as_str().ok_or_else(|| Refusal::unavailable("the browser took no picture"))?;
        if data.len() > MAX_BASE64 {
            return Err(Refusal::new(
                Code::PayloadTooLarge,
                "the picture is too large; ask for a smaller maxWidth",
            ));
        }
        Ok(data.to_owned())
    }

    /// Ends it.
    pub(super) async fn end(mut self) {
        self.running.end(GRACE).await;
    }

    async fn call(&self, method: &str, params: Value, limit: Duration) -> Result<Value, Refusal> {
        self.pipe.call(Some(&self.session), method, params, limit).await
    }
}

/// Takes over the browser's page; returns the session in which it is driven.
async fn open_page(pipe: &Pipe) -> Result<String, Refusal> {
    let page = pipe.call(None, "Target.createTarget", json!({"url": "about:blank"}), STARTING).await?;
    let attach = json!({"targetId": page["targetId"], "flatten": true});
    let attached = pipe.call(None, "Target.attachToTarget", attach, PATIENCE).await?;
    let session =
        attached["sessionId"].as_str().ok_or_else(|| Refusal::unavailable("the browser has no page"))?;
    let documents = json!({"patterns": [{"urlPattern": "*", "resourceType": "Document"}]});
    for (method, params) in [("Page.enable", json!({})), ("Fetch.enable", documents)] {
        pipe.call(Some(session), method, params, PATIENCE).await?;
    }
    let windows = json!({
        "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true, "filter": [{"type": "page"}],
    });
    pipe.call(None, "Target.setAutoAttach", windows, PATIENCE).await?;
    Ok(session.to_owned())
}

/// Nothing is asked, loaded or opened that the canvas does not need.
const FLAGS: [&str; 18] = [
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-dev-shm-usage",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--no-proxy-server",
    "--password-store=basic",
    "--mute-audio",
    "--window-size=1280,800",
];
const STARTING: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(15);
const LOADING: Duration = Duration::from_secs(10);
const MAX_BASE64: usize = 15_000_000;
