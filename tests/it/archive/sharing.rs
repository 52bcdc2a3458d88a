//! Hosts are given access to what is archived of their recordings, and never to another's.

mod hosts;

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::File;

use crate::support::world::{Life, World, usual_meeting};

const ANNS: &str = "/UE+cApLTmOc6HZxOLFclQ==";
const BOBS: &str = "another==";

/// A world in which hosts are given access.
async fn world(settings: &[(&str, &str)]) -> World {
    let mut world = World::with(settings).await;
    let path = world.folder.path().join("rules.toml");
    std::fs::write(&path, "share_with_host = true\n").unwrap();
    world.settings.insert("RULES_FILE".to_owned(), path.to_str().unwrap().to_owned());
    for (uuid, host) in [(ANNS, "ann@example.com"), (BOBS, "bob@example.com")] {
        world.sandbox.zoom.add(usual_meeting(uuid).host(host));
    }
    world
}

async fn finished(world: &World) -> Life {
    let life = world.live().await;
    world.deliver(&life, ANNS).await;
    world.deliver(&life, BOBS).await;
    life.finish(world).await;
    life
}

/// Every file of Drive is read by its own host, and by nobody else.
fn assert_each_reads_their_own(world: &World) {
    let files = world.archive().into_values().chain(world.meeting_files().into_values());
    for file in files {
        let host = match file.app_properties["zoomMeeting"].as_str() {
            ANNS => "ann@example.com",
            _ => "bob@example.com",
        };
        assert_eq!(world.sandbox.google.readers_of(&file.id), [host], "{}", file.name);
    }
}

fn invitations(world: &World) -> usize {
    world.sandbox.transcript.count(Route::DriveShare)
}

#[tokio::test]
async fn a_folder_of_the_hosts_own_is_shared_once() {
    let world = world(&[("AFTER_ARCHIVE", "keep")]).await;
    let life = finished(&world).await;
    world.assert_archived(&[ANNS, BOBS]);
    assert_each_reads_their_own(&world);
    let shared = |world: &World| {
        let files = world.archive().into_values();
        files.map(|file| world.sandbox.google.shared_with(&file.id).len()).sum::<usize>()
    };
    assert_eq!((invitations(&world), shared(&world)), (2, 0), "folders, not files");
    world.sandbox.zoom.add_file(ANNS, File::transcript("transcript-late", 4_321));
    let event = world.sandbox.zoom.event(ANNS, "recording.transcript_completed");
    assert_eq!(world.send(&life, &event).await, 200);
    life.finish(&world).await;
    world.assert_archived(&[ANNS, BOBS]);
    assert_each_reads_their_own(&world);
    assert_eq!((invitations(&world), shared(&world)), (2, 0), "once");
    life.stop().await;
}

#[tokio::test]
async fn in_a_folder_of_several_hosts_each_reads_their_own_files() {
    for template in ["{year}/{topic}", "{topic} {host_name} {host}/{year}"] {
        let world = world(&[("FOLDER_TEMPLATE", template), ("FILE_TEMPLATE", "{date} {view} {id}")]).await;
        let life = finished(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        assert_each_reads_their_own(&world);
        for folder in world.sandbox.google.folders() {
            assert!(world.sandbox.google.shared_with(&folder.id).is_empty(), "{} is shared", folder.name);
        }
        life.stop().await;
    }
}

#[tokio::test]
async fn a_folder_that_another_template_filled_is_not_shared() {
    let mut world = world(&[("AFTER_ARCHIVE", "keep"), ("FOLDER_TEMPLATE", "{topic}")]).await;
    finished(&world).await.stop().await;
    world.settings.insert("FOLDER_TEMPLATE".to_owned(), "{host}".to_owned());
    let life = world.live().await;
    for (uuid, id) in [(ANNS, "late-1"), (BOBS, "late-2")] {
        world.sandbox.zoom.add_file(uuid, File::transcript(id, 4_321));
        let event = world.sandbox.zoom.event(uuid, "recording.transcript_completed");
        assert_eq!(world.send(&life, &event).await, 200);
    }
    life.finish(&world).await;
    world.assert_archived(&[ANNS, BOBS]);
    assert_each_reads_their_own(&world);
    life.stop().await;
}

#[tokio::test]
async fn who_cannot_be_given_access_is_told_of_and_archived_all_the_same() {
    let policy = Canned::google(403, "domainPolicy", "The domain administrators have disabled sharing.");
    let role = Canned::google(403, "insufficientFilePermissions", "No.");
    for (refusal, part) in
        [(None, "invalidSharingRequest"), (Some(policy), "domainPolicy"), (Some(role), "insufficient")]
    {
        let world = world(&[]).await;
        world.sandbox.google.without_account("ann@example.com");
        if let Some(canned) = refusal {
            world.sandbox.faults.add(Rule {
                route: Route::DriveShare,
                subject: String::new(),
                skip: 0,
                times: u32::MAX,
                fault: Fault::Answer(canned),
            });
        }
        let life = finished(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        let jobs = life.jobs().await;
        let anns = jobs.iter().find(|job| job.recording.uuid.as_str() == ANNS).unwrap();
        assert!(
            anns.reason.contains("not shared with its host: ") && anns.reason.contains(part),
            "{}",
            anns.reason
        );
        assert!(life.store.pauses().await.unwrap().is_empty(), "sharing is nobody else's trouble");
        life.stop().await;
    }
}

#[tokio::test]
async fn trouble_that_passes_is_tried_again_and_trouble_that_stays_is_told() {
    for (times, is_shared) in [(2, true), (u32::MAX, false)] {
        let world = world(&[]).await;
        world.sandbox.faults.add(Rule {
            route: Route::DriveShare,
            subject: String::new(),
            skip: 0,
            times,
            fault: Fault::Answer(Canned::google(403, "sharingRateLimitExceeded", "Rate limit exceeded.")),
        });
        let life = finished(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        if is_shared {
            assert_each_reads_their_own(&world);
        }
        let told = life.jobs().await.iter().filter(|job| job.reason.contains("not shared")).count();
        assert_eq!(told, if is_shared { 0 } else { 2 }, "{:#?}", life.summary().await);
        life.stop().await;
    }
}

#[tokio::test]
async fn a_lost_database_invites_nobody_twice() {
    let world = world(&[("AFTER_ARCHIVE", "keep")]).await;
    finished(&world).await.stop().await;
    world.lose_database();
    let life = finished(&world).await;
    assert_each_reads_their_own(&world);
    assert_eq!(invitations(&world), 2);
    life.stop().await;
}

#[tokio::test]
async fn without_a_rule_nothing_is_shared() {
    let mut world = world(&[]).await;
    world.settings.remove("RULES_FILE");
    let life = finished(&world).await;
    world.assert_archived(&[ANNS, BOBS]);
    let routes = [Route::DriveShare, Route::DrivePermissions];
    assert_eq!(routes.map(|route| world.sandbox.transcript.count(route)), [0, 0]);
    life.stop().await;
}
