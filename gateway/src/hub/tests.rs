//! Who sees an event, and that a place in the hub ends with its connection.

use super::*;
use schemas::Scope;

fn member(id: &str, scopes: &[&str]) -> Arc<Member> {
    let principal = Principal { scopes: Scopes::parse(scopes), ..Principal::gateway() };
    Arc::new(Member::new(id.into(), principal, false))
}

#[test]
fn who_may_not_see_an_event_is_not_even_counted_on() {
    let hub = Arc::new(Hub::new(Clock::manual(0)));
    let (reader, admin, blind) =
        (member("r", &["operator.read"]), member("a", &["operator.admin"]), member("b", &[]));
    let here: Vec<_> =
        [&reader, &admin, &blind].into_iter().map(|member| hub.join(Arc::clone(member))).collect();
    let approvers = |wanted: fn(&Member) -> bool| hub.any(Event::ExecApprovalRequested, wanted);
    assert_eq!((hub.len(), approvers(|_| true), approvers(|member| &*member.id != "a")), (3, true, false));
    hub.publish_presence();
    hub.publish(Event::Tick, &serde_json::json!({}), None);
    let taken = |member: &Member| std::iter::from_fn(|| member.outbox.take()).count();
    assert_eq!((taken(&reader), taken(&admin), taken(&blind)), (2, 2, 1));
    assert!(Event::Presence.guard() == Some(Scope::Read) && Event::Tick.guard().is_none());
    drop(here);
    assert!(hub.is_empty() && hub.lock().crowds.is_empty());
    assert!(!hub.subscribe(&reader, Topic::Sessions), "who has left cannot subscribe");
}

#[test]
fn a_subscription_ends_with_its_connection() {
    let hub = Arc::new(Hub::new(Clock::manual(0)));
    let (one, two) = (member("1", &["operator.read"]), member("2", &["operator.read"]));
    let here = hub.join(Arc::clone(&one));
    let stays = hub.join(Arc::clone(&two));
    assert!(hub.subscribe(&one, Topic::Sessions) && hub.subscribe(&two, Topic::Sessions));
    assert!(!hub.subscribe(&two, Topic::Sessions), "twice is once");
    drop(here);
    assert_eq!(hub.lock().topics[&Topic::Sessions].len(), 1);
    drop(stays);
    assert!(hub.lock().topics.is_empty() && hub.lock().subscribed.is_empty());
}

#[test]
fn an_event_takes_no_more_memory_than_is_counted() {
    let mut grown = Vec::with_capacity(4096);
    grown.extend_from_slice(b"short");
    let event = shared(grown);
    assert_eq!(Vec::from(event).capacity(), 5);
}
