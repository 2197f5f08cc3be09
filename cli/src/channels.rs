//! `landline channels`: bots on chat platforms, and what could not be sent.

use std::path::PathBuf;

use clap::Subcommand;
use nodes::client::Client;
use schemas::Clock;
use schemas::methods::channels::{
    AccountParams, ChannelAccount, ChannelsAdd, ChannelsAddParams, ChannelsLogout, ChannelsOutboxDrop,
    ChannelsOutboxList, ChannelsOutboxResend, ChannelsRemove, ChannelsStart, ChannelsStatus,
    ChannelsStatusOutput, ChannelsStatusParams, ChannelsStop, OutboxListOutput, OutboxListParams,
    OutboxParams,
};

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::logs::{self, LogsArgs};
use crate::output::{BAD, BOLD, DIM, GOOD, Output, WARN};
use crate::{reach, text};

/// What to do with channels.
#[derive(Debug, Subcommand)]
pub(crate) enum ChannelsCommand {
    /// Show every bot and how it is
    #[command(visible_alias = "list")]
    Status,
    /// Add a bot; it works at once
    Add(AddArgs),
    /// Stop a bot and remove it from the configuration; its conversations stay
    Remove(Account),
    /// Start a bot that was stopped
    Start(Account),
    /// Stop a bot until it is started again or the gateway restarts
    Stop(Account),
    /// Stop a bot and forget its token
    Logout(Account),
    /// Show the gateway's log of channels
    Logs {
        /// Go on as lines are written
        #[arg(long, short)]
        follow: bool,
    },
    /// List messages that wait, failed, or of which nobody knows whether they were sent
    Outbox,
    /// Send a message of the outbox again
    Resend {
        /// Its id, from `landline channels outbox`
        id: String,
    },
    /// Give a message of the outbox up
    Drop {
        /// Its id, from `landline channels outbox`
        id: String,
    },
}

/// Which bot.
#[derive(Debug, clap::Args)]
pub(crate) struct Account {
    /// telegram, discord or plugin
    channel: String,
    /// Its name in the configuration
    #[arg(long, default_value = "main")]
    name: String,
}

/// A bot to add.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// telegram, discord or plugin
    channel: String,
    /// Its name in the configuration
    #[arg(long, default_value = "main")]
    name: String,
    /// File that holds the token; it stays where it is
    #[arg(long, value_name = "FILE", conflicts_with = "token_env")]
    token_file: Option<PathBuf>,
    /// Environment variable of the gateway that holds the token
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// Where the platform is, for servers of your own: scheme, host and port
    #[arg(long, value_name = "URL")]
    api_root: Option<String>,
    /// Program and arguments of a plugin, after --
    #[arg(last = true)]
    command: Vec<String>,
}

/// Does it.
pub(crate) async fn run(global: &Global, command: ChannelsCommand, output: &Output) -> Outcome {
    if let ChannelsCommand::Logs { follow } = command {
        return logs::run(global, &LogsArgs::of_channels(follow), output).await;
    }
    let client = reach::connect(global).await?.client;
    match command {
        ChannelsCommand::Status => {
            let status = client.call::<ChannelsStatus>(&ChannelsStatusParams::default()).await?;
            output.show(&status, show);
        }
        ChannelsCommand::Add(args) => add(&client, args, output).await?,
        ChannelsCommand::Remove(account) => {
            let done = client.call::<ChannelsRemove>(&account.params()).await?;
            output.show(&done, |_, output| output.line(format_args!("Removed {}", account.title())));
        }
        ChannelsCommand::Start(account) => {
            let done = client.call::<ChannelsStart>(&account.params()).await?;
            output.show(&done, |_, output| output.line(format_args!("Started {}", account.title())));
        }
        ChannelsCommand::Stop(account) => {
            let done = client.call::<ChannelsStop>(&account.params()).await?;
            output.show(&done, |_, output| output.line(format_args!("Stopped {}", account.title())));
        }
        ChannelsCommand::Logout(account) => {
            let done = client.call::<ChannelsLogout>(&account.params()).await?;
            output.show(&done, |_, output| {
                output.line(format_args!("Stopped {} and forgot its token", account.title()));
            });
        }
        ChannelsCommand::Outbox => {
            let list = client.call::<ChannelsOutboxList>(&OutboxListParams::default()).await?;
            output.show(&list, show_outbox);
        }
        ChannelsCommand::Resend { id } => {
            let done = client.call::<ChannelsOutboxResend>(&OutboxParams { id }).await?;
            output.show(&done, |_, output| output.line("It is sent again"));
        }
        ChannelsCommand::Drop { id } => {
            let done = client.call::<ChannelsOutboxDrop>(&OutboxParams { id }).await?;
            output.show(&done, |_, output| output.line("Given up"));
        }
        ChannelsCommand::Logs { .. } => {}
    }
    Ok(())
}

impl Account {
    fn params(&self) -> AccountParams {
        AccountParams { channel: self.channel.clone(), account_id: Some(self.name.clone()) }
    }

    fn title(&self) -> String {
        format!("{} {}", self.channel, self.name)
    }
}

async fn add(client: &Client, args: AddArgs, output: &Output) -> Outcome {
    let token_file = args.token_file.map(|file| absolute(&file)).transpose()?;
    let token = match (&token_file, &args.token_env, args.command.is_empty()) {
        (None, None, true) => Some(ask_token(output)?),
        _ => None,
    };
    let params = ChannelsAddParams {
        channel: args.channel.clone(),
        account_id: Some(args.name.clone()),
        token,
        token_file,
        token_env: args.token_env,
        api_root: args.api_root,
        command: args.command,
    };
    let done = client.call::<ChannelsAdd>(&params).await?;
    output.show(&done, |done, output| {
        output.line(format_args!("Added {} {}", done.channel, done.account_id));
        output.line(format_args!("{DIM}write to the bot; `landline pairing list` shows who asks{DIM:#}"));
    });
    Ok(())
}

/// A token in an argument would show in process lists: it is read from standard input instead.
fn ask_token(output: &Output) -> Result<String, Failure> {
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        output.remark("Paste the bot's token and press Enter:");
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| Failure::failed(format!("no token: {error}")))?;
    match line.trim() {
        "" => Err(Failure::usage("no token was given").hint("use --token-file FILE or --token-env NAME")),
        token => Ok(token.to_owned()),
    }
}

fn absolute(file: &std::path::Path) -> Result<String, Failure> {
    let path = std::path::absolute(file).map_err(|error| Failure::usage(format!("--token-file: {error}")))?;
    if !path.is_file() {
        return Err(Failure::usage(format!("--token-file: {} is no file", path.display())));
    }
    Ok(path.to_string_lossy().into_owned())
}

fn show(status: &ChannelsStatusOutput, output: &Output) {
    if status.channel_accounts.values().all(Vec::is_empty) {
        output.line("No bot is configured");
        output.line(format_args!("{DIM}add one: landline channels add telegram --token-file FILE{DIM:#}"));
        return;
    }
    let now = Clock::system().now();
    for channel in &status.channel_order {
        for account in status.channel_accounts.get(channel).into_iter().flatten() {
            show_account(channel, account, now, output);
        }
    }
}

fn show_account(channel: &str, account: &ChannelAccount, now: i64, output: &Output) {
    let state = match (account.enabled, account.running, account.connected) {
        (false, ..) => format!("{DIM}switched off{DIM:#}"),
        (true, false, _) => format!("{WARN}stopped{WARN:#}"),
        (true, true, true) => format!("{GOOD}connected{GOOD:#}"),
        (true, true, false) => format!("{BAD}not connected{BAD:#}"),
    };
    let name = account.handle.as_ref().map(|handle| format!("@{handle}")).or_else(|| account.name.clone());
    let name = name.map(|name| format!("  {}", text::short(&text::clean(&name), 40))).unwrap_or_default();
    output.line(format_args!("{BOLD}{channel} {}{BOLD:#}{name}  {state}", account.account_id));
    let ago = |at: Option<i64>| at.map_or_else(|| "never".into(), |at| text::ago(now, at));
    output.line(format_args!(
        "  {DIM}platform answered {} · last in {} · last out {} · direct messages: {}{DIM:#}",
        ago(account.last_transport_activity_at),
        ago(account.last_inbound_at),
        ago(account.last_outbound_at),
        account.dm_policy
    ));
    if let Some(error) = account.last_error.as_ref().filter(|_| !account.connected) {
        output.line(format_args!("  {BAD}{}{BAD:#}", text::clean(error)));
    }
    if account.waiting + account.queued > 0 {
        output.line(format_args!("  {} to answer, {} to send", account.waiting, account.queued));
    }
    if account.unknown + account.failed > 0 {
        output.line(format_args!(
            "  {WARN}{} may not have arrived, {} failed{WARN:#}: landline channels outbox",
            account.unknown, account.failed
        ));
    }
}

fn show_outbox(list: &OutboxListOutput, output: &Output) {
    if list.messages.is_empty() {
        output.line("Everything was sent");
        return;
    }
    let heading = ["ID", "STATE", "TO", "TRIES", "MESSAGE", "ERROR"].map(ToOwned::to_owned).to_vec();
    let rows = list.messages.iter().map(|message| {
        vec![
            message.id.clone(),
            message.state.clone(),
            format!("{} {} {}", message.channel, message.account_id, message.chat),
            message.attempts.to_string(),
            text::short(&message.preview, 40),
            text::short(message.error.as_deref().unwrap_or_default(), 60),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
}
