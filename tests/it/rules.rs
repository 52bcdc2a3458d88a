//! What rules skip, where they send what they want, and what a change of theirs means for what was skipped.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::jobs::{FileState, Job, Standing};
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};

use crate::late::trashes;
use crate::sweep::{days_ago, swept_again};
use crate::world::{Engine, Life, World, usual_meeting};

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

#[tokio::test]
async fn rules_send_recordings_to_other_roots_under_other_names() {
    let mut world = World::new().await;
    let (first, second) = (world.sandbox.google.root_folder(), world.sandbox.google.shared_drive());
    let there = format!("[[where]]\nhosts = ['principal@*']\nfolder_id = '{second}'\n");
    let named = "[[where]]\ntopics = ['*probe*']\nfolder_template = 'Rehearsals/{topic}'\nfile_template = '{time} {zone} {view}'\n";
    let gone = "[[where]]\ntopics = ['lost']\nfolder_id = 'nowhere'\n";
    write(&mut world, &format!("{there}{named}{gone}"));
    world.settings.insert("FOLDER_TEMPLATE".to_owned(), "{year}/{topic}".to_owned());
    let life = world.live().await;
    let meetings = [
        ("here", "Talk", "ann@example.com"),
        ("there", "Talk", "principal@example.com"),
        ("again", "Talk", "principal@example.com"),
        ("named", "Stellprobe", "ann@example.com"),
    ];
    for (uuid, topic, host) in meetings {
        world.sandbox.zoom.add(small(uuid, topic, host));
        world.deliver(&life, uuid).await;
    }
    world.sandbox.zoom.add(small("lost", "Lost", "ann@example.com"));
    world.deliver(&life, "lost").await;
    life.wait_for("the lost one's help, and the others' end", |jobs| {
        jobs.iter().filter(|job| job.standing == Standing::Finished).count() == 4
            && jobs.iter().any(|job| job.standing == Standing::Parked)
    })
    .await;
    let lost = job_of(&life, "lost").await;
    assert!(
        lost.reason.starts_with("folder_id nowhere (rules, line 8) does not exist")
            && !lost.reason.contains("DRIVE_FOLDER_ID"),
        "{}",
        lost.reason
    );
    life.stop().await;
    let archive = world.archive();
    let paths: Vec<&str> = archive.keys().map(String::as_str).collect();
    let names = paths.iter().map(|path| path.rsplit('/').next().unwrap()).collect::<Vec<_>>();
    assert_eq!(paths.len(), 4, "{paths:?}");
    assert!(paths.contains(&"Rehearsals/Stellprobe/18.30 UTC chat file.txt"), "{paths:?}");
    assert!(paths.contains(&"2026/Talk/2026-03-01 18.30 Talk chat file.txt"), "{paths:?}");
    assert_eq!(paths.iter().filter(|path| path.starts_with("Drive/2026/Talk/")).count(), 2, "{paths:?}");
    assert_eq!(
        names.iter().collect::<BTreeSet<_>>().len(),
        3,
        "twice the same name, in two roots: {names:?}"
    );
    let talks: Vec<_> =
        world.sandbox.google.folders().into_iter().filter(|folder| folder.name == "Talk").collect();
    assert_eq!(talks.len(), 2);
    assert_ne!(talks[0].app_properties, talks[1].app_properties);
    assert_ne!(first, second);
}

#[tokio::test]
async fn late_files_join_the_others_when_rules_now_name_another_root() {
    let mut world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    life.stop().await;
    let rules = format!("[[where]]\nfolder_id = '{}'\n", world.sandbox.google.shared_drive());
    write(&mut world, &rules);
    world.sandbox.zoom.add_file(UUID, File::transcript("late", 999));
    let life = world.live().await;
    retry(&world, &life, UUID).await;
    life.stop().await;
    let archive = world.archive();
    let folders: BTreeSet<&str> = archive.keys().map(|path| path.rsplit_once('/').unwrap().0).collect();
    assert_eq!((archive.len(), folders.len()), (5, 1), "{:?}", archive.keys());
}

/// The folders at the top of the archive, and how many files are below each.
fn tops(world: &World) -> Vec<(String, usize)> {
    let archive = world.archive();
    let top = |path: &String| path.split('/').next().unwrap().to_owned();
    let names: BTreeSet<String> = archive.keys().map(top).collect();
    names
        .into_iter()
        .map(|name| (name.clone(), archive.keys().filter(|path| top(path) == name).count()))
        .collect()
}

fn two_annas(first: usize, second: usize) -> Vec<(String, usize)> {
    vec![("anna".to_owned(), first), ("anna (anna@b.org)".to_owned(), second)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_of_one_local_part_share_no_folder_whatever_is_lost() {
    for engine in Engine::here().await {
        let settings = [("FOLDER_TEMPLATE", "{host_name}/{year}/{topic}")];
        let mut world = on(engine, "", &settings).await;
        let life = world.live().await;
        for (uuid, host) in [("a1", "anna@a.org"), ("b1", "anna@b.org")] {
            world.sandbox.zoom.add(small(uuid, "Talk", host));
            world.deliver(&life, uuid).await;
            life.finish(&world).await;
        }
        assert_eq!(tops(&world), two_annas(1, 1));
        life.stop().await;

        // Another life on the same database.
        let life = world.live().await;
        for (uuid, host) in [("b2", "anna@b.org"), ("a2", "anna@a.org")] {
            world.sandbox.zoom.add(small(uuid, "Other", host));
            world.deliver(&life, uuid).await;
            life.finish(&world).await;
        }
        life.stop().await;
        assert_eq!(tops(&world), two_annas(2, 2));

        // A life without memory, in which the second one comes first.
        let old = world.settings["DATABASE_URL"].clone();
        let forgotten = format!("sqlite://{}", world.folder.path().join("forgotten.db").display());
        world.settings.insert("DATABASE_URL".to_owned(), forgotten);
        let life = world.live().await;
        for (uuid, host) in [("b3", "anna@b.org"), ("a3", "anna@a.org")] {
            world.sandbox.zoom.add(small(uuid, "Third", host));
            world.deliver(&life, uuid).await;
            life.finish(&world).await;
        }
        life.stop().await;
        assert_eq!(tops(&world), two_annas(3, 3));
        world.assert_archived(&["a1", "a2", "a3", "b1", "b2", "b3"]);
        world.settings.insert("DATABASE_URL".to_owned(), old);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_agree_who_has_the_short_name() {
    for engine in Engine::here().await {
        let settings = [("FOLDER_TEMPLATE", "{host_name}"), ("FILE_TEMPLATE", "{host} {id}")];
        let world = on(engine, "", &settings).await;
        let lives = [world.live().await, world.live().await];
        let hosts = ["anna@a.org", "anna@b.org", "anna@c.org", "anna@d.org"];
        for (number, host) in hosts.into_iter().cycle().take(16).enumerate() {
            let uuid = format!("race-{number}");
            world.sandbox.zoom.add(small(&uuid, "Talk", host));
            // The instances may keep each other waiting; Zoom comes again.
            let body = world.sandbox.zoom.event(&uuid, "recording.completed");
            while world.send(&lives[number % 2], &body).await == 503 {}
        }
        lives[0].finish(&world).await;
        for life in lives {
            life.stop().await;
        }
        let archive = world.archive();
        let pairs: BTreeSet<(&str, &str)> = archive
            .keys()
            .map(|path| path.split_once('/').unwrap())
            .map(|(folder, name)| (folder, name.split(' ').next().unwrap()))
            .collect();
        assert_eq!((archive.len(), pairs.len()), (16, 4), "{pairs:?}");
        assert_eq!(pairs.iter().map(|(folder, _)| folder).collect::<BTreeSet<_>>().len(), 4, "{pairs:?}");
        assert!(pairs.iter().any(|(folder, _)| *folder == "anna"), "{pairs:?}");
        world.end().await;
    }
}

#[tokio::test]
async fn meetings_of_one_topic_and_day_share_a_folder_and_no_name() {
    let world = World::new().await;
    let life = world.live().await;
    for (uuid, start) in [("m1", "10:00"), ("m2", "10:00"), ("m3", "15:00")] {
        let mut meeting = small(uuid, "Talk", "ann@example.com").start(&format!("2026-03-01T{start}:00Z"));
        meeting.files[0] = meeting.files[0].clone().recorded(&meeting.start_time, "2026-03-01T16:00:00Z");
        world.sandbox.zoom.add(meeting);
        world.deliver(&life, uuid).await;
    }
    life.finish(&world).await;
    life.stop().await;
    world.assert_archived(&["m1", "m2", "m3"]);
    let archive = world.archive();
    let folders: BTreeSet<&str> = archive.keys().map(|path| path.rsplit_once('/').unwrap().0).collect();
    assert_eq!((archive.len(), folders.len()), (3, 1), "{:?}", archive.keys());
}

/// The output of `rules test` without the folder of this test.
async fn explained(world: &World, arguments: &[&str]) -> String {
    let told = command(world, &[&["rules", "test"], arguments].concat()).await;
    told.replace(world.folder.path().to_str().unwrap(), "FOLDER")
}

const SHOWN: &str = "participant_audio = false
[only]
hosts = ['*@drama.example.org', 'principal@*']
file_types = ['MP4', 'M4A', 'TRANSCRIPT', 'CHAT']
[skip]
views = ['gallery_view']
[[where]]
hosts = ['principal@*']
folder_id = '1ZyXwVuTsRqPoNmLkJiHgFeDcBa'
";

#[tokio::test]
async fn rules_test_explains_what_would_happen() {
    let mut world = world(SHOWN).await;
    world.settings.insert("FOLDER_TEMPLATE".to_owned(), "{host_name}/{topic}".to_owned());
    let skipped =
        explained(&world, &["--host", "eve@else.org", "--topic", "[REC] Act 1", "--file-type", "MP4"]).await;
    insta::assert_snapshot!(skipped, @r#"
    By the rules in FOLDER/rules.toml:
    SKIPPED: host is not on the only list (rules, line 3)
      skipped   MP4: host is not on the only list (rules, line 3)
    "#);
    let archived = explained(&world, &["--host", "ann@drama.example.org", "--topic", "[REC] Act 1"]).await;
    insta::assert_snapshot!(archived, @r#"
    By the rules in FOLDER/rules.toml:
    ARCHIVED, but for 2 file(s):
      root      DRIVE_FOLDER_ID
      folder    ann/[REC] Act 1
                or, if another host has that name: ann (ann@drama.example.org)/[REC] Act 1
      archived  2026-11-22 19.30 [REC] Act 1 shared screen with speaker view.mp4
      archived  2026-11-22 19.30 [REC] Act 1 audio only.m4a
      skipped   M4A audio_only_each_participant: participants' audio is not archived (rules, line 1)
      archived  2026-11-22 19.30 [REC] Act 1 audio transcript.vtt
      archived  2026-11-22 19.30 [REC] Act 1 chat file.txt
      skipped   TIMELINE timeline: file type is not on the only list (rules, line 4)
    "#);
    let principal =
        ["--host", "principal@example.org", "--topic", "[REC] Talk", "--file-type", "MP4:gallery_view"];
    let told = explained(&world, &[&principal[..], &["--file-type", "CHAT", "--json"]].concat()).await;
    insta::assert_snapshot!(told, @r#"
    {
      "rules_file": "FOLDER/rules.toml",
      "job": null,
      "skipped": false,
      "reason": null,
      "where": {
        "line": 7,
        "root": "1ZyXwVuTsRqPoNmLkJiHgFeDcBa",
        "folder": "principal/[REC] Talk",
        "folder_if_taken": "principal (principal@example.org)/[REC] Talk",
        "stays_in": null
      },
      "files": [
        {
          "type": "MP4",
          "view": "gallery_view",
          "reason": "view matches skip list `gallery_view` (rules, line 6)",
          "name": "2026-11-22 19.30 [REC] Talk gallery view.mp4",
          "is_on_drive": false
        },
        {
          "type": "CHAT",
          "view": "",
          "reason": null,
          "name": "2026-11-22 19.30 [REC] Talk chat.txt",
          "is_on_drive": false
        }
      ]
    }
    "#);
    write(&mut world, "");
    world.settings.remove("RULES_FILE");
    let none =
        explained(&world, &["--host", "a@b.c", "--file-type", "MP4", "--start", "2026-01-02T03:04:05Z"])
            .await;
    insta::assert_snapshot!(none, @r#"
    There is no RULES_FILE: everything is archived.
    ARCHIVED:
      root      DRIVE_FOLDER_ID
      folder    a/untitled
                or, if another host has that name: a (a@b.c)/untitled
      archived  2026-01-02 03.04 untitled mp4.mp4
    "#);
}

#[tokio::test]
async fn rules_test_explains_a_stored_job() {
    let mut world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(small(UUID, "Talk", "ann@example.com").file(File::timeline("line", 400)));
    let rules = "[skip]\nfile_types = ['timeline']\n";
    write(&mut world, rules);
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    let folder = life.files(life.jobs().await[0].id).await[0].folder_id.clone();
    life.stop().await;
    let told = explained(&world, &["--job", "1"]).await.replace(&folder, "ID");
    insta::assert_snapshot!(told, @r#"
    By the rules in FOLDER/rules.toml:
    ARCHIVED, but for 1 file(s):
      folder    stays where its first files went: https://drive.google.com/drive/folders/ID
      on Drive  2026-03-01 18.30 Talk chat file.txt (it stays)
      skipped   TIMELINE timeline: file type matches skip list `timeline` (rules, line 2)
    `zoom2drive jobs retry 1` looks at it afresh, by the rules of the service.
    "#);
    write(&mut world, "[skip]\ntopics = ['*']\n");
    let told = explained(&world, &["--job", "1"]).await;
    insta::assert_snapshot!(told, @r#"
    By the rules in FOLDER/rules.toml:
    SKIPPED: topic matches skip list `*` (rules, line 2)
      on Drive  2026-03-01 18.30 Talk chat file.txt (it stays)
      skipped   TIMELINE timeline: topic matches skip list `*` (rules, line 2)
    `zoom2drive jobs retry 1` looks at it afresh, by the rules of the service.
    "#);
}

#[tokio::test]
async fn rules_check_says_all_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    let checked = |arguments: &'static [&'static str], text: &str| {
        std::fs::write(&path, text).unwrap();
        let settings = [("RULES_FILE", path.to_str().unwrap().to_owned())];
        async move {
            let cli = Cli::try_parse_from([&["zoom2drive", "rules"], arguments].concat()).unwrap();
            let mut out = Vec::new();
            let done = cli::run(&cli.command, &mut Reader::from_pairs(settings), &mut out).await;
            let code = done.unwrap_or_else(|error| {
                out.extend(error.to_string().into_bytes());
                cli::exit_code(&error)
            });
            (code, String::from_utf8(out).unwrap())
        }
    };
    let shown = |text: &str| text.replace(folder.path().to_str().unwrap(), "FOLDER");
    let (code, told) = checked(&["check"], "[skip]\ntopics = ['x']\n").await;
    assert_eq!((code, shown(&told).as_str()), (ExitCode::SUCCESS, "FOLDER/r.toml is good.\n"));
    let (code, told) = checked(&["check"], "[skip]\ntopic = ['x']\nhosts = 'y'\n").await;
    assert_eq!(code, ExitCode::from(2));
    insta::assert_snapshot!(shown(&told), @r#"
    2 setting(s) to mend:
      FOLDER/r.toml, line 2: key "topic" is not known in [skip]: did you mean `topics`?
      FOLDER/r.toml, line 3: hosts: expected a list such as ["this", "that*"], with at least one entry
    Set them in the environment or in .env; README.md and .env.example explain each.
    "#);
    let (code, told) = checked(&["check", "--json"], "[skip]\ntopic = ['x']\n").await;
    assert_eq!(code, ExitCode::from(2));
    insta::assert_snapshot!(shown(&told), @r#"
    {
      "file": "FOLDER/r.toml",
      "good": false,
      "faults": [
        "FOLDER/r.toml, line 2: key \"topic\" is not known in [skip]: did you mean `topics`?"
      ]
    }
    "#);
    assert_eq!(checked(&["check", "--file", "/nowhere"], "").await.0, ExitCode::from(2));
    assert_eq!(checked(&["test", "--host", "a@b.c"], "x").await.0, ExitCode::from(2));
    for usage in [
        &["test"][..],
        &["test", "--job", "1", "--host", "a"],
        &["test", "--host", "a", "--meeting-type", "x"],
    ] {
        assert_eq!(
            Cli::try_parse_from([&["zoom2drive", "rules"], usage].concat()).unwrap_err().exit_code(),
            2
        );
    }
}
