//! What workers offer and what a task may ask of them: the words that gateway and worker share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

use crate::agent::ExecutorKind;
use crate::target::{Target, Want};

/// What a worker says of itself, anew on every connect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerFacts {
    /// Its name, unique among the workers that are connected.
    pub name: String,
    /// The pool it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Labels by which it can be chosen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The agents that it knows by name.
    #[serde(default)]
    pub agents: Vec<String>,
    /// The executors that it has, by their names in the configuration.
    #[serde(default)]
    pub executors: Vec<String>,
    /// Runs that it performs at the same time.
    pub max_concurrent: u32,
    /// How it keeps runs apart where a task does not say.
    #[serde(default)]
    pub isolation: Isolation,
    /// The most that a run on it may do.
    #[serde(default)]
    pub permissions: WorkerPermissions,
    /// Operating system, for example `linux`.
    #[serde(default)]
    pub os: String,
    /// Processor architecture, for example `x86_64`.
    #[serde(default)]
    pub arch: String,
    /// The version of its program.
    #[serde(default)]
    pub version: String,
    /// How it is.
    #[serde(default)]
    pub health: WorkerHealth,
}

impl WorkerFacts {
    /// Says whether this worker may perform a task for `target`, whatever it is doing now.
    pub fn fits(&self, target: &Target) -> bool {
        match target {
            Target::Local => false,
            Target::Node(name) => self.name == *name,
            Target::Pool(pool) => self.pool.as_ref() == Some(pool),
            Target::Any(wants) => wants.iter().all(|want| self.has(want)),
        }
    }

    /// Says whether it can run an agent: it knows the agent by name, or has the executor that performs it.
    pub fn performs(&self, agent: &str, executor: Option<ExecutorKind>) -> bool {
        let known = self.agents.iter().any(|name| name == agent);
        known || executor.is_some_and(|kind| self.executors.iter().any(|name| name == kind.as_str()))
    }

    fn has(&self, want: &Want) -> bool {
        match want {
            Want::Label { name, value } => self.labels.get(name) == Some(value),
            Want::Capability(name) => {
                self.executors.contains(name)
                    || self.agents.contains(name)
                    || self.labels.contains_key(name)
                    || self.os == *name
                    || self.arch == *name
            }
        }
    }
}

/// The most that a run on a worker may do. Empty lists mean nothing, not everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerPermissions {
    /// The widest permission mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Tools that may run without asking.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// Tools that never run.
    #[serde(default)]
    pub disallowed: Vec<String>,
    /// Folders that runs may work in.
    #[serde(default)]
    pub dirs: Vec<String>,
}

/// How a worker is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerHealth {
    /// Whether it can work.
    pub ok: bool,
    /// What is wrong, or worth knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Default for WorkerHealth {
    fn default() -> Self {
        Self { ok: true, detail: None }
    }
}

/// What a task may do, as whoever dispatched it asks. It only ever narrows what the agent and the worker allow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskPermissions {
    /// The permission mode, in the agent's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub mode: Option<String>,
    /// Tools that run without asking; an empty list means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub allowed_tools: Option<Vec<String>>,
    /// Tools that are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub disallowed_tools: Option<Vec<String>>,
    /// Further folders that the agent may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub add_dirs: Option<Vec<String>>,
}

/// How a run is kept apart from others in the same folder.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Isolation {
    /// It works in the agent's folder itself.
    #[default]
    None,
    /// In a work tree of its own of the folder's repository; what it changed comes back as a branch and a patch.
    Worktree,
    /// In a copy of the folder, without what its ignore rules name; what it changed comes back as a patch.
    Tmpdir,
}

/// What a run left besides its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// What it is.
    pub kind: ArtifactKind,
    /// Its name: of a patch, the commit it applies to; of a branch, the branch.
    #[serde(rename = "ref")]
    pub name: String,
    /// Its size in bytes, before any cut.
    pub bytes: u64,
}

/// Kinds of what a run can leave.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum ArtifactKind {
    /// Changes as a patch.
    Patch,
    /// A branch in the repository.
    Branch,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_fit_by_name_pool_and_what_they_have() {
        let facts = WorkerFacts {
            name: "builder-2".into(),
            pool: Some("ci".into()),
            labels: BTreeMap::from([("zone".into(), "b".into()), ("gpu".into(), String::new())]),
            agents: vec!["review".into()],
            executors: vec!["claude_code".into()],
            os: "linux".into(),
            ..WorkerFacts::default()
        };
        let fits = |target: &str| facts.fits(&target.parse().expect(target));
        for yes in ["node:builder-2", "pool:ci", "any", "any[gpu,zone=b]", "any[linux,review,claude_code]"] {
            assert!(fits(yes), "{yes}");
        }
        for no in ["local", "node:builder", "pool:other", "any[zone=a]", "any[windows]", "any[gpu,mac]"] {
            assert!(!fits(no), "{no}");
        }
        assert!(facts.performs("review", None) && facts.performs("x", Some(ExecutorKind::ClaudeCode)));
        assert!(!facts.performs("x", Some(ExecutorKind::Command)) && !facts.performs("x", None));
    }
}
