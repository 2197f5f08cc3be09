//! The table of REST routes: which function answers what.

mod about;
mod channels;
mod commands;
mod interactions;
mod messages;
mod reactions;
mod threads;
mod webhooks;

use super::request::{Answer, Request, decode};
use super::world::World;

/// A route below `/api/v10`.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    /// With names in braces for the parts that vary.
    pub(super) template: &'static str,
    /// Whether it needs the bot's token.
    pub(super) guarded: bool,
    pub(super) handle: fn(&mut World, &Request) -> Answer,
}

const fn open(method: &'static str, template: &'static str, handle: Handle) -> Route {
    Route { method, template, guarded: false, handle }
}

const fn on(method: &'static str, template: &'static str, handle: Handle) -> Route {
    Route { method, template, guarded: true, handle }
}

type Handle = fn(&mut World, &Request) -> Answer;

/// Names and values of the parts of a path that vary.
pub(super) type Params = Vec<(&'static str, String)>;

/// What a path leads to.
pub(super) enum Found {
    /// A route, and what its names stand for.
    Route(&'static Route, Params),
    /// A path that takes other methods.
    OtherMethod,
    /// Nothing.
    Nothing,
}

/// Finds the route of a path below `/api/v10`.
pub(super) fn find(method: &str, path: &str) -> Found {
    let mut other = false;
    for route in ROUTES {
        let Some(params) = fits(route.template, path) else { continue };
        if route.method == method {
            return Found::Route(route, params);
        }
        other = true;
    }
    if other { Found::OtherMethod } else { Found::Nothing }
}

fn fits(template: &'static str, path: &str) -> Option<Params> {
    let (wanted, given) = (template.split('/'), path.trim_end_matches('/').split('/'));
    if wanted.clone().count() != given.clone().count() {
        return None;
    }
    let mut params = Params::new();
    for (wanted, given) in wanted.zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => params.push((name, decode(given))),
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(params)
}

/// Every route; of two that fit the first counts.
const ROUTES: &[Route] = &[
    open("GET", "/gateway", about::gateway),
    on("GET", "/gateway/bot", about::gateway_bot),
    on("GET", "/users/@me", about::me),
    on("GET", "/users/@me/guilds", about::my_guilds),
    on("POST", "/users/@me/channels", about::open_direct),
    on("GET", "/users/{user}", about::user),
    on("GET", "/applications/@me", about::application),
    on("GET", "/oauth2/applications/@me", about::application),
    on("GET", "/guilds/{guild}", about::guild),
    on("GET", "/guilds/{guild}/channels", about::guild_channels),
    on("GET", "/guilds/{guild}/roles", about::guild_roles),
    on("GET", "/guilds/{guild}/members/{user}", about::guild_member),
    on("GET", "/guilds/{guild}/threads/active", about::active_threads),
    on("GET", "/channels/{channel}", channels::get),
    on("PATCH", "/channels/{channel}", channels::change),
    on("DELETE", "/channels/{channel}", channels::delete),
    on("POST", "/channels/{channel}/typing", channels::typing),
    on("GET", "/channels/{channel}/messages", messages::list),
    on("POST", "/channels/{channel}/messages", messages::create),
    on("POST", "/channels/{channel}/messages/bulk-delete", messages::delete_many),
    on("GET", "/channels/{channel}/messages/pins", reactions::pins),
    on("PUT", "/channels/{channel}/messages/pins/{message}", reactions::pin),
    on("DELETE", "/channels/{channel}/messages/pins/{message}", reactions::unpin),
    on("GET", "/channels/{channel}/pins", reactions::old_pins),
    on("PUT", "/channels/{channel}/pins/{message}", reactions::pin),
    on("DELETE", "/channels/{channel}/pins/{message}", reactions::unpin),
    on("GET", "/channels/{channel}/messages/{message}", messages::get),
    on("PATCH", "/channels/{channel}/messages/{message}", messages::edit),
    on("DELETE", "/channels/{channel}/messages/{message}", messages::delete),
    on("PUT", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me", reactions::add),
    on("DELETE", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me", reactions::remove),
    on("GET", "/channels/{channel}/messages/{message}/reactions/{emoji}", reactions::who),
    on("POST", "/channels/{channel}/polls/{message}/expire", messages::close_poll),
    on("POST", "/channels/{channel}/messages/{message}/threads", threads::from_message),
    on("POST", "/channels/{channel}/threads", threads::create),
    on("PUT", "/channels/{channel}/thread-members/@me", threads::join),
    on("DELETE", "/channels/{channel}/thread-members/@me", threads::leave),
    on("GET", "/applications/{application}/commands", commands::list),
    on("PUT", "/applications/{application}/commands", commands::replace),
    on("POST", "/applications/{application}/commands", commands::add),
    on("DELETE", "/applications/{application}/commands/{command}", commands::remove),
    on("GET", "/applications/{application}/guilds/{guild}/commands", commands::list),
    on("PUT", "/applications/{application}/guilds/{guild}/commands", commands::replace),
    on("POST", "/applications/{application}/guilds/{guild}/commands", commands::add),
    on("DELETE", "/applications/{application}/guilds/{guild}/commands/{command}", commands::remove),
    open("POST", "/interactions/{interaction}/{token}/callback", interactions::callback),
    open("POST", "/webhooks/{application}/{token}", webhooks::follow_up),
    open("GET", "/webhooks/{application}/{token}/messages/{message}", webhooks::get),
    open("PATCH", "/webhooks/{application}/{token}/messages/{message}", webhooks::edit),
    open("DELETE", "/webhooks/{application}/{token}/messages/{message}", webhooks::delete),
];
