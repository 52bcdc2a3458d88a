//! Planned meetings: what the sandbox's Zoom refuses aloud, and what it reads another way without a word.

use serde_json::{Value, json};
use zoom2drive::sandbox::zoom::Scheduled;

use super::Stage;

/// A call with a JSON body.
async fn send(stage: &Stage, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}{path}", stage.zoom.api_url());
    let request = stage.http.request(method.parse().unwrap(), url).bearer_auth(stage.token().await);
    let answer = request.json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
}

async fn create(stage: &Stage, body: Value) -> (u16, Value) {
    send(stage, "POST", "/users/me/meetings", &body).await
}

#[tokio::test]
async fn a_start_is_read_as_zoom_reads_it() {
    let stage = Stage::new().await;
    for (start, zone, meant) in [
        ("2031-12-02T17:00:00Z", "Europe/Kiev", "2031-12-02T17:00:00Z"),
        ("2031-12-02T19:00:00", "Europe/Kiev", "2031-12-02T17:00:00Z"),
        // The trap: the digits before an offset are taken for UTC.
        ("2031-12-02T19:00:00+09:00", "Asia/Tokyo", "2031-12-02T19:00:00Z"),
        // A zone that Zoom does not know becomes the account's.
        ("2031-12-02T19:00:00", "Europe/Kyiv", "2031-12-02T18:00:00Z"),
    ] {
        let (status, made) =
            create(&stage, json!({"topic": "T", "type": 2, "start_time": start, "timezone": zone})).await;
        assert_eq!((status, &made["start_time"]), (201, &json!(meant)), "{start} {zone}");
        assert!(made["start_url"].as_str().unwrap().contains("zak="));
    }
    let (_, made) =
        create(&stage, json!({"topic": "T", "start_time": "2031-12-02T17:00:00Z", "timezone": "JST"})).await;
    assert_eq!(made["timezone"], "Europe/Berlin");
    // What has passed begins at once.
    let (status, made) =
        create(&stage, json!({"topic": "T", "type": 2, "start_time": "2020-12-02T17:00:00Z"})).await;
    assert_eq!((status, &made["type"], &made["status"]), (201, &json!(1), &json!("started")));
    assert_eq!(made.get("start_time"), None);
    stage.assert_good();
}

#[tokio::test]
async fn limits_are_held() {
    let stage = Stage::new().await;
    let (long, agenda) = ("t".repeat(201), "a".repeat(2001));
    let weekly = json!({"type": 2, "repeat_interval": 51, "weekly_days": "1", "end_times": 2});
    let both =
        json!({"type": 1, "repeat_interval": 1, "end_times": 2, "end_date_time": "2032-01-01T00:00:00Z"});
    let start = "2031-12-02T17:00:00Z";
    for body in [
        json!({"topic": long, "start_time": start}),
        json!({"topic": "T", "agenda": agenda, "start_time": start}),
        json!({"topic": "T", "password": "12345678901", "start_time": start}),
        json!({"topic": "T", "password": "a b", "start_time": start}),
        json!({"topic": "T", "duration": 1441, "start_time": start}),
        json!({"topic": "T", "duration": 0, "start_time": start}),
        json!({"topic": "T", "start_time": "soon"}),
        json!({"topic": "T", "type": 8, "start_time": start}),
        json!({"topic": "T", "type": 8, "start_time": start, "recurrence": weekly}),
        json!({"topic": "T", "type": 8, "start_time": start, "recurrence": both}),
        json!({"topic": "T", "type": 8, "start_time": start, "recurrence": {"type": 1, "end_times": 61}}),
        json!({"topic": "T", "type": 7, "start_time": start}),
    ] {
        let (status, refused) = create(&stage, body.clone()).await;
        assert_eq!((status, refused["code"].as_i64()), (400, Some(300)), "{body}");
    }
    assert_eq!(stage.zoom.scheduled().len(), 0);
    stage.assert_good();
    create(&stage, json!({"topic": "T", "colour": "red", "start_time": start})).await;
    stage.assert_violation("undocumented field `colour`");
    stage.api("GET", "/users/me/meetings?kind=live").await;
    stage.assert_violation("undocumented query parameter `kind`");
}

#[tokio::test]
async fn a_change_that_zoom_ignores_is_answered_like_any_other() {
    let stage = Stage::new().await;
    let id = stage.zoom.schedule(Scheduled::new("T", "2031-12-02T17:00:00Z", 60));
    let path = format!("/meetings/{id}");
    let past = json!({"start_time": "2020-12-02T17:00:00Z", "topic": "New"});
    assert_eq!(send(&stage, "PATCH", &path, &past).await, (204, Value::Null));
    let (_, read) = stage.api("GET", &path).await;
    assert_eq!((&read["start_time"], &read["topic"]), (&json!("2031-12-02T17:00:00Z"), &json!("New")));
    let series = stage.zoom.schedule(Scheduled::new("S", "2031-12-02T17:00:00Z", 60).weekly(3));
    let path = format!("/meetings/{series}");
    assert_eq!(send(&stage, "PATCH", &path, &json!({"start_time": "2031-12-03T17:00:00Z"})).await.0, 204);
    let (_, read) = stage.api("GET", &path).await;
    assert_eq!(read["occurrences"][0]["start_time"], "2031-12-02T17:00:00Z");
    // A deleted date stays in the list of dates.
    let date = read["occurrences"][1]["occurrence_id"].as_str().unwrap().to_owned();
    let one = format!("{path}?occurrence_id={date}");
    assert_eq!(stage.api("DELETE", &one).await.0, 204);
    assert_eq!(stage.api("DELETE", &one).await.0, 400);
    let (_, read) = stage.api("GET", &path).await;
    assert_eq!(read["occurrences"][1]["status"], "deleted");
    // Without a date the whole series goes.
    assert_eq!(stage.api("DELETE", &path).await.0, 204);
    assert_eq!(stage.api("GET", &path).await.1["code"], 3001);
    stage.assert_good();
}

#[tokio::test]
async fn a_list_shows_a_series_once_and_an_agenda_in_part() {
    let stage = Stage::new().await;
    stage.zoom.schedule(Scheduled { agenda: "a".repeat(300), ..Scheduled::without_time("Office") });
    stage.zoom.schedule(Scheduled::new("S", "2031-12-02T17:00:00Z", 60).weekly(3));
    let (status, list) = stage.api("GET", "/users/me/meetings?type=upcoming&page_size=300").await;
    assert_eq!((status, list["total_records"].as_u64()), (200, Some(2)));
    assert_eq!(list["meetings"][0].get("start_time"), None);
    assert_eq!(list["meetings"][0]["agenda"].as_str().unwrap().len(), 250);
    assert_eq!(list["meetings"][1].get("occurrences"), None);
    stage.zoom.expand_series();
    let (_, list) = stage.api("GET", "/users/me/meetings?type=upcoming").await;
    assert_eq!(list["total_records"], 4);
    assert_eq!(stage.api("GET", "/users/me/meetings?page_size=301").await.0, 400);
    stage.assert_violation("page_size must be a number up to 300");
}

#[tokio::test]
async fn a_host_has_a_hundred_writes_a_day_and_one_at_a_time() {
    let stage = Stage::new().await;
    let body = json!({"topic": "T", "start_time": "2031-12-02T17:00:00Z"});
    let both = tokio::join!(create(&stage, body.clone()), create(&stage, body.clone()));
    let mut answers = [both.0.0, both.1.0];
    answers.sort_unstable();
    assert_eq!(answers, [201, 429]);
    stage.zoom.use_up_writes("ada@example.com", 99);
    let (status, refused) = create(&stage, body).await;
    assert_eq!(status, 429);
    assert!(refused["message"].as_str().unwrap().contains("100 per day"));
    stage.assert_good();
}
