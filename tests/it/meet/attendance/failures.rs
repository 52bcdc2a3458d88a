//! A report is whole, or there is none: what fails on the way, and what Google has not counted yet.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::{Conference, Participant};

use super::{CODE, EWA, Stage, hour, on, two_people};

#[tokio::test]
async fn a_page_that_fails_for_good_leaves_nothing_written() {
    let stage = Stage::new().await;
    let mut crowd = hour("crowd");
    for number in 0..300 {
        let person = Participant::anonymous(&format!("Person {number}"));
        crowd = crowd.participant(person.session(on("18:00:00"), on("19:00:00")));
    }
    stage.add(crowd);
    for (subject, answer) in [
        ("/participants?pageSize=250&pageToken", Canned::google(503, "backendError", "try again")),
        ("/participants/7000200/participantSessions", Canned::google(503, "backendError", "try again")),
        ("/participants?", Canned::google(400, "badRequest", "no")),
    ] {
        stage.world.sandbox.faults.clear();
        stage.fail(subject, answer);
        stage.bad(&["conferenceRecords/crowd", "--write"], 1).await;
        assert!(stage.world.attendance_files().is_empty(), "{subject}");
    }
    stage.world.sandbox.faults.clear();
    stage.good(&["conferenceRecords/crowd", "--write"]).await;
    assert_eq!(stage.sheet().1.tabs[0].table().len(), 301);
}

#[tokio::test]
async fn a_call_that_fails_for_a_moment_is_sent_again() {
    let stage = Stage::new().await;
    stage.add(two_people("h"));
    for fault in [
        Fault::Answer(Canned::google(429, "RESOURCE_EXHAUSTED", "slow").header("retry-after", "0")),
        Fault::Answer(Canned::google(503, "backendError", "try again")),
        Fault::Cut,
    ] {
        stage.world.sandbox.faults.once(Route::Meet, fault.clone());
        let rule = |route, subject: &str| Rule {
            route,
            subject: subject.to_owned(),
            skip: 0,
            times: 2,
            fault: fault.clone(),
        };
        stage.world.sandbox.faults.add(rule(Route::Meet, "participantSessions"));
        stage.world.sandbox.faults.add(rule(Route::Directory, "users"));
        let said = stage.good(&["conferenceRecords/h"]).await;
        assert!(said.contains("2 people: 2 present."), "{said}");
        assert_eq!(stage.world.sandbox.faults.left(), 0);
    }
}

#[tokio::test]
async fn a_participant_who_vanishes_on_the_way_is_told_and_the_others_are_counted() {
    let stage = Stage::new().await;
    stage.add(two_people("h"));
    stage.fail("/participants/70001/participantSessions", Canned::google(404, "notFound", "gone"));
    let said = stage.good(&["conferenceRecords/h", "--json"]).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(told["people"].as_array().unwrap().len(), 1);
    assert_eq!(told["notes"], json!(["1 participant not counted: Google no longer has the times"]));
    // The whole record, on its last day.
    stage.fail("/participants?", Canned::google(404, "notFound", "gone"));
    let gone = stage.bad(&["conferenceRecords/h", "--write"], 1).await;
    assert!(gone.contains("30 days"), "{gone}");
    assert!(stage.world.attendance_files().is_empty());
}

#[tokio::test]
async fn a_part_that_vanishes_is_told_and_the_rest_is_counted() {
    let stage = Stage::new().await;
    stage.add(two_people("first"));
    let (from, to) = (on("19:05:00"), on("19:30:00"));
    let ewa = Participant::user(EWA, "Ewa Nowak").session(from, to);
    stage.add(Conference::new(EWA, CODE, from).id("second").space("A").ended(to).participant(ewa));
    stage.fail("/first/participants?", Canned::google(404, "notFound", "gone"));
    let said = stage.good(&["conferenceRecords/second"]).await;
    assert!(said.contains("1 part not counted, of 2: Google keeps conferences for 30 days"), "{said}");
    assert!(said.contains("1 person: 1 present."), "{said}");
}

/// A conference that ended this long ago, with somebody whose end Google does not know.
fn unfinished(ago: SignedDuration) -> Conference {
    let end = Timestamp::now().checked_sub(ago).unwrap();
    let start = end.checked_sub(SignedDuration::from_hours(1)).unwrap();
    let ewa = Participant::user(EWA, "Ewa").session(start, end);
    let open = Participant::anonymous("Gosc").since(start);
    Conference::new(EWA, CODE, start).id("fresh").ended(end).participant(ewa).participant(open)
}

#[tokio::test]
async fn an_end_that_google_does_not_know_yet_is_asked_for_twice_and_then_told() {
    let stage = Stage::new().await;
    stage.world.sandbox.google.set_meet_now(Timestamp::now());
    stage.add(unfinished(SignedDuration::from_mins(10)));
    let name = "conferenceRecords/fresh";
    let asked = || {
        let calls = stage.world.sandbox.transcript.calls();
        calls.iter().filter(|call| call.subject.contains("/fresh/participants?")).count()
    };
    let refused = stage.bad(&[name, "--write"], 1).await;
    assert!(refused.contains("still counting (1 join without an end)"), "{refused}");
    assert_eq!(asked(), 2);
    assert!(stage.world.attendance_files().is_empty());
    let said = stage.good(&[name, "--partial"]).await;
    assert!(said.contains("1 join without an end: counted to the end of the meeting"), "{said}");
    assert!(said.contains("no leave time"), "{said}");
    // It comes in between the two looks.
    let google = &stage.world.sandbox.google;
    google.edit_conference(name, |conference| {
        let end = conference.end;
        conference.participants[1].sessions[0].1 = end;
    });
    let said = stage.good(&[name]).await;
    assert!(said.contains("2 people: 2 present.") && !said.contains("Note"), "{said}");
}

#[tokio::test]
async fn an_end_that_google_never_knew_does_not_keep_a_report_back_for_ever() {
    let stage = Stage::new().await;
    stage.world.sandbox.google.set_meet_now(Timestamp::now());
    stage.add(unfinished(SignedDuration::from_hours(2)));
    let said = stage.good(&["conferenceRecords/fresh"]).await;
    assert!(said.contains("1 join without an end: counted to the end of the meeting"), "{said}");
}

#[tokio::test]
async fn a_meeting_that_has_just_ended_is_looked_at_twice() {
    let stage = Stage::new().await;
    stage.world.sandbox.google.set_meet_now(Timestamp::now());
    let mut fresh = unfinished(SignedDuration::from_mins(1));
    fresh.participants.truncate(1);
    stage.add(fresh);
    let said = stage.good(&["conferenceRecords/fresh", "--write"]).await;
    assert!(said.contains("has just ended: Google may still be counting"), "{said}");
    // The note is about this moment: the sheet does not keep it.
    assert!(!json!(stage.sheet().1.tabs[2].table()).to_string().contains("just ended"));
    let calls = stage.world.sandbox.transcript.calls();
    assert_eq!(calls.iter().filter(|call| call.subject.contains("/fresh/participants?")).count(), 2);
    assert_eq!(calls.iter().filter(|call| call.subject.contains("participantSessions")).count(), 1);
}

#[tokio::test]
async fn a_record_of_nobody_is_no_report() {
    let stage = Stage::new().await;
    stage.add(hour("empty"));
    let refused = stage.bad(&["conferenceRecords/empty", "--write"], 1).await;
    assert!(refused.contains("nobody who was in this meeting"), "{refused}");
    let said = stage.good(&["conferenceRecords/empty", "--partial"]).await;
    assert!(said.contains("0 people."), "{said}");
}

#[tokio::test]
async fn a_directory_that_may_not_be_read_costs_the_addresses_only() {
    let stage = Stage::new().await;
    stage.add(two_people("h"));
    let google = &stage.world.sandbox.google;
    google.withdraw_scope(None, "https://www.googleapis.com/auth/admin.directory.user.readonly");
    let said = stage.good(&["conferenceRecords/h", "--json"]).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(told["people"][0]["email"], "");
    let note = told["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with("the e-mail addresses are not known") && note.contains("admin.directory"),
        "{note}"
    );
    google.withdraw_scope(None, "https://www.googleapis.com/auth/meetings.space.readonly");
    let refused = stage.bad(&["conferenceRecords/h"], 1).await;
    assert!(
        refused.contains("meetings.space.readonly") && refused.contains("Domain-wide delegation"),
        "{refused}"
    );
}
