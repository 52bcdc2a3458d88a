//! What stands beside a recording's files: `meeting.json` and the index of links.

use std::time::Duration;

use zoom2drive::jobs::{Stage, Standing};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::DriveFile;
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};

use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "/UE+cApLTmOc6HZxOLFclQ==";
const SOON: Duration = Duration::from_secs(20);

/// The one meeting file that there is.
fn only(world: &World) -> DriveFile {
    let files: Vec<DriveFile> = world.meeting_files().into_values().collect();
    assert_eq!(files.len(), 1, "{files:#?}");
    files.into_iter().next().unwrap()
}

/// How often something was written into meeting files.
fn writes(world: &World) -> usize {
    let calls = world.sandbox.transcript.calls();
    calls.iter().filter(|call| call.route == Route::UploadSmall && call.answer.starts_with("200")).count()
}

async fn finished(world: &World, uuids: &[&str]) -> Life {
    let life = world.live().await;
    for uuid in uuids {
        world.deliver(&life, uuid).await;
    }
    life.finish(world).await;
    life
}

#[tokio::test]
async fn what_is_known_stands_beside_the_files_and_is_written_once() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = finished(&world, &[UUID]).await;
    world.assert_archived(&[UUID]);
    let paths: Vec<String> = world.meeting_files().into_keys().collect();
    let folder = "ann@example.com/2026/2026-03-01 Rehearsal";
    assert_eq!(paths, [format!("{folder}/2026-03-01 18.30 Rehearsal meeting.json")]);
    let page = world.read_meeting_file(&only(&world));
    assert_eq!(page["meeting"]["host_email"], "ann@example.com");
    assert_eq!(page["meeting"]["start"], "2026-03-01T18:30:00Z");
    assert_eq!(page["meeting"]["share_url"], "https://zoom.example/rec/share/sandbox");
    assert_eq!((page["files"].as_array().unwrap().len(), &page["schema"]), (4, &1.into()));
    let timeline = page["files"].as_array().unwrap().iter().find(|file| file["type"] == "TIMELINE").unwrap();
    assert_eq!(timeline["zoom_id"], format!("timeline-{UUID}"));
    assert_eq!(
        timeline["link"],
        format!("https://drive.google.com/file/d/{}/view", timeline["drive_id"].as_str().unwrap())
    );

    // Whatever passes once more finds it true.
    life.store.retry(life.jobs().await[0].id).await.unwrap();
    life.finish(&world).await;
    assert_eq!(writes(&world), 1);
    life.stop().await;
}

#[tokio::test]
async fn it_is_there_before_anything_is_put_away_at_zoom() {
    let world = World::with(&[("RETRY_WAIT", "1s")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.sandbox.faults.add(Rule {
        route: Route::UploadSmall,
        subject: String::new(),
        skip: 0,
        times: 2,
        fault: Fault::Answer(Canned::new(503, "text/plain", "later")),
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("a failure", |jobs| jobs.iter().any(|job| job.reason.contains("the meeting file"))).await;
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Present);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    let calls = world.sandbox.transcript.calls();
    let written = calls.iter().rposition(|call| call.route == Route::UploadSmall).unwrap();
    let trashed = calls.iter().position(|call| call.route == Route::ZoomTrash).unwrap();
    assert!(written < trashed, "{}", world.calls());
    life.stop().await;
}

#[tokio::test]
async fn one_that_drive_refuses_calls_a_person_and_keeps_zooms_copy() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let refused = Canned::google(403, "insufficientFilePermissions", "No.");
    world.sandbox.faults.once(Route::UploadSmall, Fault::Answer(refused));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("parking", |jobs| jobs.iter().any(|job| job.standing == Standing::Parked)).await;
    let job = life.jobs().await.remove(0);
    assert!(job.reason.starts_with("the meeting file: ") && job.stage == Stage::Verified, "{}", job.reason);
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Present);
    life.store.retry(job.id).await.unwrap();
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_late_file_is_told_in_the_same_place() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = finished(&world, &[UUID]).await;
    let before = only(&world);
    world.sandbox.zoom.add_file(UUID, File::transcript("transcript-late", 4_321));
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.send(&life, &event).await, 200);
    assert!(world.sandbox.transcript.wait_until(SOON, || world.archive().len() == 5).await);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    let after = only(&world);
    assert_eq!((&after.id, &after.name), (&before.id, &before.name));
    assert_eq!(world.read_meeting_file(&after)["files"].as_array().unwrap().len(), 5);
    assert_eq!(writes(&world), 2);
    life.stop().await;
}

#[tokio::test]
async fn two_recordings_in_one_folder_have_one_each() {
    let world =
        World::with(&[("FOLDER_TEMPLATE", "{year}/{topic}"), ("FILE_TEMPLATE", "{date} {topic}")]).await;
    let others = "another==";
    for (uuid, host) in [(UUID, "ann@example.com"), (others, "bob@example.com")] {
        world.sandbox.zoom.add(usual_meeting(uuid).host(host));
    }
    let life = finished(&world, &[UUID, others]).await;
    world.assert_archived(&[UUID, others]);
    let names: Vec<String> = world.meeting_files().into_values().map(|file| file.name).collect();
    assert!(names.contains(&"2026-03-01 Rehearsal meeting.json".to_owned()), "{names:?}");
    // The other one ends in the same words, and has some of its id before them.
    let second =
        |name: &&String| name.starts_with("2026-03-01 Rehearsal ") && name.ends_with(" meeting.json");
    assert_eq!(names.iter().filter(second).count(), 2, "{names:?}");
    life.stop().await;
}

#[tokio::test]
async fn a_lost_database_finds_it_again_and_makes_no_twin() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    finished(&world, &[UUID]).await.stop().await;
    let before = only(&world);
    world.lose_database();
    let life = finished(&world, &[UUID]).await;
    world.assert_archived(&[UUID]);
    assert_eq!(only(&world).id, before.id);
    life.stop().await;
}

#[tokio::test]
async fn what_people_do_to_it_stands_until_there_is_more_to_tell() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = finished(&world, &[UUID]).await;
    let before = only(&world);
    world.sandbox.google.trash(&before.id);
    life.store.retry(life.jobs().await[0].id).await.unwrap();
    life.finish(&world).await;
    assert!(world.meeting_files().is_empty(), "somebody did not want it");

    world.sandbox.zoom.add_file(UUID, File::transcript("transcript-late", 4_321));
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.send(&life, &event).await, 200);
    assert!(world.sandbox.transcript.wait_until(SOON, || world.archive().len() == 5).await);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    let after = only(&world);
    assert_eq!((after.id != before.id, after.name), (true, before.name));
    life.stop().await;
}

#[tokio::test]
async fn it_holds_no_secret() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    let mut elsewhere = File::chat("on-premises", 10);
    elsewhere.file_path = Some("/srv/recordings/chat.txt".to_owned());
    world.sandbox.zoom.add(usual_meeting(UUID).file(elsewhere));
    let life = world.live().await;
    let body = world.sandbox.zoom.event(UUID, "recording.completed");
    assert_eq!(world.send(&life, &body).await, 200);
    life.finish(&world).await;
    let content = world.sandbox.google.content_of(&only(&world).id).unwrap();
    let text = String::from_utf8(content).unwrap();
    for word in ["token", "pwd", "passcode", "password", "/rec/download", "upload_id"] {
        assert!(!text.contains(word), "{word} is in {text}");
    }
    let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let token = event["download_token"].as_str().unwrap();
    assert!(!text.contains(token), "{text}");
    let page = world.read_meeting_file(&only(&world));
    assert!(page["skipped"][0]["reason"].as_str().unwrap().contains("on premises"), "{page}");
    life.stop().await;
}

#[tokio::test]
async fn nobody_has_to_have_it() {
    let world = World::with(&[("MEETING_FILE", "no")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = finished(&world, &[UUID]).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn every_trouble_on_its_way_ends_in_one() {
    let answer = |canned: Canned| Fault::Answer(canned);
    let cases = [
        (Route::UploadSmall, Fault::Cut),
        (Route::UploadSmall, Fault::CutAfter),
        (Route::UploadSmall, Fault::AnswerAfter(Canned::new(503, "text/plain", "gone"))),
        (Route::UploadSmall, answer(Canned::google(404, "notFound", "File not found."))),
        (Route::UploadSmall, answer(Canned::google(401, "authError", "Invalid Credentials"))),
        (Route::UploadSmall, answer(Canned::google(429, "rateLimitExceeded", "Slow down."))),
        (Route::DriveCreate, Fault::Cut),
        (Route::DriveCreate, Fault::CutAfter),
    ];
    for (route, fault) in cases {
        let world = World::new().await;
        world
            .sandbox
            .zoom
            .add(Meeting::new(UUID, "Short").host("ann@example.com").file(File::chat("chat", 99)));
        let subject = if route == Route::DriveCreate { "meeting.json" } else { "" }.to_owned();
        world.sandbox.faults.add(Rule { route, subject, skip: 0, times: 1, fault: fault.clone() });
        let life = finished(&world, &[UUID]).await;
        assert_eq!(world.sandbox.faults.left(), 0, "{fault:?}");
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

/// The rows that `zoom2drive links` prints for a world's database.
async fn links(world: &World, arguments: &[&str]) -> String {
    use clap::Parser;
    let cli = zoom2drive::cli::Cli::try_parse_from([&["zoom2drive", "links"], arguments].concat()).unwrap();
    let address = world.settings["DATABASE_URL"].as_str();
    let mut reader = zoom2drive::config::Reader::from_pairs([("DATABASE_URL", address)]);
    let mut out = Vec::new();
    zoom2drive::cli::run(&cli.command, &mut reader, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn links_lead_from_zoom_to_drive() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    let topic = "=SUM(1,2) \"said\"\nAnn;=cmd|+1";
    let files = |uuid: &str| Meeting::new(uuid, topic).host("ann@example.com").file(File::chat(uuid, 99));
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.sandbox.zoom.add(files("formula=="));
    let life = finished(&world, &[UUID, "formula=="]).await;

    let printed = links(&world, &["--csv"]).await;
    assert_eq!(links(&world, &[]).await, printed);
    let mut reader = csv::Reader::from_reader(printed.as_bytes());
    let headings = reader.headers().unwrap().clone();
    let rows: Vec<std::collections::HashMap<String, String>> =
        reader.deserialize().collect::<Result<_, _>>().unwrap();
    assert_eq!((headings.len(), rows.len()), (11, 5));
    let archive = world.archive();
    for row in &rows {
        let held =
            archive.values().find(|file| row["drive_link"].contains(&format!("/d/{}/", file.id))).unwrap();
        // The guard of cells stands in names as well.
        assert_eq!((&row["file"].replace(";'=", ";="), &row["sha256"]), (&held.name, &held.sha256));
        assert_eq!(row["size"], held.size.to_string());
        assert_eq!(
            row["drive_folder_link"],
            format!("https://drive.google.com/drive/folders/{}", held.parents[0])
        );
        assert_eq!(row["share_link"], "https://zoom.example/rec/share/sandbox");
        assert_eq!(row["host"], "ann@example.com");
        assert!(row["archived_at"].parse::<jiff::Timestamp>().is_ok(), "{row:?}");
    }
    // Also where a semicolon or a bar begins a cell.
    let safe = "'=SUM(1,2) \"said\"\nAnn;'=cmd|'+1";
    assert!(rows.iter().any(|row| row["topic"] == safe), "{rows:#?}");

    let listed: Vec<serde_json::Value> = serde_json::from_str(&links(&world, &["--json"]).await).unwrap();
    assert_eq!(listed.len(), 5);
    assert!(listed.iter().any(|row| row["topic"] == topic), "in JSON nothing computes");
    let sizes: u64 = listed.iter().map(|row| row["size"].as_u64().unwrap()).sum();
    assert_eq!(sizes, archive.values().map(|file| file.size).sum::<u64>());

    assert_eq!(links(&world, &["--since", "2026-01-01"]).await, printed);
    assert_eq!(links(&world, &["--since", "2999-01-01"]).await.lines().count(), 1);
    assert_eq!(links(&world, &["--since", "2999-01-01", "--json"]).await, "[]\n");
    life.stop().await;
}

#[tokio::test]
async fn more_links_than_a_page_holds_are_all_printed() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep"), ("MEETING_FILE", "no"), ("TRANSFERS", "16")]).await;
    let mut meeting = Meeting::new(UUID, "Many").host("ann@example.com");
    for index in 0..230 {
        meeting = meeting.file(File::chat(&format!("chat-{index:03}"), 10 + index));
    }
    world.sandbox.zoom.add(meeting);
    let life = finished(&world, &[UUID]).await;
    let printed = links(&world, &[]).await;
    let rows: std::collections::HashSet<&str> = printed.lines().skip(1).collect();
    assert_eq!(rows.len(), 230);
    life.stop().await;
}
