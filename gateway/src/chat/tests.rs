//! What clients see of runs, commands and questions.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use nodes::executor::{AfterCrash, Decision, ExecutorKind, PermissionRequest, channel};
use nodes::transport::Local;
use schemas::methods::approvals::ApprovalDecision;
use schemas::session::SessionKey;
use schemas::task::QueueMode;

use super::*;
use crate::approvals::{ApprovalError, Approvals};
use crate::hub::{Member, Membership, Outgoing};
use crate::security::Principal;
use crate::store::Db;
use crate::store::sessions;
use crate::tasks::{AgentProfile, Asker, Carrier, Kind, Parts, Request, Roster, Submission};

struct World {
    engine: Arc<Engine>,
    chat: Chat,
    store: Store,
    membership: Membership,
}

impl World {
    fn new(dir: &Path) -> Self {
        let (store, clock) = (Store::open(&dir.join("landline.db")).unwrap(), Clock::manual(5_000));
        let hub = Arc::new(Hub::new(clock.clone()));
        let jobs = Jobs::default();
        let approvals = Approvals::new(store.clone(), Arc::clone(&hub), clock.clone(), jobs.clone(), dir);
        let chat = Chat::new(store.clone(), Arc::clone(&hub), clock.clone(), jobs, approvals);
        let transport = Arc::new(Local(builtin::Builtin::new(chat.clone())));
        let carrier = Carrier { transport, after_crash: AfterCrash::Restart, steerable: false };
        let agents =
            ["main", "ops"].map(|name| (name.to_owned(), AgentProfile::builtin(name, dir.to_owned())));
        let engine = Engine::new(Parts {
            store: store.clone(),
            clock,
            jobs: Jobs::default(),
            audience: Arc::new(chat.clone()),
            carriers: HashMap::from([(ExecutorKind::Builtin, carrier)]),
            roster: Roster { default: "main".into(), agents: BTreeMap::from(agents) },
            state_dir: dir.to_owned(),
            queue_mode: QueueMode::default(),
            queue_cap: 20,
            passes: Arc::default(),
            tools_url: String::new(),
        })
        .unwrap();
        chat.attach(&engine);
        let member = Arc::new(Member::new("c1".into(), Principal::gateway(), false));
        let membership = hub.join(Arc::clone(&member));
        hub.subscribe(&member, Topic::Sessions);
        hub.subscribe(&member, Topic::Messages("agent:main:main".into()));
        Self { engine, chat, store, membership }
    }

    async fn say(&self, run_id: &str, text: &str) -> String {
        let submission = Submission {
            org: "default".into(),
            actor: "token".into(),
            run_id: run_id.into(),
            kind: Kind::Chat,
            key: SessionKey::main("main"),
            session_id: None,
            label: None,
            request: Request {
                message: text.into(),
                attachments: Vec::new(),
                model: None,
                timeout_ms: None,
                mode: QueueMode::default(),
                command: commands::Command::parse(text).is_some(),
                asker: Asker { device: None, scopes: vec!["operator.write".into()] },
                work: None,
            },
            uploads: Vec::new(),
        };
        let ticket = self.engine.submit(submission).await.unwrap();
        let end = ticket.ended(&self.engine, "default").await.unwrap().unwrap();
        end.text.clone().unwrap_or_default()
    }

    /// Returns the names of the events sent so far, with what tells them apart.
    fn events(&self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(Outgoing::Event(prefix, _)) = self.membership.member.outbox.take() {
            let mut whole = Vec::new();
            schemas::frame::finish_event(&mut whole, &prefix, None);
            let frame: Value = serde_json::from_slice(&whole).unwrap();
            let payload = &frame["payload"];
            let detail =
                [&payload["state"], &payload["status"], &payload["stream"], &payload["message"]["role"]];
            let detail = detail.iter().find_map(|value| value.as_str()).unwrap_or_default().to_owned();
            let phase = payload["data"]["phase"].as_str().unwrap_or_default();
            names.push(format!("{} {detail} {phase}", frame["event"].as_str().unwrap()).trim().to_owned());
        }
        names
    }

    async fn session(&self) -> Session {
        let read = |db: &Db| sessions::find(db, "default", "agent:main:main");
        self.store.read(read).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_message_without_a_model_is_answered_and_shown_in_the_order_of_the_protocol() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    let text = world.say("k1", "<b>hello</b>").await;
    assert!(text.contains("Claude Code") && text.contains("executor = \"command\""));
    assert!(!text.contains("<b>"), "nothing of the message is repeated");
    let events = world.events();
    let wanted = [
        "session.message user",
        "sessions.changed",
        "task running",
        "agent run_status starting_model",
        "chat status",
        "agent lifecycle start",
        "sessions.changed",
        "agent assistant",
        "chat delta",
        "session.message assistant",
        "agent lifecycle finishing",
        "agent lifecycle end",
        "chat final",
        "sessions.changed",
        "task completed",
    ];
    assert_eq!(events, wanted);
    assert!(world.chat.in_flight("default", "agent:main:main").is_none());
}

#[tokio::test]
async fn the_commands_do_what_they_say() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    for name in ["new", "stop", "model", "agent", "whoami", "status"] {
        assert!(world.say("h", "/help").await.contains(name), "{name}");
    }
    assert!(world.say("w", "/whoami").await.contains("`token`"));
    assert!(world.say("s", "/status").await.contains("builtin"));
    assert_eq!(world.say("x", "stop").await, "Nothing was running.");
    assert!(world.say("u", "/unknown").await.contains("/help"));
    let before = world.session().await;
    world.say("n", "/new").await;
    let after = world.session().await;
    assert_ne!(before.session_id, after.session_id);
    assert_ne!(before.conversation, after.conversation);
    world.say("m", "/model opus").await;
    assert_eq!(world.session().await.model.as_deref(), Some("opus"));
    world.say("m2", "/model default").await;
    assert_eq!(world.session().await.model, None);
    assert!(world.say("a", "/agent nobody").await.contains("no agent"));
    world.say("a2", "/agent ops").await;
    let key = SessionKey::main("main");
    assert_eq!(world.engine.agent_of("default", &key), "ops");
    let again = World::new(dir.path());
    assert_eq!(again.engine.agent_of("default", &key), "ops", "the choice survives a restart");
}

#[tokio::test]
async fn a_question_is_answered_once_and_goes_with_its_run() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    world.say("k1", "hello").await;
    let card = Arc::new(Card::for_test("k1"));
    let run = RunFacts {
        card,
        session: world.session().await,
        provider: "builtin",
        model: None,
        cwd: "/".into(),
        fence: 1,
        started_at: 1,
    };
    let (progress, mut observer) = channel(1);
    let tasks = tokio_util::task::TaskTracker::new();
    let request = || PermissionRequest {
        id: "q".into(),
        tool_use_id: None,
        tool: "Bash".into(),
        input: json!({ "command": "ls\n-l" }),
        description: None,
    };
    let asked = tasks.spawn(progress.ask(request()));
    let approvals = world.chat.approvals();
    let mut changes = approvals.changes();
    world.chat.ask(&run, observer.questions.recv().await.unwrap());
    changes.changed().await.unwrap();
    let open = approvals.list("default");
    assert_eq!(open[0].request.command, "ls -l");
    let id = open[0].id.clone();
    assert_eq!(approvals.list("other").len(), 0);
    let answer = async |org: &str, decision| approvals.resolve(org, &id, decision, "x".into()).await;
    let elsewhere = answer("other", ApprovalDecision::AllowOnce).await;
    assert!(matches!(elsewhere, Err(ApprovalError::NotFound)), "{elsewhere:?}");
    let always = answer("default", ApprovalDecision::AllowAlways).await;
    assert!(matches!(always, Err(ApprovalError::NotOffered(_))), "{always:?}");
    answer("default", ApprovalDecision::AllowOnce).await.unwrap();
    assert_eq!(asked.await.unwrap(), Decision::Allow { updated_input: None });
    let late = answer("default", ApprovalDecision::Deny).await;
    assert!(matches!(late, Err(ApprovalError::AlreadyResolved)), "{late:?}");
    let asked = tasks.spawn(progress.ask(request()));
    changes.mark_unchanged();
    world.chat.ask(&run, observer.questions.recv().await.unwrap());
    changes.changed().await.unwrap();
    asked.abort();
    while !approvals.list("default").is_empty() {
        tokio::task::yield_now().await;
    }
}
