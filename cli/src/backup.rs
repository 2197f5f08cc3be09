//! `landline backup`: a consistent copy of the database, made while the gateway runs.

use std::path::PathBuf;

use schemas::methods::gateway::{Backup, BackupParams};

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::{reach, text};

/// Arguments of `landline backup`.
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// The new file; it must not exist
    path: PathBuf,
}

/// Makes the copy.
pub(crate) async fn run(global: &Global, args: &BackupArgs, output: &Output) -> Outcome {
    let path = if global.url.is_some() { Ok(args.path.clone()) } else { std::path::absolute(&args.path) };
    let path = path.map_err(|error| Failure::failed(format!("{}: {error}", args.path.display())))?;
    let params = BackupParams { path: path.to_string_lossy().into_owned() };
    let done = reach::connect(global).await?.client.call::<Backup>(&params).await?;
    output.show(&done, |done, output| {
        output.line(format_args!("Copied {} to {}", text::size(done.bytes), done.path));
    });
    Ok(())
}
