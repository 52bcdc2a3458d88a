//! Lists of participants: strict about tokens, parameters and rates, and odd when told to be.

use zoom2drive::sandbox::zoom::{Age, Attendee, Look, PageOddity};

use super::{ENCODED, Stage, UUID, meeting};

const REPORT: &str = "/report/meetings/%252FUE%252BcApLTmOc6HZxOLFclQ%253D%253D/participants?page_size=1";

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.zoom.add(meeting().attendee(Attendee::new("Third", "").in_room("room==")));
    stage
}

#[tokio::test]
async fn a_page_token_is_good_once_and_for_its_parameters() {
    let stage = stage().await;
    let (_, page) = stage.api("GET", REPORT).await;
    assert_eq!((&page["page_count"], &page["total_records"]), (&3.into(), &3.into()));
    let next = format!("{REPORT}&next_page_token={}", page["next_page_token"].as_str().unwrap());
    let (_, second) = stage.api("GET", &next).await;
    assert_eq!(second["participants"][0]["name"], "Guest");
    let (status, body) = stage.api("GET", &next).await;
    assert_eq!((status, &body["code"]), (400, &300.into()));
    stage.assert_good();
    let (_, page) = stage.api("GET", REPORT).await;
    let token = page["next_page_token"].as_str().unwrap();
    let other = REPORT.replace("page_size=1", "page_size=2");
    assert_eq!(stage.api("GET", &format!("{other}&next_page_token={token}")).await.0, 400);
    stage.assert_violation("other parameters");
    let (_, page) = stage.api("GET", REPORT).await;
    stage.zoom.expire_page_tokens();
    let token = page["next_page_token"].as_str().unwrap();
    assert_eq!(stage.api("GET", &format!("{REPORT}&next_page_token={token}")).await.0, 400);
    assert_eq!(stage.zoom.heavy_calls(), 7);
}

#[tokio::test]
async fn fields_and_lists_differ_as_zooms_do() {
    let stage = stage().await;
    let (_, plain) = stage.api("GET", &REPORT.replace("page_size=1", "page_size=300")).await;
    assert!(plain["participants"][0].get("registrant_id").is_none());
    assert_eq!(plain["participants"][2]["bo_mtg_id"], "room==");
    let (_, page) = stage.api("GET", &format!("{REPORT}&include_fields=registrant_id")).await;
    assert_eq!(page["participants"][0]["registrant_id"], "");
    let past = format!("/past_meetings/{ENCODED}/participants");
    let (_, page) = stage.api("GET", &past).await;
    assert!(page["participants"][2].get("bo_mtg_id").is_none());
    assert_eq!(page["participants"][0]["internal_user"], true);
    let webinar = format!("/report/webinars/{ENCODED}/participants");
    assert_eq!(stage.api("GET", &webinar).await.1["code"], 3001);
    stage.assert_good();
    stage.api("GET", &format!("{past}?include_fields=registrant_id")).await;
    stage.assert_violation("undocumented query parameter `include_fields`");
    let number = meeting().id;
    stage.api("GET", &format!("/report/meetings/{number}/participants")).await;
    stage.assert_violation("last instance only");
}

#[tokio::test]
async fn a_list_can_be_odd_page_by_page_and_look_by_look() {
    let stage = stage().await;
    stage.zoom.set_attendance(UUID, |lists| {
        lists.looks = [Look::Missing, Look::NoLeave(1), Look::NoDurations].into();
        lists.odd_pages = vec![(2, PageOddity::Total(9), 1)];
    });
    assert_eq!(stage.api("GET", REPORT).await.1["code"], 3001);
    let whole = REPORT.replace("page_size=1", "page_size=30");
    let (_, page) = stage.api("GET", &whole).await;
    assert!(page["participants"][2].get("leave_time").is_none());
    assert!(page["participants"][1].get("leave_time").is_some());
    assert_eq!(stage.api("GET", &whole).await.1["participants"][0]["duration"], 0);
    let (_, page) = stage.api("GET", REPORT).await;
    let token = page["next_page_token"].as_str().unwrap();
    let (_, page) = stage.api("GET", &format!("{REPORT}&next_page_token={token}")).await;
    assert_eq!(page["total_records"], 9);
    stage.zoom.set_attendance(UUID, |lists| lists.age = Age::OverAYear);
    assert_eq!(stage.api("GET", REPORT).await.1["code"], 12_702);
    assert_eq!(stage.api("GET", &format!("/past_meetings/{ENCODED}/participants")).await.0, 200);
    stage.assert_good();
    stage.zoom.set_heavy_per_second(Some(1));
    stage.api("GET", REPORT).await;
    assert_eq!(stage.api("GET", REPORT).await.0, 429);
    stage.assert_violation("class HEAVY within a second");
}

#[tokio::test]
async fn instances_are_those_that_have_ended_in_days_that_come_in_pairs() {
    let stage = stage().await;
    let number = meeting().id;
    let path = format!("/past_meetings/{number}/instances");
    let (_, body) = stage.api("GET", &path).await;
    assert_eq!(body["meetings"][0]["uuid"], UUID);
    for (days, count) in [("from=2026-01-15&to=2026-01-15", 1), ("from=2026-01-16&to=2026-02-15", 0)] {
        let (_, body) = stage.api("GET", &format!("{path}?{days}")).await;
        assert_eq!(body["meetings"].as_array().unwrap().len(), count, "{days}");
    }
    stage.zoom.set_attendance(UUID, |lists| lists.is_live = true);
    assert_eq!(stage.api("GET", &path).await.1["meetings"], serde_json::json!([]));
    assert_eq!(stage.api("GET", "/past_meetings/81234567890/instances").await.1["code"], 3001);
    stage.assert_good();
    stage.api("GET", &format!("{path}?from=2026-01-15")).await;
    stage.assert_violation("only together");
    stage.api("GET", &format!("{path}?from=2026-01-01&to=2026-12-31")).await;
    stage.assert_violation("more than a month");
}
