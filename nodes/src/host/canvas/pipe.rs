//! A browser at the other end of a pipe: commands of the `DevTools` protocol, their answers, and the few events that
//! have to be answered. A pipe rather than a port, so that nobody else on the machine can drive the browser.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::pages::Pages;
use crate::host::answer::{Code, Refusal};
use crate::process::LineReader;

/// Speaks with one browser. What it starts ends with it.
#[derive(Debug)]
pub(super) struct Pipe {
    out: mpsc::Sender<Value>,
    waiting: Waiting,
    next: AtomicU64,
    loads: watch::Receiver<u64>,
    tasks: JoinSet<()>,
}

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Value, String>>>>>;

impl Pipe {
    /// Starts to read and write; `pages` decides which pages may be opened.
    pub(super) fn start(stdin: ChildStdin, stdout: ChildStdout, pages: Pages) -> Self {
        let (out, orders) = mpsc::channel(MAX_WAITING);
        let waiting = Waiting::default();
        let (loaded, loads) = watch::channel(0);
        let mut tasks = JoinSet::new();
        tasks.spawn(write(stdin, orders));
        tasks.spawn(read(stdout, waiting.clone(), out.clone(), loaded, pages));
        Self { out, waiting, next: AtomicU64::new(1), loads, tasks }
    }

    /// Says whether the browser still answers.
    pub(super) fn is_open(&self) -> bool {
        // The reader holds the only sender of loads.
        self.loads.has_changed().is_ok() && !self.tasks.is_empty()
    }

    /// Returns the count of pages loaded, to wait for the next one.
    pub(super) fn loads(&self) -> watch::Receiver<u64> {
        let mut loads = self.loads.clone();
        loads.mark_unchanged();
        loads
    }

    /// Gives an order, in a session or to the browser itself, and returns its result.
    pub(super) async fn call(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, Refusal> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut order = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            order["sessionId"] = session.into();
        }
        let (answer, heard) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer);
        let work = async {
            self.out.send(order).await.map_err(|_| gone())?;
            heard.await.map_err(|_| gone())?.map_err(|why| Refusal::unavailable(format!("{method}: {why}")))
        };
        let done = tokio::time::timeout(limit, work).await;
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        done.unwrap_or_else(|_| {
            Err(Refusal::new(Code::Timeout, format!("the browser did not answer {method} in time")))
        })
    }
}

fn gone() -> Refusal {
    Refusal::unavailable("the browser has ended")
}

async fn write(mut stdin: ChildStdin, mut orders: mpsc::Receiver<Value>) {
    while let Some(order) = orders.recv().await {
        let mut bytes = order.to_string().into_bytes();
        bytes.push(0);
        if stdin.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn read(
    stdout: ChildStdout,
    waiting: Waiting,
    out: mpsc::Sender<Value>,
    loaded: watch::Sender<u64>,
    pages: Pages,
) {
    let mut messages = LineReader::ended_by(0, stdout, MAX_MESSAGE);
    // Orders of our own have numbers that no caller gets; the browser reads 32 bits of one.
    let mut own = 1_u64 << 30;
    while let Ok(Some(bytes)) = messages.next().await {
        let Ok(message) = serde_json::from_slice::<Value>(bytes.strip_suffix(&[0]).unwrap_or(&bytes)) else {
            continue;
        };
        if let Some(id) = message["id"].as_u64() {
            let caller = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            if let Some(caller) = caller {
                let why = message["error"]["message"].as_str().map(ToOwned::to_owned);
                let _ = caller.send(why.map_or_else(|| Ok(message["result"].clone()), Err));
            }
            continue;
        }
        if message["method"] == "Page.loadEventFired" {
            loaded.send_modify(|count| *count += 1);
        }
        for mut order in reactions(&message, &pages) {
            own += 1;
            order["id"] = own.into();
            // The browser would fill the pipe while nobody reads: an order that finds no room is left out, and the
            // page it is about stays as it is.
            let _ = out.try_send(order);
        }
    }
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Returns the orders that an event calls for: pages are let in or not, windows and dialogs are closed.
fn reactions(message: &Value, pages: &Pages) -> Vec<Value> {
    let (params, session) = (&message["params"], &message["sessionId"]);
    match message["method"].as_str().unwrap_or_default() {
        "Fetch.requestPaused" => {
            let request = &params["requestId"];
            let url = params["request"]["url"].as_str().unwrap_or_default();
            if pages.may_open(url) {
                return vec![order(session, "Fetch.continueRequest", &json!({"requestId": request}))];
            }
            tracing::warn!("A page that the owner does not allow was kept from opening");
            let refuse = json!({"requestId": request, "errorReason": "AccessDenied"});
            vec![order(session, "Fetch.failRequest", &refuse)]
        }
        // A window that a page opens waits here before it loads anything; it has to go on to be closed.
        "Target.attachedToTarget" if params["waitingForDebugger"] == true => vec![
            json!({"method": "Target.closeTarget", "params": {"targetId": params["targetInfo"]["targetId"]}}),
            order(&params["sessionId"], "Runtime.runIfWaitingForDebugger", &json!({})),
        ],
        "Page.javascriptDialogOpening" => {
            vec![order(session, "Page.handleJavaScriptDialog", &json!({"accept": false}))]
        }
        _ => Vec::new(),
    }
}

fn order(session: &Value, method: &str, params: &Value) -> Value {
    json!({"method": method, "params": params, "sessionId": session})
}

/// Orders that may wait to be written.
const MAX_WAITING: usize = 64;
/// Longest message of a browser: a picture of a large page.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_let_in_or_not() {
        let pages = Pages::new(Some("http://10.0.0.2:18789"), &["example.org".into()]);
        let paused = |url: &str| {
            json!({"method": "Fetch.requestPaused", "sessionId": "s",
                "params": {"requestId": "r", "request": {"url": url}}})
        };
        let ordered = |message: &Value| {
            let orders = reactions(message, &pages);
            let methods = orders.iter().map(|order| order["method"].as_str().unwrap_or_default().to_owned());
            methods.collect::<Vec<_>>()
        };
        let canvas = "http://10.0.0.2:18789/__openclaw__/cap/x/";
        assert_eq!(ordered(&paused(canvas)), ["Fetch.continueRequest"]);
        assert_eq!(reactions(&paused(canvas), &pages)[0]["sessionId"], "s");
        assert_eq!(ordered(&paused("file:///etc/passwd")), ["Fetch.failRequest"]);
        assert_eq!(ordered(&paused("http://169.254.169.254/")), ["Fetch.failRequest"]);
        let dialog = json!({"method": "Page.javascriptDialogOpening", "params": {}});
        assert_eq!(ordered(&dialog), ["Page.handleJavaScriptDialog"]);
        let window = |waits: bool| {
            json!({"method": "Target.attachedToTarget",
                "params": {"sessionId": "w", "waitingForDebugger": waits, "targetInfo": {"targetId": "t"}}})
        };
        assert_eq!(ordered(&window(true)), ["Target.closeTarget", "Runtime.runIfWaitingForDebugger"]);
        assert!(reactions(&window(true), &pages)[0].get("sessionId").is_none(), "that is the browser's own");
        assert!(ordered(&window(false)).is_empty(), "the page itself");
        assert!(ordered(&json!({"method": "Page.frameNavigated"})).is_empty());
    }
}
