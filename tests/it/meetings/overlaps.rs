//! A time is taken only if another meeting shares a minute of it.

use serde_json::json;
use zoom2drive::sandbox::zoom::Scheduled;

use super::{DAY, assert_clean, at, create, requests, run, world};
use crate::support::world::World;

/// `check` of a span of [`DAY`] in UTC.
async fn check(world: &World, from: &str, minutes: &str, more: &[&str]) -> super::Ran {
    let start = format!("{DAY}T{from}Z");
    run(world, &[&["check", "--start", &start, "--minutes", minutes, "--zone", "UTC"], more].concat()).await
}

#[tokio::test]
async fn the_golden_overlaps() {
    let world = world().await;
    let id = world.sandbox.zoom.schedule(at("Bible study", "10:00", 60));
    for (from, minutes) in [("11:00", "60"), ("09:00", "60")] {
        let ran = check(&world, from, minutes, &[]).await;
        assert_eq!((ran.code, ran.out.as_str()), (0, "free\n"), "{from}");
    }
    for (from, minutes) in [("10:30", "15"), ("09:30", "31"), ("09:00", "180"), ("10:00", "60")] {
        let ran = check(&world, from, minutes, &[]).await;
        let taken = format!("taken: {id} Bible study, {DAY} 10:00 to 11:00\n");
        assert_eq!((ran.code, ran.out), (1, taken), "{from}");
    }
    // Moving it by half an hour does not collide with itself.
    let number = id.to_string();
    check(&world, "10:30", "60", &["--except", &number]).await.assert(0, "free");
    let start = format!("{DAY}T10:30Z");
    run(&world, &["update", &number, "--start", &start]).await.assert(0, "changed");
    assert_clean(&world);
}

#[tokio::test]
async fn meetings_without_a_time_are_counted() {
    let world = world().await;
    world.sandbox.zoom.schedule(Scheduled::without_time("Office"));
    let ran = check(&world, "10:30", "30", &[]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "free; 1 meeting without a fixed time was not compared\n"));
    world.sandbox.zoom.schedule(Scheduled::without_time("Lobby"));
    let id = world.sandbox.zoom.schedule(at("Choir", "10:00", 60));
    let ran = check(&world, "10:30", "30", &["--json"]).await;
    let taken = json!([{"id": id, "topic": "Choir", "occurrence": null, "start": format!("{DAY}T10:00:00+00:00"),
        "end": format!("{DAY}T11:00:00+00:00")}]);
    assert_eq!((ran.code, ran.json()), (1, json!({"free": false, "taken": taken, "not_compared": 2})));
    create(&world, "19:00", &[]).await.assert(0, "2 meetings without a fixed time were not compared");
}

#[tokio::test]
async fn a_date_of_a_series_takes_its_time_unless_it_was_deleted() {
    for expands in [false, true] {
        let world = world().await;
        if expands {
            world.sandbox.zoom.expand_series();
        }
        let series = Scheduled::new("Choir", "2031-11-25T10:00:00Z", 60).weekly(3).without_date(2);
        let date = series.occurrences[1].id.clone();
        let id = world.sandbox.zoom.schedule(series);
        let ran = check(&world, "10:30", "30", &[]).await;
        let taken = format!("taken: {id} Choir (occurrence {date}), {DAY} 10:00 to 11:00\n");
        assert_eq!((ran.code, ran.out), (1, taken), "{expands}");
        // The date a week later is deleted.
        let later = ["check", "--start", "2031-12-09T10:30Z"];
        run(&world, &later).await.assert(0, "free");
        // Each series is read once.
        let reads = requests(&world).iter().filter(|line| line.contains(&id.to_string())).count();
        assert_eq!(reads, 2);
        assert_clean(&world);
    }
}

#[tokio::test]
async fn nothing_is_made_where_a_date_is_taken_unless_it_is_allowed() {
    let world = world().await;
    world.sandbox.zoom.schedule(Scheduled::new("Choir", "2031-12-16T17:30:00Z", 60));
    let weekly = ["--repeat", "weekly:tue", "--times", "4"];
    let ran = create(&world, "19:00", &weekly).await;
    ran.assert(1, "taken: ");
    ran.assert(1, "Choir, 2031-12-16 19:30 to 20:30");
    assert_eq!(world.sandbox.zoom.scheduled().len(), 1);
    create(&world, "19:00", &[&weekly[..], &["--allow-overlap"]].concat()).await.assert(0, ", 4 dates");
    assert_eq!(world.sandbox.zoom.scheduled().len(), 2);
    // Another user's meetings do not matter.
    world.sandbox.zoom.add_user("ann@example.com", "active");
    create(&world, "19:00", &["--user", "ann@example.com"]).await.assert(0, "made");
    assert_clean(&world);
}

#[tokio::test]
async fn a_meeting_that_is_on_takes_its_time() {
    let world = world().await;
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(30);
    let began = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(10);
    world.sandbox.zoom.schedule(Scheduled { is_live: true, ..Scheduled::new("Now", &began.to_string(), 60) });
    let start = soon.strftime("%Y-%m-%dT%H:%MZ").to_string();
    run(&world, &["check", "--start", &start]).await.assert(1, "Now");
}

#[tokio::test]
async fn a_change_is_compared_with_all_meetings_but_itself() {
    let world = world().await;
    let series = Scheduled::new("Choir", "2031-12-02T10:00:00Z", 60).weekly(3);
    let (first, second) = (series.occurrences[0].id.clone(), series.occurrences[1].start);
    let id = world.sandbox.zoom.schedule(series).to_string();
    let single = world.sandbox.zoom.schedule(at("Bible study", "12:00", 60)).to_string();
    // A date moves onto another meeting, onto another date of its own series, and to a free time.
    let update = async |start: &str| {
        run(&world, &["update", &id, "--occurrence", &first, "--start", start, "--zone", "UTC"]).await
    };
    update("2031-12-02T12:30").await.assert(1, "Bible study");
    update("2031-12-09T10:30").await.assert(1, "Choir (occurrence ");
    assert_eq!(world.sandbox.zoom.meeting_bodies().len(), 0);
    update("2031-12-02T10:30").await.assert(0, "2031-12-02 10:30 to 11:30 UTC");
    // Longer, without another start.
    run(&world, &["update", &single, "--minutes", "61"]).await.assert(0, "changed");
    world.sandbox.zoom.schedule(at("Next", "13:30", 30));
    run(&world, &["update", &single, "--minutes", "100"]).await.assert(1, "Next");
    run(&world, &["update", &single, "--minutes", "100", "--allow-overlap"]).await.assert(0, "changed");
    let kept = world.sandbox.zoom.scheduled()[0].occurrences[1].start;
    assert_eq!(kept, second);
    // What moves nothing is compared with nothing.
    let before = requests(&world).len();
    run(&world, &["update", &single, "--topic", "New"]).await.assert(0, "New");
    assert_eq!(requests(&world).len(), before + 3);
    assert_clean(&world);
}
