//! A pooler between the store and its server: one that lends sessions for life changes nothing, any other is refused.

use sqlx::{Connection, Executor, PgConnection};
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::secret::Secret;
use zoom2drive::store::{self, StoreError};

use super::{LEASE, accept, claim, is_idle, recording};
use crate::support::pgbouncer::PgBouncer;
use crate::support::program::Program;
use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_for_life_serve_like_the_server_itself() {
    let Some(bouncer) = PgBouncer::start("pool_mode = session\ndefault_pool_size = 60").await else { return };
    let address = Secret::new(bouncer.address.clone());
    let (here, there) = (store::open(&address).await.unwrap(), store::open(&address).await.unwrap());
    // Who works is told by a lock of the session.
    here.begin_work(LEASE).await.unwrap();
    accept(&here, recording("u0", &[("a", 9)]), "first").await;
    tokio::time::timeout(LEASE, there.wait_for_work(LEASE)).await.unwrap();
    claim(&there).await;
    assert!(is_idle(&there).await);
    // And new work by an announcement to the session.
    let waiting = there.wait_for_work(LEASE);
    let bringing = accept(&here, recording("u1", &[("a", 9)]), "first");
    let (_, accepted) = tokio::join!(waiting, bringing);
    let (job, _) = claim(&there).await;
    assert_eq!(Some(job.id), accepted.job);
    here.close().await;
    there.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_archives_by_way_of_sessions_for_life() {
    let Some(bouncer) = PgBouncer::start("pool_mode = session\ndefault_pool_size = 60").await else { return };
    let world = World::with(&[("DATABASE_URL", &bouncer.address)]).await;
    world.sandbox.zoom.add(Meeting::new("pooled==", "Pooled").file(File::mp4("video", 2_000_000)));
    let program = Program::serve(&world).await;
    world.deliver_to(&program, "pooled==").await;
    world.archived(program, &["pooled=="]).await;
}

/// Settings of a PgBouncer whose sessions are shared.
const SHARING: [&str; 5] = [
    "pool_mode = transaction",
    "pool_mode = transaction\ndefault_pool_size = 1",
    "pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 10",
    "pool_mode = transaction\nignore_startup_parameters = extra_float_digits,options",
    "pool_mode = statement",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shared_sessions_are_refused_before_anything_is_written() {
    for settings in SHARING {
        let Some(bouncer) = PgBouncer::start(settings).await else { return };
        // Others who come and go: sessions that wait for the next, and statements of theirs.
        let mut others = Vec::new();
        for _ in 0..4 {
            let mut other = PgConnection::connect(&bouncer.address).await;
            if let Ok(other) = &mut other {
                let _said = other.execute("SELECT 1").await;
            }
            others.push(other);
        }
        let opened = store::open(&Secret::new(bouncer.address.clone())).await;
        let Err(error) = opened else { panic!("{settings}: it was opened") };
        let StoreError::Refused(said) = error else { panic!("{settings}: {error}") };
        assert!(said.contains("pool_mode=session"), "{settings}: {said}");
        drop(others);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_says_in_a_sentence_why_it_does_not_start() {
    let Some(bouncer) = PgBouncer::start("pool_mode = transaction").await else { return };
    let world = World::with(&[("DATABASE_URL", &bouncer.address)]).await;
    let mut program = Program::spawn(&world, &["serve"], &[]);
    assert_eq!(program.ended().await.code(), Some(1), "{}", program.text());
    let text = program.text();
    let told = text.lines().filter(|line| line.contains("pool_mode=session")).count();
    assert_eq!(told, 1, "{text}");
    assert!(!text.contains("prepared statement") && !text.contains("panic"), "{text}");
}
