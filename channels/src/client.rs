//! The HTTP client of the channels.

use std::time::Duration;

use reqwest::redirect::Policy;

/// Returns a client for the channels' options, which all accounts may share.
///
/// It follows no redirect, since the address may carry the token, and uses HTTP/1.1, so that a broken long poll takes
/// no other call with it. Idle connections are dropped before servers close them: a request on a connection that is just
/// being closed would count as one whose fate is unknown.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("landline/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .http1_only()
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(15))
        .tcp_keepalive(Duration::from_secs(30))
        .build()
}
