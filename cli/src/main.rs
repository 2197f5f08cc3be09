//! The `landline` program: starts the gateway and talks to it.

mod agent;
mod approvals;
mod args;
mod attach;
mod backup;
mod call;
mod channels;
mod chat;
mod config;
mod dashboard;
mod devices;
mod doctor;
mod exec_policy;
mod exit;
mod fan_out;
mod gateway;
mod hook;
mod init;
mod logging;
mod logs;
mod mcp;
mod message;
mod node;
mod nodes;
mod output;
mod pairing;
mod reach;
mod run;
mod schedule;
mod service;
mod sessions;
mod setup;
mod status;
mod tasks;
mod text;
mod top;
mod unit;
mod usage;
mod work;
mod workers;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Args, Command};
use exit::{Failure, Outcome};
use output::Output;

// SQLite and whatever else is C takes its memory from it as well.
#[cfg(target_os = "linux")]
#[global_allocator]
static HEAP: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let output = Output::new(args.global.json);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.fail(&Failure::failed(format!("no runtime: {error}"))),
    };
    let done = runtime.block_on(perform(args, &output));
    // A read of stdin cannot be interrupted: waiting for it would hang until the next line.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.fail(&failure),
    }
}

#[expect(clippy::cognitive_complexity, reason = "one line a command")]
async fn perform(args: Args, output: &Output) -> Outcome {
    let global = &args.global;
    match args.command {
        Command::Gateway(command) => gateway::run(global, &command, output).await,
        Command::Dashboard => dashboard::run(global, output).await,
        Command::Status => status::status(global, output).await,
        Command::Health => status::health(global, output).await,
        Command::Chat(command) => chat::run(global, command, output).await,
        Command::Agent(command) => agent::run(global, command, output).await,
        Command::Run(command) => run::run(global, command, output).await,
        Command::FanOut(command) => fan_out::run(global, command, output).await,
        Command::Attach(command) => attach::attach(global, &command, output).await,
        Command::Result(command) => attach::result(global, &command, output).await,
        Command::Tasks(command) => tasks::list(global, command, output).await,
        Command::Task(command) => tasks::one(global, command, output).await,
        Command::Workers(command) => workers::run(global, command, output).await,
        Command::Usage(command) => usage::run(global, &command, output).await,
        Command::Init(command) => init::run(global, &command, output),
        Command::Setup(command) => setup::run(global, &command, output).await,
        Command::Service(command) => service::run(global, &command, output),
        Command::Top => top::run(global, output).await,
        Command::Schedule(command) => schedule::run(global, command, output).await,
        Command::Hook(command) => hook::run(global, command, output).await,
        Command::Sessions(command) => sessions::run(global, command, output).await,
        Command::Devices(command) => devices::run(global, command, output).await,
        Command::Nodes(command) => nodes::run(global, command, output).await,
        Command::Channels(command) => channels::run(global, command, output).await,
        Command::Approvals(command) => approvals::run(global, command, output).await,
        Command::Pairing(command) => pairing::run(global, command, output).await,
        Command::Message(command) => message::run(global, command, output).await,
        Command::Node(command) => node::run(global, command, output).await,
        Command::Logs(command) => logs::run(global, &command, output).await,
        Command::Config(command) => config::run(global, command, output).await,
        Command::Mcp(command) => mcp::run(global, command, output).await,
        Command::Call(command) => call::run(global, &command, output).await,
        Command::Doctor => doctor::run(global, output).await,
        Command::Backup(command) => backup::run(global, &command, output).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "landline", &mut script);
            output.raw(&script);
            Ok(())
        }
    }
}
