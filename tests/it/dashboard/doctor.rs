//! The doctor by a button: findings come as they are made, one doctor at a time, and the trail has it.

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};

use super::{HOSTILE, opened};

fn rule(route: Route, fault: Fault) -> Rule {
    Rule { route, subject: String::new(), skip: 0, times: 1_000, fault }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_come_as_they_are_made_and_a_second_doctor_waits() {
    let (world, life, browser) = opened(&[]).await;
    browser
        .get("/dashboard/doctor")
        .await
        .assert_shows(&["Examine now", "It changes nothing in the archive"]);
    // Zoom does not answer for two seconds.
    world.sandbox.faults.add(rule(Route::ZoomToken, Fault::Stall));
    let request = browser.client.post(format!("{}/dashboard/doctor", browser.url));
    let request = request.header("sec-fetch-site", "same-origin").header("cookie", &browser.cookie);
    let mut answer = request.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-accel-buffering"]),
        (200, &"no".parse().unwrap())
    );
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let mut body = Vec::new();
    while !String::from_utf8_lossy(&body).contains("all settings are valid") {
        body.extend(answer.chunk().await.unwrap().expect("the first finding comes before the rest"));
    }
    let begun = String::from_utf8(body.clone()).unwrap();
    assert!(begun.contains("<ol class=\"findings\">") && !begun.contains("class=\"summary\""), "{begun}");
    let second = browser.post("/dashboard/doctor", &[]).await;
    assert_eq!(second.status, 409);
    second.assert_shows(&["A doctor is running already"]);
    browser.get("/dashboard/doctor").await.assert_shows(&["A doctor is running.", "Look again"]);
    while let Some(chunk) = answer.chunk().await.unwrap() {
        body.extend(chunk);
    }
    let whole = String::from_utf8(body).unwrap();
    let summary = whole.split("class=\"summary\"").nth(1).expect("a summary at the end");
    assert!(
        summary.contains("broken. Mend this from the top") && summary.contains("zoom.token"),
        "{summary}"
    );
    assert!(summary.contains("</html>"), "{summary}");
    let lines = life.store.audit(None).await.unwrap();
    let done = |line: &&zoom2drive::store::AuditRecord| line.entry.action == "doctor";
    let outcomes: Vec<&str> = lines.iter().filter(done).map(|line| line.entry.outcome.as_str()).collect();
    assert_eq!(outcomes, ["done", "begun"]);
    browser.get("/dashboard/doctor").await.assert_shows(&["Examine now"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_answer_is_text_among_the_findings() {
    let (world, _life, browser) = opened(&[]).await;
    let body = serde_json::json!({"error": "invalid_grant", "error_description": HOSTILE}).to_string();
    let answer = Canned::new(400, "application/json", &body);
    world.sandbox.faults.add(rule(Route::GoogleToken, Fault::Answer(answer)));
    let page = browser.post("/dashboard/doctor", &[]).await;
    page.assert_harmless();
    page.assert_shows(&["broken google.token.drive", "What to do", "not tried"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_goes_on_when_the_browser_leaves() {
    let (world, life, browser) = opened(&[]).await;
    let request = browser.client.post(format!("{}/dashboard/doctor", browser.url));
    let request = request.header("sec-fetch-site", "same-origin").header("cookie", &browser.cookie);
    drop(request.send().await.unwrap());
    let is_done = async || {
        let lines = life.store.audit(None).await.unwrap();
        lines.iter().any(|line| line.entry.action == "doctor" && line.entry.outcome == "done")
    };
    let deadline = tokio::time::Instant::now() + crate::support::world::LIMIT;
    while !is_done().await {
        assert!(tokio::time::Instant::now() < deadline, "{}", world.calls());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let left: Vec<String> = world.archive().into_keys().collect();
    assert!(left.is_empty(), "a test file stayed: {left:?}");
}
