//! The workers as people see them.

use schemas::event::Event;
use schemas::methods::workers::{WorkerRow, WorkerStatus, WorkersChanged};

use super::{Known, State, Workers};

impl Workers {
    /// Returns all workers, by name.
    pub fn list(&self) -> Vec<WorkerRow> {
        let state = self.state();
        state.workers.keys().filter_map(|name| state.row(name)).collect()
    }

    /// Takes a worker out of use, or back; `None`: there is none of that name.
    pub fn drain(&self, name: &str, drain: bool) -> Option<WorkerRow> {
        let row = {
            let mut state = self.state();
            state.workers.get(name)?;
            if drain {
                state.drained.insert(name.to_owned());
            } else {
                state.drained.remove(name);
            }
            state.row(name)
        };
        self.tell(row.clone());
        self.tell_watcher(name);
        row
    }

    /// Ends the connection of a worker that came in with a token of this name, which is no longer good.
    pub fn expel_token(&self, name: &str, why: &str) {
        let outlet = {
            let state = self.state();
            let known = state.workers.get(name).filter(|known| matches!(known.owner, super::Owner::Token(_)));
            known.and_then(|known| known.here.as_ref()).map(|here| std::sync::Arc::clone(&here.outlet))
        };
        if let Some(outlet) = outlet {
            outlet.close(why);
        }
    }

    /// Tells everyone who may see it how a worker is.
    pub(super) fn tell(&self, row: Option<WorkerRow>) {
        if let Some(worker) = row {
            self.hub.publish(Event::WorkersChanged, &WorkersChanged { worker }, None);
        }
    }

    pub(super) fn tell_of(&self, name: &str) {
        let row = self.state().row(name);
        self.tell(row);
    }
}

impl State {
    pub(super) fn row(&self, name: &str) -> Option<WorkerRow> {
        let known = self.workers.get(name)?;
        let own = self.posts.iter().filter(|(_, post)| post.worker == name);
        let mut task_ids: Vec<String> = own.map(|(run, _)| run.task.to_string()).collect();
        task_ids.sort_unstable();
        let running = u32::try_from(task_ids.len()).unwrap_or(u32::MAX);
        Some(WorkerRow {
            facts: known.facts.clone(),
            node_id: known.node_id(),
            transport: known.transport.into(),
            online: known.here.is_some(),
            status: self.status(name, known, running),
            running,
            task_ids,
            connected_at: known.here.as_ref().map(|here| here.since),
            last_seen_at: Some(known.seen_at),
        })
    }

    fn status(&self, name: &str, known: &Known, running: u32) -> WorkerStatus {
        match () {
            () if known.here.is_none() => WorkerStatus::Offline,
            () if self.drained.contains(name) => WorkerStatus::Draining,
            () if running >= known.facts.max_concurrent => WorkerStatus::Busy,
            () if running > 0 => WorkerStatus::Active,
            () => WorkerStatus::Idle,
        }
    }
}

impl Known {
    fn node_id(&self) -> Option<String> {
        match &self.owner {
            super::Owner::Device(device) => Some(device.to_string()),
            super::Owner::Token(_) => None,
        }
    }
}
