//! What viewers cost while four files move: little of a processor, little memory, and no file's speed.

use std::time::Duration;

use futures::StreamExt;
use tokio_util::sync::CancellationToken;
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::dashboard::Browser;
use crate::support::program::Program;
use crate::support::world::World;

const MIB: u64 = 1024 * 1024;

/// Files that move at once, about 5 MiB/s each: a frame of 64 KiB every 12 ms.
const FILES: u64 = 4;
const BETWEEN_FRAMES: Duration = Duration::from_millis(12);

/// Bytes of all files over which the processor's time is taken, with viewers and without.
const STRETCH: u64 = 160 * MIB;

const VIEWERS: usize = 20;

/// Part of a processor that all viewers together may cost, in thousandths.
const COST_PER_MILLE: u64 = 20;

/// More memory that they may cost, in bytes.
const MEMORY_MAX: u64 = 4 * MIB;

const UUID: &str = "four+watched/files/AAA==";

/// What was taken of the machine over a stretch.
struct Taken {
    processor: Duration,
    elapsed: Duration,
}

/// The tests' program is not optimised: its viewers cost several times of what those of a release build do. CI measures
/// a release build (`Z2D_BIN`), and holds it to the limit.
fn is_release() -> bool {
    std::env::var_os("Z2D_BIN").is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_viewers_cost_little_while_four_files_move() {
    let settings = [("TRANSFERS", "4"), ("CHUNK_SIZE", ""), ("WINDOW_SIZE", ""), ("LEASE_FOR", "60s")];
    let world = World::with(&settings).await;
    let mut meeting = Meeting::new(UUID, "Opening night");
    for number in 0..FILES {
        meeting = meeting.file(File::mp4(&format!("video-{number}"), STRETCH));
    }
    world.sandbox.zoom.add(meeting);
    world.sandbox.faults.add(Rule {
        route: Route::ZoomMedia,
        subject: String::new(),
        skip: 0,
        times: u32::MAX,
        fault: Fault::MediaSlow(BETWEEN_FRAMES),
    });
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    let begun = STRETCH / 4;
    received(&world, &program, begun).await;
    let (alone, memory) = (over(&world, &program, begun).await, resident(&program));

    let stop = CancellationToken::new();
    let mut viewers = Vec::new();
    for _ in 0..VIEWERS {
        let mut browser = Browser::new(&program.url);
        assert_eq!(browser.log_in("Ann", crate::dashboard::TOKEN).await.status, 303);
        viewers.push(tokio::spawn(watch(browser, stop.clone())));
    }
    let watched = over(&world, &program, world.sandbox.google.bytes_received()).await;
    let more_memory = resident(&program).saturating_sub(memory);
    stop.cancel();
    for viewer in viewers {
        assert!(viewer.await.unwrap() > 5, "a viewer got no news");
    }
    let more = watched.per_mille().saturating_sub(alone.per_mille());
    eprintln!(
        "{VIEWERS} viewers: {} of a processor alone, {} watched: {} more; {} KiB more memory; {:.1} s and {:.1} s for {} MiB",
        permille(alone.per_mille()),
        permille(watched.per_mille()),
        permille(more),
        more_memory / 1024,
        alone.elapsed.as_secs_f64(),
        watched.elapsed.as_secs_f64(),
        STRETCH / MIB,
    );
    if is_release() {
        assert!(more < COST_PER_MILLE, "{} of a processor", permille(more));
        assert!(more_memory < MEMORY_MAX, "{} KiB", more_memory / 1024);
    }
}

/// Reads the stream of the first page until it is told to stop. Returns the number of its pieces.
async fn watch(browser: Browser, stop: CancellationToken) -> u32 {
    let request = browser.client.get(format!("{}/dashboard/live?of=overview", browser.url));
    let answer = request.header("cookie", &browser.cookie).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let (mut pieces, mut count) = (answer.bytes_stream(), 0);
    while let Some(Some(piece)) = stop.run_until_cancelled(pieces.next()).await {
        piece.unwrap();
        count += 1;
    }
    count
}

/// Waits until Drive has this number of bytes.
async fn received(world: &World, program: &Program, bytes: u64) {
    let google = &world.sandbox.google;
    assert!(program.wait_until(|| google.bytes_received() >= bytes).await, "{}", program.text());
}

/// What a stretch of bytes takes, from this point on.
async fn over(world: &World, program: &Program, from: u64) -> Taken {
    let (before, at) = (processor_time(program), std::time::Instant::now());
    received(world, program, from + STRETCH).await;
    Taken { processor: processor_time(program).saturating_sub(before), elapsed: at.elapsed() }
}

impl Taken {
    /// Part of one processor, in thousandths.
    fn per_mille(&self) -> u64 {
        let part = self.processor.as_millis() * 1000 / self.elapsed.as_millis().max(1);
        u64::try_from(part).unwrap_or(u64::MAX)
    }
}

fn permille(part: u64) -> String {
    format!("{}.{} %", part / 10, part % 10)
}

/// The time that the process has had of all processors.
fn processor_time(program: &Program) -> Duration {
    /// Linux counts in hundredths of a second (`getconf CLK_TCK`).
    const TICK: Duration = Duration::from_millis(10);
    let stat = program.proc("stat");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u32 = [fields[11], fields[12]].iter().map(|field| field.parse::<u32>().unwrap()).sum();
    TICK * ticks
}

/// Memory of the process without the pages of files, in bytes.
fn resident(program: &Program) -> u64 {
    let status = program.proc("status");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}
