//! Tables, CSV and JSON: what people and programs read.

use std::collections::BTreeSet;

use serde_json::Value;
use zoom2drive::sandbox::zoom::{Attendee, Scheduled};

use super::{NUMBER, Stage, UUID, hour, two_people};

/// A class with every verdict, in the time from 19:45 to 21:20, of which 20:00 to 21:00 was planned.
async fn class() -> (Stage, tempfile::TempDir, String) {
    let mut plan = Scheduled::new("Bible study", "2026-03-02T18:00:00Z", 60);
    plan.id = NUMBER;
    let mut meeting = hour(UUID).start("2026-03-02T17:45:00Z");
    meeting.duration = 95;
    let person = |name: &str, email: &str, join: &str, leave: &str| {
        let at = |time: &str| format!("2026-03-02T{time}Z");
        Attendee::new(name, email).during(&at(join), &at(leave))
    };
    let meeting = meeting
        .attendee(person("Anna Koval", "anna@example.org", "17:50:00", "19:20:00"))
        .attendee(person("Borys L", "borys@private.example", "18:12:30", "19:00:00"))
        .attendee(person("chen wei", "", "18:00:00", "18:40:00"))
        .attendee(person("20231234 Dana K", "", "18:00:00", "18:20:00"))
        .attendee(person("iPad of Eva", "", "18:20:00", "18:35:00").in_room("room=="))
        .attendee(person("Eva  Marchenko", "", "18:00:00", "18:21:00"))
        .attendee(person("Fedir Hnatiuk", "", "18:05:00", "18:09:00").waiting())
        .attendee(person("Zoe", "", "17:46:00", "17:58:00"))
        .attendee(person("Otter.ai Notetaker", "", "18:00:00", "19:20:00"));
    let stage = Stage::with(meeting).await;
    stage.sandbox.zoom.schedule(plan);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("class.csv");
    let roster = "name,email,id,aliases\nAnna Koval,anna@example.org,,\n\
                  Borys Lysenko,borys@example.org; borys@private.example,,\nChen Wei,,,\nDana Kovach,,20231234,\n\
                  Eva Marchenko,,,iPad of Eva\nFedir Hnatiuk,,,\nGalyna Sira,galyna@example.org,,\n";
    std::fs::write(&file, roster).unwrap();
    let path = file.to_str().unwrap().to_owned();
    (stage, folder, path)
}

#[tokio::test]
async fn a_class_is_a_table_that_fits_a_terminal() {
    let (stage, _folder, roster) = class().await;
    let flags =
        ["--late-after", "10m", "--leave-early", "15m", "--min-share", "50", "--id-pattern", r"^(\d{8})\b"];
    let shown = [&["show", "857 4606 5432", "--day", "2026-03-02", "--roster", &roster], &flags[..]].concat();
    insta::assert_snapshot!(stage.good(&shown).await, @r"
    Bible study, 85746065432, 2026-03-02 19:45 to 21:20 (Europe/Kyiv); counted 20:00 to 21:00
    7 expected: 1 present, 1 late, 2 left early, 1 short, 1 waited, 1 absent. 1 not listed. 1 name ignored.
    NAME           STATUS      FIRST     LAST      MINUTES  SHARE  REMARKS
    Anna Koval     present     19:50:00  21:20:00     90.0   100%
    Borys Lysenko  late        20:12:30  21:00:00     47.5  79.2%  late 12 min; also as Borys L
    Chen Wei       left early  20:00:00  20:40:00     40.0  66.7%  left 20 min early
    Dana Kovach    short       20:00:00  20:20:00     20.0  33.3%  left 40 min early; also as 20231234 Dana K
    Eva Marchenko  left early  20:00:00  20:35:00     35.0  58.3%  left 25 min early; matched by name; also as iPa…
    Fedir Hnatiuk  waited                              0.0     0%
    Galyna Sira    absent                              0.0     0%
    Zoe            not listed  19:46:00  19:58:00     12.0     0%  outside the counted time
    ");
    let joins = stage.good(&["show", UUID, "--joins"]).await;
    assert!(joins.contains("breakout 1") && joins.contains("waiting room"), "{joins}");
    assert!(joins.contains("2026-03-02T19:46:00+02:00"), "{joins}");
    stage.assert_good();
}

#[tokio::test]
async fn settings_count_and_flags_win_over_them() {
    let (mut stage, _folder, roster) = class().await;
    for (name, value) in [
        ("ATTENDANCE_LATE_AFTER", "10m"),
        ("ATTENDANCE_LEAVE_EARLY", "15m"),
        ("ATTENDANCE_MIN_SHARE", "50"),
        ("ROSTER_ID_PATTERN", r"^(\d{8})\b"),
    ] {
        stage.set(name, value);
    }
    let out = stage.good(&["show", UUID, "--roster", &roster]).await;
    let counts = "7 expected: 1 present, 1 late, 2 left early, 1 short, 1 waited, 1 absent. 1 not listed. 1 name ignored.";
    assert_eq!(out.lines().nth(1), Some(counts), "{out}");
    let lax =
        ["--late-after", "20m", "--leave-early", "30m", "--min-share", "1", "--ignore", "nobody", "*zoe*"];
    let out = stage.good(&[&["show", UUID, "--roster", &roster], &lax[..]].concat()).await;
    assert_eq!(out.lines().nth(1).unwrap().matches("late").count(), 0, "{out}");
    assert!(out.contains("Otter.ai Notetaker") && !out.contains("Zoe"), "{out}");
    stage.assert_good();
}

#[tokio::test]
async fn the_counted_time_is_the_one_that_is_asked_for() {
    let (stage, _folder, _) = class().await;
    for (window, told) in [
        ("auto", "2026-03-02 19:45 to 21:20 (Europe/Kyiv); counted 20:00 to 21:00"),
        ("scheduled", "2026-03-02 19:45 to 21:20 (Europe/Kyiv); counted 20:00 to 21:00"),
        ("20:10-20:40", "2026-03-02 19:45 to 21:20 (Europe/Kyiv); counted 20:10 to 20:40"),
        ("actual", "2026-03-02 19:45 to 21:20 (Europe/Kyiv)\n"),
    ] {
        let out = stage.good(&["show", UUID, "--window", window]).await;
        assert!(out.contains(told), "{window}: {out}");
    }
    // Across midnight the second day is told.
    let mut night = two_people().start("2026-03-02T21:30:00Z");
    night.attendance.iter_mut().for_each(|row| (row.join_time, row.leave_time) = Default::default());
    stage.sandbox.zoom.add(night);
    let out = stage.good(&["show", UUID, "--window", "00:00-00:15"]).await;
    assert!(out.contains("2026-03-02 23:30 to 2026-03-03 00:30"), "{out}");
    assert!(out.contains("counted 2026-03-03 00:00 to 00:15"), "{out}");
    assert!(out.contains("23:30:00  2026-03-03 00:30:00     60.0   100%"), "{out}");
    stage.assert_good();
}

#[tokio::test]
async fn a_csv_cell_is_never_a_formula() {
    let mut meeting = hour(UUID);
    for name in
        ["=HYPERLINK(\"https://evil.example\",\"click\")", "+380 44 000 00 00", "'quoted", "-1\t@SUM(A1)"]
    {
        meeting = meeting.attendee(Attendee::new(name, ""));
    }
    let stage = Stage::with(meeting).await;
    for joins in [false, true] {
        let csv = stage
            .good(if joins { &["show", UUID, "--csv", "--joins"] } else { &["show", UUID, "--csv"] })
            .await;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let names: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
        assert_eq!(names.len(), 4, "{csv}");
        for name in names {
            assert!(!name.starts_with(['=', '+', '-', '@', '\t']), "{name}");
        }
        assert!(csv.contains("'=HYPERLINK") && csv.contains("'+380"), "{csv}");
    }
    // A terminal gets no control characters either.
    stage
        .sandbox
        .zoom
        .add(hour(UUID).attendee(Attendee::new("a\u{1b}[2Jb", "")).attendee(Attendee::new("c", "")));
    for flag in ["--csv", "--json", "--joins"] {
        assert!(!stage.good(&["show", UUID, flag]).await.contains('\u{1b}'), "{flag}");
    }
}

/// The names of an object's fields.
fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn json_keeps_its_names_and_kinds() {
    let (stage, _folder, roster) = class().await;
    let flags = ["--json", "--joins", "--roster", &roster, "--id-pattern", r"^(\d{8})\b"];
    let out = stage.good(&[&["show", UUID], &flags[..]].concat()).await;
    let json: Value = serde_json::from_str(&out).unwrap();
    let top = ["expected", "ignored", "joins", "meeting", "notes", "people", "statuses"];
    assert_eq!(keys(&json), BTreeSet::from(top));
    let meeting =
        ["counted_end", "counted_start", "end", "host", "number", "source", "start", "topic", "uuid", "zone"];
    assert_eq!(keys(&json["meeting"]), BTreeSet::from(meeting));
    let person = [
        "breakout",
        "email",
        "first_join",
        "id",
        "last_leave",
        "minutes",
        "name",
        "remarks",
        "share",
        "status",
        "times_in",
        "waited",
    ];
    assert_eq!(keys(&json["people"][0]), BTreeSet::from(person));
    let join = ["email", "from", "name", "person", "seconds", "to", "where"];
    assert_eq!(keys(&json["joins"][0]), BTreeSet::from(join));
    let (facts, anna) = (&json["meeting"], &json["people"][0]);
    assert_eq!((&facts["number"], &facts["start"]), (&NUMBER.into(), &"2026-03-02T19:45:00+02:00".into()));
    assert_eq!(facts["counted_start"], "2026-03-02T20:00:00+02:00");
    assert_eq!((&anna["minutes"], &anna["share"]), (&90.0.into(), &1.0.into()));
    assert_eq!(anna["first_join"], "2026-03-02T19:50:00+02:00");
    assert_eq!(json["people"][6]["first_join"], Value::Null);
    assert_eq!(
        (&json["expected"], &json["ignored"], &json["statuses"]["absent"]),
        (&7.into(), &1.into(), &1.into())
    );
    // Each join names its person.
    let first = &json["joins"][0];
    let person = usize::try_from(first["person"].as_u64().unwrap()).unwrap();
    assert_eq!((&first["name"], &json["people"][person]["name"]), (&"Zoe".into(), &"Zoe".into()));
    stage.assert_good();
}
