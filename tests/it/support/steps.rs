//! Steps and counts that tests of several folders share.

use serde_json::Value;
use zoom2drive::jobs::Stage;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::transcript::Call;

use super::world::{Life, World};

/// As if the event had come so long before. The waits of these tests are a two-hundredth of the usual ones.
pub const LATER: &str = "UPDATE jobs SET accepted_at = accepted_at - 10000, next_attempt_at = 0";
pub const DAY_LATER: &str = "UPDATE jobs SET accepted_at = accepted_at - 86400000, next_attempt_at = 0";

pub fn trashes(world: &World) -> usize {
    world.sandbox.transcript.count(Route::ZoomTrash)
}

pub async fn settled_into_waiting(life: &Life) {
    life.wait_for("the first archive", |jobs| {
        jobs.iter().all(|job| job.stage == Stage::Verified && !job.leased)
    })
    .await;
}

pub fn days_ago(days: i64) -> String {
    let then = jiff::Timestamp::now().as_second() - days * 24 * 3600;
    jiff::Timestamp::from_second(then).unwrap().to_string()
}

/// Zoom's own event for a meeting, to be changed.
pub fn event(world: &World, uuid: &str) -> Value {
    serde_json::from_slice(&world.sandbox.zoom.event(uuid, "recording.completed")).unwrap()
}

/// Zoom does not list the recording for now.
pub fn refuse_listing(world: &World, uuid: &str, answer: Canned) {
    world.sandbox.faults.add(Rule {
        route: Route::ZoomRecording,
        subject: uuid.to_owned(),
        skip: 0,
        times: u32::MAX,
        fault: Fault::Answer(answer),
    });
}

pub fn calls(world: &World, route: Route) -> Vec<Call> {
    let mut calls = world.sandbox.transcript.calls();
    calls.retain(|call| call.route == route);
    calls
}

/// What a status query was told: `308 bytes=0-N`.
pub fn held(call: &Call) -> u64 {
    let (_, last) = call.answer.split_once("bytes=0-").unwrap_or_else(|| panic!("{call}"));
    last.parse::<u64>().unwrap() + 1
}

/// From where Zoom was read: `[bytes=N-]`, else the beginning.
pub fn range_start(call: &Call) -> u64 {
    let range = call.request.split_once("[bytes=").map(|(_, range)| range.split_once('-').unwrap().0);
    range.map_or(0, |start| start.parse().unwrap())
}
