//! Several instances on one PostgreSQL: killed, cut off from the database, with clocks that differ.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zoom2drive::sandbox::faults::{Fault, Route};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::postgres;
use crate::support::program::Program;
use crate::support::steps::calls;
use crate::support::tcp_proxy::TcpProxy;
use crate::support::world::{Engine, World, number, seed};

const MIB: u64 = 1024 * 1024;

/// Short leases, so that they are taken over soon; small chunks, so that there is much to take over.
const SETTINGS: [(&str, &str); 5] = [
    ("LEASE_FOR", "2s"),
    ("CHUNK_SIZE", "256KiB"),
    ("WINDOW_SIZE", "1MiB"),
    ("IDLE_TIMEOUT", "20s"),
    ("LOG", "zoom2drive=debug,info"),
];

/// What goes wrong, in turns, in the chaos of a plain `cargo test`; `Z2D_TURNS` makes it longer.
const TURNS: u64 = 18;

/// Deliveries of one event, to instances that come back, before a test gives up.
const DELIVERIES_MAX: usize = 100;

/// A turn ends also when nothing is called for so long: everybody may wait for a lease to run out.
const QUIET: std::time::Duration = std::time::Duration::from_secs(2);

/// How far the third instance's clock is ahead of the others'.
const CLOCK_AHEAD: &str = "+60s";

fn uuid(number: usize) -> String {
    format!("/inst+{number}/AAAAAAAAAAAAA==")
}

fn meeting(number: usize) -> Meeting {
    let id = |name: &str| format!("{name}-{number}");
    // All in one folder, and all of one name: what must be kept apart over all instances.
    Meeting::new(uuid(number), "Evening")
        .host("ann@example.com")
        .start("2026-03-01T18:30:00Z")
        .file(File::mp4(&id("video"), 6 * MIB + 17))
        .file(File::m4a(&id("audio"), 2 * MIB))
        .file(File::chat(&id("chat"), 321))
}

/// A program and its line to the database.
struct Instance {
    program: Program,
    line: TcpProxy,
    address: String,
    /// Which of them it is; the third one's clock is ahead.
    number: usize,
}

impl Instance {
    async fn start(world: &World, number: usize) -> Self {
        let direct = &world.settings["DATABASE_URL"];
        let (start, rest) = direct.split_once("@127.0.0.1:").unwrap();
        let (port, database) = rest.split_once('/').unwrap();
        let line = TcpProxy::to(SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()))).await;
        let address = format!("{start}@127.0.0.1:{}/{database}", line.port);
        let program = Self::serve(world, &address, number).await;
        Self { program, line, address, number }
    }

    async fn serve(world: &World, address: &str, number: usize) -> Program {
        let settings = [("DATABASE_URL", address)];
        match number {
            2 => Program::serve_ahead(world, &settings, CLOCK_AHEAD).await,
            _ => Program::serve_with(world, &settings).await,
        }
    }

    async fn kill_and_start(&mut self, world: &World) {
        self.program.kill();
        self.line.mend();
        self.program = Self::serve(world, &self.address, self.number).await;
    }
}

/// Whether somebody holds a lease, by the database's own clock.
async fn is_leased(world: &World) -> bool {
    postgres::ask(
        &world.settings["DATABASE_URL"],
        "SELECT EXISTS (SELECT 1 FROM jobs WHERE lease_until > extract(epoch FROM clock_timestamp()) * 1000)",
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_cut_off_from_the_database_stops_before_another_goes_on() {
    if !Engine::here().await.contains(&Engine::Postgres) {
        return;
    }
    // One chunk, so that no checkpoint tells the instance; half of it comes, and the rest is long in coming.
    let settings =
        [("LEASE_FOR", "16s"), ("CHUNK_SIZE", "16MiB"), ("WINDOW_SIZE", "8MiB"), ("IDLE_TIMEOUT", "60s")];
    let world = World::on(Engine::Postgres, &settings).await;
    world.sandbox.zoom.add(Meeting::new(uuid(0), "Long evening").file(File::mp4("video", 8 * MIB)));
    world.sandbox.faults.once(Route::ZoomMedia, Fault::MediaStall(4 * MIB));
    let first = Instance::start(&world, 0).await;
    world.deliver_to(&first.program, &uuid(0)).await;
    let google = &world.sandbox.google;
    assert!(
        first.program.wait_until(|| google.bytes_received() >= 4 * MIB).await,
        "{}",
        first.program.text()
    );
    assert!(calls(&world, Route::UploadChunk).is_empty(), "the chunk is still being sent");

    first.line.cut();
    assert!(first.program.wait_for_line("the lease could not be renewed").await, "{}", first.program.text());
    assert!(is_leased(&world).await, "it stopped while the lease was still its own");
    assert!(!first.program.text().contains("another worker or an operator"), "{}", first.program.text());
    let is_broken_off = || calls(&world, Route::UploadChunk).len() == 1;
    assert!(first.program.wait_until(is_broken_off).await, "the upload goes on:\n{}", world.calls());
    let stopped_at = world.sandbox.transcript.calls().len();

    // Another takes over, once the lease has run out, and goes on from where Drive stands.
    let second = Instance::start(&world, 1).await;
    let goes_on = || world.sandbox.transcript.calls().len() > stopped_at;
    assert!(second.program.wait_until(goes_on).await, "{}", second.program.text());
    world.trashed(&second.program, &[&uuid(0)]).await;
    assert!(!first.program.text().contains("is transferred"), "{}", first.program.text());

    // What was cut off comes back, and is of use again.
    first.line.mend();
    world.sandbox.zoom.add(meeting(1));
    let body = world.sandbox.zoom.event(&uuid(1), "recording.completed");
    let mut answer = None;
    for _delivery in 0..DELIVERIES_MAX {
        answer = world.post(&first.program, &body).await;
        if answer == Some(200) {
            break;
        }
    }
    assert_eq!(answer, Some(200), "{}", first.program.text());
    second.program.stop().await;
    world.archived(first.program, &[&uuid(0), &uuid(1)]).await;
}

/// Three instances, and what has been told to whom.
struct Chaos {
    world: World,
    rng: StdRng,
    instances: Vec<Instance>,
    meetings: usize,
    unheard: BTreeSet<usize>,
}

impl Chaos {
    async fn new(seed: u64) -> Self {
        let world = World::on(Engine::Postgres, &SETTINGS).await;
        let starting = (0..3).map(|number| Instance::start(&world, number));
        let instances = futures::future::join_all(starting).await;
        let rng = StdRng::seed_from_u64(seed);
        Self { world, rng, instances, meetings: 0, unheard: BTreeSet::new() }
    }

    fn record(&mut self) {
        self.world.sandbox.zoom.add(meeting(self.meetings));
        self.unheard.insert(self.meetings);
        self.meetings += 1;
    }

    /// Zoom calls whichever instance the balancer picks; what is not answered with 200 it sends again.
    async fn deliver(&mut self) {
        for number in self.unheard.clone() {
            let instance = &self.instances[self.rng.random_range(0..3)];
            let body = self.world.sandbox.zoom.event(&uuid(number), "recording.completed");
            if self.world.post(&instance.program, &body).await == Some(200) {
                self.unheard.remove(&number);
            }
        }
    }

    /// One thing goes wrong, or right again, and then some calls are made.
    async fn turn(&mut self) {
        if self.rng.random_range(0..3) == 0 || self.meetings == 0 {
            self.record();
        }
        self.deliver().await;
        let victim = self.rng.random_range(0..3);
        match self.rng.random_range(0..4) {
            0 | 1 => self.instances[victim].kill_and_start(&self.world).await,
            2 => self.instances[victim].line.cut(),
            _ => self.instances.iter().for_each(|instance| instance.line.mend()),
        }
        let calls = self.world.sandbox.transcript.calls().len() + self.rng.random_range(1..25);
        let has_come = || self.world.sandbox.transcript.calls().len() >= calls;
        self.world.sandbox.transcript.wait_until(QUIET, has_come).await;
        (0..self.meetings).for_each(|number| self.world.assert_promises(&uuid(number)));
    }

    /// All is mended, and the archive must come to be.
    async fn end(mut self) {
        for instance in &self.instances {
            instance.line.mend();
        }
        for _round in 0..DELIVERIES_MAX {
            self.deliver().await;
            if self.unheard.is_empty() {
                break;
            }
        }
        assert!(self.unheard.is_empty(), "{:?} were never answered with 200", self.unheard);
        let uuids: Vec<String> = (0..self.meetings).map(uuid).collect();
        let uuids: Vec<&str> = uuids.iter().map(String::as_str).collect();
        let last = self.instances.pop().unwrap();
        self.world.trashed(&last.program, &uuids).await;
        for instance in self.instances {
            instance.program.stop().await;
        }
        self.world.archived(last.program, &uuids).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_instances_in_trouble_make_one_archive() {
    if !Engine::here().await.contains(&Engine::Postgres) {
        return;
    }
    let mut chaos = Chaos::new(seed()).await;
    for _turn in 0..number("Z2D_TURNS").unwrap_or(TURNS) {
        chaos.turn().await;
    }
    chaos.end().await;
}
