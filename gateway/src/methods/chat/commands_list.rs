//! `commands.list`: the slash commands.

use schemas::error::WireError;
use schemas::methods::chat::{CommandsListOutput, CommandsListParams};

use crate::chat::commands;
use crate::methods::Call;

/// Returns the slash commands; they are the same everywhere.
pub async fn commands_list(_: Call, _: CommandsListParams) -> Result<CommandsListOutput, WireError> {
    Ok(CommandsListOutput { commands: commands::list() })
}
