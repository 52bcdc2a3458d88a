//! A PostgreSQL that refuses, is full, or says nothing at all.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::{SETTINGS, assert_goes_on, assert_trouble, under_way};
use crate::support::postgres::{self, administer};
use crate::support::program::Program;
use crate::support::tcp_proxy::TcpProxy;
use crate::support::world::{Engine, World, usual_meeting};

const UNHEARD: &str = "cannot listen for work";
const UUID: &str = "/later+than/AAAAAAAAAAAA==";

/// The program on a PostgreSQL, with a transfer half-way; nothing if this machine has none.
async fn begun() -> Option<(World, Program)> {
    if !Engine::here().await.contains(&Engine::Postgres) {
        return None;
    }
    let world = World::on(Engine::Postgres, &SETTINGS).await;
    let program = Program::serve(&world).await;
    under_way(&world, &program).await;
    Some((world, program))
}

/// The same trouble for everybody, made and ended by the server's administrator.
async fn is_ridden_out(begin: &str, end: &str) {
    let Some((world, program)) = begun().await else { return };
    let address = world.settings["DATABASE_URL"].clone();
    administer(&address, begin).await;
    assert_trouble(&world, &program).await;
    administer(&address, end).await;
    assert_goes_on(world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_became_read_only_is_waited_for() {
    is_ridden_out(
        "ALTER DATABASE {db} SET default_transaction_read_only = on",
        "ALTER DATABASE {db} SET default_transaction_read_only = off",
    )
    .await;
}

/// As when all of them are taken: the server refuses every new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_free_connection_is_waited_for() {
    is_ridden_out(
        "ALTER DATABASE {db} ALLOW_CONNECTIONS false",
        "ALTER DATABASE {db} ALLOW_CONNECTIONS true",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_disk_is_full_is_waited_for() {
    let Some((world, program)) = begun().await else { return };
    // A disk of its own would need the right to mount one; this is what the program would hear.
    world
        .sql(
            "CREATE FUNCTION full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END; $$",
        )
        .await;
    for statement in [
        "CREATE TRIGGER is_full BEFORE INSERT OR UPDATE ON jobs FOR EACH STATEMENT EXECUTE FUNCTION full()",
        "CREATE TRIGGER is_full BEFORE INSERT OR UPDATE ON events FOR EACH STATEMENT EXECUTE FUNCTION full()",
        "CREATE TRIGGER is_full BEFORE INSERT OR UPDATE ON files FOR EACH STATEMENT EXECUTE FUNCTION full()",
        "CREATE TRIGGER is_full BEFORE INSERT OR UPDATE ON heartbeat FOR EACH STATEMENT EXECUTE FUNCTION full()",
    ] {
        world.sql(statement).await;
    }
    assert_trouble(&world, &program).await;
    world.sql("DROP FUNCTION full CASCADE").await;
    assert_goes_on(world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_nothing_is_waited_for() {
    if !Engine::here().await.contains(&Engine::Postgres) {
        return;
    }
    let mut world = World::on(Engine::Postgres, &SETTINGS).await;
    let direct = world.settings["DATABASE_URL"].clone();
    let (start, rest) = direct.split_once("@127.0.0.1:").unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let line = TcpProxy::to(SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()))).await;
    let through = format!("{start}@127.0.0.1:{}/{database}", line.port);
    world.settings.insert("DATABASE_URL".to_owned(), through);
    let program = Program::serve(&world).await;
    under_way(&world, &program).await;
    line.cut();
    assert_trouble(&world, &program).await;
    line.mend();
    assert_goes_on(world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_stopped_and_started_is_waited_for() {
    let Some(mut server) = postgres::Server::start() else { return };
    let mut world = World::with(&SETTINGS).await;
    world.settings.insert("DATABASE_URL".to_owned(), server.address());
    let program = Program::serve(&world).await;
    under_way(&world, &program).await;
    server.say("stop");
    assert_trouble(&world, &program).await;
    // Listening is tried again and again: of each trouble the log tells once.
    assert!(program.wait_for_line(UNHEARD).await, "{}", program.text());
    let text = program.text();
    let told: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once(UNHEARD)?.1)).collect();
    let distinct: BTreeSet<&str> = told.iter().copied().collect();
    assert_eq!(told.len(), distinct.len(), "{text}");
    server.say("start");
    assert_goes_on(world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_up_after_the_service_is_waited_for() {
    let Some(mut server) = postgres::Server::start() else { return };
    let mut world = World::with(&SETTINGS).await;
    world.settings.insert("DATABASE_URL".to_owned(), server.address());
    world.sandbox.zoom.add(usual_meeting(UUID));
    server.say("stop");
    let program = Program::spawn(&world, &["serve"], &[]);
    assert!(program.wait_for_line("waiting for the database").await, "{}", program.text());
    // Whoever does not want to wait need not.
    let other = Program::spawn(&world, &["serve"], &[]);
    assert!(other.wait_for_line("waiting for the database").await, "{}", other.text());
    other.stop().await;
    server.say("start");
    let program = Program::listening(program).await;
    world.deliver_to(&program, UUID).await;
    world.archived(program, &[UUID]).await;
}
