//! What workers say: each report finds the run it is about, or is answered with the order to end that.

use nodes::work::wire::{Order, Report, RunKey};

use super::{Line, Workers};

/// Why a report was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Another worker has the name.
    #[error("{0}")]
    NameTaken(String),
    /// That is no name.
    #[error("{0}")]
    BadName(String),
    /// It did not say who it is.
    #[error("announce first: the connection has not said which worker it is")]
    Unannounced,
    /// There is no room for another one.
    #[error("there are too many workers")]
    TooMany,
    /// Something in it is wrong.
    #[error("{0}")]
    Wrong(String),
}

impl Workers {
    /// Takes what a worker says over a connection.
    pub fn hear(&self, line: &Line, reports: Vec<Report>) -> Result<(), Refused> {
        for report in reports {
            match report {
                Report::Announce { facts, runs, life } => self.announce(line, &facts, &runs, life)?,
                Report::Status { facts, .. } => self.status(line, facts)?,
                report => self.of_run(line, report)?,
            }
        }
        Ok(())
    }

    /// Notes a sign of life over a connection; returns the worker's name.
    pub fn alive(&self, line: &Line) -> Result<String, Refused> {
        let now = self.clock.now();
        let mut state = self.state();
        let mut known = state.workers.iter_mut();
        let found = known.find(|(_, known)| known.here.as_ref().is_some_and(|here| here.line == line.number));
        let (name, known) = found.ok_or(Refused::Unannounced)?;
        known.seen_at = now;
        Ok(name.clone())
    }

    fn status(&self, line: &Line, facts: Option<nodes::work::wire::Facts>) -> Result<(), Refused> {
        let name = self.alive(line)?;
        let Some(facts) = facts else { return Ok(()) };
        if facts.name != name {
            return Err(Refused::Wrong(
                "facts.name: a worker keeps its name; connect anew for another".into(),
            ));
        }
        let row = {
            let mut state = self.state();
            if let Some(known) = state.workers.get_mut(&name) {
                known.facts = facts;
            }
            state.row(&name)
        };
        self.tell(row);
        self.tell_watcher(&name);
        Ok(())
    }

    fn of_run(&self, line: &Line, report: Report) -> Result<(), Refused> {
        let name = self.alive(line)?;
        let Some(run) = report.run() else { return Ok(()) };
        let is_end = matches!(report, Report::Ended { .. } | Report::Refused { .. });
        let post = {
            let mut state = self.state();
            let post = state.posts.get(&run).filter(|post| post.worker == name).cloned();
            let known = state.workers.get_mut(&name).filter(|_| post.is_none());
            if let Some(known) = known {
                known.held.insert(run);
            }
            post
        };
        match post {
            Some(post) => post.put(report),
            None => self.unexpected(&name, run, is_end),
        }
        Ok(())
    }

    /// Nobody waits for that run: it was lost, given up, or belongs to a life of this gateway that is over.
    fn unexpected(&self, worker: &str, run: RunKey, is_end: bool) {
        let mut state = self.state();
        let may_be_wanted = state.closing.contains_key(&run) || self.began.elapsed() < self.patience.adopt;
        if may_be_wanted {
            return;
        }
        if let Some(known) = state.workers.get_mut(worker) {
            known.held.remove(&run);
        }
        drop(state);
        let order = if is_end { Order::Forget { run } } else { Order::Cancel { run } };
        self.give(worker, order);
    }
}
