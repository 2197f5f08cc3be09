//! What agents and people at this machine send by a session's key, and which files they may name.

use channels::loopback::{Done, Loopback};
use channels::{Action, MediaKind};
use schemas::methods::messages::{SendParams, SentOutput};

use super::*;
use crate::bridge::Account;
use crate::config::ChannelSection;
use crate::config::channels::DmPolicy;
use crate::methods::messages;
use crate::security::Principal;

const KEY: &str = "agent:main:loopback:direct:ann";

/// A gateway with one person who has written, in a session of their own.
struct World {
    gateway: Running,
    platform: Loopback,
    home: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let work = home.path().join("work");
        std::fs::create_dir_all(work.join("out")).unwrap();
        let agent = format!(
            "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/cat\"]\ncwd = \"{}\"\n",
            work.display()
        );
        let overrides = Overrides { home: Some(home.path().to_owned()), ..Overrides::default() };
        let config = Config::from_text(&format!("[gateway]\nport = 0\n{agent}"), &overrides).unwrap();
        let log_file = home.path().join("log");
        let options = StartOptions { overrides, path_env: None, log_file, clock: Clock::system() };
        let gateway = start(config, options).await.unwrap();
        let platform = Loopback::new();
        let section = ChannelSection {
            dm_policy: DmPolicy::Open,
            allow_from: vec!["*".into()],
            ..ChannelSection::default()
        };
        let account = Account::new("default".into(), "main", Arc::new(platform.clone()), section);
        gateway.services.bridge.start_account(account).await.unwrap();
        platform.say("ann", "hello");
        let world = Self { gateway, platform, home };
        world.until(|done| texts(done).iter().any(|text| text.contains("hello"))).await;
        world
    }

    async fn until(&self, met: impl FnMut(&[Done]) -> bool) -> Vec<Done> {
        tokio::time::timeout(Duration::from_secs(20), self.platform.until(met)).await.expect("it is done")
    }

    /// Calls `send` as somebody.
    async fn send(&self, who: Principal, params: serde_json::Value) -> Result<SentOutput, WireError> {
        let mut params = params;
        params["idempotencyKey"] = uuid::Uuid::new_v4().to_string().into();
        let params: SendParams = serde_json::from_value(params).unwrap();
        let member = Arc::new(Member::new("c1".into(), who, false));
        let call = Call { services: Arc::clone(&self.gateway.services), member, id: "1".into() };
        messages::send(call, params).await
    }

    async fn refused(&self, who: Principal, params: serde_json::Value) -> String {
        self.send(who, params).await.expect_err("it is refused").message
    }

    fn work(&self, name: &str) -> PathBuf {
        self.home.path().join("work").join(name)
    }
}

fn agent(key: &str) -> Principal {
    Principal { actor: "agent:main".into(), session: Some(key.into()), ..Principal::gateway() }
}

fn local() -> Principal {
    Principal { actor: "local:1000".into(), ..Principal::gateway() }
}

fn texts(done: &[Done]) -> Vec<String> {
    let text = |done: &Done| match &done.outbound.action {
        Action::Text { text, .. } | Action::Edit { text, .. } => Some(text.clone()),
        _ => None,
    };
    done.iter().filter_map(text).collect()
}

/// Returns the kind, name and content of each file of the last message.
fn files(done: &[Done]) -> Vec<(MediaKind, String, String)> {
    let Some(Action::Media { files, .. }) = done.last().map(|done| &done.outbound.action) else {
        return Vec::new();
    };
    let read = |file: &channels::Media| {
        (file.kind, file.name.clone(), std::fs::read_to_string(&file.path).unwrap_or_default())
    };
    files.iter().map(read).collect()
}

#[tokio::test]
async fn an_agent_sends_files_to_where_its_conversation_is() {
    let world = World::start().await;
    std::fs::write(world.work("out/chart.png"), "picture").unwrap();
    let given =
        json!({"message": "Here", "mediaUrl": "out/chart.png", "mediaUrls": [world.work("out/chart.png")]});
    let sent = world.send(agent(KEY), given).await.unwrap();
    assert_eq!((sent.channel.as_str(), sent.chat_id.as_str()), ("loopback", "ann"));
    let done = world.platform.done();
    let picture = (MediaKind::Photo, "chart.png".to_owned(), "picture".to_owned());
    assert_eq!(files(&done), [picture.clone(), picture]);
    let Some(Action::Media { files: kept, caption, .. }) = done.last().map(|done| &done.outbound.action)
    else {
        panic!("{done:?}")
    };
    assert_eq!(caption, "Here");
    let outgoing = world.gateway.services.state_dir.join("outgoing");
    assert!(kept.iter().all(|file| file.path.starts_with(&outgoing)), "what is sent is a copy");
    let given = json!({"sessionKey": KEY, "buffer": "c291bmQ=", "filename": "note.ogg", "asVoice": true, "message": "Hear"});
    world.send(agent(KEY), given).await.unwrap();
    let done = world.platform.done();
    assert_eq!(texts(&done).last().map(String::as_str), Some("Hear"), "its words follow");
    assert_eq!(
        files(&done[..done.len() - 1]),
        [(MediaKind::Voice, "note.ogg".to_owned(), "sound".to_owned())]
    );
    world.gateway.stop().await;
}

#[tokio::test]
async fn an_agent_reaches_no_other_conversation_and_no_other_file() {
    let world = World::start().await;
    let other = "agent:main:loopback:direct:bob";
    let own = world.refused(agent(KEY), json!({"sessionKey": other, "message": "x"})).await;
    assert!(own.contains("its own conversation only"), "{own}");
    let nowhere = world.refused(agent(other), json!({"message": "x"})).await;
    assert!(nowhere.contains("held on no chat platform"), "{nowhere}");
    let state = world.gateway.services.state_dir.clone();
    std::fs::write(world.home.path().join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(world.home.path().join("secret"), world.work("link")).unwrap();
    std::fs::create_dir_all(state.join("attachments/in-999")).unwrap();
    std::fs::write(state.join("attachments/in-999/1.jpg"), "of somebody else").unwrap();
    std::fs::create_dir_all(state.join("attachments/in-1")).unwrap();
    std::fs::write(state.join("attachments/in-1/1.jpg"), "own").unwrap();
    std::fs::File::create(world.work("huge.bin")).unwrap().set_len(1 << 21).unwrap();
    for (path, why) in [
        (world.work("link"), "over a link"),
        (world.work("../secret"), "out of the folder"),
        (world.home.path().join("secret"), "your working folder"),
        (state.join("attachments/in-999/1.jpg"), "your working folder"),
        (world.work("missing.txt"), "does not exist"),
        (world.work("out"), "is not a file"),
        (world.work("huge.bin"), "larger than 1048576 bytes"),
        ("https://example.org/a.png".into(), "does not exist"),
    ] {
        let refused = world.refused(agent(KEY), json!({"mediaUrl": path})).await;
        assert!(refused.starts_with("/mediaUrl: ") && refused.contains(why), "{}: {refused}", path.display());
    }
    world.send(agent(KEY), json!({"mediaUrl": state.join("attachments/in-1/1.jpg")})).await.unwrap();
    assert_eq!(files(&world.platform.done())[0].2, "own", "what came with its own conversation");
    let many = vec!["out/a"; 10];
    let refused = world.refused(agent(KEY), json!({"mediaUrl": "out/a", "mediaUrls": many})).await;
    assert!(refused.contains("at most 10"), "{refused}");
    world.gateway.stop().await;
}

#[tokio::test]
async fn somebody_at_this_machine_names_the_session_and_others_see_the_state_directory_only() {
    let world = World::start().await;
    std::fs::write(world.work("a.txt"), "work").unwrap();
    world.send(local(), json!({"sessionKey": KEY, "mediaUrl": "a.txt"})).await.unwrap();
    assert_eq!(files(&world.platform.done())[0].2, "work");
    let given = json!({"sessionKey": KEY, "mediaUrl": world.work("a.txt")});
    let refused = world.refused(Principal::gateway(), given).await;
    assert!(refused.contains("in the state directory"), "{refused}");
    let outgoing = world.gateway.services.state_dir.join("outgoing/x");
    std::fs::create_dir_all(&outgoing).unwrap();
    std::fs::write(outgoing.join("b.txt"), "kept").unwrap();
    let given = json!({"to": "loopback:bob", "sessionKey": "not a key:", "mediaUrl": outgoing.join("b.txt")});
    world.send(Principal::gateway(), given).await.unwrap();
    assert_eq!(files(&world.platform.done())[0].2, "kept");
    let refused = world.refused(Principal::gateway(), json!({"message": "x"})).await;
    assert!(refused.contains("/to: name the conversation"), "{refused}");
    world.gateway.stop().await;
}
