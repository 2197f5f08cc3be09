//! `landline init`: a configuration with a random token.

use gateway::config::Config;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::args::Global;
use crate::config::in_file;
use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, Output};

/// Arguments of `landline init`.
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Put a new token into a file that exists; everything else in it stays
    #[arg(long)]
    force: bool,
    /// Print the token
    #[arg(long)]
    show_token: bool,
}

/// Writes the file, readable by its owner alone; a file that exists is left as it is.
pub(crate) fn run(global: &Global, args: &InitArgs, output: &Output) -> Outcome {
    let overrides = global.overrides();
    let place = Config::from_text("", &overrides)?.path;
    let exists = place.exists();
    let written = !exists || args.force;
    if written {
        write(global)?;
    }
    let token = if args.show_token {
        let config = Config::load(&overrides)?;
        let token = config.gateway.token.ok_or_else(|| {
            Failure::failed("no token is configured").hint("landline init --force makes one")
        })?;
        Some(token.expose_secret().to_owned())
    } else {
        None
    };
    output.show(&json!({ "path": place, "written": written, "token": token }), |_, output| {
        let word = if written { "wrote" } else { "left as it is:" };
        match &token {
            Some(token) => output.line(token),
            None => output.line(format_args!("{word} {}", place.display())),
        }
        if written {
            output.remark(format_args!("start the gateway with: {BOLD}landline gateway{BOLD:#}"));
        } else if !args.show_token {
            output.remark("landline init --force puts a new token into it");
        }
    });
    Ok(())
}

/// Puts a new token into the file.
pub(crate) fn write(global: &Global) -> Outcome {
    // 64 characters from the system's randomness.
    let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    in_file(global, &json!({ "gateway": { "token": token } }).to_string()).map(drop)
}
