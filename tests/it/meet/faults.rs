//! What Google can do to a list: pages without rows, records that vanish, refusals that pass, an API that is off.

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};

use super::*;

/// The next `times` calls of this route whose subject contains this text, after `skip` others, get this answer.
fn answer(world: &World, route: Route, subject: &str, times: u32, canned: Canned) {
    let fault = Fault::Answer(canned);
    world.sandbox.faults.add(Rule { route, subject: subject.to_owned(), skip: 0, times, fault });
}

fn busy() -> Canned {
    let body = r#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}"#;
    Canned::new(429, "application/json", body)
}

async fn company() -> World {
    let world = world(&[EWA, JAN]).await;
    let google = &world.sandbox.google;
    for number in 0..5 {
        let code = format!("aaa-aaaa-aa{}", char::from(b'a' + number));
        let (from, to) = (format!("0{number}:00:00"), format!("0{number}:30:00"));
        google.add_conference(conference(&format!("R{number}"), EWA, &code, &from, &to));
    }
    world
}

#[tokio::test]
async fn short_and_empty_pages_end_no_list() {
    let world = company().await;
    world.sandbox.google.set_empty_pages(true);
    world.sandbox.google.set_page_limit(2);
    let answer = run(&world, &["past", "--all-users", "--json"]).await.json();
    assert_eq!(conferences(&answer), [["R4"], ["R3"], ["R2"], ["R1"], ["R0"]]);
    assert!(answer["meetings"].as_array().unwrap().iter().all(|row| row["people"] == 1), "{answer}");
    let show = run(&world, &["show", "conferenceRecords/R1", "--user", EWA, "--json"]).await.json();
    assert_eq!(show["participants"][0]["sessions"].as_array().unwrap().len(), 1);
    assert_clean(&world);
}

#[tokio::test]
async fn a_refusal_that_passes_is_waited_for() {
    let world = company().await;
    answer(&world, Route::Meet, "/v2/conferenceRecords?", 1, busy().header("retry-after", "0"));
    answer(&world, Route::Meet, "participants", 2, Canned::new(503, "text/plain", "later"));
    answer(&world, Route::Directory, "", 1, Canned::google(403, "rateLimitExceeded", "Rate Limit Exceeded"));
    answer(&world, Route::GoogleToken, "", 1, Canned::new(503, "text/plain", "later"));
    let ran = run(&world, &["past", "--all-users", "--json"]).await;
    assert_eq!((ran.code, conferences(&ran.json()).len()), (0, 5), "{}", ran.out);
    assert_eq!(ran.json()["notes"], serde_json::json!([]).clone(), "{}", ran.out);
}

#[tokio::test]
async fn a_user_whose_calls_stay_refused_hides_nobody() {
    let world = company().await;
    answer(&world, Route::Meet, JAN, 5, busy());
    let ran = run(&world, &["past", "--all-users"]).await;
    ran.assert(1, "1 of 4 users could not be asked: jan@theatre.example (Google asks us to slow down)\n");
    ran.assert(1, "2026-11-02 05:00  05:30");
    // A wait that is too long for a command is told instead.
    answer(&world, Route::Meet, JAN, 1, busy().header("retry-after", "120"));
    run(&world, &["past", "--all-users"])
        .await
        .assert(1, "(Google asks us to slow down; try again in 120 s)\n");
}

#[tokio::test]
async fn a_record_that_vanishes_during_the_run_is_told_and_fails_nothing() {
    let world = company().await;
    let gone = Canned::new(
        404,
        "application/json",
        r#"{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}"#,
    );
    answer(&world, Route::Meet, "conferenceRecords/R2/participants", 1, gone.clone());
    let ran = run(&world, &["past", "--user", EWA]).await;
    ran.assert(0, "2026-11-02 03:00  03:30  aaa-aaaa-aac  aaa-aaaa-aac  ?       ?");
    ran.assert(
        0,
        "note: people and recordings of 1 meeting are not known: Google keeps conferences 30 days\n",
    );
    answer(&world, Route::Meet, "conferenceRecords/R2/participants", 1, gone);
    let ran = run(&world, &["show", "conferenceRecords/R2", "--user", EWA]).await;
    ran.assert(0, "nobody is listed");
    ran.assert(0, "Google keeps conferences 30 days");
    // All are over for more than thirty days.
    world.sandbox.google.set_meet_now("2026-12-03T00:00:00Z".parse().unwrap());
    run(&world, &["past", "--user", EWA]).await.assert(0, "no conferences\n");
    let ran = run(&world, &["show", "conferenceRecords/R2", "--user", EWA]).await;
    ran.assert(
        1,
        "Google knows no conference conferenceRecords/R2: it is not theirs, or over for more than 30 days",
    );
    run(&world, &["show", "aaa-aaaa-aaa", "--user", EWA]).await.assert(1, "Google keeps conferences 30 days");
    run(&world, &["show", "conferenceRecords/R2", "--user", JAN]).await.assert(1, "");
}

#[tokio::test]
async fn people_that_one_user_may_not_read_are_read_through_another() {
    let world = company().await;
    world.sandbox.google.edit_conference("conferenceRecords/R2", |conference| {
        conference.participants.push(Participant::user(JAN, "Jan").session(at("02:00:00"), at("02:10:00")));
    });
    let denied = || {
        Canned::new(
            403,
            "application/json",
            r#"{"error":{"code":403,"message":"The caller does not have permission"}}"#,
        )
    };
    answer(&world, Route::Meet, "R2/participants?pageSize=250 as ewa", 1, denied());
    let users = ["past", "--user", EWA, "--user", JAN];
    run(&world, &users).await.assert(0, "aaa-aaaa-aac  2       no");
    answer(&world, Route::Meet, "R2/participants", 2, denied());
    let ran = run(&world, &users).await;
    ran.assert(0, "aaa-aaaa-aac  ?       ?");
    ran.assert(0, "note: details of 1 meeting are missing: jan@theatre.example may not read conference conferenceRecords/R2");
}

#[tokio::test]
async fn an_api_that_is_off_ends_the_run_and_says_where_to_enable_it() {
    let world = company().await;
    world.sandbox.google.set_meet_enabled(false);
    let ran = run(&world, &["past", "--all-users"]).await;
    ran.assert(1, "the Google Meet API is off in the project of the credentials: enable it at https://console.developers.google.com/apis/api/meet.googleapis.com/overview?project=");
    assert!(ran.out.is_empty(), "{}", ran.out);
    let asked = world.sandbox.transcript.count(Route::Meet);
    assert!(asked <= 8, "{asked} calls after the first refusal");
    world.sandbox.google.set_meet_enabled(true);
    world.sandbox.google.set_directory_enabled(false);
    run(&world, &["past", "--all-users"]).await.assert(1, "the Admin SDK API is off");
}

#[tokio::test]
async fn a_token_that_google_refuses_is_fetched_again() {
    let world = company().await;
    let unauthorized = Canned::google(401, "authError", "Invalid Credentials");
    answer(&world, Route::Meet, "/v2/conferenceRecords?", 1, unauthorized.clone());
    run(&world, &["past", "--user", EWA, "--brief"]).await.assert(0, "aaa-aaaa-aaa");
    assert_eq!(world.sandbox.google.tokens_asked(EWA, MEET), 2);
    answer(&world, Route::Meet, "/v2/conferenceRecords?", 2, unauthorized);
    run(&world, &["past", "--user", EWA])
        .await
        .assert(1, "1 of 1 user could not be asked: ewa@theatre.example");
}

#[tokio::test]
async fn no_token_is_printed() {
    let world = company().await;
    let told = Canned::google(400, "invalid", "Bad token ya29.secret");
    answer(&world, Route::Meet, JAN, 1, told);
    for arguments in [
        &["past", "--all-users"][..],
        &["past", "--all-users", "--json"],
        &["show", "conferenceRecords/R1", "--user", EWA, "--json"],
    ] {
        let ran = run(&world, arguments).await;
        let key = world.sandbox.google.service_account_key();
        let private = key["private_key"].as_str().unwrap();
        let all = format!("{}{}", ran.out, ran.error);
        assert!(!all.contains("Bearer") && !all.contains(&private[40..80]), "{all}");
    }
}
