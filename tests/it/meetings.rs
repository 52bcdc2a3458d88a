//! `zoom2drive meetings`: a meeting is made once, at the time that was meant, and a change changes what was given.

mod bad_input;
mod changes;
mod creation;
mod overlaps;
mod reading;
mod refusals;
mod secrets;

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::Scheduled;

use crate::support::command::{self, Ran};
use crate::support::world::World;

/// A Tuesday, far enough from today.
const DAY: &str = "2031-12-02";

/// A sandbox with nothing in it; times are those of Kyiv.
async fn world() -> World {
    World::with(&[("TIMEZONE", "Europe/Kyiv")]).await
}

/// Runs a command as `main` would.
async fn run(world: &World, arguments: &[&str]) -> Ran {
    run_with(world, &[], arguments).await
}

async fn run_with(world: &World, settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
    command::run(world, settings, &[&["meetings"], arguments].concat()).await
}

/// `create` with a topic and a start at this time of [`DAY`].
async fn create(world: &World, time: &str, more: &[&str]) -> Ran {
    let start = format!("{DAY}T{time}");
    run(world, &[&["create", "--topic", "Bible study", "--start", &start], more].concat()).await
}

/// A meeting at this time of [`DAY`], in UTC.
fn at(topic: &str, time: &str, minutes: u64) -> Scheduled {
    Scheduled::new(topic, &format!("{DAY}T{time}:00Z"), minutes)
}

/// The next `times` calls of this route get this fault.
fn fault(world: &World, route: Route, times: u32, fault: Fault) {
    world.sandbox.faults.add(Rule { route, subject: String::new(), skip: 0, times, fault });
}

/// The next call of this route gets this refusal of Zoom's.
fn refuse(world: &World, route: Route, status: u16, code: i64, message: &str) {
    fault(world, route, 1, Fault::Answer(Canned::zoom(status, code, message)));
}

/// The requests that reached Zoom's API, without the token's.
fn requests(world: &World) -> Vec<String> {
    let calls = world.sandbox.transcript.calls();
    let is_api = |route: &Route| *route != Route::ZoomToken;
    calls.iter().filter(|call| is_api(&call.route)).map(|call| call.request.replace("/v2", "")).collect()
}

#[track_caller]
fn assert_clean(world: &World) {
    let violations = world.sandbox.transcript.violations();
    assert!(violations.is_empty(), "{violations:#?}");
}
