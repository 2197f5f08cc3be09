//! Where a conversation is held, so that something can be sent there by the session's key alone.

use channels::{Inbound, Place};
use schemas::session::SessionKey;

use super::{Bridge, parcel};
use crate::store::accounts::AccountName;
use crate::store::{StoreError, inbound};

impl Bridge {
    /// Returns the account and the place from which a session was spoken to last; where one of its runs is alive, the
    /// place of the message that this run answers. `None`: from no platform.
    pub async fn whereabouts(
        &self,
        org: &str,
        key: &SessionKey,
    ) -> Result<Option<(AccountName, Place)>, StoreError> {
        if let Some(found) = self.answered_now(org, key) {
            return Ok(Some(found));
        }
        let (org, key) = (org.to_owned(), key.to_string());
        let last = self.store().read(move |db| inbound::last_told(db, &org, &key)).await?;
        Ok(last.and_then(|(of, body)| {
            let inbound: Inbound = serde_json::from_str(&body).ok()?;
            Some((of, parcel::place(&inbound.chat)))
        }))
    }

    /// Several people may share a session: the run that is alive says whom it answers.
    fn answered_now(&self, org: &str, key: &SessionKey) -> Option<(AccountName, Place)> {
        let alive = self.chat().live_text(org, key.as_str()).map(|(run_id, _)| run_id);
        let turns = self.turns();
        let mut same = turns.values().rev().filter(|turn| turn.key == *key && *turn.live.org() == *org);
        let turn = same.find(|turn| alive.as_ref().is_none_or(|run_id| turn.run_id == *run_id))?;
        Some((turn.lane.of.clone(), turn.to.clone()))
    }

    /// Returns the largest file, in bytes, that an account can send; `None` if it is not started.
    pub fn max_upload(&self, of: &AccountName) -> Option<u64> {
        self.live(of).map(|live| live.traits().max_upload)
    }
}
