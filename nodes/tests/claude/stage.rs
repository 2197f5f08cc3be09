//! What a run of the real Claude Code needs: the program, the API behind it, folders of its own, a watcher.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nodes::executor::{
    AgentSpec, Assignment, ClaudeCode, Conversation, Decision, Executor, ExecutorKind, Observer, Outcome,
    PermissionRequest, Steering, Step, channel,
};
use nodes::process::Environment;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A place to run in; everything it started ends with it.
pub(crate) struct Stage {
    program: PathBuf,
    port: u64,
    folder: TempDir,
    _api: Child,
}

/// What came of a run.
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    pub(crate) steps: Vec<Step>,
    pub(crate) asked: Vec<PermissionRequest>,
    /// How many processes carried the run's marker when the watcher acted.
    pub(crate) alive_then: usize,
    /// Whether the follow-up was taken.
    pub(crate) followed_up: bool,
}

impl Run {
    /// Returns the text as a client that applies the steps shows it.
    pub(crate) fn text(&self) -> String {
        let mut shown = String::new();
        for step in &self.steps {
            match step {
                Step::Text { delta } => shown.push_str(delta),
                Step::TextReset => shown.clear(),
                _ => {}
            }
        }
        shown
    }

    /// Returns the answer, which must have come.
    pub(crate) fn reply(&self) -> String {
        match &self.outcome.result {
            Ok(reply) => reply.text.clone(),
            Err(failure) => panic!("the run failed: {failure:?}; steps: {:?}", self.steps),
        }
    }
}

/// What the watcher of a run does.
#[derive(Default)]
pub(crate) struct Answerer {
    decision: Option<Decision>,
    at: Option<At>,
    act: Option<Act>,
    /// Whether the tool to act at must be seen running first.
    awaits_tool: bool,
}

enum At {
    Text(&'static str),
    Tool,
}

enum Act {
    Stop,
    FollowUp(&'static str),
    /// Kills the program itself, as the system does when memory runs out.
    Kill,
}

impl Answerer {
    pub(crate) fn always(decision: Decision) -> Self {
        Self { decision: Some(decision), ..Self::default() }
    }

    pub(crate) fn stop_at_text(text: &'static str) -> Self {
        Self { at: Some(At::Text(text)), act: Some(Act::Stop), ..Self::default() }
    }

    pub(crate) fn stop_at_tool() -> Self {
        Self { at: Some(At::Tool), awaits_tool: true, act: Some(Act::Stop), ..Self::default() }
    }

    pub(crate) fn kill_at_tool() -> Self {
        Self { at: Some(At::Tool), awaits_tool: true, act: Some(Act::Kill), ..Self::default() }
    }

    pub(crate) fn follow_up_at_text(text: &'static str, follow_up: &'static str) -> Self {
        Self { at: Some(At::Text(text)), act: Some(Act::FollowUp(follow_up)), ..Self::default() }
    }

    pub(crate) fn follow_up_at_tool(follow_up: &'static str) -> Self {
        Self { at: Some(At::Tool), awaits_tool: true, act: Some(Act::FollowUp(follow_up)), ..Self::default() }
    }

    fn is_due(&self, step: &Step) -> bool {
        match (&self.at, step) {
            (Some(At::Text(text)), Step::Text { delta }) => delta == text,
            (Some(At::Tool), Step::ToolStart { .. }) => true,
            _ => false,
        }
    }

    /// Watches a run to its end.
    async fn watch(mut self, observer: Observer, stop: CancellationToken, marker: Marker) -> Watched {
        let Observer { mut steps, mut questions, steering, .. } = observer;
        let mut watched = Watched::default();
        let follow_up = CancellationToken::new();
        let text = if let Some(Act::FollowUp(text)) = self.act { text } else { "" };
        let steered = send_when(follow_up.clone(), steering, text);
        let watch = async {
            loop {
                tokio::select! {
                    next = steps.recv() => {
                        let Some(next) = next else { break };
                        if self.is_due(&next) {
                            self.at = None;
                            watched.alive_then = self.act(&marker, &stop, &follow_up).await;
                        }
                        watched.steps.push(next);
                    }
                    Some(question) = questions.recv() => {
                        watched.asked.push(question.request.clone());
                        question.answer(self.decision.clone().expect("no permission was to be asked for"));
                    }
                }
            }
            // Nothing more to wait for when it never came to it.
            follow_up.cancel();
        };
        let ((), followed_up) = tokio::join!(watch, steered);
        Watched { followed_up, ..watched }
    }

    /// Acts, and returns how many processes were alive just before. At a tool it first waits for the tool.
    async fn act(&self, marker: &Marker, stop: &CancellationToken, follow_up: &CancellationToken) -> usize {
        let is_tool = |pid: &i32| runs(*pid, "sleep") || runs(*pid, "tail");
        let patience = tokio::time::Instant::now() + Duration::from_secs(30);
        while self.awaits_tool && !carriers(marker).iter().any(is_tool) {
            assert!(tokio::time::Instant::now() < patience, "the tool was never seen running");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let alive = carriers(marker);
        match self.act {
            Some(Act::Stop) => stop.cancel(),
            Some(Act::FollowUp(_)) => follow_up.cancel(),
            Some(Act::Kill) => {
                let agent = alive.iter().copied().find(|pid| runs(*pid, "claude")).unwrap();
                let pid = rustix::process::Pid::from_raw(agent).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
            None => {}
        }
        alive.len()
    }
}

#[derive(Default)]
struct Watched {
    steps: Vec<Step>,
    asked: Vec<PermissionRequest>,
    alive_then: usize,
    followed_up: bool,
}

/// Name and value of the variable that marks a run's processes.
type Marker = (String, String);

/// Returns the living processes that carry the marker of a run.
pub(crate) fn carriers(marker: &Marker) -> Vec<i32> {
    let text = format!("{}={}", marker.0, marker.1);
    let names =
        std::fs::read_dir("/proc").unwrap().filter_map(|folder| folder.ok()?.file_name().into_string().ok());
    let carries = |pid: &i32| {
        let all = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        all.split(|byte| *byte == 0).any(|one| one == text.as_bytes())
    };
    names.filter_map(|name| name.parse().ok()).filter(carries).collect()
}

/// Says whether a process runs the program `name`.
fn runs(pid: i32, name: &str) -> bool {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let program = line.split(|byte| *byte == 0).next().unwrap_or_default();
    Path::new(&*String::from_utf8_lossy(program)).file_name().is_some_and(|file| file == name)
}

async fn send_when(due: CancellationToken, steering: Steering, text: &'static str) -> bool {
    due.cancelled().await;
    !text.is_empty() && steering.follow_up(text.to_owned()).await
}

impl Stage {
    /// Starts the API and makes the folders. Panics with what to do when the program is missing.
    pub(crate) async fn set() -> Self {
        let Some(program) = std::env::var_os("LANDLINE_TEST_CLAUDE").map(PathBuf::from) else {
            panic!(
                "LANDLINE_TEST_CLAUDE is not set. It must name the Claude Code program, for example after \
                 `npm install --prefix ~/.cache/landline-peers/claude @anthropic-ai/claude-code`: \
                 ~/.cache/landline-peers/claude/node_modules/.bin/claude"
            )
        };
        assert!(program.is_file(), "LANDLINE_TEST_CLAUDE names {}, which is not a file", program.display());
        let folder = TempDir::new().unwrap();
        for name in ["work", "home", "config"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/messages-api.mjs");
        let mut api = Command::new("node")
            .arg(script)
            .args(["0", "--with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node (20 or newer) must be on the PATH");
        let mut first = String::new();
        BufReader::new(api.stdout.take().unwrap()).read_line(&mut first).await.unwrap();
        let line: Value = serde_json::from_str(&first).expect("the API prints its port first");
        Self { program, port: line["port"].as_u64().unwrap(), folder, _api: api }
    }

    /// Returns a path in the working directory of the runs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    pub(crate) fn task(&self, prompt: &str) -> Assignment {
        let config = self.folder.path().join("config").display().to_string();
        let env = [
            ("ANTHROPIC_BASE_URL", format!("http://127.0.0.1:{}", self.port)),
            ("ANTHROPIC_API_KEY", "dummy".to_owned()),
            ("CLAUDE_CONFIG_DIR", config),
            ("HOME", self.folder.path().join("home").display().to_string()),
            ("DISABLE_TELEMETRY", "1".to_owned()),
            ("DISABLE_ERROR_REPORTING", "1".to_owned()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
        ];
        Assignment {
            task_id: Uuid::new_v4(),
            run_id: "run".into(),
            fence: 1,
            session_key: "main".into(),
            agent: AgentSpec {
                name: "claude".into(),
                executor: ExecutorKind::ClaudeCode,
                command: vec![self.program.display().to_string()],
                cwd: self.path(""),
                env_pass: vec![],
                env: env
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<BTreeMap<_, _>>(),
                model: None,
                permission_mode: None,
                allowed_tools: vec![],
                disallowed_tools: vec![],
                max_turns: None,
                endpoint: None,
            },
            conversation: Conversation { id: Uuid::new_v4(), resume: false, cost_before_usd: None },
            prompt: prompt.into(),
            attachments: vec![],
            tools: None,
            timeout: Duration::from_secs(90),
            environment_marker: ("LANDLINE_TEST_RUN".into(), Uuid::new_v4().to_string()),
            budget_usd: None,
            isolation: None,
            permissions: None,
            resume_from: None,
        }
    }

    /// Returns a task whose tool runs until it is ended. (Claude Code refuses to run a long `sleep`.)
    pub(crate) fn task_with_endless_tool(&self) -> Assignment {
        std::fs::write(self.path("endless"), "").unwrap();
        let mut task = self.task("use-tool tail -f endless");
        task.agent.allowed_tools = vec!["Bash(tail:*)".into()];
        task
    }

    /// Runs a task that is not expected to ask for anything.
    pub(crate) async fn run(&self, task: Assignment) -> Run {
        self.run_with(task, Answerer::default()).await
    }

    pub(crate) async fn run_with(&self, task: Assignment, answerer: Answerer) -> Run {
        let (progress, observer) = channel(8);
        let stop = CancellationToken::new();
        let executor = ClaudeCode::new(Environment::of_process());
        let watched = answerer.watch(observer, stop.clone(), task.environment_marker.clone());
        let (outcome, watched) = tokio::join!(executor.execute(task, progress, stop), watched);
        let Watched { steps, asked, alive_then, followed_up } = watched;
        Run { outcome, steps, asked, alive_then, followed_up }
    }
}
