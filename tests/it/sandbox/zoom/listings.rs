//! OAuth and the API's reading half: users, recordings, pages, attendance, and every refusal.

use std::time::Duration;

use serde_json::Value;
use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::zoom::{File, Meeting};

use super::{ENCODED, Stage, UUID, meeting};

#[tokio::test]
async fn a_token_is_given_to_the_app_only() {
    let stage = Stage::new().await;
    let good = [("grant_type", "account_credentials"), ("account_id", stage.zoom.account_id())];
    let (status, body) = stage.oauth(&good, stage.zoom.client_secret()).await;
    assert_eq!((status, &body["token_type"], &body["expires_in"]), (200, &"bearer".into(), &3599.into()));
    assert!(body["scope"].as_str().unwrap().contains("user:read:list_users:admin"));

    let (status, body) = stage.oauth(&good, "wrong").await;
    assert_eq!((status, &body["error"]), (400, &"invalid_client".into()));
    let other = [("grant_type", "account_credentials"), ("account_id", "wrong")];
    let (status, body) = stage.oauth(&other, stage.zoom.client_secret()).await;
    assert_eq!((status, &body["error"]), (400, &"invalid_request".into()));
    // Wrong settings are the operator's: no violation so far.
    stage.assert_good();
    let password = [("grant_type", "password"), good[1]];
    let (_, body) = stage.oauth(&password, stage.zoom.client_secret()).await;
    assert_eq!(body["error"], "unsupported_grant_type");
    stage.assert_violation("grant type");

    // The parameters may also stand in the query.
    let url = format!(
        "{}?grant_type=account_credentials&account_id={}",
        stage.zoom.oauth_url(),
        stage.zoom.account_id()
    );
    let request = stage.http.post(url).basic_auth(stage.zoom.client_id(), Some(stage.zoom.client_secret()));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn tokens_end_and_miss_scopes() {
    let stage = Stage::with_meeting().await;
    let token = stage.token().await;
    let path = format!("/meetings/{ENCODED}/recordings");
    assert_eq!(stage.api_with(&token, "GET", &path).await.0, 200);
    stage.zoom.expire_access_tokens();
    let (status, body) = stage.api_with(&token, "GET", &path).await;
    assert_eq!((status, &body["code"]), (401, &124.into()));

    stage.zoom.remove_scope("cloud_recording:read:list_recording_files:admin");
    let (status, body) = stage.api("GET", &path).await;
    assert_eq!((status, &body["code"]), (400, &4711.into()));
    assert!(body["message"].as_str().unwrap().contains("cloud_recording:read:list_recording_files:admin"));
    // The classic name of the scope is accepted too.
    stage.zoom.set_scopes(&["recording:read:admin"]);
    assert_eq!(stage.api("GET", &path).await.0, 200);
    stage.assert_good();
}

#[tokio::test]
async fn credentials_for_others_are_violations() {
    let stage = Stage::with_meeting().await;
    let (status, _) = stage.api_with("ya29.a-google-token", "GET", "/users").await;
    assert_eq!(status, 401);
    stage.assert_violation("wrong host");
    let answer = stage.http.get(format!("{}/users", stage.zoom.api_url())).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    stage.assert_violation("no bearer token");
    let event: Value = serde_json::from_slice(&stage.zoom.event(UUID, "recording.completed")).unwrap();
    let (status, _) = stage.api_with(event["download_token"].as_str().unwrap(), "GET", "/users").await;
    assert_eq!(status, 401);
    stage.assert_violation("download token was sent to the API");
    assert!(stage.transcript.calls().iter().all(|call| !call.request.contains("ya29")));
}

#[tokio::test]
async fn a_uuid_is_encoded_twice() {
    for wrong in ["%2FUE%2BcApLTmOc6HZxOLFclQ%3D%3D", UUID] {
        let stage = Stage::with_meeting().await;
        let (status, body) = stage.api("GET", &format!("/meetings/{wrong}/recordings")).await;
        assert_eq!((status, &body["code"]), (404, &3001.into()), "{wrong}");
        stage.assert_violation("not encoded twice");
    }
    let stage = Stage::with_meeting().await;
    assert_eq!(stage.listing().await["uuid"], UUID);
    stage.assert_good();
}

#[tokio::test]
async fn a_recording_is_read() {
    let stage = Stage::with_meeting().await;
    let listing = stage.listing().await;
    assert!(listing["download_access_token"].is_string() && listing["password"].is_string());
    assert_eq!(listing["total_size"], 304_500);
    assert_eq!(listing["recording_files"].as_array().unwrap().len(), 2);
    assert_eq!(listing["participant_audio_files"][0]["id"], "voice-1");
    let url = listing["recording_files"][0]["download_url"].as_str().unwrap();
    assert!(url.contains("/rec/download/"), "{url}");
    stage.zoom.add_file(UUID, File::transcript("words-1", 900));
    assert_eq!(stage.listing().await["recording_files"][2]["id"], "words-1");
    stage.zoom.set_file(UUID, "video-1", |file| file.render_again(400_000, 9));
    assert_eq!(stage.listing().await["recording_files"][0]["file_size"], 400_000);
    // The number finds the latest instance.
    let number = stage.listing().await["id"].as_u64().unwrap();
    assert_eq!(stage.api("GET", &format!("/meetings/{number}/recordings")).await.1["uuid"], UUID);
    stage.assert_good();
}

#[tokio::test]
async fn a_recording_may_not_be_there_yet_or_any_more() {
    let stage = Stage::with_meeting().await;
    let path = format!("/meetings/{ENCODED}/recordings");
    stage.zoom.set_processing(UUID, true);
    assert_eq!(stage.api("GET", &path).await.1["code"], 3301);
    let list = "/users/ada@example.com/recordings?from=2026-01-01&to=2026-01-31";
    let (_, body) = stage.api("GET", list).await;
    let row = &body["meetings"][0]["recording_files"][0];
    assert_eq!((&row["file_type"], &row["status"]), (&"".into(), &"processing".into()));
    assert!(row["download_url"].is_string() && row.get("recording_type").is_none());
    assert_eq!(body["meetings"][0]["total_size"], 0);
    // The webhook may be ahead of the API: its own link works.
    let event: Value = serde_json::from_slice(&stage.zoom.event(UUID, "recording.completed")).unwrap();
    let file = &event["payload"]["object"]["recording_files"][0];
    assert_eq!(file["status"], "completed");
    stage.signed(file["download_url"].as_str().unwrap(), event["download_token"].as_str().unwrap()).await;
    stage.zoom.set_processing(UUID, false);

    stage.zoom.set_file(UUID, "chat-1", |file| file.status = "processing".to_owned());
    assert_eq!(stage.listing().await["recording_files"][1]["file_size"], 0);
    stage.zoom.remove_file(UUID, "chat-1");
    assert_eq!(stage.listing().await["recording_files"].as_array().unwrap().len(), 1);
    stage.zoom.remove(UUID);
    let (status, body) = stage.api("GET", &path).await;
    assert_eq!((status, &body["code"]), (404, &3301.into()));
    stage.assert_good();
}

#[tokio::test]
async fn users_and_their_recordings_come_in_pages() {
    let stage = Stage::new().await;
    for day in 1..=5 {
        let start = format!("2026-03-{day:02}T09:00:00Z");
        stage.zoom.add(Meeting::new(format!("uuid{day}=="), "Kurs").start(&start).file(File::mp4("v", 9)));
    }
    stage.zoom.add_user("gone@example.com", "inactive");
    let (_, body) = stage.api("GET", "/users?status=active&page_size=300").await;
    assert_eq!((&body["total_records"], &body["users"][0]["email"]), (&1.into(), &"ada@example.com".into()));
    let host = body["users"][0]["id"].as_str().unwrap().to_owned();
    let (_, body) = stage.api("GET", "/users?status=inactive").await;
    assert_eq!(body["users"][0]["email"], "gone@example.com");

    let first = format!("/users/{host}/recordings?from=2026-03-02&to=2026-03-31&page_size=3");
    let (_, body) = stage.api("GET", &first).await;
    assert_eq!((&body["total_records"], &body["page_count"]), (&4.into(), &2.into()));
    assert_eq!(body["meetings"][0]["uuid"], "uuid5==");
    assert!(body["meetings"][0].get("host_email").is_none());
    let token = body["next_page_token"].as_str().unwrap().to_owned();
    let (_, body) = stage.api("GET", &format!("{first}&next_page_token={token}")).await;
    assert_eq!((&body["meetings"][0]["uuid"], &body["next_page_token"]), (&"uuid2==".into(), &"".into()));
    stage.assert_good();

    stage.zoom.expire_page_tokens();
    let (status, body) = stage.api("GET", &format!("{first}&next_page_token={token}")).await;
    assert_eq!((status, &body["code"]), (400, &300.into()));
    stage.assert_good();
    let other = format!("/users/{host}/recordings?from=2026-03-01&to=2026-03-31&page_size=3");
    let (status, _) = stage.api("GET", &format!("{other}&next_page_token={token}")).await;
    assert_eq!(status, 400);
    stage.assert_violation("other parameters");
}

#[tokio::test]
async fn windows_have_rules() {
    let stage = Stage::with_meeting().await;
    let user = "/users/ada@example.com/recordings";
    let (status, body) = stage.api("GET", user).await;
    assert_eq!((status, &body["total_records"]), (200, &0.into()), "today and tomorrow only");
    assert_eq!(stage.api("GET", "/users/nobody/recordings").await.1["code"], 1001);
    assert_eq!(stage.api("GET", &format!("{user}?from=2026-01-31&to=2026-01-01")).await.0, 400);
    stage.assert_good();
    let (_, body) = stage.api("GET", &format!("{user}?from=2025-01-01&to=2026-01-31")).await;
    assert_eq!(body["from"], "2025-12-31");
    stage.assert_violation("more than a month");
    assert_eq!(stage.api("GET", &format!("{user}?from=yesterday")).await.0, 400);
    stage.assert_violation("yyyy-mm-dd");
    stage.api("GET", &format!("{user}?form=2026-01-01")).await;
    stage.assert_violation("undocumented query parameter `form`");
    stage.api("GET", &format!("{user}?page_size=301")).await;
    stage.assert_violation("page_size");
    assert_eq!(stage.api("GET", "/accounts/me/settings").await.1["code"], 2300);
    stage.assert_violation("no such endpoint");
}

#[tokio::test]
async fn meetings_and_attendance_are_right_in_shape() {
    let stage = Stage::with_meeting().await;
    let (_, past) = stage.api("GET", &format!("/past_meetings/{ENCODED}")).await;
    assert_eq!((&past["participants_count"], &past["end_time"]), (&2.into(), &"2026-01-15T11:00:00Z".into()));
    let (_, people) = stage.api("GET", &format!("/past_meetings/{ENCODED}/participants?page_size=300")).await;
    assert_eq!(people["participants"][1]["user_email"], "");
    let (_, report) = stage.api("GET", &format!("/report/meetings/{ENCODED}/participants")).await;
    assert_eq!((&report["total_records"], &report["participants"][0]["duration"]), (&2.into(), &3600.into()));
    let id = past["id"].as_u64().unwrap();
    assert_eq!(stage.api("GET", &format!("/meetings/{id}")).await.1["host_email"], "ada@example.com");
    assert_eq!(stage.api("GET", "/meetings/123").await.1["code"], 3001);
    stage.assert_good();

    let mut alone = meeting();
    alone.attendance.truncate(1);
    stage.zoom.add(alone);
    assert_eq!(stage.api("GET", &format!("/report/meetings/{ENCODED}/participants")).await.1["code"], 3001);
}

#[tokio::test]
async fn any_call_can_go_wrong() {
    let stage = Stage::with_meeting().await;
    let token = stage.token().await;
    let url = format!("{}/meetings/{ENCODED}/recordings", stage.zoom.api_url());
    let ask = || stage.http.get(&url).bearer_auth(&token).send();
    let limit = Canned::zoom(429, 429, "Slow down.").header("retry-after", "7");
    stage.fault(Route::ZoomRecording, UUID, Fault::Answer(limit));
    let answer = ask().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    stage.fault(Route::ZoomRecording, "", Fault::AnswerAfter(Canned::html(502)));
    assert_eq!(ask().await.unwrap().status(), 502);
    for fault in [Fault::Cut, Fault::CutAfter] {
        stage.fault(Route::ZoomRecording, "", fault);
        assert!(ask().await.is_err());
    }
    stage.fault(Route::ZoomRecording, "", Fault::Stall);
    assert!(tokio::time::timeout(Duration::from_millis(200), ask()).await.is_err());
    assert_eq!(ask().await.unwrap().status(), 200);
    let lines: Vec<String> = stage.transcript.calls().iter().map(|call| call.answer.clone()).collect();
    assert_eq!(lines, ["200", "429", "502 after 200", "cut", "cut after 200", "stall", "200"]);
    stage.fault(Route::ZoomToken, "", Fault::Answer(Canned::html(503)));
    let form = [("grant_type", "account_credentials")];
    assert_eq!(stage.http.post(stage.zoom.oauth_url()).form(&form).send().await.unwrap().status(), 503);
}

#[tokio::test]
async fn a_listing_may_be_shorter_than_asked_and_say_so_only_in_its_frame() {
    let stage = Stage::new().await;
    for (number, day) in ["2026-01-05", "2026-01-20", "2026-01-28"].into_iter().enumerate() {
        let meeting = Meeting::new(format!("m{number}"), "A call").start(&format!("{day}T10:00:00Z"));
        stage.zoom.add(if number == 0 { meeting.deleted_on("2026-02-04") } else { meeting });
    }
    let path = "/users/ada@example.com/recordings?from=2026-01-01&to=2026-01-28&page_size=300";
    stage.zoom.set_rows_max(Some(2));
    let (_, body) = stage.api("GET", path).await;
    assert_eq!(body["meetings"].as_array().unwrap().len(), 2);
    assert_ne!(body["next_page_token"], "");
    stage.zoom.set_rows_max(None);
    let (_, body) = stage.api("GET", path).await;
    let last = &body["meetings"][2];
    assert_eq!((&last["auto_delete"], &last["auto_delete_date"]), (&true.into(), &"2026-02-04".into()));
    assert_eq!(body["meetings"][0]["auto_delete"], false);
    stage.zoom.set_days_max(Some(9));
    let (_, body) = stage.api("GET", path).await;
    assert_eq!((&body["from"], &body["to"]), (&"2026-01-20".into(), &"2026-01-28".into()));
    assert_eq!(body["meetings"].as_array().unwrap().len(), 2);
    stage.assert_good();
}

#[tokio::test]
async fn a_user_is_found_by_id_and_address_unless_no_list_names_them() {
    let stage = Stage::with_meeting().await;
    let meeting = meeting();
    for name in [&meeting.host_id, &meeting.host_email] {
        let (status, user) = stage.api("GET", &format!("/users/{name}")).await;
        assert_eq!(
            (status, &user["id"], &user["status"]),
            (200, &meeting.host_id.as_str().into(), &"active".into())
        );
        assert_eq!(user["email"], meeting.host_email);
    }
    stage.zoom.rename_user(&meeting.host_email, "new@example.com");
    let (_, user) = stage.api("GET", &format!("/users/{}", meeting.host_id)).await;
    assert_eq!((&user["id"], &user["email"]), (&meeting.host_id.as_str().into(), &"new@example.com".into()));
    stage.zoom.remove_scope("user:read:user:admin");
    assert_eq!(stage.api("GET", &format!("/users/{}", meeting.host_id)).await.1["code"], 4711);
    stage.zoom.set_scopes(&["user:read:admin"]);
    stage.zoom.hide_user(&meeting.host_email);
    let (status, body) = stage.api("GET", &format!("/users/{}", meeting.host_id)).await;
    assert_eq!((status, &body["code"]), (404, &1001.into()));
    stage.zoom.add_user("pending@example.com", "pending");
    assert_eq!(stage.api("GET", "/users/pending@example.com").await.0, 404);
    stage.assert_good();
}

#[tokio::test]
async fn only_the_accounts_list_shows_hosts_who_are_no_users() {
    let stage = Stage::with_meeting().await;
    let meeting = meeting();
    stage.zoom.hide_user(&meeting.host_email);
    let days = "from=2026-01-01&to=2026-01-31";
    assert_eq!(stage.api("GET", "/users").await.1["users"], serde_json::json!([]));
    let (status, body) = stage.api("GET", &format!("/users/{}/recordings?{days}", meeting.host_id)).await;
    assert_eq!((status, &body["code"]), (404, &1001.into()));
    let (status, body) = stage.api("GET", &format!("/accounts/me/recordings?{days}")).await;
    assert_eq!((status, &body["from"], &body["total_records"]), (200, &"2026-01-01".into(), &1.into()));
    let row = &body["meetings"][0];
    assert_eq!((&row["uuid"], &row["host_email"]), (&UUID.into(), &meeting.host_email.as_str().into()));
    assert!(
        row["participant_audio_files"].is_null() && row["recording_files"][0]["download_url"].is_string()
    );
    stage.assert_good();
    // The scope of the users' lists opens it no more than the classic one does.
    stage.zoom.remove_scope("cloud_recording:read:list_account_recordings:admin");
    let (status, body) = stage.api("GET", &format!("/accounts/me/recordings?{days}")).await;
    assert_eq!((status, &body["code"]), (400, &4711.into()));
    stage.zoom.set_scopes(&["recording:read:admin"]);
    assert_eq!(stage.api("GET", &format!("/accounts/me/recordings?{days}")).await.0, 400);
    stage.zoom.set_scopes(&["account:read:admin"]);
    assert_eq!(stage.api("GET", &format!("/accounts/me/recordings?{days}")).await.0, 200);
    let (_, cut) = stage.api("GET", "/accounts/me/recordings?from=2026-01-01&to=2026-03-31").await;
    assert_eq!(cut["from"], "2026-02-28");
    stage.assert_violation("more than a month");
}
