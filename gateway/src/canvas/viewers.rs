//! Pages that show a canvas at this moment: what they are told, and what they answer to scripts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::bounds::{
    MAX_CANVAS_EVALS, MAX_CANVAS_ORDERS, MAX_CANVAS_VIEWERS, MAX_CANVAS_VIEWERS_PER_SESSION,
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::capability::Hash;
use super::place::Place;

/// What a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Files of the canvas.
    Files,
    /// A2UI surfaces.
    A2ui,
}

/// Something for a page, as it is sent.
pub type Order = Arc<str>;

/// Why a script gave nothing back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// No page shows the canvas.
    #[error("no page shows this canvas now; present it to somebody first, or name a nodeId")]
    NoViewer,
    /// Too many scripts run.
    #[error("too many scripts run in this canvas's pages; wait for their answers")]
    Busy,
    /// The page went away, or did not answer in time.
    #[error("the page did not answer in time")]
    TimedOut,
    /// The page was closed or reloaded meanwhile.
    #[error("the page was closed or loaded anew before it answered")]
    Gone,
    /// The script failed.
    #[error("the script failed: {0}")]
    Failed(String),
}

/// What a script gave back.
pub type Evaluated = Result<Value, EvalError>;

/// The pages that are open.
#[derive(Debug, Default)]
pub(super) struct Viewers {
    inner: Mutex<Inner>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    viewers: HashMap<Place, Vec<Viewer>>,
    count: usize,
}

#[derive(Debug)]
struct Viewer {
    id: u64,
    view: View,
    /// The capability that the page was opened with.
    pass: Hash,
    orders: mpsc::Sender<Order>,
    stop: CancellationToken,
    waiting: HashMap<u64, oneshot::Sender<Evaluated>>,
}

/// A page's place among the viewers; dropping it leaves.
#[derive(Debug)]
pub struct Seat {
    viewers: Arc<Viewers>,
    place: Place,
    id: u64,
    /// What the page is to be sent.
    pub orders: mpsc::Receiver<Order>,
    /// Done when the page must be closed.
    pub stop: CancellationToken,
}

impl Viewers {
    /// Adds a page; `None`: there are too many.
    pub(super) fn join(self: &Arc<Self>, place: Place, view: View, pass: Hash) -> Option<Seat> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (orders, received) = mpsc::channel(MAX_CANVAS_ORDERS);
        let stop = CancellationToken::new();
        let mut inner = self.lock();
        if inner.count >= MAX_CANVAS_VIEWERS {
            return None;
        }
        let there = inner.viewers.entry(place.clone()).or_default();
        if there.len() >= MAX_CANVAS_VIEWERS_PER_SESSION {
            return None;
        }
        there.push(Viewer { id, view, pass, orders, stop: stop.clone(), waiting: HashMap::new() });
        inner.count += 1;
        drop(inner);
        Some(Seat { viewers: Arc::clone(self), place, id, orders: received, stop })
    }

    /// Tells the pages of a canvas something. A page that takes nothing is closed.
    pub(super) fn tell(&self, place: &Place, view: Option<View>, order: &Order) {
        let mut inner = self.lock();
        for viewer in inner.viewers.get_mut(place).into_iter().flatten() {
            if view.is_none_or(|view| view == viewer.view) {
                viewer.tell(order);
            }
        }
    }

    /// Runs a script in the newest page that shows a canvas's files. The page with its surfaces runs none.
    pub(super) async fn eval(&self, place: &Place, script: &str, timeout: Duration) -> Evaluated {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let answer = self.begin_eval(place, number, script)?;
        // Whoever asked may go away before the answer.
        let _asked = Asked { viewers: self, place, number };
        match tokio::time::timeout(timeout, answer).await {
            Ok(Ok(evaluated)) => evaluated,
            Ok(Err(_)) => Err(EvalError::Gone),
            Err(_) => Err(EvalError::TimedOut),
        }
    }

    fn begin_eval(
        &self,
        place: &Place,
        number: u64,
        script: &str,
    ) -> Result<oneshot::Receiver<Evaluated>, EvalError> {
        let mut inner = self.lock();
        let there = inner.viewers.get_mut(place).ok_or(EvalError::NoViewer)?;
        if there.iter().map(|viewer| viewer.waiting.len()).sum::<usize>() >= MAX_CANVAS_EVALS {
            return Err(EvalError::Busy);
        }
        let newest =
            there.iter_mut().filter(|viewer| viewer.view == View::Files).max_by_key(|viewer| viewer.id);
        let viewer = newest.ok_or(EvalError::NoViewer)?;
        let (sender, receiver) = oneshot::channel();
        viewer.waiting.insert(number, sender);
        viewer.tell(&json!({ "type": "eval", "id": number, "javaScript": script }).to_string().into());
        Ok(receiver)
    }

    /// Closes the pages whose capability is no longer good.
    pub(super) fn close_unless(&self, good: impl Fn(&Hash) -> bool) {
        for viewer in self.lock().viewers.values().flatten() {
            if !good(&viewer.pass) {
                viewer.stop.cancel();
            }
        }
    }

    /// Says whether some page shows a canvas.
    pub(super) fn is_shown(&self, place: &Place) -> bool {
        self.lock().viewers.contains_key(place)
    }

    fn forget(&self, place: &Place, number: u64) {
        for viewer in self.lock().viewers.get_mut(place).into_iter().flatten() {
            viewer.waiting.remove(&number);
        }
    }

    /// A panic while the lock was held leaves lists that are still whole, so poisoning is ignored.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A script whose answer is waited for; dropping it ends the waiting.
struct Asked<'a> {
    viewers: &'a Viewers,
    place: &'a Place,
    number: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.viewers.forget(self.place, self.number);
    }
}

impl Viewer {
    fn tell(&self, order: &Order) {
        if self.orders.try_send(Arc::clone(order)).is_err() {
            self.stop.cancel();
        }
    }
}

impl Seat {
    /// Takes a page's answer to a script; one that nobody waits for is ignored.
    pub fn answer(&self, number: u64, evaluated: Evaluated) {
        let mut inner = self.viewers.lock();
        let there = inner.viewers.get_mut(&self.place);
        let viewer = there.and_then(|there| there.iter_mut().find(|viewer| viewer.id == self.id));
        if let Some(waiting) = viewer.and_then(|viewer| viewer.waiting.remove(&number)) {
            // Whoever asked may have gone.
            drop(waiting.send(evaluated));
        }
    }

    /// Returns the canvas that the page shows.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.viewers.lock();
        let Some(there) = inner.viewers.get_mut(&self.place) else { return };
        there.retain(|viewer| viewer.id != self.id);
        if there.is_empty() {
            inner.viewers.remove(&self.place);
        }
        inner.count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::session::SessionKey;

    fn place(name: &str) -> Place {
        Place::of(&"default".into(), &SessionKey::parse(name, None).expect("a key"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_script_runs_in_the_newest_page_with_files() {
        let viewers = Arc::new(Viewers::default());
        let (one, other) = (place("one"), place("other"));
        assert_eq!(viewers.eval(&one, "1", Duration::from_secs(1)).await, Err(EvalError::NoViewer));
        let mut files = viewers.join(one.clone(), View::Files, [0; 32]).expect("room");
        let _surfaces = viewers.join(one.clone(), View::A2ui, [0; 32]).expect("room");
        let _elsewhere = viewers.join(other, View::Files, [0; 32]).expect("room");
        let asked = Arc::clone(&viewers);
        let answering = async {
            let order: Value = serde_json::from_str(&files.orders.recv().await.expect("told")).expect("JSON");
            assert_eq!((&order["type"], &order["javaScript"]), (&json!("eval"), &json!("1 + 1")));
            files.answer(order["id"].as_u64().expect("a number") + 1, Ok(json!("not what was asked")));
            files.answer(order["id"].as_u64().expect("a number"), Ok(json!(2)));
        };
        let (evaluated, ()) = tokio::join!(asked.eval(&one, "1 + 1", Duration::from_secs(1)), answering);
        assert_eq!(evaluated, Ok(json!(2)));
        assert_eq!(viewers.eval(&one, "wait", Duration::from_secs(1)).await, Err(EvalError::TimedOut));
        let (gone, ()) = tokio::join!(viewers.eval(&one, "x", Duration::from_secs(1)), async { drop(files) });
        assert_eq!(gone, Err(EvalError::Gone));
    }

    #[test]
    fn pages_are_counted_and_slow_ones_closed() {
        let viewers = Arc::new(Viewers::default());
        let here = place("here");
        let mut seats: Vec<_> = (0..MAX_CANVAS_VIEWERS_PER_SESSION)
            .map(|_| viewers.join(here.clone(), View::Files, [1; 32]).expect("room"))
            .collect();
        assert!(viewers.join(here.clone(), View::Files, [1; 32]).is_none());
        seats.pop();
        let last = viewers.join(here.clone(), View::A2ui, [2; 32]).expect("room again");
        for _ in 0..MAX_CANVAS_ORDERS {
            viewers.tell(&here, Some(View::Files), &"reload".into());
        }
        assert!(!seats[0].stop.is_cancelled());
        viewers.tell(&here, None, &"reload".into());
        assert!(seats[0].stop.is_cancelled() && !last.stop.is_cancelled());
        viewers.close_unless(|hash| *hash != [2; 32]);
        assert!(last.stop.is_cancelled());
        drop((seats, last));
        assert!(!viewers.is_shown(&here) && viewers.lock().count == 0);
    }
}
