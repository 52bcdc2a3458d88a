//! Each refusal of Zoom's has an answer of its own, which says what to do.

use zoom2drive::sandbox::zoom::{Age, Attendee, Zoom};

use super::{NUMBER, Stage, UUID, hour, two_people};

const REPORT: &str = "report:read:list_meeting_participants:admin";
const PAST: &str = "meeting:read:list_past_participants:admin";

#[tokio::test]
async fn a_uuid_that_zoom_does_not_know_is_no_meeting() {
    let stage = Stage::with(two_people()).await;
    let error = stage.bad(&["show", "paw4knJqSPOXq7ThIQWFMw=="], 1).await;
    assert!(error.contains("knows no ended meeting of this uuid"), "{error}");
    stage.assert_good();
}

#[tokio::test]
async fn a_host_of_another_account_is_told_and_not_asked_for_again() {
    let stage = Stage::with(two_people()).await;
    stage.sandbox.zoom.set_attendance(UUID, |lists| lists.has_foreign_host = true);
    let error = stage.bad(&["show", UUID], 1).await;
    assert!(error.contains("not a user of this Zoom account"), "{error}");
    assert_eq!(stage.sandbox.zoom.heavy_calls(), 1);
}

#[tokio::test]
async fn after_a_year_the_list_of_past_participants_stands_in_and_then_nothing() {
    let stage = Stage::with(two_people()).await;
    stage.sandbox.zoom.set_attendance(UUID, |lists| lists.age = Age::OverAYear);
    let out = stage.good(&["show", UUID]).await;
    assert!(out.contains("2 people") && out.contains("Zoom no longer has the report"), "{out}");
    stage.sandbox.zoom.set_attendance(UUID, |lists| lists.age = Age::OverFifteenMonths);
    let error = stage.bad(&["show", UUID], 1).await;
    assert!(error.contains("Zoom no longer has it"), "{error}");
    stage.assert_good();
}

#[tokio::test]
async fn a_plan_or_role_without_reports_is_told() {
    let stage = Stage::with(two_people()).await;
    for text in ["Only available for paid account", "No permission."] {
        stage.sandbox.zoom.set_attendance(UUID, |lists| lists.denied = Some(text.to_owned()));
        let error = stage.bad(&["show", UUID], 1).await;
        assert!(error.contains("Pro plan") && error.contains("usage reports"), "{error}");
        assert!(error.contains(text), "{error}");
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_and_another_list_stands_in_if_it_can() {
    let stage = Stage::with(two_people()).await;
    stage.sandbox.zoom.remove_scope(REPORT);
    let out = stage.good(&["show", UUID]).await;
    assert!(out.contains("2 people: 2 present."), "{out}");
    for name in [REPORT, "report:read:admin", "without breakout rooms"] {
        assert!(out.contains(name), "{name}: {out}");
    }
    stage.sandbox.zoom.remove_scope(PAST);
    let error = stage.bad(&["show", UUID], 1).await;
    assert!(error.contains(REPORT) && error.contains("report:read:admin"), "{error}");
    assert!(error.contains("Scopes"), "{error}");
    // The classic names do as well.
    stage.sandbox.zoom.set_scopes(&["report:read:admin", "meeting:read:admin"]);
    let out = stage.good(&["show", UUID]).await;
    assert!(!out.contains("Note:"), "{out}");
    stage.assert_good();
}

#[tokio::test]
async fn scopes_of_the_other_calls_are_named_too() {
    let but = |scope: &str| -> Vec<String> {
        Zoom::all_scopes().into_iter().filter(|known| known != scope).collect()
    };
    let number = NUMBER.to_string();
    let stage = Stage::with(two_people()).await;
    let keep = |scopes: Vec<String>| {
        stage.sandbox.zoom.expire_access_tokens();
        stage.sandbox.zoom.set_scopes(&scopes.iter().map(String::as_str).collect::<Vec<_>>());
    };
    keep(but("meeting:read:list_past_instances:admin"));
    let error = stage.bad(&["show", &number], 1).await;
    assert!(error.contains("meeting:read:list_past_instances:admin"), "{error}");
    keep(but("meeting:read:past_meeting:admin"));
    let out = stage.good(&["show", &number]).await;
    assert!(out.contains("2 people") && out.contains("meeting:read:past_meeting:admin"), "{out}");
    // The schedule is a comfort: without it the meeting's own times count.
    keep(but("meeting:read:meeting:admin"));
    assert!(stage.good(&["show", &number]).await.contains("2 people"));
    let error = stage.bad(&["show", &number, "--window", "scheduled"], 1).await;
    assert!(error.contains("--window actual"), "{error}");
    // Without the facts of the past meeting it cannot be told which of two it is.
    keep(but("meeting:read:past_meeting:admin"));
    stage.sandbox.zoom.add(hour(UUID).attendee(Attendee::new("Ada Host", "ada@example.com")));
    let error = stage.bad(&["show", UUID], 1).await;
    assert!(error.contains("no report yet, or only one person was there"), "{error}");
    stage.assert_good();
}

#[tokio::test]
async fn wrong_credentials_and_a_silent_zoom_are_told() {
    let stage = Stage::with(two_people()).await;
    stage.sandbox.zoom.set_client_secret("another");
    let error = stage.bad(&["show", UUID], 1).await;
    assert!(error.contains("refuses our credentials"), "{error}");
}
