//! A report is taken whole, or not at all.

use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::zoom::{Attendee, Look, PageOddity};

use super::{Stage, UUID, crowd, hour, two_people};

/// The sum of the minutes of a CSV file, in tenths, and its number of people.
fn totals(csv: &str) -> (usize, i64) {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let minutes: Vec<f64> = reader.records().map(|row| row.unwrap()[6].parse().unwrap()).collect();
    let tenths = minutes.iter().map(|minutes| (minutes * 10.0).round() as i64).sum();
    (minutes.len(), tenths)
}

#[tokio::test]
async fn a_large_meeting_is_read_to_the_last_page_whatever_its_size() {
    let stage = Stage::with(crowd()).await;
    let csv = stage.good(&["show", UUID, "--csv"]).await;
    assert_eq!(totals(&csv), (612, 335_988));
    let lines: Vec<&str> = csv.lines().collect();
    let first = "Person 001,p001@example.org,,present,2026-03-02 20:00:01,2026-03-02 21:00:00,60,1,1,0,0,";
    let last =
        "Person 612,p612@example.org,,present,2026-03-02 20:10:12,2026-03-02 21:00:00,49.8,0.83,1,0,0,";
    assert_eq!((lines[1], lines[612]), (first, last));
    assert_eq!(stage.sandbox.zoom.heavy_calls(), 3);
    stage.sandbox.zoom.set_rows_max(Some(100));
    assert_eq!(stage.good(&["show", UUID, "--csv"]).await, csv);
    assert_eq!(stage.sandbox.zoom.heavy_calls(), 3 + 7);
    stage.assert_good();
}

#[tokio::test]
async fn pages_that_contradict_each_other_are_refused_as_a_batch_and_asked_for_again() {
    let cases = [
        (2, PageOddity::Total(611), "do not agree (total_records"),
        (3, PageOddity::MissingRow, "do not add up (told 612, got 611)"),
        (2, PageOddity::PageSize(100), "do not agree (page_size"),
        (2, PageOddity::PageCount(4), "do not agree (page_count"),
    ];
    let stage = Stage::with(crowd()).await;
    for (page, oddity, told) in cases {
        stage.sandbox.zoom.set_attendance(UUID, |lists| lists.odd_pages = vec![(page, oddity, 1)]);
        let error = stage.bad(&["show", UUID, "--csv"], 1).await;
        assert!(error.contains(told) && error.contains("ask again"), "{oddity:?}: {error}");
        let csv = stage.good(&["show", UUID, "--csv"]).await;
        assert_eq!(totals(&csv), (612, 335_988), "{oddity:?}");
    }
    stage.assert_good();
}

#[tokio::test]
async fn an_expired_page_token_begins_again_at_page_one_three_times_at_most() {
    let stage = Stage::with(crowd()).await;
    for (times, is_read) in [(1, true), (3, true), (4, false)] {
        stage.sandbox.zoom.set_attendance(UUID, |lists| {
            lists.odd_pages = vec![(2, PageOddity::Expired, times)];
        });
        let done = stage.run(&["show", UUID, "--csv"]).await;
        if is_read {
            assert_eq!(totals(&done.out), (612, 335_988), "{times}");
        } else {
            assert!(done.code == 1 && done.out.is_empty(), "{done:?}");
            assert!(done.error.contains("page tokens expired"), "{done:?}");
        }
    }
    stage.assert_good();
}

#[tokio::test]
async fn nothing_is_told_while_zoom_is_still_counting() {
    let cases: [(&[Look], &str); 6] = [
        (&[Look::Missing, Look::Missing], "there is no report yet"),
        (&[Look::Empty], "there is no report yet"),
        (&[Look::NoDurations], "all durations are zero"),
        (&[Look::NoLeave(1)], "1 row without an end"),
        (&[Look::NoJoin(2)], "2 rows without a start"),
        (&[Look::Cut(1)], "told 2, got 1"),
    ];
    for (looks, told) in cases {
        let stage = Stage::with(two_people()).await;
        stage.sandbox.zoom.set_attendance(UUID, |lists| lists.looks = looks.iter().copied().collect());
        for _ in looks {
            let error = stage.bad(&["show", UUID], 1).await;
            assert!(
                error.contains(told) && error.contains("ask again in some minutes"),
                "{looks:?}: {error}"
            );
        }
        let out = stage.good(&["show", UUID]).await;
        assert!(out.contains("2 people: 2 present."), "{out}");
        stage.assert_good();
    }
}

#[tokio::test]
async fn whoever_wants_the_rows_as_they_are_is_told_what_is_wrong_with_them() {
    let cases = [
        (Look::NoLeave(1), "Zoom is still counting (1 row without an end)", "2 people"),
        (Look::NoJoin(1), "Zoom is still counting (1 row without a start)", "1 person"),
        (Look::NoDurations, "all durations are zero", "2 people"),
        (Look::Cut(1), "do not add up (told 2, got 1)", "1 person"),
    ];
    let stage = Stage::with(two_people()).await;
    for (look, note, people) in cases {
        stage.sandbox.zoom.set_attendance(UUID, |lists| lists.looks = [look].into());
        let out = stage.good(&["show", UUID, "--partial"]).await;
        assert!(out.contains(note) && out.contains(people), "{look:?}: {out}");
        assert_eq!(out.contains("no leave time"), look == Look::NoLeave(1), "{out}");
    }
    // Without any row there is nothing to take.
    stage.sandbox.zoom.set_attendance(UUID, |lists| lists.looks = [Look::Missing].into());
    let error = stage.bad(&["show", UUID, "--partial"], 1).await;
    assert!(error.contains("no report yet"), "{error}");
    // More people than rows are a reason to wait, and none to fail.
    stage.sandbox.zoom.set_attendance(UUID, |lists| lists.count = Some(5));
    let out = stage.good(&["show", UUID]).await;
    assert!(out.contains("Zoom counts 5 participants and lists 2"), "{out}");
    stage.assert_good();
}

#[tokio::test]
async fn a_meeting_of_one_person_is_told_as_such() {
    let stage = Stage::with(hour(UUID).attendee(Attendee::new("Ada Host", "ada@example.com"))).await;
    let error = stage.bad(&["show", UUID], 1).await;
    assert!(error.contains("nobody but the host was there"), "{error}");
    let error = stage.bad(&["show", UUID, "--partial", "--json"], 1).await;
    assert!(error.contains("nobody but the host was there"), "{error}");
    stage.assert_good();
}

#[tokio::test]
async fn webinars_have_lists_of_their_own() {
    let mut webinar = two_people();
    webinar.kind = 5;
    webinar.attendance[0].registrant_id = "rA".to_owned();
    let mut panelist = Attendee::new("A. Koval (panelist)", "").during("2026-03-02T18:30:00Z", "");
    panelist.registrant_id = "rA".to_owned();
    let stage = Stage::with(webinar.attendee(panelist)).await;
    let out = stage.good(&["show", UUID]).await;
    assert!(out.contains("2 people") && out.contains("also as A. Koval (panelist)"), "{out}");
    let json: serde_json::Value = serde_json::from_str(&stage.good(&["show", UUID, "--json"]).await).unwrap();
    assert_eq!(json["meeting"]["source"], "webinar report");
    // Zoom tells no facts of a webinar: it lasts from the first join to the last leave.
    assert_eq!(json["meeting"]["start"], "2026-03-02T20:00:00+02:00");
    let by_number = stage.good(&["show", &super::NUMBER.to_string()]).await;
    assert!(by_number.contains("2 people"), "{by_number}");
    stage.assert_good();
}

#[tokio::test]
async fn the_rate_of_expensive_calls_is_kept_and_a_refusal_is_waited_for() {
    let stage = Stage::with(crowd()).await;
    stage.sandbox.zoom.set_rows_max(Some(20));
    stage.sandbox.zoom.set_heavy_per_second(Some(40));
    assert_eq!(totals(&stage.good(&["show", UUID, "--csv"]).await), (612, 335_988));
    assert_eq!(stage.sandbox.zoom.heavy_calls(), 31);
    let slow = || Canned::zoom(429, 429, "You have reached the maximum per-second rate limit.");
    stage.sandbox.faults.once(Route::ZoomReport, Fault::Answer(slow()));
    assert_eq!(totals(&stage.good(&["show", UUID, "--csv"]).await), (612, 335_988));
    let daily = slow().header("x-ratelimit-type", "Daily-limit").header("retry-after", "25200");
    stage.sandbox.faults.once(Route::ZoomReport, Fault::Answer(daily));
    let error = stage.bad(&["show", UUID, "--csv"], 1).await;
    assert!(error.contains("slow down") && error.contains("ask again in 7 h"), "{error}");
    stage.assert_good();
}
