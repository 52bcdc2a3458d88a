//! The calendar's entry gives the title and the counted time. Without it the meeting's own times count.

use serde_json::{Value, json};
use zoom2drive::sandbox::google::{Conference, Event, Participant, Visibility};

use super::{CODE, EWA, JAN, Stage, on};

const CALENDAR: &str = "https://www.googleapis.com/auth/calendar.events.readonly";

/// A lesson from 18:00 to 19:00 that began at 17:45 and ended at 19:20.
fn lesson() -> Conference {
    let (from, to) = (on("17:45:00"), on("19:20:00"));
    let ewa = Participant::user(EWA, "Ewa Nowak").session(from, to);
    let jan = Participant::user(JAN, "Jan Kowalski").session(on("18:15:00"), on("19:00:00"));
    Conference::new(EWA, CODE, from).id("lesson").ended(to).participant(ewa).participant(jan)
}

fn planned(title: &str) -> Event {
    Event::new(EWA, title, on("18:00:00"), on("19:00:00")).meet(CODE)
}

fn told(said: &str) -> Value {
    serde_json::from_str(said).unwrap()
}

#[tokio::test]
async fn the_planned_time_counts_and_the_title_is_told() {
    let stage = Stage::new().await;
    stage.add(lesson());
    let google = &stage.world.sandbox.google;
    google.add_event(Event::new(EWA, "Another room", on("18:00:00"), on("19:00:00")).meet("ddd-eeee-fff"));
    google.add_event(Event::new(EWA, "Earlier", on("10:00:00"), on("11:00:00")).meet(CODE));
    google.add_event(planned("Rehearsal"));
    let said = stage.good(&["conferenceRecords/lesson", "--late-after", "10m"]).await;
    let heading =
        "Rehearsal, abc-mnop-xyz, 2026-03-02 18:45 to 20:20 (Europe/Warsaw); counted 19:00 to 20:00";
    assert!(said.starts_with(heading), "{said}");
    assert!(
        said.contains("Jan Kowalski  late     19:15:00  20:00:00     45.0    75%  late 15 min"),
        "{said}"
    );
    assert!(!said.contains("Note"), "{said}");
    let actual = told(&stage.good(&["conferenceRecords/lesson", "--window", "actual", "--json"]).await);
    assert_eq!(actual["meeting"]["counted_end"], "2026-03-02T20:20:00+01:00");
    assert_eq!((&actual["meeting"]["topic"], &actual["meeting"]["host"]), (&json!("Rehearsal"), &json!(EWA)));
    let scheduled = told(&stage.good(&[CODE, "--window", "scheduled", "--json"]).await);
    assert_eq!(scheduled["meeting"]["counted_start"], "2026-03-02T19:00:00+01:00");
    stage.good(&[CODE, "--write"]).await;
    let (id, book) = stage.sheet();
    assert_eq!(stage.world.sandbox.google.path_of(&id), "2026-03-02 Rehearsal – attendance");
    assert_eq!(book.tabs[2].table()[0], [json!("Topic"), json!("Rehearsal")]);
    stage.assert_good();
}

#[tokio::test]
async fn without_an_entry_the_meetings_own_times_count() {
    let stage = Stage::new().await;
    stage.add(lesson());
    let own = told(&stage.good(&[CODE, "--json"]).await);
    assert_eq!(own["meeting"]["counted_start"], "2026-03-02T18:45:00+01:00");
    assert_eq!((&own["notes"], &own["meeting"]["topic"]), (&json!([]), &json!("")));
    let refused = stage.bad(&[CODE, "--window", "scheduled"], 1).await;
    assert!(refused.contains("--window actual"), "{refused}");
    // A calendar that may not be read fails nothing, and is told.
    let google = &stage.world.sandbox.google;
    google.add_event(planned("Rehearsal"));
    google.withdraw_scope(None, CALENDAR);
    let own = told(&stage.good(&[CODE, "--json"]).await);
    let note = own["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with("the title and the planned times are not known") && note.contains(CALENDAR),
        "{note}"
    );
    google.grant_scope(None, CALENDAR);
    google.set_calendar_enabled(false);
    let said = stage.good(&[CODE]).await;
    assert!(said.contains("Google Calendar API is off"), "{said}");
}

#[tokio::test]
async fn a_private_title_is_not_for_others() {
    let stage = Stage::new().await;
    stage.add(lesson());
    stage.world.sandbox.google.add_event(planned("Salaries").visibility(Visibility::Private));
    assert!(stage.good(&[CODE]).await.starts_with("Salaries, "));
    let done = stage.run(&[CODE, "--all-users"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.starts_with("(private), "), "{}", done.out);
    stage.good(&[CODE, "--write"]).await;
    let (id, book) = stage.sheet();
    assert_eq!(stage.world.sandbox.google.path_of(&id), "2026-03-02 abc-mnop-xyz – attendance");
    assert!(!json!(book.tabs[2].table()).to_string().contains("Salaries"));
}
