//! Days that no look of the service at Meet has covered: named with a command, which brings them and closes the gap.

use zoom2drive::jobs::Millis;
use zoom2drive::sandbox::google::{Artifact, ArtifactState, Conference};

use super::*;

const DAY: Millis = 24 * 3600 * 1000;

/// A company whose service has not looked at the days from the ninth to the fourth before today. Ewa had a conference in
/// them, and Jan may not use Meet.
async fn company() -> World {
    let world = world_with(&[EWA, JAN], &[("MEET_BRING", "yes"), ("SWEEP_EVERY", "1h")]).await;
    let (now, google) = (Timestamp::now(), &world.sandbox.google);
    google.set_meet_now(now);
    let start = now - jiff::SignedDuration::from_hours(6 * 24);
    let video = Artifact::recording("Standup.mp4", 600_000);
    let ended = start + jiff::SignedDuration::from_hours(1);
    google.add_conference(
        Conference::new(EWA, "abc-mnop-xyz", start).id("standup").ended(ended).artifact(video),
    );
    world.open_store().await.close().await;
    world
        .sql(
            "INSERT INTO turns (name, tried_at, succeeded_at, looked_at, covered_from, gap_from, before_gap)
               SELECT 'meet', t, t, t, t - 3 * 86400000, t - 9 * 86400000, t - 20 * 86400000
               FROM (SELECT unixepoch('now', 'start of day') * 1000 AS t)",
        )
        .await;
    world
}

async fn has_gap(world: &World) -> bool {
    let store = world.open_store().await;
    let turn = store.singleton("meet").await.unwrap();
    store.close().await;
    turn.coverage.gap().is_some()
}

#[tokio::test]
async fn the_command_brings_the_days_and_closes_the_gap() {
    let world = company().await;
    run(&world, &["bring", "--gap", "--dry-run"]).await.assert(0, "abc-mnop-xyz");
    assert!(has_gap(&world).await, "nothing was begun");
    let ran = run(&world, &["bring", "--gap"]).await;
    ran.assert(0, "1 conference(s) archived, 0 not ready");
    ran.assert(0, "(UTC) was looked at.");
    bring::assert_brought(&world, "conferenceRecords/standup");
    let store = world.open_store().await;
    let coverage = store.singleton("meet").await.unwrap().coverage;
    store.close().await;
    assert_eq!((coverage.gap_from, coverage.from), (None, Some(today() - 20 * DAY)));
    run(&world, &["bring", "--gap"]).await.assert(0, "has left a gap");
}

fn today() -> Millis {
    Timestamp::now().as_millisecond() / DAY * DAY
}

#[tokio::test]
async fn a_gap_that_could_not_be_read_whole_stays() {
    let world = company().await;
    let google = &world.sandbox.google;
    google.forget_user(JAN);
    run(&world, &["bring", "--gap"]).await.assert(1, "some users could not be asked");
    assert!(has_gap(&world).await);
    google.know_user(JAN);
    google.edit_conference("conferenceRecords/standup", |conference| {
        conference.artifacts.push(Artifact::notes("Notes", "All is well.\n").state(ArtifactState::Ended));
    });
    run(&world, &["bring", "--gap"]).await.assert(0, "still makes some of the files");
    assert!(has_gap(&world).await);
    google.edit_conference("conferenceRecords/standup", |conference| {
        conference.artifacts[1].state = ArtifactState::Generated;
    });
    world.sql("UPDATE turns SET gap_from = gap_from - 31 * 86400000").await;
    run(&world, &["bring", "--gap"]).await.assert(0, "has forgotten its first days");
    assert!(has_gap(&world).await);
    world.sql("UPDATE turns SET gap_from = gap_from + 31 * 86400000").await;
    run(&world, &["bring", "--gap"]).await.assert(0, "was looked at");
    assert!(!has_gap(&world).await);
}

#[tokio::test]
async fn a_gap_is_all_that_is_asked_for() {
    let world = world(&[EWA]).await;
    run(&world, &["bring", "--gap"]).await.assert(0, "has left a gap");
    for other in
        [&["--since", "2026-11-01"][..], &["--user", EWA], &["--all-users"], &["conferenceRecords/x"]]
    {
        let arguments = [&["zoom2drive", "meet", "bring", "--gap"], other].concat();
        let parsed = <zoom2drive::cli::Cli as clap::Parser>::try_parse_from(arguments);
        assert!(parsed.is_err(), "{other:?}");
    }
}
