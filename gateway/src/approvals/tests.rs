//! Requests from the asking to the end, in any order of events.

mod life;

use serde_json::json;

use super::*;
use crate::hub::{Member, Membership, Outgoing};
use crate::security::Principal;
use crate::store::{AuditState, Db, latest_audit, verify_audit};

struct World {
    approvals: Approvals,
    store: Store,
    hub: Arc<Hub>,
    clock: Clock,
    dir: tempfile::TempDir,
}

const ORG: &str = "default";
const LIFE: Duration = Duration::from_mins(30);
const LIFE_MS: Millis = 30 * 60 * 1000;

impl World {
    fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap(), Clock::manual(1_000_000))
    }

    fn within(dir: tempfile::TempDir, clock: Clock) -> Self {
        let store = Store::open(&dir.path().join("landline.db")).unwrap();
        let hub = Arc::new(Hub::new(clock.clone()));
        let approvals =
            Approvals::new(store.clone(), Arc::clone(&hub), clock.clone(), Jobs::default(), dir.path());
        Self { approvals, store, hub, clock, dir }
    }

    /// Ends this life of the gateway without a farewell and begins the next one.
    async fn restart(self) -> Self {
        self.store.close().await;
        let next = Self::within(self.dir, self.clock);
        next.approvals.recover().await.unwrap();
        next
    }

    fn ask(binding: &str) -> Ask {
        let request = ApprovalRequest {
            command: "git push".into(),
            command_argv: Some(vec!["git".into(), "push".into()]),
            resolved_path: Some("/usr/bin/git".into()),
            host: "node".into(),
            node_id: Some("n1".into()),
            agent_id: Some("main".into()),
            allowed_decisions: vec![
                ApprovalDecision::AllowOnce,
                ApprovalDecision::AllowAlways,
                ApprovalDecision::Deny,
            ],
            ..ApprovalRequest::default()
        };
        let binding = Some(binding.to_owned());
        Ask { org: ORG.into(), request, by: "agent:main".into(), life: LIFE, binding, id: None }
    }

    async fn open(&self) -> Pending {
        self.approvals.open(Self::ask("plan")).await.unwrap()
    }

    async fn answer(&self, id: &str, decision: ApprovalDecision) -> Result<(), ApprovalError> {
        self.approvals.resolve(ORG, id, decision, "device:d1".into()).await
    }

    async fn state(&self, id: &str) -> (String, Option<String>) {
        let row = self.approvals.find(ORG, id).await.unwrap().unwrap();
        (row.state, row.reason)
    }

    async fn actions(&self) -> Vec<String> {
        let entries = self.store.read(|db: &Db| latest_audit(db, 50)).await.unwrap();
        entries.into_iter().rev().map(|entry| format!("{} {}", entry.action, entry.outcome)).collect()
    }
}

fn approver(org: &str, scopes: &[&str]) -> Arc<Member> {
    let principal =
        Principal { org: org.into(), scopes: schemas::Scopes::parse(scopes), ..Principal::gateway() };
    Arc::new(Member::new(format!("{org}-{scopes:?}").into(), principal, false))
}

fn events(membership: &Membership) -> usize {
    let taken = std::iter::from_fn(|| membership.member.outbox.take());
    taken.filter(|outgoing| matches!(outgoing, Outgoing::Event(..))).count()
}

#[tokio::test]
async fn a_request_is_stored_before_it_is_announced_and_only_to_its_approvers() {
    let world = World::new();
    let here = world.hub.join(approver(ORG, &["operator.approvals"]));
    let blind = world.hub.join(approver(ORG, &["operator.read", "operator.write"]));
    let elsewhere = world.hub.join(approver("other", &["operator.admin"]));
    let pending = world.open().await;
    assert_eq!(world.state(pending.id()).await.0, "pending");
    assert_eq!((events(&here), events(&blind), events(&elsewhere)), (1, 0, 0));
    assert!(world.approvals.list("other").is_empty());
    let id = pending.id().to_owned();
    let foreign = world.approvals.resolve("other", &id, ApprovalDecision::AllowOnce, "x".into()).await;
    assert!(matches!(foreign, Err(ApprovalError::NotFound)), "{foreign:?}");
    world.answer(&id, ApprovalDecision::AllowOnce).await.unwrap();
    let verdict = pending.decided().await;
    assert_eq!((verdict.decision, verdict.why), (ApprovalDecision::AllowOnce, Why::Answered));
    assert_eq!(verdict.by.as_deref(), Some("device:d1"));
    assert_eq!((events(&here), events(&blind), events(&elsewhere)), (1, 0, 0));
    assert_eq!(world.actions().await, ["approval.request ok", "approval.resolve ok"]);
}

#[tokio::test]
async fn of_many_answers_at_once_the_first_counts_and_the_others_hear_so() {
    let world = World::new();
    for round in 0..20 {
        let pending = world.open().await;
        let id = pending.id().to_owned();
        let decisions = [ApprovalDecision::AllowOnce, ApprovalDecision::Deny];
        let answers =
            (0..8).map(|n| {
                let by: Arc<str> = format!("device:{n}").into();
                let (approvals, id) = (world.approvals.clone(), id.clone());
                async move {
                    approvals.resolve(ORG, &id, decisions[(n + round) % 2], by.clone()).await.map(|()| by)
                }
            });
        let answers = futures_util::future::join_all(answers).await;
        let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(won.len(), 1);
        let lost = |answer: &Result<_, _>| matches!(answer, Err(ApprovalError::AlreadyResolved));
        assert_eq!(answers.iter().filter(|answer| lost(answer)).count(), 7);
        let verdict = pending.decided().await;
        assert_eq!(verdict.by.as_ref(), Some(won[0]), "who waits hears the answer that was stored");
    }
    let resolved =
        world.actions().await.iter().filter(|action| action.starts_with("approval.resolve")).count();
    assert_eq!(resolved, 20);
    assert!(matches!(world.store.read(verify_audit).await.unwrap(), AuditState::Whole(40)));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_in_time_is_denied() {
    let world = World::new();
    let pending = world.open().await;
    let id = pending.id().to_owned();
    let begun = tokio::time::Instant::now();
    let verdict = pending.decided().await;
    assert_eq!(verdict, Verdict { decision: ApprovalDecision::Deny, by: None, why: Why::Expired });
    assert!(begun.elapsed() + Duration::from_secs(1) >= LIFE);
    assert_eq!(world.state(&id).await, ("expired".into(), Some("timeout".into())));
    let late = world.answer(&id, ApprovalDecision::AllowOnce).await;
    assert!(matches!(late, Err(ApprovalError::AlreadyResolved)), "{late:?}");
}

#[tokio::test]
async fn after_a_machine_slept_over_the_end_an_answer_comes_too_late() {
    let world = World::new();
    let pending = world.open().await;
    world.clock.advance(LIFE_MS);
    let late = world.answer(pending.id(), ApprovalDecision::AllowOnce).await;
    assert!(matches!(late, Err(ApprovalError::NotFound)), "{late:?}");
    assert_eq!(pending.decided().await.why, Why::Expired);
}

#[tokio::test]
async fn what_was_open_when_the_gateway_died_is_closed_as_denied() {
    let world = World::new();
    let (pending, answered) = (world.open().await, world.open().await);
    let (id, other) = (pending.id().to_owned(), answered.id().to_owned());
    world.answer(&other, ApprovalDecision::AllowOnce).await.unwrap();
    let world = world.restart().await;
    assert_eq!(world.state(&id).await, ("cancelled".into(), Some("gateway-restart".into())));
    assert!(world.approvals.list(ORG).is_empty());
    let late = world.answer(&id, ApprovalDecision::AllowOnce).await;
    assert!(matches!(late, Err(ApprovalError::AlreadyResolved)), "{late:?}");
    let used = world.approvals.spend(ORG, &id, "plan").await;
    assert!(matches!(used, Err(ApprovalError::NotApproved)), "{used:?}");
    assert!(world.approvals.spend(ORG, &other, "plan").await.is_ok(), "an answer outlives the gateway");
    let history = world.approvals.history(ORG, None, 10).await.unwrap();
    assert_eq!(history.iter().map(|row| &row.id).collect::<Vec<_>>(), [&other, &id]);
    assert_eq!(history[1].decision.as_deref(), Some("deny"));
    assert!(world.approvals.history("other", None, 10).await.unwrap().is_empty());
    drop((pending, answered));
}

#[tokio::test]
async fn who_goes_away_withdraws_and_who_asks_twice_under_one_name_is_refused() {
    let world = World::new();
    let named = Ask { id: Some("mine".into()), ..World::ask("plan") };
    let pending = world.approvals.open(named.clone()).await.unwrap();
    let again = world.approvals.open(named).await;
    assert!(matches!(again, Err(ApprovalError::Taken)), "{again:?}");
    let mut changes = world.approvals.changes();
    drop(pending);
    changes.changed().await.unwrap();
    assert_eq!(world.state("mine").await, ("cancelled".into(), Some("run-aborted".into())));
    let opening = tokio::time::timeout(Duration::ZERO, world.open()).await;
    drop(opening);
    while !world.approvals.list(ORG).is_empty() || world.actions().await.len() < 4 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_is_used_once_for_exactly_what_was_approved_and_in_time() {
    let world = World::new();
    let pending = world.open().await;
    let id = pending.id().to_owned();
    let spend = async |binding: &str| world.approvals.spend(ORG, &id, binding).await;
    assert!(matches!(spend("plan").await, Err(ApprovalError::NotApproved)));
    world.answer(&id, ApprovalDecision::AllowOnce).await.unwrap();
    assert!(matches!(spend("plan2").await, Err(ApprovalError::OtherPlan)));
    assert!(world.approvals.spend("other", &id, "plan").await.is_err());
    let both = tokio::join!(spend("plan"), spend("plan"));
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    assert!(matches!(spend("plan").await, Err(ApprovalError::Spent)));
    let next = world.open().await;
    world.answer(next.id(), ApprovalDecision::AllowOnce).await.unwrap();
    world.clock.advance(LIFE_MS);
    let late = world.approvals.spend(ORG, next.id(), "plan").await;
    assert!(matches!(late, Err(ApprovalError::NotFound)), "{late:?}");
}

#[tokio::test]
async fn allow_always_lets_the_same_command_through_without_asking() {
    let world = World::new();
    let ask = World::ask("plan");
    let argv = ask.request.command_argv.clone().unwrap();
    let what = ExecCase {
        agent: Some("main"),
        node: Some("n1"),
        program: Path::new("/usr/bin/git"),
        argv: &argv,
        cwd: None,
        env_keys: &[],
    };
    let mut changes = world.approvals.changes();
    let (permit, ()) = tokio::join!(world.approvals.permit(&what, ask.clone()), async {
        changes.changed().await.unwrap();
        let open = world.approvals.list(ORG).remove(0);
        world.answer(&open.id, ApprovalDecision::AllowAlways).await.unwrap();
    });
    let permit = permit.unwrap();
    assert_eq!(permit.decision, ApprovalDecision::AllowAlways);
    let used = world.approvals.spend(ORG, permit.approval.as_deref().unwrap(), "plan").await;
    assert!(matches!(used, Err(ApprovalError::Spent)), "{used:?}");
    let again = world.approvals.permit(&what, ask.clone()).await.unwrap();
    assert_eq!(again.approval, None, "nobody was asked");
    let mut deny: schemas::exec_policy::ExecPolicy = world.approvals.policy().unwrap().policy;
    deny.defaults = serde_json::from_value(json!({ "security": "deny" })).unwrap();
    let base = world.approvals.policy().unwrap().hash;
    world.approvals.set_policy(&Principal::gateway(), deny, Some(&base)).await.unwrap();
    let refused = world.approvals.permit(&what, ask).await;
    assert!(matches!(refused, Err(NotPermitted::Policy)), "{refused:?}");
    assert!(world.actions().await.contains(&"approval.remember ok".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_counts_when_nobody_answers_is_up_to_the_policy() {
    let world = World::new();
    let ask = World::ask("plan");
    let silent = world.approvals.ask_for(ask.clone(), || Judgement::Deny).await;
    assert!(matches!(silent, Err(NotPermitted::NoAnswer(Why::Expired))), "{silent:?}");
    let otherwise = world.approvals.ask_for(ask, || Judgement::Allow).await.unwrap();
    assert_eq!((otherwise.decision, otherwise.by), (ApprovalDecision::AllowOnce, None));
}

#[tokio::test]
async fn a_broken_policy_file_allows_nothing() {
    let world = World::new();
    std::fs::write(world.dir.path().join("exec-approvals.json"), "{").unwrap();
    let argv = ["ls".to_owned()];
    let what = ExecCase {
        agent: Some("main"),
        node: None,
        program: Path::new("/bin/ls"),
        argv: &argv,
        cwd: None,
        env_keys: &[],
    };
    assert_eq!(world.approvals.judge(&what), Judgement::Deny);
    assert_eq!(world.approvals.fallback(&what), Judgement::Deny);
}
