//! The states of a surface: nothing that happens gives a node more than somebody approved.

use proptest::prelude::*;
use schemas::methods::nodes::{ApprovalState, Surface};

use super::super::surface::{approve, claimed, declare, state, usable};
use super::*;
use crate::store::nodes::{NodeAbout, NodeRecord};

/// Something that happens to a node.
#[derive(Clone, Debug)]
enum Step {
    Declares(Vec<u8>, bool, bool),
    Approved,
    Rejected,
    Becomes(&'static str),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (proptest::collection::vec(0..6_u8, 0..5), any::<bool>(), any::<bool>())
            .prop_map(|(commands, camera, microphone)| Step::Declares(commands, camera, microphone)),
        2 => Just(Step::Approved),
        1 => Just(Step::Rejected),
        1 => prop_oneof![Just(Step::Becomes("linux")), Just(Step::Becomes("windows"))],
    ];
    proptest::collection::vec(step, 1..30)
}

fn surface(commands: &[u8], camera: bool, microphone: bool) -> Surface {
    let mut params = claims(&[]);
    params.commands = commands.iter().map(|n| format!(" c.{n} ")).collect();
    params.caps = commands.iter().map(|n| format!("f{}", n % 2)).collect();
    params.permissions = BTreeMap::from([("camera".into(), camera), ("microphone".into(), microphone)]);
    claimed(&params)
}

fn about(platform: &str) -> NodeAbout {
    NodeAbout {
        platform: Some(platform.into()),
        device_family: Some(platform.into()),
        ..NodeAbout::default()
    }
}

/// Says whether `part` is within `whole`, permissions included.
fn within(part: &Surface, whole: &Surface) -> bool {
    part.commands.iter().all(|name| whole.commands.contains(name))
        && part.caps.iter().all(|name| whole.caps.contains(name))
        && part
            .permissions
            .iter()
            .all(|(name, granted)| !granted || whole.permissions.get(name) == Some(&true))
}

proptest! {
    #[test]
    fn nothing_is_usable_that_was_not_declared_and_approved(steps in steps()) {
        let mut record = NodeRecord { id: "n".into(), about: about("linux"), ..NodeRecord::default() };
        let mut approved = Surface::default();
        let mut last = Surface::default();
        for (now, step) in (1_i64..).zip(steps) {
            let before = record.pending.clone();
            match step {
                Step::Declares(commands, camera, microphone) => {
                    last = surface(&commands, camera, microphone);
                    let declared = declare(&mut record, last.clone(), now);
                    let (old, new) = (before.as_ref().map(|(id, _)| id), record.pending.as_ref().map(|(id, _)| id));
                    prop_assert_eq!(declared.asks, new.is_some() && new != old);
                    prop_assert_eq!(declared.superseded.as_ref(), old.filter(|id| Some(*id) != new));
                }
                Step::Approved if record.pending.is_some() => {
                    approve(&mut record, "owner", now);
                    approved = last.clone();
                    prop_assert_eq!(usable(&record), last.clone(), "what was shown is what was approved");
                    prop_assert_eq!(state(&record), ApprovalState::Approved);
                }
                Step::Approved => {}
                Step::Rejected => record.pending = None,
                Step::Becomes(platform) => {
                    record.about = about(platform);
                    declare(&mut record, last.clone(), now);
                }
            }
            let usable = usable(&record);
            prop_assert!(within(&usable, &approved) && within(&usable, &last), "{usable:?} {approved:?} {last:?}");
            prop_assert_eq!(record.declared.clone(), last.clone());
            let expected = match (record.approved.is_some(), record.pending.is_some()) {
                (false, false) => ApprovalState::Unapproved,
                (false, true) => ApprovalState::PendingApproval,
                (true, true) => ApprovalState::PendingReapproval,
                (true, false) => ApprovalState::Approved,
            };
            prop_assert_eq!(state(&record), expected);
        }
    }

    #[test]
    fn the_same_words_are_the_same_request_and_others_are_not(
        one in proptest::collection::vec(0..6_u8, 1..5), other in proptest::collection::vec(0..6_u8, 1..5),
    ) {
        let id = |commands: &[u8]| {
            let mut record = NodeRecord { id: "n".into(), about: about("linux"), ..NodeRecord::default() };
            declare(&mut record, surface(commands, true, false), 1);
            (record.declared, record.pending.expect("it asks").0)
        };
        let ((one, first), (other, second)) = (id(&one), id(&other));
        prop_assert_eq!(one == other, first == second);
    }
}

#[test]
fn names_that_hide_something_are_not_offered() {
    let mut params = claims(&["system.run", "system.\u{202e}nur", "a b", "", "  ", "x\u{0}y", "system.run"]);
    params.caps = vec!["system".into(), "\u{200b}".into()];
    let surface = claimed(&params);
    assert_eq!((surface.commands, surface.caps), (vec!["system.run".to_owned()], vec!["system".to_owned()]));
}
