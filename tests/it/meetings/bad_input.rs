//! What can be wrong without Zoom is said before the first call, with exit code 2.

use super::{assert_clean, create, requests, run, run_with, world};

/// Each of these is refused, names what is wrong, and reaches nobody.
async fn assert_refused(cases: &[(&[&str], &str)]) {
    let world = world().await;
    for (arguments, says) in cases {
        let ran = run(&world, arguments).await;
        ran.assert(2, says);
        assert!(ran.out.is_empty(), "{}", ran.out);
    }
    assert_eq!(world.sandbox.transcript.calls().len(), 0);
}

#[tokio::test]
async fn times_that_are_none_and_zones_that_are_none() {
    let create = ["create", "--topic", "T", "--start"];
    let case = |start: &'static str, zone: &'static str| [&create[..], &[start, "--zone", zone]].concat();
    let cases = [
        (case("2031-03-30T02:30", "Europe/Berlin"), "the clock jumps from 02:00 to 03:00"),
        (
            case("2031-10-26T02:30", "Europe/Berlin"),
            "happens twice in Europe/Berlin: write 02:30+02:00 or 02:30+01:00",
        ),
        (case("2031-02-30T10:00", "UTC"), "there is no day 2031-02-30"),
        (case("2031-12-01T25:00", "UTC"), "there is no time of day 25:00"),
        (case("7 pm", "UTC"), "\"7 pm\" is not a time"),
        (case("2031-12-01T19:00", "Osaka, Sapporo, Tokyo"), "\"Osaka, Sapporo, Tokyo\" is not a zone"),
        (case("2031-12-01T19:00", "JST"), "\"JST\" is not a zone"),
        (case("2020-12-01T19:00", "UTC"), "2020-12-01 19:00 has passed: Zoom would start the meeting now"),
    ];
    let cases: Vec<(&[&str], &str)> =
        cases.iter().map(|(arguments, says)| (arguments.as_slice(), *says)).collect();
    assert_refused(&cases).await;
    let check = ["check", "--start", "2020-12-01T19:00"];
    let update = ["update", "85746065432", "--start", "2020-12-01T19:00"];
    assert_refused(&[(&check, "has passed"), (&update, "has passed")]).await;
}

#[tokio::test]
async fn values_over_zooms_limits_and_settings_that_contradict() {
    let world = world().await;
    let (long_topic, long_agenda) = ("t".repeat(201), "a".repeat(2_001));
    for (more, says) in [
        (&["--minutes", "0"][..], "1 to 1440 minutes, not 0"),
        (&["--minutes", "1441"], "1 to 1440 minutes, not 1441"),
        (&["--agenda", &long_agenda], "the agenda has 2001 characters"),
        (&["--passcode", "12345678901"], "a passcode has 1 to 10 characters"),
        (&["--passcode", "a b"], "a passcode has 1 to 10 characters"),
        (&["--waiting-room", "--join-before-host"], "exclude each other"),
        (&["--alternative-host", "ann"], "\"ann\" is not the address"),
        (&["--repeat", "weekly", "--times", "3"], "weekly needs its days"),
        (&["--repeat", "hourly", "--times", "3"], "expected daily, weekly:mon,thu"),
        (&["--repeat", "daily", "--times", "61"], "1 to 60 times"),
        (&["--repeat", "daily", "--times", "3", "--until", "2031-12-05"], "cannot be used with"),
        (&["--repeat", "daily"], "needs its end"),
        (&["--repeat", "daily", "--every", "100", "--times", "2"], "from 1 to 99 days"),
        (&["--repeat", "daily", "--until", "2031-12-01"], "before the first date 2031-12-02"),
        (&["--repeat", "weekly:mon", "--times", "2"], "begin on 2031-12-08"),
        (&["--repeat", "daily", "--until", "2032-12-01"], "more than 60 dates"),
        (&["--times", "3"], "--repeat"),
        (&["--every", "2"], "--repeat"),
        (&["--record", "tape"], "invalid value 'tape'"),
        (
            &["--zone", "Australia/Lord_Howe", "--repeat", "daily", "--times", "2"],
            "cannot repeat a meeting there",
        ),
    ] {
        create(&world, "19:00", more).await.assert(2, says);
    }
    let topic = |topic: &'static str| ["create", "--start", "2031-12-01T19:00", "--topic", topic];
    let long = ["create", "--start", "2031-12-01T19:00", "--topic", &long_topic];
    run(&world, &long).await.assert(2, "the topic has 201 characters");
    run(&world, &topic(" ")).await.assert(2, "the topic is empty");
    // A passcode is never repeated.
    let ran = create(&world, "19:00", &["--passcode", "hunter2hunter2"]).await;
    assert!(!ran.error.contains("hunter2"), "{}", ran.error);
    assert_eq!(world.sandbox.transcript.calls().len(), 0);
}

#[tokio::test]
async fn meetings_that_are_none_and_changes_that_change_nothing() {
    for given in ["abc", "12345678", "123456789012", "https://evil.example/j/85746065432"] {
        let says = "is not a meeting: give its number (9 to 11 digits) or zoom.us link";
        for command in ["show", "invitation", "update", "delete"] {
            assert_refused(&[(&[command, given], says)]).await;
        }
    }
    assert_refused(&[
        (&["update", "85746065432"], "nothing to change"),
        (&["update", "85746065432", "--allow-overlap"], "nothing to change"),
        (
            &["update", "85746065432", "--occurrence", "1", "--topic", "T"],
            "the topic cannot be changed for one occurrence",
        ),
        (
            &["update", "85746065432", "--occurrence", "1", "--passcode", "1"],
            "the passcode cannot be changed",
        ),
        (&["update", "85746065432", "--repeat", "daily", "--times", "2"], "--repeat needs --start"),
        (&["update", "85746065432", "--waiting-room=maybe"], "invalid value 'maybe'"),
        (&["delete", "85746065432", "--json"], "add --yes"),
        (&["delete", "85746065432", "--occurrence", "1", "--series"], "cannot be used with"),
        (&["list", "--from", "2031-01-01"], "--to"),
        (&["list", "--from", "2031-02-01", "--to", "2031-01-01"], "is later than"),
        (&["list", "--from", "2031-01-01", "--to", "2031-07-02"], "at most 6 months"),
        (&["list", "--type", "later"], "invalid value 'later'"),
    ])
    .await;
}

#[tokio::test]
async fn settings_that_are_missing_are_named() {
    let world = world().await;
    let none = [("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];
    let says = "ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET";
    run_with(&world, &none, &["list"]).await.assert(2, says);
    run_with(&world, &none[2..], &["list"]).await.assert(2, "ZOOM_CLIENT_SECRET");
    // Nothing of Google, no webhook and no folder is needed.
    let no_google =
        [("GOOGLE_APPLICATION_CREDENTIALS", ""), ("DRIVE_FOLDER_ID", ""), ("ZOOM_WEBHOOK_SECRET_TOKEN", "")];
    run_with(&world, &no_google, &["list"]).await.assert(0, "no meetings");
    assert_eq!(requests(&world).len(), 1);
    assert_clean(&world);
}
