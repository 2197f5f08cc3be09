//! Which commands may be called: the platforms' tables, the owner's lists, and what each command needs of its caller
//! (protocol 8.2, 5.1).

use std::collections::HashSet;

use schemas::Scope;
use schemas::methods::nodes::Surface;

use super::platform::Platform;
use crate::config::{DANGEROUS, NodeCommands};
use crate::store::nodes::NodeAbout;

/// The owner's lists.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    allow: HashSet<String>,
    deny: HashSet<String>,
    ask: HashSet<String>,
}

/// Why a command may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Withheld {
    /// The node offers it not, or no longer, or nobody approved it.
    NotDeclared,
    /// The node offers nothing, or nothing of it is approved.
    NothingDeclared,
    /// The owner forbids it.
    Denied,
    /// It needs the owner's explicit word.
    Dangerous,
    /// It is not among what this platform's nodes may do.
    NotListed,
}

impl Withheld {
    /// Returns `details.reason` (protocol 8.3).
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::NotDeclared => "command not declared by node",
            Self::NothingDeclared => "node did not declare commands",
            Self::Denied | Self::Dangerous | Self::NotListed => "command not allowlisted",
        }
    }
}

impl Rules {
    pub(super) fn new(lists: &NodeCommands) -> Self {
        let set = |names: &[String]| names.iter().cloned().collect();
        Self { allow: set(&lists.allow), deny: set(&lists.deny), ask: set(&lists.ask) }
    }

    /// Says whether an agent has to ask before it calls `command`.
    pub(super) fn must_ask(&self, command: &str) -> bool {
        self.ask.contains(command)
    }

    /// The three gates: declared now, approved, allowed. `usable` is what is both declared and approved.
    pub(super) fn check(&self, about: &NodeAbout, usable: &Surface, command: &str) -> Result<(), Withheld> {
        if usable.commands.is_empty() {
            return Err(Withheld::NothingDeclared);
        }
        if !usable.commands.iter().any(|known| known == command) {
            return Err(Withheld::NotDeclared);
        }
        if self.deny.contains(command) {
            return Err(Withheld::Denied);
        }
        if self.allow.contains(command) {
            return Ok(());
        }
        if DANGEROUS.contains(&command) {
            return Err(Withheld::Dangerous);
        }
        if is_default(about, usable, command) { Ok(()) } else { Err(Withheld::NotListed) }
    }
}

/// Says whether a node of its platform may do this without the owner's word.
fn is_default(about: &NodeAbout, usable: &Surface, command: &str) -> bool {
    let platform = Platform::of(about.platform.as_deref(), about.device_family.as_deref());
    let own = is_own(about);
    let family = about.device_family.as_deref().unwrap_or_default();
    row(platform).iter().any(|part| part.contains(&command))
        || (platform == Platform::Ios && family.trim().eq_ignore_ascii_case("iphone") && WATCH.contains(&command))
        || (platform.is_desktop() && HOST.contains(&command))
        || (TALK.contains(&command) && talks(usable))
        || (about.speaks_3 && matches!(platform, Platform::Ios | Platform::Android | Platform::Macos) && CANVAS.contains(&command))
        // A node host of ours offers what its owner wrote into its configuration, and an approver has seen each name.
        || (own && platform.is_desktop() && (OWN.contains(&command) || CANVAS.contains(&command) || is_named_by_owner(command)))
}

fn talks(usable: &Surface) -> bool {
    usable.caps.iter().any(|cap| cap.eq_ignore_ascii_case("talk"))
        || usable.commands.iter().any(|command| command.starts_with("talk."))
}

/// Says whether the node is Landline's own program.
fn is_own(about: &NodeAbout) -> bool {
    about.client_id.as_deref() == Some(OWN_CLIENT)
}

/// Says whether a command is none that this page knows: the node's owner made it.
fn is_named_by_owner(command: &str) -> bool {
    let known = [
        "system.",
        "browser.",
        "camera.",
        "screen.",
        "contacts.",
        "calendar.",
        "reminders.",
        "sms.",
        "health.",
    ];
    !known.iter().any(|prefix| command.starts_with(prefix)) && !command.contains(".execApprovals.")
}

/// Returns the scope that a caller needs besides `operator.write` to call a command itself (protocol 5.1).
pub(super) fn needs_admin(command: &str) -> bool {
    matches!(command, "system.run" | "system.run.prepare" | "fs.listDir" | "terminal.upload")
        || command.starts_with("browser.proxy")
        || command.starts_with("system.execApprovals.")
}

/// Returns the scopes that somebody needs to approve these commands (protocol 5.1).
pub(super) fn approver_needs<'a>(
    about: &NodeAbout,
    commands: impl IntoIterator<Item = &'a String> + Clone,
) -> Vec<Scope> {
    let own = is_own(about);
    let runs = |command: &str| {
        needs_admin(command)
            || command == "system.which"
            || (own && !CALM.iter().any(|prefix| command.starts_with(prefix)))
    };
    let mut needs = vec![Scope::Pairing];
    if commands.clone().into_iter().any(|command| runs(command)) {
        needs.push(Scope::Admin);
    } else if commands.into_iter().next().is_some() {
        needs.push(Scope::Write);
    }
    needs
}

/// Says whether a platform's node may do `command` only while its app is in the foreground (protocol 8.3).
pub(super) fn is_foreground(command: &str) -> bool {
    ["canvas.", "camera.", "screen.", "talk."].iter().any(|prefix| command.starts_with(prefix))
}

type Part = &'static [&'static str];

fn row(platform: Platform) -> &'static [Part] {
    match platform {
        Platform::Ios => &[PHONE, &["system.notify"]],
        Platform::Watchos => &[&["device.info", "device.status", "system.notify"]],
        Platform::Android => &[PHONE, ANDROID, &["system.notify"]],
        Platform::Macos => &[PHONE, MAC, &["system.notify"]],
        Platform::Windows => &[&[
            "camera.list",
            "location.get",
            "device.info",
            "device.status",
            "system.notify",
            "computer.act",
        ]],
        Platform::Linux => &[&["system.notify", "computer.act"]],
        Platform::Unknown => &[&["camera.list", "location.get", "system.notify"]],
    }
}

const PHONE: Part = &[
    "camera.list",
    "location.get",
    "device.info",
    "device.status",
    "contacts.search",
    "calendar.events",
    "reminders.list",
    "photos.latest",
    "motion.activity",
    "motion.pedometer",
];
const ANDROID: Part = &[
    "notifications.list",
    "notifications.actions",
    "device.permissions",
    "device.health",
    "device.apps",
    "callLog.search",
    "mobile.ui.observe",
    "mobile.ui.act",
];
const MAC: Part =
    &["camera.ptz.status", "device.apps", "computer.act", "canvas.present", "canvas.hide", "canvas.navigate"];
const WATCH: Part = &["watch.status", "watch.notify"];
const TALK: Part = &["talk.ptt.start", "talk.ptt.stop", "talk.ptt.cancel", "talk.ptt.once"];
/// What runs programs or shows a desktop. It is among what an approver has seen, or it is not usable at all.
const HOST: Part = &[
    "system.run",
    "system.run.prepare",
    "system.which",
    "system.execApprovals.get",
    "system.execApprovals.set",
    "browser.proxy",
    "browser.proxy.upload.v1",
    "mcp.tools.call.v1",
    "fs.listDir",
    "screen.snapshot",
    "desktop.stream",
];
/// All canvas commands of protocol 3.
const CANVAS: Part = &[
    "canvas.present",
    "canvas.hide",
    "canvas.navigate",
    "canvas.eval",
    "canvas.snapshot",
    "canvas.a2ui.push",
    "canvas.a2ui.pushJSONL",
    "canvas.a2ui.reset",
];
/// What Landline's own node program offers besides.
const OWN: Part = &["camera.list", "location.get", "device.info", "device.status"];
/// Families of Landline's own node program that run no program of its machine's owner.
const CALM: Part = &["canvas.", "camera.", "screen.", "location.", "device.", "system.notify"];
/// How Landline's own node program names itself.
pub(super) const OWN_CLIENT: &str = "landline-node";
