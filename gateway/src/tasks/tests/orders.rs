//! Changes of a task in random orders.

use proptest::prelude::*;
use strum::IntoEnumIterator as _;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is asked in whatever order: only legal moves, each with its row, none after the end.
    #[test]
    fn the_store_never_leaves_the_table(moves in prop::collection::vec((0..7_usize, any::<bool>()), 1..24)) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&dir.path().join("x.db")).unwrap();
            store.write(move |db| {
                let session = sessions::ensure(db, "default", "agent:main:main", "token", 1)?;
                rows::insert(db, &rows::NewTask {
                    seq: 1, id: task_id(1, 1), org: "default".into(), actor: "token".into(), run_id: "r".into(),
                    hash: vec![0], kind: "chat", session: session.no, agent: "main".into(),
                    request: "{}".into(), at: 1,
                    attempt: None, joined_into: None,
                })?;
                let (mut state, mut version, mut events) = (TaskState::Pending, 1, 1);
                for (to, stale) in moves {
                    let to = TaskState::iter().nth(to).unwrap();
                    let seen = if stale { version - 1 } else { version };
                    let change = rows::Change { seq: 1, version: seen, fence: None, from: state, to, reason: "test",
                        actor: "token", at: 2, outcome: None };
                    let changed = rows::change(db, change);
                    assert_eq!(changed.is_ok(), !stale && state.may_become(to));
                    if let Ok(new) = changed {
                        (state, version, events) = (to, new, events + 1);
                    }
                }
                let row = rows::get(db, "default", 1)?.unwrap();
                assert_eq!((row.state, row.version, row.ended_at.is_some()), (state, version, state.is_terminal()));
                let rows: i64 = db.query_row("SELECT count(*) FROM task_events", [], |row| row.get(0))?;
                assert_eq!(rows, events);
                Ok(())
            }).await.unwrap();
        });
    }
}
