//! `landline hook`: addresses that other programs post to.

use std::io::Read as _;

use clap::Subcommand;
use schemas::Clock;
use schemas::methods::NoParams;
use schemas::methods::cron::RunOptions;
use schemas::methods::hooks::{
    Hook, HookNameParams, HookSettings, HooksAdd, HooksAddOutput, HooksAddParams, HooksList, HooksRemove,
    HooksTest, HooksTestParams,
};

use crate::args::{Global, time};
use crate::exit::{Failure, Outcome};
use crate::output::{DIM, Output, WARN};
use crate::{reach, text};

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Add a webhook; its secret is shown this once
    Add(Box<AddArgs>),
    /// List webhooks
    List,
    /// Remove a webhook
    Remove {
        /// Its name
        name: String,
    },
    /// Show what the agent would be told of a payload; nothing runs
    Test {
        /// Its name
        name: String,
        /// JSON; standard input without it
        payload: Option<String>,
    },
}

/// A webhook to add.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
pub(crate) struct AddArgs {
    /// The last part of its address: a-z, 0-9, - and _
    name: String,
    /// What the agent is told of the payload, for example "{{payload.issue.title}}"
    template: String,
    /// Your own words to the agent, before what came from outside
    #[arg(long, value_name = "WORDS")]
    instruction: Option<String>,
    /// The agent [default: the default agent]
    #[arg(long)]
    agent: Option<String>,
    /// The conversation [default: one of the webhook's own]
    #[arg(long, value_name = "KEY")]
    session: Option<String>,
    /// Model for these runs
    #[arg(long)]
    model: Option<String>,
    /// Time limit of a run, for example 30m
    #[arg(long, value_name = "TIME", value_parser = time)]
    limit: Option<std::time::Duration>,
    /// Where it runs: node:NAME, pool:NAME, any or any[capability,label=value] [default: the gateway's own machine]
    #[arg(long, value_name = "WHERE")]
    on: Option<String>,
    /// Leave out values that the payload does not have, instead of refusing the call
    #[arg(long)]
    lenient: bool,
    /// Give the agent what came from outside as if you had said it
    #[arg(long)]
    trusted: bool,
    /// Read the secret from standard input, instead of making one
    #[arg(long, conflicts_with = "allow_unsigned")]
    secret_stdin: bool,
    /// Take calls without a signature, from whoever knows the address
    #[arg(long)]
    allow_unsigned: bool,
}

/// Does it.
pub(crate) async fn run(global: &Global, command: HookCommand, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    match command {
        HookCommand::Add(args) => {
            let added = client.call::<HooksAdd>(&asked(*args)?).await?;
            output.show(&added, show_added);
        }
        HookCommand::List => {
            let list = client.call::<HooksList>(&NoParams::default()).await?;
            output.show(&list, |list, output| table(&list.hooks, output));
        }
        HookCommand::Remove { name } => {
            let done = client.call::<HooksRemove>(&HookNameParams { name: name.clone() }).await?;
            if !done.removed {
                return Err(Failure::failed(format!("there is no webhook {name}"))
                    .hint("landline hook list shows those there are"));
            }
            output.show(&done, |_, output| output.line(format_args!("Removed {name}")));
        }
        HookCommand::Test { name, payload } => {
            let given = match payload {
                Some(payload) => payload,
                None => stdin()?,
            };
            let payload = serde_json::from_str(&given)
                .map_err(|error| Failure::usage(format!("the payload is no JSON: {error}")))?;
            let done = client.call::<HooksTest>(&HooksTestParams { name, payload }).await?;
            output.show(&done, |done, output| output.line(text::clean(&done.message)));
        }
    }
    Ok(())
}

fn asked(args: AddArgs) -> Result<HooksAddParams, Failure> {
    let secret = if args.secret_stdin { Some(stdin()?.trim().to_owned()) } else { None };
    let settings = HookSettings {
        name: args.name,
        template: args.template,
        instruction: args.instruction,
        lenient: args.lenient,
        trusted: args.trusted,
        allow_unsigned: args.allow_unsigned,
        agent_id: args.agent,
        session_key: args.session,
        model: args.model,
        timeout_ms: args.limit.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)),
        work: args.on.map(|on| RunOptions { on: Some(on), ..RunOptions::default() }),
    };
    Ok(HooksAddParams { settings, secret })
}

fn stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::failed(format!("standard input: {error}")))?;
    Ok(text)
}

fn show_added(added: &HooksAddOutput, output: &Output) {
    output.line(format_args!("Added {}: programs post to {}", added.hook.settings.name, added.hook.path));
    match &added.secret {
        Some(secret) => {
            output.line(format_args!("Secret: {secret}"));
            output.line(format_args!(
                "{DIM}it is not shown again; calls are signed with it: X-Hub-Signature-256{DIM:#}"
            ));
        }
        None => output.line(format_args!("{WARN}whoever knows the address can call it{WARN:#}")),
    }
}

fn table(hooks: &[Hook], output: &Output) {
    if hooks.is_empty() {
        output.line("There is no webhook");
        output.line(format_args!("{DIM}add one: landline hook add NAME \"{{{{payload.text}}}}\"{DIM:#}"));
        return;
    }
    let now = Clock::system().now();
    let heading = ["NAME", "PATH", "AGENT", "SIGNED", "CALLS", "LAST"].map(ToOwned::to_owned).to_vec();
    let rows = hooks.iter().map(|hook| {
        vec![
            hook.settings.name.clone(),
            hook.path.clone(),
            hook.settings.agent_id.clone().unwrap_or_else(|| "default".into()),
            if hook.has_secret { "yes" } else { "no" }.to_owned(),
            hook.calls.to_string(),
            hook.last_call_at_ms.map_or_else(|| "never".into(), |at| text::ago(now, at)),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
}
