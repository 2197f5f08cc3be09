//! What a person on Discord gets: whole answers where they asked, and commands that are noticed at once.

use std::fmt::Write as _;
use std::time::Duration;

use harness::fakes::discord::{Access, FakeDiscord, Id};
use harness::{golden, request_raw, within};
use serde_json::json;

use super::{CAT, OPEN, ask, count, gateway, platform, shell, until, whole};

/// Three blocks of code in 30,000 characters.
fn long_answer() -> String {
    let mut text = String::new();
    for part in 0..3 {
        for line in 0..16 {
            let _ = write!(text, "Part {part}, sentence {line}: ");
            text.push_str(&"the quick brown fox jumps over the lazy dog again. ".repeat(9));
            text.push_str("\n\n");
        }
        text.push_str("```rust\n");
        for line in 0..40 {
            let _ = writeln!(
                text,
                "let value_{part}_{line} = compute({line}, \"<&> stays as it is\"); // {}",
                "x".repeat(10)
            );
        }
        text.push_str("```\n\n");
    }
    text
}

#[tokio::test]
async fn a_long_answer_comes_whole_in_order_and_with_its_code() {
    let discord = platform().await;
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("answer.md");
    let text = long_answer();
    assert!((29_000..32_000).contains(&text.len()), "{}", text.len());
    std::fs::write(&file, text).expect("a file");
    let agent = format!(
        "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/cat\", \"{}\"]\ndefault = true\n",
        file.display()
    );
    let _gateway = gateway(&discord, &agent, &whole(OPEN)).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    discord.say(dm, ada, "tell me everything");
    // About one message a second is what the bot allows itself.
    within(Duration::from_mins(3), "the end of the answer", async || {
        count(&discord, dm, "value_2_39 =") == 1
    })
    .await;
    let said = discord.answers(dm);
    let mut all = String::new();
    for message in &said {
        assert!(message.text.chars().count() <= 2000, "{}", message.text.chars().count());
        assert!(message.text.lines().count() <= 17, "{} lines", message.text.lines().count());
        let fences = message.text.lines().filter(|line| line.starts_with("```")).count();
        assert_eq!(fences % 2, 0, "a block of code is open at the end: {}", message.text);
        all.push_str(&message.text);
        all.push('\n');
    }
    let mut from = 0;
    for part in 0..3 {
        let sentences = (0..16).map(|line| format!("Part {part}, sentence {line}: "));
        let code = (0..40).map(|line| format!("let value_{part}_{line} = compute({line}, \"<&> stays"));
        for needle in sentences.chain(code) {
            from +=
                all[from..].find(&needle).unwrap_or_else(|| panic!("{needle} is missing or out of order"));
            assert_eq!(all.matches(&needle).count(), 1, "{needle} came twice");
        }
    }
    println!("a long answer: {} messages", said.len());
    golden("discord", "long-answer", &discord.story());
}

/// An answer of five sections, 6,000 characters long.
fn structured() -> String {
    let mut text = "Here is what I found.\n\n# Report\n\n".to_owned();
    for part in 1..=5 {
        let _ =
            write!(text, "## Section {part}\n\n{}\n\n", format!("point {part} of @everyone. ").repeat(40));
        let _ = write!(
            text,
            "| key | value |\n|---|--:|\n| k{part} | {part} |\n\n```rust\nfn part_{part}() {{}}\n```\n\n"
        );
    }
    text
}

/// Returns an agent that says what a file holds, after a part of it was shown for a while.
fn says(file: &std::path::Path) -> String {
    shell(&format!("head -c 700 {0}; sleep 3; tail -c +701 {0}", file.display()))
}

#[tokio::test]
async fn a_long_answer_with_sections_is_shown_as_embeds() {
    let discord = platform().await;
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("answer.md");
    std::fs::write(&file, structured()).expect("a file");
    let _gateway = gateway(&discord, &says(&file), OPEN).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    discord.say(dm, ada, "report");
    until(&discord, "a draft", |seen| count(seen, dm, "Section 1") == 1).await;
    let draft = discord.answers(dm)[0].id;
    until(&discord, "the embeds", |seen| seen.answers(dm).iter().any(|said| !said.embeds.is_empty())).await;
    let said = discord.answers(dm);
    assert_eq!(said.len(), 1, "one message: {said:#?}");
    assert_eq!((said[0].id, said[0].text.as_str()), (draft, "Here is what I found."), "the draft became it");
    assert!(said[0].pings.is_empty());
    assert_eq!(said[0].allowed_mentions.as_ref().expect("it says whom it calls")["parse"], json!([]));
    let titles: Vec<&str> = said[0].embeds.iter().filter_map(|embed| embed["title"].as_str()).collect();
    assert_eq!(titles, ["Report", "Section 1", "Section 2", "Section 3", "Section 4", "Section 5"]);
    for (part, embed) in (1..).zip(&said[0].embeds[1..]) {
        let text = embed["description"].as_str().expect("a text");
        assert!(text.contains(&format!("```rust\nfn part_{part}() {{}}\n```")), "{text}");
        assert!(
            text.contains(&format!("```\nkey | value\n----+------\nk{part}  |     {part}\n```")),
            "{text}"
        );
        assert_eq!(text.matches(&format!("point {part} of")).count(), 40);
    }
}

#[tokio::test]
async fn where_embeds_are_refused_or_not_wanted_the_same_answer_is_plain() {
    let discord = platform().await;
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("answer.md");
    std::fs::write(&file, structured()).expect("a file");
    let ada = discord.person("Ada");
    let talk = discord.channel(discord.guild("Team"), "talk");
    discord.allow(talk, Access::NoEmbeds);
    let lines = format!("{OPEN}\ngroups = [\"*\"]\nrequire_mention = false");
    let gateway = gateway(&discord, &says(&file), &lines).await;
    discord.say(talk, ada, "report");
    until(&discord, "all of it, and no draft", |seen| {
        count(seen, talk, "fn part_5") == 1 && seen.answers(talk).iter().all(|said| !said.text.ends_with('…'))
    })
    .await;
    assert!(gateway.stderr().contains("Missing Permissions"), "why is in the log");
    let dm = discord.dm(ada);
    drop(gateway);
    let _gateway = super::gateway(&discord, &says(&file), &format!("{OPEN}\nembeds = false")).await;
    discord.say(dm, ada, "report");
    until(&discord, "all of it in the direct conversation", |seen| count(seen, dm, "fn part_5") == 1).await;
    for place in [talk, dm] {
        until(&discord, "the draft is gone", |seen| {
            seen.answers(place).iter().all(|said| !said.text.contains('…'))
        })
        .await;
        let said = discord.answers(place);
        assert!(said.len() > 3 && said.iter().all(|said| said.embeds.is_empty()), "{said:#?}");
        for part in 1..=5 {
            assert_eq!(count(&discord, place, &format!("fn part_{part}() ")), 1);
        }
    }
}

#[tokio::test]
async fn threads_and_posts_are_conversations_of_their_own() {
    let discord = platform().await;
    let ada = discord.person("Ada");
    let guild = discord.guild("Team");
    let (talk, forum) = (discord.channel(guild, "talk"), discord.forum(guild, "questions"));
    let gateway = gateway(&discord, CAT, &whole("groups = [\"*\"]\nrequire_mention = false")).await;
    ask(&discord, talk, ada, "in the channel", "in the channel").await;
    let thread = discord.thread(talk, ada, "Plans", None);
    ask(&discord, thread, ada, "in the thread", "in the thread").await;
    let post = discord.post(forum, ada, "How?", "in the forum");
    until(&discord, "an answer in the post", |seen| count(seen, post, "in the forum") == 1).await;
    assert_eq!((count(&discord, talk, ""), count(&discord, thread, "")), (1, 1), "each where it was asked");
    golden("discord", "thread", &discord.story());
    let sessions = gateway.cli(&["sessions", "list", "--json"]).await.ok().json().to_string();
    let keys = [
        format!("discord:channel:{talk}\""),
        format!("discord:channel:{talk}:thread:{thread}\""),
        format!("discord:channel:{forum}:thread:{post}\""),
    ];
    for key in keys {
        assert!(sessions.contains(&key), "{key} is not in {sessions}");
    }
}

/// Offers commands as the bot.
async fn offer(discord: &FakeDiscord, names: &[&str]) {
    let commands: Vec<_> =
        names.iter().map(|name| json!({"type": 1, "name": name, "description": "A command."})).collect();
    let body = json!(commands).to_string();
    let request = format!(
        "PUT /api/v10/applications/{}/commands HTTP/1.1\r\nHost: fake\r\nUser-Agent: DiscordBot (test, 1)\r\n\
         Authorization: Bot {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        discord.bot(),
        discord.token(),
        body.len(),
    );
    let reply = request_raw(discord.address(), request.as_bytes()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[tokio::test]
async fn a_command_is_noticed_at_once_while_fifty_people_are_answered() {
    let discord = platform().await;
    let script = "for n in $(seq 1 40); do echo \"line $n\"; sleep 0.5; done";
    let people: Vec<(Id, Id)> = (0..50)
        .map(|number| discord.person(&format!("Person {number}")))
        .map(|person| (person, discord.dm(person)))
        .collect();
    // One agent performs 32 runs at a time; with two of them all fifty are alive together.
    let mut lines = format!("{OPEN}\n{}", shell(script).replace("agents.main", "agents.other"))
        .replace("default = true\n", "");
    for (person, _) in people.iter().step_by(2) {
        let _ = write!(
            lines,
            "[[bindings]]\nagent = \"other\"\nchannel = \"discord\"\npeer_kind = \"direct\"\npeer = \"{person}\"\n"
        );
    }
    let gateway = gateway(&discord, &shell(script), &lines).await;
    offer(&discord, &["status", "stop"]).await;
    for (person, dm) in &people {
        discord.say(*dm, *person, "count");
    }
    until(&discord, "all fifty are being answered", |seen| {
        people.iter().all(|(_, dm)| !seen.answers(*dm).is_empty())
    })
    .await;
    let status = gateway.cli(&["sessions", "list", "--json"]).await.ok().json();
    println!("beside {} sessions:", status["sessions"].as_array().map_or(0, Vec::len));
    let mut asked = Vec::new();
    for (person, dm) in people.iter().step_by(5) {
        let call = discord.slash(*person, *dm, "status", &[]);
        until(&discord, "it is noticed", |seen| latency(seen, call).is_some()).await;
        asked.push(call);
    }
    let mut times: Vec<Duration> = asked.iter().filter_map(|call| latency(&discord, *call)).collect();
    times.sort_unstable();
    println!("ten commands beside fifty answers were noticed after {times:?}");
    assert!(times[times.len() / 2] <= Duration::from_millis(500), "{times:?}");
    assert!(times.iter().all(|time| *time < Duration::from_secs(3)), "Discord gives up after 3 s: {times:?}");
    for call in &asked {
        until(&discord, "the command has its answer where it was called", |seen| {
            seen.response(*call).is_some_and(|said| !said.thinking && !said.text.is_empty())
        })
        .await;
    }
    // What came of the first of them; the later answers go by its token.
    let called = format!("/interactions/{}/", asked[0]);
    let token = discord
        .calls()
        .into_iter()
        .find_map(|call| Some(call.path.strip_prefix(&called)?.split('/').next()?.to_owned()));
    let token = token.expect("it was noticed");
    golden("discord", "slash-command", &discord.story_of(|call| call.path.contains(&token)));
}

fn latency(discord: &FakeDiscord, call: Id) -> Option<Duration> {
    discord.interaction_latencies().into_iter().find(|one| one.id == call)?.latency
}

#[tokio::test]
async fn stop_ends_the_run_that_is_alive() {
    let discord = platform().await;
    let dir = tempfile::tempdir().expect("a folder");
    let lock = dir.path().join("alive");
    // A second run beside the first would find the folder there.
    let script =
        format!("trap 'rmdir {0}; exit' TERM; mkdir {0} && echo begun; sleep 600 & wait", lock.display());
    let _gateway = gateway(&discord, &shell(&script), OPEN).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    ask(&discord, dm, ada, "work for ten minutes", "begun").await;
    ask(&discord, dm, ada, "/stop", "topped").await;
    until(&discord, "nobody writes any more", |seen| !seen.is_typing(dm)).await;
    discord.say(dm, ada, "and once more");
    until(&discord, "the next run begins", |seen| count(seen, dm, "begun") == 2).await;
    discord.say(dm, ada, "/stop");
}
