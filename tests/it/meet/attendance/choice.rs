//! Which meeting is meant, and what is said when it is none, or several.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use zoom2drive::sandbox::google::{Conference, Participant, Seen, User};

use super::{CODE, EWA, JAN, Stage, at, hour, on, two_people};

/// A conference of Ewa's from one time to another on 2 March.
fn part(id: &str, from: &str, to: &str) -> Conference {
    let (from, to) = (on(from), on(to));
    let ewa = Participant::user(EWA, "Ewa Nowak").session(from, to);
    Conference::new(EWA, CODE, from).id(id).space("A").ended(to).participant(ewa)
}

#[tokio::test]
async fn records_of_one_room_that_follow_each_other_are_one_meeting() {
    let stage = Stage::new().await;
    stage.add(part("waiting", "18:00:00", "18:04:00"));
    stage.add(part("lesson", "18:10:00", "19:00:00"));
    stage.add(part("later", "20:00:00", "20:10:00"));
    let told = |said: String| serde_json::from_str::<Value>(&said).unwrap();
    for name in ["conferenceRecords/waiting", "conferenceRecords/lesson"] {
        let whole = told(stage.good(&[name, "--json"]).await);
        let records = json!(["conferenceRecords/waiting", "conferenceRecords/lesson"]);
        assert_eq!(whole["meeting"]["records"], records);
        assert_eq!(
            (&whole["people"][0]["minutes"], &whole["people"][0]["times_in"]),
            (&json!(54.0), &json!(2))
        );
        assert_eq!(whole["notes"], json!(["2 records of the room are counted together"]));
    }
    let alone = told(stage.good(&["conferenceRecords/lesson", "--apart", "--json"]).await);
    assert_eq!(alone["meeting"]["records"], json!(["conferenceRecords/lesson"]));
    assert_eq!(alone["people"][0]["minutes"], 50.0);
    // A code means the last meeting, or the one of a day.
    let last = told(stage.good(&[CODE, "--json"]).await);
    assert_eq!(last["meeting"]["record"], "conferenceRecords/later");
    assert_eq!(last["notes"], json!(["1 more meeting in this room that day: --day lists them"]));
    stage.assert_good();
}

#[tokio::test]
async fn several_meetings_of_a_day_are_listed_and_none_is_guessed() {
    let stage = Stage::new().await;
    stage.add(part("first", "08:00:00", "08:30:00"));
    stage.add(part("second", "18:00:00", "19:00:00"));
    let link = "https://meet.google.com/ABC-mnop-xyz?authuser=1";
    let done = stage.run(&[link, "--day", "2026-03-02", "--user", EWA]).await;
    assert_eq!(done.code, 2, "{done:?}");
    for line in [
        "2026-03-02 19:00  20:00  conferenceRecords/second",
        "2026-03-02 09:00  09:30  conferenceRecords/first",
    ] {
        assert!(done.out.contains(line), "{}", done.out);
    }
    assert!(
        done.error.contains("2 meetings in the room abc-mnop-xyz on that day: give the record of one"),
        "{done:?}"
    );
    let none = stage.bad(&[CODE, "--day", "2026-03-01"], 1).await;
    assert!(none.contains("no meeting in the room abc-mnop-xyz on 2026-03-01"), "{none}");
    assert!(none.contains("30 days"), "{none}");
}

#[tokio::test]
async fn a_meeting_over_midnight_belongs_to_the_day_on_which_it_began() {
    let stage = Stage::new().await;
    let (from, middle, to) =
        (at("2026-03-01T22:50:00Z"), at("2026-03-01T23:05:00Z"), at("2026-03-01T23:30:00Z"));
    let ewa = || Participant::user(EWA, "Ewa");
    let before = Conference::new(EWA, CODE, from).id("before").space("A").ended(at("2026-03-01T22:58:00Z"));
    stage.add(before.participant(ewa().session(from, at("2026-03-01T22:58:00Z"))));
    let after = Conference::new(EWA, CODE, middle).id("after").space("A").ended(to);
    stage.add(after.participant(ewa().session(middle, to)));
    let said = stage.good(&[CODE, "--day", "2026-03-01", "--json"]).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(told["meeting"]["records"], json!(["conferenceRecords/before", "conferenceRecords/after"]));
    stage.bad(&[CODE, "--day", "2026-03-02"], 1).await;
}

#[tokio::test]
async fn what_contradicts_is_refused_before_anybody_is_asked() {
    let stage = Stage::new().await;
    for arguments in [
        &["conferenceRecords/h", "--day", "2026-03-02"][..],
        &["abcmnopxyz"],
        &["abc-mnop-xyz/../"],
        &["conferenceRecords/../h"],
        &[CODE, "--csv", "--json"],
        &[CODE, "--csv", "--write"],
        &[CODE, "--joins", "--write"],
        &[CODE, "--folder", "1AbC"],
        &[CODE, "--again"],
        &[CODE, "--all-users"],
        &[CODE, "--late-after", "10"],
        &[CODE, "--roster", "/nowhere.csv"],
    ] {
        stage.bad(arguments, 2).await;
    }
    let done = stage.run(&[CODE]).await;
    assert_eq!(done.code, 2);
    assert!(done.error.contains("give --user"), "{done:?}");
    assert_eq!(stage.world.sandbox.transcript.calls().len(), 0);
}

#[tokio::test]
async fn a_meeting_that_is_on_is_refused_or_marked() {
    let stage = Stage::new().await;
    let start = Timestamp::now().checked_sub(SignedDuration::from_mins(30)).unwrap();
    stage.world.sandbox.google.set_meet_now(Timestamp::now());
    let ewa = Participant::user(EWA, "Ewa").since(start);
    let left = Participant::anonymous("Gosc")
        .session(start, start.checked_add(SignedDuration::from_mins(6)).unwrap());
    let running = Conference::new(EWA, CODE, start).id("on").participant(ewa).participant(left);
    stage.add(running);
    for meeting in ["conferenceRecords/on", CODE] {
        let refused = stage.bad(&[meeting], 1).await;
        assert!(refused.contains("has not ended yet") && refused.contains("--partial"), "{refused}");
        let said = stage.good(&[meeting, "--partial", "--json"]).await;
        let told: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(told["notes"], json!(["the meeting was still on"]));
        let minutes = |person: usize| told["people"][person]["minutes"].as_f64().unwrap();
        assert!(minutes(0) >= 30.0 && minutes(0) < 32.0, "{told}");
        assert_eq!(minutes(1), 6.0);
        assert_eq!(told["people"][0]["remarks"], "no leave time");
    }
    // An earlier one that has ended is the last of the room meanwhile.
    stage.world.sandbox.google.set_meet_now(on("20:00:00"));
    stage.add(two_people("ended"));
    let said = stage.good(&[CODE, "--json"]).await;
    assert!(said.contains("conferenceRecords/ended"), "{said}");
}

#[tokio::test]
async fn what_google_has_forgotten_or_does_not_show_is_told() {
    let stage = Stage::new().await;
    stage.add(two_people("old"));
    stage.add(Conference::new(JAN, "ddd-eeee-fff", on("18:00:00")).id("jans").ended(on("18:10:00")));
    let foreign = stage.bad(&["conferenceRecords/jans"], 1).await;
    assert!(foreign.contains("another user's") && foreign.contains("30 days"), "{foreign}");
    stage.world.sandbox.google.set_meet_now(at("2026-04-02T00:00:00Z"));
    for meeting in ["conferenceRecords/old", CODE] {
        let gone = stage.bad(&[meeting], 1).await;
        assert!(gone.contains("30 days"), "{gone}");
    }
}

#[tokio::test]
async fn a_company_is_asked_and_one_users_failure_is_told_and_hides_nothing() {
    let stage = Stage::new().await;
    let google = &stage.world.sandbox.google;
    google.set_seen(Seen::ByOrganiser);
    google.add_user(User::new("off@example.pl", "Off").without_meet());
    stage.add(two_people("h"));
    let done = stage.run(&[CODE, "--all-users"]).await;
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("2 people: 2 present."), "{}", done.out);
    assert!(done.out.contains("1 of 4 users could not be asked: off@example.pl"), "{}", done.out);
    let done = stage.run(&["conferenceRecords/h", "--all-users", "--csv"]).await;
    assert_eq!((done.code, done.out.lines().count()), (1, 3), "{done:?}");
    assert!(done.error.contains("1 of 4 users could not be asked"), "{done:?}");
    // Jan alone does not see it.
    let done = stage.run(&["conferenceRecords/h", "--user", JAN]).await;
    assert_eq!(done.code, 1);
    assert!(done.error.contains("nobody who was asked sees"), "{done:?}");
}

#[tokio::test]
async fn an_account_is_looked_up_once_and_strangers_have_no_address() {
    let stage = Stage::new().await;
    let twice = Participant::user(EWA, "Ewa").session(on("18:00:00"), on("18:10:00"));
    let one = hour("one").participant(twice.clone());
    let stranger = Participant::outsider("2222", "Sala 3").session(on("18:00:00"), on("19:00:00"));
    stage.add(one.participant(stranger));
    let other = Conference::new(EWA, CODE, on("19:05:00")).id("two").space("A").ended(on("19:30:00"));
    stage.add(other.participant(Participant::user(EWA, "Ewa").session(on("19:05:00"), on("19:30:00"))));
    let said = stage.good(&["conferenceRecords/one", "--json"]).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    let emails: Vec<&Value> =
        told["people"].as_array().unwrap().iter().map(|person| &person["email"]).collect();
    assert_eq!(emails, [&json!(EWA), &json!("")]);
    let calls = stage.world.sandbox.transcript.calls();
    let asked = |id: &str| calls.iter().filter(|call| call.subject.contains(&format!("/users/{id}"))).count();
    assert_eq!((asked("1111"), asked("2222")), (1, 1));
}
