//! Who the host is, Zoom's own API says; whoever can sign an event opens nothing to anybody.

use zoom2drive::jobs::Job;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::File;

use super::{ANNS, BOBS, assert_each_reads_their_own, finished, invitations, world};
use crate::support::steps::{LATER, refuse_listing};
use crate::support::world::{Life, World, usual_meeting};

const KEEP: (&str, &str) = ("AFTER_ARCHIVE", "keep");

const NO_CREDENTIALS: [(&str, &str); 4] =
    [KEEP, ("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];

const COMPLETED: &str = "recording.completed";

/// The same world with other rules.
fn with_rules(world: &World, rules: &str) {
    std::fs::write(world.folder.path().join("rules.toml"), rules).unwrap();
}

async fn job_of(life: &Life, uuid: &str) -> Job {
    life.jobs().await.into_iter().find(|job| job.recording.uuid.as_str() == uuid).unwrap()
}

/// Everybody who may read anything of a recording.
fn readers(world: &World, uuid: &str) -> Vec<String> {
    let files = world.archive().into_values().chain(world.meeting_files().into_values());
    let of_it = files.filter(|file| file.app_properties["zoomMeeting"] == uuid);
    let mut readers: Vec<String> = of_it.flat_map(|file| world.sandbox.google.readers_of(&file.id)).collect();
    readers.sort();
    readers.dedup();
    readers
}

/// What a forger may say: a stranger, another user of the account, or one of them with another's address.
fn forgeries(world: &World) -> Vec<Vec<(&'static str, String)>> {
    let bobs_id = usual_meeting(BOBS).host("bob@example.com").host_id;
    let anns_id = usual_meeting(ANNS).host("ann@example.com").host_id;
    world.sandbox.zoom.add_user("bob@example.com", "active");
    vec![
        vec![("host_email", "eve@evil.example".to_owned())],
        vec![("host_email", "eve@evil.example".to_owned()), ("host_id", "someId".to_owned())],
        vec![("host_email", "bob@example.com".to_owned()), ("host_id", bobs_id)],
        vec![("host_email", "bob@example.com".to_owned()), ("host_id", anns_id)],
        vec![("host_email", String::new()), ("host_id", String::new())],
    ]
}

fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn a_forged_event_about_a_finished_recording_opens_it_to_nobody() {
    let world = world(&[KEEP]).await;
    let life = finished(&world).await;
    let before = invitations(&world);
    for (number, forgery) in forgeries(&world).iter().enumerate() {
        let event = world.forged(ANNS, COMPLETED, &borrowed(forgery));
        assert_eq!(world.send(&life, &event).await, 200);
        // A late file brings the job back to work, and another look at the host.
        world.sandbox.zoom.add_file(ANNS, File::transcript(&format!("late-{number}"), 4_321));
        let event = world.forged(ANNS, "recording.transcript_completed", &borrowed(forgery));
        assert_eq!(world.send(&life, &event).await, 200);
        life.finish(&world).await;
        let host = job_of(&life, ANNS).await.recording.host_email;
        assert_eq!((host.as_str(), invitations(&world)), ("ann@example.com", before), "{forgery:?}");
    }
    world.assert_archived(&[ANNS, BOBS]);
    assert_each_reads_their_own(&world);
    let told = world.meeting_files().into_values().map(|file| world.read_meeting_file(&file).to_string());
    assert!(told.into_iter().all(|text| !text.contains("evil")));
    life.stop().await;
}

#[tokio::test]
async fn a_forged_event_that_comes_first_names_neither_folder_nor_reader() {
    let names = forgeries(&world(&[KEEP]).await).len();
    for number in 0..names {
        let world = world(&[KEEP]).await;
        let forgery = &forgeries(&world)[number];
        let life = world.live().await;
        let event = world.forged(ANNS, COMPLETED, &borrowed(forgery));
        assert_eq!(world.send(&life, &event).await, 200);
        life.finish(&world).await;
        world.deliver(&life, ANNS).await;
        world.deliver(&life, BOBS).await;
        life.finish(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        assert_each_reads_their_own(&world);
        let paths: Vec<String> = world.archive().into_keys().collect();
        assert!(paths.iter().all(|path| path.contains("ann@") || path.contains("bob@")), "{paths:?}");
        life.stop().await;
    }
}

#[tokio::test]
async fn another_address_at_zoom_is_given_access_and_an_events_is_not() {
    let world = world(&[KEEP]).await;
    world.sandbox.zoom.rename_user("ann@example.com", "ann.smith@example.com");
    let life = finished(&world).await;
    world.assert_archived(&[ANNS, BOBS]);
    assert_eq!(readers(&world, ANNS), ["ann.smith@example.com"]);
    assert_eq!(readers(&world, BOBS), ["bob@example.com"]);
    life.stop().await;
}

#[tokio::test]
async fn who_takes_a_recording_over_at_zoom_reads_it_and_nothing_else() {
    let world = world(&[KEEP]).await;
    world.sandbox.zoom.add(usual_meeting("third==").host("ann@example.com"));
    let life = world.live().await;
    world.deliver(&life, "third==").await;
    world.deliver(&life, ANNS).await;
    life.finish(&world).await;
    world.sandbox.zoom.set_host(ANNS, "bob@example.com");
    world.sandbox.zoom.add_file(ANNS, File::transcript("late", 4_321));
    world.deliver(&life, ANNS).await;
    life.finish(&world).await;
    assert_eq!(readers(&world, ANNS), ["ann@example.com", "bob@example.com"]);
    assert_eq!(readers(&world, "third=="), ["ann@example.com"]);
    for folder in world.sandbox.google.folders() {
        assert!(!world.sandbox.google.shared_with(&folder.id).contains(&"bob@example.com".to_owned()));
    }
    life.stop().await;
}

#[tokio::test]
async fn a_host_who_is_deleted_or_deactivated_is_given_nothing() {
    for is_deleted in [true, false] {
        let world = world(&[KEEP]).await;
        match is_deleted {
            true => world.sandbox.zoom.hide_user("ann@example.com"),
            false => world.sandbox.zoom.add_user("ann@example.com", "inactive"),
        }
        let life = finished(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        assert_eq!(readers(&world, ANNS), Vec::<String>::new());
        assert_eq!(readers(&world, BOBS), ["bob@example.com"]);
        let job = job_of(&life, ANNS).await;
        assert!(
            job.reason.contains("not shared with its host: its host is no active user"),
            "{}",
            job.reason
        );
        // Zoom's own lists name the address all the same: the folder is called after it.
        assert!(world.archive().keys().any(|path| path.contains("ann@example.com")));
        life.stop().await;
    }
}

#[tokio::test]
async fn two_hosts_of_one_name_read_their_own() {
    let world = world(&[KEEP, ("FOLDER_TEMPLATE", "{host_name}")]).await;
    world.sandbox.zoom.add(usual_meeting(BOBS).host("ann@other.example"));
    let life = world.live().await;
    for uuid in [ANNS, BOBS] {
        world.deliver(&life, uuid).await;
        life.finish(&world).await;
    }
    // A forger has Ann's recording go to the other Ann.
    let event = world.forged(ANNS, COMPLETED, &[("host_email", "ann@other.example")]);
    assert_eq!(world.send(&life, &event).await, 200);
    world.sandbox.zoom.add_file(ANNS, File::transcript("late", 4_321));
    world.deliver(&life, ANNS).await;
    life.finish(&world).await;
    assert_eq!(readers(&world, ANNS), ["ann@example.com"]);
    assert_eq!(readers(&world, BOBS), ["ann@other.example"]);
    life.stop().await;
}

#[tokio::test]
async fn only_the_domains_of_the_list_are_given_access() {
    for (domains, is_shared) in
        [("'EXAMPLE.com'", true), ("'sub.example.com', 'com.example'", false), ("'example.co'", false)]
    {
        let world = world(&[KEEP]).await;
        with_rules(&world, &format!("share_with_host = true\nshare_domains = [{domains}]\n"));
        let life = finished(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        assert_eq!(readers(&world, ANNS).len(), usize::from(is_shared), "{domains}");
        let reason = job_of(&life, ANNS).await.reason;
        assert_eq!(reason.contains("share_domains (rules, line 2)"), !is_shared, "{domains}: {reason}");
        life.stop().await;
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_shared_but_what_a_list_allows() {
    for (rules, is_shared) in [
        ("share_with_host = true\n", false),
        ("share_with_host = true\nshare_domains = ['example.com']\n", true),
        ("share_with_host = true\nshare_domains = ['example.org']\n", false),
    ] {
        let world = world(&NO_CREDENTIALS).await;
        with_rules(&world, rules);
        let life = finished(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        let expected: &[&str] = if is_shared { &["ann@example.com"] } else { &[] };
        assert_eq!(readers(&world, ANNS), expected, "{rules}");
        assert_eq!(job_of(&life, ANNS).await.reason.contains("share_domains"), !is_shared, "{rules}");
        // The host is decided with the plan: an event that comes later changes nobody's access.
        let before = invitations(&world);
        let event = world.forged(ANNS, COMPLETED, &[("host_email", "eve@example.com"), ("host_id", "eve")]);
        assert_eq!(world.send(&life, &event).await, 200);
        world.sandbox.zoom.add_file(ANNS, File::transcript("late", 4_321));
        let late = world.forged(ANNS, "recording.transcript_completed", &[("host_email", "eve@example.com")]);
        assert_eq!(world.send(&life, &late).await, 200);
        life.finish(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        assert_eq!(
            (readers(&world, ANNS), invitations(&world)),
            (expected.iter().map(|&it| it.to_owned()).collect(), before)
        );
        life.stop().await;
    }
}

#[tokio::test]
async fn a_scope_that_is_missing_costs_the_sharing_and_not_the_archive() {
    let world = world(&[("AFTER_ARCHIVE", "trash")]).await;
    for scope in [
        "user:read:list_users:admin",
        "user:read:user:admin",
        "cloud_recording:read:list_account_recordings:admin",
    ] {
        world.sandbox.zoom.remove_scope(scope);
    }
    let life = finished(&world).await;
    world.assert_archived(&[ANNS, BOBS]);
    assert_eq!((readers(&world, ANNS), readers(&world, BOBS)), (vec![], vec![]));
    let job = job_of(&life, ANNS).await;
    assert!(
        job.reason.contains("not shared with its host: ")
            && job.reason.contains("user:read:list_users:admin"),
        "{}",
        job.reason
    );
    // No folder is called after an address that only an event has named: it may be one that its owner reads.
    assert!(world.archive().keys().all(|path| !path.contains('@')), "{:?}", world.archive().keys());
    life.stop().await;
}

#[tokio::test]
async fn one_of_the_ways_to_know_a_host_is_enough() {
    for missing in ["user:read:list_users:admin", "user:read:user:admin"] {
        let world = world(&[KEEP]).await;
        world.sandbox.zoom.remove_scope(missing);
        let life = finished(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        assert_each_reads_their_own(&world);
        life.stop().await;
    }
    // A list that fails for a moment, or for the day.
    for canned in
        [Canned::html(503), Canned::zoom(429, 429, "daily").header("x-ratelimit-type", "Daily-limit")]
    {
        let world = world(&[KEEP]).await;
        let fault = Fault::Answer(canned);
        world.sandbox.faults.add(Rule {
            route: Route::ZoomUsers,
            subject: String::new(),
            skip: 0,
            times: u32::MAX,
            fault,
        });
        let life = finished(&world).await;
        world.assert_archived(&[ANNS, BOBS]);
        assert_each_reads_their_own(&world);
        life.stop().await;
    }
}

#[tokio::test]
async fn users_are_listed_once_for_many_recordings() {
    let world = world(&[KEEP]).await;
    let life = finished(&world).await;
    for number in 0..5 {
        let uuid = format!("more-{number}==");
        world.sandbox.zoom.add(usual_meeting(&uuid).host("ann@example.com"));
        world.deliver(&life, &uuid).await;
    }
    life.finish(&world).await;
    let routes = [Route::ZoomUsers, Route::ZoomUser, Route::ZoomAccountRecordings];
    let calls = routes.map(|route| world.sandbox.transcript.count(route));
    assert_eq!(calls, [2, 0, 0], "active users and inactive ones, once\n{}", world.calls());
    life.stop().await;
}

#[tokio::test]
async fn while_zoom_does_not_list_a_recording_nobody_is_given_access_on_an_events_word() {
    let world = world(&[]).await;
    // Ann has a folder of her own, which she reads.
    world.sandbox.zoom.add(usual_meeting("anns-other==").host("ann@example.com"));
    let life = world.live().await;
    world.deliver(&life, "anns-other==").await;
    life.finish(&world).await;
    refuse_listing(&world, BOBS, Canned::zoom(404, 3301, "La grabación no existe."));
    let event = world.forged(BOBS, COMPLETED, &[("host_email", "ann@example.com")]);
    assert_eq!(world.send(&life, &event).await, 200);
    let job = |jobs: &[Job], part: &str| jobs.iter().any(|job| job.reason.contains(part));
    life.wait_for("a refusal", |jobs| job(jobs, "Trying again")).await;
    world.sql(LATER).await;
    life.wait_for("the archive", |jobs| job(jobs, "waiting for Zoom to list it")).await;
    assert_eq!(readers(&world, BOBS), Vec::<String>::new(), "{:?}", world.archive().keys());
    // Zoom lists it: now it is known who the host is.
    world.sandbox.faults.clear();
    life.finish(&world).await;
    world.assert_archived(&["anns-other==", BOBS]);
    assert_eq!(readers(&world, BOBS), ["bob@example.com"]);
    assert_eq!(readers(&world, "anns-other=="), ["ann@example.com"]);
    assert_eq!(job_of(&life, BOBS).await.reason, "");
    life.stop().await;
}
