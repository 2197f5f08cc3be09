//! The command line: commands, flags and their help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use gateway::config::{LogFormat, Overrides};
use schemas::Fingerprint;
use secrecy::SecretString;

use crate::agent::AgentArgs;
use crate::approvals::ApprovalsCommand;
use crate::attach::{AttachArgs, ResultArgs};
use crate::backup::BackupArgs;
use crate::call::CallArgs;
use crate::channels::ChannelsCommand;
use crate::chat::ChatArgs;
use crate::config::ConfigCommand;
use crate::devices::DevicesCommand;
use crate::fan_out::FanOutArgs;
use crate::gateway::GatewayArgs;
use crate::hook::HookCommand;
use crate::init::InitArgs;
use crate::logs::LogsArgs;
use crate::mcp::McpArgs;
use crate::message::MessageCommand;
use crate::node::NodeCommand;
use crate::nodes::NodesCommand;
use crate::pairing::PairingCommand;
use crate::run::RunArgs;
use crate::schedule::ScheduleCommand;
use crate::service::ServiceCommand;
use crate::sessions::SessionsCommand;
use crate::setup::SetupArgs;
use crate::tasks::{TaskCommand, TasksArgs};
use crate::usage::UsageArgs;
use crate::workers::WorkersArgs;

/// An agent gateway: start it with `landline gateway`, then talk to your agents.
#[derive(Debug, Parser)]
#[command(name = "landline", version, propagate_version = true, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Global {
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[arg(long, global = true, value_name = "DIR", help = STATE_DIR_HELP)]
    pub(crate) state_dir: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", help = CONFIG_HELP)]
    pub(crate) config: Option<PathBuf>,
    /// Gateway on another machine, wss://host:port or ws://host:port; without it the one of the state directory is meant
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    #[arg(long, global = true, value_name = "TOKEN", value_parser = secret, help = TOKEN_HELP)]
    pub(crate) token: Option<SecretString>,
    #[arg(long, global = true, value_name = "SHA256", help = PIN_HELP)]
    pub(crate) tls_fingerprint: Option<Fingerprint>,
    /// Longest wait for one answer, for example 10s
    #[arg(long, global = true, value_name = "TIME", value_parser = time, default_value = "30s")]
    pub(crate) timeout: Option<Duration>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the gateway and serve until it is stopped
    Gateway(GatewayArgs),
    /// Print a one-time link that opens the panel in a browser
    Dashboard,
    /// Show what the gateway is doing and who answers
    Status,
    /// Show whether the gateway is well
    Health,
    /// Chat with an agent in the terminal
    Chat(ChatArgs),
    /// Have agents work at set times
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// Let other programs give agents work
    #[command(subcommand)]
    Hook(HookCommand),
    /// Give an agent one message and print its answer
    Agent(AgentArgs),
    /// Give an agent work, here or on another machine, and stream its answer
    Run(RunArgs),
    /// Give the same work to several machines
    FanOut(FanOutArgs),
    /// Show the output of a task from its beginning, and go on with it
    Attach(AttachArgs),
    /// Print the answer of a task that has ended
    Result(ResultArgs),
    /// List tasks
    Tasks(TasksArgs),
    /// Look at one task, stop it, repeat it, use what it left
    #[command(subcommand)]
    Task(TaskCommand),
    /// List the machines that perform tasks
    Workers(WorkersArgs),
    /// Watch nodes, tasks and what happens
    Top,
    /// Show what tasks cost
    Usage(UsageArgs),
    /// Write a configuration with a random token
    Init(InitArgs),
    /// Look for what agents need, and say how to get it
    Setup(SetupArgs),
    /// Let the system start the gateway and keep it running
    #[command(subcommand)]
    Service(ServiceCommand),
    /// List, read and change conversations
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Let devices in and keep them out
    #[command(subcommand)]
    Devices(DevicesCommand),
    /// Answer what agents ask for permission for, and say what needs no asking
    #[command(subcommand)]
    Approvals(ApprovalsCommand),
    /// Let other machines offer what they can do, and use it
    #[command(subcommand)]
    Nodes(NodesCommand),
    /// Add bots on chat platforms and see how they are
    #[command(subcommand)]
    Channels(ChannelsCommand),
    /// Let people on chat platforms in and keep them out
    #[command(subcommand)]
    Pairing(PairingCommand),
    /// Send messages to chat platforms
    #[command(subcommand)]
    Message(MessageCommand),
    /// Make this machine a node: a gateway's agents can use what it offers
    #[command(subcommand)]
    Node(NodeCommand),
    /// Show the gateway's log
    Logs(LogsArgs),
    /// Show, check and change the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Serve the gateway's tools over stdin and stdout, for MCP clients
    Mcp(McpArgs),
    /// Call a method of the protocol
    Call(CallArgs),
    /// Look for what is wrong and say how to mend it
    Doctor,
    /// Copy the database while the gateway runs
    Backup(BackupArgs),
    /// Print a completion script for a shell
    Completions {
        /// bash, elvish, fish, powershell or zsh
        shell: clap_complete::Shell,
    },
}

const STATE_DIR_HELP: &str =
    "Directory of the gateway's state [default: ~/.landline] [env: LANDLINE_STATE_DIR]";
const CONFIG_HELP: &str =
    "Configuration file [default: config.toml in the state directory] [env: LANDLINE_CONFIG]";
const PIN_HELP: &str = "The only certificate to accept at --url, by its SHA-256; remembered once it was right [env: LANDLINE_TLS_FINGERPRINT]";
const TOKEN_HELP: &str = "The gateway's shared token; the environment is the safer place, flags show in process lists [env: LANDLINE_GATEWAY_TOKEN]";

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  failed
  2  wrong usage
  3  the gateway is not running
  4  refused or not permitted
  5  no answer in time";

impl Global {
    /// Returns flags and environment as the configuration takes them.
    pub(crate) fn overrides(&self) -> Overrides {
        let mut overrides = Overrides::from_environment(|name| std::env::var_os(name));
        overrides.flags.state_dir.clone_from(&self.state_dir);
        overrides.flags.config.clone_from(&self.config);
        overrides.flags.token.clone_from(&self.token);
        overrides
    }

    /// Returns the certificate that flag or environment name for `--url`.
    pub(crate) fn pin(&self) -> Result<Option<Fingerprint>, String> {
        if self.tls_fingerprint.is_some() {
            return Ok(self.tls_fingerprint);
        }
        let named = std::env::var("LANDLINE_TLS_FINGERPRINT").ok().filter(|text| !text.is_empty());
        let named = named.map(|text| text.parse()).transpose();
        named.map_err(|error: String| format!("LANDLINE_TLS_FINGERPRINT: {error}"))
    }

    /// Returns the longest wait for one answer.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(30))
    }
}

/// Reads a secret.
#[expect(clippy::unnecessary_wraps, reason = "the shape that clap asks for")]
fn secret(text: &str) -> Result<SecretString, String> {
    Ok(SecretString::from(text))
}

/// Reads a length of time such as `10s`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    text.parse::<gateway::config::Span>().map(|span| span.0)
}

/// Reads a log format.
pub(crate) fn log_format(text: &str) -> Result<LogFormat, String> {
    text.parse().map_err(|_| "use pretty or json".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_anywhere() {
        let args = Args::try_parse_from(["landline", "status", "--json", "--state-dir", "/x"]).expect("args");
        assert!(args.global.json);
        assert_eq!(args.global.overrides().state_dir().map(|(dir, _)| dir), Some(PathBuf::from("/x")));
    }

    #[test]
    fn no_token_in_debug_output() {
        let args = Args::try_parse_from(["landline", "gateway", "--token", "s3cret"]).expect("args");
        assert!(!format!("{args:?}").contains("s3cret"));
    }
}
