//! Logging in and out: by the token only, with a session that ends when it must.

use super::{Browser, TOKEN, opened};
use crate::support::world::World;

#[tokio::test]
async fn the_right_token_opens_the_pages_and_logging_out_closes_them() {
    let (_world, life, mut browser) = opened(&[]).await;
    assert!(browser.cookie.starts_with("z2d="), "{}", browser.cookie);
    let back = browser.get("/dashboard/login?in=1&next=/dashboard/recordings").await;
    assert_eq!((back.status, back.location()), (303, "/dashboard/recordings"));
    let page = browser.get("/dashboard").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Ann Log out"), "{}", page.text());
    let old = browser.cookie.clone();
    let out = browser.post("/dashboard/logout", &[]).await;
    assert_eq!((out.status, out.location()), (303, "/dashboard/login?out=1"));
    assert_eq!(out.headers["clear-site-data"], "\"cache\"");
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    browser.cookie = old;
    let after = browser.get("/dashboard").await;
    assert_eq!((after.status, after.location()), (303, "/dashboard/login"));
    let trail: Vec<(String, String)> = life
        .store
        .audit(None)
        .await
        .unwrap()
        .into_iter()
        .map(|record| (record.entry.action, record.entry.who))
        .collect();
    assert_eq!(trail.len(), 4);
    assert_eq!(trail[0], ("log out".into(), "Ann (so named), dashboard session 1, from 127.0.0.1".into()));
    assert_eq!(trail[3], ("log in".into(), "Ann (so named), admin at the dashboard, from 127.0.0.1".into()));
}

#[tokio::test]
async fn a_wrong_token_opens_nothing_and_is_told() {
    let world = World::new().await;
    let life = world.live().await;
    let mut browser = Browser::new(&life.url);
    for token in ["", "wrong", &TOKEN[1..], &format!("{TOKEN}x")] {
        let answer = browser.log_in("Ann", token).await;
        assert_eq!(answer.status, 401, "{token}");
        assert!(answer.body.contains("This is neither the ADMIN_TOKEN"), "{}", answer.body);
        assert!(browser.cookie.is_empty());
        assert!(!answer.body.contains(TOKEN));
    }
    assert!(life.store.sessions().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_session_no_address_can_be_told_from_another() {
    let world = World::new().await;
    let life = world.live().await;
    let browser = Browser::new(&life.url);
    for path in ["/dashboard", "/dashboard/nothing", "/dashboard/recordings/7", "/dashboard/settings"] {
        let answer = browser.get(path).await;
        let next = if path == "/dashboard" { String::new() } else { format!("?next={path}") };
        assert_eq!((answer.status, answer.location()), (303, &*format!("/dashboard/login{next}")));
        let answer = browser.post(path, &[]).await;
        assert_eq!((answer.status, answer.location()), (303, "/dashboard/login?again=1"), "{path}");
    }
    for path in ["/dashboard/live?of=overview", "/dashboard/state"] {
        assert_eq!(browser.get(path).await.status, 401, "{path}");
    }
    let bearer = browser.client.get(format!("{}/dashboard", life.url)).bearer_auth(TOKEN);
    assert_eq!(browser.send(bearer).await.status, 303, "the API's token opens no page");
}

#[tokio::test]
async fn another_token_ends_every_session() {
    let (world, life, browser) = opened(&[]).await;
    assert_eq!(browser.get("/dashboard").await.status, 200);
    drop(life);
    let mut world = world;
    world.settings.insert("ADMIN_TOKEN".to_owned(), "another-token-of-some-length".to_owned());
    let life = world.live().await;
    let browser = Browser { url: life.url.clone(), ..browser };
    assert_eq!(browser.get("/dashboard").await.status, 303);
}
