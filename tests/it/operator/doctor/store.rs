//! What can be wrong with the database, and that a look at it changes nothing.

use std::os::unix::fs::PermissionsExt;

use super::{assert_clean, at_rest, examine};
use crate::support::postgres;
use crate::support::world::{LIMIT, World};

fn database(world: &World) -> std::path::PathBuf {
    world.folder.path().join("zoom2drive.db")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_database_is_made_and_an_older_one_is_left_as_it_is() {
    let world = at_rest(&[]).await;
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("store.open", "ok", "`serve` creates it", "");
    assert!(!database(&world).exists());
    let names: Vec<_> =
        std::fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["google-key.json"]);

    world.open_store().await.close().await;
    let examined = examine(&world, &[]).await;
    examined.assert("store.open", "ok", "up to date", "");
    assert_eq!((examined.state("store.writable"), examined.state("store.version")), ("ok", "ok"));
    world
        .sql("DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)")
        .await;
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("store.open", "warning", "of an older release", "brings them up to date");
    world.sql("UPDATE _sqlx_migrations SET version = 999 WHERE version = 1").await;
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["store.open"]);
    examined.assert("store.open", "broken", "of a newer release", "Install the newer release");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_no_database_of_ours_or_cannot_be_written_are_named() {
    let world = at_rest(&[]).await;
    let path = database(&world);
    std::fs::write(&path, "this is no database, but long enough to be looked at as one".repeat(40)).unwrap();
    examine(&world, &[]).await.assert("store.open", "broken", "not a database", "Correct DATABASE_URL");
    std::fs::remove_file(&path).unwrap();
    let examined = examine(&world, &[("DATABASE_URL", "sqlite:///proc/nowhere/x.db")]).await;
    examined.assert_only_broken(&["store.open"]);
    examined.assert("store.open", "broken", "it cannot be created", "chown");

    world.open_store().await.close().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let examined = examine(&world, &[]).await;
    examined.assert("store.mode", "warning", "0644", "chmod 600");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    // Another program holds the file, for longer than anybody waits.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).busy_timeout(LIMIT);
    let mut holder = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["store.writable"]);
    examined.assert("store.writable", "broken", "locked", "fuser");
    sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
    sqlx::Connection::close(holder).await.unwrap();
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_postgres_is_looked_at_and_its_refusals_are_explained() {
    let Some(address) = postgres::fresh_database().await else { return };
    let world = at_rest(&[("DATABASE_URL", &address)]).await;
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("store.open", "ok", "it is empty", "");
    assert_eq!(examined.state("store.rights"), "ok");
    world.open_store().await.close().await;
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    for id in ["store.open", "store.writable", "store.version", "store.latency"] {
        assert_eq!(examined.state(id), "ok", "{id}");
    }
    let elsewhere = format!("{address}_nowhere");
    let nobody = "postgres://z2d:hunter2@127.0.0.1:1/x";
    for (address, found, mend) in
        [(elsewhere.as_str(), "does not exist", "createdb"), (nobody, "refused", "Start the server")]
    {
        let examined = examine(&world, &[("DATABASE_URL", address)]).await;
        examined.assert_only_broken(&["store.open"]);
        examined.assert("store.open", "broken", found, mend);
        assert!(!format!("{:?}", examined.checks).contains("hunter2"));
    }
    assert_clean(&world);
    world.end().await;
}
