//! An account of 350 users and 3,000 recordings: within Zoom's limits, and in memory that does not grow with it.

use std::time::{Duration, Instant};

use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::store::JobFilter;

use super::{day, days_ago, run};
use crate::support::program::Program;
use crate::support::world::{World, number};

/// Users, and those of them who have recorded anything.
const USERS: usize = 350;
const HOSTS: usize = 30;

/// Recordings of each host.
const EACH: usize = 100;

/// Of each recording's one file.
const FILE_BYTES: u64 = 300;

/// Most memory of the real process, in KiB: what an idle one takes, and room for pages of 300 rows.
const MEMORY_KIB_MAX: u64 = 96 * 1024;

/// Zoom's limit for lists with a business plan is 60 in a second; half of it at the most is asked for.
const LISTS_PER_SECOND_MAX: f64 = 30.0;

async fn large_account(users: usize, each: usize) -> World {
    // Leases as they ship: on a busy machine the tests' own would run out.
    let world = World::with(&[("AFTER_ARCHIVE", "keep"), ("LEASE_FOR", "60s")]).await;
    let zoom = &world.sandbox.zoom;
    for user in 0..users {
        zoom.add_user(
            &format!("user-{user:03}@example.com"),
            if user % 10 == 0 { "inactive" } else { "active" },
        );
    }
    for user in 0..HOSTS {
        for recording in 0..each {
            let (uuid, id) = (format!("m{user}/{recording}=="), format!("f-{user}-{recording}"));
            let meeting = Meeting::new(uuid, format!("Call {recording}"));
            let meeting = meeting.host(&format!("user-{user:03}@example.com"));
            zoom.add(meeting.start(&days_ago(20)).file(File::chat(&id, FILE_BYTES)));
        }
    }
    world
}

fn peak_memory_kib(program: &Program) -> u64 {
    let status = program.proc("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_thousand_recordings_of_350_users_are_begun_in_flat_memory_and_within_zooms_limits() {
    let world = large_account(USERS, EACH).await;
    // Somebody seems to work on the database, and does not: all that the process does is to list, begin and watch.
    let store = world.open_store().await;
    store.begin_work(std::time::Duration::from_secs(60)).await.unwrap();
    let began = Instant::now();
    let arguments = ["backfill", "--from", &day(25), "--yes"];
    let mut program = Program::spawn(&world, &arguments, &[]);
    let deadline = began + Duration::from_secs(300);
    while store.backlog().await.unwrap().unarchived < (HOSTS * EACH) as u64 {
        assert!(Instant::now() < deadline, "{}", program.text());
        world.sandbox.transcript.wait_until(Duration::from_millis(200), || false).await;
    }
    let took = began.elapsed();
    let lists = world.sandbox.transcript.count(Route::ZoomUserRecordings);
    let peak = peak_memory_kib(&program);
    eprintln!("{lists} lists and 3,000 jobs begun in {took:?}; peak memory {} MiB", peak / 1024);
    assert_eq!(lists, USERS, "a list was read a second time, though its rows are kept");
    assert!((lists as f64) < 8.0 + LISTS_PER_SECOND_MAX * took.as_secs_f64(), "{lists} in {took:?}");
    assert!(peak < MEMORY_KIB_MAX, "{} MiB", peak / 1024);
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
    program.terminate();
    assert_eq!(program.ended().await.code(), Some(1), "not all of it is done");
    store.close().await;
}

/// The whole way of 90 recordings; of all 3,000 of 350 users with `Z2D_BACKFILL=100` (per host), which takes
/// a quarter of an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_account_is_archived_to_the_last_recording() {
    let each = number("Z2D_BACKFILL").map(|each| usize::try_from(each).unwrap());
    let world = large_account(if each.is_some() { USERS } else { HOSTS }, each.unwrap_or(3)).await;
    let each = each.unwrap_or(3);
    let mut program = Program::spawn(&world, &["backfill", "--from", &day(25), "--yes"], &[]);
    let mut peak = 0;
    let mut seen = 0;
    // As long as bytes come, it is waited for.
    loop {
        let all = (HOSTS * each) as u64 * FILE_BYTES;
        let google = &world.sandbox.google;
        let further = all.min(seen + 20 * FILE_BYTES);
        let moved = program.wait_until(|| google.bytes_received() >= further).await;
        seen = google.bytes_received();
        let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap_or_default();
        if status.contains("VmHWM:") {
            peak = peak_memory_kib(&program);
        }
        if !moved || seen >= all {
            break;
        }
    }
    let status = program.ended().await;
    assert_eq!(status.code(), Some(0), "{}", program.text());
    eprintln!("{} recordings archived; peak memory {} MiB", HOSTS * each, peak / 1024);
    assert!(peak < MEMORY_KIB_MAX, "{} MiB", peak / 1024);
    let uuids: Vec<String> =
        (0..HOSTS).flat_map(|user| (0..each).map(move |one| format!("m{user}/{one}=="))).collect();
    world.assert_archived(&uuids.iter().map(String::as_str).collect::<Vec<_>>());
    let store = world.open_store().await;
    assert!(store.jobs(JobFilter::default()).await.unwrap().iter().all(|job| !job.leased));
    store.close().await;
    let (_, said) = run(&world, &["view", "--from", &day(25), "--user", "user-000@example.com"]).await;
    assert!(said.contains("inactive"), "{said}");
}
