//! A company: each conference once, one user's failure never hides the others, and nobody is asked twice.

use std::time::Duration;

use super::*;

/// The users of M2.
const USERS: [&str; 3] = ["u1@theatre.example", "u2@theatre.example", "u3@theatre.example"];

/// M2: u1 sees R1 and R2, u2 sees R2 and R3, u3 has no Meet, u4 is suspended.
async fn m2(settings: &[(&str, &str)]) -> World {
    let world = world_with(&USERS, settings).await;
    let google = &world.sandbox.google;
    google.add_user(User::new(USERS[2], "u3").without_meet());
    google.add_user(User::new("u4@theatre.example", "u4").suspended());
    let [u1, u2, _] = USERS;
    google.add_conference(conference("R1", u1, "aaa-aaaa-aaa", "09:00:00", "09:30:00"));
    let shared = conference("R2", u1, "bbb-bbbb-bbb", "10:00:00", "10:30:00");
    google.add_conference(
        shared.participant(Participant::user(u2, "u2").session(at("10:00:00"), at("10:10:00"))),
    );
    google.add_conference(conference("R3", u2, "ccc-cccc-ccc", "11:00:00", "11:30:00"));
    world
}

fn seen(answer: &Value) -> Vec<(String, Vec<String>)> {
    let rows = answer["meetings"].as_array().unwrap().iter();
    let seen_as = |row: &Value| {
        row["seen_as"].as_array().unwrap().iter().map(|user| user.as_str().unwrap()[..2].to_owned()).collect()
    };
    rows.map(|row| (row["parts"][0]["conference"].as_str().unwrap()[18..].to_owned(), seen_as(row))).collect()
}

fn expected() -> Vec<(String, Vec<String>)> {
    let row =
        |id: &str, users: &[&str]| (id.to_owned(), users.iter().map(|user| (*user).to_owned()).collect());
    vec![row("R3", &["u2"]), row("R2", &["u1", "u2"]), row("R1", &["u1"])]
}

#[tokio::test]
async fn each_conference_is_there_once_and_who_could_not_be_asked_is_named() {
    let world = m2(&[]).await;
    let ran = run(&world, &["past", "--all-users"]).await;
    // The admin and the sandbox's own user are users, too.
    ran.assert(1, "1 of 5 users could not be asked: u3@theatre.example (may not read conferences: Meet is off for this user)\n");
    ran.assert(1, "  u1@theatre.example +1  2026-12-02\n");
    let ran = run(&world, &["past", "--all-users", "--json"]).await;
    let answer = ran.json();
    assert_eq!((ran.code, seen(&answer)), (1, expected()));
    assert_eq!(answer["failed"][0]["user"], "u3@theatre.example");
    assert_eq!(answer["asked"], 5);
    // Two of them are seen by one user only, but not every user could be asked.
    assert!(answer["meetings"].as_array().unwrap().iter().all(|row| row["organizer"].is_null()), "{answer}");
    assert!(!ran.out.contains("u4@"), "the suspended one was asked: {}", ran.out);
    assert_clean(&world);
}

#[tokio::test]
async fn a_conference_that_one_user_of_the_whole_company_sees_is_theirs() {
    let world = m2(&[]).await;
    world.sandbox.google.add_user(User::new(USERS[2], "u3"));
    let ran = run(&world, &["past", "--all-users", "--json"]).await;
    let answer = ran.json();
    let organizers: Vec<&Value> =
        answer["meetings"].as_array().unwrap().iter().map(|row| &row["organizer"]).collect();
    assert_eq!(
        organizers,
        [USERS[1], "", USERS[0]]
            .map(|user| if user.is_empty() { Value::Null } else { user.into() })
            .iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(ran.code, 0);
}

#[tokio::test]
async fn without_an_admin_the_shared_contacts_are_asked_and_then_those_of_the_settings() {
    let users = [("MEET_USERS", "u1@theatre.example,u2@theatre.example"), ("GOOGLE_ADMIN_SUBJECT", USERS[0])];
    let world = m2(&users).await;
    let ran = run(&world, &["past", "--all-users", "--json"]).await;
    let answer = ran.json();
    assert_eq!((ran.code, seen(&answer)), (1, expected()));
    assert!(
        answer["notes"][0].as_str().unwrap().contains("u1@theatre.example is no administrator"),
        "{answer}"
    );
    // The directory is closed.
    world.sandbox.google.set_domain_public(false);
    let ran = run(&world, &["past", "--all-users", "--json"]).await;
    let answer = ran.json();
    assert_eq!((ran.code, seen(&answer)), (0, expected()));
    assert!(answer["notes"][0].as_str().unwrap().contains("users of MEET_USERS were asked"), "{answer}");
    run(&world, &["past", "--all-users"]).await.assert(0, "note: the directory may not be read");
    let ran = run_with(&world, &[("MEET_USERS", "")], &["past", "--all-users"]).await;
    ran.assert(1, "set GOOGLE_ADMIN_SUBJECT to an administrator, or name people in MEET_USERS");
    let nobody = [("GOOGLE_ADMIN_SUBJECT", "")];
    run_with(&world, &nobody, &["past", "--all-users"])
        .await
        .assert(0, "note: GOOGLE_ADMIN_SUBJECT is not set");
    let none = [("GOOGLE_ADMIN_SUBJECT", ""), ("MEET_USERS", "")];
    run_with(&world, &none, &["past", "--all-users"])
        .await
        .assert(2, "set GOOGLE_ADMIN_SUBJECT, or MEET_USERS");
    // The scope of the directory is not granted.
    world.sandbox.google.withdraw_scope(None, DIRECTORY);
    run(&world, &["past", "--all-users"]).await.assert(0, "note: the directory may not be read");
    assert_clean(&world);
}

#[tokio::test]
async fn a_scope_that_one_user_lacks_is_named_with_the_client_id() {
    let world = world(&[EWA, JAN]).await;
    let google = &world.sandbox.google;
    google.add_conference(conference("R1", EWA, "aaa-aaaa-aaa", "09:00:00", "09:30:00"));
    google.withdraw_scope(Some(JAN), MEET);
    google.forget_user("nobody@theatre.example");
    let users = ["past", "--user", EWA, "--user", JAN, "--user", "nobody@theatre.example", "--user", EWA];
    let ran = run(&world, &users).await;
    ran.assert(1, "2 of 3 users could not be asked:\n");
    let key = google.service_account_key();
    ran.assert(1, &format!("client ID {}", key["client_id"].as_str().unwrap()));
    ran.assert(1, MEET);
    ran.assert(1, "  nobody@theatre.example (Google knows no such user)\n");
    ran.assert(1, "2026-11-02 10:00  10:30");
    assert_clean(&world);
}

#[tokio::test]
async fn a_thousand_users_are_asked_eight_at_a_time_and_no_token_twice() {
    let world = world(&[]).await;
    let google = &world.sandbox.google;
    for number in 0..1_000 {
        google.add_user(User::new(&format!("user{number:04}@theatre.example"), "Somebody"));
    }
    for number in [0, 499, 500, 999] {
        let user = format!("user{number:04}@theatre.example");
        google.add_conference(conference(
            &format!("R{number}"),
            &user,
            "aaa-aaaa-aaa",
            "09:00:00",
            "09:30:00",
        ));
    }
    google.set_call_duration(Duration::from_millis(2));
    let ran = run(&world, &["past", "--all-users", "--since", "2026-11-01", "--apart", "--json"]).await;
    let answer = ran.json();
    assert_eq!((ran.code, answer["asked"].as_u64()), (0, Some(1_002)), "{}", ran.error);
    assert_eq!(conferences(&answer), [["R0"], ["R499"], ["R500"], ["R999"]]);
    assert!((2..=8).contains(&google.most_calls_at_once()), "{} at once", google.most_calls_at_once());
    let twice: Vec<_> = google.all_tokens_asked().into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let one_scope = google.all_tokens_asked().into_keys().all(|(_, scope)| !scope.contains(' '));
    assert!(one_scope, "a token has several scopes");
    assert_clean(&world);
}
