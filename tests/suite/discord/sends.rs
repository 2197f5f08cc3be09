//! What is sent to a conversation by its session's key, what a reply to a picture hands over, and what `health` says.

use harness::fakes::discord::Content;
use harness::{Gateway, Knock, eventually};
use serde_json::{Value, json};

use super::{CAT, OPEN, ask, gateway, platform};

/// Returns one second of Opus in Ogg, as far as anybody reads it who plays nothing.
fn recording() -> Vec<u8> {
    let page = |kind: u8, position: u64, body: &[u8]| {
        let mut page = b"OggS\0".to_vec();
        page.push(kind);
        page.extend(position.to_le_bytes());
        page.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        page.push(u8::try_from(body.len()).expect("it is short"));
        page.extend(body);
        page
    };
    let head = [&b"OpusHead\x01\x01"[..], &312_u16.to_le_bytes(), &[0; 7]].concat();
    [page(2, 0, &head), page(0, 0, b"OpusTags"), page(4, 312 + 48_000, &[0xfc; 100])].concat()
}

/// Returns the key of the only session.
async fn session(gateway: &Gateway) -> String {
    let sessions = gateway.cli(&["sessions", "list", "--json"]).await.ok().json();
    sessions["sessions"][0]["key"].as_str().expect("a key").to_owned()
}

#[tokio::test]
async fn recordings_and_files_go_where_the_conversation_is() {
    let discord = platform().await;
    let gateway = gateway(&discord, CAT, OPEN).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    ask(&discord, dm, ada, "hello", "hello").await;
    let key = session(&gateway).await;
    let dir = tempfile::tempdir().expect("a folder");
    let note = dir.path().join("note.ogg");
    std::fs::write(&note, recording()).expect("a file");
    let note = note.to_str().expect("a path");
    gateway
        .cli(&["message", "send", "--session", &key, "--file", note, "--voice", "Listen to this"])
        .await
        .ok();
    let said = discord.answers(dm);
    let (voice, words) = (&said[said.len() - 2], &said[said.len() - 1]);
    assert_eq!((voice.flags & 1 << 13, voice.text.as_str()), (1 << 13, ""));
    assert_eq!(
        (voice.files[0].mime.as_str(), &voice.files[0].more["duration_secs"]),
        ("audio/ogg", &json!(1.0))
    );
    assert_eq!(voice.files[0].bytes.as_ref(), recording());
    assert_eq!(words.text, "Listen to this");

    let work = gateway.state_dir().join("workspaces/main");
    std::fs::write(work.join("plan.txt"), "the plan").expect("a file");
    std::os::unix::fs::symlink("/etc/hostname", work.join("link.txt")).expect("a link");
    let send_file = async |path: &str| {
        let params = json!({"sessionKey": key, "mediaUrl": path, "message": "Here", "idempotencyKey": path});
        gateway.cli(&["call", "send", &params.to_string()]).await
    };
    let sent = send_file("plan.txt").await.ok().json();
    assert_eq!((&sent["channel"], &sent["chatId"]), (&json!("discord"), &json!(dm.to_string())));
    let said = discord.answers(dm).pop().expect("it is there");
    assert_eq!((said.text.as_str(), said.files[0].bytes.as_ref()), ("Here", &b"the plan"[..]));
    for (path, why) in [("link.txt", "over a link"), ("../../identity.key", "out of the folder")] {
        let refused = send_file(path).await;
        assert!(refused.code != 0 && refused.stderr.contains(why), "{path}: {refused:?}");
    }
    // Not sound at all: it comes as a file, and the log says why.
    let text = work.join("plan.txt");
    let text = text.to_str().expect("a path");
    gateway.cli(&["message", "send", "--session", &key, "--file", text, "--voice"]).await.ok();
    let said = discord.answers(dm).pop().expect("it is there");
    assert_eq!((said.flags & 1 << 13, said.files[0].name.as_str()), (0, "plan.txt"));
    assert!(gateway.stderr().contains("Ogg with Opus"), "why is in the log");
}

#[tokio::test]
async fn a_reply_to_a_picture_hands_the_picture_over() {
    let discord = platform().await;
    let (ada, eve) = (discord.person("Ada"), discord.person("Eve"));
    let talk = discord.channel(discord.guild("Team"), "talk");
    let gateway = gateway(&discord, CAT, "groups = [\"*\"]").await;
    let picture = discord.say(talk, eve, Content::text("").file("cat.png", "image/png", vec![7_u8; 40]));
    let question = Content::text("what is it?").mention(discord.bot()).reply_to(picture);
    let said = ask(&discord, talk, ada, question, "what is it?").await;
    assert!(said.text.contains("quoted cat.png"), "{}", said.text);
    let kept = gateway.state_dir().join("attachments");
    let folder =
        std::fs::read_dir(kept).expect("a folder").next().expect("one message").expect("a folder").path();
    let file = std::fs::read_dir(folder).expect("a folder").next().expect("one file").expect("a file").path();
    assert_eq!(std::fs::read(file).expect("a file"), vec![7_u8; 40]);
}

#[tokio::test]
async fn health_names_the_platforms_and_how_they_are() {
    let discord = platform().await;
    let gateway = gateway(&discord, CAT, OPEN).await;
    let mut client = Knock::cli(&gateway).enter(&gateway).await;
    let mut last = Value::Null;
    eventually("it is connected", async || {
        last = client.ok("health", json!({})).await;
        last["channels"]["discord"]["connected"] == true
    })
    .await;
    assert_eq!(
        (&last["channelOrder"], &last["channelLabels"]),
        (&json!(["discord"]), &json!({"discord": "Discord"}))
    );
    let account = &last["channels"]["discord"]["accounts"]["main"];
    for (name, value) in [("configured", true), ("linked", true), ("running", true), ("connected", true)] {
        assert_eq!(
            (&account[name], &last["channels"]["discord"][name]),
            (&json!(value), &json!(value)),
            "{name}"
        );
    }
    assert_eq!(account["healthState"], "healthy");
    discord.go_down();
    eventually("it is not", async || {
        last = client.ok("health", json!({})).await;
        let discord = &last["channels"]["discord"];
        discord["connected"] == false && discord["lastError"].is_string()
    })
    .await;
    assert_eq!(last["channels"]["discord"]["accounts"]["main"]["healthState"], "disconnected");
}
