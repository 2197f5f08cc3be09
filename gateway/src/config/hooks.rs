//! Section `[hooks]`: the two addresses that take any text, `/hooks/wake` and `/hooks/agent`.

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::error::Mistake;
use super::value;

/// Section `[hooks]`; webhooks with names of their own are added with `landline hook add` and need nothing here.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HooksSection {
    /// Whether they are there.
    pub enabled: bool,
    /// What a caller shows as bearer; another one than `gateway.token`.
    #[serde(serialize_with = "value::hide", deserialize_with = "value::secret")]
    #[schemars(with = "Option<String>")]
    pub token: Option<SecretString>,
    /// Lets callers of `/hooks/agent` choose the conversation.
    pub allow_request_session_key: bool,
}

impl HooksSection {
    pub(super) fn check(&self, gateway: Option<&SecretString>, mistakes: &mut Vec<Mistake>) {
        let token = self.token.as_ref().map(ExposeSecret::expose_secret);
        if self.enabled && token.is_none() {
            mistakes.push(Mistake::at("hooks.token", "is needed with hooks.enabled: make a long random one"));
        }
        if token.is_some_and(|token| token.len() < SHORTEST) {
            let message = format!("too short: use at least {SHORTEST} characters");
            mistakes.push(Mistake::at("hooks.token", message));
        }
        if token.is_some() && token == gateway.map(ExposeSecret::expose_secret) {
            let message = "must not be gateway.token: who calls a hook is not to have the whole gateway";
            mistakes.push(Mistake::at("hooks.token", message));
        }
    }
}

const SHORTEST: usize = 16;
