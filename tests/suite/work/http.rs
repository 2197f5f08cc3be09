//! A worker of a hundred lines of Python over HTTP, and requests that are not what they say.

use std::path::PathBuf;

use super::*;

pub(super) struct Script {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Script {
    /// Starts the worker and waits until the gateway knows it.
    async fn start(stage: &Stage, name: &str, token: &str, program: &[&str]) -> Self {
        Self::at(&stage.gateway.url(), name, token, program).await
    }

    /// As above, for a gateway at `url`.
    pub(super) async fn at(url: &str, name: &str, token: &str, program: &[&str]) -> Self {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers/worker.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(url).arg(name).args(program);
        command.env("LANDLINE_WORKER_TOKEN", token);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut child = command.spawn().expect("python3 is there");
        let said = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut script = Self { child, said };
        script.says("announced").await;
        script
    }

    pub(super) async fn kill9(&mut self) {
        self.child.kill().await.expect("killed");
    }

    async fn says(&mut self, word: &str) {
        let wait =
            async { while self.said.next_line().await.expect("readable").expect("it runs") != word {} };
        tokio::time::timeout(harness::PATIENCE, wait).await.expect("in time");
    }
}

pub(super) async fn token(stage: &mut Stage, name: &str) -> String {
    let made = stage.owner.ok("workers.token.create", json!({"name": name})).await;
    made["token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_script_of_a_hundred_lines_is_a_worker() {
    let mut stage = Stage::new().await;
    let token = token(&mut stage, "py").await;
    assert!(!stage.gateway.everything_written(&[]).contains(&token), "kept as a hash only");
    let mut script = Script::start(&stage, "py", &token, &["sh", "-c", "cat; echo; seq 1 2000"]).await;
    let row = stage.worker("py").await.expect("a row");
    assert_eq!((&row["transport"], &row["online"]), (&json!("http"), &json!(true)));
    let task = stage.dispatch("node:py", "hello", json!({})).await;
    assert_eq!(stage.ended(&task).await["status"], "completed");
    let expected: String = (1..=2000).flat_map(|n| [n.to_string(), "\n".into()]).collect();
    assert_eq!(stage.output(&task).await, format!("hello\n{expected}"));
    // Another process takes the word.
    let mut second = Script::start(&stage, "py", &token, &["sleep", "600"]).await;
    assert!(!script.child.wait().await.expect("it ends").success(), "it hears that it was replaced");
    let task = stage.dispatch("node:py", "x", json!({})).await;
    eventually("it runs", async || stage.worker("py").await.is_some_and(|row| row["running"] == 1)).await;
    stage.owner.ok("tasks.cancel", json!({"taskId": task})).await;
    assert_eq!(stage.ended(&task).await["status"], "cancelled");
    stage.owner.ok("workers.token.revoke", json!({"name": "py"})).await;
    assert!(!second.child.wait().await.expect("it ends").success(), "its token is no longer good");
    stage.until_online("py", false).await;
}

#[tokio::test]
async fn a_gateway_that_is_killed_costs_the_script_nothing() {
    let mut stage = Stage::new().await;
    let token = token(&mut stage, "py").await;
    let ran = stage.file("ran");
    let program =
        format!("echo x >> {}; for i in $(seq 1 30); do echo line $i; sleep 0.1; done", ran.display());
    let mut script = Script::start(&stage, "py", &token, &["sh", "-c", &program]).await;
    let task = stage.dispatch("any", "go", json!({})).await;
    eventually("it runs", async || lines(&ran) == 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    stage.gateway.kill9();
    stage.gateway.restart().await;
    stage.enter().await;
    script.says("announced").await;
    assert_eq!(stage.ended(&task).await["status"], "completed");
    assert_eq!(lines(&ran), 1);
    let expected: String = (1..=30).flat_map(|n| ["line ".into(), n.to_string(), "\n".into()]).collect();
    assert_eq!(stage.output(&task).await, expected);
}

#[tokio::test]
async fn requests_that_are_not_what_they_say_are_refused() {
    let mut stage = Stage::new().await;
    let token = token(&mut stage, "py").await;
    // Written by another hand than the script: the same request, with one thing wrong each time.
    let check = r#"
import hashlib, hmac, json, sys, time, urllib.request, urllib.error
url, token = sys.argv[1:]
mac = lambda key, text: hmac.new(key, text, hashlib.sha256)
def send(nonce="n1", stamp=None, bearer=token, key=token, signed=b"{}", body=None, leave_out=None):
    body = body or json.dumps({"instance": "i", "messages": []}).encode()
    stamp = str(stamp or int(time.time() * 1000))
    secret = mac(mac(b"landline-worker-v1", key.encode()).digest(), b"request signature\x01").digest()
    lines = ["landline-worker-v1", "POST", "/v1/worker/report", stamp, nonce, "-", "0"]
    text = "\n".join(lines + [hashlib.sha256(signed if signed != b"{}" else body).hexdigest()])
    headers = {"authorization": "Bearer " + bearer, "landline-timestamp": stamp, "landline-nonce": nonce,
               "landline-run": "-", "landline-seq": "0", "landline-signature": mac(secret, text.encode()).hexdigest()}
    headers.pop(leave_out, None)
    try:
        urllib.request.urlopen(urllib.request.Request(url + "/v1/worker/report", body, headers))
        return "taken"
    except urllib.error.HTTPError as error:
        return f"{error.code} {json.load(error)['code']}"
facts = {"name": "py", "maxConcurrent": 1}
announce = json.dumps({"instance": "i", "messages": [{"report": "announce", "facts": facts, "runs": []}]}).encode()
other = json.dumps({"instance": "i", "messages": [{"report": "announce", "facts": {**facts, "name": "v"}, "runs": []}]}).encode()
now = int(time.time() * 1000)
print(json.dumps([send(), send("n2", body=announce), send("n3"), send("n3"), send("n4", stamp=now - 301000),
    send("n5", stamp=now + 301000), send("n6", key="llw_other"), send("n7", signed=b"else"),
    send("n8", leave_out="landline-signature"), send("n9", bearer="llw_wrong"), send("n10", body=other), send("n11", body=b"x")]))
"#;
    let mut command = Command::new("python3");
    command.args(["-c", check, &stage.gateway.url(), &token]);
    let done = command.output().await.expect("it runs");
    let said: Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr)));
    let expected = [
        "409 WORKER_NOT_ANNOUNCED",
        "taken",
        "taken",
        "409 WORKER_NONCE_REUSED",
        "401 DEVICE_AUTH_SIGNATURE_EXPIRED",
        "401 DEVICE_AUTH_SIGNATURE_EXPIRED",
        "401 WORKER_SIGNATURE_INVALID",
        "401 WORKER_SIGNATURE_INVALID",
        "401 WORKER_SIGNATURE_INVALID",
        "401 AUTH_TOKEN_MISMATCH",
        "409 WORKER_NAME_TAKEN",
        "400 WORKER_REPORT_INVALID",
    ];
    assert_eq!(said, json!(expected));
    let error = stage.owner.err("workers.token.create", json!({"name": "no name"})).await;
    assert_eq!(error["code"], "INVALID_REQUEST");
}
