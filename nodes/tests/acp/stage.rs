//! What runs of agents of the Agent Client Protocol need: programs, folders of their own, a watcher.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nodes::executor::{
    Acp, AgentSpec, Assignment, Conversation, Decision, Executor, ExecutorKind, Memory, Observer, Outcome,
    PermissionRequest, Step, channel,
};
use nodes::process::Environment;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A place to run in.
pub(crate) struct Stage {
    folder: TempDir,
    command: Vec<String>,
    env: BTreeMap<String, String>,
    /// What is said when a permission is asked for.
    pub(crate) decision: Decision,
    /// Stops the run as soon as this text came.
    pub(crate) stop_at: Option<&'static str>,
}

/// What came of a run.
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    pub(crate) steps: Vec<Step>,
    pub(crate) asked: Vec<PermissionRequest>,
}

impl Run {
    /// Returns the answer, which must have come.
    pub(crate) fn reply(&self) -> String {
        match &self.outcome.result {
            Ok(reply) => reply.text.clone(),
            Err(failure) => panic!("the run failed: {failure:?}; steps: {:?}", self.steps),
        }
    }

    /// Returns the text that was streamed.
    pub(crate) fn text(&self) -> String {
        let deltas = self.steps.iter().filter_map(|step| match step {
            Step::Text { delta } => Some(delta.as_str()),
            _ => None,
        });
        deltas.collect()
    }
}

impl Stage {
    /// Sets up the agent that has faults; it keeps its sessions.
    pub(crate) fn fake() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acp/agent.mjs");
        let mut stage = Self::of(vec!["node".into(), script.display().to_string()], BTreeMap::new());
        stage.command.push(stage.folder.path().join("sessions").display().to_string());
        stage
    }

    /// Sets up another agent.
    pub(crate) fn of(command: Vec<String>, env: BTreeMap<String, String>) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["work", "sessions", "home", "config"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let decision = Decision::Deny { message: "no".into() };
        Self { folder, command, env, decision, stop_at: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn task(&self, prompt: &str) -> Assignment {
        let mut env = self.env.clone();
        env.insert("HOME".into(), self.path("home").display().to_string());
        env.insert("CLAUDE_CONFIG_DIR".into(), self.path("config").display().to_string());
        Assignment {
            task_id: Uuid::new_v4(),
            run_id: "run".into(),
            fence: 1,
            session_key: "main".into(),
            agent: AgentSpec {
                name: "agent".into(),
                executor: ExecutorKind::Acp,
                command: self.command.clone(),
                cwd: self.path("work"),
                env_pass: vec![],
                env,
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

    pub(crate) async fn run(&self, task: Assignment) -> Run {
        let (progress, observer) = channel(8);
        let stop = CancellationToken::new();
        let executor = Acp::new(Environment::of_process(), Memory::new(self.path("memory")));
        let watched = self.watch(observer, stop.clone());
        let (outcome, (steps, asked)) = tokio::join!(executor.execute(task, progress, stop), watched);
        Run { outcome, steps, asked }
    }

    async fn watch(
        &self,
        observer: Observer,
        stop: CancellationToken,
    ) -> (Vec<Step>, Vec<PermissionRequest>) {
        let Observer { mut steps, mut questions, .. } = observer;
        let (mut seen, mut asked) = (Vec::new(), Vec::new());
        loop {
            tokio::select! {
                heard = steps.recv() => {
                    let Some(happened) = heard else { return (seen, asked) };
                    if matches!(&happened, Step::Text { delta } if Some(delta.as_str()) == self.stop_at) {
                        stop.cancel();
                    }
                    seen.push(happened);
                }
                Some(question) = questions.recv() => {
                    asked.push(question.request.clone());
                    question.answer(self.decision.clone());
                }
            }
        }
    }
}

/// Returns the living processes that carry the marker of a run.
pub(crate) fn carriers(task: &Assignment) -> usize {
    let text = format!("{}={}", task.environment_marker.0, task.environment_marker.1);
    let folders = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let carries = |folder: &std::fs::DirEntry| {
        let all = std::fs::read(folder.path().join("environ")).unwrap_or_default();
        all.split(|byte| *byte == 0).any(|one| one == text.as_bytes())
    };
    folders.filter(carries).count()
}
