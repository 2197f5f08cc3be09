//! Canvases: pages that agents draw for a session and that people see live, in the panel, on devices, in any browser.
//!
//! A canvas is a folder of files and a set of A2UI surfaces. Whoever shows it holds a capability URL of their
//! connection, and is told of every change.

mod a2ui;
mod beneath;
mod capability;
mod error;
mod files;
mod notes;
mod path;
mod place;
mod urls;
mod viewers;
mod walk;

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::Clock;
use schemas::bounds::{MAX_CANVAS_ACTIONS_PER_MINUTE, MAX_CANVAS_READS};
use schemas::clock::Millis;
use schemas::event::{CanvasAction, CanvasChanged, Event};
use schemas::session::SessionKey;
use schemas::{Role, Scope};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::hub::{Hub, Member};

pub use a2ui::{BadMessages, lines};
pub use beneath::FileError;
pub use capability::{Issued, Pass};
pub use error::PushError;
pub use notes::{Notes, Shown};
pub use path::{BadPath, CanvasPath};
pub use place::Place;
pub use urls::{PREFIXES, SURFACE, base_url};
pub use viewers::{EvalError, Evaluated, Order, Seat, View};
pub use walk::Found;

use capability::Capabilities;
use files::Files;
use viewers::Viewers;

/// All canvases. Clones share them.
#[derive(Clone, Debug)]
pub struct Canvas(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    files: Files,
    hub: Arc<Hub>,
    clock: Clock,
    capabilities: Capabilities,
    viewers: Arc<Viewers>,
    reads: Semaphore,
    /// The session that a node was last told to show, by its device.
    shown_on: Mutex<HashMap<Arc<str>, Place>>,
    /// When people did something on the pages of a session.
    actions: Mutex<HashMap<Place, VecDeque<Millis>>>,
    /// The number of the latest change of a canvas's files, and when it was.
    changes: Mutex<HashMap<Place, (u64, Millis)>>,
    /// Changes of all canvases so far.
    count: AtomicU64,
    /// When everything was last looked through.
    swept: AtomicI64,
}

/// A session's canvas, by name.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Where it lies.
    pub place: Place,
    /// The session.
    pub key: SessionKey,
}

impl Sheet {
    /// Returns the canvas of a session.
    pub fn of(org: &Arc<str>, key: SessionKey) -> Self {
        Self { place: Place::of(org, &key), key }
    }
}

impl Canvas {
    /// Builds it over `canvas` in the state directory; nothing is made there before something is written.
    pub fn new(state_dir: &Path, hub: Arc<Hub>, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            files: Files::new(state_dir.join("canvas")),
            capabilities: Capabilities::new(Arc::clone(&hub), clock.clone()),
            hub,
            clock,
            viewers: Arc::default(),
            reads: Semaphore::new(MAX_CANVAS_READS),
            shown_on: Mutex::default(),
            actions: Mutex::default(),
            changes: Mutex::default(),
            count: AtomicU64::new(0),
            swept: AtomicI64::new(0),
        }))
    }

    /// Reads a file.
    pub async fn read(&self, place: &Place, path: CanvasPath) -> Result<Vec<u8>, FileError> {
        let _turn = self.0.reads.acquire().await.ok();
        let place = place.clone();
        self.blocking(move |files| files.read(&place, &path)).await
    }

    /// Returns every file.
    pub async fn list(&self, place: &Place) -> Result<Vec<Found>, FileError> {
        let place = place.clone();
        self.blocking(move |files| files.list(&place)).await
    }

    /// Writes a file and tells everybody who looks. Returns whether there was one.
    pub async fn write(&self, sheet: &Sheet, path: CanvasPath, bytes: Vec<u8>) -> Result<bool, FileError> {
        let (place, name) = (sheet.place.clone(), path.to_string());
        let replaced = self.blocking(move |files| files.write(&place, &path, &bytes)).await?;
        self.touched(sheet, CanvasAction::Write, name);
        Ok(replaced)
    }

    /// Removes a file and tells everybody who looks.
    pub async fn remove(&self, sheet: &Sheet, path: CanvasPath) -> Result<(), FileError> {
        let (place, name) = (sheet.place.clone(), path.to_string());
        self.blocking(move |files| files.remove(&place, &path)).await?;
        self.touched(sheet, CanvasAction::Delete, name);
        Ok(())
    }

    /// Removes a canvas with everything: files, surfaces, what is shown.
    pub async fn clear(&self, sheet: &Sheet) -> Result<(), FileError> {
        let place = sheet.place.clone();
        self.blocking(move |files| files.clear(&place)).await?;
        self.0.viewers.tell(
            &sheet.place,
            Some(View::A2ui),
            &json!({ "type": "a2ui.reset" }).to_string().into(),
        );
        self.touched(sheet, CanvasAction::Delete, String::new());
        Ok(())
    }

    /// Returns the number of the latest change of a canvas's files. A page that was made at an earlier one is told to
    /// load itself anew: what changes before its socket is open would go by it.
    pub fn revision(&self, place: &Place) -> u64 {
        lock(&self.0.changes).get(place).map_or(0, |(number, _)| *number)
    }

    fn touched(&self, sheet: &Sheet, action: CanvasAction, path: String) {
        let number = self.0.count.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.0.changes).insert(sheet.place.clone(), (number, self.0.clock.now()));
        self.0.viewers.tell(&sheet.place, Some(View::Files), &RELOAD.into());
        let path = (!path.is_empty()).then_some(path);
        self.publish(sheet, action, path, None);
    }

    /// Tells the operators of the organisation that something about a canvas changed.
    pub fn publish(&self, sheet: &Sheet, action: CanvasAction, path: Option<String>, view: Option<&str>) {
        let changed = CanvasChanged {
            session_key: sheet.key.to_string(),
            action,
            path,
            view: view.map(str::to_owned),
            ts: self.0.clock.now(),
        };
        let org = sheet.place.org();
        self.0.hub.publish_if(Event::CanvasChanged, &changed, None, |member| member.principal.org == *org);
    }

    /// Makes a capability for a connection.
    pub fn issue(&self, member: &Arc<Member>, session: Option<SessionKey>) -> Issued {
        self.0.capabilities.issue(member, session)
    }

    /// Returns what a token allows, and lets it live on.
    pub fn use_token(&self, token: &str) -> Option<Pass> {
        self.0.capabilities.use_token(token)
    }

    /// Says whether a pass is still good, and lets it live on.
    pub fn is_good(&self, pass: &Pass) -> bool {
        self.0.capabilities.use_hash(&pass.hash).is_some()
    }

    /// Returns the canvas that a pass opens under a document's id, or without one. `main` is the session that is meant
    /// where nothing says otherwise.
    pub fn place_for(&self, pass: &Pass, document: Option<&str>, main: &SessionKey) -> Option<Place> {
        let who = &pass.member.principal;
        let default = match &pass.session {
            Some(key) => Some(Place::of(&who.org, key)),
            None if who.role == Role::Node => {
                let device = who.device.as_ref()?;
                lock(&self.0.shown_on).get(device).filter(|place| *place.org() == who.org).cloned()
            }
            None if who.has(Scope::Read) => Some(Place::of(&who.org, main)),
            None => None,
        };
        let Some(document) = document else { return default };
        let named = Place::named(&who.org, document)?;
        let any = pass.session.is_none() && who.has(Scope::Read);
        (any || default.as_ref() == Some(&named)).then_some(named)
    }

    /// Notes what a node shows, so that its own capability opens that and nothing else.
    pub fn show_on(&self, device: &Arc<str>, place: Option<Place>) {
        let mut shown = lock(&self.0.shown_on);
        match place {
            Some(place) => drop(shown.insert(Arc::clone(device), place)),
            None => drop(shown.remove(device)),
        }
    }

    /// Returns the device of a node that was last told to show a canvas.
    pub fn node_of(&self, place: &Place) -> Option<String> {
        let shown = lock(&self.0.shown_on);
        shown.iter().find(|(_, shown)| *shown == place).map(|(device, _)| device.to_string())
    }

    /// Adds a page to those that are told of changes; `None`: there are too many.
    pub fn watch(&self, pass: &Pass, place: Place, view: View) -> Option<Seat> {
        self.0.viewers.join(place, view, pass.hash)
    }

    /// Says whether some page shows a canvas now.
    pub fn is_watched(&self, place: &Place) -> bool {
        self.0.viewers.is_shown(place)
    }

    /// Runs a script in a page that shows a canvas.
    pub async fn eval(&self, place: &Place, script: &str, timeout: Duration) -> Evaluated {
        self.0.viewers.eval(place, script, timeout).await
    }

    /// Counts something that a person did on a page of a session; false: too much was done within a minute.
    pub fn may_act(&self, place: &Place) -> bool {
        let since = self.0.clock.now() - MINUTE;
        let mut actions = lock(&self.0.actions);
        let done = actions.entry(place.clone()).or_default();
        done.retain(|at| *at > since);
        if done.len() >= MAX_CANVAS_ACTIONS_PER_MINUTE {
            return false;
        }
        done.push_back(since + MINUTE);
        true
    }

    /// Ends what has expired. Called once a second. Pages are few; the rest is looked at less often, as it is asked
    /// again whenever it is used.
    pub fn sweep(&self) {
        self.0.viewers.close_unless(|hash| self.0.capabilities.is_good(hash));
        let now = self.0.clock.now();
        if now - self.0.swept.load(Ordering::Relaxed) < SWEEP {
            return;
        }
        self.0.swept.store(now, Ordering::Relaxed);
        self.0.capabilities.sweep();
        let since = now - MINUTE;
        // No page takes so long from its file to its socket.
        lock(&self.0.changes).retain(|_, (_, at)| *at > since);
        lock(&self.0.actions).retain(|_, done| done.back().is_some_and(|at| *at > since));
    }

    /// Sends messages to the pages that show a session's surfaces.
    fn tell_surfaces(&self, place: &Place, order: &Value) {
        self.0.viewers.tell(place, Some(View::A2ui), &order.to_string().into());
    }

    async fn blocking<T: Send + 'static, E: From<FileError> + Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let inner = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || work(&inner.files)).await {
            Ok(done) => done,
            Err(_) => Err(FileError::Io(std::io::Error::other("the work ended early")).into()),
        }
    }
}

/// A panic while a lock was held leaves maps that are still whole, so poisoning is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What pages are told when a file changed (protocol 9.4).
pub const RELOAD: &str = "reload";
const MINUTE: Millis = 60_000;
/// Time between two looks through everything.
const SWEEP: Millis = 10_000;
