//! `gateway.dashboardLink`: a one-time link that lets a browser in.

use schemas::error::WireError;
use schemas::methods::NoParams;
use schemas::methods::gateway::DashboardLinkOutput;
use secrecy::ExposeSecret as _;

use crate::methods::Call;
use crate::security::{BootstrapKind, Principal, Security};

/// Makes a link.
pub async fn dashboard_link(call: Call, _params: NoParams) -> Result<DashboardLinkOutput, WireError> {
    new_link(&call.services.security, call.who()).await
}

/// Makes a link; also for the one that is printed at start. The token is in the fragment, which browsers send
/// to nobody.
pub async fn new_link(security: &Security, who: &Principal) -> Result<DashboardLinkOutput, WireError> {
    let made = security.create_bootstrap(who, BootstrapKind::Browser).await?;
    let url = format!("{}/#bootstrap={}", security.gateway_url(), made.token.expose_secret());
    Ok(DashboardLinkOutput { url, expires_at_ms: made.expires_at })
}
