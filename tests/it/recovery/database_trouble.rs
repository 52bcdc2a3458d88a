//! The database in trouble under the real program: full, locked, gone, read-only, silent. Zoom gets 503 in time, a
//! transfer without checkpoints ends with its lease, and when the trouble is over all continues by itself.

mod damage;
mod postgres;
mod sqlite;

use std::time::Duration;

use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::program::Program;
use crate::support::steps::calls;
use crate::support::world::{LIMIT, World};

const MIB: u64 = 1024 * 1024;

/// A lease that runs out soon, and chunks small enough for many checkpoints.
pub(super) const SETTINGS: [(&str, &str); 4] =
    [("LEASE_FOR", "3s"), ("CHUNK_SIZE", "256KiB"), ("WINDOW_SIZE", "1MiB"), ("IDLE_TIMEOUT", "2s")];

/// Under way when the trouble begins.
const BEFORE: &str = "before/+trouble/AA==";

/// Announced while it lasts.
const DURING: &str = "during/+trouble/AA==";

/// Zoom gives a webhook up after this time.
const ZOOM_WAITS: Duration = Duration::from_secs(3);

/// How a run says that it is over although that cannot be written down.
const ENDS: [&str; 3] =
    ["lost the lease", "the lease could not be renewed", "cannot store how the run ended"];

/// Deliveries of one event after the trouble, before a test gives up: connections may have to be made anew.
const DELIVERIES_MAX: usize = 100;

pub(super) fn meeting(uuid: &str) -> Meeting {
    let id = |name: &str| format!("{name}-{uuid}");
    Meeting::new(uuid, "Evening")
        .host("ann@example.com")
        .start("2026-03-01T18:30:00Z")
        .file(File::mp4(&id("video"), 6 * MIB + 17))
        .file(File::chat(&id("chat"), 321))
}

async fn is_ready(program: &Program) -> bool {
    let client = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().unwrap();
    let status = client.get(format!("{}/readyz", program.url)).send().await.unwrap().status().as_u16();
    assert!([200, 503].contains(&status), "{status}");
    status == 200
}

/// A transfer half-way, at which Zoom falls silent for a while.
async fn under_way(world: &World, program: &Program) {
    for uuid in [BEFORE, DURING] {
        world.sandbox.zoom.add(meeting(uuid));
    }
    let silence = Fault::MediaStall(2 * MIB);
    let rule = Rule { route: Route::ZoomMedia, subject: "video".into(), skip: 0, times: 1, fault: silence };
    world.sandbox.faults.add(rule);
    world.deliver_to(program, BEFORE).await;
    let google = &world.sandbox.google;
    assert!(program.wait_until(|| google.bytes_received() >= MIB).await, "{}", program.text());
}

/// What must be so while the database is in trouble.
async fn assert_trouble(world: &World, program: &Program) {
    let body = world.sandbox.zoom.event(DURING, "recording.completed");
    // Whoever delivers waits no longer than Zoom does.
    let answered = tokio::time::timeout(ZOOM_WAITS, world.post(program, &body)).await;
    assert_eq!(answered, Ok(Some(503)), "{}", program.text());
    assert!(!is_ready(program).await, "{}", program.text());
    // A write that fails ends the run; one that hangs ends it with the lease.
    let has_ended = || ENDS.iter().any(|line| program.text().contains(line));
    assert!(program.wait_until(has_ended).await, "{}", program.text());
    // The one chunk that was on its way ends; nothing more is sent blindly.
    let sent = || calls(world, Route::UploadChunk).len() + calls(world, Route::UploadStatus).len();
    let before = sent();
    assert_eq!(world.post(program, &body).await, Some(503), "{}", program.text());
    assert!(sent() <= before + 1, "it goes on without a lease:\n{}", world.calls());
}

/// What must come to be when the trouble is over.
async fn assert_goes_on(world: World, program: Program) {
    let body = world.sandbox.zoom.event(DURING, "recording.completed");
    let mut answer = None;
    for _delivery in 0..DELIVERIES_MAX {
        answer = world.post(&program, &body).await;
        if answer == Some(200) {
            break;
        }
    }
    assert_eq!(answer, Some(200), "{}", program.text());
    assert!(is_ready(&program).await, "{}", program.text());
    world.archived(program, &[BEFORE, DURING]).await;
}
