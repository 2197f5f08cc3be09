//! Rings those who wait for the end of certain tasks, whoever else is told.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::store::messages::Message;
use crate::store::sessions::Session;
use crate::tasks::{Audience, Card, End, RunFacts, Spectator, TaskChange};

/// An audience that rings after a commit that ended a task.
#[derive(Debug)]
pub(super) struct Bell {
    /// Who is told what happens.
    pub(super) audience: Arc<dyn Audience>,
    /// The beginning of the run's name, and who is rung; most tasks concern nobody.
    pub(super) ends: Vec<(&'static str, Arc<Notify>)>,
}

impl Audience for Bell {
    fn said(&self, card: &Card, session: &Session, message: &Message) {
        self.audience.said(card, session, message);
    }

    fn changed(&self, card: &Card, change: &TaskChange<'_>) {
        self.audience.changed(card, change);
        if change.end.is_some() {
            let meant = self.ends.iter().filter(|(prefix, _)| card.run_id.starts_with(prefix));
            meant.for_each(|(_, end)| end.notify_one());
        }
    }

    fn begins(&self, run: RunFacts) -> Box<dyn Spectator> {
        self.audience.begins(run)
    }

    fn ended(&self, card: &Card, session: Option<&Session>, end: &End, messages: &[Message]) {
        self.audience.ended(card, session, end, messages);
    }
}
