//! The backfill of earlier recordings: counted, requested, archived by the same jobs, stopped and continued.

mod account;
mod coverage;
mod interruptions;
mod priority;
mod scale;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use serde_json::Value;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::jobs::BACKFILL_EVENT;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::program::Program;
use crate::support::server::Log;
use crate::support::steps::days_ago;
use crate::support::world::{LIMIT, World, usual_meeting};

const ANN: &str = "ann@example.com";
const GONE: &str = "gone@example.com";

/// Settings that ship: what is old has no late files to wait for.
const SETTLE: (&str, &str) = ("SETTLE_FOR", "24h");

/// What hangs, hangs for as long as a test lasts.
const NEVER_IDLE: (&str, &str) = ("IDLE_TIMEOUT", "1h");

/// The day so many days ago, as the command line takes it.
pub fn day(days: i64) -> String {
    days_ago(days)[..10].to_owned()
}

fn meeting(number: usize, host: &str, days: i64) -> Meeting {
    let file = File::mp4(&format!("video-{number}"), 20_000);
    Meeting::new(uuid(number), format!("Call {number}")).host(host).start(&days_ago(days)).file(file)
}

fn uuid(number: usize) -> String {
    format!("old/{number}/AAAA==")
}

fn uuids(count: usize) -> Vec<String> {
    (0..count).map(uuid).collect()
}

fn refs(uuids: &[String]) -> Vec<&str> {
    uuids.iter().map(String::as_str).collect()
}

/// Two users, one of them inactive, with recordings in three windows of days.
async fn two_users(settings: &[(&str, &str)]) -> World {
    let world = World::with(&[&[SETTLE], settings].concat()).await;
    world.sandbox.zoom.add_user(GONE, "inactive");
    for (number, (host, days)) in
        [(ANN, 5), (ANN, 40), (ANN, 75), (GONE, 41), (GONE, 76)].into_iter().enumerate()
    {
        world.sandbox.zoom.add(meeting(number, host, days));
    }
    // Before the days that are asked for.
    world.sandbox.zoom.add(meeting(99, ANN, 120));
    world
}

/// Runs a command as `main` would; the exit code and what was printed.
pub async fn run(world: &World, arguments: &[&str]) -> (ExitCode, String) {
    run_with(world, &[], arguments).await
}

async fn run_with(world: &World, settings: &[(&str, &str)], arguments: &[&str]) -> (ExitCode, String) {
    let cli = Cli::try_parse_from([&["zoom2drive", "backfill"], arguments].concat()).unwrap();
    let mut all = world.settings.clone();
    // What a command logs is this whole process's, and not caught by any test.
    Log::install();
    all.insert("LOG".to_owned(), "off".to_owned());
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let mut reader = Reader::from_pairs(all);
    let mut out = Vec::new();
    let ran = tokio::time::timeout(LIMIT, cli::run(&cli.command, &mut reader, &mut out)).await;
    let code = match ran.expect("the command did not end") {
        Ok(code) => code,
        Err(error) => {
            out.extend(format!("{error:#}").into_bytes());
            cli::exit_code(&error)
        }
    };
    (code, String::from_utf8(out).unwrap())
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn rule(route: Route, subject: &str, times: u32, fault: Fault) -> Rule {
    Rule { route, subject: subject.to_owned(), skip: 0, times, fault }
}

/// What was asked of Google.
fn asked_of_google(world: &World) -> usize {
    let google = [Route::GoogleToken, Route::DriveGet, Route::DriveList, Route::UploadStart];
    google.into_iter().map(|route| world.sandbox.transcript.count(route)).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_years_before_are_archived_and_a_second_run_finds_nothing_to_do() {
    let world = two_users(&[]).await;
    let from = day(80);
    let (code, said) = run(&world, &["--from", &from, "--yes=trash"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}\n{}", world.calls());
    for part in ["to bring over  5", "No service works", "5 of 5", "Archived: 5 recordings", "inactive"] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    let all = uuids(5);
    world.assert_archived(&refs(&all));
    let store = world.open_store().await;
    let events = store.events(None).await.unwrap();
    assert!(events.len() == 5 && events.iter().all(|event| event.name == BACKFILL_EVENT), "{events:?}");
    assert_eq!(store.backlog().await.unwrap().last_event_at, None, "nothing of it was Zoom's call");
    store.close().await;

    // At Zoom they are in the trash by now; kept ones would be known as archived.
    let received = world.sandbox.google.bytes_received();
    let (code, said) = run(&world, &["--from", &from, "--yes=trash"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains("to bring over  0") && said.contains("Archived: 0 recordings"), "{said}");
    assert_eq!(world.sandbox.google.bytes_received(), received);
    world.assert_archived(&refs(&all));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zooms_copies_are_deleted_for_good_only_by_that_very_word() {
    let world = two_users(&[("AFTER_ARCHIVE", "delete")]).await;
    let from = day(80);
    let (code, said) = run(&world, &["--from", &from, "--yes=trash"]).await;
    assert_eq!(code, ExitCode::from(2), "{said}");
    assert!(world.archive().is_empty());
    let (code, said) = run(&world, &["--from", &from, "--yes=delete"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}\n{}", world.calls());
    assert!(said.contains("DELETED FOR GOOD"), "{said}");
    world.assert_archived(&refs(&uuids(5)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_archived_is_passed_over_and_an_estimate_says_so() {
    let world = two_users(&[("AFTER_ARCHIVE", "keep")]).await;
    let from = day(80);
    let (code, said) = run(&world, &["--from", &from, "--user", GONE, "--yes"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains("of 1 user(s)") && said.contains("Archived: 2 recordings"), "{said}");
    let (_, said) = run(&world, &["--from", &from, "--json", "--yes"]).await;
    let json = parsed(&said);
    assert_eq!((&json["to_bring_over"]["recordings"], &json["result"]["archived"]), (&3.into(), &3.into()));
    assert_eq!(json["passed_over"][0]["reason"], "archived already");
    assert_eq!(json["passed_over"][0]["recordings"], 2);
    assert_eq!(json["result"]["ok"], true, "{said}");
    world.assert_archived(&refs(&uuids(5)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn view_needs_nothing_of_google_and_no_database() {
    let world = two_users(&[]).await;
    let nothing = ["GOOGLE_APPLICATION_CREDENTIALS", "DRIVE_FOLDER_ID", "ZOOM_WEBHOOK_SECRET_TOKEN"];
    let nothing = nothing.map(|name| (name, ""));
    let (code, said) = run_with(&world, &nothing, &["view", "--from", &day(80)]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    let days = format!("Recordings from {} to {} (UTC) of 2 user(s)\n\n", day(80), day(0));
    insta::assert_snapshot!(said.strip_prefix(&days).unwrap(), @r"
    USER              STATUS    RECORDINGS  FILES  BYTES     KNOWN  ARCHIVED  TO BRING OVER
    ann@example.com   active    3           3      58.6 KiB  0      0         3
    gone@example.com  inactive  2           2      39.1 KiB  0      0         2
    all                         5           5      97.7 KiB  0      0         5
    There is no database yet, so it is not known which recordings are archived.
    ");
    let (_, said) = run_with(&world, &nothing, &["view", "--from", &day(80), "--json"]).await;
    let json = parsed(&said);
    assert_eq!(json["users"][1]["email"], GONE);
    assert_eq!(json["at_zoom"]["bytes"], 100_000);
    assert!(!world.folder.path().join("zoom2drive.db").exists());
    assert_eq!(asked_of_google(&world), 0);
    let none = ["ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"].map(|name| (name, ""));
    let (code, said) = run_with(&world, &none, &["view", "--from", &day(80)]).await;
    assert!(code == ExitCode::from(2) && said.contains("ZOOM_ACCOUNT_ID is missing"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_begins_nothing_and_says_what_is_passed_over_and_why() {
    let world = two_users(&[]).await;
    let zoom = &world.sandbox.zoom;
    let stand_up = Meeting::new("s==", "Daily stand-up").host(ANN).start(&days_ago(10));
    zoom.add(stand_up.file(File::mp4("s", 1_000)));
    zoom.add(Meeting::new("empty==", "Nothing").host(ANN).start(&days_ago(10)));
    let mut at_home = File::mp4("home", 5_000);
    at_home.file_path = Some("/mnt/home.mp4".to_owned());
    zoom.add(Meeting::new("home==", "At home").host(ANN).start(&days_ago(10)).file(at_home));
    let mut busy = File::mp4("busy", 5_000);
    busy.status = "processing".to_owned();
    zoom.add(Meeting::new("busy==", "Busy").host(ANN).start(&days_ago(1)).file(busy));
    let arguments = ["--from", &day(80), "--skip", "*STAND-UP", "--dry-run"];
    let (code, said) = run(&world, &arguments).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    let (_, said) = said.split_once("\n\n").unwrap();
    insta::assert_snapshot!(said, @r"
    USER              STATUS    TO BRING OVER  FILES  BYTES
    ann@example.com   active    3              3      58.6 KiB
    gone@example.com  inactive  2              2      39.1 KiB

                   RECORDINGS  FILES  BYTES
    at Zoom        9           6      98.6 KiB
    to bring over  5           5      97.7 KiB
    Passed over:
      1 --skip *STAND-UP
      1 Zoom is still processing it (its event comes later)
      1 has no files
      1 stored on your own machines, not at Zoom

    97.7 KiB: the time is unknown until some files have moved; it is shown then
    Google accepts 750 GB a day (DAILY_UPLOAD_LIMIT): 1 day(s)
    Zoom gets up to 20 calls: 0 s at half of its limits
    Google gets about 56 calls: 0 s at its limits
    Once proved, Zoom's copies go to Zoom's trash for 30 days (AFTER_ARCHIVE=trash).
    ");
    let (_, said) = run(&world, &[&arguments[..], &["--json"]].concat()).await;
    let estimate = &parsed(&said)["estimate"];
    assert_eq!((&estimate["zoom_calls_at_most"], &estimate["google_calls"]), (&20.into(), &56.into()));
    assert_eq!(estimate["google_seconds"], 0, "{said}");
    assert!(!world.folder.path().join("zoom2drive.db").exists());
    assert_eq!(asked_of_google(&world), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_must_say_what_they_want() {
    let world = two_users(&[]).await;
    let from = day(80);
    for (settings, arguments, hint) in [
        (&[][..], &["--from", &from][..], "--yes=trash"),
        (&[], &["--from", &from, "--yes"], "--yes=trash"),
        (&[("AFTER_ARCHIVE", "delete")], &["--from", &from, "--yes=trash"], "--yes=delete"),
        (&[("AFTER_ARCHIVE", "keep")], &["--from", &from], "give --yes"),
        (&[], &["--from", "2026-03", "--to", "2026-01", "--yes=trash"], "is later than"),
    ] {
        // A process, since here somebody might sit at a terminal.
        let arguments = [&["backfill"], arguments].concat();
        let mut program = Program::spawn(&world, &arguments, settings);
        let status = program.ended().await;
        assert_eq!(status.code(), Some(2), "{arguments:?}: {}", program.text());
        assert!(program.text().contains(hint), "{arguments:?}: {}", program.text());
    }
    assert!(world.sandbox.transcript.calls().is_empty(), "{}", world.calls());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_is_named_and_fails_the_command() {
    let world = two_users(&[]).await;
    let closed = Canned::google(403, "insufficientFilePermissions", "The user does not have write access.");
    world.sandbox.faults.once(Route::UploadStart, Fault::Answer(closed));
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash"]).await;
    assert_eq!(code, ExitCode::FAILURE, "{said}");
    for part in ["Archived: 4 recordings", "PARKED: 1 wait", "write access"] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    // Not tried again and again: a person must look first, and until then the command says so.
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash", "--json"]).await;
    let json = parsed(&said);
    let parked = &json["result"]["parked"][0];
    assert_eq!((code, json["parked"]["recordings"].as_i64()), (ExitCode::FAILURE, Some(1)), "{said}");
    assert!(parked["topic"].as_str().unwrap().starts_with("Call "), "{said}");
    let store = world.open_store().await;
    let id = parked["job"].as_i64().unwrap();
    store.retry(zoom2drive::jobs::JobId(id)).await.unwrap();
    store.close().await;
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    world.assert_archived(&refs(&uuids(5)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_cannot_be_listed_is_named_and_the_others_are_brought() {
    let world = two_users(&[]).await;
    let closed = Canned::new(200, "application/json", r#"{"code":200,"message":"No permission."}"#);
    world.sandbox.faults.once(Route::ZoomUserRecordings, Fault::Answer(closed));
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash", "--user", GONE, "--user", ANN]).await;
    assert_eq!(code, ExitCode::FAILURE, "{said}");
    assert!(said.contains(&format!("NOT LISTED: {ANN}")) && said.contains("Archived: 2"), "{said}");
    let (code, said) = run(&world, &["--from", &day(80), "--dry-run", "--user", "typo@example.com"]).await;
    assert!(code == ExitCode::FAILURE && said.contains("NO SUCH USER: typo@example.com"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_is_shown_and_is_no_failure() {
    let world = two_users(&[]).await;
    let full =
        Canned::google(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.");
    world.sandbox.faults.add(rule(Route::UploadStart, "", 1, Fault::Answer(full)));
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains("PAUSED drive (storage-full) until about"), "{said}");
    assert!(said.contains("Nothing is paused any more."), "{said}");
    world.assert_archived(&refs(&uuids(5)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_recording_overtakes_hundreds_of_old_ones() {
    const OLD: usize = 40;
    let settings = [SETTLE, NEVER_IDLE, ("AFTER_ARCHIVE", "keep"), ("TRANSFERS", "4")];
    let world = World::with(&settings).await;
    for number in 0..OLD {
        world.sandbox.zoom.add(meeting(number, ANN, 30));
    }
    // Every old file hangs: places and transfers of old ones are taken for as long as this test lasts.
    world.sandbox.faults.add(rule(Route::ZoomMedia, "old/", u32::MAX, Fault::Stall));
    let program = Program::serve(&world).await;
    let arguments = ["backfill", "--from", &day(40), "--yes"];
    let mut backfill = Program::spawn(&world, &arguments, &[]);
    let stalled = || world.sandbox.transcript.count(Route::ZoomMedia) >= 3;
    assert!(backfill.wait_until(stalled).await, "{}\n{}", backfill.text(), world.calls());
    world.sandbox.zoom.add(usual_meeting("fresh==").start(&days_ago(0)));
    world.deliver_to(&program, "fresh==").await;
    let arrived = || world.archive().len() == 4;
    assert!(program.wait_until(arrived).await, "{}\n{}", program.text(), world.calls());
    assert_eq!(
        world.sandbox.transcript.count(Route::ZoomMedia),
        3 + 4,
        "one transfer is left to fresh ones: {}",
        world.calls()
    );
    backfill.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recent_recordings_are_not_waited_for_until_their_late_files_came() {
    let world = World::with(&[SETTLE]).await;
    world.sandbox.zoom.add(usual_meeting("recent==").start(&days_ago(0)));
    world.sandbox.zoom.add(meeting(0, ANN, 30));
    let (code, said) =
        tokio::time::timeout(Duration::from_secs(50), run(&world, &["--from", &day(40), "--yes=trash"]))
            .await
            .unwrap();
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains("late files may follow") && said.contains("Of these 1 are recent"), "{said}");
    assert!(world.are_trashed(&[&uuid(0)]) && !world.are_trashed(&["recent=="]));
    world.assert_promises("recent==");
}
