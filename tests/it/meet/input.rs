//! Bad input is refused before any call.

use super::*;

#[tokio::test]
async fn what_is_no_code_no_record_and_no_day_is_refused_with_an_example() {
    let world = world(&[EWA]).await;
    let code = "abc-mnop-xyz";
    for (arguments, says) in [
        (&["past", "--code", "abcmnopxyz"][..], code),
        (&["past", "--code", "abc-mnop"], code),
        (&["past", "--code", "abc-mnop-xyz/../"], code),
        (&["past", "--code", "meet.google.com/lookup/x"], code),
        (&["space", "abc-mnop"], code),
        (&["space", "https://evil.example/abc-mnop-xyz"], code),
        (&["space", "spaces/../x"], "spaces/jQCFfuBOdN5z"),
        (&["show", "abcmnopxyz"], "conferenceRecords/b4a5c6d7"),
        (&["show", "conferenceRecords/../spaces"], "conferenceRecords/b4a5c6d7"),
        (&["show", "conferenceRecords/a/participants"], "conferenceRecords/b4a5c6d7"),
        (&["past", "--space", "a/b"], "jQCFfuBOdN5z"),
        (&["past", "--code", code, "--space", "jQCFfuBOdN5z"], "cannot be used with"),
        (&["past", "--user", "ewa"], "ann@example.com"),
        (&["past", "--user", "a/../b@theatre.example"], "ann@example.com"),
        (&["past", "--user", EWA, "--all-users"], "cannot be used with"),
        (&["past", "--since", "yesterday"], "yesterday"),
        (
            &["past", "--user", EWA, "--since", "2026-11-03", "--until", "2026-11-01"],
            "--since 2026-11-03 is not before --until 2026-11-01",
        ),
        (&["past", "--user", EWA, "--since", "2026-11-03", "--until", "2026-11-03"], "is not before"),
        (&["past", "--user", EWA, "--zone", "Warsaw"], "not a zone"),
        (&["upcoming", "--days", "0"], "1..=366"),
        (&["past"], "Meet is seen as a person: give --user"),
        (&["show", code], "Meet is seen as a person: give --user"),
        (&["space", code], "Meet is seen as a person: give --user"),
        (&["upcoming"], "Meet is seen as a person: give --user"),
    ] {
        run(&world, arguments).await.assert(2, says);
    }
    assert_eq!(world.calls(), "");
}

#[tokio::test]
async fn days_that_google_has_forgotten_are_told_and_asked_for_all_the_same() {
    let world = world(&[EWA]).await;
    world.sandbox.google.add_conference(conference("a", EWA, "abc-mnop-xyz", "09:00:00", "10:00:00"));
    let note = "Google keeps conferences 30 days";
    let old = run(&world, &["past", "--user", EWA, "--since", "2020-01-01"]).await;
    old.assert(0, &format!("note: {note}"));
    old.assert(0, "abc-mnop-xyz");
    let old = run(&world, &["past", "--user", EWA, "--since", "2020-01-01", "--json"]).await.json();
    assert!(old["notes"].to_string().contains(note), "{old}");
    let today = jiff::Zoned::now().date().to_string();
    let new = run(&world, &["past", "--user", EWA, "--since", &today]).await;
    assert!(!new.out.contains(note), "{}", new.out);
}

#[tokio::test]
async fn only_the_settings_of_google_are_needed() {
    let world = world(&[EWA]).await;
    world.sandbox.google.add_conference(conference("a", EWA, "abc-mnop-xyz", "09:00:00", "10:00:00"));
    let mut few = World { settings: world.settings.clone(), ..world };
    few.settings
        .retain(|name, _| !name.starts_with("ZOOM_") && name != "DRIVE_FOLDER_ID" && name != "DATABASE_URL");
    run(&few, &["past", "--user", EWA]).await.assert(0, "abc-mnop-xyz");
    few.settings.remove("GOOGLE_APPLICATION_CREDENTIALS");
    let ran = run(&few, &["past", "--user", EWA]).await;
    ran.assert(2, "GOOGLE_APPLICATION_CREDENTIALS is missing");
    assert!(!ran.error.contains("ZOOM") && !ran.error.contains("DRIVE_FOLDER_ID"), "{}", ran.error);
}
