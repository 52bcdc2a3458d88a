//! Settings on a page, and every secret on none.

use std::fs;

use super::{Browser, HOSTILE, opened};
use crate::support::world::World;

const SECRET: &str = "hunter2hunter2hunter2";

#[tokio::test]
async fn a_setting_is_shown_with_its_value_and_where_it_comes_from() {
    let (world, _life, browser) = opened(&[("TIMEZONE", "Europe/Berlin"), ("CHUNK_SIZE", "")]).await;
    let page = browser.get("/dashboard/settings").await;
    let key = &world.settings["GOOGLE_APPLICATION_CREDENTIALS"];
    page.assert_shows(&[
        "TIMEZONE Time zone of dates and times in names Europe/Berlin from the environment; default UTC",
        "CHUNK_SIZE Bytes between two checkpoints of an upload; a multiple of 256KiB 32MiB the default at the next start",
        "SMTP_URL Mail server to use instead of Gmail, by TLS: smtps://user:password@host:465 not set",
        &format!("given, from {key} when the file changes"),
        "given, from the environment at the next start",
    ]);
    assert!(!page.body.contains(super::TOKEN));
    assert!(page.body.len() < 100 * 1024, "{} bytes", page.body.len());
}

#[tokio::test]
async fn hostile_values_are_text() {
    // Marks at the end of a value are trimmed.
    let (_world, _life, browser) = opened(&[("LOG_DIR", &format!("{HOSTILE}."))]).await;
    browser.get("/dashboard/settings").await.assert_harmless();
}

/// A world in which every secret is the same word, given in every way.
async fn secretive() -> World {
    let smtp = format!("smtps://ann:{SECRET}@127.0.0.1:1");
    let hook = format!("http://127.0.0.1:1/{SECRET}");
    let mut world = World::with(&[
        ("ADMIN_TOKEN", SECRET),
        ("ZOOM_CLIENT_SECRET", SECRET),
        ("ZOOM_WEBHOOK_SECRET_TOKEN", ""),
        ("SMTP_URL", &smtp),
        ("NOTIFY_WEBHOOK_URL", &hook),
        ("NOTIFY_WEBHOOK_KIND", "json"),
        ("NOTIFY_EMAIL_TO", "boss@example.com"),
        ("NOTIFY_EMAIL_FROM", "zoom2drive@example.com"),
    ])
    .await;
    let file = world.folder.path().join("webhook-secret");
    fs::write(&file, SECRET).unwrap();
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    world.settings.insert("ZOOM_WEBHOOK_SECRET_TOKEN_FILE".to_owned(), path(&file));
    let database = world.folder.path().join(format!("{SECRET}.db"));
    world.settings.insert("DATABASE_URL".to_owned(), format!("sqlite://{}", path(&database)));
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_on_any_page() {
    let world = secretive().await;
    let life = world.live().await;
    let mut browser = Browser::new(&life.url);
    assert_eq!(browser.log_in("Ann", "wrong").await.status, 401);
    assert_eq!(browser.log_in("Ann", SECRET).await.status, 303);
    let examined = browser.post("/dashboard/doctor", &[]).await;
    assert_eq!(examined.status, 200);
    examined.assert_shows(&["broken zoom.token", "not tried"]);
    let mut answers = vec![("the doctor".to_owned(), examined)];
    for path in
        ["settings", "system", "audit", "doctor", "events", "messages", "hosts", "nothing", "events/9"]
    {
        answers.push((path.to_owned(), browser.get(&format!("/dashboard/{path}")).await));
    }
    for (path, form) in
        [("sessions/99/end", ""), ("events/9/replay", ""), ("settings", SECRET), ("logout", "")]
    {
        let path = format!("/dashboard/{path}");
        answers.push((path.clone(), browser.post(&path, &[("x", form)]).await));
    }
    for (path, answer) in answers {
        assert!(!answer.body.contains("hunter2"), "{path}: {}", answer.body);
        assert!(!format!("{:?}", answer.headers).contains("hunter2"), "{path}");
    }
}
