//! The platform's own menu of commands, set once for each start of an account.

use std::sync::Arc;

use channels::{Ability, Action, Outbound, Place};

use super::Bridge;
use super::account::Live;
use super::courier::wire_key;
use crate::chat::commands;
use crate::config::Platform;
use crate::supervise::Job;

impl Bridge {
    /// Sets the menu, unless that was done since the account was started. Nothing depends on it: what fails is
    /// logged and tried again with the next connection.
    pub(super) fn offer_menu(&self, live: &Arc<Live>) {
        if !live.traits().abilities.contains(Ability::Menu) || !live.begin_menu() {
            return;
        }
        let outbound = Outbound {
            to: Place { chat: String::new(), thread: None },
            key: wire_key("menu"),
            answering: None,
            action: Action::Menu { commands: menu(&live.of.channel) },
        };
        let (bridge, live) = (self.clone(), Arc::clone(live));
        self.jobs().spawn(Job::Bridge, async move {
            let limit = bridge.pace().attempt;
            let set = async { Ok::<_, ()>(Some(bridge.perform(&live, outbound, limit).await)) };
            if let Ok(Some(Err(error))) = bridge.until_stopped(set).await {
                live.forget_menu();
                let of = &live.of;
                tracing::warn!(channel = of.channel, account = of.account, %error, "The menu of commands could not be set");
            }
        });
    }
}

/// Returns what the menu offers. Where people write beside the menu, as nearly everywhere, it needs no `/ask`.
fn menu(channel: &str) -> Vec<(String, String)> {
    let all = commands::list();
    let ask = (channel == <&str>::from(Platform::Discord)).then(|| ("ask".into(), "Ask the agent.".into()));
    let known = SHOWN.iter().filter_map(|name| all.iter().find(|command| command.name == *name));
    ask.into_iter().chain(known.map(|command| (command.name.clone(), command.description.clone()))).collect()
}

/// The commands that the menu shows.
const SHOWN: [&str; 6] = ["new", "stop", "status", "model", "agent", "help"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_platform_whose_menu_is_all_there_is_offers_ask() {
        let names = |channel| menu(channel).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("telegram"), SHOWN);
        assert_eq!(names("discord")[..2], ["ask", "new"]);
        assert!(menu("discord").iter().all(|(_, words)| words.chars().count() <= 100), "Discord cuts more");
    }
}
