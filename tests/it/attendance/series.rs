//! A series tells who came to which meeting of a number.

use serde_json::{Value, json};
use zoom2drive::sandbox::zoom::{Age, Attendee, Look, Meeting};

use super::{Stage, hour};

pub const NUMBER: &str = "85746065432";
pub const THIRD: &str = "uuidOfTheThirdMeetingA==";

/// Three meetings on 2, 9 and 16 March: Anna at the first and the last, Borys at the first two.
pub fn meetings() -> [Meeting; 3] {
    let anna = || Attendee::new("Anna Koval", "anna@example.org");
    let on = |uuid: &str, day: &str| hour(uuid).start(&format!("2026-03-{day}T18:00:00Z"));
    let at = |day: &str, from: &str, to: &str| {
        (format!("2026-03-{day}T{from}:00Z"), format!("2026-03-{day}T{to}:00Z"))
    };
    let during = |person: Attendee, (from, to): (String, String)| person.during(&from, &to);
    // The host is left out by name: lists exist for two people and more.
    let host = || Attendee::new("Ada Notetaker", "ada@example.com");
    [
        on("uuidOfTheFirstMeetingA==", "02")
            .attendee(anna())
            .attendee(during(Attendee::new("Borys", ""), at("02", "18:00", "18:10"))),
        on("uuidOfTheSecondMeeting==", "09").attendee(Attendee::new("Borys", "")).attendee(host()),
        on(THIRD, "16").attendee(during(anna(), at("16", "18:30", "19:00"))).attendee(host()),
    ]
}

/// A stage with these meetings.
async fn three() -> Stage {
    let stage = Stage::new().await;
    meetings().into_iter().for_each(|meeting| stage.sandbox.zoom.add(meeting));
    stage
}

pub fn cells(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn one_column_per_day_and_half_an_hour_counts_as_there() {
    let stage = three().await;
    let flags = ["series", NUMBER, "--since", "2026-03-01", "--until", "2026-03-31", "--min-share", "50"];
    let csv = stage.good(&[&flags[..], &["--csv"]].concat()).await;
    let expected = [
        ["Name", "E-mail", "Id", "Attended", "Of", "Share", "2026-03-02", "2026-03-09", "2026-03-16"],
        ["Anna Koval", "anna@example.org", "", "2", "3", "0.667", "60", "", "30"],
        ["Borys", "", "", "1", "3", "0.333", "10", "60", ""],
    ];
    assert_eq!(cells(&csv), expected);
    insta::assert_snapshot!(stage.good(&flags).await, @r"
    Bible study, 85746065432, 2026-03-01 to 2026-03-31 (Europe/Kyiv)
    NAME        ATTENDED  SHARE  03-02  03-09  03-16
    Anna Koval  2 of 3    66.7%   60.0          30.0
    Borys       1 of 3    33.3%   10.0   60.0
    ");
    let json: Value = serde_json::from_str(&stage.good(&[&flags[..], &["--json"]].concat()).await).unwrap();
    assert_eq!(json["days"], json!(["2026-03-02", "2026-03-09", "2026-03-16"]));
    assert_eq!(json["people"][0]["minutes"], json!([60.0, null, 30.0]));
    assert_eq!(json["people"][1]["attended"], 1);
    assert_eq!(
        json["instances"][2],
        json!({"uuid": THIRD, "start": "2026-03-16T20:00:00+02:00", "is_known": true})
    );
    let short =
        stage.good(&["series", NUMBER, "--since", "2026-03-09", "--until", "2026-03-09", "--csv"]).await;
    assert_eq!(cells(&short)[0].len(), 7);
    stage.assert_good();
}

#[tokio::test]
async fn a_meeting_that_began_again_shares_its_day() {
    let stage = three().await;
    let mut again = hour("uuidOfTheSecondAgainAA==").start("2026-03-09T19:10:00Z");
    again.duration = 30;
    let again = again.attendee(Attendee::new("Borys", "")).attendee(Attendee::new("Zoe", ""));
    stage.sandbox.zoom.add(again);
    let flags = ["series", NUMBER, "--since", "2026-03-01", "--until", "2026-03-31", "--csv"];
    let table = cells(&stage.good(&flags).await);
    assert_eq!(table[0][6..], ["2026-03-02", "2026-03-09", "2026-03-16"]);
    assert_eq!(table[2][..1], ["Borys"]);
    assert_eq!(table[2][7], "90");
    // The host was alone in a meeting that was begun by mistake: the day stays known.
    let alone = hour("uuidOfTheHostAloneAAAA==").start("2026-03-09T19:45:00Z");
    stage.sandbox.zoom.add(alone.attendee(Attendee::new("Ada Host", "ada@example.com")));
    assert_eq!(cells(&stage.good(&flags).await)[2][7], "90");
    stage.assert_good();
}

#[tokio::test]
async fn a_day_whose_report_is_gone_is_unknown_and_counts_for_nobody() {
    let stage = three().await;
    stage.sandbox.zoom.set_attendance(THIRD, |lists| lists.age = Age::OverFifteenMonths);
    let flags = ["series", NUMBER, "--since", "2026-03-01", "--until", "2026-03-31"];
    let table = cells(&stage.good(&[&flags[..], &["--csv"]].concat()).await);
    assert_eq!(table[1], ["Anna Koval", "anna@example.org", "", "1", "2", "0.5", "60", "", "?"]);
    let out = stage.good(&flags).await;
    assert!(out.contains("Note: 2026-03-16 20:00: Zoom no longer has it"), "{out}");
    // Zoom is still counting: the others are told, and the exit code says that a later run knows more.
    stage.sandbox.zoom.set_attendance(THIRD, |lists| {
        lists.age = Age::Recent;
        lists.looks = [Look::Missing].into();
    });
    let done = stage.run(&flags).await;
    assert!(done.code == 1 && done.out.contains("still counting") && done.out.contains('?'), "{done:?}");
    let done = stage.run(&flags).await;
    assert!(done.code == 0 && !done.out.contains('?'), "{done:?}");
    stage.assert_good();
}

#[tokio::test]
async fn a_number_without_meetings_in_these_days_is_told() {
    let stage = three().await;
    let error = stage.bad(&["series", NUMBER, "--since", "2026-04-01", "--until", "2026-04-30"], 1).await;
    assert!(error.contains("2026-04-01 to 2026-04-30"), "{error}");
    let error = stage.bad(&["series", "81234567890", "--since", "2026-03-01"], 1).await;
    assert!(error.contains("81234567890"), "{error}");
    // A year is asked for in months.
    let out =
        stage.good(&["series", NUMBER, "--since", "2025-12-01", "--until", "2026-11-28", "--csv"]).await;
    assert_eq!(cells(&out)[0].len(), 9);
    stage.assert_good();
}
