//! `system.run` and its kin: programs of this machine, run as the owner's policy and an approved plan allow.

mod output;
mod plan;
mod policy;
mod program;
mod run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Code, Refusal};
use super::config::{Exec, Security, is_dangerous_variable};
use super::family::{Family, Offer};
use super::machine::Machine;
use plan::{Plan, Plans, Wanted};
use policy::{Judgement, Policy};
use program::{Located, locate};

/// The family of programs.
#[derive(Debug)]
pub(super) struct Programs {
    machine: Machine,
    owner: Exec,
    policy: Policy,
    plans: Plans,
}

/// Parameters of `system.run` and `system.run.prepare` (protocol 8.4).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct RunParams {
    /// The program and its arguments; no shell reads them.
    command: Vec<String>,
    /// The same for people; it must say the same.
    raw_command: Option<String>,
    /// What `system.run.prepare` returned and a person approved.
    system_run_plan: Option<Value>,
    /// Where it runs.
    cwd: Option<String>,
    /// Variables.
    env: Option<BTreeMap<String, String>>,
    /// How long it may take.
    timeout_ms: Option<u64>,
    /// For which agent.
    agent_id: Option<String>,
    /// For which conversation.
    session_key: Option<String>,
    /// Whether the plan was approved.
    approved: Option<bool>,
    /// How.
    approval_decision: Option<Decision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Decision {
    AllowOnce,
    AllowAlways,
    Deny,
}

/// Parameters of `system.which`.
#[derive(Debug, Deserialize, JsonSchema)]
struct WhichParams {
    /// Names of programs.
    #[schemars(length(max = 64))]
    bins: Vec<String>,
}

/// Parameters of `system.execApprovals.set`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SetParams {
    /// The new list.
    file: Value,
    /// The hash of the list that was changed.
    base_hash: Option<String>,
}

/// A command without parameters.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Nothing {}

impl Programs {
    /// Returns the family; the list of programs is in `approvals`.
    pub(super) fn new(machine: Machine, owner: Exec, approvals: PathBuf) -> Self {
        let policy = Policy::new(owner.clone(), approvals);
        Self { machine, owner, policy, plans: Plans::default() }
    }

    fn which(&self, wanted: &WhichParams) -> Answer {
        if wanted.bins.len() > MAX_BINS {
            return Err(Refusal::invalid(format!("bins: at most {MAX_BINS}")));
        }
        let plain = |name: &&String| !name.is_empty() && !name.contains(['/', '\0']);
        let found = wanted.bins.iter().filter(plain).filter_map(|name| {
            let path = self.machine.find(name)?;
            Some((name.clone(), path.display().to_string()))
        });
        Ok(json!({ "bins": found.collect::<BTreeMap<_, _>>() }))
    }

    async fn prepare(&self, call: &Call) -> Answer {
        let wanted: RunParams = call.params()?;
        let wanted = self.wanted(&wanted)?;
        let agent = agent(wanted.agent_id.as_deref()).to_owned();
        let judgement = self.judge(&agent, &wanted.program, &wanted.argv)?;
        refused(judgement, &wanted.argv)?;
        let plan = freeze(wanted, call.now).await?;
        let (security, ask) = self.policy.limits(&agent)?;
        let shown = json!({
            "plan": &plan,
            "execPolicy": {
                "security": security, "ask": ask, "needsApproval": judgement == Judgement::NeedsApproval,
            },
        });
        self.plans.keep(plan);
        Ok(shown)
    }

    async fn run(&self, call: Call) -> Answer {
        let params: RunParams = call.params()?;
        let plan = self.admitted(&params, &call).await?;
        let timeout = params.timeout_ms.map(std::time::Duration::from_millis);
        run::execute(&self.machine, &self.owner, plan, timeout, call).await
    }

    /// Returns the plan to execute: just frozen when the policy lets it run, or else one that was prepared here,
    /// approved, and is in every part still as it was.
    async fn admitted(&self, params: &RunParams, call: &Call) -> Result<Plan, Refusal> {
        if params.approved == Some(false) || params.approval_decision == Some(Decision::Deny) {
            return Err(Refusal::denied("it was not approved"));
        }
        let Some(given) = &params.system_run_plan else {
            let wanted = self.wanted(params)?;
            let judgement = self.judge(agent(wanted.agent_id.as_deref()), &wanted.program, &wanted.argv)?;
            refused(judgement, &wanted.argv)?;
            if judgement == Judgement::NeedsApproval {
                return Err(Refusal::denied(format!(
                    "{} needs an approval: prepare it with system.run.prepare and send the approved plan",
                    plan::text(&wanted.argv)
                )));
            }
            return freeze(wanted, call.now).await;
        };
        let approved = self.plans.take(given, call.now)?;
        let wanted = self.wanted(&filled(params, &approved))?;
        let name = agent(approved.agent_id.as_deref()).to_owned();
        let program = wanted.program.clone();
        let judgement = self.judge(&name, &program, &wanted.argv)?;
        refused(judgement, &wanted.argv)?;
        let decided = params.approved == Some(true) && params.approval_decision.is_some();
        if judgement == Judgement::NeedsApproval && !decided {
            return Err(Refusal::denied("the plan was not approved"));
        }
        let now = freeze(wanted, call.now).await?;
        if let Some(what) = approved.differs_from(&now) {
            return Err(Refusal::denied(format!(
                "{what} changed since the plan was approved; prepare it again"
            )));
        }
        if params.approval_decision == Some(Decision::AllowAlways) {
            self.policy.remember(&name, &program, &approved.argv[1..], call.now)?;
        }
        Ok(approved)
    }

    fn judge(&self, agent: &str, program: &Located, argv: &[String]) -> Result<Judgement, Refusal> {
        self.policy.judge(agent, program, &argv[1..], self.machine.search())
    }

    /// Reads what is to be run, without running it.
    fn wanted(&self, params: &RunParams) -> Result<Wanted, Refusal> {
        let argv = &params.command;
        let Some(word) = argv.first().filter(|word| !word.is_empty()) else {
            return Err(Refusal::invalid("command: name a program and its arguments"));
        };
        if argv.iter().any(|word| word.contains('\0'))
            || argv.iter().map(String::len).sum::<usize>() > MAX_WORDS
        {
            return Err(Refusal::invalid("command: too long, or a word with a zero byte"));
        }
        if let Some(raw) = params.raw_command.as_deref().filter(|raw| !raw.is_empty())
            && raw != plan::text(argv)
            && Some(raw) != program::shell_script(argv)
            && raw != argv.join(" ")
        {
            return Err(Refusal::denied("rawCommand is not what command says"));
        }
        let cwd = match params.cwd.as_deref().filter(|cwd| !cwd.is_empty()) {
            Some(cwd) => PathBuf::from(cwd),
            None => self.owner.cwd.clone().unwrap_or_else(|| self.machine.home().to_owned()),
        };
        if !cwd.is_absolute() {
            return Err(Refusal::invalid("cwd: write an absolute path"));
        }
        let cwd = cwd.canonicalize().ok().filter(|cwd| cwd.is_dir()).ok_or_else(|| {
            Refusal::invalid(format!("cwd: the folder {} does not exist on this node", cwd.display()))
        })?;
        let env = params.env.clone().unwrap_or_default();
        if let Some(name) = env.keys().find(|name| !self.may_set(name)) {
            return Err(Refusal::invalid(format!(
                "env.{name}: callers may not set it here; the node's owner can add it to `env` in [exec] of node.toml"
            )));
        }
        let program = locate(word, &cwd, self.machine.search())
            .ok_or_else(|| Refusal::invalid(format!("command: no program {word} on this node")))?;
        let (agent_id, session_key) = (params.agent_id.clone(), params.session_key.clone());
        Ok(Wanted { argv: argv.clone(), cwd, env, agent_id, session_key, program })
    }

    fn may_set(&self, name: &str) -> bool {
        let known = CALLERS_MAY_SET.contains(&name) || name.starts_with("LC_");
        !is_dangerous_variable(name) && (known || self.owner.env.iter().any(|own| own == name))
    }
}

#[async_trait]
impl Family for Programs {
    fn cap(&self) -> &'static str {
        "system"
    }

    fn offers(&self) -> Vec<Offer> {
        let off =
            (self.owner.security == Security::Deny).then_some("[exec] security is \"deny\" in node.toml");
        vec![
            Offer::new::<RunParams>("system.run", off),
            Offer::new::<RunParams>("system.run.prepare", off),
            Offer::new::<WhichParams>("system.which", None),
            Offer::new::<Nothing>("system.execApprovals.get", None),
            Offer::new::<SetParams>("system.execApprovals.set", None),
        ]
    }

    async fn answer(&self, command: &str, call: Call) -> Answer {
        match command {
            "system.run" => self.run(call).await,
            "system.run.prepare" => self.prepare(&call).await,
            "system.which" => self.which(&call.params()?),
            "system.execApprovals.get" => self.policy.show(),
            _ => {
                let SetParams { file, base_hash } = call.params()?;
                self.policy.replace(&file, base_hash.as_deref())
            }
        }
    }
}

/// Fills what a caller left out of `params` from the plan that it names; what it sent stays, to be compared.
fn filled(params: &RunParams, plan: &Plan) -> RunParams {
    let mut params = params.clone();
    if params.command.is_empty() {
        params.command.clone_from(&plan.argv);
    }
    params.cwd = params.cwd.or_else(|| plan.cwd.to_str().map(ToOwned::to_owned));
    params.env = params.env.or_else(|| Some(plan.env.clone()));
    params.agent_id = params.agent_id.or_else(|| plan.agent_id.clone());
    params.session_key = params.session_key.or_else(|| plan.session_key.clone());
    params
}

fn refused(judgement: Judgement, argv: &[String]) -> Result<(), Refusal> {
    match judgement {
        Judgement::Allow | Judgement::NeedsApproval => Ok(()),
        Judgement::Deny => Err(Refusal::denied(format!(
            "{} is not on the list of allowed programs, and this node does not ask",
            plan::text(argv)
        ))),
        Judgement::Disabled => Err(Refusal::new(
            Code::SystemRunDisabled,
            "this node runs no programs ([exec] security is \"deny\")",
        )),
    }
}

async fn freeze(wanted: Wanted, now: schemas::clock::Millis) -> Result<Plan, Refusal> {
    tokio::task::spawn_blocking(move || Plan::freeze(wanted, now))
        .await
        .map_err(|error| Refusal::unavailable(format!("the command could not be checked: {error}")))?
}

fn agent(id: Option<&str>) -> &str {
    id.filter(|id| !id.is_empty()).unwrap_or("main")
}

/// Most names that `system.which` looks for.
const MAX_BINS: usize = 64;
/// Longest command, in bytes.
const MAX_WORDS: usize = 128 * 1024;
/// Variables that only choose language, time and looks.
const CALLERS_MAY_SET: [&str; 9] =
    ["LANG", "LANGUAGE", "TZ", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS"];

#[cfg(test)]
#[path = "exec_tests.rs"]
mod tests;
