//! `landline message`: sends a message to a conversation on a chat platform.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use schemas::methods::messages::{Send, SendParams};

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::reach;

/// What to do with messages.
#[derive(Debug, Subcommand)]
pub(crate) enum MessageCommand {
    /// Send a message
    Send(SendArgs),
}

/// A message to send.
#[derive(Debug, clap::Args)]
pub(crate) struct SendArgs {
    /// Where: PLATFORM:ID, for example telegram:123
    #[arg(long, required_unless_present = "session")]
    to: Option<String>,
    /// Instead of --to: the session whose conversation it goes to
    #[arg(long, value_name = "KEY", conflicts_with_all = ["to", "name"])]
    session: Option<String>,
    /// The bot's name in the configuration
    #[arg(long, default_value = "main")]
    name: String,
    /// The thread or topic
    #[arg(long)]
    thread: Option<String>,
    /// The message that it answers to
    #[arg(long)]
    reply_to: Option<String>,
    /// A file to send with it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The file is a spoken message
    #[arg(long, requires = "file")]
    voice: bool,
    /// Without a sound
    #[arg(long)]
    silent: bool,
    /// The same key sends once, however often the command is repeated
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The text, in Markdown
    #[arg(required_unless_present = "file")]
    message: Option<String>,
}

/// Does it.
pub(crate) async fn run(global: &Global, command: MessageCommand, output: &Output) -> Outcome {
    let MessageCommand::Send(args) = command;
    let buffer = match &args.file {
        Some(file) => Some(STANDARD.encode(
            std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?,
        )),
        None => None,
    };
    let params = SendParams {
        to: args.to,
        session_key: args.session,
        message: args.message,
        buffer,
        filename: args.file.and_then(|file| Some(file.file_name()?.to_string_lossy().into_owned())),
        account_id: Some(args.name),
        reply_to_id: args.reply_to,
        thread_id: args.thread,
        as_voice: args.voice.then_some(true),
        silent: args.silent.then_some(true),
        idempotency_key: args.key.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        ..SendParams::default()
    };
    let client = reach::connect(global).await?.client;
    let sent = client.call::<Send>(&params).await?;
    output.show(&sent, |sent, output| {
        output.line(format_args!("Sent as {} to {} {}", sent.message_id, sent.channel, sent.chat_id));
    });
    Ok(())
}
