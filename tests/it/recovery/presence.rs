//! Work goes on at once when the connection of a killed instance is gone, long before its lease ends; and an instance
//! that is alive is never overtaken.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use zoom2drive::sandbox::faults::{Fault, Route};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::postgres::{ask, execute};
use crate::support::program::Program;
use crate::support::steps::calls;
use crate::support::tcp_proxy::TcpProxy;
use crate::support::world::{Engine, World, usual_meeting};

const MIB: u64 = 1024 * 1024;

/// Leases that last for longer than any of these stories.
const SETTINGS: [(&str, &str); 2] = [("LEASE_FOR", "10m"), ("CHUNK_SIZE", "256KiB")];

/// What must not be reached by waiting for a lease. The takeover itself takes three seconds.
const SOON: Duration = Duration::from_secs(30);

const UUID: &str = "/taken+over/AAAAAAAAAAAA==";

/// A world on PostgreSQL; nothing if this machine has none.
async fn world(settings: &[(&str, &str)]) -> Option<World> {
    if !Engine::here().await.contains(&Engine::Postgres) {
        return None;
    }
    Some(World::on(Engine::Postgres, settings).await)
}

/// A transfer of which a few chunks are on Drive, and that stands still then.
async fn under_way(world: &World, program: &Program) {
    world.sandbox.zoom.add(Meeting::new(UUID, "Evening").file(File::mp4("video", 8 * MIB)));
    world.sandbox.faults.once(Route::ZoomMedia, Fault::MediaStall(2 * MIB));
    world.deliver_to(program, UUID).await;
    let started = || calls(world, Route::UploadChunk).len() >= 3;
    assert!(program.wait_until(started).await, "{}", program.text());
}

/// Waits until another call is made; gives the time.
async fn goes_on(world: &World, program: &Program, calls_before: usize) -> Duration {
    let began = Instant::now();
    let goes_on = || world.sandbox.transcript.calls().len() > calls_before;
    assert!(program.wait_until(goes_on).await, "{}", program.text());
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_instance_takes_over_from_a_killed_one_within_seconds() {
    let Some(world) = world(&[&SETTINGS[..], &[("IDLE_TIMEOUT", "60s")]].concat()).await else { return };
    let mut first = Program::serve(&world).await;
    under_way(&world, &first).await;
    // Later: until now only the first could claim the job.
    let second = Program::serve(&world).await;
    first.kill();
    let took = goes_on(&world, &second, world.sandbox.transcript.calls().len()).await;
    eprintln!("another instance went on after {took:?}");
    assert!(took < SOON, "{took:?}");
    assert!(second.text().contains("whose connection is gone"), "{}", second.text());
    world.archived(second, &[UUID]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_instance_goes_on_within_seconds_after_a_kill() {
    let Some(world) = world(&[&SETTINGS[..], &[("IDLE_TIMEOUT", "60s")]].concat()).await else { return };
    let mut first = Program::serve(&world).await;
    under_way(&world, &first).await;
    first.kill();
    let (began, before) = (Instant::now(), world.sandbox.transcript.calls().len());
    let second = Program::serve(&world).await;
    goes_on(&world, &second, before).await;
    eprintln!("the next life went on {:?} after the kill", began.elapsed());
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    world.archived(second, &[UUID]).await;
}

/// Ends the connections that show instances to others.
const BREAK_PRESENCE: &str = "SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_locks
    WHERE locktype = 'advisory' AND mode = 'ShareLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS present";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_alive_is_not_overtaken_when_its_connection_breaks() {
    let Some(world) = world(&[&SETTINGS[..], &[("IDLE_TIMEOUT", "8s")]].concat()).await else { return };
    let first = Program::serve(&world).await;
    under_way(&world, &first).await;
    // Later: until now only the first could claim the job.
    let second = Program::serve(&world).await;
    for _ in 0..3 {
        execute(&world.settings["DATABASE_URL"], BREAK_PRESENCE).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    world.trashed(&first, &[UUID]).await;
    assert!(!second.text().contains("is gone"), "{}", second.text());
    assert!(!first.text().contains("shows this instance"), "{}", first.text());
    second.stop().await;
    world.archived(first, &[UUID]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_cut_off_with_a_sign_stops_before_another_goes_on() {
    // One chunk, so that no checkpoint tells the instance.
    let settings =
        [("LEASE_FOR", "10m"), ("CHUNK_SIZE", "16MiB"), ("WINDOW_SIZE", "8MiB"), ("IDLE_TIMEOUT", "60s")];
    let Some(world) = world(&settings).await else { return };
    let direct = world.settings["DATABASE_URL"].clone();
    let (start, rest) = direct.split_once("@127.0.0.1:").unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let line = TcpProxy::to(SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()))).await;
    let address = format!("{start}@127.0.0.1:{}/{database}", line.port);
    let first = Program::serve_with(&world, &[("DATABASE_URL", &address)]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Evening").file(File::mp4("video", 8 * MIB)));
    world.sandbox.faults.once(Route::ZoomMedia, Fault::MediaStall(4 * MIB));
    world.deliver_to(&first, UUID).await;
    let google = &world.sandbox.google;
    assert!(first.wait_until(|| google.bytes_received() >= 4 * MIB).await, "{}", first.text());
    let second = Program::serve(&world).await;
    let before = world.sandbox.transcript.calls().len();

    line.refuse();
    assert!(first.wait_for_line("the connection that shows this instance").await, "{}", first.text());
    let is_broken_off = || calls(&world, Route::UploadChunk).len() == 1;
    assert!(first.wait_until(is_broken_off).await, "{}", world.calls());
    // The broken chunk is the first call after the cut: nobody had gone on until then.
    let began = Instant::now();
    world.trashed(&second, &[UUID]).await;
    let after = world.sandbox.transcript.calls();
    let first_after = after[before..].iter().find(|call| call.route != Route::ZoomMedia).unwrap();
    assert_eq!(first_after.route, Route::UploadChunk, "{}", world.calls());
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert!(!first.text().contains("is transferred"), "{}", first.text());

    // It comes back, and is of use again.
    line.mend();
    let uuid = "/after+the+cut/AAAAAAAA==";
    world.sandbox.zoom.add(usual_meeting(uuid));
    second.stop().await;
    let body = world.sandbox.zoom.event(uuid, "recording.completed");
    for _delivery in 0..100 {
        if world.post(&first, &body).await == Some(200) {
            break;
        }
    }
    world.archived(first, &[UUID, uuid]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_frozen_loses_its_lease_by_time_and_writes_nothing_when_it_wakes() {
    let Some(world) = world(&[("LEASE_FOR", "4s"), ("CHUNK_SIZE", "256KiB"), ("IDLE_TIMEOUT", "60s")]).await
    else {
        return;
    };
    let first = Program::serve(&world).await;
    under_way(&world, &first).await;
    // Later: until now only the first could claim the job.
    let second = Program::serve(&world).await;
    first.signal("STOP");
    world.trashed(&second, &[UUID]).await;
    first.signal("CONT");
    assert!(first.wait_for_line("lost the lease").await, "{}", first.text());
    assert!(!first.text().contains("is transferred"), "{}", first.text());
    let doubled = "SELECT count(*) > 1 FROM jobs";
    assert!(!ask(&world.settings["DATABASE_URL"], doubled).await);
    first.stop().await;
    world.archived(second, &[UUID]).await;
}
