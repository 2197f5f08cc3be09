//! Workers (docs/workers.md): a verb a file.

mod drain;
mod list;
mod report;
mod token;

pub use drain::drain;
pub use list::list;
pub use report::report;
pub use token::{token_create, token_revoke};

use schemas::error::{DetailCode, WireError};

use crate::work::Refused;

/// Returns what a worker is told whose report was not taken.
pub fn refusal(refused: &Refused) -> WireError {
    let code = match refused {
        Refused::NameTaken(_) => DetailCode::WorkerNameTaken,
        Refused::BadName(_) => DetailCode::WorkerNameInvalid,
        Refused::Unannounced => DetailCode::WorkerNotAnnounced,
        Refused::TooMany => DetailCode::Busy,
        Refused::Wrong(_) => DetailCode::WorkerReportInvalid,
    };
    WireError::invalid(refused.to_string()).detail(code)
}

fn unknown(name: &str) -> WireError {
    WireError::not_found(format!("no worker {name} was connected since the gateway started"))
        .detail(DetailCode::NoWorker)
}
