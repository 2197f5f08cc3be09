//! Letting a device in: what it is given, what is noted, what it is told.

use std::sync::Arc;

use schemas::clock::Millis;
use schemas::device::PublicKey;
use schemas::{Role, Scopes};

use super::Security;
use super::admit::{How, Judged, Visit, principal};
use super::attempt::Seal;
use super::refusal::Refusal;
use super::state::{Approver, State, about, stranger, widen};
use crate::store::{AuditEntry, Saving};

impl Security {
    /// Gives a device what an approver may give, and returns the audit entry.
    pub(super) fn let_in(
        &self,
        state: &mut State,
        visit: &Visit<'_>,
        key: &Arc<PublicKey>,
        approver: &Approver<'_>,
        what: &[(Role, Scopes)],
    ) -> Result<AuditEntry, Refusal> {
        let mut row = match state.devices.get(key.id()) {
            Some(known) => known.row.clone(),
            None => stranger(key, about(visit.attempt.params), visit.now),
        };
        for (role, scopes) in what {
            widen(&mut row, approver, *role, *scopes, visit.now)
                .map_err(|lacking| Refusal::scope_mismatch(&lacking))?;
        }
        let given: Vec<_> =
            what.iter().map(|(role, scopes)| format!("{role} {}", scopes.names().join(" "))).collect();
        let action = format!("device.pair.{}", approver.via);
        let entry = self.entry_by(approver.actor, &action, key.id(), given.join("; "));
        match state.devices.get_mut(key.id()) {
            Some(known) => known.row = row,
            None => drop(state.insert(row, Arc::clone(key))),
        }
        Ok(entry)
    }

    /// Lets a paired device in: notes that it was here, hands out its token unless it showed one.
    pub(super) fn enter(
        &self,
        state: &mut State,
        visit: &Visit<'_>,
        id: &str,
        how: How,
        mut audit: Vec<AuditEntry>,
    ) -> Judged {
        let now = visit.now;
        let Some(known) = state.devices.get_mut(id) else { return Err(Refusal::token_missing()) };
        let Some(grant) = known.grant_mut(visit.role) else { return Err(Refusal::token_missing()) };
        let owed = if how == How::DeviceToken { 0 } else { grant.owed_until.min(now + OWED_GRACE) };
        let mut must_save = !audit.is_empty() || owed != grant.owed_until;
        grant.owed_until = owed;
        let reach = grant.scopes;
        let scopes = if visit.asked.is_empty() && how != How::Secret { grant.scopes } else { visit.asked };
        let mut handed = None;
        if how == How::DeviceToken {
            grant.used_at = Some(now);
        } else if let Some((token, issued_at, is_new)) = known.hand_out(visit.role, now) {
            handed = Some((token, issued_at));
            if is_new {
                must_save = true;
                audit.push(self.entry_by(
                    &format!("device:{id}"),
                    "device.token.issue",
                    id,
                    visit.role.to_string(),
                ));
            }
        }
        let about = about(visit.attempt.params);
        let is_other = known.row.about != about;
        let is_due = now - known.seen_written_at >= SEEN_INTERVAL || is_other;
        // The same words are not moved about in memory: what is kept of many devices stays where it is.
        if is_other {
            known.row.about = about;
        }
        known.row.last_seen_at = Some(now);
        let saving = if must_save || is_due {
            known.seen_written_at = now;
            self.save(known, audit)
        } else {
            // Written a little later, with others: see `write_seen`.
            state.unwritten.insert(id.to_owned());
            Saving::default()
        };
        // Times ride along with the next commit; the device need not wait for that.
        let saving = if must_save { saving } else { Saving::default() };
        let principal = principal(format!("device:{id}"), visit.role, (scopes, reach), Some(id));
        let mut admission =
            visit.admission(principal, how.method(), Seal(Some((id.to_owned(), known.epoch))));
        if let Some((token, issued_at)) = handed {
            admission.auth.device_token = Some(token);
            admission.auth.issued_at_ms = Some(issued_at);
        }
        Ok((admission, saving))
    }
}

/// Time between two writes of a device's "last seen".
pub(super) const SEEN_INTERVAL: Millis = 60_000;
/// Time after a token was fetched in which the key alone fetches it again: the answer may have been lost.
const OWED_GRACE: Millis = 60_000;
