//! The store as its callers see it: groups, failures, bounds, backups.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().join("landline.db")).expect("a store");
    (dir, store)
}

#[test]
fn migrations_are_valid() {
    migrations().validate().expect("valid");
}

#[tokio::test]
async fn a_failed_job_leaves_its_neighbours_alone() {
    let (_dir, store) = store();
    store.write(|db| Ok(db.execute_batch("CREATE TABLE t (x INTEGER)")?)).await.expect("made");
    let good = store.write(|db| Ok(db.execute("INSERT INTO t VALUES (1)", [])?));
    let bad = store.write(|db| {
        db.execute("INSERT INTO t VALUES (2)", [])?;
        Err::<(), _>(StoreError::Conflict)
    });
    let (good, bad) = tokio::join!(good, bad);
    assert!(good.is_ok() && matches!(bad, Err(StoreError::Conflict)));
    let rows: i64 =
        store.read(|db| Ok(db.query_row("SELECT sum(x) FROM t", [], |row| row.get(0))?)).await.expect("read");
    assert_eq!(rows, 1);
    store.close().await;
    assert!(matches!(store.write(|_| Ok(())).await, Err(StoreError::Closed)));
}

async fn numbers(store: &Store) -> Vec<i64> {
    let read = |db: &Connection| {
        let mut statement = db.prepare("SELECT x FROM t ORDER BY x")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    store.read(read).await.expect("read")
}

fn put(x: i64) -> impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static {
    move |db| {
        db.execute("INSERT INTO t VALUES (?1)", [x])?;
        Ok(())
    }
}

fn put_and_fail(x: i64) -> impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static {
    move |db| {
        put(x)(db)?;
        Err(StoreError::Conflict)
    }
}

/// Keeps the writer busy until the sender is dropped, so that what follows makes one group; the receiver tells
/// when it is.
fn hold(store: &Store) -> (Sender<()>, Receiver<()>) {
    let ((go, wait), (start, begun)) = (channel(), channel());
    store.write_later(move |_| {
        // Not every test waits for the beginning; the other sender is dropped, never used.
        let _ = start.send(());
        let _ = wait.recv();
        Ok(())
    });
    (go, begun)
}

#[tokio::test]
async fn of_a_group_only_the_job_that_fails_is_rolled_back() {
    for relayed in [false, true] {
        let (_dir, store) = store();
        let jobs = crate::supervise::Jobs::default();
        if relayed {
            jobs.spawn(crate::supervise::Job::Relay, store.clone().relay());
            tokio::task::yield_now().await;
        }
        store.write(|db| Ok(db.execute_batch("CREATE TABLE t (x INTEGER)")?)).await.expect("made");
        let (go, _begun) = hold(&store);
        let all = async {
            tokio::join!(
                store.write(put(1)),
                store.write(put_and_fail(2)),
                // It fails before its first write, as it has promised.
                store.write_whole(|_| Err::<(), _>(StoreError::Conflict)),
                store.write_whole(put(3)),
                async {
                    tokio::task::yield_now().await;
                    drop(go);
                },
            )
        };
        let (first, failed, checked, last, ()) = all.await;
        assert!(first.is_ok() && last.is_ok());
        assert!(matches!((failed, checked), (Err(StoreError::Conflict), Err(StoreError::Conflict))));
        assert_eq!(numbers(&store).await, [1, 3]);
        assert!(matches!(store.write(put_and_fail(4)).await, Err(StoreError::Conflict)));
        assert_eq!(numbers(&store).await, [1, 3], "alone in its group it is rolled back as well");
    }
}

#[tokio::test]
async fn a_whole_job_that_breaks_its_promise_takes_its_group_with_it_and_all_hear() {
    let (_dir, store) = store();
    store.write(|db| Ok(db.execute_batch("CREATE TABLE t (x INTEGER)")?)).await.expect("made");
    for panics in [false, true] {
        let (go, _begun) = hold(&store);
        let broken = move |db: &Connection| {
            assert!(!panics || put(2)(db).is_err(), "a bug in a job");
            put_and_fail(2)(db)
        };
        let (before, broken, after, ()) =
            tokio::join!(store.write(put(1)), store.write_whole(broken), store.write(put(3)), async {
                tokio::task::yield_now().await;
                drop(go);
            });
        assert!(matches!(before, Err(StoreError::Undone)));
        let wanted = if panics { StoreError::Closed } else { StoreError::Conflict };
        assert_eq!(broken.map_err(|error| error.to_string()), Err(wanted.to_string()));
        assert!(after.is_ok(), "what comes behind it has a transaction of its own");
    }
    assert_eq!(numbers(&store).await, [3, 3]);
}

#[tokio::test]
async fn writes_that_nobody_waits_for_are_bounded() {
    let (_dir, store) = store();
    let (go, begun) = hold(&store);
    begun.recv().expect("it begins");
    let mut refused = 0;
    for _ in 0..schemas::bounds::MAX_STORE_LATER + 10 {
        let saving = store.write_in_order(|_| Ok(()));
        refused += usize::from(matches!(saving, Saving::Refused(StoreError::Full)));
    }
    assert_eq!(refused, 10);
    drop(go);
    store.write(|_| Ok(())).await.expect("there is room again");
    store.write_in_order(|_| Ok(())).done().await.expect("there is room again");
}

#[tokio::test]
async fn a_relay_that_goes_leaves_nothing_behind() {
    let (_dir, store) = store();
    let relay = store.clone().relay();
    let write = store.write(|_| Ok(7));
    tokio::pin!(write);
    {
        tokio::pin!(relay);
        // The write is handed over, the relay is gone before it could ring.
        let polled = std::future::poll_fn(|cx| {
            let _ = relay.as_mut().poll(cx);
            std::task::Poll::Ready(write.as_mut().poll(cx).is_ready())
        });
        assert!(!polled.await);
    }
    assert_eq!(write.await.expect("written"), 7);
}

#[tokio::test]
async fn a_panicking_job_does_not_end_the_writer() {
    let (_dir, store) = store();
    let lost = store.write(|_| -> Result<(), StoreError> { panic!("a bug in a job") }).await;
    assert!(matches!(lost, Err(StoreError::Closed)));
    store.write(|_| Ok(())).await.expect("the writer lives");
}

#[tokio::test]
async fn a_backup_is_a_whole_database_of_its_own() {
    let (dir, store) = store();
    store
        .write(|db| Ok(db.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (7)")?))
        .await
        .expect("made");
    let target = dir.path().join("copy.db");
    let bytes = store.backup(target.clone()).await.expect("copied");
    assert!(bytes > 0);
    let copy = Store::open(&target).expect("opens");
    let x: i64 =
        copy.read_now(|db| Ok(db.query_row("SELECT x FROM t", [], |row| row.get(0))?)).expect("read");
    assert_eq!(x, 7);
}
