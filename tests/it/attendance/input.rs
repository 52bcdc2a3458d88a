//! Bad input is refused with the value and the form, before anybody is asked where that can be.

use zoom2drive::sandbox::zoom::Scheduled;

use super::{NUMBER, Stage, UUID, two_people};

#[tokio::test]
async fn what_is_no_meeting_is_refused() {
    let stage = Stage::with(two_people()).await;
    for text in ["abc", "12345678", "123456789012", "https://example.org/j/85746065432", "-1"] {
        let error = stage.bad(&["show", text], 2).await;
        assert!(
            error.contains("not a meeting: give its number (9 to 11 digits), uuid or zoom.us link"),
            "{error}"
        );
        stage.bad(&["series", text, "--since", "2026-03-01"], 2).await;
    }
    let error = stage.bad(&["series", UUID, "--since", "2026-03-01"], 2).await;
    assert!(error.contains("number"), "{error}");
    assert!(stage.sandbox.transcript.calls().is_empty());
}

#[tokio::test]
async fn a_meeting_goes_by_number_link_and_uuid() {
    let stage = Stage::with(two_people()).await;
    for text in [
        "85746065432",
        "857 4606 5432",
        "857-4606-5432",
        "https://us02web.zoom.us/j/85746065432?pwd=abc",
        "https://us02web.zoom.us/s/85746065432?zak=abc",
        UUID,
        "%2FUE%2BcApLTmOc6HZxOLFclQ%3D%3D",
        "https://us02web.zoom.us/recording/detail?meeting_id=%2FUE%2BcApLTmOc6HZxOLFclQ%3D%3D",
    ] {
        let out = stage.good(&["show", text]).await;
        assert!(out.starts_with("Bible study, 85746065432, 2026-03-02 20:00 to 21:00"), "{text}: {out}");
    }
    stage.assert_good();
}

#[tokio::test]
async fn several_instances_on_a_day_are_listed_for_a_choice() {
    let stage = Stage::with(two_people()).await;
    let mut again = two_people().start("2026-03-02T19:10:00Z");
    again.uuid = "paw4knJqSPOXq7ThIQWFMw==".to_owned();
    again.duration = 30;
    stage.sandbox.zoom.add(again);
    let number = NUMBER.to_string();
    let done = stage.run(&["show", &number, "--day", "2026-03-02"]).await;
    assert_eq!(done.code, 2, "{done:?}");
    for part in ["2026-03-02 20:00  /UE+cApLTmOc6HZxOLFclQ==", "2026-03-02 21:10  paw4knJqSPOXq7ThIQWFMw=="] {
        assert!(done.out.contains(part), "{done:?}");
    }
    assert!(done.error.contains("give the uuid of one"), "{done:?}");
    // Without a day the last one is meant, and the other is not hidden.
    let out = stage.good(&["show", &number]).await;
    assert!(
        out.contains("21:10 to 21:40") && out.contains("1 more meeting of this number that day"),
        "{out}"
    );
    // Days are local: in Kyiv this is the next one.
    let mut late = two_people().start("2026-03-04T22:30:00Z");
    late.uuid = "aw4knJqSPOXq7ThIQWFMwQ==".to_owned();
    stage.sandbox.zoom.add(late);
    assert!(stage.good(&["show", &number, "--day", "2026-03-05"]).await.contains("2026-03-05 00:30"));
    let utc = stage.good(&["show", &number, "--day", "2026-03-04", "--zone", "UTC"]).await;
    assert!(utc.contains("2026-03-04 22:30"), "{utc}");
    let error = stage.bad(&["show", &number, "--day", "2026-03-04"], 1).await;
    assert!(error.contains("no ended meeting of this number on 2026-03-04"), "{error}");
    stage.assert_good();
}

#[tokio::test]
async fn a_number_that_never_met_or_is_still_on_is_told() {
    let stage = Stage::new().await;
    let error = stage.bad(&["show", "85746065432"], 1).await;
    assert!(error.contains("Zoom knows no ended meeting of this number"), "{error}");
    let mut live = Scheduled::new("Bible study", "2026-03-02T18:00:00Z", 60);
    live.is_live = true;
    let number = stage.sandbox.zoom.schedule(live).to_string();
    let error = stage.bad(&["show", &number], 1).await;
    assert!(error.contains("has not ended yet"), "{error}");
    let waiting = stage.sandbox.zoom.schedule(Scheduled::without_time("Some day")).to_string();
    let error = stage.bad(&["show", &waiting], 1).await;
    assert!(error.contains("no ended meeting"), "{error}");
    stage.assert_good();
}

#[tokio::test]
async fn wrong_values_name_the_flag_and_the_form() {
    let stage = Stage::new().await;
    for (flag, value, told) in [
        ("--late-after", "10", "10m"),
        ("--late-after", "-5m", "10m"),
        ("--leave-early", "soon", "10m"),
        ("--min-share", "150", "percentage"),
        ("--min-share", "0", "percentage"),
        ("--window", "21:00-20:00", "later"),
        ("--window", "noon", "20:00-21:00"),
        ("--window", "20:00-25:00", "20:00-21:00"),
        ("--id-pattern", "(", "regular expression"),
        ("--id-pattern", "^[0-9]+", "group"),
        ("--zone", "Osaka, Sapporo, Tokyo", "IANA"),
        ("--day", "2026-02-30", "2026-02-30"),
    ] {
        let error = stage.bad(&["show", "85746065432", flag, value], 2).await;
        assert!(
            error.contains(flag) && error.contains(value) && error.contains(told),
            "{flag} {value}: {error}"
        );
    }
    for conflict in [
        &["show", "85746065432", "--csv", "--json"][..],
        &["show", UUID, "--day", "2026-03-02"],
        &["series", "85746065432"],
        &["series", "85746065432", "--since", "2026-03-02", "--until", "2026-03-01"],
        &["series", "85746065432", "--since", "2026-03-02", "--csv", "--json"],
    ] {
        stage.bad(conflict, 2).await;
    }
    assert!(stage.sandbox.transcript.calls().is_empty());
}

#[tokio::test]
async fn a_bad_roster_is_refused_before_anybody_is_asked() {
    let stage = Stage::with(two_people()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("class.csv");
    let path = file.to_str().unwrap();
    for (content, told) in [
        (&b"name\nJos\xe9\n"[..], "line 2"),
        (b"email\na@example.org\n", "name"),
        (b"name,email\nA,a@example.org\nB,a@example.org\n", "line 3"),
        (b"name,id\nA,1\nB,1\n", "line 3"),
        (b"", "line 1"),
        (&vec![b'a'; 3 * 1024 * 1024], "2 MiB"),
    ] {
        std::fs::write(&file, content).unwrap();
        for command in [&["show", UUID][..], &["series", "85746065432", "--since", "2026-03-01"]] {
            let error = stage.bad(&[command, &["--roster", path]].concat(), 2).await;
            assert!(error.contains("class.csv") && error.contains(told), "{error}");
        }
    }
    let error = stage.bad(&["show", UUID, "--roster", "/none/class.csv"], 2).await;
    assert!(error.contains("/none/class.csv"), "{error}");
    assert!(stage.sandbox.transcript.calls().is_empty());
}

#[tokio::test]
async fn only_zooms_credentials_are_needed_and_each_missing_one_is_named() {
    let mut stage = Stage::with(two_people()).await;
    let names = ["ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"];
    let all = stage.settings.clone();
    stage.settings.retain(|(name, _)| !names.contains(&name.as_str()));
    for command in [&["show", UUID][..], &["series", "85746065432", "--since", "2026-03-01"]] {
        let error = stage.bad(command, 2).await;
        assert!(names.iter().all(|name| error.contains(name)), "{error}");
        assert!(
            !error.contains("GOOGLE") && !error.contains("DRIVE") && !error.contains("WEBHOOK"),
            "{error}"
        );
    }
    stage.settings = all.into_iter().filter(|(name, _)| name != "ZOOM_CLIENT_SECRET").collect();
    let error = stage.bad(&["show", UUID], 2).await;
    assert!(error.contains("ZOOM_CLIENT_SECRET") && !error.contains("ZOOM_ACCOUNT_ID is"), "{error}");
    stage.set("ATTENDANCE_MIN_SHARE", "150");
    let error = stage.bad(&["show", UUID], 2).await;
    assert!(error.contains("ATTENDANCE_MIN_SHARE"), "{error}");
}
