//! What only SQLite can show: its version, its file, and what a crash leaves.

use std::os::unix::fs::PermissionsExt;

use futures::future::join_all;
use sqlx::{Connection, SqliteConnection};
use zoom2drive::secret::Secret;
use zoom2drive::store::{self, AuditEntry, Claim, JobFilter, Store, StoreError};

use super::{LEASE, accept, recording};
use crate::support::server::Scratch;

async fn ask(scratch: &Scratch, question: &'static str) -> String {
    let address = format!("sqlite://{}", scratch.path().display());
    let mut connection = SqliteConnection::connect(&address).await.unwrap();
    sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_file_may_be_opened_by_many_at_once() {
    for _round in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        let opened = join_all((0..6).map(|_| {
            let path = path.clone();
            tokio::spawn(async move { Store::sqlite(&path).await })
        }));
        for store in opened.await {
            store.unwrap().unwrap().close().await;
        }
    }
}

#[tokio::test]
async fn who_only_reads_opens_the_file_while_somebody_writes() {
    let scratch = Scratch::open().await;
    accept(&scratch.store, recording("u", &[("a", 9)]), "first").await;
    let mut writer =
        SqliteConnection::connect(&format!("sqlite://{}", scratch.path().display())).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    // As `jobs list` does.
    let reader = Store::sqlite(&scratch.path()).await.unwrap();
    assert_eq!(reader.jobs(JobFilter::default()).await.unwrap().len(), 1);
    reader.close().await;
}

#[tokio::test]
async fn the_bundled_version_has_no_known_corruption_bug() {
    let scratch = Scratch::open().await;
    let version = ask(&scratch, "SELECT sqlite_version()").await;
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![3, 51, 3], "{version} may corrupt the file when the WAL is reset");
}

#[tokio::test]
async fn the_file_is_a_wal_that_only_its_owner_can_read() {
    let scratch = Scratch::open().await;
    accept(&scratch.store, recording("u", &[("a", 9)]), "first").await;
    assert_eq!(ask(&scratch, "PRAGMA journal_mode").await, "wal");
    let folder = scratch.path().parent().unwrap().to_owned();
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        files += 1;
    }
    assert!(files >= 2, "the database and its WAL");
}

#[tokio::test]
async fn an_event_is_there_after_a_copy_of_the_files_mid_run() {
    // What a crash leaves is what the files hold at that moment.
    let scratch = Scratch::open().await;
    let accepted = accept(&scratch.store, recording("u", &[("a", 9)]), "first").await;
    let copy = tempfile::tempdir().unwrap();
    for end in ["", "-wal"] {
        let name = format!("test.db{end}");
        std::fs::copy(scratch.path().with_file_name(&name), copy.path().join(&name)).unwrap();
    }
    let after = Store::sqlite(&copy.path().join("test.db")).await.unwrap();
    let jobs = after.jobs(Default::default()).await.unwrap();
    assert_eq!(jobs.into_iter().map(|job| Some(job.id)).collect::<Vec<_>>(), [accepted.job]);
}

#[tokio::test]
async fn opening_makes_the_folder_and_names_what_it_cannot_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/test.db");
    let opened = store::open(&Secret::new(format!("sqlite://{}", path.display()))).await.unwrap();
    opened.check_writable().await.unwrap();
    opened.close().await;
    assert!(opened.check_writable().await.is_err());

    let rubbish = folder.path().join("rubbish.db");
    std::fs::write(&rubbish, "this is no database at all, but a text that is long enough".repeat(20))
        .unwrap();
    assert!(Store::sqlite(&rubbish).await.is_err());
    assert!(matches!(Store::sqlite(folder.path()).await, Err(StoreError::Open { .. })));
    assert!(matches!(store::open(&Secret::new("mysql://x")).await, Err(StoreError::Refused(_))));
}

#[tokio::test]
async fn who_works_alone_takes_over_what_a_dead_process_held() {
    let scratch = Scratch::open().await;
    let first = Store::sqlite(&scratch.path()).await.unwrap();
    assert_eq!(first.begin_work(LEASE).await.unwrap(), 0);
    accept(&scratch.store, recording("u", &[("a", 9)]), "first").await;
    let claimed = first.claim(LEASE).await.unwrap();
    assert!(matches!(claimed, Claim::Leased(..)));

    // While the first lives, a second one waits for the lease like anybody else.
    let second = Store::sqlite(&scratch.path()).await.unwrap();
    assert_eq!(second.begin_work(LEASE).await.unwrap(), 0);
    assert!(matches!(second.claim(LEASE).await.unwrap(), Claim::Nothing { .. }));
    // The first dies; the second is still there, so a third cannot know whose the lease is.
    drop(first);
    let third = Store::sqlite(&scratch.path()).await.unwrap();
    assert_eq!(third.begin_work(LEASE).await.unwrap(), 0);
    drop((second, third));

    let last = Store::sqlite(&scratch.path()).await.unwrap();
    assert_eq!(last.begin_work(LEASE).await.unwrap(), 1);
    assert!(matches!(last.claim(LEASE).await.unwrap(), Claim::Leased(..)));
}

#[tokio::test]
async fn no_line_of_the_audit_trail_can_be_changed_or_taken_away() {
    let scratch = Scratch::open().await;
    let [who, action, target, outcome] = ["ann", "retry", "job 7", "done"].map(str::to_owned);
    let entry = AuditEntry { who, action, target, outcome, begun: None };
    scratch.store.write_audit(&entry).await.unwrap();
    let address = format!("sqlite://{}", scratch.path().display());
    let mut connection = SqliteConnection::connect(&address).await.unwrap();
    let attacks = [
        "UPDATE audit SET who = 'bob'",
        "UPDATE OR REPLACE audit SET id = 2",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit VALUES (1, 0, 'bob', 'x', 'x', 'x', NULL)",
        "INSERT OR REPLACE INTO audit VALUES ('1', 0, 'bob', 'x', 'x', 'x', NULL)",
        "INSERT OR REPLACE INTO audit VALUES (1.0, 0, 'bob', 'x', 'x', 'x', NULL)",
        "REPLACE INTO audit (rowid, at, who, action, target, outcome) VALUES (1, 0, 'bob', 'x', 'x', 'x')",
        "REPLACE INTO audit (oid, at, who, action, target, outcome) SELECT id, 0, 'bob', 'x', 'x', 'x' FROM audit",
        "INSERT INTO audit VALUES (1, 0, 'bob', 'x', 'x', 'x', NULL) ON CONFLICT (id) DO UPDATE SET who = 'bob'",
        "INSERT OR IGNORE INTO audit VALUES (1, 0, 'bob', 'x', 'x', 'x', NULL)",
        // SQLite shows an id that it is yet to give as -1: such a line would keep out all others.
        "INSERT INTO audit VALUES (-1, 0, 'bob', 'x', 'x', 'x', NULL)",
        "INSERT INTO audit VALUES (0, 0, 'bob', 'x', 'x', 'x', NULL)",
    ];
    for statement in attacks {
        let refused = sqlx::query(statement).execute(&mut connection).await.unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{statement}: {refused}");
    }
    let trail = scratch.store.audit(None).await.unwrap();
    assert_eq!(trail.iter().map(|record| &record.entry).collect::<Vec<_>>(), [&entry]);
    // Lines are still added, also with everything that an attacker may set for a connection of theirs.
    for pragma in ["recursive_triggers = ON", "foreign_keys = OFF", "ignore_check_constraints = ON"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"))).execute(&mut connection).await.unwrap();
    }
    assert!(sqlx::query(attacks[3]).execute(&mut connection).await.is_err());
    assert_eq!(scratch.store.write_audit(&entry).await.unwrap(), 2);
}
