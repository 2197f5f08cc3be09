//! `landline pairing`: strangers on chat platforms who ask to be let in.

use clap::Subcommand;
use nodes::client::Client;
use schemas::methods::peers::{
    ChannelPairingRequest, ChannelsPairingApprove, ChannelsPairingDeny, ChannelsPairingList,
    ChannelsPeopleList, ChannelsPeopleRemove, PairingApproveParams, PairingListOutput, PairingListParams,
    PairingParams, PeopleListOutput, PeopleRemoveParams,
};

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, Output, WARN};
use crate::{reach, text};

/// What to do with strangers.
#[derive(Debug, Subcommand)]
pub(crate) enum PairingCommand {
    /// List those who wait with a code
    List,
    /// Let somebody in
    Approve {
        /// The code; without it the only one who waits is shown and confirmed
        code: Option<String>,
        /// This is you: strangers who want in are shown to you on the platform, with two buttons
        #[arg(long)]
        owner: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Turn somebody away: no further code is given
    Deny {
        /// The code
        code: String,
    },
    /// List those who were let in or turned away
    People,
    /// Forget somebody: who was let in is out at once, who was turned away may ask again
    Remove {
        /// telegram, discord or a plugin's name
        channel: String,
        /// The platform's id of the person
        sender: String,
        /// The bot's name in the configuration
        #[arg(long, default_value = "main")]
        name: String,
    },
}

/// Does it.
pub(crate) async fn run(global: &Global, command: PairingCommand, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    match command {
        PairingCommand::List => output.show(&waiting(&client).await?, show),
        PairingCommand::Approve { code, owner, yes } => approve(&client, code, (owner, yes), output).await?,
        PairingCommand::Deny { code } => {
            let request = choose(waiting(&client).await?.requests, Some(&code))?;
            let done = client.call::<ChannelsPairingDeny>(&params(&request)).await?;
            output.show(&done, |_, output| output.line(format_args!("Turned away {}", title(&request))));
        }
        PairingCommand::People => {
            let people = client.call::<ChannelsPeopleList>(&PairingListParams::default()).await?;
            output.show(&people, show_people);
        }
        PairingCommand::Remove { channel, sender, name } => {
            let params = PeopleRemoveParams { channel, account_id: Some(name), sender_id: sender };
            let done = client.call::<ChannelsPeopleRemove>(&params).await?;
            output.show(&done, |done, output| output.line(format_args!("Forgot {}", done.sender_id)));
        }
    }
    Ok(())
}

async fn waiting(client: &Client) -> Result<PairingListOutput, Failure> {
    Ok(client.call::<ChannelsPairingList>(&PairingListParams::default()).await?)
}

async fn approve(
    client: &Client,
    code: Option<String>,
    (owner, yes): (bool, bool),
    output: &Output,
) -> Outcome {
    let request = choose(waiting(client).await?.requests, code.as_deref())?;
    if code.is_none() && !yes {
        show_request(&request, output);
        output.confirm("Let this person in?", "the code")?;
    }
    let PairingParams { channel, account_id, request_id } = params(&request);
    let params = PairingApproveParams {
        channel,
        account_id,
        request_id,
        notify: None,
        bootstrap_command_owner: owner.then_some(true),
    };
    let done = client.call::<ChannelsPairingApprove>(&params).await?;
    output.show(&done, |_, output| output.line(format_args!("Let in {}", title(&request))));
    Ok(())
}

/// Returns the request that is meant.
fn choose(
    requests: Vec<ChannelPairingRequest>,
    code: Option<&str>,
) -> Result<ChannelPairingRequest, Failure> {
    let hint = "see: landline pairing list";
    let mut meant: Vec<_> = requests
        .into_iter()
        .filter(|request| code.is_none_or(|code| request.request_id.eq_ignore_ascii_case(code.trim())))
        .collect();
    match (meant.pop(), meant.is_empty(), code) {
        (Some(only), true, _) => Ok(only),
        (Some(_), false, _) => Err(Failure::usage("several people wait: name the code").hint(hint)),
        (None, _, Some(_)) => {
            Err(Failure::failed("nobody waits with this code: codes live an hour").hint(hint))
        }
        (None, _, None) => {
            Err(Failure::failed("nobody waits").hint("write to the bot first, it answers with a code"))
        }
    }
}

fn params(request: &ChannelPairingRequest) -> PairingParams {
    PairingParams {
        channel: request.channel.clone(),
        account_id: request.account_id.clone(),
        request_id: request.request_id.clone(),
    }
}

fn title(request: &ChannelPairingRequest) -> String {
    let name = text::short(&text::clean(&request.sender_label), 40);
    format!("{name} ({} {})", request.channel, text::clean(&request.sender_id))
}

fn show(list: &PairingListOutput, output: &Output) {
    if list.requests.is_empty() {
        output.line("Nobody waits");
    }
    for request in &list.requests {
        show_request(request, output);
    }
}

fn show_request(request: &ChannelPairingRequest, output: &Output) {
    output.line(format_args!(
        "{WARN}waiting{WARN:#}  {BOLD}{}{BOLD:#}  {}  through {}",
        request.request_id,
        title(request),
        text::clean(&request.account_id)
    ));
}

fn show_people(list: &PeopleListOutput, output: &Output) {
    if list.people.is_empty() {
        output.line("Nobody was let in or turned away");
        return;
    }
    let heading = ["CHANNEL", "BOT", "PERSON", "NAME", "STATE", "BY"].map(ToOwned::to_owned).to_vec();
    let rows = list.people.iter().map(|person| {
        vec![
            person.channel.clone(),
            person.account_id.clone(),
            person.sender_id.clone(),
            text::short(&person.sender_label, 40),
            if person.owner { "owner".into() } else { person.state.clone() },
            person.decided_by.clone(),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
}
