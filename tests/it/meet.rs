//! `zoom2drive meet`: conferences of one user and of a company; one user's failure hides nobody else's.

mod attendance;
mod bring;
mod bring_faults;
mod company;
mod faults;
mod gap;
mod input;
mod one_user;
mod upcoming;
mod verify;

use jiff::Timestamp;
use serde_json::Value;
use zoom2drive::sandbox::google::{Conference, Participant, User};

use crate::support::command::{self, Ran};
use crate::support::world::World;

pub const EWA: &str = "ewa@theatre.example";
const JAN: &str = "jan@theatre.example";
const ADMIN: &str = "admin@theatre.example";

const MEET: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
const DIRECTORY: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly";
const CALENDAR: &str = "https://www.googleapis.com/auth/calendar.events.readonly";

/// A company with an admin and these users. It is the third of November at Google.
async fn world(users: &[&str]) -> World {
    world_with(users, &[]).await
}

pub async fn world_with(users: &[&str], settings: &[(&str, &str)]) -> World {
    let usual = [("TIMEZONE", "Europe/Warsaw"), ("GOOGLE_ADMIN_SUBJECT", ADMIN)];
    let world = World::with(&[&usual[..], settings].concat()).await;
    let google = &world.sandbox.google;
    google.set_meet_now("2026-11-03T12:00:00Z".parse().unwrap());
    google.add_user(User::new(ADMIN, "Admin").admin());
    for user in users {
        google.add_user(User::new(user, user.split('@').next().unwrap()));
    }
    world
}

/// A time of the second of November.
fn at(time: &str) -> Timestamp {
    format!("2026-11-02T{time}Z").parse().unwrap()
}

/// A conference of these minutes, in which its organiser was.
pub fn conference(id: &str, organizer: &str, code: &str, from: &str, to: &str) -> Conference {
    let (from, to) = (at(from), at(to));
    let organiser = Participant::user(organizer, organizer).session(from, to);
    Conference::new(organizer, code, from).id(id).ended(to).participant(organiser)
}

/// Runs a command as `main` would.
pub async fn run(world: &World, arguments: &[&str]) -> Ran {
    run_with(world, &[], arguments).await
}

/// The same with these settings; an empty value takes a setting away.
async fn run_with(world: &World, settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
    command::run(world, settings, &[&["meet"], arguments].concat()).await
}

/// The ids of the conferences of each meeting in an answer of `past --json`.
fn conferences(answer: &Value) -> Vec<Vec<&str>> {
    let rows = answer["meetings"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let parts = row["parts"].as_array().unwrap().iter();
            parts
                .map(|part| part["conference"].as_str().unwrap().trim_start_matches("conferenceRecords/"))
                .collect()
        })
        .collect()
}

#[track_caller]
fn assert_clean(world: &World) {
    let violations = world.sandbox.transcript.violations();
    assert!(violations.is_empty(), "{violations:#?}");
    // Nothing but GET reaches Google, except for tokens.
    let calls = world.sandbox.transcript.calls();
    let writes: Vec<_> = calls
        .iter()
        .filter(|call| !call.request.starts_with("GET ") && !call.request.contains("token"))
        .map(ToString::to_string)
        .collect();
    assert!(writes.is_empty(), "{writes:#?}");
}
