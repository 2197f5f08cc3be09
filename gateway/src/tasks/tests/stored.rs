//! What is in the store and who may read or end it.

use super::*;
use crate::store::search;

#[test]
fn a_run_with_an_old_fence_may_not_end_the_task() {
    one_life(|mut world| async move {
        let ticket = world.send("main", "a", "one", QueueMode::Followup).await.unwrap();
        let _run = world.run().await;
        assert_eq!(world.engine.board().claim(ticket.seq, 0, TaskState::Completed), None);
        let (seq, now) = (ticket.seq, 5);
        let stale = world.store.write(move |db| {
            db.execute("UPDATE tasks SET fence = 2 WHERE seq = ?1", rusqlite::params![seq])?;
            let kept = rows::end_run(db, seq, 1, "stale", now);
            assert!(matches!(kept, Err(StoreError::Conflict)));
            let end = rows::Change {
                seq,
                version: 3,
                fence: Some(1),
                from: TaskState::Running,
                to: TaskState::Completed,
                reason: "stale",
                actor: rows::GATEWAY,
                at: now,
                outcome: None,
            };
            rows::change(db, end)
        });
        assert!(matches!(stale.await, Err(StoreError::Conflict)));
        assert_eq!(world.state(ticket.seq).await, TaskState::Running);
    });
}

#[test]
fn a_request_is_stored_to_the_byte_and_found_by_its_id() {
    one_life(|world| async move {
        let text = "tabs\tand\nlines, \u{1f980} and \"quotes\" \u{0} end ";
        let ticket = world.send("main", "a", text, QueueMode::Followup).await.unwrap();
        let card = world.engine.card(ticket.seq).unwrap();
        let (id, seq) = seq_of(&card.id.to_string()).unwrap();
        assert_eq!((id, seq, id.get_version_num()), (card.id, ticket.seq, 7));
        let row = world.store.read(move |db| rows::get(db, "default", seq)).await.unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Request>(&row.request).unwrap().message, text);
        assert!(world.store.read(move |db| rows::get(db, "other", seq)).await.unwrap().is_none());
    });
}

#[test]
fn search_finds_words_and_never_those_of_another_organisation() {
    one_life(|mut world| async move {
        world.send("main", "a", "the crab walks sideways", QueueMode::Followup).await.unwrap();
        world.run().await.answer("Crabs do that, \u{e9}t\u{e9} as hiver");
        let mut theirs = submission("main", "b", "their crab is a secret", QueueMode::Followup);
        theirs.org = "other".into();
        world.engine.submit(theirs).await.unwrap();
        let ask = |text: &str| search::Query { text: text.into(), limit: 20, ..search::Query::default() };
        let found = search::find(&world.store, "default", ask("crab")).await.unwrap();
        assert!(found.iter().all(|hit| !hit.snippet.contains("secret")));
        assert!(found.iter().any(|hit| hit.snippet.contains("sideways")));
        let theirs = search::find(&world.store, "other", ask("secret")).await.unwrap();
        assert_eq!(theirs.len(), 1);
        for odd in ["\"", "crab OR", "NEAR(", "a*b", "", "col:x"] {
            search::find(&world.store, "default", ask(odd)).await.unwrap();
        }
    });
}

#[test]
fn attachments_are_stored_for_the_owner_only_and_handed_over_by_path() {
    use std::os::unix::fs::PermissionsExt as _;
    one_life(|mut world| async move {
        let mut with = submission("main", "a", "look", QueueMode::Followup);
        let bytes = b"not really a picture".to_vec();
        with.uploads = vec![Upload {
            name: "../../x/../cat.png".into(),
            mime_type: "image/png".into(),
            bytes: bytes.clone(),
        }];
        world.engine.submit(with).await.unwrap();
        let run = world.run().await;
        let file = &run.task.attachments[0];
        assert_eq!(std::fs::read(&file.path).unwrap(), bytes);
        assert_eq!(file.path.file_name().unwrap(), "1.png");
        assert_eq!(file.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let bad = schemas::methods::chat::Attachment {
            kind: None,
            mime_type: None,
            file_name: None,
            content: "%%%".into(),
        };
        let refused = Upload::read(&[bad]).unwrap_err();
        assert_eq!(refused.to_string(), "/attachments/0 is not base64");
    });
}
