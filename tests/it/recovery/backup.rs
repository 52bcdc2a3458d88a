//! A backup is taken while transfers run, and going on from it ends in the right archive.

use std::path::Path;
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::program::Program;
use crate::support::steps::calls;
use crate::support::steps::days_ago;
use crate::support::world::{LIMIT, World};

const UUIDS: [&str; 3] = ["before/+it/AAAAAAA==", "during/+it/AAAAAAA==", "after/+it/AAAAAAA=="];

fn meeting(uuid: &str) -> Meeting {
    let id = |name: &str| format!("{name}-{uuid}");
    let meeting = Meeting::new(uuid, "Evening").host("ann@example.com").start(&days_ago(1));
    meeting.file(File::mp4(&id("video"), 6_000_000)).file(File::chat(&id("chat"), 321))
}

async fn backup(world: &World, to: &Path, settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Program::spawn(world, &["backup", to.to_str().unwrap()], settings);
    (command.ended().await.code(), command.text())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_whole_and_can_be_gone_on_from() {
    let world = World::with(&[("CHUNK_SIZE", "256KiB"), ("AFTER_ARCHIVE", "keep")]).await;
    for uuid in UUIDS {
        world.sandbox.zoom.add(meeting(uuid));
    }
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUIDS[0]).await;
    world.deliver_to(&program, UUIDS[1]).await;
    assert!(program.wait_until(|| calls(&world, Route::UploadChunk).len() >= 5).await, "{}", program.text());
    let copy = world.folder.path().join("backup.db");
    let (code, told) = backup(&world, &copy, &[]).await;
    assert!(
        code == Some(0) && told.ends_with("backup.db contains the database; its integrity check passed."),
        "{told}"
    );
    let (code, told) = backup(&world, &copy, &[]).await;
    assert!(code == Some(1) && told.contains("File exists"), "{code:?} {told}");
    let mut held = SqliteConnection::connect(&format!("sqlite://{}", copy.display())).await.unwrap();
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(&mut held).await.unwrap();
    held.close().await.unwrap();
    assert_eq!(events, 2, "what was answered before it began");
    // A copy has no log beside it, and can be looked into all the same.
    let address = format!("sqlite://{}", copy.display());
    let mut listed = Program::spawn(&world, &["jobs", "list", "--json"], &[("DATABASE_URL", &address)]);
    assert_eq!(listed.ended().await.code(), Some(0), "{}", listed.text());

    // All is archived, one more recording came, and then the disk is lost.
    world.deliver_to(&program, UUIDS[2]).await;
    world.finished(program, &UUIDS).await;
    let received = world.sandbox.google.bytes_received();
    std::fs::rename(&copy, world.folder.path().join("zoom2drive.db")).unwrap();
    let restored = Program::serve_with(&world, &[("SWEEP_EVERY", "200ms")]).await;
    let is_known = || restored.text().matches(" finished").count() >= 3;
    assert!(restored.wait_until(is_known).await, "{}", restored.text());
    world.finished(restored, &UUIDS).await;
    assert_eq!(world.sandbox.google.bytes_received(), received, "nothing is sent twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_it_names_the_tool_for_it() {
    let Some(address) = crate::support::postgres::fresh_database().await else { return };
    let world = World::new().await;
    let settings = [("DATABASE_URL", address.as_str())];
    let (code, told) = backup(&world, &world.folder.path().join("backup.db"), &settings).await;
    assert!(code == Some(2) && told.contains("pg_dump"), "{code:?} {told}");
}

/// Whether this text is anywhere in the file, with everything checkpointed.
async fn holds(world: &World, text: &str) -> bool {
    let log = world.folder.path().join("zoom2drive.db-wal");
    // The test's own connection may close at the same moment as the program's, and each then leaves the log to the other.
    // One more connection takes it away, as the next start would; it closes on a thread of its own.
    if log.exists() {
        world.sql("DELETE FROM turns WHERE name = ''").await;
    }
    let deadline = tokio::time::Instant::now() + LIMIT;
    while log.exists() {
        assert!(tokio::time::Instant::now() < deadline, "something is not checkpointed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let bytes = std::fs::read(world.folder.path().join("zoom2drive.db")).unwrap();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_old_goes_by_itself() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep"), ("KEEP_EVENTS", "1s")]).await;
    world.sandbox.zoom.add(meeting(UUIDS[0]));
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUIDS[0]).await;
    world.finished(program, &UUIDS[..1]).await;
    world.sql("UPDATE jobs SET updated_at = 1").await;
    world.sql("UPDATE events SET received_at = 1").await;
    world.sql("DELETE FROM turns").await;
    assert!(holds(&world, "download_token").await && holds(&world, "download_url").await);
    let program = Program::serve(&world).await;
    assert!(program.wait_for_line("1 event(s) deleted, 1 job(s) cleared").await, "{}", program.text());
    program.stop().await;
    // Not even in free pages.
    assert!(!holds(&world, "download_token").await && !holds(&world, "/rec/download/").await);
    let store = world.open_store().await;
    assert!(store.events(None).await.unwrap().is_empty());
    store.close().await;
    world.assert_archived(&UUIDS[..1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_passcode_is_kept_and_those_of_an_earlier_release_go_by_themselves() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(meeting(UUIDS[0]));
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUIDS[0]).await;
    world.finished(program, &UUIDS[..1]).await;
    let event = String::from_utf8(world.sandbox.zoom.event(UUIDS[0], "recording.completed")).unwrap();
    let opening = ["recording_play_passcode", "yNYIS408EJygs7rE5vVsJwXIz4-sandbox", "pa$$", "/rec/play/"];
    assert!(opening.iter().all(|text| event.contains(text)), "{event}");
    for text in &opening[1..] {
        assert!(!holds(&world, text).await, "{text}");
    }
    world.sql("UPDATE jobs SET blanked = 0, recording = replace(recording, '/rec/download/', '/rec/download/?pwd=hunter2')").await;
    world.sql("UPDATE events SET blanked = 0, body = CAST('{\"event\":\"x\",\"password\":\"hunter2\"}' AS BLOB)").await;
    world.sql("DELETE FROM turns").await;
    assert!(holds(&world, "hunter2").await);
    let program = Program::serve(&world).await;
    assert!(program.wait_for_line("1 event(s) or job(s) of an earlier release").await, "{}", program.text());
    program.stop().await;
    assert!(!holds(&world, "hunter2").await);
    world.assert_archived(&UUIDS[..1]);
}
