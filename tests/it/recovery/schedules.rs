//! Random faults by seed: many at once, in any order, with crashes in between. Whatever the seed, the promises
//! hold at every moment and the archive is complete at the end.
//!
//! `Z2D_SEED=17` replays one schedule, `Z2D_SEEDS=1000` runs that many, on each database.

use std::time::Duration;

use futures::{FutureExt, StreamExt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Schedule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::world::{Engine, World, number};

/// Schedules of a plain `cargo test`, on each database.
const SEEDS: u64 = 100;

/// Worlds side by side.
const SIDE_BY_SIDE: usize = 6;

/// Longest that one schedule may take, retries, stalls and a loaded machine included.
const LIMIT: Duration = Duration::from_secs(120);

/// Where anything may go wrong that can go wrong with a call.
const ROUTES: [Route; 15] = [
    Route::ZoomToken,
    Route::ZoomRecording,
    Route::ZoomTrash,
    Route::ZoomDownload,
    Route::ZoomMedia,
    Route::GoogleToken,
    Route::DriveGet,
    Route::DriveList,
    Route::DriveIds,
    Route::DriveCreate,
    Route::DriveUpdate,
    Route::UploadStart,
    Route::UploadChunk,
    Route::UploadStatus,
    Route::UploadSmall,
];

/// Everything that may go wrong where.
fn choices() -> Vec<(Route, Fault)> {
    use Route::*;
    let mut choices = Vec::new();
    for route in ROUTES {
        choices.extend([
            (route, Fault::Answer(Canned::new(500, "text/plain", "oops"))),
            (route, Fault::Answer(Canned::html(502))),
            (route, Fault::AnswerAfter(Canned::new(503, "text/plain", "gone"))),
            (route, Fault::Answer(Canned::new(429, "text/plain", "slow").header("retry-after", "0"))),
            (route, Fault::Cut),
            (route, Fault::CutAfter),
            (route, Fault::Stall),
        ]);
    }
    for route in [ZoomDownload, ZoomMedia] {
        choices.push((route, Fault::Answer(Canned::html(200))));
        choices.push((route, Fault::Answer(Canned::html(404))));
    }
    for at in [0, 1_000, 262_144, 700_000] {
        choices.extend([
            (ZoomMedia, Fault::MediaCut(at)),
            (ZoomMedia, Fault::MediaShort(at)),
            (UploadChunk, Fault::KeepOnly(at)),
            (UploadChunk, Fault::CutWithin(at)),
        ]);
    }
    choices.extend([
        (ZoomMedia, Fault::MediaStall(50_000)),
        (ZoomMedia, Fault::MediaNoRange),
        (ZoomMedia, Fault::MediaWrongRange),
        (ZoomMedia, Fault::MediaUnsized),
        (ZoomMedia, Fault::MediaWrongLength(7)),
        (ZoomRecording, Fault::Answer(Canned::zoom(404, 3301, "There is no recording for this meeting."))),
        (ZoomRecording, Fault::Answer(Canned::zoom(404, 1010, "User does not belong to this account."))),
        (ZoomRecording, Fault::Answer(Canned::zoom(400, 300, "Validation Failed."))),
        (ZoomRecording, Fault::Answer(Canned::zoom(401, 124, "Invalid access token."))),
        (DriveGet, Fault::NoChecksum),
        (DriveGet, Fault::Answer(Canned::google(403, "rateLimitExceeded", "Rate limit exceeded"))),
        (DriveGet, Fault::Answer(Canned::google(401, "authError", "Invalid Credentials"))),
        (DriveList, Fault::Lag),
        (UploadChunk, Fault::NoRange),
        (UploadChunk, Fault::BareRange),
        (UploadChunk, Fault::Moved),
        (UploadChunk, Fault::Forget(404)),
        (UploadChunk, Fault::Forget(410)),
        (UploadChunk, Fault::Created),
        (UploadChunk, Fault::Corrupt),
        (UploadChunk, Fault::Answer(Canned::google(401, "authError", "Invalid Credentials"))),
        (
            UploadChunk,
            Fault::Answer(Canned::google(403, "userRateLimitExceeded", "User rate limit exceeded.")),
        ),
        (UploadStatus, Fault::NoRange),
        (UploadStatus, Fault::Forget(404)),
        (UploadStatus, Fault::Answer(Canned::google(401, "authError", "Invalid Credentials"))),
    ]);
    let newer =
        r#"{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"RATE_LIMIT_EXCEEDED"}]}}"#;
    for route in
        [DriveGet, DriveList, DriveCreate, DriveUpdate, UploadStart, UploadChunk, UploadStatus, UploadSmall]
    {
        choices.push((route, Fault::Answer(Canned::google(404, "notFound", "File not found: 1AbC."))));
        choices.push((route, Fault::Answer(Canned::new(403, "application/json", newer))));
    }
    choices.push((DriveList, Fault::Incomplete));
    choices.push((UploadChunk, Fault::Refuse(Canned::google(404, "notFound", "File not found: 1AbC."))));
    choices
}

fn meetings(random: &mut StdRng) -> Vec<Meeting> {
    let count = random.random_range(1..=2);
    (0..count)
        .map(|number| {
            let uuid = format!("/{number}+{}/x==", random.random_range(0..1_000_000));
            let mut meeting = Meeting::new(&uuid, "Chaos / 🎭 \u{202e} night").host("ann@example.com");
            for file in 0..random.random_range(1..=4) {
                let id = format!("{file}-{uuid}");
                let size = random.random_range(12..1_500_000);
                meeting = match random.random_range(0..5) {
                    0 => meeting.file(File::m4a(&id, size)),
                    1 => meeting.file(File::transcript(&id, size.max(100) % 50_000 + 20)),
                    2 => meeting.file(File::timeline(&id, size % 9_000 + 20)),
                    3 => meeting.participant(File::m4a(&id, size)),
                    _ => meeting.file(File::mp4(&id, size)),
                };
            }
            meeting
        })
        .collect()
}

async fn run(engine: Engine, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let chunk = ["256KiB", "512KiB", "1MiB"][random.random_range(0..3)];
    let window = ["512KiB", "768KiB", "4MiB"][random.random_range(0..3)];
    let transfers = ["1", "2", "4"][random.random_range(0..3)];
    // Not drawn: what a seed draws stays what it was.
    let after = if seed % 4 == 3 { "delete" } else { "trash" };
    // A Drive that takes its time to answer has all but the first chunk in one request.
    let (request, answers_after) = if seed.is_multiple_of(2) { ("adaptive", 25) } else { ("fixed", 0) };
    let settings = [
        ("CHUNK_SIZE", chunk),
        ("REQUEST_SIZE", request),
        ("WINDOW_SIZE", window),
        ("TRANSFERS", transfers),
        ("IDLE_TIMEOUT", "700ms"),
        ("AFTER_ARCHIVE", after),
    ];
    let world = World::on(engine, &settings).await;
    world.sandbox.google.line().limit(0, Duration::from_millis(answers_after));
    let meetings = meetings(&mut random);
    let uuids: Vec<String> = meetings.iter().map(|meeting| meeting.uuid.clone()).collect();
    for meeting in meetings {
        world.sandbox.zoom.add(meeting);
    }
    world.sandbox.faults.follow(Schedule {
        seed,
        per_mille: random.random_range(50..300),
        budget: 25,
        choices: choices(),
    });
    let events: Vec<Vec<u8>> =
        uuids.iter().map(|uuid| world.sandbox.zoom.event(uuid, "recording.completed")).collect();
    for _life in 0..random.random_range(0..3) {
        let life = world.live().await;
        for event in &events {
            assert_eq!(world.send(&life, event).await, 200);
        }
        let calls = world.sandbox.transcript.calls().len() + random.random_range(1..40);
        let enough = || world.sandbox.transcript.calls().len() >= calls;
        world.sandbox.transcript.wait_until(Duration::from_secs(2), enough).await;
        life.crash();
        world.expire_leases().await;
        uuids.iter().for_each(|uuid| world.assert_promises(uuid));
    }
    let life = world.live().await;
    for event in &events {
        assert_eq!(world.send(&life, event).await, 200);
    }
    life.finish(&world).await;
    if std::env::var_os("Z2D_SEED").is_some() {
        println!("{:#?}\n{}", life.summary().await, world.calls());
    }
    world.assert_archived(&uuids.iter().map(String::as_str).collect::<Vec<_>>());
    life.stop().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_schedule_of_faults_ends_in_the_right_archive() {
    let seeds: Vec<u64> = match number("Z2D_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("Z2D_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    let engines = Engine::here().await;
    let runs = engines.iter().flat_map(|engine| seeds.iter().map(|seed| (*engine, *seed)));
    let failed: Vec<(Engine, u64)> = futures::stream::iter(runs)
        .map(|(engine, seed)| async move {
            let run = tokio::time::timeout(LIMIT, run(engine, seed));
            let failed = !matches!(std::panic::AssertUnwindSafe(run).catch_unwind().await, Ok(Ok(())));
            if failed {
                println!("schedule {seed} failed on {engine:?}");
            }
            failed.then_some((engine, seed))
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(failed.is_empty(), "replay with Z2D_SEED=n: {failed:?}");
}
