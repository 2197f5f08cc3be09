//! Adding, listing, removing and trying hooks.

use schemas::bounds::MAX_HOOKS;
use schemas::methods::hooks::{Hook, HookSettings, HooksAddParams};
use serde_json::Value;

use super::calls::{conversation, message};
use super::template::Template;
use super::{HookError, Hooks};
use crate::schedule::conditions;
use crate::security::new_secret;
use crate::store::hooks::{self as rows, HookRow};

impl Hooks {
    /// Adds a hook; returns it and its secret, which is shown this once.
    pub async fn add(
        &self,
        org: &str,
        actor: &str,
        params: HooksAddParams,
    ) -> Result<(Hook, Option<String>), HookError> {
        let HooksAddParams { settings, secret } = params;
        self.check(&settings)?;
        if settings.allow_unsigned && secret.is_some() {
            return Err(HookError::Invalid("/secret: a hook with a secret takes no unsigned calls".into()));
        }
        let secret = if settings.allow_unsigned { None } else { Some(secret.unwrap_or_else(new_secret)) };
        let row = HookRow {
            no: 0,
            name: settings.name.clone(),
            org: org.to_owned(),
            actor: actor.to_owned(),
            definition: serde_json::to_string(&settings)
                .map_err(|error| HookError::Invalid(error.to_string()))?,
            secret: secret.clone(),
            created_at: self.0.parts.clock.now(),
            calls: 0,
            last_at: None,
        };
        let stored = row.clone();
        let done = self.0.parts.store.write(move |db| {
            if usize::try_from(rows::count(db)?).unwrap_or(0) >= MAX_HOOKS {
                return Ok(None);
            }
            rows::insert(db, &stored).map(Some)
        });
        match done.await? {
            None => Err(HookError::Invalid(format!("there are {MAX_HOOKS} hooks, and no more are kept"))),
            Some(false) => Err(HookError::Taken(settings.name)),
            Some(true) => Ok((shown(&row, settings), secret)),
        }
    }

    /// Returns an organisation's hooks by name.
    pub async fn list(&self, org: &str) -> Result<Vec<Hook>, HookError> {
        let org = org.to_owned();
        let found = self.0.parts.store.read(move |db| rows::list(db, &org)).await?;
        let read = |row: HookRow| {
            let settings = serde_json::from_str(&row.definition).ok()?;
            Some(shown(&row, settings))
        };
        Ok(found.into_iter().filter_map(read).collect())
    }

    /// Removes a hook; `false`: there was none.
    pub async fn remove(&self, org: &str, name: &str) -> Result<bool, HookError> {
        let (org, gone) = (org.to_owned(), name.to_owned());
        let removed = self.0.parts.store.write(move |db| rows::remove(db, &org, &gone)).await?;
        self.limits().forget(name);
        Ok(removed)
    }

    /// Returns what an agent would be told of a payload.
    pub async fn test(&self, org: &str, name: &str, payload: &Value) -> Result<String, HookError> {
        let wanted = name.to_owned();
        let row = self.0.parts.store.read(move |db| rows::find(db, &wanted)).await?;
        let row = row.filter(|row| row.org == org).ok_or_else(|| HookError::Unknown(name.to_owned()))?;
        let settings: HookSettings =
            serde_json::from_str(&row.definition).map_err(|error| HookError::Invalid(error.to_string()))?;
        message(&settings, payload).map_err(|error| HookError::Invalid(format!("/payload: {error}")))
    }

    fn check(&self, settings: &HookSettings) -> Result<(), HookError> {
        let invalid = |text: String| Err(HookError::Invalid(text));
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if settings.name.is_empty() || settings.name.len() > 64 || !settings.name.bytes().all(fits) {
            return invalid("/name has 1 to 64 characters of a-z, 0-9, - and _".into());
        }
        if ["wake", "agent"].contains(&settings.name.as_str()) {
            return invalid(format!("/name: /hooks/{} is the gateway's own", settings.name));
        }
        if let Err(error) = Template::read(&settings.template) {
            return invalid(format!("/template {error}"));
        }
        if settings.model.as_deref().is_some_and(|model| model.starts_with('-')) {
            return invalid("/model must not begin with a dash".into());
        }
        let roster = self.0.parts.engine.roster();
        let here = settings.work.as_ref().is_none_or(|work| work.on.is_none());
        if let Some(agent) = settings.agent_id.as_deref().filter(|agent| here && roster.get(agent).is_none())
        {
            return invalid(format!("/agentId: unknown agent id \"{agent}\""));
        }
        if let Some(work) = settings.work.clone() {
            conditions(work, false, &settings.name).map_err(HookError::Invalid)?;
        }
        conversation(settings, &roster).map(drop).map_err(HookError::Invalid)
    }
}

fn shown(row: &HookRow, settings: HookSettings) -> Hook {
    Hook {
        path: format!("/hooks/{}", row.name),
        has_secret: row.secret.is_some(),
        created_at_ms: row.created_at,
        calls: u64::try_from(row.calls).unwrap_or(0),
        last_call_at_ms: row.last_at,
        settings,
    }
}
