//! `landline approvals policy`: which commands may be run without asking.

use clap::Subcommand;
use nodes::client::Client;
use schemas::exec_policy::{
    EVERYONE, ExecAgent, ExecAllowed, ExecAsk, ExecPolicy, ExecResolved, ExecRules, ExecSecurity,
};
use schemas::methods::NoParams;
use schemas::methods::exec_approvals::{
    ExecApprovalsGet, ExecApprovalsOutput, ExecApprovalsSet, ExecApprovalsSetParams,
};

use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, DIM, Output};
use crate::text;

/// What to change.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say what counts, for everyone or for one agent
    Set {
        /// Only this agent
        #[arg(long)]
        agent: Option<String>,
        /// What may be run at all: deny, allowlist or full
        #[arg(long, value_parser = word::<ExecSecurity>)]
        security: Option<ExecSecurity>,
        /// When somebody is asked: off, on-miss or always
        #[arg(long, value_parser = word::<ExecAsk>)]
        ask: Option<ExecAsk>,
        /// What may be run when nobody answers: deny, allowlist or full
        #[arg(long, value_parser = word::<ExecSecurity>)]
        fallback: Option<ExecSecurity>,
    },
    /// Put commands on the list
    Allow {
        /// The program's whole path; * stands for any name, ** for any folders
        pattern: String,
        /// A regular expression that all arguments, joined by spaces, have to match
        #[arg(long, value_name = "REGEX")]
        args: Option<String>,
        /// Only this agent; every agent if absent
        #[arg(long)]
        agent: Option<String>,
        /// Only on this node
        #[arg(long)]
        node: Option<String>,
    },
    /// Take commands off the list
    Forget {
        /// The entry's id, or its first characters
        entry: String,
    },
}

/// Reads one of a policy's words.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

/// Does it.
pub(crate) async fn run(client: &Client, command: Option<PolicyCommand>, output: &Output) -> Outcome {
    let present = client.call::<ExecApprovalsGet>(&NoParams {}).await?;
    let Some(command) = command else {
        output.show(&present, show);
        return Ok(());
    };
    let mut file = present.file;
    change(&mut file, command)?;
    let base_hash = Some(present.hash);
    let done = client.call::<ExecApprovalsSet>(&ExecApprovalsSetParams { file, base_hash }).await?;
    output.show(&done, show);
    Ok(())
}

fn change(policy: &mut ExecPolicy, command: PolicyCommand) -> Outcome {
    match command {
        PolicyCommand::Set { security: None, ask: None, fallback: None, .. } => {
            Err(Failure::usage("say what to change: --security, --ask or --fallback"))
        }
        PolicyCommand::Set { agent, security, ask, fallback } => {
            if let Some(agent) = agent {
                let agent = policy.agents.entry(agent).or_default();
                agent.security = security.or(agent.security);
                agent.ask = ask.or(agent.ask);
                agent.ask_fallback = fallback.or(agent.ask_fallback);
            } else {
                let rules: &mut ExecRules = policy.defaults.get_or_insert_default();
                rules.security = security.or(rules.security);
                rules.ask = ask.or(rules.ask);
                rules.ask_fallback = fallback.or(rules.ask_fallback);
            }
            Ok(())
        }
        PolicyCommand::Allow { pattern, args, agent, node } => {
            let pattern = node.map_or_else(|| pattern.clone(), |node| format!("node:{node}:{pattern}"));
            let entry = ExecAllowed {
                id: Some(uuid::Uuid::new_v4().to_string()),
                pattern,
                arg_pattern: args,
                ..ExecAllowed::default()
            };
            let agent = agent.unwrap_or_else(|| EVERYONE.to_owned());
            policy.agents.entry(agent).or_default().allowlist.push(entry);
            Ok(())
        }
        PolicyCommand::Forget { entry } => forget(policy, &entry),
    }
}

fn forget(policy: &mut ExecPolicy, wanted: &str) -> Outcome {
    let fits = |entry: &ExecAllowed| entry.id.as_deref().is_some_and(|id| id.starts_with(wanted));
    let hits = policy.agents.values().flat_map(|agent| &agent.allowlist).filter(|entry| fits(entry)).count();
    match hits {
        1 => {}
        0 => {
            let failure = Failure::failed(format!("no entry starts with {wanted}"));
            return Err(failure.hint("see: landline approvals policy"));
        }
        _ => return Err(Failure::usage(format!("{hits} entries start with {wanted}: write more of the id"))),
    }
    for agent in policy.agents.values_mut() {
        agent.allowlist.retain(|entry| !fits(entry));
    }
    Ok(())
}

fn show(policy: &ExecApprovalsOutput, output: &Output) {
    let note = if policy.exists { "" } else { "  (no file yet)" };
    output.line(format_args!("{DIM}{}{note}{DIM:#}", policy.path));
    output.line(rules("everyone", policy.resolved_defaults));
    for (name, agent) in &policy.file.agents {
        let shown = if name == EVERYONE { "every agent" } else { name };
        if agent.rules() != ExecRules::default() {
            output.line(rules(shown, policy.file.resolved_for(Some(name))));
        }
        show_list(shown, agent, output);
    }
}

fn rules(name: &str, rules: ExecResolved) -> String {
    format!(
        "{BOLD}{}{BOLD:#}  security {}, ask {}, without an answer {}",
        text::clean(name),
        rules.security,
        rules.ask,
        rules.ask_fallback
    )
}

fn show_list(name: &str, agent: &ExecAgent, output: &Output) {
    if agent.allowlist.is_empty() {
        return;
    }
    let heading = ["ENTRY", "AGENT", "PROGRAM", "ARGUMENTS"].map(ToOwned::to_owned).to_vec();
    let rows = agent.allowlist.iter().map(|entry| {
        let arguments = match (&entry.source, &entry.command_text, &entry.arg_pattern) {
            (Some(_), Some(text), _) => format!("exactly: {text}"),
            (_, _, Some(pattern)) => pattern.clone(),
            (_, _, None) => "any".into(),
        };
        vec![
            entry.id.as_deref().unwrap_or("-").chars().take(8).collect(),
            text::clean(name),
            text::short(&text::clean(&entry.pattern), 50),
            text::short(&text::clean(&arguments), 60),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_grows_and_shrinks_and_rules_change_one_at_a_time() {
        let mut policy = ExecPolicy::default();
        let allow = |pattern: &str, agent: Option<&str>| PolicyCommand::Allow {
            pattern: pattern.into(),
            args: None,
            agent: agent.map(str::to_owned),
            node: Some("n1".into()),
        };
        change(&mut policy, allow("/bin/ls", None)).expect("added");
        change(&mut policy, allow("/bin/cat", Some("main"))).expect("added");
        assert_eq!(policy.agents["*"].allowlist[0].pattern, "node:n1:/bin/ls");
        let id = policy.agents["main"].allowlist[0].id.clone().expect("an id");
        change(&mut policy, PolicyCommand::Forget { entry: id }).expect("removed");
        assert!(policy.agents["main"].allowlist.is_empty() && policy.agents["*"].allowlist.len() == 1);
        assert!(change(&mut policy, PolicyCommand::Forget { entry: "nothing".into() }).is_err());
        let set = |security, ask| PolicyCommand::Set { agent: None, security, ask, fallback: None };
        change(&mut policy, set(Some(ExecSecurity::Full), None)).expect("set");
        change(&mut policy, set(None, Some(ExecAsk::Always))).expect("set");
        assert_eq!(
            (policy.resolved().security, policy.resolved().ask),
            (ExecSecurity::Full, ExecAsk::Always)
        );
        assert!(change(&mut policy, set(None, None)).is_err());
    }
}
