//! Changes of the tables, applied to a database that an earlier release has filled.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, PgConnection, SqlSafeStr, SqliteConnection};
use zoom2drive::jobs::{FileState, JobId, Stage, Standing};
use zoom2drive::secret::Secret;
use zoom2drive::store::shelf::ShelfFilter;
use zoom2drive::store::{self, JobFilter};

use super::{claim, recording, streamed};
use crate::support::postgres;

const FIRST_NAME: &str = "events jobs files folders";
const FIRST_SQLITE: &str =
    include_str!("../../../src/store/migrations/sqlite/0001_events_jobs_files_folders.sql");
const FIRST_POSTGRES: &str =
    include_str!("../../../src/store/migrations/postgres/0001_events_jobs_files_folders.sql");

/// What the first release would have written for one finished and one waiting recording.
const FILLED: [&str; 4] = [
    "INSERT INTO jobs (meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at, revision,
       planned_revision) VALUES ('u', $1, 'retired', 'finished', 5, 3, 4, 2, 2), ('w', $2, 'received', 'active',
       7, 6, 6, 1, 0)",
    "INSERT INTO events (name, received_at, body, body_sha256, meeting, job)
       VALUES ('recording.completed', 3, $1, 'ab', $2, 1)",
    "INSERT INTO files (job, file_key, version, file, name, folder_id, drive_id, state, size, sha256)
       VALUES (1, 'a', 1, $1, 'a.mp4', 'f', 'd', 'verified', 9, $2)",
    "INSERT INTO folders (path, drive_id, made) VALUES ($1, $2, 1)",
];

fn first(text: &'static str) -> Migrator {
    let step = Migration::new(1, FIRST_NAME.into(), MigrationType::Simple, text.into_sql_str(), false);
    Migrator::with_migrations(vec![step])
}

/// Makes a database as the first release did, with a finished recording and one that waits.
pub async fn first_release(address: &str) {
    if address.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(&format!("{address}?mode=rwc")).await.unwrap();
        first(FIRST_SQLITE).run_direct(None, &mut connection, false).await.unwrap();
        for (statement, [one, other]) in FILLED.into_iter().zip(values()) {
            let query = sqlx::query(statement);
            let query = if one == "{}" { query.bind(one.into_bytes()) } else { query.bind(one) };
            query.bind(other).execute(&mut connection).await.unwrap();
        }
        return connection.close().await.unwrap();
    }
    let mut connection = PgConnection::connect(address).await.unwrap();
    first(FIRST_POSTGRES).run_direct(None, &mut connection, false).await.unwrap();
    for (statement, [one, other]) in FILLED.into_iter().zip(values()) {
        let query = sqlx::query(statement);
        let query = if one == "{}" { query.bind(one.into_bytes()) } else { query.bind(one) };
        query.bind(other).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// The values of each of [`FILLED`]'s statements, as text; PostgreSQL takes an event's body as bytes.
fn values() -> [[String; 2]; 4] {
    let recording = |uuid| serde_json::to_string(&recording(uuid, &[("a", 9)])).unwrap();
    let file = serde_json::to_string(&super::recording("u", &[("a", 9)]).files[0]).unwrap();
    [
        [recording("u"), recording("w")],
        ["{}".to_owned(), "u".to_owned()],
        [file, streamed(9).sha256],
        ["root/2026".to_owned(), "f".to_owned()],
    ]
}

/// Opens it with today's program, and looks.
async fn assert_is_kept(address: &str) {
    let store = store::open(&Secret::new(address)).await.unwrap();
    let finished = store.job(JobId(1)).await.unwrap();
    assert_eq!(
        (finished.stage, finished.standing, finished.accepted_at),
        (Stage::Retired, Standing::Finished, 3)
    );
    assert_eq!(finished.recording, recording("u", &[("a", 9)]));
    assert_eq!(store.files(finished.id).await.unwrap()[0].state, FileState::Verified(streamed(9)));
    assert_eq!(store.folder("root/2026").await.unwrap().unwrap().drive_id, "f");
    let events = store.events(None).await.unwrap();
    assert_eq!(store.event(events[0].id).await.unwrap().1, b"{}");
    assert_eq!(store.jobs(JobFilter::default()).await.unwrap().len(), 2);
    assert_eq!(store.unshelved().await.unwrap(), 2);
    assert!(store.shelf(&ShelfFilter::default()).await.unwrap().rows.is_empty());
    assert_eq!(store.shelve_old(1).await.unwrap(), 1);
    assert_eq!(store.shelf(&ShelfFilter::default()).await.unwrap().rows[0].job.id, JobId(2), "newest first");
    assert_eq!((store.shelve_old(100).await.unwrap(), store.unshelved().await.unwrap()), (1, 0));
    let row = store.shelf_row(JobId(1)).await.unwrap();
    assert_eq!((row.sort_at, row.proved_files, row.proved_bytes, row.put_away_at), (3, 1, 9, None));
    assert!(store.story(JobId(1)).await.unwrap().diary.is_empty(), "nothing is guessed");
    let (waiting, lease) = claim(&store).await;
    store.plan(&lease, &waiting.recording, &[], &super::no_names(), waiting.revision).await.unwrap();
    store.close().await;
    // What is up to date stays as it is.
    store::open(&Secret::new(address)).await.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_sqlite_file_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite://{}", folder.path().join("old.db").display());
    first_release(&address).await;
    assert_is_kept(&address).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_postgres_database_is_brought_up_to_date() {
    let Some(address) = postgres::fresh_database().await else { return };
    first_release(&address).await;
    assert_is_kept(&address).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_start_together_bring_it_up_to_date_once() {
    let Some(address) = postgres::fresh_database().await else { return };
    let opening = (0..3).map(|_| {
        let address = address.clone();
        tokio::spawn(async move { store::open(&Secret::new(address)).await.unwrap() })
    });
    for store in futures::future::join_all(opening).await {
        store.unwrap().check_writable().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_release_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite://{}", folder.path().join("new.db").display());
    store::open(&Secret::new(address.as_str())).await.unwrap().close().await;
    let mut connection = SqliteConnection::connect(&address).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
           VALUES (99999, 'of tomorrow', 1, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let Err(error) = store::open(&Secret::new(address)).await else { panic!("it was opened") };
    assert!(error.to_string().contains("99999"), "{error}");
}
