//! The torture: kill -9 of the real process at random points under load, then count.
//!
//! Every input that was acknowledged must be in the history once, and have exactly one answer: the agent's, or
//! the reason why there is none.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use harness::{Client, Gateway, Knock, Options, Rng};
use serde_json::{Value, json};

/// Kills, unless `LANDLINE_KILLS` says otherwise.
const KILLS: u64 = 200;
/// Clients that send at the same time.
const CLIENTS: usize = 4;
/// Conversations: half with the builtin agent, half with a program.
const SESSIONS: [&str; 8] = [
    "agent:main:one",
    "agent:cat:one",
    "agent:main:two",
    "agent:cat:two",
    "agent:main:three",
    "agent:cat:three",
    "agent:main:four",
    "agent:cat:four",
];
const CONFIG: &str = "[agents.main]\nexecutor = \"builtin\"\ndefault = true\n\n\
    [agents.cat]\nexecutor = \"command\"\ncommand = [\"/bin/cat\"]\n";

/// One input.
#[derive(Clone, Debug)]
struct Input {
    session: &'static str,
    key: String,
    text: String,
    acknowledged: bool,
}

/// What one client has to send and has sent.
#[derive(Debug)]
struct Sender {
    name: usize,
    rng: Rng,
    inputs: Vec<Input>,
}

impl Sender {
    /// Returns the next input to send: what was not acknowledged first, under its old key.
    fn next(&mut self) -> usize {
        if let Some(open) = self.inputs.iter().position(|input| !input.acknowledged) {
            return open;
        }
        let number = self.inputs.len();
        let key = format!("c{}-{number}", self.name);
        let session = self.rng.pick(&SESSIONS);
        self.inputs.push(Input { session, text: format!("input <{key}>"), key, acknowledged: false });
        number
    }

    /// Sends until the line breaks, or until `most` new inputs are acknowledged.
    async fn send(&mut self, gateway: &Gateway, most: usize) {
        let Some(mut client) = enter(gateway).await else { return };
        let before = self.inputs.len();
        while self.inputs.len() - before < most || self.inputs.iter().any(|input| !input.acknowledged) {
            let index = self.next();
            let Some(frame) = try_send(&mut client, &self.inputs[index]).await else { return };
            if frame["ok"] == true {
                self.inputs[index].acknowledged = true;
            } else {
                // The conversation's queue is full: that is an answer too, and a reason to wait.
                assert_eq!(frame["error"]["retryable"], true, "{frame}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

async fn enter(gateway: &Gateway) -> Option<Client> {
    let headers: [(&str, &str); 0] = [];
    let mut socket = harness::Socket::open_with(gateway.address(), "/", &headers).await.ok()?;
    let harness::Incoming::Json(challenge) = socket.next().await else { return None };
    let nonce = challenge["payload"]["nonce"].as_str()?.to_owned();
    let knock = Knock::cli(gateway).scopes(&["operator.write"]);
    let params = knock.params(&nonce, challenge["payload"]["ts"].as_i64()?);
    knock.connect_on(socket, &params).await.ok()
}

async fn try_send(client: &mut Client, input: &Input) -> Option<Value> {
    let params = json!({
        "sessionKey": input.session, "message": input.text, "idempotencyKey": input.key, "queueMode": "followup",
    });
    let id = client.send("chat.send", params).await;
    client.events.clear();
    client.try_answer(&id).await.ok()
}

fn kills() -> u64 {
    std::env::var("LANDLINE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS)
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_kill_9() {
    let mut rng = Rng::announced("kill9");
    let started = Instant::now();
    let mut gateway = Gateway::prepare(Options::default().config(CONFIG));
    let mut senders: Vec<_> =
        (0..CLIENTS).map(|name| Sender { name, rng: Rng::of(rng.number()), inputs: Vec::new() }).collect();
    let (mut during_start, mut rounds) = (0, 0);
    while rounds < kills() {
        gateway.launch();
        rounds += 1;
        if rng.one_in(6) {
            // In the middle of the start and of the recovery.
            tokio::time::sleep(Duration::from_micros(rng.below(150_000))).await;
            gateway.kill9();
            during_start += 1;
            continue;
        }
        gateway.ready().await;
        let longest = if rng.one_in(3) { 20_000 } else { 200_000 };
        let moment = Duration::from_micros(rng.below(longest));
        let load = join_all(senders.iter_mut().map(|sender| sender.send(&gateway, 12)));
        // Dropping the senders' work at the deadline is the cut: what has no answer yet counts as not sent.
        let _ = tokio::time::timeout(moment, load).await;
        gateway.kill9();
        assert!(started.elapsed() < Duration::from_mins(4), "{rounds} kills took {:?}", started.elapsed());
    }
    gateway.restart().await;
    join_all(senders.iter_mut().map(|sender| sender.send(&gateway, 1))).await;
    let inputs: Vec<Input> = senders.into_iter().flat_map(|sender| sender.inputs).collect();
    assert!(inputs.iter().all(|input| input.acknowledged));
    settle(&gateway).await;
    let tally = count(&gateway, &inputs).await;
    println!(
        "kill9: {rounds} kills ({during_start} during the start), {} inputs, {tally:?}, {:?}",
        inputs.len(),
        started.elapsed()
    );
    assert_eq!(
        (tally.lost, tally.doubled, tally.unanswered, tally.answered_twice),
        (0, 0, 0, 0),
        "{tally:?}"
    );
    assert_eq!(tally.wrong, Vec::<String>::new());
}

/// Waits until every task has ended.
async fn settle(gateway: &Gateway) {
    let mut client = Knock::cli(gateway).enter(gateway).await;
    let limit = Duration::from_mins(1);
    harness::within(limit, "all tasks end", async || {
        client.events.clear();
        let open = client.ok("tasks.list", json!({ "status": ["queued", "running"], "limit": 1 })).await;
        open["tasks"].as_array().is_some_and(Vec::is_empty)
    })
    .await;
}

/// What became of the inputs.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    failed: usize,
    lost: usize,
    doubled: usize,
    unanswered: usize,
    answered_twice: usize,
    wrong: Vec<String>,
}

async fn count(gateway: &Gateway, inputs: &[Input]) -> Tally {
    let mut client = Knock::cli(gateway).enter(gateway).await;
    let mut rows: HashMap<String, (usize, Vec<Value>)> = HashMap::new();
    let mut total = 0;
    for session in SESSIONS {
        for row in client.history(session).await {
            if row["role"] == "user" {
                let key = row["idempotencyKey"].as_str().unwrap_or("").trim_end_matches(":user").to_owned();
                rows.entry(key).or_default().0 += 1;
                total += 1;
            } else {
                let run = row["__openclaw"]["runId"].as_str().unwrap_or("").to_owned();
                rows.entry(run).or_default().1.push(row);
            }
        }
    }
    let mut tally = Tally::default();
    if total != inputs.len() {
        tally.wrong.push(format!("{total} user rows for {} inputs", inputs.len()));
    }
    for input in inputs {
        let (asked, answers) = rows.remove(&input.key).unwrap_or_default();
        tally.lost += usize::from(asked == 0);
        tally.doubled += usize::from(asked > 1);
        tally.unanswered += usize::from(answers.is_empty());
        tally.answered_twice += usize::from(answers.len() > 1);
        if let [answer] = answers.as_slice() {
            tally.note(input, answer);
        }
    }
    tally
}

impl Tally {
    fn note(&mut self, input: &Input, answer: &Value) {
        let blocks = answer["content"].as_array().cloned().unwrap_or_default();
        let text: String = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
        let reason = answer["errorMessage"].as_str().unwrap_or("");
        if answer["stopReason"] == "error" || answer["role"] == "system" {
            self.failed += 1;
            if reason.is_empty() && text.is_empty() {
                self.wrong.push(format!("{}: failed without a reason: {answer}", input.key));
            }
            return;
        }
        self.answered += 1;
        if input.session.starts_with("agent:cat:") && text.trim() != input.text {
            self.wrong.push(format!("{}: the answer is {text:?}", input.key));
        }
        if text.is_empty() {
            self.wrong.push(format!("{}: an empty answer: {answer}", input.key));
        }
    }
}
