//! What opens a recording or a meeting is not stored, or not for longer than a job needs it.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use zoom2drive::store::{AuditEntry, NewEvent, Repeated};
use zoom2drive::webhook::payload;

use super::{Store, accept, begin, claim, finish_one, record, recording};
use crate::support::server::Scratch;
use zoom2drive::jobs::FileState;

/// More than any of these tests has.
const ALL: u32 = 100;

/// What must not be found anywhere.
const SECRET: &str = "hunter2";

/// An event of Zoom's in which everything that may hold a passcode or a link does.
fn completed(uuid: &str) -> Value {
    json!({"event": "recording.completed", "event_ts": 1_626_230_691_572_i64, "download_token": "token-1",
        "payload": {"account_id": "a", "object": {
            "id": 123, "uuid": uuid, "topic": "A play", "host_id": "h", "host_email": "ann@example.com",
            "password": SECRET, "recording_play_passcode": "play-hunter2", "timezone": "Europe/Berlin",
            "share_url": "https://zoom.us/rec/share/kept-for-links?pwd=hunter2",
            "settings": {"nested": [{"h323_passcode": "hunter2", "note": "join with Passcode: hunter2"}]},
            "recording_files": [{"id": "a", "file_type": "MP4", "file_extension": "MP4", "file_size": 9,
                "play_url": "https://zoom.us/rec/play/hunter2", "status": "completed",
                "download_url": "https://zoom.us/rec/download/a?pwd=hunter2&access_token=token-2"}],
            "participant_audio_files": [{"id": "a", "file_type": "M4A", "file_name": "Ann", "file_size": 3,
                "play_url": "https://zoom.us/rec/play/hunter2", "download_url": "https://zoom.us/rec/download/b"}]}}})
}

/// Events that lead to no job, each with secrets.
fn others() -> Vec<Value> {
    vec![
        json!({"event": "meeting.created", "payload": {"object": {"uuid": "m", "password": "hunter2",
            "join_url": "https://zoom.us/j/1?pwd=hunter2", "start_url": "https://zoom.us/s/1?zak=hunter2"}}}),
        json!({"event": "recording.trashed", "download_token": "hunter2", "payload": {"object": {"uuid": "u",
            "recording_files": [{"id": "z", "download_url": "https://zoom.us/rec/download/z?passcode=hunter2"}]}}}),
        json!({"event": "x", "passcode": "hunter2", "payload": [{"pwd": "hunter2"}]}),
    ]
}

fn event(value: &Value) -> NewEvent {
    let body = value.to_string().into_bytes();
    payload::read(&body).unwrap().with_body(&body)
}

fn text(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap()
}

async fn later(store: &Store) {
    let now = store.now().await.unwrap();
    while store.now().await.unwrap() <= now {
        tokio::task::yield_now().await;
    }
}

pub async fn an_event_is_stored_without_what_opens_a_recording(store: &Store) {
    let raw = event(&completed("u"));
    let accepted = store.accept(&raw).await.unwrap();
    let (_, body) = store.event(accepted.event).await.unwrap();
    let stored = text(body.clone());
    assert!(!stored.contains(SECRET) && !stored.contains("kept-for-links"), "{stored}");
    for needed in ["token-1", "token-2", "rec/download/a", "rec/download/b"] {
        assert!(stored.contains(needed), "{needed} is not in {stored}");
    }
    // Known by its raw bytes.
    let again = store.accept(&raw).await.unwrap();
    assert_eq!((again.event, again.job, again.repeated), (accepted.event, accepted.job, Repeated::Yes));
    // The job knows the link for people, and a replay changes nothing of what is known.
    let job = accepted.job.unwrap();
    let before = store.job(job).await.unwrap().recording;
    assert_eq!(before.share_url, "https://zoom.us/rec/share/kept-for-links");
    assert!(!serde_json::to_string(&before).unwrap().contains(SECRET));
    let replayed = payload::read(&body).unwrap().recording.unwrap();
    store.replay(accepted.event, &replayed).await.unwrap();
    assert_eq!(store.job(job).await.unwrap().recording, before);
    for other in others() {
        let accepted = store.accept(&event(&other)).await.unwrap();
        let stored = text(store.event(accepted.event).await.unwrap().1);
        assert!(!stored.replace("\"download_token\":\"hunter2\"", "").contains(SECRET), "{stored}");
    }
}

pub async fn events_lose_their_tokens_with_their_job(store: &Store) {
    let accepted = store.accept(&event(&completed("u"))).await.unwrap();
    // Told of a change with a token of its own, and of nothing at all.
    let [_, trashed, _] = &others()[..] else { panic!() };
    let told = store.accept(&event(trashed)).await.unwrap();
    assert_eq!(told.job, accepted.job);
    let jobless = json!({"event": "recording.trashed", "download_token": "token-3", "payload": {"object": {"uuid": "w"}}});
    let jobless = store.accept(&event(&jobless)).await.unwrap().event;
    let has_tokens = |id| async move { text(store.event(id).await.unwrap().1).contains("token-") };
    let (job, lease) = claim(store).await;
    later(store).await;
    assert_eq!(store.wipe_secrets(Duration::from_secs(60), ALL).await.unwrap(), 0);
    assert!(has_tokens(jobless).await && has_tokens(accepted.event).await);
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 1, "the one without a job");
    assert!(!has_tokens(jobless).await && has_tokens(accepted.event).await, "its job needs it");
    finish_one(store, &job, &lease).await;
    later(store).await;
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 1);
    for id in [accepted.event, told.event] {
        let stored = text(store.event(id).await.unwrap().1);
        assert!(
            !stored.contains("token-") && !stored.contains(SECRET) && !stored.contains("zoom.us"),
            "{stored}"
        );
    }
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 0, "once");
    // It can be replayed all the same, and takes nothing away that a later event brought.
    let late = recording("u", &[("a", 9)]);
    accept(store, late.clone(), "late").await;
    let replayed = payload::read(&store.event(accepted.event).await.unwrap().1).unwrap().recording.unwrap();
    assert_eq!(replayed.files.len(), 2);
    store.replay(accepted.event, &replayed).await.unwrap();
    let known = store.job(job.id).await.unwrap().recording;
    assert_eq!(known.files[0].download, late.files[0].download);
    assert_eq!(known.share_url, "https://zoom.us/rec/share/kept-for-links");
    // What comes to a job that was wiped is wiped in its turn.
    let (job, lease) = claim(store).await;
    store.plan(&lease, &job.recording, &[], &super::no_names(), job.revision).await.unwrap();
    store.finish(&lease, &super::ending(zoom2drive::jobs::Standing::Finished)).await.unwrap();
    later(store).await;
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 1);
    let again = json!({"event": "recording.deleted", "download_token": "token-4", "payload": {"object": {"uuid": "u"}}});
    let again = store.accept(&event(&again)).await.unwrap().event;
    later(store).await;
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 1);
    assert!(!has_tokens(again).await);
}

/// What an earlier release left in the rows of job 1 (finished and wiped), job 2 (waiting) and in an event without
/// a job. `$1` is a body, `$2` a recording, `$3` a file.
const EARLIER: [&str; 5] = [
    "UPDATE events SET blanked = 0, body = $1",
    "UPDATE jobs SET blanked = 0",
    "UPDATE jobs SET wiped = 1, standing = 'finished' WHERE id = 1",
    "UPDATE jobs SET recording = $1 WHERE id = 2",
    "UPDATE files SET file = $1 WHERE job = 2",
];

fn earlier() -> [Option<Vec<u8>>; 5] {
    let mut old = serde_json::to_value(recording("two", &[("a", 9)])).unwrap();
    old["files"][0]["download"]["url"] = json!("https://zoom.us/rec/download/a?pwd=hunter2");
    old["topic"] = json!("NUL \0 in it");
    let file = old["files"][0].to_string().into_bytes();
    let body = completed("one").to_string().into_bytes();
    [Some(body), None, None, Some(old.to_string().into_bytes()), Some(file)]
}

/// Fills a store, and hands out how many rows there are to be blanked.
async fn fill(store: &Store) -> u64 {
    begin(store, "one").await;
    let (job, lease) = begin(store, "two").await;
    let file = record(&job.recording, 0, "d2", FileState::Wanted);
    store.plan(&lease, &job.recording, &[file], &super::no_names(), job.revision).await.unwrap();
    store.accept(&super::event(None, "about nothing")).await.unwrap();
    3
}

/// Each step may be the last of a process: what is done stays done, and there is an end.
async fn blank_in_steps(scratch: &Scratch, rows: u64) {
    for _step in 0..rows {
        let store = scratch.open_again().await;
        assert_eq!(store.blank_old(1).await.unwrap(), 1);
        store.close().await;
    }
    assert_eq!(scratch.store.blank_old(ALL).await.unwrap(), 0);
    let store = &scratch.store;
    let mut with_tokens = Vec::new();
    for event in store.events(None).await.unwrap() {
        let stored = text(store.event(event.id).await.unwrap().1);
        assert!(!stored.contains(SECRET) && !stored.contains("kept-for-links"), "{stored}");
        with_tokens.push((event.id.0, stored.contains("token-")));
    }
    assert_eq!(with_tokens, [(3, true), (2, true), (1, false)], "the first job has lost its own");
    let waiting = store.job(zoom2drive::jobs::JobId(2)).await.unwrap();
    assert_eq!(waiting.recording.topic, "NUL \u{fffd} in it");
    let files = store.files(waiting.id).await.unwrap();
    for file in [&waiting.recording.files[0], &files[0].file] {
        let download = file.download.as_ref().unwrap();
        assert_eq!(download.url.expose(), "https://zoom.us/rec/download/a");
        assert_eq!(download.token.as_ref().unwrap().expose(), "token-1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_an_earlier_release_are_blanked_once_on_sqlite() {
    let scratch = Scratch::open().await;
    let rows = fill(&scratch.store).await;
    let mut connection =
        SqliteConnection::connect(&format!("sqlite://{}", scratch.path().display())).await.unwrap();
    // As all connections of the program.
    sqlx::raw_sql("PRAGMA secure_delete = ON").execute(&mut connection).await.unwrap();
    for (statement, value) in EARLIER.into_iter().zip(earlier()) {
        let query = sqlx::query(statement);
        let query = match value {
            Some(bytes) if statement.contains("body") => query.bind(bytes),
            Some(bytes) => query.bind(text(bytes)),
            None => query,
        };
        query.execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    assert!(holding(&scratch).contains(&"test.db-wal".to_owned()), "{:?}", holding(&scratch));
    blank_in_steps(&scratch, rows).await;
    // While somebody reads, the log is left alone, and nobody is waited for.
    let mut reader =
        SqliteConnection::connect(&format!("sqlite://{}", scratch.path().display())).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM jobs").execute(&mut reader).await.unwrap();
    scratch.store.check_writable().await.unwrap();
    assert!(!scratch.store.trim_log().await.unwrap());
    reader.close().await.unwrap();
    assert!(scratch.store.trim_log().await.unwrap());
    scratch.store.backup(&scratch.path().with_file_name("copy.db")).await.unwrap();
    assert_eq!(holding(&scratch), Vec::<String>::new());
    scratch.store.check_writable().await.unwrap();
}

/// The names of all files beside the database that hold the secret, as they are at this moment.
fn holding(scratch: &Scratch) -> Vec<String> {
    let folder = scratch.path().parent().unwrap().to_owned();
    let holds = |path: &std::path::Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
    };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let found = entries.filter(|entry| holds(&entry.path()));
    found.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_an_earlier_release_are_blanked_once_on_postgres() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    let rows = fill(&scratch.store).await;
    let mut connection = PgConnection::connect(scratch.address.expose()).await.unwrap();
    for (statement, value) in EARLIER.into_iter().zip(earlier()) {
        let query = sqlx::query(statement);
        let query = match value {
            Some(bytes) if statement.contains("body") => query.bind(bytes),
            Some(bytes) => query.bind(text(bytes)),
            None => query,
        };
        query.execute(&mut connection).await.unwrap();
    }
    // A row that another instance is just at is left to it, and nobody waits.
    sqlx::raw_sql("BEGIN; SELECT id FROM events FOR UPDATE; SELECT id FROM jobs FOR UPDATE")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(scratch.store.blank_old(ALL).await.unwrap(), 0);
    sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
    blank_in_steps(&scratch, rows).await;
    assert_eq!(tables_holding(&mut connection).await, Vec::<String>::new());
    connection.close().await.unwrap();
}

/// The names of all tables in which the secret stands, in whatever column.
async fn tables_holding(connection: &mut PgConnection) -> Vec<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    let mut holding = Vec::new();
    for table in tables {
        // Bytes are shown as hexadecimal digits.
        let question =
            format!("SELECT count(*) FROM \"{table}\" AS t WHERE t::text LIKE $1 OR t::text LIKE $2");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(question))
            .bind(format!("%{SECRET}%"))
            .bind(format!("%{}%", hex::encode(SECRET)))
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        if found > 0 {
            holding.push(table);
        }
    }
    holding
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_ever_held_a_passcode_on_postgres() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    let mut connection = PgConnection::connect(scratch.address.expose()).await.unwrap();
    let entry = ["ann", "retry", SECRET, "done"].map(str::to_owned);
    let [who, action, target, outcome] = entry;
    scratch.store.accept(&event(&completed("u"))).await.unwrap();
    for other in others().into_iter().filter(|other| other.get("download_token").is_none()) {
        scratch.store.accept(&event(&other)).await.unwrap();
    }
    assert_eq!(tables_holding(&mut connection).await, Vec::<String>::new());
    // The look would have found it.
    scratch.store.write_audit(&AuditEntry { who, action, target, outcome, begun: None }).await.unwrap();
    assert_eq!(tables_holding(&mut connection).await, ["audit"]);
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_ever_held_a_passcode_on_sqlite() {
    let scratch = Scratch::open().await;
    scratch.store.accept(&event(&completed("u"))).await.unwrap();
    for other in others().into_iter().filter(|other| other.get("download_token").is_none()) {
        scratch.store.accept(&event(&other)).await.unwrap();
    }
    scratch.store.backup(&scratch.path().with_file_name("copy.db")).await.unwrap();
    assert_eq!(holding(&scratch), Vec::<String>::new());
    let again = Store::sqlite(&scratch.path()).await.unwrap();
    again.close().await;
    scratch.store.close().await;
    assert_eq!(holding(&scratch), Vec::<String>::new());
}
