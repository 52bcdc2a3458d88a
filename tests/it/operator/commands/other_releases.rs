//! Commands on a database of another release, which a running service may be working on. Each command closes what it
//! opened.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use sqlx::{Connection, PgConnection, SqliteConnection};
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::secret::Secret;
use zoom2drive::store::{self, Access, AuditEntry};

use super::run_with;
use crate::store::migrations::first_release;
use crate::support::postgres;
use crate::support::steps::days_ago;
use crate::support::world::World;

/// A change of tables that no release knows.
const OF_TOMORROW: &str =
    "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES (99999, 'of tomorrow', 1, x'00', 0)";

/// Every command that works on the database.
fn commands(day: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["jobs", "list"],
        vec!["jobs", "show", "1"],
        vec!["jobs", "status"],
        vec!["jobs", "audit"],
        vec!["jobs", "retry", "1"],
        vec!["jobs", "retry", "--parked"],
        vec!["jobs", "cancel", "1"],
        vec!["links"],
        vec!["links", "--json"],
        vec!["messages", "list"],
        vec!["replay", "1"],
        vec!["rules", "test", "--job", "1"],
        vec!["backfill", "view", "--from", day],
        vec!["backfill", "--from", day, "--dry-run"],
    ]
}

/// A world whose database another release has made.
async fn world_with(statement: Option<&'static str>) -> World {
    let mut world = World::new().await;
    let rules = world.folder.path().join("rules.toml");
    std::fs::write(&rules, "participant_audio = false\n").unwrap();
    world.settings.insert("RULES_FILE".to_owned(), rules.to_str().unwrap().to_owned());
    match statement {
        None => first_release(&world.settings["DATABASE_URL"]).await,
        Some(statement) => {
            world.open_store().await.close().await;
            world.sql(statement).await;
        }
    }
    world
}

fn settings(world: &World) -> Vec<(&str, &str)> {
    world.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Everything that a change of tables would change.
async fn tables(world: &World) -> Vec<String> {
    tables_of(&world.folder.path().join("zoom2drive.db")).await
}

async fn tables_of(path: &Path) -> Vec<String> {
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let question = "SELECT coalesce(sql, name) FROM sqlite_master
        UNION ALL SELECT 'change ' || version FROM _sqlx_migrations ORDER BY 1";
    let found = sqlx::query_scalar(question).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found
}

#[tokio::test]
async fn no_command_changes_the_tables_of_another_release() {
    let day = days_ago(3)[..10].to_owned();
    for (statement, told) in
        [(None, "of an older release (change 1,"), (Some(OF_TOMORROW), "of a newer release (change 99999,")]
    {
        let world = world_with(statement).await;
        let before = tables(&world).await;
        for arguments in commands(&day) {
            let (code, said) = run_with(&settings(&world), &arguments).await;
            assert_eq!(code, ExitCode::FAILURE, "{arguments:?}: {said}");
            assert!(said.contains(told) && said.contains("Nothing was changed"), "{arguments:?}: {said}");
        }
        run_with(&settings(&world), &["doctor"]).await;
        assert_eq!(tables(&world).await, before);
        // The backup before an upgrade may be made by the new program.
        let copy = world.folder.path().join("copy.db");
        let (code, said) = run_with(&settings(&world), &["backup", copy.to_str().unwrap()]).await;
        assert_eq!(code, ExitCode::SUCCESS, "{said}");
        assert_eq!(tables_of(&copy).await, before);
        assert_eq!(tables(&world).await, before);
    }
}

#[tokio::test]
async fn a_backfill_brings_the_tables_up_to_date_only_where_nobody_works_on_them() {
    let world = world_with(None).await;
    let before = tables(&world).await;
    let day = days_ago(3)[..10].to_owned();
    let arguments = ["backfill", "--from", &day, "--yes=trash"];
    // As a service of the older release would hold it.
    let lock = std::fs::File::create(world.folder.path().join("zoom2drive.db.lock")).unwrap();
    lock.lock_shared().unwrap();
    let (code, said) = run_with(&settings(&world), &arguments).await;
    assert!(code == ExitCode::FAILURE && said.contains("of an older release"), "{code:?} {said}");
    assert_eq!(tables(&world).await, before);
    drop(lock);
    let (code, said) = run_with(&settings(&world), &arguments).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert_ne!(tables(&world).await, before);
    assert_eq!(run_with(&settings(&world), &["jobs", "list"]).await.0, ExitCode::SUCCESS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_changes_the_tables_of_another_release_on_postgres() {
    let Some(address) = postgres::fresh_database().await else { return };
    first_release(&address).await;
    let mut world = World::new().await;
    world.settings.insert("DATABASE_URL".to_owned(), address.clone());
    let day = days_ago(3)[..10].to_owned();
    for arguments in commands(&day).into_iter().filter(|arguments| arguments[0] != "rules") {
        let (code, said) = run_with(&settings(&world), &arguments).await;
        assert_eq!(code, ExitCode::FAILURE, "{arguments:?}: {said}");
        assert!(said.contains("of an older release (change 1,"), "{arguments:?}: {said}");
    }
    let mut connection = PgConnection::connect(&address).await.unwrap();
    let changes: Vec<i64> =
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations").fetch_all(&mut connection).await.unwrap();
    assert_eq!(changes, [1]);
    connection.close().await.unwrap();
    // And one that holds nothing at all.
    let empty = postgres::fresh_database().await.unwrap();
    let (code, said) = run_with(&[("DATABASE_URL", &empty)], &["jobs", "list"]).await;
    assert!(code == ExitCode::FAILURE && said.contains("change 0,"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_looks_cannot_write() {
    let [who, action, target, outcome] = ["ann", "retry", "job 7", "done"].map(str::to_owned);
    let entry = AuditEntry { who, action, target, outcome, begun: None };
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", folder.path().join("test.db").display());
    for address in [Some(file), postgres::fresh_database().await].into_iter().flatten() {
        let address = Secret::new(address);
        store::open(&address).await.unwrap().close().await;
        let looking = store::open_as_it_is(&address, Access::Read).await.unwrap();
        let refused = looking.write_audit(&entry).await.unwrap_err().to_string();
        assert!(refused.contains("readonly") || refused.contains("read-only"), "{refused}");
        assert!(looking.audit(None).await.unwrap().is_empty());
        looking.close().await;
        let writing = store::open_as_it_is(&address, Access::Write).await.unwrap();
        writing.write_audit(&entry).await.unwrap();
        writing.close().await;
    }
    let missing = Secret::new(format!("sqlite://{}", folder.path().join("missing.db").display()));
    assert!(store::open_as_it_is(&missing, Access::Write).await.is_err());
    assert!(!folder.path().join("missing.db").exists());
}

/// A standard output that fails.
struct Full;

impl io::Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("disk full"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The files of this folder that this process has open.
fn open_files(folder: &Path) -> Vec<String> {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let targets = links.filter_map(|link| std::fs::read_link(link.path()).ok());
    let ours = targets.filter(|target| target.starts_with(folder));
    ours.map(|target| target.display().to_string()).collect()
}

#[tokio::test]
async fn a_command_that_fails_leaves_no_database_open() {
    let world = World::new().await;
    world.open_store().await.close().await;
    world.sandbox.zoom.set_deactivated(true);
    let day = days_ago(3)[..10].to_owned();
    let failing = [
        vec!["links"],
        vec!["links", "--json"],
        vec!["jobs", "list"],
        vec!["jobs", "show", "99"],
        vec!["jobs", "retry", "99"],
        vec!["jobs", "audit"],
        vec!["messages", "list"],
        vec!["replay", "99"],
        vec!["backup", "/proc/none"],
        vec!["backfill", "view", "--from", &day],
        vec!["backfill", "--from", &day, "--dry-run"],
        vec!["backfill", "--from", &day, "--yes=trash"],
    ];
    for arguments in failing {
        let cli = Cli::try_parse_from([&["zoom2drive"], &arguments[..]].concat()).unwrap();
        let mut reader = Reader::from_pairs(settings(&world));
        let failed = cli::run(&cli.command, &mut reader, &mut Full).await;
        assert!(failed.is_err(), "{arguments:?}");
        assert_eq!(open_files(world.folder.path()), Vec::<String>::new(), "{arguments:?}");
    }
    let looking = store::open_as_it_is(&world.config().database_url, Access::Read).await.unwrap();
    assert!(!open_files(world.folder.path()).is_empty(), "an open database would be seen");
    looking.close().await;
}
