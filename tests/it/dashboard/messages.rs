//! Messages on a page: their states, their texts, and what channels said.

use super::opened;

#[tokio::test]
async fn messages_are_listed_with_what_became_of_them() {
    let (world, _life, browser) = opened(&[("TIMEZONE", "Europe/Berlin")]).await;
    browser.get("/dashboard/messages").await.assert_shows(&["There is no message", "NOTIFY_EMAIL_TO"]);
    world
        .sql(
            "INSERT INTO messages (cause, thread, level, avoids_google, subject, text, created_at, state, attempts,
               next_attempt_at, sent_at, channel, last_error, sent_with) VALUES
               ('a', 'a', 'error', 0, 'Drive is full', 'Make room.' || char(10) || 'Then retry.', 1772562600000,
                 'sent', 0, 0, 1772562660000, 'email', '', 1),
               ('b', 'b', 'info', 0, 'Sent along', 'x', 1772562600000, 'sent', 0, 0, 1772562660000, 'email', '', 1),
               ('c', 'c', 'warning', 0, 'Nobody took this', 'x', 1772562600000, 'given-up', 9, 0, NULL, '',
                 'the server said no', NULL),
               ('d', 'd', 'info', 0, 'Still here', 'x', 1772562600000, 'waiting', 2, 1772562900000, NULL, '',
                 'timed out', NULL)",
        )
        .await;
    let page = browser.get("/dashboard/messages").await;
    page.assert_shows(&[
        "Tue 2026-03-03 19:30",
        "error: Drive is full",
        "Make room. Then retry.",
        "by email, Tue 2026-03-03 19:31",
        "given up warning: Nobody took this",
        "no channel accepted it for a day the server said no",
        "2 attempt(s) failed; next try Tue 2026-03-03 19:35 timed out",
        "4 messages shown",
    ]);
    // A time is one element, which stays on one line.
    assert!(page.body.contains("Tue 2026-03-03 19:31</time>, with message 1"), "{}", page.body);
    let some = browser.get("/dashboard/messages?state=given-up").await;
    some.assert_shows(&["Nobody took this", "1 message shown"]);
    assert!(!some.text().contains("Drive is full"));
    assert!(some.body.contains(r#"<option value="given-up" selected>"#), "{}", some.body);
    browser.get("/dashboard/messages?state=").await.assert_shows(&["4 messages shown"]);
    browser
        .get("/dashboard/messages?state=waiting&before=3")
        .await
        .assert_shows(&["There is no such message"]);
}

#[tokio::test]
async fn hostile_texts_of_messages_are_text() {
    let (world, _life, browser) = opened(&[]).await;
    world
        .sql(concat!(
            "INSERT INTO messages (cause, thread, level, avoids_google, subject, text, created_at, state, attempts, ",
            "next_attempt_at, last_error) SELECT 'a', 'a', 'error', 0, evil, evil, 1, 'waiting', 1, 1, evil FROM ",
            "(SELECT '<script>alert(1)</script>\"><img src=x onerror=alert(2)>{{7*7}}' || char(8238) AS evil)",
        ))
        .await;
    let page = browser.get("/dashboard/messages").await;
    page.assert_harmless();
    assert_eq!(page.body.matches("&#60;script&#62;").count(), 3, "{}", page.body);
}

#[tokio::test]
async fn a_filter_stays_on_the_next_page() {
    let (world, _life, browser) = opened(&[]).await;
    world
        .sql(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 60)
               INSERT INTO messages (cause, thread, level, avoids_google, subject, text, created_at, state,
                 next_attempt_at) SELECT 'c', 't', 'info', 0, 'Number ' || n, 'x', 1, 'taken-back', 1 FROM numbers",
        )
        .await;
    let first = browser.get("/dashboard/messages?state=taken-back").await;
    let next = "/dashboard/messages?state=taken-back&#38;before=11";
    assert!(first.body.contains(&format!(r#"href="{next}""#)), "{}", first.body);
    let last = browser.get(&next.replace("&#38;", "&")).await;
    last.assert_shows(&["Number 10 ", "Number 1 ", "10 messages shown", "Newest"]);
    assert!(first.body.len() < 50 * 1024, "{} bytes", first.body.len());
}
