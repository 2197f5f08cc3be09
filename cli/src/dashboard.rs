//! `landline dashboard`: a one-time link that opens the panel in a browser.

use schemas::Clock;
use schemas::methods::NoParams;
use schemas::methods::gateway::DashboardLink;

use crate::args::Global;
use crate::exit::Outcome;
use crate::output::{BOLD, Output};
use crate::{reach, text};

/// Prints the link.
pub(crate) async fn run(global: &Global, output: &Output) -> Outcome {
    let connection = reach::connect(global).await?;
    let link = connection.client.call::<DashboardLink>(&NoParams {}).await?;
    output.show(&link, |link, output| {
        let left = u64::try_from(link.expires_at_ms - Clock::system().now()).unwrap_or(0);
        output.line(format_args!(
            "Open {BOLD}{}{BOLD:#} (works once, for {})",
            link.url,
            text::length(left + 999)
        ));
    });
    Ok(())
}
