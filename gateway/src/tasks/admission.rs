//! What lets a running agent call the gateway's tools: a pass that lives as long as its run.

use nodes::executor::{Assignment, ToolAccess};
use schemas::bounds::MCP_CALL_TIMEOUT;
use secrecy::ExposeSecret as _;

use super::Engine;
use super::request::Card;
use crate::security::{Bearer, Pass, ToolSet};

impl Engine {
    /// Gives a run its pass, if its agent has tools; each run of a task gets a new one.
    pub(super) fn admit(
        &self,
        card: &Card,
        fence: i64,
        assignment: Assignment,
    ) -> (Option<Pass>, Assignment) {
        let roster = self.roster();
        let profile = roster.get(&card.agent).filter(|profile| profile.tools != ToolSet::None);
        let Some(profile) = profile.filter(|_| assignment.agent.executor.calls_tools()) else {
            return (None, assignment);
        };
        let pass = self.passes.issue(Bearer {
            org: card.org.clone(),
            session: card.key.as_str().into(),
            agent: card.agent.clone(),
            tools: profile.tools.clone(),
        });
        let access = ToolAccess {
            url: self.tools_url.clone(),
            token: pass.token.expose_secret().to_owned(),
            folder: self.state_dir.join(RUNS).join(format!("{}-{fence}", card.id)),
            only: profile.only_tools,
            call_timeout: MCP_CALL_TIMEOUT.min(assignment.timeout),
        };
        (Some(pass), Assignment { tools: Some(access), ..assignment })
    }
}

/// Folder of the state directory with a folder for each run that is alive.
pub const RUNS: &str = "runs";
