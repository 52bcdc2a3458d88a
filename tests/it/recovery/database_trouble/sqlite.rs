//! An SQLite file that cannot be written, for each of the usual reasons.

use std::process::Command;

use sqlx::{Connection, SqliteConnection};

use super::{SETTINGS, assert_goes_on, assert_trouble, under_way};
use crate::support::program::Program;
use crate::support::world::World;

/// A process whose files may not grow hears so as an error, as from a full disk, rather than by a signal.
const HEARS_OF_LIMITS: &str = r#"trap '' XFSZ; exec "$0" "$@""#;

/// What SQLite keeps in a folder.
const FILES: [&str; 3] = ["zoom2drive.db", "zoom2drive.db-wal", "zoom2drive.db-shm"];

/// No file of the process may be written, as on a full disk; or all may again. Needs no rights.
fn limit_files(program: &Program, limit: &str) {
    let pid = program.id().to_string();
    let status =
        Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limit}:")]).status().unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_costs_nothing_but_time() {
    let world = World::with(&SETTINGS).await;
    let program = Program::serve_by(&world, HEARS_OF_LIMITS).await;
    under_way(&world, &program).await;
    limit_files(&program, "0");
    assert_trouble(&world, &program).await;
    limit_files(&program, "unlimited");
    assert_goes_on(world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_process_has_locked_is_waited_for() {
    let world = World::with(&SETTINGS).await;
    let program = Program::serve(&world).await;
    under_way(&world, &program).await;
    let mut other = SqliteConnection::connect(&world.settings["DATABASE_URL"]).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    assert_trouble(&world, &program).await;
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    assert_goes_on(world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_moved_away_is_no_disk_and_comes_back() {
    let world = World::with(&SETTINGS).await;
    let program = Program::serve(&world).await;
    under_way(&world, &program).await;
    let away = world.folder.path().join("away");
    std::fs::create_dir(&away).unwrap();
    for name in FILES {
        std::fs::rename(world.folder.path().join(name), away.join(name)).unwrap();
    }
    assert_trouble(&world, &program).await;
    assert!(program.wait_for_line("put it back").await, "{}", program.text());
    for name in FILES {
        std::fs::rename(away.join(name), world.folder.path().join(name)).unwrap();
    }
    assert_goes_on(world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_taken_away_is_no_disk() {
    let world = World::with(&SETTINGS).await;
    let program = Program::serve(&world).await;
    under_way(&world, &program).await;
    std::fs::remove_file(world.folder.path().join(FILES[1])).unwrap();
    assert_trouble(&world, &program).await;
}

/// What cannot be written because of its mode is refused at the start: the mode of a file that is open changes
/// nothing. Root may write it all the same, unless that right is given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_file_or_folder_is_named_at_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let obeys_modes = r#"[ "$(id -u)" = 0 ] || exec "$0" "$@"
        exec setpriv --bounding-set=-dac_override,-dac_read_search "$0" "$@""#;
    let world = World::with(&SETTINGS).await;
    let folder = world.folder.path().join("data");
    let file = folder.join("z.db");
    let address = format!("sqlite://{}", file.display());
    let settings = [("DATABASE_URL", address.as_str())];
    let store = zoom2drive::store::open(&zoom2drive::secret::Secret::new(address.as_str())).await.unwrap();
    store.close().await;
    for (place, mode) in [(&file, 0o400), (&folder, 0o500)] {
        let before = std::fs::metadata(place).unwrap().permissions();
        std::fs::set_permissions(place, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut program = Program::spawn_by(&world, obeys_modes, &["serve"], &settings);
        let status = program.ended().await;
        std::fs::set_permissions(place, before).unwrap();
        assert_eq!(status.code(), Some(1), "{}", program.text());
        assert!(program.text().contains(&format!("cannot open {}", file.display())), "{}", program.text());
    }
}
