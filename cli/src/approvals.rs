//! `landline approvals`: what agents ask for permission for.

use clap::Subcommand;
use nodes::client::Client;
use schemas::Clock;
use schemas::methods::NoParams;
use schemas::methods::approval_history::{
    ApprovalAnswerOutput, ApprovalAnswerParams, ApprovalGet, ApprovalHistory, ApprovalHistoryOutput,
    ApprovalHistoryParams, ApprovalKind, ApprovalResolve, ApprovalSnapshot,
};
use schemas::methods::approvals::{ApprovalDecision, ApprovalEntry, ApprovalParams, ExecApprovalList};

use crate::args::Global;
use crate::exec_policy::{self, PolicyCommand};
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{BAD, BOLD, DIM, GOOD, Output, WARN};
use crate::{reach, text};

/// What to do with requests for permission.
#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// List the requests that wait for an answer
    List,
    /// Show one request whole, open or past
    Show {
        /// The request's id, or its first characters if it is open
        request: String,
    },
    /// Say yes
    Approve {
        /// The request's id or its first characters; without it the only one that waits is shown and confirmed
        request: Option<String>,
        /// The same command need not be asked for again
        #[arg(long)]
        always: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Say no
    Deny {
        /// The request's id or its first characters; without it the only one that waits
        request: Option<String>,
    },
    /// List the requests that have ended
    History {
        /// How many, at most 100
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
        /// Where to go on
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show or change which commands may be run without asking
    Policy {
        /// What to change
        #[command(subcommand)]
        command: Option<PolicyCommand>,
    },
}

/// Does it.
pub(crate) async fn run(global: &Global, command: ApprovalsCommand, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    match command {
        ApprovalsCommand::List => output.show(&waiting(&client).await?, |list, output| show(list, output)),
        ApprovalsCommand::Show { request } => {
            let open = waiting(&client).await?;
            let id = open.iter().find(|entry| entry.id.starts_with(&request)).map(|entry| entry.id.clone());
            let params = ApprovalParams { id: id.unwrap_or(request) };
            let found = client.call::<ApprovalGet>(&params).await?;
            output.show(&found.approval, show_whole);
        }
        ApprovalsCommand::Approve { request, always, yes } => {
            let open = waiting(&client).await?;
            let entry = choose(&open, request.as_deref())?;
            if request.is_none() && !yes {
                show_entry(entry, output);
                output.confirm("Allow this?", "the request's id")?;
            }
            let decision = if always { ApprovalDecision::AllowAlways } else { ApprovalDecision::AllowOnce };
            answer(&client, entry, decision, output).await?;
        }
        ApprovalsCommand::Deny { request } => {
            let open = waiting(&client).await?;
            answer(&client, choose(&open, request.as_deref())?, ApprovalDecision::Deny, output).await?;
        }
        ApprovalsCommand::History { limit, cursor } => {
            let params = ApprovalHistoryParams { cursor, limit: Some(limit), kind: None };
            output.show(&client.call::<ApprovalHistory>(&params).await?, show_history);
        }
        ApprovalsCommand::Policy { command } => exec_policy::run(&client, command, output).await?,
    }
    Ok(())
}

async fn waiting(client: &Client) -> Result<Vec<ApprovalEntry>, Failure> {
    Ok(client.call::<ExecApprovalList>(&NoParams {}).await?)
}

/// Returns the request that is meant.
fn choose<'a>(open: &'a [ApprovalEntry], request: Option<&str>) -> Result<&'a ApprovalEntry, Failure> {
    let hint = "see: landline approvals list";
    let meant: Vec<_> =
        open.iter().filter(|entry| request.is_none_or(|request| entry.id.starts_with(request))).collect();
    match (meant.as_slice(), request) {
        ([only], _) => Ok(only),
        ([], Some(request)) => {
            let text =
                format!("no request that waits starts with {request}: it was answered, or its time is over");
            Err(Failure::failed(text).hint("see: landline approvals history"))
        }
        ([], None) => {
            Err(Failure::failed("no request waits for an answer").hint("see: landline approvals history"))
        }
        (several, _) => {
            let ids: Vec<String> = several.iter().map(|entry| short(&entry.id)).collect();
            Err(Failure::usage(format!("{} requests fit: {}", several.len(), ids.join(", "))).hint(hint))
        }
    }
}

async fn answer(
    client: &Client,
    entry: &ApprovalEntry,
    decision: ApprovalDecision,
    output: &Output,
) -> Outcome {
    if !entry.request.allowed_decisions.contains(&decision) {
        let text = "this cannot be allowed for good: it is an agent's own tool, or a program that runs other programs";
        return Err(Failure::new(Exit::Refused, text).hint("leave --always away"));
    }
    let params = ApprovalAnswerParams {
        id: entry.id.clone(),
        kind: ApprovalKind::Exec,
        decision,
        reviewer: None,
        grant_expires_in_days: None,
    };
    let done = client.call::<ApprovalResolve>(&params).await?;
    if !done.applied {
        let outcome = describe(&done.approval);
        return Err(Failure::failed(format!("somebody was faster: {outcome}")));
    }
    output.show(&done, |done: &ApprovalAnswerOutput, output| {
        let command = text::short(&text::clean(&done.approval.presentation.command_text), 60);
        output.line(format_args!("{} {command}", colored(&done.approval)));
    });
    Ok(())
}

fn show(open: &[ApprovalEntry], output: &Output) {
    if open.is_empty() {
        output.line("No request waits for an answer");
    }
    for entry in open {
        show_entry(entry, output);
    }
}

fn show_entry(entry: &ApprovalEntry, output: &Output) {
    let request = &entry.request;
    let now = Clock::system().now();
    let left = text::length(u64::try_from(entry.expires_at_ms - now).unwrap_or(0));
    let place =
        request.node_id.as_ref().map_or_else(|| request.host.clone(), |node| format!("node {}", short(node)));
    let who = request.agent_id.as_deref().unwrap_or("somebody");
    let what = request.tool_name.as_deref().unwrap_or("a command");
    output.line(format_args!(
        "{WARN}waiting{WARN:#}  {BOLD}{}{BOLD:#}  {} asks for {} on {}  {DIM}{left} left{DIM:#}",
        short(&entry.id),
        text::clean(who),
        text::clean(what),
        text::clean(&place),
    ));
    output.line(format_args!("  {}", text::clean(&request.command)));
    if let Some(cwd) = &request.cwd {
        output.line(format_args!("  {DIM}in {}{DIM:#}", text::clean(cwd)));
    }
    if let Some(keys) = &request.env_keys {
        output.line(format_args!("  {WARN}sets{WARN:#} {}", text::clean(&keys.join(" "))));
    }
    if let Some(why) = &request.warning_text {
        output.line(format_args!("  {DIM}{}{DIM:#}", text::clean(why)));
    }
}

fn show_whole(found: &ApprovalSnapshot, output: &Output) {
    let shown = &found.presentation;
    output.line(format_args!("{BOLD}{}{BOLD:#}  {}", text::clean(&found.id), colored(found)));
    output.line(format_args!("  command  {}", text::clean(&shown.command_text)));
    let rows = [
        ("where", shown.node_id.as_ref().or(shown.host.as_ref())),
        ("agent", shown.agent_id.as_ref()),
        ("session", found.source.as_ref().and_then(|source| source.session_key.as_ref())),
        ("why", shown.warning_text.as_ref()),
        ("by", found.resolver.as_ref().map(|resolver| &resolver.id)),
    ];
    for (name, value) in rows.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
        output.line(format_args!("  {name:<8} {}", text::clean(value)));
    }
    output.line(format_args!("  asked    {}", text::moment(found.created_at_ms)));
    match found.resolved_at_ms {
        Some(at) => output.line(format_args!("  ended    {}", text::moment(at))),
        None => output.line(format_args!("  expires  {}", text::moment(found.expires_at_ms))),
    }
}

fn show_history(history: &ApprovalHistoryOutput, output: &Output) {
    if history.items.is_empty() {
        output.line("Nothing was asked for yet");
        return;
    }
    let now = Clock::system().now();
    let heading = ["REQUEST", "ENDED", "HOW", "BY", "AGENT", "COMMAND"].map(ToOwned::to_owned).to_vec();
    let rows = history.items.iter().map(|item| {
        vec![
            short(&item.id),
            text::ago(now, item.resolved_at_ms.unwrap_or(item.created_at_ms)),
            describe(item),
            text::short(item.resolver.as_ref().map_or("", |resolver| &resolver.id), 24),
            item.presentation.agent_id.clone().unwrap_or_default(),
            text::short(&text::clean(&item.presentation.command_text), 60),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
    if let Some(cursor) = &history.next_cursor {
        output.line(format_args!("{DIM}more: landline approvals history --cursor {cursor}{DIM:#}"));
    }
}

/// Says how a request stands, in a word or two.
fn describe(item: &ApprovalSnapshot) -> String {
    match (item.status.as_str(), item.decision, item.reason.as_deref()) {
        ("allowed", Some(ApprovalDecision::AllowAlways), _) => "allowed always".into(),
        ("denied", _, Some("no-route")) => "denied, nobody there".into(),
        ("cancelled", _, Some("gateway-restart")) => "ended by a restart".into(),
        ("cancelled", ..) => "withdrawn".into(),
        (status, ..) => status.to_owned(),
    }
}

fn colored(item: &ApprovalSnapshot) -> String {
    let style = match item.status.as_str() {
        "allowed" => GOOD,
        "pending" => WARN,
        _ => BAD,
    };
    format!("{style}{}{style:#}", describe(item))
}

fn short(id: &str) -> String {
    text::clean(id).chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::methods::approvals::ApprovalRequest;

    fn entry(id: &str) -> ApprovalEntry {
        let request = ApprovalRequest { command: "ls".into(), ..ApprovalRequest::default() };
        ApprovalEntry { id: id.into(), request, created_at_ms: 0, expires_at_ms: 1 }
    }

    #[test]
    fn a_request_is_chosen_by_its_beginning_or_because_it_is_alone() {
        let (one, two) = (entry("abc1"), entry("abd2"));
        let both = [one.clone(), two];
        assert_eq!(choose(&both, Some("abd")).map(|entry| entry.id.clone()).ok().as_deref(), Some("abd2"));
        assert_eq!(choose(&both, Some("ab")).err().map(|failure| failure.exit), Some(Exit::Usage));
        assert_eq!(choose(&both, None).err().map(|failure| failure.exit), Some(Exit::Usage));
        assert_eq!(choose(&both, Some("x")).err().map(|failure| failure.exit), Some(Exit::Failed));
        assert!(choose(&[one], None).is_ok());
        assert_eq!(choose(&[], None).err().map(|failure| failure.exit), Some(Exit::Failed));
    }
}
