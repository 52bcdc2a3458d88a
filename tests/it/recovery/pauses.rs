//! When Google or Zoom says no to everybody: one alert, no job loses an attempt or is parked, few calls, and
//! all goes on by itself once it is mended.

use serde_json::Value;
use zoom2drive::jobs::pause::{PauseCause, System};
use zoom2drive::jobs::{Job, Standing};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting, Zoom};
use zoom2drive::store::JobFilter;

use crate::support::program::Program;
use crate::support::world::{LIMIT, World};

/// Recordings that wait at the same time.
const MEETINGS: usize = 6;

/// Bytes of each.
const SIZE: u64 = 300_000;

/// Calls that a pause may cost at its beginning: each job that is under way meets it once, and tries a few
/// times where the failure may pass.
const CALLS_MAX: usize = 5 * MEETINGS;

/// Attempts that a job may lose before enough others have failed likewise; many more, if nothing stopped them.
const UNKNOWN: u32 = 8;

/// Waits of pauses are multiples of this one.
const SOON: (&str, &str) = ("RETRY_WAIT", "1ms");

fn uuid(number: usize) -> String {
    format!("/pause+{number}/AAAAAAAAAAAAA==")
}

fn uuids() -> Vec<String> {
    (0..MEETINGS).map(uuid).collect()
}

fn always(route: Route, answer: &Canned) -> Rule {
    Rule { route, subject: String::new(), skip: 0, times: 1_000_000, fault: Fault::Answer(answer.clone()) }
}

async fn world(settings: &[(&str, &str)]) -> World {
    let world = World::with(&[&[SOON], settings].concat()).await;
    for number in 0..MEETINGS {
        world.sandbox.zoom.add(
            Meeting::new(uuid(number), format!("Evening {number}"))
                .host("ann@example.com")
                .start("2026-03-01T18:30:00Z")
                .file(File::mp4(&format!("video-{number}"), SIZE)),
        );
    }
    world
}

/// Waits until there is a pause and every job that was begun has met it: from then on nothing is claimed.
async fn calm(world: &World) {
    let store = world.open_store().await;
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let is_paused = !store.pauses().await.unwrap().is_empty();
        let is_busy = store.jobs(JobFilter::default()).await.unwrap().iter().any(|job| job.leased);
        if is_paused && !is_busy {
            return store.close().await;
        }
        assert!(tokio::time::Instant::now() < deadline, "no calm:\n{}", world.calls());
        world.sandbox.transcript.wait_until(std::time::Duration::from_millis(20), || false).await;
    }
}

async fn deliver(world: &World, program: &Program) {
    for uuid in uuids() {
        world.deliver_to(program, &uuid).await;
    }
}

async fn jobs(world: &World) -> Vec<Job> {
    let store = world.open_store().await;
    let jobs = store.jobs(JobFilter::default()).await.unwrap();
    store.close().await;
    jobs
}

fn lines(program: &Program, text: &str) -> usize {
    program.text().lines().filter(|line| line.contains(text)).count()
}

/// How often people were called.
fn alerts(program: &Program) -> usize {
    program.text().lines().filter(|line| line.contains("ERROR")).count()
}

async fn probes(program: &Program, count: usize) {
    let probed = || lines(program, "waiting for the pause to end") >= count;
    assert!(program.wait_until(probed).await, "{}", program.text());
}

async fn admin(world: &World, program: &Program, method: reqwest::Method, path: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, format!("{}{path}", program.url));
    let answer = request.bearer_auth(&world.settings["ADMIN_TOKEN"]).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn probe_now(world: &World, program: &Program, system: System) {
    admin(world, program, reqwest::Method::POST, &format!("/admin/pauses/{system}/probe")).await;
}

/// The story of every pause: `broken` holds for all, is met, waited for, and mended.
struct Story {
    system: System,
    cause: PauseCause,
    /// Where the refusals are counted.
    route: Route,
    /// What the message must name.
    hint: &'static str,
}

impl Story {
    /// Until the pause is in force and two probes have failed. Attempts that jobs may have lost before
    /// anybody could know are `spent`.
    async fn begins(&self, world: &World, spent: u32) -> Program {
        let program = Program::serve(world).await;
        deliver(world, &program).await;
        let paused = format!("{} is paused ({})", self.system, self.cause);
        assert!(program.wait_for_line(&paused).await, "{}", program.text());
        let all = admin(world, &program, reqwest::Method::GET, "/admin/pauses").await;
        let [shown] = &all.as_array().unwrap()[..] else { panic!("{all}") };
        assert_eq!(
            (&shown["system"], &shown["cause"]),
            (&self.system.name().into(), &self.cause.name().into())
        );
        assert!(shown["message"].as_str().unwrap().contains(self.hint), "{shown}");
        let probing = || lines(&program, "probing whether") >= 3;
        assert!(program.wait_until(probing).await, "{}", program.text());
        let calls = world.sandbox.transcript.count(self.route);
        assert!(calls <= CALLS_MAX, "{calls} calls\n{}", world.calls());
        for job in jobs(world).await {
            assert_eq!(job.standing, Standing::Active, "{}", job.reason);
            assert!(job.attempts <= spent, "{} attempts: {}", job.attempts, job.reason);
        }
        program
    }

    /// Once it is mended.
    async fn ends(&self, world: &World, program: Program) {
        probe_now(world, &program, self.system).await;
        let all = uuids();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        world.trashed(&program, &all).await;
        assert_eq!(alerts(&program), 1, "{}", program.text());
        assert_eq!(lines(&program, "jobs continue"), 1, "{}", program.text());
        let pauses = admin(world, &program, reqwest::Method::GET, "/admin/pauses").await;
        assert_eq!(pauses, Value::Array(Vec::new()));
        world.finished(program, &all).await;
    }
}

/// A refusal that a fault of the sandbox makes, and that its end mends.
async fn refused(story: Story, answer: &Canned) {
    let world = world(&[]).await;
    world.sandbox.faults.add(always(story.route, answer));
    let program = story.begins(&world, 0).await;
    world.sandbox.faults.clear();
    story.ends(&world, program).await;
}

fn full() -> Canned {
    Canned::google(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_drive() {
    let (system, cause) = (System::Drive, PauseCause::StorageFull);
    refused(Story { system, cause, route: Route::UploadStart, hint: "Make room" }, &full()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_drive_with_too_many_files() {
    let answer = Canned::google(403, "teamDriveFileLimitExceeded", "The file limit has been exceeded.");
    let (system, cause) = (System::Drive, PauseCause::ItemsFull);
    refused(Story { system, cause, route: Route::DriveCreate, hint: "500,000" }, &answer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoked_google_credentials() {
    let body = r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
    let (system, cause) = (System::Drive, PauseCause::Credentials);
    let story = Story { system, cause, route: Route::GoogleToken, hint: "Service Accounts" };
    refused(story, &Canned::new(400, "application/json", body)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zoom_app_that_is_no_longer_active() {
    let body = r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#;
    let (system, cause) = (System::Zoom, PauseCause::Credentials);
    let story = Story { system, cause, route: Route::ZoomToken, hint: "marketplace.zoom.us" };
    refused(story, &Canned::new(400, "application/json", body)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_that_the_zoom_app_lacks() {
    let world = world(&[]).await;
    world.sandbox.zoom.remove_scope("cloud_recording:read:list_recording_files:admin");
    let (system, cause) = (System::Zoom, PauseCause::MissingScope);
    let story = Story { system, cause, route: Route::ZoomRecording, hint: "list_recording_files" };
    let program = story.begins(&world, 0).await;
    // The token that the program holds keeps lacking it: it must fetch another.
    world.sandbox.zoom.set_scopes(&Zoom::all_scopes().iter().map(String::as_str).collect::<Vec<_>>());
    story.ends(&world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_folder_in_the_trash() {
    let world = world(&[]).await;
    let root = world.sandbox.google.root_folder();
    world.sandbox.google.trash(&root);
    let (system, cause) = (System::Drive, PauseCause::RootUnusable);
    let story = Story { system, cause, route: Route::DriveGet, hint: "in the trash" };
    let program = story.begins(&world, 0).await;
    assert_eq!((world.sandbox.google.bytes_received(), world.sandbox.zoom.bytes_sent()), (0, 0));
    world.sandbox.google.restore(&root);
    story.ends(&world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drive_that_is_down_for_many_jobs() {
    let world = world(&[]).await;
    let down = Canned::new(503, "text/plain", "backend error");
    for route in [Route::DriveGet, Route::DriveList, Route::DriveIds, Route::UploadStart] {
        world.sandbox.faults.add(always(route, &down));
    }
    let (system, cause) = (System::Drive, PauseCause::Unreachable);
    let story = Story { system, cause, route: Route::DriveGet, hint: "appsstatus" };
    let program = story.begins(&world, UNKNOWN).await;
    world.sandbox.faults.clear();
    story.ends(&world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_that_fail_for_many_jobs() {
    let world = world(&[]).await;
    world.sandbox.faults.add(always(Route::ZoomDownload, &Canned::new(503, "text/plain", "gone")));
    let (system, cause) = (System::Media, PauseCause::Unreachable);
    let story = Story { system, cause, route: Route::ZoomRecording, hint: "status.zoom.us" };
    let program = story.begins(&world, UNKNOWN).await;
    world.sandbox.faults.clear();
    story.ends(&world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daily_limit_by_our_own_count() {
    // Room for three of them; one at a time, as what is under way may end.
    let world = world(&[("DAILY_UPLOAD_LIMIT", "1MB"), ("TRANSFERS", "1")]).await;
    let (system, cause) = (System::Drive, PauseCause::DailyLimit);
    let program = Program::serve(&world).await;
    deliver(&world, &program).await;
    assert!(program.wait_for_line("drive is paused (daily-limit)").await, "{}", program.text());
    let archived = || world.archive().len() == 3;
    assert!(program.wait_until(archived).await, "{}", program.text());
    probes(&program, MEETINGS - 3).await;
    // Asked too early: there is no room yet, and Google is not troubled.
    let waiting = lines(&program, "waiting for the pause to end");
    probe_now(&world, &program, system).await;
    probes(&program, waiting + 1).await;
    assert_eq!(world.sandbox.transcript.count(Route::UploadStart), 3);
    let shown = admin(&world, &program, reqwest::Method::GET, "/admin/pauses").await;
    let until: jiff::Timestamp = shown[0]["next_probe_at"].as_str().unwrap().parse().unwrap();
    let wait = until.duration_since(jiff::Timestamp::now()).as_hours();
    assert!((22..=25).contains(&wait), "{shown}");

    world.sql("UPDATE uploads SET hour_at = hour_at - 25 * 3600000").await;
    let story = Story { system, cause, route: Route::UploadStart, hint: "" };
    story.ends(&world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_larger_than_the_daily_limit_does_not_wait_for_ever() {
    let world = World::with(&[("DAILY_UPLOAD_LIMIT", "100kB")]).await;
    world.sandbox.zoom.add(Meeting::new(uuid(0), "Long").file(File::mp4("video", SIZE)));
    let program = Program::serve(&world).await;
    world.deliver_to(&program, &uuid(0)).await;
    world.trashed(&program, &[&uuid(0)]).await;
    assert_eq!(lines(&program, "larger than DAILY_UPLOAD_LIMIT"), 1, "{}", program.text());
    world.finished(program, &[&uuid(0)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_limit_that_goes_on_for_long_is_the_daily_limit() {
    let world = world(&[]).await;
    let answer = Canned::google(403, "userRateLimitExceeded", "User rate limit exceeded.");
    world.sandbox.faults.add(always(Route::UploadStart, &answer));
    let program = Program::serve(&world).await;
    deliver(&world, &program).await;
    assert!(program.wait_for_line("drive is paused (daily-limit)").await, "{}", program.text());
    probes(&program, 1).await;
    let waiting = lines(&program, "waiting for the pause to end");
    probe_now(&world, &program, System::Drive).await;
    probes(&program, waiting + 1).await;
    assert!(jobs(&world).await.iter().all(|job| job.standing == Standing::Active));
    world.sandbox.faults.clear();
    let (system, cause) = (System::Drive, PauseCause::DailyLimit);
    Story { system, cause, route: Route::UploadStart, hint: "" }.ends(&world, program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_while_paused_stays_paused() {
    // Waits of minutes: nothing ends by itself here.
    let world = world(&[("RETRY_WAIT", "1s")]).await;
    world.sandbox.faults.add(always(Route::UploadStart, &full()));
    let first = Program::serve(&world).await;
    deliver(&world, &first).await;
    calm(&world).await;
    first.stop().await;
    let refused = world.sandbox.transcript.calls().len();

    let second = Program::serve(&world).await;
    world.sandbox.zoom.add(Meeting::new(uuid(9), "After").file(File::mp4("after", SIZE)));
    world.deliver_to(&second, &uuid(9)).await;
    let ready = reqwest::get(format!("{}/readyz", second.url)).await.unwrap();
    assert_eq!(ready.status(), 200);
    assert_eq!(ready.json::<Value>().await.unwrap()["pauses"], 1);
    // Whatever is asked from here on is asked by the one probe.
    probe_now(&world, &second, System::Drive).await;
    probes(&second, 1).await;
    assert_eq!((alerts(&second), lines(&second, "probing whether")), (0, 1), "{}", second.text());
    let calls = world.sandbox.transcript.calls();
    let starts = calls[refused..].iter().filter(|call| call.route == Route::UploadStart).count();
    assert_eq!(starts, 1, "{}", world.calls());

    world.sandbox.faults.clear();
    probe_now(&world, &second, System::Drive).await;
    let all: Vec<String> = uuids().into_iter().chain([uuid(9)]).collect();
    world.archived(second, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_share_a_pause_and_a_crashed_probe_holds_nobody_up() {
    let world = world(&[("RETRY_WAIT", "1s")]).await;
    world.sandbox.faults.add(always(Route::UploadStart, &full()));
    let mut first = Program::serve(&world).await;
    let mut second = Program::serve(&world).await;
    for (number, uuid) in uuids().iter().enumerate() {
        world.deliver_to(if number % 2 == 0 { &first } else { &second }, uuid).await;
    }
    let sum = |first: &Program, second: &Program, text| lines(first, text) + lines(second, text);
    calm(&world).await;
    assert_eq!(alerts(&first) + alerts(&second), 1, "{}\n{}", first.text(), second.text());

    // One of them probes, and is killed in the middle of it.
    world.sandbox.faults.clear();
    let starts = world.sandbox.transcript.count(Route::UploadStart);
    world.sandbox.faults.once(Route::UploadStart, Fault::Stall);
    probe_now(&world, &first, System::Drive).await;
    let stalled = || world.sandbox.transcript.count(Route::UploadStart) > starts;
    assert!(first.wait_until(stalled).await, "{}\n{}", first.text(), second.text());
    assert_eq!(sum(&first, &second, "probing whether"), 1, "{}\n{}", first.text(), second.text());
    let other = if lines(&first, "probing whether") == 1 {
        first.kill();
        second
    } else {
        second.kill();
        first
    };
    let all = uuids();
    world.archived(other, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
}
