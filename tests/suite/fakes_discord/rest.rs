//! Messages, rate limits, errors, faults of REST.

use std::time::{Duration, Instant};

use harness::fakes::discord::{Access, FakeDiscord, Fault, Id, On, Options, Random, Rates};
use harness::{request, request_raw};
use serde_json::{Value, json};

use super::{Bot, call, relaxed, send};

#[tokio::test]
async fn the_same_nonce_is_the_same_message_for_some_minutes() {
    let discord = relaxed().await;
    let dm = discord.dm(discord.person("Alice"));
    let path = format!("/channels/{dm}/messages");
    let body = json!({"content": "once", "nonce": "key-1", "enforce_nonce": true});
    let first = call(&discord, "POST", &path, &body).await.json();
    let second = call(&discord, "POST", &path, &body).await.json();
    assert_eq!(first["id"], second["id"]);
    assert_eq!(first["nonce"], "key-1");
    call(&discord, "POST", &path, &json!({"content": "twice", "nonce": "key-1"})).await;
    assert_eq!(discord.texts(dm), ["once", "twice"], "without enforce_nonce it is only a mark");
    discord.advance(Duration::from_mins(6));
    call(&discord, "POST", &path, &body).await;
    assert_eq!(discord.texts(dm), ["once", "twice", "once"]);
}

#[tokio::test]
async fn a_bucket_that_is_empty_answers_429_and_says_for_how_long() {
    let discord = FakeDiscord::start(Options::default()).await;
    let (one, two) = (discord.dm(discord.person("Alice")), discord.dm(discord.person("Bob")));
    for left in ["4", "3", "2", "1", "0"] {
        let reply = send(&discord, one, "hello").await;
        assert_eq!((reply.status, reply.header("x-ratelimit-remaining")), (200, Some(left)));
        assert_eq!(reply.header("x-ratelimit-limit"), Some("5"));
    }
    let reply = send(&discord, one, "too much").await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("x-ratelimit-scope"), Some("user"));
    assert!(reply.header("x-ratelimit-bucket").is_some() && reply.header("retry-after").is_some());
    let wait = reply.json()["retry_after"].as_f64().expect("seconds");
    assert!(wait > 0.0 && wait <= 5.0 && reply.json()["global"] == false, "{}", reply.body);
    assert_eq!(send(&discord, two, "another channel").await.status, 200);
    discord.advance(Duration::from_secs_f64(wait));
    assert_eq!(send(&discord, one, "after the wait").await.status, 200);
    discord.configure(|options| options.rates.limit_per_minute = Some(2));
    let message = send(&discord, one, "draft").await.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/channels/{one}/messages/{message}");
    assert_eq!(call(&discord, "PATCH", &path, &json!({"content": "edit"})).await.status, 200);
    assert_eq!(
        call(&discord, "PATCH", &path, &json!({"content": "more"})).await.status,
        429,
        "edits count too"
    );
    discord.configure(|options| options.rates = Rates { global: 3, ..Rates::none() });
    discord.advance(Duration::from_secs(2));
    let mut last = send(&discord, two, "fast").await;
    for _ in 0..3 {
        last = send(&discord, two, "fast").await;
    }
    assert_eq!((last.status, last.header("x-ratelimit-global")), (429, Some("true")));
    assert_eq!(last.json()["global"], true);
}

#[tokio::test]
async fn a_cut_before_the_effect_and_a_cut_after_it_look_alike_to_the_bot() {
    let discord = relaxed().await;
    let dm = discord.dm(discord.person("Alice"));
    discord.fault(On::send(), Fault::CutBefore);
    discord.fault(On::send().nth(2), Fault::CutAfter);
    discord.fault(On::send().nth(3), Fault::BadGateway);
    discord.fault(On::send().nth(4), Fault::Status(500));
    discord.fault(On::send().nth(5), Fault::LimitedGlobally(Duration::from_millis(700)));
    discord.fault(On::send().nth(6), Fault::Slow(Duration::from_millis(80)));
    assert_eq!(send(&discord, dm, "before").await.status, 0);
    assert_eq!(send(&discord, dm, "after").await.status, 0);
    let html = send(&discord, dm, "html").await;
    assert_eq!((html.status, html.header("content-type")), (502, Some("text/html")));
    assert_eq!(
        send(&discord, dm, "error").await.json(),
        json!({"message": "500: Internal Server Error", "code": 0})
    );
    assert_eq!(send(&discord, dm, "limited").await.json()["retry_after"], 0.7);
    let start = Instant::now();
    assert_eq!(send(&discord, dm, "slow").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(discord.texts(dm), ["after", "slow"]);
    assert_eq!(discord.injected().values().sum::<u64>(), 6, "{:?}", discord.injected());
    let faults: Vec<_> = discord.calls().iter().map(|call| call.fault.is_some()).collect();
    assert_eq!(faults, [true; 6]);
}

#[tokio::test]
async fn random_faults_are_the_same_for_the_same_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let discord = relaxed().await;
        let dm = discord.dm(discord.person("Alice"));
        let mut random = Random::of(7, 300);
        random.rest.retain(|fault| !matches!(fault, Fault::Slow(_)));
        discord.faults_at_random(Some(random));
        for n in 0..40 {
            send(&discord, dm, &n.to_string()).await;
        }
        runs.push((discord.texts(dm), discord.injected()));
    }
    assert_eq!(runs[0], runs[1]);
    assert!(!runs[0].1.is_empty() && runs[0].0.len() > 20, "{runs:?}");
}

#[tokio::test]
async fn errors_have_discords_codes() {
    let discord = relaxed().await;
    let alice = discord.person("Alice");
    let (dm, guild) = (discord.dm(alice), discord.guild("Home"));
    let (read_only, hidden) = (discord.channel(guild, "rules"), discord.channel(guild, "secret"));
    let forum = discord.forum(guild, "help");
    discord.allow(read_only, Access::Read);
    discord.allow(hidden, Access::Nothing);
    let theirs = discord.say(dm, alice, "mine");
    let text = json!({"content": "hello"});
    let messages = |channel: Id| format!("/channels/{channel}/messages");
    let long = json!({"content": "x".repeat(2001)});
    let reply = json!({"content": "re", "message_reference": {"message_id": "1"}});
    for (method, path, body, status, code) in [
        ("POST", messages(dm), &long, 400, 50035),
        ("POST", messages(dm), &reply, 400, 50035),
        ("POST", messages(dm), &json!({"content": ""}), 400, 50006),
        ("POST", messages(read_only), &text, 403, 50013),
        ("POST", messages(hidden), &text, 403, 50001),
        ("POST", messages(forum), &text, 400, 50008),
        ("POST", messages(Id(5)), &text, 404, 10003),
        ("PATCH", format!("{}/{theirs}", messages(dm)), &text, 403, 50005),
        ("PATCH", format!("{}/5", messages(dm)), &text, 404, 10008),
        ("DELETE", format!("{}/{theirs}", messages(dm)), &Value::Null, 403, 50003),
        ("PUT", format!("{}/{theirs}/reactions/abc/@me", messages(dm)), &Value::Null, 400, 10014),
        ("POST", "/users/@me/channels".to_owned(), &json!({"recipient_id": "5"}), 400, 50033),
        ("POST", "/interactions/5/x/callback".to_owned(), &json!({"type": 5}), 404, 10062),
        ("GET", "/nowhere".to_owned(), &Value::Null, 404, 0),
        ("PUT", messages(dm), &text, 405, 0),
    ] {
        let reply = call(&discord, method, &path, body).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (status, &json!(code)),
            "{method} {path}: {}",
            reply.body
        );
    }
    let errors = call(&discord, "POST", &messages(dm), &long).await.json()["errors"].take();
    let told = json!({"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."});
    assert_eq!(errors, json!({"content": {"_errors": [told]}}));
    let emoji = "👩‍👩‍👧".repeat(400);
    assert_eq!(send(&discord, dm, &emoji).await.status, 200, "2000 code points, not bytes and not graphemes");
    let unknown = "GET /api/v10/users/@me HTTP/1.1\r\nHost: fake\r\nUser-Agent: x\r\nAuthorization: Bot no\r\nConnection: close\r\n\r\n";
    assert_eq!(request_raw(discord.address(), unknown.as_bytes()).await.status, 401);
}

#[tokio::test]
async fn embeds_have_discords_limits() {
    let discord = relaxed().await;
    let dm = discord.dm(discord.person("Alice"));
    let plain = discord.channel(discord.guild("Home"), "plain");
    discord.allow(plain, Access::NoEmbeds);
    let path = format!("/channels/{dm}/messages");
    let of = |count: usize| "x".repeat(count);
    let field = |name: usize, value: usize| json!({"fields": [{"name": of(name), "value": of(value)}]});
    let full = json!({"title": of(256), "description": of(4096)});
    let fields = |count: usize| json!({"fields": vec![json!({"name": "n", "value": "v"}); count]});
    let embeds = |embeds: &[&Value]| json!({"embeds": embeds});
    let one = json!({"description": "d"});
    for (body, wrong) in [
        (embeds(&[&full]), None),
        (embeds(&[&one; 10]), None),
        (embeds(&[&fields(25), &field(256, 1024)]), None),
        (embeds(&[&full, &json!({"description": of(6000 - 4352)})]), None),
        (embeds(&[&one; 11]), Some("/embeds")),
        (embeds(&[&full, &json!({"description": of(6001 - 4352)})]), Some("/embeds")),
        (embeds(&[&json!({"title": of(257)})]), Some("/embeds/0/title")),
        (embeds(&[&one, &json!({"description": of(4097)})]), Some("/embeds/1/description")),
        (embeds(&[&fields(26)]), Some("/embeds/0/fields")),
        (embeds(&[&field(257, 1)]), Some("/embeds/0/fields/0/name")),
        (embeds(&[&field(1, 1025)]), Some("/embeds/0/fields/0/value")),
        (embeds(&[&field(0, 1)]), Some("/embeds/0/fields/0/name")),
        (embeds(&[&json!({"color": 1})]), Some("/embeds/0/description")),
    ] {
        let reply = call(&discord, "POST", &path, &body).await;
        let json = reply.json();
        match wrong {
            None => assert_eq!(reply.status, 200, "{json}"),
            Some(at) => {
                assert_eq!(json["code"], 50035, "{at}");
                assert!(json["errors"].pointer(&format!("{at}/_errors")).is_some(), "{at}: {json}");
            }
        }
    }
    let body = json!({"content": "and words", "embeds": [one]});
    let there = format!("/channels/{plain}/messages");
    assert_eq!(call(&discord, "POST", &there, &body).await.json()["code"], 50013);
    assert_eq!(send(&discord, plain, "words alone").await.status, 200);
}

#[tokio::test]
async fn an_interaction_is_answered_once_in_time_and_followed_up_for_a_quarter_of_an_hour() {
    let discord = relaxed().await;
    let alice = discord.person("Alice");
    let dm = discord.dm(alice);
    let mut bot = Bot::enter(&discord).await;
    let commands = format!("/applications/{}/commands", discord.bot());
    let offered = json!([{"name": "stop", "description": "Stop"}]);
    assert_eq!(call(&discord, "PUT", &commands, &offered).await.status, 200);
    assert_eq!(discord.commands(None), ["stop"]);
    let id = discord.slash(alice, dm, "stop", &[]);
    let event = bot.event("INTERACTION_CREATE").await;
    assert_eq!((&event["data"]["name"], &event["user"]["id"]), (&json!("stop"), &json!(alice)));
    let token = event["token"].as_str().expect("a token");
    let answers = format!("/webhooks/{}/{token}", discord.bot());
    let original = format!("{answers}/messages/@original");
    let text = json!({"content": "stopped"});
    assert_eq!(
        call(&discord, "PATCH", &original, &text).await.json()["code"],
        10015,
        "not before the first answer"
    );
    let callback = format!("/interactions/{id}/{token}/callback");
    assert_eq!(call(&discord, "POST", &callback, &json!({"type": 6})).await.json()["code"], 50035);
    assert_eq!(call(&discord, "POST", &callback, &json!({"type": 5})).await.status, 204);
    assert_eq!(call(&discord, "POST", &callback, &json!({"type": 5})).await.json()["code"], 40060);
    assert!(discord.messages(dm)[0].thinking && discord.answers(dm).is_empty());
    assert_eq!(call(&discord, "POST", &answers, &text).await.status, 200);
    assert_eq!(discord.texts(dm), ["stopped"], "the first follow-up takes the place of the waiting answer");
    assert_eq!(call(&discord, "POST", &answers, &json!({"content": "more"})).await.status, 200);
    assert_eq!(call(&discord, "DELETE", &original, &Value::Null).await.status, 204);
    assert_eq!(discord.texts(dm), ["more"]);
    discord.advance(Duration::from_mins(16));
    assert_eq!(call(&discord, "POST", &answers, &text).await.json()["code"], 50027);
    let late = discord.slash(alice, dm, "stop", &[]);
    discord.advance(Duration::from_millis(3001));
    let times = discord.interaction_latencies();
    assert!(times[0].latency.is_some_and(|time| time < Duration::from_secs(3)) && times[1].latency.is_none());
    let other = json!({"type": 4, "data": text});
    let wrong = format!("/interactions/{late}/wrong/callback");
    assert_eq!(call(&discord, "POST", &wrong, &other).await.json()["code"], 10062);
}

#[tokio::test]
async fn a_form_with_files_is_one_message_and_its_files_can_be_fetched() {
    let discord = relaxed().await;
    let dm = discord.dm(discord.person("Alice"));
    let payload = json!({"content": "two", "attachments": [{"id": 1, "description": "the second"}]});
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"a b.txt\"\r\n\
         Content-Type: text/plain\r\n\r\nfirst\r\n--b\r\nContent-Disposition: form-data; name=\"files[1]\"; \
         filename=\"b.bin\"\r\n\r\n\r\n--not a border\r\n--b\r\nContent-Disposition: form-data; \
         name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n{payload}\r\n--b--\r\n"
    );
    let upload = format!(
        "POST /api/v10/channels/{dm}/messages HTTP/1.1\r\nHost: fake\r\nUser-Agent: DiscordBot (test, 1)\r\n\
         Authorization: Bot {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{form}",
        discord.token(),
        form.len(),
    );
    let message = request_raw(discord.address(), upload.as_bytes()).await.json();
    assert_eq!(message["attachments"][1]["description"], "the second", "{message}");
    let seen = discord.messages(dm).remove(0);
    let files: Vec<_> = seen.files.iter().map(|file| (file.name.as_str(), file.bytes.as_ref())).collect();
    assert_eq!(files, [("a_b.txt", &b"first"[..]), ("b.bin", &b"\r\n--not a border"[..])]);
    let url = message["attachments"][0]["url"].as_str().expect("an address");
    let path = url.strip_prefix(&discord.root()).expect("it is served here");
    let fetched = request(discord.address(), "GET", path, &[]).await;
    assert_eq!((fetched.status, fetched.body.as_str()), (200, "first"));
    discord.advance(Duration::from_hours(25));
    assert_eq!(
        request(discord.address(), "GET", path, &[]).await.status,
        404,
        "an address does not live for ever"
    );
    discord.configure(|options| options.max_upload = 4);
    assert_eq!(request_raw(discord.address(), upload.as_bytes()).await.json()["code"], 40005);
}
