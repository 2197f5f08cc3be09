//! One request, whatever happens to it in whatever order.

use proptest::prelude::*;

use super::*;

/// What can happen to a request.
#[derive(Clone, Copy, Debug)]
enum Act {
    Answer(ApprovalDecision),
    Withdraw,
    Pass(Millis),
    Spend(&'static str),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => prop::sample::select(&[ApprovalDecision::AllowOnce, ApprovalDecision::AllowAlways, ApprovalDecision::Deny][..])
            .prop_map(Act::Answer),
        1 => Just(Act::Withdraw),
        2 => (0..LIFE_MS).prop_map(Act::Pass),
        3 => prop::sample::select(&["plan", "plan", "other"][..]).prop_map(Act::Spend),
        1 => Just(Act::Restart),
    ]
}

/// What should be known of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Model {
    Open,
    Allowed,
    Spent,
    Over,
}

/// One request and what should be known of it.
struct Trial {
    world: World,
    held: Option<Pending>,
    id: String,
    ends: Millis,
    model: Model,
}

impl Trial {
    async fn begin() -> Self {
        let world = World::new();
        let held = world.open().await;
        let (id, ends) = (held.id().to_owned(), held.expires_at());
        Self { world, held: Some(held), id, ends, model: Model::Open }
    }

    fn in_time(&self) -> bool {
        self.world.clock.now() < self.ends
    }

    async fn answer(&mut self, decision: ApprovalDecision) {
        let counted = self.world.answer(&self.id, decision).await.is_ok();
        assert_eq!(counted, self.model == Model::Open && self.in_time(), "{decision} {:?}", self.model);
        if self.model == Model::Open {
            let yes = self.in_time() && decision != ApprovalDecision::Deny;
            self.model = if yes { Model::Allowed } else { Model::Over };
        }
    }

    async fn withdraw(&mut self) {
        let mut changes = self.world.approvals.changes();
        drop(self.held.take());
        if self.model == Model::Open {
            changes.changed().await.unwrap();
            self.model = Model::Over;
        }
    }

    async fn spend(&mut self, binding: &str) {
        let used = self.world.approvals.spend(ORG, &self.id, binding).await.is_ok();
        let should = self.model == Model::Allowed && self.in_time() && binding == "plan";
        assert_eq!(used, should, "{binding} {:?}", self.model);
        if used {
            self.model = Model::Spent;
        }
    }

    async fn restart(mut self) -> Self {
        drop(self.held.take().map(Pending::let_go));
        let model = if self.model == Model::Open { Model::Over } else { self.model };
        Self { world: self.world.restart().await, model, ..self }
    }

    async fn check(&self) {
        let open = usize::from(self.model == Model::Open);
        assert_eq!(self.world.approvals.list(ORG).len(), open, "{:?}", self.model);
        let row = self.world.approvals.find(ORG, &self.id).await.unwrap().unwrap();
        assert_eq!(row.state == "pending", self.model == Model::Open);
        assert_eq!(row.state == "allowed", matches!(self.model, Model::Allowed | Model::Spent));
        assert_eq!(row.spent_at.is_some(), self.model == Model::Spent);
    }
}

async fn live(acts: Vec<Act>) {
    let mut trial = Trial::begin().await;
    for act in acts {
        match act {
            Act::Answer(decision) => trial.answer(decision).await,
            Act::Withdraw => trial.withdraw().await,
            Act::Pass(millis) => trial.world.clock.advance(millis),
            Act::Spend(binding) => trial.spend(binding).await,
            Act::Restart => trial = trial.restart().await,
        }
        trial.check().await;
    }
    assert!(matches!(trial.world.store.read(verify_audit).await.unwrap(), AuditState::Whole(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_happens_a_request_ends_once_and_is_used_once(acts in prop::collection::vec(act(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(acts));
    }
}
