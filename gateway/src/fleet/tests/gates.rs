//! The three gates, table by table (protocol 8.2, 5.1).

use schemas::Scope;
use schemas::methods::nodes::Surface;

use super::super::commands::{Rules, Withheld, approver_needs, needs_admin};
use super::*;
use crate::config::DANGEROUS;
use crate::store::nodes::NodeAbout;

fn about(platform: &str, family: &str, client: &str) -> NodeAbout {
    NodeAbout {
        platform: Some(platform.into()),
        device_family: Some(family.into()),
        client_id: Some(client.into()),
        ..NodeAbout::default()
    }
}

fn check(lists: &NodeCommands, about: &NodeAbout, command: &str) -> Result<(), Withheld> {
    let usable = Surface { commands: vec![command.into()], ..Surface::default() };
    Rules::new(lists).check(about, &usable, command)
}

/// Every platform with some commands that its nodes may do and some that they may not.
#[test]
fn each_platform_has_its_row() {
    let none = NodeCommands::default();
    let rows: [(&str, &str, &[&str], &[&str]); 9] = [
        (
            "iOS 26.1",
            "iPhone",
            &["location.get", "photos.latest", "system.notify", "watch.notify"],
            &["system.run", "callLog.search", "canvas.present"],
        ),
        (
            "iPadOS 26.1",
            "iPad",
            &["contacts.search", "motion.pedometer"],
            &["watch.notify", "screen.snapshot"],
        ),
        ("watchOS 12", "Apple Watch", &["device.info", "system.notify"], &["location.get", "photos.latest"]),
        (
            "Android 16 (SDK 36)",
            "Android",
            &["notifications.actions", "mobile.ui.act", "device.apps"],
            &["system.run", "watch.notify"],
        ),
        (
            "macOS 26.1",
            "Mac",
            &["canvas.navigate", "camera.ptz.status", "system.run", "screen.snapshot", "fs.listDir"],
            &["canvas.eval", "notifications.list"],
        ),
        (
            "windows",
            "windows",
            &["location.get", "system.which", "browser.proxy"],
            &["contacts.search", "canvas.present"],
        ),
        (
            "linux",
            "Linux",
            &["system.run", "system.which", "mcp.tools.call.v1", "desktop.stream", "system.notify"],
            &["location.get", "dir.list", "file.write", "ollama.chat", "terminal.upload", "canvas.present"],
        ),
        (
            "Linux 6.1",
            "Linux",
            &["camera.list", "location.get", "system.notify"],
            &["system.run", "system.which", "device.info"],
        ),
        ("toaster", "", &["location.get"], &["system.run", "browser.proxy", "fs.listDir", "made.up"]),
    ];
    for (platform, family, allowed, refused) in rows {
        let about = about(platform, family, "node-host");
        for command in allowed {
            assert_eq!(check(&none, &about, command), Ok(()), "{platform}: {command}");
        }
        for command in refused {
            assert_eq!(check(&none, &about, command), Err(Withheld::NotListed), "{platform}: {command}");
        }
        for command in DANGEROUS {
            assert_eq!(check(&none, &about, command), Err(Withheld::Dangerous), "{platform}: {command}");
        }
    }
}

#[test]
fn the_owners_lists_go_before_the_tables() {
    let (linux, unknown) = (about("linux", "Linux", "node-host"), about("toaster", "", "x"));
    let allow =
        NodeCommands { allow: vec!["camera.snap".into(), "made.up".into()], ..NodeCommands::default() };
    for about in [&linux, &unknown] {
        assert_eq!(check(&allow, about, "camera.snap"), Ok(()));
        assert_eq!(check(&allow, about, "made.up"), Ok(()));
        assert_eq!(check(&allow, about, "screen.record"), Err(Withheld::Dangerous));
    }
    let both = NodeCommands {
        allow: vec!["camera.snap".into()],
        deny: vec!["camera.snap".into(), "system.run".into()],
        ..NodeCommands::default()
    };
    for command in ["camera.snap", "system.run"] {
        assert_eq!(check(&both, &linux, command), Err(Withheld::Denied), "deny always wins: {command}");
    }
}

#[test]
fn what_is_not_offered_and_approved_is_not_there() {
    let linux = about("linux", "Linux", "node-host");
    let allow = NodeCommands { allow: vec!["system.run".into()], ..NodeCommands::default() };
    let rules = Rules::new(&allow);
    assert_eq!(rules.check(&linux, &Surface::default(), "system.run"), Err(Withheld::NothingDeclared));
    let other = Surface { commands: vec!["system.which".into()], ..Surface::default() };
    assert_eq!(rules.check(&linux, &other, "system.run"), Err(Withheld::NotDeclared));
}

#[test]
fn talking_needs_a_node_that_talks() {
    let ios = about("iOS 26.1", "iPhone", "openclaw-ios");
    let rules = Rules::new(&NodeCommands::default());
    let talks =
        Surface { caps: vec!["talk".into()], commands: vec!["talk.ptt.start".into()], ..Surface::default() };
    assert_eq!(rules.check(&ios, &talks, "talk.ptt.start"), Ok(()));
    assert_eq!(rules.check(&ios, &talks, "talk.ptt.other"), Err(Withheld::NotDeclared));
}

#[test]
fn protocol_3_phones_have_a_canvas() {
    let phone = about("Android 16", "Android", "openclaw-android");
    let none = NodeCommands::default();
    assert_eq!(check(&none, &phone, "canvas.eval"), Err(Withheld::NotListed));
    let old = NodeAbout { speaks_3: true, ..phone };
    assert_eq!(check(&none, &old, "canvas.eval"), Ok(()));
    let unknown = NodeAbout { speaks_3: true, ..about("toaster", "", "x") };
    assert_eq!(check(&none, &unknown, "canvas.eval"), Err(Withheld::NotListed));
}

#[test]
fn our_own_node_program_offers_what_its_owner_wrote_down() {
    let own = about("linux", "Linux", "landline-node");
    let none = NodeCommands::default();
    for command in ["lights.on", "fs.read", "canvas.eval", "device.info", "location.get", "system.run"] {
        assert_eq!(check(&none, &own, command), Ok(()), "{command}");
    }
    for command in ["system.shutdown", "browser.steal", "sms.flood"] {
        assert_eq!(check(&none, &own, command), Err(Withheld::NotListed), "{command}");
    }
    assert_eq!(check(&none, &own, "camera.snap"), Err(Withheld::Dangerous));
    let spoofed = about("toaster", "", "landline-node");
    assert_eq!(
        check(&none, &spoofed, "lights.on"),
        Err(Withheld::NotListed),
        "its platform must be known too"
    );
}

#[test]
fn approvers_need_what_the_commands_need() {
    let needs = |client: &str, commands: &[&str]| {
        let commands: Vec<String> = commands.iter().map(|&command| command.to_owned()).collect();
        approver_needs(&about("linux", "Linux", client), &commands)
    };
    assert_eq!(needs("node-host", &[]), [Scope::Pairing]);
    assert_eq!(needs("node-host", &["location.get", "camera.snap"]), [Scope::Pairing, Scope::Write]);
    for command in [
        "system.run",
        "system.run.prepare",
        "system.which",
        "browser.proxy",
        "browser.proxy.upload.v1",
        "fs.listDir",
        "system.execApprovals.get",
        "system.execApprovals.set",
    ] {
        assert_eq!(
            needs("node-host", &["location.get", command]),
            [Scope::Pairing, Scope::Admin],
            "{command}"
        );
    }
    assert_eq!(needs("landline-node", &["lights.on"]), [Scope::Pairing, Scope::Admin], "it runs a program");
    assert_eq!(needs("landline-node", &["canvas.present", "device.info"]), [Scope::Pairing, Scope::Write]);
}

#[test]
fn host_commands_need_an_administrator() {
    for command in
        ["system.run", "system.run.prepare", "browser.proxy", "fs.listDir", "system.execApprovals.get"]
    {
        assert!(needs_admin(command), "{command}");
    }
    for command in ["system.which", "system.notify", "location.get", "canvas.present", "camera.snap"] {
        assert!(!needs_admin(command), "{command}");
    }
}

#[tokio::test]
async fn a_nodes_browser_keeps_its_profiles() {
    let yard = Yard::new();
    let _node = yard.node("n1", &["browser.proxy"]).await;
    for (method, path) in [
        ("POST", "/profiles/create"),
        ("post", "profiles//create/"),
        ("DELETE", "/profiles/work"),
        ("POST", "/reset-profile?x=1"),
    ] {
        let params = json!({ "method": method, "path": path });
        let error = yard
            .fleet
            .invoke(&Principal::gateway(), call("n1", "browser.proxy", params))
            .await
            .expect_err("refused");
        assert!(error.message.contains("profiles"), "{method} {path}: {error}");
    }
}
