//! A session ends when it must: by logging out, by [End], by its time, and with its token. No cookie from elsewhere
//! becomes one.

use std::path::Path;
use std::time::Duration;

use super::super::{Browser, TOKEN, opened};
use crate::support::world::{LIMIT, World};

/// Waits until a page sends this browser to the login.
async fn ends(browser: &Browser) {
    let ending = async {
        while browser.get("/dashboard").await.status != 303 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, ending).await.expect("the session ends");
}

fn swap(path: &Path, value: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, value).unwrap();
    std::fs::rename(new, path).unwrap();
}

#[tokio::test]
async fn a_cookie_that_was_planted_before_the_login_opens_nothing() {
    let (_world, life, attacker) = opened(&[]).await;
    let values = ["z2d=planted".to_owned(), format!("z2d={}", "a".repeat(64)), attacker.cookie.clone()];
    for planted in values {
        let mut victim = Browser { cookie: planted.clone(), ..Browser::new(&life.url) };
        victim.log_in("Victim", TOKEN).await;
        assert_ne!(victim.cookie, planted);
        assert_eq!(victim.get("/dashboard").await.status, 200);
        let attacker = Browser { cookie: planted, ..Browser::new(&life.url) };
        assert_eq!(attacker.get("/dashboard").await.status, 303, "the planted one is worth nothing");
    }
    // Nor does another name, a second one in front, or one that is nearly right.
    let right = Browser::logged_in(&life).await.cookie;
    let value = right.strip_prefix("z2d=").unwrap();
    for cookie in [
        format!("__Host-z2d={value}"),
        format!("Z2D={value}"),
        format!("z2d={}", &value[1..]),
        format!("z2d={}", value.to_uppercase()),
        format!("z2d={value}%00"),
        "z2d=".to_owned(),
        format!("z2d={}", "x".repeat(8000)),
    ] {
        let browser = Browser { cookie: cookie.clone(), ..Browser::new(&life.url) };
        assert_eq!(browser.get("/dashboard").await.status, 303, "{cookie}");
    }
}

#[tokio::test]
async fn an_ended_session_and_one_whose_time_is_over_open_nothing() {
    let (world, life, ann) = opened(&[]).await;
    let bo = Browser::logged_in(&life).await;
    let number = life.store.sessions().await.unwrap()[1].id;
    assert!(life.store.end_session(number).await.unwrap());
    assert_eq!((ann.get("/dashboard").await.status, bo.get("/dashboard").await.status), (303, 200));
    // A session that somebody with access to the database makes of another one has no right tag.
    world
        .sql(
            "INSERT INTO sessions (digest, name, role, key_tag, began_at, ends_at)
               SELECT 'c2a3a7bd3dbea3e4f4bfbe2b27d0c7c6', name, role, key_tag, began_at, ends_at FROM sessions",
        )
        .await;
    world.sql("UPDATE sessions SET digest = '5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5' WHERE digest LIKE 'c2a3%'").await;
    let forged = Browser { cookie: "z2d=12345".to_owned(), ..Browser::new(&life.url) };
    assert_eq!(forged.get("/dashboard").await.status, 303, "a copied tag belongs to another cookie");
    world.sql("UPDATE sessions SET role = 'viewer'").await;
    assert_eq!(bo.get("/dashboard").await.status, 303, "the role is part of the tag");
    world.sql("UPDATE sessions SET role = 'admin'").await;
    assert_eq!(bo.get("/dashboard").await.status, 200);
    world.sql("UPDATE sessions SET ends_at = began_at").await;
    assert_eq!(bo.get("/dashboard").await.status, 303);
}

#[tokio::test]
async fn a_token_that_is_replaced_while_the_service_runs_ends_its_sessions_and_no_others() {
    const VIEWERS: &str = "for-those-who-only-look";
    let mut world = World::with(&[("ROTATE_EVERY", "20ms")]).await;
    let paths = ["ADMIN_TOKEN", "VIEWER_TOKEN"].map(|name| {
        let path = world.folder.path().join(name);
        world.settings.remove(name);
        world.settings.insert(format!("{name}_FILE"), path.display().to_string());
        path
    });
    swap(&paths[0], TOKEN);
    swap(&paths[1], VIEWERS);
    let life = world.live().await;
    let (admin, mut viewer) = (Browser::logged_in(&life).await, Browser::new(&life.url));
    assert_eq!(viewer.log_in("", VIEWERS).await.status, 303);
    swap(&paths[0], "another-token-of-the-admins");
    ends(&admin).await;
    assert_eq!(viewer.get("/dashboard").await.status, 200);
    assert_eq!(Browser::new(&life.url).log_in("", TOKEN).await.status, 401);
    // It must not become the admins' token: then nothing changes.
    swap(&paths[1], "another-token-of-the-admins");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(viewer.get("/dashboard").await.status, 200);
    let mut both = Browser::new(&life.url);
    assert_eq!(both.log_in("", "another-token-of-the-admins").await.status, 303);
    assert!(!both.get("/dashboard").await.text().contains("may only look"));
    swap(&paths[1], "another-token-of-the-viewers");
    ends(&viewer).await;
    assert_eq!(both.get("/dashboard").await.status, 200);
}
