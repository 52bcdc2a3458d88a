//! One user: a table, a meeting with its people, a room.

use zoom2drive::sandbox::google::{Artifact, ArtifactState, Conference, Participant, Seen};

use super::*;

/// M1's conferences, all of Ewa's.
async fn m1() -> World {
    let world = world(&[EWA]).await;
    for (id, space, code, from, to) in [
        ("a1", "A", "aaa-aaaa-aaa", "09:00:00", "09:04:00"),
        ("a2", "A", "aaa-aaaa-aaa", "09:05:00", "10:00:00"),
        ("a3", "A", "aaa-aaaa-aaa", "10:20:00", "10:30:00"),
        ("b1", "B", "bbb-bbbb-bbb", "09:30:00", "10:10:00"),
    ] {
        world.sandbox.google.add_conference(conference(id, EWA, code, from, to).space(space));
    }
    world
}

#[tokio::test]
async fn conferences_of_a_room_that_follow_each_other_are_one_meeting() {
    let world = m1().await;
    let ran = run(&world, &["past", "--user", EWA, "--json"]).await;
    let answer = ran.json();
    assert_eq!(conferences(&answer), [vec!["a3"], vec!["b1"], vec!["a1", "a2"]]);
    assert_eq!(answer["meetings"][2]["start"], "2026-11-02T10:00:00+01:00");
    assert_eq!(answer["meetings"][2]["end"], "2026-11-02T11:00:00+01:00");
    assert_eq!(answer["meetings"][2]["people"], 1, "Ewa was in both parts");
    assert_eq!(answer["meetings"][2]["kept_until"], "2026-12-02T10:04:00+01:00");
    let ran = run(&world, &["past", "--user", EWA, "--apart", "--json"]).await;
    assert_eq!(conferences(&ran.json()), [["a3"], ["b1"], ["a2"], ["a1"]]);
    assert_clean(&world);
}

#[tokio::test]
async fn a_table_shows_what_a_person_wants_to_know() {
    let world = m1().await;
    let google = &world.sandbox.google;
    google.edit_conference("conferenceRecords/b1", |conference| {
        conference
            .participants
            .push(Participant::anonymous("Guest\u{1b}[2J").session(at("09:40:00"), at("10:00:00")));
        conference.artifacts.push(Artifact::recording("Standup.mp4", 1000));
    });
    let late = Artifact::recording("late.mp4", 10).state(ArtifactState::Ended);
    google.edit_conference("conferenceRecords/a3", |conference| conference.artifacts.push(late));
    google.add_conference(Conference::new(EWA, "ccc-cccc-ccc", at("22:00:00")).id("on"));
    let ran = run(&world, &["past", "--user", EWA]).await;
    let expected = "\
START             END             CODE          TITLE         PEOPLE  RECORDED   PARTS  SEEN AS              KEPT UNTIL
2026-11-02 23:00  on since 23:00  ccc-cccc-ccc  ccc-cccc-ccc  0       no         1      ewa@theatre.example  2026-12-02
2026-11-02 11:20  11:30           aaa-aaaa-aaa  aaa-aaaa-aaa  1       not ready  1      ewa@theatre.example  2026-12-02
2026-11-02 10:30  11:10           bbb-bbbb-bbb  bbb-bbbb-bbb  2       yes        1      ewa@theatre.example  2026-12-02
2026-11-02 10:00  11:00           aaa-aaaa-aaa  aaa-aaaa-aaa  1       no         2      ewa@theatre.example  2026-12-02
Times are those of Europe/Warsaw.
";
    assert!(ran.out.starts_with(expected), "{}", ran.out);
    let ran = run(&world, &["past", "--user", EWA, "--brief", "--apart", "--zone", "UTC"]).await;
    ran.assert(0, "2026-11-02 09:30  10:10           bbb-bbbb-bbb  ewa@theatre.example  2026-12-02  conferenceRecords/b1\n");
    assert_clean(&world);
}

/// M3, and what starts exactly at the end.
#[tokio::test]
async fn days_are_those_of_the_zone_and_the_last_one_is_left_out() {
    let world = world(&[EWA]).await;
    let google = &world.sandbox.google;
    let code = "abc-mnop-xyz";
    let times = [
        ("before", "2026-10-31T21:00:00Z", Some("2026-10-31T22:59:59Z")),
        ("touches", "2026-10-31T21:30:00Z", Some("2026-10-31T23:00:00Z")),
        ("within", "2026-11-01T10:00:00Z", Some("2026-11-01T11:00:00Z")),
        ("running", "2026-11-02T22:00:00Z", None),
        ("border", "2026-11-02T23:00:00Z", Some("2026-11-02T23:10:00Z")),
    ];
    for (id, from, to) in times {
        let conference = Conference::new(EWA, code, from.parse().unwrap()).id(id);
        let ended = to.map(|to| conference.clone().ended(to.parse().unwrap()));
        google.add_conference(ended.unwrap_or(conference));
    }
    google.add_conference(conference("other", EWA, "zzz-zzzz-zzz", "10:00:00", "11:00:00"));
    let days = [
        "--since",
        "2026-11-01",
        "--until",
        "2026-11-03",
        "--code",
        "https://meet.google.com/ABC-mnop-xyz?authuser=0",
    ];
    let arguments = [&["past", "--user", EWA, "--apart", "--brief", "--json"], &days[..]].concat();
    let answer = run(&world, &arguments).await.json();
    assert_eq!(conferences(&answer), [["running"], ["within"], ["touches"]]);
    let calls = world.sandbox.transcript.calls();
    let filters: Vec<String> = calls
        .iter()
        .filter_map(|call| url::Url::parse(&format!("http://x{}", call.request.split(' ').nth(1)?)).ok())
        .filter_map(|url| {
            url.query_pairs().find(|(name, _)| name == "filter").map(|(_, value)| value.into_owned())
        })
        .collect();
    let code = "space.meeting_code = \"abc-mnop-xyz\"";
    let start = "start_time<=\"2026-11-02T23:00:00Z\"";
    let expected = [
        format!("{code} AND end_time IS NULL AND {start}"),
        format!("{code} AND end_time>=\"2026-10-31T23:00:00Z\" AND {start}"),
    ];
    assert_eq!(filters, expected);
    // A code may go to another room: the id is shown.
    let space = answer["meetings"][0]["space"].as_str().unwrap();
    run(&world, &["past", "--user", EWA, "--code", "abc-mnop-xyz"])
        .await
        .assert(0, &format!("abc-mnop-xyz is the code of {space}.\n"));
    let answer = run(&world, &["past", "--user", EWA, "--space", space, "--json"]).await.json();
    assert_eq!(answer["meetings"].as_array().unwrap().len(), 3);
    assert_clean(&world);
}

#[tokio::test]
async fn one_meeting_is_shown_with_its_people_and_their_joins() {
    let world = world(&[EWA, JAN]).await;
    let google = &world.sandbox.google;
    let ewa = Participant::user(EWA, "Ewa Nowak").session(at("09:00:12.999"), at("09:10:12.001"));
    let first = Conference::new(EWA, "abc-mnop-xyz", at("09:00:00")).id("first").ended(at("09:30:00"));
    let first = first
        .participant(ewa.session(at("09:12:00"), at("09:30:00")))
        .participant(Participant::outsider("900", "Guest").session(at("09:01:00"), at("09:20:00")))
        .participant(Participant::anonymous("Somebody\u{202e}").session(at("09:02:00"), at("09:20:00")))
        .participant(Participant::phone("+48 ••• ••• 12").session(at("09:03:00"), at("09:20:00")));
    google.add_conference(first);
    let second = Conference::new(EWA, "abc-mnop-xyz", at("09:40:00")).id("second").ended(at("10:00:00"));
    google.add_conference(
        second.participant(Participant::user(EWA, "Ewa").session(at("09:40:00"), at("10:00:00"))),
    );
    google.add_conference(conference("older", EWA, "abc-mnop-xyz", "06:00:00", "07:00:00"));
    let ran = run(&world, &["show", "ABC-mnop-xyz", "--user", EWA]).await;
    let expected = "\
NAME            E-MAIL               KIND       FROM      TO        MINUTES
Ewa Nowak       ewa@theatre.example  signed in  10:00:12  10:10:12  10.0
                                                10:12:00  10:30:00  18.0
                                                10:40:00  11:00:00  20.0
Guest                                signed in  10:01:00  10:20:00  19.0
Somebody                             anonymous  10:02:00  10:20:00  18.0
+48 ••• ••• 12                       phone      10:03:00  10:20:00  17.0
4 people
1 more meeting in this room: `meet past --code` lists them.
";
    ran.assert(0, "abc-mnop-xyz, 2026-11-02 10:00 to 11:00 (Europe/Warsaw)\n");
    ran.assert(0, "conference  conferenceRecords/first, 2026-11-02 10:00 to 10:30\n");
    ran.assert(0, "kept until  2026-12-02\n");
    assert!(ran.out.contains(expected), "{}", ran.out);
    // Each id is asked once, although Ewa was in both parts.
    let calls = world.sandbox.transcript.calls();
    let asked = calls.iter().filter(|call| call.request.contains("/directory/v1/users/")).count();
    assert_eq!(asked, 2, "{}", world.calls());
    let json = run(&world, &["show", "conferenceRecords/first", "--user", EWA, "--json"]).await.json();
    assert_eq!(json["participants"].as_array().unwrap().len(), 4);
    assert_eq!(json["participants"][0]["email"], EWA);
    assert_eq!(json["participants"][0]["sessions"][0]["start"], "2026-11-02T10:00:12+01:00");
    assert_eq!(json["participants"][1]["email"], Value::Null);
    assert_eq!(json["code"], "abc-mnop-xyz");
    assert_clean(&world);
}

#[tokio::test]
async fn a_person_without_an_address_stays_if_the_directory_is_closed() {
    let world = world(&[EWA]).await;
    world.sandbox.google.add_conference(conference("a", EWA, "abc-mnop-xyz", "09:00:00", "10:00:00"));
    world.sandbox.google.withdraw_scope(None, DIRECTORY);
    let ran = run(&world, &["show", "abc-mnop-xyz", "--user", EWA]).await;
    ran.assert(0, "note: addresses are not known: the service account may not act for admin@theatre.example");
    ran.assert(0, "signed in");
    let ran =
        run_with(&world, &[("GOOGLE_ADMIN_SUBJECT", "")], &["show", "abc-mnop-xyz", "--user", EWA]).await;
    ran.assert(0, "may not act for ewa@theatre.example");
}

#[tokio::test]
async fn a_room_is_shown_by_its_code_its_link_and_its_id() {
    let world = world(&[EWA]).await;
    world
        .sandbox
        .google
        .add_conference(Conference::new(EWA, "abc-mnop-xyz", at("09:00:00")).id("on").space("jQCFfuBOdN5z"));
    for room in [
        "abc-mnop-xyz",
        "https://meet.google.com/abc-mnop-xyz?authuser=1",
        "spaces/jQCFfuBOdN5z",
        "jQCFfuBOdN5z",
    ] {
        let ran = run(&world, &["space", room, "--user", EWA]).await;
        let expected = "room    spaces/jQCFfuBOdN5z\ncode    abc-mnop-xyz\nlink    https://meet.google.com/abc-mnop-xyz\n\
                        on now  conferenceRecords/on\n";
        assert_eq!((ran.code, ran.out.as_str()), (0, expected), "{room}: {}", ran.error);
    }
    let json = run(&world, &["space", "abc-mnop-xyz", "--user", EWA, "--json"]).await.json();
    assert_eq!(json["id"], "spaces/jQCFfuBOdN5z");
    assert_eq!(json["active_conference"], "conferenceRecords/on");
    let ran = run(&world, &["space", "zzz-zzzz-zzz", "--user", EWA]).await;
    ran.assert(1, "Google knows no room zzz-zzzz-zzz: there is none, or its code died");
    assert_clean(&world);
}

#[tokio::test]
async fn a_login_sees_its_own_meetings_and_nobody_elses() {
    let world = world(&[]).await;
    let google = &world.sandbox.google;
    let owner = google.owner_email();
    google.set_seen(Seen::ByOrganiser);
    google.add_conference(conference("mine", owner, "abc-mnop-xyz", "09:00:00", "10:00:00"));
    google.add_conference(conference("hers", ADMIN, "zzz-zzzz-zzz", "09:00:00", "10:00:00"));
    let login = world.folder.path().join("login.json");
    std::fs::write(&login, google.authorized_user().to_string()).unwrap();
    let settings =
        [("GOOGLE_APPLICATION_CREDENTIALS", login.to_str().unwrap()), ("GOOGLE_ADMIN_SUBJECT", "")];
    // The login was made for the archive only.
    let ran = run_with(&world, &settings, &["past"]).await;
    ran.assert(1, &format!("the login lacks the scope {MEET}: log in again with `zoom2drive login --meet`"));
    google.set_consent(MEET);
    let answer = run_with(&world, &settings, &["past", "--json", "--brief"]).await.json();
    assert_eq!(conferences(&answer), [["mine"]]);
    for (arguments, says) in [
        (&["past", "--all-users"][..], "--all-users needs a service account"),
        (&["upcoming", "--user", EWA], "--user needs a service account"),
        (&["show", "abc-mnop-xyz", "--user", EWA], "--user needs a service account"),
    ] {
        run_with(&world, &settings, arguments).await.assert(2, says);
    }
    let forbidden = [("GOOGLE_APPLICATION_CREDENTIALS", login.to_str().unwrap())];
    run_with(&world, &forbidden, &["past"])
        .await
        .assert(2, "GOOGLE_ADMIN_SUBJECT needs a service-account key");
}
