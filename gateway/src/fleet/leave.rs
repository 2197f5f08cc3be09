//! `node.invoke system.run` by who is no administrator: somebody is asked, as for `node.exec`.

use std::collections::BTreeMap;

use schemas::error::WireError;
use schemas::methods::nodes::{NodeExecOutput, NodeExecParams};
use serde::Deserialize;
use serde_json::Value;

use super::exec::{invalid_plan, own_session};
use super::{Answered, Fleet, Invocation, Watch};
use crate::security::Principal;

/// What of `system.run` (protocol 8.4) says what is to be run; the rest is the node's own business or a claim.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    command: Vec<String>,
    cwd: Option<String>,
    env: Option<BTreeMap<String, String>>,
    timeout_ms: Option<u64>,
}

impl Fleet {
    /// Has the node plan it and somebody allow the plan; returns what `system.run` answered.
    pub(super) async fn run_by_leave(
        &self,
        who: &Principal,
        call: Invocation,
        watch: Option<Watch>,
    ) -> Result<Answered, WireError> {
        let wanted: Wanted = serde_json::from_value(call.params).map_err(|error| {
            WireError::invalid(format!("/params: system.run needs `command`, a list of words: {error}"))
        })?;
        if wanted.command.is_empty() {
            return Err(WireError::invalid("/params/command: must name a program"));
        }
        let session = own_session(who, call.session_key)?;
        let given = call.timeout.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let params = NodeExecParams {
            node_id: call.node_id,
            command: wanted.command,
            cwd: wanted.cwd,
            env: wanted.env.unwrap_or_default(),
            timeout_ms: wanted.timeout_ms.or(given).map(|millis| millis.clamp(1, LONGEST_MS)),
            idempotency_key: call.idempotency_key.unwrap_or_default(),
            session_key: session.clone(),
            progress: None,
        };
        let answered = self.plan_and_run(who, &params, session, watch).await?;
        let output: NodeExecOutput = serde_json::from_value(answered.payload)
            .map_err(|_| invalid_plan("its answer cannot be read"))?;
        Ok(payload(output.payload))
    }
}

fn payload(payload: Value) -> Answered {
    Answered { payload_json: payload.to_string(), payload }
}

/// The longest that `node.exec` lets a program run.
const LONGEST_MS: u64 = 3_500_000;
