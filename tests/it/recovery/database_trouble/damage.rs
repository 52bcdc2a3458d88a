//! An SQLite file that is damaged, or none of ours: refused in one message that says what to do, and what it
//! says is tried out.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sqlx::{Connection, SqliteConnection};
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting};

use super::{SETTINGS, is_ready};
use crate::support::program::Program;
use crate::support::steps::calls;
use crate::support::steps::days_ago;
use crate::support::world::{World, usual_meeting};

const UUID: &str = "damaged/+file/AAAA==";
const KEEP: (&str, &str) = ("AFTER_ARCHIVE", "keep");
const SWEEP: (&str, &str) = ("SWEEP_EVERY", "200ms");

/// Of every file of this program.
const PAGE_BYTES: usize = 4096;

fn file(world: &World) -> PathBuf {
    world.folder.path().join("zoom2drive.db")
}

/// A world whose one recording is archived; the program has ended in order and all is in the one file.
async fn archived() -> World {
    let world = World::with(&[&SETTINGS[..], &[KEEP]].concat()).await;
    world.sandbox.zoom.add(usual_meeting(UUID).start(&days_ago(2)));
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    world.finished(program, &[UUID]).await;
    assert!(!world.folder.path().join("zoom2drive.db-wal").exists());
    world
}

/// Writes rubbish over whole pages; the first one stays.
fn spoil(path: &Path) {
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert!(bytes.len() > 8 * PAGE_BYTES);
    for page in (1..bytes.len() / PAGE_BYTES).step_by(2) {
        file.seek(SeekFrom::Start(u64::try_from(page * PAGE_BYTES + 7).unwrap())).unwrap();
        file.write_all(&[0xa5; 600]).unwrap();
    }
}

/// Starts it and demands one message that says what is wrong and what to do.
async fn is_refused(world: &World, path: &Path, what: &str) {
    let address = format!("sqlite://{}", path.display());
    let mut program = Program::spawn(world, &["serve"], &[("DATABASE_URL", &address)]);
    let status = program.ended().await;
    let text = program.text();
    assert_eq!(status.code(), Some(1), "{text}");
    let told = text.lines().last().unwrap();
    assert!(told.starts_with("zoom2drive: cannot open") && told.matches(what).count() == 1, "{what}: {text}");
    assert!(told.contains(&path.display().to_string()), "{text}");
    for word in ["Nothing at Zoom or in Drive is lost", "move the file away", "sweep"] {
        assert!(told.contains(word), "{word}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_damage_is_refused_and_a_new_database_rebuilds_the_archive() {
    let world = archived().await;
    let whole = std::fs::read(file(&world)).unwrap();
    let received = world.sandbox.google.bytes_received();
    let copy = |name: &str, bytes: &[u8]| {
        let path = world.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let half = copy("half.db", &whole[..whole.len() / PAGE_BYTES / 2 * PAGE_BYTES]);
    is_refused(&world, &half, "is damaged").await;
    let short = copy("short.db", &whole[..PAGE_BYTES + 100]);
    is_refused(&world, &short, "is damaged").await;
    let headless = copy("headless.db", &[&[0x5a; 100][..], &whole[100..]].concat());
    is_refused(&world, &headless, "not a database").await;
    spoil(&file(&world));
    is_refused(&world, &file(&world), "is damaged").await;

    // What the message says: away with it, and a new one finds it all again.
    std::fs::rename(file(&world), world.folder.path().join("damaged.db")).unwrap();
    let program = Program::serve_with(&world, &[SWEEP]).await;
    assert!(program.wait_for_line("finished").await, "{}", program.text());
    world.finished(program, &[UUID]).await;
    assert_eq!(world.sandbox.google.bytes_received(), received, "{}", world.calls());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_programs_file_is_refused_and_left_as_it_was() {
    let world = World::with(&SETTINGS).await;
    for (name, statement) in [
        ("tables.db", "CREATE TABLE notes (id INTEGER PRIMARY KEY)"),
        ("marked.db", "PRAGMA application_id = 42"),
    ] {
        let path = world.folder.path().join(name);
        let address = format!("sqlite://{}?mode=rwc", path.display());
        let mut other = SqliteConnection::connect(&address).await.unwrap();
        sqlx::query("PRAGMA journal_mode = WAL").execute(&mut other).await.unwrap();
        sqlx::query(statement).execute(&mut other).await.unwrap();
        other.close().await.unwrap();
        let before = std::fs::read(&path).unwrap();
        is_refused(&world, &path, "another program").await;
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    // An empty file is a new database; a folder is none.
    std::fs::write(file(&world), "").unwrap();
    Program::serve(&world).await.stop().await;
    let folder = format!("sqlite://{}", world.folder.path().display());
    let mut program = Program::spawn(&world, &["serve"], &[("DATABASE_URL", &folder)]);
    assert_eq!(program.ended().await.code(), Some(1));
    assert!(program.text().contains("is a directory"), "{}", program.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_lost_with_a_crash_costs_no_recording() {
    let world = World::with(&[&SETTINGS[..], &[KEEP]].concat()).await;
    let meeting = Meeting::new(UUID, "Lost").host("ann@example.com").start(&days_ago(2));
    world.sandbox.zoom.add(meeting.file(File::mp4("video", 4_000_000)).file(File::chat("chat", 321)));
    let mut first = Program::serve(&world).await;
    world.deliver_to(&first, UUID).await;
    assert!(first.wait_until(|| calls(&world, Route::UploadChunk).len() >= 5).await, "{}", first.text());
    first.kill();
    std::fs::remove_file(world.folder.path().join("zoom2drive.db-wal")).unwrap();
    // All of it was in the log: what is left is as good as new.
    let second = Program::serve_with(&world, &[SWEEP]).await;
    assert!(second.wait_for_line("finished").await, "{}", second.text());
    world.finished(second, &[UUID]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_that_shows_while_running_is_told_once_and_nothing_more_is_written() {
    let world = archived().await;
    let program = Program::serve(&world).await;
    assert!(is_ready(&program).await);
    // Another's write, and a log that is empty: whoever reads now reads the file.
    let mut other = SqliteConnection::connect(&world.settings["DATABASE_URL"]).await.unwrap();
    sqlx::query("UPDATE heartbeat SET at = 1").execute(&mut other).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut other).await.unwrap();
    spoil(&file(&world));
    let body = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.post(&program, &body).await, Some(503), "{}", program.text());
    assert!(program.wait_for_line("is damaged").await, "{}", program.text());
    assert!(!is_ready(&program).await);
    let told = |program: &Program| {
        let text = program.text();
        text.lines().filter(|line| line.contains(" ERROR ") && line.contains("is damaged")).count()
    };
    let (before, spoilt) = (told(&program), std::fs::read(file(&world)).unwrap());
    assert_eq!(world.post(&program, &body).await, Some(503));
    // One line for each event that was refused, and none for looking on.
    assert!(told(&program) <= before + 1, "{}", program.text());
    assert_eq!(std::fs::read(file(&world)).unwrap(), spoilt);
}
