//! Meet: who sees which conferences, filters, pages, and what is shown of each.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::{Artifact, ArtifactState, Conference, Participant, Seen, User};

use super::workspace::MEET;
use super::{Drive, body, drive};

pub(super) const EWA: &str = "ewa@theatre.example";
pub(super) const JAN: &str = "jan@theatre.example";

pub(super) fn at(text: &str) -> Timestamp {
    format!("2026-11-02T{text}Z").parse().unwrap()
}

/// Three conferences of Ewa's; Jan was in the first. It is the third of November.
pub(super) async fn company() -> Drive {
    let mut drive = drive().await;
    drive.google.set_meet_now(at("23:59:00"));
    drive.google.add_user(User::new(EWA, "Ewa Nowak").id("111"));
    drive.google.add_user(User::new(JAN, "Jan Kowalski").id("222"));
    let first =
        Conference::new(EWA, "abc-mnop-xyz", at("09:00:12.345")).id("first").space("A").ended(at("10:02:40"));
    let ewa = Participant::user(EWA, "Ewa Nowak").session(at("09:00:12"), at("09:40:00"));
    let first = first
        .participant(ewa.session(at("09:45:00"), at("10:02:40")))
        .participant(Participant::user(JAN, "Jan K").session(at("09:10:00"), at("09:20:00")))
        .participant(Participant::outsider("900", "Guest").session(at("09:11:00"), at("09:20:00")))
        .participant(Participant::anonymous("Somebody").session(at("09:12:00"), at("09:20:00")))
        .participant(Participant::phone("+48 ••• ••• 12").session(at("09:13:00"), at("09:20:00")))
        .artifact(Artifact::recording("Standup (recording).mp4", 5 * 1024 * 1024))
        .artifact(Artifact::recording("Late.mp4", 10).state(ArtifactState::Ended))
        .artifact(Artifact::transcript("Standup (transcript)", "Ewa: good morning\n"))
        .artifact(Artifact::notes("Standup (notes)", "All is well.\n"));
    drive.google.add_conference(first);
    let second = Conference::new(EWA, "abc-mnop-xyz", at("12:00:00")).id("second").ended(at("12:30:00"));
    drive.google.add_conference(second);
    drive.google.add_conference(Conference::new(EWA, "ddd-eeee-fff", at("20:00:00")).id("running"));
    drive.act_for(EWA, MEET).await;
    drive
}

impl Drive {
    pub(super) async fn json(&self, path: &str) -> (u16, Value) {
        let answer = self.get(path).await;
        (answer.status().as_u16(), body(answer).await)
    }

    async fn records(&self, filter: &str) -> Vec<String> {
        let query = [("filter", filter)];
        let answer = self.call(Method::GET, "/v2/conferenceRecords").query(&query).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{filter}");
        names(&body(answer).await)
    }
}

fn names(page: &Value) -> Vec<String> {
    let records = page["conferenceRecords"].as_array().into_iter().flatten();
    let name =
        |record: &Value| record["name"].as_str().unwrap().trim_start_matches("conferenceRecords/").to_owned();
    records.map(name).collect()
}

#[tokio::test]
async fn records_are_listed_newest_first_and_filtered_in_the_documented_forms() {
    let drive = company().await;
    assert_eq!(drive.records("").await, ["running", "second", "first"]);
    let code = r#"space.meeting_code = "abc-mnop-xyz""#;
    assert_eq!(drive.records(code).await, ["second", "first"]);
    assert_eq!(drive.records(r#"space.name="spaces/A""#).await, ["second", "first"]);
    let window = r#"end_time>="2026-11-02T10:02:41Z" AND start_time<="2026-11-02T12:00:00Z""#;
    assert_eq!(drive.records(window).await, ["second"]);
    assert_eq!(drive.records(&format!("{code} AND {window}")).await, ["second"]);
    assert_eq!(drive.records("end_time IS NULL").await, ["running"]);
    assert_eq!(drive.records(r#"end_time IS NULL AND start_time<="2026-11-02T19:00:00Z""#).await, [""; 0]);
    drive.assert_no_violations();
    let record = &drive.json("/v2/conferenceRecords/first").await.1;
    let expected = json!({"name": "conferenceRecords/first", "startTime": "2026-11-02T09:00:12.345Z",
        "endTime": "2026-11-02T10:02:40Z", "expireTime": "2026-12-02T10:02:40Z", "space": "spaces/A"});
    assert_eq!(*record, expected);
}

#[tokio::test]
async fn other_filters_are_refused() {
    let drive = company().await;
    for filter in [
        r#"start_time>"2026-11-01T00:00:00Z""#,
        r#"start_time = "2026-11-01T00:00:00Z""#,
        r#"start_time>="2026-11-01""#,
        r#"space.meeting_code != "abc""#,
        r#"space.meeting_code = 'abc'"#,
        r#"organizer = "ewa@theatre.example""#,
        r#"end_time IS NULL OR start_time<="2026-11-02T19:00:00Z""#,
        r#"(end_time IS NULL)"#,
        r#"end_time IS NULL AND"#,
        "space.name IS NULL",
    ] {
        let query = [("filter", filter)];
        let answer = drive.call(Method::GET, "/v2/conferenceRecords").query(&query).send().await.unwrap();
        let (status, answer) = (answer.status().as_u16(), body(answer).await);
        assert_eq!((status, &answer["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{filter}");
    }
    drive.assert_violation("Invalid filter");
}

#[tokio::test]
async fn pages_may_be_short_or_empty_and_tokens_belong_to_their_question() {
    let drive = company().await;
    drive.google.set_empty_pages(true);
    drive.google.set_page_limit(2);
    let (mut token, mut pages) = (String::new(), Vec::new());
    loop {
        let (_, page) = drive.json(&format!("/v2/conferenceRecords?pageSize=1000&pageToken={token}")).await;
        pages.push(names(&page));
        let Some(next) = page["nextPageToken"].as_str() else { break };
        token = next.to_owned();
    }
    assert_eq!(pages, [vec![], vec!["running".to_owned(), "second".to_owned()], vec!["first".to_owned()]]);
    let other = format!("/v2/conferenceRecords/first/participants?pageToken={token}");
    assert_eq!(drive.json(&other).await.0, 400);
    assert_eq!(drive.json("/v2/conferenceRecords?pageSize=-1").await.0, 400);
    assert_eq!(drive.json("/v2/conferenceRecords?user=ewa").await.0, 400);
}

#[tokio::test]
async fn page_sizes_have_defaults_and_are_cut_down_to_their_maxima() {
    let drive = company().await;
    let mut crowded =
        Conference::new(EWA, "jjj-kkkk-lll", at("06:00:00")).id("crowded").ended(at("07:00:00"));
    for number in 0..300 {
        let session =
            Participant::anonymous(&format!("Guest {number}")).session(at("06:00:00"), at("07:00:00"));
        crowded = crowded.participant(session);
    }
    for number in 0..110 {
        crowded = crowded.artifact(Artifact::notes(&format!("Notes {number}"), "x"));
    }
    drive.google.add_conference(crowded);
    for number in 0..120 {
        let record = Conference::new(EWA, "mmm-nnnn-ooo", at("05:00:00")).id(&format!("r{number}"));
        drive.google.add_conference(record.ended(at("05:10:00")));
    }
    let below = "/v2/conferenceRecords/crowded";
    for (path, list, default, most) in [
        ("/v2/conferenceRecords".to_owned(), "conferenceRecords", 25, 100),
        (format!("{below}/participants"), "participants", 100, 250),
        (format!("{below}/smartNotes"), "smartNotes", 10, 100),
    ] {
        for (query, expected) in
            [("", default), ("pageSize=0", default), ("pageSize=9999", most), ("pageSize=3", 3)]
        {
            let (_, page) = drive.json(&format!("{path}?{query}")).await;
            assert_eq!(page[list].as_array().unwrap().len(), expected, "{path} {query}");
            assert!(page["nextPageToken"].is_string());
        }
    }
    drive.assert_no_violations();
}

#[tokio::test]
async fn who_took_part_is_shown_with_sessions() {
    let drive = company().await;
    let (_, page) = drive.json("/v2/conferenceRecords/first/participants").await;
    let participants = page["participants"].as_array().unwrap();
    let ewa = json!({"name": "conferenceRecords/first/participants/111", "latestEndTime": "2026-11-02T10:02:40Z",
        "earliestStartTime": "2026-11-02T09:00:12Z", "signedinUser": {"user": "users/111", "displayName": "Ewa Nowak"}});
    assert_eq!((participants.len(), &participants[0]), (5, &ewa));
    assert_eq!(participants[2]["signedinUser"], json!({"user": "users/900", "displayName": "Guest"}));
    assert_eq!(participants[3]["anonymousUser"], json!({"displayName": "Somebody"}));
    assert_eq!(participants[4]["phoneUser"], json!({"displayName": "+48 ••• ••• 12"}));
    assert!(page.get("totalSize").is_none());
    let (_, sizes) = drive.json("/v2/conferenceRecords/first/participants?fields=totalSize").await;
    assert_eq!(sizes, json!({"totalSize": 5}));
    let path = "/v2/conferenceRecords/first/participants/111/participantSessions";
    let (_, page) = drive.json(path).await;
    let second = json!({"name": format!("{}/31", &path[4..]), "startTime": "2026-11-02T09:45:00Z",
        "endTime": "2026-11-02T10:02:40Z"});
    assert_eq!(page["participantSessions"][1], second);
    assert_eq!(drive.json(&format!("{path}/31")).await.1, second);
    assert_eq!(drive.json("/v2/conferenceRecords/second/participants").await, (200, json!({})));
    drive.assert_no_violations();
}

#[tokio::test]
async fn files_are_shown_with_their_states_even_when_drive_has_them_no_more() {
    let drive = company().await;
    let files = drive.google.original_files("conferenceRecords/first");
    drive.google.remove(&files[0]);
    let (_, page) = drive.json("/v2/conferenceRecords/first/recordings").await;
    let destination =
        json!({"file": files[0], "exportUri": format!("https://drive.google.com/file/d/{}/view", files[0])});
    assert_eq!(page["recordings"][0]["driveDestination"], destination);
    assert_eq!(page["recordings"][0]["state"], "FILE_GENERATED");
    assert_eq!(page["recordings"][1]["state"], "ENDED");
    assert!(page["recordings"][1].get("driveDestination").is_none());
    let (_, page) = drive.json("/v2/conferenceRecords/first/transcripts").await;
    assert_eq!(page["transcripts"][0]["docsDestination"]["document"], json!(files[1]));
    let (_, page) = drive.json("/v2/conferenceRecords/first/smartNotes").await;
    assert_eq!(page["smartNotes"][0]["docsDestination"]["document"], json!(files[2]));
    drive.google.edit_conference("conferenceRecords/first", |record| {
        record.artifacts[1].state = ArtifactState::Generated;
    });
    let (_, page) = drive.json("/v2/conferenceRecords/first/recordings").await;
    assert_eq!(page["recordings"][1]["state"], "FILE_GENERATED");
}

#[tokio::test]
async fn everybody_sees_their_own_and_what_vanished_is_gone() {
    let mut drive = company().await;
    drive.act_for(JAN, MEET).await;
    assert_eq!(drive.records("").await, ["first"]);
    let (status, answer) = drive.json("/v2/conferenceRecords/second").await;
    assert_eq!((status, &answer["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
    drive.google.set_seen(Seen::ByOrganiser);
    assert_eq!(drive.json("/v2/conferenceRecords").await, (200, json!({})));
    drive.act_for(EWA, MEET).await;
    drive.google.set_meet_now("2026-12-02T10:02:40Z".parse().unwrap());
    assert_eq!(drive.records("").await, ["running", "second"]);
    assert_eq!(drive.json("/v2/conferenceRecords/first/participants").await.0, 404);
    drive.google.add_user(User::new(JAN, "Jan Kowalski").without_meet());
    drive.act_for(JAN, MEET).await;
    assert_eq!(drive.json("/v2/conferenceRecords").await.0, 403);
    drive.token = {
        let bare = drive.assertion(|claims| claims["scope"] = json!(MEET));
        body(drive.grant(&bare).await).await["access_token"].as_str().unwrap().to_owned()
    };
    assert_eq!(drive.json("/v2/conferenceRecords").await.0, 403);
    drive.google.set_meet_enabled(false);
    let (_, answer) = drive.json("/v2/conferenceRecords").await;
    assert_eq!(answer["error"]["details"][0]["reason"], "SERVICE_DISABLED");
    drive.assert_no_violations();
}

#[tokio::test]
async fn rooms_are_found_by_id_and_code() {
    let drive = company().await;
    let (_, by_code) = drive.json("/v2/spaces/abc-mnop-xyz").await;
    assert_eq!((&by_code["name"], &by_code["meetingCode"]), (&json!("spaces/A"), &json!("abc-mnop-xyz")));
    assert_eq!(drive.json("/v2/spaces/A").await.1, by_code);
    let (_, running) = drive.json("/v2/spaces/ddd-eeee-fff").await;
    assert_eq!(running["activeConference"], json!({"conferenceRecord": "conferenceRecords/running"}));
    assert_eq!(drive.json("/v2/spaces/zzz-zzzz-zzz").await.0, 404);
    drive.assert_no_violations();
    let made = drive.call(Method::POST, "/v2/spaces").send().await.unwrap();
    assert_eq!(made.status(), 404);
    drive.assert_violation("only GET may reach Meet");
}

#[tokio::test]
async fn faults_hit_one_user_or_one_thing() {
    let mut drive = company().await;
    let busy =
        Fault::Answer(Canned::google(429, "rateLimitExceeded", "Slow down").header("retry-after", "1"));
    let rule = Rule { route: Route::Meet, subject: format!("as {JAN}"), skip: 0, times: 1, fault: busy };
    drive.faults.add(rule);
    assert_eq!(drive.json("/v2/conferenceRecords").await.0, 200);
    drive.act_for(JAN, MEET).await;
    assert_eq!(drive.json("/v2/conferenceRecords").await.0, 429);
    assert_eq!(drive.json("/v2/conferenceRecords").await.0, 200);
    drive.google.set_call_duration(std::time::Duration::from_millis(50));
    let paths = ["/v2/spaces/A", "/v2/conferenceRecords", "/v2/spaces/A"];
    futures::future::join_all(paths.map(|path| drive.get(path))).await;
    assert_eq!(drive.google.most_calls_at_once(), 3);
}

#[tokio::test]
async fn a_code_may_be_given_to_another_room() {
    let drive = company().await;
    let other =
        Conference::new(EWA, "abc-mnop-xyz", at("22:00:00")).id("other").space("B").ended(at("22:10:00"));
    drive.google.add_conference(other);
    assert_eq!(drive.json("/v2/spaces/abc-mnop-xyz").await.1["name"], "spaces/B");
    assert_eq!(drive.json("/v2/spaces/A").await.1["name"], "spaces/A");
    assert_eq!(drive.records(r#"space.name = "spaces/A""#).await, ["second", "first"]);
    drive.assert_no_violations();
    assert_eq!(drive.json("/v2/spaces/A?fields=code").await.0, 400);
    assert_eq!(drive.json("/v2/conferenceRecords?fields=records(name)").await.0, 400);
}
