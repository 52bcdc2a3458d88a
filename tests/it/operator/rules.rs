//! What rules skip, and what a change of theirs means for what was skipped.

mod commands;
mod destinations;
mod hosts;

use clap::Parser;
use serde_json::Value;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::jobs::{FileState, Job, Standing};
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};

use crate::support::steps::days_ago;
use crate::support::steps::trashes;
use crate::support::world::{Engine, Life, World, usual_meeting};
use crate::sweep::swept_again;

const UUID: &str = "rules/+uuid==";

/// Every call that goes to Drive or fetches bytes.
const COSTLY: [Route; 9] = [
    Route::ZoomDownload,
    Route::ZoomMedia,
    Route::DriveGet,
    Route::DriveList,
    Route::DriveIds,
    Route::DriveCreate,
    Route::DriveUpdate,
    Route::UploadStart,
    Route::UploadChunk,
];

async fn world(rules: &str) -> World {
    on(Engine::Sqlite, rules, &[]).await
}

async fn on(engine: Engine, rules: &str, settings: &[(&str, &str)]) -> World {
    let mut world = World::on(engine, settings).await;
    write(&mut world, rules);
    world
}

/// The rules of the lives to come.
fn write(world: &mut World, rules: &str) {
    let path = world.folder.path().join("rules.toml");
    std::fs::write(&path, rules).unwrap();
    world.settings.insert("RULES_FILE".to_owned(), path.to_str().unwrap().to_owned());
}

fn small(uuid: &str, topic: &str, host: &str) -> Meeting {
    Meeting::new(uuid, topic)
        .host(host)
        .start("2026-03-01T18:30:00Z")
        .file(File::chat(&format!("chat-{uuid}"), 321))
}

async fn command(world: &World, arguments: &[&str]) -> String {
    let cli = Cli::try_parse_from([&["zoom2drive"], arguments].concat()).unwrap();
    let mut out = Vec::new();
    cli::run(&cli.command, &mut Reader::from_pairs(world.settings.clone()), &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn admin(life: &Life, path: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}/admin{path}", life.url)).bearer_auth("an-admin-token-for-tests");
    request.send().await.unwrap().json().await.unwrap()
}

/// The job of a recording.
async fn job_of(life: &Life, uuid: &str) -> Job {
    life.jobs().await.into_iter().find(|job| job.recording.uuid.as_str() == uuid).unwrap()
}

/// The files of a job that are skipped, with the reasons, and how many are not.
async fn skipped(life: &Life, job: &Job) -> (Vec<String>, usize) {
    let files = life.files(job.id).await;
    let told = |file: &FileState| match file {
        FileState::Skipped(reason) => Some(reason.clone()),
        _ => None,
    };
    let reasons: Vec<String> = files.iter().filter_map(|file| told(&file.state)).collect();
    let others = files.len() - reasons.len();
    (reasons, others)
}

/// Has a finished job looked at again, and waits for its end.
async fn retry(world: &World, life: &Life, uuid: &str) {
    let job = job_of(life, uuid).await;
    life.store.retry(job.id).await.unwrap();
    life.finish(world).await;
}

#[tokio::test]
async fn a_skipped_recording_costs_drive_nothing_and_says_why_wherever_it_is_shown() {
    let world = world("[skip]\nhosts = ['*@example.com']\n").await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    let reason = "host matches skip list `*@example.com` (rules, line 2)";
    let job = job_of(&life, UUID).await;
    assert_eq!(
        (job.standing, job.reason.as_str()),
        (Standing::Finished, format!("skipped: {reason}").as_str())
    );
    assert_eq!(skipped(&life, &job).await, (vec![reason.to_owned(); 4], 0));
    let calls = COSTLY.map(|route| world.sandbox.transcript.count(route));
    assert_eq!(calls, [0; COSTLY.len()], "{}", world.calls());
    assert_eq!((trashes(&world), world.sandbox.zoom.recording(UUID).unwrap().standing), (0, AtZoom::Present));

    let shown = admin(&life, "/jobs/1").await;
    assert_eq!(shown["reason"], format!("skipped: {reason}"));
    for file in shown["files"].as_array().unwrap() {
        assert_eq!((&file["state"], &file["skip_reason"]), (&"skipped".into(), &reason.into()));
    }
    let shown = command(&world, &["jobs", "show", "1"]).await;
    assert!(shown.contains(&format!("reason     skipped: {reason}")), "{shown}");
    life.stop().await;
}

#[tokio::test]
async fn only_what_the_lists_the_tag_and_the_duration_ask_for_is_archived() {
    let world = world(
        "[only]\nhosts = ['*@drama.org']\ntag = '[REC]'\nminimum_minutes = 5\nmeeting_types = ['meeting']\n",
    )
    .await;
    let meetings = [
        ("wanted", "[rec] Act 1", "ann@drama.org", 60, 2, ""),
        ("host", "[REC] Act 1", "eve@else.org", 60, 2, "host is not on the only list (rules, line 2)"),
        ("tag", "Act 1", "ann@drama.org", 60, 2, "topic has no tag `[REC]` (rules, line 3)"),
        ("short", "[REC] Act 1", "ann@drama.org", 4, 2, "it lasted 4 min, less than 5 (rules, line 4)"),
        (
            "kind",
            "[REC] Act 1",
            "ann@drama.org",
            60,
            5,
            "meeting type is not on the only list (rules, line 5)",
        ),
    ];
    let life = world.live().await;
    for (uuid, topic, host, minutes, kind, _) in meetings {
        let mut meeting = small(uuid, topic, host);
        (meeting.duration, meeting.kind) = (minutes, kind);
        world.sandbox.zoom.add(meeting);
        world.deliver(&life, uuid).await;
    }
    life.finish(&world).await;
    for (uuid, _, _, _, _, reason) in meetings {
        let (reasons, others) = skipped(&life, &job_of(&life, uuid).await).await;
        assert_eq!(reasons.concat(), reason, "{uuid}");
        assert_eq!(others, usize::from(uuid == "wanted"));
    }
    assert_eq!((world.archive().len(), trashes(&world)), (1, 1));
    life.stop().await;
}

#[tokio::test]
async fn the_listing_decides_and_not_the_events_hint() {
    let world = world("[skip]\ntopics = ['*private*']\n").await;
    world.sandbox.zoom.add(small(UUID, "Lesson", "ann@example.com"));
    let event = world.sandbox.zoom.event(UUID, "recording.completed");
    world.sandbox.zoom.rename(UUID, "Private lesson");
    let life = world.live().await;
    assert_eq!(world.send(&life, &event).await, 200);
    life.finish(&world).await;
    assert_eq!(skipped(&life, &job_of(&life, UUID).await).await.1, 0);
    assert!(world.sandbox.google.files().is_empty());
    life.stop().await;
}

const NO_VOICES: &str =
    "participant_audio = false\n[skip]\nfile_types = ['M4A', 'timeline']\nviews = ['chat_*']\n";

#[tokio::test]
async fn skipped_files_keep_the_recording_at_zoom_until_the_rules_want_them() {
    let mut world = world(NO_VOICES).await;
    let voice = File::m4a("voice", 55_555);
    world.sandbox.zoom.add(usual_meeting(UUID).participant(voice));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    let job = job_of(&life, UUID).await;
    let (mut reasons, archived) = skipped(&life, &job).await;
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "file type matches skip list `M4A` (rules, line 3)",
            "file type matches skip list `timeline` (rules, line 3)",
            "participants' audio is not archived (rules, line 1)",
            "view matches skip list `chat_*` (rules, line 4)",
        ]
    );
    assert_eq!((archived, world.archive().len(), trashes(&world)), (1, 1, 0));
    assert!(job.reason.starts_with("kept at Zoom"), "{}", job.reason);
    // Nothing has changed: nothing is archived, nothing is trashed, and it comes to an end.
    retry(&world, &life, UUID).await;
    assert_eq!((world.archive().len(), trashes(&world)), (1, 0));
    life.stop().await;

    write(&mut world, "");
    let life = world.live().await;
    retry(&world, &life, UUID).await;
    world.assert_archived(&[UUID]);
    assert_eq!(trashes(&world), 1);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_skipped_recording_is_archived_when_the_rules_want_it_and_stays_when_they_do_not() {
    for engine in Engine::here().await {
        let skip = "[skip]\ntopics = ['rehearsal']\n";
        let mut world = on(engine, skip, &[]).await;
        world.sandbox.zoom.add(usual_meeting(UUID));
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.finish(&world).await;
        life.stop().await;
        assert!(world.sandbox.google.files().is_empty());

        world.settings.insert("AFTER_ARCHIVE".to_owned(), "keep".to_owned());
        write(&mut world, "[only]\nhosts = ['ann@*']\n");
        let life = world.live().await;
        assert_eq!(life.jobs().await[0].standing, Standing::Finished, "it is not begun again by itself");
        retry(&world, &life, UUID).await;
        life.stop().await;
        world.assert_archived(&[UUID]);

        world.settings.insert("AFTER_ARCHIVE".to_owned(), "trash".to_owned());
        write(&mut world, skip);
        let life = world.live().await;
        retry(&world, &life, UUID).await;
        assert_eq!(skipped(&life, &job_of(&life, UUID).await).await, (Vec::new(), 4));
        life.stop().await;
        world.assert_archived(&[UUID]);
        world.end().await;
    }
}

#[tokio::test]
async fn late_files_of_a_skipped_recording_are_skipped_and_no_sweep_finds_it_again() {
    let settings = [("SWEEP_EVERY", "150ms"), ("AFTER_ARCHIVE", "trash")];
    let world = on(Engine::Sqlite, "[skip]\nhosts = ['ann@*']\n", &settings).await;
    world.sandbox.zoom.add_user("ann@example.com", "active");
    world.sandbox.zoom.add(usual_meeting(UUID).start(&days_ago(1)));
    let life = world.live().await;
    swept_again(&life, 2).await;
    life.finish(&world).await;
    world.sandbox.zoom.add_file(UUID, File::transcript("late", 999));
    let late = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.send(&life, &late).await, 200);
    life.finish(&world).await;
    swept_again(&life, 3).await;
    life.finish(&world).await;
    let events = life.store.events(None).await.unwrap().len();
    let job = job_of(&life, UUID).await;
    swept_again(&life, 3).await;
    assert_eq!(life.store.events(None).await.unwrap().len(), events);
    assert_eq!(job_of(&life, UUID).await.revision, job.revision);
    let (reasons, others) = skipped(&life, &job).await;
    assert_eq!((reasons.len(), others), (5, 0));
    assert_eq!((world.sandbox.transcript.count(Route::DriveCreate), trashes(&world)), (0, 0));
    life.stop().await;
}
